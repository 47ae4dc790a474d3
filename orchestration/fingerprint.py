"""What a table should be: fingerprints of code, parameters and inputs.

Belongs here: versions, computed from names and hashes alone, without running anything. They
are Dagster's code and data versions too, so that the web UI and the release agree on what is
stale. Two runs with equal versions write equal bytes.
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from expectations.suite import Suite
from expectations.suites import QuarantineLimits, suite_for
from orchestration.settings import as_parameters
from orchestration.tables import DERIVED_TABLES, INPUTS, TRANSFER, contract
from transforms.rules import Rules
from warehouse.contracts.raw import RAW, REGISTERS, raw_table_of
from warehouse.manifest import Selection

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("warehouse", "transforms", "models", "expectations", "orchestration")
#: What calls the functions of derived tables, bucket by bucket: rows may hang on it, too.
_CALLERS = ("orchestration.buckets", "orchestration.compute")
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


def project_code() -> str:
    """Fingerprint of all code that a release may hang on, and its tables, for its manifest."""
    files = sorted(
        path
        for package in _PACKAGES
        for kind in ("*.py", "*.csv")
        for path in (_ROOT / package).rglob(kind)
    )
    return digest([[str(path.relative_to(_ROOT)), path.read_text("utf-8")] for path in files])


def table_code_version(sql_name: str) -> str:
    """Code version of a table's function."""
    if sql_name == TRANSFER:
        return code_version("warehouse.selection")
    layer = sql_name.partition(".")[0]
    if layer in ("raw", "quarantine"):
        # The rules by which rows are parted are data: see `_content_rules`.
        return digest([code_version("warehouse.raw"), _source("expectations.quarantine")])
    module = next(table.module for table in DERIVED_TABLES if table.sql_name == sql_name)
    return digest([code_version(module), *map(_source, _CALLERS)])


def data_version(sql_name: str, inputs: Mapping[str, str], parameters: object) -> str:
    """What a table should be, given the data versions of its inputs and the rules."""
    return digest([sql_name, table_code_version(sql_name), dict(inputs), parameters])


def delivered_version(selection: Selection, table: str | None = None) -> str:
    """Fingerprint of the delivered files: all, or those that make one raw table.

    A raw table hangs on its own datasets' files only, so that a transfer that changes one
    dataset leaves the others as they are; the crosswalk says who is who in every one of them.
    """
    files = [
        [transfer.study_id, file.name, file.file, file.sha256]
        for transfer in selection.transfers
        for file in transfer.datasets
        if table in (None, "special_missing") or raw_table_of(file.name) == table
    ]
    crosswalk = selection.crosswalk.sha256 if selection.crosswalk else ""
    return digest([sorted(files), crosswalk])


def raw_version(
    sql_name: str, selection: Selection, rules: Rules, upstream: Mapping[str, str]
) -> str:
    """Data version of a raw table, or of the quarantine beside it.

    Args:
        sql_name: the table.
        selection: the transfers of the cut.
        rules: the rules of the cut; of them only the content rules of the table bear on it.
        upstream: data versions of the raw tables that these content rules look at.
    """
    table = sql_name.partition(".")[2]
    inputs = {TRANSFER: delivered_version(selection, table), **upstream}
    return data_version(sql_name, inputs, _content_rules(table, rules))


def _content_rules(table: str, rules: Rules) -> list[Any]:
    """The rules that send rows of a raw table into quarantine, as data."""
    if table in REGISTERS:
        return []
    suite = suite_for(RAW[table], rules)
    return [asdict(item) for item in suite.expectations if item.row_query is not None]


def gate_version(suite: Suite) -> str:
    """Fingerprint of a gate: what it asks, bounds and codes included, and what runs it."""
    return digest([code_version("expectations.runner"), asdict(suite)])


def gate_versions(rules: Rules, limits: QuarantineLimits) -> dict[str, str]:
    """Fingerprint of the gate of every table: a release passed these, not earlier ones."""
    return {name: gate_version(suite_for(contract(name), rules, limits)) for name in INPUTS}


def planned_versions(selection: Selection, rules: Rules) -> dict[str, str]:
    """Data version that every table of a cut has when all of it is current."""
    versions: dict[str, str] = {}
    parameters = as_parameters(rules)
    derived = {table.sql_name for table in DERIVED_TABLES}
    for name, inputs in INPUTS.items():
        upstream = {source: versions[source] for source in inputs if source != TRANSFER}
        versions[name] = (
            data_version(name, upstream, parameters)
            if name in derived
            else raw_version(name, selection, rules, upstream)
        )
    return versions


def release_versions(planned: Mapping[str, str], gates: Mapping[str, str]) -> dict[str, str]:
    """All that a release is made of: its tables, its gates, the way it is published."""
    return {
        **planned,
        "gates": digest(dict(gates)),
        "landing": table_code_version(TRANSFER),
        "release": code_version("warehouse.release"),
    }
