"""What a run notes in the ledger when a gate stops it, or a file cannot be read as its table."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.gate import NOW
from support.landing import dataset_frame, list_again, write_dataset, write_landing

from orchestration import bookkeeping
from orchestration.bookkeeping import note_misfit, note_release, note_stop
from orchestration.plan import look_at_landing
from warehouse.contracts.landing import TRANSFER
from warehouse.lake import Lake
from warehouse.ledger import Ledger
from warehouse.manifest import Selection
from warehouse.raw import RawTableError
from warehouse.release import GATE_PAGE
from warehouse.selection import select
from warehouse.transfer_table import to_frame

CUT = "2017-10-04"
FOLDERS = [
    "CAMMS03409/2017-10-20",
    "CAMMS323/2017-10-20",
    "CAMMS32400507/2017-10-20",
    "LPS13649/2017-10-20",
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    write_landing(lake.landing)
    return lake


def selected(lake: Lake) -> Selection:
    """The transfers of the cut; they lie in its work area as a run would have put them there."""
    entries = look_at_landing(lake, NOW)
    selection = select(lake, entries, max(one.cutoff for one in entries))
    lake.work(CUT).write_table(
        TRANSFER, to_frame(selection), data_version="v", inputs={}, code_version="c"
    )
    return selection


def stopped(lake: Lake, *files: str) -> None:
    """A gate stops the cut; its failing keys name these files."""
    outcome = {
        "passed": False,
        "severity": "content",
        "failing_keys": [{"source_file": file} for file in files],
    }
    report = {"text": "Gate of raw.dm FAILED.", "outcomes": [outcome]}
    note_stop(lake, CUT, "raw.dm", SimpleNamespace(report=report))


def states(lake: Lake) -> dict[str, str]:
    return {one.folder: one.state for one in Ledger(lake.root).entries()}


def published(lake: Lake, selection: Selection) -> None:
    """A run publishes the cut."""
    page = lake.releases / "r1" / "results" / GATE_PAGE
    page.parent.mkdir(parents=True)
    page.write_text("all passed")
    note_release(lake, selection, CUT, "r1")


def test_a_gate_that_names_files_blames_their_transfers(lake):
    selected(lake)
    stopped(lake, f"{FOLDERS[1]}/dm.xpt")
    assert states(lake) == {**dict.fromkeys(FOLDERS, "new"), FOLDERS[1]: "refused"}
    (attempt,) = Ledger(lake.root).attempts(CUT)
    assert (attempt.outcome, attempt.text) == ("stopped", "Gate of raw.dm FAILED.")


def test_a_gate_that_names_none_blames_nobody_where_it_may_have_been_several(lake):
    """Found in review: the innocent were refused, and mending the guilty did not free them."""
    selected(lake)
    stopped(lake)
    assert states(lake) == dict.fromkeys(FOLDERS, "new")


def test_a_gate_that_names_none_blames_the_only_transfer_that_has_not_served(lake):
    published(lake, selected(lake))
    path = lake.landing / FOLDERS[3] / "dm.xpt"
    path.unlink()
    write_dataset(path, "DM", dataset_frame("LPS13649", "DM", [{"usubjid": "P1"}]))
    list_again(lake.landing / FOLDERS[3], "DM", 1)
    selected(lake)
    stopped(lake)
    assert states(lake) == {**dict.fromkeys(FOLDERS, "accepted"), FOLDERS[3]: "refused"}


def test_what_was_put_in_its_place_since_is_not_blamed(lake):
    """Found in review: a corrected file was refused for what the one before had."""
    selection = selected(lake)
    with Ledger(lake.root).editing() as entries:
        entry = entries[FOLDERS[1]]
        dm = replace(entry.datasets[0], sha256="0" * 64)
        entries[FOLDERS[1]] = replace(entry, datasets=(dm, *entry.datasets[1:]), content="other")
    assert selection.transfers
    stopped(lake, f"{FOLDERS[1]}/dm.xpt")
    assert states(lake) == dict.fromkeys(FOLDERS, "new")


def test_a_value_that_fits_no_table_refuses_its_transfer(lake):
    selection = selected(lake)
    file = f"{FOLDERS[1]}/dm.csv"
    note_misfit(lake, selection, CUT, RawTableError(file, ", variable AGE, row 1: '33 years'"))
    assert states(lake) == {**dict.fromkeys(FOLDERS, "new"), FOLDERS[1]: "refused"}
    entries = {one.folder: one for one in Ledger(lake.root).entries()}
    (reason,) = entries[FOLDERS[1]].reasons
    assert str(reason) == f"{file} [value]: variable AGE, row 1: '33 years'"


def test_the_page_of_a_stop_shows_no_gate_that_has_not_looked_and_gives_way_to_a_release_s(
    lake, monkeypatch
):
    """Found in review: gates of an earlier run stood there as passed."""
    selection = selected(lake)
    planned = dict.fromkeys(bookkeeping.INPUTS, "now")
    monkeypatch.setattr(bookkeeping, "planned_versions", lambda *_: planned)
    shown = []
    monkeypatch.setattr(bookkeeping, "gate_results", lambda _, tables: shown.extend(tables))
    monkeypatch.setattr(bookkeeping, "gate_page", lambda *_, **__: "page")
    gates = {"raw.dm": "now", "raw.ex": "before"}
    monkeypatch.setattr(
        type(lake.work(CUT)),
        "gate",
        lambda _, name: SimpleNamespace(data_version=gates[name]) if name in gates else None,
    )
    stopped(lake)
    assert shown == ["raw.dm"]
    page = lake.work(CUT).root / GATE_PAGE
    assert page.read_text() == "page"
    published(lake, selection)
    assert page.read_text() == "all passed"
