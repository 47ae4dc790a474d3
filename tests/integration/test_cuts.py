"""Several cuts in one lake: what a refresh would do, and what Dagster knows of it."""

import os
import re
import shutil

import dagster as dg
import pytest

from orchestration.cli import main
from orchestration.definitions import defs
from orchestration.instance import open_instance
from orchestration.jobs import weekly_refresh
from orchestration.partitions import DATA_CUT
from orchestration.plan import plan_refresh
from orchestration.resources import LakeResource
from orchestration.tables import INPUTS
from warehouse.database import query
from warehouse.lake import Lake
from warehouse.release import all_releases, current

# One worker makes the lake of both cuts for all tests.
pytestmark = pytest.mark.xdist_group("two cuts")

EARLIER, LATER = "2016-10-04", "2017-10-04"


@pytest.fixture(scope="module")
def two_cuts(tmp_path_factory) -> Lake:
    """Two cuts of the same people, as Parquet; the later one is published first."""
    lake = Lake(tmp_path_factory.mktemp("cuts"))
    root = ["--root", str(lake.root)]
    cutoffs = ["--cutoff", LATER, "--cutoff", EARLIER]
    simulate = ["simulate", "--patients", "150", "--format", "parquet"]
    assert main([*simulate, *cutoffs, *root]) == 0
    assert main(["refresh", *root]) == 0
    assert main(["refresh", "--cut", EARLIER, *root]) == 0
    return lake


def test_each_cut_uses_the_transfers_of_its_time(two_cuts):
    earlier, later = all_releases(two_cuts)
    assert {row["cutoff"] for row in earlier.manifest["inputs"]} == {EARLIER}
    assert {row["cutoff"] for row in later.manifest["inputs"]} == {LATER}
    assert earlier.manifest["parameters"]["horizon_years"] == 7
    years = query(
        earlier.database,
        "SELECT max(analysis_window) FROM results.arr WHERE analysis_window SIMILAR TO 'Y[0-9]'",
    )
    assert years.item() == "Y7"


def test_an_older_cut_is_released_but_not_shown(two_cuts):
    assert current(two_cuts).data_cut == LATER
    assert plan_refresh(two_cuts, EARLIER).published.data_cut == EARLIER
    assert plan_refresh(two_cuts).published.data_cut == LATER


def test_all_cuts_are_refreshed_oldest_first_and_the_newest_shown(two_cuts, capsys):
    assert main(["refresh", "--all-cuts", "--root", str(two_cuts.root)]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"Nothing new: release (\S+?-\d\d-\d\d)-", out) == [EARLIER, LATER]
    assert re.findall(r"Results of cut (\S+)", out) == [LATER]


def test_all_cuts_of_an_empty_landing_are_refused(tmp_path, capsys):
    assert main(["refresh", "--all-cuts", "--root", str(tmp_path)]) == 3
    assert "Put transfers into <study>/<transfer date YYYY-MM-DD>/" in capsys.readouterr().err


def test_a_changed_rule_asks_for_a_new_release(two_cuts):
    settings = two_cuts.root / "settings.toml"
    settings.write_text("[rules]\nrelapse_merge_days = 0\n")
    try:
        assert plan_refresh(two_cuts).published is None
    finally:
        settings.unlink()
    assert plan_refresh(two_cuts).published is not None


def test_an_empty_instance_is_filled_from_the_releases(two_cuts):
    shutil.rmtree(two_cuts.dagster_home)
    key = dg.AssetKey(["core", "course"])
    with open_instance(two_cuts) as instance:
        assert set(instance.get_dynamic_partitions(DATA_CUT)) == {EARLIER, LATER}
        assert instance.get_materialized_partitions(key) == {EARLIER, LATER}
        event = instance.get_latest_materialization_event(key)
    recorded = event.asset_materialization
    release = {r.data_cut: r for r in all_releases(two_cuts)}[recorded.partition]
    version = release.manifest["tables"]["core.course"]["data_version"]
    assert recorded.tags["dagster/data_version"] == version


def test_the_schedule_asks_for_a_run_only_if_something_is_new(two_cuts):
    with open_instance(two_cuts) as instance:

        def tick():
            with dg.build_schedule_context(
                instance=instance, resources={"lake": LakeResource(root=str(two_cuts.root))}
            ) as context:
                return weekly_refresh(context)

        assert isinstance(tick(), dg.SkipReason)
        settings = two_cuts.root / "settings.toml"
        settings.write_text("[rules]\nrelapse_merge_days = 0\n")
        try:
            (request,) = tick()
        finally:
            settings.unlink()
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == LATER


def test_a_second_run_on_the_same_cut_waits_its_turn(two_cuts, capsys):
    with two_cuts.work(LATER).lock():
        assert main(["refresh", "--force", "--root", str(two_cuts.root)]) == 5
        assert "is busy" in capsys.readouterr().err
        assert main(["status", "--root", str(two_cuts.root)]) == 0
        at_work = f"at work  cut {LATER}: process {os.getpid()} computes it"
        assert at_work in capsys.readouterr().out
    assert main(["status", "--root", str(two_cuts.root)]) == 0
    assert "at work" not in capsys.readouterr().out


def test_the_job_is_the_one_that_the_web_ui_starts():
    (job,) = [job for job in defs.get_repository_def().get_all_jobs() if job.name == "refresh"]
    assert len(job.asset_layer.executable_asset_keys) == len(INPUTS) + 2
    assert job.executor_def.name == "in_process"
