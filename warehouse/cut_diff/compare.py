"""Two releases side by side: every table, every result.

Belongs here: the order of the comparison, and the shape of what it gives. Tables whose bytes are
equal are not read.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from warehouse.contracts import ALL, TableContract
from warehouse.contracts.cut_diff import (
    CUT_DIFF_RESULT_PATIENT,
    CUT_DIFF_RESULTS,
    CUT_DIFF_ROW_DETAIL,
    CUT_DIFF_ROWS,
    CUT_DIFF_TABLE,
)
from warehouse.cut_diff.causes import (
    CAUSE,
    Circumstances,
    delivered_causes,
    derived_causes,
    strongest_by_person,
    with_parents_dates,
)
from warehouse.cut_diff.results import MATCHED, RESULT, compare_results
from warehouse.cut_diff.rows import changed_rows
from warehouse.releases import Release

_DELIVERED = ("raw", "quarantine")
_KEYS = {contract.sql_name: contract.key for contract in ALL}


@dataclass(frozen=True)
class CutDiff:
    """What changed from the base release to another; each frame by its contract.

    Attributes:
        tables: `audit.cut_diff_table`.
        rows: `audit.cut_diff_rows`.
        results: `audit.cut_diff_results`.
        row_detail: `audit.cut_diff_row_detail`, about patients.
        result_patients: `audit.cut_diff_result_patient`, about patients.
    """

    tables: pl.DataFrame
    rows: pl.DataFrame
    results: pl.DataFrame
    row_detail: pl.DataFrame
    result_patients: pl.DataFrame

    def frames(self) -> Iterable[tuple[TableContract, pl.DataFrame]]:
        """Each frame with its contract."""
        return (
            (CUT_DIFF_TABLE, self.tables),
            (CUT_DIFF_ROWS, self.rows),
            (CUT_DIFF_RESULTS, self.results),
            (CUT_DIFF_ROW_DETAIL, self.row_detail),
            (CUT_DIFF_RESULT_PATIENT, self.result_patients),
        )


def nothing_compared() -> CutDiff:
    """The comparison of a first release: there is nothing before it."""
    return CutDiff(
        *(
            pl.DataFrame(schema=contract.schema)
            for contract in (
                CUT_DIFF_TABLE,
                CUT_DIFF_ROWS,
                CUT_DIFF_RESULTS,
                CUT_DIFF_ROW_DETAIL,
                CUT_DIFF_RESULT_PATIENT,
            )
        )
    )


def compare(base: Release, new: Release) -> CutDiff:
    """Everything that changed from `base` to `new`.

    Args:
        base: the release to compare with; may be of an earlier version, and lack tables.
        new: the other one.

    Returns:
        Rows about patients, counted by table, study, change and cause, and one by one; results
        with old and new values and the patients behind them. Empty where nothing differs.
    """
    circumstances = Circumstances(base, new)
    changed = _changed_tables(circumstances)
    name = pl.lit(base.release_id).alias("base_release_id")
    results = compare_results(
        circumstances, {table: frame.select(MATCHED) for table, frame in changed.items()}
    )
    code = {table: circumstances.is_code_changed(table) for table in changed}
    details = [
        frame.with_columns(table_name=pl.lit(table)).select(CUT_DIFF_ROW_DETAIL.column_names)
        for table, frame in changed.items()
    ]
    empty = pl.DataFrame(schema=CUT_DIFF_ROW_DETAIL.schema).with_columns(
        pl.col("cause").cast(CAUSE)
    )
    detail = _conformed(CUT_DIFF_ROW_DETAIL, pl.concat([empty, *details]).sort("study_id"))
    # Registers tell of rows that no patient is named in.
    named = pl.col("person_id").filter(pl.col("person_id") != "")
    rows = (
        detail.group_by("table_name", "study_id", "change", "cause")
        .agg(n_rows=pl.len(), n_patients=named.n_unique())
        .with_columns(
            name,
            is_code_changed=pl.col("table_name").replace_strict(
                list(code), list(code.values()), return_dtype=pl.Boolean()
            ),
            is_rule_changed=pl.lit(circumstances.is_rule_changed),
        )
    )
    return CutDiff(
        tables=_conformed(CUT_DIFF_TABLE, _tables(circumstances, rows, results.results)),
        rows=_conformed(CUT_DIFF_ROWS, rows),
        results=_conformed(CUT_DIFF_RESULTS, results.results.with_columns(name)),
        row_detail=detail,
        result_patients=_conformed(CUT_DIFF_RESULT_PATIENT, results.patients),
    )


def _conformed(contract: TableContract, frame: pl.DataFrame) -> pl.DataFrame:
    return contract.conform(frame.lazy()).collect()


def _compared(circumstances: Circumstances) -> list[TableContract]:
    """Tables about patients of the new release, those above first."""
    return [
        contract
        for contract in ALL
        if contract.is_patient_level and contract.sql_name in circumstances.new.manifest["tables"]
    ]


def _is_same(table: str, circumstances: Circumstances) -> bool:
    before, after = (
        release.manifest["tables"].get(table, {}).get("sha256")
        for release in (circumstances.base, circumstances.new)
    )
    return before is not None and before == after


def _changed_tables(circumstances: Circumstances) -> dict[str, pl.DataFrame]:
    """For each table that both releases hold, its differing rows with their causes."""
    changed: dict[str, pl.DataFrame] = {}
    for contract in _compared(circumstances):
        table = contract.sql_name
        before, after = (release.scan(table) for release in (circumstances.base, circumstances.new))
        if _is_same(table, circumstances) or not _is_held(table, circumstances):
            continue
        assert before is not None
        assert after is not None
        rows = changed_rows(contract, before, after)
        if contract.layer in _DELIVERED:
            # DM, and of a qualifier its parent, decide whether a row is let in.
            deciding = {"raw.dm", f"raw.{contract.name.removeprefix('supp')}"} - {
                f"raw.{contract.name}"
            }
            rows = delivered_causes(
                _dated(contract, rows, circumstances),
                circumstances,
                strongest_by_person(changed[name] for name in sorted(deciding & changed.keys())),
            )
        else:
            above = {name for name in circumstances.above(table) if name.startswith("raw.")}
            of_raw = [changed[name] for name in sorted(above & changed.keys())]
            rows = derived_causes(
                rows,
                strongest_by_person(of_raw),
                circumstances,
                has_raw=all(_is_held(name, circumstances) for name in above),
            )
        changed[table] = rows.drop(pl.selectors.starts_with("key:")).collect()
    return changed


def _is_held(table: str, circumstances: Circumstances) -> bool:
    """Whether both releases hold the table, and know a row of it by the same columns."""
    if _is_same(table, circumstances):
        return True
    frames = [release.scan(table) for release in (circumstances.base, circumstances.new)]
    return all(
        frame is not None and set(_KEYS[table]) <= set(frame.collect_schema().names())
        for frame in frames
    )


def _dated(
    contract: TableContract, rows: pl.LazyFrame, circumstances: Circumstances
) -> pl.LazyFrame:
    if contract.layer != "raw" or not contract.name.startswith("supp"):
        return rows
    parent = contract.name.removeprefix("supp")
    before, after = (
        release.scan(f"raw.{parent}") for release in (circumstances.base, circumstances.new)
    )
    if before is None or after is None:
        return rows
    return with_parents_dates(rows, parent, before, after)


def _tables(
    circumstances: Circumstances, rows: pl.DataFrame, results: pl.DataFrame
) -> pl.DataFrame:
    """One row per table: how many rows were and are there, and how many differ."""
    counted = {
        (str(table), str(change)): int(n)
        for table, change, n in rows.group_by("table_name", "change")
        .agg(pl.col("n_rows").sum())
        .rows()
    }
    for change, n in results.group_by("change").len().rows():
        counted[RESULT, "corrected" if change == "changed" else change] = n
    names = [contract.sql_name for contract in _compared(circumstances)]
    return pl.DataFrame(
        [
            {
                "base_release_id": circumstances.base.release_id,
                "table_name": name,
                "is_compared": _is_held(name, circumstances),
                "n_rows_before": _rows(circumstances.base, name),
                "n_rows_after": _rows(circumstances.new, name),
                "n_added": counted.get((name, "added"), 0),
                "n_removed": counted.get((name, "removed"), 0),
                "n_corrected": counted.get((name, "corrected"), 0),
                "is_code_changed": circumstances.is_code_changed(name),
                "is_rule_changed": circumstances.is_rule_changed,
            }
            for name in (*names, RESULT)
        ],
        schema=CUT_DIFF_TABLE.schema,
    )


def _rows(release: Release, table: str) -> int | None:
    record = release.manifest["tables"].get(table)
    return None if record is None else int(record["rows"])
