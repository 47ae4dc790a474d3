"""Which transfers a cut is made from, and what is passed over or refuses it."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from support.landing import edit_manifest
from support.senders import (
    HOUR,
    NOV,
    NOW,
    OCT,
    SEP,
    deliver,
    half_a_file,
    lake_of_closed_studies,
    no_manifest,
    one_patient,
    publish,
    select,
    state,
    stated_as_it_is,
    topaz,
)

from warehouse.intake import misplaced_folders
from warehouse.lake import Lake
from warehouse.landing import TransferRefused


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_of_closed_studies(tmp_path / "lake")


def deliver_closed(lake: Lake, spoil: Callable[[Path], None]) -> str:
    """A second delivery of CARE-MS I, spoilt."""
    folder = "CAMMS323/2017-03-24"
    shutil.copytree(lake.landing / "CAMMS323/2016-10-20", lake.landing / folder)
    edit_manifest(
        lake.landing / folder, lambda manifest: manifest.update(transfer_date="2017-03-24")
    )
    spoil(lake.landing / folder)
    return folder


def test_a_refused_correction_is_passed_over_for_what_has_served(lake: Lake) -> None:
    deliver(lake, OCT)
    publish(lake, OCT)
    folder = deliver_closed(lake, stated_as_it_is)
    selection = select(lake)
    assert selection.notes == (f"{folder} is refused: CAMMS323/2016-10-20 is used",)
    assert selection.transfers[0].folder == "CAMMS323/2016-10-20"


@pytest.mark.parametrize("spoil", [half_a_file, no_manifest])
def test_what_has_served_is_not_exchanged_for_what_it_corrected(lake: Lake, spoil) -> None:
    """Found in review: a correction that was copied again brought the old data back."""
    deliver(lake, OCT)
    publish(lake, OCT, "r1")
    folder = deliver_closed(lake, one_patient)
    publish(lake, OCT, "r2")
    assert select(lake).transfers[0].folder == folder
    spoil(lake.landing / folder)
    for now in (NOW, NOW + HOUR):
        with pytest.raises(TransferRefused, match=folder):
            select(lake, now=now)


def test_a_refused_correction_of_what_has_not_served_refuses_the_cut(lake: Lake) -> None:
    deliver(lake, OCT)
    folder = deliver_closed(lake, stated_as_it_is)
    with pytest.raises(TransferRefused, match=f"{folder}/dm.xpt .file-format."):
        select(lake)


def test_an_unusable_correction_of_topaz_is_passed_over_for_its_own_cut_alone(lake: Lake) -> None:
    served = deliver(lake, OCT)
    publish(lake, OCT)
    again = deliver(lake, OCT, day=date(2017, 10, 25))
    stated_as_it_is(lake.landing / again)
    assert topaz(select(lake)) == served
    newer = deliver(lake, NOV)
    stated_as_it_is(lake.landing / newer)
    assert topaz(select(lake)) == served
    with pytest.raises(TransferRefused, match=f"{newer}/dm.xpt .file-format."):
        select(lake, NOV)


def test_no_older_transfer_of_topaz_stands_in_for_a_refused_one(lake: Lake) -> None:
    deliver(lake, SEP)
    publish(lake, SEP)
    refused = deliver(lake, OCT)
    stated_as_it_is(lake.landing / refused)
    deliver(lake, NOV)
    with pytest.raises(TransferRefused, match=f"{refused}/dm.xpt .file-format."):
        select(lake, OCT)


def test_an_older_accepted_transfer_still_serves_its_own_cut(lake: Lake) -> None:
    older, newer = deliver(lake, SEP), deliver(lake, OCT)
    publish(lake, SEP, "r1")
    publish(lake, OCT, "r2")
    assert (state(lake, older), state(lake, newer)) == ("superseded", "accepted")
    assert topaz(select(lake, SEP)) == older


def test_a_folder_without_a_date_is_passed_over_for_what_has_served(lake: Lake) -> None:
    deliver(lake, OCT)
    (lake.landing / "CAMMS323/new").mkdir()
    with pytest.raises(TransferRefused, match=r"CAMMS323/new .transfer-folder."):
        select(lake)
    (lake.landing / "CAMMS323/new").rmdir()
    publish(lake, OCT)
    (lake.landing / "CAMMS323/new").mkdir()
    (note,) = select(lake).notes
    assert note.startswith("CAMMS323/new is not named by a transfer date YYYY-MM-DD")
    assert note.endswith(": CAMMS323/2016-10-20 is used")
    assert [one.file for one in misplaced_folders(lake.landing)] == ["CAMMS323/new"]
