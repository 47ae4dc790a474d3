"""Additional courses and other therapies by year, per core study (Supporting Tables 1-3).

Of all who entered the extension (S-02). Here belongs the counting; which therapy counts is
decided in `core.other_dmt`, what a course is in `core.course`.
"""

from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from models.cells import CORE_BASELINE, DAYS_PER_YEAR, cumulative_years, years
from models.describe import count_rows
from models.result_row import Cell, rows_of, to_frame
from warehouse.contracts.core import CORE_STUDIES
from warehouse.contracts.results import RESULTS

FIRST_ADDITIONAL_COURSE = 3
ALL_STUDIES = "all"
COURSE, DMT = "additional course", "other DMT"
EITHER, BOTH = f"{COURSE} or {DMT}", f"{COURSE} and {DMT}"

METHOD = (
    "patients with an additional course (Course 3 or later), or with the earliest possible "
    "start of another therapy, in the window; pct: of the extension entrants of the study"
)
RULE_IDS = ("S-02", "S-03", "T-05", "C-01", "T-02")


def count_treatments(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    other_dmt: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Extension entrants by additional course and other therapy, per year and cumulative.

    A therapy starts on its earliest possible day, but not before day 0 (T-05): one that was
    taken on from before day 0, or has no known start, is of Year 1. So all that count for the
    exclusion (S-03) lie within the horizon.

    Args:
        patient: one row per person; its `day0_date` places the therapies.
        course: one row per course.
        other_dmt: one row per other therapy.
        population: one row per person.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_treatment`, analysis_id `treatment.by_year`: category "<study or all>:
        additional course", "…: other DMT", "…: additional course or other DMT", "…: additional
        course and other DMT"; windows Y1 .. Yh and Y0..Yk; statistics n_patients and pct (%),
        for the first two also n_events (courses given, therapies started).
    """
    entrants = population.filter("is_extension").select("person_id", study="core_study_id")
    events = pl.concat(
        [
            course.filter(
                pl.col("course_number") >= FIRST_ADDITIONAL_COURSE, pl.col("is_through_horizon")
            ).select("person_id", day="course_day", is_course=True),
            _therapy_starts(other_dmt, patient),
        ]
    ).join(entrants, on="person_id")
    is_course = pl.col("is_course")
    year_of = (pl.col("day") / DAYS_PER_YEAR).floor().cast(pl.Int32) + 1
    person_years = events.group_by("person_id", "study", year=year_of).agg(
        courses=is_course.sum(), starts=(~is_course).sum()
    )
    had_course, had_start = pl.col("courses") > 0, pl.col("starts") > 0
    sizes, by_year, firsts = pl.collect_all(
        [
            entrants.group_by("study").len(),
            person_years.group_by("study", "year").agg(
                pl.col("courses", "starts").sum(),
                with_course=had_course.sum(),
                with_start=had_start.sum(),
                with_both=(had_course & had_start).sum(),
            ),
            person_years.group_by("person_id", "study")
            .agg(
                course_year=pl.col("year").filter(had_course).min(),
                start_year=pl.col("year").filter(had_start).min(),
            )
            .group_by("study", "course_year", "start_year")
            .len(),
        ]
    )
    rows: list[dict[str, Any]] = []
    for study in (*CORE_STUDIES, ALL_STUDIES):
        of_study = pl.lit(True) if study == ALL_STUDIES else pl.col("study") == study
        n_total = int(sizes.filter(of_study)["len"].sum())
        yearly, first = by_year.filter(of_study), firsts.filter(of_study)
        for year, window in enumerate(years(horizon_years), start=1):
            rows += _rows(study, window, n_total, _in_year(yearly, year))
        for year, window in enumerate(cumulative_years(horizon_years), start=1):
            rows += _rows(study, window, n_total, _through_year(yearly, first, year))
    return to_frame(rows, RESULTS["result_treatment"], data_cut=data_cut)


def _therapy_starts(other_dmt: pl.LazyFrame, patient: pl.LazyFrame) -> pl.LazyFrame:
    """Day on which each therapy that counts may have started at the earliest, from day 0 on."""
    since_day0 = (pl.col("start_earliest_date") - pl.col("day0_date")).dt.total_days()
    return (
        other_dmt.filter("is_counted")
        .select("person_id", "start_earliest_date")
        .join(patient.select("person_id", "day0_date"), on="person_id")
        .select(
            "person_id",
            day=since_day0.fill_null(0).clip(lower_bound=0).cast(pl.Int32),
            is_course=False,
        )
    )


@dataclass(frozen=True)
class _Counts:
    """What happened in a window: patients with each, and how often."""

    with_course: int
    with_start: int
    with_both: int
    courses: int
    starts: int


def _in_year(yearly: pl.DataFrame, year: int) -> _Counts:
    names = [field.name for field in fields(_Counts)]
    return _Counts(**yearly.filter(year=year).select(pl.col(names).sum()).row(0, named=True))


def _through_year(yearly: pl.DataFrame, first: pl.DataFrame, year: int) -> _Counts:
    has_course, has_start = pl.col("course_year") <= year, pl.col("start_year") <= year
    patients = first.select(
        with_course=pl.col("len").filter(has_course).sum(),
        with_start=pl.col("len").filter(has_start).sum(),
        with_both=pl.col("len").filter(has_course & has_start).sum(),
    )
    events = yearly.filter(pl.col("year") <= year).select(pl.col("courses", "starts").sum())
    return _Counts(**patients.row(0, named=True), **events.row(0, named=True))


def _rows(study: str, window: str, n_total: int, counts: _Counts) -> list[dict[str, Any]]:
    patients = {
        COURSE: counts.with_course,
        DMT: counts.with_start,
        EITHER: counts.with_course + counts.with_start - counts.with_both,
        BOTH: counts.with_both,
    }
    events = {COURSE: counts.courses, DMT: counts.starts}
    rows: list[dict[str, Any]] = []
    for treatment, n_patients in patients.items():
        cell = Cell(
            analysis_id="treatment.by_year",
            population="extension",
            group_id="overall",
            category=f"{study}: {treatment}",
            anchor=CORE_BASELINE,
            analysis_window=window,
            n_total=n_total,
            method=METHOD,
            rule_ids=RULE_IDS,
            decimals=1,
        )
        rows += count_rows(cell, n_patients)
        if treatment in events:
            rows += rows_of(cell, {"n_events": events[treatment]})
    return rows
