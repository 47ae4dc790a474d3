"""From XPT to SQL: every published number of the hand-worked patients, worked out on paper.

`hand_patients.py` has the patients as tables in text, `hand_numbers.py` and `hand_facts.py` what
they come to by the analysis plan, `hand_formulas.py` the closed forms. `conftest.py` writes the
patients as XPT files and refreshes; here the published database is asked with SQL.
"""

from pathlib import Path

import polars as pl
import pytest
from hand_expected import (
    Expected,
    Key,
    arr_cells,
    before_after_cells,
    expected_results,
    relapse_free_cells,
    rounded,
    shown,
)
from hand_numbers import FUNNEL
from hand_patients import read
from polars.testing import assert_frame_equal

from orchestration.cli import main
from warehouse.contracts import RESULTS
from warehouse.database import query
from warehouse.release import Release

# One refresh for both modules: keep them in one worker.
pytestmark = pytest.mark.xdist_group("hand_worked")

EXPECTED = expected_results()
ON_PAPER = {key.analysis_id for key in EXPECTED}
# Counts, shares and curves are exact. A rate's interval comes from an iterated fit: the
# tolerances of the oracle, 1e-6 of an SE and 1e-5 of k.
EXACT, FITTED, DISPERSION = 1e-9, 1e-6, 1e-5

Result = dict[str, object]


@pytest.fixture(scope="module")
def results(hand_release: Release) -> dict[Key, Result]:
    """The published rows of the analyses that are worked out on paper, by their key."""
    rows = query(
        hand_release.database, "SELECT * FROM results.result WHERE scenario = 'primary'"
    ).to_dicts()
    keyed = {Key(**{name: row[name] for name in Key._fields}): row for row in rows}
    return {key: row for key, row in keyed.items() if key.analysis_id in ON_PAPER}


def near(value: float | None, tolerance: float = EXACT) -> object:
    return None if value is None else pytest.approx(value, rel=tolerance, abs=1e-12)


def tolerance(key: Key) -> float:
    if key.analysis_id != "arr.window":
        return EXACT
    return {"k": DISPERSION, "ci_low": FITTED, "ci_high": FITTED}.get(key.statistic, EXACT)


def test_these_results_are_published_and_no_others(results: dict[Key, Result]) -> None:
    assert sorted(set(results) - set(EXPECTED)) == []
    assert sorted(set(EXPECTED) - set(results)) == []
    assert len(results) == 1240


@pytest.mark.parametrize("analysis_id", sorted(ON_PAPER))
def test_every_published_number_is_the_number_on_paper(
    analysis_id: str, results: dict[Key, Result]
) -> None:
    wrong = []
    for key, expected in EXPECTED.items():
        if key.analysis_id == analysis_id:
            told = results[key]
            is_right = (
                told["value"] == near(expected.value, tolerance(key))
                and told["value_text"] == shown(key, expected.value)
                and told["is_estimable"] == (expected.value is not None)
                and told["n_total"] == expected.n_total
            )
            if not is_right:
                wrong.append(_difference(key, told, expected))
    assert wrong == []


def _difference(key: Key, told: Result, expected: Expected) -> str:
    published = (told["value"], told["value_text"], told["n_total"])
    paper = (expected.value, shown(key, expected.value), expected.n_total)
    return f"{'|'.join(key)}: published {published}, on paper {paper}"


def test_a_rate_says_how_it_was_fitted(results: dict[Key, Result]) -> None:
    words = {"P": "k = 0", "NB": "negative binomial", "0": "no events"}
    for group, anchor, window, _, fit, _ in arr_cells():
        key = Key("arr.window", "efficacy", group, "rate", anchor=anchor, analysis_window=window)
        method = str(results[key]["method"])
        assert words[fit] in method, key
        assert (fit == "NB") == ("Poisson" not in method), key


