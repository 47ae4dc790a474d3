"""Puts faults into a landing folder that `support.landing` wrote, and reads the refusal."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from support.landing import CUTOFF, dataset_frame, edit_manifest, list_again, write_dataset

from warehouse.landing import Finding, TransferRefused, select_transfers

#: The transfer and the dataset that the faults are put into.
FOLDER = "CAMMS323/2017-10-20"
DM = f"{FOLDER}/dm.xpt"
MANIFEST = f"{FOLDER}/manifest.json"


def findings(landing: Path, cutoff: date = CUTOFF) -> list[Finding]:
    """All findings of the refusal that selecting must give."""
    with pytest.raises(TransferRefused) as refused:
        select_transfers(landing, cutoff)
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
