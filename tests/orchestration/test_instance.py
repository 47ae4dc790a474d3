import time
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus

from orchestration.instance import open_instance
from orchestration.launcher import LakeRunLauncher
from orchestration.partitions import PARTITION_TAG
from warehouse.lake import Lake

CUT = "2017-10-04"
WRITTEN_BEFORE = """\
# Dagster's own records of runs. Disposable: what counts lies in work/ and releases/.
telemetry:
  enabled: false
nux:
  enabled: false
"""


@pytest.fixture
def lake(tmp_path: Path, monkeypatch) -> Lake:
    # Opening an instance sets them; the test's end takes them back.
    for name in ("DAGSTER_HOME", "TOPAZ_ROOT", "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return Lake(tmp_path)


def assert_runs_alone(instance: dg.DagsterInstance) -> None:
    assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
    assert isinstance(instance.run_coordinator, dg._core.run_coordinator.QueuedRunCoordinator)
    assert isinstance(instance.run_launcher, LakeRunLauncher)
    assert instance.run_monitoring_enabled
    assert not instance.run_retries_enabled
    assert instance.freshness_enabled
    assert not instance.telemetry_enabled


def test_one_run_at_a_time_and_dead_ones_are_noticed(lake):
    with open_instance(lake) as instance:
        assert_runs_alone(instance)


def test_an_instance_of_an_earlier_version_is_brought_up_to_date(lake):
    lake.dagster_home.mkdir()
    (lake.dagster_home / "dagster.yaml").write_text(WRITTEN_BEFORE)
    with open_instance(lake) as instance:
        assert_runs_alone(instance)


def test_what_a_user_wrote_stays(lake):
    lake.dagster_home.mkdir()
    own = WRITTEN_BEFORE + "retention:\n  sensor:\n    purge_after_days: 3\n"
    (lake.dagster_home / "dagster.yaml").write_text(own)
    open_instance(lake).dispose()
    assert (lake.dagster_home / "dagster.yaml").read_text() == own


def health(lake: Lake, *, seconds: float | None, tags: dict[str, str]) -> WorkerStatus:
    """Of a run that began some seconds ago; None = has not begun."""
    with open_instance(lake) as instance:
        began = None if seconds is None else time.time() - seconds
        instance.get_run_record_by_id = lambda _: SimpleNamespace(start_time=began)
        run = dg.DagsterRun(job_name="refresh", run_id="r", tags=tags)
        return instance.run_launcher.check_run_worker_health(run).status


OF_CUT = {PARTITION_TAG: CUT}


def test_a_run_that_holds_the_lock_of_its_cut_lives(lake):
    with lake.work(CUT).lock():
        assert health(lake, seconds=9e6, tags=OF_CUT) == WorkerStatus.RUNNING


def test_a_run_without_the_lock_is_dead_unless_it_has_just_begun(lake):
    assert health(lake, seconds=61, tags=OF_CUT) == WorkerStatus.NOT_FOUND
    assert health(lake, seconds=5, tags=OF_CUT) == WorkerStatus.RUNNING
    assert health(lake, seconds=None, tags=OF_CUT) == WorkerStatus.RUNNING
    # Asking does not keep the lock from the next run.
    with lake.work(CUT).lock():
        pass


def test_nothing_is_said_of_a_run_without_a_cut(lake):
    assert health(lake, seconds=9e6, tags={}) == WorkerStatus.RUNNING
