"""Patients, events and time behind every number on safety, counted once for all groups.

Here belongs counting: by group, category and last course before onset. Estimates and result rows
do not (`models.safety_incidence`, `models.safety_by_course`, `models.autoimmune_onset`).

Groups overlap. So patients are first counted by stratum, the set of groups that they are in, of
which there are few; a group is the sum of its strata, and no event is counted once per group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from models.groups import AnalysisGroup

AUTOIMMUNE = "autoimmune AE"
DEATH = "death"
REACTIONS = ("IAR", "serious IAR")
AUTOIMMUNE_CATEGORIES = (AUTOIMMUNE, "serious autoimmune AE")

_SERIOUS = pl.col("is_serious")
#: Categories of adverse events by name, from the flags of `windows.safety_event` (Table 2).
_EVENT_CATEGORIES = {
    "any AE": pl.lit(True),
    "serious AE": _SERIOUS,
    "infections": pl.col("is_infection"),
    "serious infections": _SERIOUS & pl.col("is_infection"),
    AUTOIMMUNE: pl.col("is_autoimmune"),
    "serious autoimmune AE": _SERIOUS & pl.col("is_autoimmune"),
    "thyroid AE": pl.col("is_thyroid"),
    "serious thyroid AE": _SERIOUS & pl.col("is_thyroid"),
    "ITP": pl.col("is_itp"),
    "nephropathy": pl.col("is_nephropathy"),
    "malignancy": pl.col("is_malignancy"),
    "IAR": pl.col("is_iar"),
    "serious IAR": _SERIOUS & pl.col("is_iar"),
}
CATEGORIES = (*_EVENT_CATEGORIES, DEATH)

#: Events after Course 6 and after later ones are told together.
LAST_COURSE = 6


@dataclass(frozen=True)
class CategoryCounts:
    """One category in one group.

    Attributes:
        n_patients: patients with an event.
        n_events: events.
        days_to_first: days at risk of a first event, of all patients.
        by_course: patients with an event and events after each course, until the next one.
        first_days: patients by day of their first event, ascending.
    """

    n_patients: int
    n_events: int
    days_to_first: float
    by_course: dict[int, tuple[int, int]]
    first_days: list[tuple[int, int]]


@dataclass(frozen=True)
class GroupCounts:
    """One group.

    Attributes:
        group: the group.
        n_patients: its patients.
        days: their safety person-time, days.
        courses: patients who received a course, and days from it to the next one.
        categories: counts by category.
    """

    group: AnalysisGroup
    n_patients: int
    days: float
    courses: dict[int, tuple[int, float]]
    categories: dict[str, CategoryCounts]


def count_safety(
    course: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    safety_event: pl.LazyFrame,
    population: pl.LazyFrame,
    groups: Sequence[AnalysisGroup],
) -> list[GroupCounts]:
    """Counts of every group (E-12, T-08).

    The day of a first event is at risk of it, as the day of the last contact is at risk: a
    first event on day d ends d + 1 days. A death counts in safety person-time.

    Args:
        course: `core.course`.
        follow_up: `core.follow_up`.
        safety_event: `windows.safety_event`.
        population: `core.population`.
        groups: the groups; a patient may be in several.
    """
    persons = _persons(follow_up, population, groups).collect().with_row_index("person").lazy()
    index = persons.select("person_id", "person")
    courses = (
        course.join(index, on="person_id")
        .select("person", "course_day", course=pl.col("course_number").cast(pl.Int16))
        .collect()
        .lazy()
    )
    events = (
        safety_event.join(index, on="person_id")
        .select(
            "person",
            pl.col("^is_.*$"),
            day="onset_day",
            course=pl.col("last_course_number").clip(upper_bound=LAST_COURSE).cast(pl.Int16),
        )
        .collect()
        .lazy()
    )
    strata = persons.drop("person_id", "death_day")
    told = {
        **{name: events.filter(is_told) for name, is_told in _EVENT_CATEGORIES.items()},
        DEATH: _deaths(persons, courses),
    }
    counts = {name: _count_category(rows, strata) for name, rows in told.items()}
    sizes = strata.group_by("stratum").agg(n=pl.len(), days=pl.col("end").sum()).collect()
    received = _count_courses(courses, strata)
    return [_of_group(group, 1 << bit, sizes, received, counts) for bit, group in enumerate(groups)]


def _persons(
    follow_up: pl.LazyFrame, population: pl.LazyFrame, groups: Sequence[AnalysisGroup]
) -> pl.LazyFrame:
    """Members of any group: stratum (one bit per group), end of person-time, day of death."""
    bits = [
        group.is_member.fill_null(False).cast(pl.Int32) * (1 << bit)
        for bit, group in enumerate(groups)
    ]
    return (
        population.select("person_id", stratum=pl.sum_horizontal(bits))
        .filter(pl.col("stratum") > 0)
        .join(
            follow_up.select("person_id", "death_day", end="safety_end_day"),
            on="person_id",
        )
    )


def _deaths(persons: pl.LazyFrame, courses: pl.LazyFrame) -> pl.LazyFrame:
    """Deaths in safety person-time, with the last course before (W-02)."""
    day = pl.col("death_day")
    return (
        persons.filter(day >= 0, day < pl.col("end"))
        .select("person", day="death_day")
        .join(courses, on="person")
        .filter(pl.col("course_day") <= pl.col("day"))
        .group_by("person")
        .agg(pl.col("day").first(), pl.col("course").max().clip(upper_bound=LAST_COURSE))
    )


def _count_category(
    rows: pl.LazyFrame, strata: pl.LazyFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Events (`person`, `day`, `course`) counted by stratum: in all, by course, by first day."""
    after_course = (
        rows.group_by("person", "course")
        .agg(n_events=pl.len(), first_day=pl.col("day").min())
        .collect()
        .lazy()
    )
    with_event = (
        after_course.group_by("person")
        .agg(pl.col("n_events").sum(), pl.col("first_day").min())
        .join(strata, on="person")
    )
    at_risk = pl.min_horizontal(pl.col("first_day") + 1, "end")
    in_all, by_course, by_day = pl.collect_all(
        [
            with_event.group_by("stratum").agg(
                n_patients=pl.len(),
                n_events=pl.col("n_events").sum(),
                days_saved=(pl.col("end") - at_risk).sum(),
            ),
            after_course.join(strata, on="person")
            .group_by("stratum", "course")
            .agg(n_patients=pl.len(), n_events=pl.col("n_events").sum()),
            with_event.group_by("stratum", "first_day").agg(n_patients=pl.len()),
        ]
    )
    return in_all, by_course, by_day


