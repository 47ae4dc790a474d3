"""Contracts of all tables: columns, types, units, keys, terms, labels. Pure data, no I/O.

The one part of `warehouse` that every package may import. A contract's `layer`
and `name` are at once the Dagster asset key, the SQL name and the Parquet path.
"""

from warehouse.contracts.core import CORE
from warehouse.contracts.quarantine import QUARANTINE
from warehouse.contracts.raw import RAW, REGISTERS
from warehouse.contracts.results import RESULTS
from warehouse.contracts.table import Column, TableContract
from warehouse.contracts.windows import WINDOWS

#: Every table of the lineage that has a gate.
ALL: tuple[TableContract, ...] = (
    *RAW.values(),
    *REGISTERS.values(),
    *QUARANTINE.values(),
    *CORE.values(),
    *WINDOWS.values(),
    *RESULTS.values(),
)

__all__ = [
    "ALL",
    "CORE",
    "QUARANTINE",
    "RAW",
    "REGISTERS",
    "RESULTS",
    "WINDOWS",
    "Column",
    "TableContract",
]
