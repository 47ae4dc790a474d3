"""core.population: the funnel of analysis sets, with one reason for each exclusion (section 3).

Does not belong here: counting persons per set (models).
"""

import polars as pl

from transforms.rules import Rules
from warehouse.contracts import CORE


def derive_population(
    patient: pl.LazyFrame, course: pl.LazyFrame, other_dmt: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """One row per person of every arm (S-01 .. S-10).

    Groups go by the total of courses through the CUT-OFF; the course that defines the group
    must lie before the landmark ("Month 85" at horizon 8, `rules.landmark_day`). The total
    through the horizon (S-02's counts) stands beside.

    Args:
        patient: `core.patient`.
        course: `core.course`.
        other_dmt: `core.other_dmt`.
        rules: the cut.

    Returns:
        `core.population`.
    """
    total = pl.col("courses_through_cutoff")
    is_early_enough = {
        number: (pl.col(f"course_{number}_day") < rules.landmark_day).fill_null(False)
        for number in (3, 4, 5)
    }
    group = (
        pl.when(total == 2)
        .then(pl.lit("2-courses"))
        .when((total == 3) & is_early_enough[3])
        .then(pl.lit("3-courses"))
        .when((total == 4) & is_early_enough[4])
        .then(pl.lit("4-courses"))
        .when((total >= 5) & is_early_enough[5])
        .then(pl.lit("5plus-courses"))
    )
    persons = (
        patient.join(_course_totals(course), on="person_id", how="left")
        .join(_counted_dmt(other_dmt), on="person_id", how="left")
        .with_columns(pl.col("courses_through_horizon", "courses_through_cutoff").fill_null(0))
        .with_columns(is_extension=pl.col("is_treated") & pl.col("has_entered_extension"))
        .with_columns(is_no_other_dmt=pl.col("is_extension") & pl.col("is_dmt_uncertain").is_null())
        .with_columns(
            is_additional=pl.col("is_no_other_dmt") & is_early_enough[3],
            group_id=pl.when("is_no_other_dmt").then(group),
            exclusion_reason=_first_reason(group, is_early_enough[3]),
        )
        .with_columns(
            is_efficacy=pl.col("group_id").is_not_null(),
            is_safety=pl.col("is_additional") | pl.col("group_id").eq_missing("2-courses"),
            is_exclusion_uncertain=pl.col("exclusion_reason").eq_missing("other DMT")
            & pl.col("is_dmt_uncertain").fill_null(False),
        )
    )
    return CORE["population"].conform(persons)


def _course_totals(course: pl.LazyFrame) -> pl.LazyFrame:
    return course.group_by("person_id").agg(
        courses_through_horizon=pl.col("is_through_horizon").sum(),
        courses_through_cutoff=pl.len(),
        **{
            f"course_{number}_day": pl.col("course_day")
            .filter(pl.col("course_number") == number)
            .first()
            for number in (3, 4, 5)
        },
    )


def _counted_dmt(other_dmt: pl.LazyFrame) -> pl.LazyFrame:
    """Persons with a therapy that counts; uncertain if every one that counts is."""
    return (
        other_dmt.filter("is_counted")
        .group_by("person_id")
        .agg(is_dmt_uncertain=pl.col("is_decision_uncertain").all())
    )


def _first_reason(group: pl.Expr, is_course_3_early_enough: pl.Expr) -> pl.Expr:
    """The first reason that applies, in the plan's order of exclusion; null in the efficacy set."""
    total = pl.col("courses_through_cutoff")
    return (
        pl.when(~pl.col("is_treated"))
        .then(pl.lit("not 12 mg alemtuzumab as actual arm"))
        .when(~pl.col("is_extension"))
        .then(pl.lit("never entered the extension"))
        .when(~pl.col("is_no_other_dmt"))
        .then(pl.lit("other DMT"))
        .when(total < 2)
        .then(pl.lit("one course"))
        .when((total >= 3) & ~is_course_3_early_enough)
        .then(pl.lit("Course 3 after the landmark"))
        .when(group.is_null())
        .then(pl.lit("group-defining course after the landmark"))
    )
