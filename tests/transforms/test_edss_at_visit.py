"""E-06, T-07: which EDSS stands for which month around an anchor."""

from dataclasses import replace
from math import floor
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from transform_spec import RULES, Trial, derive, derive_all

from transforms.analysis_visit import is_nearest
from transforms.edss_at_visit import derive_edss_at_visit
from transforms.rules import DAYS_PER_MONTH


def base(**person: Any) -> Trial:
    """A patient with Course 3 on day 1000, seen to the horizon."""
    usual: dict[str, Any] = {"courses": (0, 365, 1000), "extension": 740, "seen": (2922,)}
    return Trial().person(**usual | person)


def days(trial: Trial, anchor: str = "core-baseline") -> dict[int, int]:
    """Day of the EDSS of each month."""
    rows = trial.derive("edss_at_visit").filter(anchor=anchor)
    assert rows["analysis_month"].is_unique().all()
    return dict(rows.select("analysis_month", "assessment_day").iter_rows())


def test_months_from_core_baseline_and_their_names() -> None:
    trial = base(courses=(0, 365))
    for month in range(0, 103, 6):
        trial.edss(round(month * DAYS_PER_MONTH), 2.0)
    rows = trial.derive("edss_at_visit")
    assert rows["analysis_month"].to_list() == list(range(0, 97, 6))
    names = ["BL", "M6", "Y1", "M18", "Y2", "M30", "Y3", "M42", "Y4"]
    assert rows["timepoint"].to_list()[:9] == names
    assert rows["timepoint"].to_list()[-2:] == ["M90", "Y8"]
    trial.rules = replace(RULES, horizon_years=7)
    assert trial.derive("edss_at_visit")["timepoint"].to_list()[-1] == "Y7"


def test_months_around_a_course_and_their_names() -> None:
    trial = base()
    for month in range(-18, 43, 6):
        trial.edss(1000 + floor(month * DAYS_PER_MONTH), 2.0)
    rows = trial.derive("edss_at_visit").filter(anchor="course-3")
    assert rows["analysis_month"].to_list() == list(range(-12, 37, 6))
    assert rows["timepoint"].to_list() == [
        *("M-12", "M-6", "BL", "M6", "M12", "M18", "M24", "M30", "M36")
    ]
    assert set(rows["anchor_day"]) == {1000}


def test_a_month_without_a_visit_has_no_row() -> None:
    assert days(base().edss(365, 2.0)) == {12: 365}
    assert days(base(courses=(0, 365)), "core-baseline") == {}


@pytest.mark.parametrize(
    ("study", "visit_day", "month"),
    [
        ("C1", 182 - 44, 6),  # month 6 is day 182.625
        ("C1", 182 - 45, None),
        ("C1", 182 + 45, 6),
        ("C1", 182 + 46, None),
        ("T", 182 - 90, 6),
        ("T", 182 - 91, None),  # nearest to month 0
        ("T", 182 + 91, 6),
        ("T", 274, None),  # nearest to month 12, which is day 365.25
        ("T", 275, 12),
    ],
)
def test_t07_within_the_tolerance_of_the_nearest_month(
    study: str, visit_day: int, month: int | None
) -> None:
    assert days(base().edss(visit_day, 2.0, studyid=study)) == (
        {} if month is None else {month: visit_day}
    )


def test_t07_the_nearest_visit_and_of_equally_near_ones_the_later() -> None:
    assert days(base().edss(170, 2.0).edss(190, 3.0).edss(215, 4.0)) == {6: 190}
    # Four years are 1461 days, a whole number: 1451 and 1471 are 10 days off both.
    assert days(base().edss(1451, 2.0).edss(1471, 4.0)) == {48: 1471}


def test_t07_unscheduled_visits_stand_for_no_month() -> None:
    trial = base().edss(365, 2.0, visit="UNSCHEDULED 12.01").edss(183, 3.0)
    assert days(trial.edss(548, 5.0, visit="RELAPSE ASSESSMENT")) == {6: 183}


