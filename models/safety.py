"""Safety (E-12, E-13, E-14): Table 2, Supporting Tables 4 and 5, as `results.result_safety`.

Here belongs only what brings the endpoints of the family together.
"""

import polars as pl

from models.autoimmune_onset import autoimmune_onset_rows
from models.cells import cumulative_years
from models.groups import SAFETY_GROUPS
from models.result_row import to_frame
from models.safety_by_course import by_course_rows
from models.safety_counts import count_safety
from models.safety_incidence import incidence_rows
from warehouse.contracts.results import RESULTS


def estimate_safety(
    course: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    safety_event: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Incidence, rates, events by course and onset of autoimmunity of `SAFETY_GROUPS`.

    Patients and events are counted first; what is estimated costs the same for a hundred
    patients and for a million.

    Args:
        course: `core.course`.
        follow_up: `core.follow_up`; person-time ends on `safety_end_day` (T-08).
        safety_event: `windows.safety_event`.
        population: `core.population`.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline; names the window.

    Returns:
        `results.result_safety`: analyses safety.incidence, safety.rate,
        safety.first_event_rate, safety.by_course and autoimmune.onset. A group without
        patients has its rows too, as NE.
    """
    counts = count_safety(course, follow_up, safety_event, population, SAFETY_GROUPS)
    window = cumulative_years(horizon_years)[-1]
    rows = by_course_rows(counts)
    for group in counts:
        rows += incidence_rows(group, window)
        rows += autoimmune_onset_rows(group, window)
    return to_frame(rows, RESULTS["result_safety"], data_cut=data_cut)
