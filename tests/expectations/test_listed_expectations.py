"""Each listed expectation holds on the good world and fails on one fault, naming its row."""

import pytest
from gate_faults import Fault
from gate_faults_laws import CURVE_FAULTS, LAW_FAULTS
from gate_faults_patients import CORE_FAULTS, RAW_FAULTS, REGISTER_FAULTS
from gate_faults_results import RESULT_FAULTS
from gate_faults_safety import SAFETY_FAULTS
from gate_faults_windows import BASELINE_FAULTS, WINDOW_FAULTS
from gate_world import CONTRACTS, RULES, frame, good_world

from expectations.suites import shared_expectations, suite_for

FAULTS = (
    *RAW_FAULTS,
    *REGISTER_FAULTS,
    *CORE_FAULTS,
    *BASELINE_FAULTS,
    *WINDOW_FAULTS,
    *SAFETY_FAULTS,
    *RESULT_FAULTS,
    *CURVE_FAULTS,
    *LAW_FAULTS,
)


@pytest.mark.parametrize("case", FAULTS, ids=str)
def test_fault_is_found_and_its_rows_are_named(case: Fault, run_gate) -> None:
    world = good_world()
    for edit in case.edits:
        edit.apply(world)
    touched = {edit.table for edit in case.edits}
    report = run_gate(case.table, {t: frame(t, world[t]) for t in touched}, only=case.id)
    (outcome,) = report.outcomes
    assert outcome.error is None, report.describe()
    assert not outcome.passed
    found = [dict(key) for key in outcome.failing_keys]
    assert len(found) >= len(case.keys), report.describe()
    for expected, key in zip(case.keys, found, strict=False):
        assert expected.items() <= key.items(), report.describe()
    if case.keys:
        assert outcome.n_unexpected == len(case.keys), report.describe()
    is_warning = outcome.severity == "plausibility"
    assert report.passed is is_warning
    assert outcome in (report.warnings if is_warning else report.failures)


def test_every_listed_expectation_has_a_fault() -> None:
    listed = {
        (name, item.id)
        for name, contract in CONTRACTS.items()
        for item in suite_for(contract, RULES).expectations
        if not item.referenced_previous
    }
    shared = {
        (name, item.id)
        for name, contract in CONTRACTS.items()
        for item in shared_expectations(contract, RULES)
    }
    assert {(case.table, case.id) for case in FAULTS} == listed - shared
