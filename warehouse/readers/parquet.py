"""Parquet files. Their footer holds names, types and the number of rows; text is UTF-8."""

from pathlib import Path

import polars as pl

from warehouse.readers.reader import FileFacts, UnreadableFileError
from warehouse.readers.rows import check_names, normalised


def inspect(path: Path) -> FileFacts:
    """Names, types and row count.

    The footer tells them, but all pages are read: one that is damaged is to refuse the file here,
    not to stop a cut when the rows are collected.

    Raises:
        UnreadableFileError: no whole Parquet file, or a name twice.
    """
    schema = _schema(path)
    rows = pl.scan_parquet(path, glob=False)
    try:
        records = rows.select(pl.len()).collect().item()
        rows.select(pl.all().null_count()).collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFileError(f"is no whole Parquet file: {error}") from error
    return FileFacts(None, records, {name.lower(): _kind(dtype) for name, dtype in schema.items()})


def read(path: Path) -> pl.LazyFrame:
    """The rows, read when the frame is collected; raises as `inspect` but for damaged pages."""
    _schema(path)
    return normalised(pl.scan_parquet(path, glob=False))


def _schema(path: Path) -> dict[str, pl.DataType]:
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFileError(f"is no whole Parquet file: {error}") from error
    check_names(schema)
    return schema


def _kind(dtype: pl.DataType) -> str:
    if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum)):
        return "text"
    if dtype.is_numeric():
        return "number"
    return "empty" if dtype == pl.Null else str(dtype)
