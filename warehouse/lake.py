"""The lake: where the work area of a cut lies, and how a table gets there whole.

Belongs here: paths, atomic writes, the record beside each table, gate records, locks. Does
not belong here: what a table means, when it is computed, or publishing (`release`).

    <root>/landing/                           extracts as delivered
    <root>/work/<data_cut>/<layer>/<table>.parquet   + .json, the record of the table
    <root>/work/<data_cut>/gates/<layer>.<table>.json
    <root>/releases/<release_id>/             immutable
    <root>/published/current                  link to a release's results
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl

from warehouse.contracts import TableContract
from warehouse.files import atomic_write, file_sha256, link, to_json

PARQUET_ROW_GROUP = 262_144


class LakeBusy(RuntimeError):
    """Another process holds the lock that this one needs."""


class TableNotReady(RuntimeError):
    """A table was asked for that is missing, torn, or has not passed its gate."""


@contextlib.contextmanager
def lock(path: Path, what: str, *, is_waiting: bool = False) -> Iterator[None]:
    """Hold an exclusive lock; the system frees it when the process dies, however it dies.

    Args:
        path: the file of the lock, made if it is not there.
        what: what is locked, in words.
        is_waiting: whether to wait for another holder; for what takes no time.

    Raises:
        LakeBusy: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if is_waiting else fcntl.LOCK_NB))
        except OSError:
            message = (
                f"{what} is busy: {_holder(file)} holds {path}. Wait until it ends, then try again."
            )
            raise LakeBusy(message) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "another process"


@dataclass(frozen=True)
class TableRecord:
    """What is known of a table in the work area; written after the table itself.

    Attributes:
        data_version: fingerprint of inputs, code and parameters; says what it should be.
        sha256: digest of the Parquet bytes; says what it is.
        inputs: data version of each upstream table it was computed from, by SQL name.
        code_version: fingerprint of the code that computed it.
        rows: number of rows.
    """

    data_version: str
    sha256: str
    inputs: dict[str, str]
    code_version: str
    rows: int


@dataclass(frozen=True)
class GateRecord:
    """The outcome of a gate, for exactly one content of one table.

    Attributes:
        data_version: of the table that was checked.
        sha256: of the table that was checked.
        gate_version: fingerprint of the gates that checked it.
        references: data version of each other table that the gate looked at, by SQL name.
        has_passed: whether downstream tables may be computed from it.
        report: the gate's whole report, as JSON values.
    """

    data_version: str
    sha256: str
    gate_version: str
    references: dict[str, str]
    has_passed: bool
    report: dict[str, Any]


