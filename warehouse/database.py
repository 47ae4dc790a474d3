"""The DuckDB file of a release: what analysts and BI tools query.

Belongs here: writing `topaz.duckdb` once, and reading it safely. It holds tables, no views (a
view on a relative Parquet path depends on the reader's folder), with labels and units as
comments, and no row about a single patient.

    results.*        the result tables of the release
    history.result   the result rows of earlier releases
    audit.release, audit.transfer, audit.gate   where the numbers come from
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse.contracts import RESULTS, Column, TableContract
from warehouse.contracts.results import KEY

#: Readable by every DuckDB from 1.2 on; the default of 2.0 is not readable by 1.x.
STORAGE_VERSION = "v1.2.0"
RELEASE_ID = Column("release_id", pl.String(), "Release that holds the row", nullable=False)

#: What readers see of the results: the models' own rows stand in `results.result` again.
SHOWN = tuple(table for table in RESULTS.values() if not table.name.startswith("result_"))
_ANSWERED = ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN])

_AUDIT_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "release": {"release_id": pl.String(), "data_cut": pl.String(), "parameters": pl.String()},
    "transfer": {
        "study_id": pl.String(),
        "transfer_date": pl.Date(),
        "cutoff": pl.Date(),
        "file": pl.String(),
        "records": pl.Int64(),
        "sha256": pl.String(),
    },
    "gate": {
        "table_name": pl.String(),
        "has_passed": pl.Boolean(),
        "expectations": pl.Int64(),
        "failures": pl.Int64(),
        "warnings": pl.Int64(),
        "data_version": pl.String(),
    },
}


class QueryRefused(RuntimeError):
    """A query that cannot be run: it is wrong, or wants more than reading the results."""


def write_database(
    path: Path, results: Path, manifest: Mapping[str, Any], earlier: Sequence[Path]
) -> None:
    """Write the database of a release and check that it holds what was put in.

    Args:
        path: the file to write; must not exist.
        results: folder with the release's `results/<table>.parquet`.
        manifest: of the release.
        earlier: folders of earlier releases, for `history.result`.
    """
    release = str(manifest["release_id"])
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH {_literal(str(path))} AS topaz (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        connection.execute("USE topaz")
        for schema in ("results", "history", "audit"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in SHOWN:
            frame = pl.read_parquet(results / table.layer / f"{table.name}.parquet")
            columns = table.columns
            if "result_id" in frame.columns:
                frame = frame.with_columns(release_id=pl.lit(release))
                columns = (*columns, RELEASE_ID)
            _create(connection, table.sql_name, frame, table.label, columns)
        result = RESULTS["result"]
        _create(
            connection,
            "history.result",
            _history(result, earlier),
            "Result rows of earlier releases",
            (*result.columns, RELEASE_ID),
        )
        for name, frame in _audit(manifest).items():
            _create(connection, f"audit.{name}", frame, f"Where the numbers come from: {name}", ())
        connection.execute("USE memory")
        connection.execute("DETACH topaz")
    _check(path, manifest)


def _create(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    frame: pl.DataFrame,
    label: str,
    columns: Sequence[Column],
) -> None:
    connection.register("incoming", frame)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")
    connection.execute(f"COMMENT ON TABLE {name} IS {_literal(label)}")
    for column in columns:
        text = f"{column.label} [{column.unit}]" if column.unit else column.label
        connection.execute(f"COMMENT ON COLUMN {name}.{column.name} IS {_literal(text)}")


def _history(result: TableContract, earlier: Sequence[Path]) -> pl.DataFrame:
    empty = pl.DataFrame(schema={**result.schema, RELEASE_ID.name: pl.String()})
    frames = [
        pl.read_parquet(folder / "results" / "results" / "result.parquet").with_columns(
            release_id=pl.lit(folder.name)
        )
        for folder in earlier
    ]
    # A release of an older version may lack a column of today, or have one more.
    rows = pl.concat([empty, *frames], how="diagonal_relaxed").select(empty.columns)
    return rows.sort(RELEASE_ID.name, *KEY)


def _audit(manifest: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    rows: dict[str, list[dict[str, Any]]] = {
        "release": [
            {
                "release_id": manifest["release_id"],
                "data_cut": manifest["data_cut"],
                "parameters": json.dumps(manifest["parameters"], sort_keys=True),
            }
        ],
        "transfer": [
            {**row, **{name: date.fromisoformat(row[name]) for name in ("transfer_date", "cutoff")}}
            for row in manifest["inputs"]
        ],
        "gate": [
            {
                "table_name": table,
                "has_passed": gate["has_passed"],
                **gate["counts"],
                "data_version": manifest["tables"][table]["data_version"],
            }
            for table, gate in sorted(manifest["gates"].items())
        ],
    }
    return {
        name: pl.DataFrame(rows[name], schema=schema, orient="row")
        for name, schema in _AUDIT_SCHEMAS.items()
    }


def _check(path: Path, manifest: Mapping[str, Any]) -> None:
    with connect(path) as connection:
        for table in SHOWN:
            found = connection.execute(f"SELECT count(*) FROM {table.sql_name}").fetchone()
            expected = manifest["tables"][table.sql_name]["rows"]
            if found is None or found[0] != expected:
                message = f"{path.name}: {table.sql_name} has {found} rows instead of {expected}."
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
