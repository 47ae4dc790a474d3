"""W-01 .. W-06, T-07, E-10, E-11: windows around an anchor, and what stands in them."""

from dataclasses import replace
from typing import Any

import pytest
from transform_spec import RULES, Trial

YEAR = 365.25


def windows(trial: Trial) -> dict[tuple[str, str], dict[str, Any]]:
    rows = trial.derive("patient_course_window").to_dicts()
    return {(row["anchor"], row["analysis_window"]): row for row in rows}


def base(**person: Any) -> Trial:
    """A patient with Course 3 on day 1000, seen to the horizon."""
    return Trial().person(**{"courses": (0, 365, 1000), "extension": 740, "seen": (2922,)} | person)


def test_w01_windows_of_core_baseline_and_of_a_course() -> None:
    trial = base().add("sc", sctestcd="RELPY1", scstresn=2.0)
    got = windows(trial)
    core = ["M-12..M0", *(f"Y{y}" for y in range(1, 9)), *(f"Y0..Y{y}" for y in range(1, 9))]
    course = ["M-12..M0", "M0..M12", "M12..M24", "M24..M36", "M0..M24", "M0..M36"]
    assert set(got) == {
        *(("core-baseline", name) for name in core),
        *(("course-3", name) for name in course),
    }
    spans = {key: (row["window_start_day"], row["window_end_day"]) for key, row in got.items()}
    assert spans["core-baseline", "Y3"] == (2 * YEAR, 3 * YEAR)
    assert spans["core-baseline", "Y0..Y3"] == (0, 3 * YEAR)
    assert spans["course-3", "M-12..M0"] == (1000 - YEAR, 1000)
    assert spans["course-3", "M24..M36"] == (1000 + 2 * YEAR, 1000 + 3 * YEAR)
    assert spans["course-3", "M0..M36"] == (1000, 1000 + 3 * YEAR)
    assert {key for key, row in got.items() if row["is_cumulative"]} == {
        key for key in got if key[1].startswith("Y0..") or key[1] in ("M0..M24", "M0..M36")
    }


def test_w01_the_year_before_enrolment_is_told_history_and_no_follow_up() -> None:
    row = windows(base().add("sc", sctestcd="RELPY1", scstresn=2.0))["core-baseline", "M-12..M0"]
    assert (row["relapses"], row["days_at_risk"], row["first_relapse_day"]) == (2, YEAR, None)
    assert (row["window_start_day"], row["window_end_day"]) == (-YEAR, 0)
    assert (row["scan_day"], row["has_mri_activity"]) == (None, None)
    # A told relapse before day 0 is not counted again, nor is one on day 0 history.
    again = base().add("sc", sctestcd="RELPY1", scstresn=2.0).relapse(-20, 0)
    told = windows(again)["core-baseline", "M-12..M0"]
    assert (told["relapses"], told["first_relapse_day"]) == (2, None)
    assert windows(again)["core-baseline", "Y1"]["relapses"] == 1
    assert ("core-baseline", "M-12..M0") not in windows(base())


def test_only_treated_persons_and_courses_in_follow_up_have_windows() -> None:
    assert windows(base(arm="ALEM24")) == {}
    late = base(courses=(0, 365, 2922), seen=(3000,))
    assert {anchor for anchor, _ in windows(late)} == {"core-baseline"}
    impossible = base(seen=(800,), died=900)  # a course after death is for the gates to stop
    assert {anchor for anchor, _ in windows(impossible)} == {"core-baseline"}
    five = base(courses=(0, 365, 800, 1200, 1600, 2000))
    assert {anchor for anchor, _ in windows(five)} == {
        "core-baseline",
        "course-3",
        "course-4",
        "course-5",
    }


def test_w02_a_relapse_on_the_course_day_is_after_it() -> None:
    got = windows(base().relapse(999 - 40, 1000))
    assert got["course-3", "M-12..M0"]["relapses"] == 1
    assert got["course-3", "M0..M12"]["relapses"] == 1
    assert got["course-3", "M0..M12"]["first_relapse_day"] == 1000


def test_w02_windows_are_half_open_at_fractions_of_a_day() -> None:
    # Month 12 after day 1000 is day 1365.25: day 1365 is in the first year, 1366 is not.
    # 40 days lie between the relapses of the two patients' windows, so that none is merged.
    first = windows(base().relapse(1365))
    second = windows(base().relapse(1366))
    assert first["course-3", "M0..M12"]["relapses"] == 1
    assert second["course-3", "M0..M12"]["relapses"] == 0
    assert second["course-3", "M12..M24"]["relapses"] == 1
    # Day 1461 is exactly 4 years: Year 5.
    assert windows(base().relapse(1461))["core-baseline", "Y5"]["relapses"] == 1


