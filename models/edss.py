"""EDSS at analysis visits, and its change from the anchor's baseline (E-06).

Which score stands for which month, and which is the baseline, is decided in
`windows.edss_at_visit`; how counted scores become statistics in `models.mean_change`.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from models.cells import CORE_BASELINE, RULE_OF_GROUP
from models.describe import mean_values
from models.places import PLACES, at_places
from models.result_row import Cell, rows_of, to_frame
from models.share import NO_PATIENTS
from warehouse.contracts.results import RESULTS

#: By analysis_id: column, method, statistics.
_ANALYSES = {
    "edss.mean": (
        "edss_points",
        "mean score of the patients seen at the visit, observed cases",
        ("n_patients", "mean", "sd", "se", "median", "min", "max"),
    ),
    "edss.change": (
        "edss_change_points",
        "mean change from the anchor's baseline of the patients seen then and at the visit, "
        "observed cases, 95% t-interval",
        ("n_patients", "mean", "sd", "se", "ci_low", "ci_high", "median", "min", "max"),
    ),
}
#: Months between two visits that are told, and those around a course (E-06).
_STEP = 6
_COURSE_MONTHS = range(-12, 36 + 1, _STEP)

#: Patients by value; and those of each place and timepoint.
_Counts = Mapping[tuple[int, str], pl.DataFrame]


def estimate_edss(
    edss_at_visit: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Mean EDSS and mean change per efficacy group, anchor and timepoint (E-06).

    Patients are counted by score and change before anything is computed, so that the cost in
    Python grows with the points of the scale only. Half points are exact in binary, and so are
    their sums.

    Args:
        edss_at_visit: one row per person, anchor and month.
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_edss`, at core baseline for every group, and at the course that defines
        it: `edss.mean` and `edss.change` (points). Every 6 months has its rows, whether or not a
        patient was seen; where rules set other visits, those seen have rows, too.
    """
    scores = [column for column, _, _ in _ANALYSES.values()]
    counts = (
        at_places(edss_at_visit.select("person_id", "anchor", "timepoint", *scores), population)
        .group_by("place", "timepoint", *scores)
        .agg(patients=pl.len())
        .collect()
    )
    of_cell: _Counts = counts.partition_by("place", "timepoint", as_dict=True)
    nobody = counts.clear()
    rows: list[dict[str, Any]] = []
    for place, (group_id, anchor) in enumerate(PLACES):
        seen = [timepoint for number, timepoint in of_cell if number == place]
        for timepoint in dict.fromkeys([*_timepoints(anchor, horizon_years), *seen]):
            found = of_cell.get((place, timepoint), nobody)
            for analysis_id, (column, method, statistics) in _ANALYSES.items():
                observed = (
                    found.drop_nulls(column)
                    .group_by(column)
                    .agg(pl.col("patients").sum())
                    .sort(column)
                )
                values, diagnostics = mean_values(
                    observed[column].to_list(), observed["patients"].to_list()
                )
                n = int(observed["patients"].sum())
                cell = Cell(
                    analysis_id=analysis_id,
                    population="efficacy",
                    group_id=group_id,
                    anchor=anchor,
                    timepoint=timepoint,
                    n_total=n,
                    method=method if n else NO_PATIENTS,
                    rule_ids=("E-06", RULE_OF_GROUP[group_id], "W-01", "W-02", "T-07"),
                    diagnostics=diagnostics,
                )
                rows += rows_of(cell, {name: values[name] for name in statistics})
    return to_frame(rows, RESULTS["result_edss"], data_cut=data_cut)


def _timepoints(anchor: str, horizon_years: int) -> list[str]:
    """Names of the visits every 6 months: BL; whole years from core baseline Y1, else M6."""
    if anchor != CORE_BASELINE:
        return [f"M{month}" if month else "BL" for month in _COURSE_MONTHS]
    months = range(_STEP, 12 * horizon_years + 1, _STEP)
    return ["BL", *(f"M{month}" if month % 12 else f"Y{month // 12}" for month in months)]