def test_t07_the_horizon_with_the_tolerance_death_and_course_6_end_visits() -> None:
    assert days(base(seen=(3300,)).edss(2922 + 45, 2.0)) == {96: 2967}
    assert days(base(seen=(3300,)).edss(2922 + 46, 2.0)) == {}
    assert days(base(seen=(3300,)).edss(2922 + 91, 2.0, studyid="T")) == {96: 3013}
    # After a course the horizon cuts what its own months would allow.
    late = base(courses=(0, 365, 2556), seen=(3300,)).edss(2556 + 366 + 46, 2.0)
    assert days(late, "course-3") == {}
    assert days(base(seen=(350,), died=360).edss(183, 2.0).edss(365, 2.0)) == {6: 183}
    six = base(courses=(0, 365, 800, 1200, 1600, 1965)).edss(1965, 2.0).edss(1980, 3.0)
    assert days(six, "course-5") == {12: 1965}


def test_e06_a_course_baseline_may_lie_long_before_and_stand_for_its_own_month() -> None:
    trial = base().edss(700, 3.0).edss(818, 4.0).edss(1183, 4.5)
    assert days(trial, "course-3") == {-6: 818, 0: 818, 6: 1183}
    rows = trial.derive("edss_at_visit").filter(anchor="course-3")
    assert rows["baseline_points"].to_list() == [4.0, 4.0, 4.0]
    assert rows["edss_change_points"].to_list() == [0, 0, 0.5]
    assert days(base().edss(-10, 2.0), "course-3") == {0: -10}


def test_e06_a_visit_near_month_0_that_is_no_baseline_stands_for_no_month() -> None:
    assert days(base().edss(950, 3.0).edss(990, 3.5).edss(1030, 4.0), "course-3") == {0: 990}
    assert days(base().edss(0, 3.0).edss(30, 4.0)) == {0: 0}


def test_e06_the_baseline_of_a_course_is_scheduled_and_on_its_day_at_the_latest() -> None:
    trial = base().edss(990, 3.0).edss(1000, 3.5).edss(1001, 4.0)
    assert days(trial, "course-3") == {0: 1000}
    other = base().edss(990, 3.0).edss(1000, 3.5, visit="RELAPSE ASSESSMENT")
    assert days(other, "course-3") == {0: 990}


def test_e06_core_baseline_is_the_last_edss_of_the_core_study_scheduled_or_not() -> None:
    trial = base().edss(-10, 2.0).edss(-1, 2.5, visit="UNSCHEDULED 1").edss(1, 4.0)
    assert days(trial) == {0: -1}
    assert days(base().edss(-10, 2.0).edss(-1, 2.5, studyid="E")) == {0: -10}


def test_without_a_baseline_there_is_a_score_and_no_change() -> None:
    (row,) = base().edss(1183, 4.5).derive("edss_at_visit").filter(anchor="course-3").to_dicts()
    assert (row["edss_points"], row["baseline_points"], row["edss_change_points"]) == (
        *(4.5, None),
        None,
    )


def test_only_treated_persons_at_anchors_in_follow_up() -> None:
    assert base(arm="ALEM24").edss(365, 2.0).derive("edss_at_visit").is_empty()
    late = base(courses=(0, 365, 2922), seen=(3000,)).edss(2900, 2.0)
    assert set(late.derive("edss_at_visit")["anchor"]) == {"core-baseline"}
    five = base(courses=(0, 365, 800, 1200, 1600, 2000)).edss(-1, 2.0)
    assert five.derive("edss_at_visit")["anchor"].to_list() == [
        *("core-baseline", "course-3", "course-4", "course-5")
    ]


@pytest.mark.parametrize(("step", "months"), [(3, [3, 6, 12]), (6, [6, 12]), (12, [12])])
def test_the_spacing_of_visits_is_a_parameter(step: int, months: list[int]) -> None:
    trial = base(courses=(0, 365)).edss(91, 2.0).edss(183, 2.0).edss(365, 2.0)
    trial.rules = replace(RULES, edss_step_months=step)
    assert list(days(trial)) == months


def test_a_longer_horizon_changes_no_visit_before_it() -> None:
    trial = base(seen=(3300,))
    for visit_day in range(-5, 3000, 83):
        trial.edss(visit_day, 2.0)
    longer = days(trial)
    trial.rules = replace(RULES, horizon_years=7)
    assert {month: day for month, day in longer.items() if month <= 84} == days(trial)


