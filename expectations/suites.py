"""The suite of every table: what its contract implies, then what is listed for it.

Belongs here: which list belongs to which table. Does not belong here: single expectations.
"""

from collections.abc import Callable

from expectations import (
    bands,
    core_baseline,
    core_disease,
    core_treatment,
    disability_suites,
    population_suites,
    raw_events,
    raw_exposure,
    reproduction_suites,
    results_registry,
    safety_suites,
    wide_suites,
    windows_suites,
)
from expectations.generic import contract_expectations
from expectations.quarantine_suites import QuarantineLimits, quarantine_expectations
from expectations.raw_datasets import dataset_expectations
from expectations.results_suites import FAMILIES, SENSITIVITY
from expectations.suite import Expectation, Severity, Suite, is_dataset
from transforms.rules import Rules
from warehouse.contracts import ALL, QUARANTINE, RAW, TableContract

__all__ = ["Expectation", "QuarantineLimits", "Severity", "Suite", "all_suites", "suite_for"]

DEFAULT_LIMITS = QuarantineLimits()

_Listed = Callable[[TableContract, Rules], tuple[Expectation, ...]]

#: What is listed for a table, by SQL name; the others have the expectations of their contract.
_LISTED: dict[str, _Listed] = {
    "raw.crosswalk": raw_exposure.crosswalk_expectations,
    "raw.dm": raw_exposure.dm_expectations,
    "raw.ex": raw_exposure.ex_expectations,
    "raw.suppex": raw_exposure.suppex_expectations,
    "raw.ce": raw_events.ce_expectations,
    "raw.suppce": raw_exposure.suppce_expectations,
    "raw.qs": raw_events.qs_expectations,
    "raw.nv": raw_events.nv_expectations,
    "raw.ae": raw_events.ae_expectations,
    "raw.cm": raw_events.cm_expectations,
    "raw.ds": raw_events.ds_expectations,
    "raw.sc": raw_events.sc_expectations,
    "core.patient": core_treatment.patient_expectations,
    "core.course": core_treatment.course_expectations,
    "core.relapse": core_disease.relapse_expectations,
    "core.edss": core_disease.edss_expectations,
    "core.mri_scan": core_disease.mri_scan_expectations,
    "core.adverse_event": core_disease.adverse_event_expectations,
    "core.other_dmt": core_treatment.other_dmt_expectations,
    "core.follow_up": population_suites.follow_up_expectations,
    "core.population": population_suites.population_expectations,
    "core.baseline": core_baseline.baseline_expectations,
    "windows.patient_course_window": windows_suites.patient_course_window_expectations,
    "windows.edss_at_visit": disability_suites.edss_at_visit_expectations,
    "windows.disability_event": disability_suites.disability_event_expectations,
    "windows.safety_event": safety_suites.safety_event_expectations,
    "windows.line_listing": safety_suites.line_listing_expectations,
    **{
        f"results.{name}": results_registry.family_expectations for name in (*FAMILIES, SENSITIVITY)
    },
    "results.result": results_registry.result_expectations,
    **{f"results.{name}": wide_suites.wide_expectations for name in wide_suites.SHOWN},
    "results.disposition": wide_suites.disposition_expectations,
    "results.sensitivity": wide_suites.sensitivity_expectations,
    "results.reproduction": reproduction_suites.reproduction_expectations,
}


#: What compares a table with that of the last published cut.
_BANDS: dict[str, Callable[[TableContract], Expectation]] = {
    **{contract.sql_name: bands.rows_per_study for contract in QUARANTINE.values()},
    "core.population": bands.patients_per_set,
    "results.result": bands.main_results,
}


def suite_for(
    contract: TableContract, rules: Rules, limits: QuarantineLimits = DEFAULT_LIMITS
) -> Suite:
    """The suite of one table.

    Args:
        contract: the table.
        rules: the cut and the open choices that expectations depend on (cut-off, horizon, codes).
        limits: how many rows of a raw dataset may be in quarantine.
    """
    listed = _LISTED.get(contract.sql_name)
    band = _BANDS.get(contract.sql_name)
    return Suite(
        contract.sql_name,
        (
            *shared_expectations(contract, rules, limits),
            *(listed(contract, rules) if listed else ()),
            *((band(contract),) if band else ()),
        ),
    )


def shared_expectations(
    contract: TableContract, rules: Rules, limits: QuarantineLimits = DEFAULT_LIMITS
) -> tuple[Expectation, ...]:
    """Expectations that follow from a table's contract and its layer, not from its meaning."""
    of_contract = contract_expectations(contract)
    if is_dataset(contract):
        return (*of_contract, *dataset_expectations(contract, rules))
    if contract.layer == "quarantine":
        of_raw = suite_for(RAW[contract.name], rules).expectations
        content = [item.id for item in of_raw if item.row_query is not None]
        return (*of_contract, *quarantine_expectations(contract, rules, content, limits))
    return of_contract


def all_suites(rules: Rules, limits: QuarantineLimits = DEFAULT_LIMITS) -> dict[str, Suite]:
    """The suite of every table of the contracts, by SQL name, in the contracts' order."""
    return {contract.sql_name: suite_for(contract, rules, limits) for contract in ALL}
