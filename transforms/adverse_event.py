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
from transforms.person_rows import index_persons, join_persons, sort_by_person_and_day
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
    told = (
        _with_possible_onsets(with_person_id(ae))
        .filter(
            pl.col("onset_earliest_date").is_null()
            | (pl.col("onset_earliest_date") <= rules.cutoff)
        )
        .select(
            "person_id",
            "studyid",
            "aeseq",
            "aeterm",
            "aedecod",
            "aebodsys",
            "aeser",
            "aesev",
            "aetoxgr",
            "aeout",
            "aesdth",
            "aestdtc",
            "aeendtc",
            "start_text",
            "onset_earliest_date",
            "onset_latest_date",
            "onset_at",
            "is_onset_partial",
            study_rank=study_rank(pl.col("studyid"), rules.codes),
        )
    )
    persons_told = join_persons(told, index_persons(patient, "day0_date"))
    records = (
        sort_by_person_and_day(
            persons_told,
            "onset_earliest_date",
            "start_text",
            "aedecod",
            "study_rank",
            "studyid",
            "aeseq",
        )
        .with_row_index("position")
        .with_columns(is_start=_starts_another_event())
        .with_columns(
            is_alone=pl.col("is_start") & pl.col("is_start").shift(-1, fill_value=True),
            is_serious=(pl.col("aeser") == "Y").fill_null(False),
            is_fatal=(pl.col("aesdth") == "Y").fill_null(False),
        )
    )
    events = (
        records.join(_told_again(records), on="position", how="left", maintain_order="left")
        .filter(pl.col("is_alone") | pl.col("is_serious_again").is_not_null())
        .with_row_index("row")
        .with_columns(
            event_number=_rows_since(
                pl.col("person_index").ne_missing(pl.col("person_index").shift())
            )
            + 1,
            study_id="studyid",
            reported_term="aeterm",
            preferred_term="aedecod",
            body_system="aebodsys",
            severity="aesev",
            toxicity_grade="aetoxgr",
            outcome="aeout",
            is_serious=pl.coalesce("is_serious_again", "is_serious"),
            is_fatal=pl.coalesce("is_fatal_again", "is_fatal"),
            onset_at=pl.when("is_alone").then("onset_at").otherwise("onset_at_again"),
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
    # Sorted already, by what gives the events their numbers.
    return CORE["adverse_event"].conform(events, is_sorted=True)


def _with_possible_onsets(records: pl.LazyFrame) -> pl.LazyFrame:
    """Records with the days that their onset may mean.

    Many events begin on the same day: each text is read once, which costs a fraction of reading
    it in every row.
    """
    onset = pl.col("aestdtc")
    texts = (
        records.select(onset)
        .unique()
        .with_columns(
            start_text=onset.str.head(DAY_TEXT_LENGTH),
            onset_earliest_date=earliest_date(onset),
            onset_latest_date=latest_date(onset),
            onset_at=timestamp(onset),
            is_onset_partial=complete_date(onset).is_null(),
        )
    )
    return records.join(texts, on="aestdtc", how="left", nulls_equal=True)


def _starts_another_event() -> pl.Expr:
    """In sorted rows: whether a row differs in person, term or start date from the one before."""
    key = ("person_index", "start_text", "aedecod")
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in key)
    return is_other | pl.col("aedecod").is_null() | pl.col("onset_earliest_date").is_null()


def _told_again(records: pl.LazyFrame) -> pl.LazyFrame:
    """Events of which a term and start date stand in several rows, a small part of all.

    The first row of each study is one event, the second of each another, and so on.

    Returns:
        `position` of the row that stands for the event; `is_serious_again`, `is_fatal_again`
        and `onset_at_again` of all its rows.
    """
    is_other_study = pl.col("studyid") != pl.col("studyid").shift()
    return (
        records.with_columns(same_event=pl.col("is_start").cum_sum())
        .filter(~pl.col("is_alone"))
        .with_row_index("row")
        .select(
            "position",
            "same_event",
            "is_serious",
            "is_fatal",
            "onset_at",
            nth_in_study=_rows_since(pl.col("is_start") | is_other_study),
        )
        .group_by("same_event", "nth_in_study")
        .agg(
            position=pl.col("position").min(),
            is_serious_again=pl.col("is_serious").any(),
            is_fatal_again=pl.col("is_fatal").any(),
            onset_at_again=pl.col("onset_at").min(),
        )
        .drop("same_event", "nth_in_study")
    )


def _rows_since(is_first: pl.Expr) -> pl.Expr:
    """How many rows lie between a row and the last one up to it that is a first; needs `row`."""
    return pl.col("row") - pl.when(is_first).then("row").forward_fill()
