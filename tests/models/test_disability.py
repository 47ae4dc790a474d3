"""Worsening and improvement at their marks, by hand (E-07 .. E-09)."""

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from trial_tables import CUT, YEAR, methods, population, table, values

from models.disability import NOT_OBSERVED, estimate_disability
from models.share import NO_INTERVAL, NO_PATIENTS
from warehouse.contracts import WINDOWS
from warehouse.contracts.results import KEY, RESULTS

CORE = {"anchor": "core-baseline", "group_id": "2-courses"}
#: Person, days to event or censoring, 0 = event; at Year 1: 4/5 after day 100, b leaves, 2/3 of
#: those left after day 300.
FIVE = [("a", 100, 0), ("b", 200, 1), ("c", 300, 0), ("d", 700, 1), ("e", 1500, 1)]
Told = list[tuple[str, float, int]]


def events(
    told: Told, endpoint: str = "CDW", anchor: str = "core-baseline", tolerance: float = 45
) -> pl.LazyFrame:
    """Rows of one anchor and endpoint."""
    rows = [
        {
            "person_id": person,
            "anchor": anchor,
            "endpoint": endpoint,
            "days_to_event": float(days),
            "cnsr": cnsr,
            "last_edss_tolerance_days": float(tolerance),
        }
        for person, days, cnsr in told
    ]
    return table(WINDOWS["disability_event"], rows)


def estimate(
    rows: pl.LazyFrame, groups: dict[str, str | None] | None = None, horizon_years: int = 8
) -> pl.LazyFrame:
    people = population(groups or dict.fromkeys("abcde", "2-courses"))
    return estimate_disability(rows, people, **(CUT | {"horizon_years": horizon_years}))


def diagnostics(result: pl.LazyFrame, **dimensions: str) -> dict[str, Any]:
    cell = result.filter(*(pl.col(name) == value for name, value in dimensions.items()))
    (told,) = cell.collect()["diagnostics"].unique()
    return json.loads(told)


def limits(share: float, variance_sum: float) -> list[float]:
    """Log-log limits of a Kaplan-Meier share, in percent."""
    half = 1.959963984540054 * math.sqrt(variance_sum) / math.log(share)
    return [100 * share ** math.exp(sign * half) for sign in (-1, 1)]


def test_free_of_worsening_by_hand() -> None:
    result = estimate(events(FIVE))
    got = values(result, analysis_id="cdw.km", timepoint="Y1", **CORE)
    assert got["pct"] == pytest.approx(100 * 8 / 15)
    assert sorted(limits(8 / 15, 1 / (5 * 4) + 1 / (3 * 2))) == pytest.approx(
        [got["ci_low"], got["ci_high"]]
    )
    assert (got["at_risk"], got["n_events"]) == (2, 2)
    assert diagnostics(result, analysis_id="cdw.km", timepoint="Y1", **CORE) == {
        "events_before_mark": 2,
        "censored_before_mark": 1,
        "observed_in_visit_window_or_later": 2,
    }


def test_with_improvement_is_the_rest_and_limits_change_places() -> None:
    free = values(estimate(events(FIVE)), analysis_id="cdw.km", timepoint="Y1", **CORE)
    got = values(estimate(events(FIVE, "CDI")), analysis_id="cdi.km", timepoint="Y1", **CORE)
    assert got["pct"] == pytest.approx(100 * 7 / 15)
    assert got["ci_low"] == pytest.approx(100 - free["ci_high"])
    assert got["ci_high"] == pytest.approx(100 - free["ci_low"])
    assert got["ci_low"] < got["pct"] < got["ci_high"]
    assert (got["at_risk"], got["n_events"]) == (2, 2)


def test_a_mark_needs_somebody_in_its_visit_window_or_later() -> None:
    """Year 4 ends on day 1461: e is seen after it. Year 5, day 1826.25, needs 327 days."""
    result = estimate(events(FIVE))
    assert values(result, analysis_id="cdw.km", timepoint="Y4", **CORE)["at_risk"] == 1
    cell = {"analysis_id": "cdw.km", "timepoint": "Y5", **CORE}
    assert values(result, **cell) == {
        "pct": None,
        "ci_low": None,
        "ci_high": None,
        "at_risk": 0,
        "n_events": 2,
    }
    assert methods(result, **cell) == {NOT_OBSERVED}
    assert diagnostics(result, **cell)["reason"] == NOT_OBSERVED
    wide = estimate(events(FIVE, tolerance=327))
    got = values(wide, **cell)
    assert (got["pct"], got["at_risk"]) == (pytest.approx(100 * 8 / 15), 0)
    told = diagnostics(wide, **cell)
    assert (told["censored_before_mark"], told["observed_in_visit_window_or_later"]) == (3, 1)


def test_an_event_shortly_before_a_mark_does_not_stand_for_it() -> None:
    """The tolerance is that of a visit without the event."""
    told = [("a", 360, 0), ("b", 100, 1), ("c", 100, 1)]
    got = values(estimate(events(told)), analysis_id="cdw.km", timepoint="Y1", **CORE)
    assert (got["pct"], got["at_risk"]) == (0, 0)
    told = [("a", 90, 0), ("b", 100, 1), ("c", 360 - 45, 1)]
    got = values(estimate(events(told)), analysis_id="cdw.km", timepoint="Y1", **CORE)
    assert got["pct"] is None


