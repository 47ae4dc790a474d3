"""What the reproduction would notice: the faults, how they are let loose, what is reported."""

import importlib
import re
from dataclasses import fields

import polars as pl
import pytest

from benchmarks.faults.study import (
    DESIGN,
    FAULTS,
    FROM_DATA,
    REPRODUCTION,
    RESULT,
    RULES,
    Cost,
    cost_of,
    read_lake,
    report,
    spans,
)
from benchmarks.faults.ways import Fault, columns, fed, function, let_loose, setting
from orchestration.tables import INPUTS
from transforms import relapse
from transforms.rules import Rules

BY_NAME = {fault.name: fault for fault in FAULTS}
RULE = re.compile(r"[TCSWE]-\d\d")
#: One of each way, each quick.
QUICK = (
    ("setting", "the landmark is a month late (the end of Month 85)"),
    ("table", "the safety set is used for efficacy"),
    ("function", "unconfirmed relapses count"),
)


@pytest.fixture(scope="module")
def lake():
    return read_lake()


@pytest.fixture(scope="module")
def matched(lake):
    """Ids that the unbroken lineage reproduces, by kind."""
    found = lake[REPRODUCTION].collect().filter(outcome="match")
    return {kind: set(found.filter(kind=kind)["published_id"]) for kind in (*FROM_DATA, DESIGN)}


@pytest.mark.parametrize(("way", "name"), QUICK)
def test_a_fault_of_each_way_costs_values_that_were_reproduced(lake, matched, way, name):
    cost = cost_of(BY_NAME[name], lake)
    assert cost.fault.way == way
    assert cost.n_lost > 0
    for kind, ids in cost.lost.items():
        assert ids == sorted(ids)
        assert set(ids) <= matched[kind]
    assert cost.n_moved >= cost.n_lost
    assert cost.n_rows >= cost.n_moved > 0


def test_without_a_fault_nothing_is_lost_and_nothing_moves(lake):
    everything = Fault("none", "", tables=tuple(name for name in INPUTS if "raw" not in name))
    cost = cost_of(everything, lake)
    assert (cost.lost, cost.n_moved, cost.n_rows) == ({}, 0, 0)


def test_a_wrong_setting_is_counted_apart_where_only_the_settings_show_it(lake):
    cost = cost_of(setting("never so", "E-13", "windows.line_listing", iar_hours=25), lake)
    assert [*cost.lost] == [DESIGN]
    assert cost.n_lost == 0


def test_a_table_is_changed_for_those_who_read_it_and_the_rest_is_as_it_was(lake):
    fault = columns("none is active", "E-10", "results.result_mri", value=pl.lit(1.5))
    right, wrong = (
        tables[RESULT].sort("result_id")
        for tables in ({RESULT: lake[RESULT].collect()}, let_loose(fault, lake, RULES, RESULT))
    )
    is_mri = pl.col("analysis_id").str.starts_with("mri.")
    assert set(wrong.filter(is_mri)["value"]) == {1.5}
    assert wrong.filter(~is_mri).equals(right.filter(~is_mri))


def test_one_step_alone_is_given_wrong_tables(lake):
    fault = fed(
        "no events",
        "E-12",
        "results.result_safety",
        lambda given: {"safety_event": given["safety_event"].clear()},
    )
    found = let_loose(fault, lake, RULES, "results.result_safety", "windows.line_listing")
    events = found["results.result_safety"].filter(
        analysis_id="safety.incidence", category="any AE", statistic="n_patients"
    )
    assert set(events["value"]) == {0.0}
    # The listing reads the same events, and hangs on nothing that is broken.
    assert "windows.line_listing" not in found


def test_after_a_fault_the_right_function_is_back_even_if_it_failed(lake):
    right = relapse.select_confirmed_relapses

    def refuse(*_tables, **_rules):
        raise ArithmeticError("refused")

    place = "transforms.relapse:select_confirmed_relapses"
    fault = function("fails", "E-01", ("core.relapse",), {place: lambda _right: refuse})
    with pytest.raises(ArithmeticError, match="refused"):
        let_loose(fault, lake, RULES, RESULT)
    assert relapse.select_confirmed_relapses is right


def test_every_fault_breaks_one_rule_at_least_in_exactly_one_way():
    assert len(BY_NAME) == len(FAULTS) >= 20
    for fault in FAULTS:
        assert [bool(fault.settings), bool(fault.changed), bool(fault.functions)].count(True) == 1
        assert fault.rule_ids == "section 5" or all(map(RULE.fullmatch, fault.rule_ids.split()))


def test_the_faults_cover_every_family_of_rules():
    broken = {rule for fault in FAULTS for rule in fault.rule_ids.split()}
    assert {rule[0] for rule in broken if RULE.fullmatch(rule)} == set("TCSWE")
    assert {f"E-{number:02}" for number in range(1, 17)} <= broken


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_breaks_is_there(fault):
    assert {*fault.tables, *fault.changed} <= {*INPUTS}
    assert {*fault.settings} <= {field.name for field in fields(Rules)}
    assert all(getattr(RULES, name) != value for name, value in fault.settings.items())
    for place in fault.functions:
        module, _, name = place.partition(":")
        assert hasattr(importlib.import_module(module), name)
    # What is broken must be computed anew, or nothing would come of it.
    assert fault.changed or fault.tables


def test_neighbouring_ids_are_drawn_together():
    assert spans(["P0001", "P0002", "P0003", "P0007"]) == ["P0001-P0003", "P0007"]
    assert spans([]) == []


@pytest.mark.parametrize("is_markdown", [True, False])
def test_the_report_is_worst_first_and_tells_apart_what_is_not_noticed(lake, is_markdown):
    costs = [
        Cost(Fault("small", "T-01"), {"estimated": ["P0005"]}, 3, 9),
        Cost(Fault("hidden", "T-02"), {DESIGN: ["P0030"]}, 2, 4),
        Cost(
            Fault("large", "T-03"), {"narrated": ["P0101"], "estimated": ["P0001", "P0002"]}, 4, 9
        ),
        Cost(Fault("unprinted", "T-04"), {}, 0, 4),
        Cost(Fault("idle", "T-04"), {}, 0, 0),
    ]
    lines = report(costs, lake, is_markdown=is_markdown)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "T-0" in line]
    assert rows == [
        ["large", "T-03", "function", "3", "2", "1", "0", "P0001-P0002, P0101"],
        ["small", "T-01", "function", "1", "1", "0", "0", "P0005"],
        ["hidden", "T-02", "function", "2", "4", "1", "behind the printed digits"],
        ["unprinted", "T-04", "function", "0", "4", "0", "not printed"],
        ["idle", "T-04", "function", "0", "0", "0", "no difference here"],
    ]
    assert lines[-1] == "2 of 5 faults cost at least one value, 3 none."
