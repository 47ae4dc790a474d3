"""Printed values as bounds: whatever satisfies the sums prints what is printed."""

import itertools
import math
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from models.result_row import round_half_away
from reconstruction.choose import contributions
from reconstruction.printed import (
    CLEARANCE,
    Interval,
    Printed,
    change_in_half_points,
    moments,
    ratio,
)


def printed_as(value, decimals=2):
    """Values that print so: half a unit of the last digit on both sides."""
    half = 0.5 * 10.0**-decimals
    return Interval(value - half, value + half)


def totals(sums, **columns):
    return contributions(pl.DataFrame(columns), sums).sum(axis=1)


def hold(sums, **columns):
    found = totals(sums, **columns)
    return all(item.low <= total <= item.high for item, total in zip(sums, found, strict=True))


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed_id", "value", "decimals"),
    [("P0229", -0.30, 2), ("P0131", 33.7, 1), ("P0235", 0.73, 2)],
)
def test_an_interval_prints_its_value_to_the_edges(printed_id, value, decimals):
    printed = Printed()
    bounds = printed.interval(printed_id)
    text = round_half_away(printed.value(printed_id), decimals)
    if printed_id != "P0131":  # an age whose value is no matter here
        assert printed.value(printed_id) == value
    for inside in (bounds.low, bounds.middle, bounds.high):
        assert round_half_away(inside, decimals) == text
    unit = 10.0**-decimals
    assert bounds.high - bounds.low == pytest.approx(unit * (1 - CLEARANCE))
    assert bounds.middle == pytest.approx(printed.value(printed_id))


def test_counts_are_exact():
    item = Printed().exactly("entrants", pl.col("x"), "P0042")
    assert (item.low, item.high) == (742, 742)


def test_a_percentage_is_a_share():
    sums = Printed().share("free", pl.col("x"), pl.lit(1.0), "P0239")  # 33%
    assert hold(sums, x=[1.0] * 48 + [0.0] * 96)
    assert not hold(sums, x=[1.0] * 50 + [0.0] * 94)
    assert not hold(sums, x=[1.0] * 46 + [0.0] * 98)


# --- ratios ------------------------------------------------------------------------------------


@given(
    part=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    whole=st.lists(st.floats(0.1, 3.0), min_size=8, max_size=8),
    low=st.floats(0.0, 2.0),
    width=st.floats(0.0, 1.0),
)
def test_a_ratio_holds_if_and_only_if_it_lies_within(part, whole, low, width):
    whole = whole[: len(part)]
    quotient = sum(part) / sum(whole)
    assume(min(abs(quotient - low), abs(quotient - low - width)) > 1e-9)
    sums = ratio("r", pl.col("part"), pl.col("whole"), Interval(low, low + width))
    assert hold(sums, part=part, whole=whole) == (low <= quotient <= low + width)


def test_a_missing_value_adds_nothing_to_a_ratio():
    sums = ratio("r", pl.col("part"), pl.col("whole"), Interval(0.4, 0.6))
    assert hold(sums, part=[1.0, None], whole=[2.0, None])
    assert hold(sums, part=[True, False, None], whole=[1, 1, None])


# --- means and standard deviations -------------------------------------------------------------


@given(
    sample=st.lists(st.floats(-3, 3), min_size=3, max_size=40),
    mean=st.integers(-50, 400).map(lambda n: n / 10),
    sd=st.integers(2, 100).map(lambda n: n / 10),
    off_mean=st.floats(-0.06, 0.06),
    off_sd=st.floats(-0.06, 0.06),
)
def test_whatever_satisfies_both_sums_prints_mean_and_sd(sample, mean, sd, off_mean, off_sd):
    """A sample moved to near the edges of both intervals, inside or out."""
    values = np.array(sample)
    assume(values.std(ddof=1) > 0.1)
    values = (values - values.mean()) / values.std(ddof=1)
    values = mean + off_mean + (sd + off_sd) * values
    sums = moments("x", pl.col("x"), printed_as(mean, 1), printed_as(sd, 1), len(values))
    if hold(sums, x=values):
        assert abs(values.mean() - mean) <= 0.05 + 1e-9
        assert abs(values.std(ddof=1) - sd) <= 0.05 + 1e-9
    elif abs(off_mean) < 0.049 and abs(off_sd) < 0.04:
        # What is refused though it would print lies where the mean's own square might tip it.
        room = len(values) * 0.05**2 / (len(values) - 1)
        assert (sd + off_sd) ** 2 < (sd - 0.05) ** 2 + room or off_sd > 0


def test_a_mean_off_the_middle_does_not_make_up_for_a_small_sd():
    """Squares are counted from the printed mean, not from the sample's own."""
    wave = np.resize([-1.0, 1.0], 100)
    values = 2.049 + 0.949 * wave / wave.std(ddof=1)
    sums = moments("x", pl.col("x"), printed_as(2.0, 1), printed_as(1.0, 1), len(values))
    assert not hold(sums, x=values)


