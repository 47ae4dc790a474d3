"""What `topaz transfers` and `topaz status` say of the ledger."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.landing import list_again, write_landing

from orchestration.plan import look_at_landing
from orchestration.settings import SETTINGS_FILE
from orchestration.transfers import findings_of_transfers, stopped_cuts, transfers_text
from warehouse import selection as selecting
from warehouse.lake import Lake
from warehouse.ledger import Attempt, Ledger

OCT = date(2017, 10, 4)
FOLDER = "LPS13649/2017-10-20"
NOW = datetime(2017, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    write_landing(lake.landing)
    return lake


def deliver(lake: Lake, day: date) -> Path:
    """A transfer of TOPAZ of the same cut-off, with one patient more."""
    rows = {"LPS13649": {"DM": [{"usubjid": f"P{day.day}"}]}}
    write_landing(lake.root / "sender", rows, transfer_date=day)
    folder = lake.landing / "LPS13649" / day.isoformat()
    shutil.copytree(lake.root / "sender" / "LPS13649" / day.isoformat(), folder)
    return folder


def truncate(folder: Path, *, is_stated: bool) -> None:
    path = folder / "dm.xpt"
    path.write_bytes(path.read_bytes()[:-80])
    if is_stated:
        list_again(folder, "DM")


def accept(lake: Lake, release_id: str) -> None:
    selection = selecting.select(lake, look_at_landing(lake, NOW), OCT)
    Ledger(lake.root).accept(selection, release_id)


def test_each_transfer_is_a_line(lake):
    lines = transfers_text(lake).splitlines()
    assert lines[0].split() == ["study", "transfer", "cut-off", "state", "files", "records", *(
        "used", "by")]  # fmt: skip
    assert lines[-1] == "LPS13649        2017-10-20  2017-10-04  new            12          0"
    assert len(lines) == 5


def test_the_newest_release_is_named_and_the_others_counted(lake):
    accept(lake, "r1")
    assert transfers_text(lake).splitlines()[-1].endswith("0  r1")
    accept(lake, "r2")
    accept(lake, "r3")
    assert transfers_text(lake).splitlines()[-1].endswith("0  r3 and 2 before")


def test_reasons_stand_below_wrapped(lake):
    truncate(deliver(lake, date(2017, 10, 25)), is_stated=True)
    lines = transfers_text(lake).splitlines()
    at = next(at for at, line in enumerate(lines) if "refused" in line)
    assert lines[at].startswith("LPS13649        2017-10-25  2017-10-04  refused")
    assert lines[at + 1].startswith(
        "    LPS13649/2017-10-25/dm.xpt [records]: holds 0 records in 3,440 bytes, the manifest"
    )
    assert lines[at + 2].startswith("      ")
    assert max(map(len, lines)) <= 100


def test_a_folder_that_is_gone_and_a_cutoff_that_is_not_known_are_said(lake):
    folder = deliver(lake, date(2017, 10, 25))
    (folder / "manifest.json").unlink()
    assert "2017-10-25  unknown     incomplete      0          0" in transfers_text(lake)
    shutil.rmtree(folder)
    assert "2017-10-25  unknown     incomplete, gone" in transfers_text(lake)


def test_status_tells_of_what_arrives_and_what_is_refused(lake):
    truncate(deliver(lake, date(2017, 10, 25)), is_stated=False)
    truncate(lake.landing / FOLDER, is_stated=True)
    look_at_landing(lake, NOW)
    found = findings_of_transfers(lake)
    assert f"  refused  {FOLDER}" in found
    assert (
        "  arriving LPS13649/2017-10-25: last change 2017-11-20 08:00 UTC, judged as it is at "
        "2017-11-20 09:00 UTC"
    ) in found
    assert any(line.startswith("    LPS13649/2017-10-25/dm.xpt [bytes]: has") for line in found)


def test_status_forgets_a_refused_transfer_when_a_newer_one_is_accepted(lake):
    refused = deliver(lake, date(2017, 10, 21))
    truncate(refused, is_stated=True)
    look_at_landing(lake, NOW)
    assert len(findings_of_transfers(lake)) > 1
    deliver(lake, date(2017, 10, 25))
    accept(lake, "r1")
    assert findings_of_transfers(lake) == []
    assert "2017-10-21  2017-10-04  refused" in transfers_text(lake)


def test_strangers_in_landing_are_named(lake):
    look_at_landing(lake, NOW)
    (lake.landing / "LPS1364").mkdir()
    (lake.landing / "CAMMS323" / "new").mkdir()
    misnamed, ignored = findings_of_transfers(lake)
    assert misnamed.startswith("  misnamed CAMMS323/new [transfer-folder]: is not named by")
    assert (
        ignored == "  ignored  LPS1364: no study of the trial is called so; nothing in it is read"
    )
    assert transfers_text(lake).splitlines()[-2:] == [misnamed, ignored]


def test_a_lake_without_anything_has_no_findings(tmp_path):
    assert findings_of_transfers(Lake(tmp_path)) == []
    assert stopped_cuts(Lake(tmp_path)) == []


def attempt(lake: Lake, n: int, outcome="failed", text="step: OSError: disk full\n\n  trace\n"):
    Ledger(lake.root).record_attempt(Attempt("2017-10-04", "r1", outcome, text, NOW, n))


def test_a_failure_tells_its_first_line_and_when_it_is_tried_again(lake):
    attempt(lake, 1)
    assert stopped_cuts(lake) == [
        "  failed   cut 2017-10-04, 2017-11-20 08:00 UTC, try 1 of release r1",
        "    step: OSError: disk full",
        "    tried again after 2017-11-20 08:05 UTC",
    ]


def test_a_cut_that_is_given_up_says_how_to_try_it_once_more(lake):
    (lake.root / SETTINGS_FILE).write_text("[runs]\nretry_minutes = [1]\n")
    attempt(lake, 1)
    attempt(lake, 2, text="")
    assert stopped_cuts(lake) == [
        "  failed   cut 2017-10-04, 2017-11-20 08:00 UTC, try 2 of release r1",
        "    nothing is known of its end",
        "    not tried again by itself; topaz refresh --cut 2017-10-04 tries once more",
    ]


def test_a_cut_that_a_gate_stopped_says_what_helps(lake):
    attempt(lake, 1, "stopped", "The gate of raw.dm failed.")
    assert stopped_cuts(lake)[1:] == [
        "    The gate of raw.dm failed.",
        "    not tried again until data, code or settings change",
    ]


def test_a_cut_that_was_published_in_the_end_is_no_finding(lake):
    attempt(lake, 1)
    later = NOW + timedelta(minutes=6)
    Ledger(lake.root).record_attempt(Attempt("2017-10-04", "r1", "published", "", later, 2))
    assert stopped_cuts(lake) == []
