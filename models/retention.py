"""Patients on study through the horizon, and under follow-up to a month (E-16, W-06).

Here belongs the counting; who was retained, and when follow-up ended, is decided in
`core.follow_up`. The text of the paper and Supporting Figure 1.
"""

from typing import Any

import polars as pl

from models.cells import (
    CORE_BASELINE,
    COURSE_OF_GROUP,
    DAYS_PER_MONTH,
    DAYS_PER_YEAR,
    RULE_OF_GROUP,
    years,
)
from models.describe import count_rows
from models.result_row import Cell, to_frame
from warehouse.contracts.core import GROUPS
from warehouse.contracts.results import RESULTS

ON_STUDY = "patients on study through the horizon; pct: of the group"
AVAILABLE = "patients under efficacy follow-up to the timepoint; pct: of the group"
OVERALL = "overall"
MONTHS = (12, 24, 36)


def estimate_retention(
    course: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
    horizon_years: int,
) -> pl.LazyFrame:
    """Patients of each efficacy group, and of all, who stayed (E-16) or are available (W-06).

    Args:
        course: one row per course; those that define a group are its anchors.
        follow_up: one row per person.
        population: one row per person; `group_id` is the efficacy group or null.
        data_cut: cut-off date as text, written on every row.
        horizon_years: years from core baseline.

    Returns:
        `results.result_retention`, statistics n_patients and pct (%): `retention` over the
        whole horizon, `available` at years from core baseline and at months 12, 24 and 36 after
        the course that defines the group.
    """
    end = pl.col("efficacy_end_day")
    at_year = {
        name: end >= year * DAYS_PER_YEAR for year, name in enumerate(years(horizon_years), start=1)
    }
    at_month = {
        f"M{month}": end >= pl.col("course_day") + month * DAYS_PER_MONTH for month in MONTHS
    }
    found = (
        population.filter(pl.col("group_id").is_not_null())
        .select("person_id", "group_id")
        .join(
            follow_up.select("person_id", "efficacy_end_day", "is_on_study_through_horizon"),
            on="person_id",
            how="left",
        )
        .join(_group_defining_courses(course), on=["person_id", "group_id"], how="left")
        .group_by("group_id")
        .agg(
            n_group=pl.len(),
            on_study=pl.col("is_on_study_through_horizon").sum(),
            **{name: reached.sum() for name, reached in (at_year | at_month).items()},
        )
        .collect()
    )
    window = f"Y0..Y{horizon_years}"
    rows: list[dict[str, Any]] = []
    for group_id in (*GROUPS, OVERALL):
        own = found if group_id == OVERALL else found.filter(group_id=group_id)
        counts = own.drop("group_id").sum().row(0, named=True)
        n, rule = counts["n_group"], RULE_OF_GROUP.get(group_id, "S-08")
        retained = Cell(
            analysis_id="retention",
            population="efficacy",
            group_id=group_id,
            anchor=CORE_BASELINE,
            analysis_window=window,
            n_total=n,
            method=ON_STUDY,
            rule_ids=("E-16", rule),
            decimals=0,
        )
        rows += count_rows(retained, counts["on_study"])
        places = [(CORE_BASELINE, name) for name in at_year]
        if group_id in COURSE_OF_GROUP:
            places += [(COURSE_OF_GROUP[group_id], name) for name in at_month]
        for anchor, timepoint in places:
            available = Cell(
                analysis_id="available",
                population="efficacy",
                group_id=group_id,
                anchor=anchor,
                timepoint=timepoint,
                n_total=n,
                method=AVAILABLE,
                rule_ids=("W-06", rule, "T-06"),
                decimals=0,
            )
            rows += count_rows(available, counts[timepoint])
    return to_frame(rows, RESULTS["result_retention"], data_cut=data_cut)


def _group_defining_courses(course: pl.LazyFrame) -> pl.LazyFrame:
    """Day of Course 3, 4 and 5 with the group that each defines."""
    group_of_course = {
        int(anchor.removeprefix("course-")): group_id
        for group_id, anchor in COURSE_OF_GROUP.items()
    }
    return course.filter(pl.col("course_number").is_in(list(group_of_course))).select(
        "person_id",
        "course_day",
        group_id=pl.col("course_number").replace_strict(group_of_course, return_dtype=pl.String),
    )