def test_w02_scan_and_edss_on_the_course_day_are_before_it() -> None:
    got = windows(base().scan(1000, gd=1).edss(1000, 3.0).edss(910, 2.0))
    before, after = got["course-3", "M-12..M0"], got["course-3", "M0..M12"]
    assert (before["scan_day"], before["has_gd_activity"]) == (1000, True)
    assert (before["edss_end_day"], before["edss_end_points"]) == (1000, 3.0)
    assert after["scan_day"] is None


def test_w03_days_at_risk_are_the_overlap_with_follow_up() -> None:
    got = windows(base(seen=(1800,)))  # follow-up ends before day 1801
    assert got["course-3", "M12..M24"]["days_at_risk"] == YEAR
    assert got["course-3", "M24..M36"]["days_at_risk"] == 1801 - (1000 + 2 * YEAR)
    assert got["course-3", "M0..M36"]["days_at_risk"] == 801
    assert got["core-baseline", "Y5"]["days_at_risk"] == 1801 - 4 * YEAR
    assert ("core-baseline", "Y6") not in got
    assert got["core-baseline", "Y0..Y8"]["days_at_risk"] == 1801
    flags = got["course-3", "M24..M36"]
    assert (flags["is_at_risk_at_start"], flags["is_complete"]) == (True, False)


def test_a_window_with_no_day_at_risk_has_no_row() -> None:
    # Follow-up ends before day 1366: 0.75 days of the second year are at risk; one day less, none.
    assert windows(base(seen=(1365,)))["course-3", "M12..M24"]["days_at_risk"] == 0.75
    assert ("course-3", "M12..M24") not in windows(base(seen=(1364,)))


def test_no_relapse_after_follow_up_counts() -> None:
    got = windows(base(seen=(1800,)).relapse(1800, 1900))
    assert got["core-baseline", "Y0..Y8"]["relapses"] == 1
    assert windows(base(seen=(1800,)).relapse(1801))["core-baseline", "Y0..Y8"]["relapses"] == 0


def test_s07_course_6_ends_everything() -> None:
    def six() -> Trial:
        return base(courses=(0, 365, 800, 1200, 1600, 2000))

    # A relapse on the day of Course 6 is after it, a scan and an EDSS are before it (W-02).
    assert windows(six().relapse(2000))["course-5", "M12..M24"]["relapses"] == 0
    after = windows(six().scan(2001).edss(2001, 3.0))["course-5", "M0..M12"]
    assert (after["scan_day"], after["edss_end_day"]) == (None, None)
    on = windows(six().scan(2000).edss(2000, 3.0))["course-5", "M0..M12"]
    assert (on["scan_day"], on["edss_end_day"]) == (2000, 2000)
    got = windows(six().relapse(1999, 2040))
    assert got["course-5", "M0..M12"]["relapses"] == 0
    assert got["course-5", "M12..M24"]["days_at_risk"] == 2000 - 1600 - YEAR
    assert got["course-5", "M12..M24"]["relapses"] == 1


def test_days_to_the_next_course() -> None:
    got = windows(base(courses=(0, 365, 1000, 1500)).relapse(1400, 1600))
    row = got["course-3", "M12..M24"]
    assert (row["days_at_risk"], row["days_at_risk_to_next_course"]) == (YEAR, 1500 - 1000 - YEAR)
    assert (row["relapses"], row["relapses_to_next_course"]) == (2, 1)
    # Courses 1 and 2 are one regimen: from core baseline the next course is Course 3.
    core = got["core-baseline", "Y0..Y8"]
    assert (core["days_at_risk"], core["days_at_risk_to_next_course"]) == (2922, 1000)
    assert got["core-baseline", "Y2"]["days_at_risk_to_next_course"] == YEAR


def test_w04_a_window_before_an_early_course_is_whole_and_flagged() -> None:
    early = windows(base(courses=(0, 365, 1000, 1365)))["course-4", "M-12..M0"]
    assert (early["days_at_risk"], early["is_overlapping_previous_course"]) == (YEAR, True)
    later = windows(base(courses=(0, 365, 1000, 1366)))["course-4", "M-12..M0"]
    assert not later["is_overlapping_previous_course"]


