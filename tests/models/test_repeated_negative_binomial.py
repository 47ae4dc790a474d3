import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle_cases import own_cases, read_case
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.families import NegativeBinomial
from statsmodels.genmod.generalized_estimating_equations import GEE

from models.negative_binomial import NotEstimableError
from models.repeated_negative_binomial import _sandwich, fit_repeated_negative_binomial


@pytest.mark.parametrize(("folder", "case_id"), own_cases("nb_gee"))
def test_agrees_with_the_oracle(folder, case_id):
    case, rows = read_case(folder, case_id)
    expected = case["expected"]
    periods = expected["periods"]
    arguments = (
        [float(row["count"]) for row in rows],
        [float(row["years"]) for row in rows],
        [periods.index(row["period"]) for row in rows],
        np.unique([row["usubjid"] for row in rows], return_inverse=True)[1],
    )
    if not expected["estimable"]:
        with pytest.raises(NotEstimableError, match="no events in one of the periods"):
            fit_repeated_negative_binomial(*arguments)
        return
    fit = fit_repeated_negative_binomial(*arguments)
    robust = expected["independence"]
    assert fit.model.is_at_boundary == expected["boundary_poisson"]
    assert fit.model.k == pytest.approx(expected["k_fixed"], rel=1e-8, abs=0)
    np.testing.assert_allclose(fit.coefficients, robust["beta"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(fit.se, robust["se_robust"], rtol=1e-8)
    np.testing.assert_allclose(fit.wald_p, robust["p_wald"], rtol=1e-8)
    np.testing.assert_allclose(np.exp(fit.coefficients[1:]), robust["rate_ratio"], rtol=1e-8)
    np.testing.assert_allclose(np.exp(fit.log_rates), robust["rates"], rtol=1e-8)
    limits = np.exp(fit.log_rates + np.outer([-1, 1], 1.959963984540054 * fit.log_rate_se)).T
    np.testing.assert_allclose(limits, robust["rate_ci"], rtol=1e-8)
    assert fit.score_chi_square == pytest.approx(robust["type3_score_chisq"], rel=1e-8)
    assert fit.score_p == pytest.approx(robust["type3_score_p"], rel=1e-8)


def pairs(before, after):
    """Arguments of patients with a year before and a year after."""
    n = len(before)
    return (
        np.concatenate([before, after]),
        np.ones(2 * n),
        np.repeat([0, 1], n),
        np.tile(np.arange(n), 2),
    )


def test_four_patients_by_hand():
    """Before 1, 1, 2, 0 and after 1, 0, 0, 0, a year each.

    Ratio of totals 1/4. With equal exposures each patient adds (a/1 - b/4): 3/4, -1/4,
    -2/4, 0; their squares add up to 14/16, so the robust SE is sqrt(0.875).
    Counts are not over-dispersed around 1 and 1/4: k = 0.
    Score test: U = sum(a - b)/2 with squares (0 + 1 + 4 + 0)/4, so chi-square
    (-3/2)^2 / (5/4) = 1.8.
    """
    fit = fit_repeated_negative_binomial(*pairs([1, 1, 2, 0], [1, 0, 0, 0]))
    assert fit.model.k == 0
    assert np.exp(fit.coefficients[1]) == pytest.approx(0.25, rel=1e-12)
    assert fit.se[1] == pytest.approx(np.sqrt(0.875), rel=1e-12)
    assert fit.score_chi_square == pytest.approx(1.8, rel=1e-12)


def test_equal_counts_have_no_robust_variance():
    with pytest.raises(NotEstimableError, match="robust variance is zero"):
        fit_repeated_negative_binomial(*pairs([1, 1, 1], [1, 1, 1]))


def test_one_patient_has_no_robust_variance():
    with pytest.raises(NotEstimableError, match="robust variance is zero"):
        fit_repeated_negative_binomial(*pairs([2], [1]))


def test_the_same_count_before_in_all_still_gives_a_ratio():
    """All relapsed once before: that rate has no variance, the ratio has.

    Contributions a/2 - 1/3 of counts 0, 1, 1 after: -1/3, 1/6, 1/6; squares add up to 1/6.
    """
    fit = fit_repeated_negative_binomial(*pairs([1, 1, 1], [0, 1, 1]))
    assert fit.log_rate_se[0] == 0
    assert fit.se[1] == pytest.approx(np.sqrt(1 / 6), rel=1e-9)


two_years = (
    st.integers(3, 40)
    .flatmap(lambda n: st.tuples(*(arrays(int, n, elements=st.integers(0, 4)) for _ in range(2))))
    .filter(lambda pair: pair[0].sum() > 0 and pair[1].sum() > 0)
)


@settings(deadline=None)
@given(two_years)
def test_with_equal_exposures_ratio_and_se_are_free_of_the_dispersion(pair):
    before, after = pair
    contributions = after / after.sum() - before / before.sum()
    expected = np.sqrt((contributions**2).sum())
    if expected < 1e-9:
        return
    events, years, period, patient = pairs(before, after)
    fit = fit_repeated_negative_binomial(events, years, period, patient)
    assert np.exp(fit.coefficients[1]) == pytest.approx(after.sum() / before.sum(), rel=1e-7)
    assert fit.se[1] == pytest.approx(expected, rel=1e-7)
    design = np.column_stack([np.ones(events.size), period])
    for k in (0.0, 0.3, 4.0):
        bread, meat, _ = _sandwich(
            fit.coefficients, k, events, years, design, patient, np.ones(events.size)
        )
        naive = np.linalg.inv(bread)
        assert (naive @ meat @ naive)[1, 1] == pytest.approx(expected**2, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_statsmodels_gee_on_random_trials(seed):
    rng = np.random.default_rng(seed)
    n, n_periods = 120, 2 + seed % 2
    patient = np.tile(np.arange(n), n_periods)
    period = np.repeat(np.arange(n_periods), n)
    years = np.where(period == 0, 1.0, rng.uniform(0.05, 1, n * n_periods))
    frailty = rng.gamma(1, 1, n)[patient]
    events = rng.poisson(frailty * years * np.where(period == 0, 0.9, 0.4))
    kept = rng.permutation(np.flatnonzero(rng.random(events.size) > 0.1))
    arguments = events[kept], years[kept], period[kept], patient[kept]
    fit = fit_repeated_negative_binomial(*arguments)
    design = np.eye(n_periods)[period[kept]]
    design[:, 0] = 1
    gee = GEE(
        events[kept],
        design,
        groups=patient[kept],
        offset=np.log(years[kept]),
        family=NegativeBinomial(alpha=fit.model.k),
        cov_struct=Independence(),
    ).fit(ctol=1e-12, maxiter=200)
    np.testing.assert_allclose(fit.coefficients, gee.params, atol=1e-8)
    np.testing.assert_allclose(fit.se, gee.bse, rtol=1e-7)


@settings(deadline=None)
@given(two_years, st.lists(st.integers(1, 4), min_size=40, max_size=40))
def test_grouped_pairs_give_the_answer_of_single_patients(pair, copies):
    before, after = pair
    weights = np.array(copies[: len(before)])
    if np.ptp(after * before.sum() - before * after.sum()) == 0:
        return
    grouped = fit_repeated_negative_binomial(*pairs(before, after), np.tile(weights, 2))
    single = fit_repeated_negative_binomial(
        *pairs(np.repeat(before, weights), np.repeat(after, weights))
    )
    np.testing.assert_allclose(grouped.coefficients, single.coefficients, atol=1e-8)
    np.testing.assert_allclose(grouped.se, single.se, rtol=1e-6)
    if single.score_p is not None:
        assert grouped.score_p == pytest.approx(single.score_p, rel=1e-6)
