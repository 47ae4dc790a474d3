"""Faults that are a wrong function or constant of the transforms in place of the right one.

What the statistics do wrongly stands in `statistics`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from benchmarks.faults.ways import CORE, everywhere, function
from transforms.dates import earliest_date

_FOLLOW_UP, _EVENT = "core.follow_up", "core.adverse_event"
_WINDOW, _VISIT = "windows.patient_course_window", "windows.edss_at_visit"
_DISABILITY, _SAFETY = "windows.disability_event", "windows.safety_event"
_RESULT_SAFETY = "results.result_safety"

Function = Callable[..., Any]


def _anchors_moved(days: int) -> Callable[[Function], Function]:
    """Relapses or scans counted as if an anchor's day were some days later."""

    def wrong(right: Function) -> Function:
        return lambda rows, persons, anchors, *, rules: right(
            rows,
            persons,
            anchors.with_columns(anchor_day=pl.col("anchor_day") + days),
            rules=rules,
        )

    return wrong


def _courses_a_day_early(right: Function) -> Function:
    is_course = (pl.col("anchor_number") > 0).cast(pl.Int32)
    return lambda *tables: right(*tables).with_columns(anchor_day=pl.col("anchor_day") - is_course)


def _numbered_from_1(right: Function) -> Function:
    def study_day(day: pl.Expr, origin: pl.Expr) -> pl.Expr:
        elapsed = right(day, origin)
        return elapsed + (elapsed >= 0).cast(pl.Int32)

    return study_day


def _with_unconfirmed(right: Function) -> Function:
    def select(ce: pl.LazyFrame, suppce: pl.LazyFrame, *, rules: Any) -> pl.LazyFrame:
        confirmed = ce.select(
            "studyid",
            "usubjid",
            idvar=pl.lit("CESEQ"),
            idvarval=pl.col("ceseq").cast(pl.String),
            qnam=pl.lit(rules.codes.confirmed_relapse_qualifier),
            qval=pl.lit("Y"),
        )
        del suppce  # who confirmed what is not asked
        return right(ce, confirmed, rules=rules)

    return select


def _with_dose_0(right: Function) -> Function:
    return lambda ex, *, rules: right(ex.with_columns(exdose=pl.lit(12.0)), rules=rules)


def _constant(value: float) -> Callable[[Any], Any]:
    return lambda _right: value


FUNCTIONS = (
    # Days, months, years.
    function(
        "days numbered from 1, as SDTM --DY does",
        "T-02",
        CORE,
        everywhere("elapsed_days", _numbered_from_1),
    ),
    function("a month is 30 days", "T-03", CORE, everywhere("DAYS_PER_MONTH", _constant(30.0))),
    function("a month is 28 days", "T-03", CORE, everywhere("DAYS_PER_MONTH", _constant(28.0))),
    function("a year is 365 days", "T-02", CORE, everywhere("DAYS_PER_YEAR", _constant(365))),
    function(
        "windows of 365 days, not 365.25",
        "W-01",
        (_WINDOW,),
        {
            "transforms.patient_course_window:DAYS_PER_YEAR": _constant(365),
            "transforms.window_content:DAYS_PER_YEAR": _constant(365),
        },
    ),
    function(
        "a relapse on an anchor's day is before it (windows closed at their end)",
        "W-02",
        (_WINDOW,),
        {"transforms.patient_course_window:count_relapses": _anchors_moved(1)},
    ),
    function(
        "a relapse of the day before an anchor is after it",
        "W-02",
        (_WINDOW,),
        {"transforms.patient_course_window:count_relapses": _anchors_moved(-1)},
    ),
    function(
        "a scan on a course's day is after it",
        "W-02 E-11",
        (_WINDOW,),
        {"transforms.patient_course_window:choose_scans": _anchors_moved(-1)},
    ),
    function(
        "an EDSS on a course's day is after it",
        "W-02 E-06 E-07",
        (_VISIT, _DISABILITY),
        {
            "transforms.edss_at_visit:derive_anchors": _courses_a_day_early,
            "transforms.disability_event:derive_anchors": _courses_a_day_early,
        },
    ),
    function(
        "EDSS and scans after the horizon end stand for no month",
        "T-07",
        (_VISIT, _WINDOW),
        dict.fromkeys(
            (
                "transforms.edss_at_visit:is_visit_counted",
                "transforms.window_content:is_visit_counted",
            ),
            lambda right: lambda day, _tolerance_days: right(day, pl.lit(0)),
        ),
    ),
    function(
        "Course 6 does not end efficacy follow-up",
        "S-07 T-06",
        (_FOLLOW_UP,),
        {"transforms.follow_up:PROTOCOL": lambda right: replace(right, censoring_course=99)},
    ),
    # What records say.
    function(
        "infusions of dose 0 count",
        "C-01",
        ("core.patient", "core.course", _SAFETY),
        everywhere("select_infusions", _with_dose_0),
    ),
    function(
        "a partial end of another DMT stands at its earliest day",
        "S-03",
        ("core.other_dmt",),
        {"transforms.other_dmt:latest_date": lambda _right: earliest_date},
    ),
    function(
        "unconfirmed relapses count",
        "E-01",
        ("core.relapse",),
        {"transforms.relapse:select_confirmed_relapses": _with_unconfirmed},
    ),
    function(
        "a partial onset of a relapse is its earliest day",
        "E-01",
        ("core.relapse",),
        {"transforms.relapse:middle_date": lambda _right: earliest_date},
    ),
    function(
        "a partial date of the initial relapse is its earliest day",
        "E-15",
        ("core.baseline",),
        {"transforms.baseline:middle_date": lambda _right: earliest_date},
    ),
    function(
        "an event told by two studies is two events",
        "E-12",
        (_EVENT,),
        {"transforms.adverse_event:_starts_another_event": lambda _right: lambda: pl.lit(True)},
    ),
    function(
        "an event on a course's day is before it",
        "W-02 E-12",
        (_SAFETY,),
        {
            "transforms.safety_event:_with_last_course": lambda right: (
                lambda events, courses: right(
                    events, courses.with_columns(pl.col("course_day") + 1)
                )
            )
        },
    ),
    function(
        "deaths after the horizon count",
        "T-08",
        (_RESULT_SAFETY,),
        {
            "models.safety_counts:_deaths": lambda right: (
                lambda persons, courses: right(persons.with_columns(end=pl.lit(1e9)), courses)
            )
        },
    ),
)
