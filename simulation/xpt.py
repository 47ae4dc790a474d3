"""SAS transport files, version 5, with the bytes fixed: same table, same file.

pyreadstat writes the records; the creation times in the headers, which it takes from the
clock, are set to the day of the transfer.
"""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pyreadstat

from warehouse.contracts import TableContract

#: Where the four time stamps stand: library created and modified, member created and modified
#: (SAS technical note TS-140: 80-byte records 2, 3, 6 and 7).
_STAMP_OFFSETS = (80 + 64, 160, 400 + 64, 480)
_STAMP = re.compile(rb"\d{2}[A-Z]{3}\d{2}:\d{2}:\d{2}:\d{2}")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: Longest label and text of version 5, bytes.
_MAX_LABEL, _MAX_TEXT = 40, 200


def write_xpt(table: pl.DataFrame, contract: TableContract, path: Path, created: date) -> None:
    """Write one dataset with its label, and labels and formats of its variables.

    Args:
        table: variables in upper case, as in the contract; texts of at most 200 bytes.
        contract: raw contract of the dataset, which has the labels.
        path: file to write.
        created: day that stands in the header as day of creation.

    Raises:
        ValueError: a text is longer than version 5 allows, or the header is not as expected.
    """
    labels = {column.name.upper(): column.label[:_MAX_LABEL] for column in contract.columns}
    widths = _widths(table)
    too_long = {name: width for name, width in widths.items() if width > _MAX_TEXT}
    if too_long:
        raise ValueError(f"{path.name}: texts longer than {_MAX_TEXT} bytes in {too_long}")
    formats = {name: f"${widths[name]}." if name in widths else "BEST12." for name in table.columns}
    pyreadstat.write_xport(
        table,
        str(path),
        # "Demographics: one row per ...": what stands before the colon names the dataset.
        file_label=contract.label.split(":")[0][:_MAX_LABEL],
        column_labels={name: labels[name] for name in table.columns},
        table_name=contract.name.upper(),
        file_format_version=5,
        variable_format=formats,
    )
    _set_stamps(path, created)


def _widths(table: pl.DataFrame) -> dict[str, int]:
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    longest = table.select(pl.col(texts).str.len_bytes().max()).row(0)
    return {name: max(1, width or 0) for name, width in zip(texts, longest, strict=True)}


def _set_stamps(path: Path, created: date) -> None:
    month = _MONTHS[created.month - 1]
    stamp = f"{created.day:02d}{month}{created.year % 100:02d}:00:00:00".encode("ascii")
    with path.open("r+b") as file:
        header = file.read(560)
        for offset in _STAMP_OFFSETS:
            if not _STAMP.fullmatch(header, offset, offset + len(stamp)):
                raise ValueError(f"{path.name}: no time stamp at byte {offset} of the header")
            file.seek(offset)
            file.write(stamp)
