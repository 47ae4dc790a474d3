"""From XPT to SQL: every published number of the hand-worked patients, worked out on paper.

`hand_patients.py` has the patients as tables in text, `hand_numbers.py` what they come to by the
analysis plan, `hand_formulas.py` the closed forms. Here the patients are written as XPT files,
one refresh runs as a user runs it, and the published database is asked with SQL.
"""

from pathlib import Path

import polars as pl
import pytest
from hand_expected import (
    Key,
    arr_cells,
    before_after_cells,
    expected_results,
    relapse_free_cells,
    shown,
)
from hand_numbers import FUNNEL
from hand_patients import read
from hand_sdtm import landing_tables
from support.landing import write_landing

from orchestration.cli import main
from warehouse.database import query
from warehouse.lake import Lake
from warehouse.release import Release, current

#: Rates at the boundary, shares and curves are closed forms; where k is fitted, the tolerances
#: of the oracle hold: 1e-6 for limits, 1e-5 for k.
EXACT, FITTED = 1e-9, 1e-5


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    root = tmp_path_factory.mktemp("hand_worked")
    write_landing(root / "landing", landing_tables())
    assert main(["refresh", "--root", str(root)]) == 0
    published = current(Lake(root))
    assert published is not None
    return published


@pytest.fixture(scope="module")
def results(release: Release) -> dict[Key, dict[str, object]]:
    rows = query(release.database, "SELECT * FROM results.result")
    return {Key(**{name: row[name] for name in Key._fields}): row for row in rows.to_dicts()}


def test_published_are_these_results_and_no_others(results: dict[Key, dict[str, object]]) -> None:
    expected = expected_results()
    assert len(expected) > 900
    assert sorted(set(results) - set(expected)) == []
    assert sorted(set(expected) - set(results)) == []


def test_every_published_number_is_the_number_on_paper(
    results: dict[Key, dict[str, object]],
) -> None:
    wrong = []
    for key, expected in expected_results().items():
        row = results[key]
        told = (row["value"], row["n_total"], row["is_estimable"], row["value_text"])
        wanted = (
            expected.value if expected.value is None else pytest.approx(expected.value, rel=FITTED),
            expected.n_total,
            expected.value is not None,
            shown(key.statistic, expected.value),
        )
        if key not in fitted_keys() and expected.value is not None:
            wanted = (pytest.approx(expected.value, rel=EXACT, abs=1e-12), *wanted[1:])
        if told != wanted:
            wrong.append((key, told, wanted))
    assert wrong == []


def fitted_keys() -> set[Key]:
    """Limits and k of the rates whose dispersion is not on the boundary."""
    return {
        Key("arr.window", "efficacy", group, name, anchor=anchor, analysis_window=window)
        for group, anchor, window, _, fit, _ in arr_cells()
        if fit == "NB"
        for name in ("rate", "ci_low", "ci_high", "k")
    }
