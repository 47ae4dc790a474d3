"""Descriptive statistics from counts: patients with their share, a quantity with its spread.

Here belongs how a count or a set of values becomes the statistics of one cell. Who is counted
does not. A share with a confidence interval stands in `share`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from statsmodels.stats.weightstats import DescrStatsW

from models.result_row import Cell, rows_of
from models.share import NO_PATIENTS

ONE_PATIENT = "sd, se and limits not estimable: one patient"
NO_WIDTH = "all values are equal: the limits are the mean, as SAS gives them"
STATISTICS = ("n_patients", "mean", "sd", "se", "ci_low", "ci_high", "median", "min", "max")
#: Those that describe a quantity without inferring from it.
SPREAD = ("n_patients", "mean", "sd", "median", "min", "max")


def count_rows(cell: Cell, n_patients: int) -> list[dict[str, Any]]:
    """Patients of a cell and their share of its `n_total`.

    Returns:
        Rows of the statistics n_patients and pct (%); without a patient in the denominator
        pct is not estimable, and method and diagnostics say so.
    """
    if cell.n_total == 0:
        return rows_of(_without_patients(cell), {"n_patients": n_patients, "pct": None})
    return rows_of(cell, {"n_patients": n_patients, "pct": 100 * n_patients / cell.n_total})


def spread_rows(cell: Cell, values: npt.ArrayLike, patients: npt.ArrayLike) -> list[dict[str, Any]]:
    """Mean, standard deviation, median and range of a quantity, from its distinct values.

    Args:
        cell: the cell; its `n_total` is set to the patients observed.
        values: distinct values of the quantity, finite, in any order, shape (m,).
        patients: how many patients have each, shape (m,).

    Returns:
        Rows of the statistics SPREAD.
    """
    value, weight = np.asarray(values, dtype=float), np.asarray(patients, dtype=int)
    order = np.argsort(value)
    statistics, diagnostics = mean_values(value[order].tolist(), weight[order].tolist())
    cell = replace(
        cell,
        n_total=int(weight.sum()),
        method=cell.method if weight.sum() else NO_PATIENTS,
        diagnostics={**cell.diagnostics, **diagnostics},
    )
    return rows_of(cell, {name: statistics[name] for name in SPREAD})


def mean_values(
    values: Sequence[float], patients: Sequence[int]
) -> tuple[dict[str, float | None], dict[str, Any]]:
    """Mean, spread and 95% t-interval (n - 1 degrees of freedom) of counted values.

    Args:
        values: distinct values, ascending, so that sums do not hang on an order.
        patients: how many patients have each, at least 1.

    Returns:
        STATISTICS: sd has n - 1 in the denominator, se = sd / sqrt(n), median of an even
        number is the mean of the middle two. Of one patient sd, se and limits are None, of none
        everything but n_patients. And diagnostics, which say why.
    """
    statistics: dict[str, float | None] = dict.fromkeys(STATISTICS)
    n = sum(patients)
    statistics["n_patients"] = n
    if n == 0:
        return statistics, {"reason": NO_PATIENTS}
    weighted = DescrStatsW(
        np.asarray(values, dtype=float), np.asarray(patients, dtype=float), ddof=1
    )
    reached = np.cumsum(patients)
    middle = (values[int(np.searchsorted(reached, rank))] for rank in ((n + 1) // 2, n // 2 + 1))
    statistics |= {
        "mean": float(weighted.mean),
        "median": float(sum(middle)) / 2,
        "min": float(values[0]),
        "max": float(values[-1]),
    }
    if n == 1:
        return statistics, {"reason": ONE_PATIENT}
    ci_low, ci_high = weighted.tconfint_mean()
    statistics |= {
        "sd": float(weighted.std),
        "se": float(weighted.std_mean),
        "ci_low": float(ci_low),
        "ci_high": float(ci_high),
    }
    return statistics, {"note": NO_WIDTH} if len(values) == 1 else {}


def _without_patients(cell: Cell) -> Cell:
    return replace(
        cell, method=NO_PATIENTS, diagnostics={**cell.diagnostics, "reason": NO_PATIENTS}
    )
