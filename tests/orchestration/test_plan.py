"""Which cuts are due, and which release each would be; nothing is run."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.landing import list_again, write_landing

from orchestration import plan
from orchestration.plan import cuts_to_refresh, deliverable_cuts, judging_version, plan_refresh
from orchestration.settings import SETTINGS_FILE, SettingsError
from warehouse.files import atomic_write, to_json
from warehouse.lake import Lake
from warehouse.landing import TransferRefused
from warehouse.ledger import Attempt, Ledger, Outcome
from warehouse.manifest import Finding
from warehouse.pointer import current, point
from warehouse.releases import Release

SEP, OCT = date(2017, 9, 4), date(2017, 10, 4)
NOW = datetime(2017, 11, 20, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def published(monkeypatch) -> set[str]:
    """The ids of the releases that lie there whole."""
    ids: set[str] = set()

    def find(lake: Lake, name: str) -> SimpleNamespace | None:
        return SimpleNamespace(release_id=name, data_cut=name[:10]) if name in ids else None

    monkeypatch.setattr(plan.releases, "find", find)
    monkeypatch.setattr(plan.releases, "damage", lambda release: [])
    return ids


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    write_landing(lake.landing, cutoff=SEP, transfer_date=date(2017, 9, 18))
    return lake


def deliver(lake: Lake, cutoff: date = OCT, day: date = date(2017, 10, 18)) -> str:
    """Another transfer of TOPAZ; its folder."""
    write_landing(lake.root / "sender", cutoff=cutoff, transfer_date=day)
    folder = f"LPS13649/{day}"
    shutil.copytree(lake.root / "sender" / folder, lake.landing / folder)
    shutil.rmtree(lake.root / "sender")
    return folder


def truncate(lake: Lake, folder: str) -> None:
    path = lake.landing / folder / "dm.xpt"
    path.write_bytes(path.read_bytes()[:-80])
    list_again(lake.landing / folder, "DM")


def due(lake: Lake, now: datetime = NOW) -> list[str]:
    return [one.data_cut for one in cuts_to_refresh(lake, now)]


def publish(lake: Lake, published: set[str], cutoff: date) -> str:
    made = plan_refresh(lake, cutoff.isoformat())
    published.add(made.release_id)
    Ledger(lake.root).accept(made.selection, made.release_id)
    return made.release_id


def end(lake: Lake, cutoff: date, outcome: Outcome, n: int = 1, at: datetime = NOW) -> None:
    release_id = plan_refresh(lake, cutoff.isoformat()).release_id
    Ledger(lake.root).record_attempt(Attempt(cutoff.isoformat(), release_id, outcome, "why", at, n))


def test_the_cuts_of_new_transfers_are_due_oldest_first(lake, published):
    deliver(lake)
    assert due(lake) == ["2017-09-04", "2017-10-04"]
    publish(lake, published, SEP)
    assert due(lake) == ["2017-10-04"]
    publish(lake, published, OCT)
    assert due(lake) == []


def test_a_correction_of_a_closed_study_makes_the_newest_cut_due_and_no_older_one(lake, published):
    deliver(lake)
    publish(lake, published, SEP)
    publish(lake, published, OCT)
    rows = {"CAMMS323": {"DM": [{"usubjid": "P1"}]}}
    write_landing(lake.root / "sender", rows, cutoff=SEP, transfer_date=date(2017, 10, 30))
    folder = "CAMMS323/2017-10-30"
    shutil.copytree(lake.root / "sender" / folder, lake.landing / folder)
    (found,) = cuts_to_refresh(lake, NOW)
    assert found.data_cut == "2017-10-04"
    assert found.selection.transfers[0].folder == folder


def test_another_rule_or_a_crosswalk_makes_the_newest_cut_due(lake, published):
    deliver(lake)
    publish(lake, published, SEP)
    publish(lake, published, OCT)
    (lake.root / SETTINGS_FILE).write_text("[rules]\nrelapse_merge_days = 0\n")
    assert due(lake) == ["2017-10-04"]
    (lake.root / SETTINGS_FILE).unlink()
    assert due(lake) == []
    (lake.landing / "crosswalk.csv").write_text("study,usubjid,person_id\nLPS13649,T1,P1\n")
    assert due(lake) == ["2017-10-04"]


def test_a_repeated_transfer_makes_nothing_due(lake, published):
    publish(lake, published, SEP)
    deliver(lake, SEP, date(2017, 9, 25))
    assert due(lake) == []


def test_what_can_be_made_is_made_though_another_cut_is_refused(lake, published):
    truncate(lake, deliver(lake))
    assert due(lake) == ["2017-09-04"]
    publish(lake, published, SEP)
    assert due(lake) == []


def test_a_cut_that_lacks_a_study_says_so(lake, published):
    shutil.rmtree(lake.landing / "CAMMS323")
    with pytest.raises(TransferRefused, match="no transfer of study CAMMS323 is there"):
        due(lake)


def test_a_release_that_a_gate_stopped_is_not_tried_again(lake, published):
    deliver(lake)
    end(lake, SEP, "stopped")
    assert due(lake, NOW + timedelta(days=30)) == ["2017-10-04"]


def test_a_failure_is_tried_again_later_and_newer_cuts_wait_for_it(lake, published):
    deliver(lake)
    end(lake, SEP, "failed")
    assert due(lake, NOW + 4 * MINUTE) == []
    assert due(lake, NOW + 5 * MINUTE) == ["2017-09-04", "2017-10-04"]
    end(lake, SEP, "failed", 2)
    assert due(lake, NOW + 59 * MINUTE) == []
    assert due(lake, NOW + 60 * MINUTE) == ["2017-09-04", "2017-10-04"]
    end(lake, SEP, "failed", 3)
    assert due(lake, NOW + timedelta(days=30)) == ["2017-10-04"]


def test_a_failure_that_was_noted_by_a_clock_ahead_of_time_is_not_waited_for(lake, published):
    deliver(lake)
    end(lake, SEP, "failed", at=NOW + timedelta(days=9999))
    assert due(lake) == ["2017-09-04", "2017-10-04"]


def test_what_readers_were_shown_before_is_shown_when_it_is_right_again(lake, published):
    """Found in review: a rule that was changed and changed back left readers with the change."""
    right = publish(lake, published, SEP)
    show(lake, right)
    assert due(lake) == []
    (lake.root / SETTINGS_FILE).write_text("[rules]\nrelapse_merge_days = 0\n")
    assert due(lake) == ["2017-09-04"]
    other = publish(lake, published, SEP)
    show(lake, other)
    assert due(lake) == []
    assert current(lake).release_id == other
    (lake.root / SETTINGS_FILE).unlink()
    assert due(lake) == []
    assert current(lake).release_id == right


def show(lake: Lake, release_id: str) -> None:
    """Let readers see a release of September."""
    manifest = {"release_id": release_id, "data_cut": "2017-09-04", "created_at": "2017-11-01"}
    atomic_write(lake.releases / release_id / "manifest.json", to_json(manifest))
    (lake.releases / release_id / "results").mkdir(exist_ok=True)
    point(lake, Release(lake.releases / release_id, manifest))


def test_a_release_that_a_killed_run_could_not_note_is_noted(lake, published):
    made = plan_refresh(lake, SEP.isoformat())
    published.add(made.release_id)
    assert {one.state for one in Ledger(lake.root).entries()} == {"new"}
    assert plan_refresh(lake, SEP.isoformat()).published is not None
    assert {one.used_by for one in Ledger(lake.root).entries()} == {(made.release_id,)}


def test_a_cut_before_any_result_is_refused_and_holds_no_other_back(lake, published):
    deliver(lake, date(2007, 10, 4), date(2017, 10, 1))
    assert due(lake) == ["2017-09-04"]
    publish(lake, published, SEP)
    with pytest.raises(TransferRefused, match="The cut 2007-10-04 has a horizon of -2 years"):
        due(lake)


def test_how_long_to_wait_is_a_setting(lake, published):
    (lake.root / SETTINGS_FILE).write_text("[runs]\nretry_minutes = [0]\n")
    end(lake, SEP, "failed")
    assert due(lake) == ["2017-09-04"]
    end(lake, SEP, "failed", 2)
    assert due(lake) == []


def test_a_new_version_of_a_release_is_tried_at_once(lake, published):
    end(lake, SEP, "stopped")
    assert due(lake) == []
    (lake.root / SETTINGS_FILE).write_text("[rules]\nrelapse_merge_days = 0\n")
    assert due(lake) == ["2017-09-04"]


def test_without_a_cut_the_newest_that_is_stated_is_planned(lake, published):
    assert plan_refresh(lake).data_cut == "2017-09-04"
    folder = deliver(lake)
    assert plan_refresh(lake).data_cut == "2017-10-04"
    # An older cut instead of it, without a word, would look like a success.
    truncate(lake, folder)
    with pytest.raises(TransferRefused, match=rf"{folder}/dm.xpt \[file-format\]: ends within"):
        plan_refresh(lake)
    assert deliverable_cuts(lake) == ("2017-09-04",)


def test_a_cut_that_is_no_date_is_said(lake):
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        plan_refresh(lake, "october")


@pytest.mark.parametrize("ask", [plan_refresh, deliverable_cuts, lambda lake: due(lake)])
def test_a_landing_without_topaz_says_what_is_missing(lake, ask):
    shutil.rmtree(lake.landing / "LPS13649")
    with pytest.raises(TransferRefused, match="no transfer of study LPS13649 is there, and its"):
        ask(lake)
    shutil.rmtree(lake.landing)
    with pytest.raises(TransferRefused, match=r"landing .* does not exist"):
        ask(lake)
    lake.landing.mkdir()
    with pytest.raises(TransferRefused, match=r"holds no transfer\. Put them into <study>/"):
        ask(lake)


def test_all_refused_says_why(lake):
    truncate(lake, "LPS13649/2017-09-18")
    with pytest.raises(TransferRefused, match=r"2017-09-18/dm.xpt .file-format.*ends within its"):
        due(lake)


def test_settings_are_part_of_what_judges(lake):
    before = judging_version(lake)
    (lake.root / SETTINGS_FILE).write_text('[transfers]\nwithdrawn = ["P1"]\n')
    assert judging_version(lake) != before


def test_a_refused_transfer_is_judged_again_by_other_settings(lake, published):
    plan_refresh(lake)
    finding = Finding("LPS13649", "LPS13649/2017-09-18", "gate of quarantine.cm", "too many")
    Ledger(lake.root).refuse([finding], judging_version(lake))
    with pytest.raises(TransferRefused, match=r"gate of quarantine\.cm"):
        due(lake)
    (lake.root / SETTINGS_FILE).write_text("[quarantine]\nmost_percent = 5\n")
    assert due(lake) == ["2017-09-04"]
