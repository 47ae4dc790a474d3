"""Descriptive statistics from counts of distinct values."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.describe import ONE_PATIENT, count_rows, spread_rows
from models.result_row import Cell
from models.share import NO_PATIENTS

CELL = Cell("x", "treated", n_total=8, method="as counted", rule_ids=("E-15",), decimals=1)


def of(rows):
    return {row["statistic"]: row["value"] for row in rows}


def test_a_count_and_its_share():
    rows = count_rows(CELL, 3)
    assert of(rows) == {"n_patients": 3, "pct": 37.5}
    assert {row["method"] for row in rows} == {"as counted"}


def test_a_share_of_nobody_is_ne_and_says_so():
    empty = Cell("x", "treated", 0, "as counted", ("E-15",), diagnostics={"n_group": 0})
    for rows in (count_rows(empty, 0), spread_rows(empty, [], [])):
        for row in rows:
            assert row["method"] == NO_PATIENTS
            assert json.loads(row["diagnostics"]) == {"n_group": 0, "reason": NO_PATIENTS}
            assert row["is_estimable"] == (row["statistic"] == "n_patients")
            assert row["n_total"] == 0


def test_the_spread_by_hand():
    """1, 1, 2, 6: mean 2.5, squares 2.25 + 2.25 + 0.25 + 12.25 = 17, median between 1 and 2."""
    rows = spread_rows(CELL, [6, 1, 2], [1, 2, 1])
    assert of(rows) == {
        "n_patients": 4,
        "mean": 2.5,
        "sd": pytest.approx(np.sqrt(17 / 3)),
        "median": 1.5,
        "min": 1,
        "max": 6,
    }
    assert {row["n_total"] for row in rows} == {4}


def test_one_patient_has_no_standard_deviation():
    rows = spread_rows(CELL, [2.5], [1])
    assert of(rows)["sd"] is None
    assert of(rows)["median"] == 2.5
    assert json.loads(rows[0]["diagnostics"])["reason"] == ONE_PATIENT


counted = st.dictionaries(st.floats(-1e6, 1e6), st.integers(1, 5), min_size=1, max_size=20)


@settings(max_examples=100, deadline=None)
@given(counts=counted)
def test_counts_give_what_the_single_values_give(counts):
    got = of(spread_rows(CELL, list(counts), list(counts.values())))
    single = np.repeat(list(counts), list(counts.values()))
    size = np.abs(single).max()
    assert got["n_patients"] == single.size
    assert got["mean"] == pytest.approx(single.mean(), abs=1e-12 * size)
    assert got["median"] == pytest.approx(np.median(single), rel=1e-15)
    assert (got["min"], got["max"]) == (single.min(), single.max())
    if single.size > 1:
        assert got["sd"] == pytest.approx(single.std(ddof=1), abs=1e-9 * size)


@given(counts=counted, order=st.randoms(use_true_random=False))
def test_the_order_of_values_changes_no_bit(counts, order):
    items = list(counts.items())
    straight = of(spread_rows(CELL, *zip(*items, strict=True)))
    order.shuffle(items)
    assert of(spread_rows(CELL, *zip(*items, strict=True))) == straight
