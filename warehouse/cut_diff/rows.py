"""Rows of one table in two releases: which were added, removed, corrected.

Belongs here: the comparison of two versions of a table. Does not belong here: why a row changed
(`warehouse.cut_diff.causes`).

A row is known by the key of its contract. Where it was delivered (file and row) is not compared:
every transfer delivers all rows again. A table whose key is that very place (`quarantine.*`) is
compared by whole rows, which are added or removed, never corrected. Values are compared without
tolerance.
"""

import polars as pl

from warehouse.contracts import TableContract

#: Where a row was delivered, and the delivered row in one text, which tells it again.
_PLACE = ("source_file", "source_row", "record")
#: Dimensions that tables about patients share with result rows.
DIMENSIONS = ("anchor", "analysis_window", "timepoint")
#: Dates by their names: --DTC, and --ENTPT, on which a therapy was still going on.
_DATES = ("dtc", "entpt")
#: What else of a record may change as it goes on; a change of any other variable corrects it.
_GOES_ON = frozenset({"dthfl", "aeout", "aeser", "aesdth", "aesev", "aetoxgr", "cesev", "cmenrtpt"})
_AFTER = ":after"
_OCCURRENCE = "occurrence:"


def changed_rows(
    contract: TableContract, before: pl.LazyFrame, after: pl.LazyFrame
) -> pl.LazyFrame:
    """Every row that differs.

    Args:
        contract: of the table.
        before: the table in the base release; may lack columns of today, which are then not
            compared.
        after: the table in the other release.

    Returns:
        One row per differing row: `study_id` (empty where rows are not delivered ones),
        `person_id`, `record_key`, `change`, `columns_changed`; `DIMENSIONS` (null where the
        table lacks them); for the cause of a delivered row `dated` (its own date, the first of
        its --DTC; null if blank), `continued_to` (of a row of which nothing but what may go on
        has changed, the latest of its dates that did), both ISO 8601, a day or less; `file_before`,
        `file_after` (null where there is none); and the key's columns.
    """
    names = [name for name in contract.column_names if name in before.collect_schema().names()]
    key, values = _identity(contract, names)
    keys = [*key, _OCCURRENCE]
    joined = _prepared(contract, before, keys, [*values, *_files(names)], "is_before:").join(
        _prepared(contract, after, keys, [*values, *_files(names)], "is_after:"),
        on=keys,
        how="full",
        nulls_equal=True,
        coalesce=True,
        suffix=_AFTER,
    )
    is_added, is_removed = pl.col("is_before:").is_null(), pl.col("is_after:").is_null()
    is_changed = {name: pl.col(name).ne_missing(pl.col(name + _AFTER)) for name in values}
    in_both = ~is_added & ~is_removed
    differing = joined.filter(
        is_added | is_removed | pl.any_horizontal(False, *is_changed.values())
    )
    dates = [name for name in values if name.endswith(_DATES)] if contract.layer == "raw" else []
    own = next((name for name in contract.column_names if name.endswith("dtc")), None)

    def either(name: str) -> pl.Expr:
        if name in key:
            return pl.col(name)
        if name in values:
            return pl.coalesce(name + _AFTER, name)
        return pl.lit(None, pl.String())

    continued = [
        pl.when(is_changed[name]).then(_day(pl.col(name + _AFTER))) for name in dates if name != own
    ]
    fixed = [
        it for name, it in is_changed.items() if name == own or name not in {*dates, *_GOES_ON}
    ]
    has_gone_on = ~pl.any_horizontal(False, *fixed)
    latest = pl.max_horizontal(*continued) if continued else pl.lit(None, pl.String())
    return differing.select(
        study_id=either(_first(names, "studyid", "study_id")).fill_null("")
        if contract.layer in ("raw", "quarantine")
        else pl.lit(""),
        person_id=either(_first(names, "person_id", "usubjid")).fill_null(""),
        # Equal rows are told apart by their number.
        record_key=_record_key(key)
        + pl.when(pl.col(_OCCURRENCE) > 0)
        .then(pl.format(" ({})", pl.col(_OCCURRENCE) + 1))
        .otherwise(pl.lit("")),
        change=pl.when(is_added)
        .then(pl.lit("added"))
        .when(is_removed)
        .then(pl.lit("removed"))
        .otherwise(pl.lit("corrected")),
        columns_changed=pl.when(in_both)
        .then(
            pl.concat_str(
                [pl.lit(""), *(pl.when(it).then(pl.lit(name)) for name, it in is_changed.items())],
                separator=" ",
                ignore_nulls=True,
            ).str.strip_chars()
        )
        .otherwise(pl.lit("")),
        **{name: either(name) for name in DIMENSIONS},
        dated=_day(either(own)) if own in names and contract.layer == "raw" else _no_text(),
        continued_to=pl.when(in_both & has_gone_on).then(latest),
        file_before=pl.col("source_file") if "source_file" in names else _no_text(),
        file_after=pl.col("source_file" + _AFTER) if "source_file" in names else _no_text(),
        **{f"key:{name}": pl.col(name) for name in key},
    )


def _identity(contract: TableContract, names: list[str]) -> tuple[list[str], list[str]]:
    """The columns that a row is known by, and those that are compared."""
    compared = [name for name in names if name not in _PLACE]
    if set(contract.key) & set(_PLACE):
        return compared, []
    return list(contract.key), [name for name in compared if name not in contract.key]


def _files(names: list[str]) -> list[str]:
    return [name for name in names if name == "source_file"]


def _prepared(
    contract: TableContract, frame: pl.LazyFrame, keys: list[str], values: list[str], mark: str
) -> pl.LazyFrame:
    key = keys[:-1]
    # Whole rows may be equal; the rows of a key are one, which the gate of the table has seen to.
    is_whole = bool(set(contract.key) & set(_PLACE))
    occurrence = pl.int_range(pl.len()).over(key) if is_whole else pl.lit(0)
    return frame.select(
        *key, *values, occurrence.cast(pl.Int64).alias(_OCCURRENCE), pl.lit(True).alias(mark)
    )


def _first(names: list[str], *wanted: str) -> str:
    return next((name for name in wanted if name in names), "")


def _record_key(key: list[str]) -> pl.Expr:
    """`aeseq=3`; numbers without the decimals that SDTM's sequence numbers do not have."""
    told = [name for name in key if name not in ("studyid", "study_id", "usubjid", "person_id")]
    parts = [
        pl.concat_str(
            pl.lit(f"{name}="), pl.col(name).cast(pl.String).str.strip_suffix(".0").fill_null("")
        )
        for name in told
    ]
    return pl.concat_str(parts, separator=" ") if parts else pl.lit("")


def _day(value: pl.Expr) -> pl.Expr:
    """The day of an ISO 8601 text, or the year and month that it has; null of any other text."""
    return value.str.strip_chars().str.extract(r"^(\d{4}(?:-\d{2}(?:-\d{2})?)?)")


def _no_text() -> pl.Expr:
    return pl.lit(None, pl.String())