@given(
    n=st.integers(30, 811),
    mean=st.integers(10, 400).map(lambda n: n / 10),
    sd=st.integers(5, 100).map(lambda n: n / 10),
)
def test_the_printed_mean_and_sd_themselves_are_allowed(n, mean, sd):
    sums = moments("x", pl.col("x"), printed_as(mean, 1), printed_as(sd, 1), n)
    wave = np.resize([-1.0, 1.0], n)
    values = mean + sd * (wave - wave.mean()) / wave.std(ddof=1)
    assert hold(sums, x=values)


def test_missing_values_count_neither_in_the_mean_nor_in_the_sd():
    sums = moments("x", pl.col("x"), printed_as(2.0, 1), printed_as(1.0, 1), 3)
    assert hold(sums, x=[1.0, 2.0, 3.0, None, None])


# --- EDSS changes in half points ---------------------------------------------------------------

#: Published intervals with full half digits, as in the analysis plan's arithmetic.
COURSE_4 = (printed_as(-0.23), printed_as(-0.83), printed_as(0.37))


def limits(n, total, squares):
    """Mean and 95% t-interval from the sums."""
    mean = total / n
    variance = max(squares - total**2 / n, 0.0) / (n - 1)
    width = float(student_t.ppf(0.975, n - 1)) * math.sqrt(variance / n)
    return mean, mean - width, mean + width


def prints(n, total, squares, intervals):
    return all(
        bounds.low + 1e-9 < value < bounds.high - 1e-9
        for value, bounds in zip(limits(n, total, squares), intervals, strict=True)
    )


def sums_of_half_points(n, reach=2.0):
    """Every (sum, sum of squares) of `n` half points up to `reach`."""
    steps = np.arange(-reach, reach + 0.5, 0.5)
    return {
        (sum(sample), sum(x * x for x in sample))
        for sample in itertools.combinations_with_replacement(steps.tolist(), n)
    }


SAMPLES = {n: sums_of_half_points(n) for n in (3, 4, 5)}


@given(data=st.data(), n=st.sampled_from(sorted(SAMPLES)), decimals=st.integers(0, 2))
def test_half_points_against_every_small_sample(data, n, decimals):
    """Of all samples with the returned sum just those with allowed squares print the values."""
    total, squares = data.draw(st.sampled_from(sorted(SAMPLES[n])))
    values = limits(n, total, squares)
    # An interval whose limits print as the mean itself tells nothing of the spread.
    assume(values[0] - values[1] > 1.5 * 10.0**-decimals)
    intervals = [printed_as(round(value, decimals), decimals) for value in values]
    best, least, most = change_in_half_points(n, *intervals)
    by_sum = defaultdict(set)
    for other_total, other_squares in SAMPLES[n]:
        by_sum[other_total].add(other_squares)
    for other in by_sum[best]:
        is_edge = any(
            min(abs(value - bounds.low), abs(value - bounds.high)) < 1e-9
            for value, bounds in zip(limits(n, best, other), intervals, strict=True)
        )
        if not is_edge:
            assert prints(n, best, other, intervals) == (least <= other <= most)
    # No other sum leaves more room.
    for other_total, several in by_sum.items():
        printing = [q for q in several if prints(n, other_total, q, intervals)]
        if printing:
            assert max(printing) - min(printing) <= most - least + 1e-9


def attainable(total, least, most):
    """Sums of squares in quarters that some half points of this sum have.

    A number and its square are both even or both odd, so the sum of the numbers of half points
    and of their squares are, too.
    """
    halves = round(2 * total)
    quarters = range(round(4 * least), round(4 * most) + 1)
    return [number / 4 for number in quarters if (number - halves) % 2 == 0]


def test_twenty_patients_cannot_print_the_interval_after_course_4():
    with pytest.raises(ValueError, match=r"no 20 changes in half points print mean -0\.23"):
        change_in_half_points(20, *COURSE_4)


def test_twenty_two_patients_can():
    """Analysis plan, section 6: sum -5.0, sum of squares 39.5."""
    total, least, most = change_in_half_points(22, *COURSE_4)
    assert total == -5.0
    assert attainable(total, least, most) == [39.5]


def test_course_3():
    """The same place: n = 87, sum -2.5, sum of squares 142.25 to 144.25."""
    bounds = (printed_as(-0.03), printed_as(-0.30), printed_as(0.25))
    total, least, most = change_in_half_points(87, *bounds)
    assert total == -2.5
    squares = attainable(total, least, most)
    assert (squares[0], squares[-1]) == (142.25, 144.25)


def test_the_clearance_does_not_cost_the_only_solution():
    """With the edges kept clear, as the search has it, 22 patients still have theirs."""
    printed = Printed()
    bounds = [printed.interval(printed_id) for printed_id in ("P0261", "P0262", "P0263")]
    total, least, most = change_in_half_points(22, *bounds)
    assert attainable(total, least, most) == [39.5]
    assert total == -5.0
