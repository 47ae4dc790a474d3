"""T-06, T-08, W-05, E-16: how long a person was observed, and whether retained."""

from dataclasses import replace
from datetime import date

import pytest
from transform_spec import CUTOFF, DAY0, RULES, Trial, day, parse, rows_of

CUTOFF_DAY = (CUTOFF - DAY0).days


def ends(trial: Trial) -> tuple[float, str]:
    row = trial.derive("follow_up").row(0, named=True)
    return row["efficacy_end_day"], row["efficacy_end_reason"]


def test_last_contact_is_the_latest_record_of_a_visit() -> None:
    trial = Trial().person(seen=(500, 300))
    assert ends(trial) == (501.0, "last contact")
    assert ends(trial.edss(510, 2.0)) == (511.0, "last contact")
    assert ends(trial.scan(520)) == (521.0, "last contact")
    assert ends(trial.add("ds", day=530, dsdecod="WITHDRAWAL BY SUBJECT")) == (
        531.0,
        "last contact",
    )
    assert ends(trial.add("sv", day=535, svendtc=day(540))) == (541.0, "last contact")


def test_what_was_not_done_or_is_told_by_the_patient_is_no_contact() -> None:
    trial = Trial().person(seen=(500,))
    trial.scan(600, nvstat="NOT DONE").edss(610, 2.0, qsstat="NOT DONE")
    trial.add("ex", day=620, exdose=0.0).relapse(630).add("ae", aedecod="Rash", day=640)
    trial.add("cm", day=650).add("sv", svstdtc="2010-03")
    assert ends(trial) == (501.0, "last contact")


@pytest.mark.parametrize(
    ("died", "end", "reason"),
    [(683, 684.0, "death"), (684, 501.0, "last contact"), (500, 501.0, "death")],
)
def test_t06_a_death_is_a_contact_within_183_days_of_the_last_visit(
    died: int, end: float, reason: str
) -> None:
    assert ends(Trial().person(seen=(500,), died=died)) == (end, reason)


PARTIAL_DEATHS = """
| dthdtc     | visit      | death      | contact    | why                                          |
| 2015       | 2015-09-01 | 2015-09-01 | 2015-09-01 | the last visit inside the year               |
| 2015       | 2014-10-01 | 2015-01-01 | 2015-01-01 | no visit inside: earliest day, 92 days after |
| 2015       | 2014-06-01 | 2015-01-01 | 2014-06-01 | no contact itself, 214 days off              |
| 2015       | 2016-01-01 | 2015-01-01 | 2008-01-01 | paper after the latest possible day          |
| 2015-09    | 2015-09-30 | 2015-09-30 | 2015-09-30 | the last visit inside the month              |
| 2015-09    | 2015-10-01 | 2015-09-01 | 2008-01-01 | paper after the latest possible day          |
| 2015-09-10 | 2015-09-10 | 2015-09-10 | 2015-09-10 | a complete date                              |
| 2015-09-10 | 2015-09-11 | 2015-09-10 | 2008-01-01 | paper after a complete date                  |
| 2015-09-10 | 2015-08-01 | 2015-09-10 | 2015-09-10 | a complete date stays after the last visit   |
"""


@pytest.mark.parametrize("row", parse(PARTIAL_DEATHS), ids=lambda row: row["why"])
def test_t06_a_partial_death_is_not_before_the_last_contact(row: dict[str, str]) -> None:
    trial = Trial(rules=replace(RULES, horizon_years=9)).person(dthfl="Y", dthdtc=row["dthdtc"])
    got = trial.add("sv", svstdtc=row["visit"]).derive("follow_up").row(0, named=True)
    death, contact = (date.fromisoformat(row[name]) for name in ("death", "contact"))
    assert (got["death_day"], got["last_contact_date"]) == ((death - DAY0).days, contact)
    assert got["efficacy_end_day"] == (contact - DAY0).days + 1
    assert got["safety_end_day"] == (death - DAY0).days + 1


def test_the_record_of_a_death_and_papers_after_it_are_no_visits() -> None:
    trial = Trial().person(seen=(500,), died=700)
    trial.add("ds", day=700, dsdecod="DEATH").add("ds", day=705, dsdecod="OTHER")
    assert ends(trial) == (501.0, "last contact")


