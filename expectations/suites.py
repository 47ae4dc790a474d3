"""The suite of every table: what its contract implies, then what is listed for it.

Belongs here: which list belongs to which table. Does not belong here: single expectations.
"""

from collections.abc import Callable

from expectations import (
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
from expectations.raw_datasets import dataset_expectations
from expectations.results_suites import FAMILIES, SENSITIVITY
from expectations.suite import Expectation, Severity, Suite
from transforms.rules import Rules
from warehouse.contracts import ALL, TableContract

__all__ = ["Expectation", "Severity", "Suite", "all_suites", "suite_for"]

_Listed = Callable[[TableContract, Rules], tuple[Expectation, ...]]

#: What is listed for a table, by SQL name; the others have the expectations of their contract.
_LISTED: dict[str, _Listed] = {
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


def suite_for(contract: TableContract, rules: Rules) -> Suite:
    """The suite of one table.

    Args:
        contract: the table.
        rules: the cut and the open choices that expectations depend on (cut-off, horizon, codes).
    """
    listed = _LISTED.get(contract.sql_name)
    return Suite(
        contract.sql_name,
        (
            *contract_expectations(contract),
            *(dataset_expectations(contract, rules) if contract.layer == "raw" else ()),
            *(listed(contract, rules) if listed else ()),
        ),
    )


def all_suites(rules: Rules) -> dict[str, Suite]:
    """The suite of every table of the contracts, by SQL name, in the contracts' order."""
    return {contract.sql_name: suite_for(contract, rules) for contract in ALL}
