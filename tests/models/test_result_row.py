import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.result_row import Cell, present, result_id, round_half_away, rows_of, to_frame
from warehouse.contracts.results import KEY, RESULTS

CELL = Cell(
    analysis_id="arr.window",
    population="efficacy",
    group_id="3-courses",
    anchor="course-3",
    analysis_window="M0..M12",
    n_total=144,
    method="by hand",
    rule_ids=("E-02", "E-05"),
    diagnostics={"k": 0.5, "converged": True},
)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),  # Python's own rounding says 2
        (-2.5, 0, "-3"),
        (0.285, 2, "0.29"),  # in binary a hair below the tie
        (1.005, 2, "1.01"),
        (0.125, 2, "0.13"),
        (74.3, 0, "74"),
        (0.0733, 2, "0.07"),
        (-0.004, 2, "0.00"),
        (0.0, 2, "0.00"),
        (100, 0, "100"),
        (1e-9, 2, "0.00"),
        (123456789.5, 0, "123456790"),
    ],
)
def test_rounds_half_away_from_zero(value, decimals, text):
    assert round_half_away(value, decimals) == text


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 2))
def test_a_percentage_is_rounded_as_its_exact_fraction(part, whole, decimals):
    exact = Fraction(100 * part, whole) * 10**decimals
    expected = math.floor(exact + Fraction(1, 2))
    assert int(round_half_away(100 * part / whole, decimals).replace(".", "")) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_presented(value):
    with pytest.raises(ValueError, match="NE"):
        round_half_away(value, 2)


@pytest.mark.parametrize(
    ("statistic", "value", "text"),
    [
        ("p", 0.00009999, "<0.0001"),
        ("p", 0.0001, "0.0001"),
        ("p_score", 0.0123456, "0.0123"),
        ("p", 0.05, "NS"),
        ("p", None, "NE"),
        ("rate", None, "NE"),
        ("rate", 0.0733, "0.07"),
        ("n_events", 16.0, "16"),
        ("person_years", 91.25, "91.3"),
        ("k", 0.0, "0.000"),
    ],
)
def test_presentation(statistic, value, text):
    assert present(statistic, value, 2) == text


def test_rows_carry_the_cell_and_a_readable_id():
    rate, limit = rows_of(CELL, {"rate": 0.0733, "ci_low": None})
    assert rate["result_id"] == ("arr.window|efficacy|3-courses||course-3|M0..M12|||primary|rate")
    assert rate["result_id"] == result_id(rate)
    assert (rate["value"], rate["value_text"], rate["is_estimable"]) == (0.0733, "0.07", True)
    assert (limit["value"], limit["value_text"], limit["is_estimable"]) == (None, "NE", False)
    assert rate["diagnostics"] == '{"converged": true, "k": 0.5}'
    assert rate["rule_ids"] == "E-02 E-05"
    assert rate["n_total"] == 144


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_is_refused_as_value_and_as_diagnostic(bad):
    with pytest.raises(ValueError, match="NE"):
        rows_of(CELL, {"rate": bad})
    with pytest.raises(ValueError, match="JSON"):
        rows_of(Cell("a", "b", 1, "m", (), diagnostics={"k": bad}), {"rate": 1.0})


def test_a_table_of_rows_has_the_contract_and_is_sorted():
    contract = RESULTS["result_arr"]
    rows = rows_of(CELL, {"rate": 1.0, "ci_high": 2.0})
    frame = to_frame(rows, contract, data_cut="2017-10-04").collect()
    assert frame.schema == contract.schema
    assert frame["statistic"].to_list() == ["ci_high", "rate"]
    assert frame["data_cut"].unique().to_list() == ["2017-10-04"]
    assert frame.select(KEY).is_unique().all()
    assert to_frame([], contract, data_cut="2017-10-04").collect().schema == contract.schema
