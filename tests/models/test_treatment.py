"""Additional courses and other therapies by study and year (Supporting Tables 1-3)."""

from datetime import date, timedelta

import polars as pl
import pytest
from course_tables import HORIZON_DAY, courses, people
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_tables import CUT, table, values

from models.treatment import BOTH, COURSE, DMT, EITHER, count_treatments
from warehouse.contracts import CORE
from warehouse.contracts.results import KEY, RESULTS

DAY0 = date(2008, 1, 1)
ONE, TWO = "CAMMS323", "CAMMS32400507"

# Year 3 begins on day 730.5, Year 5 on day 1461.
DRAWN = {
    "plain": "0, 365",
    "three": "0, 365, 731",
    "twice": "0, 365, 731, 1090",
    "dmt": "0, 365",
    "both": "0, 365, 1461",
    "apart": "0, 365, 731",
    "far": "0, 365, 2921, 3000",
    "core": "0, 365, 731",
}
#: Start of other therapies, days from day 0 (None = not known), and whether they count.
THERAPIES = {
    "plain": [(-400, False), (2990, False)],
    "dmt": [(-30, True), (900, True)],
    "both": [(1500, True)],
    "apart": [(1461, True)],
    "far": [(None, True)],
    "core": [(800, True)],
}
STUDY = dict.fromkeys(("both", "apart", "core"), TWO)


def counted(drawn=DRAWN, therapies=THERAPIES, entered=None, study=STUDY):
    rows = [
        {
            "person_id": person,
            "dmt_number": number,
            "study_id": ONE,
            "start_earliest_date": None if start is None else DAY0 + timedelta(days=start),
            "is_counted": is_counted,
        }
        for person, starts in therapies.items()
        for number, (start, is_counted) in enumerate(starts, start=1)
    ]
    persons = [
        {"person_id": person, "core_study_id": study.get(person, ONE), "day0_date": DAY0}
        for person in drawn
    ]
    entered = {"core": False} if entered is None else entered
    return count_treatments(
        table(CORE["patient"], persons),
        courses(drawn),
        table(CORE["other_dmt"], rows),
        people(drawn, core_study_id=study, is_extension=entered),
        **CUT,
    )


def numbers(result, treatment, statistic="n_patients", study="all"):
    """Value by window, zeros left out."""
    rows = result.filter(category=f"{study}: {treatment}", statistic=statistic).collect()
    return {window: n for window, n in rows.select("analysis_window", "value").rows() if n}


def single(found):
    return {window: n for window, n in found.items() if ".." not in window}


def test_patients_by_year_by_hand():
    """dmt starts in Year 1 (a therapy kept on) and Year 3, far in Year 1 (start not known)."""
    result = counted()
    assert single(numbers(result, COURSE)) == {"Y3": 3, "Y5": 1, "Y8": 1}
    assert single(numbers(result, DMT)) == {"Y1": 2, "Y3": 1, "Y5": 2}
    assert single(numbers(result, EITHER)) == {"Y1": 2, "Y3": 4, "Y5": 2, "Y8": 1}
    assert single(numbers(result, BOTH)) == {"Y5": 1}, "both; apart had them in other years"


def test_cumulative_counts_each_patient_once():
    result = counted()
    course = numbers(result, COURSE)
    assert [course.get(f"Y0..Y{year}", 0) for year in range(1, 9)] == [0, 0, 3, 3, 4, 4, 4, 5]
    dmt = numbers(result, DMT)
    assert [dmt.get(f"Y0..Y{year}", 0) for year in range(1, 9)] == [2, 2, 2, 2, 4, 4, 4, 4]
    both = numbers(result, BOTH)
    assert [both.get(f"Y0..Y{year}", 0) for year in range(1, 9)] == [0, 0, 0, 0, 2, 2, 2, 3]
    either = numbers(result, EITHER)
    assert [either.get(f"Y0..Y{year}", 0) for year in range(1, 9)] == [2, 2, 5, 5, 6, 6, 6, 6]