#: A visit: day, score in half points, study, whether scheduled.
VISIT = st.tuples(
    st.integers(-60, 3100), st.integers(2, 18), st.sampled_from(["C1", "E", "T"]), st.booleans()
)


@settings(max_examples=40, deadline=None)
@given(
    visits=st.lists(VISIT, max_size=40, unique_by=lambda visit: visit[0]),
    third=st.integers(500, 2900),
)
def test_as_told_visit_by_visit(visits: list[tuple[int, int, str, bool]], third: int) -> None:
    trial = base(courses=(0, 365, third), seen=(3200,))
    for visit_day, halves, study, is_scheduled in visits:
        visit = "MONTH 3" if is_scheduled else "UNSCHEDULED 3"
        trial.edss(visit_day, halves / 2, studyid=study, visit=visit)

    def told(anchor_day: int, months: range, is_core: bool) -> dict[int, int]:
        chosen: dict[int, int] = {}
        for month in months:
            near: list[tuple[float, int, int]] = []
            for visit_day, _, study, is_scheduled in visits:
                tolerance = 91 if study == "T" else 45
                offset = visit_day - anchor_day
                if visit_day > RULES.horizon_end_day + tolerance:
                    continue
                if month == 0:
                    if offset <= 0 and (study != "E" and study != "T" if is_core else is_scheduled):
                        near.append((-offset, -visit_day, visit_day))
                elif is_scheduled and floor(offset / (6 * DAYS_PER_MONTH) + 0.5) * 6 == month:
                    distance = abs(offset - month * DAYS_PER_MONTH)
                    if distance <= tolerance:
                        near.append((distance, -visit_day, visit_day))
            if near:
                chosen[month] = min(near)[2]
        return chosen

    tables = derive_all(trial.raw())
    wanted = {
        "core-baseline": told(0, range(0, 97, 6), True),
        "course-3": told(third, range(-12, 37, 6), False),
    }
    for anchor, of_month in wanted.items():
        rows = tables["edss_at_visit"].filter(anchor=anchor)
        assert dict(rows.select("analysis_month", "assessment_day").iter_rows()) == of_month
        # The EDSS at the end of a window is that of the month in which it ends.
        for row in tables["patient_course_window"].filter(anchor=anchor).to_dicts():
            month = round((row["window_end_day"] - row["anchor_day"]) / DAYS_PER_MONTH)
            assert row["edss_end_day"] == of_month.get(month)


def test_order_of_the_core_tables_does_not_matter() -> None:
    trial = Trial()
    for number in range(4):
        who = f"P{number}"
        trial.person(who, courses=(0, 365, 900 + 50 * number), extension=740, seen=(2922,))
        for visit_day in range(number, 2900, 70):
            trial.edss(visit_day, number / 2 + 2, usubjid=who)
    raw = trial.raw()
    inputs = {name: derive(raw, name).lazy() for name in ("patient", "course", "edss", "follow_up")}
    turned = {name: frame.reverse() for name, frame in inputs.items()}
    assert_frame_equal(
        derive_edss_at_visit(**turned, rules=RULES).collect(),
        derive_edss_at_visit(**inputs, rules=RULES).collect(),
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-400, 400), unique=True, max_size=30), st.integers(20, 200))
def test_the_nearest_is_who_no_neighbour_beats(visit_days: list[int], spacing: int) -> None:
    visits = pl.DataFrame({"day": sorted(visit_days)}, schema={"day": pl.Int32}).with_columns(
        mark=(pl.col("day") / spacing + 0.5).floor().cast(pl.Int32)
    )
    distance = (pl.col("day") - pl.col("mark") * spacing).abs()
    got = visits.filter(is_nearest(distance, "mark"))["day"].to_list()
    marks: dict[int, list[int]] = {}
    for visit_day, mark in visits.iter_rows():
        marks.setdefault(mark, []).append(visit_day)
    wanted = [
        min(of_mark, key=lambda visit_day: (abs(visit_day - mark * spacing), -visit_day))
        for mark, of_mark in marks.items()
    ]
    assert got == wanted