def test_rates_on_paper_are_those_drawn_in_the_tables() -> None:
    for _, _, window, numbers, _, drawn in arr_cells():
        rate, low, high = (rounded(numbers[name], 2) for name in ("rate", "ci_low", "ci_high"))
        assert f"{rate} ({low} to {high})" == drawn, window


def test_families_hold_the_same_rows(hand_release: Release) -> None:
    folder = hand_release.folder / "results" / "results"
    families = [name for name in RESULTS if name.startswith("result_")]
    assert len(families) == 15
    rows = pl.concat(pl.read_parquet(folder / f"{name}.parquet") for name in families)
    joined = query(hand_release.database, "SELECT * EXCLUDE release_id FROM results.result")
    assert_frame_equal(rows, joined, check_row_order=False)


def test_wide_table_of_rates(hand_release: Release) -> None:
    rows = query(hand_release.database, "SELECT * FROM results.arr").rows_by_key(
        ["population", "group_id", "anchor", "analysis_window"], named=True, unique=True
    )
    cells = arr_cells()
    assert len(rows) == len(cells)
    for group, anchor, window, numbers, _, _ in cells:
        row = rows["efficacy", group, anchor, window]
        assert set(row) - set(numbers) == {"method", "data_cut"}
        for name, value in numbers.items():
            bound = DISPERSION if name == "k" else FITTED
            assert row[name] == near(value, bound), (group, anchor, window, name)


def test_wide_table_before_and_after(hand_release: Release) -> None:
    rows = query(hand_release.database, "SELECT * FROM results.arr_before_after").rows_by_key(
        ["group_id", "anchor"], named=True, unique=True
    )
    assert len(rows) == 3
    for group, anchor, numbers in before_after_cells():
        ratio = numbers["ratio"]
        expected = {
            "rate_before": numbers["before"]["rate"],
            "rate_after": numbers["after"]["rate"],
            **{name: value for name, value in ratio.items() if name != "se"},
        }
        row = rows[group, anchor]
        assert {name: row[name] for name in expected} == {
            name: near(value) for name, value in expected.items()
        }
        assert row["p_text"] == shown(Key("", "", group, "p"), ratio["p"])
        assert set(row) - set(expected) == {"population", "p_text", "method", "data_cut"}


def test_wide_table_of_relapse_free_patients(hand_release: Release) -> None:
    names = ["analysis_id", "group_id", "anchor", "analysis_window"]
    rows = query(hand_release.database, "SELECT * FROM results.relapse_free").rows_by_key(
        names, named=True, unique=True
    )
    cells = relapse_free_cells()
    assert len(rows) == len(cells)
    for analysis_id, group, anchor, window, total, numbers in cells:
        row = rows[analysis_id, group, anchor, window]
        assert row["n_total"] == total
        for name in ("n_patients", "pct", "ci_low", "ci_high"):
            assert row[name] == near(numbers.get(name)), (analysis_id, group, window, name)


def test_wide_table_of_the_funnel(hand_release: Release) -> None:
    rows = query(
        hand_release.database, "SELECT * FROM results.disposition ORDER BY step"
    ).to_dicts()
    assert [
        (row["kind"], row["label"], row["n_patients"], row["pct_of_extension"]) for row in rows
    ] == [
        (
            row["kind"],
            row["label"],
            int(row["n"]),
            None if row["pct"] == "-" else float(row["pct"]),
        )
        for row in read(FUNNEL)
    ]


def test_command_line_tells_the_same(hand_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql = (
        "SELECT value_text FROM results.result WHERE analysis_id = 'arr.before_after' "
        "AND statistic = 'rate_ratio' AND scenario = 'primary' ORDER BY group_id"
    )
    capsys.readouterr()
    assert main(["sql", "--root", str(hand_root), "--csv", sql]) == 0
    # 3-courses 2 : 4, 4-courses 1 : 3, 5plus-courses 1 : 3
    assert capsys.readouterr().out.split() == ["value_text", "0.50", "0.33", "0.33"]
