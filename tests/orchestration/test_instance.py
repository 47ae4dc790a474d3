import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.event_log import SqliteEventLogStorage

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


def reported(instance: dg.DagsterInstance, n: int) -> None:
    for row in range(n):
        event = dg.AssetMaterialization("table", metadata={"row": row})
        instance.report_runless_asset_event(event)


def rows_of(log: SqliteEventLogStorage) -> list[int]:
    found = log.fetch_materializations(dg.AssetKey("table"), limit=100, ascending=True)
    return [one.asset_materialization.metadata["row"].value for one in found.records]


def test_events_are_in_dagster_own_files_as_soon_as_they_are_told(lake):
    with open_instance(lake) as instance:
        own = SqliteEventLogStorage(str(lake.dagster_home / "history" / "runs"))
        for n in (1, 2, 3):
            reported(instance, 1)
            assert rows_of(own) == rows_of(instance.event_log_storage) == [0] * n
        own.store_event(own.get_records_for_run("").records[-1].event_log_entry)
        assert rows_of(instance.event_log_storage) == [0] * 4


def test_the_index_is_opened_once(lake, monkeypatch):
    with open_instance(lake) as instance:
        opened = []
        connect = sqlite3.connect
        monkeypatch.setattr(
            sqlite3,
            "connect",
            lambda path, **kwargs: opened.append(path) or connect(path, **kwargs),
        )
        monkeypatch.setattr(sqlite3.dbapi2, "connect", sqlite3.connect)
        reported(instance, 5)
        assert [Path(path).name for path in opened].count("index.db") <= 1
        assert rows_of(instance.event_log_storage) == [0, 1, 2, 3, 4]
    # Closed with the instance: what its write-ahead log held is in the file.
    assert not (lake.dagster_home / "history" / "runs" / "index.db-wal").exists()


def test_what_was_not_told_to_its_end_is_not_there(lake):
    with open_instance(lake) as instance:
        reported(instance, 1)
        log = instance.event_log_storage

        def half() -> None:
            with log.index_connection() as connection:
                connection.exec_driver_sql("DELETE FROM event_logs")
                raise InterruptedError

        with pytest.raises(InterruptedError):
            half()
        assert rows_of(log) == [0]


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
