"""Study contacts: the records that prove that a person was seen (T-06, landing contract).

Adverse events, relapses and medications are no contacts: patients tell their dates.
"""

import polars as pl

from transforms.dates import complete_date
from transforms.identity import study_rank, with_person_id
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
    dates = [
        *(_dates(sv, variable) for variable in ("svstdtc", "svendtc")),
        _dates(qs.filter(pl.col("qsstat").ne_missing(codes.not_done)), "qsdtc"),
        _dates(nv.filter(pl.col("nvstat").ne_missing(codes.not_done)), "nvdtc"),
        *(_dates(given, variable) for variable in ("exstdtc", "exendtc")),
        _dates(disposed, "dsstdtc"),
    ]
    date, rank = pl.col("contact_date"), pl.col("study_rank")
    return (
        pl.concat(dates)
        .filter(date <= rules.cutoff)
        .join(persons.select("person_id", "death_latest_date"), on="person_id")
        .filter(pl.col("death_latest_date").is_null() | (date <= pl.col("death_latest_date")))
        .group_by("person_id", "studyid")
        .agg(date.max())
        .with_columns(study_rank=study_rank(pl.col("studyid"), codes))
        .group_by("person_id")
        .agg(
            last_visit_date=date.max(),
            last_visit_before_extension_date=date.filter(rank < 1).max(),
            last_visit_before_topaz_date=date.filter(rank < 2).max(),
        )
    )


def _dates(raw: pl.LazyFrame, variable: str) -> pl.LazyFrame:
    return with_person_id(raw).select(
        "person_id", "studyid", contact_date=complete_date(pl.col(variable))
    )
