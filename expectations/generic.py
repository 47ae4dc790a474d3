"""Expectations that follow from a table's contract alone, the same for every table.

Belongs here: columns and types, key, null, closed terms, finite numbers. Does not belong here:
anything that needs the meaning of a column.
"""

import polars as pl

from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, Severity, failing_query, failing_rows, is_dataset
from warehouse.contracts import TableContract

#: Of a row that breaks this rule alone, nothing is lost by putting it aside.
RECORD_ONCE = "record_once"

#: How DuckDB names the Parquet types in which Polars writes the contracts' types.
SQL_TYPES: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.Int32(): "INTEGER",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us"): "TIMESTAMP",
}


def contract_expectations(contract: TableContract) -> tuple[Expectation, ...]:
    """Expectations on columns, key and values (null, closed terms, numbers).

    All are structural but for the datasets of the raw layer: there a missing value or a key
    delivered twice is the fault of single rows, which go to quarantine.

    One expectation asks the same of all columns concerned, and its failing rows name the column:
    a query per table and question, not per column, keeps the gates of a refresh to seconds.
    """
    return (_columns(contract), _values(contract), _unique_key(contract))


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
    )


def _values(contract: TableContract) -> Expectation:
    problems = {
        **{
            f"{column.name} is null": f"t.{column.name} IS NULL"
            for column in contract.columns
            if not column.nullable
        },
        **{
            f"{column.name} is no term of it": f"t.{column.name} NOT IN {sql_list(column.terms)}"
            for column in contract.columns
            if column.terms
        },
        # NaN is not null in SQL: it passes every null check and compares greater than any number.
        **{
            f"{column.name} is not finite": f"NOT isfinite(t.{column.name})"
            for column in contract.columns
            if column.dtype == pl.Float64()
        },
    }
    terms = "; ".join(
        f"{column.name}: {', '.join(term or 'empty' for term in column.terms)}"
        for column in contract.columns
        if column.terms
    )
    return failing_rows(
        contract,
        "values_as_promised",
        _of_rows(contract),
        "",
        "A column that the contract calls not nullable holds null, a number is NaN or infinite (a "
        "missing value must be null: look for a division by zero), or a text is none of its "
        "column's terms"
        + (f" ({terms}): a new term belongs in the contract first." if terms else "."),
        where=problems,
        show=tuple(
            f"t.{column.name}"
            for column in contract.columns
            if column.terms and column.name not in contract.key
        ),
    )


def _unique_key(contract: TableContract) -> Expectation:
    # Grouping counts nulls as equal, so that a missing key is no way round the rule.
    key = ", ".join(f"t.{name}" for name in contract.key)
    advice = (
        "Rows of one key differ, and nothing tells which is right. Query the site."
        if is_dataset(contract)
        else "Look for a record delivered twice, or a join that multiplied rows."
    )
    return failing_query(
        "unique_key",
        _of_rows(contract),
        "",
        f"One row per ({', '.join(contract.key)}): {contract.label}. {advice}",
        query=f"""
            SELECT {key}, count(*) AS n_rows FROM batch AS t GROUP BY {key}
            HAVING count(*) > 1 ORDER BY {key}""",
        row_query=f"""
            SELECT source_file, source_row, n_rows || ' rows of this key, which differ' AS offending
            FROM ({_rows_of_keys_twice(contract)}) AS twice WHERE n_contents > 1"""
        if is_dataset(contract)
        else None,
    )


def record_once(contract: TableContract) -> Expectation:
    """Expect no row of a dataset to repeat another one wholly; of a raw dataset only."""
    key = ", ".join(contract.key)
    repeated = f"({_rows_of_keys_twice(contract)}) AS twice WHERE number > 1"
    return failing_query(
        RECORD_ONCE,
        "content",
        "",
        "The row repeats another one in every value. The first is kept, so that nothing is lost; "
        "ask the sender why records come twice.",
        query=f"SELECT {key}, source_file, source_row FROM {repeated} ORDER BY {key}, number",
        row_query="SELECT source_file, source_row, 'repeats row ' || first_row || ' of ' || "
        f"first_file AS offending FROM {repeated}",
    )


def _rows_of_keys_twice(contract: TableContract) -> str:
    """Rows of keys that are there twice: how many, how many contents, which of its content."""
    key = ", ".join(f"t.{name}" for name in contract.key)
    same_key = " AND ".join(f"t.{name} IS NOT DISTINCT FROM k.{name}" for name in contract.key)
    provenance = ("source_file", "source_row")
    content = ", ".join(f"t.{c.name}" for c in contract.columns if c.name not in provenance)
    # Few keys are there twice: contents are compared among their rows alone.
    return f"""
        SELECT {key}, t.source_file, t.source_row,
            count(*) OVER of_key AS n_rows,
            count(DISTINCT row({content})) OVER of_key AS n_contents,
            row_number() OVER alike AS number,
            first(t.source_file) OVER alike AS first_file,
            first(t.source_row) OVER alike AS first_row
        FROM batch AS t JOIN (
            SELECT {key} FROM batch AS t GROUP BY {key} HAVING count(*) > 1
        ) AS k ON {same_key}
        WINDOW of_key AS (PARTITION BY {key}),
            alike AS (PARTITION BY {content} ORDER BY t.source_file, t.source_row)"""


def _of_rows(contract: TableContract) -> Severity:
    return "content" if is_dataset(contract) else "structural"
