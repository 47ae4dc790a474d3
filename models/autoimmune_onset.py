"""Time from the first course to the first autoimmune adverse event: `autoimmune.onset` (E-14).

The first course is on day 0. Does not belong here: which events are autoimmune, and counting.
"""

from typing import Any

import numpy as np

from models.cells import CORE_BASELINE, DAYS_PER_YEAR
from models.describe import spread_rows
from models.result_row import Cell
from models.safety_counts import AUTOIMMUNE, GroupCounts

ONSET = "years from the first course to the first autoimmune event, patients with an event"


def autoimmune_onset_rows(counts: GroupCounts, analysis_window: str) -> list[dict[str, Any]]:
    """Result rows of one group: mean, sd, median, min, max (years) and n_patients."""
    first_days = counts.categories[AUTOIMMUNE].first_days
    days, patients = np.array(first_days, dtype=np.int64).reshape(-1, 2).T
    group = counts.group
    cell = Cell(
        analysis_id="autoimmune.onset",
        population=group.population,
        group_id=group.group_id,
        category=AUTOIMMUNE,
        anchor=CORE_BASELINE,
        analysis_window=analysis_window,
        n_total=0,
        method=ONSET,
        rule_ids=("E-14", group.rule_id, "E-12", "T-08"),
        decimals=1,
    )
    return spread_rows(cell, days / DAYS_PER_YEAR, patients)
