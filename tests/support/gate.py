"""Puts faults into a landing folder that `support.landing` wrote, and reads the refusal."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from support.landing import CUTOFF, dataset_frame, edit_manifest, list_again, write_dataset

from warehouse.intake import IntakeRules, look
from warehouse.lake import Lake
from warehouse.landing import TransferRefused
from warehouse.ledger import Entry
from warehouse.manifest import Finding, Selection
from warehouse.selection import select

#: The transfer and the dataset that the faults are put into.
FOLDER = "CAMMS323/2017-10-20"
DM = f"{FOLDER}/dm.xpt"
MANIFEST = f"{FOLDER}/manifest.json"
#: The patients of that transfer.
DM_ROWS = [
    {"usubjid": "CAMMS323-0001", "armcd": "ALEM12", "age": 33.0, "sex": "F"},
    {"usubjid": "CAMMS323-0002", "armcd": "IFNB1A", "age": 41.5, "sex": "M"},
    {"usubjid": "CAMMS323-0003", "armcd": "SCRNFAIL"},
]
#: Whatever does not match its manifest is judged at once.
AT_ONCE = IntakeRules(settling=timedelta(0), version="1")
NOW = datetime(2017, 11, 1, 5, 0, tzinfo=UTC)


def lake_of(landing: Path) -> Lake:
    """A lake, with a ledger of its own, whose landing folder is another's."""
    root = landing.parent / f".{landing.name}.lake"
    root.mkdir(exist_ok=True)
    if not (root / "landing").exists():
        (root / "landing").symlink_to(landing)
    return Lake(root)


def looked(landing: Path, rules: IntakeRules = AT_ONCE, now: datetime = NOW) -> tuple[Entry, ...]:
    """The ledger after a look at landing."""
    return look(lake_of(landing), rules, now)


def selected(landing: Path, cutoff: date = CUTOFF) -> Selection:
    """What a cut is made from, after a look at landing."""
    return select(lake_of(landing), looked(landing), cutoff)


def findings(landing: Path, cutoff: date = CUTOFF) -> list[Finding]:
    """All findings of the refusal that selecting must give."""
    with pytest.raises(TransferRefused) as refused:
        selected(landing, cutoff)
    return list(refused.value.findings)


def only_finding(landing: Path) -> Finding:
    """The one finding of the refusal."""
    found = findings(landing)
    assert len(found) == 1, found
    return found[0]


def set_field(landing: Path, field: str, value: object) -> None:
    """Another value of a field of the manifest."""
    edit_manifest(landing / FOLDER, lambda manifest: manifest.update({field: value}))


def set_dm(landing: Path, field: str, value: object) -> None:
    """Another value of a field that the manifest states of DM."""
    edit_manifest(landing / FOLDER, lambda manifest: manifest["datasets"][0].update({field: value}))


def replace_dm(landing: Path, frame: pl.DataFrame, name: str = "DM") -> None:
    """Another DM, with a manifest that agrees with it."""
    write_dataset(landing / DM, name, frame)
    list_again(landing / FOLDER, "DM", frame.height)


def dm_frame() -> pl.DataFrame:
    """A correct DM of one patient."""
    return dataset_frame("CAMMS323", "DM", [{"usubjid": "P1"}])
