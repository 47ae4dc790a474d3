"""Readers of extract files, by the suffix of the file name.

Belongs here: how a format is read, so that all formats look alike: lower-case names, blank
text as null, numbers as Float64. Does not belong here: what a dataset must hold
(`warehouse.contracts.raw`), or which files are taken (`warehouse.landing`).

A new format is one function that inspects, one that reads, one line in `READERS`.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from warehouse import xport

_log = logging.getLogger(__name__)


class UnreadableFileError(Exception):
    """A file that its reader cannot take; the text says why and does not repeat the path."""


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself, without its values.

    Attributes:
        dataset: name of the dataset inside the file; None if the format holds none.
        records: number of rows.
        variables: type by lower-case name: `text`, `number`, `empty` (no type, all missing) or
            the format's own name of another type.
    """

    dataset: str | None
    records: int
    variables: dict[str, str]


@dataclass(frozen=True)
class Reader:
    """One format.

    Attributes:
        inspect: header and row count, in milliseconds; raises UnreadableFileError.
        read: the rows in the order of the file; raises UnreadableFileError.
    """

    inspect: Callable[[Path], FileFacts]
    read: Callable[[Path], pl.LazyFrame]


def reader_for(path: Path) -> Reader:
    """The reader of a file by its suffix.

    Raises:
        UnreadableFileError: no reader has this suffix.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFileError(
            f"has the suffix {path.suffix!r}; read are {', '.join(sorted(READERS))}"
        )
    return reader


def _inspect_xport(path: Path) -> FileFacts:
    try:
        header = xport.read_header(path)
        records = xport.count_records(path, header)
    except xport.XportError as error:
        raise UnreadableFileError(str(error)) from error
    variables: dict[str, str] = {item.name.lower(): item.type for item in header.variables}
    return FileFacts(header.dataset, records, variables)


def _read_xport(path: Path) -> pl.LazyFrame:
    facts = _inspect_xport(path)
    try:
        frame = _xport_rows(path, encoding=None)
    except UnicodeDecodeError as utf8_error:
        _log.warning(
            "%s is not UTF-8 (%s); read again as windows-1252", path.name, utf8_error.reason
        )
        frame = _xport_rows(path, encoding="windows-1252")
    if frame.height != facts.records:
        raise UnreadableFileError(
            f"gave {frame.height:,} rows, its length says {facts.records:,}: it ends with rows "
            "that are blank throughout"
        )
    frame = frame.rename(str.lower)
    # pyreadstat gives columns without a value the type Null; the header knows better.
    types = {"text": pl.String(), "number": pl.Float64()}
    return _normalised(
        frame.lazy().cast({name: types[kind] for name, kind in facts.variables.items()})
    )


def _xport_rows(path: Path, encoding: str | None) -> pl.DataFrame:
    # Loaded late: the command line's `status` checks landing and reads no value.
    import pyreadstat

    try:
        frame, _ = pyreadstat.read_xport(
            path,
            output_format="polars",
            encoding=encoding,
            # Dates of SDTM are text; numbers with a date format stay the numbers they are.
            disable_datetime_conversion=True,
        )
    except pyreadstat.ReadstatError as error:
        raise UnreadableFileError(f"cannot be read as {encoding or 'UTF-8'}: {error}") from error
    return frame


def _inspect_parquet(path: Path) -> FileFacts:
    try:
        schema = pl.read_parquet_schema(path)
        records = pl.scan_parquet(path).select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFileError(f"is no whole Parquet file: {error}") from error
    _check_names_differ(schema)
    return FileFacts(None, records, {name.lower(): _kind(dtype) for name, dtype in schema.items()})


def _read_parquet(path: Path) -> pl.LazyFrame:
    _inspect_parquet(path)
    return _normalised(pl.scan_parquet(path).rename(str.lower))


def _check_names_differ(variables: Iterable[str]) -> None:
    names = [name.lower() for name in variables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableFileError(f"has a variable twice but for upper case: {', '.join(twice)}")


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.String:
        return "text"
    if dtype.is_numeric():
        return "number"
    return "empty" if dtype == pl.Null else str(dtype)


def _normalised(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Blank text and NaN as null, every number as Float64; order of rows kept."""
    numbers = pl.selectors.numeric()
    text = pl.selectors.string()
    return frame.with_columns(numbers.cast(pl.Float64).fill_nan(None)).with_columns(
        pl.when(text.str.strip_chars() != "").then(text).name.keep()
    )


READERS: dict[str, Reader] = {
    ".xpt": Reader(_inspect_xport, _read_xport),
    ".parquet": Reader(_inspect_parquet, _read_parquet),
}
