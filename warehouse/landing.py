"""The landing gate: whether a transfer is whole, and what it says it is.

Belongs here: comparing what a manifest states with the files, before any value is read. Does
not belong here: the values (`warehouse.raw`, `expectations`), and which transfers a cut uses
(`warehouse.intake`). Nothing in landing is changed.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from warehouse.contracts import RAW, TableContract
from warehouse.contracts.raw import (
    NUMBER,
    SOURCE,
    delivered_name,
    missing_datasets,
    raw_table_of,
)
from warehouse.files import file_sha256
from warehouse.manifest import MANIFEST_NAME, DatasetFile, Finding, Transfer
from warehouse.readers import FileFacts, UnreadableFileError, reader_for

#: Findings that a file gives while it is still being copied.
ARRIVING = ("file-missing", "file-unreadable", "file-unlisted", "bytes", "sha256")
_COPY_AGAIN = "Copy the file again, or ask the sender for a new transfer"
_CORRECT = "Have the sender correct the file or the manifest"


class TransferRefused(Exception):
    """The landing folder cannot serve the cut. Holds every finding, not only the first."""

    def __init__(self, landing: Path, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "\n".join(f"  - {finding}" for finding in self.findings)
        super().__init__(
            f"the transfers cannot be used, {len(self.findings)} finding(s) in {landing}:\n{lines}"
        )


def transfer_dates(landing: Path, study: str) -> tuple[list[date], list[Finding]]:
    """The transfer dates that folders of a study are named by, and folders named otherwise."""
    dates: list[date] = []
    findings: list[Finding] = []
    for name in sorted(entry.name for entry in (landing / study).iterdir() if entry.is_dir()):
        # A folder under a hidden name is still being written; its writer renames it when done.
        if name.startswith("."):
            continue
        try:
            day = date.fromisoformat(name)
        except ValueError:
            day = None
        if day is not None and name == day.isoformat():
            dates.append(day)
        else:
            message = (
                "is not named by a transfer date YYYY-MM-DD, so nothing tells whether it is "
                "newer than the others. Rename it, or move it out of landing"
            )
            findings.append(Finding(study, f"{study}/{name}", "transfer-folder", message))
    return dates, findings


def check_transfer(landing: Path, transfer: Transfer) -> list[Finding]:
    """Everything in which the files of a transfer are not what its manifest states."""
    findings: list[Finding] = []
    for file in transfer.datasets:
        findings += (
            Finding(transfer.study_id, file.file, rule, message)
            for rule, message in _check_file(landing, file)
        )
    listed = {MANIFEST_NAME, *(Path(file.file).name for file in transfer.datasets)}
    for entry in sorted(entry.name for entry in (landing / transfer.folder).iterdir()):
        # Hidden files are the traces of file managers and of copying.
        if entry not in listed and not entry.startswith("."):
            message = (
                f"is in the folder but not in {MANIFEST_NAME}. Move it out of landing, or ask the "
                "sender for a manifest that lists it"
            )
            name = f"{transfer.folder}/{entry}"
            findings.append(Finding(transfer.study_id, name, "file-unlisted", message))
    held = [file.name for file in transfer.datasets]
    for name in missing_datasets(transfer.study_id, held):
        message = (
            f"lists {len(held)} datasets but not {name}, which study {transfer.study_id} must "
            "deliver. Ask the sender for a complete transfer"
        )
        manifest = f"{transfer.folder}/{MANIFEST_NAME}"
        findings.append(Finding(transfer.study_id, manifest, "required-dataset", message))
    return findings


def _check_file(landing: Path, file: DatasetFile) -> list[tuple[str, str]]:
    """Rule and message of everything wrong with one file."""
    path = landing / file.file
    if not path.is_file():
        return [("file-missing", f"is in {MANIFEST_NAME} but not in the folder. {_COPY_AGAIN}")]
    found: list[tuple[str, str]] = []
    try:
        size = path.stat().st_size
        if size != file.bytes:
            # The hash then differs of necessity: one finding says it.
            message = f"has {size:,} bytes, the manifest states {file.bytes:,}. {_COPY_AGAIN}"
            found.append(("bytes", message))
        elif (digest := file_sha256(path)) != file.sha256:
            message = f"has SHA-256 {digest}, the manifest states {file.sha256}. {_COPY_AGAIN}"
            found.append(("sha256", message))
        facts = reader_for(path).inspect(path)
    except UnreadableFileError as error:
        return [*found, ("file-format", f"{error}. {_COPY_AGAIN}")]
    except OSError as error:
        message = f"cannot be read ({error.strerror}). Let the account that runs TOPAZ read it"
        return [("file-unreadable", message)]
    if facts.records != file.records:
        found.append(
            (
                "records",
                f"holds {facts.records:,} records in {size:,} bytes, the manifest states "
                # What arrived as it was sent is no better when it is copied again.
                f"{file.records:,}. {_COPY_AGAIN if found else _CORRECT}",
            )
        )
    if facts.dataset is not None and facts.dataset.upper() != file.name:
        found.append(
            (
                "dataset-name",
                f"holds dataset {facts.dataset!r}, the manifest states {file.name!r}. {_CORRECT}",
            )
        )
    table = raw_table_of(file.name)
    return found if table is None else [*found, *_check_variables(RAW[table], file.name, facts)]


def _check_variables(
    contract: TableContract, dataset: str, facts: FileFacts
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column in contract.columns:
        # Provenance is ours, not the sender's.
        if column in SOURCE:
            continue
        name = delivered_name(dataset, column.name)
        variable = name.upper()
        kind = facts.variables.get(name)
        expected = "number" if column.dtype == NUMBER else "text"
        if kind is None and column.required:
            message = (
                f"lacks variable {variable} ({column.label}); it has "
                f"{', '.join(facts.variables).upper()}. Ask the sender to add it"
            )
            found.append(("required-variable", message))
        elif kind not in (None, "empty", "untyped", expected):
            message = (
                f"variable {variable} ({column.label}) is of type {kind}, {expected} is expected. "
                "Ask the sender to deliver it as that"
            )
            found.append(("variable-type", message))
    return found
