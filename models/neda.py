"""Patients with no evidence of disease activity: relapse, worsening, MRI (E-17).

Here belongs who is evaluable and free in a year and in the years so far. What happened in a year
is decided in `windows.patient_course_window` and `windows.disability_event`.
"""

from typing import Any

import polars as pl

from models.cells import (
    CORE_BASELINE,
    CUMULATIVE_MONTHS,
    DAYS_PER_YEAR,
    RULE_OF_GROUP,
    cumulative_years,
    years,
)
from models.places import PLACES, at_places, group_sizes
from models.result_row import Cell, rows_of, to_frame
from models.share import NO_PATIENTS, share_values
from warehouse.contracts.results import RESULTS

METHOD = (
    "share of evaluable patients without a relapse, onset of a 6-month CDW or MRI activity, 95% "
    "Wald CI; evaluable: MRI of the year and EDSS at its end known, cumulative: in every year"
)


def estimate_neda(
    patient_course_window: pl.LazyFrame,
    disability_event: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Share with no evidence of disease activity per efficacy group, anchor, window (E-17).

    Evaluable in a year is whose MRI activity of the year and whose EDSS at its end are known;
    all others are out, even with a relapse. That the whole year lies in follow-up is no further
    condition: an EDSS at the year's end is one within its visit window (T-07), so that the last
    days of the year, at most the half-width of the visit, may be unobserved. Cumulative: who is
    evaluable in every year so far, and free in each.

    Args:
        patient_course_window: one row per person, anchor and window (W-03).
        disability_event: one row per person, anchor and endpoint (E-07).
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline, fewer than 60.

    Returns:
        `results.result_neda`: `neda.free` with pct, ci_low, ci_high (%), n_patients (free), of
        `n_total` evaluable patients.
    """
    windows = {anchor: _windows(anchor, horizon_years) for _, anchor in PLACES}
    masks = dict.fromkeys(mask for names in windows.values() for mask in names.values())
    persons = _years_of_persons(patient_course_window, disability_event, population)
    counted, sizes = pl.collect_all(
        [
            persons.group_by("place").agg(
                (pl.col(kind) & mask == mask).sum().alias(f"{kind} {mask}")
                for kind in ("evaluable", "free")
                for mask in masks
            ),
            group_sizes(population),
        ]
    )
    counts = counted.rows_by_key("place", named=True, unique=True)
    n_group = dict(sizes.iter_rows())
    rows: list[dict[str, Any]] = []
    for place, (group_id, anchor) in enumerate(PLACES):
        found = counts.get(place, {})
        for window, mask in windows[anchor].items():
            n = found.get(f"evaluable {mask}", 0)
            values, diagnostics = share_values(found.get(f"free {mask}", 0), n)
            cell = Cell(
                analysis_id="neda.free",
                population="efficacy",
                group_id=group_id,
                anchor=anchor,
                analysis_window=window,
                n_total=n,
                method=METHOD if n else NO_PATIENTS,
                rule_ids=(
                    *("E-17", "E-01", "E-07", "E-10", RULE_OF_GROUP[group_id]),
                    *("W-01", "W-02", "T-06", "T-07"),
                ),
                decimals=0,
                diagnostics={**diagnostics, "n_not_evaluable": n_group.get(group_id, 0) - n},
            )
            rows += rows_of(cell, values)
    return to_frame(rows, RESULTS["result_neda"], data_cut=data_cut)


def _windows(anchor: str, horizon_years: int) -> dict[str, int]:
    """Windows after an anchor, each with its years as bits: bit 0 = the first year."""
    if anchor == CORE_BASELINE:
        single, cumulative = years(horizon_years), cumulative_years(horizon_years)
    else:
        single, cumulative = ("M0..M12", "M12..M24", "M24..M36"), tuple(CUMULATIVE_MONTHS)
    names = {name: 2**year for year, name in enumerate(single)}
    return {name: 2 ** (year + 1) - 1 for year, name in enumerate(cumulative)} | names


def _years_of_persons(
    patient_course_window: pl.LazyFrame, disability_event: pl.LazyFrame, population: pl.LazyFrame
) -> pl.LazyFrame:
    """The evaluable years of each person at each place, and those of them that were free.

    Returns:
        `place`, `evaluable`, `free` (UInt64, a bit for each year).
    """
    start = pl.col("window_start_day") - pl.col("anchor_day")
    singles = patient_course_window.filter(
        ~pl.col("is_cumulative"),
        start >= 0,
        pl.col("has_mri_activity").is_not_null(),
        pl.col("edss_end_points").is_not_null(),
    ).select(
        "person_id",
        "anchor",
        bit=_bit(start),
        is_free=~pl.col("has_mri_activity") & (pl.col("relapses") == 0),
    )
    onsets = disability_event.filter(pl.col("endpoint") == "CDW", pl.col("cnsr") == 0).select(
        "person_id", "anchor", worsened=_bit(pl.col("event_day") - pl.col("anchor_day"))
    )
    bit = pl.col("bit")
    return (
        at_places(singles, population)
        .group_by("person_id", "place")
        .agg(evaluable=bit.sum(), free=bit.filter("is_free").sum())
        .join(at_places(onsets, population), on=["person_id", "place"], how="left")
        .with_columns(free=pl.col("free") & ~pl.col("worsened").fill_null(0))
    )


def _bit(days: pl.Expr) -> pl.Expr:
    """The year after an anchor in which a day lies, as a bit; years are half-open (W-02)."""
    year = (days / DAYS_PER_YEAR).floor().cast(pl.UInt8)
    return pl.lit(2, pl.UInt64).pow(year).cast(pl.UInt64)
