"""The Dagster instance of a lake: its records of runs, cuts and tables.

Belongs here: opening it, and telling a new one what the releases hold. It is disposable: what
counts lies in the work area and in the releases, and their manifests fill an empty instance.
"""

import os

import dagster as dg

from orchestration.assets import RELEASE_KEY, key_of
from orchestration.partitions import DATA_CUT
from warehouse.files import atomic_write
from warehouse.lake import Lake
from warehouse.release import Release, all_releases

_CONFIG = b"""\
# Dagster's own records of runs. Disposable: what counts lies in work/ and releases/.
telemetry:
  enabled: false
nux:
  enabled: false
"""


def open_instance(lake: Lake) -> dg.DagsterInstance:
    """The instance of the lake, made if it is not there; it knows every published cut."""
    # Messages of gates name patients: for the owner only.
    lake.dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = lake.dagster_home / "dagster.yaml"
    if not config.is_file():
        atomic_write(config, _CONFIG)
    os.environ["DAGSTER_HOME"] = str(lake.dagster_home.resolve())
    os.environ["TOPAZ_ROOT"] = str(lake.root.resolve())
    instance = dg.DagsterInstance.get()
    newest_of_cut = {release.data_cut: release for release in all_releases(lake)}
    if newest_of_cut:
        known = instance.get_materialized_partitions(RELEASE_KEY)
        instance.add_dynamic_partitions(DATA_CUT, sorted(newest_of_cut))
        for data_cut, release in newest_of_cut.items():
            if data_cut not in known:
                _register(instance, release)
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
