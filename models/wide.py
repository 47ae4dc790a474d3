"""Friendly wide tables from the long result rows, one per family.

Nothing is computed here: a wide table shows the same values as `results.result`, with one
column per statistic and the primary scenario only.
"""

from collections.abc import Sequence

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


def combine(
    result_arr: pl.LazyFrame,
    result_arr_before_after: pl.LazyFrame,
    result_relapse_free: pl.LazyFrame,
    result_funnel: pl.LazyFrame,
) -> pl.LazyFrame:
    """All result rows in one long table: `results.result`."""
    families = [result_arr, result_arr_before_after, result_relapse_free, result_funnel]
    return RESULTS["result"].conform(pl.concat(families))


def widen_arr(result: pl.LazyFrame) -> pl.LazyFrame:
    """Annualised relapse rates, one row per group and window: `results.arr`."""
    contract = RESULTS["arr"]
    rows = _primary(result, "arr.window")
    return contract.conform(_widen(rows, contract.key, contract.column_names))


def widen_arr_before_after(result: pl.LazyFrame) -> pl.LazyFrame:
    """Rates before and after a course and their ratio: `results.arr_before_after`."""
    contract = RESULTS["arr_before_after"]
    rows = _primary(result, "arr.before_after")

    def rate(window: str) -> pl.Expr:
        is_rate = (pl.col("analysis_window") == window) & (pl.col("statistic") == "rate")
        return pl.col("value").filter(is_rate).first()

    of_sides = ("rate_before", "rate_after", "p_text")
    of_contrast = [name for name in contract.column_names if name not in of_sides]
    contrast = _widen(rows.filter(pl.col("comparator") == BEFORE), contract.key, of_contrast)
    texts = rows.filter((pl.col("comparator") == BEFORE) & (pl.col("statistic") == "p")).select(
        *contract.key, p_text="value_text"
    )
    rates = (
        rows.filter(pl.col("comparator") == "")
        .group_by(contract.key)
        .agg(rate_before=rate(BEFORE), rate_after=rate(AFTER))
    )
    key = list(contract.key)
    return contract.conform(contrast.join(texts, on=key).join(rates, on=key))


def widen_relapse_free(result: pl.LazyFrame) -> pl.LazyFrame:
    """Shares without a relapse in each reading: `results.relapse_free`."""
    contract = RESULTS["relapse_free"]
    rows = result.filter(
        pl.col("analysis_id").str.starts_with("relapse_free.") & (pl.col("scenario") == "primary")
    )
    return contract.conform(_widen(rows, contract.key, contract.column_names))


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
    rows = _primary(result, "funnel").with_columns(label=label)
    wide = _widen(rows, ("label",), ("n_patients", "pct", "data_cut"))
    return contract.conform(steps.join(wide, on="label").rename({"pct": "pct_of_extension"}))


def _primary(result: pl.LazyFrame, analysis_id: str) -> pl.LazyFrame:
    return result.filter((pl.col("analysis_id") == analysis_id) & (pl.col("scenario") == "primary"))


def _widen(rows: pl.LazyFrame, key: tuple[str, ...], columns: Sequence[str]) -> pl.LazyFrame:
    """One row per `key`; each further column is a shared text or the value of a statistic."""
    shared = ("n_total", "method", "data_cut")
    return rows.group_by(key).agg(
        pl.col(name).first()
        if name in shared
        else pl.col("value").filter(pl.col("statistic") == name).first().alias(name)
        for name in columns
        if name not in key
    )
