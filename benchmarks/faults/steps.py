"""Faults of one step alone: it is given wrong tables, all others the right ones.

Each is a wrong function in place of the right one (`ways.fed`).
"""

from collections.abc import Callable

import polars as pl

from benchmarks.faults.ways import Frames, fed

_POPULATION, _VISIT = "core.population", "windows.edss_at_visit"
_SAFETY, _RESULT_SAFETY = "windows.safety_event", "results.result_safety"
_RESULT_COURSE, _RESULT_ARR = "results.result_course", "results.result_arr"


def _on_both_sides(given: Frames) -> Frames:
    """MRI activity around a course known on both sides, or on neither."""
    rows, flags = given["patient_course_window"], pl.col("^has_.*_activity$")
    is_side = pl.col("analysis_window").is_in(["M-12..M0", "M0..M12"]) & (
        pl.col("anchor") != "core-baseline"
    )
    n = (flags.is_not_null() & is_side).sum().over("person_id", "anchor")
    known = pl.when(~is_side | (n == 2)).then(flags)
    return {"patient_course_window": rows.with_columns(known)}


def _from_course_3(given: Frames) -> Frames:
    is_additional = given["population"].select("person_id", "is_additional")
    events = given["safety_event"].join(is_additional, on="person_id", how="left")
    is_early = pl.col("last_course_number").fill_null(0) < 3
    return {
        "safety_event": events.filter(~(pl.col("is_additional") & is_early)).drop("is_additional")
    }


def _through_cutoff(given: Frames) -> Frames:
    return {
        "course": given["course"].with_columns(is_through_horizon=pl.lit(True)),
        "population": given["population"].with_columns(
            courses_through_horizon="courses_through_cutoff"
        ),
    }


def _with(table: str, **wrong: pl.Expr) -> Callable[[Frames], Frames]:
    """A table of which some columns are wrong."""
    return lambda given: {table: given[table].with_columns(**wrong)}


_counts, _uncertain = pl.col("is_counted"), pl.col("is_decision_uncertain")
_LATE_START = "started after the horizon"

STEPS = (
    # Sets.
    fed(
        "who never entered the extension is in",
        "S-02",
        _POPULATION,
        _with("patient", has_entered_extension=pl.lit(True)),
    ),
    fed(
        "another DMT excludes nobody",
        "S-03",
        _POPULATION,
        _with("other_dmt", is_counted=pl.lit(False)),
    ),
    fed(
        "a prior DMT excludes",
        "S-03",
        _POPULATION,
        _with("other_dmt", is_counted=_counts | pl.col("is_prior")),
    ),
    fed(
        "a DMT after the horizon excludes",
        "S-03 T-05",
        _POPULATION,
        _with("other_dmt", is_counted=_counts | (pl.col("decision_rule") == _LATE_START)),
    ),
    fed(
        "a DMT of uncertain dates excludes nobody",
        "S-03 T-05",
        _POPULATION,
        _with("other_dmt", is_counted=_counts & ~_uncertain),
    ),
    fed(
        "groups by the courses through the horizon",
        "T-05 S-04 S-05 S-06 S-07",
        _POPULATION,
        lambda given: {"course": given["course"].filter("is_through_horizon")},
    ),
    # Courses.
    fed("Figure 1 by courses through the cut-off", "T-05 C-05", _RESULT_COURSE, _through_cutoff),
    fed(
        "Figure 1 of the safety set only",
        "C-04 C-05",
        _RESULT_COURSE,
        _with("population", is_extension=pl.col("is_safety")),
    ),
    # Relapses, EDSS, MRI.
    fed(
        "ARR of patients with the whole window only",
        "E-02 W-03",
        _RESULT_ARR,
        lambda given: {
            "patient_course_window": given["patient_course_window"].filter("is_complete")
        },
    ),
    fed(
        "every window at risk is counted whole",
        "E-02 W-03",
        _RESULT_ARR,
        _with(
            "patient_course_window",
            days_at_risk=pl.col("window_end_day") - pl.col("window_start_day"),
        ),
    ),
    fed(
        "unscheduled EDSS stand for months",
        "T-07 E-06",
        _VISIT,
        _with("edss", is_scheduled=pl.lit(True)),
    ),
    fed(
        "EDSS of Table 1 at scheduled visits only",
        "E-15",
        "core.baseline",
        lambda given: {"edss": given["edss"].filter("is_scheduled")},
    ),
    fed(
        "MRI around a course of patients with both scans only",
        "E-11",
        "results.result_mri",
        _on_both_sides,
    ),
    # Safety.
    fed(
        "safety through the cut-off, not the horizon",
        "T-08",
        _SAFETY,
        _with("follow_up", horizon_end_day=pl.lit(1e9)),
    ),
    fed(
        "safety until the last contact only",
        "T-08",
        _SAFETY,
        _with(
            "follow_up",
            horizon_end_day=pl.min_horizontal("horizon_end_day", pl.col("last_contact_day") + 1),
        ),
    ),
    fed(
        "additional courses: events from Course 3 on only",
        "E-12 S-09",
        _RESULT_SAFETY,
        _from_course_3,
    ),
    fed(
        "the efficacy set is used for safety",
        "S-09 S-10",
        _RESULT_SAFETY,
        _with("population", is_additional=pl.col("is_additional") & pl.col("is_efficacy")),
    ),
    fed(
        "autoimmune events timed from the last course",
        "E-14",
        _RESULT_SAFETY,
        _with("safety_event", onset_day=pl.col("days_since_last_course")),
    ),
)
