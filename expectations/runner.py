"""Runs suites with Great Expectations on DuckDB, over the Parquet files as they lie.

Belongs here: everything that knows Great Expectations; the only module that imports it, and only
when the first suite runs (the import costs seconds of CPU). Does not belong here: what is
expected, and what happens after a failure.

Nothing is sent anywhere: this version of GX has no usage statistics, the context is ephemeral,
no Data Docs are built.
"""

import logging
import math
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from expectations.generic import SQL_TYPES
from expectations.report import KEYS_KEPT, GateReport, Outcome, Scalar
from expectations.sql import sql_text
from expectations.suite import (
    PREVIOUS,
    ROW_COUNT,
    UNEXPECTED_ROWS,
    Expectation,
    Suite,
    previous_name,
)
from warehouse.contracts import ALL

#: A named in-memory database: every connection of this process to it sees the same views.
_DATABASE = "duckdb:///:memory:topaz_gates"

_CONTRACTS = {contract.sql_name: contract for contract in ALL}

_WHERE_IN_SQL = re.compile(r"LINE \d+:|\[SQL:")


def run_suite(
    suite: Suite, tables: Mapping[str, Path], previous: Mapping[str, Path] | None = None
) -> GateReport:
    """Evaluate every expectation of a suite, by pushdown on DuckDB.

    Args:
        suite: what is expected of one table.
        tables: Parquet file of the table and of each of `suite.referenced_tables`, by SQL name
            (`raw.dm`). If that of `suite.quarantine` is given, outcomes tell the rows in it.
        previous: Parquet files of the last published cut, by SQL name; of these
            `suite.referenced_previous` are read. What compares with one that is not there does
            not apply.

    Returns:
        One outcome per expectation, in the suite's order. An expectation that could not be
        evaluated (a missing column, a type that does not compare) has an `error`.

    Raises:
        ValueError: the path of a table that the suite reads is not given.
        FileNotFoundError: a table's file does not exist.
    """
    needed = {name: tables.get(name) for name in (suite.table, *suite.referenced_tables)}
    absent = sorted(name for name, path in needed.items() if path is None)
    if absent:
        raise ValueError(
            f"The suite of {suite.table} reads {', '.join(absent)}: give the Parquet file of each."
        )
    paths = {name: Path(path) for name, path in needed.items() if path is not None}
    if suite.quarantine is not None and suite.quarantine in tables:
        paths[suite.quarantine] = Path(tables[suite.quarantine])
    for name, path in paths.items():
        if not path.exists():
            raise FileNotFoundError(
                f"The suite of {suite.table} reads {name}, but its file {path} does not exist."
            )
    earlier = {name: (previous or {}).get(name) for name in suite.referenced_previous}
    return _session().run(suite, paths, earlier)


def close_session() -> None:
    """Close the database of the gates, if one is open; the next `run_suite` opens another."""
    if _session.cache_info().currsize:
        _session().close()
        _session.cache_clear()


