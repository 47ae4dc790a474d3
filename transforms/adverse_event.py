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
from warehouse.contracts.coded import spelled
from warehouse.contracts.core import DAY0_RULE, EARLIEST_RULE

#: Columns of AE that are shown as they are told, and their names.
_SHOWN = {
    "studyid": "study_id",
    "aeterm": "reported_term",
    "aedecod": "preferred_term",
    "aebodsys": "body_system",
    "aesev": "severity",
    "aetoxgr": "toxicity_grade",
    "aeout": "outcome",
    "aestdtc": "onset_text",
    "aeendtc": "end_text",
}
#: What all rows of an event say together.
_SAID_BY_ALL = ("is_serious", "is_fatal", "onset_at")


def derive_adverse_event(ae: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """One row per adverse event that may have started on or before the cut-off (E-12, T-08).

    The same AEDECOD and start date in two studies is one event, serious or fatal if either
    is; two such rows of ONE study stay two events. Uncoded or undated rows are never merged.
    AEDECODs are compared without regard to case and to blanks around them.
    A partial onset may lie on any of its days (a blank one on any day at all): on study if
    the latest of them is on or after day 0, and then it counts at the earliest, not before
    day 0 (`onset_imputation` tells which of the two).

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
            *_SHOWN,
            "person_id",
            "aeseq",
            "start_text",
            "onset_earliest_date",
            "onset_latest_date",
            "onset_at",
            "is_onset_partial",
            term=spelled(pl.col("aedecod")),
            study_rank=study_rank(pl.col("studyid"), rules.codes),
            is_serious=(pl.col("aeser") == "Y").fill_null(False),
            is_fatal=(pl.col("aesdth") == "Y").fill_null(False),
        )
    )
    persons_told = join_persons(told, index_persons(patient, "day0_date"))
    events = (
        persons_told.map_batches(
            _merge,
            schema={"row": pl.get_index_type(), **persons_told.collect_schema()},
            predicate_pushdown=False,
            projection_pushdown=False,
        )
        .rename(_SHOWN)
        .with_columns(
            event_number=_rows_since(
                pl.col("person_index").ne_missing(pl.col("person_index").shift())
            )
            + 1,
            is_on_study=pl.col("day0_date").is_not_null()
            & (pl.col("onset_latest_date") >= pl.col("day0_date")).fill_null(True),
            earliest_day=elapsed_days(pl.col("onset_earliest_date"), pl.col("day0_date")),
        )
        .with_columns(
            onset_day=pl.when("is_on_study")
            .then(pl.max_horizontal("earliest_day", pl.lit(0)))
            .otherwise("earliest_day")
        )
        .with_columns(onset_imputation=_imputation())
    )
    # Sorted already, by what gives the events their numbers.
    return CORE["adverse_event"].conform(events, is_sorted=True)


def _imputation() -> pl.Expr:
    """Which rule gave a partial onset its day; null if it had one, or has no place at all."""
    is_moved = pl.col("earliest_day").ne_missing(pl.col("onset_day"))
    return (
        pl.when(~pl.col("is_onset_partial"))
        .then(None)
        .when(is_moved)
        .then(pl.lit(DAY0_RULE))
        .when(pl.col("onset_earliest_date").is_not_null())
        .then(pl.lit(EARLIEST_RULE))
    )


def _with_possible_onsets(records: pl.LazyFrame) -> pl.LazyFrame:
    """Records with the days that their onset may mean.

    Most texts name a day: only the others are read again, for a month or year, and only those
    with a time are read for it.
    """
    onset, day = pl.col("aestdtc"), pl.col("onset_day_named")
    rest = pl.when(day.is_null()).then(onset)
    with_time = pl.when(onset.str.contains("T", literal=True)).then(onset)
    return records.with_columns(onset_day_named=complete_date(onset)).with_columns(
        start_text=onset.str.head(DAY_TEXT_LENGTH),
        onset_earliest_date=pl.coalesce(day, earliest_date(rest)),
        onset_latest_date=pl.coalesce(day, latest_date(rest)),
        onset_at=timestamp(with_time),
        is_onset_partial=day.is_null(),
    )


def _starts_another_event() -> pl.Expr:
    """In sorted rows: whether a row differs in person, term or start date from the one before."""
    key = ("person_index", "start_text", "term")
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in key)
    return is_other | pl.col("term").is_null() | pl.col("onset_earliest_date").is_null()


def _merge(told: pl.DataFrame) -> pl.DataFrame:
    """The rows that stand for an event, numbered as `row`, in order, with what all its rows say.

    A row is wide: rows are sorted and merged by what they are compared by, and gathered once.
    """
    told = told.rechunk()  # rows are gathered several times faster from one chunk
    compared = ("start_text", "term", "study_rank", "studyid", "aeseq")
    records = (
        sort_by_person_and_day(
            told.lazy()
            .select("person_index", "onset_earliest_date", *compared, *_SAID_BY_ALL)
            .with_row_index("row_told"),
            "onset_earliest_date",
            *compared,
        )
        .with_columns(is_start=_starts_another_event())
        .with_columns(is_alone=pl.col("is_start") & pl.col("is_start").shift(-1, fill_value=True))
        .with_row_index("position")
        .collect()
    )
    again = _told_again(records.lazy()).collect()
    at = again["position"]
    events = records.select(
        "row_told",
        records["is_alone"].scatter(at, True).alias("is_event"),
        *(records[name].scatter(at, again[name]) for name in _SAID_BY_ALL),
    ).filter("is_event")
    rest = pl.exclude(_SAID_BY_ALL)
    return (
        told.select(rest.gather(events["row_told"]))
        .hstack(events.select(_SAID_BY_ALL))
        .with_row_index("row")
        .select("row", *told.columns)
    )


def _told_again(records: pl.LazyFrame) -> pl.LazyFrame:
    """Events of which a term and start date stand in several rows, a small part of all.

    The first row of each study is one event, the second of each another, and so on.

    Returns:
        `position` of the row that stands for the event; `_SAID_BY_ALL` of all its rows.
    """
    is_other_study = pl.col("studyid") != pl.col("studyid").shift()
    return (
        records.with_columns(same_event=pl.col("is_start").cum_sum())
        .filter(~pl.col("is_alone"))
        .with_row_index("row")
        .select(
            "position",
            "same_event",
            *_SAID_BY_ALL,
            nth_in_study=_rows_since(pl.col("is_start") | is_other_study),
        )
        .group_by("same_event", "nth_in_study")
        .agg(
            pl.col("position").min(),
            pl.col("is_serious", "is_fatal").any(),
            pl.col("onset_at").min(),
        )
    )


def _rows_since(is_first: pl.Expr) -> pl.Expr:
    """How many rows lie between a row and the last one up to it that is a first; needs `row`."""
    return pl.col("row") - pl.when(is_first).then("row").forward_fill()
