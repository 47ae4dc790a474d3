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
from warehouse.contracts.quarantine import QUARANTINE
from warehouse.contracts.raw import REGISTERS

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


#: Raw tables of datasets, each with the raw tables that tell which of its rows cannot be used.
RAW_TABLES: dict[str, tuple[str, ...]] = {
    "raw.dm": (),
    "raw.ex": ("raw.dm",),
    "raw.suppex": ("raw.dm", "raw.ex"),
    "raw.ce": ("raw.dm",),
    "raw.suppce": ("raw.dm", "raw.ce"),
    **{
        table.sql_name: ("raw.dm",)
        for name, table in RAW.items()
        if name not in ("dm", "ex", "suppex", "ce", "suppce")
    },
}
#: What is told beside the datasets: who is who, and why a number is missing.
REGISTER_TABLES: tuple[str, ...] = tuple(table.sql_name for table in REGISTERS.values())


def quarantine_of(raw_table: str) -> str:
    """The table of the rows that a raw table had to leave out."""
    return QUARANTINE[raw_table.partition(".")[2]].sql_name


_PATIENT, _COURSE, _RELAPSE = "core.patient", "core.course", "core.relapse"
_EDSS, _SCAN, _EVENT, _DMT = "core.edss", "core.mri_scan", "core.adverse_event", "core.other_dmt"
_FOLLOW_UP, _POPULATION, _BASELINE = "core.follow_up", "core.population", "core.baseline"
_VISIT, _WINDOW = "windows.edss_at_visit", "windows.patient_course_window"
_DISABILITY, _SAFETY = "windows.disability_event", "windows.safety_event"
_LISTING, _RESULT = "windows.line_listing", "results.result"

_CORE_TABLES = (
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
        *("raw.sv", "raw.qs", "raw.nv", "raw.ex", "raw.ds", _PATIENT, _COURSE, _EVENT),
    ),
    _derived(_POPULATION, "transforms.population:derive_population", _PATIENT, _COURSE, _DMT),
    _derived(_BASELINE, "transforms.baseline:derive_baseline", _PATIENT, _EDSS, _SCAN, "raw.mh"),
)

_WINDOW_TABLES = (
    _derived(
        _VISIT,
        "transforms.edss_at_visit:derive_edss_at_visit",
        *(_PATIENT, _COURSE, _EDSS, _FOLLOW_UP),
    ),
    _derived(
        _WINDOW,
        "transforms.patient_course_window:derive_patient_course_window",
        *(_PATIENT, _COURSE, _RELAPSE, _VISIT, _SCAN, _FOLLOW_UP),
    ),
    _derived(
        _DISABILITY,
        "transforms.disability_event:derive_disability_event",
        *(_PATIENT, _COURSE, _EDSS, _RELAPSE, _FOLLOW_UP),
    ),
    _derived(
        _SAFETY,
        "transforms.safety_event:derive_safety_event",
        *(_PATIENT, _COURSE, _EVENT, _FOLLOW_UP, "raw.ex"),
    ),
    _derived(
        _LISTING,
        "transforms.line_listing:derive_line_listing",
        *(_PATIENT, _COURSE, _EVENT, _FOLLOW_UP, _POPULATION, _SAFETY),
    ),
)