def _count_courses(courses: pl.LazyFrame, strata: pl.LazyFrame) -> pl.DataFrame:
    """Patients who received a course in person-time, and their days from it to the end."""
    return (
        courses.filter(pl.col("course") <= LAST_COURSE)
        .join(strata, on="person")
        .filter(pl.col("course_day") < pl.col("end"))
        .group_by("stratum", "course")
        .agg(n=pl.len(), days=(pl.col("end") - pl.col("course_day")).sum())
        .collect()
    )


def _of_group(
    group: AnalysisGroup,
    bit: int,
    sizes: pl.DataFrame,
    received: pl.DataFrame,
    counts: dict[str, tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]],
) -> GroupCounts:
    """The sum of the strata that are in the group."""

    def total(frame: pl.DataFrame, *by: str) -> list[tuple[Any, ...]]:
        is_in = pl.col("stratum") // bit % 2 == 1
        rows = frame.filter(is_in).drop("stratum")
        if by:
            return rows.group_by(by).sum().sort(by).rows()
        return rows.sum().rows()

    n_patients, days = total(sizes)[0]
    # A course's time ends where that of the next one begins.
    from_course = {number: (n, left) for number, n, left in total(received, "course")}
    courses = {
        number: (n, left - from_course.get(number + 1, (0, 0.0))[1])
        for number, (n, left) in from_course.items()
    }
    categories = {}
    for name, (in_all, by_course, by_day) in counts.items():
        with_event, n_events, saved = total(in_all)[0]
        categories[name] = CategoryCounts(
            n_patients=with_event,
            n_events=n_events,
            days_to_first=days - saved,
            by_course={number: (n, events) for number, n, events in total(by_course, "course")},
            first_days=total(by_day, "first_day"),
        )
    return GroupCounts(group, n_patients, days, courses, categories)


def rules_behind(category: str, group: AnalysisGroup, *also: str) -> tuple[str, ...]:
    """Rules that a number on a category of events rests on: its own first, then the set's."""
    own = ["E-12"]
    if category in REACTIONS:
        own.append("E-13")
    if category in AUTOIMMUNE_CATEGORIES:
        own.append("E-14")
    return (*own, group.rule_id, "T-08", *also)
