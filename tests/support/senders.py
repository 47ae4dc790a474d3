"""What senders do to landing, and what looks at it make of that: for tests of both."""

import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from support.landing import dataset_frame, list_again, write_dataset, write_landing

from warehouse import selection as selecting
from warehouse.intake import IntakeRules, look
from warehouse.lake import Lake
from warehouse.ledger import Entry, Ledger
from warehouse.manifest import Selection
from warehouse.selection import TOPAZ_STUDY

SEP, OCT, NOV = date(2017, 9, 4), date(2017, 10, 4), date(2017, 11, 4)
NOW = datetime(2017, 11, 20, 8, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = IntakeRules(settling=HOUR, version="1")
EVERYBODY = ("P1", "P2", "P3")


def lake_of_closed_studies(root: Path) -> Lake:
    """A lake whose closed studies have arrived."""
    lake = Lake(root)
    write_landing(lake.landing, cutoff=date(2016, 10, 4), transfer_date=date(2016, 10, 20))
    shutil.rmtree(lake.landing / TOPAZ_STUDY)
    return lake


def deliver(
    lake: Lake, cutoff: date, patients: Iterable[str] = EVERYBODY, *, day: date | None = None
) -> str:
    """A transfer of TOPAZ with these patients, two weeks after its cut-off; its folder."""
    day = day or cutoff + timedelta(days=14)
    spare = lake.root / "sender"
    rows = [{"usubjid": usubjid} for usubjid in patients]
    write_landing(spare, {TOPAZ_STUDY: {"DM": rows}}, cutoff=cutoff, transfer_date=day)
    folder = f"{TOPAZ_STUDY}/{day}"
    shutil.copytree(spare / folder, lake.landing / folder, dirs_exist_ok=True)
    shutil.rmtree(spare)
    return folder


def looked(lake: Lake, now: datetime = NOW, rules: IntakeRules = RULES) -> dict[str, Entry]:
    """The ledger after a look, of TOPAZ."""
    entries = look(lake, rules, now)
    # Looking again at the same time at the same files changes nothing.
    assert look(lake, rules, now) == entries
    return {one.folder: one for one in entries if one.study_id == TOPAZ_STUDY}


def state(lake: Lake, folder: str, now: datetime = NOW, rules: IntakeRules = RULES) -> str:
    return looked(lake, now, rules)[folder].state


def rules_of(entry: Entry) -> list[str]:
    return [reason.rule for reason in entry.reasons]


def select(lake: Lake, cutoff: date = OCT, now: datetime = NOW) -> Selection:
    return selecting.select(lake, look(lake, RULES, now), cutoff)


def topaz(selection: Selection) -> str:
    return selection.transfers[-1].folder


def publish(lake: Lake, cutoff: date, release_id: str = "r1") -> Selection:
    """What is noted when a cut has been published."""
    selection = select(lake, cutoff)
    Ledger(lake.root).accept(selection, release_id)
    return selection


def dm(lake: Lake, folder: str) -> Path:
    return lake.landing / folder / "dm.xpt"


def cut_short(lake: Lake, folder: str) -> bytes:
    """Leave DM half copied; the bytes that it should have."""
    whole = dm(lake, folder).read_bytes()
    dm(lake, folder).write_bytes(whole[:-80])
    return whole


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def half_a_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:100])


def no_file(folder: Path) -> None:
    (folder / "dm.xpt").unlink()


def half_a_file(folder: Path) -> None:
    path = folder / "dm.xpt"
    path.write_bytes(path.read_bytes()[:-80])


def preallocated_file(folder: Path) -> None:
    path = folder / "dm.xpt"
    path.write_bytes(bytes(path.stat().st_size))


def stated_as_it_is(folder: Path) -> None:
    half_a_file(folder)
    list_again(folder, "DM")


def one_patient(folder: Path) -> None:
    (folder / "dm.xpt").unlink()
    write_dataset(folder / "dm.xpt", "DM", dataset_frame("CAMMS323", "DM", [{"usubjid": "C1"}]))
    list_again(folder, "DM", 1)
