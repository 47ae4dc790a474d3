"""Descriptive statistics from counts: patients with their share, a quantity with its spread.

Here belongs how a count or a set of values becomes the statistics of one cell. Who is counted
does not. A share with a confidence interval stands in `share`.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.result_row import Cell, rows_of
from models.share import NO_PATIENTS

NO_SD = "sd not estimable: one patient"


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

    The order of the values does not matter: sums are exact before they are rounded.

    Args:
        cell: the cell; its `n_total` is set to the patients observed.
        values: distinct values of the quantity, finite, shape (m,).
        patients: how many patients have each, shape (m,).

    Returns:
        Rows of the statistics n_patients, mean, sd (n - 1 in the denominator), median (mean of
        the middle two of an even number), min, max.
    """
    value, weight = np.asarray(values, dtype=float), np.asarray(patients, dtype=int)
    n = int(weight.sum())
    cell = replace(cell, n_total=n)
    if n == 0:
        nothing = dict.fromkeys(("mean", "sd", "median", "min", "max"))
        return rows_of(_without_patients(cell), {"n_patients": 0, **nothing})
    order = np.argsort(value)
    ordered, reached = value[order], np.cumsum(weight[order])
    middle = [ordered[np.searchsorted(reached, rank)] for rank in ((n + 1) // 2, n // 2 + 1)]
    mean = math.fsum(value * weight) / n
    sd = math.sqrt(math.fsum(weight * (value - mean) ** 2) / (n - 1)) if n > 1 else None
    if sd is None:
        cell = replace(cell, diagnostics={**cell.diagnostics, "reason": NO_SD})
    statistics = {
        "n_patients": n,
        "mean": mean,
        "sd": sd,
        "median": float(sum(middle)) / 2,
        "min": float(ordered[0]),
        "max": float(ordered[-1]),
    }
    return rows_of(cell, statistics)


def _without_patients(cell: Cell) -> Cell:
    return replace(
        cell, method=NO_PATIENTS, diagnostics={**cell.diagnostics, "reason": NO_PATIENTS}
    )
