"""What a reader of one format is, what it tells of a file, and how it refuses one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl


class UnreadableFileError(Exception):
    """A file that its reader cannot take; the text says why and does not repeat the path."""


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself, without its values.

    Attributes:
        dataset: name of the dataset inside the file; None if the format holds none.
        records: number of rows.
        variables: type by lower-case name: `text`, `number`, `empty` (no type, all missing),
            `untyped` (text that may stand for a number) or the format's own name of another type.
        encoding: in which the text is read, where the format leaves it open and so the bytes decide
            (`warehouse.readers.text`), or where the file states another than it has; else None.
    """

    dataset: str | None
    records: int
    variables: dict[str, str]
    encoding: str | None = None


@dataclass(frozen=True)
class Reader:
    """One format.

    Attributes:
        inspect: facts of a file; raises UnreadableFileError.
        read: the rows in the order of the file (`warehouse.readers.rows`); raises
            UnreadableFileError.
        special_missing: the special missing values (`.A` to `.Z`, `._`) as `source_row` from 1,
            `variable`, `code`; None if the format has none.
    """

    inspect: Callable[[Path], FileFacts]
    read: Callable[[Path], pl.LazyFrame]
    special_missing: Callable[[Path], pl.LazyFrame] | None = None
