"""Courses: how many patients had, in which year, at which intervals, why (Figure 1a, 1b, text).

Courses are counted through the horizon (T-05), of all who entered the extension (S-02): the
groups here are totals through the HORIZON, not the efficacy groups of S-04 .. S-07, which go by
the cut-off and leave out other therapies. What a course is, is decided in `core.course`.
"""

from typing import Any

import polars as pl

from models.cells import CORE_BASELINE, COURSE_OF_GROUP, DAYS_PER_YEAR, years
from models.describe import count_rows, spread_rows
from models.result_row import Cell, rows_of, to_frame
from warehouse.contracts.results import RESULTS

#: Totals of courses through the horizon: least and most; None = no bound.
TOTALS: dict[str, tuple[int, int | None]] = {
    "1 course": (1, 1),
    "2 courses": (2, 2),
    "<=2 courses": (0, 2),
    "3 courses": (3, 3),
    "4 courses": (4, 4),
    ">=5 courses": (5, None),
}
#: Groups of the intervals, by total through the horizon; the last one takes all higher totals.
INTERVAL_GROUPS = {3: "3-courses", 4: "4-courses", 5: "5plus-courses"}
#: Figure 1b; courses come a year apart, so that eight years hardly hold a ninth.
TIMED_COURSES = range(3, 9)
EARLY_COURSES = range(2, 7)

#: RETRSN as presented; a course without one has none given.
REASONS = {
    "RELAPSE": "relapse",
    "MRI ACTIVITY": "MRI activity",
    "RELAPSE AND MRI ACTIVITY": "relapse and MRI activity",
    "OTHER": "other",
}
OTHER, NONE_GIVEN = "other", "none given"

RULE_IDS = ("S-02", "T-05", "C-01")
TOTAL = "patients by number of courses through the horizon; pct: of the population"
TIMING = (
    "patients who received the course in the year; pct: of the patients who entered the extension"
)
INTERVAL = (
    "years between the first infusions of two courses, patients who entered the extension, by "
    "total of courses through the horizon"
)
REASON = "patients by reason; pct: of the extension entrants who received the course by the horizon"
EARLY = (
    "extension entrants who received the course less than 12 months after the previous one; "
    "n_total: who received it by the horizon"
)


