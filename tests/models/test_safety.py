"""Safety: incidence, rates, events by course and onset of autoimmunity, by hand and by oracle."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cases import own_cases, read_case
from polars.testing import assert_frame_equal
from scipy.stats import poisson
from trial_tables import CUT, table, values

from models.incidence_rate import rate_values
from models.safety import estimate_safety
from models.safety_counts import CATEGORIES
from warehouse.contracts import CORE, WINDOWS
from warehouse.contracts.results import KEY, RESULTS

YEAR = 365.25
OVERALL = {"population": "treated", "group_id": "overall"}
FLAGS = ("infection", "thyroid", "itp", "nephropathy", "malignancy", "iar")

_COURSE = {
    name: CORE["course"].schema[name] for name in ("person_id", "course_number", "course_day")
}


def inputs(patients: dict[str, dict[str, Any]]) -> dict[str, pl.LazyFrame]:
    """Tables of patients: `end` of safety person-time, `died`, `courses` (days), `sets`, `group`
    and `events`: (day, flags ...), flags of `FLAGS`, "serious".
    """
    people, spans, courses, events = [], [], [], []
    for name, patient in patients.items():
        sets = patient.get("sets", ("treated",))
        people.append(
            {
                "person_id": name,
                "group_id": patient.get("group"),
                **{f"is_{member}": True for member in sets},
            }
        )
        spans.append(
            {
                "person_id": name,
                "safety_end_day": float(patient["end"]),
                "death_day": patient.get("died"),
            }
        )
        days = patient.get("courses", (0,))
        for number, course_day in enumerate(days, start=1):
            courses.append((name, number, course_day))
        for number, (on, *flags) in enumerate(patient.get("events", ()), start=1):
            autoimmune = bool({"thyroid", "itp", "nephropathy"} & set(flags))
            events.append(
                {
                    "person_id": name,
                    "event_number": number,
                    "onset_day": on,
                    "is_serious": "serious" in flags,
                    "is_autoimmune": autoimmune,
                    **{f"is_{flag}": flag in flags for flag in FLAGS},
                    "last_course_number": sum(course_day <= on for course_day in days),
                }
            )
    return {
        "course": pl.LazyFrame(courses, schema=_COURSE, orient="row"),
        "follow_up": table(CORE["follow_up"], spans),
        "safety_event": table(WINDOWS["safety_event"], events),
        "population": table(CORE["population"], people),
    }


def estimate(patients: dict[str, dict[str, Any]]) -> pl.LazyFrame:
    return estimate_safety(**inputs(patients), **CUT)


#: Course 2 on day 365, of `c` also Course 3 on day 1000; `d` died, without an event.
FOUR = {
    "a": {
        "end": 1000,
        "courses": (0, 365),
        "events": [(0, "iar", "serious"), (10, "infection"), (400, "thyroid"), (900, "thyroid")],
    },
    "b": {"end": 500, "courses": (0, 365), "events": [(365, "infection", "serious")]},
    "c": {
        "end": 2000,
        "courses": (0, 365, 1000),
        "sets": ("treated", "additional", "safety"),
        "events": [(1500, "itp", "serious"), (1500, "malignancy"), (999, "infection")],
    },
    "d": {"end": 300, "died": 299},
}


#: Category, patients and events, days at risk of a first event. The day of onset is included: a
#: leaves on day 0, b on day 365, c on day 999; d is seen to the end.
BY_HAND = [
    ("any AE", 3, 8, 1 + 366 + 1000 + 300),
    ("serious AE", 3, 3, 1 + 366 + 1501 + 300),
    ("infections", 3, 3, 11 + 366 + 1000 + 300),
    ("serious infections", 1, 1, 1000 + 366 + 2000 + 300),
    ("autoimmune AE", 2, 3, 401 + 500 + 1501 + 300),
    ("serious autoimmune AE", 1, 1, 1000 + 500 + 1501 + 300),
    ("thyroid AE", 1, 2, 401 + 500 + 2000 + 300),
    ("serious thyroid AE", 0, 0, 3800),
    ("ITP", 1, 1, 1000 + 500 + 1501 + 300),
    ("nephropathy", 0, 0, 3800),
    ("malignancy", 1, 1, 1000 + 500 + 1501 + 300),
    ("IAR", 1, 1, 1 + 500 + 2000 + 300),
    ("serious IAR", 1, 1, 1 + 500 + 2000 + 300),
    ("death", 1, 1, 3800),
]


@pytest.mark.parametrize(("category", "n_patients", "n_events", "days_to_first"), BY_HAND)
def test_incidence_and_rates_by_hand(category, n_patients, n_events, days_to_first):
    result = estimate(FOUR)
    cell = {**OVERALL, "category": category}
    got = values(result, analysis_id="safety.incidence", **cell)
    assert got == {"n_patients": n_patients, "pct": 100 * n_patients / 4}
    got = values(result, analysis_id="safety.rate", **cell)
    assert (got["n_events"], got["person_years"]) == (n_events, pytest.approx(3800 / YEAR))
    assert got["rate"] == pytest.approx(100 * n_events / (3800 / YEAR))
    got = values(result, analysis_id="safety.first_event_rate", **cell)
    assert got["n_patients"] == n_patients
    assert got["person_years"] == pytest.approx(days_to_first / YEAR)
    assert got["rate"] == pytest.approx(100 * n_patients / (days_to_first / YEAR))


def test_every_category_is_told_in_every_analysis():
    assert [row[0] for row in BY_HAND] == list(CATEGORIES)
    result = estimate(FOUR).collect()
    for analysis in ("incidence", "rate", "first_event_rate", "by_course"):
        rows = result.filter(pl.col("analysis_id") == f"safety.{analysis}")
        assert set(rows["category"]) == set(CATEGORIES)


@pytest.mark.parametrize(
    ("course", "received", "days", "expected"),
    [
        # Course 1: a, b, c until day 365, d to the end.
        (
            1,
            4,
            3 * 365 + 300,
            {"any AE": (1, 2), "IAR": (1, 1), "infections": (1, 1), "death": (1, 1)},
        ),
        # Course 2: a to 1000, b to 500, c until Course 3.
        (
            2,
            3,
            635 + 135 + 635,
            {"any AE": (3, 4), "thyroid AE": (1, 2), "infections": (2, 2), "death": (0, 0)},
        ),
        (3, 1, 1000, {"any AE": (1, 2), "ITP": (1, 1), "autoimmune AE": (1, 1), "IAR": (0, 0)}),
    ],
)
def test_by_course_by_hand(course, received, days, expected):
    """An event on a course's day is after it (W-02): b's infection on day 365."""
    result = estimate(FOUR)
    for category, (n_patients, n_events) in expected.items():
        cell = {"anchor": f"course-{course}", "category": category, **OVERALL}
        got = values(result, analysis_id="safety.by_course", **cell)
        assert (got["n_patients"], got["n_events"]) == (n_patients, n_events), category
        assert got["pct"] == pytest.approx(100 * n_patients / received)
        assert got["person_years"] == pytest.approx(days / YEAR)
        assert got["rate"] == pytest.approx(100 * n_events / (days / YEAR))
        assert got["ci_low"] <= got["rate"] < got["ci_high"]


def test_events_and_time_after_course_6_and_later_ones_are_told_together():
    patients = {
        "a": {
            "end": 2800,
            "courses": (0, 300, 600, 900, 1200, 1500, 1800),
            "events": [(1499,), (1500,), (1900,), (2000,)],
            "died": 2799,
        },
        "b": {"end": 1400, "courses": (0, 300, 600, 900, 1200)},
    }
    result = estimate(patients)

    def at(number: int, category: str = "any AE") -> dict[str, float | None]:
        cell = {"anchor": f"course-{number}", "category": category, **OVERALL}
        return values(result, analysis_id="safety.by_course", **cell)

    assert (at(6)["n_patients"], at(6)["n_events"]) == (1, 3)
    assert at(6)["person_years"] == pytest.approx(1300 / YEAR)
    assert at(6)["pct"] == 100
    assert (at(5)["n_events"], at(5)["pct"]) == (1, 50)
    assert at(5)["person_years"] == pytest.approx((300 + 200) / YEAR)
    assert at(6, "death")["n_events"] == 1
    anchors = set(result.collect()["anchor"]) - {"core-baseline"}
    assert anchors == {f"course-{number}" for number in range(1, 7)}


def test_a_course_after_the_end_of_person_time_is_not_received_in_it():
    """A cut of seven years: time ends at 2556.75; Course 3 came later."""
    result = estimate({"a": {"end": 2556.75, "courses": (0, 365, 2600)}})
    cell = {"anchor": "course-3", "category": "any AE", **OVERALL}
    got = values(result, analysis_id="safety.by_course", **cell)
    assert (got["n_patients"], got["pct"], got["rate"]) == (0, None, None)
    got = values(result, analysis_id="safety.by_course", **{**cell, "anchor": "course-2"})
    assert got["person_years"] == pytest.approx((2556.75 - 365) / YEAR)


def test_the_last_day_is_at_risk_only_as_far_as_person_time_goes():
    """An event on day 2556 of a horizon that ends at 2556.75 leaves no more than that."""
    result = estimate({"a": {"end": 2556.75, "events": [(2556,)]}})
    got = values(result, analysis_id="safety.first_event_rate", category="any AE", **OVERALL)
    assert got["person_years"] == pytest.approx(2556.75 / YEAR)


def test_a_death_counts_in_safety_person_time_only():
    result = estimate({"a": {"end": 100, "died": 99}, "b": {"end": 100, "died": 100}})
    got = values(result, analysis_id="safety.incidence", category="death", **OVERALL)
    assert got == {"n_patients": 1, "pct": 50}


def test_groups_are_those_of_table_2_and_the_efficacy_groups():
    """A patient counts in every group that he is in, and in no other."""
    two = {"sets": ("treated", "extension", "safety", "efficacy"), "group": "2-courses"}
    three = {
        "sets": ("treated", "extension", "safety", "efficacy", "additional"),
        "group": "3-courses",
    }
    late = {"sets": ("treated", "extension", "safety", "additional")}
    untreated = {"sets": ()}
    patients = {
        name: {"end": 100, "events": [(5,)], **sets}
        for name, sets in {"a": two, "b": three, "c": late, "d": untreated, "e": {}}.items()
    }
    result = estimate(patients)
    expected = {
        ("treated", "overall"): 4,
        ("safety", "2-courses"): 1,
        ("additional", "additional-courses"): 2,
        ("efficacy", "3-courses"): 1,
        ("efficacy", "4-courses"): 0,
        ("efficacy", "5plus-courses"): 0,
    }
    told = result.filter(pl.col("analysis_id") == "safety.incidence").collect()
    assert set(told.select("population", "group_id").rows()) == set(expected)
    for (population, group_id), n in expected.items():
        cell = {"population": population, "group_id": group_id, "category": "any AE"}
        got = values(result, analysis_id="safety.incidence", **cell)
        assert got == {"n_patients": n, "pct": 100 if n else None}


def test_onset_of_autoimmunity_by_hand():
    """First events after 1, 2 and 6 years; a later one of `a` does not count."""
    patients = {
        "a": {"end": 2922, "events": [(2000, "itp"), (365, "thyroid")]},
        "b": {"end": 2922, "events": [(731, "nephropathy"), (3, "infection")]},
        "c": {"end": 2922, "events": [(2191, "thyroid")]},
        "d": {"end": 2922, "events": [(100, "malignancy")]},
    }
    got = values(estimate(patients), analysis_id="autoimmune.onset", **OVERALL)
    years = [365 / YEAR, 731 / YEAR, 2191 / YEAR]
    mean = sum(years) / 3
    assert got["n_patients"] == 3
    assert got["mean"] == pytest.approx(mean)
    assert got["sd"] == pytest.approx((sum((year - mean) ** 2 for year in years) / 2) ** 0.5)
    assert (got["min"], got["median"], got["max"]) == pytest.approx(tuple(years))


def test_onset_of_one_patient_has_no_spread_and_of_none_nothing():
    result = estimate({"a": {"end": 100, "events": [(10, "itp")]}})
    got = values(result, analysis_id="autoimmune.onset", **OVERALL)
    assert got == {
        "n_patients": 1,
        "sd": None,
        **dict.fromkeys(("mean", "median", "min", "max"), pytest.approx(10 / YEAR)),
    }
    none = {"population": "safety", "group_id": "2-courses"}
    got = values(result, analysis_id="autoimmune.onset", **none)
    assert got == {"n_patients": 0, **dict.fromkeys(("mean", "sd", "median", "min", "max"))}


def test_rules_method_and_presentation():
    rows = estimate(FOUR).filter(**OVERALL).collect()
    rule_ids = dict(
        rows.filter(analysis_id="safety.incidence").select("category", "rule_ids").rows()
    )
    assert rule_ids["infections"] == "E-12 S-01 T-08"
    assert rule_ids["serious IAR"] == "E-12 E-13 S-01 T-08"
    assert rule_ids["autoimmune AE"] == "E-12 E-14 S-01 T-08"
    assert set(rows.filter(analysis_id="autoimmune.onset")["rule_ids"]) == {"E-14 S-01 E-12 T-08"}
    first = rows.filter(analysis_id="safety.first_event_rate", category="IAR")
    assert set(first["method"]) == {
        "first events per 100 patient-years, exact Poisson 95% CI; the day of onset is at risk"
    }
    windows = rows.filter(pl.col("anchor") == "core-baseline")["analysis_window"]
    assert set(windows) == {"Y0..Y8"}
    text = rows.filter(category="infections", statistic="pct", anchor="course-2")["value_text"]
    assert text.to_list() == ["66.7"]
    text = rows.filter(category="ITP", statistic="rate", analysis_id="safety.rate")["value_text"]
    assert text.to_list() == ["9.61"]


def test_groups_without_patients_have_their_rows_with_the_reason():
    result = estimate({}).collect()
    assert result.schema == RESULTS["result_safety"].schema
    assert result.select(KEY).is_unique().all()
    # Of 6 groups 14 categories with 2, 5 and 5 statistics, and 6 of autoimmune onset; by course
    # 6, 2 and 6 courses of 14 categories with 7.
    assert result.height == 6 * (14 * (2 + 5 + 5) + 6) + (6 + 2 + 6) * 14 * 7
    unknown = result.filter(pl.col("statistic").is_in(["pct", "rate", "ci_low", "mean"]))
    assert set(unknown["value_text"]) == {"NE"}
    assert unknown["method"].str.starts_with("not estimable").all()
    assert unknown["diagnostics"].str.contains("reason").all()
    filled = estimate(FOUR).collect()
    assert_frame_equal(filled.select("result_id"), result.select("result_id"))


@pytest.mark.parametrize(("folder", "case_id"), own_cases("incidence"))
def test_incidence_agrees_with_r(folder: Path, case_id: str):
    """Their days count from 1 on the first day, and follow-up ends with day fu_days: their day d
    is our elapsed day d - 1, and the end, exclusive, is our day fu_days. Events outside of
    1 .. fu_days are not in `windows.safety_event`.
    """
    case, rows = read_case(folder, case_id)
    patients: dict[str, dict[str, Any]] = {}
    for row in rows:
        patient = patients.setdefault(row["usubjid"], {"end": int(row["fu_days"]), "events": []})
        if row["ae_day"] and 1 <= int(row["ae_day"]) <= patient["end"]:
            patient["events"].append((int(row["ae_day"]) - 1,))
    result = estimate(patients)
    cell = {**OVERALL, "category": "any AE"}
    share, rate, first = (
        values(result, analysis_id=f"safety.{name}", **cell)
        for name in ("incidence", "rate", "first_event_rate")
    )
    expected = case["expected"]
    assert len(patients) == expected["n"]
    got = {
        "patients_with_event": share["n_patients"],
        "percent": share["pct"],
        "events": rate["n_events"],
        "patient_years": rate["person_years"],
        "event_rate_per_100py": rate["rate"],
        "patient_years_to_first": first["person_years"],
        "eair_first_per_100py": first["rate"],
    }
    for name, value in got.items():
        assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-9), name
    for told, estimated in (("event_rate", rate), ("eair_first", first)):
        limits = [estimated["ci_low"], estimated["ci_high"]]
        assert limits == pytest.approx(expected[f"{told}_exact_ci_per_100py"], rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 5000), years=st.floats(0.01, 1e5))
def test_exact_limits_leave_two_and_a_half_percent_on_each_side(n: int, years: float):
    got = rate_values(n, years)
    assert poisson.sf(n - 1, got["ci_low"] / 100 * years) == pytest.approx(0.025, rel=1e-6)
    assert poisson.cdf(n, got["ci_high"] / 100 * years) == pytest.approx(0.025, rel=1e-6)


PATIENT = st.integers(50, 2922).flatmap(
    lambda end: st.fixed_dictionaries(
        {
            "end": st.just(end),
            "courses": st.lists(st.integers(1, end - 1), max_size=6, unique=True).map(
                lambda days: (0, *sorted(days))
            ),
            "events": st.lists(
                st.tuples(
                    st.integers(0, end - 1),
                    st.sampled_from([*FLAGS, "none"]),
                    st.sampled_from(["serious", "none"]),
                ),
                max_size=6,
            ),
            "sets": st.sampled_from([("treated",), ("treated", "additional"), ()]),
        }
    )
)


@settings(max_examples=12, deadline=None)
@given(cohort=st.lists(PATIENT, min_size=1, max_size=8), data=st.data())
def test_courses_add_up_and_order_does_not_matter(cohort: list[dict[str, Any]], data):
    patients = {f"p{number}": patient for number, patient in enumerate(cohort)}
    tables = inputs(patients)
    result = estimate_safety(**tables, **CUT)
    for population, group_id in (("treated", "overall"), ("additional", "additional-courses")):
        group = {"population": population, "group_id": group_id}
        for category in ("any AE", "serious AE", "thyroid AE"):
            whole = values(result, analysis_id="safety.rate", category=category, **group)
            parts = [
                values(
                    result,
                    analysis_id="safety.by_course",
                    category=category,
                    anchor=f"course-{number}",
                    **group,
                )
                for number in range(1, 7)
            ]
            for name in ("n_events", "person_years"):
                assert sum(part[name] for part in parts) == pytest.approx(whole[name]), name
            first = values(
                result, analysis_id="safety.first_event_rate", category=category, **group
            )
            assert first["person_years"] <= whole["person_years"]
            assert first["n_patients"] <= whole["n_events"]
    any_event = values(result, analysis_id="safety.incidence", category="any AE", **OVERALL)
    for broad, narrow in pairwise(("any AE", "serious AE", "serious infections")):
        more, fewer = (
            values(result, analysis_id="safety.incidence", category=name, **OVERALL)["n_patients"]
            for name in (broad, narrow)
        )
        assert fewer <= more <= any_event["n_patients"]
    seed = data.draw(st.integers(0, 1000))
    shuffled = {
        name: frame.collect().sample(fraction=1.0, shuffle=True, seed=seed).lazy()
        for name, frame in tables.items()
    }
    assert_frame_equal(
        estimate_safety(**shuffled, **CUT).collect(), result.collect(), check_exact=True
    )
