"""windows.safety_event: the adverse events that count for safety, each with its categories.

Belongs here: which events count (T-08), which category a term is in, which events are reactions to
an infusion, which course was the last before. Does not belong here: counts and rates (models).
"""

from datetime import timedelta

import polars as pl

from transforms.dates import timestamp
from transforms.identity import with_person_id
from transforms.infusion import select_infusions
from transforms.rules import Rules, Terms
from warehouse.contracts import WINDOWS

#: Columns that tell whether and how an event is a reaction (E-13).
REACTION_FLAGS = ("is_iar", "is_iar_by_date")


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
    persons = (
        patient.with_row_index("person_index")
        .filter("is_treated")
        .select("person_id", "person_index")
        .join(follow_up.select("person_id", "horizon_end_day"), on="person_id")
    )
    events = (
        adverse_event.filter("is_on_study")
        .join(persons, on="person_id")
        .filter(pl.col("onset_day") < pl.col("horizon_end_day"))
        .select(
            "person_id",
            "person_index",
            "event_number",
            "preferred_term",
            "body_system",
            "onset_day",
            "is_serious",
            "is_fatal",
            "is_onset_partial",
            "onset_earliest_date",
            "onset_at",
        )
    )
    infusions = with_person_id(select_infusions(ex, rules=rules)).join(persons, on="person_id")
    with_categories = (
        _with_last_course(_with_terms(events, rules.terms), course.join(persons, on="person_id"))
        .join(
            _reactions(events, infusions, rules),
            on=["person_index", "event_number"],
            how="left",
        )
        .with_columns(
            pl.col(REACTION_FLAGS).fill_null(False),
            is_autoimmune=pl.any_horizontal("is_thyroid", "is_itp", "is_nephropathy"),
        )
    )
    return WINDOWS["safety_event"].conform(with_categories)


def _with_terms(events: pl.LazyFrame, terms: Terms) -> pl.LazyFrame:
    """Events with a flag for each category that terms define.

    A few terms make up millions of events: each is compared with the lists once.
    """

    def is_one_of(column: str, *names: str) -> pl.Expr:
        told = pl.col(column).str.strip_chars().str.to_lowercase()
        return told.is_in([name.strip().lower() for name in names]).fill_null(False)

    coded = ["preferred_term", "body_system"]
    categories = (
        events.select(coded)
        .unique()
        .with_columns(
            is_infection=is_one_of("body_system", terms.infection_body_system),
            is_thyroid=is_one_of("preferred_term", *terms.thyroid),
            is_itp=is_one_of("preferred_term", *terms.itp),
            is_nephropathy=is_one_of("preferred_term", *terms.nephropathy),
            is_malignancy=is_one_of("preferred_term", *terms.malignancy),
        )
    )
    return events.join(categories, on=coded, how="left", nulls_equal=True)


def _with_last_course(events: pl.LazyFrame, courses: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the last course on or before their onset, and the days since."""
    by_day = courses.select("person_index", "course_day", last_course_number="course_number").sort(
        "course_day"
    )
    return (
        events.sort("onset_day")
        .join_asof(
            by_day,
            left_on="onset_day",
            right_on="course_day",
            by="person_index",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(days_since_last_course=pl.col("onset_day") - pl.col("course_day"))
    )


def _reactions(events: pl.LazyFrame, infusions: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The events that are reactions to an infusion (E-13), and which of them by date.

    Returns:
        `person_index`, `event_number`, `is_iar` (always true), `is_iar_by_date`.
    """
    dated = events.filter(~pl.col("is_onset_partial"))
    has_time = pl.col("onset_at").is_not_null()
    key = ("person_index", "event_number")
    timed = dated.filter(has_time).select(*key, "onset_at")
    untimed = dated.filter(~has_time).select(*key, "onset_earliest_date")
    days = timedelta(days=-(-rules.iar_hours // 24))
    return pl.concat(
        [
            _timed_reactions(timed, infusions, timedelta(hours=rules.iar_hours), days),
            _dated_reactions(untimed, infusions, days),
        ]
    )


def _timed_reactions(
    events: pl.LazyFrame, infusions: pl.LazyFrame, hours: timedelta, days: timedelta
) -> pl.LazyFrame:
    """Reactions among events with a time.

    An infusion reaches from its start to `hours` after its end; one without both times from
    midnight to the end of the last of its `days`. An event is a reaction if it is not after the
    latest reach of all that began before it. So the nearest earlier infusion, which carries that
    latest reach, is all that has to be looked up.
    """
    start, end = timestamp(pl.col("exstdtc")), timestamp(pl.col("exendtc"))
    midnight = pl.col("infusion_date").cast(pl.Datetime("us"))
    is_timed = (start <= end).fill_null(False)
    reach = ("reach_by_time", "reach_by_date")
    reached = (
        infusions.select(
            "person_index",
            start=pl.when(is_timed).then(start).otherwise(midnight),
            reach_by_time=pl.when(is_timed).then(end + hours),
            reach_by_date=pl.when(~is_timed).then(
                midnight + days + timedelta(days=1, microseconds=-1)
            ),
        )
        .group_by("person_index", "start")
        .agg(pl.col(reach).max())
        .sort("person_index", "start")
        .with_columns(pl.col(reach).cum_max().forward_fill().over("person_index"))
        .sort("start")
    )
    is_by_time = (pl.col("onset_at") <= pl.col("reach_by_time")).fill_null(False)
    is_by_date = (pl.col("onset_at") <= pl.col("reach_by_date")).fill_null(False)
    return (
        events.sort("onset_at")
        .join_asof(
            reached,
            left_on="onset_at",
            right_on="start",
            by="person_index",
            strategy="backward",
            check_sortedness=False,
        )
        .filter(is_by_time | is_by_date)
        .select("person_index", "event_number", is_iar=pl.lit(True), is_iar_by_date=~is_by_time)
    )


def _dated_reactions(
    events: pl.LazyFrame, infusions: pl.LazyFrame, days: timedelta
) -> pl.LazyFrame:
    """Reactions among events without a time: on an infusion's day or the `days` after it."""
    dates = infusions.select("person_index", "infusion_date").unique().sort("infusion_date")
    return (
        events.sort("onset_earliest_date")
        .join_asof(
            dates,
            left_on="onset_earliest_date",
            right_on="infusion_date",
            by="person_index",
            strategy="backward",
            tolerance=days,
            check_sortedness=False,
            coalesce=False,
        )
        .filter(pl.col("infusion_date").is_not_null())
        .select("person_index", "event_number", is_iar=pl.lit(True), is_iar_by_date=pl.lit(True))
    )
