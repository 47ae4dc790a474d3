"""A deliberate fault: what is broken in the pipeline, in one of three ways.

Belongs here: the three ways (a setting, a table changed between two steps, a function replaced),
and how a fault is let loose on the lineage. Does not belong here: the faults themselves
(`settings`, `tables`, `functions`), and what they cost (`study`).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any
from unittest.mock import patch

import polars as pl

import models
import transforms
from orchestration.compute import replay
from orchestration.tables import DERIVED_TABLES
from transforms.rules import Rules

#: All tables by SQL name, as the unbroken lineage makes them.
Lake = Mapping[str, pl.LazyFrame]
Frames = Mapping[str, Any]

CORE = tuple(t.sql_name for t in DERIVED_TABLES if t.sql_name.startswith("core."))
#: The scenarios take long, and no printed value is compared with them: they are left out.
SCENARIOS = "results.result_sensitivity"
EVERYTHING = tuple(t.sql_name for t in DERIVED_TABLES if t.sql_name != SCENARIOS)


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: what is done wrongly.
        rule_ids: the rules of the analysis plan that it breaks, by blanks.
        tables: SQL names of the tables on which it bears at once.
        settings: wrong values of fields of `Rules`.
        changed: by SQL name, how a table is made from the right ones after it was computed.
        functions: by `module:name`, how the wrong function (or constant) is made from the right.
    """

    name: str
    rule_ids: str
    tables: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Callable[[Lake], pl.LazyFrame]] = field(default_factory=dict)
    functions: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    @property
    def way(self) -> str:
        """In which of the three ways the pipeline is broken."""
        return "setting" if self.settings else "table" if self.changed else "function"


def setting(name: str, rule_ids: str, *tables: str, **settings: Any) -> Fault:
    """A fault that is a wrong value of fields of `Rules`."""
    return Fault(name, rule_ids, tables=tables, settings=settings)


def table(name: str, rule_ids: str, sql_name: str, change: Callable[[Lake], pl.LazyFrame]) -> Fault:
    """A fault that is a table changed between the step that makes it and those that read it."""
    return Fault(name, rule_ids, changed={sql_name: change})


def columns(name: str, rule_ids: str, sql_name: str, **wrong: pl.Expr) -> Fault:
    """A fault that is a table of which some columns are wrong."""
    return table(name, rule_ids, sql_name, lambda lake: lake[sql_name].with_columns(**wrong))


def function(
    name: str, rule_ids: str, tables: tuple[str, ...], functions: Mapping[str, Callable[[Any], Any]]
) -> Fault:
    """A fault that is a wrong function, or constant, in place of the right one."""
    return Fault(name, rule_ids, tables=tables, functions=functions)


def fed(name: str, rule_ids: str, sql_name: str, wrong: Callable[[Frames], Frames]) -> Fault:
    """A fault that is one step, and no other, given wrong tables.

    Args:
        name: what is done wrongly.
        rule_ids: rules that it breaks.
        sql_name: the table that this step makes.
        wrong: from the step's tables, by parameter, those that are given wrongly.
    """
    derived = next(each for each in DERIVED_TABLES if each.sql_name == sql_name)

    def feed(right: Callable[..., pl.LazyFrame]) -> Callable[..., pl.LazyFrame]:
        # `wraps` keeps the signature, by which the step is offered rules and horizon.
        return wraps(right)(lambda **inputs: right(**{**inputs, **wrong(inputs)}))

    return function(name, rule_ids, (sql_name,), {f"{derived.module}:{derived.function}": feed})


def everywhere(name: str, wrong: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    """The same wrong function or constant in every module of transforms and models with it."""
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for package in (transforms, models)
        for found in pkgutil.iter_modules(package.__path__)
    ]
    return {f"{module.__name__}:{name}": wrong for module in modules if hasattr(module, name)}


def let_loose(fault: Fault, lake: Lake, rules: Rules, *targets: str) -> dict[str, pl.DataFrame]:
    """Tables of the lineage under a fault.

    Args:
        fault: the fault.
        lake: all tables, raw ones and those of the unbroken lineage.
        rules: the right rules.
        targets: SQL names of the tables wanted.

    Returns:
        By SQL name those of the targets that hang on what is broken.
    """
    with ExitStack() as broken:
        for place, wrong in fault.functions.items():
            module, _, name = place.partition(":")
            right = getattr(importlib.import_module(module), name)
            broken.enter_context(patch(f"{module}.{name}", wrong(right)))
        replaced = {name: make(lake).collect().lazy() for name, make in fault.changed.items()}
        found = replay(
            lake,
            replace(rules, **fault.settings),
            again=fault.tables,
            targets=targets,
            replaced={**replaced, SCENARIOS: lake[SCENARIOS]},
        )
        return {name: table.collect() for name, table in found.items()}
