"""The sensor on landing with a real instance and a real daemon, every run a process of its own.

Both sensors are on and tick at every turn of the daemon, so that what one does beside the
other's runs would be seen.
"""

import hashlib
import json
import os
import shutil
import signal
from pathlib import Path

import dagster as dg
import pytest
from support.daemon import Daemon, running

from orchestration.cli import main
from orchestration.jobs import REFRESH
from warehouse.lake import Lake
from warehouse.ledger import Ledger
from warehouse.release import all_releases, current

CUT = "2017-10-04"
TRANSFER = f"LPS13649/{CUT[:7]}-20"


@pytest.fixture(scope="module")
def extracts(tmp_path_factory) -> Path:
    """Transfers of the four studies, of as few patients as pass all gates."""
    root = tmp_path_factory.mktemp("extracts")
    assert main(["simulate", "--patients", "12", "--seed", "7", "--root", str(root)]) == 0
    return root / "landing"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.landing.mkdir(parents=True)
    # What does not match its manifest is judged, and what failed is tried again, at once.
    (lake.root / "settings.toml").write_text(
        "[transfers]\nsettling_minutes = 0\n[runs]\nretry_minutes = [0, 0]\n"
    )
    return lake


def land(extracts: Path, lake: Lake) -> None:
    shutil.copytree(extracts, lake.landing, dirs_exist_ok=True)


def rewrite(landing: Path, name: str, body: bytes) -> None:
    """Another content of a file of TOPAZ, stated by its manifest."""
    (landing / TRANSFER / name).write_bytes(body)
    path = landing / TRANSFER / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["datasets"]:
        if entry["file"] == name:
            entry |= {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    path.write_text(json.dumps(manifest))


def outcomes(lake: Lake) -> list[str]:
    return [attempt.outcome for attempt in Ledger(lake.root).attempts(CUT)]


def settle(daemon: Daemon, n: int = 3) -> None:
    """Let the landing sensor tick some times more."""
    last = daemon.last_tick("landing_sensor")
    daemon.wait_for(lambda: daemon.last_tick("landing_sensor") >= last + n, f"{n} more ticks")


@pytest.mark.slow
def test_a_refused_transfer_is_left_until_it_changes_runs_once_and_stays_known(extracts, lake):
    with running(lake) as daemon:
        land(extracts, lake)
        whole = (lake.landing / TRANSFER / "dm.xpt").read_bytes()
        (lake.landing / TRANSFER / "dm.xpt").write_bytes(whole[:-80])
        tick = daemon.wait_for_tick("landing_sensor", "refused")
        assert "dm.xpt" in tick
        settle(daemon)
        assert daemon.runs() == []
        assert current(lake) is None

        (lake.landing / TRANSFER / "dm.xpt").write_bytes(whole)
        (run,) = daemon.ended(1)
        assert run.status == dg.DagsterRunStatus.SUCCESS
        assert (run.job_name, run.tags["dagster/partition"]) == (REFRESH, CUT)
        assert run.tags["topaz/release"] == current(lake).release_id
        daemon.wait_for_tick("landing_sensor", "Nothing new")
        settle(daemon)
        # Neither the sensor of landing nor that of single tables goes on from there.
        assert [one.run_id for one in daemon.runs()] == [run.run_id]
        assert outcomes(lake) == ["published"]

    # Without its instance the lake goes on where it was.
    shutil.rmtree(lake.dagster_home)
    with running(lake) as daemon:
        daemon.wait_for_tick("landing_sensor", "Nothing new")
        settle(daemon)
        assert daemon.runs() == []
        assert daemon.instance.get_dynamic_partitions("data_cut") == [CUT]
        gate = dg.AssetCheckKey(dg.AssetKey(["core", "patient"]), "gate")
        found = daemon.instance.event_log_storage.get_latest_asset_check_execution_by_key([gate])
        assert found[gate].status.value == "SUCCEEDED"


@pytest.mark.slow
def test_a_killed_run_is_tried_three_times_and_no_more(extracts, lake):
    land(extracts, lake)
    with running(lake) as daemon:
        killed = set()
        for n in (1, 2, 3):
            run = daemon.started(lambda run: run.run_id not in killed)
            os.kill(daemon.pid_of(run), signal.SIGKILL)
            killed.add(run.run_id)
            runs = daemon.ended(n)
            assert [one.status for one in runs] == [dg.DagsterRunStatus.FAILURE] * n
        settle(daemon)
        tick = daemon.wait_for_tick("landing_sensor", "not tried again by itself")
        assert f"topaz refresh --cut {CUT}" in tick
        assert len(daemon.runs()) == 3
        assert [run.tags["topaz/attempt"] for run in daemon.runs()] == ["1", "2", "3"]
    assert outcomes(lake) == ["failed"] * 3
    assert all("signal 9" in attempt.text for attempt in Ledger(lake.root).attempts(CUT))
    assert all_releases(lake) == []
    assert current(lake) is None


@pytest.mark.slow
def test_after_a_power_cut_the_next_daemon_finishes_the_cut(extracts, lake):
    land(extracts, lake)
    with running(lake) as daemon:
        daemon.started()
        daemon.kill()
        (lost,) = daemon.runs()
        assert lost.status == dg.DagsterRunStatus.STARTED
        daemon.start()
        # One run at a time: as long as the lost one counts as running, no other begins.
        lost, next_one = daemon.ended(2, seconds=240)
        assert lost.status == dg.DagsterRunStatus.FAILURE
        assert next_one.status == dg.DagsterRunStatus.SUCCESS
    assert current(lake).data_cut == CUT
    assert outcomes(lake) == ["failed", "published"]