def describe_courses(
    course: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Totals, timing, intervals, reasons and early courses (C-02, C-04, C-05, S-02).

    Args:
        course: one row per course.
        population: one row per person.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_course`. `course.total` (of the extension, and of all treated),
        `course.timing` and `course.reason`: n_patients, pct (%). `course.interval`: n_patients,
        mean, sd, median, min, max in years. `course.early`: n_patients.
    """
    entrants = population.filter("is_extension").select(
        "person_id", total=pl.col("courses_through_horizon").clip(upper_bound=max(INTERVAL_GROUPS))
    )
    given = course.filter("is_through_horizon").join(entrants, on="person_id")
    year_of = (pl.col("course_day") / DAYS_PER_YEAR).floor().cast(pl.Int32) + 1
    totals, timing, intervals, reasons = pl.collect_all(
        [
            population.filter("is_treated")
            .group_by("is_extension", "courses_through_horizon")
            .len(),
            given.group_by("course_number", year=year_of).len(),
            given.group_by(
                "total", "course_number", "is_early", "days_since_previous_course"
            ).len(),
            given.group_by("course_number", "retreatment_reason").len(),
        ]
    )
    received = {k: _patients(timing, course_number=k) for k in range(1, max(TIMED_COURSES) + 1)}
    n_entrants = _patients(totals, is_extension=True)
    rows = [
        *_total_rows("extension", totals.filter("is_extension")),
        *_total_rows("treated", totals),
        *_timing_rows(timing, n_entrants, horizon_years),
        *_interval_rows(intervals),
        *_early_rows(intervals, received),
        *_reason_rows(reasons, received),
    ]
    return to_frame(rows, RESULTS["result_course"], data_cut=data_cut)


def _patients(counts: pl.DataFrame, *conditions: pl.Expr, **equal: Any) -> int:
    """Patients in the rows of a table of counts (column `len`)."""
    return int(counts.filter(*conditions, **equal)["len"].sum())


def _total_rows(population: str, totals: pl.DataFrame) -> list[dict[str, Any]]:
    n_total, rules = (
        _patients(totals),
        RULE_IDS if population == "extension" else ("S-01", *RULE_IDS[1:]),
    )
    rows: list[dict[str, Any]] = []
    for category, (least, most) in TOTALS.items():
        total = pl.col("courses_through_horizon")
        is_in = total >= least if most is None else total.is_between(least, most)
        cell = Cell(
            analysis_id="course.total",
            population=population,
            group_id="overall",
            category=category,
            n_total=n_total,
            method=TOTAL,
            rule_ids=rules,
            decimals=0,
        )
        rows += count_rows(cell, _patients(totals, is_in))
    return rows


def _timing_rows(timing: pl.DataFrame, n_entrants: int, horizon_years: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for k in TIMED_COURSES:
        for year, window in enumerate(years(horizon_years), start=1):
            cell = Cell(
                analysis_id="course.timing",
                population="extension",
                group_id="overall",
                category=f"Course {k}",
                anchor=CORE_BASELINE,
                analysis_window=window,
                n_total=n_entrants,
                method=TIMING,
                rule_ids=(*RULE_IDS, "T-02"),
                decimals=0,
            )
            rows += count_rows(cell, _patients(timing, course_number=k, year=year))
    return rows


def _interval_rows(intervals: pl.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for total, group_id in INTERVAL_GROUPS.items():
        for k in range(2, total + 1):
            found = intervals.filter(
                pl.col("days_since_previous_course").is_not_null(), total=total, course_number=k
            )
            cell = Cell(
                analysis_id="course.interval",
                population="extension",
                group_id=group_id,
                category=f"Course {k - 1} to {k}",
                n_total=0,
                method=INTERVAL,
                rule_ids=("C-05", *RULE_IDS),
                decimals=1,
            )
            interval_years = found["days_since_previous_course"] / DAYS_PER_YEAR
            rows += spread_rows(cell, interval_years, found["len"])
    return rows


def _early_rows(intervals: pl.DataFrame, received: dict[int, int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for k in EARLY_COURSES:
        cell = Cell(
            analysis_id="course.early",
            population="extension",
            group_id="overall",
            category=f"Course {k}",
            n_total=received[k],
            method=EARLY,
            rule_ids=("C-02", *RULE_IDS, "T-03"),
        )
        rows += rows_of(cell, {"n_patients": _patients(intervals, course_number=k, is_early=True)})
    return rows


def _reason_rows(reasons: pl.DataFrame, received: dict[int, int]) -> list[dict[str, Any]]:
    told = pl.col("retreatment_reason")
    coded = reasons.with_columns(
        category=pl.when(told.is_null())
        .then(pl.lit(NONE_GIVEN))
        .otherwise(told.replace_strict(REASONS, default=OTHER)),
        is_unknown=~told.is_in(list(REASONS)),
    )
    rows: list[dict[str, Any]] = []
    for anchor in COURSE_OF_GROUP.values():
        k = int(anchor.removeprefix("course-"))
        # How many, not what was written: an unforeseen text may tell about a patient.
        n_unknown = _patients(coded, is_unknown=True, course_number=k)
        for category in (*REASONS.values(), NONE_GIVEN):
            cell = Cell(
                analysis_id="course.reason",
                population="extension",
                group_id="overall",
                category=category,
                anchor=anchor,
                n_total=received[k],
                method=REASON,
                rule_ids=("C-04", *RULE_IDS),
                decimals=0,
                diagnostics={"n_unknown_code": n_unknown} if category == OTHER else {},
            )
            rows += count_rows(cell, _patients(coded, course_number=k, category=category))
    return rows