def test_w05_the_gap_between_studies_is_at_risk_or_not() -> None:
    def years_2_and_3(is_gap_at_risk: bool) -> tuple[float, float, int]:
        trial = base(courses=(0, 365), extension=800, seen=(740, 2922)).relapse(770, 900)
        trial.rules = replace(RULES, is_gap_at_risk=is_gap_at_risk)
        trial.rows["sv"][-1]["studyid"] = "CAMMS03409"
        got = windows(trial)
        row = got["core-baseline", "Y3"]
        return got["core-baseline", "Y2"]["days_at_risk"], row["days_at_risk"], row["relapses"]

    assert years_2_and_3(True) == (YEAR, YEAR, 2)
    assert years_2_and_3(False) == (YEAR, YEAR - (800 - 741), 1)


def test_w06_available_at_a_month_is_follow_up_to_it() -> None:
    assert windows(base(seen=(2921,)))["core-baseline", "Y8"]["is_complete"]
    assert not windows(base(seen=(2920,)))["core-baseline", "Y8"]["is_complete"]
    assert windows(base(seen=(1730,)))["course-3", "M0..M24"]["is_complete"]  # day 1730.5
    assert not windows(base(seen=(1729,)))["course-3", "M0..M24"]["is_complete"]


@pytest.mark.parametrize(
    ("days", "chosen"),
    [
        ((1000 - 410,), 590),
        ((1000 - 411,), None),
        ((700, 900), 900),
        ((900, 1000), 1000),
        ((1001,), None),
    ],
)
def test_e11_before_a_course_is_its_last_scan(days: tuple[int, ...], chosen: int | None) -> None:
    trial = base()
    for scan_day in days:
        trial.scan(scan_day)
    assert windows(trial)["course-3", "M-12..M0"]["scan_day"] == chosen


@pytest.mark.parametrize(
    ("days", "chosen"),
    [
        ((1091,), None),  # month 3 is day 1091.3
        ((1092,), 1092),
        ((1456, 1300), 1300),
        ((1456,), 1456),  # month 15 is day 1456.6
        ((1457,), None),
    ],
)
def test_e11_after_a_course_is_the_first_scan_of_months_3_to_15(
    days: tuple[int, ...], chosen: int | None
) -> None:
    trial = base()
    for scan_day in days:
        trial.scan(scan_day)
    assert windows(trial)["course-3", "M0..M12"]["scan_day"] == chosen


@pytest.mark.parametrize(
    ("days", "chosen"),
    [
        ((182,), None),  # nearest month is 0
        ((183,), 183),
        ((300, 420), 420),  # 65.25 days before against 54.75 after
        ((310, 421), 310),  # 55.25 days before against 55.75 after
        ((547,), 547),
        ((548,), None),  # nearest month is 24
    ],
)
def test_t07_a_year_takes_the_nearest_scan_that_is_nearest_to_no_other_year(
    days: tuple[int, ...], chosen: int | None
) -> None:
    trial = base()
    for scan_day in days:
        trial.scan(scan_day)
    assert windows(trial)["core-baseline", "Y1"]["scan_day"] == chosen


def test_t07_later_years_after_a_course_count_from_the_course() -> None:
    got = windows(base().scan(1600).scan(1700).scan(2100))
    assert got["course-3", "M12..M24"]["scan_day"] == 1700
    assert got["course-3", "M24..M36"]["scan_day"] == 2100


@pytest.mark.parametrize(
    ("study", "days", "chosen"),
    [
        ("C1", (320,), None),
        ("C1", (321,), 321),
        ("C1", (410,), 410),
        ("C1", (411,), None),
        ("T", (274,), None),
        ("T", (275,), 275),
        ("T", (456,), 456),
        ("T", (457,), None),
        ("C1", (350, 375), 375),
    ],
)
def test_t07_edss_at_the_end_of_a_year(
    study: str, days: tuple[int, ...], chosen: int | None
) -> None:
    trial = base()
    for visit_day in days:
        trial.edss(visit_day, 2.0, studyid=study)
    assert windows(trial)["core-baseline", "Y1"]["edss_end_day"] == chosen


def test_t07_equally_near_visits_the_later_one() -> None:
    # Four years are 1461 days, a whole number: 1451 and 1471 are 10 days off both.
    got = windows(base().edss(1451, 2.0).edss(1471, 4.0).scan(1451).scan(1471, gd=1))
    row = got["core-baseline", "Y4"]
    assert (row["edss_end_day"], row["edss_end_points"]) == (1471, 4.0)
    assert (row["scan_day"], row["has_gd_activity"]) == (1471, True)


