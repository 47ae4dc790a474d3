"""Where a release's numbers come from, as tables: its manifest, told in SQL (`audit.*`).

Belongs here: rows made from the manifest alone. No patient is named in it, and no time.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from warehouse.contracts import TableContract
from warehouse.contracts.release import GATE, RELEASE, TRANSFER


def provenance(manifest: Mapping[str, Any]) -> list[tuple[TableContract, pl.DataFrame]]:
    """`audit.release`, `audit.transfer` and `audit.gate` of a release."""
    release = {
        "release_id": manifest["release_id"],
        "data_cut": manifest["data_cut"],
        "base_release_id": manifest["base_release_id"],
        "code": manifest.get("code", {}).get("fingerprint"),
        "parameters": json.dumps(manifest["parameters"], sort_keys=True),
    }
    transfers = [
        {**row, **{name: _date(row[name]) for name in ("transfer_date", "cutoff")}}
        for row in manifest["inputs"]
    ]
    gates = [
        {
            "table_name": table,
            "has_passed": gate["has_passed"],
            **gate["counts"],
            "data_version": manifest["tables"][table]["data_version"],
        }
        for table, gate in manifest["gates"].items()
    ]
    return [
        (contract, contract.conform(pl.LazyFrame(rows, schema=contract.schema)).collect())
        for contract, rows in ((RELEASE, [release]), (TRANSFER, transfers), (GATE, gates))
    ]


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
