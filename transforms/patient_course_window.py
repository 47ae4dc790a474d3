"""windows.patient_course_window: time at risk and what was observed, by window around an anchor.

Years around an anchor are made first (one row per person, anchor and year); cumulative
windows are what the years so far hold, so that both always agree. Does not belong here: which
group a person is in (join `core.population`), estimates (models).
"""

import polars as pl

from transforms.analysis_visit import place
from transforms.anchor import CORE_BASELINE, NAME_OF_ANCHOR, derive_anchors
from transforms.person_rows import index_persons, runs_of
from transforms.protocol import PROTOCOL
from transforms.rules import DAYS_PER_YEAR, Rules
from transforms.window_content import (
    ACTIVITIES,
    CELL,
    GAPS,
    YEAR_BEFORE,
    choose_scans,
    count_relapses,
    select_edss,
)
from warehouse.contracts import WINDOWS

#: Years that follow a course, and are summed up (W-01: months 12, 24, 36).
YEARS_AFTER_COURSE = PROTOCOL.years_after_course
_ANCHOR = ("person_index", "anchor_number")
_COUNTS = ("relapses", "relapses_to_next_course")


def derive_patient_course_window(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    relapse: pl.LazyFrame,
    edss_at_visit: pl.LazyFrame,
    mri_scan: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per treated person, anchor and window with time at risk (W-01 .. W-06).

    Windows are half-open. Core baseline: `Y1` .. `Yh` and cumulative `Y0..Y1` .. `Y0..Yh`;
    Courses 3, 4, 5 that lie in follow-up: `M-12..M0`, `M0..M12`, `M12..M24`, `M24..M36` and
    cumulative `M0..M24`, `M0..M36`. A window without a day at risk has no row (W-03).

    `M-12..M0` of core baseline is no follow-up: it holds the relapses that were told at
    enrolment for the 12 months before it (RELPY1), whole (365.25 days at risk), with no
    first relapse day and no scan; its EDSS is the core baseline. It ends where Y1 begins,
    and is no row where the count is missing.

    A cumulative window carries the scan and EDSS of its last year; its MRI activity is
    "active in any year so far", null if none was active and a year is missing.

    Args:
        patient: `core.patient`.
        course: `core.course`.
        relapse: `core.relapse`.
        edss_at_visit: `windows.edss_at_visit`.
        mri_scan: `core.mri_scan`.
        follow_up: `core.follow_up`.
        rules: the cut.

    Returns:
        `windows.patient_course_window`.
    """
    persons = index_persons(patient)
    anchors = derive_anchors(patient.sort("person_id"), course, follow_up).sort(_ANCHOR)
    contract = WINDOWS["patient_course_window"]

    def lay(found: pl.DataFrame) -> pl.DataFrame:
        years = found.select(*_ANCHOR, year=_years(rules)).explode("year")
        years = years.with_columns(place(pl.col("year")).alias(CELL))
        for content in (
            count_relapses(relapse, persons, found.lazy(), rules=rules),
            choose_scans(mri_scan, persons, found.lazy(), rules=rules),
            select_edss(edss_at_visit, persons),
        ):
            years = years.join(content.collect(), on=CELL, how="left", maintain_order="left")
        return contract.conform(_lay_windows(found, years, rules).lazy(), is_sorted=True).collect()

    # Anchors and years are looked at several times: they are computed once, as a whole.
    return anchors.map_batches(
        lay, schema=contract.schema, predicate_pushdown=False, projection_pushdown=False
    )


def _years(rules: Rules) -> pl.Expr:
    """The years of each anchor, -1 first."""
    last = (
        pl.when(pl.col("anchor_number") == CORE_BASELINE)
        .then(pl.lit(rules.horizon_years))
        .otherwise(pl.lit(YEARS_AFTER_COURSE))
    )
    return pl.int_ranges(pl.lit(YEAR_BEFORE), last, dtype=pl.Int32)


def _window_table(rules: Rules) -> pl.DataFrame:
    """Windows of core baseline and of a course (W-01), in the order of the contract's key.

    Returns:
        `is_core`, `analysis_window`, `is_cumulative`, `year` (the last one of the window).
    """
    months = {year: (12 * year, 12 * year + 12) for year in range(YEAR_BEFORE, YEARS_AFTER_COURSE)}
    years = range(rules.horizon_years)
    rows = [
        (True, "M-12..M0", False, YEAR_BEFORE),
        *((True, f"Y{year + 1}", False, year) for year in years),
        *((True, f"Y0..Y{year + 1}", True, year) for year in years),
        *((False, f"M{start}..M{end}", False, year) for year, (start, end) in months.items()),
        # The first year of a course stands as M0..M12 already.
        *((False, f"M0..M{end}", True, year) for year, (_, end) in months.items() if year > 0),
    ]
    schema = {
        "is_core": pl.Boolean(),
        "analysis_window": pl.String(),
        "is_cumulative": pl.Boolean(),
        "year": pl.Int32(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("is_core", "analysis_window")


def _lay_windows(anchors: pl.DataFrame, years: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Windows with time at risk, in order of the key.

    Args:
        anchors: sorted by person and anchor.
        years: every year of every anchor in order, with what was observed in it.
        rules: gaps, horizon.
    """
    is_core = pl.col("anchor_number") == CORE_BASELINE
    n_years = pl.when(is_core).then(rules.horizon_years + 1).otherwise(YEARS_AFTER_COURSE + 1)
    years = years.drop(CELL).with_columns(pl.col(_COUNTS).fill_null(0).cast(pl.Int32))
    content = pl.concat([years, _accumulate(years)]).drop(*_ANCHOR, "year")
    start = pl.col("anchor_day") + pl.col("year") * DAYS_PER_YEAR
    windows = (
        anchors.with_columns(is_core=is_core, first_row=n_years.cum_sum() - n_years)
        .join(_window_table(rules), on="is_core", maintain_order="left_right")
        .with_columns(
            content_row=pl.col("first_row")
            + (pl.col("year") - YEAR_BEFORE)
            + pl.when("is_cumulative").then(years.height).otherwise(0),
            window_start_day=pl.when("is_cumulative").then("anchor_day").otherwise(start),
            window_end_day=start + DAYS_PER_YEAR,
        )
    )
    return (
        windows.hstack(content[windows["content_row"]])
        .with_columns(**_days_at_risk(rules))
        .pipe(_with_history)
        .filter(pl.col("days_at_risk") > 0)
        .with_columns(
            anchor=pl.col("anchor_number").replace_strict(NAME_OF_ANCHOR, return_dtype=pl.String),
            has_mri_activity=pl.col("has_gd_activity") | pl.col("has_t2_activity"),
            is_at_risk_at_start=_is_history()
            | pl.col("window_start_day").is_between(0, "efficacy_end_day", closed="left"),
            is_complete=pl.col("window_end_day") <= pl.col("efficacy_end_day"),
            is_overlapping_previous_course=(pl.col("year") == YEAR_BEFORE) & pl.col("is_early"),
        )
    )


def _days_at_risk(rules: Rules) -> dict[str, pl.Expr]:
    """Overlap of the window with follow-up, whole and up to the next course (T-06, W-05)."""
    end = pl.col("efficacy_end_day")
    return {
        "days_at_risk": _overlap(end, rules),
        "days_at_risk_to_next_course": _overlap(pl.min_horizontal(end, "next_course_day"), rules),
    }


def _overlap(end: pl.Expr, rules: Rules) -> pl.Expr:
    first = pl.max_horizontal("window_start_day", pl.lit(0.0))
    last = pl.min_horizontal("window_end_day", end)
    days = pl.max_horizontal(last - first, pl.lit(0.0))
    if rules.is_gap_at_risk:
        return days
    in_gaps = [
        pl.when(pl.col(f"{gap}_start_day").is_not_null())
        .then(
            pl.min_horizontal(last, f"{gap}_end_day") - pl.max_horizontal(first, f"{gap}_start_day")
        )
        .clip(lower_bound=0)
        for gap in GAPS
    ]
    return days - pl.sum_horizontal(in_gaps)


def _is_history() -> pl.Expr:
    return (pl.col("anchor_number") == CORE_BASELINE) & (pl.col("year") == YEAR_BEFORE)


def _with_history(windows: pl.DataFrame) -> pl.DataFrame:
    """The 12 months before enrolment from the history counts; without a count, no row."""
    told = pl.col("relapses_prior_1_year")
    days = pl.when(told.is_not_null()).then(DAYS_PER_YEAR).otherwise(0.0)
    return windows.with_columns(
        pl.when(_is_history()).then(history).otherwise(column).alias(column)
        for column, history in {
            "days_at_risk": days,
            "days_at_risk_to_next_course": days,
            "relapses": told,
            "relapses_to_next_course": told,
        }.items()
    )


def _accumulate(years: pl.DataFrame) -> pl.DataFrame:
    """What the years from the anchor to each year hold together, row for row.

    A window's scan and EDSS are those of its last year. The year before an anchor is in no
    cumulative window.

    Args:
        years: every year of every anchor in order.
    """
    is_after = pl.col("year") > YEAR_BEFORE
    end_year = pl.when(is_after).then("year")
    first_relapse_day = pl.when(is_after).then("first_relapse_day")
    first_year = pl.when(first_relapse_day.is_not_null()).then("year").min().over("anchor_run")
    columns = years.columns
    return (
        years.with_columns(anchor_run=runs_of(*_ANCHOR))
        .with_columns(
            *(
                pl.when(is_after).then(count).otherwise(0).cum_sum().over("anchor_run").alias(count)
                for count in _COUNTS
            ),
            *(_any_so_far(pl.col(flag), end_year) for flag in ACTIVITIES),
            first_relapse_day=pl.when(first_year <= pl.col("year")).then(
                first_relapse_day.min().over("anchor_run")
            ),
        )
        .select(columns)
    )


def _any_so_far(active: pl.Expr, year: pl.Expr) -> pl.Expr:
    """True once active; else null once missing; else False (E-10)."""
    first_active, first_missing = (
        pl.when(found).then(year).min().over("anchor_run") for found in (active, active.is_null())
    )
    return (
        pl.when(first_active <= year)
        .then(pl.lit(True))
        .when((first_missing <= year).fill_null(False))
        .then(pl.lit(None))
        .otherwise(pl.lit(False))
        .alias(active.meta.output_name())
    )
