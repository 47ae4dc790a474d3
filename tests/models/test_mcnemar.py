"""McNemar's test, in its three forms (E-11)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_cases import OWN, shared_stats

from models.mcnemar import McNemar, compare_pairs

OTHERS = "mc_colds_sas"


def cases(folder):
    return json.loads((folder / "expected.json").read_text())["cases"]


def assert_agrees(case):
    got = compare_pairs(case["args"]["free_active"], case["args"]["active_free"])
    expected = case["expected"]
    for p, name in (
        (got.p, "p_uncorrected_sas"),
        (got.p_exact, "p_exact"),
        (got.p_corrected, "p_corrected"),
    ):
        if expected[name] is None:
            assert p is None
        else:
            assert p == pytest.approx(expected[name], rel=1e-8)


@pytest.mark.parametrize("case", cases(OWN / "mcnemar"), ids=lambda case: case["id"])
def test_agrees_with_the_oracle(case):
    assert_agrees(case)


@pytest.mark.skipif(shared_stats() is None, reason="others' data: set TOPAZ_SHARED to their folder")
def test_agrees_with_printed_sas_output():
    (case,) = (case for case in cases(shared_stats() / "mcnemar") if case["id"] == OTHERS)
    assert_agrees(case)


def test_nine_discordant_pairs_by_hand():
    """One against eight: chi-square 49/9 and 36/9; exact twice (1 + 9) / 2**9."""
    got = compare_pairs(1, 8)
    assert got.p_exact == pytest.approx(20 / 512)
    assert got.p == pytest.approx(0.019630657257290678)
    assert got.p_corrected == pytest.approx(0.04550026389635842)


def test_without_a_discordant_pair_only_the_exact_test_exists():
    assert compare_pairs(0, 0) == McNemar(p=None, p_exact=1.0, p_corrected=None)


@given(st.integers(0, 300), st.integers(0, 300))
def test_direction_does_not_matter_and_the_correction_only_raises_p(b, c):
    got = compare_pairs(b, c)
    turned = compare_pairs(c, b)
    assert got.p_exact == pytest.approx(turned.p_exact)
    assert (got.p, got.p_corrected) == (turned.p, turned.p_corrected)
    if b + c:
        assert 0 <= got.p <= got.p_corrected <= 1
        assert (got.p == 1) == (b == c)
        assert 0 <= got.p_exact <= 1
