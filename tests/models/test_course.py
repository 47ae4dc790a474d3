"""Courses: totals, timing, intervals, reasons, early ones (S-02, C-02, C-04, C-05)."""

import json

import numpy as np
import polars as pl
import pytest
from course_tables import courses, people, repeat
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_tables import CUT, values

from models.course import describe_courses
from warehouse.contracts.results import KEY, RESULTS

DRAWN = {
    "one": "0",
    "two": "0, 365",
    "three": "0, 365, 800 RELAPSE",
    "late": "0, 365, 2921 OTHER",
    "after": "0, 365, 2922 RELAPSE",
    "four": "0, 365, 731 MRI ACTIVITY, 1461 RELAPSE AND MRI ACTIVITY",
    "five": "0, 365, 701, 1037 AS TOLD BY PHONE, 1403 RELAPSE",
    "six": "0, 365, 731 RELAPSE, 1461, 1900 RELAPSE, 2300",
    "core": "0, 365, 800 RELAPSE",
    "ifn": "740, 1100, 1500 RELAPSE",
}
WHO = {
    "is_extension": {"core": False, "ifn": False},
    "is_treated": {"ifn": False},
}


def described(drawn=DRAWN, **columns):
    return describe_courses(courses(drawn), people(drawn, **(columns or WHO)), **CUT)


def patients(result, **dimensions):
    return values(result, **dimensions)["n_patients"]


def test_totals_through_the_horizon_of_the_extension_and_of_all_treated():
    result = described()
    wanted = {  # late has Course 3 on the last day of the horizon, after the day behind it
        "1 course": (1, 1),
        "2 courses": (2, 2),
        "<=2 courses": (3, 3),
        "3 courses": (2, 3),
        "4 courses": (1, 1),
        ">=5 courses": (2, 2),
    }
    for category, numbers in wanted.items():
        for population, n, total in zip(("extension", "treated"), numbers, (8, 9), strict=True):
            got = values(
                result, analysis_id="course.total", population=population, category=category
            )
            assert got == {"n_patients": n, "pct": pytest.approx(100 * n / total)}, category


def test_a_course_is_timed_by_half_open_years():
    """Years begin on days 730.5 (Year 3) and 1461 (Year 5), the first day of it."""
    result = described()
    got = {
        (category, window): patients(
            result, analysis_id="course.timing", category=category, analysis_window=window
        )
        for category in (f"Course {k}" for k in range(3, 9))
        for window in (f"Y{year}" for year in range(1, 9))
    }
    assert {cell: n for cell, n in got.items() if n} == {
        ("Course 3", "Y2"): 1,  # five
        ("Course 3", "Y3"): 3,  # three, four, six
        ("Course 3", "Y8"): 1,  # late
        ("Course 4", "Y3"): 1,  # five
        ("Course 4", "Y5"): 2,  # four, six
        ("Course 5", "Y4"): 1,  # five
        ("Course 5", "Y6"): 1,  # six
        ("Course 6", "Y7"): 1,  # six
    }


def test_intervals_by_exact_total_through_the_horizon():
    result = described()

    def interval(group_id, category):
        return values(result, analysis_id="course.interval", group_id=group_id, category=category)

    days = np.array([800 - 365, 2921 - 365]) / 365.25
    assert interval("3-courses", "Course 2 to 3") == {
        "n_patients": 2,
        "mean": pytest.approx(days.mean()),
        "sd": pytest.approx(days.std(ddof=1)),
        "median": pytest.approx(np.median(days)),
        "min": pytest.approx(days[0]),
        "max": pytest.approx(days[1]),
    }
    assert interval("4-courses", "Course 3 to 4")["mean"] == pytest.approx(730 / 365.25)
    assert interval("5plus-courses", "Course 4 to 5")["min"] == pytest.approx(366 / 365.25)
    assert interval("5plus-courses", "Course 1 to 2")["n_patients"] == 2
    found = result.filter(analysis_id="course.interval").collect()
    assert set(found.select("group_id", "category").unique().rows()) == {
        ("3-courses", "Course 1 to 2"),
        ("3-courses", "Course 2 to 3"),
        ("4-courses", "Course 1 to 2"),
        ("4-courses", "Course 2 to 3"),
        ("4-courses", "Course 3 to 4"),
        ("5plus-courses", "Course 1 to 2"),
        ("5plus-courses", "Course 2 to 3"),
        ("5plus-courses", "Course 3 to 4"),
        ("5plus-courses", "Course 4 to 5"),
    }


def test_reasons_are_shares_of_all_entrants_who_received_the_course():
    result = described()
    wanted = {
        "course-3": (5, {"relapse": 2, "MRI activity": 1, "other": 1, "none given": 1}),
        "course-4": (3, {"relapse and MRI activity": 1, "other": 1, "none given": 1}),
        "course-5": (2, {"relapse": 2}),
    }
    categories = ("relapse", "MRI activity", "relapse and MRI activity", "other", "none given")
    for anchor, (total, reasons) in wanted.items():
        for category in categories:
            n = reasons.get(category, 0)
            got = values(result, analysis_id="course.reason", anchor=anchor, category=category)
            assert got == {"n_patients": n, "pct": pytest.approx(100 * n / total)}, category


def test_an_unknown_reason_is_other_and_its_text_is_not_published():
    result = described().filter(analysis_id="course.reason", category="other").collect()
    told = dict(result.filter(statistic="pct").select("anchor", "diagnostics").rows())
    assert {anchor: json.loads(text)["n_unknown_code"] for anchor, text in told.items()} == {
        "course-3": 0,
        "course-4": 1,
        "course-5": 0,
    }
    assert not any("PHONE" in text for text in described().collect()["diagnostics"])


