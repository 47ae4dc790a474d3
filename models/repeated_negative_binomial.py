"""Negative binomial rates of the same patients in several periods, robust variance (E-03).

What SAS GENMOD gives with `dist=negbin` and `repeated subject=…/type=ind`: k fixed at the
maximum-likelihood estimate that ignores the repetition, independence working correlation,
Liang-Zeger sandwich without small-sample factor. Wald tests are SAS's Z of a parameter, the
score test is its Type 3. statsmodels' GEE gives the same numbers but loops over patients in
Python (`docs/decisions.md`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, norm

from models.negative_binomial import (
    Matrix,
    NegativeBinomialFit,
    NotEstimableError,
    Vector,
    fit_negative_binomial,
    mean_coefficients_at,
)

#: A robust variance on the log scale below this is zero but for rounding.
ZERO_VARIANCE = 1e-12


@dataclass(frozen=True)
class RepeatedFit:
    """Rates by period and their ratios to the first.

    Attributes:
        coefficients: log rate of the first period, then log rate ratios to it, shape (p,).
        covariance: robust, shape (p, p).
        model: the fit that ignores the repetition; its k is the one held fixed.
        score_chi_square: generalised score statistic of "all periods have one rate";
            None if its variance is zero.
        score_p: its p-value on p - 1 degrees of freedom.
    """

    coefficients: Vector
    covariance: Matrix
    model: NegativeBinomialFit
    score_chi_square: float | None
    score_p: float | None

    @property
    def se(self) -> Vector:
        """Robust standard errors, shape (p,); 0 if all have the same count at first."""
        return _standard_errors(self.covariance)

    @property
    def wald_p(self) -> Vector:
        """Two-sided p of each rate ratio = 1, shape (p - 1,)."""
        return np.asarray(2 * norm.sf(np.abs(self.coefficients[1:] / self.se[1:])))

    @property
    def log_rates(self) -> Vector:
        """Log rate of each period, shape (p,)."""
        return self._rate_contrasts @ self.coefficients

    @property
    def log_rate_se(self) -> Vector:
        """Robust standard error of each log rate, shape (p,); 0 if all have the same count."""
        contrasts = self._rate_contrasts
        return _standard_errors(contrasts @ self.covariance @ contrasts.T)

    @property
    def _rate_contrasts(self) -> Matrix:
        contrasts = np.eye(self.coefficients.size)
        contrasts[:, 0] = 1
        return contrasts


def fit_repeated_negative_binomial(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    period: npt.ArrayLike,
    cluster: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
) -> RepeatedFit:
    """Marginal rates of two or more periods in the same patients.

    Args:
        events: counts, shape (n,).
        years: exposure, shape (n,), above zero.
        period: 0 for the reference, 1, 2 … for the others, shape (n,).
        cluster: which patient a row belongs to, any integers in any order, shape (n,).
        weights: how many patients with the same rows a row stands for, equal within a
            cluster, shape (n,); default 1.

    Raises:
        NotEstimableError: a period has no event, the fit did not converge, or the robust
            variance of a ratio is zero.
        ValueError: as `fit_negative_binomial`.
    """
    y = np.asarray(events, dtype=float)
    t = np.asarray(years, dtype=float)
    w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    codes = np.asarray(period, dtype=int)
    design = np.eye(int(codes.max()) + 1)[codes]
    if not ((design.T @ (w * y)) > 0).all():
        raise NotEstimableError("no events in one of the periods")
    design[:, 0] = 1
    patient = np.unique(np.asarray(cluster), return_inverse=True)[1]
    model = fit_negative_binomial(y, t, design, w)
    if not model.is_converged:
        raise NotEstimableError("the negative binomial fit did not converge")

    beta = model.coefficients
    bread, meat, _ = _sandwich(beta, model.k, y, t, design, patient, w)
    naive = np.linalg.inv(bread)
    covariance = naive @ meat @ naive
    if (np.diag(covariance)[1:] <= ZERO_VARIANCE).any():
        raise NotEstimableError("the robust variance is zero: the same change in all patients")
    score = _score_statistic(model, y, t, design, patient, w)
    return RepeatedFit(
        coefficients=beta,
        covariance=covariance,
        model=model,
        score_chi_square=score,
        score_p=None if score is None else float(chi2.sf(score, beta.size - 1)),
    )


def _standard_errors(covariance: Matrix) -> Vector:
    variance = np.diag(covariance)
    return np.sqrt(np.where(variance > ZERO_VARIANCE, variance, 0.0))


def _sandwich(
    beta: Vector,
    k: float,
    y: Vector,
    t: Vector,
    design: Matrix,
    patient: npt.NDArray[np.intp],
    w: Vector,
) -> tuple[Matrix, Matrix, Vector]:
    """Bread (expected information), meat (from sums per patient) and score at `beta`."""
    mu = t * np.exp(design @ beta)
    bread = (design.T * (w * mu / (1 + k * mu))) @ design
    scores = design * ((y - mu) / (1 + k * mu))[:, None]
    n_patients = int(np.max(patient)) + 1
    sums = np.stack(
        [np.bincount(patient, weights=column, minlength=n_patients) for column in scores.T], axis=1
    )
    patients_per_sum = np.zeros(n_patients)
    patients_per_sum[patient] = w
    return bread, (sums.T * patients_per_sum) @ sums, patients_per_sum @ sums


def _score_statistic(
    model: NegativeBinomialFit,
    y: Vector,
    t: Vector,
    design: Matrix,
    patient: npt.NDArray[np.intp],
    w: Vector,
) -> float | None:
    """Generalised score statistic of equal rates, at k of the full model (SAS Type 3)."""
    start = np.array([np.log((w @ y) / (w @ t))])
    common = mean_coefficients_at(model.k, y, t, design[:, :1], w, start)
    restricted = np.append(common, np.zeros(design.shape[1] - 1))
    bread, meat, score = _sandwich(restricted, model.k, y, t, design, patient, w)
    naive = np.linalg.inv(bread)
    step = (naive @ score)[1:]
    variance = (naive @ meat @ naive)[1:, 1:]
    if np.linalg.eigvalsh(variance)[0] <= ZERO_VARIANCE:
        return None
    return float(step @ np.linalg.solve(variance, step))
