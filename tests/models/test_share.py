"""Shares of patients with their Wald interval (E-10, E-17)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_cases import OWN

from models.share import NO_INTERVAL, NO_PATIENTS, share_values

CASES = json.loads((OWN / "binom_ci" / "expected.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_oracle(case):
    n_patients, n_total = case["args"]["x"], case["args"]["n"]
    values, diagnostics = share_values(n_patients, n_total)
    expected = case["expected"]
    if expected.get("estimable") is False:
        assert (values["pct"], values["ci_low"], values["ci_high"]) == (None, None, None)
        assert diagnostics == {"reason": NO_PATIENTS}
        return
    assert values["pct"] == pytest.approx(100 * expected["p"], abs=1e-9)
    if n_patients in (0, n_total):
        # The oracle's interval has no width there; SAS gives none, and so do we.
        assert expected["wald_clipped"][0] == expected["wald_clipped"][1]
        assert (values["ci_low"], values["ci_high"]) == (None, None)
        assert diagnostics == {"reason": NO_INTERVAL}
    else:
        limits = [100 * limit for limit in expected["wald_clipped"]]
        assert [values["ci_low"], values["ci_high"]] == pytest.approx(limits, abs=1e-9)
        assert diagnostics == {}


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_limits_enclose_the_share_and_mirror_that_of_the_others(counts):
    n_patients, n_total = counts
    values, _ = share_values(n_patients, n_total)
    others, _ = share_values(n_total - n_patients, n_total)
    assert values["pct"] + others["pct"] == pytest.approx(100)
    if n_patients < n_total:
        assert 0 <= values["ci_low"] < values["pct"] < values["ci_high"] <= 100
        assert values["ci_low"] == pytest.approx(100 - others["ci_high"], abs=1e-9)
