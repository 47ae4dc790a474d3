"""A simulated trial as raw tables, without the way through files.

For whoever wants what the transforms make of simulated patients: benchmarks and tests. The
lake itself reads files, and checks them.
"""

from collections.abc import Collection, Mapping

import polars as pl

from warehouse.contracts import RAW


def as_raw_tables(
    datasets: Mapping[str, Mapping[str, pl.DataFrame]], persons: Collection[str] | None = None
) -> dict[str, pl.LazyFrame]:
    """Datasets of all studies as the raw layer has them.

    Args:
        datasets: `SimulatedTrial.datasets`: by study and name of the dataset.
        persons: only these USUBJIDs; None = all.

    Returns:
        By SQL name every raw table, of its contract's columns, sorted by its key; empty where
        the trial has no such dataset.
    """
    return {
        contract.sql_name: contract.conform(
            pl.concat(
                [
                    pl.LazyFrame(schema=contract.schema),
                    *(
                        _with_source(tables[contract.name.upper()], study, persons)
                        for study, tables in datasets.items()
                        if contract.name.upper() in tables
                    ),
                ],
                how="diagonal",
            )
        )
        for contract in RAW.values()
    }


def _with_source(
    dataset: pl.DataFrame, study: str, persons: Collection[str] | None
) -> pl.LazyFrame:
    rows = dataset.lazy().rename(str.lower)
    rows = rows.with_columns(
        source_file=pl.lit(study), source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
    )
    if persons is not None:
        rows = rows.filter(pl.col("usubjid").is_in(list(persons)))
    return rows
