"""Annualised relapse rate (ARR) per group and window: endpoints E-02 and E-05.

Here belongs the choice between negative binomial, Poisson boundary and exact bound, and what
is reported of each. "ARR at Month 36" (E-05) is the third-year window `M24..M36`; the
cumulative windows stand beside it.
"""

from typing import Any

import numpy as np
import polars as pl
from scipy.stats import chi2, norm

from models.cells import DAYS_PER_YEAR, GroupWindow, arr_cells, rules_behind
from models.negative_binomial import NegativeBinomialFit, Vector, fit_negative_binomial
from models.result_row import Cell, rows_of, to_frame
from warehouse.contracts.results import RESULTS

Z_95 = float(norm.ppf(0.975))

NEGATIVE_BINOMIAL = "negative binomial, joint maximum likelihood, 95% Wald CI on the log scale"
POISSON_BOUNDARY = "Poisson (negative binomial at its boundary k = 0), 95% Wald CI on the log scale"
NO_EVENTS = "no events: rate 0, exact Poisson 95% upper bound"
NO_TIME = "not estimable: no patient at risk in the window"
NOT_CONVERGED = "not estimable: the negative binomial fit did not converge"


def estimate_arr(
    patient_course_window: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """ARR with 95% CI per efficacy group, anchor and window (E-02, E-05).

    Patients are first counted by (relapses, days at risk), so that a fit costs the same for
    a hundred patients and for a million.

    Args:
        patient_course_window: one row per person, anchor and window (W-03).
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_arr`: statistics rate, ci_low, ci_high (relapses per year), k,
        n_patients, n_events, person_years of every cell of `cells.arr_cells`; a group or
        window without patients has its rows too, as NE.
    """
    counts = (
        population.filter(pl.col("group_id").is_not_null())
        .select("person_id", "group_id")
        .join(patient_course_window.filter(pl.col("days_at_risk") > 0), on="person_id")
        .group_by("group_id", "anchor", "analysis_window", "relapses", "days_at_risk")
        .agg(patients=pl.len())
        .sort("group_id", "anchor", "analysis_window", "relapses", "days_at_risk")
        .collect()
        .partition_by("group_id", "anchor", "analysis_window", as_dict=True, include_key=False)
    )
    rows = [
        row
        for group_window in arr_cells(horizon_years)
        for row in _cell_rows(group_window, counts.get(group_window))
    ]
    return to_frame(rows, RESULTS["result_arr"], data_cut=data_cut)


def _cell_rows(group_window: GroupWindow, counts: pl.DataFrame | None) -> list[dict[str, Any]]:
    group_id, anchor, window = group_window
    if counts is None:
        n_patients, n_events, person_years = 0, 0, 0.0
        method, diagnostics, estimate = NO_TIME, {"reason": NO_TIME}, _estimate(None, None, None)
    else:
        events = counts["relapses"].to_numpy().astype(float)
        years = counts["days_at_risk"].to_numpy() / DAYS_PER_YEAR
        patients = counts["patients"].to_numpy().astype(float)
        n_patients = int(patients.sum())
        n_events = int(patients @ events)
        person_years = float(patients @ years)
        method, diagnostics, estimate = estimate_rate(events, years, patients)
    cell = Cell(
        analysis_id="arr.window",
        population="efficacy",
        group_id=group_id,
        anchor=anchor,
        analysis_window=window,
        n_total=n_patients,
        method=method,
        rule_ids=rules_behind(("E-02", "E-05") if window == "M24..M36" else ("E-02",), group_id),
        diagnostics=diagnostics,
    )
    return rows_of(
        cell,
        {
            **estimate,
            "n_patients": n_patients,
            "n_events": n_events,
            "person_years": person_years,
        },
    )


def estimate_rate(
    events: Vector, years: Vector, patients: Vector
) -> tuple[str, dict[str, Any], dict[str, float | None]]:
    """Rate of one window with its limits: method, diagnostics and statistics.

    Args:
        events: relapses, shape (n,).
        years: time at risk, above zero, shape (n,).
        patients: how many patients a row stands for, shape (n,).
    """
    if not float(patients @ events) > 0:
        upper = exact_poisson_upper(0, float(patients @ years))
        return NO_EVENTS, {"reason": "no events"}, _estimate(0.0, 0.0, upper)
    fit = fit_negative_binomial(events, years, weights=patients)
    if not fit.is_converged:
        return NOT_CONVERGED, fit_diagnostics(fit), _estimate(None, None, None)
    log_rate, se = float(fit.coefficients[0]), float(fit.se[0])
    return (
        POISSON_BOUNDARY if fit.is_at_boundary else NEGATIVE_BINOMIAL,
        {**fit_diagnostics(fit), "se_log_rate": se},
        _estimate(
            float(np.exp(log_rate)),
            float(np.exp(log_rate - Z_95 * se)),
            float(np.exp(log_rate + Z_95 * se)),
            fit.k,
        ),
    )


def _estimate(
    rate: float | None, ci_low: float | None, ci_high: float | None, k: float | None = None
) -> dict[str, float | None]:
    return {"rate": rate, "ci_low": ci_low, "ci_high": ci_high, "k": k}


def exact_poisson_upper(events: int, person_years: float) -> float:
    """Upper limit of the exact two-sided 95% Poisson interval of a rate, per year."""
    return float(chi2.ppf(0.975, 2 * (events + 1)) / 2 / person_years)


def fit_diagnostics(fit: NegativeBinomialFit) -> dict[str, Any]:
    """What a reader needs to trust a fit; the log-likelihood is full, factorials included.

    Numbers of a fit that did not converge may be NaN and are left out.
    """
    diagnostics: dict[str, Any] = {
        "converged": fit.is_converged,
        "at_boundary": fit.is_at_boundary,
        "iterations": fit.iterations,
    }
    numbers = {
        "k": fit.k,
        "loglik": fit.log_likelihood,
        "max_abs_gradient": float(f"{fit.max_abs_gradient:.2e}"),
    }
    return diagnostics | {name: value for name, value in numbers.items() if np.isfinite(value)}
