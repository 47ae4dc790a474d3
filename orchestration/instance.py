"""The Dagster instance of a lake: its records of runs, cuts and tables.

Belongs here: opening it, and telling a new one what the releases hold. It is disposable: what
counts lies in the work area and in the releases, and their manifests fill an empty instance.
"""

import errno
import os

import dagster as dg

from orchestration.assets import RELEASE_KEY, key_of
from orchestration.gates import GATES
from orchestration.partitions import DATA_CUT
from warehouse.files import atomic_write, file_sha256
from warehouse.lake import Lake
from warehouse.releases import Release, all_releases

_CONFIG = b"""\
# Dagster's own records of runs. Disposable: what counts lies in work/, ledger/ and releases/.
telemetry:
  enabled: false
nux:
  enabled: false
# Runs wait for each other: two would write into one work area, or publish out of order.
concurrency:
  runs:
    max_concurrent_runs: 1
# A run whose process or machine has died is marked as failed, so that the next one begins.
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
event_log_storage:
  module: orchestration.event_log
  class: LakeEventLog
run_launcher:
  module: orchestration.launcher
  class: LakeRunLauncher
# The ledger decides whether a failed cut is tried again, and how often.
run_retries:
  enabled: false
freshness:
  enabled: true
# A sensor that looks every half minute ticks a million times a year.
retention:
  sensor:
    purge_after_days:
      skipped: 2
      success: 30
      failure: 90
      started: 30
"""
#: SHA-256 of the configurations that earlier versions wrote; what a user wrote stays.
_EARLIER = (
    "77e01aa6827a23cc7cb7a8f1d581fa1b85e29b6e3e1ffca6d222f8cb6a381022",
    "25f8a6b871f84f6ee78fc1c610b77c2cac377dd66bc274978073df5a8d5cfc9c",
)
#: A tick reads new files to take their hashes; Dagster's own limit is a minute.
_TICK_SECONDS = 900


def open_instance(lake: Lake) -> dg.DagsterInstance:
    """The instance of the lake, made if it is not there; it knows every published cut."""
    # Messages of gates name patients: for the owner only.
    lake.dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(lake.dagster_home, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(lake.dagster_home))
    config = lake.dagster_home / "dagster.yaml"
    if not config.is_file() or file_sha256(config) in _EARLIER:
        atomic_write(config, _CONFIG)
    os.environ.setdefault("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", str(_TICK_SECONDS))
    os.environ["DAGSTER_HOME"] = str(lake.dagster_home.resolve())
    os.environ["TOPAZ_ROOT"] = str(lake.root.resolve())
    instance = dg.DagsterInstance.get()
    newest_of_cut = {release.data_cut: release for release in all_releases(lake)}
    if newest_of_cut:
        known = instance.get_materialized_partitions(RELEASE_KEY)
        instance.add_dynamic_partitions(DATA_CUT, sorted(newest_of_cut))
        missing = [
            newest_of_cut[data_cut] for data_cut in sorted(newest_of_cut) if data_cut not in known
        ]
        for release in missing:
            _register(instance, release)
        if missing and not known:
            # Gates have no partitions in Dagster: it shows their last outcome, whatever the cut.
            _register_gates(instance, missing[-1])
    return instance


def _register(instance: dg.DagsterInstance, release: Release) -> None:
    """Record the tables of a release as materialised, as if the instance had seen its run."""
    for name, record in release.manifest["tables"].items():
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                key_of(name),
                partition=release.data_cut,
                metadata={"dagster/row_count": record["rows"], "release_id": release.release_id},
                tags={"dagster/data_version": record["data_version"]},
            )
        )
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            RELEASE_KEY,
            partition=release.data_cut,
            metadata={"release_id": release.release_id},
            tags={"dagster/data_version": release.release_id},
        )
    )


def _register_gates(instance: dg.DagsterInstance, release: Release) -> None:
    """Record that the blocking gates of a release passed: without that it would not be there."""
    tables = {key_of(name) for name in release.manifest["tables"]}
    for gate in GATES:
        for spec in gate.check_specs:
            if spec.blocking and spec.asset_key in tables:
                instance.report_runless_asset_event(
                    dg.AssetCheckEvaluation(
                        asset_key=spec.asset_key,
                        check_name=spec.name,
                        passed=True,
                        metadata={"release_id": release.release_id},
                        description=f"Passed before release {release.release_id} was published.",
                    )
                )
