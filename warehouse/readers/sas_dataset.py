"""SAS data sets (sas7bdat), read by pyreadstat.

The header states the encoding, and how many pages of which size the file has; a file of another
length was cut off. It is read whole to be inspected: nothing less tells whether all rows are there.
"""

import struct
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.readers.reader import FileFacts, UnreadableFileError
from warehouse.readers.rows import check_names, normalised
from warehouse.readers.text import ENCODINGS, log_if_other

_MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
#: This byte at offset 35 shifts the rest by four, at 32 makes counts eight bytes long.
_SHIFTED = 0x33
_SIZES_AT = 196


def inspect(path: Path) -> FileFacts:
    """Names, types, row count and encoding.

    Raises:
        UnreadableFileError: no sas7bdat, cut off, or of fewer rows than it states.
    """
    frame, metadata, encoding = _rows(path)
    check_names(metadata.column_names)
    variables = {name.lower(): _kind(metadata, name) for name in metadata.column_names}
    return FileFacts(metadata.table_name or None, frame.height, variables, encoding)


def read(path: Path) -> pl.LazyFrame:
    """The rows; dates that SAS counts stay numbers. Raises as `inspect`."""
    frame, metadata, encoding = _rows(path)
    check_names(metadata.column_names)
    if encoding is not None:
        log_if_other(path, encoding)
    # pyreadstat gives columns without a value the type Null; the metadata know better.
    types = {"text": pl.String(), "number": pl.Float64()}
    return normalised(
        frame.lazy().cast({name: types[_kind(metadata, name)] for name in metadata.column_names})
    )


def special_missing(path: Path) -> pl.LazyFrame:
    """The special missing values of all variables. Raises as `inspect`."""
    _, _, encoding = _rows(path)
    values, metadata = _pyreadstat(path, encoding, output_format="dict", user_missing=True)
    found = [
        (row, name, value)
        for name in metadata.missing_user_values
        for row, value in enumerate(values[name], start=1)
        if isinstance(value, str)
    ]
    schema = {"source_row": pl.Int64, "variable": pl.String, "code": pl.String}
    return pl.LazyFrame(found, schema=schema, orient="row")


def _rows(path: Path) -> tuple[pl.DataFrame, Any, str | None]:
    """Rows, metadata, and the encoding if it is not the one that the header states."""
    _check_length(path)
    reasons = []
    for encoding in (None, *ENCODINGS[1:]):
        try:
            frame, metadata = _pyreadstat(path, encoding, output_format="polars")
        except (UnreadableFileError, UnicodeDecodeError) as error:
            reasons.append(str(error))
            continue
        if not metadata.column_names:
            raise UnreadableFileError("describes no variable: its header is damaged")
        return frame, metadata, encoding
    raise UnreadableFileError(f"cannot be read: {reasons[0]}")


def _pyreadstat(path: Path, encoding: str | None, **options: Any) -> tuple[Any, Any]:
    # Loaded late: landing is checked without it unless there is such a file.
    import pyreadstat

    try:
        return pyreadstat.read_sas7bdat(
            path, encoding=encoding, disable_datetime_conversion=True, **options
        )
    except pyreadstat.ReadstatError as error:
        raise UnreadableFileError(str(error)) from error


def _kind(metadata: Any, name: str) -> str:
    return "text" if metadata.readstat_variable_types[name] == "string" else "number"


def _check_length(path: Path) -> None:
    """Compare the length of the file with what its header says.

    Raises:
        UnreadableFileError: no sas7bdat, or longer or shorter than that.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_SIZES_AT + 20)
    if not start.startswith(_MAGIC):
        raise UnreadableFileError(f"is no SAS data set: it starts with {start[:32]!r}")
    if len(start) < _SIZES_AT + 20:
        raise UnreadableFileError(f"ends within its header: {size:,} bytes")
    order = "<" if start[37] == 1 else ">"
    count = "Q" if start[32] == _SHIFTED else "I"
    at = _SIZES_AT + (4 if start[35] == _SHIFTED else 0)
    header_bytes, page_bytes, pages = struct.unpack_from(f"{order}II{count}", start, at)
    whole = header_bytes + pages * page_bytes
    if size != whole:
        raise UnreadableFileError(
            f"is cut off or damaged: {header_bytes:,} bytes of header and {pages:,} pages of "
            f"{page_bytes:,} bytes make {whole:,} bytes; the file has {size:,}"
        )
