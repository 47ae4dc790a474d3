"""The two kinds of estimates that are no sums: Kaplan-Meier curves and model rates.

Belongs here: from a choice, the risk sets and factors at which they are linear, by the pipeline's
own models. Does not belong here: where they must fall (`targets`).
"""

import numpy as np
import polars as pl

from models.arr import estimate_rate
from reconstruction.targets import Tuning

#: Curves by the prefix of their columns, rates by window with events and years.
CURVES = {
    "3-courses": ("c3_cdw", "c3_cdi"),
    "4-courses": ("c4_cdw", "c4_cdi"),
    "2-courses": ("y8_cdw", "y8_cdi"),
}
RATES = {
    "3-courses": tuple(f"c3_{window}" for window in ("before", "year1", "year3")),
    "4-courses": tuple(f"c4_{window}" for window in ("before", "year1", "year3")),
    "2-courses": ("y1", "y8"),
}
_LAST_DAY = 4_000


def columns_of(rate: str) -> tuple[str, str]:
    """Columns of a window's relapses and years at risk."""
    course, _, window = rate.partition("_")
    return (
        (f"{course}_relapses_{window}", f"{course}_years_{window}")
        if window
        else (f"relapses_{rate}", f"years_{rate}")
    )


def tune(name: str, chosen: pl.DataFrame, n: int) -> Tuning:
    """Risk sets and factors of a choice, scaled to a group of `n`."""
    at_risk = {prefix: _at_risk(chosen, prefix, n) for prefix in CURVES.get(name, ())}
    rate = {window: _factor(chosen, *columns_of(window)) for window in RATES.get(name, ())}
    return Tuning(at_risk, rate)


def _at_risk(chosen: pl.DataFrame, prefix: str, n: int) -> np.ndarray:
    days = np.sort(chosen[f"{prefix}_days"].drop_nulls().to_numpy())
    left = len(days) - np.searchsorted(days, np.arange(_LAST_DAY))
    # Never fewer than two: the loss of an event must stay finite.
    return np.maximum(left * n / chosen.height, 2.0)


def _factor(chosen: pl.DataFrame, events: str, years: str) -> float:
    """Model rate over events by person-years."""
    counts = (
        chosen.filter(pl.col(years) > 0)
        .group_by(events, years)
        .agg(patients=pl.len())
        .sort(events, years)
    )
    relapses, time, patients = (
        counts[column].cast(pl.Float64).to_numpy() for column in (events, years, "patients")
    )
    crude = float(patients @ relapses) / float(patients @ time)
    rate = estimate_rate(relapses, time, patients)[2]["rate"]
    return rate / crude if rate and crude else 1.0