def test_t06_a_death_after_the_cutoff_has_not_happened() -> None:
    trial = Trial().person(courses=(1500,), seen=(CUTOFF_DAY - 5,), died=CUTOFF_DAY + 1)
    row = trial.derive("follow_up").row(0, named=True)
    assert (row["death_day"], row["efficacy_end_day"]) == (None, CUTOFF_DAY - 5 - 1500 + 1)


def test_t04_a_contact_after_the_cutoff_has_not_happened() -> None:
    trial = Trial().person(courses=(1500,), seen=(CUTOFF_DAY - 50, CUTOFF_DAY + 1))
    trial.add("sv", day=CUTOFF_DAY - 49, svendtc=day(CUTOFF_DAY + 2))
    assert ends(trial) == (CUTOFF_DAY - 49 - 1500 + 1, "last contact")


def test_t06_horizon_cutoff_and_course_6_end_follow_up() -> None:
    assert ends(Trial().person(seen=(2922,))) == (2922.0, "horizon")
    assert ends(Trial().person(seen=(2921,))) == (2922.0, "horizon")
    assert ends(Trial().person(seen=(2920,))) == (2921.0, "last contact")
    late = Trial().person(courses=(1500,), seen=(CUTOFF_DAY, CUTOFF_DAY + 9))
    assert ends(late) == (CUTOFF_DAY - 1500 + 1.0, "cut-off")
    six = Trial().person(courses=(0, 365, 800, 1200, 1600, 2000), seen=(2500,))
    assert ends(six) == (2000.0, "course 6")


@pytest.mark.parametrize(
    ("onset", "died", "end"),
    [
        (None, None, 501.0),
        (900, None, 901.0),  # an event after the last visit prolongs person-time
        (2921, None, 2922.0),
        (2922, None, 501.0),  # not before the horizon end: neither counted nor prolonging
        (None, 1500, 1501.0),  # death counts whether or not a visit was near
        (None, 2922, 501.0),
        (400, None, 501.0),
    ],
)
def test_t08_safety_time_ends_after_the_last_of_contact_death_and_event(
    onset: int | None, died: int | None, end: float
) -> None:
    trial = Trial().person(seen=(500,), died=died)
    if onset is not None:
        trial.add("ae", aedecod="Rash", day=onset)
    assert trial.derive("follow_up")["safety_end_day"].to_list() == [end]


def test_w05_the_gap_runs_from_the_last_contact_to_the_entry() -> None:
    trial = Trial().person(extension=800, topaz=2230, seen=(730,))
    trial.add("sv", studyid="E", day=2229).add("sv", studyid="T", day=2230)
    got = trial.derive("follow_up")
    assert rows_of(got, "extension_gap_start_day", "extension_gap_end_day", "gap_days") == [
        (731, 800, 69)
    ]
    assert rows_of(got, "topaz_gap_start_day", "topaz_gap_end_day") == [(None, None)]


def test_w05_no_day_is_in_two_gaps() -> None:
    trial = Trial().person(extension=800, topaz=2230, seen=(730,)).add("sv", studyid="T", day=2230)
    got = trial.derive("follow_up")
    assert rows_of(got, "topaz_gap_start_day", "topaz_gap_end_day", "gap_days") == [
        (800, 2230, 69 + 1430)
    ]


RETENTION = {
    "never left": ([], "topaz", True),
    "withdrew": ([("E", 1000, "WITHDRAWAL BY SUBJECT")], None, False),
    "completed core, no extension": ([("C1", 735, "COMPLETED")], "core only", False),
    "withdrew from core, entered the extension": (
        [("C1", 700, "WITHDRAWAL BY SUBJECT"), ("E", 2200, "COMPLETED")],
        "topaz",
        True,
    ),
    "completed the extension, no TOPAZ": ([("E", 2200, "COMPLETED")], None, False),
    "completed the extension, TOPAZ": ([("E", 2200, "COMPLETED")], "topaz", True),
    "completed TOPAZ": ([("T", 2900, "COMPLETED")], "topaz", True),
    "left TOPAZ": ([("T", 2900, "LOST TO FOLLOW-UP")], "topaz", False),
    "left TOPAZ after the horizon": ([("T", 2922, "LOST TO FOLLOW-UP")], "topaz", True),
}


