"""Fills a work area with small tables that have passed their gates, ready to be published."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from warehouse.contracts import TableContract
from warehouse.lake import Lake
from warehouse.release import RELEASED, Release, publish

GATES = "gates-1"
PLANNED = {contract.sql_name: f"version of {contract.sql_name}" for contract in RELEASED}
#: Rows by table, as a test writes them: variables that are left out are null.
Rows = Mapping[str, Sequence[Mapping[str, Any]]]

RESULT = {
    "analysis_id": "arr.window",
    "population": "efficacy",
    "group_id": "3-courses",
    "category": "",
    "anchor": "course-3",
    "analysis_window": "M0..M12",
    "timepoint": "",
    "comparator": "",
    "scenario": "primary",
    "statistic": "rate",
    "result_id": "arr.window|efficacy|3-courses",
    "value": 0.07,
    "value_text": "0.07",
    "is_estimable": True,
    "n_total": 144,
    "method": "NB2",
    "diagnostics": "{}",
    "rule_ids": "E-02",
    "data_cut": "2017-10-04",
}
OUTCOME = {
    "id": "key_is_unique",
    "severity": "structural",
    "rule_id": "",
    "passed": True,
    "error": None,
    "n_unexpected": 0,
    "n_quarantined": 0,
    "not_applicable": None,
    "message": "the key identifies a row",
    "failing_keys": [{"person_id": "SECRET-PERSON"}],
}
PARAMETERS = {"cutoff": "2017-10-04", "horizon_years": 8}
TRANSFER = {
    "study_id": "LPS13649",
    "transfer_date": "2017-10-20",
    "cutoff": "2017-10-04",
    "file": "LPS13649/2017-10-20/dm.xpt",
    "records": 1,
    "sha256": "00",
}


def rows_of(contract: TableContract, value: float = 0.07) -> pl.LazyFrame:
    """One row for the long table of results, none for the others."""
    rows = [{**RESULT, "value": value}] if contract.sql_name == "results.result" else []
    return pl.LazyFrame(rows, schema=contract.schema)


def fill(
    lake: Lake,
    data_cut: str,
    *,
    value: float = 0.07,
    rows: Rows | None = None,
    lineage: Mapping[str, Sequence[str]] | None = None,
    code: Mapping[str, str] | None = None,
) -> None:
    """Write every table of a release and a passed gate for each.

    `rows`, `lineage` and `code` give single tables other rows, inputs and code versions.
    """
    work = lake.work(data_cut)
    for contract in RELEASED:
        name = contract.sql_name
        frame = rows_of(contract, value)
        if name in (rows or {}):
            frame = contract.conform(pl.LazyFrame(list(rows[name]), schema=contract.schema))
        record = work.write_table(
            contract,
            frame,
            data_version=PLANNED[name],
            inputs={one: PLANNED[one] for one in (lineage or {}).get(name, ())},
            code_version=(code or {}).get(name, "code-1"),
        )
        work.write_gate(
            name,
            record,
            gate_version=GATES,
            references={},
            has_passed=True,
            report={
                "text": "",
                "n_rows": record.rows,
                "counts": {"expectations": 3, "failures": 0, "warnings": 0},
                "outcomes": [OUTCOME],
            },
        )


def publish_filled(
    lake: Lake,
    data_cut: str,
    *,
    revision: str = "1",
    created_at: str = "2017-11-01T00:00:00+00:00",
    planned: dict[str, str] | None = None,
    **details: Any,
) -> Release:
    """Publish what `fill` wrote; another `revision` gives another release id."""
    return publish(
        lake,
        data_cut,
        planned=PLANNED if planned is None else planned,
        versions={**PLANNED, "revision": revision},
        gate_versions=dict.fromkeys(PLANNED, GATES),
        details={
            "created_at": created_at,
            "dagster_run_id": None,
            "parameters": {**PARAMETERS, "cutoff": data_cut},
            "operations": {"kept_releases": 0},
            "inputs": [{**TRANSFER, "cutoff": data_cut}],
            "code": {"version": "1", "fingerprint": "f"},
            "libraries": {"polars": "2"},
            "python": "3.11",
            "seconds": {"raw.dm": 0.1},
            **details,
        },
    )
