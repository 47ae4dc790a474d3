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
from typing import Literal, get_args

from expectations.sql import any_problem, problem_text
from warehouse.contracts import ALL, TableContract

#: structural: the table is not what its contract says, a defect of delivery or code.
#: content: the data contradict themselves or a rule, the results would be wrong.
#: plausibility: unusual, worth a look; warns and never stops.
Severity = Literal["structural", "content", "plausibility"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

UNEXPECTED_ROWS = "UnexpectedRowsExpectation"
ROW_COUNT = "ExpectTableRowCountToBeBetween"

_SQL_NAMES = frozenset(contract.sql_name for contract in ALL)
_QUALIFIED_NAME = re.compile(r"\b(?:raw|core|windows|results)\.[a-z_0-9]+\b")


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
        key: columns that identify a failing row.
    """

    id: str
    severity: Severity
    kind: str
    arguments: Mapping[str, object] = field(hash=False)
    message: str
    rule_id: str
    key: tuple[str, ...]

    @property
    def referenced_tables(self) -> tuple[str, ...]:
        """SQL names of the other tables that the expectation reads, sorted."""
        named = _QUALIFIED_NAME.findall(str(self.arguments.get("unexpected_rows_query", "")))
        return tuple(sorted(_SQL_NAMES.intersection(named)))


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
    key: Sequence[str] | None = None,
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
        key: columns that identify a failing row, if not the contract's key.
    """
    key = tuple(contract.key if key is None else key)
    columns = [f"t.{column}" for column in key]
    if isinstance(where, Mapping):
        show = (f"{problem_text(where)} AS problem", *show)
        where = any_problem(where)
    query = (
        f"SELECT {', '.join([*columns, *show])} FROM {source} AS t {joins} "
        f"WHERE {where} ORDER BY {', '.join(columns)}"
    )
    return _unexpected_rows(name, severity, rule_id, message, query, key)


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
    return _unexpected_rows(name, "plausibility", rule_id, message, query, ())


def failing_query(
    name: str,
    severity: Severity,
    rule_id: str,
    message: str,
    *,
    query: str,
    key: Sequence[str],
) -> Expectation:
    """Expect a query of its own shape to select nothing; `key` are columns that it selects."""
    return _unexpected_rows(name, severity, rule_id, message, query, tuple(key))


def minimum_rows(severity: Severity, rule_id: str, message: str) -> Expectation:
    """Expect at least one row."""
    return Expectation("has_rows", severity, ROW_COUNT, {"min_value": 1}, message, rule_id, ())


def _unexpected_rows(
    name: str, severity: Severity, rule_id: str, message: str, query: str, key: tuple[str, ...]
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
        key=key,
    )
