"""The choice among candidates: quotas, sums, and what is told of it."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconstruction.choose import (
    Cooling,
    Sum,
    choose,
    contributions,
    totals_out_of_bounds,
)

QUICK = Cooling(1.0, 0.05, 4_000)
SHORT = Cooling(1.0, 0.05, 60)


@st.composite
def problems(draw, *, is_solvable=True):
    """Candidates in strata, a planted choice of the quotas, and sums that it satisfies."""
    sizes = draw(st.lists(st.integers(2, 6), min_size=1, max_size=3))
    n = sum(sizes)
    strata = [f"s{number}" for number, size in enumerate(sizes) for _ in range(size)]
    quotas = {f"s{number}": draw(st.integers(1, size - 1)) for number, size in enumerate(sizes)}
    columns = {
        f"x{number}": draw(
            st.lists(st.one_of(st.none(), st.integers(-3, 3)), min_size=n, max_size=n)
        )
        for number in range(draw(st.integers(1, 4)))
    }
    candidates = pl.DataFrame(
        {"stratum": strata, **columns},
        schema={"stratum": pl.String, **dict.fromkeys(columns, pl.Int64)},
    )
    order = draw(st.permutations(range(n)))
    planted = [
        position
        for name, quota in quotas.items()
        for position in [p for p in order if strata[p] == name][:quota]
    ]
    sums = []
    for name in columns:
        total = candidates[planted][name].sum()
        slack = draw(st.integers(0, 2))
        away = 0 if is_solvable else draw(st.integers(-40, 40))
        sums.append(Sum(name, pl.col(name), total + away - slack, total + away + slack))
    return candidates, quotas, sums


def assert_lawful(candidates, quotas, sums, choice):
    """Nobody twice, quotas kept, misses as a recount finds them."""
    positions = choice.positions.tolist()
    assert positions == sorted(set(positions))
    chosen = candidates[positions]
    assert dict(chosen["stratum"].value_counts().iter_rows()) == quotas
    expected = {}
    for item in sums:
        total = sum(value or 0 for value in chosen[item.name].to_list())
        miss = max(item.low - total, total - item.high, 0)
        if miss:
            expected[item.name] = miss
    assert choice.misses == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(problem=problems(), seed=st.integers(0, 100))
def test_a_planted_solution_is_found(problem, seed):
    candidates, quotas, sums = problem
    choice = choose(candidates, quotas, sums, np.random.default_rng(seed), QUICK)
    assert_lawful(candidates, quotas, sums, choice)
    assert choice.misses == {}


@settings(max_examples=60, deadline=None)
@given(problem=problems(is_solvable=False), seed=st.integers(0, 100))
def test_what_does_not_fit_is_told_exactly(problem, seed):
    candidates, quotas, sums = problem
    choice = choose(candidates, quotas, sums, np.random.default_rng(seed), SHORT)
    assert_lawful(candidates, quotas, sums, choice)


def numbered(n, **columns):
    return pl.DataFrame({"stratum": ["all"] * n, "x": list(range(n)), **columns})


def rng():
    return np.random.default_rng(1)


def test_the_nearest_is_found_where_nothing_fits():
    """The greatest sum of three of 0 ... 9 is 24."""
    items = [Sum("x", pl.col("x"), 30, 40)]
    choice = choose(numbered(10), {"all": 3}, items, rng(), QUICK)
    assert choice.positions.tolist() == [7, 8, 9]
    assert choice.misses == {"x": 6.0}


def test_strata_are_not_mixed():
    candidates = pl.DataFrame({"stratum": ["a"] * 5 + ["b"] * 5, "x": [0] * 5 + [9] * 5})
    items = [Sum("x", pl.col("x"), 100, 200)]
    choice = choose(candidates, {"a": 2, "b": 1}, items, rng(), QUICK)
    assert candidates[choice.positions]["stratum"].to_list() == ["a", "a", "b"]
    assert choice.misses == {"x": 91.0}


def test_a_stratum_that_is_not_asked_for_is_left_alone():
    candidates = pl.DataFrame({"stratum": ["a", "b", "a", None], "x": [1, 1, 1, 1]})
    choice = choose(candidates, {"a": 1}, [Sum("x", pl.col("x"), 1, 1)], rng(), QUICK)
    assert set(choice.positions) <= {0, 2}


def test_all_of_a_stratum_may_be_wanted():
    items = [Sum("x", pl.col("x"), 3, 3)]
    choice = choose(numbered(3), {"all": 3}, items, rng(), QUICK)
    assert choice.positions.tolist() == [0, 1, 2]
    assert choice.misses == {}


def test_a_large_stratum_is_looked_at_in_parts():
    """One among 1,800 is needed, in whatever part it lies."""
    flags = [False] * 1800
    flags[1234] = True
    candidates = numbered(1800, rare=flags)
    items = [Sum("rare", pl.col("rare"), 1, 1)]
    choice = choose(candidates, {"all": 4}, items, rng(), QUICK)
    assert 1234 in choice.positions
    assert choice.misses == {}


def test_too_few_candidates_are_told():
    with pytest.raises(ValueError, match="all: 4 of 3 candidates are wanted"):
        choose(numbered(3), {"all": 4}, [Sum("x", pl.col("x"), 0, 1)], rng(), QUICK)
    with pytest.raises(ValueError, match="other: 1 of 0 candidates are wanted"):
        choose(numbered(3), {"other": 1}, [Sum("x", pl.col("x"), 0, 1)], rng(), QUICK)


def test_the_same_seed_gives_the_same_choice():
    items = [Sum("x", pl.col("x"), 100, 101)]
    one, other = (choose(numbered(60), {"all": 5}, items, rng(), SHORT) for _ in range(2))
    assert one.positions.tolist() == other.positions.tolist()


def test_stress_sets_what_gives_way_but_not_what_is_told():
    """Two sums that contradict each other: the stressed one is kept."""
    candidates = numbered(10).with_columns(y=9 - pl.col("x"))
    items = [Sum("x", pl.col("x"), 0, 3), Sum("y", pl.col("y"), 0, 3)]
    for stressed, other in (("x", "y"), ("y", "x")):
        choice = choose(candidates, {"all": 3}, items, rng(), QUICK, stress={stressed: 5.0})
        total = candidates[choice.positions][other].sum()
        assert choice.misses == {other: total - 3}


def test_a_choice_to_start_from_is_kept_to():
    """Cold, and already fitting: nothing better can be met."""
    candidates = numbered(40)
    items = [Sum("x", pl.col("x"), 100, 100)]
    first = np.array([10, 20, 30, 39, 1])
    cold = Cooling(1e-6, 1e-6, 200)
    choice = choose(candidates, {"all": 5}, items, rng(), cold, first=first)
    assert candidates[choice.positions]["x"].sum() == 100
    assert choice.misses == {}


@settings(max_examples=40, deadline=None)
@given(problem=problems(), seed=st.integers(0, 100), steps=st.integers(0, 3))
def test_the_choice_is_never_worse_than_the_start(problem, seed, steps):
    candidates, quotas, sums = problem
    solved = choose(candidates, quotas, sums, np.random.default_rng(seed), QUICK)
    hot = Cooling(50.0, 50.0, steps)
    again = choose(
        candidates, quotas, sums, np.random.default_rng(seed), hot, first=solved.positions
    )
    assert sum(again.misses.values()) <= sum(solved.misses.values())


# --- contributions -----------------------------------------------------------------------------


def test_contributions_are_one_row_per_sum_with_missing_as_0():
    candidates = pl.DataFrame({"x": [1.5, None, 2.0], "is_y": [True, False, None]})
    items = [
        Sum("x", pl.col("x"), 0, 0),
        Sum("y", pl.col("is_y"), 0, 0),
        Sum("one", pl.lit(1.0), 0, 0),
    ]
    found = contributions(candidates, items[:2])
    assert found.tolist() == [[1.5, 0.0, 2.0], [1.0, 0.0, 0.0]]
    assert contributions(candidates, items).shape == (3, 3)


def test_bounds_may_be_open_and_are_closed_intervals():
    chosen = pl.DataFrame({"x": [1.0, 2.0]})
    infinity = float("inf")
    for low, high, miss in (
        (3, 3, {}),
        (-infinity, 3, {}),
        (3, infinity, {}),
        (3.5, infinity, {"x": 0.5}),
        (-infinity, 1, {"x": 2.0}),
    ):
        assert totals_out_of_bounds(chosen, [Sum("x", pl.col("x"), low, high)]) == miss
