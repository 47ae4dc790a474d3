"""Which laws belong to which family of result rows, and what holds of all rows together.

Belongs here: the lists. Does not belong here: single expectations.
"""

from expectations.funnel_suites import funnel_laws, group_sizes_as_funnel
from expectations.results_efficacy import (
    arr_before_after_laws,
    arr_laws,
    edss_laws,
    endpoints_agree,
    mri_laws,
)
from expectations.results_laws import curves_go_one_way
from expectations.results_partial_dates import partial_dates_again
from expectations.results_people import baseline_laws, course_laws, treatment_laws
from expectations.results_recounts import (
    events_again,
    free_of_activity_again,
    incidence_again,
    no_activity_again,
    rates_again,
    visits_again,
)
from expectations.results_safety import safety_laws
from expectations.results_suites import SENSITIVITY, all_families_there, long_expectations
from expectations.suite import Expectation
from transforms.rules import Rules
from warehouse.contracts import TableContract


def family_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the rows of one family: those of every row and cell, then its laws."""
    return (*long_expectations(contract, rules), *_laws(contract))


def result_expectations(_contract: TableContract, _rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on all result rows together."""
    return (all_families_there(), group_sizes_as_funnel(), endpoints_agree())


def _laws(contract: TableContract) -> tuple[Expectation, ...]:
    curves = curves_go_one_way
    laws: dict[str, tuple[Expectation, ...]] = {
        "result_arr": (*arr_laws(contract), rates_again()),
        "result_arr_before_after": arr_before_after_laws(),
        "result_relapse_free": (curves("relapse_free.cumulative", "relapse_free.km"),),
        "result_edss": (*edss_laws(), visits_again()),
        "result_disability": (curves("cdw.km", "cdi.km"), events_again()),
        "result_mri": (*mri_laws(), free_of_activity_again()),
        "result_neda": (curves("neda.free"), no_activity_again()),
        "result_safety": (*safety_laws(), incidence_again()),
        "result_baseline": baseline_laws(),
        "result_course": course_laws(),
        "result_treatment": treatment_laws(),
        "result_retention": (curves("available"),),
        "result_funnel": funnel_laws(),
        "result_partial_date": (partial_dates_again(),),
        SENSITIVITY: (curves(),),
    }
    return laws[contract.name]
