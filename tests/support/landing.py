"""Writes little landing folders for tests: complete, correct transfers of the four studies.

`write_landing(folder, {"CAMMS323": {"DM": [{"usubjid": "P1", "armcd": "ALEM12"}]}})` writes all
required datasets of all studies; what is not given is an empty dataset or a missing value.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
from support.formats import write_in

from warehouse.contracts import RAW
from warehouse.contracts.raw import REQUIRED_DATASETS, SOURCE

CUTOFF = date(2017, 10, 4)
TRANSFER_DATE = date(2017, 10, 20)

#: Study -> dataset -> rows; a row names its variables, upper or lower case.
Tables = Mapping[str, Mapping[str, Sequence[Mapping[str, object]]]]

# Offsets of the four time stamps in a version 5 header, which pyreadstat sets to now.
_STAMP_OFFSETS = (144, 160, 464, 480)
_STAMP = b"20OCT17:00:00:00"


def write_landing(
    landing: Path,
    tables: Tables | None = None,
    *,
    cutoff: date = CUTOFF,
    transfer_date: date = TRANSFER_DATE,
    suffix: str = ".xpt",
) -> Path:
    """Write one transfer of each study, and return `landing`.

    Args:
        landing: made if it is not there; several calls with other dates add transfers.
        tables: rows by study and dataset. STUDYID and DOMAIN (RDOMAIN) are filled in; other
            variables that a row lacks are missing values. Datasets that a study need not
            deliver (MH and SC after the core studies) are written only if given.
        cutoff: cut-off of all four transfers.
        transfer_date: date of all four transfers, and name of their folders.
        suffix: any that `support.formats` writes; `.xpt` is version 5.

    Raises:
        ValueError: a study, dataset or variable that no contract knows: a typing error.
    """
    tables = tables or {}
    _refuse_unknown("study", tables, REQUIRED_DATASETS)
    for study, required in REQUIRED_DATASETS.items():
        given = {name.upper(): rows for name, rows in tables.get(study, {}).items()}
        _refuse_unknown("dataset", given, [name.upper() for name in RAW])
        names = [*required, *(name for name in given if name not in required)]
        folder = landing / study / transfer_date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        entries = []
        for name in names:
            frame = dataset_frame(study, name, given.get(name, ()))
            path = folder / f"{name.lower()}{suffix}"
            write_dataset(path, name, frame)
            entries.append(manifest_entry(path, name, frame.height))
        manifest = {
            "study": study,
            "transfer_date": transfer_date.isoformat(),
            "cutoff": cutoff.isoformat(),
            "cumulative": True,
            "datasets": entries,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return landing


def dataset_frame(study: str, name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows as a frame with all variables of the contract, upper case, typed."""
    columns = [column for column in RAW[name.lower()].columns if column not in SOURCE]
    lower = [{key.lower(): value for key, value in row.items()} for row in rows]
    for row in lower:
        _refuse_unknown(f"variable of {name}", row, [column.name for column in columns])
    domain = name.removeprefix("SUPP")
    fixed = {"studyid": study, "domain": domain, "rdomain": domain}
    data = {
        column.name.upper(): pl.Series(
            [row.get(column.name, fixed.get(column.name)) for row in lower],
            dtype=column.dtype,
        )
        for column in columns
    }
    return pl.DataFrame(data)


def write_dataset(path: Path, name: str, frame: pl.DataFrame) -> None:
    """Write a frame by the suffix of the path: the same frame, the same bytes."""
    if path.suffix != ".xpt":
        write_in(path, name, frame)
        return
    contract = RAW.get(name.lower())
    labels = {column.name.upper(): column.label for column in contract.columns} if contract else {}
    pyreadstat.write_xport(
        frame,
        path,
        table_name=name,
        column_labels={key: label[:40] for key, label in labels.items() if key in frame.columns},
        file_format_version=5,
    )
    data = bytearray(path.read_bytes())
    for offset in _STAMP_OFFSETS:
        data[offset : offset + len(_STAMP)] = _STAMP
    path.write_bytes(data)


def manifest_entry(path: Path, name: str, records: int) -> dict[str, Any]:
    """What a manifest says of a file as it is now."""
    data = path.read_bytes()
    return {
        "name": name,
        "file": path.name,
        "records": records,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def edit_manifest(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest of a transfer in place."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    edit(manifest)
    path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def list_again(folder: Path, name: str, records: int | None = None) -> None:
    """State the size and hash that a dataset's file has now, as if it had been sent so.

    `records` too if given; else the number stays that the manifest had.
    """

    def edit(manifest: dict[str, Any]) -> None:
        entries = manifest["datasets"]
        at = next(at for at, entry in enumerate(entries) if entry["name"] == name)
        old = entries[at]
        count = old["records"] if records is None else records
        entries[at] = manifest_entry(folder / old["file"], name, count)

    edit_manifest(folder, edit)


def _refuse_unknown(what: str, given: Mapping[str, object], known: Sequence[str] | Any) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"no {what} {', '.join(unknown)}; known are {', '.join(known)}")