def test_an_event_on_the_mark_comes_after_it() -> None:
    rows = events([("a", YEAR, 0), ("b", 2000, 1)])
    got = values(estimate(rows), analysis_id="cdw.km", timepoint="Y1", **CORE)
    assert (got["pct"], got["n_events"], got["at_risk"]) == (100, 0, 2)
    assert got["ci_low"] is None
    cell = {"analysis_id": "cdw.km", "timepoint": "Y1", **CORE}
    assert diagnostics(estimate(rows), **cell)["reason"] == NO_INTERVAL
    assert values(estimate(rows), **(cell | {"timepoint": "Y2"}))["pct"] == 50


def test_a_group_is_looked_at_from_core_baseline_and_from_its_own_course() -> None:
    groups = {"a": "3-courses", "b": "3-courses", "c": "4-courses", "d": None, "e": "5plus-courses"}
    rows = pl.concat(
        events([(person, 400, person == "a" and 0) for person in "abcde"], anchor=anchor)
        for anchor in ("core-baseline", "course-3", "course-4", "course-5")
    )
    result = estimate(rows, groups).collect()
    places = result.select("group_id", "anchor").unique().sort("group_id", "anchor").rows()
    assert places == [
        ("2-courses", "core-baseline"),
        ("3-courses", "core-baseline"),
        ("3-courses", "course-3"),
        ("4-courses", "core-baseline"),
        ("4-courses", "course-4"),
        ("5plus-courses", "core-baseline"),
        ("5plus-courses", "course-5"),
    ]
    sizes = result.filter(analysis_id="cdw.km").select("group_id", "n_total").unique().rows()
    assert dict(sizes) == {"2-courses": 0, "3-courses": 2, "4-courses": 1, "5plus-courses": 1}
    course = result.filter(group_id="3-courses", anchor="course-3", analysis_id="cdw.km")
    names = course.select("analysis_window", "timepoint").unique().sort("timepoint").rows()
    assert names == [("M0..M12", "M12"), ("M0..M24", "M24"), ("M0..M36", "M36")]


@pytest.mark.parametrize("horizon_years", [7, 8])
def test_nobody_has_all_rows(horizon_years: int) -> None:
    result = estimate(events([]), {"a": None}, horizon_years).collect()
    assert result.schema == RESULTS["result_disability"].schema
    assert result.select(KEY).is_unique().all()
    # Two endpoints: all marks from core baseline of 4 groups, 3 after the course of 3 groups.
    assert result.height == 2 * (4 * horizon_years + 3 * 3) * 5
    assert set(result.filter(pl.col("statistic") == "pct")["value_text"]) == {"NE"}
    assert set(result["method"]) == {NO_PATIENTS}
    assert result["n_total"].sum() == 0


def test_rows_name_their_rules_and_print_whole_percents() -> None:
    result = estimate(events(FIVE)).collect()
    rows = result.filter(timepoint="Y1", group_id="2-courses", statistic="pct").sort("analysis_id")
    assert rows["rule_ids"].to_list() == [
        "E-08 E-07 E-09 S-04 W-01 W-02 T-06 T-07",
        "E-07 E-09 S-04 W-01 W-02 T-06 T-07",
    ]
    assert rows["value_text"].to_list() == ["NE", "53"]
    assert rows["population"].to_list() == ["efficacy"] * 2


@st.composite
def times(draw: st.DrawFn) -> Told:
    told = st.tuples(st.integers(0, 3000), st.integers(0, 1))
    cohort = draw(st.lists(told, min_size=1, max_size=30))
    return [(f"p{n:02d}", days, 1 if days == 0 else cnsr) for n, (days, cnsr) in enumerate(cohort)]


@settings(deadline=None, max_examples=30)
@given(told=times(), seed=st.integers(0, 2**31))
def test_curves_go_one_way_and_the_order_of_rows_does_not_matter(told: Told, seed: int) -> None:
    rows = pl.concat([events(told), events(told, "CDI")])
    groups = {person: "2-courses" for person, _, _ in told}
    result = estimate(rows, groups).collect()
    shuffled = rows.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
    assert_frame_equal(estimate(shuffled, groups).collect(), result)
    cells = result.filter(anchor="core-baseline", group_id="2-courses")
    wide = cells.pivot(on="statistic", index=("analysis_id", "timepoint"), values="value").sort(
        "analysis_id", "timepoint"
    )
    free, improved = (wide.filter(analysis_id=name) for name in ("cdw.km", "cdi.km"))
    known = free["pct"].drop_nulls().to_list()
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(known))
    assert all(later <= earlier for earlier, later in pairwise(free["at_risk"]))
    assert np.allclose(
        (free["pct"] + improved["pct"]).drop_nulls().to_numpy(), 100, rtol=0, atol=1e-9
    )
    is_known = free["pct"].is_not_null()
    assert (free.filter(~is_known)["at_risk"] == 0).all()
