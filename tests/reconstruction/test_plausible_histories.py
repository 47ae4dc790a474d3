"""The kept histories are plausible: every measure within its bounds, and spoiled ones are not.

The bounds, with where each comes from, stand in `plausible_bounds`; what is measured in
`measures_of_*`; how histories are spoiled in `implausible_*`.
"""

import implausible_disease
import implausible_records
import implausible_visits
import measures_of_disease
import measures_of_people
import measures_of_records
import measures_of_treatment
import measures_of_visits
import pytest
from history_facts import facts_of
from plausible_bounds import BOUNDS, broken

from simulation import simulate_trial
from simulation.histories import read_histories

#: Days in Figure 1's footnotes: P0102-P0111, P0113-P0119, P0121-P0125.
EARLY_DAYS = {
    3: [336, 350, 351, 352, 353, 358, 358, 359, 359, 365],
    4: [337, 351, 357, 358, 364, 365, 365],
    5: [330, 344, 351, 365, 365],
}
ENTRANTS = 742  # P0042
#: What is measured, and what must be noticed by it.
PARTS = (
    ((measures_of_visits,), implausible_visits.FAULTS),
    ((measures_of_disease, measures_of_treatment, measures_of_people), implausible_disease.FAULTS),
    ((measures_of_records,), implausible_records.FAULTS),
)
ALL = [module for modules, _ in PARTS for module in modules]


def measured(datasets, *modules):
    facts = facts_of(datasets)
    return {
        name: value
        for module in modules
        for name, value in module.measures(datasets, facts).items()
    }


@pytest.fixture(scope="module")
def kept():
    return read_histories()


@pytest.fixture(scope="module")
def measures_of_kept(kept):
    return measured(kept, *ALL)


def test_every_bound_is_measured_and_every_measure_bounded(measures_of_kept):
    assert set(measures_of_kept) == set(BOUNDS)


@pytest.mark.parametrize("name", BOUNDS)
def test_the_kept_histories_are_plausible(measures_of_kept, name):
    assert name not in broken({name: measures_of_kept[name]}), broken(measures_of_kept)[name]


def test_a_natural_trial_is_plausible():
    datasets = simulate_trial(811, seed=11).datasets
    assert broken(measured(datasets, *ALL)) == {}


@pytest.mark.parametrize(
    ("modules", "fault"),
    [
        pytest.param(modules, fault, id=name)
        for modules, faults in PARTS
        for name, fault in faults.items()
    ],
)
def test_spoiled_histories_are_noticed(kept, modules, fault):
    assert set(fault.breaks) <= set(broken(measured(fault.spoil(kept), *modules)))


def test_each_absurdity_is_noticed_by_some_fault():
    """Whatever must be 0 is shown to be noticed, and a fair part of the other bounds."""
    must_be_zero = {name for name, (low, high, _) in BOUNDS.items() if low == high == 0}
    noticed = {name for _, faults in PARTS for fault in faults.values() for name in fault.breaks}
    assert noticed >= must_be_zero
    assert noticed <= set(BOUNDS)


class TestChosen:
    def test_early_courses_are_those_of_the_footnotes(self, kept):
        early = measures_of_treatment.early_days(facts_of(kept))
        assert {course: early.get(course, []) for course in EARLY_DAYS} == EARLY_DAYS

    def test_as_many_entered_the_extension_as_printed(self, kept):
        phases = facts_of(kept).phases
        assert phases.filter(phase="extension").height == ENTRANTS
