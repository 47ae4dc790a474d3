"""Negative binomial regression of event counts by joint maximum likelihood (E-02).

NB2: variance mu + k mu^2, log link, offset log(years). Estimates agree with SAS GENMOD
`dist=negbin`: k and the coefficients jointly, standard errors from the observed
information. Here belongs the fit alone; which patients and windows enter is decided by the
endpoint modules. `docs/decisions.md` tells why statsmodels' own NB fit is not used.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

MAX_ITERATIONS = 100
#: Newton stops after a step that promises less log-likelihood than this.
MIN_GAIN = 1e-14
#: Largest gradient of a converged fit, per event.
MAX_GRADIENT = 1e-8
#: Below this k·mu, differences of logarithms lose digits and a series is exact.
SERIES_BELOW = 0.02
SERIES_TERMS = 14


class NotEstimableError(ValueError):
    """The data hold no finite answer; the message is the reason, for the reader."""


@dataclass(frozen=True)
class NegativeBinomialFit:
    """A fitted model.

    Attributes:
        coefficients: log rates or log rate ratios, shape (p,).
        covariance: of the coefficients, shape (p, p); dispersion estimated jointly.
        k: dispersion, 0 on the boundary.
        k_se: its standard error; None on the boundary.
        log_likelihood: full, with the factorial term.
        is_at_boundary: the counts are not over-dispersed, so that k = 0 and Poisson holds.
        is_converged: all numbers are finite and the gradient is zero to rounding.
        iterations: Newton steps on (coefficients, log k); 0 on the boundary.
        max_abs_gradient: at the solution.
    """

    coefficients: Vector
    covariance: Matrix
    k: float
    k_se: float | None
    log_likelihood: float
    is_at_boundary: bool
    is_converged: bool
    iterations: int
    max_abs_gradient: float

    @property
    def se(self) -> Vector:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


def fit_negative_binomial(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    design: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> NegativeBinomialFit:
    """Joint maximum-likelihood fit, with the boundary rule of E-02.

    First a Poisson fit. If sum((y - mu)^2 - y) <= 0, the likelihood falls as k leaves 0: then
    k = 0 and the Poisson answers hold. (A few patients with exposures of a day and of years
    can have a second, higher maximum at a large k; the rule still says k = 0.) Else Newton
    steps on (coefficients, log k), safeguarded so that the likelihood never falls.

    Args:
        events: counts, shape (n,), whole numbers.
        years: exposure, shape (n,), above zero.
        design: shape (n, p); default a single column of ones.
        weights: how many patients a row stands for, shape (n,); default 1. Equal rows may
            be grouped: the answer is the same.

    Raises:
        NotEstimableError: there is no event at all.
        ValueError: a value is not finite, an exposure not above zero, a count not whole.
    """
    y = np.asarray(events, dtype=float)
    t = np.asarray(years, dtype=float)
    x = np.ones((y.size, 1)) if design is None else np.asarray(design, dtype=float)
    w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    _refuse_unusable(y, t, x, w)
    offset = np.log(t)
    poisson = _poisson_model(y, offset, x, w)
    mu = np.exp(x @ poisson.params + offset)
    excess = float(w @ ((y - mu) ** 2 - y))
    # Equality is judged to rounding: mu is exp(log(mean)), never exactly the mean.
    if excess <= 1e-12 * float(w @ (y + mu**2)):
        return _poisson_fit(y, mu, x, w, poisson)
    k_moment = excess / float(w @ mu**2)
    return _newton(y, offset, x, w, np.append(poisson.params, np.log(k_moment)))


def mean_coefficients_at(
    k: float, events: Vector, years: Vector, design: Matrix, weights: Vector, start: Vector
) -> Vector:
    """Coefficients that maximise the likelihood with the dispersion held at `k`.

    The likelihood is concave in them, so that halved Newton steps always arrive.

    Raises:
        NotEstimableError: no solution within the iteration limit.
    """
    offset = np.log(years)

    def log_likelihood(beta: Vector) -> float:
        eta = design @ beta + offset
        log_term = np.exp(eta) if k == 0 else (events + 1 / k) * np.log1p(k * np.exp(eta))
        return float(weights @ (events * eta - log_term))

    beta = start.copy()
    for _ in range(MAX_ITERATIONS):
        mu = np.exp(design @ beta + offset)
        gradient = design.T @ (weights * (events - mu) / (1 + k * mu))
        information = (design.T * (weights * mu * (1 + k * events) / (1 + k * mu) ** 2)) @ design
        step = np.linalg.solve(information, gradient)
        gain = float(gradient @ step)
        if gain < MIN_GAIN:
            return beta + step
        current = log_likelihood(beta)
        while log_likelihood(beta + step) < current and np.abs(step).max() > 1e-12:
            step = step / 2
        beta = beta + step
    raise NotEstimableError("the model with fixed dispersion did not converge")


def _refuse_unusable(y: Vector, t: Vector, x: Matrix, w: Vector) -> None:
    if not all(np.isfinite(values).all() for values in (y, t, x, w)):
        raise ValueError("events, years, design and weights must be finite: drop such rows before")
    if (t <= 0).any():
        raise ValueError("years must be above zero: a row without time at risk has no rate (W-03)")
    if (y < 0).any() or (y != np.floor(y)).any():
        raise ValueError("events must be whole numbers of zero or more")
    if not float(w @ y) > 0:
        raise NotEstimableError("no events")


def _poisson_model(y: Vector, offset: Vector, x: Matrix, w: Vector) -> Any:
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        # Equal counts in all patients are no "perfect separation", and one patient leaves
        # no residual degree of freedom for a Pearson scale that Poisson does not use.
        warnings.simplefilter("ignore")
        return GLM(y, x, family=Poisson(), offset=offset, freq_weights=w).fit(tol=1e-14)


def _poisson_fit(y: Vector, mu: Vector, x: Matrix, w: Vector, poisson: Any) -> NegativeBinomialFit:
    coefficients = np.asarray(poisson.params)
    covariance = np.asarray(poisson.cov_params())
    gradient = float(np.abs(x.T @ (w * (y - mu))).max())
    is_finite = bool(np.isfinite(coefficients).all() and np.isfinite(covariance).all())
    return NegativeBinomialFit(
        coefficients=coefficients,
        covariance=covariance,
        k=0.0,
        k_se=None,
        log_likelihood=float(w @ (y * np.log(mu) - mu - gammaln(y + 1))),
        is_at_boundary=True,
        is_converged=is_finite and gradient <= MAX_GRADIENT * float(w @ y),
        iterations=0,
        max_abs_gradient=gradient,
    )


def _newton(y: Vector, offset: Vector, x: Matrix, w: Vector, start: Vector) -> NegativeBinomialFit:
    """Newton on (coefficients, log k) from `start`, shape (p + 1,)."""
    point = start
    value, gradient, hessian = _derivatives(y, offset, x, w, point)
    iterations = 0
    while iterations < MAX_ITERATIONS:
        iterations += 1
        step = _ascent_step(gradient, hessian)
        gain = float(gradient @ step)
        trial = _derivatives(y, offset, x, w, point + step)
        # Close to the top the value itself is only rounding: trust the quadratic step.
        while gain >= MIN_GAIN and not trial[0] >= value - 1e-12 * abs(value):
            step = step / 2
            if np.abs(step).max() < 1e-12:
                break
            trial = _derivatives(y, offset, x, w, point + step)
        point = point + step
        value, gradient, hessian = trial
        if gain < MIN_GAIN:
            break
    return _negative_binomial_fit(y, w, point, value, gradient, hessian, iterations)


def _negative_binomial_fit(
    y: Vector,
    w: Vector,
    point: Vector,
    value: float,
    gradient: Vector,
    hessian: Matrix,
    iterations: int,
) -> NegativeBinomialFit:
    k = float(np.exp(point[-1]))
    # In k, not log k, the information stays well conditioned as k nears 0.
    scale = np.append(np.ones(point.size - 1), 1 / k)
    information = -(hessian - np.diag(np.append(np.zeros(point.size - 1), gradient[-1])))
    information = information * np.outer(scale, scale)
    is_definite = bool(np.isfinite(information).all() and np.linalg.eigvalsh(information)[0] > 0)
    covariance = np.full_like(information, np.nan)
    if is_definite:
        covariance[:] = np.linalg.inv(information)
    largest = float(np.abs(gradient).max())
    return NegativeBinomialFit(
        coefficients=point[:-1],
        covariance=covariance[:-1, :-1],
        k=k,
        k_se=float(np.sqrt(covariance[-1, -1])),
        log_likelihood=value,
        is_at_boundary=False,
        is_converged=is_definite and largest <= MAX_GRADIENT * float(w @ y),
        iterations=iterations,
        max_abs_gradient=largest,
    )


def _ascent_step(gradient: Vector, hessian: Matrix) -> Vector:
    """Newton step, turned uphill where the likelihood is not concave, at most 3 long."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    curvature, axes = np.linalg.eigh(-hessian * np.outer(scale, scale))
    bent = np.maximum(np.abs(curvature), 1e-6)
    step = scale * (axes @ ((axes.T @ (scale * gradient)) / bent))
    longest = float(np.abs(step).max())
    return step * min(1.0, 3.0 / longest) if longest > 0 else step


