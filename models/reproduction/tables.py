"""The printed values and where each is computed, as they lie beside this module.

Belongs here: reading the two files and checking that they fit each other. Does not belong
here: computed values.

`published.csv` has one row per printed value of Comi et al. (Mult Scler J 2020;26:1866):
published_id, location, group_name, endpoint, timepoint, statistic, printed_text, decimals
(empty for a date), qualifier, unit. `mapping.csv` has for each of them: kind, source_table,
reading, source_key, note.
"""

from pathlib import Path

import polars as pl

from warehouse.contracts.results import READINGS, REPRODUCTION_KINDS, REPRODUCTION_SOURCES

FOLDER = Path(__file__).parent
PUBLISHED = {
    **dict.fromkeys(
        ("published_id", "location", "group_name", "endpoint", "timepoint", "statistic"),
        pl.String(),
    ),
    "printed_text": pl.String(),
    "decimals": pl.Int32(),
    "qualifier": pl.String(),
    "unit": pl.String(),
}
MAPPING = dict.fromkeys(
    ("published_id", "kind", "source_table", "reading", "source_key", "note"), pl.String()
)
_TERMS = {
    "kind": REPRODUCTION_KINDS,
    "source_table": REPRODUCTION_SOURCES,
    "reading": READINGS,
}


class MappingError(ValueError):
    """The two files do not fit each other; the message names the rows."""


def read_printed(folder: Path) -> pl.DataFrame:
    """Printed values with their mapping, sorted by id; no row if `published.csv` is not there.

    Args:
        folder: where `published.csv` and `mapping.csv` lie.

    Returns:
        The columns of both files, and `printed_value` (null for a date).

    Raises:
        MappingError: an id is there twice or in one of the files only, or a row of the mapping
            has a kind, a reading or a source that does not exist.
    """
    if not (folder / "published.csv").is_file():
        empty = pl.DataFrame(schema={**PUBLISHED, **MAPPING})
        return empty.with_columns(printed_value=pl.lit(None, pl.Float64))
    published, mapping = (
        # An absent text is the empty text in all tables of results.
        pl.read_csv(folder / name, schema=schema, empty_string_is_null=False)
        for name, schema in (("published.csv", PUBLISHED), ("mapping.csv", MAPPING))
    )
    _check(published, mapping)
    number = pl.col("printed_text").cast(pl.Float64, strict=False)
    return (
        published.join(mapping, on="published_id")
        .with_columns(printed_value=pl.when(pl.col("decimals").is_not_null()).then(number))
        .sort("published_id")
    )


def _check(published: pl.DataFrame, mapping: pl.DataFrame) -> None:
    for name, table in (("published.csv", published), ("mapping.csv", mapping)):
        twice = table.filter(pl.col("published_id").is_duplicated())["published_id"]
        _refuse(twice.unique().to_list(), f"{name} has more than one row of")
    ids, mapped = set(published["published_id"]), set(mapping["published_id"])
    _refuse(ids - mapped, "mapping.csv has no row of")
    _refuse(mapped - ids, "published.csv has no row of")
    for column, terms in _TERMS.items():
        unknown = mapping.filter(~pl.col(column).is_in(terms))
        _refuse(unknown["published_id"].to_list(), f"mapping.csv has an unknown {column} in")


def _refuse(ids: list[str] | set[str], problem: str) -> None:
    if ids:
        message = f"{problem} {', '.join(sorted(ids))}"
        raise MappingError(message)
