"""Suites follow the rules of the analysis: what is a fault hangs on the reading."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from gate_world import CONTRACTS, RULES, frame, good_world

from expectations.runner import run_suite
from expectations.suites import suite_for
from transforms.rules import Terms

EVENT = "windows.disability_event"
VISIT = "windows.edss_at_visit"


@pytest.fixture
def failures_of(good_paths, tmp_path) -> Callable[..., set[str]]:
    """Ids of the expectations of a table that fail under other rules, one of its rows changed."""

    def run(table: str, rules: dict[str, Any], row: int = 0, **changed: Any) -> set[str]:
        rows = good_world()[table]
        rows[row].update(changed)
        path = tmp_path / "changed.parquet"
        frame(table, rows).write_parquet(path)
        suite = suite_for(CONTRACTS[table], replace(RULES, **rules))
        report = run_suite(suite, {**good_paths, table: path})
        assert not [item.error for item in report.outcomes if item.error], report.describe()
        return {failure.id for failure in report.failures}

    return run


# P2 worsens on day 400, confirmed 200 days later.
@pytest.mark.parametrize(
    ("rules", "is_good"),
    [
        ({"confirmation_days": 200}, True),
        ({"confirmation_days": 201}, False),
        ({"confirmation_days": 201, "confirmation_early_days": 1}, True),
        ({"confirmation_late_days": 32}, True),
        ({"confirmation_late_days": 31}, False),
        ({"cdw_rise_points": 1.5}, True),
    ],
)
def test_confirmation_follows_the_rules(failures_of, rules, is_good) -> None:
    assert failures_of(EVENT, rules) == (set() if is_good else {"event_or_censored"})


def test_a_greater_rise_is_asked_of_the_scores(failures_of) -> None:
    assert failures_of(EVENT, {"cdw_rise_points": 2.0}) == {"event_is_a_change"}


def test_an_event_at_the_last_visit_needs_no_confirmation_where_it_counts_as_such(
    failures_of,
) -> None:
    last = {"event_day": 600.0, "confirmation_day": None, "days_to_event": 600.0}
    assert failures_of(EVENT, {}, 4, **last) == {"event_or_censored"}
    assert failures_of(EVENT, {"is_last_visit_confirmed": True}, 4, **last) == set()
    # One before the last visit does.
    before = {"event_day": 400.0, "confirmation_day": None}
    assert failures_of(EVENT, {"is_last_visit_confirmed": True}, 4, **before) == {
        "event_or_censored"
    }


def test_visits_after_the_horizon_confirm_only_where_the_rules_say_so(failures_of) -> None:
    late = {"last_edss_day": 2950.0, "days_to_event": 2950.0}
    assert failures_of(EVENT, {}, 0, **late) == set()
    within = {"is_visit_after_horizon_counted": False}
    assert failures_of(EVENT, within, 0, **late) == {"event_or_censored"}


def test_the_reference_of_improvement_after_a_course_is_a_reading(failures_of) -> None:
    """At Course 3 P1 has the EDSS of core baseline; then another one."""
    course_baseline = {"cdi_after_course": "course baseline"}
    for reading in ("new onset", "at once", "course baseline"):
        assert failures_of(EVENT, {"cdi_after_course": reading}) == set()
    assert failures_of(EVENT, course_baseline, 3, reference_points=2.5) == {"reference_is_baseline"}
    assert failures_of(EVENT, {"cdi_least_reference_points": 2.5}) == {
        "persons_complete",
        "reference_is_baseline",
    }


def test_visits_follow_tolerance_and_spacing(failures_of) -> None:
    """The visit of P2 lies 35 days after month 12."""
    assert failures_of(VISIT, {"edss_tolerance_days": 35}) == set()
    assert failures_of(VISIT, {"edss_tolerance_days": 34}) == {"near_its_mark"}
    assert failures_of(VISIT, {"edss_step_months": 12}) == set()
    # With visits every 2 months it is nearer to month 14.
    assert failures_of(VISIT, {"edss_step_months": 2}) == {"near_its_mark"}


def test_categories_follow_the_term_lists(failures_of) -> None:
    events = "windows.safety_event"
    assert failures_of(events, {"terms": Terms(thyroid=(" hyperTHYROIDISM ",))}) == set()
    assert failures_of(events, {"terms": Terms(thyroid=())}) == {"categories_by_terms"}
    assert failures_of(events, {"terms": Terms(infection_body_system="it's {a}: :b %s")}) == set()
