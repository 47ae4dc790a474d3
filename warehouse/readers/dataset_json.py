"""CDISC Dataset-JSON 1.1, as one JSON text or as NDJSON.

One object with `datasetJSONVersion`, `name`, `records` and `columns` (name and dataType of each
variable), and rows as arrays: under `rows`, or one a line after the object's own line. Dates and
times are ISO 8601 texts and stay so, also where `targetDataType` says that SAS counted days.

Why our own: on PyPI are a writer (dsjson) and the CDISC rules engine, which reads into pandas as
part of a large program. The format is JSON, so that Python's reader and a table of types suffice.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.readers.reader import FileFacts, UnreadableFileError
from warehouse.readers.rows import check_names, normalised

_TEXT = frozenset({"string", "datetime", "date", "time", "URI"})
_NUMBER = frozenset({"integer", "float", "double"})
#: A number that JSON writes as text, so that no digit is lost.
_DECIMAL = "decimal"
_BOOLEAN = "boolean"
_KINDS = {
    **dict.fromkeys(_TEXT, "text"),
    **dict.fromkeys(_NUMBER, "number"),
    _DECIMAL: "number",
    _BOOLEAN: _BOOLEAN,
}


@dataclass(frozen=True)
class _Content:
    name: str
    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]


def inspect_json(path: Path) -> FileFacts:
    """Names, types and row count; the whole text is read.

    Raises:
        UnreadableFileError: no whole Dataset-JSON 1.1 in UTF-8, or with another number of rows than
            it states, or a value that is not of its variable's type.
    """
    return _facts(_json(path))


def read_json(path: Path) -> pl.LazyFrame:
    """The rows. Raises as `inspect_json`."""
    return _frame(_json(path))


def inspect_ndjson(path: Path) -> FileFacts:
    """As `inspect_json`."""
    return _facts(_ndjson(path))


def read_ndjson(path: Path) -> pl.LazyFrame:
    """As `read_json`."""
    return _frame(_ndjson(path))


def _json(path: Path) -> _Content:
    found = _parsed(_utf8(path), "")
    rows = found.get("rows", []) if isinstance(found, dict) else []
    return _content(found, rows, lambda at: f"row {at + 1:,}")


def _ndjson(path: Path) -> _Content:
    # Not `splitlines`: JSON allows U+0085 and U+2028 within a text.
    lines = _utf8(path).removesuffix("\n").split("\n")
    if lines == [""]:
        raise UnreadableFileError("is empty; a first line with the metadata is due")
    found = _parsed(lines[0], " in line 1")
    # The line's own number, as the first line has the metadata.
    rows = [_parsed(line, f" in line {at:,}") for at, line in enumerate(lines[1:], start=2)]
    return _content(found, rows, lambda at: f"line {at + 2:,}")


def _utf8(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"is not UTF-8, which Dataset-JSON must be: {error.reason} at byte {error.start:,}"
        ) from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise UnreadableFileError(f"is no whole JSON text{where}: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _content(found: Any, rows: Any, where: Callable[[int], str]) -> _Content:
    if not isinstance(found, dict) or "datasetJSONVersion" not in found:
        raise UnreadableFileError("is no Dataset-JSON: it states no datasetJSONVersion")
    version = found["datasetJSONVersion"]
    if not str(version).startswith("1.1"):
        raise UnreadableFileError(f"is Dataset-JSON {version}; version 1.1 is read")
    columns = tuple(_column(entry) for entry in _list(found.get("columns"), "columns"))
    check_names(name for name, _ in columns)
    rows = _list(rows, "rows")
    for at, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            size = f"{len(row)} values" if isinstance(row, list) else type(row).__name__
            raise UnreadableFileError(
                f"has {size} in {where(at)}, it describes {len(columns)} variables"
            )
    if found.get("records") != len(rows):
        raise UnreadableFileError(
            f"holds {len(rows):,} rows and states records = {found.get('records')!r}"
        )
    return _checked(_Content(str(found.get("name", "")), columns, rows), where)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise UnreadableFileError(f"is no Dataset-JSON 1.1: {name} is no list")
    return value


def _column(entry: Any) -> tuple[str, str]:
    name, kind = (entry.get("name"), entry.get("dataType")) if isinstance(entry, dict) else ("", "")
    if not isinstance(name, str) or kind not in _KINDS:
        raise UnreadableFileError(
            f"describes a variable {name!r} of dataType {kind!r}; dataTypes are "
            f"{', '.join(sorted(_KINDS))}"
        )
    return name, kind


def _checked(content: _Content, where: Callable[[int], str]) -> _Content:
    """The content, if each value is of the type that its variable has."""
    for at, (name, kind) in enumerate(content.columns):
        for row, values in enumerate(content.rows):
            value = values[at]
            if not _fits(value, kind):
                raise UnreadableFileError(
                    f"has {json.dumps(value)} for {name}, {where(row)}, whose dataType is {kind}"
                )
    return content


def _fits(value: Any, kind: str) -> bool:
    if value is None or value == "":
        return True
    if kind == _BOOLEAN:
        return isinstance(value, bool)
    if kind in _NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str) and (kind != _DECIMAL or _is_number(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _facts(content: _Content) -> FileFacts:
    variables = {name.lower(): _KINDS[kind] for name, kind in content.columns}
    return FileFacts(content.name or None, len(content.rows), variables)


def _frame(content: _Content) -> pl.LazyFrame:
    columns: Sequence[Sequence[Any]] = (
        list(zip(*content.rows, strict=True)) if content.rows else [()] * len(content.columns)
    )
    return normalised(
        pl.DataFrame(
            [
                _series(name, kind, values)
                for (name, kind), values in zip(content.columns, columns, strict=True)
            ]
        ).lazy()
    )


def _series(name: str, kind: str, values: Sequence[Any]) -> pl.Series:
    if kind == _BOOLEAN:
        return pl.Series(name, [None if value == "" else value for value in values], pl.Boolean)
    if kind in _TEXT:
        return pl.Series(name, values, pl.String)
    numbers = [None if value in (None, "") else float(value) for value in values]
    return pl.Series(name, numbers, pl.Float64)
