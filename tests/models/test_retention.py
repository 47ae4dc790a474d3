"""Who stayed on study, and who is available at a month (E-16, W-06)."""

import math

import polars as pl
import pytest
from course_tables import courses
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_tables import CUT, population, table, values

from models.retention import estimate_retention
from warehouse.contracts import CORE
from warehouse.contracts.core import GROUPS
from warehouse.contracts.results import KEY, RESULTS

THREE = "3-courses"
#: person: group, courses, last day of efficacy follow-up (exclusive), on study at the end
PERSONS = {
    "two": ("2-courses", "0, 365", 2922.0, True),
    "left": ("2-courses", "0, 365", 1461.0, False),
    "full": (THREE, "0, 365, 1000", 1000 + 36 * 30.4375, True),
    "short": (THREE, "0, 365, 1000", 1000 + 36 * 30.4375 - 0.25, True),
    "early": (THREE, "0, 365, 2000", 2365.0, False),
    "four": ("4-courses", "0, 365, 900, 1300", 2040.0, False),
    "five": ("5plus-courses", "0, 365, 900, 1300, 1700, 2100", 2100.0, True),
    "out": (None, "0, 365, 800", 2922.0, True),
}


def estimated(persons=PERSONS, horizon_years=8):
    follow_up = [
        {
            "person_id": person,
            "efficacy_end_day": end,
            "is_on_study_through_horizon": is_on_study,
        }
        for person, (_, _, end, is_on_study) in persons.items()
    ]
    return estimate_retention(
        courses({person: row[1] for person, row in persons.items()}),
        table(CORE["follow_up"], follow_up),
        population({person: row[0] for person, row in persons.items()}),
        **(CUT | {"horizon_years": horizon_years}),
    )


def share(result, **dimensions):
    got = values(result, **dimensions)
    return got["n_patients"], got["pct"]


def test_on_study_through_the_horizon():
    result = estimated()

    def retained(group_id):
        dimensions = {"analysis_id": "retention", "analysis_window": "Y0..Y8"}
        return share(result, group_id=group_id, anchor="core-baseline", **dimensions)

    assert retained("2-courses") == (1, 50)
    assert retained(THREE) == (2, pytest.approx(200 / 3))
    assert retained("4-courses") == (0, 0)
    assert retained("5plus-courses") == (1, 100)
    assert retained("overall") == (4, pytest.approx(400 / 7)), "who is in no group is left out"


def test_available_after_the_course_that_defines_the_group():
    """early: Course 3 on day 2000, 365 days of follow-up are not 12 months; full: 36 months."""
    result = estimated()

    def available(group_id, anchor):
        found = result.filter(analysis_id="available", group_id=group_id, anchor=anchor)
        rows = found.filter(statistic="n_patients").collect()
        return dict(rows.select("timepoint", "value").rows())

    assert available(THREE, "course-3") == {"M12": 2, "M24": 2, "M36": 1}
    assert available("4-courses", "course-4") == {"M12": 1, "M24": 1, "M36": 0}
    assert available("5plus-courses", "course-5") == {"M12": 1, "M24": 0, "M36": 0}
    assert available("2-courses", "course-3") == {}
    assert available("4-courses", "course-3") == {}
    got = share(result, analysis_id="available", anchor="course-3", timepoint="M36")
    assert got == (1, pytest.approx(100 / 3))


def test_available_at_years_from_core_baseline():
    """left: followed through the last day of Year 4; full and short: 2095 days, Year 5."""
    result = estimated()

    def available(group_id):
        return [
            values(
                result,
                analysis_id="available",
                group_id=group_id,
                anchor="core-baseline",
                timepoint=f"Y{year}",
            )["n_patients"]
            for year in range(1, 9)
        ]

    assert available("2-courses") == [2, 2, 2, 2, 1, 1, 1, 1]
    assert available(THREE) == [3, 3, 3, 3, 3, 1, 0, 0]
    assert available("overall") == [7, 7, 7, 7, 6, 2, 1, 1]


def test_the_windows_follow_the_horizon():
    result = estimated(horizon_years=7).collect()
    assert set(result.filter(analysis_id="retention")["analysis_window"]) == {"Y0..Y7"}
    assert "Y8" not in set(result["timepoint"])


def test_without_patients_all_rows_are_there():
    assert estimated({}).select(KEY).collect().equals(estimated().select(KEY).collect())
    nothing = estimated({}).filter(statistic="pct").collect()
    assert set(nothing["value_text"]) == {"NE"}
    assert all("no patient" in method for method in nothing["method"])


def test_rows_follow_the_contract_and_name_their_rules():
    result = estimated().collect()
    assert result.schema == RESULTS["result_retention"].schema
    assert result["result_id"].is_unique().all()
    rules = dict(result.filter(analysis_id="available").select("group_id", "rule_ids").rows())
    assert rules[THREE] == "W-06 S-05 T-06"
    assert rules["overall"] == "W-06 S-08 T-06"


@pytest.mark.parametrize(
    ("group_id", "n", "total", "printed"),
    [
        ("2-courses", 269, 362, "74"),
        (THREE, 120, 144, "83"),
        ("4-courses", 50, 62, "81"),
        ("5plus-courses", 34, 39, "87"),
    ],
)
def test_the_retention_of_the_paper_comes_out_as_printed(group_id, n, total, printed):
    persons = {f"p{i:03d}": (group_id, "0, 365", 2922.0, i < n) for i in range(total)}
    rows = estimated(persons).filter(analysis_id="retention", group_id=group_id, statistic="pct")
    assert rows.collect()["value_text"].item() == printed


ends = st.one_of(st.integers(1, 2922).map(float), st.sampled_from([365.25, 1461.0, 2922.0]))


@settings(max_examples=25, deadline=None)
@given(drawn=st.lists(st.tuples(st.sampled_from([*GROUPS, None]), ends, st.booleans()), max_size=9))
def test_fewer_and_fewer_are_available_and_groups_add_up(drawn):
    persons = {
        f"p{i}": (group, "0, 365, 800, 1200, 1600", end, stayed)
        for i, (group, end, stayed) in enumerate(drawn)
    }
    rows = estimated(persons).filter(statistic="n_patients").collect()
    in_order = [*(f"Y{year}" for year in range(1, 9)), "M12", "M24", "M36"]
    for (group_id, anchor), found in rows.filter(analysis_id="available").group_by(
        "group_id", "anchor"
    ):
        n = dict(found.select("timepoint", "value").rows())
        counts = [n[timepoint] for timepoint in in_order if timepoint in n]
        assert counts == sorted(counts, reverse=True), (group_id, anchor)
    pooled = rows.filter(pl.col("anchor") == "core-baseline").group_by(
        "analysis_id", "timepoint", is_overall=pl.col("group_id") == "overall"
    )
    sums = {tuple(key): value for *key, value in pooled.agg(pl.col("value").sum()).rows()}
    for (analysis_id, timepoint, is_overall), value in sums.items():
        assert math.isclose(value, sums[analysis_id, timepoint, not is_overall]), is_overall
