"""Patients without a relapse, in three readings (E-04).

`relapse_free.cumulative`: over all patients of the group, those who left counted as free;
what the paper prints after a course. `relapse_free.per_year`: over those at risk at the
year's start who relapsed in it or completed it; what the paper prints for the 2-courses
group. `relapse_free.km`: Kaplan-Meier, beside. Which reading is meant is the analysis_id.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from models.cells import (
    BEFORE,
    CORE_BASELINE,
    COURSE_YEARS,
    CUMULATIVE_MONTHS,
    cumulative_marks,
    rules_behind,
    years,
)
from models.kaplan_meier import SurvivalAt, survival_at
from models.places import PLACES
from models.result_row import Cell, rows_of, to_frame
from models.share import NO_INTERVAL, NO_PATIENTS, share_values
from warehouse.contracts.results import RESULTS

CUMULATIVE = "share of all patients of the group, those who left counted as free, 95% Wald CI"
PER_YEAR = (
    "share of the patients at risk at the window's start who relapsed in it or completed it, "
    "95% Wald CI"
)
KM = "Kaplan-Meier at the end of the window, 95% log-log CI"
NOT_OBSERVED = "not estimable: nobody without a relapse is observed to the end of the window"

#: Group and anchor; and by group, anchor and window what was counted there.
_Place = tuple[str, str]
_Counts = Mapping[tuple[str, str, str], dict[str, Any]]


def estimate_relapse_free(
    patient_course_window: pl.LazyFrame,
    population: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Share without a relapse per efficacy group, anchor and window (E-04).

    Args:
        patient_course_window: one row per person, anchor and window (W-03).
        population: one row per person; `group_id` is the efficacy group or null.
        follow_up: one row per person; `efficacy_end_day` censors the Kaplan-Meier reading.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_relapse_free`: statistics pct, ci_low, ci_high (%), n_patients
        (without a relapse; not for Kaplan-Meier), and for Kaplan-Meier at_risk and
        n_events at the end of the window.
    """
    members = population.filter(pl.col("group_id").is_not_null()).select("person_id", "group_id")
    windows = members.join(patient_course_window, on="person_id")
    is_relapsed = pl.col("relapses") > 0
    is_evaluable = pl.col("is_at_risk_at_start") & (is_relapsed | pl.col("is_complete"))
    sizes, counted, times = pl.collect_all(
        [
            members.group_by("group_id").len(),
            windows.group_by("group_id", "anchor", "analysis_window").agg(
                relapsed=is_relapsed.sum(),
                evaluable=is_evaluable.sum(),
                evaluable_relapsed=(is_evaluable & is_relapsed).sum(),
            ),
            _times_to_relapse(windows, follow_up, horizon_years),
        ]
    )
    n_group = dict(zip(sizes["group_id"], sizes["len"], strict=True))
    key = ("group_id", "anchor", "analysis_window")
    counts = counted.rows_by_key(key, named=True, unique=True)
    time_counts = times.partition_by("group_id", "anchor", as_dict=True, include_key=False)
    rows = []
    for place in PLACES:
        n = n_group.get(place[0], 0)
        rows += _cumulative_rows(place, n, counts, horizon_years)
        rows += _per_year_rows(place, counts, horizon_years)
        rows += _km_rows(place, n, time_counts.get(place), horizon_years)
    return to_frame(rows, RESULTS["result_relapse_free"], data_cut=data_cut)


def _times_to_relapse(
    windows: pl.LazyFrame, follow_up: pl.LazyFrame, horizon_years: int
) -> pl.LazyFrame:
    """Patients by group, anchor, days to the first relapse or to censoring, and which.

    Follow-up may reach beyond the last mark; what happens there changes no mark before it.
    """
    is_event = pl.col("first_relapse_day").is_not_null()
    return (
        windows.filter(
            pl.col("analysis_window").is_in([list(CUMULATIVE_MONTHS)[-1], f"Y0..Y{horizon_years}"])
        )
        .join(follow_up.select("person_id", "efficacy_end_day"), on="person_id")
        .select(
            "group_id",
            "anchor",
            is_event=is_event,
            days=pl.when(is_event).then("first_relapse_day").otherwise("efficacy_end_day")
            - pl.col("anchor_day"),
        )
        .group_by("group_id", "anchor", "days", "is_event")
        .agg(patients=pl.len())
        .sort("group_id", "anchor", "days", "is_event")
    )


def _cumulative_rows(
    place: _Place, n: int, counts: _Counts, horizon_years: int
) -> list[dict[str, Any]]:
    anchor = place[1]
    before = (BEFORE,) if anchor != CORE_BASELINE else ()
    rows = []
    for window in (*before, *cumulative_marks(anchor, horizon_years)):
        relapsed = counts[*place, window]["relapsed"] if (*place, window) in counts else 0
        rows += _share_rows("relapse_free.cumulative", place, window, n - relapsed, n, CUMULATIVE)
    return rows


def _per_year_rows(place: _Place, counts: _Counts, horizon_years: int) -> list[dict[str, Any]]:
    windows = COURSE_YEARS if place[1] != CORE_BASELINE else years(horizon_years)
    rows = []
    for window in windows:
        found = counts.get((*place, window), {"evaluable": 0, "evaluable_relapsed": 0})
        n = found["evaluable"]
        free = n - found["evaluable_relapsed"]
        rows += _share_rows("relapse_free.per_year", place, window, free, n, PER_YEAR)
    return rows


def _share_rows(
    analysis_id: str, place: _Place, window: str, free: int, n: int, method: str
) -> list[dict[str, Any]]:
    values, diagnostics = share_values(free, n)
    method = method if n else NO_PATIENTS
    return rows_of(_cell(analysis_id, place, window, n, method, diagnostics), values)


def _km_rows(
    place: _Place, n: int, times: pl.DataFrame | None, horizon_years: int
) -> list[dict[str, Any]]:
    marks = cumulative_marks(place[1], horizon_years)
    if times is None:
        estimates = [SurvivalAt(None, None, None, 0, 0)] * len(marks)
    else:
        estimates = survival_at(
            times["days"], times["is_event"], times["patients"], [*marks.values()]
        )
    rows = []
    for window, estimate in zip(marks, estimates, strict=True):
        method, reason = KM, {}
        if estimate.survival is None:
            method, reason = NOT_OBSERVED, {"reason": NOT_OBSERVED}
        elif estimate.ci_low is None:
            reason = {"reason": NO_INTERVAL}
        values = {
            "pct": _percent(estimate.survival),
            "ci_low": _percent(estimate.ci_low),
            "ci_high": _percent(estimate.ci_high),
            "at_risk": estimate.at_risk,
            "n_events": estimate.events,
        }
        rows += rows_of(_cell("relapse_free.km", place, window, n, method, reason), values)
    return rows


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _cell(
    analysis_id: str,
    place: _Place,
    window: str,
    n_total: int,
    method: str,
    diagnostics: Mapping[str, Any],
) -> Cell:
    return Cell(
        analysis_id=analysis_id,
        population="efficacy",
        group_id=place[0],
        anchor=place[1],
        analysis_window=window,
        n_total=n_total,
        method=method,
        rule_ids=rules_behind(("E-04",), place[0]),
        decimals=0,
        diagnostics=diagnostics,
    )
