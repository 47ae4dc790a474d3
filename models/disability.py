"""Confirmed disability worsening and improvement by Kaplan-Meier at yearly marks (E-07 .. E-09).

`cdw.km`: percent free of 6-month confirmed worsening. `cdi.km`: percent with 6-month confirmed
improvement, one minus the curve, over the patients who can improve. Does not belong here: what an
event is and when a patient is censored (`windows.disability_event`), the curve itself
(`models.kaplan_meier`).
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from models.cells import (
    RULE_OF_GROUP,
    cumulative_marks,
)
from models.kaplan_meier import SurvivalAt, survival_at
from models.places import PLACES, at_places
from models.result_row import Cell, rows_of, to_frame
from models.share import NO_INTERVAL, NO_PATIENTS
from warehouse.contracts.results import RESULTS

_COMMON = "at the mark, 95% log-log CI"
#: By analysis_id: endpoint in `windows.disability_event`, method, its own rules.
_ENDPOINTS = {
    "cdw.km": (
        "CDW",
        f"Kaplan-Meier, % free of 6-month confirmed disability worsening {_COMMON}",
        ("E-07", "E-09"),
    ),
    "cdi.km": (
        "CDI",
        f"100 - Kaplan-Meier, % with 6-month confirmed disability improvement {_COMMON}",
        ("E-08", "E-07", "E-09"),
    ),
}
NOT_OBSERVED = (
    "not estimable: nobody without the event is observed in the mark's visit window or later"
)

#: What patients are counted by: whether (cnsr) and when, and how far a last EDSS reaches.
_TIMES = ("days_to_event", "cnsr", "last_edss_tolerance_days")


def estimate_disability(
    disability_event: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Worsening and improvement per efficacy group, anchor and mark (E-09).

    Args:
        disability_event: one row per person, anchor and endpoint.
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_disability`: for every group at Years 1 .. horizon from core baseline,
        and at Months 12, 24 and 36 after the course that defines it, the statistics pct, ci_low,
        ci_high (%), at_risk and n_events. `n_total` are the patients with a row in
        `disability_event`; diagnostics tell how many were censored before the mark.
    """
    counts = (
        at_places(disability_event, population)
        .group_by("place", "endpoint", *_TIMES)
        .agg(patients=pl.len())
        .sort("place", "endpoint", *_TIMES)
        .collect()
    )
    of_curve = counts.partition_by("place", "endpoint", as_dict=True)
    nobody = counts.clear()
    rows: list[dict[str, Any]] = []
    for analysis_id, (endpoint, _, _) in _ENDPOINTS.items():
        for place, (group_id, anchor) in enumerate(PLACES):
            times = of_curve.get((place, endpoint), nobody)
            rows += _curve_rows(analysis_id, group_id, anchor, times, horizon_years)
    return to_frame(rows, RESULTS["result_disability"], data_cut=data_cut)


def _curve_rows(
    analysis_id: str, group_id: str, anchor: str, times: pl.DataFrame, horizon_years: int
) -> list[dict[str, Any]]:
    """Rows of one curve at all its marks."""
    marks = cumulative_marks(anchor, horizon_years)
    estimates = survival_at(
        times["days_to_event"],
        times["cnsr"] == 0,
        times["patients"],
        [*marks.values()],
        tolerances=times["last_edss_tolerance_days"],
    )
    n_total = int(times["patients"].sum())
    _, method, own_rules = _ENDPOINTS[analysis_id]
    rows = []
    for window, estimate in zip(marks, estimates, strict=True):
        reason = _why_not(estimate, n_total)
        cell = Cell(
            analysis_id=analysis_id,
            population="efficacy",
            group_id=group_id,
            anchor=anchor,
            analysis_window=window,
            timepoint=window.split("..")[1],
            n_total=n_total,
            method=reason if reason and estimate.survival is None else method,
            rule_ids=(*own_rules, RULE_OF_GROUP[group_id], "W-01", "W-02", "T-06", "T-07"),
            decimals=0,
            diagnostics={
                "events_before_mark": estimate.events,
                "censored_before_mark": estimate.censored,
                "observed_in_visit_window_or_later": estimate.observed,
                **({"reason": reason} if reason else {}),
            },
        )
        rows += rows_of(cell, _values(estimate, is_share_with_event=analysis_id == "cdi.km"))
    return rows


def _why_not(estimate: SurvivalAt, n_total: int) -> str | None:
    """What is not estimable of a mark, and why; None if all is."""
    if n_total == 0:
        return NO_PATIENTS
    if estimate.survival is None:
        return NOT_OBSERVED
    return NO_INTERVAL if estimate.ci_low is None else None


def _values(estimate: SurvivalAt, *, is_share_with_event: bool) -> Mapping[str, float | None]:
    """Statistics of a mark, of those with the event if asked: then the limits change places."""
    free, low, high = (
        None if share is None else 100 * share
        for share in (estimate.survival, estimate.ci_low, estimate.ci_high)
    )
    if is_share_with_event:
        free, low, high = (None if share is None else 100 - share for share in (free, high, low))
    return {
        "pct": free,
        "ci_low": low,
        "ci_high": high,
        "at_risk": estimate.at_risk,
        "n_events": estimate.events,
    }
