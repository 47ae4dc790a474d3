"""What is observed in each year around an anchor: relapses, the scan, the EDSS at its end.

A year is a number: -1 = the 12 months before the anchor, 0 = the first year after it. Each
function returns at most one row per `person_index`, `anchor_number`, `year` (YEAR_KEY).
Does not belong here: days at risk and the names of windows.
"""

import polars as pl

from transforms.analysis_visit import (
    best,
    distance_to_mark,
    edss_tolerance_days,
    is_visit_counted,
    nearest_mark,
)
from transforms.anchor import CORE_BASELINE
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR, Rules

YEAR_KEY = ("person_index", "anchor_number", "year")
YEAR_BEFORE = -1
GAPS = ("extension_gap", "topaz_gap")


def count_relapses(relapse: pl.LazyFrame, anchors: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """Relapses with onset in the year and in follow-up; one on the anchor's day is after it.

    Returns:
        YEAR_KEY, `relapses`, `relapses_to_next_course`, `first_relapse_day`.
    """
    onset = pl.col("onset_day")
    is_in_gap = pl.any_horizontal(
        onset.is_between(f"{gap}_start_day", f"{gap}_end_day", closed="left").fill_null(False)
        for gap in GAPS
    )
    return (
        relapse.select("person_id", "onset_day")
        .join(anchors, on="person_id")
        .filter(
            onset >= 0,
            onset < pl.col("efficacy_end_day"),
            pl.lit(rules.is_gap_at_risk) | ~is_in_gap,
        )
        .with_columns(year=((onset - pl.col("anchor_day")) / DAYS_PER_YEAR).floor().cast(pl.Int32))
        .group_by(YEAR_KEY)
        .agg(
            relapses=pl.len(),
            relapses_to_next_course=(onset < pl.col("next_course_day")).fill_null(True).sum(),
            first_relapse_day=onset.min(),
        )
    )


def choose_scans(mri_scan: pl.LazyFrame, anchors: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """The scan that stands for a year (E-10, E-11, T-07), and its activity.

    Around a course: before = the last scan of the 12 months (and `mri_before_extra_days`)
    up to the course, its day included (W-02); after = the first scan of
    `mri_after_months`. Other years: the nearest scan to the year's end.

    Returns:
        YEAR_KEY, `scan_day`, `has_gd_activity`, `has_t2_activity`, `has_t1_activity`.
    """
    day = pl.col("scan_day")
    offset = day - pl.col("anchor_day")
    is_course = pl.col("anchor_number") != CORE_BASELINE
    first_month, end_month = (month * DAYS_PER_MONTH for month in rules.mri_after_months)
    is_before = is_course & offset.is_between(-DAYS_PER_YEAR - rules.mri_before_extra_days, 0)
    is_after = is_course & offset.is_between(first_month, end_month, closed="left")
    year_end = nearest_mark(offset, DAYS_PER_YEAR)
    distance = distance_to_mark(offset, DAYS_PER_YEAR)
    is_nearest = (year_end > is_course.cast(pl.Int32)) & (distance <= rules.mri_tolerance_days)
    return (
        mri_scan.select(
            "person_id",
            "scan_day",
            has_gd_activity=pl.col("gd_lesions") > 0,
            has_t2_activity=pl.col("t2_new_enlarging_lesions") > 0,
            has_t1_activity=pl.col("t1_new_hypointense_lesions") > 0,
        )
        .join(anchors, on="person_id")
        .filter(is_visit_counted(day, pl.lit(rules.mri_tolerance_days)))
        .with_columns(
            year=pl.when(is_before)
            .then(YEAR_BEFORE)
            .when(is_after)
            .then(0)
            .when(is_nearest)
            .then(year_end - 1),
            preference=pl.when(is_before | is_after).then(offset.abs()).otherwise(distance),
        )
        .filter(pl.col("year").is_not_null())
        .group_by(YEAR_KEY)
        .agg(
            best(column, pl.col("preference"), day)
            for column in ("scan_day", "has_gd_activity", "has_t2_activity", "has_t1_activity")
        )
    )


def choose_edss(edss: pl.LazyFrame, anchors: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """The EDSS at the end of a year (T-07, E-06), scheduled visits only.

    At the end of the year before an anchor stands its baseline: for a course the last
    scheduled EDSS on or before it, for core baseline the last EDSS of the core study on or
    before day 0, scheduled or not (landing contract).

    Returns:
        YEAR_KEY, `edss_end_points`, `edss_end_day`.
    """
    day = pl.col("assessment_day")
    offset = day - pl.col("anchor_day")
    spacing = rules.edss_step_months * DAYS_PER_MONTH
    steps_per_year = 12 // rules.edss_step_months
    mark = nearest_mark(offset, spacing)
    distance = distance_to_mark(offset, spacing)
    tolerance = edss_tolerance_days(pl.col("study_id"), rules)
    is_core_baseline = (pl.col("anchor_number") == CORE_BASELINE) & pl.col("study_id").is_in(
        rules.codes.core_studies
    )
    is_course_baseline = (pl.col("anchor_number") != CORE_BASELINE) & pl.col("is_scheduled")
    is_baseline = (offset <= 0) & (is_core_baseline | is_course_baseline)
    is_year_end = (
        pl.col("is_scheduled") & (mark > 0) & (mark % steps_per_year == 0) & (distance <= tolerance)
    )
    return (
        edss.select("person_id", "study_id", "assessment_day", "edss_points", "is_scheduled")
        .join(anchors, on="person_id")
        .filter(is_visit_counted(day, tolerance))
        .with_columns(
            year=pl.when(is_baseline)
            .then(YEAR_BEFORE)
            .when(is_year_end)
            .then(mark // steps_per_year - 1),
            preference=pl.when(is_baseline).then(offset.abs()).otherwise(distance),
        )
        .filter(pl.col("year").is_not_null())
        .group_by(YEAR_KEY)
        .agg(
            edss_end_points=best("edss_points", pl.col("preference"), day),
            edss_end_day=best("assessment_day", pl.col("preference"), day),
        )
    )
