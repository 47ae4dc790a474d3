"""What one candidate would contribute to the printed numbers, by the pipeline's own transforms.

Belongs here: one row per treated person, made from the tables of the core and windows layers.
Everything printed is a sum of these columns over patients, or a function of such sums. Does not
belong here: which sums are wanted (`targets`), and who is taken (`choose`).
"""

from collections.abc import Mapping

import polars as pl

from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR

#: SQL names of the tables that features are made from.
SOURCES = (
    "core.patient",
    "core.course",
    "core.follow_up",
    "core.population",
    "core.baseline",
    "core.edss",
    "windows.edss_at_visit",
    "windows.patient_course_window",
    "windows.disability_event",
    "windows.safety_event",
)

YEARS = range(1, 9)
#: Windows of a course anchor, with the name that their columns bear.
_COURSE_WINDOWS = {
    "M-12..M0": "before",
    "M0..M12": "year1",
    "M12..M24": "year2",
    "M24..M36": "year3",
    "M0..M24": "to24",
    "M0..M36": "to36",
}
_SAFETY = {
    "ae": pl.lit(True),
    "sae": pl.col("is_serious"),
    "infection": pl.col("is_infection"),
    "serious_infection": pl.col("is_infection") & pl.col("is_serious"),
    "thyroid": pl.col("is_thyroid"),
    "serious_thyroid": pl.col("is_thyroid") & pl.col("is_serious"),
    "itp": pl.col("is_itp"),
    "nephropathy": pl.col("is_nephropathy"),
    "malignancy": pl.col("is_malignancy"),
    "iar": pl.col("is_iar"),
    "serious_iar": pl.col("is_iar") & pl.col("is_serious"),
}


