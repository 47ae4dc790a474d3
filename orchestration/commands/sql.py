"""`topaz sql`: queries on the published results."""

import argparse

from orchestration.commands.command import (
    EXIT_QUERY,
    Commands,
    Stop,
    print_rows,
    published,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    sql = register(
        commands,
        "sql",
        run,
        "query the published results (read-only, no other files)",
        "topaz sql \"SELECT group_id, rate FROM results.arr WHERE analysis_window = 'M0..M12'\"",
    )
    sql.add_argument("query", help="one SQL query; tables are results.*, history.*, audit.*")
    sql.add_argument("--csv", action="store_true", help="print CSV instead of a table")


def run(options: argparse.Namespace) -> int:
    """Run `topaz sql`; its exit code."""
    import polars as pl

    from warehouse.database import QueryRefused, query

    _, shown = published(options)
    try:
        rows = query(shown.database, options.query)
    except QueryRefused as error:
        raise Stop(EXIT_QUERY, str(error)) from None
    try:
        print_rows(rows, as_csv=options.csv)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        message = f"a column of the answer cannot be shown ({error}): cast it to VARCHAR"
        raise Stop(EXIT_QUERY, message) from None
    return 0
