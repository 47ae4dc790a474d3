"""Tools that spoil datasets on purpose: columns set anew, rows rewritten, values dealt out."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from history_facts import Datasets, day_of

Spoil = Callable[[Datasets], Datasets]


@dataclass(frozen=True)
class Fault:
    """What is done to the datasets, and the measures that it must throw out of their bounds."""

    spoil: Spoil
    breaks: tuple[str, ...]


def changed(name: str, *studies: str, **columns: pl.Expr) -> Spoil:
    """Columns of one dataset set anew, in some studies or all."""
    return rewritten(name, *studies, by=lambda table: table.with_columns(**columns))


def rewritten(name: str, *studies: str, by: Callable[[pl.DataFrame], pl.DataFrame]) -> Spoil:
    """One dataset made anew, in some studies or all."""

    def spoil(datasets: Datasets) -> Datasets:
        return {
            study: {**tables, name: by(tables[name])}
            if name in tables and (not studies or study in studies)
            else tables
            for study, tables in datasets.items()
        }

    return spoil


def only(name: str, *studies: str, rows: pl.Expr) -> Spoil:
    """One dataset without its other rows."""
    return rewritten(name, *studies, by=lambda table: table.filter(rows))


def some_again(name: str, rows: pl.Expr) -> Spoil:
    """The first 200 of some rows a second time, in every study."""
    return rewritten(name, by=lambda table: pl.concat([table, table.filter(rows).head(200)]))


def dealt_out(name: str, column: str, when: pl.Expr) -> Spoil:
    """Values of a column dealt out anew among some rows of each study."""

    def deal(table: pl.DataFrame) -> pl.DataFrame:
        rows = table.with_row_index("row")
        chosen = rows.filter(when)
        new = chosen.select("row", new=chosen[column].shuffle(seed=1))
        rows = rows.join(new, on="row", how="left", maintain_order="left")
        return rows.with_columns(pl.coalesce("new", column).alias(column)).drop("row", "new")

    return rewritten(name, by=deal)


def moved(column: str, days: int | pl.Expr) -> pl.Expr:
    """A text's whole date so many days later; the rest of the text, and other texts, stay."""
    day = (day_of(column) + pl.duration(days=days)).dt.strftime("%Y-%m-%d")
    return pl.coalesce(day + pl.col(column).str.slice(10), column)


def moved_where(name: str, column: str, days: int | pl.Expr, rows: pl.Expr) -> Spoil:
    """Dates of some rows moved."""
    return changed(name, **{column: pl.when(rows).then(moved(column, days)).otherwise(column)})


def died_before(days: int) -> Spoil:
    """Everybody's death so many days earlier, nothing else changed."""
    return changed("DM", DTHDTC=moved("DTHDTC", -days))
