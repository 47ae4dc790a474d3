"""The manifest of a transfer: what its sender says was sent.

Belongs here: reading `manifest.json` and saying what is wrong with it. Does not belong here:
comparing it with the files, or choosing among transfers (`warehouse.landing`).
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

MANIFEST_NAME = "manifest.json"
#: Stands for the study in what is said of all studies together: the crosswalk.
ALL_STUDIES = "ALL"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Finding:
    """One reason to refuse a transfer.

    Attributes:
        study: STUDYID.
        file: file or folder, relative to landing.
        rule: short name of the rule that was broken.
        message: what was found, what was expected, what to do.
    """

    study: str
    file: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file} [{self.rule}]: {self.message}"


@dataclass(frozen=True)
class DatasetFile:
    """One dataset of a transfer, as its manifest states it.

    Attributes:
        name: SDTM name in upper case (`DM`).
        file: path relative to landing, with `/`.
        records: number of rows.
        bytes: length of the file.
        sha256: hash of the file, 64 lower-case hexadecimal digits.
    """

    name: str
    file: str
    records: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Transfer:
    """One delivery of one study.

    Attributes:
        study_id: STUDYID.
        transfer_date: when it was sent.
        cutoff: last day that it covers.
        folder: path relative to landing, with `/`.
        datasets: in the order of the manifest.
    """

    study_id: str
    transfer_date: date
    cutoff: date
    folder: str
    datasets: tuple[DatasetFile, ...]


@dataclass(frozen=True)
class Selection:
    """What a cut is made from.

    Attributes:
        transfers: one per study, in the order of the studies.
        crosswalk: the file that says which USUBJIDs are one person, dataset `CROSSWALK`; None if
            each person has one.
        notes: newer transfers that were passed over, and why.
    """

    transfers: tuple[Transfer, ...]
    crosswalk: DatasetFile | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ManifestReading:
    """A transfer folder and what its manifest gave.

    Attributes:
        folder: path relative to landing.
        folder_date: transfer date by the folder's name.
        cutoff: None if the manifest does not tell it.
        transfer: None if there are findings.
        findings: everything wrong with the manifest itself.
        is_whole: whether it is there and is JSON; else it may still be on its way.
    """

    folder: str
    folder_date: date
    cutoff: date | None
    transfer: Transfer | None
    findings: tuple[Finding, ...]
    is_whole: bool


def read_manifest(landing: Path, study: str, folder_date: date) -> ManifestReading:
    """Read the manifest in `<landing>/<study>/<folder_date>`; never raises for its content."""
    folder = f"{study}/{folder_date.isoformat()}"
    file = f"{folder}/{MANIFEST_NAME}"

    def reading(
        findings: list[Finding],
        cutoff: date | None = None,
        transfer: Transfer | None = None,
        *,
        is_whole: bool = True,
    ) -> ManifestReading:
        return ManifestReading(folder, folder_date, cutoff, transfer, tuple(findings), is_whole)

    try:
        content = json.loads((landing / file).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        problem = "is missing. The transfer is not complete: wait for it, or remove its folder"
        return reading([Finding(study, file, "manifest", problem)], is_whole=False)
    except OSError as error:
        problem = f"cannot be read ({error.strerror}). Let the account that runs TOPAZ read it"
        return reading([Finding(study, file, "manifest", problem)], is_whole=False)
    except ValueError as error:
        problem = f"is no JSON text ({error}). Ask the sender for the manifest again"
        return reading([Finding(study, file, "manifest", problem)], is_whole=False)
    if not isinstance(content, dict):
        problem = f"is a JSON {type(content).__name__}, not an object. Ask the sender for it again"
        return reading([Finding(study, file, "manifest", problem)])

    problems = _Problems(study, file)
    name = problems.text(content, "study")
    transfer_date = problems.day(content, "transfer_date")
    cutoff = problems.day(content, "cutoff")
    if name is not None and name != study:
        problems.add(
            "manifest-study",
            f"states study {name!r} in the folder of {study!r}. Move the transfer to its study's "
            "folder, or have the manifest corrected",
        )
    if transfer_date is not None and transfer_date != folder_date:
        problems.add(
            "manifest-date",
            f"states transfer date {transfer_date} in folder {folder_date}. Rename the folder, or "
            "have the manifest corrected",
        )
    if cutoff is not None and cutoff > folder_date:
        problems.add(
            "manifest-date",
            f"states cut-off {cutoff}, after the transfer date {folder_date}. Have the manifest "
            "corrected",
        )
    if content.get("cumulative") is not True:
        problems.add(
            "manifest",
            f"states cumulative = {content.get('cumulative')!r}; only cumulative transfers, each "
            "replacing the one before, are read. Ask the sender for a cumulative transfer",
        )
    datasets = problems.datasets(content, folder)
    if problems.findings or transfer_date is None or cutoff is None:
        return reading(problems.findings, cutoff)
    return reading([], cutoff, Transfer(study, transfer_date, cutoff, folder, datasets))


class _Problems:
    """Reads fields of one manifest and collects what is wrong with them."""

    def __init__(self, study: str, file: str) -> None:
        self._study = study
        self._file = file
        self.findings: list[Finding] = []

    def add(self, rule: str, message: str) -> None:
        self.findings.append(Finding(self._study, self._file, rule, message))

    def text(self, content: dict[str, Any], field: str, where: str = "") -> str | None:
        value = content.get(field)
        if isinstance(value, str) and value:
            return value
        self._bad_field(field, where, value, "a text")
        return None

    def day(self, content: dict[str, Any], field: str) -> date | None:
        value = content.get(field)
        try:
            return date.fromisoformat(value)  # type: ignore[arg-type]  # TypeError is caught
        except (TypeError, ValueError):
            self._bad_field(field, "", value, "a date YYYY-MM-DD")
            return None

    def count(self, content: dict[str, Any], field: str, where: str) -> int | None:
        value = content.get(field)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self._bad_field(field, where, value, "a whole number, 0 or more")
        return None

    def datasets(self, content: dict[str, Any], folder: str) -> tuple[DatasetFile, ...]:
        entries = content.get("datasets")
        if not isinstance(entries, list):
            self._bad_field("datasets", "", entries, "a list")
            return ()
        files = [self._dataset(entry, at, folder) for at, entry in enumerate(entries, start=1)]
        found = [file for file in files if file is not None]
        for what, values in (
            ("dataset", [file.name for file in found]),
            ("file", [file.file for file in found]),
        ):
            for value in sorted({value for value in values if values.count(value) > 1}):
                self.add(
                    "manifest",
                    f"lists {what} {value} {values.count(value)} times; one entry and one file a "
                    "dataset are read. Have the manifest corrected",
                )
        return tuple(found)

    def _dataset(self, entry: object, at: int, folder: str) -> DatasetFile | None:
        if not isinstance(entry, dict):
            self._bad_field(f"datasets[{at}]", "", entry, "an object")
            return None
        where = f" of dataset {entry.get('name', f'number {at}')}"
        name = self.text(entry, "name", where)
        file = self.text(entry, "file", where)
        records = self.count(entry, "records", where)
        size = self.count(entry, "bytes", where)
        sha256 = self.text(entry, "sha256", where)
        if file is not None and (Path(file).name != file or "\\" in file or file == ".."):
            self._bad_field("file", where, file, "a file name without folders")
            return None
        if sha256 is not None and not _SHA256.fullmatch(sha256.lower()):
            self._bad_field("sha256", where, sha256, "64 hexadecimal digits")
            return None
        if name is None or file is None or records is None or size is None or sha256 is None:
            return None
        return DatasetFile(name.upper(), f"{folder}/{file}", records, size, sha256.lower())

    def _bad_field(self, field: str, where: str, value: object, expected: str) -> None:
        found = "is missing" if value is None else f"is {value!r}"
        self.add(
            "manifest",
            f"field {field!r}{where} {found}; expected {expected}. Have the manifest corrected",
        )
