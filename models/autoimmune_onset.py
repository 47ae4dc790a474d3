"""Time from the first course to the first autoimmune adverse event: `autoimmune.onset` (E-14).

The first course is on day 0. Does not belong here: which events are autoimmune, and counting.
"""

from typing import Any

import numpy as np

from models.cells import CORE_BASELINE, DAYS_PER_YEAR
from models.result_row import Cell, rows_of
from models.safety_counts import AUTOIMMUNE, GroupCounts

ONSET = "years from the first course to the first autoimmune event, patients with an event"
NO_EVENT = "not estimable: no patient with an autoimmune event"
ONE_EVENT = "sd not estimable: one patient"


def autoimmune_onset_rows(counts: GroupCounts, analysis_window: str) -> list[dict[str, Any]]:
    """Result rows of one group: mean, sd, median, min, max (years) and n_patients."""
    first_days = counts.categories[AUTOIMMUNE].first_days
    days, patients = np.array(first_days, dtype=np.int64).reshape(-1, 2).T
    years = np.repeat(days, patients) / DAYS_PER_YEAR
    n = len(years)
    values: dict[str, float | None] = dict.fromkeys(("mean", "sd", "median", "min", "max"))
    if n:
        values |= {
            "mean": float(years.mean()),
            "sd": float(years.std(ddof=1)) if n > 1 else None,
            "median": float(np.median(years)),
            "min": float(years.min()),
            "max": float(years.max()),
        }
    reason = {0: NO_EVENT, 1: ONE_EVENT}.get(n)
    group = counts.group
    cell = Cell(
        analysis_id="autoimmune.onset",
        population=group.population,
        group_id=group.group_id,
        category=AUTOIMMUNE,
        anchor=CORE_BASELINE,
        analysis_window=analysis_window,
        n_total=n,
        method=ONSET if n else NO_EVENT,
        rule_ids=("E-14", group.rule_id, "E-12", "T-08"),
        decimals=1,
        diagnostics={"reason": reason} if reason else {},
    )
    return rows_of(cell, {**values, "n_patients": n})
