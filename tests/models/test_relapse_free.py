from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_tables import (
    COURSE_DAY,
    CUT,
    YEAR,
    five_patients,
    follow_up,
    methods,
    population,
    values,
    windows,
)

from models.relapse_free import estimate_relapse_free
from warehouse.contracts.results import KEY, RESULTS

COURSE = {"group_id": "3-courses", "anchor": "course-3"}


def test_cumulative_counts_leavers_as_free_by_hand():
    """Relapsed by month 12: a, c; by months 24 and 36 the same two. 3 of 5 free throughout."""
    result = estimate_relapse_free(*five_patients(), **CUT)
    for window in ("M0..M12", "M0..M24", "M0..M36"):
        got = values(
            result, analysis_id="relapse_free.cumulative", analysis_window=window, **COURSE
        )
        assert got["pct"] == pytest.approx(60)
        assert got["n_patients"] == 3
        half = 1.959963984540054 * np.sqrt(0.6 * 0.4 / 5) * 100
        assert got["ci_low"] == pytest.approx(60 - half)
        assert got["ci_high"] == 100, "cut at 100%"


def test_per_year_denominator_by_hand():
    """Year 1: b left without a relapse and is out: 2 of 4. Year 2: a, c, e completed it, d left;
    c relapsed again: 2 of 3. Year 3: a, c, e all free: 3 of 3, an interval without width.
    """
    result = estimate_relapse_free(*five_patients(), **CUT)
    expected = {"M0..M12": (2, 50.0), "M12..M24": (2, 200 / 3), "M24..M36": (3, 100.0)}
    for window, (free, pct) in expected.items():
        dimensions = {"analysis_id": "relapse_free.per_year", "analysis_window": window, **COURSE}
        got = values(result, **dimensions)
        assert (got["n_patients"], got["pct"]) == (free, pytest.approx(pct))
    assert (got["ci_low"], got["ci_high"]) == (None, None)


def test_kaplan_meier_by_hand():
    """4/5 after day 100; b leaves; c relapses among c, d, e: 4/5 · 2/3 = 8/15 ever after."""
    result = estimate_relapse_free(*five_patients(), **CUT)
    for window, at_risk in (("M0..M12", 2), ("M0..M24", 1), ("M0..M36", 1)):
        got = values(result, analysis_id="relapse_free.km", analysis_window=window, **COURSE)
        assert got["pct"] == pytest.approx(100 * 8 / 15)
        assert (got["at_risk"], got["n_events"]) == (at_risk, 2)
        assert 0 < got["ci_low"] < got["pct"] < got["ci_high"] < 100


def test_kaplan_meier_beyond_the_last_observation_is_not_estimable():
    table, people, _ = five_patients()
    ends = follow_up(dict.fromkeys("abcde", COURSE_DAY + 450))
    short = table.with_columns(
        first_relapse_day=pl.when(pl.col("first_relapse_day") < COURSE_DAY + 450).then(
            "first_relapse_day"
        )
    )
    result = estimate_relapse_free(short, people, ends, **CUT)
    cell = {"analysis_id": "relapse_free.km", "analysis_window": "M0..M24", **COURSE}
    got = values(result, **cell)
    assert (got["pct"], got["ci_low"], got["at_risk"]) == (None, None, 0)
    assert all("nobody" in method for method in methods(result, **cell))


def test_empty_groups_have_their_rows():
    result = estimate_relapse_free(windows(""), population({}), follow_up({}), **CUT).collect()
    assert result.schema == RESULTS["result_relapse_free"].schema
    assert result.select(KEY).is_unique().all()
    # From core baseline 8 cumulative and 8 single years and 8 marks of the curve for 4 groups;
    # around a course 4, 4 and 3 for 3 groups; 4 statistics each, 5 for Kaplan-Meier.
    assert result.height == 4 * (8 * 4 + 8 * 4 + 8 * 5) + 3 * (4 * 4 + 4 * 4 + 3 * 5)
    assert set(result.filter(pl.col("statistic") == "pct")["value_text"]) == {"NE"}


@st.composite
def cohorts(draw):
    """Patients of the 2-courses group: days of relapses and end of follow-up."""
    ends = draw(st.lists(st.integers(1, 2922), min_size=1, max_size=25))
    return [
        (sorted(draw(st.sets(st.integers(0, end - 1), max_size=4))), float(end)) for end in ends
    ]


def from_baseline(cohort):
    lines = []
    for number, (relapses, end) in enumerate(cohort):
        for year in range(1, 9):
            last_day = year * YEAR
            days = min(last_day, end)
            inside = [day for day in relapses if day < days]
            first = inside[0] if inside else ""
            lines.append(f"p{number:02d} Y0..Y{year} {days} {len(inside)} {first}")
    people = [f"p{number:02d}" for number in range(len(cohort))]
    return (
        windows("\n".join(lines), anchor="core-baseline", anchor_day=0),
        population(dict.fromkeys(people, "2-courses")),
        follow_up({person: end for person, (_, end) in zip(people, cohort, strict=True)}),
    )


def curve(result, analysis_id):
    cell = {"analysis_id": analysis_id, "group_id": "2-courses", "statistic": "pct"}
    rows = result.filter(*(pl.col(name) == value for name, value in cell.items())).sort(
        "analysis_window"
    )
    return rows.collect()["value"].to_list()


@settings(deadline=None, max_examples=40)
@given(cohorts())
def test_free_shares_never_rise_and_kaplan_meier_lies_below(cohort):
    result = estimate_relapse_free(*from_baseline(cohort), **CUT)
    shares = curve(result, "relapse_free.cumulative")
    km = curve(result, "relapse_free.km")
    assert len(shares) == len(km) == 8
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(shares))
    known = [value for value in km if value is not None]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(known))
    assert all(
        value is None or value <= share + 1e-9 for share, value in zip(shares, km, strict=True)
    )
