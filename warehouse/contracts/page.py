"""The page of all tables, `docs/tables.md`, made from their contracts.

Belongs here: the text of that page. Write it anew with
`python -m warehouse.contracts.page > docs/tables.md`; a test compares it with the contracts.
"""

import sys
from itertools import groupby

import polars as pl

from warehouse.contracts import ALL, Column, TableContract
from warehouse.contracts.audit import GATE_RESULT
from warehouse.contracts.cut_diff import CUT_DIFF
from warehouse.contracts.landing import TRANSFER
from warehouse.contracts.release import OF_A_RELEASE

_INTRODUCTION = """\
# Tables

Every table of the lake: what a row is, its key, its columns with type and unit, and the values that
are allowed if they are few. This page is made from the contracts, as are the gates, the columns in
Dagster and the comments in SQL: `python -m warehouse.contracts.page > docs/tables.md`. *Patient
side* marks tables with rows about single patients, which are never in `topaz.duckdb`.
"""

_TYPES: dict[pl.DataType, str] = {
    pl.String(): "text",
    pl.Int32(): "integer",
    pl.Int64(): "integer",
    pl.Float64(): "number",
    pl.Boolean(): "yes/no",
    pl.Date(): "date",
    pl.Datetime("us"): "date and time",
}
#: In the order of the page: the tables of the lineage, then what a release tells of itself.
EVERY_TABLE = (TRANSFER, *ALL, GATE_RESULT, *CUT_DIFF, *OF_A_RELEASE)


def tables_page() -> str:
    """All contracts as one page of Markdown."""
    parts = [_INTRODUCTION]
    for layer, tables in groupby(EVERY_TABLE, key=lambda table: table.layer):
        parts.append(f"## {layer}\n")
        # Tables of equal columns are told once: quarantine, and what each family estimates.
        for _, alike in groupby(tables, key=lambda table: (table.columns, table.key)):
            parts.append(_section(list(alike)))
    return "\n".join(parts)


def _section(tables: list[TableContract]) -> str:
    """Tables with the same columns."""
    first = tables[0]
    label = [f"{first.label}.\n"]
    if len(tables) > 1:
        label = [*(f"- `{table.sql_name}`: {table.label}" for table in tables), ""]
    side = " Patient side." if first.is_patient_level else ""
    rules = sorted({rule for table in tables for rule in table.rule_ids})
    rules_text = f" Rules: {', '.join(rules)}." if rules else ""
    lines = [
        f"### {', '.join(table.sql_name for table in tables)}\n",
        *label,
        f"Key: {', '.join(first.key)}.{side}{rules_text}\n",
        "| column | type | unit | may be missing | what it is |",
        "|---|---|---|---|---|",
        *map(_column, first.columns),
        "",
    ]
    return "\n".join(lines)


def _column(column: Column) -> str:
    terms = f" ({', '.join(term or 'empty' for term in column.terms)})" if column.terms else ""
    missing = "yes" if column.nullable else ""
    kind, unit = _TYPES[column.dtype], column.unit or ""
    return f"| {column.name} | {kind} | {unit} | {missing} | {column.label}{terms} |"


if __name__ == "__main__":
    sys.stdout.write(tables_page())
