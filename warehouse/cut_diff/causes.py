"""Why a row changed, from one release (the base) to another.

Belongs here: the rules that give each differing row its cause. Does not belong here: finding
the rows, or telling results' causes.

Delivered rows (raw, quarantine), by the first rule that applies:

- The file that it was delivered in is byte for byte the same in both releases, and so is the
  crosswalk: *rule changed* if rules other than cut-off and horizon have changed, else
  *derivation changed* (our reading, or our gates).
- Added: *new data* if dated after the base's cut-off, else *late data*. Undated (supplements
  have their parent's date): *new data* if the cut-off has moved, else *late data*. A partial
  date counts as after the cut-off only if it certainly is.
- Removed: *correction*.
- Other values of the same key: *new data* if the row keeps its own date, and another date of
  it (end, death, last participation) has changed and now lies after the base's cut-off: the
  record went on. Else *correction*.

Derived rows (core, windows), by the first rule that applies:

- The person has changed rows in the raw tables above this table: the strongest of their causes
  (correction over late data over new data).
- The base release holds no raw tables, and other files were delivered: *not known*.
- The cut-off or the horizon has moved: *new data*, since more of the same rows counts.
- Rules other than cut-off and horizon have changed: *rule changed*.
- Else the code has: *derivation changed*.

Data and code may have changed at once. Then the cause is the data's, and `is_code_changed` and
`is_rule_changed` say that this may not be all.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from warehouse.contracts.cut_diff import (
    CAUSES,
    CORRECTION,
    DERIVATION,
    LATE_DATA,
    NEW_DATA,
    RULE,
    UNKNOWN,
)
from warehouse.releases import Release

CAUSE = pl.Enum(CAUSES)
#: Parameters that a new cut moves; a change of any other is a change of rules.
_OF_THE_CUT = ("cutoff", "horizon_years")
_CROSSWALK = "crosswalk.csv"


@dataclass(frozen=True)
class Circumstances:
    """What else differs between two releases: cut-off, rules, code, delivered files."""

    base: Release
    new: Release

    @property
    def base_cutoff(self) -> str:
        """Cut-off date of the base release."""
        return self.base.data_cut

    @property
    def is_cut_moved(self) -> bool:
        """Whether cut-off or horizon differ."""
        return self.base.data_cut != self.new.data_cut or any(
            _parameter(self.base, name) != _parameter(self.new, name) for name in _OF_THE_CUT
        )

    @property
    def is_rule_changed(self) -> bool:
        """Whether rules other than these differ; settings of operations decide about no row."""
        return _rules(self.base) != _rules(self.new)

    @cached_property
    def lineage(self) -> Mapping[str, tuple[str, ...]]:
        """For each table, the tables that it is computed from, in either release."""
        return {**self.base.lineage, **self.new.lineage}

    def above(self, table: str) -> set[str]:
        """Every table that a table hangs on."""
        seen: set[str] = set()
        waiting = list(self.lineage.get(table, ()))
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(self.lineage.get(name, ()))
        return seen

    def is_code_changed(self, table: str) -> bool:
        """Whether the code of a table, or of one above it, differs."""
        before, after = self.base.manifest["tables"], self.new.manifest["tables"]
        return any(
            before[name]["code_version"] != after[name]["code_version"]
            for name in (table, *self.above(table))
            if name in before and name in after
        )

    @cached_property
    def kept_files(self) -> tuple[list[str], ...]:
        """Delivered files, by their names before and now, whose bytes are in both releases."""
        before, after = _digests(self.base), _digests(self.new)
        if before.get(_CROSSWALK) != after.get(_CROSSWALK):
            return [], []
        shared = set(before.values()) & set(after.values())
        return tuple(
            sorted(file for file, sha256 in files.items() if sha256 in shared)
            for files in (before, after)
        )

    @property
    def is_delivery_same(self) -> bool:
        """Whether both releases were made from the same bytes."""
        return set(_digests(self.base).values()) == set(_digests(self.new).values())

    @property
    def without_data(self) -> str:
        """The cause of a change behind which no changed row of any patient stands."""
        if self.is_cut_moved:
            return NEW_DATA
        return RULE if self.is_rule_changed else DERIVATION


def _parameter(release: Release, name: str) -> Any:
    return release.manifest["parameters"].get(name)


def _rules(release: Release) -> str:
    parameters = release.manifest["parameters"]
    rules = {name: value for name, value in parameters.items() if name not in _OF_THE_CUT}
    return json.dumps(rules, sort_keys=True)


def _digests(release: Release) -> dict[str, str]:
    return {entry["file"]: entry["sha256"] for entry in release.manifest["inputs"]}


def delivered_causes(
    rows: pl.LazyFrame, circumstances: Circumstances, let_in: pl.DataFrame
) -> pl.LazyFrame:
    """Differing rows of a delivered table (`changed_rows`), with their `cause`.

    Args:
        rows: of `changed_rows`.
        circumstances: what else differs.
        let_in: strongest causes by person (`strongest_by_person`) in the tables that decide
            whether a row of an unchanged file is let in or put aside.
    """
    before, after = circumstances.kept_files
    is_before_kept = pl.col("file_before").is_in(before)
    is_after_kept = pl.col("file_after").is_in(after)
    is_file_same = (
        pl.when(pl.col("change") == "added")
        .then(is_after_kept)
        .when(pl.col("change") == "removed")
        .then(is_before_kept)
        .otherwise(is_before_kept & is_after_kept)
    )
    cutoff = circumstances.base_cutoff
    is_after_cutoff = pl.col("dated") > cutoff
    is_new = is_after_cutoff.fill_null(circumstances.is_cut_moved)
    cause = (
        pl.when(is_file_same)
        .then(pl.coalesce("let_in", pl.lit(RULE if circumstances.is_rule_changed else DERIVATION)))
        .when(pl.col("change") == "added")
        .then(pl.when(is_new).then(pl.lit(NEW_DATA)).otherwise(pl.lit(LATE_DATA)))
        .when((pl.col("change") == "corrected") & (pl.col("continued_to") > cutoff))
        .then(pl.lit(NEW_DATA))
        .otherwise(pl.lit(CORRECTION))
    )
    decided = let_in.select("person_id", let_in=pl.col("cause").cast(pl.String)).lazy()
    joined = rows.join(decided, on="person_id", how="left")
    return joined.with_columns(cause=cause.cast(CAUSE)).drop("let_in")


def with_parents_dates(
    rows: pl.LazyFrame, parent: str, before: pl.LazyFrame, after: pl.LazyFrame
) -> pl.LazyFrame:
    """Differing rows of a supplement (SUPPCE), dated by the record that they supplement.

    Args:
        rows: of `changed_rows` of the supplement.
        parent: domain of its parent, lower case (`ce`).
        before: the parent's raw table in the base release.
        after: the same in the other release.
    """
    number, start = f"{parent}seq", f"{parent}stdtc"
    dates = (
        pl.concat([after, before], how="diagonal_relaxed")
        .select(
            "studyid",
            "usubjid",
            pl.col(number).alias("number"),
            pl.col(start).str.strip_chars().str.slice(0, 10).replace("", None).alias("of_parent"),
        )
        .unique(["studyid", "usubjid", "number"], keep="first", maintain_order=True)
    )
    return (
        rows.with_columns(number=pl.col("key:idvarval").cast(pl.Float64, strict=False))
        .join(
            dates,
            left_on=["key:studyid", "key:usubjid", "number"],
            right_on=["studyid", "usubjid", "number"],
            how="left",
        )
        .with_columns(dated=pl.coalesce("dated", "of_parent"))
        .drop("number", "of_parent")
    )


def strongest_by_person(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """For each person with changed delivered rows, the strongest cause.

    Args:
        frames: `person_id` and `cause`, of the raw tables that count.
    """
    empty = pl.DataFrame(schema={"person_id": pl.String(), "cause": CAUSE})
    rows = pl.concat([empty, *(frame.select("person_id", "cause") for frame in frames)])
    return rows.group_by("person_id").agg(pl.col("cause").max())


def derived_causes(
    rows: pl.LazyFrame,
    by_person: pl.DataFrame,
    circumstances: Circumstances,
    *,
    has_raw: bool,
) -> pl.LazyFrame:
    """Differing rows of a core or windows table, with their `cause`.

    Args:
        rows: of `changed_rows`.
        by_person: strongest causes in the raw tables above the table.
        circumstances: what else differs.
        has_raw: whether both releases hold these raw tables.
    """
    is_known = has_raw or circumstances.is_delivery_same
    otherwise = circumstances.without_data if is_known else UNKNOWN
    return rows.join(by_person.lazy(), on="person_id", how="left").with_columns(
        pl.col("cause").fill_null(pl.lit(otherwise, CAUSE))
    )
