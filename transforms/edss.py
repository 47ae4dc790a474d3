"""core.edss: one EDSS score per person and day.

Does not belong here: which score stands for a month (`transforms.analysis_visit`).
"""

import polars as pl

from transforms.dates import complete_date, elapsed_days
from transforms.identity import study_rank, with_person_id
from transforms.person_rows import index_persons, join_persons, sort_by_person_and_day
from transforms.rules import Rules
from warehouse.contracts import CORE


def derive_edss(qs: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """One row per person and day with an EDSS score on or before the cut-off (T-07, E-06).

    Of two values on one day the row with the higher QSSEQ counts, of two studies' values the
    later study's. A score without a complete date has no day and is left out.

    Args:
        qs: raw questionnaires.
        patient: `core.patient`.
        rules: the cut and the codes.

    Returns:
        `core.edss`.
    """
    codes = rules.codes
    told = (
        with_person_id(qs)
        .filter(
            pl.col("qstestcd") == codes.edss_test,
            pl.col("qscat") == codes.edss_category,
            pl.col("qsstresn").is_not_null(),
            pl.col("qsstat").ne_missing(codes.not_done),
        )
        .select(
            "person_id",
            "visit",
            "qsseq",
            study_id="studyid",
            edss_points="qsstresn",
            assessment_date=complete_date(pl.col("qsdtc")),
            study_rank=study_rank(pl.col("studyid"), codes),
        )
        .filter(pl.col("assessment_date") <= rules.cutoff)
    )
    persons_told = join_persons(told, index_persons(patient, "day0_date"))
    scores = (
        sort_by_person_and_day(persons_told, "assessment_date", "study_rank", "study_id", "qsseq")
        .filter(
            pl.any_horizontal(
                pl.col(name).ne_missing(pl.col(name).shift(-1))
                for name in ("person_index", "assessment_date")
            )
        )
        .with_columns(
            assessment_day=elapsed_days(pl.col("assessment_date"), pl.col("day0_date")),
            is_scheduled=~(
                pl.col("visit").str.starts_with(codes.unscheduled_visit_prefix)
                | (pl.col("visit") == codes.relapse_visit)
            ).fill_null(False),
        )
    )
    return CORE["edss"].conform(scores, is_sorted=True)
