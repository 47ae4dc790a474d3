"""core.course: alemtuzumab infusions grouped into treatment courses.

Does not belong here: what a course means for a group of patients (`transforms.population`).
"""

import polars as pl

from transforms.dates import elapsed_days
from transforms.identity import study_rank, with_person_id
from transforms.infusion import select_infusions
from transforms.qualifier import select_qualifier
from transforms.rules import DAYS_PER_YEAR, Rules
from warehouse.contracts import CORE


def derive_course(
    ex: pl.LazyFrame, suppex: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """One row per course, through the cut-off (C-01, C-02, C-04, T-05).

    A course starts when more than `rules.course_gap_days` have passed since the previous
    infusion. The visit label is a cross-check only. The reason for a course is the first
    given on one of its infusions (a transfer puts it on the first).

    Args:
        ex: raw exposure, one row per infusion.
        suppex: raw supplemental qualifiers of EX.
        patient: `core.patient`; persons of every arm keep their courses, those without a
            day 0 with a null `course_day`.
        rules: the cut.

    Returns:
        `core.course`.
    """
    reason = select_qualifier(
        suppex, sequence="exseq", qualifier=rules.codes.retreatment_reason_qualifier
    )
    person = ["person_id"]
    infusions = (
        with_person_id(
            select_infusions(ex, rules=rules).join(
                reason, on=["studyid", "usubjid", "exseq"], how="left"
            )
        )
        .with_columns(
            study_rank=study_rank(pl.col("studyid"), rules.codes),
            label_number=pl.col("visit")
            .str.extract(rules.codes.course_label_pattern)
            .cast(pl.Int32, strict=False),
        )
        .sort("person_id", "infusion_date", "exstdtc", "study_rank", "exseq")
        .with_columns(
            course_number=(
                (
                    pl.col("infusion_date").diff().over(person).dt.total_days()
                    > rules.course_gap_days
                )
                .fill_null(True)
                .cum_sum()
                .over(person)
                .cast(pl.Int32)
            )
        )
    )
    courses = (
        infusions.group_by("person_id", "course_number", maintain_order=True)
        .agg(
            study_id=pl.col("studyid").first(),
            course_date=pl.col("infusion_date").first(),
            last_infusion_date=pl.col("infusion_date").last(),
            n_infusions=pl.len(),
            total_dose_mg=pl.col("exdose").sum(),
            retreatment_reason=pl.col("qval").drop_nulls().first(),
            label_course_number=pl.col("label_number").drop_nulls().first(),
            is_label_disagreeing=(pl.col("label_number") != pl.col("course_number"))
            .fill_null(False)
            .any(),
        )
        .join(patient.select("person_id", "day0_date"), on="person_id")
        .sort("person_id", "course_number")
        .with_columns(
            course_day=elapsed_days(pl.col("course_date"), pl.col("day0_date")),
            days_since_previous_course=pl.col("course_date").diff().over(person).dt.total_days(),
        )
        .with_columns(
            is_early=(pl.col("days_since_previous_course") < DAYS_PER_YEAR).fill_null(False),
            is_through_horizon=pl.col("course_day")
            .is_between(0, rules.horizon_end_day, closed="left")
            .fill_null(False),
        )
    )
    return CORE["course"].conform(courses)
