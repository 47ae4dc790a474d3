"""The grid of other readings: what it covers, and that each of them moves something."""

from dataclasses import fields
from datetime import date

import polars as pl
import pytest

from orchestration.scenarios import SCENARIOS
from orchestration.sensitivity import estimate_sensitivity
from orchestration.tables import DERIVED_TABLES, contract
from transforms.rules import Rules

RULES = Rules(date(2017, 10, 4), 8)
SENSITIVITY = next(t for t in DERIVED_TABLES if t.sql_name == "results.result_sensitivity")


def test_names_are_unique_and_readings_told():
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    assert "primary" not in names
    assert all(scenario.reading and scenario.rule_ids for scenario in SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_scenario_is_another_reading(scenario):
    assert scenario.rules(RULES) != RULES
    assert set(scenario.changes) <= {field.name for field in fields(Rules)}


def test_the_landmark_moves_with_the_horizon():
    (scenario,) = [one for one in SCENARIOS if one.landmark_months]
    assert scenario.rules(RULES).landmark_day == 85 * 30.4375
    earlier = Rules(date(2016, 10, 4), 7)
    assert scenario.rules(earlier).landmark_day == 73 * 30.4375


def test_all_that_is_replayed_is_an_input(monkeypatch):
    """So that a change of its code changes the fingerprint of the sensitivity rows, too."""
    replayed = set()

    def record(table, inputs, rules):
        replayed.add(table.sql_name)
        return pl.LazyFrame(schema=table.contract.schema)

    monkeypatch.setattr("orchestration.compute.compute", record)
    # Only the declared inputs are there: a replay that asks for another fails.
    tables = {
        name.split(".")[1]: pl.LazyFrame(schema=contract(name).schema)
        for name in SENSITIVITY.inputs
    }
    estimate_sensitivity(RULES, **tables).collect()
    assert {"windows.disability_event", "core.relapse", "results.result_safety"} <= replayed
    assert replayed <= set(SENSITIVITY.inputs)
