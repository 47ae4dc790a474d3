"""What a table should be: fingerprints of code, parameters and inputs.

Belongs here: versions, computed from names and hashes alone, without running anything. They
are Dagster's code and data versions too, so that the web UI and the release agree on what is
stale. Two runs with equal versions write equal bytes.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.tables import DERIVED_TABLES, RAW_TABLES, TRANSFER
from warehouse.landing import Transfer

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("warehouse", "transforms", "models", "expectations", "orchestration")
#: Libraries whose numbers or bytes the tables are made of.
LIBRARIES = (
    "duckdb",
    "great-expectations",
    "lifelines",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pyreadstat",
    "scipy",
    "statsmodels",
)


def digest(value: object) -> str:
    """Short SHA-256 of JSON values; equal for equal values, whatever their order of keys."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def library_versions() -> dict[str, str]:
    """Installed versions of the libraries that the numbers come from."""
    return {library: version(library) for library in LIBRARIES}


@cache
def code_version(module: str) -> str:
    """Fingerprint of a module's source and data, all project modules it imports, and libraries."""
    sources = {name: [_source(name), _data(name)] for name in sorted(_closure(module))}
    return digest([sources, library_versions()])


@cache
def _file(module: str) -> Path | None:
    stem = _ROOT.joinpath(*module.split("."))
    for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _source(module: str) -> str:
    path = _file(module)
    return path.read_text(encoding="utf-8") if path else ""


def _data(module: str) -> dict[str, str]:
    """Tables that lie beside a package's `__init__.py`, which its modules read."""
    path = _file(module)
    tables = path.parent.glob("*.csv") if path and path.name == "__init__.py" else ()
    return {table.name: table.read_text(encoding="utf-8") for table in tables}


@cache
def _imports(module: str) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(_source(module))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in found if name.startswith(_PACKAGES) and _file(name))


def _closure(module: str) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_imports(name))
    return seen


def read_code_again() -> None:
    """Forget the sources read so far: they may have changed since the process started."""
    for cached in (code_version, _file, _imports):
        cached.cache_clear()


def table_code_version(sql_name: str) -> str:
    """Code version of a table's function."""
    if sql_name == TRANSFER:
        return code_version("warehouse.landing")
    module = next((t.module for t in DERIVED_TABLES if t.sql_name == sql_name), "warehouse.raw")
    return code_version(module)


def data_version(sql_name: str, inputs: Mapping[str, str], parameters: Mapping[str, Any]) -> str:
    """What a table should be, given the data versions of its inputs and the rules."""
    return digest([sql_name, table_code_version(sql_name), dict(inputs), dict(parameters)])


def transfer_version(transfers: Iterable[Transfer], dataset: str | None = None) -> str:
    """Fingerprint of the delivered files: all, or those of one dataset.

    The raw table of a dataset hangs on that dataset's files only, so that a transfer that
    changes one dataset leaves the others as they are.
    """
    files = (
        [transfer.study_id, file.file, file.sha256]
        for transfer in transfers
        for file in transfer.datasets
        if dataset is None or file.name.lower() == dataset
    )
    return digest(sorted(files))


def raw_version(sql_name: str, transfers: Iterable[Transfer]) -> str:
    """Data version of a raw table: no rule of the analysis touches it."""
    dataset = sql_name.split(".")[1]
    return data_version(sql_name, {TRANSFER: transfer_version(transfers, dataset)}, {})


def gate_version(parameters: Mapping[str, Any]) -> str:
    """Fingerprint of all gates of a cut: a release passed these, not earlier ones.

    The rules are part of it: bounds and codes in the suites come from them.
    """
    code = [code_version(module) for module in ("expectations.runner", "expectations.suites")]
    return digest([code, dict(parameters)])


def planned_versions(
    transfers: tuple[Transfer, ...], parameters: Mapping[str, Any]
) -> dict[str, str]:
    """Data version that every table of a cut has when all of it is current."""
    versions = {name: raw_version(name, transfers) for name in RAW_TABLES}
    for table in DERIVED_TABLES:
        inputs = {name: versions[name] for name in table.inputs}
        versions[table.sql_name] = data_version(table.sql_name, inputs, parameters)
    return versions


def release_versions(planned: Mapping[str, str], parameters: Mapping[str, Any]) -> dict[str, str]:
    """All that a release is made of: its tables, its gates, the way it is published."""
    return {
        **planned,
        "gates": gate_version(parameters),
        "landing": code_version("warehouse.landing"),
        "release": code_version("warehouse.release"),
    }
