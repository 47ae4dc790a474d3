"""Events per 100 patient-years with the exact Poisson interval (E-12).

Here belongs the one place where events and time become a rate of safety. Which events count, and
over which time, does not.
"""

from statsmodels.stats.rates import confint_poisson

RATE = "events per 100 patient-years, exact Poisson 95% CI"
NO_TIME = "not estimable: no time at risk"

_PER = 100


def rate_values(n_events: int, person_years: float) -> dict[str, float | None]:
    """Rate of events with its exact (chi-square) 95% limits.

    Args:
        n_events: events, counted.
        person_years: time at risk, years; 0 = not estimable.

    Returns:
        Statistics rate, ci_low, ci_high (events per 100 patient-years) and person_years. Without
        an event the rate and its lower limit are 0.
    """
    values: dict[str, float | None] = {"rate": None, "ci_low": None, "ci_high": None}
    if person_years > 0:
        low, high = confint_poisson(n_events, person_years, method="exact-c")
        values = {
            "rate": _PER * n_events / person_years,
            "ci_low": _PER * float(low),
            "ci_high": _PER * float(high),
        }
    return {**values, "person_years": person_years}
