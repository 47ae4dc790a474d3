"""Patients free of MRI activity, and after against before a course (E-10, E-11)."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from trial_tables import CUT, DATA_CUT, methods, population, table, values

from models.mri import NO_DISCORDANT, NO_PAIRS, estimate_mri
from models.share import NO_PATIENTS
from warehouse.contracts import WINDOWS
from warehouse.contracts.results import KEY

ACTIVITY = {"-": None, "0": False, "1": True}
BEFORE, AFTER = "M-12..M0", "M0..M12"
CONTRAST = {
    "analysis_id": "mri.before_after",
    "analysis_window": AFTER,
    "comparator": BEFORE,
    "anchor": "course-3",
    "category": "MRI activity",
}
FREE = {"analysis_id": "mri.free", "category": "MRI activity"}


def scans(text, anchor="course-3"):
    """Windows: `person window gd t2 [t1]` a line; 1 = active, 0 = not, - = missing."""
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        person, window, gd, t2, *t1 = line.split()
        found = {
            "has_gd_activity": ACTIVITY[gd],
            "has_t2_activity": ACTIVITY[t2],
            "has_t1_activity": ACTIVITY[t1[0]] if t1 else False,
        }
        any_active = True if "1" in (gd, t2) else None if "-" in (gd, t2) else False
        rows.append(
            {"person_id": person, "anchor": anchor, "analysis_window": window, **found}
            | {"has_mri_activity": any_active}
        )
    return table(WINDOWS["patient_course_window"], rows)


def people(*names, group="3-courses"):
    return population(dict.fromkeys(names, group))


def paired(before, after):
    """Patients named by number with their activity before and after."""
    return scans(
        "\n".join(
            f"p{i:03d} {window} {flag} 0"
            for window, flags in ((BEFORE, before), (AFTER, after))
            for i, flag in enumerate(flags)
        )
    )


def test_share_is_over_the_evaluable_by_component():
    rows = scans(
        """
        a Y1 1 0 0
        b Y1 0 1 0
        c Y1 0 0 1
        d Y1 0 - 0
        e Y1 - - -
        """,
        anchor="core-baseline",
    )
    result = estimate_mri(rows, people(*"abcdef"), **CUT)
    place = {"analysis_id": "mri.free", "anchor": "core-baseline", "analysis_window": "Y1"}

    def free(category):
        cell = result.filter(category=category, group_id="3-courses", **place).collect()
        return int(cell.filter(statistic="n_patients")["value"].item()), cell["n_total"][0]

    assert free("MRI activity") == (1, 3)
    assert free("Gd-enhancing T1") == (3, 4)
    assert free("new or enlarging T2") == (2, 3)
    assert free("new T1 hypointense") == (3, 4)
    got = values(result, category="Gd-enhancing T1", group_id="3-courses", **place)
    assert got["pct"] == 75
    assert got["ci_low"] == pytest.approx(100 * (0.75 - 1.959963984540054 * (0.1875 / 4) ** 0.5))
    assert got["ci_high"] == 100
    (told,) = result.filter(
        category="MRI activity", group_id="3-courses", statistic="pct", **place
    ).collect()["diagnostics"]
    assert json.loads(told) == {"n_not_evaluable": 3}


def test_before_against_after_by_hand():
    """Eight become free, one becomes active, one stays free; two miss a side."""
    rows = paired("11111111001-", "0000000010-0")
    names = [f"p{i:03d}" for i in range(13)]
    result = estimate_mri(rows, people(*names), **CUT)
    got = values(result, **CONTRAST)
    assert (got["b"], got["c"], got["n_patients"]) == (1, 8, 10)
    assert got["p"] == pytest.approx(0.019630657257290678)
    assert got["p_corrected"] == pytest.approx(0.04550026389635842)
    assert got["p_exact"] == pytest.approx(0.0390625)
    (told,) = set(result.filter(**CONTRAST).collect()["diagnostics"])
    assert json.loads(told) == {"free_free": 1, "b": 1, "c": 8, "active_active": 0}
    sides = result.filter(**CONTRAST | {"comparator": ""}).drop("analysis_window")
    assert sides.collect().height == 4
    for window, free, n in ((BEFORE, 2, 11), (AFTER, 10, 11)):
        cell = {**CONTRAST, "comparator": "", "analysis_window": window}
        side = values(result, **cell)
        assert (side["n_patients"], side["pct"]) == (free, pytest.approx(100 * free / n))
        assert result.filter(**cell).collect()["n_total"].unique().to_list() == [n]
        same = {**FREE, "anchor": "course-3", "analysis_window": window, "group_id": "3-courses"}
        assert values(result, **same) == side


def test_no_discordant_pair_leaves_the_exact_test_alone():
    result = estimate_mri(paired("0011", "0011"), people("p000", "p001", "p002", "p003"), **CUT)
    got = values(result, **CONTRAST)
    assert (got["p"], got["p_corrected"], got["p_exact"]) == (None, None, 1)
    (told,) = set(result.filter(**CONTRAST).collect()["diagnostics"])
    assert json.loads(told)["reason"] == NO_DISCORDANT


def test_no_pair_leaves_no_test():
    result = estimate_mri(paired("0-", "-1"), people("p000", "p001"), **CUT)
    got = values(result, **CONTRAST)
    assert (got["p"], got["p_corrected"], got["p_exact"]) == (None, None, None)
    assert (got["b"], got["c"], got["n_patients"]) == (0, 0, 0)
    assert methods(result, **CONTRAST) == {NO_PAIRS}


def test_a_side_without_a_row_is_missing():
    rows = scans("a M-12..M0 1 0\nb M0..M12 0 0")
    got = values(estimate_mri(rows, people("a", "b"), **CUT), **CONTRAST)
    assert got["n_patients"] == 0


def test_groups_are_paired_at_their_own_course_only():
    rows = pl.concat(
        [
            scans(f"{who} M-12..M0 1 0\n{who} M0..M12 0 0", anchor=anchor)
            for who in ("three", "four")
            for anchor in ("course-3", "course-4")
        ]
    )
    groups = population({"three": "3-courses", "four": "4-courses"})
    result = estimate_mri(rows, groups, **CUT).filter(
        analysis_id="mri.before_after", statistic="c", category="MRI activity"
    )
    assert set(result.select("group_id", "anchor", "value").collect().rows()) == {
        ("3-courses", "course-3", 1.0),
        ("4-courses", "course-4", 1.0),
        ("5plus-courses", "course-5", 0.0),
    }


def test_every_cell_is_there_whoever_was_scanned():
    rows = paired("10", "01")
    full = estimate_mri(rows, people("p000", "p001"), **CUT).collect()
    empty = estimate_mri(rows.clear(), people("p000"), **CUT).collect()
    assert_frame_equal(full.select(KEY), empty.select(KEY))
    assert full.select(KEY).is_unique().all()
    assert set(empty.filter(analysis_id="mri.free")["method"]) == {NO_PATIENTS}
    free = full.filter(analysis_id="mri.free")
    assert set(free.filter(anchor="core-baseline")["analysis_window"]) == {
        *(f"Y{year}" for year in range(1, 9)),
        *(f"Y0..Y{year}" for year in range(1, 9)),
    }
    assert set(free.filter(anchor="course-5")["analysis_window"]) == {
        *(BEFORE, AFTER, "M12..M24", "M24..M36", "M0..M24", "M0..M36")
    }
    assert free.select("group_id", "anchor").unique().height == 7
    assert full["rule_ids"].str.starts_with("E-1").all()
    year_7 = estimate_mri(rows, people("p000"), data_cut=DATA_CUT, horizon_years=7).collect()
    assert {"Y8", "Y0..Y8"}.isdisjoint(year_7["analysis_window"])


FLAGS = st.lists(st.sampled_from("01-"), min_size=1, max_size=12)
PAIRS = FLAGS.flatmap(
    lambda before: st.tuples(
        st.just(before),
        st.lists(st.sampled_from("01-"), min_size=len(before), max_size=len(before)),
    )
)


@settings(max_examples=30, deadline=None)
@given(PAIRS, st.randoms(use_true_random=False))
def test_before_and_after_swap_b_and_c_and_order_does_not_matter(pairs, random):
    before, after = pairs
    names = [f"p{i:03d}" for i in range(len(before))]
    result = estimate_mri(paired(before, after), people(*names), **CUT).collect()
    got = values(result.lazy(), **CONTRAST)
    turned = values(estimate_mri(paired(after, before), people(*names), **CUT), **CONTRAST)
    assert (got["b"], got["c"]) == (turned["c"], turned["b"])
    for name in ("p", "p_corrected", "p_exact", "n_patients"):
        assert got[name] == (None if turned[name] is None else pytest.approx(turned[name]))
    kinds = list(zip(before, after, strict=True))
    assert (got["b"], got["c"]) == (kinds.count(("0", "1")), kinds.count(("1", "0")))
    rows = paired(before, after).collect()
    order = list(range(rows.height))
    random.shuffle(order)
    random.shuffle(names)
    again = estimate_mri(rows[order].lazy(), people(*names), **CUT).collect()
    assert_frame_equal(again, result)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from("01"), min_size=8, max_size=8), min_size=1, max_size=12))
def test_a_cumulative_share_of_the_same_patients_never_rises(years):
    """Everybody has every scan: active in a year so far = active so far."""
    text = "\n".join(
        f"p{i} Y0..Y{year} {int('1' in flags[:year])} 0"
        for i, flags in enumerate(years)
        for year in range(1, 9)
    )
    names = [f"p{i}" for i in range(len(years))]
    result = estimate_mri(scans(text, anchor="core-baseline"), people(*names), **CUT)
    curve = [
        values(
            result, **FREE, group_id="3-courses", anchor="core-baseline", analysis_window=window
        )["pct"]
        for window in (f"Y0..Y{year}" for year in range(1, 9))
    ]
    assert curve == sorted(curve, reverse=True)