def candidate_features(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """One row per treated person: stratum, baseline, courses, endpoints, safety.

    Args:
        tables: by SQL name at least those of `SOURCES`.

    Returns:
        Sorted by person_id. A value that is missing is null; columns of a course anchor
        (`c3_…`, `c4_…`) are null for who did not have the course.
    """
    population = tables["core.population"].filter("is_treated")
    persons = population.join(
        tables["core.patient"].select("person_id", "planned_arm_code", "has_entered_topaz"),
        on="person_id",
    ).join(tables["core.baseline"], on="person_id")
    persons = persons.join(
        tables["core.follow_up"].select(
            "person_id",
            "efficacy_end_day",
            "death_day",
            "safety_end_day",
            retained="is_on_study_through_horizon",
        ),
        on="person_id",
    )
    for part in (
        _courses(tables["core.course"]),
        _edss_path(tables["core.edss"]),
        _core_windows(tables["windows.patient_course_window"]),
        _course_windows(tables["windows.patient_course_window"]),
        _edss(tables["windows.edss_at_visit"]),
        _disability(tables["windows.disability_event"]),
        _safety(tables["windows.safety_event"]),
    ):
        persons = persons.join(part, on="person_id", how="left")
    course_day = {k: pl.col(f"course_day_{k}") for k in (3, 4)}
    return (
        persons.with_columns(
            pl.col(
                "^has_(?:ae|sae|.*infection|.*thyroid|itp|nephropathy|malignancy|.*iar)$"
            ).fill_null(False),
            is_dead=(pl.col("death_day") < pl.col("safety_end_day")).fill_null(False),
            **{
                f"c{k}_available_{month}": (
                    pl.col("efficacy_end_day") >= day + month * DAYS_PER_MONTH
                )
                for k, day in course_day.items()
                for month in (24, 36)
            },
        )
        .sort("person_id")
        .collect()
    )


def _courses(course: pl.LazyFrame) -> pl.LazyFrame:
    """Days, intervals, reasons of Courses 2 to 6, whether through the horizon or not."""
    number = pl.col("course_number")
    columns = {}
    for k in range(2, 7):
        is_k = number == k
        columns[f"course_day_{k}"] = pl.col("course_day").filter(is_k).first()
        columns[f"interval_{k}"] = pl.col("days_since_previous_course").filter(is_k).first()
        columns[f"is_early_{k}"] = pl.col("is_early").filter(is_k).first()
        columns[f"reason_{k}"] = pl.col("retreatment_reason").filter(is_k).first()
    return course.group_by("person_id").agg(**columns)


def _edss_path(edss: pl.LazyFrame) -> pl.LazyFrame:
    """Highest score, and the largest step between two scheduled visits."""
    points = pl.col("edss_points")
    in_order = points.filter("is_scheduled").sort_by(
        pl.col("assessment_day").filter("is_scheduled")
    )
    return edss.group_by("person_id").agg(
        highest_edss=points.max(), largest_edss_step=in_order.diff().abs().max()
    )


def _core_windows(window: pl.LazyFrame) -> pl.LazyFrame:
    """Years from core baseline: relapses, years at risk, per-year share, MRI of the last."""
    core = window.filter(pl.col("anchor") == "core-baseline")
    columns = {}
    for year in YEARS:
        is_year = pl.col("analysis_window") == f"Y{year}"
        at_risk = pl.col("is_at_risk_at_start")
        relapsed = pl.col("relapses") > 0
        evaluable = at_risk & (relapsed | pl.col("is_complete"))
        columns[f"relapses_y{year}"] = pl.col("relapses").filter(is_year).first()
        columns[f"years_y{year}"] = pl.col("days_at_risk").filter(is_year).first() / DAYS_PER_YEAR
        columns[f"evaluable_y{year}"] = evaluable.filter(is_year).first()
        columns[f"relapsed_y{year}"] = (evaluable & relapsed).filter(is_year).first()
        columns[f"mri_y{year}"] = pl.col("has_mri_activity").filter(is_year).first()
    return core.group_by("person_id").agg(**columns)


def _course_windows(window: pl.LazyFrame) -> pl.LazyFrame:
    """Windows around Courses 3 and 4: relapses, years at risk, MRI before and after."""
    columns = {}
    for k in (3, 4):
        for name, short in _COURSE_WINDOWS.items():
            is_here = (pl.col("analysis_window") == name) & (pl.col("anchor") == f"course-{k}")
            columns[f"c{k}_relapses_{short}"] = pl.col("relapses").filter(is_here).first()
            columns[f"c{k}_years_{short}"] = (
                pl.col("days_at_risk").filter(is_here).first() / DAYS_PER_YEAR
            )
            columns[f"c{k}_mri_{short}"] = pl.col("has_mri_activity").filter(is_here).first()
    return window.group_by("person_id").agg(**columns)


def _edss(visit: pl.LazyFrame) -> pl.LazyFrame:
    change = pl.col("edss_change_points")
    return visit.group_by("person_id").agg(
        edss_change_y8=change.filter(
            pl.col("anchor") == "core-baseline", pl.col("timepoint") == "Y8"
        ).first(),
        **{
            f"c{k}_edss_change": change.filter(
                pl.col("anchor") == f"course-{k}", pl.col("timepoint") == "M36"
            ).first()
            for k in (3, 4)
        },
    )


def _disability(event: pl.LazyFrame) -> pl.LazyFrame:
    columns = {}
    for short, anchor in (("y8", "core-baseline"), ("c3", "course-3"), ("c4", "course-4")):
        for endpoint in ("CDW", "CDI"):
            is_here = (pl.col("anchor") == anchor) & (pl.col("endpoint") == endpoint)
            name = f"{short}_{endpoint.lower()}"
            columns[f"{name}_days"] = pl.col("days_to_event").filter(is_here).first()
            columns[f"{name}_event"] = (pl.col("cnsr") == 0).filter(is_here).first()
    return event.group_by("person_id").agg(**columns)


def _safety(event: pl.LazyFrame) -> pl.LazyFrame:
    return event.group_by("person_id").agg(
        **{f"has_{name}": is_told.any() for name, is_told in _SAFETY.items()},
        autoimmune_years=(pl.col("onset_day").filter("is_autoimmune").min() / DAYS_PER_YEAR),
    )
