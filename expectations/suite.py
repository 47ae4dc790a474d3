"""What an expectation and a suite are: pure data, and the few shapes in which SQL states a rule.

Belongs here: the dataclasses and the builders that every list of expectations uses.
Does not belong here: what is expected of which table, and the run of a suite.

Rules on rows are Great Expectations' `UnexpectedRowsExpectation`: a query that selects the rows
which break the rule. It runs by pushdown, says which rows and why in one place, sees other
tables, and unlike GX's column expectations lists keys without a self-join of the table.
In the SQL `batch` is the table itself; upstream tables stand under their own names (`raw.dm`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from expectations.sql import any_problem, problem_text, shown_text
from warehouse.contracts import ALL, RAW, TableContract
from warehouse.contracts.landing import TRANSFER

#: structural: the table is not what its contract says, a defect of delivery or code; stops.
#: content: the data contradict themselves or a rule, the results would be wrong. In a raw dataset
#:     the row goes to quarantine, and the rest goes on. Further down the contradiction shows only
#:     where tables are put together, and nothing tells which row is wrong: it stops.
#: plausibility: unusual, worth a look; warns and never stops.
Severity = Literal["structural", "content", "plausibility"]

UNEXPECTED_ROWS = "UnexpectedRowsExpectation"
ROW_COUNT = "ExpectTableRowCountToBeBetween"

_SQL_NAMES = frozenset(contract.sql_name for contract in (TRANSFER, *ALL))
_QUALIFIED_NAME = re.compile(
    r"\b(?:landing|raw|quarantine|core|windows|results|previous)\.[a-z_0-9]+\b"
)
#: Schema under which a suite sees the tables of the last published cut.
PREVIOUS = "previous"


def is_dataset(contract: TableContract) -> bool:
    """Whether a table holds the rows of an SDTM dataset, not a register or anything derived."""
    return contract.layer == "raw" and contract.name in RAW


def previous_name(sql_name: str) -> str:
    """How a suite's SQL names a table of the last published cut: `previous.raw_ae`."""
    return f"{PREVIOUS}.{sql_name.replace('.', '_', 1)}"


_PREVIOUS_NAMES = {previous_name(name): name for name in _SQL_NAMES}


@dataclass(frozen=True)
class Expectation:
    """One thing that must be true of a table.

    Attributes:
        id: name inside the suite, lower snake case.
        severity: see `Severity`.
        kind: class of Great Expectations that evaluates it.
        arguments: its arguments.
        message: what is wrong if it fails, and what to do.
        rule_id: rule of the analysis plan; empty for rules of the contract itself.
        row_query: of a content rule of a raw dataset: SQL on `batch` that selects `source_file`,
            `source_row` and `offending` (text) of every row that breaks it; None for others.
    """

    id: str
    severity: Severity
    kind: str
    arguments: Mapping[str, object] = field(hash=False)
    message: str
    rule_id: str
    row_query: str | None = None

    @property
    def referenced_tables(self) -> tuple[str, ...]:
        """SQL names of the other tables that the expectation reads, sorted."""
        return tuple(sorted(_SQL_NAMES.intersection(self._qualified_names())))

    @property
    def referenced_previous(self) -> tuple[str, ...]:
        """SQL names (`raw.ae`) of the tables that it reads of the last published cut, sorted."""
        named = _PREVIOUS_NAMES.keys() & self._qualified_names()
        return tuple(sorted(_PREVIOUS_NAMES[name] for name in named))

    def _qualified_names(self) -> set[str]:
        query = str(self.arguments.get("unexpected_rows_query", ""))
        return set(_QUALIFIED_NAME.findall(query))


@dataclass(frozen=True)
class Suite:
    """All expectations of one table, in the order in which they are told."""

    table: str
    expectations: tuple[Expectation, ...]

    @property
    def referenced_tables(self) -> tuple[str, ...]:
        """SQL names of the upstream tables that must be at hand to run the suite, sorted."""
        return tuple(
            sorted({name for item in self.expectations for name in item.referenced_tables})
        )

    @property
    def referenced_previous(self) -> tuple[str, ...]:
        """SQL names of the tables of the last published cut that it compares with, sorted."""
        return tuple(
            sorted({name for item in self.expectations for name in item.referenced_previous})
        )

    @property
    def quarantine(self) -> str | None:
        """SQL name of the table in which rows that broke a content rule are; None if none can."""
        if all(item.row_query is None for item in self.expectations):
            return None
        return self.table.replace("raw.", "quarantine.", 1)


