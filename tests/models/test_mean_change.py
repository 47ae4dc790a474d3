"""Mean of counted values with its t-interval (E-06)."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.describe import NO_WIDTH, ONE_PATIENT, STATISTICS, mean_values
from models.share import NO_PATIENTS


def described(scores):
    counts = sorted(Counter(scores).items())
    return mean_values([value for value, _ in counts], [patients for _, patients in counts])


def test_three_changes_by_hand():
    """Changes 1, -0.5 and 0: mean 1/6, squared deviations 7/6, t quantile 4.302653."""
    values, diagnostics = described([1.0, -0.5, 0.0])
    se = np.sqrt(7 / 12 / 3)
    assert values == pytest.approx(
        {
            "n_patients": 3,
            "mean": 1 / 6,
            "sd": np.sqrt(7 / 12),
            "se": se,
            "ci_low": 1 / 6 - 4.302652729911275 * se,
            "ci_high": 1 / 6 + 4.302652729911275 * se,
            "median": 0,
            "min": -0.5,
            "max": 1,
        }
    )
    assert diagnostics == {}
    assert list(values) == list(STATISTICS)


def test_course_4_of_the_paper():
    """n = 22, sum -5.0, sum of squares 39.5: the paper prints -0.23 (-0.83 to 0.37)."""
    changes = [*[-0.5] * 11, *[0.5] * 3, -3.5, -3.0, 2.0, 2.0, 1.5, -1.5, 1.5, 0.0]
    assert (len(changes), sum(changes), sum(x * x for x in changes)) == (22, -5.0, 39.5)
    values, _ = described(changes)
    rounded = [round(values[name], 2) for name in ("mean", "ci_low", "ci_high")]
    assert rounded == [-0.23, -0.83, 0.37]


def test_one_patient_has_a_mean_and_no_spread():
    values, diagnostics = described([-0.5])
    assert diagnostics == {"reason": ONE_PATIENT}
    assert {name for name, value in values.items() if value is None} == {
        *("sd", "se", "ci_low", "ci_high")
    }
    assert [values[name] for name in ("n_patients", "mean", "median", "min", "max")] == [
        *(1, -0.5, -0.5, -0.5, -0.5)
    ]


def test_equal_changes_have_limits_at_the_mean():
    values, diagnostics = described([1.0] * 5)
    assert [values[name] for name in ("mean", "sd", "se", "ci_low", "ci_high")] == [1, 0, 0, 1, 1]
    assert diagnostics == {"note": NO_WIDTH}


def test_nobody_has_nothing():
    values, diagnostics = described([])
    assert values == dict.fromkeys(STATISTICS) | {"n_patients": 0}
    assert diagnostics == {"reason": NO_PATIENTS}


HALF_POINTS = st.lists(st.integers(-20, 20).map(lambda number: number / 2), min_size=2)


@given(HALF_POINTS)
def test_counts_give_what_single_values_give(scores):
    values, _ = described(scores)
    assert values["mean"] == pytest.approx(np.mean(scores), abs=1e-12)
    assert values["sd"] == pytest.approx(np.std(scores, ddof=1), abs=1e-12)
    assert values["se"] == pytest.approx(stats.sem(scores), abs=1e-12)
    assert values["median"] == np.median(scores)
    assert (values["min"], values["max"]) == (min(scores), max(scores))
    if len(set(scores)) > 1:
        interval = stats.ttest_1samp(scores, 0).confidence_interval(0.95)
        assert [values["ci_low"], values["ci_high"]] == pytest.approx(interval, abs=1e-9)


@given(HALF_POINTS, st.integers(-10, 10))
def test_a_shift_of_all_shifts_the_mean_alone(scores, shift):
    values, _ = described(scores)
    shifted, _ = described([score + shift for score in scores])
    for name in ("mean", "ci_low", "ci_high", "median", "min", "max"):
        assert shifted[name] == pytest.approx(values[name] + shift, abs=1e-9)
    assert shifted["sd"] == pytest.approx(values["sd"], abs=1e-9)
