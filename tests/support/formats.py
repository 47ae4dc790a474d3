"""Writes a dataset in each format that the readers take, so that tests deliver it in any.

`write_in(path, "DM", frame)` chooses by the suffix. The same frame gives the same bytes. Names are
written as they are, so a frame bears upper-case SDTM names.
"""

import ctypes
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
from pyreadstat import _readstat_writer

# Offsets of the four time stamps in a transport file, which pyreadstat sets to now.
_STAMPS = (144, 160, 464, 480)
_STAMP = b"20OCT17:00:00:00"

_STRING, _DOUBLE = 0, 5  # readstat_type_t
_TEXT_BYTES = 200


def write_in(path: Path, name: str, frame: pl.DataFrame) -> Path:
    """Write a dataset by the suffix of the path (`.xpt` is version 5), and return the path."""
    WRITERS[path.suffix](path, name, frame)
    return path


def write_xpt5(
    path: Path, name: str, frame: pl.DataFrame, labels: dict[str, str] | None = None
) -> None:
    """Write a SAS transport file of version 5."""
    _write_xport(path, name, frame, 5, labels)


def write_xpt8(
    path: Path, name: str, frame: pl.DataFrame, labels: dict[str, str] | None = None
) -> None:
    """Write a SAS transport file of version 8."""
    _write_xport(path, name, frame, 8, labels)


def write_json(path: Path, name: str, frame: pl.DataFrame) -> None:
    """Write Dataset-JSON 1.1."""
    content = {**dataset_json_header(name, frame), "rows": [list(row) for row in frame.rows()]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def write_ndjson(path: Path, name: str, frame: pl.DataFrame) -> None:
    """Write Dataset-JSON 1.1 as NDJSON: metadata, then one array a row."""
    lines = [dataset_json_header(name, frame), *(list(row) for row in frame.rows())]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def dataset_json_header(name: str, frame: pl.DataFrame) -> dict[str, Any]:
    """All of a Dataset-JSON file but its rows."""
    columns = [
        {
            "itemOID": f"IT.{name}.{column}",
            "name": column,
            "label": column,
            "dataType": "string" if dtype == pl.String else "float",
        }
        for column, dtype in frame.schema.items()
    ]
    return {
        "datasetJSONCreationDateTime": "2017-10-20T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": f"IG.{name}",
        "records": frame.height,
        "name": name,
        "label": name,
        "columns": columns,
    }


def write_csv(path: Path, name: str, frame: pl.DataFrame) -> None:
    """Write comma-separated text with a header."""
    frame.write_csv(path)


def write_parquet(path: Path, name: str, frame: pl.DataFrame) -> None:
    """Write Parquet."""
    frame.write_parquet(path)


def write_sas7bdat(
    path: Path,
    name: str,
    frame: pl.DataFrame,
    codes: Mapping[tuple[int, str], str] | None = None,
    formats: Mapping[str, str] | None = None,
) -> None:
    """Write a sas7bdat file, by the writer of ReadStat that pyreadstat carries and does not offer.

    Args:
        path: file to write.
        name: dataset.
        frame: its rows; texts of at most 200 bytes.
        codes: special missing values: letter by row (from 0) and variable.
        formats: SAS format by variable (`DATE9`).
    """
    chunks: list[bytes] = []

    @ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    def keep(data: int, length: int, _context: int) -> int:
        chunks.append(ctypes.string_at(data, length))
        return length

    writer = ctypes.c_void_p(_call("readstat_writer_init", restype=ctypes.c_void_p))
    _do("readstat_set_data_writer", writer, keep)
    _do("readstat_writer_set_table_name", writer, name.encode())
    _do("readstat_writer_set_file_timestamp", writer, ctypes.c_long(0))
    variables = {
        column: ctypes.c_void_p(
            _call(
                "readstat_add_variable",
                writer,
                column.encode(),
                _STRING if dtype == pl.String else _DOUBLE,
                ctypes.c_size_t(_TEXT_BYTES if dtype == pl.String else 8),
                restype=ctypes.c_void_p,
            )
        )
        for column, dtype in frame.schema.items()
    }
    for column, sas_format in (formats or {}).items():
        format_text = sas_format.encode()
        _call("readstat_variable_set_format", variables[column], format_text, restype=None)
    _do("readstat_begin_writing_sas7bdat", writer, None, ctypes.c_long(frame.height))
    for at, row in enumerate(frame.iter_rows()):
        _do("readstat_begin_row", writer)
        for (column, variable), value in zip(variables.items(), row, strict=True):
            code = (codes or {}).get((at, column))
            if code is not None:
                letter = ctypes.c_char(code.encode())
                _do("readstat_insert_tagged_missing_value", writer, variable, letter)
            elif frame.schema[column] == pl.String:
                _do("readstat_insert_string_value", writer, variable, (value or "").encode())
            elif value is None:
                _do("readstat_insert_missing_value", writer, variable)
            else:
                number = ctypes.c_double(value)
                _do("readstat_insert_double_value", writer, variable, number)
        _do("readstat_end_row", writer)
    _do("readstat_end_writing", writer)
    _call("readstat_writer_free", writer, restype=None)
    path.write_bytes(b"".join(chunks))


@cache
def _readstat() -> ctypes.CDLL:
    return ctypes.CDLL(_readstat_writer.__file__)


def _call(function: str, *arguments: Any, restype: Any) -> Any:
    found = getattr(_readstat(), function)
    found.restype = restype
    return found(*arguments)


def _do(function: str, *arguments: Any) -> None:
    error = _call(function, *arguments, restype=ctypes.c_int)
    if error:
        raise OSError(f"{function} gave error {error}")


def _write_xport(
    path: Path, name: str, frame: pl.DataFrame, version: int, labels: dict[str, str] | None
) -> None:
    pyreadstat.write_xport(
        frame, path, table_name=name, column_labels=labels or {}, file_format_version=version
    )
    data = bytearray(path.read_bytes())
    for offset in _STAMPS:
        data[offset : offset + len(_STAMP)] = _STAMP
    path.write_bytes(data)


#: Writer by suffix; version 8 of transport files shares its suffix with version 5.
WRITERS: dict[str, Callable[[Path, str, pl.DataFrame], None]] = {
    ".xpt": write_xpt5,
    ".sas7bdat": write_sas7bdat,
    ".json": write_json,
    ".ndjson": write_ndjson,
    ".csv": write_csv,
    ".parquet": write_parquet,
}
