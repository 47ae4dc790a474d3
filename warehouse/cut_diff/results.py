"""Result rows of two releases: which changed, by how much, and whose data stand behind it.

Belongs here: the comparison of `results.result`, and the match of changed results with changed
rows about patients. Does not belong here: finding those rows (`warehouse.cut_diff.rows`).

The patients behind a changed result are those who belong, in either release, to its population
and group, and have a changed row in a table that its family of results is made from: where the
table has an anchor, the row of the result's anchor; where it has windows, rows of the result's
window, of the one that it is compared with, and of windows inside a cumulative one (Y1, Y2 and Y3
in Y0..Y3); where it has points in time, the row of the result's. Of `core.population` only those
count who came into the group or left it. A result under another reading of the rules (scenario)
may also rest on rows that the primary reading leaves out: there the changed rows of the tables
that readings begin with count, too.

This says whose data may have moved the result, not that each of them did: a changed row need not
bear on every statistic made from its table. The cause of a changed result is the strongest of
the causes of these rows; without any, what else has changed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from warehouse.contracts.core import GROUPS
from warehouse.contracts.cut_diff import CORRECTION, LATE_DATA, NEW_DATA
from warehouse.contracts.results import KEY, POPULATIONS
from warehouse.cut_diff.causes import CAUSE, Circumstances
from warehouse.cut_diff.rows import DIMENSIONS
from warehouse.releases import Release

RESULT, POPULATION, SENSITIVITY = "results.result", "core.population", "results.result_sensitivity"
#: Counts who is left out of a set, and why: they are in it before and after.
FUNNEL = "results.result_funnel"
PRIMARY = "primary"
#: What a changed row about a patient is for the match.
MATCHED = ("person_id", *DIMENSIONS, "cause")
_COMPARED = ("value", "value_text", "is_estimable", "n_total")
#: Groups that are told by `core.population.group_id`; other groups are their whole population.
_GROUPED_POPULATIONS = ("efficacy", "safety")
_EVERYBODY = ""
_CELL = ("family", "population", "member_group", "anchor", "analysis_window", "timepoint")
_OF_SET = (*_CELL[:2], "group_id", *_CELL[3:5], "comparator", _CELL[5], "reading")
_WINDOW = re.compile(r"(?P<unit>[MY])(?P<start>-?\d+)\.\.(?P=unit)(?P<end>-?\d+)|Y(?P<year>\d+)")


@dataclass(frozen=True)
class ResultDiff:
    """Changed results with their patient sets, and the members of these sets."""

    results: pl.DataFrame
    patients: pl.DataFrame


def compare_results(
    circumstances: Circumstances, changed: Mapping[str, pl.DataFrame]
) -> ResultDiff:
    """Changed result rows, and who stands behind them.

    Args:
        circumstances: the two releases.
        changed: for each table about patients, its differing rows (`MATCHED`).

    Returns:
        `results` with the key, `result_id`, `change`, old and new values, `cause`, counts of
        patients, flags and `patient_set`; `patients` with `patient_set`, `person_id`, `cause`.
    """
    results = _changed_results(circumstances.base, circumstances.new)
    families = _families(circumstances)
    results = results.join(families, on="analysis_id", how="left", maintain_order="left")
    results = results.with_columns(
        reading=pl.when(pl.col("scenario") == PRIMARY)
        .then(pl.lit(PRIMARY))
        .otherwise(pl.lit("other readings")),
        family=pl.col("family").fill_null(RESULT),
    ).with_columns(
        patient_set=pl.concat_str(pl.col("family").str.strip_prefix("results."), *_OF_SET[1:],
                                  separator="|")
    )  # fmt: skip
    patients = _patients_behind(results, circumstances, changed)
    counts = patients.group_by("patient_set").agg(
        strongest=pl.col("cause").max(),
        n_patients_behind=pl.len(),
        **{
            name: (pl.col("cause") == cause).sum()
            for name, cause in (
                ("n_patients_correction", CORRECTION),
                ("n_patients_late_data", LATE_DATA),
                ("n_patients_new_data", NEW_DATA),
            )
        },
    )
    code = pl.DataFrame(
        {
            "family": list(families["family"].unique()),
            "is_code_changed": [
                circumstances.is_code_changed(name) for name in families["family"].unique()
            ],
        },
        schema={"family": pl.String(), "is_code_changed": pl.Boolean()},
    )
    told = (
        results.join(counts, on="patient_set", how="left", maintain_order="left")
        .join(code, on="family", how="left", maintain_order="left")
        .with_columns(
            pl.col("^n_patients_.*$").fill_null(0),
            pl.col("is_code_changed").fill_null(False),
            is_rule_changed=pl.lit(circumstances.is_rule_changed),
            cause=pl.col("strongest").fill_null(pl.lit(circumstances.without_data, CAUSE)),
        )
    )
    return ResultDiff(told, patients)


def _changed_results(base: Release, new: Release) -> pl.DataFrame:
    columns = [*KEY, "result_id", *_COMPARED]
    after = _scan(new, RESULT).select(columns)
    # An earlier version may not have had every column.
    before = pl.concat([after.clear(), _scan(base, RESULT)], how="diagonal_relaxed").select(columns)
    is_added, is_removed = pl.col("result_id").is_null(), pl.col("result_id_now").is_null()
    is_changed = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in _COMPARED
    )
    return (
        before.join(after, on=KEY, how="full", coalesce=True, suffix="_now")
        .filter(is_added | is_removed | is_changed)
        .select(
            *KEY,
            result_id=pl.coalesce("result_id_now", "result_id"),
            change=pl.when(is_added)
            .then(pl.lit("added"))
            .when(is_removed)
            .then(pl.lit("removed"))
            .otherwise(pl.lit("changed")),
            old_value="value",
            new_value="value_now",
            difference=pl.col("value_now") - pl.col("value"),
            old_text="value_text",
            new_text="value_text_now",
            old_n_total="n_total",
            new_n_total="n_total_now",
        )
        .sort(KEY)
        .collect()
    )


def _scan(release: Release, table: str) -> pl.LazyFrame:
    frame = release.scan(table)
    if frame is None:
        message = f"release {release.release_id} has no {table}: it is no whole release."
        raise FileNotFoundError(message)
    return frame


def _families(circumstances: Circumstances) -> pl.DataFrame:
    """Which table of results makes an endpoint: `analysis_id`, `family`."""
    frames = [
        frame.filter(pl.col("scenario") == PRIMARY).select("analysis_id", family=pl.lit(table))
        for table in circumstances.lineage.get(RESULT, ())
        for release in (circumstances.base, circumstances.new)
        if (frame := release.scan(table)) is not None
    ]
    empty = pl.LazyFrame(schema={"analysis_id": pl.String(), "family": pl.String()})
    rows = pl.concat([empty, *frames]).collect()
    return rows.unique("analysis_id", keep="last", maintain_order=True)


def _patients_behind(
    results: pl.DataFrame, circumstances: Circumstances, changed: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    sets = (
        results.select("patient_set", *_OF_SET)
        .unique("patient_set")
        .with_columns(
            member_group=pl.when(
                pl.col("population").is_in(_GROUPED_POPULATIONS) & pl.col("group_id").is_in(GROUPS)
            )
            .then("group_id")
            .otherwise(pl.lit(_EVERYBODY))
        )
    )
    before, after = (_members(release) for release in (circumstances.base, circumstances.new))
    members = pl.concat([before, after]).unique()
    found = [pl.DataFrame(schema={"patient_set": pl.String(), "person_id": pl.String(),
                                  "cause": CAUSE})]  # fmt: skip
    for (family, reading), of_family in sets.group_by("family", "reading"):
        for table in _tables_of(str(family), str(reading), circumstances):
            rows = changed.get(table)
            if rows is None or rows.is_empty():
                continue
            if table == POPULATION and family != FUNNEL:
                moved = pl.concat([before, after]).filter(~pl.struct(pl.all()).is_duplicated())
                pairs = of_family.join(
                    moved,
                    left_on=["population", "member_group"],
                    right_on=["population", "group_id"],
                ).join(rows.select("person_id", "cause"), on="person_id")
            else:
                pairs = _matching(of_family, rows, table, circumstances).join(
                    members,
                    left_on=["population", "member_group", "person_id"],
                    right_on=["population", "group_id", "person_id"],
                )
            found.append(pairs.select("patient_set", "person_id", "cause"))
    return (
        pl.concat(found)
        .group_by("patient_set", "person_id")
        .agg(pl.col("cause").max())
        .sort("patient_set", "person_id")
    )


def _tables_of(family: str, reading: str, circumstances: Circumstances) -> list[str]:
    tables = set(circumstances.lineage.get(family, ()))
    if reading != PRIMARY:
        begun = set(circumstances.lineage.get(SENSITIVITY, ()))
        tables |= begun & circumstances.above(family)
    return sorted(name for name in tables if not name.startswith("results."))


def _members(release: Release) -> pl.DataFrame:
    """Who is in a population, and in a group of it: `population`, `group_id`, `person_id`."""
    frame = release.scan(POPULATION)
    if frame is None:
        return pl.DataFrame(
            schema={"population": pl.String(), "group_id": pl.String(), "person_id": pl.String()}
        )
    people = frame.collect()
    flags = {name: f"is_{name.replace('-', '_')}" for name in POPULATIONS}
    parts = []
    for population, flag in flags.items():
        # `consented` is everybody in the table.
        inside = people.filter(flag) if flag in people.columns else people
        name = pl.lit(population).alias("population")
        parts.append(inside.select(name, pl.lit(_EVERYBODY).alias("group_id"), "person_id"))
        if population in _GROUPED_POPULATIONS:
            grouped = inside.filter(pl.col("group_id").is_not_null())
            parts.append(grouped.select(name, "group_id", "person_id"))
    return pl.concat(parts)


def _matching(
    sets: pl.DataFrame, rows: pl.DataFrame, table: str, circumstances: Circumstances
) -> pl.DataFrame:
    """Sets joined with the changed rows of a table, on the dimensions that the table has."""
    dimensions = [name for name in DIMENSIONS if rows[name].dtype == pl.String
                  and rows[name].is_not_null().any()]  # fmt: skip
    expanded = sets.select("patient_set", "population", "member_group", *DIMENSIONS, "comparator")
    for name in dimensions:
        known = _values(table, name, circumstances)
        expanded = _expanded(expanded, name, known)
    rows = rows.select("person_id", "cause", *dimensions).unique()
    if not dimensions:
        return expanded.join(rows, how="cross")
    return expanded.join(rows, on=dimensions)


def _values(table: str, name: str, circumstances: Circumstances) -> list[str]:
    frames = [
        frame.select(name).unique()
        for release in (circumstances.base, circumstances.new)
        if (frame := release.scan(table)) is not None
    ]
    return pl.concat(frames).collect()[name].drop_nulls().unique().sort().to_list()


def _expanded(sets: pl.DataFrame, name: str, known: Iterable[str]) -> pl.DataFrame:
    """Sets with one row for each value of the table's dimension that belongs to their own.

    A value that the table does not know (a result without an anchor, a point in time that is
    called otherwise) says nothing: all of the table's values belong to it.
    """
    values = pl.Series(known, dtype=pl.String())
    asked = [name, "comparator"] if name == "analysis_window" else [name]
    wanted = sets.select(asked).unique()
    pairs = pl.DataFrame(
        [
            (*row, value)
            for row in wanted.rows()
            for value in values
            if any(_belongs(value, own) for own in row)
        ],
        schema={**dict.fromkeys(asked, pl.String()), "value": pl.String()},
        orient="row",
    )
    unknown = wanted.join(pairs, on=asked, how="anti").join(values.to_frame("value"), how="cross")
    every = pl.concat([pairs, unknown.select(pairs.columns)])
    return sets.join(every, on=asked).with_columns(pl.col("value").alias(name)).drop("value")


def _belongs(value: str, own: str) -> bool:
    """Whether a table's value is the result's own, or a window inside its own."""
    if value == own:
        return True
    inner, outer = _WINDOW.fullmatch(value), _WINDOW.fullmatch(own)
    if inner is None or outer is None:
        return False
    (unit, start, end), (of_unit, first, last) = _bounds(inner), _bounds(outer)
    return unit == of_unit and first <= start and end <= last


def _bounds(window: re.Match[str]) -> tuple[str, int, int]:
    if window["year"]:
        return "Y", int(window["year"]) - 1, int(window["year"])
    return window["unit"], int(window["start"]), int(window["end"])
