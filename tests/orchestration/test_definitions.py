import inspect
import subprocess
import sys

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.gates import FINDINGS, GATE, GATES
from orchestration.partitions import data_cut
from orchestration.tables import DERIVED_TABLES, INPUTS
from warehouse.contracts import ALL

REPOSITORY = defs.get_repository_def()
GRAPH = REPOSITORY.asset_graph
TABLE_KEYS = {dg.AssetKey(name.split(".")) for name in INPUTS}


def test_every_contract_is_one_asset_under_its_own_name():
    assert set(INPUTS) == {table.sql_name for table in ALL}
    assert set(GRAPH.get_all_asset_keys()) == TABLE_KEYS | {
        dg.AssetKey(["landing", "transfer"]),
        dg.AssetKey(["release", "release"]),
    }


@pytest.mark.parametrize("table", DERIVED_TABLES, ids=lambda table: table.sql_name)
def test_a_table_s_function_takes_its_inputs_by_name(table):
    parameters = inspect.signature(table.load()).parameters
    names = {name.split(".")[1] for name in table.inputs}
    assert len(names) == len(table.inputs)
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    offered = {"rules", "data_cut", "horizon_years", "configuration"}
    assert takes_any or set(parameters) - offered == names


def test_tables_are_listed_upstream_first():
    seen = {"landing.transfer"}
    for name, inputs in INPUTS.items():
        assert set(inputs) <= seen
        seen.add(name)


def test_every_table_has_a_gate_that_blocks_and_findings_that_do_not():
    specs = [spec for gates in GATES for spec in gates.check_specs]
    for name, blocks in ((GATE, True), (FINDINGS, False)):
        checked = [spec.asset_key for spec in specs if (spec.name, spec.blocking) == (name, blocks)]
        assert sorted(checked) == sorted(TABLE_KEYS)
    assert len(specs) == 2 * len(TABLE_KEYS)


def test_gates_look_only_upstream_or_sideways_among_delivered_rows():
    delivered = {key for key in TABLE_KEYS if key.path[0] in ("raw", "quarantine")}
    for gates in GATES:
        for spec in gates.check_specs:
            ancestors = GRAPH.get_ancestor_asset_keys(spec.asset_key)
            others = {dependency.asset_key for dependency in spec.additional_deps}
            beside = delivered if spec.asset_key in delivered else set()
            assert others <= ancestors | beside


def test_assets_say_what_they_are():
    for key in GRAPH.get_all_asset_keys():
        node = GRAPH.get(key)
        assert node.group_name == key.path[0]
        assert node.partitions_def == data_cut
        assert node.description
        assert node.owners
        assert node.kinds
        assert node.code_version


def test_a_table_shows_its_columns_with_units():
    schema = GRAPH.get(dg.AssetKey(["core", "course"])).metadata["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}
    assert "[days since day 0]" in columns["course_day"].description
    assert not columns["person_id"].constraints.nullable


def test_the_release_waits_for_every_table():
    assert GRAPH.get(dg.AssetKey(["release", "release"])).parent_keys >= TABLE_KEYS


def test_the_schedule_is_off_until_someone_turns_it_on():
    (schedule,) = REPOSITORY.schedule_defs
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_the_sensor_of_landing_is_on_and_starts_the_job_that_a_person_starts():
    sensor = REPOSITORY.get_sensor_def("landing_sensor")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 30
    assert sensor.job_name == "refresh"
    assert {one.name for one in REPOSITORY.sensor_defs} == {"landing_sensor", "follow_inputs"}


def test_the_age_of_the_published_results_is_watched():
    watched = {key for key in GRAPH.get_all_asset_keys() if GRAPH.get(key).freshness_policy}
    assert watched == {dg.AssetKey(["release", "release"])}
    policy = GRAPH.get(dg.AssetKey(["release", "release"])).freshness_policy
    assert policy.warn_window.to_timedelta() < policy.fail_window.to_timedelta()


def test_all_that_runs_by_itself_says_what_it_does():
    for one in (*REPOSITORY.sensor_defs, *REPOSITORY.schedule_defs, REPOSITORY.get_job("refresh")):
        assert one.description


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("orchestration.definitions", ["great_expectations", "statsmodels", "lifelines", "scipy"]),
        ("orchestration.cli", ["dagster", "great_expectations", "polars", "duckdb"]),
        ("orchestration.summary", ["dagster", "great_expectations", "statsmodels"]),
        ("orchestration.plan", ["dagster", "great_expectations", "statsmodels", "pyreadstat"]),
    ],
)
def test_importing_loads_nothing_heavy(module, heavy):
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