def test_courses_and_therapies_are_counted_beside_patients():
    result = counted()
    given_courses = numbers(result, COURSE, "n_events")
    assert single(given_courses) == {"Y3": 4, "Y5": 1, "Y8": 1}, "twice had two in Year 3"
    assert given_courses["Y0..Y8"] == 6
    assert numbers(result, DMT, "n_events")["Y0..Y8"] == 5
    assert numbers(result, EITHER, "n_events") == {}


def test_studies_add_up_and_have_their_own_denominators():
    result = counted()
    assert single(numbers(result, COURSE, study=ONE)) == {"Y3": 2, "Y8": 1}
    assert single(numbers(result, COURSE, study=TWO)) == {"Y3": 1, "Y5": 1}
    for study, total in ((ONE, 5), (TWO, 2), ("all", 7)):
        rows = result.filter(pl.col("category").str.starts_with(f"{study}:")).collect()
        assert rows["n_total"].unique().to_list() == [total]
    got = values(result, category=f"{TWO}: {COURSE}", analysis_window="Y3")
    assert got == {"n_patients": 1, "pct": 50, "n_events": 1}


def test_without_patients_all_rows_are_there():
    nothing = counted({}, {}, {}, {})
    assert nothing.select(KEY).collect().equals(counted().select(KEY).collect())
    assert set(nothing.filter(statistic="pct").collect()["value_text"]) == {"NE"}


def test_rows_follow_the_contract():
    result = counted().collect()
    assert result.schema == RESULTS["result_treatment"].schema
    assert result["result_id"].is_unique().all()
    assert set(result["anchor"]) == {"core-baseline"}
    assert result.height == 3 * 16 * (2 * 3 + 2 * 2), "studies, windows, treatments, statistics"


@st.composite
def worlds(draw):
    day = st.integers(-500, int(HORIZON_DAY) - 1)
    drawn, therapies = {}, {}
    for number in range(draw(st.integers(1, 8))):
        days = sorted(draw(st.sets(st.integers(400, 3500), max_size=5)))
        drawn[f"p{number}"] = ", ".join(str(on) for on in (0, 365, *days))
        therapies[f"p{number}"] = draw(
            st.lists(st.tuples(st.one_of(st.none(), day), st.booleans()), max_size=3)
        )
    return drawn, therapies


@settings(max_examples=20, deadline=None)
@given(world=worlds(), data=st.data())
def test_the_arithmetic_holds(world, data):
    """All whom another therapy excludes are counted, and shares never fall as years add up."""
    drawn, therapies = world
    entered = {person: data.draw(st.booleans()) for person in drawn}
    study = {person: data.draw(st.sampled_from([ONE, TWO])) for person in drawn}
    result = counted(drawn, therapies, entered, study)
    whom = [person for person in drawn if entered[person]]
    excluded = sum(any(counts for _, counts in therapies[person]) for person in whom)
    assert numbers(result, DMT).get("Y0..Y8", 0) == excluded
    days = {person: [int(day) for day in drawn[person].split(", ")[2:]] for person in whom}
    again = sum(any(day < HORIZON_DAY for day in found) for found in days.values())
    assert numbers(result, COURSE).get("Y0..Y8", 0) == again
    for treatment in (COURSE, DMT, EITHER, BOTH):
        pooled, one, two = (numbers(result, treatment, study=name) for name in ("all", ONE, TWO))
        assert pooled == {
            window: one.get(window, 0) + two.get(window, 0) for window in {*one, *two}
        }
        cumulative = [pooled.get(f"Y0..Y{year}", 0) for year in range(1, 9)]
        assert cumulative == sorted(cumulative)
        assert cumulative[-1] <= len(whom)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(seed):
    order = list(DRAWN)
    order = order[seed:] + order[:seed]
    drawn = {person: DRAWN[person] for person in order}
    therapies = {person: THERAPIES[person][::-1] for person in order if person in THERAPIES}
    assert counted(drawn, therapies).collect().equals(counted().collect())
