"""What `topaz diff` prints: what changed from one cut, or release, to another.

Belongs here: text for people, made of a comparison. Does not belong here: the comparison
(`warehouse.cut_diff`). With `patients`, the text names patients: it is for the operator's
terminal, and nothing keeps it.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from warehouse.cut_diff.compare import CutDiff, compare
from warehouse.lake import Lake
from warehouse.releases import Release, ReleaseRefused, all_releases, damage, find

RESULT = "results.result"
#: Statistics whose change is told first; limits, p-values and dispersions follow from them.
_ESTIMATES = ("rate", "rate_ratio", "mean", "median", "pct", "n_patients", "n_events")
_MOST_OF_EACH = 2


class NotComparable(Exception):
    """What was asked for is not there; the message names what is."""


def diff_text(
    lake: Lake, before: str, after: str, *, table: str | None = None, is_by_patient: bool = False
) -> str:
    """What changed from one release to another, with causes.

    Args:
        lake: the lake.
        before: a release's name, or a cut-off date, which stands for its newest release.
        after: the same, of the release that is compared with it.
        table: SQL name of the only table to tell of; each of its changed rows is then counted
            by study, and of `results.result` each is listed.
        is_by_patient: whether patients are named.

    Raises:
        NotComparable: there is no such release, cut or table.
        ReleaseRefused: one of the two is damaged.
    """
    base, new = _release(lake, before), _release(lake, after)
    difference = compare(base, new)
    known = difference.tables["table_name"].to_list()
    if table is not None and table not in known:
        message = f"no table {table!r} is compared; there are: {', '.join(known)}."
        raise NotComparable(message)
    lines = [
        f"From release {base.release_id} to release {new.release_id} "
        f"(cut-off {base.data_cut} to {new.data_cut})",
        *_order(base, new),
        *_circumstances(difference),
    ]
    if table is None:
        lines += [*_tables(difference), *_results(difference, is_all_told=False)]
    elif table == RESULT:
        lines += _results(difference, is_all_told=True)
    else:
        lines += _one_table(difference, table)
    if is_by_patient:
        lines += _patients(difference, table)
    return "\n".join(lines)


def _order(base: Release, new: Release) -> list[str]:
    if base.data_cut <= new.data_cut:
        return []
    return ["The first is the newer cut: what came since is told as removed. Turn them round?"]


def _release(lake: Lake, name: str) -> Release:
    release = find(lake, name)
    if release is None:
        known = all_releases(lake)
        of_cut = [one for one in known if one.data_cut == name]
        if not of_cut:
            names = ", ".join(one.release_id for one in known) or "none"
            message = f"there is no release or cut {name!r}; releases: {names}."
            raise NotComparable(message)
        release = of_cut[-1]
    damaged = damage(release)
    if damaged:
        message = f"Release {release.release_id} is damaged: {', '.join(damaged)}. Restore it."
        raise ReleaseRefused(message)
    return release


def _circumstances(difference: CutDiff) -> list[str]:
    tables = difference.tables
    lines = []
    missing = tables.filter(~pl.col("is_compared"))["table_name"].to_list()
    if missing:
        lines.append(
            "Not compared, since one of the two does not hold them, or knows their rows by other "
            f"columns: {', '.join(missing)}. What "
            'hangs on them has the cause "not known".'
        )
    if tables["is_rule_changed"].any():
        lines.append("Rules have changed, too: see `parameters` in both manifests.")
    if tables["is_code_changed"].any():
        changed = tables.filter("is_code_changed").height
        lines.append(
            f"Code or libraries have changed, too, for {changed} of {tables.height} tables."
        )
    return lines


def _tables(difference: CutDiff) -> list[str]:
    counted = difference.rows.group_by("table_name", "change", "cause", maintain_order=True).agg(
        pl.col("n_rows", "n_patients").sum()
    )
    if counted.is_empty():
        return ["", "No row about a patient differs."]
    return [
        "",
        *_aligned(
            ("table", "change", "cause", "rows", "patients"),
            counted.select("table_name", "change", "cause", "n_rows", "n_patients").rows(),
        ),
    ]


def _one_table(difference: CutDiff, table: str) -> list[str]:
    rows = difference.rows.filter(table_name=table)
    if rows.is_empty():
        return ["", f"No row of {table} differs."]
    columns = difference.row_detail.filter(
        pl.col("table_name") == table, pl.col("columns_changed") != ""
    )["columns_changed"]
    by_column = columns.str.split(" ").explode().value_counts(sort=True, name="n").rows()
    lines = [
        "",
        *_aligned(
            ("study", "change", "cause", "rows", "patients"),
            rows.select("study_id", "change", "cause", "n_rows", "n_patients").rows(),
        ),
    ]
    if by_column:
        told = ", ".join(f"{name} ({n})" for name, n in by_column)
        lines += ["", f"Columns with other values: {told}"]
    return lines


def _results(difference: CutDiff, *, is_all_told: bool) -> list[str]:
    results = difference.results
    if results.is_empty():
        return ["", "No result differs."]
    counts = dict(results["change"].value_counts().rows())
    told = ", ".join(f"{counts[change]:,} {change}" for change in sorted(counts))
    causes = dict(results["cause"].value_counts(sort=True).rows())
    by_cause = ", ".join(f"{cause} {n:,}" for cause, n in causes.items())
    lines = ["", f"Result rows: {told}. By the strongest cause: {by_cause}."]
    shown = results if is_all_told else _changed_most(results)
    if shown.is_empty():
        return lines
    if not is_all_told:
        lines += ["", "Of each endpoint the estimates that changed most, relative to their size"]
    return lines + _aligned(
        ("old", "new", "patients", "cause", "result"),
        shown.select(
            pl.col("old_text", "new_text").fill_null("-"),
            "n_patients_behind",
            "cause",
            "result_id",
        ).rows(),
    )


def _changed_most(results: pl.DataFrame) -> pl.DataFrame:
    """Of each endpoint the few estimates that changed most; endpoints have different units."""
    size = pl.max_horizontal(pl.col("old_value").abs(), pl.col("new_value").abs())
    return (
        results.filter(
            pl.col("scenario") == "primary",
            pl.col("statistic").is_in(_ESTIMATES),
            pl.col("change") == "changed",
            pl.col("old_text") != pl.col("new_text"),
        )
        .with_columns(relative=pl.col("difference").abs() / size)
        .sort("relative", "result_id", descending=[True, False], nulls_last=True)
        .group_by("analysis_id", maintain_order=True)
        .head(_MOST_OF_EACH)
        .sort("analysis_id", maintain_order=True)
    )


def _patients(difference: CutDiff, table: str | None) -> list[str]:
    if table == RESULT:
        sets = difference.result_patients.group_by("patient_set", maintain_order=True).agg(
            pl.col("person_id").str.join(", ")
        )
        return ["", "Patients behind, by set of patients", *map(": ".join, sets.rows())]
    detail = difference.row_detail
    if table is not None:
        rows = detail.filter(table_name=table)
        return [
            "",
            *_aligned(
                ("patient", "row", "change", "cause", "columns"),
                rows.select("person_id", "record_key", "change", "cause", "columns_changed").rows(),
            ),
        ]
    counted = (
        detail.group_by("person_id", "cause")
        .agg(pl.len(), pl.col("table_name").unique().sort().str.join(", "))
        .sort("person_id", "cause")
    )
    return ["", *_aligned(("patient", "cause", "rows", "tables"), counted.rows())]


def _aligned(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Columns of text; numbers stand at the right, and the last column is not filled up."""
    cells = [tuple(header), *(tuple(_told(value) for value in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [
        all(cell.replace(",", "").isdigit() for cell in column[1:])
        for column in zip(*cells, strict=True)
    ]
    return [
        "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    ]


def _told(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
