"""Alemtuzumab infusions that were given: the records behind courses and day 0 (C-01)."""

import polars as pl

from transforms.dates import complete_date
from transforms.rules import Rules


def select_infusions(ex: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """Rows of EX that are alemtuzumab infusions given on or before the cut-off.

    A dose of 0 or none was not given. An infusion without a complete start date has no place
    in a sequence of courses and is left out; the gates on EX refuse such an extract.

    Returns:
        All columns of EX, and `infusion_date` (Date).
    """
    return ex.with_columns(infusion_date=complete_date(pl.col("exstdtc"))).filter(
        pl.col("extrt") == rules.codes.alemtuzumab,
        pl.col("exdose") > 0,
        pl.col("infusion_date") <= rules.cutoff,
    )
