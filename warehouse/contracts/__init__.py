"""Contracts of all tables: columns, types, units, keys, terms, labels. Pure data, no I/O.

The one part of `warehouse` that every package may import. A contract's `asset_key`
(`layer`, `name`) is at once the Dagster asset key, the SQL name and the Parquet path.
"""

from warehouse.contracts.core import CORE
from warehouse.contracts.raw import RAW
from warehouse.contracts.results import RESULTS
from warehouse.contracts.table import Column, TableContract
from warehouse.contracts.windows import WINDOWS

ALL: tuple[TableContract, ...] = (
    *RAW.values(),
    *CORE.values(),
    *WINDOWS.values(),
    *RESULTS.values(),
)

__all__ = ["ALL", "CORE", "RAW", "RESULTS", "WINDOWS", "Column", "TableContract"]
