"""Anchors: the days from which windows are measured, with what limits their time (W-01).

Does not belong here: the windows themselves (`transforms.patient_course_window`).
"""

import polars as pl

CORE_BASELINE = 0
#: Courses that are anchors; Course 5 stands for the 5plus group (W-01).
ANCHOR_COURSES = (3, 4, 5)
#: Name of an anchor by its number (W-01).
NAME_OF_ANCHOR = {
    CORE_BASELINE: "core-baseline",
    **{number: f"course-{number}" for number in ANCHOR_COURSES},
}
#: Columns of `core.follow_up` that limit what is observed around an anchor.
LIMITS = (
    "efficacy_end_day",
    "horizon_end_day",
    "death_day",
    "course_6_day",
    "extension_gap_start_day",
    "extension_gap_end_day",
    "topaz_gap_start_day",
    "topaz_gap_end_day",
)


def derive_anchors(
    patient: pl.LazyFrame, course: pl.LazyFrame, follow_up: pl.LazyFrame
) -> pl.LazyFrame:
    """One row per treated person and anchor that lies in efficacy follow-up.

    Groups are not looked at: whoever was treated and had the course has its anchor.

    Returns:
        `person_id`; `person_index` (UInt32, a short key for joins); `anchor_number` (Int8:
        0 = core baseline, else the course); `anchor_day`; `next_course_day`; `is_early`;
        `relapses_prior_1_year`; and of follow-up its ends and gaps.
    """
    spans = (
        patient.with_row_index("person_index")
        .filter("is_treated")
        .select("person_index", "person_id", "relapses_prior_1_year")
        .join(
            follow_up.select("person_id", *LIMITS),
            on="person_id",
        )
    )
    days = course.select("person_id", "course_number", "course_day")
    next_course = days.select(
        "person_id", pl.col("course_number") - 1, next_course_day=pl.col("course_day")
    )
    # The regimen that starts at core baseline is Courses 1 and 2: the next one is Course 3.
    core_baseline = spans.join(
        days.filter(pl.col("course_number") == ANCHOR_COURSES[0]).select(
            "person_id", next_course_day="course_day"
        ),
        on="person_id",
        how="left",
    ).with_columns(anchor_number=CORE_BASELINE, anchor_day=0, is_early=False)
    courses = spans.join(
        course.filter(
            pl.col("course_number").is_in(ANCHOR_COURSES), pl.col("is_through_horizon")
        ).select(
            "person_id",
            "course_number",
            "is_early",
            anchor_number="course_number",
            anchor_day="course_day",
        ),
        on="person_id",
    ).join(next_course, on=["person_id", "course_number"], how="left")
    return pl.concat(
        [_typed(core_baseline), _typed(courses)],
    ).filter(pl.col("anchor_day") < pl.col("efficacy_end_day"))


def _typed(anchors: pl.LazyFrame) -> pl.LazyFrame:
    return anchors.select(
        "person_id",
        "person_index",
        pl.col("anchor_number").cast(pl.Int8),
        pl.col("anchor_day").cast(pl.Int32),
        "next_course_day",
        "is_early",
        "relapses_prior_1_year",
        *LIMITS,
    )