@dataclass(frozen=True)
class WorkArea:
    """The tables of one cut, on the way to a release."""

    root: Path
    data_cut: str

    def table_path(self, sql_name: str) -> Path:
        """Where the Parquet file of a table lies."""
        layer, name = sql_name.split(".")
        return self.root / layer / f"{name}.parquet"

    def _record_path(self, sql_name: str) -> Path:
        return self.table_path(sql_name).with_suffix(".json")

    def _gate_path(self, sql_name: str) -> Path:
        return self.root / "gates" / f"{sql_name}.json"

    def write_table(
        self,
        contract: TableContract,
        frame: pl.LazyFrame,
        *,
        data_version: str,
        inputs: Mapping[str, str],
        code_version: str,
    ) -> TableRecord:
        """Write a table and its record, replacing an earlier one.

        The Parquet bytes depend on the rows alone: the frame is sorted by the contract's
        key, and Polars writes no time stamp.
        """
        path = self.table_path(contract.sql_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        # What a killed run left may be read-only, or a link to a file of a release.
        temporary.unlink(missing_ok=True)
        frame.sink_parquet(temporary, row_group_size=PARQUET_ROW_GROUP, compression="zstd")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        # A release links to this file: it may be replaced, never written to.
        temporary.chmod(0o444)
        record = TableRecord(
            data_version=data_version,
            sha256=file_sha256(temporary),
            inputs=dict(inputs),
            code_version=code_version,
            rows=pl.scan_parquet(temporary, glob=False).select(pl.len()).collect().item(),
        )
        temporary.replace(path)
        atomic_write(self._record_path(contract.sql_name), to_json(asdict(record)))
        return record

    def record(self, sql_name: str, data_version: str | None = None) -> TableRecord:
        """The record of a table, or of its version that is asked for.

        Raises:
            TableNotReady: there is none, or the file is not the one that it describes.
        """
        path = self._record_path(sql_name)
        if not path.is_file() or not self.table_path(sql_name).is_file():
            message = f"{sql_name} has not been computed for cut {self.data_cut}: materialise it."
            raise TableNotReady(message)
        record = TableRecord(**json.loads(path.read_text()))
        if data_version not in (None, record.data_version):
            message = f"{sql_name} of cut {self.data_cut} is of another version: materialise it."
            raise TableNotReady(message)
        if file_sha256(self.table_path(sql_name)) != record.sha256:
            message = (
                f"{sql_name} of cut {self.data_cut} is not the table that its record describes "
                "(a write was cut short, or the file was changed by hand): materialise it again."
            )
            raise TableNotReady(message)
        return record

    def adopt(self, contract: TableContract, data_version: str) -> str | None:
        """Take over a table of this data version that lies here already, or at another cut.

        Equal versions are equal bytes, so a table that is there need not be computed again. One
        of another cut is linked, and gets its record here.

        Returns:
            The cut that had it; None if none has, or what lies there is not what it should be.
        """
        name = contract.sql_name
        others = (WorkArea(path, path.name) for path in sorted(self.root.parent.glob("[0-9]*")))
        for area in (self, *others):
            try:
                record = area.record(name, data_version)
            except TableNotReady:
                continue
            if area.root != self.root:
                path = self.table_path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_name(f".{path.name}.tmp")
                temporary.unlink(missing_ok=True)
                link(area.table_path(name), temporary)
                temporary.replace(path)
                atomic_write(self._record_path(name), to_json(asdict(record)))
            return area.data_cut
        return None

    @contextlib.contextmanager
    def staged(self, contract: TableContract, frame: pl.LazyFrame) -> Iterator[Path]:
        """Rows on their way into a table, as a file that is there while they are worked on."""
        path = self.root / "staged" / f"{contract.sql_name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            frame.sink_parquet(path, row_group_size=PARQUET_ROW_GROUP, compression="zstd")
            yield path
        finally:
            path.unlink(missing_ok=True)

    def write_gate(
        self,
        sql_name: str,
        record: TableRecord,
        *,
        gate_version: str,
        references: Mapping[str, str],
        has_passed: bool,
        report: dict[str, Any],
    ) -> GateRecord:
        """Keep the outcome of a gate for exactly this content of the table."""
        gate = GateRecord(
            record.data_version,
            record.sha256,
            gate_version,
            dict(references),
            has_passed,
            report,
        )
        atomic_write(self._gate_path(sql_name), to_json(asdict(gate)))
        return gate

    def gate(self, sql_name: str) -> GateRecord | None:
        """The last outcome of a table's gate, whichever content it was for."""
        path = self._gate_path(sql_name)
        return GateRecord(**json.loads(path.read_text())) if path.is_file() else None

    def passed_record(self, sql_name: str) -> TableRecord:
        """The record of a table that has passed its gate as it stands.

        Dagster's blocking checks stop only their own run; this is what stops a downstream
        table that is materialised alone, later.

        Raises:
            TableNotReady: the table is missing or torn, or its gate did not pass on it.
        """
        record = self.record(sql_name)
        gate = self.gate(sql_name)
        if gate is None or (gate.data_version, gate.sha256) != (record.data_version, record.sha256):
            message = (
                f"The gate of {sql_name} has not run on the table as it stands in cut "
                f"{self.data_cut}: materialise the table again, its gate runs with it."
            )
            raise TableNotReady(message)
        if not gate.has_passed:
            message = (
                f"The gate of {sql_name} failed in cut {self.data_cut}; nothing may be computed "
                f"from it. {gate.report.get('text', '')}"
            )
            raise TableNotReady(message)
        return record

    def scan(self, sql_name: str) -> pl.LazyFrame:
        """The table, lazily; no check of record or gate."""
        return pl.scan_parquet(self.table_path(sql_name), glob=False)

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """One run at a time works on a cut.

        Makes the folder of all work areas, for its owner only: it holds rows about patients.

        Raises (on entering):
            LakeBusy: another process works on it.
        """
        self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return lock(self._lock, f"The work area of cut {self.data_cut}")

    @property
    def holder(self) -> str | None:
        """Which process works on the cut just now; None if none does."""
        if not self._lock.is_file():
            return None
        with self._lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _holder(file)
        return None

    @property
    def _lock(self) -> Path:
        return self.root / "lock"


@dataclass(frozen=True)
class Lake:
    """The root folder under which all data rest."""

    root: Path

    @property
    def landing(self) -> Path:
        """Extracts as delivered."""
        return self.root / "landing"

    @property
    def releases(self) -> Path:
        """Immutable releases."""
        return self.root / "releases"

    @property
    def published(self) -> Path:
        """Where the pointer to the published release is."""
        return self.root / "published"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own records of runs: disposable."""
        return self.root / "dagster"

    def work(self, data_cut: str) -> WorkArea:
        """The work area of one cut."""
        return WorkArea(self.root / "work" / data_cut, data_cut)

    def work_areas(self) -> list[WorkArea]:
        """Those of all cuts that a run has begun, by cut-off date."""
        return [self.work(path.name) for path in sorted((self.root / "work").glob("*-*-*"))]
