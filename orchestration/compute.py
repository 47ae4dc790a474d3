"""Calling the function of a derived table with what it asks for.

Belongs here: how a table is computed from others in memory, alone or replayed with everything
that hangs on it. Does not belong here: where tables lie, Dagster.
"""

import inspect
from collections.abc import Collection, Mapping
from dataclasses import asdict

import polars as pl

from orchestration.tables import DERIVED_TABLES, DerivedTable
from transforms.protocol import PROTOCOL
from transforms.rules import Rules


def compute(table: DerivedTable, inputs: Mapping[str, pl.LazyFrame], rules: Rules) -> pl.LazyFrame:
    """Call a table's function with its inputs and those of the rules that it asks for.

    Transforms take the rules whole; models take the few values that they need.
    """
    function = table.load()
    offered = {
        "rules": rules,
        "data_cut": rules.data_cut,
        "horizon_years": rules.horizon_years,
        "configuration": configuration(rules),
    }
    wanted = inspect.signature(function).parameters
    return function(**inputs, **{name: offered[name] for name in offered if name in wanted})


def configuration(rules: Rules) -> dict[str, float | str]:
    """What the analysis is set to, flat: `rules.core_years`, `protocol.dose_mg`.

    The numbers and texts among the fields and properties of the rules, and the protocol; not
    codes, terms and ranges.
    """
    properties = [name for name, kind in vars(Rules).items() if isinstance(kind, property)]
    of_rules = {name: getattr(rules, name) for name in (*vars(rules), *properties)}
    return {
        **{f"rules.{n}": v for n, v in of_rules.items() if isinstance(v, float | int | str)},
        **{f"protocol.{name}": value for name, value in asdict(PROTOCOL).items()},
    }


def replay(
    base: Mapping[str, pl.LazyFrame],
    rules: Rules,
    *,
    again: Collection[str],
    targets: Collection[str],
    replaced: Mapping[str, pl.LazyFrame] | None = None,
) -> dict[str, pl.LazyFrame]:
    """Compute tables under other rules, and with them whatever hangs on them.

    Args:
        base: tables as they are, by SQL name; all that the targets are made from.
        rules: the other rules.
        again: SQL names of tables on which the changed rules bear at once.
        targets: SQL names of the tables wanted.
        replaced: tables that take the place of those in `base`.

    Returns:
        By SQL name those of the targets that came out anew, in memory; the others hang on
        nothing that changed.
    """
    new = dict(replaced or {})
    wanted = _with_inputs(targets)
    for table in DERIVED_TABLES:
        name = table.sql_name
        is_touched = name in again or any(source in new for source in table.inputs)
        if name in wanted and is_touched and name not in new:
            inputs = {
                source.split(".")[1]: new[source] if source in new else base[source]
                for source in table.inputs
            }
            new[name] = compute(table, inputs, rules).collect().lazy()
    return {name: new[name] for name in targets if name in new}


def _with_inputs(targets: Collection[str]) -> set[str]:
    """Tables with all that they are made from."""
    wanted = set(targets)
    for table in reversed(DERIVED_TABLES):
        if table.sql_name in wanted:
            wanted.update(table.inputs)
    return wanted
