"""Steps that make a table smaller and can be taken back without loss.

Belongs here: single steps; none knows a dataset. Whether a step loses nothing on a given table
is for the caller to see, by taking it and taking it back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import polars as pl

#: Tables that were restored before this one: dataset -> rows of all studies.
Restored = Mapping[str, pl.DataFrame]
Change = Callable[[pl.DataFrame, Restored], pl.DataFrame]

#: Rows of one person in one study, in all datasets.
PERSON_IN_STUDY = ("STUDYID", "USUBJID")

_MINUTES_OF_HOUR = 60
_DAY, _TIME = 10, 16
#: What a partial date lacks to be its earliest possible day, by its number of characters.
_REST = {4: "-01-01", 7: "-01"}


@dataclass(frozen=True)
class Step:
    """One reversible change of a table.

    Attributes:
        name: what the list of steps taken calls it; unique within a dataset.
        shrink: from a table and those restored before it to the smaller table.
        restore: back from the smaller table; the order of columns may differ.
    """

    name: str
    shrink: Change
    restore: Change


@dataclass(frozen=True)
class LookUp:
    """Dates of a table restored before: `<dataset>.<column>`, of its first row with the key."""

    dataset: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def join(self, table: pl.DataFrame, restored: Restored) -> pl.DataFrame:
        """The table with these columns; null where there is no such row or no such table."""
        names = {name: f"{self.dataset}.{name}" for name in self.columns}
        if self.dataset not in restored:
            return table.with_columns(
                pl.lit(None, pl.String).alias(name) for name in names.values()
            )
        found = restored[self.dataset].unique(self.key, keep="first", maintain_order=True)
        found = found.select(*self.key, *names).rename(names)
        return table.join(found, on=self.key, how="left", maintain_order="left")


def leave_out(column: str, value: pl.Expr) -> Step:
    """A column that `value` computes from the other columns, or from the place of the row."""
    return Step(
        f"leave out {column}",
        lambda table, _: table.drop(column),
        lambda table, _: table.with_columns(value.alias(column)),
    )


def tell_once(column: str, *key: str) -> Step:
    """A column that is the same on all rows with one key: told on the first of them only."""
    is_first = pl.struct(key).is_first_distinct()
    return Step(
        f"tell {column} once",
        lambda table, _: table.with_columns(pl.when(is_first).then(column)),
        lambda table, _: table.with_columns(pl.col(column).first().over(key)),
    )


def tell_changes(column: str) -> Step:
    """A column without blanks: told only where it differs from the row above."""
    is_new = pl.col(column).ne_missing(pl.col(column).shift())
    return Step(
        f"tell changes of {column}",
        lambda table, _: table.with_columns(pl.when(is_new).then(column)),
        lambda table, _: table.with_columns(pl.col(column).forward_fill()),
    )


def number_persons() -> Step:
    """USUBJID as steps through the persons of DM: 0 is the person of the row above."""

    def persons(restored: Restored) -> pl.DataFrame:
        names = restored["DM"].select(pl.col("USUBJID").unique(maintain_order=True))
        return names.with_columns(number=pl.int_range(pl.len(), dtype=pl.Int32))

    def shrink(table: pl.DataFrame, restored: Restored) -> pl.DataFrame:
        found = table.join(persons(restored), on="USUBJID", how="left", maintain_order="left")
        number = found["number"]
        return table.with_columns(USUBJID=number.diff().fill_null(number))

    def restore(table: pl.DataFrame, restored: Restored) -> pl.DataFrame:
        number = table.select(number=pl.col("USUBJID").cum_sum())
        found = number.join(persons(restored), on="number", how="left", maintain_order="left")
        return table.with_columns(found["USUBJID"])

    return Step("number USUBJID", shrink, restore)


def number_days(
    column: str, base: pl.Expr, *look_up: LookUp, from_row_before: bool = False
) -> Step:
    """ISO 8601 dates as whole days after another date, with precision and minute where told.

    Args:
        column: texts of dates, some cut to month or year, some with hours and minutes.
        base: text of the date that days are counted from, on the row; 1970-01-01 where null.
        look_up: other tables that `base` names columns of.
        from_row_before: count from the dated row before of the same person and study instead,
            where there is one.
    """
    width, minute = f"{column}.width", f"{column}.minute"
    days = pl.col(column)

    def base_day(table: pl.DataFrame, restored: Restored) -> pl.Series:
        table = reduce(lambda joined, other: other.join(joined, restored), look_up, table)
        return table.with_columns(base=_day(base).fill_null(0))["base"]

    def shrink(table: pl.DataFrame, restored: Restored) -> pl.DataFrame:
        length = days.str.len_bytes().cast(pl.Int32)
        shrunk = table.with_columns(
            (_day(days) - base_day(table, restored)).alias(column),
            pl.when(length < _DAY).then(length).alias(width),
            _minute(days).alias(minute),
        )
        if from_row_before:
            before = days.forward_fill().shift().fill_null(0)
            shrunk = shrunk.with_columns((days - before).over(PERSON_IN_STUDY))
        return shrunk.drop(name for name in (width, minute) if not shrunk[name].count())

    def restore(table: pl.DataFrame, restored: Restored) -> pl.DataFrame:
        if from_row_before:
            table = table.with_columns(days.cum_sum().over(PERSON_IN_STUDY))
        text = (days + base_day(table, restored)).cast(pl.Date).dt.to_string("%Y-%m-%d")
        if width in table.columns:
            text = text.str.slice(0, pl.col(width).fill_null(_DAY))
        if minute in table.columns:
            text = pl.coalesce(text + _clock(pl.col(minute)), text)
        return table.with_columns(text.alias(column)).drop(width, minute, strict=False)

    return Step(f"number days of {column}", shrink, restore)


def _day(text: pl.Expr) -> pl.Expr:
    """Days since 1970-01-01 of the earliest day that a date may mean."""
    rest = text.str.len_bytes().replace_strict(_REST, default="", return_dtype=pl.String)
    day = (text.str.slice(0, _DAY) + rest).str.to_date("%Y-%m-%d", strict=False)
    return day.cast(pl.Int32)


def _minute(text: pl.Expr) -> pl.Expr:
    """Minute of the day, of texts to the minute."""
    hour, minute = (text.str.slice(start, 2).cast(pl.Int32, strict=False) for start in (11, 14))
    return pl.when(text.str.len_bytes() == _TIME).then(hour * _MINUTES_OF_HOUR + minute)


def _clock(minute: pl.Expr) -> pl.Expr:
    parts = (minute // _MINUTES_OF_HOUR, minute % _MINUTES_OF_HOUR)
    return pl.format("T{}:{}", *(part.cast(pl.String).str.zfill(2) for part in parts))
