"""Study contacts: the records that prove that a person was seen (T-06, landing contract).

Adverse events, relapses and medications are no contacts: patients tell their dates.
"""

import polars as pl

from transforms.dates import complete_date
from transforms.identity import study_rank, with_person_id
from transforms.person_rows import runs_of
from transforms.rules import Codes, Rules


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

    What was NOT DONE, not given or, of functional systems, not assessed (9, 99, or a text
    without a number) is no contact, nor is a disposition record of the death itself (the
    death has a rule of its own) or any paper dated after its latest possible day. A date
    without a day proves none.

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
    disposed = ds.filter(pl.col("dsdecod").ne_missing(codes.died))
    limits = persons.select(
        "person_id", limit=pl.min_horizontal("death_latest_date", pl.lit(rules.cutoff))
    )
    last_dates = [
        _last_dates(records, limits, *texts)
        for records, *texts in (
            (sv, "svstdtc", "svendtc"),
            (qs.filter(_is_assessed(codes)), "qsdtc"),
            (nv.filter(pl.col("nvstat").ne_missing(codes.not_done)), "nvdtc"),
            (ex.filter(pl.col("exdose") > 0), "exstdtc", "exendtc"),
            (disposed, "dsstdtc"),
        )
    ]
    date, rank = pl.col("contact_date"), study_rank(pl.col("studyid"), codes)
    return (
        pl.concat(last_dates)
        .select(
            "person_id",
            last_visit_date=date,
            last_visit_before_extension_date=pl.when(rank < 1).then(date),
            last_visit_before_topaz_date=pl.when(rank < 2).then(date),
        )
        .group_by("person_id")
        .agg(pl.all().max())
    )


def _is_assessed(codes: Codes) -> pl.Expr:
    """Whether a row of QS says that something was assessed (T-06)."""
    is_system = pl.col("qscat").eq_missing(codes.functional_system_category)
    # Null where the result is a text without a number, which a filter takes as false.
    has_score = ~pl.col("qsstresn").is_in(codes.functional_system_not_assessed)
    return pl.col("qsstat").ne_missing(codes.not_done) & (~is_system | has_score)


def _last_dates(records: pl.LazyFrame, limits: pl.LazyFrame, *texts: str) -> pl.LazyFrame:
    """Last dates that records name, up to the limit of the person.

    Records cost most of this table. So texts stay with the runs of a person's records in a study;
    of a record, only dates are moved.

    Args:
        records: raw records.
        limits: `person_id`, `limit` (Date).
        texts: columns with dates; most records end when they start, which is then read once.

    Returns:
        `person_id`, `studyid`, `contact_date`, in one or more rows of a person and study.
    """
    first = pl.col(texts[0])
    later = [pl.when(pl.col(text) != first.fill_null("")).then(text) for text in texts[1:]]
    dates = {f"date_{n}": complete_date(text) for n, text in enumerate([first, *later])}
    key = ("person_id", "studyid")
    dated = with_person_id(records).select(*key, **dates)

    def last_of_runs(found: pl.DataFrame) -> pl.DataFrame:
        run = found.select(runs_of(*key)).to_series()
        starts = (run != run.shift()).fill_null(True).arg_true()
        runs = found.select(pl.col(key).gather(starts)).join(
            limits.collect(), on="person_id", how="left", maintain_order="left"
        )
        counts = pl.col(*dates) <= runs["limit"].gather(run)
        last = (
            found.select(run.alias("run"), pl.when(counts).then(pl.col(*dates)))
            .group_by("run", maintain_order=True)
            .agg(pl.col(*dates).max())
        )
        return runs.select(key).hstack(last.select(contact_date=pl.max_horizontal(*dates)))

    schema = {**dated.select(key).collect_schema(), "contact_date": pl.Date()}
    return dated.map_batches(
        last_of_runs, schema=schema, predicate_pushdown=False, projection_pushdown=False
    ).drop_nulls("contact_date")
