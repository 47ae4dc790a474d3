import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle_cases import others_cases, own_cases, read_case
from scipy.optimize import minimize
from scipy.stats import nbinom
from statsmodels.discrete.discrete_model import NegativeBinomial

from models.negative_binomial import (
    NotEstimableError,
    fit_negative_binomial,
    mean_coefficients_at,
)

Z = 1.959963984540054


def usable(rows):
    """Rows with a count and time at risk: what an endpoint hands to the fit."""
    kept = [row for row in rows if row["count"] and row["years"] and float(row["years"]) > 0]
    events = np.array([float(row["count"]) for row in kept])
    years = np.array([float(row["years"]) for row in kept])
    return kept, events, years


def assert_agrees(fit, expected):
    assert fit.is_converged
    assert fit.is_at_boundary == expected["boundary_poisson"]
    np.testing.assert_allclose(fit.coefficients, expected["beta"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(fit.se, expected["se_sas_observed_joint"], rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["loglik_full"], abs=1e-7)
    if expected["boundary_poisson"]:
        assert fit.k == 0
        assert fit.k_se is None
    else:
        assert fit.k == pytest.approx(expected["k"], rel=1e-5)
        assert fit.k_se == pytest.approx(expected["k_se"], rel=1e-5)


@pytest.mark.parametrize(("folder", "case_id"), own_cases("nb_rate"))
def test_one_rate_agrees_with_the_oracle(folder, case_id):
    case, rows = read_case(folder, case_id)
    expected = case["expected"]
    _, events, years = usable(rows)
    assert len(events) == expected["n"]
    if not expected["estimable"]:
        with pytest.raises(NotEstimableError, match="no events"):
            fit_negative_binomial(events, years)
        return
    fit = fit_negative_binomial(events, years)
    assert_agrees(fit, expected)
    assert np.exp(fit.coefficients[0]) == pytest.approx(expected["rate"], rel=1e-9)
    limits = np.exp(fit.coefficients[0] + np.array([-Z, Z]) * fit.se[0])
    np.testing.assert_allclose(limits, expected["ci_sas"], rtol=1e-8)


@pytest.mark.parametrize(
    ("folder", "case_id"), [*own_cases("nb_groups"), *others_cases("nb_groups")]
)
def test_groups_with_one_dispersion_agree_with_the_oracle(folder, case_id):
    case, rows = read_case(folder, case_id)
    kept, events, years = usable(rows)
    columns = case["args"]["columns"]
    design = np.array(
        [[1.0, *(float("g" + row["group"] == column) for column in columns[1:])] for row in kept]
    )
    assert_agrees(fit_negative_binomial(events, years, design), case["expected"])


@pytest.mark.parametrize(("folder", "case_id"), others_cases("sas_anchor"))
def test_printed_output_of_sas_genmod(folder, case_id):
    case, rows = read_case(folder, case_id)
    expected, tolerance = case["expected"], case["tol"]["abs"]
    events = np.array([float(row["number"]) for row in rows])
    design = np.array([[1, row["treat"] == "drug", float(row["age"])] for row in rows])
    fit = fit_negative_binomial(events, np.ones(len(events)), design)
    np.testing.assert_allclose([*fit.coefficients, fit.k], expected["estimate"], atol=tolerance)
    np.testing.assert_allclose([*fit.se, fit.k_se], expected["se"], atol=tolerance)
    np.testing.assert_allclose(fit.coefficients, expected["r_check"]["beta"], rtol=0, atol=1e-6)


def test_four_patients_by_hand():
    """Counts 1, 0, 2, 1 in a year each: mean 1, sum((y-1)^2 - y) = 2 - 4 < 0, so Poisson.

    Rate 4 / 4 = 1, SE of the log rate 1 / sqrt(4) = 0.5, log-likelihood -4 - log 2.
    """
    fit = fit_negative_binomial([1, 0, 2, 1], [1, 1, 1, 1])
    assert fit.is_at_boundary
    assert fit.k == 0
    assert fit.coefficients[0] == pytest.approx(0, abs=1e-12)
    assert fit.se[0] == pytest.approx(0.5, rel=1e-12)
    assert fit.log_likelihood == pytest.approx(-4 - np.log(2), abs=1e-12)


def test_counts_more_varied_than_poisson_are_not_on_the_boundary():
    """Counts 0, 0, 1, 3 have mean 1 and sum((y-1)^2 - y) = 1+1+0+4 - 4 = 2."""
    assert not fit_negative_binomial([0, 0, 1, 3], np.ones(4)).is_at_boundary


@pytest.mark.parametrize("counts", [[0, 1, 2, 3, 4], [0, 0, 0, 2, 2, 2, 3, 3]])
def test_equal_mean_and_variance_is_the_boundary(counts):
    """Mean 2: 4+1+0+1+4 = 10, the sum of counts; mean 3/2: 12 too: exactly on the boundary.

    In floating point the difference comes out as 9e-16: rounding must not decide.
    """
    for years in (1.0, 0.7, 1 / 3):
        fit = fit_negative_binomial(counts, np.full(len(counts), years))
        assert fit.is_at_boundary
        assert fit.k == 0


@pytest.mark.parametrize(
    ("events", "years", "reason"),
    [
        ([1, np.nan], [1, 1], "finite"),
        ([1, 1], [1, np.inf], "finite"),
        ([1, 0], [1, 0], "time at risk"),
        ([1, -1], [1, 1], "whole numbers"),
        ([1, 0.5], [1, 1], "whole numbers"),
        ([0, 0], [1, 2], "no events"),
    ],
)
def test_what_has_no_answer_is_refused(events, years, reason):
    with pytest.raises(ValueError, match=reason):
        fit_negative_binomial(events, years)


def test_agrees_with_statsmodels_where_that_is_right():
    """Inside the parameter space statsmodels' own joint fit finds the same maximum."""
    rng = np.random.default_rng(7)
    years = rng.uniform(0.2, 3, 400)
    group = rng.integers(0, 2, 400)
    events = rng.poisson(years * np.exp(-0.5 + 0.7 * group) * rng.gamma(1, 1, 400))
    design = np.column_stack([np.ones(400), group])
    theirs = NegativeBinomial(events, design, exposure=years).fit(
        method="newton", disp=False, maxiter=200
    )
    ours = fit_negative_binomial(events, years, design)
    np.testing.assert_allclose(ours.coefficients, theirs.params[:2], atol=1e-7)
    assert ours.k == pytest.approx(theirs.params[2], rel=1e-6)
    np.testing.assert_allclose(ours.se, theirs.bse[:2], rtol=1e-5)


def test_log_likelihood_is_the_density_that_scipy_knows():
    rng = np.random.default_rng(3)
    years = rng.uniform(0.01, 8, 300)
    events = rng.poisson(years * 0.4 * rng.gamma(0.5, 2, 300))
    fit = fit_negative_binomial(events, years)
    mean = years * np.exp(fit.coefficients[0])
    assert fit.log_likelihood == pytest.approx(
        nbinom.logpmf(events, 1 / fit.k, 1 / (1 + fit.k * mean)).sum(), abs=1e-8
    )


histories = (
    st.integers(2, 60)
    .flatmap(
        lambda n: st.tuples(
            arrays(int, n, elements=st.integers(0, 6)),
            arrays(float, n, elements=st.integers(1, 2922).map(lambda days: days / 365.25)),
        )
    )
    .filter(lambda pair: pair[0].sum() > 0)
)


@settings(deadline=None)
@given(histories)
def test_every_fit_converges_to_a_finite_maximum(history):
    events, years = history
    fit = fit_negative_binomial(events, years)
    assert fit.is_converged
    assert np.isfinite([*fit.coefficients, *fit.se, fit.k, fit.log_likelihood]).all()
    mean = years * events.sum() / years.sum()
    assert fit.is_at_boundary == (((events - mean) ** 2 - events).sum() <= 1e-9)


def log_likelihood(events, years, log_rate, k):
    """By scipy's density, which has lost its digits below k of about 1e-6."""
    mean, k = years * np.exp(log_rate), max(k, 1e-6)
    return nbinom.logpmf(events, 1 / k, 1 / (1 + k * mean)).sum()


@settings(deadline=None, max_examples=40)
@given(histories)
def test_no_parameters_nearby_are_more_likely(history):
    events, years = history
    fit = fit_negative_binomial(events, years)
    for rate_step in (-0.01, 0, 0.01):
        for k_step in (0.99, 1, 1.01) if fit.k else (0, 1e-4):
            k = fit.k * k_step if fit.k else k_step
            other = log_likelihood(events, years, fit.coefficients[0] + rate_step, k)
            assert fit.log_likelihood >= other - 1e-5


@settings(deadline=None, max_examples=25)
@given(histories)
def test_with_equal_exposures_no_parameters_at_all_are_more_likely(history):
    """There the maximum is unique. With very unequal exposures k = 0 can be one of two."""
    events, _ = history
    years = np.ones(len(events))
    fit = fit_negative_binomial(events, years)
    start = [fit.coefficients[0] + 0.3, np.log(max(fit.k, 0.05)) - 0.3]
    other = minimize(
        lambda point: -log_likelihood(events, years, point[0], np.exp(min(point[1], 20))),
        start,
        method="Nelder-Mead",
        options={"maxiter": 400},
    )
    assert fit.log_likelihood >= -other.fun - 1e-5


@settings(deadline=None, max_examples=40)
@given(histories, st.randoms(use_true_random=False))
def test_order_of_patients_does_not_matter(history, random):
    events, years = history
    order = list(range(len(events)))
    random.shuffle(order)
    one = fit_negative_binomial(events, years)
    two = fit_negative_binomial(events[order], years[order])
    assert one.is_at_boundary == two.is_at_boundary
    np.testing.assert_allclose(one.coefficients, two.coefficients, atol=1e-8)
    np.testing.assert_allclose(one.se, two.se, rtol=1e-6)


@settings(deadline=None, max_examples=40)
@given(histories, st.lists(st.integers(1, 5), min_size=60, max_size=60))
def test_grouped_counts_give_the_answer_of_single_rows(history, copies):
    events, years = history
    weights = np.array(copies[: len(events)])
    grouped = fit_negative_binomial(events, years, weights=weights)
    single = fit_negative_binomial(np.repeat(events, weights), np.repeat(years, weights))
    assert grouped.is_at_boundary == single.is_at_boundary
    np.testing.assert_allclose(grouped.coefficients, single.coefficients, atol=1e-8)
    np.testing.assert_allclose(grouped.se, single.se, rtol=1e-6)
    assert grouped.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-7)


@settings(deadline=None)
@given(histories, st.sampled_from([1 / 365.25, 0.1, 12.0, 365.25]))
def test_another_unit_of_time_scales_the_rate_only(history, unit):
    events, years = history
    one = fit_negative_binomial(events, years)
    two = fit_negative_binomial(events, years * unit)
    assert two.coefficients[0] == pytest.approx(one.coefficients[0] - np.log(unit), abs=1e-8)
    np.testing.assert_allclose(two.se, one.se, rtol=1e-6)
    assert two.k == pytest.approx(one.k, rel=1e-5, abs=1e-12)


def test_a_dispersion_close_to_the_boundary_keeps_its_digits():
    """N times the boundary counts 0, 1, 1, 3, 1, 0, and 0, 0, 3, 1 more; mean 1.

    The score in k at 0 is half of 1+1+4-3+0-1 = 2. Its slope per six patients is
    sum(y - 2/3) - (0+1+4) = -3, so k = 1 / 3N to first order. Differences of log-gammas, or
    of log(1 + x) and x, have lost every digit there.
    """
    for n in (1e4, 1e7):
        weights = np.array([2 * n + 2, 3 * n + 1, n + 1])
        fit = fit_negative_binomial([0, 1, 3], np.ones(3), weights=weights)
        assert not fit.is_at_boundary
        assert fit.is_converged
        assert fit.k == pytest.approx(1 / (3 * n), rel=1e-3)
        assert fit.se[0] == pytest.approx(1 / np.sqrt(weights @ [0, 1, 3]), rel=1e-3)


def test_mean_with_the_dispersion_held_solves_its_equation():
    rng = np.random.default_rng(5)
    years = rng.uniform(0.1, 3, 80)
    events = rng.poisson(years * 0.8).astype(float)
    design, weights = np.ones((80, 1)), np.ones(80)
    for k in (0.0, 0.4, 5.0):
        beta = mean_coefficients_at(k, events, years, design, weights, np.array([2.0]))
        mean = years * np.exp(beta[0])
        assert ((events - mean) / (1 + k * mean)).sum() == pytest.approx(0, abs=1e-9)
