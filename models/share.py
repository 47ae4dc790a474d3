"""A share of patients in percent with its Wald interval, as SAS gives it.

Here belongs the one place where counts become a share. Which patients are counted does not.
"""

from typing import Any

from statsmodels.stats.proportion import proportion_confint

NO_INTERVAL = "limits not estimable: the interval has no width at 0% or 100%"
NO_PATIENTS = "not estimable: no patient in the denominator"


def share_values(n_patients: int, n_total: int) -> tuple[dict[str, float | None], dict[str, Any]]:
    """Share of patients with its 95% Wald interval, cut at 0% and 100%, as SAS does.

    Args:
        n_patients: the numerator.
        n_total: the denominator; 0 = not estimable.

    Returns:
        Statistics pct, ci_low, ci_high (%; limits None at 0% and 100%), n_patients; and
        diagnostics with the reason of what is not estimable.
    """
    values: dict[str, float | None] = {"pct": None, "ci_low": None, "ci_high": None}
    if n_total == 0:
        return {**values, "n_patients": n_patients}, {"reason": NO_PATIENTS}
    values["pct"] = 100 * n_patients / n_total
    diagnostics: dict[str, Any] = {"reason": NO_INTERVAL}
    if 0 < n_patients < n_total:
        low, high = proportion_confint(n_patients, n_total, method="normal")
        values |= {"ci_low": 100 * float(low), "ci_high": 100 * float(high)}
        diagnostics = {}
    return {**values, "n_patients": n_patients}, diagnostics
