"""core.baseline: characteristics at core baseline (E-15)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transform_spec import RULES, Trial, parse, rows_of

from transforms.baseline import derive_baseline
from transforms.rules import Codes
from warehouse.contracts import CORE


def test_one_row_per_treated_person() -> None:
    trial = Trial().person("A").person("B", studyid="C2").person("C", arm="IFNB1A")
    trial.person("D", arm="ALEM24").person("E", courses=())
    got = trial.derive("baseline")
    assert got["person_id"].to_list() == ["A", "B"]
    assert got.schema == CORE["baseline"].schema


def test_the_last_value_on_or_before_day_0_counts_scheduled_or_not() -> None:
    trial = Trial()
    for who in ("before", "on", "after", "odd", "none"):
        trial.person(who)
    trial.draw(
        "qs",
        """
        | usubjid | day | qsstresn | visit              |
        | before  | -30 | 2.0      | SCREENING          |
        | before  | -90 | 1.0      | SCREENING          |
        | on      | -30 | 2.0      | SCREENING          |
        | on      | 0   | 2.5      | BASELINE           |
        | on      | 1   | 6.0      | UNSCHEDULED 1.01   |
        | after   | 1   | 3.0      | MONTH 1            |
        | odd     | -9  | 3.5      | SCREENING          |
        | odd     | -2  | 4.0      | RELAPSE ASSESSMENT |
        """,
    )
    got = dict(rows_of(trial.derive("baseline"), "person_id", "edss_points"))
    assert got == {"before": 2.0, "on": 2.5, "after": None, "odd": 4.0, "none": None}


def test_lesions_and_brain_fraction_each_take_their_own_last_scan() -> None:
    trial = Trial().person("split").person("zero").person("none")
    trial.draw(
        "nv",
        """
        | usubjid | day | nvtestcd | nvstresn | nvstat   |
        | split   | -40 | GDLESCNT | 5        | .        |
        | split   | -40 | BPF      | 0.80     | .        |
        | split   | -9  | GDLESCNT | 2        | .        |
        | split   | -9  | BPF      | .        | .        |
        | split   | -3  | T2NEWENL | 1        | .        |
        | split   | 0   | GDLESCNT | .        | NOT DONE |
        | split   | 30  | BPF      | 0.70     | .        |
        | zero    | 0   | GDLESCNT | 0        | .        |
        | none    | 2   | GDLESCNT | 9        | .        |
        """,
    )
    got = trial.derive("baseline")
    assert rows_of(got, "person_id", "gd_lesions", "has_gd_lesions", "bpf") == [
        ("none", None, None, None),
        ("split", 2.0, True, 0.80),
        ("zero", 0.0, False, None),
    ]


def test_values_are_those_of_the_core_study_that_the_patient_was_treated_in() -> None:
    """A patient who failed the screening of the other core study brings no value from there."""
    trial = Trial().person(studyid="C2", age=30, sex="F")
    trial.add("dm", studyid="C1", rficdtc="2007-06-01", actarmcd="SCRNFAIL", age=29, sex="M")
    trial.edss(-20, 2.0, studyid="C2").edss(-10, 3.0, studyid="C1").edss(-5, 4.0, studyid="E")
    trial.scan(-20, gd=1, studyid="C2").scan(-10, gd=7, studyid="C1")
    got = trial.derive("baseline")
    columns = ("edss_points", "gd_lesions", "has_gd_lesions", "age_years", "is_female")
    assert rows_of(got, *columns) == [(2.0, 1.0, True, 30.0, True)]


# Day 0 is 2008-01-01. Years = days / 365.25; a partial date stands at its middle day.
RELAPSES = """
| told                  | days | imputed |
| 2006-12-31            | 366  | no      |
| 2006-12-31T08:15      | 366  | no      |
| 2008-01-01            | 0    | no      |
| 2006-12               | 382  | yes     |
| 2006                  | 549  | yes     |
| 2006-02-30            | 685  | yes     |
| 2008-01-02            | .    | no      |
| 2008                  | .    | yes     |
| .                     | .    | no      |
| UN                    | .    | no      |
| 2007-05-01 2006-12-31 | 366  | no      |
| 2007-05-01 2006       | 549  | yes     |
| 2006-12 2006-12-15    | 382  | no      |
| 2006-12-15 2006-12    | 382  | no      |
| 2009-01-01 2006-12-31 | 366  | no      |
| . 2006-12-31          | 366  | no      |
"""


@pytest.mark.parametrize("row", parse(RELAPSES), ids=lambda row: str(row["told"]))
def test_years_since_the_initial_relapse(row: dict[str, str | None]) -> None:
    trial = Trial().person()
    for text in (row["told"] or ".").split():
        trial.add("mh", mhstdtc=None if text == "." else text)
    years, imputed = rows_of(
        trial.derive("baseline"), "years_since_initial_relapse", "is_initial_relapse_imputed"
    )[0]
    assert years == (None if row["days"] is None else pytest.approx(int(row["days"]) / 365.25))
    assert imputed == (row["imputed"] == "yes")


def test_only_the_initial_relapse_of_the_ms_history_counts() -> None:
    trial = Trial().person()
    trial.draw(
        "mh",
        """
        | mhcat           | mhterm          | mhstdtc    |
        | MS HISTORY      | INITIAL RELAPSE | 2006-12-31 |
        | MS HISTORY      | DIAGNOSIS       | 2001-01-01 |
        | MEDICAL HISTORY | INITIAL RELAPSE | 2002-01-01 |
        """,
    )
    assert trial.derive("baseline")["years_since_initial_relapse"].item() == 366 / 365.25


def test_another_sponsors_codes_are_configuration() -> None:
    codes = Codes(history_category="MS", initial_relapse="FIRST RELAPSE", female="2")
    trial = Trial(rules=replace(RULES, codes=codes)).person(sex="2")
    trial.add("mh", mhcat="MS", mhterm="FIRST RELAPSE", mhstdtc="2006-12-31")
    got = trial.derive("baseline")
    assert rows_of(got, "is_female", "years_since_initial_relapse") == [(True, 366 / 365.25)]


@pytest.mark.parametrize(("sex", "is_female"), [("F", True), ("M", False), (None, None)])
def test_sex_not_told_is_missing(sex: str | None, is_female: bool | None) -> None:
    got = Trial().person(sex=sex).derive("baseline")
    assert got["is_female"].item() is is_female


def test_relapse_counts_before_enrolment_are_carried() -> None:
    trial = Trial().person()
    trial.add("sc", sctestcd="RELPY1", scstresn=1).add("sc", sctestcd="RELPY2", scstresn=3)
    got = trial.derive("baseline")
    assert rows_of(got, "relapses_prior_1_year", "relapses_prior_2_years") == [(1, 3)]


records = st.tuples(st.integers(-50, 20), st.sampled_from([None, 0, 1, 2.5]))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(records, max_size=12), seed=st.integers(0, 99))
def test_the_order_of_records_does_not_matter_and_what_follows_day_0_neither(
    rows: list[tuple[int, float | None]], seed: int
) -> None:
    trial, early = Trial().person(), Trial().person()
    texts = ["2006", "2006-07", "2006-07-01", "2010"]
    for number, (on, value) in enumerate(rows):
        for drawn in (trial, early) if on <= 0 else (trial,):
            drawn.add("qs", day=on, qsseq=number, qsstresn=value)
            drawn.add("nv", day=on, nvseq=number, nvtestcd="GDLESCNT", nvstresn=value)
            drawn.add("nv", day=on, nvseq=number, nvtestcd="BPF", nvstresn=value)
        for drawn in (trial, early):
            drawn.add("mh", mhstdtc=texts[number % 4])
    got = trial.derive("baseline")
    assert got.equals(early.derive("baseline"))
    tables = {"mh": trial.raw()["mh"].collect()}
    tables |= {name: trial.derive(name) for name in ("patient", "edss", "mri_scan")}
    shuffled = {
        name: table.sample(fraction=1.0, shuffle=True, seed=seed).lazy()
        for name, table in tables.items()
    }
    assert got.equals(derive_baseline(**shuffled, rules=RULES).collect())
