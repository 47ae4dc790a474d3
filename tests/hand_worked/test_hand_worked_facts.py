"""The patients behind the published numbers: patient-side tables against paper.

A sum can be right by two mistakes; these facts cannot. Expected: `hand_facts.py`.
"""

import polars as pl
import pytest
from hand_facts import COURSES, FOLLOW_UP, NO_WINDOWS, POPULATION, RELAPSE_DAYS, WINDOWS
from hand_patients import read

from warehouse.release import Release

# One refresh for both modules: keep them in one worker.
pytestmark = pytest.mark.xdist_group("hand_worked")

GROUPS = ("2-courses", "3-courses", "4-courses", "5plus-courses")


def patient_table(release: Release, name: str) -> pl.DataFrame:
    return pl.read_parquet(release.folder / "patient" / f"{name}.parquet")


def is_yes(text: str) -> bool:
    assert text in ("yes", "no")
    return text == "yes"


def count(text: str) -> int | None:
    return None if text == "-" else int(text)


@pytest.mark.parametrize("expected", read(RELAPSE_DAYS), ids=lambda row: row["id"])
def test_relapses_that_count(expected: dict[str, str], hand_release: Release) -> None:
    rows = patient_table(hand_release, "core/relapse").filter(person_id=expected["id"])
    assert rows["onset_day"].to_list() == [int(day) for day in expected["days"].split(",")]
    assert rows["n_records"].to_list() == [int(n) for n in expected["records"].split(",")]


def test_only_partial_onsets_are_imputed(hand_release: Release) -> None:
    rows = patient_table(hand_release, "core/relapse").filter("is_onset_imputed")
    assert rows.select("person_id", "onset_text", "onset_day").rows() == [
        ("P05", "2013", 2008),
        ("P07", "2011-06", 1261),
    ]


def test_courses(hand_release: Release) -> None:
    courses = patient_table(hand_release, "core/course")
    expected = read(COURSES)
    told = {
        (row["person_id"], row["course_number"]): row
        for row in courses.rows(named=True)
        if row["person_id"] in {course["id"] for course in expected}
    }
    assert len(told) == len(expected)
    for course in expected:
        row = told[course["id"], int(course["course"])]
        last = row["course_day"] + (row["last_infusion_date"] - row["course_date"]).days
        assert (row["course_day"], last, row["n_infusions"], row["is_early"]) == (
            int(course["day"]),
            int(course["last"]),
            int(course["infusions"]),
            is_yes(course["early"]),
        ), course


@pytest.mark.parametrize("expected", read(FOLLOW_UP), ids=lambda row: row["id"])
def test_follow_up(expected: dict[str, str], hand_release: Release) -> None:
    (row,) = (
        patient_table(hand_release, "core/follow_up")
        .filter(person_id=expected["id"])
        .rows(named=True)
    )
    assert row["efficacy_end_day"] == float(expected["end"])
    assert row["is_on_study_through_horizon"] == is_yes(expected["on_study"])
    assert row["gap_days"] == int(expected["gap"])


def test_population(hand_release: Release) -> None:
    rows = {
        row["person_id"]: row
        for row in patient_table(hand_release, "core/population").rows(named=True)
    }
    assert sorted(rows) == [person["id"] for person in read(POPULATION)]
    for person in read(POPULATION):
        row = rows[person["id"]]
        group = person["where"] if person["where"] in GROUPS else None
        reason = None if group else person["where"]
        assert (row["group_id"], row["exclusion_reason"]) == (group, reason), person
        assert row["is_exclusion_uncertain"] == is_yes(person["uncertain"]), person
        for name in ("courses_through_horizon", "courses_through_cutoff"):
            wanted = count(person[name.removeprefix("courses_")])
            assert wanted is None or row[name] == wanted, person


@pytest.mark.parametrize(
    "expected", read(WINDOWS), ids=lambda row: f"{row['id']}-{row['anchor']}-{row['window']}"
)
def test_windows(expected: dict[str, str], hand_release: Release) -> None:
    (row,) = window_of(expected, hand_release)
    next_days, next_relapses = expected["next"].split("/")
    assert {
        "start": row["window_start_day"],
        "end": row["window_end_day"],
        "at_risk": row["days_at_risk"],
        "relapses": row["relapses"],
        "first": row["first_relapse_day"],
        "next_days": row["days_at_risk_to_next_course"],
        "next_relapses": row["relapses_to_next_course"],
        "complete": row["is_complete"],
        "overlaps": row["is_overlapping_previous_course"],
    } == {
        "start": float(expected["start"]),
        "end": float(expected["end"]),
        "at_risk": float(expected["at_risk"]),
        "relapses": int(expected["relapses"]),
        "first": count(expected["first"]),
        "next_days": float(next_days),
        "next_relapses": int(next_relapses),
        "complete": is_yes(expected["complete"]),
        "overlaps": is_yes(expected["overlaps"]),
    }


@pytest.mark.parametrize(
    "expected", read(NO_WINDOWS), ids=lambda row: f"{row['id']}-{row['anchor']}-{row['window']}"
)
def test_no_row_without_a_day_at_risk(expected: dict[str, str], hand_release: Release) -> None:
    assert window_of(expected, hand_release) == []


def window_of(expected: dict[str, str], release: Release) -> list[dict[str, object]]:
    return (
        patient_table(release, "windows/patient_course_window")
        .filter(
            person_id=expected["id"],
            anchor=expected["anchor"],
            analysis_window=expected["window"],
        )
        .rows(named=True)
    )