@pytest.mark.parametrize("case", RETENTION)
def test_e16_retained_through_the_horizon(case: str) -> None:
    records, entered, wanted = RETENTION[case]
    trial = Trial().person(
        extension=None if entered == "core only" else 740,
        topaz=2210 if entered == "topaz" else None,
    )
    for study, departure, reason in records:
        trial.add("ds", studyid=study, day=departure, dsdecod=reason)
    trial.add("ds", studyid="E", day=900, dsdecod="OTHER", dsscat="STUDY TREATMENT")
    trial.add("ds", studyid="E", day=900, dsdecod="OTHER", dscat="PROTOCOL MILESTONE")
    assert trial.derive("follow_up")["is_on_study_through_horizon"].to_list() == [wanted]


# Core is over on day 731 + 183 = 914, the extension 1461 + 183 = 1644 days after its entry; the
# horizon ends on day 2922.
UNRECORDED_ENDS = """
| extension | topaz | left | retained | why                                                   |
| .         | .     | .    | no       | core over on day 914, no next study                   |
| 740       | .     | .    | no       | extension over on day 2384, no next study             |
| 1277      | .     | .    | no       | extension over on day 2921, the last of the horizon   |
| 1278      | .     | .    | yes      | extension over on day 2922, after the horizon         |
| 740       | 2210  | .    | yes      | TOPAZ, the last study, goes on                        |
| .         | 740   | .    | yes      | TOPAZ, without a record in the extension              |
| 740       | .     | 2922 | yes      | a record of leaving decides: it lasted to the horizon |
| 740       | .     | 2921 | no       | a record of leaving decides                           |
"""


@pytest.mark.parametrize("row", parse(UNRECORDED_ENDS), ids=lambda row: row["why"])
def test_e16_without_a_record_a_study_is_left_after_its_planned_length(
    row: dict[str, str | None],
) -> None:
    days = {name: int(row[name]) if row[name] else None for name in ("extension", "topaz", "left")}
    trial = Trial().person(extension=days["extension"], topaz=days["topaz"], seen=(731,))
    if days["left"] is not None:
        trial.add("ds", studyid="E", day=days["left"], dsdecod="OTHER")
    got = trial.derive("follow_up")
    assert got["is_on_study_through_horizon"].to_list() == [row["retained"] == "yes"]


def test_e16_a_study_that_may_go_on_at_the_cutoff_is_not_left() -> None:
    def retained(extension: int) -> bool:
        trial = Trial().person(courses=(1500,), extension=extension)
        return trial.derive("follow_up")["is_on_study_through_horizon"].item()

    assert not retained(CUTOFF_DAY - 1644 - 1)
    assert retained(CUTOFF_DAY - 1644)


def test_e16_planned_lengths_are_settings() -> None:
    rules = replace(RULES, core_years=7, study_end_grace_days=365)  # day 2556.75 + 365 = 2921.75
    assert not Trial(rules=rules).person().derive("follow_up")["is_on_study_through_horizon"].item()
    longer = replace(rules, study_end_grace_days=366)
    assert Trial(rules=longer).person().derive("follow_up")["is_on_study_through_horizon"].item()


@pytest.mark.parametrize(("died", "wanted"), [(2921, False), (2922, True)])
def test_e16_the_dead_are_not_on_study(died: int, wanted: bool) -> None:
    trial = Trial().person(extension=740, topaz=2210, died=died)
    assert trial.derive("follow_up")["is_on_study_through_horizon"].to_list() == [wanted]


def test_e16_a_discontinuation_by_the_cutoff_of_a_late_entrant() -> None:
    def retained(departure: int) -> bool:
        trial = Trial().person(courses=(1500,), extension=2240)
        trial.add("ds", studyid="E", day=departure, dsdecod="OTHER")
        return trial.derive("follow_up")["is_on_study_through_horizon"].item()

    assert not retained(CUTOFF_DAY - 1)
    assert retained(CUTOFF_DAY)  # the rule says "before"
    assert retained(CUTOFF_DAY + 1)


def test_final_discontinuation_is_the_one_no_later_study_followed() -> None:
    trial = Trial().person(extension=740)
    trial.add("ds", day=700, dsdecod="PHYSICIAN DECISION")
    trial.add("ds", studyid="E", day=1000, dsdecod="LOST TO FOLLOW-UP")
    got = trial.derive("follow_up")
    assert rows_of(got, "discontinuation_date", "discontinuation_reason") == [
        (date.fromisoformat(day(1000)), "LOST TO FOLLOW-UP")
    ]


def test_a_shorter_horizon_is_another_rule_not_another_line_of_code() -> None:
    trial = Trial(rules=replace(RULES, cutoff=date(2016, 10, 4), horizon_years=7))
    assert ends(trial.person(seen=(2600,))) == (2556.75, "horizon")
