"""Codes in mixed case, with stray blanks, are the codes that they mean; nothing else changes."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transform_spec import DERIVE, RULES, Trial, derive_all, rows_of

from transforms.rules import Codes
from warehouse.contracts import RAW
from warehouse.contracts.coded import CODED, plain_code, spelled, with_plain_codes

#: Variables that are compared with a code, by dataset.
COMPARED = {
    "dm": {"sex", "dthfl"},
    "ex": {"extrt", "visit"},
    "suppex": {"idvar", "qnam", "qval"},
    "suppce": {"idvar", "qnam", "qval"},
    "ce": {"cecat", "ceoccur"},
    "qs": {"qscat", "qstestcd", "qsstat", "visit"},
    "nv": {"nvcat", "nvtestcd", "nvstat"},
    "ae": {"aeser", "aesdth"},
    "cm": {"cmcat", "cmenrtpt", "cmentpt"},
    "ds": {"dscat", "dsscat", "dsdecod"},
    "mh": {"mhcat"},
    "sc": {"sctestcd"},
}
#: Variables whose case and blanks are looked past by the transforms alone.
SPELLED_LATER = {"armcd", "actarmcd", "mhterm", "aedecod", "cmdecod", "cmtrt"}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "title": str.title,
    "blanks": lambda text: f"  {text}\t",
    "no-break space": lambda text: f"{text}\u00a0",
}


def busy_trial() -> Trial:
    """A patient with a record of every kind whose codes are compared."""
    trial = Trial().person(
        courses=(0, 365, 800), extension=740, topaz=2300, seen=(91, 2400), died=2500, sex="F"
    )
    for infusion in trial.rows["ex"]:
        infusion["visit"] = "COURSE 1 DAY 1"
    trial.add("suppex", studyid="E", idvarval="3", qval="RELAPSE")
    trial.relapse(780, studyid="E").relapse(900, studyid="E", ceoccur="N")
    trial.relapse(950, studyid="E", confirmed="N").relapse(960, studyid="E", cecat="OTHER")
    trial.edss(-5, 2.0).edss(91, 2.5).edss(100, 4.0, visit="UNSCHEDULED 3.01")
    trial.edss(110, 4.0, visit="RELAPSE ASSESSMENT").edss(182, 3.0, qsstat="NOT DONE")
    trial.add("qs", day=2450, qscat="KFSS", qstestcd="KFSS101", qsstresn=9)
    trial.scan(-5, gd=1).scan(365, gd=0, nvstat="NOT DONE").scan(366, t2=1)
    trial.add("nv", day=366, nvtestcd="BPF", nvstresn=0.8)
    trial.add("ae", day=400, aedecod="Basedow's disease", aeser="Y", aesdth="N")
    trial.add("ae", day=2500, aedecod="Sepsis", aeser="Y", aesdth="Y")
    trial.draw(
        "cm",
        """
        | cmtrt     | cmdecod     | cmstdtc    | cmenrtpt | cmentpt   |
        | Lemtrada  | ALEMTUZUMAB | 2008-01-01 | .        | .         |
        | Rebif     | INTERFERON  | 2006       | BEFORE   | SCREENING |
        | Copaxone  | GLATIRAMER  | 2007       | ONGOING  | BASELINE  |
        | Tysabri   | NATALIZUMAB | 2012       | AFTER    | .         |
        """,
    )
    trial.add("ds", studyid="T", day=2490, dsdecod="WITHDRAWAL BY SUBJECT")
    trial.add("ds", studyid="T", day=2600, dsdecod="DEATH", dsscat="OTHER EVENT")
    trial.add("mh", mhstdtc="2005-03").add("sc", sctestcd="RELPY1", scstresn=2)
    return trial


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_derived_table_hangs_on_case_or_blanks_of_a_code(spelling: str) -> None:
    expected = derive_all(busy_trial().raw())
    trial = busy_trial()
    for dataset, rows in trial.rows.items():
        compared = COMPARED.get(dataset, set()) | {"armcd", "actarmcd", "mhterm"}
        for row in rows:
            for name in compared & set(row):
                row[name] = row[name] and SPELLINGS[spelling](row[name])
    got = derive_all(trial.raw())
    for name in DERIVE:
        assert got[name].equals(expected[name]), name
        assert expected[name].height > 0, name


def test_the_trial_above_has_a_value_of_every_coded_variable() -> None:
    for dataset, names in COMPARED.items():
        rows = busy_trial().rows[dataset]
        assert {name for row in rows for name, value in row.items() if value} >= names, dataset
    assert set().union(*COMPARED.values()) | {"domain", "rdomain"} == CODED


def test_coded_variables_are_texts_of_the_raw_layer_and_no_ids_dates_or_reported_terms() -> None:
    texts = {
        column.name
        for contract in RAW.values()
        for column in contract.columns
        if column.dtype == pl.String()
    }
    assert texts >= CODED | SPELLED_LATER
    kept = ("id", "dtc", "term", "orres", "stresc", "seq", "decod", "trt")
    assert {name for name in CODED if name.endswith(kept)} == {"dsdecod", "extrt"}
    assert not CODED & SPELLED_LATER


def test_values_of_other_variables_stay_as_delivered() -> None:
    rows = pl.LazyFrame(
        {"aeterm": ["Rash on Arm "], "aeser": [" y"], "usubjid": ["p1 "], "cmtrt": [None]}
    )
    assert with_plain_codes(rows).collect().row(0) == ("Rash on Arm ", "Y", "p1 ", None)


@given(st.lists(st.none() | st.text("aBcß é\u00a0\t9-"), max_size=5))
def test_values_are_spelled_as_codes_of_the_settings_are(texts: list[str | None]) -> None:
    series = pl.Series("text", texts, pl.String)
    got = series.to_frame().select(spelled(pl.col("text"))).to_series().to_list()
    assert got == [None if text is None else plain_code(text) for text in texts]


def test_a_code_of_the_settings_may_be_spelled_in_any_case() -> None:
    codes = Codes(
        relapse_category=" ms relapse ",
        treated_arm="alem12",
        ongoing=("Ongoing", " after"),
        core_studies=("Camms323",),
        course_label_pattern=r"course\s+(\d+)",
    )
    assert codes.relapse_category == "MS RELAPSE"
    assert codes.treated_arm == "ALEM12"
    assert codes.ongoing == ("ONGOING", "AFTER")
    # Studies name folders, and a regular expression is no code.
    assert codes.core_studies == ("Camms323",)
    assert codes.course_label_pattern == r"course\s+(\d+)"
    assert Codes() == Codes(ongoing=("ongoing", "after"), not_done="Not Done")


def test_c01_a_visit_label_is_read_in_any_case() -> None:
    for pattern in (r"COURSE\s+(\d+)", r"course\s+(\d+)"):
        codes = Codes(course_label_pattern=pattern)
        trial = Trial(rules=replace(RULES, codes=codes)).person(courses=())
        trial.add("ex", day=0, visit="Course 2 Day 1")
        assert trial.derive("course")["label_course_number"].to_list() == [2]


def test_c03_the_arm_in_any_case_and_its_code_as_compared() -> None:
    trial = Trial().person(arm=" Alem12 ")
    got = trial.derive("patient")
    assert rows_of(got, "is_treated", "planned_arm_code", "actual_arm_code") == [
        (True, "ALEM12", "ALEM12")
    ]


def test_e12_the_same_event_told_in_another_case_is_one_and_shown_as_first_told() -> None:
    trial = Trial().person(extension=740)
    trial.draw(
        "ae",
        """
        | studyid | aeseq | aedecod  | aestdtc    | aeser |
        | C1      | 1     | Asthma   | 2009-01-01 | N     |
        | E       | 1     | ASTHMA   | 2009-01-01 | Y     |
        | E       | 2     | Headache | 2009-01-01 | N     |
        """,
    )
    got = trial.derive("adverse_event")
    assert rows_of(got, "preferred_term", "is_serious") == [("Asthma", True), ("Headache", False)]


def test_s03_alemtuzumab_in_any_spelling_is_no_other_therapy() -> None:
    trial = Trial().person()
    trial.add("cm", cmtrt=" Alemtuzumab ", cmstdtc="2010").add("cm", cmdecod="alemtuzumab")
    assert trial.derive("other_dmt").is_empty()
