"""Friendly wide tables from the long result rows, one per family.

Nothing is computed here: a wide table shows the same values as `results.result`, with one
column per statistic and the primary scenario only.
"""

from collections.abc import Mapping

import polars as pl

from models.cells import AFTER, BEFORE
from warehouse.contracts.core import EXCLUSION_REASONS, GROUPS
from warehouse.contracts.results import RESULTS

#: Rows of `results.disposition` from top to bottom: kind, and name of set or reason.
STEPS = (
    ("set", "consented"),
    ("exclusion", EXCLUSION_REASONS[0]),
    ("set", "treated"),
    ("exclusion", EXCLUSION_REASONS[1]),
    ("set", "extension"),
    ("exclusion", EXCLUSION_REASONS[2]),
    ("set", "no-other-dmt"),
    ("exclusion", EXCLUSION_REASONS[3]),
    ("exclusion", EXCLUSION_REASONS[4]),
    ("set", "safety"),
    ("exclusion", EXCLUSION_REASONS[5]),
    ("set", "efficacy"),
    *(("set", group) for group in GROUPS),
    ("set", "additional-courses"),
)
PRIMARY = "primary"
#: Columns that all statistics of a cell share.
SHARED = ("n_total", "method", "data_cut")
_IS_CONTRAST = pl.col("comparator") == BEFORE


def combine(
    result_arr: pl.LazyFrame,
    result_arr_before_after: pl.LazyFrame,
    result_relapse_free: pl.LazyFrame,
    result_edss: pl.LazyFrame,
    result_disability: pl.LazyFrame,
    result_mri: pl.LazyFrame,
    result_neda: pl.LazyFrame,
    result_safety: pl.LazyFrame,
    result_baseline: pl.LazyFrame,
    result_course: pl.LazyFrame,
    result_treatment: pl.LazyFrame,
    result_retention: pl.LazyFrame,
    result_funnel: pl.LazyFrame,
    result_partial_date: pl.LazyFrame,
    result_sensitivity: pl.LazyFrame,
) -> pl.LazyFrame:
    """All result rows in one long table: `results.result`."""
    families = [
        result_arr,
        result_arr_before_after,
        result_relapse_free,
        result_edss,
        result_disability,
        result_mri,
        result_neda,
        result_safety,
        result_baseline,
        result_course,
        result_treatment,
        result_retention,
        result_funnel,
        result_partial_date,
        result_sensitivity,
    ]
    return RESULTS["result"].conform(pl.concat(families))


def widen_arr(result: pl.LazyFrame) -> pl.LazyFrame:
    """Annualised relapse rates, one row per group and window: `results.arr`."""
    return _widen(_primary(result, "arr.window"), "arr")


def widen_arr_before_after(result: pl.LazyFrame) -> pl.LazyFrame:
    """Rates before and after a course and their ratio: `results.arr_before_after`."""
    of_window = {"rate_before": BEFORE, "rate_after": AFTER}
    return _widen(
        _primary(result, "arr.before_after"),
        "arr_before_after",
        told_by=_IS_CONTRAST,
        of={name: _of_side("rate", window) for name, window in of_window.items()},
    )


def widen_relapse_free(result: pl.LazyFrame) -> pl.LazyFrame:
    """Shares without a relapse in each reading: `results.relapse_free`."""
    return _widen(_primary(result, "relapse_free."), "relapse_free")


def widen_edss(result: pl.LazyFrame) -> pl.LazyFrame:
    """EDSS and its change at each timepoint: `results.edss`."""
    is_change = pl.col("analysis_id") == "edss.change"
    of_change = {
        "n_patients_change": "n_patients",
        "mean_change": "mean",
        "ci_low_change": "ci_low",
        "ci_high_change": "ci_high",
    }
    return _widen(
        _primary(result, "edss."),
        "edss",
        told_by=~is_change,
        of={
            name: is_change & (pl.col("statistic") == statistic)
            for name, statistic in of_change.items()
        },
    )


def widen_disability(result: pl.LazyFrame) -> pl.LazyFrame:
    """Curves of confirmed worsening and improvement at their marks: `results.disability`."""
    return _widen(_primary(result, "cdw.km", "cdi.km"), "disability")


def widen_mri(result: pl.LazyFrame) -> pl.LazyFrame:
    """Shares free of MRI activity, by component and window: `results.mri`."""
    return _widen(_primary(result, "mri.free"), "mri")


def widen_mri_before_after(result: pl.LazyFrame) -> pl.LazyFrame:
    """Shares free of MRI activity before and after a course: `results.mri_before_after`."""
    of_window = {"pct_before": BEFORE, "pct_after": AFTER}
    return _widen(
        _primary(result, "mri.before_after"),
        "mri_before_after",
        told_by=_IS_CONTRAST,
        of={name: _of_side("pct", window) for name, window in of_window.items()},
    )


def widen_neda(result: pl.LazyFrame) -> pl.LazyFrame:
    """Shares with no evidence of disease activity: `results.neda`."""
    return _widen(_primary(result, "neda.free"), "neda")


