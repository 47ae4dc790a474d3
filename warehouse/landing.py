"""The landing gate: which transfers a cut uses, and whether they are whole.

Belongs here: comparing what a manifest states with the files, before any value is read. Does
not belong here: the values (`warehouse.raw`, `expectations`). Nothing in landing is changed.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from warehouse.contracts import RAW, TableContract
from warehouse.contracts.raw import NUMBER, REQUIRED_DATASETS
from warehouse.files import file_sha256
from warehouse.manifest import (
    MANIFEST_NAME,
    DatasetFile,
    Finding,
    ManifestReading,
    Transfer,
    read_manifest,
)
from warehouse.readers import FileFacts, UnreadableFileError, reader_for

__all__ = [
    "DatasetFile",
    "Finding",
    "Transfer",
    "TransferRefused",
    "check_reached",
    "delivered_cutoffs",
    "newest_cutoff",
    "select_transfers",
]

TOPAZ_STUDY = "LPS13649"
CROSSWALK_NAME = "crosswalk.csv"

_COPY_AGAIN = "Copy the file again, or ask the sender for a new transfer"


class TransferRefused(Exception):
    """The landing folder cannot serve the cut. Holds every finding, not only the first."""

    def __init__(self, landing: Path, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "\n".join(f"  - {finding}" for finding in self.findings)
        super().__init__(
            f"transfer refused, {len(self.findings)} finding(s) in {landing}:\n{lines}"
        )


def select_transfers(landing: Path, cutoff: date) -> tuple[Transfer, ...]:
    """The newest transfer of each study whose cut-off is not after the cut's, checked whole.

    Newest is the latest cut-off and, among equal ones, the latest transfer date: a second
    delivery of an old cut does not hide newer data. A newer folder whose manifest cannot be
    read may belong to the cut, so it refuses the cut; the gate never falls back silently.

    Args:
        landing: folder `<STUDYID>/<transfer date>/…` (landing contract, "Layout").
        cutoff: cut-off date of the cut, inclusive (T-04).

    Returns:
        One transfer per study, in the order of `REQUIRED_DATASETS`.

    Raises:
        TransferRefused: a transfer is missing, incomplete or at odds with its manifest.
    """
    transfers: list[Transfer] = []
    findings: list[Finding] = _check_crosswalk(landing)
    for study in REQUIRED_DATASETS:
        transfer, faults = _newest_transfer(landing, study, cutoff)
        findings += faults
        if transfer is not None:
            transfers.append(transfer)
            findings += _check_transfer(landing, transfer)
    if findings:
        raise TransferRefused(landing, findings)
    return tuple(transfers)


def delivered_cutoffs(landing: Path) -> tuple[date, ...]:
    """The cut-offs that manifests of TOPAZ state, oldest first: the cuts that can be refreshed.

    Raises:
        TransferRefused: no manifest of TOPAZ states a cut-off.
    """
    readings, findings = _read_manifests(landing, TOPAZ_STUDY)
    cutoffs = {reading.cutoff for reading in readings if reading.cutoff is not None}
    if not cutoffs:
        findings += [finding for reading in readings for finding in reading.findings]
        raise TransferRefused(landing, findings or [_no_transfer(TOPAZ_STUDY, "is there")])
    return tuple(sorted(cutoffs))


def newest_cutoff(landing: Path) -> date:
    """The latest cut-off that a manifest of TOPAZ states: the default cut of a refresh.

    Raises:
        TransferRefused: no manifest of TOPAZ states a cut-off.
    """
    return delivered_cutoffs(landing)[-1]


def check_reached(landing: Path, cutoff: date) -> None:
    """Refuse a cut that no data reach: a release of it would stand before all later ones.

    Raises:
        TransferRefused: the cut-off is later than every cut-off of TOPAZ.
    """
    newest = newest_cutoff(landing)
    if cutoff > newest:
        what = f"reaches the cut-off {cutoff} (the newest is {newest})"
        raise TransferRefused(landing, [_no_transfer(TOPAZ_STUDY, what)])


def _check_crosswalk(landing: Path) -> list[Finding]:
    if not (landing / CROSSWALK_NAME).exists():
        return []
    message = (
        "names persons with several USUBJIDs, which this version cannot join: it would count them "
        "several times. Give each person one USUBJID in the extracts, and remove the file"
    )
    return [Finding("all", CROSSWALK_NAME, "crosswalk", message)]


def _newest_transfer(
    landing: Path, study: str, cutoff: date
) -> tuple[Transfer | None, list[Finding]]:
    readings, findings = _read_manifests(landing, study)
    if findings:
        return None, findings
    usable = [item for item in readings if item.cutoff is not None and item.cutoff <= cutoff]
    newest = max(usable, key=lambda item: (item.cutoff, item.folder_date), default=None)
    unknown = [
        item
        for item in readings
        if item.cutoff is None and (newest is None or item.folder_date > newest.folder_date)
    ]
    if unknown:
        return None, [finding for item in unknown for finding in item.findings]
    if newest is None:
        stated = ", ".join(sorted(str(item.cutoff) for item in readings)) or "none"
        what = f"has a cut-off on or before {cutoff} (cut-offs found: {stated})"
        return None, [_no_transfer(study, what)]
    return newest.transfer, list(newest.findings)


def _read_manifests(landing: Path, study: str) -> tuple[list[ManifestReading], list[Finding]]:
    folder = landing / study
    if not folder.is_dir():
        message = (
            f"the folder of study {study} is missing. Put its transfer into "
            f"{study}/<transfer date YYYY-MM-DD>/"
        )
        return [], [Finding(study, study, "study-folder", message)]
    readings: list[ManifestReading] = []
    findings: list[Finding] = []
    for name in sorted(entry.name for entry in folder.iterdir() if entry.is_dir()):
        # A folder under a hidden name is still being written; its writer renames it when done.
        if name.startswith("."):
            continue
        try:
            folder_date = date.fromisoformat(name)
            is_date = name == folder_date.isoformat()
        except ValueError:
            is_date = False
        if is_date:
            readings.append(read_manifest(landing, study, folder_date))
        else:
            message = (
                "is not named by a transfer date YYYY-MM-DD, so nothing tells whether it is "
                "newer than the others. Rename it, or move it out of landing"
            )
            findings.append(Finding(study, f"{study}/{name}", "transfer-folder", message))
    return readings, findings


def _no_transfer(study: str, what: str) -> Finding:
    message = f"no transfer of study {study} {what}. Add one, or choose another cut-off date"
    return Finding(study, study, "no-transfer", message)


def _check_transfer(landing: Path, transfer: Transfer) -> list[Finding]:
    findings: list[Finding] = []
    for file in transfer.datasets:
        findings += (
            Finding(transfer.study_id, file.file, rule, message)
            for rule, message in _check_file(landing, file)
        )
    listed = {MANIFEST_NAME, *(Path(file.file).name for file in transfer.datasets)}
    for entry in sorted(entry.name for entry in (landing / transfer.folder).iterdir()):
        if entry not in listed:
            message = (
                f"is in the folder but not in {MANIFEST_NAME}. Move it out of landing, or ask the "
                "sender for a manifest that lists it"
            )
            name = f"{transfer.folder}/{entry}"
            findings.append(Finding(transfer.study_id, name, "file-unlisted", message))
    held = {file.name for file in transfer.datasets}
    for name in REQUIRED_DATASETS[transfer.study_id]:
        if name not in held:
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
    size = path.stat().st_size
    if size != file.bytes:
        # The hash then differs of necessity: one finding says it.
        found.append(
            ("bytes", f"has {size:,} bytes, the manifest states {file.bytes:,}. {_COPY_AGAIN}")
        )
    elif (digest := file_sha256(path)) != file.sha256:
        message = f"has SHA-256 {digest}, the manifest states {file.sha256}. {_COPY_AGAIN}"
        found.append(("sha256", message))
    try:
        facts = reader_for(path).inspect(path)
    except UnreadableFileError as error:
        return [*found, ("file-format", f"{error}. {_COPY_AGAIN}")]
    if facts.records != file.records:
        found.append(
            (
                "records",
                f"holds {facts.records:,} records in {size:,} bytes, the manifest states "
                f"{file.records:,}. {_COPY_AGAIN}",
            )
        )
    if facts.dataset is not None and facts.dataset.upper() != file.name:
        found.append(
            (
                "dataset-name",
                f"holds dataset {facts.dataset!r}, the manifest states {file.name!r}. Have the "
                "sender correct the file or the manifest",
            )
        )
    contract = RAW.get(file.name.lower())
    return found if contract is None else [*found, *_check_variables(contract, facts)]


def _check_variables(contract: TableContract, facts: FileFacts) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column in contract.columns:
        # Provenance is ours, not the sender's.
        if column.name in ("source_file", "source_row"):
            continue
        variable = column.name.upper()
        kind = facts.variables.get(column.name)
        expected = "number" if column.dtype == NUMBER else "text"
        if kind is None and column.required:
            message = (
                f"lacks variable {variable} ({column.label}); it has "
                f"{', '.join(facts.variables).upper()}. Ask the sender to add it"
            )
            found.append(("required-variable", message))
        elif kind not in (None, "empty", expected):
            message = (
                f"variable {variable} ({column.label}) is of type {kind}, {expected} is expected. "
                "Ask the sender to deliver it as that"
            )
            found.append(("variable-type", message))
    return found
