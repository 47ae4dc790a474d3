"""Patients free of MRI activity, by year and cumulative, and after against before a course.

Here belong counts by group, component and window (E-10, E-11). Which scan stands for a window,
and whether it is active, is decided in `windows.patient_course_window`; the test of paired
shares stands in `models.mcnemar`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from models.cells import (
    AFTER,
    BEFORE,
    CORE_BASELINE,
    COURSE_YEARS,
    RULE_OF_GROUP,
    cumulative_years,
    years,
)
from models.mcnemar import compare_pairs
from models.places import PLACES, at_places, group_sizes
from models.result_row import Cell, rows_of, to_frame
from models.share import NO_PATIENTS, share_values
from warehouse.contracts.results import RESULTS

#: Categories by name, with the flag of `windows.patient_course_window`.
CATEGORIES = {
    "MRI activity": "has_mri_activity",
    "Gd-enhancing T1": "has_gd_activity",
    "new or enlarging T2": "has_t2_activity",
    "new T1 hypointense": "has_t1_activity",
}
FREE = (
    "share of evaluable patients without activity, 95% Wald CI; cumulative: active once is active, "
    "whatever is missing, and free is who is known to be free in every year so far"
)
MCNEMAR = (
    "McNemar on complete pairs: p uncorrected chi-square (SAS), p_exact binomial, p_corrected "
    "with continuity correction; b: free before, active after; c: active before, free after"
)
NO_PAIRS = "not estimable: no patient is evaluable on both sides"
#: Whether the patients of a pair were active before and after (E-11).
_PAIRS = {
    "free_free": (False, False),
    "b": (False, True),
    "c": (True, False),
    "active_active": (True, True),
}
NO_DISCORDANT = "p and p_corrected not estimable: no pair is discordant"


def estimate_mri(
    patient_course_window: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Share free of activity per efficacy group, component, anchor and window (E-10, E-11).

    Args:
        patient_course_window: one row per person, anchor and window (W-03).
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_mri`. `mri.free`: pct, ci_low, ci_high (%), n_patients (free), of
        `n_total` evaluable patients. `mri.before_after` at the course that defines a group: its
        contrast bears comparator `M-12..M0` and b, c, p, p_exact, p_corrected, n_patients
        (complete pairs); each side bears no comparator and a share as in `mri.free`, over its
        own evaluable patients.
    """
    flags = list(CATEGORIES.values())
    observed = at_places(
        patient_course_window.select("person_id", "anchor", "analysis_window", *flags), population
    )
    shares, pairs, sizes = pl.collect_all(
        [
            observed.group_by("place", "analysis_window").agg(
                *(pl.col(flag).is_not_null().sum().alias(f"n {flag}") for flag in flags),
                *((~pl.col(flag)).sum().alias(f"free {flag}") for flag in flags),
            ),
            _count_pairs(observed),
            group_sizes(population),
        ]
    )
    share_counts = shares.rows_by_key(("place", "analysis_window"), named=True, unique=True)
    pair_counts = pairs.rows_by_key("place", named=True, unique=True)
    n_group = dict(sizes.iter_rows())
    rows: list[dict[str, Any]] = []
    for place, (group_id, anchor) in enumerate(PLACES):
        for category, flag in CATEGORIES.items():
            free = Cell(
                analysis_id="mri.free",
                population="efficacy",
                group_id=group_id,
                category=category,
                anchor=anchor,
                n_total=0,
                method=FREE,
                rule_ids=("E-10", *_rules_behind(group_id)),
                decimals=0,
            )
            cells = [
                replace(free, analysis_window=name) for name in _windows(anchor, horizon_years)
            ]
            if anchor != CORE_BASELINE:
                paired = replace(
                    free,
                    analysis_id="mri.before_after",
                    rule_ids=("E-11", "E-10", *_rules_behind(group_id)),
                )
                cells += [replace(paired, analysis_window=name) for name in (BEFORE, AFTER)]
                found = pair_counts.get(place, {})
                counts = {pair: found.get(f"{pair} {flag}", 0) for pair in _PAIRS}
                rows += _contrast_rows(paired, counts)
            for cell in cells:
                found = share_counts.get((place, cell.analysis_window), {})
                n, n_free = found.get(f"n {flag}", 0), found.get(f"free {flag}", 0)
                rows += _share_rows(cell, n_free, n, n_group.get(group_id, 0))
    return to_frame(rows, RESULTS["result_mri"], data_cut=data_cut)


def _windows(anchor: str, horizon_years: int) -> tuple[str, ...]:
    if anchor == CORE_BASELINE:
        return (*years(horizon_years), *cumulative_years(horizon_years))
    return (*COURSE_YEARS, "M0..M24", "M0..M36")


def _rules_behind(group_id: str) -> tuple[str, ...]:
    """Whose scans, in which windows, at which visits."""
    return (RULE_OF_GROUP[group_id], "W-01", "W-02", "T-07")


def _count_pairs(observed: pl.LazyFrame) -> pl.LazyFrame:
    """Patients by what they were before and after, by place and component.

    Who is missing on one side is in no pair: a comparison with null is not true.
    """
    flags = list(CATEGORIES.values())
    before, after = (
        observed.filter(pl.col("analysis_window") == side).drop("analysis_window")
        for side in (BEFORE, AFTER)
    )
    return (
        before.join(after, on=["person_id", "place"], suffix=" after")
        .group_by("place")
        .agg(
            ((pl.col(flag) == was_active) & (pl.col(f"{flag} after") == is_active))
            .sum()
            .alias(f"{pair} {flag}")
            for pair, (was_active, is_active) in _PAIRS.items()
            for flag in flags
        )
    )


def _share_rows(cell: Cell, n_free: int, n: int, n_group: int) -> list[dict[str, Any]]:
    values, diagnostics = share_values(n_free, n)
    told = replace(
        cell,
        n_total=n,
        method=cell.method if n else NO_PATIENTS,
        diagnostics={**diagnostics, "n_not_evaluable": n_group - n},
    )
    return rows_of(told, values)


def _contrast_rows(cell: Cell, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of the test, after against before."""
    n = sum(counts.values())
    test = compare_pairs(counts["b"], counts["c"])
    diagnostics: dict[str, Any] = dict(counts)
    if n == 0:
        diagnostics["reason"] = NO_PAIRS
    elif test.p is None:
        diagnostics["reason"] = NO_DISCORDANT
    contrast = replace(
        cell,
        analysis_window=AFTER,
        comparator=BEFORE,
        n_total=n,
        method=MCNEMAR if n else NO_PAIRS,
        diagnostics=diagnostics,
    )
    values = {
        "b": counts["b"],
        "c": counts["c"],
        "p": test.p,
        "p_exact": test.p_exact if n else None,
        "p_corrected": test.p_corrected,
        "n_patients": n,
    }
    return rows_of(contrast, values)
