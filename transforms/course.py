"""core.course: alemtuzumab infusions grouped into treatment courses.

Does not belong here: what a course means for a group of patients (`transforms.population`).
"""

import polars as pl

from transforms.dates import elapsed_days
from transforms.identity import study_rank, with_person_id
from transforms.infusion import select_infusions
from transforms.person_rows import index_persons, join_persons, sort_by_person_and_day
from transforms.protocol import PROTOCOL
from transforms.qualifier import select_qualifier
from transforms.rules import DAYS_PER_MONTH, Rules
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
    told = with_person_id(
        select_infusions(ex, rules=rules).join(
            reason, on=["studyid", "usubjid", "exseq"], how="left"
        )
    ).select(
        "person_id",
        "studyid",
        "infusion_date",
        "exstdtc",
        "exseq",
        "exdose",
        "qval",
        study_rank=study_rank(pl.col("studyid"), rules.codes),
        label_number=pl.col("visit")
        .str.extract(f"(?i){rules.codes.course_label_pattern}")
        .cast(pl.Int32, strict=False),
    )
    persons_told = join_persons(told, index_persons(patient, "day0_date"))
    person = pl.col("person_index")
    number = pl.col("course_number")
    least_interval_days = PROTOCOL.least_interval_months * DAYS_PER_MONTH
    gap_days = pl.col("infusion_date").diff().dt.total_days()
    courses = (
        sort_by_person_and_day(persons_told, "infusion_date", "exstdtc", "study_rank", "exseq")
        .with_columns(
            run=((person != person.shift()) | (gap_days > rules.course_gap_days))
            .fill_null(True)
            .cum_sum()
        )
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("person_id", "person_index", "day0_date").first(),
            study_id=pl.col("studyid").first(),
            course_date=pl.col("infusion_date").first(),
            last_infusion_date=pl.col("infusion_date").last(),
            n_infusions=pl.len(),
            total_dose_mg=pl.col("exdose").sum(),
            retreatment_reason=pl.col("qval").first(ignore_nulls=True),
            label_course_number=pl.col("label_number").first(ignore_nulls=True),
            least_label_number=pl.col("label_number").min(),
            greatest_label_number=pl.col("label_number").max(),
        )
        .with_columns(
            course_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("person_index"),
            course_day=elapsed_days(pl.col("course_date"), pl.col("day0_date")),
        )
        .with_columns(
            days_since_previous_course=pl.when(number > 1).then(
                pl.col("course_date").diff().dt.total_days()
            ),
            is_label_disagreeing=pl.any_horizontal(
                (pl.col(label) != number).fill_null(False)
                for label in ("least_label_number", "greatest_label_number")
            ),
        )
        .with_columns(
            is_early=(pl.col("days_since_previous_course") < least_interval_days).fill_null(False),
            is_through_horizon=pl.col("course_day")
            .is_between(0, rules.horizon_end_day, closed="left")
            .fill_null(False),
        )
    )
    return CORE["course"].conform(courses, is_sorted=True)
