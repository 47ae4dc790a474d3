"""Publishing: one immutable release of all tables of a cut, and one pointer to it.

Belongs here: the checks before publishing, the release's folder, its manifest. Does not belong
here: computing tables or deciding when to publish; reading releases (`warehouse.releases`), which
of them readers see (`warehouse.pointer`).

A release is built under a temporary name, checked, and renamed; readers follow
`published/current`, a symbolic link that is replaced in one step. Whatever kills the process
leaves the old release whole and current.
"""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.contracts import ALL, TableContract
from warehouse.contracts.audit import GATE_RESULT
from warehouse.contracts.release import HISTORY_RELEASE, HISTORY_RESULT
from warehouse.cut_diff.compare import compare, nothing_compared
from warehouse.database import write_database
from warehouse.files import atomic_write, file_sha256, link, to_json
from warehouse.gate_page import gate_page
from warehouse.gate_result import gate_results
from warehouse.history import history_of
from warehouse.lake import Lake, LakeBusy, TableNotReady, TableRecord, WorkArea
from warehouse.pointer import current, pinned, point, publishing
from warehouse.provenance import provenance
from warehouse.releases import (
    DATABASE,
    MANIFEST,
    Release,
    ReleaseRefused,
    all_releases,
    damage,
    find,
)

#: What a release may hold. Of these it holds the planned ones: the tables of the lineage.
RELEASED: tuple[TableContract, ...] = ALL
GATE_PAGE = "gates.html"

__all__ = [
    "DATABASE",
    "RELEASED",
    "Release",
    "ReleaseRefused",
    "all_releases",
    "checked_records",
    "current",
    "damage",
    "find",
    "publish",
    "release_id",
]


def release_id(data_cut: str, versions: Mapping[str, str]) -> str:
    """Name of a release: made of inputs, code and parameters alone, never of the time.

    `versions` has the data version of every table, and of what gates and publishes them.
    """
    text = json.dumps(dict(versions), sort_keys=True)
    return f"{data_cut}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def checked_records(
    work: WorkArea, planned: Mapping[str, str], gate_versions: Mapping[str, str]
) -> dict[str, TableRecord]:
    """The record of every table, if all of them may be published together.

    Args:
        work: the work area of the cut.
        planned: for each table by SQL name, the data version that it has when it is current.
        gate_versions: for each table, the fingerprint of the gate that it must have passed.

    Raises:
        ReleaseRefused: naming every table that is missing, torn, stale or not passed.
    """
    records: dict[str, TableRecord] = {}
    problems: list[str] = []
    for name, data_version in planned.items():
        try:
            record = work.passed_record(name)
        except TableNotReady as error:
            problems.append(str(error))
            continue
        gate = work.gate(name)
        if record.data_version != data_version:
            problems.append(
                f"{name} is not current: its inputs, its code or the rules have changed since it "
                "was computed. Materialise it again, or refresh the whole cut."
            )
        elif gate is None or gate.gate_version != gate_versions[name]:
            problems.append(
                f"{name} passed an earlier version of its gate, or one of other rules: "
                "materialise it again."
            )
        elif any(planned.get(other, seen) != seen for other, seen in gate.references.items()):
            problems.append(
                f"{name} passed its gate beside other tables that have changed since: "
                "materialise it again."
            )
        else:
            records[name] = record
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        message = f"Cut {work.data_cut} cannot be published; what is published stays:\n{lines}"
        raise ReleaseRefused(message)
    return records


def publish(
    lake: Lake,
    data_cut: str,
    *,
    planned: Mapping[str, str],
    versions: Mapping[str, str],
    gate_versions: Mapping[str, str],
    details: Mapping[str, Any],
) -> Release:
    """Publish the work area of a cut, if every table is current and has passed its gate.

    Args:
        lake: the lake.
        data_cut: cut-off date, the key of the work area.
        planned: for each table of the cut, its data version when it is current.
        versions: all that the release is made of; its id is their fingerprint.
        gate_versions: for each table, the fingerprint of the gate that it must have passed.
        details: what else the manifest says: `created_at`, `inputs`, `parameters`, `code` …
            (`warehouse.contracts.manifest`).

    Returns:
        The release. `published/current` shows it, unless a newer cut is already published or
        a pin holds it elsewhere.

    Raises:
        ReleaseRefused: a table is missing, stale or has not passed; nothing has changed.
        LakeBusy: another process publishes.
    """
    work = lake.work(data_cut)
    records = checked_records(work, planned, gate_versions)
    name = release_id(data_cut, versions)
    with publishing(lake):
        pinned(lake)  # one that cannot be read stops here, not after the work
        for leftover in lake.releases.glob(".[0-9]*-*"):
            shutil.rmtree(leftover)
        release = find(lake, name)
        if release is None:
            release = _build(lake, work, name, records, details)
        damaged = damage(release)
        if damaged:
            message = (
                f"Release {name} is damaged: {', '.join(damaged)}. Move {release.folder} away and "
                "refresh again."
            )
            raise ReleaseRefused(message)
        _compare(release, records)
        _show(lake, release)
    return release


