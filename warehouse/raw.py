"""Landing to raw: one table per SDTM dataset, all studies stacked.

Belongs here: types by contract, file and row on every row. Does not belong here: any decision
about a value. Raw keeps what was delivered, also records after the cut-off (the transforms
ignore and count them).
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from warehouse.contracts import TableContract
from warehouse.contracts.raw import SOURCE
from warehouse.contracts.table import Column
from warehouse.files import file_sha256
from warehouse.manifest import DatasetFile, Transfer
from warehouse.readers import UnreadableFileError, reader_for

_SOURCE_NAMES = tuple(column.name for column in SOURCE)


class RawTableError(Exception):
    """A file does not give its raw table; names file, variable and row."""


def build_raw_table(
    contract: TableContract, transfers: Sequence[Transfer], landing: Path
) -> pl.LazyFrame:
    """Stack one dataset of all studies as its raw table.

    Columns and types are the contract's; optional variables that a file lacks are null. Rows
    are sorted by key, then `source_file` and `source_row`, so that also duplicate keys have one
    order. The transfers come from `warehouse.landing.select_transfers`, which checks them whole;
    a file that has changed since is refused here. Transport files are read when this is
    called, Parquet files when the frame is collected.

    Args:
        contract: a contract of the raw layer.
        transfers: one per study.
        landing: folder to which the transfers' files are relative.

    Returns:
        All rows of all transfers that hold the dataset; no row if none does.

    Raises:
        RawTableError: a file is not the one that the landing gate passed, cannot be read, or
            holds a value that does not fit its column.
    """
    frames = [
        _file_rows(contract, file, landing)
        for transfer in transfers
        for file in transfer.datasets
        if file.name.lower() == contract.name
    ]
    if not frames:
        return pl.LazyFrame(schema=contract.schema)
    return pl.concat(frames).sort(*contract.key, *_SOURCE_NAMES)


def _file_rows(contract: TableContract, file: DatasetFile, landing: Path) -> pl.LazyFrame:
    path = landing / file.file
    # A raw table may be made alone, long after the gate: what it passed must be what is read.
    if not path.is_file() or file_sha256(path) != file.sha256:
        raise RawTableError(
            f"{file.file} is missing or has changed since the landing gate passed it (SHA-256 "
            f"{file.sha256}). Run the gate again, or put the delivered file back"
        )
    try:
        rows = reader_for(path).read(path)
    except UnreadableFileError as error:
        raise RawTableError(f"{file.file} {error}") from error
    types = rows.collect_schema()
    variables = [column for column in contract.columns if column not in SOURCE]
    for column in variables:
        _check_type(rows, types, column, file)
    return rows.with_row_index("source_row", offset=1).select(
        pl.lit(file.file).alias("source_file"),
        pl.col("source_row").cast(pl.Int32),
        *(
            pl.col(column.name).cast(column.dtype)
            if column.name in types
            else pl.lit(None, dtype=column.dtype).alias(column.name)
            for column in variables
        ),
    )


def _check_type(rows: pl.LazyFrame, types: pl.Schema, column: Column, file: DatasetFile) -> None:
    found = types.get(column.name)
    if found is None:
        if column.required:
            raise RawTableError(
                f"{file.file} lacks variable {column.name.upper()} ({column.label}). Ask the "
                "sender to add it"
            )
        return
    if found == column.dtype:
        return
    value = pl.col(column.name)
    first = rows.with_row_index("row", offset=1).filter(value.is_not_null()).head(1).collect()
    if first.is_empty():
        return
    raise RawTableError(
        f"{file.file}, variable {column.name.upper()}, row {first['row'][0]}: value "
        f"{first[column.name][0]!r} is of type {found}, {column.dtype} is expected. Ask the sender "
        "to deliver the variable as that"
    )
