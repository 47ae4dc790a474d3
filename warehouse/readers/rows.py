"""One look for the rows of all formats.

Belongs here: names, types and missing values as every reader gives them. Does not belong here:
spelling of codes, types of single variables (`warehouse.raw`).

- names in lower case;
- text as String without the blanks at its end (SAS pads with them, so that they say nothing); blank
  text and null are one thing, null;
- numbers as Float64; NaN is null. A special missing value is null, its code is told apart.
"""

from collections.abc import Iterable

import polars as pl

from warehouse.readers.reader import UnreadableFileError


def normalised(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Rows as this module's head says; their order is kept."""
    numbers = pl.selectors.numeric()
    text = pl.selectors.string() | pl.selectors.categorical() | pl.selectors.enum()
    padded = frame.rename(str.lower).with_columns(
        numbers.cast(pl.Float64).fill_nan(None), text.cast(pl.String).str.strip_chars_end(" ")
    )
    plain = pl.selectors.string()
    return padded.with_columns(pl.when(plain.str.strip_chars() != "").then(plain).name.keep())


def check_names(variables: Iterable[str]) -> None:
    """See that every variable has a name of its own.

    Raises:
        UnreadableFileError: a name is blank, or comes twice but for upper case.
    """
    names = [name.strip().lower() for name in variables]
    if "" in names:
        raise UnreadableFileError(f"has no name for variable {names.index('') + 1}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableFileError(f"has a variable twice but for upper case: {', '.join(twice)}")