_FAMILIES = (
    _derived("results.result_arr", "models.arr:estimate_arr", _WINDOW, _POPULATION),
    _derived(
        "results.result_arr_before_after",
        "models.arr_before_after:estimate_arr_before_after",
        *(_WINDOW, _POPULATION),
    ),
    _derived(
        "results.result_relapse_free",
        "models.relapse_free:estimate_relapse_free",
        *(_WINDOW, _POPULATION, _FOLLOW_UP),
    ),
    _derived("results.result_edss", "models.edss:estimate_edss", _VISIT, _POPULATION),
    _derived(
        "results.result_disability",
        "models.disability:estimate_disability",
        *(_DISABILITY, _POPULATION),
    ),
    _derived("results.result_mri", "models.mri:estimate_mri", _WINDOW, _POPULATION),
    _derived(
        "results.result_neda",
        "models.neda:estimate_neda",
        *(_WINDOW, _DISABILITY, _POPULATION),
    ),
    _derived(
        "results.result_safety",
        "models.safety:estimate_safety",
        *(_COURSE, _FOLLOW_UP, _SAFETY, _POPULATION),
    ),
    _derived(
        "results.result_baseline", "models.baseline:describe_baseline", _BASELINE, _POPULATION
    ),
    _derived("results.result_course", "models.course:describe_courses", _COURSE, _POPULATION),
    _derived(
        "results.result_treatment",
        "models.treatment:count_treatments",
        *(_PATIENT, _COURSE, _DMT, _POPULATION),
    ),
    _derived(
        "results.result_retention",
        "models.retention:estimate_retention",
        *(_COURSE, _FOLLOW_UP, _POPULATION),
    ),
    _derived("results.result_funnel", "models.funnel:count_funnel", _POPULATION),
    _derived(
        "results.result_partial_date",
        "models.partial_date:count_partial_dates",
        *(_RELAPSE, _EVENT, _DMT, _FOLLOW_UP, _BASELINE, _POPULATION),
    ),
)

_SENSITIVITY = _derived(
    "results.result_sensitivity",
    "orchestration.sensitivity:estimate_sensitivity",
    *("raw.ce", "raw.suppce", _PATIENT, _COURSE, _RELAPSE, _EDSS, _SCAN, _DMT),
    *(_FOLLOW_UP, _POPULATION, _BASELINE, _VISIT, _WINDOW, _DISABILITY, _SAFETY),
    *(family.sql_name for family in _FAMILIES),
)

_WIDE_TABLES = (
    _derived("results.arr", "models.wide:widen_arr", _RESULT),
    _derived("results.arr_before_after", "models.wide:widen_arr_before_after", _RESULT),
    _derived("results.relapse_free", "models.wide:widen_relapse_free", _RESULT),
    _derived("results.edss", "models.wide:widen_edss", _RESULT),
    _derived("results.disability", "models.wide:widen_disability", _RESULT),
    _derived("results.mri", "models.wide:widen_mri", _RESULT),
    _derived("results.mri_before_after", "models.wide:widen_mri_before_after", _RESULT),
    _derived("results.neda", "models.wide:widen_neda", _RESULT),
    _derived("results.safety", "models.wide:widen_safety", _RESULT),
    _derived("results.safety_by_course", "models.wide:widen_safety_by_course", _RESULT),
    _derived("results.autoimmune_onset", "models.wide:widen_autoimmune_onset", _RESULT),
    _derived("results.baseline", "models.wide:widen_baseline", _RESULT),
    _derived("results.course", "models.wide:widen_course", _RESULT),
    _derived("results.retention", "models.wide:widen_retention", _RESULT),
    _derived("results.disposition", "models.wide:widen_disposition", _RESULT),
    _derived("results.sensitivity", "models.wide:compare_scenarios", _RESULT),
)

_REPRODUCTION = _derived(
    "results.reproduction", "models.reproduction:compare_with_published", _RESULT, _LISTING
)

DERIVED_TABLES: tuple[DerivedTable, ...] = (
    *_CORE_TABLES,
    *_WINDOW_TABLES,
    *_FAMILIES,
    _SENSITIVITY,
    _derived(
        _RESULT,
        "models.wide:combine",
        *(family.sql_name for family in _FAMILIES),
        _SENSITIVITY.sql_name,
    ),
    *_WIDE_TABLES,
    _REPRODUCTION,
)

#: Every table that is gated and released: upstream before downstream.
INPUTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(REGISTER_TABLES, (TRANSFER,)),
    **{
        name: (TRANSFER, *references)
        for raw, references in RAW_TABLES.items()
        for name in (raw, quarantine_of(raw))
    },
    **{table.sql_name: table.inputs for table in DERIVED_TABLES},
}
