import json
from functools import partial

import numpy as np
import polars as pl
import pytest
from oracle_cases import OWN, read_case
from polars.testing import assert_frame_equal
from trial_tables import CUT, DATA_CUT, YEAR, methods, population, trial, values, windows

from models.arr import estimate_arr
from models.arr_before_after import estimate_arr_before_after
from models.cells import arr_cells
from warehouse.contracts.results import KEY, RESULTS

FOUR = population(dict.fromkeys(["a", "b", "c", "d"], "3-courses"))
AFTER = {"group_id": "3-courses", "anchor": "course-3", "analysis_window": "M0..M12"}


def test_poisson_boundary_by_hand():
    """Relapses 1, 0, 2, 1 in a year each: rate 1, k = 0, limits exp(-+1.96 * 0.5)."""
    table = windows(
        f"""
        a M0..M12 {YEAR} 1
        b M0..M12 {YEAR} 0
        c M0..M12 {YEAR} 2
        d M0..M12 {YEAR} 1
        """
    )
    result = estimate_arr(table, FOUR, **CUT)
    got = values(result, **AFTER)
    assert got == pytest.approx(
        {
            "rate": 1,
            "ci_low": np.exp(-1.959963984540054 / 2),
            "ci_high": np.exp(1.959963984540054 / 2),
            "k": 0,
            "n_patients": 4,
            "n_events": 4,
            "person_years": 4,
        }
    )
    (method,) = methods(result, **AFTER)
    assert "k = 0" in method
    (text,) = set(result.filter(pl.col("anchor") == "course-3").collect()["diagnostics"]) - {
        '{"reason": "not estimable: no patient at risk in the window"}'
    }
    diagnostics = json.loads(text)
    assert diagnostics["at_boundary"] is True
    assert diagnostics["converged"] is True
    assert diagnostics["se_log_rate"] == pytest.approx(0.5)


def test_a_window_without_time_at_risk_does_not_count():
    table = windows(f"a M0..M12 {YEAR} 1\nb M0..M12 0 0\nc M0..M12 {YEAR / 2} 0")
    got = values(estimate_arr(table, FOUR, **CUT), **AFTER)
    assert got["n_patients"] == 2
    assert got["person_years"] == pytest.approx(1.5)


def test_no_events_gives_rate_zero_and_the_exact_bound():
    """-log(0.025) = 3.6889 expected events are the upper limit of none in 2 years: 1.8444."""
    table = windows(f"a M0..M12 {YEAR} 0\nb M0..M12 {YEAR} 0")
    result = estimate_arr(table, FOUR, **CUT)
    got = values(result, **AFTER)
    assert (got["rate"], got["ci_low"], got["k"]) == (0, 0, None)
    assert got["ci_high"] == pytest.approx(-np.log(0.025) / 2, rel=1e-12)
    assert methods(result, **AFTER) == {"no events: rate 0, exact Poisson 95% upper bound"}


def test_no_events_bound_agrees_with_the_oracle():
    case, rows = read_case(OWN / "nb_rate", "nb_zero_events")
    people = [row["usubjid"] for row in rows]
    table = windows(
        "\n".join(f"{row['usubjid']} M0..M12 {float(row['years']) * YEAR} 0" for row in rows)
    )
    got = values(
        estimate_arr(table, population(dict.fromkeys(people, "3-courses")), **CUT), **AFTER
    )
    assert [got["ci_low"], got["ci_high"]] == pytest.approx(
        case["expected"]["poisson_exact_ci"], rel=1e-9
    )


def test_a_single_patient_does_not_break_the_fit():
    table = windows(f"a M0..M12 {YEAR * 1.5} 2")
    got = values(estimate_arr(table, FOUR, **CUT), **AFTER)
    assert got["rate"] == pytest.approx(4 / 3)
    assert got["ci_high"] == pytest.approx(5.33125087722317, rel=1e-9)


def test_persons_outside_the_efficacy_groups_do_not_enter():
    table = windows(f"a M0..M12 {YEAR} 1\nz M0..M12 {YEAR} 5")
    got = values(estimate_arr(table, population({"a": "3-courses", "z": None}), **CUT), **AFTER)
    assert got["n_events"] == 1


def test_every_cell_has_rows_even_where_there_is_no_patient():
    empty = windows("")
    result = estimate_arr(empty, population({}), **CUT).collect()
    assert result.schema == RESULTS["result_arr"].schema
    cells = result.select("group_id", "anchor", "analysis_window").unique()
    assert set(cells.rows()) == set(arr_cells(8))
    # 4 groups with 1 + 8 + 8 windows from core baseline, 3 groups with 6 around their course.
    assert result.height == 7 * (4 * 17 + 3 * 6)
    assert result.select(KEY).is_unique().all()
    rates = result.filter(pl.col("statistic") == "rate")
    assert rates["value_text"].unique().to_list() == ["NE"]
    assert not rates["is_estimable"].any()
    assert result.filter(pl.col("statistic") == "n_patients")["value"].unique().to_list() == [0]


