"""Who a candidate may stand for: strata of the 811, their sizes, and who is fit for none.

Belongs here: the partition of the treated patients (analysis plan, section 3; sizes that satisfy
the funnel), and the early courses of Figure 1's footnotes dealt out to the groups. Does not
belong here: what the patients of a stratum must add up to (`targets`).
"""

import polars as pl

_THROUGH_HORIZON = pl.col("courses_through_horizon")
_THROUGH_CUTOFF = pl.col("courses_through_cutoff")
_REASON = pl.col("exclusion_reason")
_IS_ENTRANT = pl.col("is_extension")
_HAS_DMT = _REASON == "other DMT"
_IS_LATE = _REASON == "group-defining course after the landmark"

#: Strata outside the efficacy groups: who is in, and how many. With the groups (607) they are
#: the 811: 69 + 742; 396 = 362 + 34, 201 = 144 + 57, 94 = 62 + 32, 51 = 39 + 12; 293 - 245 = 48
#: additional-courses patients in no efficacy group; 65 (9% of 742) with another therapy.
REMAINDER: dict[str, tuple[pl.Expr, int]] = {
    "not entering the extension": (~_IS_ENTRANT & (_THROUGH_HORIZON == 2), 69),
    "one course": (_REASON == "one course", 7),
    "two courses, other DMT": (_IS_ENTRANT & _HAS_DMT & (_THROUGH_HORIZON == 2), 27),
    "three, Course 4 after the horizon": (_IS_LATE & (_THROUGH_HORIZON == 3), 18),
    "three, other DMT": (_HAS_DMT & (_THROUGH_HORIZON == 3), 24),
    "three, Course 3 late": (
        (_REASON == "Course 3 after the landmark")
        & (_THROUGH_HORIZON == 3)
        & (_THROUGH_CUTOFF == 3),
        15,
    ),
    "four, Course 4 late": (_IS_LATE & (_THROUGH_HORIZON == 4) & (_THROUGH_CUTOFF == 4), 20),
    "four, other DMT": (_HAS_DMT & (_THROUGH_HORIZON == 4), 12),
    "five or more, Course 5 late": (_IS_LATE & (_THROUGH_HORIZON == 5), 10),
    "five or more, other DMT": (_HAS_DMT & (_THROUGH_HORIZON >= 5), 2),
}
GROUP_SIZES = {"2-courses": 362, "3-courses": 144, "4-courses": 62, "5plus-courses": 39}

#: Days of the early courses printed in Figure 1's footnotes, by stratum and course. Day 336 for
#: Course 3 and 337 for Course 4 lie below the least intervals printed for exactly three and
#: exactly four courses (1.0 years), so both belong to patients with five or more.
EARLY_DAYS: dict[str, dict[int, tuple[int, ...]]] = {
    "3-courses": {3: (350, 352, 358, 359)},
    "4-courses": {3: (351, 359), 4: (351, 358, 365)},
    "5plus-courses": {3: (336, 353, 365), 4: (337, 357, 364, 365), 5: (330, 344, 351, 365, 365)},
    "remainder": {3: (358,)},
}
COURSES = range(3, 7)
#: Highest score of a candidate, and largest step between two scheduled visits, in points.
HIGHEST_EDSS, LARGEST_EDSS_STEP = 7.5, 4.0


def with_stratum(features: pl.DataFrame) -> pl.DataFrame:
    """Add the column `stratum`; null for who fits none."""
    stratum = pl.col("group_id")
    for name, (is_in, _) in REMAINDER.items():
        stratum = pl.when(stratum.is_null() & is_in).then(pl.lit(name)).otherwise(stratum)
    return features.with_columns(stratum=stratum)


def is_early_on(course: int, day: int) -> pl.Expr:
    """Whether Course `course` was early, on that day after the previous one."""
    return pl.col(f"is_early_{course}").fill_null(False) & (pl.col(f"interval_{course}") == day)


def has_only_early_days(block: str) -> pl.Expr:
    """Whether every early course fell on a day that the block has to give."""
    days = EARLY_DAYS.get(block, {})
    return pl.all_horizontal(
        ~pl.col(f"is_early_{course}").fill_null(False)
        | pl.col(f"interval_{course}").is_in(list(days.get(course, ())))
        for course in COURSES
    )


def is_whole_at_baseline() -> pl.Expr:
    """Whether all of Table 1 but the scan is known."""
    return pl.all_horizontal(
        pl.col(name).is_not_null()
        for name in (
            "is_female",
            "edss_points",
            "years_since_initial_relapse",
            "relapses_prior_1_year",
            "relapses_prior_2_years",
        )
    )


def is_ordinary_path() -> pl.Expr:
    """Whether the EDSS is that of somebody who could still be seen and treated in a trial.

    The model's relapses have no greatest size.
    """
    return (pl.col("highest_edss") <= HIGHEST_EDSS) & (
        pl.col("largest_edss_step") <= LARGEST_EDSS_STEP
    )
