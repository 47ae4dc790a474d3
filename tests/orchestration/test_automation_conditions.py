"""What Dagster follows up by itself, by its own evaluation of the real tables and conditions."""

from functools import cache

import dagster as dg
import pytest

from orchestration.assets import RELEASE_KEY
from orchestration.definitions import defs
from orchestration.gates import FINDINGS, GATE
from orchestration.jobs import refresh_job
from orchestration.partitions import DATA_CUT, data_cut
from orchestration.sensors import follow_inputs
from orchestration.tables import DERIVED_TABLES, INPUTS
from orchestration.tables import TRANSFER as TRANSFER_TABLE

CUT = "2017-10-04"
FOLLOWING = {table.sql_name for table in DERIVED_TABLES}


def key(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("."))


class World:
    """An instance in which every table of a cut is there and has passed its gate."""

    def __init__(self) -> None:
        self.instance = dg.DagsterInstance.ephemeral()
        self.instance.add_dynamic_partitions(DATA_CUT, [CUT])
        # Each of thousands of conditions asks for the cuts; the daemon keeps them for a tick.
        self.instance.get_dynamic_partitions = cache(self.instance.get_dynamic_partitions)
        for name in (TRANSFER_TABLE, *INPUTS):
            self.materialise(name)
        self.cursor = self.evaluate().cursor

    def materialise(self, name: str, *, passed: bool | None = True) -> None:
        self.instance.report_runless_asset_event(dg.AssetMaterialization(key(name), partition=CUT))
        if name in INPUTS and passed is not None:
            self.check(name, passed=passed)

    def check(self, name: str, *, passed: bool, check: str = GATE) -> None:
        self.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=key(name),
                check_name=check,
                passed=passed,
                metadata={},
            )
        )

    def evaluate(self) -> dg.EvaluateAutomationConditionsResult:
        return dg.evaluate_automation_conditions(
            defs=defs,
            instance=self.instance,
            cursor=getattr(self, "cursor", None),
            asset_selection=follow_inputs.asset_selection,
        )

    def requested(self) -> set[str]:
        """Tables that a tick asks for."""
        result = self.evaluate()
        self.cursor = result.cursor
        return {
            ".".join(one.path)
            for one in defs.get_repository_def().asset_graph.get_all_asset_keys()
            if result.get_num_requested(one)
        }


@pytest.fixture
def world():
    return World()


def descendants(name: str) -> set[str]:
    found = {name}
    for table in DERIVED_TABLES:
        if found & set(table.inputs):
            found.add(table.sql_name)
    return found - {name}


def test_nothing_is_asked_for_when_nothing_happens(world):
    assert world.requested() == set()


def test_a_table_that_is_made_by_hand_is_followed_by_all_below_it_and_never_released(world):
    world.materialise("core.other_dmt")
    assert world.requested() == descendants("core.other_dmt")
    assert world.requested() == set()


def test_a_raw_table_is_followed_too(world):
    world.materialise("raw.mh")
    assert world.requested() == descendants("raw.mh")


def test_a_failed_gate_stops_what_is_below_it_until_the_table_passes(world):
    world.materialise("core.other_dmt", passed=False)
    assert world.requested() == set()
    assert world.requested() == set()
    world.materialise("core.other_dmt")
    assert world.requested() == descendants("core.other_dmt")


def test_findings_hold_nothing_back(world):
    world.check("core.other_dmt", passed=False, check=FINDINGS)
    world.materialise("core.other_dmt")
    assert world.requested() == descendants("core.other_dmt")


def test_a_gate_that_failed_earlier_stops_a_table_with_another_new_input(world):
    world.materialise("core.relapse", passed=False)
    world.requested()
    world.materialise("core.baseline")
    asked = world.requested()
    assert "results.result_baseline" in asked
    # It takes both; its newer input does not let it forget the failure of the other.
    assert "results.result_sensitivity" not in asked


def test_a_table_whose_gate_has_not_ended_is_waited_for(world):
    world.materialise("raw.mh", passed=None)
    world.check("raw.mh", passed=False)
    assert world.requested() == set()
    world.check("raw.mh", passed=True)
    assert world.requested() == descendants("raw.mh")


def test_what_a_refresh_makes_is_the_refresh_s_to_go_on_from(world):
    """Also if it was killed, and made no more than this."""

    @dg.asset(key=key("core.other_dmt"), partitions_def=data_cut)
    def other_dmt() -> None: ...

    @dg.asset_check(asset=other_dmt, name=GATE, blocking=True)
    def gate() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    job = dg.define_asset_job("refresh", [other_dmt], tags=refresh_job.tags)
    made = dg.Definitions(assets=[other_dmt], asset_checks=[gate], jobs=[job])
    refresh = made.resolve_job_def("refresh")
    assert refresh.execute_in_process(instance=world.instance, partition_key=CUT).success
    assert world.requested() == set()
    # The same by hand is followed.
    by_hand = made.resolve_implicit_global_asset_job_def()
    assert by_hand.execute_in_process(instance=world.instance, partition_key=CUT).success
    assert world.requested() == descendants("core.other_dmt")


def test_a_new_cut_is_the_refresh_s_to_fill(world):
    world.instance.get_dynamic_partitions.cache_clear()
    world.instance.add_dynamic_partitions(DATA_CUT, ["2018-10-04"])
    assert world.requested() == set()


def test_only_tables_that_hang_on_tables_alone_follow_their_inputs():
    graph = defs.get_repository_def().asset_graph
    automated = {one for one in graph.get_all_asset_keys() if graph.get(one).automation_condition}
    assert automated == {key(name) for name in FOLLOWING}
    selected = follow_inputs.asset_selection.resolve(graph)
    assert selected == automated
    assert RELEASE_KEY not in selected


def test_the_sensor_of_single_tables_is_off_until_someone_turns_it_on():
    assert follow_inputs.default_status == dg.DefaultSensorStatus.STOPPED