def test_the_horizon_decides_the_years():
    result = estimate_arr(windows(""), population({}), data_cut="2016-10-04", horizon_years=7)
    found = result.collect()
    assert "Y7" in found["analysis_window"]
    assert "Y8" not in found["analysis_window"]
    assert found["data_cut"].unique().to_list() == ["2016-10-04"]


@pytest.mark.parametrize(
    "endpoint",
    [partial(estimate_arr, **CUT), partial(estimate_arr_before_after, data_cut=DATA_CUT)],
    ids=["arr", "before_after"],
)
def test_order_of_rows_does_not_change_a_byte(endpoint):
    table, people = trial(1)
    shuffled = table.collect().sample(fraction=1, shuffle=True, seed=9).lazy()
    one = endpoint(table, people).collect()
    two = endpoint(shuffled, people.collect().reverse().lazy()).collect()
    assert_frame_equal(one, two, check_exact=True)


def oracle_pairs(case_id: str) -> tuple[dict, pl.LazyFrame, pl.LazyFrame]:
    """A before/after case of the oracle as the endpoint's input."""
    case, rows = read_case(OWN / "nb_gee", case_id)
    name = {"before": "M-12..M0", "after": "M0..M12"}
    table = windows(
        "\n".join(
            f"{row['usubjid']} {name[row['period']]} {float(row['years']) * YEAR!r} {row['count']}"
            for row in rows
        )
    )
    people = population({row["usubjid"]: "3-courses" for row in rows})
    return case["expected"], table, people


CONTRAST = {**AFTER, "comparator": "M-12..M0"}


@pytest.mark.parametrize(
    "case_id",
    [
        "gee_before_after_144",
        "gee_unequal_exposure_shuffled",
        "gee_selected_underdispersed",
        "gee_tiny_5",
    ],
)
def test_before_after_agrees_with_the_oracle(case_id):
    expected, table, people = oracle_pairs(case_id)
    result = estimate_arr_before_after(table, people, data_cut=DATA_CUT)
    robust = expected["independence"]
    got = values(result, **CONTRAST)
    assert got["rate_ratio"] == pytest.approx(robust["rate_ratio"][0], rel=1e-8)
    assert [got["ci_low"], got["ci_high"]] == pytest.approx(robust["rr_ci"][0], rel=1e-8)
    assert got["se"] == pytest.approx(robust["se_robust"][1], rel=1e-8)
    assert got["p"] == pytest.approx(robust["p_wald"][0], rel=1e-8)
    assert got["p_score"] == pytest.approx(robust["type3_score_p"], rel=1e-8)
    assert got["n_patients"] == expected["n_clusters"]
    for code, window in enumerate(("M-12..M0", "M0..M12")):
        side = values(result, group_id="3-courses", analysis_window=window, comparator="")
        assert side["rate"] == pytest.approx(robust["rates"][code], rel=1e-8)
        assert [side["ci_low"], side["ci_high"]] == pytest.approx(robust["rate_ci"][code], rel=1e-8)
        assert side["n_events"] == expected["events"][code]


def test_no_event_after_is_not_estimable_and_says_so():
    expected, table, people = oracle_pairs("gee_zero_after")
    result = estimate_arr_before_after(table, people, data_cut=DATA_CUT)
    got = values(result, **CONTRAST)
    assert {name for name, value in got.items() if value is not None} == {"n_patients"}
    assert methods(result, **CONTRAST) == {"not estimable: no events in M0..M12"}
    after = values(result, **AFTER, comparator="")
    assert (after["rate"], after["ci_low"]) == (0, 0)
    assert after["ci_high"] == pytest.approx(-np.log(0.025) / 30, rel=1e-12)
    before = values(result, group_id="3-courses", analysis_window="M-12..M0")
    assert before["rate"] == pytest.approx(expected["events"][0] / expected["person_time"][0])


def test_only_patients_at_risk_on_both_sides_are_compared():
    table = windows(
        f"""
        a M-12..M0 {YEAR} 1
        a M0..M12  {YEAR} 0
        b M-12..M0 {YEAR} 1
        b M0..M12  {YEAR} 1
        c M-12..M0 {YEAR} 3
        d M-12..M0 {YEAR} 4
        d M0..M12  0 0
        """
    )
    result = estimate_arr_before_after(table, FOUR, data_cut=DATA_CUT)
    got = values(result, **CONTRAST)
    assert got["n_patients"] == 2
    assert got["rate_ratio"] == pytest.approx(0.5)


def test_groups_without_patients_have_their_rows():
    result = estimate_arr_before_after(windows(""), population({}), data_cut=DATA_CUT).collect()
    assert result.schema == RESULTS["result_arr_before_after"].schema
    assert result.select(KEY).is_unique().all()
    # 7 statistics of the contrast and 5 of each side, for three groups.
    assert result.height == 3 * (7 + 2 * 5)
    assert result.filter(pl.col("statistic") == "p")["value_text"].unique().to_list() == ["NE"]