class _Session:
    """One GX context on one in-memory DuckDB, for all suites of a process.

    Context, data source and connection cost more than a small suite, so all gates share them.
    """

    def __init__(self) -> None:
        import great_expectations as gx
        from sqlalchemy.pool import StaticPool

        # At import GX turns the Python warnings of the whole process into log records.
        logging.captureWarnings(False)
        self._gx = gx
        self._lock = threading.Lock()
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        # GX fetches rows after it has returned the connection: a pool of one connection that is
        # neither rolled back nor reset keeps the rows alive. Without this every expectation
        # raises "list index out of range". No temporary table: the query reads the Parquet file.
        self._source = self._context.data_sources.add_sql(
            "gates",
            connection_string=_DATABASE,
            create_temp_table=False,
            kwargs={
                "poolclass": StaticPool,
                "isolation_level": "AUTOCOMMIT",
                "skip_autocommit_rollback": True,
                "pool_reset_on_return": None,
            },
        )
        self._engine = self._source.get_execution_engine().engine
        # Polars leaves NaN out of the minimum and maximum that it writes into a Parquet file, and
        # DuckDB believes them: of a column [NaN, 3.0] it "proves" that no value is NaN, or skips
        # the row group. A gate reads the values themselves.
        with self._engine.connect() as connection:
            connection.exec_driver_sql(
                "SET disabled_optimizers = 'statistics_propagation,filter_pushdown'"
            )
        self._batches: dict[str, Any] = {}

    def close(self) -> None:
        self._source.get_execution_engine().close()
        self._source.get_engine().dispose()

    def run(
        self, suite: Suite, paths: Mapping[str, Path], previous: Mapping[str, Path | None]
    ) -> GateReport:
        # The one connection serves one suite at a time.
        with self._lock:
            n_rows = self._register(suite.table, paths)
            self._register_previous(previous)
            n_quarantined = self._count_quarantined(suite, paths)
            by_id = self._validate(suite.table, suite.expectations, is_counting=True)
            # Most find nothing: the rows are asked for where there are any.
            broken = [item for item in suite.expectations if _has_rows(item, by_id[item.id])]
            if broken:
                by_id |= self._validate(suite.table, broken, is_counting=False)
        outcomes = tuple(
            replace(
                _outcome(item, by_id[item.id]),
                n_quarantined=n_quarantined.get(item.id, 0),
                not_applicable=_not_applicable(item, previous),
            )
            for item in suite.expectations
        )
        return GateReport(suite.table, n_rows, outcomes)

    def _validate(
        self, table: str, expectations: Sequence[Expectation], *, is_counting: bool
    ) -> dict[str, Any]:
        """GX's result of each expectation, by its id; unexpected rows may only be counted."""
        kinds = {UNEXPECTED_ROWS: _counting()} if is_counting else {}
        items = [
            kinds.get(item.kind, getattr(self._gx.expectations, item.kind))(
                **item.arguments, meta={"id": item.id}
            )
            for item in expectations
        ]
        results = self._batch(table).validate(
            self._gx.ExpectationSuite(name=table, expectations=items),
            # Anything less than COMPLETE leaves out the rows that GX fetches anyway.
            result_format={"result_format": "COMPLETE", "partial_unexpected_count": KEYS_KEPT},
        )
        return {result.expectation_config.meta["id"]: result for result in results.results}

    def _register(self, table: str, paths: Mapping[str, Path]) -> int:
        """Make a view of each Parquet file; the row count of `table`."""
        with self._engine.connect() as connection:
            for name, path in paths.items():
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
                connection.exec_driver_sql(
                    f"CREATE OR REPLACE VIEW {name} AS "
                    f"SELECT * FROM read_parquet({sql_text(str(path))})"
                )
            rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        return int(rows)

    def _register_previous(self, previous: Mapping[str, Path | None]) -> None:
        """Make a view of each table of the last published cut; an empty one if there is none."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {PREVIOUS}")
            for name, path in previous.items():
                # An earlier version may have lacked a column: it is null then.
                columns = ", ".join(
                    f"NULL::{SQL_TYPES[column.dtype]} AS {column.name}"
                    for column in _CONTRACTS[name].columns
                )
                rows = f"SELECT {columns} WHERE false"
                if path is not None:
                    rows += f" UNION ALL BY NAME SELECT * FROM read_parquet({sql_text(str(path))})"
                connection.exec_driver_sql(
                    f"CREATE OR REPLACE VIEW {previous_name(name)} AS {rows}"
                )

    def _count_quarantined(self, suite: Suite, paths: Mapping[str, Path]) -> dict[str, int]:
        if suite.quarantine not in paths:
            return {}
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT expectation, count(*) FROM {suite.quarantine} GROUP BY expectation"
            ).all()
        return {expectation: int(count) for expectation, count in rows}

    def _batch(self, table: str) -> Any:
        if table not in self._batches:
            # Not a table asset: in GX the schema of a table is part of the connection.
            asset = self._source.add_query_asset(table, query=f"SELECT * FROM {table}")
            self._batches[table] = asset.add_batch_definition_whole_table("all")
        return self._batches[table].get_batch()


@cache
def _counting() -> Any:
    """The class of expectations that counts unexpected rows and does not fetch them."""
    from great_expectations.expectations import UnexpectedRowsExpectation

    counted = "unexpected_rows_query.row_count"

    class UnexpectedRowsCount(UnexpectedRowsExpectation):
        metric_dependencies = (counted,)

        def _validate(
            self,
            metrics: dict[str, Any],
            runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
            execution_engine: Any = None,  # noqa: ARG002
        ) -> dict[str, Any]:
            n_rows = metrics[counted]
            details: dict[str, Any] = {"unexpected_rows": []}
            return {
                "success": n_rows == 0,
                "result": {"observed_value": n_rows, "details": details},
            }

    return UnexpectedRowsCount


@cache
def _session() -> _Session:
    return _Session()


def _has_rows(item: Expectation, result: Any) -> bool:
    return item.kind == UNEXPECTED_ROWS and not result.success and not _error(result.exception_info)


def _outcome(item: Expectation, result: Any) -> Outcome:
    error = _error(result.exception_info)
    n_unexpected: int | None = None
    keys: tuple[Mapping[str, Scalar], ...] = ()
    if error is None and item.kind == ROW_COUNT:
        n_unexpected = 0 if result.success else 1
    elif error is None:
        n_unexpected = int(result.result["observed_value"])
        rows = result.result["details"]["unexpected_rows"][:KEYS_KEPT]
        keys = tuple({name: _plain(value) for name, value in row.items()} for row in rows)
    return Outcome(
        id=item.id,
        severity=item.severity,
        rule_id=item.rule_id,
        passed=bool(result.success),
        n_unexpected=n_unexpected,
        failing_keys=keys,
        message=item.message,
        error=error,
    )


def _not_applicable(item: Expectation, previous: Mapping[str, Path | None]) -> str | None:
    absent = [name for name in item.referenced_previous if previous[name] is None]
    if not absent:
        return None
    return f"Not applicable: no earlier release has {', '.join(absent)} to compare with."


def _error(exception_info: Mapping[str, Any]) -> str | None:
    """What an expectation raised, or None.

    GX reports an exception as a failure with an empty result. Its `exception_info` is one record,
    or one per metric that could not be computed.
    """
    if "raised_exception" in exception_info:
        infos = [exception_info] if exception_info["raised_exception"] else []
    else:
        infos = list(exception_info.values())
    if not infos:
        return None
    # After the database's own words come the place in the SQL, the whole SQL and a link.
    messages = {
        " ".join(_WHERE_IN_SQL.split(str(info["exception_message"]))[0].split()) for info in infos
    }
    return " / ".join(sorted(messages))


def _plain(value: Any) -> Scalar:
    """A value of a failing row as JSON holds it; NaN and infinity as text, dates in ISO 8601."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
