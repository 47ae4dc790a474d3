"""Long result rows: what one statistic is, how it is presented, how it is identified.

Here belongs the shape that every endpoint shares (landing contract, "Published result
tables"). What is estimated does not: each endpoint module computes its own values.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from warehouse.contracts.results import KEY
from warehouse.contracts.table import TableContract

NOT_ESTIMABLE = "NE"
NOT_SIGNIFICANT = "NS"

#: Decimals by statistic; a statistic on the scale of the estimate takes its cell's.
DECIMALS = {
    "n_patients": 0,
    "n_events": 0,
    "at_risk": 0,
    "b": 0,
    "c": 0,
    "person_years": 1,
    "k": 3,
    "se": 3,
}
P_VALUES = ("p", "p_exact", "p_corrected", "p_score")


@dataclass(frozen=True)
class Cell:
    """One estimate: the dimensions that its statistics share, and how it was computed.

    Attributes:
        analysis_id: endpoint and method, dotted (`arr.window`).
        population: analysis set.
        n_total: patients behind the estimate (the denominator of a share).
        method: one line on how it was computed, or why it was not.
        rule_ids: rules of the analysis plan.
        decimals: decimals of values on the estimate's own scale, as the paper prints them.
        diagnostics: plain values about the computation; written as JSON.
    """

    analysis_id: str
    population: str
    n_total: int
    method: str
    rule_ids: tuple[str, ...]
    group_id: str = ""
    category: str = ""
    anchor: str = ""
    analysis_window: str = ""
    timepoint: str = ""
    comparator: str = ""
    scenario: str = "primary"
    decimals: int = 2
    diagnostics: Mapping[str, Any] = field(default_factory=dict)


def round_half_away(value: float, decimals: int) -> str:
    """Text of `value` at `decimals` places, ties away from zero, as SAS rounds.

    A tie is judged on the shortest decimal text of the number (0.285 is a tie at two
    places, though its binary value lies a hair below), since that is the number a reader
    of the unrounded value sees. Zero has no sign.

    Raises:
        ValueError: the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"cannot round {value}: it is not a number; report it as NE instead")
    exponent = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(float(value))).quantize(exponent, rounding=ROUND_HALF_UP)
    return str(abs(rounded) if rounded.is_zero() else rounded)


def present_p(p: float) -> str:
    """A p-value as presented: `<0.0001`, `NS` from 0.05 on, else four decimals."""
    if p < 0.0001:
        return "<0.0001"
    return NOT_SIGNIFICANT if p >= 0.05 else round_half_away(p, 4)


def present(statistic: str, value: float | None, decimals: int) -> str:
    """A value as presented; the one place where results are rounded (section 5).

    Args:
        statistic: name of the statistic.
        value: unrounded; None = not estimable.
        decimals: places for a statistic on the estimate's own scale (a rate, its limits).
    """
    if value is None:
        return NOT_ESTIMABLE
    if statistic in P_VALUES:
        return present_p(value)
    return round_half_away(value, DECIMALS.get(statistic, decimals))


def result_id(key: Mapping[str, str]) -> str:
    """All dimensions in the order of the key, joined by `|`; empty ones keep their place."""
    return "|".join(key[name] for name in KEY)


def rows_of(cell: Cell, values: Mapping[str, float | None]) -> list[dict[str, Any]]:
    """Result rows of one cell, one per statistic.

    Args:
        cell: the shared dimensions.
        values: value by statistic; None = not estimable on these data.

    Raises:
        ValueError: a value or a diagnostic is NaN or infinite; nothing of the kind is
            ever published.
    """
    diagnostics = json.dumps(dict(cell.diagnostics), sort_keys=True, allow_nan=False)
    rows = []
    for statistic, value in values.items():
        key = {name: statistic if name == "statistic" else getattr(cell, name) for name in KEY}
        rows.append(
            {
                **key,
                "result_id": result_id(key),
                "value": None if value is None else float(value),
                "value_text": present(statistic, value, cell.decimals),
                "is_estimable": value is not None,
                "n_total": cell.n_total,
                "method": cell.method,
                "diagnostics": diagnostics,
                "rule_ids": " ".join(cell.rule_ids),
            }
        )
    return rows


def to_frame(
    rows: Iterable[Mapping[str, Any]], contract: TableContract, *, data_cut: str
) -> pl.LazyFrame:
    """Result rows as a table: the contract's columns and types, sorted by its key."""
    schema = {name: dtype for name, dtype in contract.schema.items() if name != "data_cut"}
    frame = pl.LazyFrame(list(rows), schema=schema)
    return contract.conform(frame.with_columns(data_cut=pl.lit(data_cut)))
