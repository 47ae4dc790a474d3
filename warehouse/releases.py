"""Releases as they lie: finding one, reading its manifest, telling whether it is whole.

Belongs here: what can be said of a release from its folder. Does not belong here: making one
(`warehouse.release`), which one readers see (`warehouse.pointer`).

    <root>/releases/<release_id>/manifest.json
    <root>/releases/<release_id>/results/    what BI tools may read
    <root>/releases/<release_id>/patient/    rows about patients, for the owner only
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.files import file_sha256
from warehouse.lake import Lake

DATABASE = "topaz.duckdb"
MANIFEST = "manifest.json"
SIDES = ("patient", "results")


class ReleaseRefused(RuntimeError):
    """A release cannot be made, shown or read; the message names every reason."""


class UnknownRelease(ReleaseRefused):
    """There is no release of that name."""


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
    def created_at(self) -> str:
        """When it was published, in ISO 8601."""
        return str(self.manifest["created_at"])

    @property
    def database(self) -> Path:
        """The DuckDB file that BI tools query."""
        return self.folder / "results" / DATABASE

    @property
    def lineage(self) -> dict[str, tuple[str, ...]]:
        """For each table by SQL name, the tables that it was computed from."""
        return {name: tuple(record["inputs"]) for name, record in self.manifest["tables"].items()}

    def table_path(self, sql_name: str) -> Path | None:
        """Where a table lies; None if the release does not hold it.

        Releases made before raw tables were kept hold none of them.
        """
        layer, name = sql_name.split(".")
        paths = (self.folder / side / layer / f"{name}.parquet" for side in SIDES)
        return next((path for path in paths if path.is_file()), None)

    def scan(self, sql_name: str) -> pl.LazyFrame | None:
        """The table, lazily; None if the release does not hold it."""
        path = self.table_path(sql_name)
        return None if path is None else pl.scan_parquet(path, glob=False)

    def is_whole(self, sql_name: str) -> bool:
        """Whether a table lies there with the bytes that the manifest says."""
        path = self.table_path(sql_name)
        if path is None:
            return False
        name = path.relative_to(self.folder).as_posix()
        return _files(self.manifest).get(name) == file_sha256(path)


def find(lake: Lake, name: str) -> Release | None:
    """A release by its id, or None."""
    folder = lake.releases / name
    return read_release(folder) if (folder / MANIFEST).is_file() else None


def all_releases(lake: Lake) -> list[Release]:
    """Every release, by cut-off date and time of publishing."""
    folders = (path.parent for path in lake.releases.glob(f"*/{MANIFEST}"))
    found = [read_release(folder) for folder in folders if not folder.name.startswith(".")]
    return sorted(found, key=lambda release: (release.data_cut, release.created_at))


def read_release(folder: Path) -> Release:
    """The release in a folder.

    Raises:
        ReleaseRefused: its manifest cannot be read.
    """
    try:
        return Release(folder, json.loads((folder / MANIFEST).read_text()))
    except (OSError, json.JSONDecodeError) as error:
        message = (
            f"{folder / MANIFEST} cannot be read ({error}). Restore it, or move {folder} away."
        )
        raise ReleaseRefused(message) from None


def damage(release: Release) -> list[str]:
    """What of a release is missing, or not what its manifest says; such a one is never shown."""
    return [
        f"{name} is missing or changed"
        for name, sha256 in sorted(_files(release.manifest).items())
        if not (path := release.folder / name).is_file() or file_sha256(path) != sha256
    ]


def _files(manifest: dict[str, Any]) -> dict[str, str]:
    if "files" in manifest:
        return dict(manifest["files"])
    # A release of the first version: it lists its raw tables, and does not hold them.
    sides = {"core": "patient", "windows": "patient", "results": "results"}
    tables = ((*name.split("."), record["sha256"]) for name, record in manifest["tables"].items())
    files = {
        f"{sides[layer]}/{layer}/{name}.parquet": sha256
        for layer, name, sha256 in tables
        if layer in sides
    }
    return {**files, f"results/{DATABASE}": manifest["database_sha256"]}
