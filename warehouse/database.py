"""The DuckDB file of a release: what analysts and BI tools query.

Belongs here: writing `topaz.duckdb` once, and reading it safely. It holds tables, no views (a
view on a relative Parquet path depends on the reader's folder), with labels and units as
comments, and no row about a single patient.

    results.*   the result tables of the release
    history.*   earlier releases and their result rows
    audit.*     where the numbers come from, how the gates came out, what changed
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse.contracts import RESULTS, Column, TableContract
from warehouse.contracts.release import RELEASE_ID

#: Readable by every DuckDB from 1.2 on; the default of 2.0 is not readable by 1.x.
STORAGE_VERSION = "v1.2.0"

#: What readers see of the results: the models' own rows stand in `results.result` again.
SHOWN = tuple(table for table in RESULTS.values() if not table.name.startswith("result_"))
_ANSWERED = ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN])


class QueryRefused(RuntimeError):
    """A query that cannot be run: it is wrong, or wants more than reading the results."""


def write_database(
    path: Path,
    results: Path,
    manifest: Mapping[str, Any],
    others: Iterable[tuple[TableContract, pl.DataFrame]],
) -> None:
    """Write the database of a release and check that it holds what was put in.

    Args:
        path: the file to write; must not exist.
        results: folder with the release's `results/<table>.parquet`.
        manifest: of the release.
        others: tables beside the results, of the schemas audit and history; those about
            patients are left out.
    """
    release = str(manifest["release_id"])
    expected: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {_literal(str(path))} AS topaz (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        connection.execute("USE topaz")
        # One transaction: else every comment is written to disk by itself.
        connection.begin()
        for schema in ("results", "history", "audit"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in SHOWN:
            frame = pl.read_parquet(results / table.layer / f"{table.name}.parquet")
            columns = table.columns
            if "result_id" in frame.columns:
                frame = frame.with_columns(release_id=pl.lit(release))
                columns = (*columns, RELEASE_ID)
            _create(connection, table, frame, columns)
            expected[table.sql_name] = manifest["tables"][table.sql_name]["rows"]
        for table, frame in others:
            if not table.is_patient_level:
                _create(connection, table, frame, table.columns)
                expected[table.sql_name] = frame.height
        connection.commit()
        connection.execute("USE memory")
        connection.execute("DETACH topaz")
    _check(path, expected)


def _create(
    connection: duckdb.DuckDBPyConnection,
    table: TableContract,
    frame: pl.DataFrame,
    columns: Sequence[Column],
) -> None:
    name = table.sql_name
    connection.register("incoming", frame)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")
    connection.execute(f"COMMENT ON TABLE {name} IS {_literal(table.label)}")
    for column in columns:
        text = f"{column.label} [{column.unit}]" if column.unit else column.label
        connection.execute(f"COMMENT ON COLUMN {name}.{column.name} IS {_literal(text)}")


def _check(path: Path, expected: Mapping[str, int]) -> None:
    with connect(path) as connection:
        for table, rows in expected.items():
            found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            if found is None or found[0] != rows:
                message = f"{path.name}: {table} has {found} rows instead of {rows}."
                raise RuntimeError(message)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a release's database to read it: no writing, no other file, no network."""
    return duckdb.connect(
        path,
        read_only=True,
        config={
            "enable_external_access": False,
            # Otherwise a name in a query could stand for a Python variable of ours.
            "python_enable_replacements": False,
            "lock_configuration": True,
        },
    )


def query(path: Path, sql: str) -> pl.DataFrame:
    """Rows of a read-only query on a release's database.

    Raises:
        QueryRefused: the text is no query, fails, or wants to write or to reach other files.
    """
    try:
        with connect(path) as connection:
            kinds = [statement.type for statement in connection.extract_statements(sql)]
            if kinds not in _ANSWERED:
                message = "One query is answered, and nothing else: SELECT …, DESCRIBE …, EXPLAIN …"
                raise QueryRefused(message)
            return connection.sql(sql).pl()
    except duckdb.Error as error:
        raise QueryRefused(str(error)) from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        message = f"A value of the answer cannot be shown ({error}): cast it to VARCHAR."
        raise QueryRefused(message) from None
