"""Landing to raw: one table per SDTM dataset, all studies stacked, and the registers beside them.

Belongs here: types by contract, file and row on every row, one spelling of codes, one USUBJID per
person. Does not belong here: any decision about a value. Raw keeps what was delivered, also
records after the cut-off (the transforms ignore and count them); what cannot be used is taken
out of it afterwards (`expectations.quarantine`).
"""

from pathlib import Path

import polars as pl

from warehouse.contracts import TableContract
from warehouse.contracts.coded import with_plain_codes
from warehouse.contracts.raw import NUMBER, REGISTERS, SOURCE, delivered_name, raw_table_of
from warehouse.contracts.table import Column
from warehouse.crosswalk import CrosswalkError, read_crosswalk
from warehouse.files import file_sha256
from warehouse.manifest import DatasetFile, Selection
from warehouse.readers import UnreadableFileError, reader_for

_SOURCE_NAMES = tuple(column.name for column in SOURCE)


class RawTableError(Exception):
    """A file does not give its raw table; names file, variable and row.

    Attributes:
        file: its path, relative to landing.
    """

    def __init__(self, file: str, message: str) -> None:
        self.file = file
        super().__init__(f"{file}{message}")


class FileChanged(RawTableError):
    """A file is not the one that the landing gate passed; it may be so again in a moment."""


def build_raw_table(contract: TableContract, selection: Selection, landing: Path) -> pl.LazyFrame:
    """Stack one dataset of all studies as its raw table; or make one of the registers.

    Columns and types are the contract's; optional variables that a file lacks are null, variables
    that the contract does not have are left out. Parts of a split dataset (QSCO, QSDA) are stacked,
    and RS stands in the table of QS. Coded variables are spelled in one way
    (`warehouse.contracts.coded`). USUBJID is the person's, by the crosswalk: as delivered it is in
    `raw.crosswalk`. Rows are sorted by key, then `source_file` and `source_row`, so that
    also duplicate keys have one order. The transfers come from `warehouse.selection.select`,
    which checks them whole; a file that has changed since is refused here. Most formats are read
    when this is called, Parquet files when the frame is collected.

    Args:
        contract: a contract of the raw layer.
        selection: the transfers of a cut, and its crosswalk.
        landing: folder to which the transfers' files are relative.

    Returns:
        All rows of all transfers that hold the dataset; no row if none does.

    Raises:
        FileChanged: a file is not the one that the landing gate passed.
        RawTableError: a file cannot be read, or holds a value that does not fit its column.
    """
    if contract.name in REGISTERS:
        of_register = {"crosswalk": _crosswalk_rows, "special_missing": _special_missing_rows}
        return contract.conform(of_register[contract.name](selection, landing))
    frames = [
        _file_rows(contract, file, landing)
        for transfer in selection.transfers
        for file in transfer.datasets
        if raw_table_of(file.name) == contract.name
    ]
    if not frames:
        return pl.LazyFrame(schema=contract.schema)
    rows = _as_persons(pl.concat(frames), selection, landing)
    return with_plain_codes(rows).sort(*contract.key, *_SOURCE_NAMES)


def _file_rows(contract: TableContract, file: DatasetFile, landing: Path) -> pl.LazyFrame:
    path = _unchanged(file, landing)
    try:
        rows = reader_for(path).read(path)
    except UnreadableFileError as error:
        raise RawTableError(file.file, f" {error}") from error
    types = rows.collect_schema()
    variables = [column for column in contract.columns if column not in SOURCE]
    return rows.with_row_index("source_row", offset=1).select(
        pl.lit(file.file).alias("source_file"),
        pl.col("source_row").cast(pl.Int32),
        *(_values(rows, types, column, file) for column in variables),
    )


def _unchanged(file: DatasetFile, landing: Path) -> Path:
    """The path of a file; a raw table may be made long after the gate, and of what it passed."""
    path = landing / file.file
    if not path.is_file() or file_sha256(path) != file.sha256:
        raise FileChanged(
            file.file,
            " is missing or has changed since the landing gate passed it (SHA-256 "
            f"{file.sha256}). Run the gate again, or put the delivered file back",
        )
    return path


def _values(rows: pl.LazyFrame, types: pl.Schema, column: Column, file: DatasetFile) -> pl.Expr:
    """A column with the contract's type.

    Raises:
        RawTableError: a required variable is not there, or a value does not fit its type.
    """
    name = delivered_name(file.name, column.name)
    found = types.get(name)
    if found is None:
        if column.required:
            raise RawTableError(
                file.file,
                f" lacks variable {name.upper()} ({column.label}). Ask the sender to add it",
            )
        return pl.lit(None, dtype=column.dtype).alias(column.name)
    value = pl.col(name)
    if found == column.dtype:
        return value.alias(column.name)
    misfit = value.is_not_null()
    fitting = value.cast(column.dtype, strict=False)
    if found == pl.String and column.dtype == NUMBER:
        # Text formats know no numbers: 12.5 is read as one where the contract wants one. `NaN` and
        # `inf`, which polars takes for numbers, are none.
        fitting = value.str.strip_chars().cast(NUMBER, strict=False)
        misfit &= ~fitting.is_finite().fill_null(False)
    first = rows.with_row_index("row", offset=1).filter(misfit).head(1).collect()
    if not first.is_empty():
        raise RawTableError(
            file.file,
            f", variable {name.upper()}, row {first['row'][0]}: value {first[name][0]!r} is of "
            f"type {found}, {column.dtype} is expected. Ask the sender to deliver the variable as "
            "that",
        )
    return fitting.alias(column.name)


def _as_persons(rows: pl.LazyFrame, selection: Selection, landing: Path) -> pl.LazyFrame:
    """Rows with the person's identifier for USUBJID, where the crosswalk has one."""
    if selection.crosswalk is None:
        return rows
    persons = _crosswalk(selection.crosswalk, landing).select(
        pl.col("study_id").alias("studyid"), "usubjid", "person_id"
    )
    return (
        rows.join(persons, on=["studyid", "usubjid"], how="left")
        .with_columns(usubjid=pl.coalesce("person_id", "usubjid"))
        .drop("person_id")
    )


def _crosswalk(file: DatasetFile, landing: Path) -> pl.LazyFrame:
    try:
        return read_crosswalk(_unchanged(file, landing)).lazy()
    except CrosswalkError as error:
        raise RawTableError(file.file, f" {error}") from error


def _crosswalk_rows(selection: Selection, landing: Path) -> pl.LazyFrame:
    if selection.crosswalk is None:
        return pl.LazyFrame(schema=REGISTERS["crosswalk"].schema)
    file = selection.crosswalk
    return _crosswalk(file, landing).with_columns(source_file=pl.lit(file.file))


def _special_missing_rows(selection: Selection, landing: Path) -> pl.LazyFrame:
    frames = [pl.LazyFrame(schema=REGISTERS["special_missing"].schema)]
    for transfer in selection.transfers:
        for file in transfer.datasets:
            special_missing = reader_for(landing / file.file).special_missing
            if special_missing is None or raw_table_of(file.name) is None:
                continue
            try:
                codes = special_missing(_unchanged(file, landing))
            except UnreadableFileError as error:
                raise RawTableError(file.file, f" {error}") from error
            frames.append(
                codes.select(
                    pl.lit(file.file).alias("source_file"),
                    pl.col("source_row").cast(pl.Int32),
                    pl.lit(transfer.study_id).alias("study_id"),
                    pl.lit(file.name).alias("dataset"),
                    pl.col("variable").str.to_uppercase(),
                    "code",
                )
            )
    return pl.concat(frames)
