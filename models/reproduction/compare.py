"""The comparison itself: printed against computed value, one row for each printed one.

Belongs here: when two values are the same, and how far apart they are. Does not belong here:
where a computed value comes from (`readings`).
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from models.reproduction import tables
from models.reproduction.readings import Read, read_listing, read_results, read_setting
from models.result_row import round_half_away
from warehouse.contracts.results import OUTCOMES, RESULTS

MATCH, DIFFERENCE, ABSENT = OUTCOMES


def compare_with_published(
    result: pl.LazyFrame,
    line_listing: pl.LazyFrame,
    *,
    configuration: Mapping[str, float | str],
    data_cut: str,
) -> pl.LazyFrame:
    """Each printed value beside the one computed here.

    Args:
        result: all result rows; those of another scenario are not asked.
        line_listing: listed records of single patients.
        configuration: what the analysis is set to, by name.
        data_cut: cut-off date as text, written on every row.

    Returns:
        `results.reproduction`, one row per printed value; none if the printed values are not
        there.

    Raises:
        models.reproduction.tables.MappingError: the files do not fit each other.
        KeyError: the mapping names a setting that does not exist.
    """
    printed = tables.read_printed(tables.FOLDER).to_dicts()
    results = {row["source_key"] for row in printed if row["source_table"] == "results.result"}
    readers = {
        "results.result": read_results(result, results),
        "windows.line_listing": read_listing(line_listing),
        "configuration": read_setting(configuration),
    }
    rows = [
        _compared(row, readers[row["source_table"]](row["reading"], row["source_key"]))
        for row in printed
    ]
    contract = RESULTS["reproduction"]
    schema = {name: dtype for name, dtype in contract.schema.items() if name != "data_cut"}
    frame = pl.LazyFrame(rows, schema=schema)
    return contract.conform(frame.with_columns(data_cut=pl.lit(data_cut)))


def _compared(row: dict[str, Any], read: Read) -> dict[str, Any]:
    """The row with what was computed, and whether it is what is printed."""
    text = _at_printed_precision(row, read)
    is_bound = row["reading"] == "below"
    if text is None:
        outcome = ABSENT
    elif is_bound and read.value is not None:
        outcome = MATCH if read.value < row["printed_value"] else DIFFERENCE
    else:
        outcome = MATCH if text == row["printed_text"] else DIFFERENCE
    if is_bound and outcome == MATCH:
        text = f"<{row['printed_text']}"
    off = None
    if read.value is not None and row["decimals"] is not None:
        off = (read.value - row["printed_value"]) * 10 ** row["decimals"]
    notes = [note for note in (row["note"], read.note) if note]
    return {
        **row,
        "computed_value": read.value,
        "computed_text": text,
        "outcome": outcome,
        "units_off": off,
        "note": "; ".join(notes),
    }


def _at_printed_precision(row: dict[str, Any], read: Read) -> str | None:
    if read.value is None or row["decimals"] is None:
        return read.text
    return round_half_away(read.value, row["decimals"])
