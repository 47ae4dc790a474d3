"""Publishing: one immutable release of all tables of a cut, and one pointer to it.

Belongs here: the checks before publishing, the release's folder, the pointer, the manifest.
Does not belong here: computing tables or deciding when to publish.

A release is built under a temporary name, checked, and renamed; readers follow
`published/current`, a symbolic link that is replaced in one step. Whatever kills the process
leaves the old release whole and current.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from warehouse.contracts import CORE, RESULTS, WINDOWS, TableContract
from warehouse.database import write_database
from warehouse.files import atomic_write, file_sha256, to_json
from warehouse.lake import Lake, TableNotReady, TableRecord, WorkArea, lock

#: What a release holds; raw tables can be made again from the transfers named in it.
RELEASED: tuple[TableContract, ...] = (*CORE.values(), *WINDOWS.values(), *RESULTS.values())
DATABASE = "topaz.duckdb"
MANIFEST = "manifest.json"


class ReleaseRefused(RuntimeError):
    """The work area is not fit to be published; the message names every reason."""


@dataclass(frozen=True)
class Release:
    """One published set of tables: its folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def release_id(self) -> str:
        """Cut-off date and fingerprint."""
        return str(self.manifest["release_id"])

    @property
    def data_cut(self) -> str:
        """Cut-off date of the data."""
        return str(self.manifest["data_cut"])

    @property
    def database(self) -> Path:
        """The DuckDB file that BI tools query."""
        return self.folder / "results" / DATABASE


def release_id(data_cut: str, versions: Mapping[str, str]) -> str:
    """Name of a release: made of inputs, code and parameters alone, never of the time.

    `versions` has the data version of every table, and of what gates and publishes them.
    """
    text = json.dumps(dict(versions), sort_keys=True)
    return f"{data_cut}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def current(lake: Lake) -> Release | None:
    """The release that readers see, or None before the first."""
    pointer = lake.published / "current"
    return _read(pointer.resolve().parent) if pointer.exists() else None


def find(lake: Lake, name: str) -> Release | None:
    """A release by its id, or None."""
    folder = lake.releases / name
    return _read(folder) if (folder / MANIFEST).is_file() else None


def all_releases(lake: Lake) -> list[Release]:
    """Every release, by cut-off date and time of publishing."""
    folders = (path.parent for path in lake.releases.glob(f"*/{MANIFEST}"))
    found = [_read(folder) for folder in folders if not folder.name.startswith(".")]
    return sorted(found, key=lambda release: (release.data_cut, release.manifest["created_at"]))


def _read(folder: Path) -> Release:
    try:
        return Release(folder, json.loads((folder / MANIFEST).read_text()))
    except (OSError, json.JSONDecodeError) as error:
        message = (
            f"{folder / MANIFEST} cannot be read ({error}). Restore it, or move {folder} away."
        )
        raise ReleaseRefused(message) from None


def checked_records(
    work: WorkArea, planned: Mapping[str, str], gate_version: str
) -> dict[str, TableRecord]:
    """The record of every table, if all of them may be published together.

    Args:
        work: the work area of the cut.
        planned: for each table by SQL name, the data version that it has when it is current.
        gate_version: fingerprint of the gates that must have passed.

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
        elif gate is None or gate.gate_version != gate_version:
            problems.append(
                f"{name} passed an earlier version of its gate, or one of other rules: "
                "materialise it again."
            )
        elif any(planned[other] != seen for other, seen in gate.references.items()):
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
    gate_version: str,
    details: Mapping[str, Any],
) -> Release:
    """Publish the work area of a cut, if every table is current and has passed its gate.

    Args:
        lake: the lake.
        data_cut: cut-off date, the key of the work area.
        planned: for each table of the cut, its data version when it is current.
        versions: all that the release is made of; its id is their fingerprint.
        gate_version: fingerprint of the gates that must have passed.
        details: what else the manifest says: `inputs`, `parameters`, `created_at` …

    Returns:
        The release. `published/current` shows it, unless a newer cut is already published.

    Raises:
        ReleaseRefused: a table is missing, stale or has not passed; nothing has changed.
        LakeBusy: another process publishes.
    """
    work = lake.work(data_cut)
    records = checked_records(work, planned, gate_version)
    name = release_id(data_cut, versions)
    with lock(lake.published / "lock", "Publishing"):
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
        shown = current(lake)
        if shown is None or shown.data_cut <= data_cut:
            _point(lake, release)
    return release


def _build(
    lake: Lake,
    work: WorkArea,
    name: str,
    records: Mapping[str, TableRecord],
    details: Mapping[str, Any],
) -> Release:
    building = lake.releases / f".{name}"
    patient, results = building / "patient", building / "results"
    results.mkdir(parents=True)
    patient.mkdir(mode=0o700)
    for table in RELEASED:
        side = patient if table.is_patient_level else results
        target = side / table.layer / f"{table.name}.parquet"
        target.parent.mkdir(exist_ok=True)
        _link(work.table_path(table.sql_name), target)
        if file_sha256(target) != records[table.sql_name].sha256:
            message = f"{table.sql_name} changed while it was being published: refresh again."
            raise ReleaseRefused(message)
    gates = {table: work.gate(table) for table in records}
    manifest = {
        **details,
        "release_id": name,
        "data_cut": work.data_cut,
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
    earlier = [item.folder for item in all_releases(lake) if item.data_cut <= work.data_cut]
    database = results / DATABASE
    write_database(database, results, manifest, earlier)
    manifest["database_sha256"] = file_sha256(database)
    atomic_write(building / MANIFEST, to_json(manifest))
    for path in (database, building / MANIFEST):
        path.chmod(0o444)
    target = lake.releases / name
    if target.exists():
        message = f"{target} is no whole release: it has no {MANIFEST}. Move it away, then refresh."
        raise ReleaseRefused(message)
    building.rename(target)
    return Release(target, manifest)


def _link(source: Path, target: Path) -> None:
    """Hard link where the file system can; work files are replaced, never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def damage(release: Release) -> list[str]:
    """What of a release is missing, or not what its manifest says; such a one is never shown."""
    expected = {
        release.folder
        / ("patient" if table.is_patient_level else "results")
        / table.layer
        / f"{table.name}.parquet": release.manifest["tables"][table.sql_name]["sha256"]
        for table in RELEASED
    }
    expected[release.database] = release.manifest["database_sha256"]
    return [
        f"{path.relative_to(release.folder)} is missing or changed"
        for path, sha256 in expected.items()
        if not path.is_file() or file_sha256(path) != sha256
    ]


def _compare(release: Release, records: Mapping[str, TableRecord]) -> None:
    """The same inputs, code and rules must have given the same bytes as last time."""
    other = [
        name
        for name, record in records.items()
        if release.manifest["tables"][name]["sha256"] != record.sha256
    ]
    if other:
        message = (
            f"Release {release.release_id} exists, and {', '.join(other)} came out differently "
            "this time. Code or libraries changed while one of the two runs was going on, or a "
            f"table depends on something unnamed. Find out which; then move {release.folder} away "
            "and refresh again."
        )
        raise ReleaseRefused(message)


def _point(lake: Lake, release: Release) -> None:
    lake.published.mkdir(parents=True, exist_ok=True)
    temporary = lake.published / ".current.tmp"
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    temporary.symlink_to(Path("..") / "releases" / release.release_id / "results")
    temporary.replace(lake.published / "current")