def show_missed(lake: Lake, release: Release) -> None:
    """Show a whole release that is due: its run was killed before, or another one was due since.

    Does nothing while another process publishes, where a pin holds readers elsewhere, or where
    they see a newer cut.
    """
    shown = current(lake)
    if shown is None or shown.release_id != release.release_id:
        with contextlib.suppress(LakeBusy), publishing(lake):
            _show(lake, release)


def _show(lake: Lake, release: Release) -> None:
    pin = pinned(lake)
    if pin is not None:
        held = find(lake, pin.release_id)
        # It is shown already, unless a rollback was killed between its two steps.
        if held is not None and not damage(held):
            point(lake, held)
        return
    shown = current(lake)
    if shown is None or shown.data_cut <= release.data_cut:
        point(lake, release)


def _build(
    lake: Lake,
    work: WorkArea,
    name: str,
    records: Mapping[str, TableRecord],
    details: Mapping[str, Any],
) -> Release:
    target = lake.releases / name
    if target.exists():
        message = f"{target} is no whole release: it has no {MANIFEST}. Move it away, then refresh."
        raise ReleaseRefused(message)
    building = lake.releases / f".{name}"
    results = building / "results"
    results.mkdir(parents=True)
    (building / "patient").mkdir(mode=0o700)
    files = _link_tables(building, work, records)
    base = _base(lake, work.data_cut)
    gates = {table: work.gate(table) for table in records}
    manifest = {
        **details,
        "release_id": name,
        "data_cut": work.data_cut,
        "base_release_id": base.release_id if base is not None else None,
        "tables": {table: asdict(record) for table, record in records.items()},
        # Failing keys name patients, and a release's manifest may be read by anyone.
        "gates": {
            table: {
                "has_passed": gate.has_passed,
                "counts": gate.report.get("counts", {}),
                "warned": gate.report.get("warned", {}),
            }
            for table, gate in gates.items()
            if gate is not None
        },
    }
    # As it will be read: two releases are compared by their manifests.
    manifest = json.loads(to_json(manifest))
    difference = nothing_compared() if base is None else compare(base, Release(building, manifest))
    outcomes = gate_results(work, records)
    history = history_of([item for item in all_releases(lake) if item.data_cut <= work.data_cut])
    beside = [
        *provenance(manifest),
        (GATE_RESULT, outcomes),
        *difference.frames(),
        (HISTORY_RELEASE, history.releases),
        (HISTORY_RESULT, history.results),
    ]
    _write_tables(building, beside)
    write_database(results / DATABASE, results, manifest, beside)
    page = gate_page(outcomes, data_cut=work.data_cut, release_id=name)
    (results / GATE_PAGE).write_text(page, encoding="utf-8")
    others = (path for path in building.rglob("*") if path.is_file())
    manifest["files"] = files | {
        file: file_sha256(path)
        for path in others
        if (file := path.relative_to(building).as_posix()) not in files
    }
    atomic_write(building / MANIFEST, to_json(manifest))
    for file in (*manifest["files"], MANIFEST):
        (building / file).chmod(0o444)
    building.rename(target)
    return Release(target, manifest)


def _link_tables(
    building: Path, work: WorkArea, records: Mapping[str, TableRecord]
) -> dict[str, str]:
    """Link the tables of the lineage into a release; SHA-256 by path within it."""
    files: dict[str, str] = {}
    for table in RELEASED:
        if table.sql_name not in records:
            continue
        file = _path_of(table)
        target = building / file
        target.parent.mkdir(parents=True, exist_ok=True)
        link(work.table_path(table.sql_name), target)
        files[file] = file_sha256(target)
        if files[file] != records[table.sql_name].sha256:
            message = f"{table.sql_name} changed while it was being published: refresh again."
            raise ReleaseRefused(message)
    return files


def _path_of(table: TableContract) -> str:
    side = "patient" if table.is_patient_level else "results"
    return f"{side}/{table.layer}/{table.name}.parquet"


def _write_tables(building: Path, tables: Iterable[tuple[TableContract, pl.DataFrame]]) -> None:
    for table, frame in tables:
        path = building / _path_of(table)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path, compression="zstd")


def _base(lake: Lake, data_cut: str) -> Release | None:
    """The release that a new one is compared with: the one shown before it.

    That is what readers see, if it is of this cut or an older one; else the newest earlier one
    of such a cut. A damaged one is passed over: it must not keep a whole one from being made.
    """
    shown = current(lake)
    candidates = [shown] if shown is not None else []
    candidates += reversed(all_releases(lake))
    return next(
        (item for item in candidates if item.data_cut <= data_cut and not damage(item)), None
    )


def _compare(release: Release, records: Mapping[str, TableRecord]) -> None:
    """The same inputs, code and rules must have given the same bytes as last time."""
    other = [
        name
        for name, record in records.items()
        if release.manifest["tables"].get(name, {}).get("sha256") != record.sha256
    ]
    if other:
        message = (
            f"Release {release.release_id} exists, and {', '.join(other)} came out differently "
            "this time. Code or libraries changed while one of the two runs was going on, or a "
            f"table depends on something unnamed. Find out which; then move {release.folder} away "
            "and refresh again."
        )
        raise ReleaseRefused(message)
