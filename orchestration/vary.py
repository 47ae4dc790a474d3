"""`topaz vary`: all endpoints of a cut under other rules, beside those that stand.

Belongs here: replaying a cut from its raw tables, and what came out otherwise. Nothing is
written. Readings that are shown in every release stand in `scenarios`.
"""

from dataclasses import dataclass

import polars as pl

from orchestration.compute import replay
from orchestration.tables import DERIVED_TABLES, RAW_TABLES
from transforms.rules import Rules
from warehouse.contracts.results import KEY
from warehouse.lake import WorkArea

_RESULT, _SENSITIVITY = "results.result", "results.result_sensitivity"


@dataclass(frozen=True)
class Variation:
    """What other rules move.

    Attributes:
        rows: the rows that came out otherwise: the key, `value_text` and `value`, and
            `varied_text` and `varied` under the other rules; null where a side has no such row.
        n_compared: rows that were compared, equal ones included.
    """

    rows: pl.DataFrame
    n_compared: int


def vary(work: WorkArea, rules: Rules) -> Variation:
    """Compute every primary result row of a cut under these rules.

    Args:
        work: the work area of the cut, refreshed.
        rules: the other rules.

    Raises:
        warehouse.lake.TableNotReady: a raw table or the results are not there, not whole, or
            did not pass their gate.
    """
    for name in (*RAW_TABLES, _RESULT):
        work.passed_record(name)
    families = [
        name
        for table in DERIVED_TABLES
        if table.sql_name == _RESULT
        for name in table.inputs
        if name != _SENSITIVITY
    ]
    tables = replay(
        {name: work.scan(name) for name in RAW_TABLES},
        rules,
        again={table.sql_name for table in DERIVED_TABLES},
        targets=families,
    )
    primary = work.scan(_RESULT).filter(pl.col("scenario") == "primary")
    varied = pl.concat(tables.values()).select(*KEY, varied="value", varied_text="value_text")
    joined = (
        primary.select(*KEY, "value", "value_text")
        .join(varied, on=KEY, how="full", coalesce=True)
        .sort(KEY)
        .collect()
    )
    is_other = pl.col("value").ne_missing(pl.col("varied")) | pl.col("value_text").ne_missing(
        pl.col("varied_text")
    )
    return Variation(joined.filter(is_other), joined.height)
