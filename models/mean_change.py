"""Mean of a score, or of its change, with its 95% t-interval, from counts by value (E-06).

Here belongs how counted values become statistics. Whose values they are does not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from statsmodels.stats.weightstats import DescrStatsW

from models.share import NO_PATIENTS

ONE_PATIENT = "sd, se and limits not estimable: one patient"
NO_WIDTH = "all values are equal: the limits are the mean, as SAS gives them"
STATISTICS = ("n_patients", "mean", "sd", "se", "ci_low", "ci_high", "median", "min", "max")


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