def widen_safety(result: pl.LazyFrame) -> pl.LazyFrame:
    """Incidence and rates of adverse events: `results.safety`."""
    is_incidence, is_rate, is_first = (
        pl.col("analysis_id") == name
        for name in ("safety.incidence", "safety.rate", "safety.first_event_rate")
    )
    of_analysis = {
        **dict.fromkeys(("n_events", "person_years", "rate", "ci_low", "ci_high"), is_rate),
        **dict.fromkeys(("first_event_rate", "ci_low_first", "ci_high_first"), is_first),
    }
    statistics = {"first_event_rate": "rate", "ci_low_first": "ci_low", "ci_high_first": "ci_high"}
    return _widen(
        _primary(result, "safety.incidence", "safety.rate", "safety.first_event_rate"),
        "safety",
        told_by=is_incidence,
        of={
            name: is_analysis & (pl.col("statistic") == statistics.get(name, name))
            for name, is_analysis in of_analysis.items()
        },
    )


def widen_safety_by_course(result: pl.LazyFrame) -> pl.LazyFrame:
    """Adverse events by the last course before them: `results.safety_by_course`."""
    return _widen(_primary(result, "safety.by_course"), "safety_by_course")


def widen_autoimmune_onset(result: pl.LazyFrame) -> pl.LazyFrame:
    """Time to the first autoimmune event: `results.autoimmune_onset`."""
    return _widen(_primary(result, "autoimmune.onset"), "autoimmune_onset")


def widen_baseline(result: pl.LazyFrame) -> pl.LazyFrame:
    """Characteristics at core baseline, one row per group and variable: `results.baseline`."""
    return _widen(_primary(result, "baseline."), "baseline")


def widen_course(result: pl.LazyFrame) -> pl.LazyFrame:
    """Courses and other therapies: `results.course`."""
    return _widen(_primary(result, "course.", "treatment."), "course")


def widen_retention(result: pl.LazyFrame) -> pl.LazyFrame:
    """Patients on study and available: `results.retention`."""
    return _widen(_primary(result, "retention", "available"), "retention")


def widen_disposition(result: pl.LazyFrame) -> pl.LazyFrame:
    """The funnel from top to bottom, sets and exclusions in turn: `results.disposition`."""
    contract = RESULTS["disposition"]
    label = (
        pl.when(pl.col("category") != "")
        .then("category")
        .when(pl.col("group_id") != "overall")
        .then("group_id")
        .otherwise("population")
    )
    steps = pl.LazyFrame(
        [(step, *row) for step, row in enumerate(STEPS, start=1)],
        schema=["step", "kind", "label"],
        orient="row",
    )
    counts = (
        _primary(result, "funnel")
        .group_by(label=label)
        .agg(
            n_patients=_value_of(pl.col("statistic") == "n_patients"),
            pct_of_extension=_value_of(pl.col("statistic") == "pct"),
            method=pl.col("method").first(),
            data_cut=pl.col("data_cut").first(),
        )
    )
    return contract.conform(steps.join(counts, on="label"))


def compare_scenarios(result: pl.LazyFrame) -> pl.LazyFrame:
    """Each row of another reading beside the primary one: `results.sensitivity`.

    A row that has no primary one (of all recipients of a course) stands alone.
    """
    contract = RESULTS["sensitivity"]
    cell = [name for name in contract.key if name != "scenario"]
    is_primary = pl.col("scenario") == PRIMARY
    primary = result.filter(is_primary).select(
        *cell, value_primary="value", text_primary="value_text"
    )
    return contract.conform(
        result.filter(~is_primary)
        .join(primary, on=cell, how="left")
        .with_columns(difference=pl.col("value") - pl.col("value_primary"))
    )


def _primary(result: pl.LazyFrame, *analyses: str) -> pl.LazyFrame:
    """Rows of the primary scenario of these analyses; each is a whole id, or `family.`."""
    is_wanted = pl.any_horizontal(
        pl.col("analysis_id").str.starts_with(name)
        if name.endswith(".")
        else pl.col("analysis_id") == name
        for name in analyses
    )
    return result.filter(is_wanted, pl.col("scenario") == PRIMARY)


def _of_side(statistic: str, window: str) -> pl.Expr:
    """A statistic of one side of a contrast."""
    is_side = (pl.col("comparator") == "") & (pl.col("analysis_window") == window)
    return is_side & (pl.col("statistic") == statistic)


def _value_of(is_wanted: pl.Expr) -> pl.Expr:
    return pl.col("value").filter(is_wanted).first()


def _widen(
    rows: pl.LazyFrame,
    name: str,
    told_by: pl.Expr = pl.lit(True),  # noqa: B008 - an expression does not change
    of: Mapping[str, pl.Expr] | None = None,
) -> pl.LazyFrame:
    """One row per key of the wide table; each other column is a statistic or a shared text.

    Args:
        rows: long rows.
        name: of the wide table.
        told_by: the rows that give what is named like the column: a statistic, or a text
            that the statistics of a cell share.
        of: for columns named otherwise, which row gives the value.
    """
    contract = RESULTS[name]
    of = of or {}

    def column(name: str) -> pl.Expr:
        if name in of:
            return _value_of(of[name]).alias(name)
        if name == "p_text":
            return pl.col("value_text").filter(told_by, statistic="p").first().alias(name)
        if name in SHARED:
            return pl.col(name).filter(told_by).first()
        return _value_of(told_by & (pl.col("statistic") == name)).alias(name)

    columns = [column(name) for name in contract.column_names if name not in contract.key]
    return contract.conform(rows.group_by(contract.key).agg(columns))
