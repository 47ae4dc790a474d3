"""Comma-separated text (RFC 4180) with the variables' names in its first line.

Every value is text: numbers become numbers where the contract wants some (`warehouse.raw`).

Why Python's `csv` and not polars' or pyarrow's reader: polars fills a row that is too short with
nulls, and pyarrow takes a file that was cut within quotes for a whole one. Neither can be told not
to. `csv` in strict mode refuses both and knows the line; a million rows take some ten seconds.
"""

import csv
import io
from pathlib import Path

import polars as pl

from warehouse.readers.reader import FileFacts, UnreadableFileError
from warehouse.readers.rows import check_names, normalised
from warehouse.readers.text import encoding_of, log_if_other


def inspect(path: Path) -> FileFacts:
    """Names, row count and encoding; all values are looked at, and none is kept.

    Raises:
        UnreadableFileError: no name, a row of another length than the first, or quotes that are
            not closed.
    """
    names, rows, encoding = _parsed(path)
    return FileFacts(None, len(rows), {name.lower(): "untyped" for name in names}, encoding)


def read(path: Path) -> pl.LazyFrame:
    """The rows, all variables as text. Raises as `inspect`."""
    names, rows, encoding = _parsed(path)
    log_if_other(path, encoding)
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    frame = pl.DataFrame(
        [pl.Series(name, column, pl.String) for name, column in zip(names, columns, strict=True)]
    )
    return normalised(frame.lazy())


def _parsed(path: Path) -> tuple[list[str], list[list[str]], str]:
    """Names, rows, encoding."""
    content = path.read_bytes()
    encoding = encoding_of(content)
    # Some programs mark UTF-8 by three bytes at the beginning.
    text = content.decode(encoding).removeprefix("\ufeff")
    parser = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        names = [name.strip() for name in next(parser, [])]
        for row in parser:
            if len(row) != len(names):
                raise UnreadableFileError(
                    f"has {len(row)} values in line {parser.line_num:,}, its first line names "
                    f"{len(names)} variables"
                )
            rows.append(row)
    except csv.Error as error:
        raise UnreadableFileError(
            f"is no comma-separated text at line {parser.line_num:,}: {error}"
        ) from error
    if not names:
        raise UnreadableFileError("is empty; a first line with the names of the variables is due")
    check_names(names)
    return names, rows, encoding
