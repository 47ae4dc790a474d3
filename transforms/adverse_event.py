"""core.adverse_event: adverse events, the same one told by two studies once.

Does not belong here: categories of terms and incidences (models).
"""

import polars as pl

from transforms.dates import (
    DAY_TEXT_LENGTH,
    complete_date,
    earliest_date,
    elapsed_days,
    latest_date,
    timestamp,
)
from transforms.identity import study_rank, with_person_id
from transforms.rules import Rules
from warehouse.contracts import CORE


def derive_adverse_event(ae: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """One row per adverse event that may have started on or before the cut-off (E-12, T-08).

    The same AEDECOD and start date in two studies is one event, serious or fatal if either
    is; two such rows of ONE study stay two events. Uncoded or undated rows are never merged.
    A partial onset may lie on any of its days (a blank one on any day at all): on study if
    the latest of them is on or after day 0, and then it counts at the earliest, not before
    day 0.

    Args:
        ae: raw adverse events.
        patient: `core.patient`.
        rules: the cut and the codes.

    Returns:
        `core.adverse_event`.
    """
    onset = pl.col("aestdtc")
    start_text = onset.str.head(DAY_TEXT_LENGTH)
    records = (
        with_person_id(ae)
        .with_columns(
            onset_earliest_date=earliest_date(onset),
            onset_latest_date=latest_date(onset),
            onset_at=timestamp(onset),
            is_onset_partial=complete_date(onset).is_null(),
            start_text=start_text,
            study_rank=study_rank(pl.col("studyid"), rules.codes),
        )
        .filter(
            pl.col("onset_earliest_date").is_null()
            | (pl.col("onset_earliest_date") <= rules.cutoff)
        )
        .join(patient.select("person_id", "day0_date"), on="person_id")
        .sort(
            "person_id",
            "onset_earliest_date",
            "start_text",
            "aedecod",
            "study_rank",
            "studyid",
            "aeseq",
        )
        .with_columns(same_event=_starts_another_event().cum_sum())
        .with_columns(nth_in_study=pl.int_range(pl.len()).over("same_event", "studyid"))
    )
    event = ["same_event", "nth_in_study"]
    told_by_any = records.group_by(event).agg(
        is_serious=(pl.col("aeser") == "Y").any(),
        is_fatal=(pl.col("aesdth") == "Y").any(),
        onset_at=pl.col("onset_at").min(),
    )
    events = (
        records.unique(event, keep="first", maintain_order=True)
        .join(told_by_any, on=event, maintain_order="left")
        .with_columns(
            event_number=pl.int_range(1, pl.len() + 1).over("person_id"),
            study_id="studyid",
            reported_term="aeterm",
            preferred_term="aedecod",
            body_system="aebodsys",
            severity="aesev",
            toxicity_grade="aetoxgr",
            outcome="aeout",
            onset_text="aestdtc",
            end_text="aeendtc",
            is_on_study=pl.col("day0_date").is_not_null()
            & (pl.col("onset_latest_date") >= pl.col("day0_date")).fill_null(True),
            earliest_day=elapsed_days(pl.col("onset_earliest_date"), pl.col("day0_date")),
        )
        .with_columns(
            onset_day=pl.when("is_on_study")
            .then(pl.max_horizontal("earliest_day", pl.lit(0)))
            .otherwise("earliest_day")
        )
    )
    return CORE["adverse_event"].conform(events)


def _starts_another_event() -> pl.Expr:
    """In sorted rows: whether a row differs in person, term or start date from the one before."""
    key = ("person_id", "start_text", "aedecod")
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in key)
    return is_other | pl.col("aedecod").is_null() | pl.col("onset_earliest_date").is_null()
