"""Retention: who was still on study at the end of the horizon (E-16)."""

import polars as pl

from transforms.dates import complete_date, earliest_date, elapsed_days, latest_date
from transforms.identity import study_rank, with_person_id
from transforms.rules import DAYS_PER_YEAR, Rules


def select_departures(ds: pl.LazyFrame, persons: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """Ends of study participation that no later study followed (E-16).

    Leaving a study, completed or not, is nothing if the person entered a later one. Completing
    TOPAZ, the last study, is no leaving. A partial date stands at its earliest possible day.

    Args:
        ds: raw disposition.
        persons: `core.patient`, persons with a day 0.
        rules: the cut and the codes.

    Returns:
        One row per person who departed: `person_id`; of the last discontinuation
        `discontinuation_date` and `discontinuation_latest_date` (Dates),
        `discontinuation_text`, `is_discontinuation_date_partial`, `discontinuation_reason`, null
        without one; `has_left` (whether it, or the completion, was before the earlier of horizon
        end and cut-off).
    """
    codes, day0 = rules.codes, pl.col("day0_date")
    last_rank_entered = (
        pl.when("has_entered_topaz").then(2).when("has_entered_extension").then(1).otherwise(0)
    )
    is_completed = pl.col("dsdecod") == codes.completed
    text = pl.col("departure_text")
    told_last = {
        "discontinuation_text": text,
        "discontinuation_date": pl.col("departure_date"),
        "discontinuation_latest_date": latest_date(text),
        "is_discontinuation_date_partial": complete_date(text).is_null(),
        "discontinuation_reason": pl.col("dsdecod"),
    }
    return (
        with_person_id(ds)
        .filter(
            pl.col("dscat") == codes.disposition_category,
            pl.col("dsscat") == codes.study_participation,
            pl.col("dsdecod").is_not_null(),
        )
        .select(
            "person_id",
            "studyid",
            "dsseq",
            "dsdecod",
            departure_text="dsstdtc",
            departure_date=earliest_date(pl.col("dsstdtc")),
            study_rank=study_rank(pl.col("studyid"), codes),
        )
        .filter(pl.col("departure_date") <= rules.cutoff)
        .join(persons.select("person_id", "day0_date", last_rank=last_rank_entered), on="person_id")
        .filter(
            pl.col("study_rank") >= pl.col("last_rank"),
            ~(is_completed & (pl.col("studyid") == codes.topaz_study)),
        )
        .with_columns(
            is_in_time=_is_before_end(elapsed_days(pl.col("departure_date"), day0), rules)
        )
        .sort("person_id", "departure_date", "study_rank", "dsseq")
        .group_by("person_id", maintain_order=True)
        .agg(
            has_left=pl.col("is_in_time").any(),
            **{name: told.filter(~is_completed).last() for name, told in told_last.items()},
        )
    )


def is_on_study_through_horizon(rules: Rules) -> pl.Expr:
    """Whether a person was retained (E-16).

    Retained = no death, no discontinuation and no completed study without a next one, before
    the earlier of horizon end and cut-off. Who has no such record in the last study entered
    has left it when its planned length and `rules.study_end_grace_days` are over. Needs the
    columns of `core.patient`, `death_day` and `has_left` (`select_departures`; null = no record).
    """
    is_dead = pl.col("death_day") < rules.horizon_end_day
    has_left = pl.coalesce("has_left", _is_before_end(_planned_exit_day(rules), rules))
    return ~has_left.fill_null(False) & ~is_dead.fill_null(False)


def _planned_exit_day(rules: Rules) -> pl.Expr:
    """Day on which the last study entered is over as planned, late visits too (T-01).

    Null in TOPAZ, the last study: its end is no leaving.
    """
    extension_day = elapsed_days(pl.col("extension_entry_date"), pl.col("day0_date"))
    planned_end = (
        pl.when("has_entered_topaz")
        .then(None)
        .when("has_entered_extension")
        .then(extension_day + rules.extension_years * DAYS_PER_YEAR)
        .otherwise(rules.core_years * DAYS_PER_YEAR)
    )
    return planned_end + rules.study_end_grace_days


def _is_before_end(day: pl.Expr, rules: Rules) -> pl.Expr:
    """Whether a day lies before the earlier of horizon end and cut-off (landing contract)."""
    cutoff_day = elapsed_days(pl.lit(rules.cutoff), pl.col("day0_date"))
    return day < pl.min_horizontal(cutoff_day, pl.lit(rules.horizon_end_day))
