"""The listings behind the paper's Safety paragraph and the footnotes of its Figure 1."""

from dataclasses import replace
from datetime import date

import pytest
from transform_spec import RULES, Trial, rows_of

from transforms.rules import DAYS_PER_MONTH

#: Courses 1 to 4 of one patient.
COURSES = (0, 365, 1000, 1500)


def listed(trial: Trial, listing: str, *columns: str) -> list[tuple]:
    got = trial.derive("line_listing")
    return rows_of(got.filter(listing=listing), *columns)


def test_malignancies_and_autoimmune_events_are_told_from_the_last_course_before_them() -> None:
    trial = Trial().person(courses=COURSES, extension=740)
    trial.draw(
        "ae",
        """
        | day  | aedecod                 | aetoxgr | aeout     | aeser |
        | 1621 | Immune thrombocytopenia | 4       | RECOVERED | Y     |
        | 600  | Hypothyroidism          | 1       | .         | N     |
        | 2078 | Squamous cell carcinoma | 2       | RECOVERED | Y     |
        | 700  | Headache                | 1       | .         | N     |
        """,
    )
    told = (
        "record_number",
        "description",
        "event_day",
        "study_year",
        "last_course_number",
        "days_since_last_course",
        "toxicity_grade",
        "outcome",
        "is_serious",
    )
    assert listed(trial, "autoimmune event", *told) == [
        (1, "Hypothyroidism", 600, 2, 2, 235, "1", None, False),
        (2, "Immune thrombocytopenia", 1621, 5, 4, 121, "4", "RECOVERED", True),
    ]
    assert listed(trial, "malignancy", *told) == [
        (1, "Squamous cell carcinoma", 2078, 6, 4, 578, "2", "RECOVERED", True)
    ]
    ((months,),) = listed(trial, "malignancy", "months_since_last_course")
    assert months == pytest.approx(578 / DAYS_PER_MONTH)
    assert round(months) == 19, "as the paper tells it: about 19 months after Course 4"


@pytest.mark.parametrize(
    ("event_day", "year"),
    [(0, 1), (365, 1), (366, 2), (730, 2), (731, 3), (1460, 4), (1461, 5), (2921, 8)],
)
def test_t02_the_study_year_begins_every_365_and_a_quarter_days(event_day: int, year: int) -> None:
    trial = Trial().person().add("ae", aedecod="Lymphoma", day=event_day)
    assert listed(trial, "malignancy", "study_year") == [(year,)]


def test_an_event_of_two_categories_is_in_both_listings() -> None:
    both = replace(RULES.terms, malignancy=("Goitre",))
    trial = Trial(rules=replace(RULES, terms=both)).person().add("ae", aedecod="Goitre", day=3)
    got = trial.derive("line_listing")
    assert got["listing"].to_list() == ["autoimmune event", "malignancy"]
    assert got["record_number"].to_list() == [1, 1]


def test_a_death_is_described_by_the_fatal_events_in_alphabetical_order() -> None:
    trial = Trial().person(courses=COURSES, extension=740, seen=(2300,), died=2400)
    trial.draw(
        "ae",
        """
        | day  | aedecod             | aesdth |
        | 2390 | Sepsis              | Y      |
        | 2380 | Acute renal failure | Y      |
        | 2395 | Sepsis              | Y      |
        | 2399 | .                   | Y      |
        | 2385 | Headache            | N      |
        """,
    )
    columns = ("description", "event_day", "study_year", "last_course_number", "is_fatal")
    assert listed(trial, "death", *columns) == [("Acute renal failure; Sepsis", 2400, 7, 4, True)]
    assert listed(trial, "death", "is_serious", "days_since_last_course") == [(True, 900)]


def test_a_death_without_a_fatal_event_has_no_description() -> None:
    trial = Trial().person(seen=(100,), died=120).add("ae", aedecod="Rash", day=10)
    assert listed(trial, "death", "description", "toxicity_grade") == [(None, None)]


def test_t08_deaths_count_to_before_the_horizon_end_and_to_the_cut_off() -> None:
    trial = Trial()
    for who, died in (("P1", 2921), ("P2", 2922)):
        trial.person(who, seen=(2900,), died=died)
    assert trial.derive("line_listing")["person_id"].to_list() == ["P1"]

    trial = Trial(rules=replace(RULES, cutoff=date(2008, 4, 10)))  # day 100
    for who, died in (("P1", 100), ("P2", 101)):
        trial.person(who, seen=(90,), died=died)
    assert trial.derive("line_listing")["person_id"].to_list() == ["P1"]


def test_w02_a_death_on_the_day_of_a_course_is_after_it() -> None:
    trial = Trial().person(courses=(0, 365), died=365)
    assert listed(trial, "death", "last_course_number", "days_since_last_course") == [(2, 0)]


def test_c02_early_courses_are_told_from_the_course_before_them() -> None:
    """365 days are less than 12 months (T-03); 366 are not; one after the horizon is not told."""
    trial = Trial().person(courses=(0, 365, 731, 1067, 2800, 2950), extension=740)
    columns = (
        "record_number",
        "description",
        "event_day",
        "last_course_number",
        "days_since_last_course",
        "is_serious",
        "is_fatal",
    )
    assert listed(trial, "early course", *columns) == [
        (1, "Course 2", 365, 1, 365, False, False),
        (2, "Course 4", 1067, 3, 336, False, False),
    ]
    ((_, months),) = listed(trial, "early course", "event_day", "months_since_last_course")[1:]
    assert months == pytest.approx(336 / 30.4375)


def test_only_treated_persons_are_listed_with_their_sets() -> None:
    trial = Trial()
    trial.person("P1", courses=(0, 366, 1000), extension=740)
    trial.person("P2", courses=(0, 366), extension=740)
    trial.person("P3", courses=(0, 366))
    trial.person("P4", arm="ALEM24", courses=(0, 300), died=500)
    for who in ("P1", "P2", "P3", "P4"):
        trial.add("ae", usubjid=who, aedecod="Lymphoma", day=50)
    got = trial.derive("line_listing")
    assert rows_of(got, "person_id", "is_safety", "is_additional", "group_id") == [
        ("P1", True, True, "3-courses"),
        ("P2", True, False, "2-courses"),
        ("P3", False, False, None),
    ]


def test_records_are_numbered_by_day_and_sorted() -> None:
    trial = Trial().person()
    for on in (900, 20, 300):
        trial.add("ae", aedecod="Goitre", day=on)
    assert listed(trial, "autoimmune event", "record_number", "event_day") == [
        (1, 20),
        (2, 300),
        (3, 900),
    ]
