"""windows.line_listing: malignancies, autoimmune events, deaths and early courses, one by one.

As the paper's Safety paragraph and the footnotes of its Figure 1 tell them: after which course,
how many months later, in which study year. Does not belong here: which events count and what
category they are in (`transforms.safety_event`).
"""

import polars as pl

from transforms.rules import DAYS_PER_YEAR, Rules
from warehouse.contracts import WINDOWS

#: Listings of adverse events, with the flag of `windows.safety_event` that puts an event there.
EVENT_LISTINGS = {"autoimmune event": "is_autoimmune", "malignancy": "is_malignancy"}
DEATH = "death"
EARLY_COURSE = "early course"

#: Polars divides a number by a constant otherwise in one row than in several: the last bit would
#: hang on how many rows there are. Whole numbers and products do not.
DAYS_IN_4_YEARS = int(4 * DAYS_PER_YEAR)
MONTHS_PER_DAY = 12 / DAYS_PER_YEAR

#: What each listing tells of a record, before what all share is added.
_TOLD = (
    "person_id",
    "listing",
    "event_number",
    "description",
    "event_day",
    "last_course_number",
    "days_since_last_course",
    "toxicity_grade",
    "outcome",
    "is_serious",
    "is_fatal",
)


def derive_line_listing(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    adverse_event: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    population: pl.LazyFrame,
    safety_event: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per listed event of a treated person (E-12, E-14, C-02, T-08).

    An event of two categories is in both listings. A death counts from day 0 to before the
    horizon end; it is described by the preferred terms of the person's fatal events, in
    alphabetical order, or by none. An early course is one through the horizon; the course
    before it is its last course.

    Args:
        patient: `core.patient`.
        course: `core.course`.
        adverse_event: `core.adverse_event`, for grade and outcome.
        follow_up: `core.follow_up`, for the day of death.
        population: `core.population`.
        safety_event: `windows.safety_event`.
        rules: the cut.

    Returns:
        `windows.line_listing`; records are numbered in order of day within person and listing.
    """
    treated = patient.filter("is_treated").select("person_id")
    listings = [
        *(
            _events(safety_event.filter(flag), adverse_event, listing)
            for listing, flag in EVENT_LISTINGS.items()
        ),
        _deaths(follow_up.join(treated, on="person_id", how="semi"), course, safety_event, rules),
        _early_courses(course.join(treated, on="person_id", how="semi")),
    ]
    sets = population.select("person_id", "is_safety", "is_additional", "group_id")
    days = pl.col("days_since_last_course")
    records = (
        pl.concat([listing.select(_TOLD) for listing in listings])
        .sort("person_id", "listing", "event_day", "event_number")
        .with_columns(
            record_number=pl.int_range(1, pl.len() + 1).over("person_id", "listing"),
            study_year=pl.col("event_day") * 4 // DAYS_IN_4_YEARS + 1,
            months_since_last_course=days * MONTHS_PER_DAY,
        )
        .join(sets, on="person_id")
    )
    return WINDOWS["line_listing"].conform(records)


def _events(events: pl.LazyFrame, adverse_event: pl.LazyFrame, listing: str) -> pl.LazyFrame:
    told = adverse_event.select("person_id", "event_number", "toxicity_grade", "outcome")
    return events.join(told, on=["person_id", "event_number"]).with_columns(
        listing=pl.lit(listing), description="preferred_term", event_day="onset_day"
    )


def _deaths(
    follow_up: pl.LazyFrame, course: pl.LazyFrame, safety_event: pl.LazyFrame, rules: Rules
) -> pl.LazyFrame:
    day = pl.col("event_day")
    deaths = follow_up.select("person_id", event_day="death_day").filter(
        day >= 0, day < rules.horizon_end_day
    )
    last_course = (
        deaths.join(course.select("person_id", "course_number", "course_day"), on="person_id")
        .filter(pl.col("course_day") <= day)
        .group_by("person_id")
        .agg(
            last_course_number=pl.col("course_number").max(), course_day=pl.col("course_day").max()
        )
    )
    causes = (
        safety_event.filter("is_fatal", pl.col("preferred_term").is_not_null())
        .group_by("person_id")
        .agg(description=pl.col("preferred_term").unique().sort().str.join("; "))
    )
    return (
        deaths.join(last_course, on="person_id")
        .join(causes, on="person_id", how="left")
        .with_columns(
            listing=pl.lit(DEATH),
            event_number=pl.lit(1, pl.Int32),
            days_since_last_course=day - pl.col("course_day"),
            toxicity_grade=pl.lit(None, pl.String),
            outcome=pl.lit(None, pl.String),
            is_serious=pl.lit(True),
            is_fatal=pl.lit(True),
        )
    )


def _early_courses(course: pl.LazyFrame) -> pl.LazyFrame:
    return course.filter("is_early", "is_through_horizon").with_columns(
        listing=pl.lit(EARLY_COURSE),
        event_number="course_number",
        description=pl.format("Course {}", "course_number"),
        event_day="course_day",
        last_course_number=pl.col("course_number") - 1,
        days_since_last_course="days_since_previous_course",
        toxicity_grade=pl.lit(None, pl.String),
        outcome=pl.lit(None, pl.String),
        is_serious=pl.lit(False),
        is_fatal=pl.lit(False),
    )
