"""The gates' outcomes as a table: one row per table and expectation (`audit.gate_result`).

Belongs here: what may be published of a gate record. Rows that failed, their keys and values, and
what the database said of them name patients: they stay in the work area.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from warehouse.contracts.audit import GATE_RESULT
from warehouse.lake import GateRecord, WorkArea


def gate_results(work: WorkArea, tables: Iterable[str]) -> pl.DataFrame:
    """How every expectation of some tables came out, from the gate records of a work area.

    Args:
        work: the work area of a cut.
        tables: SQL names; one whose gate has not run has no row.

    Returns:
        `audit.gate_result`, sorted by its key.
    """
    records = {name: work.gate(name) for name in tables}
    rows = [
        _row(name, record, outcome)
        for name, record in records.items()
        if record is not None
        for outcome in record.report["outcomes"]
    ]
    return GATE_RESULT.conform(pl.LazyFrame(rows, schema=GATE_RESULT.schema)).collect()


def _row(name: str, record: GateRecord, outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "table_name": name,
        "expectation": outcome["id"],
        "severity": outcome["severity"],
        "rule_id": outcome["rule_id"],
        "outcome": _outcome(outcome),
        "n_rows": record.report["n_rows"],
        "n_unexpected": outcome["n_unexpected"],
        "n_quarantined": outcome["n_quarantined"],
        # The words of an error quote values of the data.
        "message": outcome["not_applicable"] or outcome["message"],
        "data_version": record.data_version,
    }


def _outcome(outcome: Mapping[str, Any]) -> str:
    if outcome["error"] is not None:
        return "error"
    if not outcome["passed"]:
        return "warned" if outcome["severity"] == "plausibility" else "failed"
    return "quarantined" if outcome["n_quarantined"] else "passed"
