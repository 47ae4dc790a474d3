"""windows.edss_at_visit: the EDSS of each nominal month around an anchor, and its change (E-06).

Belongs here: which score stands for which month (T-07), which is the anchor's baseline. Does not
belong here: means over patients (`models.edss`); confirmed changes, which look at every visit
(`transforms.disability_event`).
"""

import polars as pl

from transforms.analysis_visit import (
    distance_to_mark,
    edss_tolerance_days,
    is_nearest,
    is_visit_counted,
    nearest_mark,
    place,
)
from transforms.anchor import CORE_BASELINE, NAME_OF_ANCHOR, derive_anchors
from transforms.person_rows import index_persons, join_persons, sort_by_person_and_day
from transforms.protocol import PROTOCOL
from transforms.rules import DAYS_PER_MONTH, Rules
from warehouse.contracts import WINDOWS

#: First and last month around a course that has an analysis visit (E-06).
COURSE_MONTHS = (-12, 12 * PROTOCOL.years_after_course)
BASELINE = "BL"
_LIMITS = ("horizon_end_day", "death_day", "course_6_day")
_VISITS = {
    "person_index": pl.UInt32(),
    "anchor_number": pl.Int8(),
    "anchor_day": pl.Int32(),
    "analysis_month": pl.Int32(),
    "assessment_day": pl.Int32(),
    "edss_points": pl.Float64(),
    "baseline_points": pl.Float64(),
}


def derive_edss_at_visit(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    edss: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per treated person, anchor and nominal month that has an EDSS (T-07, E-06).

    Months are those of `rules.edss_step_months`: from core baseline 0 to the horizon, around a
    course -12 to 36. A month takes the scheduled EDSS that is nearest to it, and to no other
    month, within the tolerance; of two equally near ones the later.

    Month 0 is the baseline, however long before the anchor: of a course the last scheduled EDSS
    on or before it, which may stand for its own nearest month, too; of core baseline the last
    EDSS of the core study on or before day 0, scheduled or not (landing contract). A visit
    nearest to month 0 that is not the baseline stands for no month.

    Args:
        patient: `core.patient`.
        course: `core.course`.
        edss: `core.edss`.
        follow_up: `core.follow_up`.
        rules: the cut.

    Returns:
        `windows.edss_at_visit`. Without a baseline, baseline and change are null.
    """
    persons = (
        index_persons(patient, "core_study_id", "is_treated")
        .filter("is_treated")
        .drop("is_treated")
    )
    scores = _select_scores(edss, persons, rules)
    anchors = (
        derive_anchors(patient.sort("person_id"), course, follow_up)
        .select("person_index", "anchor_number", "anchor_day", *_LIMITS)
        .sort("person_index", "anchor_number")
    )
    # Sorted as the anchors and then the scores are: by person, anchor and day.
    around = (
        anchors.join(scores, on="person_index", maintain_order="left_right")
        .filter(is_visit_counted(pl.col("assessment_day"), pl.col("tolerance_days")))
        .drop(_LIMITS)
    )
    # Looked at twice, for baselines and for months: computed once, as a whole.
    visits = around.map_batches(
        lambda found: _choose_visits(found, rules),
        schema=_VISITS,
        predicate_pushdown=False,
        projection_pushdown=False,
    )
    rows = visits.join(persons, on="person_index", how="left", maintain_order="left").with_columns(
        anchor=pl.col("anchor_number").replace_strict(NAME_OF_ANCHOR, return_dtype=pl.String),
        timepoint=_name_months(rules),
        edss_change_points=pl.col("edss_points") - pl.col("baseline_points"),
    )
    return WINDOWS["edss_at_visit"].conform(rows, is_sorted=True)


def _select_scores(edss: pl.LazyFrame, persons: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Scores in narrow columns, by person and day."""
    study = pl.col("study_id")
    scores = join_persons(
        edss.select("person_id", "study_id", "assessment_day", "edss_points", "is_scheduled"),
        persons,
    ).select(
        "person_index",
        "assessment_day",
        "edss_points",
        "is_scheduled",
        tolerance_days=edss_tolerance_days(study, rules).cast(pl.Int32),
        is_of_core_study=study == pl.col("core_study_id"),
    )
    return sort_by_person_and_day(scores, "assessment_day")


def _choose_visits(around: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The score of each month around each anchor, with that of its baseline, in order of the key.

    Args:
        around: scores that count, sorted by person, anchor and day.
        rules: spacing of the visits, horizon.
    """
    day, month = pl.col("assessment_day"), pl.col("analysis_month")
    offset = day - pl.col("anchor_day")
    spacing = rules.edss_step_months * DAYS_PER_MONTH
    is_core = pl.col("anchor_number") == CORE_BASELINE
    first = pl.when(is_core).then(0).otherwise(COURSE_MONTHS[0])
    last = pl.when(is_core).then(12 * rules.horizon_years).otherwise(COURSE_MONTHS[1])
    is_baseline = (is_core & pl.col("is_of_core_study")) | (~is_core & pl.col("is_scheduled"))
    baseline = (
        around.filter(offset <= 0, is_baseline)
        .with_columns(place(pl.lit(0)).alias("place"), analysis_month=pl.lit(0, pl.Int32))
        .filter(is_nearest(-day, "place"))
        .with_columns(baseline_points="edss_points")
    )
    months = (
        around.filter("is_scheduled")
        .with_columns(
            analysis_month=nearest_mark(offset, spacing) * rules.edss_step_months,
            distance=distance_to_mark(offset, spacing),
        )
        .filter(
            month != 0,
            month >= first,
            month <= last,
            pl.col("distance") <= pl.col("tolerance_days"),
        )
        .with_columns(place(month).alias("place"))
        .filter(is_nearest(pl.col("distance"), "place"))
        .join(
            baseline.select(anchor_place="place", baseline_points="baseline_points"),
            left_on=pl.col("place") - month,
            right_on="anchor_place",
            how="left",
        )
    )
    columns = (*_VISITS, "place")
    return pl.concat([baseline.select(columns), months.select(columns)]).sort("place").drop("place")


def _name_months(rules: Rules) -> pl.Expr:
    """BL; from core baseline Y1 at whole years, else M6; around a course M-12."""
    months = range(COURSE_MONTHS[0], 12 * max(rules.horizon_years, 3) + 1)
    of_course = {month: f"M{month}" if month else BASELINE for month in months}
    of_core = of_course | {month: f"Y{month // 12}" for month in months if month % 12 == 0 < month}

    def named(names: dict[int, str]) -> pl.Expr:
        return pl.col("analysis_month").replace_strict(names, return_dtype=pl.String)

    is_core = pl.col("anchor_number") == CORE_BASELINE
    return pl.when(is_core).then(named(of_core)).otherwise(named(of_course))
