"""Dates as SDTM writes them: ISO 8601 texts, possibly partial (`2015`, `2015-03`, blank).

Belongs here: what one text says about the days it may mean. Does not belong here: which of
those days a rule takes; that is said in the module of the table.

Every function takes an expression of texts and returns an expression, row by row. A text
is read as far as it is a date: `2015-03-12T10:30` is a day, `2015-02-30` only a month.
"""

import polars as pl

from warehouse.contracts.core import MIDDLE_RULES

DAY_TEXT_LENGTH = len("2015-03-12")
MONTH_TEXT_LENGTH = len("2015-03")
YEAR_TEXT_LENGTH = len("2015")

MONTH_RULE, YEAR_RULE = MIDDLE_RULES


def _to_date(text: pl.Expr) -> pl.Expr:
    # Polars' cache of texts costs more than it saves: it takes a quarter of the time of parsing.
    return text.str.to_date("%Y-%m-%d", strict=False, cache=False)


def complete_date(text: pl.Expr) -> pl.Expr:
    """The day that the text names (Date); null if it names none."""
    return _to_date(text.str.head(DAY_TEXT_LENGTH))


def _month_start(text: pl.Expr) -> pl.Expr:
    return _to_date(text.str.head(MONTH_TEXT_LENGTH) + "-01")


def earliest_date(text: pl.Expr) -> pl.Expr:
    """The earliest day that the text may mean (Date); null without a year."""
    return pl.coalesce(
        complete_date(text),
        _month_start(text),
        _to_date(text.str.head(YEAR_TEXT_LENGTH) + "-01-01"),
    )


def latest_date(text: pl.Expr) -> pl.Expr:
    """The latest day that the text may mean (Date); null without a year."""
    return pl.coalesce(
        complete_date(text),
        _month_start(text).dt.month_end(),
        _to_date(text.str.head(YEAR_TEXT_LENGTH) + "-12-31"),
    )


def middle_date(text: pl.Expr) -> pl.Expr:
    """The day itself; of a month the 15th, of a year 1 July (Date); null without a year.

    Source: landing contract, reading rules (relapses).
    """
    return pl.coalesce(
        complete_date(text),
        _month_start(text).dt.offset_by("14d"),
        _to_date(text.str.head(YEAR_TEXT_LENGTH) + "-07-01"),
    )


def middle_rule(text: pl.Expr) -> pl.Expr:
    """Which rule of `middle_date` placed the text; null if it names a day or not even a year."""
    return (
        pl.when(complete_date(text).is_not_null() | middle_date(text).is_null())
        .then(None)
        .when(_month_start(text).is_not_null())
        .then(pl.lit(MONTH_RULE))
        .otherwise(pl.lit(YEAR_RULE))
    )


def timestamp(text: pl.Expr) -> pl.Expr:
    """Day and time (Datetime, microseconds); null if the text has no hours and minutes.

    Fractions of a second and a time zone behind them are left out: a study site has one.
    """
    return pl.coalesce(
        text.str.head(len(example)).str.to_datetime(layout, strict=False, time_unit="us")
        for layout, example in (
            ("%Y-%m-%dT%H:%M:%S", "2015-03-12T10:30:00"),
            ("%Y-%m-%dT%H:%M", "2015-03-12T10:30"),
        )
    )


def elapsed_days(day: pl.Expr, origin: pl.Expr) -> pl.Expr:
    """Whole days from origin to day (Int32), 0 on the same day (T-02)."""
    return (day - origin).dt.total_days().cast(pl.Int32)
