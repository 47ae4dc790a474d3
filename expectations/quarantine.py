"""Which delivered rows go to quarantine: those that break a content rule of their raw table.

Belongs here: the split of delivered rows into a raw table and its quarantine. Does not belong
here: the rules (`raw_datasets`, `raw_exposure`, `raw_events`), and what must be true of the two
tables afterwards (their suites).

A gate lists the first rows that fail. Here the same rules, as each suite states them, are asked
for all their rows; afterwards the gate of the raw table asks once more and must find none.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from expectations.sql import sql_text
from expectations.suite import Expectation
from expectations.suites import suite_for
from transforms.rules import Rules
from warehouse.contracts import QUARANTINE, TableContract

_ROW = ("source_file", "source_row")


def content_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """The rules whose breach puts a row of a raw dataset into quarantine."""
    suite = suite_for(contract, rules)
    return tuple(item for item in suite.expectations if item.row_query is not None)


def referenced_by_content(contract: TableContract, rules: Rules) -> tuple[str, ...]:
    """SQL names of the raw tables that must be there before a dataset's rows can be split.

    No two datasets refer to each other: DM to none, the others to DM, qualifiers to their parent.
    """
    referenced = {
        name for item in content_expectations(contract, rules) for name in item.referenced_tables
    }
    return tuple(sorted(referenced))


def split_rows(
    contract: TableContract, delivered: Path, tables: Mapping[str, Path], rules: Rules
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Split the delivered rows of a dataset into its raw table and its quarantine.

    Args:
        contract: a dataset of the raw layer.
        delivered: Parquet file of its rows as delivered, with the contract's columns.
        tables: Parquet file of each of `referenced_by_content(contract, rules)`, by SQL name.
        rules: the cut and the codes that the rules are stated in.

    Returns:
        The rows that break no content rule, in their order (the contract's columns), and the others
        once for each rule that they break (`quarantine.<dataset>`).

    Raises:
        ValueError: the path of a table that the rules look at is not given.
        duckdb.Error: a rule cannot be evaluated, since the rows are not as the contract says.
    """
    rows = pl.scan_parquet(delivered, glob=False)
    broken = _broken_rules(contract, delivered, tables, rules)
    quarantine = QUARANTINE[contract.name]
    if broken.is_empty():
        return rows, pl.LazyFrame(schema=quarantine.schema)
    kept = rows.join(broken.lazy(), on=_ROW, how="anti", maintain_order="left")
    told = (
        rows.join(broken.lazy(), on=_ROW, how="inner")
        .join(_stated(contract, rules), on="expectation", how="left")
        .with_columns(
            study_id="studyid",
            record_key=_record_key(contract),
            record=pl.struct(pl.col(contract.column_names).exclude(*_ROW)).struct.json_encode(),
        )
    )
    return kept, quarantine.conform(told)


def _broken_rules(
    contract: TableContract, delivered: Path, tables: Mapping[str, Path], rules: Rules
) -> pl.DataFrame:
    """One row per delivered row and content rule that it breaks, with the offending values."""
    import duckdb

    absent = sorted(set(referenced_by_content(contract, rules)) - tables.keys())
    if absent:
        message = f"The content rules of {contract.sql_name} look at {', '.join(absent)}: give it."
        raise ValueError(message)
    # A row may be found twice by one rule, where the rule looks at several rows of another table.
    query = " UNION ALL ".join(
        f"SELECT source_file, source_row, {sql_text(item.id)} AS expectation, "
        f"min(offending) AS offending FROM ({item.row_query}) AS broken GROUP BY ALL"
        for item in content_expectations(contract, rules)
    )
    with duckdb.connect() as connection:
        # As in the gates: NaN hides from the statistics of a Parquet file.
        connection.execute(
            "SET disabled_optimizers = 'statistics_propagation,filter_pushdown'; "
            "CREATE SCHEMA raw; "
            f"CREATE VIEW batch AS SELECT * FROM read_parquet({sql_text(str(delivered))})"
        )
        for name, path in tables.items():
            connection.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet({sql_text(str(path))})"
            )
        return connection.sql(query).pl()


def _stated(contract: TableContract, rules: Rules) -> pl.LazyFrame:
    """What each rule is called and says."""
    stated = [
        {"expectation": item.id, "rule_id": item.rule_id, "message": item.message}
        for item in content_expectations(contract, rules)
    ]
    return pl.LazyFrame(stated)


def _record_key(contract: TableContract) -> pl.Expr:
    """Which record of its patient a row is: `aeseq=3`."""
    parts = [
        pl.format(f"{name}={{}}", _plain(name, contract).fill_null("missing"))
        for name in contract.key
        if name not in ("studyid", "usubjid")
    ]
    return pl.concat_str(parts, separator=", ") if parts else pl.lit("")


def _plain(name: str, contract: TableContract) -> pl.Expr:
    value = pl.col(name)
    if contract.schema[name] != pl.Float64():
        return value
    # SAS knows no integers: a sequence number comes as 3.0.
    is_whole = value == value.floor()
    return pl.when(is_whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(
        value.cast(pl.String)
    )  # fmt: skip
