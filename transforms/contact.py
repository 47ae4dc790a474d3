"""Study contacts: the records that prove that a person was seen (T-06, landing contract).

Adverse events, relapses and medications are no contacts: patients tell their dates.
"""

import polars as pl

from transforms.dates import complete_date
from transforms.identity import study_rank, with_person_id
from transforms.person_rows import index_persons, join_persons, runs_of
from transforms.rules import Rules


def select_contacts(
    sv: pl.LazyFrame,
    qs: pl.LazyFrame,
    nv: pl.LazyFrame,
    ex: pl.LazyFrame,
    ds: pl.LazyFrame,
    persons: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """Last contacts per person, up to the cut-off and to death.

    What was NOT DONE or not given is no contact, nor is a disposition record of the death
    itself (the death has a rule of its own) or any paper dated after its latest possible
    day. A date without a day proves none.

    Args:
        sv: raw visits.
        qs: raw questionnaires.
        nv: raw nervous system findings.
        ex: raw exposure.
        ds: raw disposition.
        persons: `core.patient`, or part of it.
        rules: the cut and the codes.

    Returns:
        `person_id`, `last_visit_date` in any study, `last_visit_before_extension_date` (in
        the core studies) and `last_visit_before_topaz_date` (in core and extension), Dates.
    """
    codes = rules.codes
    given = ex.filter(pl.col("exdose") > 0)
    disposed = ds.filter(pl.col("dsdecod").ne_missing(codes.died))
    # Most visits end on the day on which they start, and are then told once.
    longer = sv.filter(pl.col("svendtc") != pl.col("svstdtc").fill_null(""))
    dates = [
        _dates(sv, "svstdtc"),
        _dates(longer, "svendtc"),
        _dates(qs.filter(pl.col("qsstat").ne_missing(codes.not_done)), "qsdtc"),
        _dates(nv.filter(pl.col("nvstat").ne_missing(codes.not_done)), "nvdtc"),
        *(_dates(given, variable) for variable in ("exstdtc", "exendtc")),
        _dates(disposed, "dsstdtc"),
    ]
    date, rank = pl.col("contact_date"), study_rank(pl.col("studyid"), codes)
    told = pl.concat(dates).filter(date <= rules.cutoff)
    return (
        join_persons(told, index_persons(persons, "death_latest_date"))
        .filter(pl.col("death_latest_date").is_null() | (date <= pl.col("death_latest_date")))
        .with_columns(run=runs_of("person_index", "studyid"))
        .group_by("run")
        .agg(pl.col("person_id", "studyid").first(), date.max())
        .select(
            "person_id",
            last_visit_date=date,
            last_visit_before_extension_date=pl.when(rank < 1).then(date),
            last_visit_before_topaz_date=pl.when(rank < 2).then(date),
        )
        .group_by("person_id")
        .agg(pl.all().max())
    )


def _dates(raw: pl.LazyFrame, variable: str) -> pl.LazyFrame:
    return with_person_id(raw).select(
        "person_id", "studyid", contact_date=complete_date(pl.col(variable))
    )
