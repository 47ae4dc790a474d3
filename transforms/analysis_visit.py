"""Analysis visits (T-07): which assessment stands for which nominal month after an anchor.

Belongs here: marks, distances, and how late a visit may lie. Does not belong here: what is
done with the value.
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


def best(column: str, preference: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Inside a group: the value of the visit with the smallest preference, ties to the later.

    Preferences are distances, which are multiples of 1/16 day (a month is 487/16 days): a
    ten-millionth of the day number, below 1/16 for 1,700 years, only decides ties.
    """
    return pl.col(column).get((preference - day * 1e-7).arg_min())