def _derivatives(
    y: Vector, offset: Vector, x: Matrix, w: Vector, point: Vector
) -> tuple[float, Vector, Matrix]:
    """Log-likelihood, gradient and Hessian in (coefficients, log k).

    lgamma(y + 1/k) - lgamma(1/k) + y log k is written as the sum of log(1 + k j) over
    j < y: the difference of two large numbers has no digits left at small k.
    """
    k = float(np.exp(point[-1]))
    eta = x @ point[:-1] + offset
    mu = np.exp(eta)
    ratio = k * mu
    j = np.arange(int(np.max(y)))
    below = y.astype(int)

    def sum_below(terms: Vector) -> Vector:
        return np.concatenate(([0.0], np.cumsum(terms)))[below]

    log_term = np.log1p(ratio)
    value = sum_below(np.log1p(k * j)) + y * eta - y * log_term - mu * (log_term / ratio)
    curve, slope = _log_remainder(ratio)
    in_k = sum_below(j / (1 + k * j)) + mu**2 * curve - y * mu / (1 + ratio)
    in_k_twice = -sum_below((j / (1 + k * j)) ** 2) + mu**3 * slope + y * mu**2 / (1 + ratio) ** 2
    in_beta = (y - mu) / (1 + ratio)
    in_beta_twice = -mu * (1 + k * y) / (1 + ratio) ** 2
    in_both = -(y - mu) * mu / (1 + ratio) ** 2

    score_k = float(w @ in_k)
    gradient = np.append(x.T @ (w * in_beta), k * score_k)
    hessian = np.empty((point.size, point.size))
    hessian[:-1, :-1] = (x.T * (w * in_beta_twice)) @ x
    hessian[:-1, -1] = hessian[-1, :-1] = k * (x.T @ (w * in_both))
    hessian[-1, -1] = k**2 * float(w @ in_k_twice) + k * score_k
    return float(w @ (value - gammaln(y + 1))), gradient, hessian


def _log_remainder(ratio: Vector) -> tuple[Vector, Vector]:
    """(log(1 + r) - r / (1 + r)) / r^2 and its derivative in r, exact also near r = 0."""
    safe = np.maximum(ratio, SERIES_BELOW)
    curve = (np.log1p(safe) - safe / (1 + safe)) / safe**2
    slope = 1 / (safe * (1 + safe) ** 2) - 2 * curve / safe
    n = np.arange(SERIES_TERMS)
    terms = (-1.0) ** n * (n + 1) / (n + 2)
    small = np.minimum(ratio, SERIES_BELOW)
    is_small = ratio < SERIES_BELOW
    return (
        np.where(is_small, np.polynomial.polynomial.polyval(small, terms), curve),
        np.where(is_small, np.polynomial.polynomial.polyval(small, (terms * n)[1:]), slope),
    )
