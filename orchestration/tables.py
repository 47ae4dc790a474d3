"""The tables of the lake: which function makes each, and from what. The lineage in one list.

Belongs here: names only. Functions are named, not imported, so that reading the list (for the
lineage, for `topaz status`) costs nothing. To add a table: write its contract, its function
and its suite, and add one line here.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

from warehouse.contracts import ALL, RAW, TableContract

#: The table of files that the landing gate let in; the raw tables read from it.
TRANSFER = "landing.transfer"


@dataclass(frozen=True)
class DerivedTable:
    """A table that a pure function computes from other tables.

    Attributes:
        sql_name: `layer.table`.
        module: where the function stands.
        function: its name; its parameters are named like the tables in `inputs`.
        inputs: SQL names of the tables that it takes.
    """

    sql_name: str
    module: str
    function: str
    inputs: tuple[str, ...]

    @property
    def contract(self) -> TableContract:
        """The contract of the table."""
        return contract(self.sql_name)

    def load(self) -> Callable[..., pl.LazyFrame]:
        """The function; imports its module."""
        function: Callable[..., pl.LazyFrame] = getattr(
            importlib.import_module(self.module), self.function
        )
        return function


def _derived(sql_name: str, function: str, *inputs: str) -> DerivedTable:
    module, _, name = function.partition(":")
    return DerivedTable(sql_name, module, name, inputs)


@cache
def contract(sql_name: str) -> TableContract:
    """The contract of a table by its SQL name."""
    return next(table for table in ALL if table.sql_name == sql_name)


RAW_TABLES: tuple[str, ...] = tuple(table.sql_name for table in RAW.values())

_PATIENT, _COURSE, _RELAPSE = "core.patient", "core.course", "core.relapse"
_EDSS, _SCAN, _EVENT, _DMT = "core.edss", "core.mri_scan", "core.adverse_event", "core.other_dmt"
_FOLLOW_UP, _POPULATION = "core.follow_up", "core.population"
_WINDOW, _RESULT = "windows.patient_course_window", "results.result"

DERIVED_TABLES: tuple[DerivedTable, ...] = (
    _derived(_PATIENT, "transforms.patient:derive_patient", "raw.dm", "raw.ex", "raw.sc"),
    _derived(_COURSE, "transforms.course:derive_course", "raw.ex", "raw.suppex", _PATIENT),
    _derived(_RELAPSE, "transforms.relapse:derive_relapse", "raw.ce", "raw.suppce", _PATIENT),
    _derived(_EDSS, "transforms.edss:derive_edss", "raw.qs", _PATIENT),
    _derived(_SCAN, "transforms.mri_scan:derive_mri_scan", "raw.nv", _PATIENT),
    _derived(_EVENT, "transforms.adverse_event:derive_adverse_event", "raw.ae", _PATIENT),
    _derived(_DMT, "transforms.other_dmt:derive_other_dmt", "raw.cm", _PATIENT),
    _derived(
        _FOLLOW_UP,
        "transforms.follow_up:derive_follow_up",
        "raw.sv",
        "raw.qs",
        "raw.nv",
        "raw.ex",
        "raw.ds",
        _PATIENT,
        _COURSE,
        _EVENT,
    ),
    _derived(_POPULATION, "transforms.population:derive_population", _PATIENT, _COURSE, _DMT),
    _derived(
        _WINDOW,
        "transforms.patient_course_window:derive_patient_course_window",
        _PATIENT,
        _COURSE,
        _RELAPSE,
        _EDSS,
        _SCAN,
        _FOLLOW_UP,
    ),
    _derived("results.result_arr", "models.arr:estimate_arr", _WINDOW, _POPULATION),
    _derived(
        "results.result_arr_before_after",
        "models.arr_before_after:estimate_arr_before_after",
        _WINDOW,
        _POPULATION,
    ),
    _derived(
        "results.result_relapse_free",
        "models.relapse_free:estimate_relapse_free",
        _WINDOW,
        _POPULATION,
        _FOLLOW_UP,
    ),
    _derived("results.result_funnel", "models.funnel:count_funnel", _POPULATION),
    _derived(
        _RESULT,
        "models.wide:combine",
        "results.result_arr",
        "results.result_arr_before_after",
        "results.result_relapse_free",
        "results.result_funnel",
    ),
    _derived("results.arr", "models.wide:widen_arr", _RESULT),
    _derived("results.arr_before_after", "models.wide:widen_arr_before_after", _RESULT),
    _derived("results.relapse_free", "models.wide:widen_relapse_free", _RESULT),
    _derived("results.disposition", "models.wide:widen_disposition", _RESULT),
)

#: Every table that is gated and, the raw ones apart, released: upstream before downstream.
INPUTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(RAW_TABLES, (TRANSFER,)),
    **{table.sql_name: table.inputs for table in DERIVED_TABLES},
}
