"""The formulas used on paper against the oracle's answers (R, SAS), where exposures are equal."""

import json
from pathlib import Path
from typing import Any

import hand_formulas as paper
import polars as pl
import pytest

ORACLE = Path(__file__).parents[1] / "data" / "oracle"


def oracle_case(family: str, name: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    cases = json.loads((ORACLE / family / "expected.json").read_text(encoding="utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == name)
    return pl.read_csv(ORACLE / family / case["input"]), case["expected"]


@pytest.mark.parametrize(
    ("name", "fit"), [("nb_simple_equal_exposure", "NB"), ("nb_all_ones_equal", "P")]
)
def test_rate(name: str, fit: str) -> None:
    patients, expected = oracle_case("nb_rate", name)
    days = [years * paper.YEAR for years in patients["years"]]
    numbers = paper.rate(patients["count"].to_list(), days, fit)
    assert numbers["k"] == pytest.approx(expected["k"], rel=1e-9)
    limits = [numbers["ci_low"], numbers["ci_high"]]
    assert limits == pytest.approx(expected["ci_sas"], rel=1e-9)


def test_before_and_after() -> None:
    patients, expected = oracle_case("nb_gee", "gee_before_after_144")
    sides = patients.pivot("period", index="usubjid", values="count")
    before, after, ratio = paper.before_after(sides["before"].to_list(), sides["after"].to_list())
    wanted = expected["independence"]
    limits_before, limits_after = wanted["rate_ci"]
    assert [before["ci_low"], before["ci_high"]] == pytest.approx(limits_before, rel=1e-9)
    assert [after["ci_low"], after["ci_high"]] == pytest.approx(limits_after, rel=1e-9)
    assert [ratio["ci_low"], ratio["ci_high"]] == pytest.approx(wanted["rr_ci"][0], rel=1e-9)
    assert ratio["p"] == pytest.approx(wanted["p_wald"][0], rel=1e-8, abs=0)
    assert ratio["p_score"] == pytest.approx(wanted["type3_score_p"], rel=1e-8, abs=0)
