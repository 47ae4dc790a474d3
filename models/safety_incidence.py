"""Incidence of adverse events over the whole horizon, and their rates (E-12; Table 2).

`safety.incidence`: patients with an event over all patients. `safety.rate`: all events over all
person-time. `safety.first_event_rate`: patients with an event over the time to the first one.
Does not belong here: counting (`models.safety_counts`), and the same by course.
"""

from typing import Any

from models.cells import CORE_BASELINE, DAYS_PER_YEAR
from models.incidence_rate import NO_TIME, RATE, rate_values
from models.result_row import Cell, rows_of
from models.safety_counts import CATEGORIES, GroupCounts, rules_behind
from models.share import NO_PATIENTS, share_values

INCIDENCE = "patients with an event over all patients of the group"
ALL_EVENTS = f"all {RATE}"
FIRST_EVENTS = f"first {RATE}; the day of onset is at risk"


def incidence_rows(counts: GroupCounts, analysis_window: str) -> list[dict[str, Any]]:
    """Result rows of the three analyses of one group, every category."""
    rows = []
    for category in CATEGORIES:
        rows += _incidence(counts, category, analysis_window)
        rows += _rates(counts, category, analysis_window)
    return rows


def _incidence(counts: GroupCounts, category: str, window: str) -> list[dict[str, Any]]:
    found = counts.categories[category]
    values, _ = share_values(found.n_patients, counts.n_patients)
    method = INCIDENCE if counts.n_patients else NO_PATIENTS
    reason = {} if counts.n_patients else {"reason": NO_PATIENTS}
    cell = _cell("safety.incidence", counts, category, window, method, reason, decimals=1)
    return rows_of(cell, {name: values[name] for name in ("n_patients", "pct")})


def _rates(counts: GroupCounts, category: str, window: str) -> list[dict[str, Any]]:
    found = counts.categories[category]
    analyses = (
        ("safety.rate", ALL_EVENTS, "n_events", found.n_events, counts.days),
        (
            "safety.first_event_rate",
            FIRST_EVENTS,
            "n_patients",
            found.n_patients,
            found.days_to_first,
        ),
    )
    rows = []
    for analysis_id, method, statistic, n, days in analyses:
        told = method if days > 0 else NO_TIME
        reason = {} if days > 0 else {"reason": NO_TIME}
        cell = _cell(analysis_id, counts, category, window, told, reason, decimals=2)
        rows += rows_of(cell, {statistic: n, **rate_values(n, days / DAYS_PER_YEAR)})
    return rows


def _cell(
    analysis_id: str,
    counts: GroupCounts,
    category: str,
    window: str,
    method: str,
    diagnostics: dict[str, Any],
    *,
    decimals: int,
) -> Cell:
    group = counts.group
    return Cell(
        analysis_id=analysis_id,
        population=group.population,
        group_id=group.group_id,
        category=category,
        anchor=CORE_BASELINE,
        analysis_window=window,
        n_total=counts.n_patients,
        method=method,
        rule_ids=rules_behind(category, group),
        decimals=decimals,
        diagnostics=diagnostics,
    )
