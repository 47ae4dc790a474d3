"""What must be true of the wide tables for BI: they show what `results.result` holds.

Belongs here: which cells of the long table stand behind a wide one, stated in SQL of its own.
Does not belong here: whether the values are right; the gates of the long tables ask that.
To add a wide table: add a line to `SHOWN`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from expectations.funnel_suites import LABEL
from expectations.results_suites import PRIMARY, is_of
from expectations.sql import any_problem, sql_text
from expectations.suite import Expectation, failing_query
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.contracts.results import KEY

_BEFORE, _AFTER = "M-12..M0", "M0..M12"
_IS_CONTRAST = f"comparator = {sql_text(_BEFORE)}"


@dataclass(frozen=True)
class Shown:
    """The long rows behind a wide table.

    Attributes:
        rule_id: rule of the analysis plan.
        analyses: endpoints, named as in `results_suites.FAMILIES`.
        told_by: condition of the rows that give a column named like their statistic, and the
            texts that the statistics of a cell share.
        of: for a column named otherwise, the condition of the one row that gives it.
    """

    rule_id: str
    analyses: tuple[str, ...]
    told_by: str = "true"
    of: Mapping[str, str] = field(default_factory=dict)


def _row(statistic: str, where: str) -> str:
    return f"{where} AND statistic = {sql_text(statistic)}"


def _side(statistic: str, window: str) -> str:
    return _row(statistic, f"comparator = '' AND analysis_window = {sql_text(window)}")


_IS_CHANGE = "analysis_id = 'edss.change'"
_IS_RATE = "analysis_id = 'safety.rate'"
_IS_FIRST = "analysis_id = 'safety.first_event_rate'"

SHOWN: dict[str, Shown] = {
    "arr": Shown("E-02", ("arr.window",)),
    "arr_before_after": Shown(
        "E-03",
        ("arr.before_after",),
        _IS_CONTRAST,
        {"rate_before": _side("rate", _BEFORE), "rate_after": _side("rate", _AFTER)},
    ),
    "relapse_free": Shown("E-04", ("relapse_free.",)),
    "course": Shown("C-05", ("course.", "treatment.")),
    "retention": Shown("E-16", ("retention", "available")),
    "baseline": Shown("E-15", ("baseline.",)),
    "edss": Shown(
        "E-06",
        ("edss.",),
        "analysis_id = 'edss.mean'",
        {
            "n_patients_change": _row("n_patients", _IS_CHANGE),
            "mean_change": _row("mean", _IS_CHANGE),
            "ci_low_change": _row("ci_low", _IS_CHANGE),
            "ci_high_change": _row("ci_high", _IS_CHANGE),
        },
    ),
    "disability": Shown("E-09", ("cdw.km", "cdi.km")),
    "mri": Shown("E-10", ("mri.free",)),
    "mri_before_after": Shown(
        "E-11",
        ("mri.before_after",),
        _IS_CONTRAST,
        {"pct_before": _side("pct", _BEFORE), "pct_after": _side("pct", _AFTER)},
    ),
    "neda": Shown("E-17", ("neda.free",)),
    "safety": Shown(
        "E-12",
        ("safety.incidence", "safety.rate", "safety.first_event_rate"),
        "analysis_id = 'safety.incidence'",
        {
            **{
                name: _row(name, _IS_RATE)
                for name in ("n_events", "person_years", "rate", "ci_low", "ci_high")
            },
            "first_event_rate": _row("rate", _IS_FIRST),
            "ci_low_first": _row("ci_low", _IS_FIRST),
            "ci_high_first": _row("ci_high", _IS_FIRST),
        },
    ),
    "safety_by_course": Shown("E-12", ("safety.by_course",)),
    "autoimmune_onset": Shown("E-14", ("autoimmune.onset",)),
}
#: Texts and numbers that all statistics of a cell share.
_SHARED = ("n_total", "method", "data_cut")


def wide_expectations(contract: TableContract, _rules: Rules) -> tuple[Expectation, ...]:
    """Expect a wide table to show exactly its cells of `results.result`, with their values."""
    shown = SHOWN[contract.name]
    columns = {
        name: _expected(name, shown) for name in contract.column_names if name not in contract.key
    }
    key = ", ".join(contract.key)
    cells = (
        f"SELECT {key}, {', '.join(f'{sql} AS {name}' for name, sql in columns.items())} "
        f"FROM results.result WHERE scenario = {sql_text(PRIMARY)} AND {is_of(shown.analyses)} "
        f"GROUP BY {key}"
    )
    return (_shows_result(contract.key, tuple(columns), cells, shown.rule_id),)


def disposition_expectations(_contract: TableContract, _rules: Rules) -> tuple[Expectation, ...]:
    """Expect the funnel as a wide table to show its result rows."""
    counts = (
        f"SELECT {LABEL} AS label, max(value) FILTER (statistic = 'n_patients') AS n_patients, "
        "max(value) FILTER (statistic = 'pct') AS pct_of_extension, "
        "any_value(method) AS method, any_value(data_cut) AS data_cut FROM results.result "
        f"WHERE analysis_id = 'funnel' AND scenario = {sql_text(PRIMARY)} GROUP BY 1"
    )
    return (
        _shows_result(
            ("label",), ("n_patients", "pct_of_extension", "method", "data_cut"), counts, "S-08"
        ),
    )


def sensitivity_expectations(contract: TableContract, _rules: Rules) -> tuple[Expectation, ...]:
    """Expect each row of another reading beside the primary one of the same cell, if it has one."""
    cell = [name for name in KEY if name != "scenario"]
    same = " AND ".join(f"p.{name} = r.{name}" for name in cell)
    rows = (
        "SELECT r.*, p.value AS value_primary, p.value_text AS text_primary, "
        "r.value - p.value AS difference FROM results.result AS r "
        f"LEFT JOIN (SELECT * FROM results.result WHERE scenario = {sql_text(PRIMARY)}) AS p "
        f"ON {same} WHERE r.scenario <> {sql_text(PRIMARY)}"
    )
    columns = tuple(name for name in contract.column_names if name not in KEY)
    return (_shows_result(KEY, columns, rows, ""),)


def _expected(column: str, shown: Shown) -> str:
    """SQL aggregate over the rows of a cell that a column must show."""
    if column in shown.of:
        return f"max(value) FILTER ({shown.of[column]})"
    if column == "p_text":
        return f"any_value(value_text) FILTER ({_row('p', shown.told_by)})"
    if column in _SHARED:
        return f"any_value({column}) FILTER ({shown.told_by})"
    return f"max(value) FILTER ({_row(column, shown.told_by)})"


def _shows_result(
    key: tuple[str, ...], columns: tuple[str, ...], cells: str, rule_id: str
) -> Expectation:
    """Expect the wide table to be what a query on `results.result` selects."""
    other = {name: f"t.{name} IS DISTINCT FROM e.{name}" for name in columns}
    differing = ", ".join(
        f"CASE WHEN {condition} THEN '{name} ' || coalesce(t.{name}::VARCHAR, 'null') "
        f"|| ', not ' || coalesce(e.{name}::VARCHAR, 'null') END"
        for name, condition in other.items()
    )
    names = ", ".join(key)
    return failing_query(
        "shows_result",
        "structural",
        rule_id,
        "Each row must show one cell of results.result, value for value, and every such cell must "
        "have its row.",
        query=f"""
            SELECT {names}, CASE WHEN e.is_there IS NULL THEN 'foreign'
                WHEN t.is_there IS NULL THEN 'missing' ELSE concat_ws('; ', {differing}) END
                AS problem
            FROM (SELECT *, true AS is_there FROM batch) AS t
            FULL JOIN (SELECT *, true AS is_there FROM ({cells})) AS e USING ({names})
            WHERE t.is_there IS NULL OR e.is_there IS NULL OR {any_problem(other)}
            ORDER BY {names}""",
    )
