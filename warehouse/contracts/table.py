"""The shape of a contract: what a column and a table promise."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: lower snake case; a quantity bears its unit as suffix (`days_at_risk`).
        dtype: Polars type; the same in every layer and in Parquet.
        label: one line, shown in Dagster and as SQL comment.
        unit: unit of measure, if the column is a quantity.
        nullable: whether null is an allowed value.
        required: raw tables only: whether an extract without this variable is refused.
        terms: the allowed values, if they are few and closed; empty = open.
    """

    name: str
    dtype: pl.DataType
    label: str
    unit: str | None = None
    nullable: bool = True
    required: bool = True
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableContract:
    """One table: where it stands, what a row is, what identifies a row.

    Attributes:
        layer: `raw`, `core`, `windows` or `results`.
        name: table name inside the layer.
        label: one line: what a row is.
        columns: in the order in which they are written.
        key: columns that identify a row; the table is sorted by them.
        rule_ids: rules of the analysis plan that the table carries out.
        is_patient_level: whether rows are about single patients (never published to BI).
    """

    layer: str
    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rule_ids: tuple[str, ...] = ()
    is_patient_level: bool = True

    @property
    def sql_name(self) -> str:
        """`layer.name`, as written in SQL."""
        return f"{self.layer}.{self.name}"

    @property
    def schema(self) -> pl.Schema:
        """Column names and types in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @property
    def column_names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def conform(self, frame: pl.LazyFrame, *, is_sorted: bool = False) -> pl.LazyFrame:
        """Select the contract's columns in order, with its types, sorted by its key.

        Args:
            frame: rows with at least the contract's columns.
            is_sorted: whether the rows come sorted by the key: they are not sorted again.

        Raises (on collect):
            polars.exceptions.ColumnNotFoundError: a column is missing.
            polars.exceptions.InvalidOperationError: a value does not fit the type.
        """
        rows = frame.select(pl.col(column.name).cast(column.dtype) for column in self.columns)
        return rows if is_sorted else rows.sort(self.key)


def by_name(tables: Sequence[TableContract]) -> dict[str, TableContract]:
    """Tables by their name inside the layer."""
    return {table.name: table for table in tables}
