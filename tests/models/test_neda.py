"""No evidence of disease activity (E-17)."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from trial_tables import COURSE_DAY, CUT, DATA_CUT, YEAR, bounds, methods, population, table, values

from models.neda import estimate_neda
from models.share import NO_PATIENTS
from warehouse.contracts import WINDOWS
from warehouse.contracts.results import KEY

THREE = {"group_id": "3-courses"}
ACTIVE = {"0": False, "1": True, "-": None}


def years(text, anchor="core-baseline", anchor_day=0.0):
    """Windows: `person window mri edss relapses` a line; mri 1, 0 or -, EDSS a score or -."""
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        person, window, mri, edss, relapses = line.split()
        start, end = bounds(window)
        rows.append(
            {
                "person_id": person,
                "anchor": anchor,
                "analysis_window": window,
                "is_cumulative": ".." in window and end - start > YEAR + 1,
                "anchor_day": anchor_day,
                "window_start_day": anchor_day + start,
                "window_end_day": anchor_day + end,
                "relapses": int(relapses),
                "has_mri_activity": ACTIVE[mri],
                "edss_end_points": None if edss == "-" else float(edss),
            }
        )
    return table(WINDOWS["patient_course_window"], rows)


def events(*rows, anchor="core-baseline", anchor_day=0.0):
    """Disability events: person, days from the anchor to onset, endpoint, cnsr."""
    return table(
        WINDOWS["disability_event"],
        [
            {
                "person_id": person,
                "anchor": anchor,
                "endpoint": endpoint,
                "anchor_day": anchor_day,
                "cnsr": cnsr,
                "event_day": None if cnsr else anchor_day + day,
            }
            for person, day, endpoint, cnsr in rows
        ],
    )


def free(result, window, anchor="core-baseline", group_id="3-courses"):
    """Free and evaluable patients of a cell."""
    cell = result.filter(anchor=anchor, group_id=group_id, analysis_window=window).collect()
    return int(cell.filter(statistic="n_patients")["value"].item()), cell["n_total"][0]


def people(*names):
    return population(dict.fromkeys(names, "3-courses"))


def test_each_of_three_kinds_of_activity_ends_it_and_a_missing_visit_leaves_it_open():
    windows = years(
        """
        free      Y1 0 2.0 0
        relapsed  Y1 0 2.0 1
        active    Y1 1 2.0 0
        worsened  Y1 0 3.0 0
        improved  Y1 0 1.0 0
        censored  Y1 0 2.0 0
        no_mri    Y1 - 2.0 1
        no_edss   Y1 0 -   1
        """
    )
    rows = events(
        ("worsened", 182, "CDW", 0), ("improved", 182, "CDI", 0), ("censored", 182, "CDW", 1)
    )
    names = [
        "free",
        "relapsed",
        "active",
        "worsened",
        "improved",
        "censored",
        "no_mri",
        "no_edss",
        "nowhere",
    ]
    result = estimate_neda(windows, rows, people(*names), **CUT)
    assert free(result, "Y1") == (3, 6)
    got = values(result, anchor="core-baseline", analysis_window="Y1", **THREE)
    assert got["pct"] == 50
    assert got["ci_low"] == pytest.approx(50 - 100 * 1.959963984540054 * (0.25 / 6) ** 0.5)
    (told,) = result.filter(
        anchor="core-baseline", analysis_window="Y1", statistic="pct", **THREE
    ).collect()["diagnostics"]
    assert json.loads(told) == {"n_not_evaluable": 3}


@pytest.mark.parametrize(
    ("day", "year"), [(1, 1), (365, 1), (366, 2), (1460, 4), (1461, 5), (2921, 8)]
)
def test_a_worsening_counts_in_the_year_of_its_onset(day, year):
    """Years are half-open: day 1461 is exactly four years, and lies in the fifth."""
    windows = years("\n".join(f"a Y{y} 0 2.0 0" for y in range(1, 9)))
    result = estimate_neda(windows, events(("a", day, "CDW", 0)), people("a"), **CUT)
    for y in range(1, 9):
        assert free(result, f"Y{y}") == (int(y != year), 1)
        assert free(result, f"Y0..Y{y}") == (int(y < year), 1)


def test_cumulative_needs_every_year_so_far():
    windows = years(
        """
        all    Y1 0 2.0 0
        all    Y2 0 2.0 0
        all    Y3 0 2.0 0
        hole   Y1 0 2.0 0
        hole   Y2 - 2.0 0
        hole   Y3 0 2.0 0
        gap    Y1 0 2.0 0
        gap    Y3 0 2.0 0
        early  Y1 0 2.0 1
        early  Y2 0 -   0
        early  Y3 0 2.0 0
        left   Y1 0 2.0 0
        """
    )
    result = estimate_neda(windows, events(), people("all", "hole", "gap", "early", "left"), **CUT)
    assert [free(result, f"Y{year}") for year in (1, 2, 3)] == [(4, 5), (1, 1), (4, 4)]
    assert [free(result, f"Y0..Y{year}") for year in (1, 2, 3)] == [(4, 5), (1, 1), (1, 1)]


def test_cumulative_windows_themselves_are_not_years():
    """What a cumulative row of the table carries is not looked at: MRI so far, EDSS at its end."""
    singles = "a Y1 1 - 0\na Y2 0 2.0 0"
    windows = years(singles + "\na Y0..Y1 1 - 0\na Y0..Y2 1 2.0 0")
    result = estimate_neda(windows, events(), people("a"), **CUT)
    assert [free(result, window) for window in ("Y2", "Y0..Y1", "Y0..Y2")] == [(1, 1)] + [
        (0, 0)
    ] * 2


def test_after_a_course_the_group_of_the_course_from_that_day_on():
    at_course = {"anchor": "course-3", "anchor_day": COURSE_DAY}
    windows = years(
        """
        a M-12..M0 0 2.0 2
        a M0..M12  0 2.0 0
        a M12..M24 0 2.0 0
        a M24..M36 0 2.0 1
        a M0..M24  0 2.0 0
        b M0..M12  0 2.0 0
        b M12..M24 0 2.0 0
        """,
        **at_course,
    )
    rows = events(("b", 400, "CDW", 0), **at_course)
    groups = population({"a": "3-courses", "b": "3-courses", "c": "4-courses"})
    result = estimate_neda(windows, rows, groups, **CUT)
    found = {
        window: free(result, window, anchor="course-3")
        for window in ("M0..M12", "M12..M24", "M24..M36", "M0..M24", "M0..M36")
    }
    assert found == {
        "M0..M12": (2, 2),
        "M12..M24": (1, 2),
        "M24..M36": (0, 1),
        "M0..M24": (1, 2),
        "M0..M36": (0, 1),
    }
    # The course of another group, and the worsening from core baseline, are other things.
    others = population({"a": "4-courses", "b": "2-courses"})
    nothing = estimate_neda(windows, rows, others, **CUT).collect()
    assert nothing["n_total"].sum() == 0
    from_core = estimate_neda(windows, events(("b", 1900, "CDW", 0)), groups, **CUT)
    assert free(from_core, "M12..M24", anchor="course-3") == (2, 2)


def test_every_cell_is_there_whoever_was_seen():
    windows = years("a Y1 0 2.0 0")
    full = estimate_neda(windows, events(), people("a"), **CUT).collect()
    empty = estimate_neda(windows.clear(), events(), people("a"), **CUT)
    assert_frame_equal(full.select(KEY), empty.collect().select(KEY))
    assert methods(empty) == {NO_PATIENTS}
    assert full.select(KEY).is_unique().all()
    assert set(full.filter(anchor="core-baseline")["analysis_window"]) == {
        *(f"Y{year}" for year in range(1, 9)),
        *(f"Y0..Y{year}" for year in range(1, 9)),
    }
    assert set(full.filter(anchor="course-4")["analysis_window"]) == {
        *("M0..M12", "M12..M24", "M24..M36", "M0..M24", "M0..M36")
    }
    assert full["rule_ids"].str.starts_with("E-17 ").all()
    year_7 = estimate_neda(windows, events(), people("a"), data_cut=DATA_CUT, horizon_years=7)
    assert {"Y8", "Y0..Y8"}.isdisjoint(year_7.collect()["analysis_window"])


PERSON = st.tuples(
    st.lists(
        st.tuples(st.sampled_from("00001-"), st.sampled_from("222-"), st.sampled_from("0001")),
        max_size=8,
    ),
    st.none() | st.integers(1, 2921),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PERSON, min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_as_told_one_by_one(persons, random):
    """Each cell against a count person by person; free counts never rise along the years."""
    lines, onsets = [], []
    for i, (person, onset) in enumerate(persons):
        lines += [f"p{i} Y{y} {' '.join(year)}" for y, year in enumerate(person, start=1)]
        onsets += [] if onset is None else [(f"p{i}", onset, "CDW", 0)]
    random.shuffle(lines)
    random.shuffle(onsets)
    names = [f"p{i}" for i in range(len(persons))]
    result = estimate_neda(years("\n".join(lines)), events(*onsets), people(*names), **CUT)
    got = result.collect().lazy()

    def state(i, y):
        """None = not evaluable, else whether free."""
        person, onset = persons[i]
        if y > len(person) or "-" in person[y - 1][:2]:
            return None
        mri, _, relapses = person[y - 1]
        is_worse = onset is not None and (y - 1) * YEAR <= onset < y * YEAR
        return not (mri == "1" or relapses == "1" or is_worse)

    curve = []
    for y in range(1, 9):
        of_year = [state(i, y) for i in range(len(persons))]
        assert free(got, f"Y{y}") == (of_year.count(True), len(of_year) - of_year.count(None))
        so_far = [[state(i, year) for year in range(1, y + 1)] for i in range(len(persons))]
        evaluable = [states for states in so_far if None not in states]
        assert free(got, f"Y0..Y{y}") == (sum(map(all, evaluable)), len(evaluable))
        curve.append(sum(map(all, evaluable)))
    assert curve == sorted(curve, reverse=True)


def test_order_of_rows_does_not_matter():
    windows = years("\n".join(f"{who} Y{y} 0 2.0 {y % 2}" for who in "abc" for y in (1, 2, 3)))
    rows = events(("a", 400, "CDW", 0), ("b", 800, "CDW", 0))
    wanted = estimate_neda(windows, rows, people(*"abc"), **CUT).collect()
    turned = estimate_neda(
        windows.collect().reverse().lazy(), rows.collect().reverse().lazy(), people(*"cba"), **CUT
    )
    assert_frame_equal(turned.collect(), wanted)
    assert wanted.filter(pl.col("value").is_not_null()).height > 0
