"""The parameters themselves: T-03, T-04, section 3, and what they refuse."""

from dataclasses import replace
from datetime import date

import pytest

from transforms.rules import DAYS_PER_MONTH, Rules, default_horizon_years


def test_t03_months_and_years() -> None:
    assert DAYS_PER_MONTH == 30.4375
    assert Rules(cutoff=date(2017, 10, 4), horizon_years=8).horizon_end_day == 2922


def test_month_85_is_the_landmark_of_horizon_8_only() -> None:
    cutoff = date(2017, 10, 4)
    assert Rules(cutoff=cutoff, horizon_years=8).landmark_day == 2556.75
    assert Rules(cutoff=cutoff, horizon_years=8, landmark_month=85).landmark_day == 2556.75
    assert Rules(cutoff=cutoff, horizon_years=7).landmark_day == 2191.5


def test_what_the_landmark_and_the_lag_are_in_months() -> None:
    """As the paper prints them: Month 85, less than 12 months of follow-up, 6 months."""
    rules = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
    assert (rules.month_of_landmark, rules.least_follow_up_months) == (85, 12)
    assert rules.confirmation_months == pytest.approx(168 / 30.4375)
    assert rules.first_mri_after_month == 3
    shorter = replace(rules, horizon_years=7, landmark_month=61, mri_after_months=(2, 15))
    assert (shorter.month_of_landmark, shorter.least_follow_up_months) == (61, 24)
    assert shorter.landmark_day == 60 * 30.4375
    assert shorter.first_mri_after_month == 2


@pytest.mark.parametrize(
    ("cutoff", "years"),
    [(date(2017, 10, 4), 8), (date(2016, 10, 4), 7), (date(2017, 10, 3), 7), (date(2018, 1, 1), 8)],
)
def test_t04_horizon_of_a_cut(cutoff: date, years: int) -> None:
    assert default_horizon_years(cutoff) == years


def test_a_spacing_of_visits_that_misses_the_ends_of_years_is_refused() -> None:
    with pytest.raises(ValueError, match="must divide 12, got 5"):
        Rules(cutoff=date(2017, 10, 4), horizon_years=8, edss_step_months=5)
