"""ARR in the 12 months after a course against the 12 months before, same patients (E-03).

Here belongs the pairing of the two windows and the report of the contrast; the estimator
stands in `repeated_negative_binomial`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from models.arr import Z_95, estimate_rate, fit_diagnostics
from models.cells import AFTER, BEFORE, COURSE_OF_GROUP, DAYS_PER_YEAR, rules_behind
from models.negative_binomial import NotEstimableError, Vector
from models.repeated_negative_binomial import RepeatedFit, fit_repeated_negative_binomial
from models.result_row import Cell, rows_of, to_frame
from warehouse.contracts.results import RESULTS

METHOD = (
    "negative binomial with repeated measures: k fixed at its maximum-likelihood estimate, "
    "independence working correlation, robust variance, Wald z; p_score: generalised score test"
)
SIDES = (BEFORE, AFTER)


def estimate_arr_before_after(
    patient_course_window: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
) -> pl.LazyFrame:
    """Rate ratio, robust CI and p, after against before the course that defines the group.

    A patient enters with both windows, each with time at risk. Equal pairs of windows are
    counted, so that the cost does not grow with patients.

    Args:
        patient_course_window: one row per person, anchor and window (W-03).
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.

    Returns:
        `results.result_arr_before_after`. The contrast bears comparator `M-12..M0` and the
        statistics rate_ratio, ci_low, ci_high, se (of the log ratio), p, p_score,
        n_patients; each side bears no comparator and rate, ci_low, ci_high, n_events,
        n_patients.
    """
    columns = ["relapses", "days_at_risk"]
    at_risk = patient_course_window.filter(pl.col("days_at_risk") > 0)
    keys = ["person_id", "anchor"]
    before, after = (
        at_risk.filter(pl.col("analysis_window") == side).select(*keys, *columns) for side in SIDES
    )
    pair = [*columns, *(f"{column}_after" for column in columns)]
    counts = (
        population.filter(pl.col("group_id").is_not_null())
        .select("person_id", "group_id")
        .join(before, on="person_id")
        .join(after, on=keys, suffix="_after")
        .group_by("group_id", "anchor", *pair)
        .agg(patients=pl.len())
        .sort("group_id", "anchor", *pair)
        .collect()
        .partition_by("group_id", "anchor", as_dict=True, include_key=False)
    )
    rows = [
        row
        for group_id, anchor in COURSE_OF_GROUP.items()
        for row in _group_rows(group_id, anchor, counts.get((group_id, anchor)))
    ]
    return to_frame(rows, RESULTS["result_arr_before_after"], data_cut=data_cut)


@dataclass(frozen=True)
class _Estimate:
    """Statistics of the contrast or of one side, with how they came about."""

    method: str
    diagnostics: Mapping[str, Any]
    values: Mapping[str, float | None]


def _group_rows(group_id: str, anchor: str, pairs: pl.DataFrame | None) -> list[dict[str, Any]]:
    if pairs is None:
        n_patients = 0
        reason = "no patient at risk on both sides"
        nothing = f"not estimable: {reason}", {"reason": reason}
        ratio = _Estimate(*nothing, _ratio(None))
        sides = dict.fromkeys(SIDES, _Estimate(*nothing, {**_rate(None, None), "n_events": 0}))
    else:
        n_patients = int(pairs["patients"].sum())
        ratio, sides = _estimate_pairs(pairs)

    def rows(window: str, comparator: str, estimate: _Estimate) -> list[dict[str, Any]]:
        cell = Cell(
            analysis_id="arr.before_after",
            population="efficacy",
            group_id=group_id,
            anchor=anchor,
            analysis_window=window,
            comparator=comparator,
            n_total=n_patients,
            method=estimate.method,
            rule_ids=rules_behind(("E-03",), group_id),
            diagnostics=estimate.diagnostics,
        )
        return rows_of(cell, {**estimate.values, "n_patients": n_patients})

    return [
        *rows(AFTER, BEFORE, ratio),
        *(row for side in SIDES for row in rows(side, "", sides[side])),
    ]


def _estimate_pairs(pairs: pl.DataFrame) -> tuple[_Estimate, dict[str, _Estimate]]:
    """The contrast, and each side."""
    patients = pairs["patients"].to_numpy().astype(float)
    events = [pairs[name].to_numpy().astype(float) for name in ("relapses", "relapses_after")]
    years = [
        pairs[name].to_numpy() / DAYS_PER_YEAR for name in ("days_at_risk", "days_at_risk_after")
    ]
    n_events = [float(patients @ counts) for counts in events]
    try:
        fit = fit_repeated_negative_binomial(
            np.concatenate(events),
            np.concatenate(years),
            period=np.repeat([0, 1], patients.size),
            cluster=np.tile(np.arange(patients.size), 2),
            weights=np.tile(patients, 2),
        )
    except NotEstimableError as error:
        empty = [f"no events in {side}" for side, n in zip(SIDES, n_events, strict=True) if n == 0]
        reason = ", ".join(empty) or str(error)
        ratio = _Estimate(f"not estimable: {reason}", {"reason": reason}, _ratio(None))
        sides = [_side_alone(events[code], years[code], patients) for code in (0, 1)]
    else:
        diagnostics = fit_diagnostics(fit.model)
        ratio = _Estimate(METHOD, diagnostics, _ratio(fit))
        sides = [
            _Estimate(
                METHOD,
                diagnostics,
                _rate(float(fit.log_rates[code]), float(fit.log_rate_se[code])),
            )
            for code in (0, 1)
        ]
    return ratio, {
        side: replace(estimate, values={**estimate.values, "n_events": n})
        for side, estimate, n in zip(SIDES, sides, n_events, strict=True)
    }


def _side_alone(events: Vector, years: Vector, patients: Vector) -> _Estimate:
    """Rate of one side by itself: the limit of the joint model when the other has no event."""
    method, diagnostics, values = estimate_rate(events, years, patients)
    kept = {name: values[name] for name in ("rate", "ci_low", "ci_high")}
    return _Estimate(f"this side alone: {method}", diagnostics, kept)


def _rate(log_rate: float | None, se: float | None) -> dict[str, float | None]:
    """Rate and limits; none where all patients have the same count (robust variance 0)."""
    if log_rate is None:
        return {"rate": None, "ci_low": None, "ci_high": None}
    return {
        "rate": float(np.exp(log_rate)),
        "ci_low": float(np.exp(log_rate - Z_95 * se)) if se else None,
        "ci_high": float(np.exp(log_rate + Z_95 * se)) if se else None,
    }


def _ratio(fit: RepeatedFit | None) -> dict[str, float | None]:
    if fit is None:
        return dict.fromkeys(("rate_ratio", "ci_low", "ci_high", "se", "p", "p_score"))
    log_ratio, se = float(fit.coefficients[1]), float(fit.se[1])
    return {
        "rate_ratio": float(np.exp(log_ratio)),
        "ci_low": float(np.exp(log_ratio - Z_95 * se)),
        "ci_high": float(np.exp(log_ratio + Z_95 * se)),
        "se": se,
        "p": float(fit.wald_p[0]),
        "p_score": fit.score_p,
    }
