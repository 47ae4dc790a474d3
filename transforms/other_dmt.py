"""core.other_dmt: disease-modifying therapies other than alemtuzumab, and whether they count.

Does not belong here: who is left out for one (`transforms.population`).
"""

from datetime import timedelta

import polars as pl

from transforms.dates import earliest_date, elapsed_days, latest_date
from transforms.identity import study_rank, with_person_id
from transforms.rules import Codes, Rules
from warehouse.contracts import CORE
from warehouse.contracts.coded import spelled


def derive_other_dmt(cm: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """One row per reported therapy that may have started on or before the cut-off (S-03, T-05).

    A therapy counts if it was taken on or after day 0 and before the bound, the earlier of
    horizon end and the day after the cut-off. Dates are ranges of possible days; the first
    that applies decides (`decision_rule`):

    - "ended before day 0": latest possible end before day 0: prior.
    - "started before day 0, no end, not ongoing": prior, flagged.
    - "started after the horizon": earliest possible start at or after the bound.
    - "taken after day 0": counts.
    - "possibly taken after day 0": the dates also allow that it ended before day 0: counts.
    - "start possibly after the horizon": counts.

    The last two are flagged. `no day 0` = the person was never given alemtuzumab in a core
    study: the question does not arise.

    Args:
        cm: raw concomitant medications.
        patient: `core.patient`.
        rules: the cut and the codes.

    Returns:
        `core.other_dmt`.
    """
    codes = rules.codes
    name = pl.coalesce("cmdecod", "cmtrt")
    is_alemtuzumab = pl.any_horizontal(
        spelled(pl.col(column)).eq_missing(codes.alemtuzumab) for column in ("cmdecod", "cmtrt")
    )
    day0 = pl.col("day0_date")
    therapies = (
        with_person_id(cm)
        .filter(pl.col("cmcat") == codes.dmt_category, ~is_alemtuzumab)
        .with_columns(
            start_earliest_date=earliest_date(pl.col("cmstdtc")),
            start_latest_date=latest_date(pl.col("cmstdtc")),
            is_ongoing=pl.col("cmenrtpt").is_in(codes.ongoing).fill_null(False),
            study_rank=study_rank(pl.col("studyid"), codes),
        )
        .filter(
            pl.col("start_earliest_date").is_null()
            | (pl.col("start_earliest_date") <= rules.cutoff)
        )
        .join(patient.select("person_id", "day0_date"), on="person_id")
        .with_columns(
            end_latest_date=_latest_end(codes),
            end_earliest_date=_earliest_end(codes),
            bound_day=_bound_day(rules),
        )
        .with_columns(
            elapsed_days(pl.col(f"{moment}_date"), day0).alias(f"{moment}_day")
            for moment in ("start_earliest", "start_latest", "end_earliest", "end_latest")
        )
        .with_columns(decision_rule=_decision())
        .with_columns(
            is_prior=pl.col("decision_rule").is_in(
                ["ended before day 0", "started before day 0, no end, not ongoing"]
            ),
            is_counted=pl.col("decision_rule").is_in(
                [
                    "taken after day 0",
                    "possibly taken after day 0",
                    "start possibly after the horizon",
                ]
            ),
            is_decision_uncertain=pl.col("decision_rule").is_in(
                [
                    "started before day 0, no end, not ongoing",
                    "possibly taken after day 0",
                    "start possibly after the horizon",
                ]
            ),
        )
        .sort("person_id", "start_earliest_date", "cmstdtc", "study_rank", "studyid", "cmseq")
        .with_columns(
            dmt_number=pl.int_range(1, pl.len() + 1).over("person_id"),
            study_id="studyid",
            treatment=name,
            start_text="cmstdtc",
            end_text="cmendtc",
        )
    )
    return CORE["other_dmt"].conform(therapies)


def _bound_day(rules: Rules) -> pl.Expr:
    """First day, since day 0, on which a start no longer counts (T-05)."""
    after_cutoff = pl.lit(rules.cutoff + timedelta(days=1))
    return pl.min_horizontal(
        elapsed_days(after_cutoff, pl.col("day0_date")), pl.lit(rules.horizon_end_day)
    )


def _latest_end(codes: Codes) -> pl.Expr:
    """Latest possible day of the end: as dated, or before the reference point (CMENTPT)."""
    before = pl.col("cmenrtpt") == codes.before
    reference = pl.coalesce(
        latest_date(pl.col("cmentpt")),
        pl.when(pl.col("cmentpt").is_in(codes.visits_before_day0)).then(pl.col("day0_date")),
    )
    return pl.min_horizontal(
        latest_date(pl.col("cmendtc")),
        pl.when(before).then(reference.dt.offset_by("-1d")),
    )


def _earliest_end(codes: Codes) -> pl.Expr:
    """Earliest possible day of the end; not before the start.

    What is ongoing at a reference point after day 0 (a later visit, or the extract itself if
    no point is named) was certainly taken after day 0.
    """
    reference = pl.coalesce(
        earliest_date(pl.col("cmentpt")),
        pl.when(~pl.col("cmentpt").is_in(codes.visits_before_day0).fill_null(False)).then(
            pl.col("day0_date")
        ),
    )
    return pl.max_horizontal(
        earliest_date(pl.col("cmstdtc")),
        earliest_date(pl.col("cmendtc")),
        pl.when("is_ongoing").then(reference),
    )


def _decision() -> pl.Expr:
    bound = pl.col("bound_day")
    start_latest, end_latest = pl.col("start_latest_day"), pl.col("end_latest_day")
    # An unknown day compares as null, which `when` takes as false: each test asks only what is
    # certain, and the last three sort out what is not.
    is_certainly_on = pl.col("end_earliest_day") >= 0
    is_start_certainly_in_time = pl.min_horizontal(start_latest, end_latest) < bound
    return (
        pl.when(pl.col("day0_date").is_null())
        .then(pl.lit("no day 0"))
        .when(end_latest < 0)
        .then(pl.lit("ended before day 0"))
        .when((start_latest < 0) & end_latest.is_null() & ~pl.col("is_ongoing"))
        .then(pl.lit("started before day 0, no end, not ongoing"))
        .when(pl.col("start_earliest_day") >= bound)
        .then(pl.lit("started after the horizon"))
        .when(~is_certainly_on.fill_null(False))
        .then(pl.lit("possibly taken after day 0"))
        .when(~is_start_certainly_in_time.fill_null(False))
        .then(pl.lit("start possibly after the horizon"))
        .otherwise(pl.lit("taken after day 0"))
    )