def failing_rows(
    contract: TableContract,
    name: str,
    severity: Severity,
    rule_id: str,
    message: str,
    *,
    where: str | Mapping[str, str],
    show: Sequence[str] = (),
    source: str = "batch",
    joins: str = "",
) -> Expectation:
    """Expect no row of the table to satisfy `where`.

    Args:
        contract: the table; its key identifies the failing rows.
        name: the expectation's id.
        severity: see `Severity`.
        rule_id: rule of the analysis plan, or empty.
        message: what is wrong and what to do.
        where: SQL condition of a row that breaks the rule. A condition that is null (a missing
            value) does not break it. Of several conditions, asked in one query, each stands
            under what it finds: failing rows tell it as `problem`.
        show: SQL expressions reported beside the key.
        source: what to select from, under the alias `t`; a subquery where the rule needs
            neighbouring rows.
        joins: further SQL between `FROM` and `WHERE`.
    """
    columns = [f"t.{column}" for column in contract.key]
    if isinstance(where, Mapping):
        show = (f"{problem_text(where)} AS problem", *show)
        where = any_problem(where)
    rows = f"FROM {source} AS t {joins} WHERE {where}"
    query = f"SELECT {', '.join([*columns, *show])} {rows} ORDER BY {', '.join(columns)}"
    row_query = None
    if severity == "content" and is_dataset(contract):
        row_query = f"SELECT t.source_file, t.source_row, {shown_text(show)} AS offending {rows}"
    return _unexpected_rows(name, severity, rule_id, message, query, row_query)


def unlikely_aggregate(
    name: str, rule_id: str, message: str, *, observed: str, likely: str, where: str = "true"
) -> Expectation:
    """Warn if an aggregate of the table lies outside its likely range.

    Args:
        name: the expectation's id.
        rule_id: rule of the analysis plan, or empty.
        message: what is unusual and what to look at.
        observed: SQL aggregate; null (no rows) is not unusual.
        likely: SQL condition on `observed` that usual data satisfy.
        where: rows that enter the aggregate.
    """
    query = (
        f"SELECT observed FROM (SELECT {observed} AS observed FROM batch AS t WHERE {where}) "
        f"AS a WHERE NOT ({likely})"
    )
    return _unexpected_rows(name, "plausibility", rule_id, message, query)


def failing_query(
    name: str,
    severity: Severity,
    rule_id: str,
    message: str,
    *,
    query: str,
    row_query: str | None = None,
) -> Expectation:
    """Expect a query of its own shape to select nothing."""
    return _unexpected_rows(name, severity, rule_id, message, query, row_query)


def minimum_rows(severity: Severity, rule_id: str, message: str) -> Expectation:
    """Expect at least one row."""
    return Expectation("has_rows", severity, ROW_COUNT, {"min_value": 1}, message, rule_id)


def _unexpected_rows(
    name: str,
    severity: Severity,
    rule_id: str,
    message: str,
    query: str,
    row_query: str | None = None,
) -> Expectation:
    # GX puts a table, an aliased subquery or a bare one for {batch}: as the only table of a
    # common table expression each of them is valid SQL.
    # GX formats the text, and SQLAlchemy binds `:name` in it: braces and colons are escaped, since
    # a configured code may hold any character. For the same reason no white space is taken out.
    escaped = query.replace("{", "{{").replace("}", "}}").replace(":", r"\:")
    whole = f"WITH batch AS (SELECT * FROM {{batch}}) {escaped}"
    return Expectation(
        id=name,
        severity=severity,
        kind=UNEXPECTED_ROWS,
        arguments={"unexpected_rows_query": whole},
        message=message,
        rule_id=rule_id,
        row_query=row_query,
    )
