"""What is observed in each year around an anchor: relapses, the scan, the EDSS at its end.

A year is a number: -1 = the 12 months before the anchor, 0 = the first year after it. Each
function returns at most one row per `cell` (Int64): person, anchor and year in one integer
(`analysis_visit.place`). Does not belong here: days at risk and the names of windows.
"""

import polars as pl

from transforms.analysis_visit import (
    distance_to_mark,
    is_nearest,
    is_visit_counted,
    nearest_mark,
    place,
)
from transforms.anchor import CORE_BASELINE, NAME_OF_ANCHOR
from transforms.person_rows import join_persons, sort_by_person_and_day
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR, Rules

CELL = "cell"
YEAR_BEFORE = -1
GAPS = ("extension_gap", "topaz_gap")
#: Activity flags of a scan, by the count of lesions that each looks at.
ACTIVITIES = {
    "has_gd_activity": "gd_lesions",
    "has_t2_activity": "t2_new_enlarging_lesions",
    "has_t1_activity": "t1_new_hypointense_lesions",
}


def count_relapses(
    relapse: pl.LazyFrame, persons: pl.LazyFrame, anchors: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """Relapses with onset in the year and in follow-up; one on the anchor's day is after it.

    Returns:
        CELL, `relapses`, `relapses_to_next_course`, `first_relapse_day`.
    """
    onset = pl.col("onset_day")
    is_in_gap = pl.any_horizontal(
        onset.is_between(f"{gap}_start_day", f"{gap}_end_day", closed="left").fill_null(False)
        for gap in GAPS
    )
    return (
        join_persons(relapse.select("person_id", "onset_day"), persons)
        .select("person_index", "onset_day")
        .join(anchors, on="person_index")
        .filter(
            onset >= 0,
            onset < pl.col("efficacy_end_day"),
            pl.lit(rules.is_gap_at_risk) | ~is_in_gap,
        )
        .with_columns(year=((onset - pl.col("anchor_day")) / DAYS_PER_YEAR).floor().cast(pl.Int32))
        .group_by(place(pl.col("year")).alias(CELL))
        .agg(
            relapses=pl.len(),
            relapses_to_next_course=(onset < pl.col("next_course_day")).fill_null(True).sum(),
            first_relapse_day=onset.min(),
        )
    )


def choose_scans(
    mri_scan: pl.LazyFrame, persons: pl.LazyFrame, anchors: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """The scan that stands for a year (E-10, E-11, T-07), and its activity.

    Around a course: before = the last scan of the 12 months (and `mri_before_extra_days`)
    up to the course, its day included (W-02); after = the first scan of
    `mri_after_months`. Other years: the nearest scan to the year's end.

    Returns:
        CELL, `scan_day` and the flags of ACTIVITIES.
    """
    day = pl.col("scan_day")
    offset = day - pl.col("anchor_day")
    is_course = pl.col("anchor_number") != CORE_BASELINE
    first_month, end_month = (month * DAYS_PER_MONTH for month in rules.mri_after_months)
    is_before = is_course & offset.is_between(-DAYS_PER_YEAR - rules.mri_before_extra_days, 0)
    is_after = is_course & offset.is_between(first_month, end_month, closed="left")
    year_end = nearest_mark(offset, DAYS_PER_YEAR)
    distance = distance_to_mark(offset, DAYS_PER_YEAR)
    is_at_year_end = (year_end > is_course.cast(pl.Int32)) & (distance <= rules.mri_tolerance_days)
    scans = join_persons(
        mri_scan.select("person_id", "scan_day", *ACTIVITIES.values()), persons
    ).select(
        "person_index",
        "scan_day",
        **{flag: pl.col(lesions) > 0 for flag, lesions in ACTIVITIES.items()},
    )
    return (
        # Sorted as the anchors and then the scans are: by person, anchor and day.
        anchors.select(
            "person_index",
            "anchor_number",
            "anchor_day",
            "horizon_end_day",
            "death_day",
            "course_6_day",
        )
        .join(
            sort_by_person_and_day(scans, "scan_day"),
            on="person_index",
            maintain_order="left_right",
        )
        .filter(is_visit_counted(day, pl.lit(rules.mri_tolerance_days)))
        .with_columns(
            year=pl.when(is_before)
            .then(YEAR_BEFORE)
            .when(is_after)
            .then(0)
            .when(is_at_year_end)
            .then(year_end - 1),
            distance=pl.when(is_before | is_after).then(offset.abs()).otherwise(distance),
        )
        .filter(pl.col("year").is_not_null())
        .select("scan_day", "distance", *ACTIVITIES, place(pl.col("year")).alias(CELL))
        .filter(is_nearest(pl.col("distance"), CELL))
        .drop("distance")
    )


def select_edss(edss_at_visit: pl.LazyFrame, persons: pl.LazyFrame) -> pl.LazyFrame:
    """The EDSS of the month in which a year ends; of the year before an anchor its baseline.

    Returns:
        CELL, `edss_end_points`, `edss_end_day`.
    """
    month = pl.col("analysis_month")
    visits = edss_at_visit.filter(month >= 0, month % 12 == 0).select(
        "person_id", "anchor", "analysis_month", "edss_points", "assessment_day"
    )
    numbers = {name: number for number, name in NAME_OF_ANCHOR.items()}
    return (
        join_persons(visits, persons)
        .with_columns(anchor_number=pl.col("anchor").replace_strict(numbers, return_dtype=pl.Int8))
        .select(
            place(month // 12 + YEAR_BEFORE).alias(CELL),
            edss_end_points="edss_points",
            edss_end_day="assessment_day",
        )
    )
