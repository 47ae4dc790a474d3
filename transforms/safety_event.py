"""windows.safety_event: the adverse events that count for safety, each with its categories.

Belongs here: which events count (T-08), which category a term is in, which events are reactions to
an infusion, which course was the last before. Does not belong here: counts and rates (models).
"""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from transforms.dates import timestamp
from transforms.identity import with_person_id
from transforms.infusion import select_infusions
from transforms.person_rows import (
    index_persons,
    join_last_before,
    join_persons,
    moment_of_day,
    moment_of_second,
)
from transforms.rules import Rules, Terms
from warehouse.contracts import WINDOWS


def derive_safety_event(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    adverse_event: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    ex: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per adverse event of a treated person within the bound of T-08 (E-12, E-13, E-14).

    An event counts from day 0 to before the horizon end, and up to the cut-off, whether or not
    a visit followed. Terms are compared without regard to case and to blanks around them.

    A reaction begins during an infusion or at most `rules.iar_hours` after its end. Where the
    event's time, or the infusion's start or end, is missing (or the end lies before the start),
    the dates decide: from the day of the infusion to that many whole days after it, flagged. An
    onset without a day is no reaction: there is no date that could be compared.

    Args:
        patient: `core.patient`.
        course: `core.course`; an event on a course's day is after that course (W-02).
        adverse_event: `core.adverse_event`.
        follow_up: `core.follow_up`.
        ex: raw exposure, one row per infusion, with times.
        rules: the cut and the terms.

    Returns:
        `windows.safety_event`.
    """
    treated = patient.filter("is_treated").join(
        follow_up.select("person_id", "horizon_end_day"), on="person_id"
    )
    persons = index_persons(treated)
    events = (
        join_persons(
            adverse_event.filter("is_on_study").select(
                "person_id",
                "event_number",
                "preferred_term",
                "body_system",
                "onset_day",
                "is_serious",
                "is_fatal",
                "is_onset_partial",
                "onset_earliest_date",
                "onset_at",
            ),
            index_persons(treated, "horizon_end_day"),
        )
        .filter(pl.col("onset_day") < pl.col("horizon_end_day"))
        .drop("horizon_end_day")
    )
    courses = join_persons(course.select("person_id", "course_number", "course_day"), persons)
    infusions = join_persons(
        with_person_id(select_infusions(ex, rules=rules)).select(
            "person_id", "infusion_date", "exstdtc", "exendtc"
        ),
        persons,
    )
    placed = _with_reactions(_with_last_course(events, courses), infusions, rules)
    # Sorted already: events come in the order of their numbers, which is kept.
    return WINDOWS["safety_event"].conform(_with_terms(placed, rules.terms), is_sorted=True)


def _with_terms(events: pl.LazyFrame, terms: Terms) -> pl.LazyFrame:
    """Events with a flag for each category that terms define.

    A few terms make up millions of events: each spelling is compared with the lists once.
    """
    categories = {
        "is_infection": ("body_system", (terms.infection_body_system,)),
        "is_thyroid": ("preferred_term", terms.thyroid),
        "is_itp": ("preferred_term", terms.itp),
        "is_nephropathy": ("preferred_term", terms.nephropathy),
        "is_malignancy": ("preferred_term", terms.malignancy),
    }

    def is_one_of(column: str, names: Sequence[str]) -> pl.Expr:
        told = pl.col(column).unique().sort()
        plain = told.str.strip_chars().str.to_lowercase()
        spellings = told.filter(plain.is_in([name.strip().lower() for name in names]))
        return pl.col(column).is_in(spellings.implode()).fill_null(False)

    return events.with_columns(
        is_one_of(column, names).alias(flag) for flag, (column, names) in categories.items()
    ).with_columns(is_autoimmune=pl.any_horizontal("is_thyroid", "is_itp", "is_nephropathy"))


def _with_last_course(events: pl.LazyFrame, courses: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the last course on or before their onset, and the days since."""
    by_day = courses.select(
        "course_day",
        onset_moment=moment_of_day(pl.col("course_day")),
        course_person="person_index",
        last_course_number="course_number",
    )
    is_own = pl.col("course_person") == pl.col("person_index")
    return join_last_before(
        events.with_columns(onset_moment=moment_of_day(pl.col("onset_day"))), by_day, "onset_moment"
    ).with_columns(
        last_course_number=pl.when(is_own).then("last_course_number"),
        days_since_last_course=pl.when(is_own).then(pl.col("onset_day") - pl.col("course_day")),
    )


def _with_reactions(events: pl.LazyFrame, infusions: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Events with `is_iar`, whether they are reactions to an infusion, and `is_iar_by_date` (E-13).

    Events with a time are compared with times, where an infusion has them; others with days.
    """
    hours = timedelta(hours=rules.iar_hours)
    days = timedelta(days=-(-rules.iar_hours // 24))
    is_complete, has_time = ~pl.col("is_onset_partial"), pl.col("onset_at").is_not_null()
    with_moments = events.with_columns(
        second=pl.when(is_complete & has_time).then(moment_of_second(pl.col("onset_at"))),
        day=pl.when(is_complete & ~has_time).then(moment_of_day(pl.col("onset_earliest_date"))),
    )
    by_day = infusions.select(
        day=moment_of_day(pl.col("infusion_date")),
        infusion_day=moment_of_day(pl.col("infusion_date")),
    )
    is_by_time = (pl.col("second") <= pl.col("reach_by_time")).fill_null(False)
    is_by_date = (pl.col("second") <= pl.col("reach_by_date")).fill_null(False) | (
        pl.col("day") - pl.col("infusion_day") <= days.days
    ).fill_null(False)
    return join_last_before(
        join_last_before(with_moments, _reaches(infusions, hours, days), "second"), by_day, "day"
    ).with_columns(is_iar=is_by_time | is_by_date, is_iar_by_date=is_by_date & ~is_by_time)


def _reaches(infusions: pl.LazyFrame, hours: timedelta, days: timedelta) -> pl.LazyFrame:
    """How far an infusion and all that began before it reach, by its start.

    An infusion reaches from its start to `hours` after its end; one without both times from
    midnight to the end of the last of its `days`. An event is a reaction if it is not after the
    latest reach of all that began before it. So the nearest earlier infusion, which carries that
    latest reach, is all that has to be looked up. What an earlier person's infusions reach is
    before any moment of this person.

    Returns:
        `second` (the start), `reach_by_time`, `reach_by_date` (the last second reached).
    """
    start, end = timestamp(pl.col("exstdtc")), timestamp(pl.col("exendtc"))
    midnight = pl.col("infusion_date").cast(pl.Datetime("us"))
    is_timed = (pl.col("start") <= pl.col("end")).fill_null(False)
    last_second = midnight + days + timedelta(days=1, seconds=-1)
    return (
        infusions.with_columns(start=start, end=end)
        .select(
            second=moment_of_second(pl.when(is_timed).then("start").otherwise(midnight)),
            reach_by_time=moment_of_second(pl.when(is_timed).then(pl.col("end") + hours)),
            reach_by_date=moment_of_second(pl.when(~is_timed).then(last_second)),
        )
        .sort("second")
        .with_columns(pl.col("reach_by_time", "reach_by_date").cum_max().forward_fill())
    )
