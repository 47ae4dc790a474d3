"""Expectations that follow from a table's contract alone, the same for every table.

Belongs here: columns and types, key, null, closed terms, finite numbers. Does not belong here:
anything that needs the meaning of a column.
"""

import polars as pl

from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_query, failing_rows
from warehouse.contracts import TableContract

#: How DuckDB names the Parquet types in which Polars writes the contracts' types.
SQL_TYPES: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.Int32(): "INTEGER",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us"): "TIMESTAMP",
}


def contract_expectations(contract: TableContract) -> tuple[Expectation, ...]:
    """Expectations on columns, null, key, closed terms and numbers; all structural.

    One expectation asks the same of all columns concerned, and its failing rows name the column:
    a query per table and question, not per column, keeps the gates of a refresh to seconds.
    """
    expectations = [_columns(contract)]
    required = [column.name for column in contract.columns if not column.nullable]
    if required:
        expectations.append(_not_null(contract, required))
    expectations.append(_unique_key(contract))
    if any(column.terms for column in contract.columns):
        expectations.append(_closed_terms(contract))
    numbers = [column.name for column in contract.columns if column.dtype == pl.Float64()]
    if numbers:
        expectations.append(_finite(contract, numbers))
    return tuple(expectations)


def _columns(contract: TableContract) -> Expectation:
    promised = ", ".join(
        f"({position}, {sql_text(column.name)}, {sql_text(SQL_TYPES[column.dtype])})"
        for position, column in enumerate(contract.columns, start=1)
    )
    return failing_query(
        "columns",
        "structural",
        "",
        "The table's columns must be those of its contract, in order and with its types; write it "
        "through the contract's `conform`.",
        query=f"""
            SELECT position, promised.column_name AS promised_name,
                promised.column_type AS promised_type, found.column_name AS found_name,
                found.column_type AS found_type
            FROM (VALUES {promised}) AS promised (position, column_name, column_type)
            FULL JOIN (
                SELECT row_number() OVER () AS position, column_name, column_type
                FROM (DESCRIBE SELECT * FROM batch)
            ) AS found USING (position)
            WHERE promised.column_name IS DISTINCT FROM found.column_name
                OR promised.column_type IS DISTINCT FROM found.column_type
            ORDER BY position""",
        key=("position",),
    )


def _not_null(contract: TableContract, columns: list[str]) -> Expectation:
    missing = ", ".join(f"CASE WHEN t.{name} IS NULL THEN '{name}' END" for name in columns)
    return failing_rows(
        contract,
        "not_null",
        "structural",
        "",
        "A column that the contract calls not nullable holds null; the rows name it.",
        where=" OR ".join(f"t.{name} IS NULL" for name in columns),
        show=(f"concat_ws(', ', {missing}) AS null_columns",),
    )


def _unique_key(contract: TableContract) -> Expectation:
    # Grouping counts nulls as equal, so that a missing key is no way round the rule.
    key = ", ".join(f"t.{name}" for name in contract.key)
    return failing_query(
        "unique_key",
        "structural",
        "",
        f"One row per ({', '.join(contract.key)}): {contract.label}. Look for a record delivered "
        "twice, or a join that multiplied rows.",
        query=f"""
            SELECT {key}, count(*) AS n_rows FROM batch AS t GROUP BY {key}
            HAVING count(*) > 1 ORDER BY {key}""",
        key=contract.key,
    )


def _closed_terms(contract: TableContract) -> Expectation:
    closed = [column for column in contract.columns if column.terms]
    foreign = {column.name: f"t.{column.name} NOT IN {sql_list(column.terms)}" for column in closed}
    named = ", ".join(
        f"CASE WHEN {condition} THEN '{name} = ' || t.{name} END"
        for name, condition in foreign.items()
    )
    return failing_rows(
        contract,
        "closed_terms",
        "structural",
        "",
        "A value is not among its column's terms ("
        + "; ".join(
            f"{column.name}: {', '.join(term or 'empty' for term in column.terms)}"
            for column in closed
        )
        + "). A new term belongs in the contract first.",
        where=" OR ".join(foreign.values()),
        show=(f"concat_ws(', ', {named}) AS foreign_terms",),
    )


def _finite(contract: TableContract, columns: list[str]) -> Expectation:
    # NaN is not null in SQL: it passes every null check and compares greater than any number.
    named = ", ".join(
        f"CASE WHEN NOT isfinite(t.{name}) THEN '{name} = ' || t.{name} END" for name in columns
    )
    return failing_rows(
        contract,
        "finite",
        "structural",
        "",
        "A number is NaN or infinite; a missing value must be null. Look for a division by zero or "
        "a model that did not converge.",
        where=" OR ".join(f"NOT isfinite(t.{name})" for name in columns),
        show=(f"concat_ws(', ', {named}) AS not_finite",),
    )
