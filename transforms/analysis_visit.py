"""Analysis visits (T-07): which assessment stands for which nominal month after an anchor.

Belongs here: marks, distances, how late a visit may lie, which visit is the nearest, and how a
place around an anchor is named and ordered. Does not belong here: what is done with the value.
"""

import polars as pl

from transforms.rules import Rules


def nearest_mark(offset_days: pl.Expr, spacing_days: float) -> pl.Expr:
    """Number of the mark nearest to a visit: 0 = the anchor, 1 = one spacing after it (Int32).

    Half-way between two marks the later one stands. The marks have no end, so that a visit
    does not change its mark when a later cut has a longer horizon.
    """
    return (offset_days / spacing_days + 0.5).floor().cast(pl.Int32)


def distance_to_mark(offset_days: pl.Expr, spacing_days: float) -> pl.Expr:
    """Days between a visit and its nearest mark, never negative."""
    return (offset_days - nearest_mark(offset_days, spacing_days) * spacing_days).abs()


def edss_tolerance_days(study_id: pl.Expr, rules: Rules) -> pl.Expr:
    """Half-width of an EDSS analysis visit: wider in TOPAZ, where visits are 6-monthly."""
    return (
        pl.when(study_id == rules.codes.topaz_study)
        .then(pl.lit(rules.edss_tolerance_topaz_days))
        .otherwise(pl.lit(rules.edss_tolerance_days))
    )


def is_visit_counted(day: pl.Expr, tolerance_days: pl.Expr) -> pl.Expr:
    """Whether a visit lies by the horizon end plus its tolerance, death and Course 6.

    A visit on the day of Course 6 is before it (W-02). Needs the columns `horizon_end_day`,
    `death_day`, `course_6_day` of `core.follow_up`; visits after the cut-off are no rows.
    """
    last_day = pl.min_horizontal(
        pl.col("horizon_end_day") + tolerance_days, "death_day", "course_6_day"
    )
    return day <= last_day


def is_nearest(distance: pl.Expr, *mark: str) -> pl.Expr:
    """Whether a visit is the nearest of those that share a mark, ties to the later.

    Rows must be sorted by the columns of `mark` and by day, one row a day. Towards the mark the
    distance falls from visit to visit, and then it rises: who is nearer than both neighbours is
    the nearest of all, and nothing need be grouped. So it is with any distance that falls and
    then rises along the days: 0 minus the day makes the last visit the nearest.
    """

    def is_beside(shift: int) -> pl.Expr:
        return pl.all_horizontal(pl.col(name) == pl.col(name).shift(shift) for name in mark)

    is_beaten = (is_beside(1) & (distance.shift(1) < distance)) | (
        is_beside(-1) & (distance.shift(-1) <= distance)
    )
    return ~is_beaten.fill_null(False)


def place(step: pl.Expr) -> pl.Expr:
    """Person, anchor and a step from the anchor (a month, a year) in one integer (Int64).

    It orders as the three do, and joins and sorts at the cost of one number. Needs the columns
    `person_index` and `anchor_number`; steps lie within 32,000 of the anchor.
    """
    person, anchor = (pl.col(name).cast(pl.Int64) for name in ("person_index", "anchor_number"))
    return (person * 8 + anchor) * 2**16 + step
