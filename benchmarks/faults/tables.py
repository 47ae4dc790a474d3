"""Faults that are a table changed between the step that makes it and those that read it."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from benchmarks.faults.ways import Lake, columns, table
from models.cells import DAYS_PER_MONTH
from warehouse.contracts.results import KEY

_FOLLOW_UP, _EVENT = "core.follow_up", "core.adverse_event"
_WINDOW = "windows.patient_course_window"
_VISIT, _DISABILITY = "windows.edss_at_visit", "windows.disability_event"
_ARR, _RELAPSE_FREE = "results.result_arr", "results.result_relapse_free"
_KM = "results.result_disability"

_has_day0 = pl.col("day0_date").is_not_null()
_total = pl.col("courses_through_cutoff")
_gd, _t1, _t2 = (pl.col(f"has_{kind}_activity") for kind in ("gd", "t1", "t2"))
_is_event = pl.col("cnsr") == 0
_YEARS = {f"Y0..Y{year}": f"Y{year}" for year in range(1, 9)}
_MONTHS = {"M12..M24": "M0..M24", "M24..M36": "M0..M36"}


def _every_late_course(lake: Lake) -> pl.LazyFrame:
    """Efficacy groups filled from the whole safety set, whatever the day of the last course."""
    group = pl.concat_str(pl.min_horizontal(_total, 5), pl.lit("-courses")).replace(
        {"5-courses": "5plus-courses"}
    )
    group = pl.when("is_safety").then(group)
    return lake["core.population"].with_columns(group_id=group, is_efficacy=group.is_not_null())


def _exactly_five(lake: Lake) -> pl.LazyFrame:
    group = pl.when(_total <= 5).then("group_id")
    return lake["core.population"].with_columns(group_id=group, is_efficacy=group.is_not_null())


def _from_last_infusion(lake: Lake) -> pl.LazyFrame:
    """Days between courses from the last infusion of one to the first of the next."""
    previous = pl.col("last_infusion_date").shift().over("person_id", order_by="course_number")
    days = (pl.col("course_date") - previous).dt.total_days().cast(pl.Int32)
    is_early = (days < 12 * DAYS_PER_MONTH).fill_null(False)
    return lake["core.course"].with_columns(days_since_previous_course=days, is_early=is_early)


def _first_edss_is_baseline(lake: Lake) -> pl.LazyFrame:
    day = pl.col("assessment_day")
    return lake["core.edss"].filter((day > 0) | (day == day.min().over("person_id")))


def _followed_to_the_horizon(lake: Lake) -> pl.LazyFrame:
    """Efficacy follow-up that who left does not leave."""
    return lake[_FOLLOW_UP].with_columns(
        efficacy_end_day=pl.when(pl.col("efficacy_end_reason") == "last contact")
        .then("horizon_end_day")
        .otherwise("efficacy_end_day")
    )


def _last_value_carried(lake: Lake) -> pl.LazyFrame:
    """EDSS of every month after an anchor: where there is none, the one before."""
    visits = lake[_VISIT]
    months = visits.filter(pl.col("analysis_month") >= 0)
    keys, names = ("person_id", "anchor"), ("anchor", "analysis_month", "timepoint")
    every = months.select(keys).unique().join(months.select(names).unique(), on="anchor")
    rest = [name for name in visits.collect_schema() if name not in {*keys, *names}]
    carried = (
        every.join(months, on=[*keys, "analysis_month", "timepoint"], how="left")
        .sort(*keys, "analysis_month")
        .with_columns(pl.col(rest).forward_fill().over(keys))
        .select(visits.collect_schema().names())
    )
    return pl.concat([visits.filter(pl.col("analysis_month") < 0), carried])


def _censored_with_follow_up(lake: Lake) -> pl.LazyFrame:
    """Patients without a change followed to the end of follow-up, not to their last EDSS."""
    ends = lake[_FOLLOW_UP].select("person_id", "efficacy_end_day")
    told = lake[_DISABILITY].join(ends, on="person_id", how="left")
    day = (pl.col("efficacy_end_day").floor().cast(pl.Int32) - pl.col("anchor_day")).clip(0)
    return told.with_columns(
        days_to_event=pl.when(_is_event).then("days_to_event").otherwise(day)
    ).drop("efficacy_end_day")


def _crude_share(lake: Lake) -> pl.LazyFrame:
    """Patients with a change over all patients, in place of Kaplan-Meier."""
    rows, key = lake[_KM], [name for name in KEY if name != "statistic"]
    events = rows.filter(pl.col("statistic") == "n_events").select(*key, events="value")
    share = 100 * pl.col("events") / pl.col("n_total")
    is_cdi = pl.col("analysis_id") == "cdi.km"
    return (
        rows.join(events, on=key, how="left")
        .with_columns(
            value=pl.when(pl.col("statistic") == "pct")
            .then(pl.when(is_cdi).then(share).otherwise(100 - share))
            .otherwise("value")
        )
        .drop("events")
    )


def _read_for(
    name: str, of: Mapping[str, Any], analysis_id: str, windows: Mapping[str, str]
) -> Any:
    """A change of a table of results: rows of another reading in place of those that are meant.

    Args:
        name: the table.
        of: what the rows of the other reading have in common.
        analysis_id: the analysis that they are taken for.
        windows: their windows, and those that they are taken for.
    """

    def change(lake: Lake) -> pl.LazyFrame:
        window = pl.col("analysis_window")
        wrong = (
            lake[name]
            .filter(window.is_in(list(windows)), **of)
            .with_columns(analysis_id=pl.lit(analysis_id), analysis_window=window.replace(windows))
            .with_columns(result_id=pl.concat_str(KEY, separator="|"))
        )
        return pl.concat([lake[name].join(wrong, on="result_id", how="anti"), wrong])

    return change


_COURSE_WINDOWS = {name: name for name in ("M0..M12", "M0..M24", "M0..M36")}

TABLES = (
    # Patients, courses, sets.
    columns(
        "the planned arm counts, not the actual one",
        "C-03 S-01",
        "core.patient",
        is_treated=(pl.col("planned_arm_code") == "ALEM12") & _has_day0,
    ),
    columns("the 24 mg arm is analysed, too", "C-03 S-01", "core.patient", is_treated=_has_day0),
    table(
        "intervals run from a course's last infusion",
        "C-01 C-05",
        "core.course",
        _from_last_infusion,
    ),
    table(
        "the safety set is used for efficacy",
        "S-05 S-06 S-07 S-08",
        "core.population",
        _every_late_course,
    ),
    table("the 5plus group has exactly five courses", "S-07", "core.population", _exactly_five),
    # Follow-up.
    table("who left stays under follow-up", "T-06", _FOLLOW_UP, _followed_to_the_horizon),
    columns(
        "retained is whose last contact reaches the horizon end",
        "E-16",
        _FOLLOW_UP,
        is_on_study_through_horizon=pl.col("last_contact_day") >= pl.col("horizon_end_day"),
    ),
    # Relapses.
    table(
        "relapses with a partial date are left out",
        "E-01",
        "core.relapse",
        lambda lake: lake["core.relapse"].filter(~pl.col("is_onset_imputed")),
    ),
    table(
        "ARR at Month 36 is cumulative",
        "E-05",
        _ARR,
        _read_for(_ARR, {"analysis_id": "arr.window"}, "arr.window", {"M0..M36": "M24..M36"}),
    ),
    table(
        "relapse-free after a course is per year",
        "E-04",
        _RELAPSE_FREE,
        _read_for(
            _RELAPSE_FREE,
            {"analysis_id": "relapse_free.per_year"},
            "relapse_free.cumulative",
            {"M0..M12": "M0..M12", **_MONTHS},
        ),
    ),
    table(
        "relapse-free after a course is Kaplan-Meier",
        "E-04",
        _RELAPSE_FREE,
        _read_for(
            _RELAPSE_FREE,
            {"analysis_id": "relapse_free.km"},
            "relapse_free.cumulative",
            _COURSE_WINDOWS,
        ),
    ),
    table(
        "relapse-free by year is cumulative",
        "E-04",
        _RELAPSE_FREE,
        _read_for(
            _RELAPSE_FREE,
            {"analysis_id": "relapse_free.cumulative", "anchor": "core-baseline"},
            "relapse_free.per_year",
            _YEARS,
        ),
    ),
    # EDSS.
    table(
        "the first EDSS before day 0 is the baseline",
        "E-06 E-15",
        "core.edss",
        _first_edss_is_baseline,
    ),
    table("a missing EDSS is the one before", "E-06 T-06", _VISIT, _last_value_carried),
    columns(
        "a change happens when it is confirmed",
        "E-07 E-08",
        _DISABILITY,
        days_to_event=pl.when(_is_event)
        .then(pl.coalesce("confirmation_day", "event_day") - pl.col("anchor_day"))
        .otherwise("days_to_event"),
    ),
    table(
        "without a change, censored at the end of follow-up",
        "E-07 E-09",
        _DISABILITY,
        _censored_with_follow_up,
    ),
    table("a crude share, not Kaplan-Meier", "E-09", _KM, _crude_share),
    # MRI.
    columns("MRI activity is Gd-enhancing lesions only", "E-10", _WINDOW, has_mri_activity=_gd),
    columns("MRI activity is T2 lesions only", "E-10", _WINDOW, has_mri_activity=_t2),
    columns("MRI activity is T1 lesions, too", "E-10", _WINDOW, has_mri_activity=_gd | _t2 | _t1),
    columns(
        "without a scan, free of MRI activity",
        "E-10",
        _WINDOW,
        has_mri_activity=pl.col("has_mri_activity").fill_null(False),
    ),
    columns("a scan NOT DONE is a scan", "E-11 T-06", "raw.nv", nvstat=pl.lit(None, pl.String)),
    table(
        "MRI free in a year is free in all so far",
        "E-10",
        "results.result_mri",
        _read_for(
            "results.result_mri",
            {"analysis_id": "mri.free", "anchor": "core-baseline"},
            "mri.free",
            _YEARS,
        ),
    ),
    # Safety.
    columns(
        "serious is what is severe",
        "E-12",
        "raw.ae",
        aeser=pl.when(pl.col("aesev") == "SEVERE").then(pl.lit("Y")).otherwise(pl.lit("N")),
    ),
    columns("events by their reported terms", "E-12", "raw.ae", aedecod=pl.col("aeterm")),
    columns(
        "events before day 0 count on day 0",
        "E-12 T-08",
        _EVENT,
        is_on_study=pl.lit(True),
        onset_day=pl.col("onset_day").fill_null(0).clip(0),
    ),
    table(
        "events with a partial onset are left out",
        "E-12",
        _EVENT,
        lambda lake: lake[_EVENT].filter(~pl.col("is_onset_partial")),
    ),
    # Table 1.
    columns(
        "a missing count of Gd-enhancing lesions is 0",
        "E-15",
        "core.baseline",
        gd_lesions=pl.col("gd_lesions").fill_null(0),
        has_gd_lesions=pl.col("has_gd_lesions").fill_null(False),
    ),
)