def test_early_courses_come_less_than_twelve_months_after_the_previous_one():
    """365 days are less than 12 months, 366 are not; Course 1 to 2 after 365 days is early, too."""
    result = described()
    got = {
        f"Course {k}": patients(result, analysis_id="course.early", category=f"Course {k}")
        for k in range(2, 7)
    }
    assert got == {"Course 2": 7, "Course 3": 1, "Course 4": 1, "Course 5": 0, "Course 6": 0}
    n_total = result.filter(analysis_id="course.early").collect()["n_total"].to_list()
    assert n_total == [7, 5, 3, 2, 1]


def test_without_patients_all_rows_are_there_and_shares_are_ne():
    nobody = described({"p": "0"}, is_extension={"p": False}).collect()
    somebody = described().collect()
    assert nobody.select(KEY).equals(somebody.select(KEY))
    empty = nobody.filter(pl.col("population") == "extension")
    assert set(empty.filter(statistic="pct")["value_text"]) == {"NE"}
    assert set(empty.filter(statistic="mean")["value_text"]) == {"NE"}
    assert all("no patient" in text for text in empty.filter(statistic="pct")["method"])


def test_a_single_interval_has_no_standard_deviation():
    got = values(
        described(), analysis_id="course.interval", group_id="4-courses", category="Course 3 to 4"
    )
    assert got["sd"] is None
    assert got["min"] == got["median"] == got["max"]


def test_table_rows_follow_the_contract():
    result = described().collect()
    assert result.schema == RESULTS["result_course"].schema
    assert result["result_id"].is_unique().all()


#: Numbers that the paper prints: patients with each total, and reasons of Courses 3 and 4.
TOTALS = {"0, 365": 396, "0, 365, 800": 201, "0, 365, 800, 1300": 94, "0, 365, 800, 1300, 1800": 51}
REASONS = ("RELAPSE", "MRI ACTIVITY", "RELAPSE AND MRI ACTIVITY", "OTHER", "")


def test_the_totals_of_the_paper_come_out_as_printed():
    result = described(repeat(TOTALS), is_treated={}).filter(
        analysis_id="course.total", population="extension", statistic="pct"
    )
    texts = dict(result.select("category", "value_text").collect().rows())
    assert texts["<=2 courses"] == "53"
    assert (texts["3 courses"], texts["4 courses"]) == ("27", "13")
    assert 742 == 396 + 201 + 94 + 51
    assert result.collect()["n_total"].unique().to_list() == [742]


@pytest.mark.parametrize(
    ("course", "counts", "printed"),
    [
        (3, (180, 79, 73, 7, 7), ("52", "23", "21", "2", "2")),
        (4, (70, 29, 34, 8, 4), ("48", "20", "23", "6", "3")),
    ],
)
def test_the_reasons_of_the_paper_come_out_as_printed(course, counts, printed):
    before = ", ".join(["0", "365", "800"][: course - 1])
    drawn = repeat(
        {f"{before}, 1300 {reason}": n for reason, n in zip(REASONS, counts, strict=True)}
    )
    rows = described(drawn, is_treated={}).filter(
        analysis_id="course.reason", anchor=f"course-{course}", statistic="pct"
    )
    texts = dict(rows.select("category", "value_text").collect().rows())
    categories = ("relapse", "MRI activity", "relapse and MRI activity", "other", "none given")
    assert tuple(texts[category] for category in categories) == printed


@st.composite
def worlds(draw):
    gaps = st.lists(st.integers(300, 900), max_size=9)
    reason = st.sampled_from(["", " RELAPSE", " OTHER", " ELSE"])
    drawn = {}
    for number in range(draw(st.integers(0, 8))):
        day, items = 0, ["0"]
        for gap in draw(gaps):
            day += gap
            items.append(f"{day}{draw(reason)}")
        drawn[f"p{number}"] = ", ".join(items)
    return drawn


@settings(max_examples=25, deadline=None)
@given(drawn=worlds(), data=st.data())
def test_the_arithmetic_holds(drawn, data):
    """Totals add up to the entrants, years and reasons to those who received the course."""
    entered = {person: data.draw(st.booleans()) for person in drawn}
    result = describe_courses(courses(drawn), people(drawn, is_extension=entered), **CUT)
    rows = result.filter(population="extension", statistic="n_patients").collect()
    n = {tuple(key): value for *key, value in rows.select(*KEY[:-1], "value").rows()}

    def total(analysis_id, category=None, anchor=None):
        return sum(
            value
            for key, value in n.items()
            if key[0] == analysis_id and category in (None, key[3]) and anchor in (None, key[4])
        )

    def n_of(category):
        return total("course.total", category)

    entrants = sum(entered.values())
    assert n_of("<=2 courses") == n_of("1 course") + n_of("2 courses")
    exact = [n_of(name) for name in ("3 courses", "4 courses", ">=5 courses")]
    assert n_of("<=2 courses") + sum(exact) == entrants
    received = [total("course.timing", f"Course {k}") for k in range(3, 9)]
    assert received == sorted(received, reverse=True), "Course 4 comes after Course 3"
    assert received[:3] == [sum(exact), sum(exact[1:]), exact[2]]
    assert received[:3] == [total("course.reason", anchor=f"course-{k}") for k in (3, 4, 5)]
    assert total("course.interval", "Course 2 to 3") == received[0]
    assert total("course.interval", "Course 4 to 5") == received[2]


@settings(max_examples=10, deadline=None)
@given(drawn=worlds(), seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(drawn, seed):
    shuffled = [
        frame.collect().sample(fraction=1.0, shuffle=True, seed=seed).lazy()
        for frame in (courses(drawn), people(drawn))
    ]
    straight = describe_courses(courses(drawn), people(drawn), **CUT).collect()
    assert describe_courses(*shuffled, **CUT).collect().equals(straight)
