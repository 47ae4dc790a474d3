"""SAS transport files, versions 5 and 8: values by pyreadstat, counts by their own arithmetic."""

from pathlib import Path

import polars as pl

from warehouse.readers import xport
from warehouse.readers.reader import FileFacts, UnreadableFileError
from warehouse.readers.rows import normalised
from warehouse.readers.text import UTF_8, encoding_of, log_if_other


def inspect(path: Path) -> FileFacts:
    """Names and types of the header, row count by length, encoding by the text's bytes.

    Raises:
        UnreadableFileError: no whole transport file of one member.
    """
    header, records = _header(path)
    variables: dict[str, str] = {item.name.lower(): item.type for item in header.variables}
    return FileFacts(header.dataset, records, variables, _encoding(path, header, records))


def read(path: Path) -> pl.LazyFrame:
    """The rows; dates that SAS counts stay numbers. Raises as `inspect`."""
    header, records = _header(path)
    encoding = _encoding(path, header, records)
    log_if_other(path, encoding)
    frame = _values(path, encoding)
    if frame.height != records:
        raise UnreadableFileError(
            f"gave {frame.height:,} rows, its length says {records:,}: it ends with rows that are "
            "blank throughout"
        )
    # pyreadstat gives columns without a value the type Null; the header knows better.
    types = {"text": pl.String(), "number": pl.Float64()}
    # The header also knows the names; in another encoding than ASCII pyreadstat has its own.
    frame.columns = [item.name for item in header.variables]
    return normalised(frame.lazy().cast({item.name: types[item.type] for item in header.variables}))


def special_missing(path: Path) -> pl.LazyFrame:
    """The special missing values of all variables."""
    header, records = _header(path)
    return xport.special_missing(path, header, records).lazy()


def _header(path: Path) -> tuple[xport.XportHeader, int]:
    try:
        header = xport.read_header(path)
        return header, xport.count_records(path, header)
    except xport.XportError as error:
        raise UnreadableFileError(str(error)) from error


def _encoding(path: Path, header: xport.XportHeader, records: int) -> str:
    return encoding_of(xport.text_beyond_ascii(path, header, records))


def _values(path: Path, encoding: str) -> pl.DataFrame:
    # Loaded late: landing is checked without it.
    import pyreadstat

    try:
        frame, _ = pyreadstat.read_xport(
            path,
            output_format="polars",
            encoding=None if encoding == UTF_8 else encoding,
            # Dates of SDTM are text; numbers with a date format stay the numbers they are.
            disable_datetime_conversion=True,
        )
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"cannot be read as {encoding}: {error}") from error
    return frame
