"""windows.patient_course_window: time at risk and what was observed, by window around an anchor.

Years around an anchor are made first (one row per person, anchor and year); cumulative
windows are their running sums, so that both always agree. Does not belong here: which group
a person is in (join `core.population`), estimates (models).
"""

import polars as pl

from transforms.anchor import CORE_BASELINE, derive_anchors
from transforms.rules import DAYS_PER_YEAR, Rules
from transforms.window_content import (
    GAPS,
    YEAR_BEFORE,
    YEAR_KEY,
    choose_edss,
    choose_scans,
    count_relapses,
)
from warehouse.contracts import WINDOWS

#: Years that follow a course, and are summed up (W-01: months 12, 24, 36).
YEARS_AFTER_COURSE = 3
ACTIVITIES = ("has_gd_activity", "has_t2_activity", "has_t1_activity")


def derive_patient_course_window(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    relapse: pl.LazyFrame,
    edss: pl.LazyFrame,
    mri_scan: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per treated person, anchor and window with time at risk (W-01 .. W-06).

    Windows are half-open. Core baseline: `Y1` .. `Yh` and cumulative `Y0..Y1` .. `Y0..Yh`;
    Courses 3, 4, 5 that lie in follow-up: `M-12..M0`, `M0..M12`, `M12..M24`, `M24..M36` and
    cumulative `M0..M24`, `M0..M36`. A window without a day at risk has no row (W-03).

    `M-12..M0` of core baseline is no follow-up: it holds the relapses that were told at
    enrolment for the 12 months before it (RELPY1), whole (365.25 days at risk), with no
    first relapse day and no scan; its EDSS is the core baseline. It ends where Y1 begins,
    and is no row where the count is missing.

    A cumulative window carries the scan and EDSS of its last year; its MRI activity is
    "active in any year so far", null if none was active and a year is missing.

    Args:
        patient: `core.patient`.
        course: `core.course`.
        relapse: `core.relapse`.
        edss: `core.edss`.
        mri_scan: `core.mri_scan`.
        follow_up: `core.follow_up`.
        rules: the cut.

    Returns:
        `windows.patient_course_window`.
    """
    anchors = derive_anchors(patient, course, follow_up)
    years = (
        anchors.with_columns(year=_years(rules))
        .explode("year")
        .with_columns(window_start_day=pl.col("anchor_day") + pl.col("year") * DAYS_PER_YEAR)
        .with_columns(window_end_day=pl.col("window_start_day") + DAYS_PER_YEAR)
        .with_columns(**_days_at_risk(rules))
        .join(count_relapses(relapse, anchors, rules=rules), on=YEAR_KEY, how="left")
        .join(choose_scans(mri_scan, anchors, rules=rules), on=YEAR_KEY, how="left")
        .join(choose_edss(edss, anchors, rules=rules), on=YEAR_KEY, how="left")
        .pipe(_with_history)
        .with_columns(pl.col("relapses", "relapses_to_next_course").fill_null(0).cast(pl.Int32))
    )
    windows = (
        pl.concat([_name_years(years), _accumulate(years)], how="diagonal")
        .filter(pl.col("days_at_risk") > 0)
        .with_columns(
            anchor=pl.when(pl.col("anchor_number") == CORE_BASELINE)
            .then(pl.lit("core-baseline"))
            .otherwise(pl.format("course-{}", "anchor_number")),
            is_at_risk_at_start=_is_history()
            | pl.col("window_start_day").is_between(0, "efficacy_end_day", closed="left"),
            is_complete=pl.col("window_end_day") <= pl.col("efficacy_end_day"),
            is_overlapping_previous_course=(pl.col("year") == YEAR_BEFORE) & pl.col("is_early"),
            has_mri_activity=pl.col("has_gd_activity") | pl.col("has_t2_activity"),
        )
    )
    return WINDOWS["patient_course_window"].conform(windows)


def _years(rules: Rules) -> pl.Expr:
    """The years of each anchor, -1 first."""
    last = (
        pl.when(pl.col("anchor_number") == CORE_BASELINE)
        .then(pl.lit(rules.horizon_years))
        .otherwise(pl.lit(YEARS_AFTER_COURSE))
    )
    return pl.int_ranges(pl.lit(YEAR_BEFORE), last, dtype=pl.Int32)


def _days_at_risk(rules: Rules) -> dict[str, pl.Expr]:
    """Overlap of the window with follow-up, whole and up to the next course (T-06, W-05)."""
    end = pl.col("efficacy_end_day")
    return {
        "days_at_risk": _overlap(end, rules),
        "days_at_risk_to_next_course": _overlap(pl.min_horizontal(end, "next_course_day"), rules),
    }


def _overlap(end: pl.Expr, rules: Rules) -> pl.Expr:
    first = pl.max_horizontal("window_start_day", pl.lit(0.0))
    last = pl.min_horizontal("window_end_day", end)
    days = pl.max_horizontal(last - first, pl.lit(0.0))
    if rules.is_gap_at_risk:
        return days
    in_gaps = [
        pl.when(pl.col(f"{gap}_start_day").is_not_null())
        .then(
            pl.min_horizontal(last, f"{gap}_end_day") - pl.max_horizontal(first, f"{gap}_start_day")
        )
        .clip(lower_bound=0)
        for gap in GAPS
    ]
    return days - pl.sum_horizontal(in_gaps)


def _is_history() -> pl.Expr:
    return (pl.col("anchor_number") == CORE_BASELINE) & (pl.col("year") == YEAR_BEFORE)


def _with_history(years: pl.LazyFrame) -> pl.LazyFrame:
    """The 12 months before enrolment from the history counts; without a count, no row."""
    told = pl.col("relapses_prior_1_year")
    days = pl.when(told.is_not_null()).then(DAYS_PER_YEAR).otherwise(0.0)
    return years.with_columns(
        pl.when(_is_history()).then(history).otherwise(column).alias(column)
        for column, history in {
            "days_at_risk": days,
            "days_at_risk_to_next_course": days,
            "relapses": told,
            "relapses_to_next_course": told,
        }.items()
    )


def _name_years(years: pl.LazyFrame) -> pl.LazyFrame:
    year = pl.col("year")
    is_core_year = (pl.col("anchor_number") == CORE_BASELINE) & (year > YEAR_BEFORE)
    return years.with_columns(
        is_cumulative=pl.lit(False),
        analysis_window=pl.when(is_core_year)
        .then(pl.format("Y{}", year + 1))
        .otherwise(pl.format("M{}..M{}", year * 12, year * 12 + 12)),
    )


def _accumulate(years: pl.LazyFrame) -> pl.LazyFrame:
    """Cumulative windows: running sums over the years from the anchor."""
    anchor = ("person_index", "anchor_number")
    year = pl.col("year")
    is_core = pl.col("anchor_number") == CORE_BASELINE
    after = years.filter(year > YEAR_BEFORE).sort(YEAR_KEY)
    sums = ("days_at_risk", "days_at_risk_to_next_course", "relapses", "relapses_to_next_course")
    return (
        after.with_columns(
            *(pl.col(column).cum_sum().over(anchor) for column in sums),
            *(_any_so_far(pl.col(column), anchor) for column in ACTIVITIES),
            window_start_day=pl.col("anchor_day").cast(pl.Float64),
            # A running minimum has holes in years without a relapse: fill them first.
            first_relapse_day=pl.col("first_relapse_day")
            .forward_fill()
            .over(anchor)
            .cum_min()
            .over(anchor),
        )
        # The first year of a course stands as M0..M12 already.
        .filter(is_core | (year > 0))
        .with_columns(
            is_cumulative=pl.lit(True),
            analysis_window=pl.when(is_core)
            .then(pl.format("Y0..Y{}", year + 1))
            .otherwise(pl.format("M0..M{}", year * 12 + 12)),
        )
    )


def _any_so_far(active: pl.Expr, anchor: tuple[str, ...]) -> pl.Expr:
    """True once active; else null once missing; else False (E-10)."""
    has_been_active = active.fill_null(False).cum_max().over(anchor)
    has_been_missing = active.is_null().cum_max().over(anchor)
    return (
        pl.when(has_been_active)
        .then(pl.lit(True))
        .when(~has_been_missing)
        .then(pl.lit(False))
        .alias(active.meta.output_name())
    )
