"""Small releases on disk, made by hand: their tables, and the manifest that goes with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.contracts import ALL
from warehouse.contracts.release import HISTORY_RELEASE, HISTORY_RESULT
from warehouse.files import file_sha256, to_json
from warehouse.releases import MANIFEST, Release

CONTRACTS = {contract.sql_name: contract for contract in (*ALL, HISTORY_RELEASE, HISTORY_RESULT)}


def make_release(
    root: Path,
    name: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    data_cut: str = "2017-10-04",
    files: Mapping[str, str] | None = None,
    lineage: Mapping[str, Sequence[str]] | None = None,
    code: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    operations: Mapping[str, Any] | None = None,
    listed: Sequence[str] = (),
    created_at: str = "2017-11-01T00:00:00+00:00",
    base: str | None = None,
) -> Release:
    """A release of some tables.

    Args:
        root: folder of the releases.
        name: release id.
        tables: rows by SQL name; variables that are left out are null. Results are always there.
        data_cut: cut-off date.
        files: SHA-256 of each delivered file.
        lineage: tables that a table is computed from.
        code: code version of a table, where it is not `c1`.
        parameters: rules other than cut-off and horizon.
        operations: settings of operations; None = a release of the first version.
        listed: tables that the manifest names and the release does not hold.
        created_at: time of publishing.
        base: the release that it was compared with.
    """
    tables = {"results.result": (), **tables}
    folder = root / name
    records: dict[str, Any] = {}
    for table in (*tables, *listed):
        contract = CONTRACTS[table]
        rows = pl.LazyFrame([dict(row) for row in tables.get(table, ())], schema=contract.schema)
        side = "patient" if contract.is_patient_level else "results"
        path = folder / side / contract.layer / f"{contract.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = contract.conform(rows).collect()
        frame.write_parquet(path)
        records[table] = {
            "data_version": name,
            "sha256": file_sha256(path),
            "inputs": dict.fromkeys((lineage or {}).get(table, ()), "v"),
            "code_version": (code or {}).get(table, "c1"),
            "rows": frame.height,
        }
        if table in listed:
            path.unlink()
            # What it held is not known here: it is not the table of any other release.
            records[table]["sha256"] = name
    manifest: dict[str, Any] = {
        "release_id": name,
        "data_cut": data_cut,
        "created_at": created_at,
        "base_release_id": base,
        "parameters": {"cutoff": data_cut, "horizon_years": 8, **(parameters or {})},
        "inputs": [
            {"file": file, "sha256": sha256}
            for file, sha256 in (files or {"a/ce.xpt": name}).items()
        ],
        "tables": records,
        "gates": {},
    }
    if operations is not None:
        manifest["operations"] = dict(operations)
    manifest["files"] = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*.parquet"))
    }
    (folder / MANIFEST).write_bytes(to_json(manifest))
    return Release(folder, manifest)