def test_t07_visits_count_beyond_the_horizon_by_their_tolerance_only() -> None:
    def last(study: str, visit_day: int, scan_day: int) -> tuple[Any, Any]:
        trial = base(seen=(3300,)).edss(visit_day, 2.0, studyid=study).scan(scan_day)
        row = windows(trial)["core-baseline", "Y8"]
        return row["edss_end_day"], row["scan_day"]

    assert last("C1", 2922 + 45, 2922 + 182) == (2967, 3104)
    assert last("C1", 2922 + 46, 2922 + 183) == (None, None)
    assert last("T", 2922 + 91, 2922 + 150) == (3013, 3072)
    # After a course the horizon cuts what its own months would allow.
    trial = base(courses=(0, 365, 2556), seen=(3300,)).scan(2922 + 90).edss(2556 + 366 + 46, 2.0)
    got = windows(trial)["course-3", "M0..M12"]
    assert (got["scan_day"], got["edss_end_day"]) == (3012, None)


def test_t07_no_visit_after_death() -> None:
    got = windows(base(seen=(350,), died=360).edss(365, 2.0).scan(365))
    row = got["core-baseline", "Y1"]
    assert (row["edss_end_day"], row["scan_day"]) == (None, None)


def test_t07_unscheduled_visits_are_no_analysis_visits() -> None:
    trial = (
        base().edss(365, 2.0, visit="UNSCHEDULED 12.01").edss(1000, 5.0, visit="RELAPSE ASSESSMENT")
    )
    got = windows(trial.edss(900, 2.5))
    assert got["core-baseline", "Y1"]["edss_end_day"] is None
    assert got["course-3", "M-12..M0"]["edss_end_day"] == 900


def test_core_baseline_edss_is_the_last_of_the_core_study_also_unscheduled() -> None:
    trial = base().add("sc", sctestcd="RELPY1", scstresn=1.0)
    trial.edss(-10, 2.0).edss(-1, 2.5, visit="UNSCHEDULED 1").edss(1, 4.0)
    row = windows(trial)["core-baseline", "M-12..M0"]
    assert (row["edss_end_day"], row["edss_end_points"]) == (-1, 2.5)


@pytest.mark.parametrize(
    ("gd", "t2", "active"),
    [
        (0, 0, False),
        (1, 0, True),
        (0, 2, True),
        (1, None, True),
        (None, 1, True),
        (0, None, None),
        (None, 0, None),
        (None, None, None),
    ],
)
def test_e10_a_component_active_is_active_and_a_missing_one_else_missing(
    gd: int | None, t2: int | None, active: bool | None
) -> None:
    row = windows(base().scan(365, gd=gd, t2=t2, t1=7))["core-baseline", "Y1"]
    assert row["has_mri_activity"] is active
    assert row["has_t1_activity"] is True


def test_e10_cumulative_activity_is_free_in_every_year_so_far() -> None:
    got = windows(base().scan(365).scan(731).scan(1461, t2=1).scan(1826))
    free = [got["core-baseline", f"Y0..Y{year}"]["has_mri_activity"] for year in range(1, 6)]
    assert free == [False, False, None, True, True]
    assert [got["core-baseline", f"Y{year}"]["has_mri_activity"] for year in range(1, 6)] == [
        False,
        False,
        None,
        True,
        False,
    ]
    course = windows(base().scan(1300).scan(1730, gd=1).scan(2096))
    assert course["course-3", "M0..M24"]["has_gd_activity"] is True
    assert course["course-3", "M0..M24"]["has_t2_activity"] is False
    assert course["course-3", "M0..M36"]["has_mri_activity"] is True


def test_y0_to_y1_is_year_1() -> None:
    got = windows(base().relapse(100).scan(360, gd=1).edss(360, 2.0))
    same = got["core-baseline", "Y1"] | {"analysis_window": "Y0..Y1", "is_cumulative": True}
    assert got["core-baseline", "Y0..Y1"] == same


def test_cumulative_first_relapse_is_the_earliest() -> None:
    got = windows(base().relapse(1500, 500, 2200))
    first = [got["core-baseline", f"Y0..Y{year}"]["first_relapse_day"] for year in range(1, 9)]
    assert first == [None, 500, 500, 500, 500, 500, 500, 500]
    assert got["core-baseline", "Y0..Y8"]["relapses"] == 3
