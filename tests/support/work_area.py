"""Fills a work area with small tables that have passed their gates, ready to be published."""

import polars as pl

from warehouse.contracts import TableContract
from warehouse.lake import Lake
from warehouse.release import RELEASED, Release, publish

GATES = "gates-1"
PLANNED = {contract.sql_name: f"version of {contract.sql_name}" for contract in RELEASED}

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


def rows_of(contract: TableContract, value: float = 0.07) -> pl.LazyFrame:
    """One row for the long table of results, none for the others."""
    rows = [{**RESULT, "value": value}] if contract.sql_name == "results.result" else []
    return pl.LazyFrame(rows, schema=contract.schema)


def fill(lake: Lake, data_cut: str, *, value: float = 0.07) -> None:
    """Write every table of a release and a passed gate for each."""
    work = lake.work(data_cut)
    for contract in RELEASED:
        name = contract.sql_name
        record = work.write_table(
            contract,
            rows_of(contract, value),
            data_version=PLANNED[name],
            inputs={},
            code_version="code-1",
        )
        work.write_gate(
            name,
            record,
            gate_version=GATES,
            references={},
            has_passed=True,
            report={
                "text": "",
                "counts": {"expectations": 3, "failures": 0, "warnings": 0},
                "outcomes": [{"failing_keys": [{"person_id": "SECRET-PERSON"}]}],
            },
        )


def publish_filled(
    lake: Lake,
    data_cut: str,
    *,
    revision: str = "1",
    created_at: str = "2017-11-01T00:00:00+00:00",
    planned: dict[str, str] | None = None,
) -> Release:
    """Publish what `fill` wrote; another `revision` gives another release id."""
    return publish(
        lake,
        data_cut,
        planned=PLANNED if planned is None else planned,
        versions={**PLANNED, "revision": revision},
        gate_version=GATES,
        details={
            "created_at": created_at,
            "parameters": {"horizon_years": 8},
            "inputs": [
                {
                    "study_id": "LPS13649",
                    "transfer_date": "2017-10-20",
                    "cutoff": data_cut,
                    "file": "LPS13649/2017-10-20/dm.xpt",
                    "records": 1,
                    "sha256": "00",
                }
            ],
        },
    )
