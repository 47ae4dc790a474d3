"""Closed forms for the numbers of `hand_numbers.py`, written from the analysis plan.

Nothing of the product is imported: these are the formulas one would use on paper. The only step
that paper cannot do is the root of the one equation for k, which is asked of scipy.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from scipy.optimize import brentq

Z = 1.959963984540054  # 97.5% point of the normal distribution
YEAR = 365.25
Numbers = dict[str, float | None]


def normal_p(z: float) -> float:
    """Two-sided p of a standard normal value."""
    return math.erfc(abs(z) / math.sqrt(2))


def rate(events: Sequence[int], days: Sequence[float], fit: str) -> Numbers:
    """Annualised relapse rate of one window (E-02).

    fit "0": no events, rate 0, the upper limit solves exp(-limit * years) = 2.5%.
    fit "P": sum (y - mu)^2 - y <= 0, so k = 0: rate = events / years, SE(log) = 1/sqrt(events).
    fit "NB": everybody is at risk equally long (mu each), so the rate is still events / years;
        k solves  sum_i sum_{j<y_i} j/(1+kj) + n/k^2 log(1+k mu) - n mu/k = 0,  the derivative
        of the log-likelihood; the observed information of (log rate, k) has no mixed term
        there, and SE(log)^2 = (1 + k mu) / (n mu).
    """
    n, total, years = len(events), sum(events), sum(days) / YEAR
    numbers: Numbers = {"n_events": total, "n_patients": n, "person_years": years}
    if fit == "0":
        assert total == 0
        return numbers | {"rate": 0, "ci_low": 0, "ci_high": -math.log(0.025) / years, "k": None}
    means = [total / years * day / YEAR for day in days]
    dispersion = sum((y - mean) ** 2 - y for y, mean in zip(events, means, strict=True))
    if fit == "P":
        assert dispersion < 1e-12, "not at the boundary: this table is worked out wrongly"
        k, variance = 0.0, 1 / total
    else:
        assert fit == "NB"
        assert dispersion > 0.1
        assert len(set(days)) == 1, "the closed form needs equal time at risk"
        mean = total / n
        k = brentq(_slope_of_k, 1e-4, 1e4, args=(events, mean), xtol=1e-12, rtol=1e-14)
        variance = (1 + k * mean) / (n * mean)
    return numbers | {"rate": total / years, "k": k} | _limits(total / years, math.sqrt(variance))


def _slope_of_k(k: float, events: Sequence[int], mean: float) -> float:
    n = len(events)
    steps = sum(j / (1 + k * j) for y in events for j in range(y))
    return steps + n / k**2 * math.log1p(k * mean) - n * mean / k


def _limits(estimate: float, se_of_log: float) -> Numbers:
    return {
        "ci_low": estimate * math.exp(-Z * se_of_log),
        "ci_high": estimate * math.exp(Z * se_of_log),
    }


def before_after(before: Sequence[int], after: Sequence[int]) -> tuple[Numbers, Numbers, Numbers]:
    """Rates before and after a course, and their ratio (E-03), all with a year at risk.

    With equal exposures the estimating equations of independence are, for any k,
        sum_i (y_i - mu) / (1 + k mu) = 0   on each side, so mu = mean count, and patient i
    moves a log rate by (y_i - mu) / (n mu), and the log ratio by  d_i = (a_i/mu_a - b_i/mu_b)/n.
    The sandwich variance is the sum of the squares of these; k drops out.
    Score test of ratio 1: patient i adds (a_i - b_i)/2 times a constant, so
        chi^2 = (sum a_i - b_i)^2 / sum (a_i - b_i)^2.
    """
    n = len(before)
    mean_before, mean_after = sum(before) / n, sum(after) / n
    ratio = mean_after / mean_before
    pairs = list(zip(before, after, strict=True))
    se = math.sqrt(sum((a / mean_after - b / mean_before) ** 2 for b, a in pairs)) / n
    score = sum(a - b for b, a in pairs) ** 2 / sum((a - b) ** 2 for b, a in pairs)
    contrast = {
        "n_patients": n,
        "rate_ratio": ratio,
        "se": se,
        **_limits(ratio, se),
        "p": normal_p(math.log(ratio) / se),
        "p_score": normal_p(math.sqrt(score)),
    }
    return _robust_rate(before), _robust_rate(after), contrast


def _robust_rate(counts: Sequence[int]) -> Numbers:
    n, mean = len(counts), sum(counts) / len(counts)
    se = math.sqrt(sum((y - mean) ** 2 for y in counts)) / (n * mean)
    return {"n_events": sum(counts), "n_patients": n, "rate": mean, **_limits(mean, se)}


def share(free: int, total: int) -> Numbers:
    """Relapse-free patients, % with 95% Wald limits; none where the interval has no width."""
    p = free / total
    half = Z * math.sqrt(p * (1 - p) / total)
    has_width = 0 < free < total
    return {
        "n_patients": free,
        "pct": 100 * p,
        "ci_low": 100 * max(0.0, p - half) if has_width else None,
        "ci_high": 100 * min(1.0, p + half) if has_width else None,
    }


def kaplan_meier(factors: str, events: int, at_risk: int) -> Numbers:
    """Kaplan-Meier product, % with 95% log-log limits (E-09).

    factors: "3/4*2/3" = one event among 4, then one among 3; "NE" = not evaluable. Greenwood's sum
    has 1/(n(n-1)) for one event among n; the limits are S^exp(±z sqrt(sum) / log S).
    """
    numbers: Numbers = {"n_events": events, "at_risk": at_risk}
    if factors == "NE":
        return numbers | {"pct": None, "ci_low": None, "ci_high": None}
    steps = [Fraction(step) for step in factors.split("*")]
    survival = float(math.prod(steps))
    if survival in (0, 1):
        return numbers | {"pct": 100 * survival, "ci_low": None, "ci_high": None}
    greenwood = sum(1 / (step.denominator * step.numerator) for step in steps)
    se = math.sqrt(greenwood) / abs(math.log(survival))
    return numbers | {
        "pct": 100 * survival,
        "ci_low": 100 * survival ** math.exp(Z * se),
        "ci_high": 100 * survival ** math.exp(-Z * se),
    }
