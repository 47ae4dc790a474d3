"""Small input tables for the endpoints, drawn as text: one line per patient and window."""

from typing import Any

import numpy as np
import polars as pl

from warehouse.contracts import CORE, WINDOWS, TableContract

DATA_CUT = "2017-10-04"
CUT = {"data_cut": DATA_CUT, "horizon_years": 8}
YEAR = 365.25
COURSE_DAY = 1500.0


def table(contract: TableContract, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Rows as the contract's table; columns that a row leaves out are false, 0, "" or null."""
    blank = {pl.Boolean: False, pl.Int32: 0, pl.Float64: 0.0, pl.String: ""}

    def complete(row: dict[str, Any]) -> dict[str, Any]:
        return {
            column.name: row.get(
                column.name, None if column.nullable else blank[type(column.dtype)]
            )
            for column in contract.columns
        }

    return pl.LazyFrame([complete(row) for row in rows], schema=contract.schema)


def population(groups: dict[str, str | None], **flags: bool) -> pl.LazyFrame:
    """Persons with their efficacy group."""
    return table(
        CORE["population"],
        [
            {"person_id": person, "core_study_id": "CAMMS323", "group_id": group, **flags}
            for person, group in groups.items()
        ],
    )


def windows(text: str, anchor: str = "course-3", anchor_day: float = COURSE_DAY) -> pl.LazyFrame:
    """Windows of one anchor: `person window days_at_risk relapses [first_relapse_day]` a line.

    Days of the first relapse are counted from the anchor. A window is complete if its days at
    risk are its whole length.
    """
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        person, window, days, relapses, *first = line.split()
        start, end = bounds(window)
        rows.append(
            {
                "person_id": person,
                "anchor": anchor,
                "analysis_window": window,
                "anchor_day": anchor_day,
                "window_start_day": anchor_day + start,
                "window_end_day": anchor_day + end,
                "days_at_risk": float(days),
                "days_at_risk_to_next_course": float(days),
                "relapses": int(relapses),
                "first_relapse_day": anchor_day + float(first[0]) if first else None,
                "is_at_risk_at_start": float(days) > 0,
                "is_complete": float(days) == end - start,
            }
        )
    return table(WINDOWS["patient_course_window"], rows)


def bounds(window: str) -> tuple[float, float]:
    """First and one past the last day of a window, from its anchor on."""
    unit = YEAR if window.startswith("Y") else YEAR / 12
    if ".." not in window:
        year = int(window[1:])
        return (year - 1) * YEAR, year * YEAR
    start, end = (int(mark[1:]) * unit for mark in window.split(".."))
    return start, end


def follow_up(ends: dict[str, float]) -> pl.LazyFrame:
    """Persons with the end of their efficacy follow-up, days since day 0."""
    return table(
        CORE["follow_up"],
        [{"person_id": person, "efficacy_end_day": end} for person, end in ends.items()],
    )


def values(result: pl.LazyFrame, **dimensions: str) -> dict[str, float | None]:
    """Value by statistic of one cell."""
    cell = result.filter(*(pl.col(name) == value for name, value in dimensions.items()))
    rows = cell.select("statistic", "value").collect()
    assert rows["statistic"].is_unique().all(), "the dimensions do not name one cell"
    assert rows.height, "no such cell"
    return dict(rows.rows())


def methods(result: pl.LazyFrame, **dimensions: str) -> set[str]:
    """Methods of the rows of a cell."""
    cell = result.filter(*(pl.col(name) == value for name, value in dimensions.items()))
    return set(cell.collect()["method"])


def trial(seed: int, n: int = 144) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Windows and population of a trial with selection on relapses before Course 3."""
    rng = np.random.default_rng(seed)
    days = np.where(rng.random(n) < 0.2, rng.integers(1, 365, n), YEAR)
    lines = [
        f"p{i:03d} M-12..M0 {YEAR} {rng.poisson(0.7)}\n"
        f"p{i:03d} M0..M12 {days[i]} {rng.poisson(0.1 * days[i] / YEAR * rng.gamma(1, 1))}"
        for i in range(n)
    ]
    return windows("\n".join(lines)), population({f"p{i:03d}": "3-courses" for i in range(n)})


def five_patients() -> tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]:
    """After Course 3 (day 1500): relapse on day 100, left on day 200, relapses on days 300 and
    500, left on day 400, observed for three years.
    """
    month = YEAR / 12
    cumulative = {"M0..M12": 12, "M0..M24": 24, "M0..M36": 36}
    histories = {
        "a": ([100], 36 * month),
        "b": ([], 200),
        "c": ([300, 500], 36 * month),
        "d": ([], 400),
        "e": ([], 36 * month),
    }
    lines = []
    for person, (relapses, end) in histories.items():
        for window in (*cumulative, "M12..M24", "M24..M36"):
            first_day, last_day = bounds(window)
            inside = [day for day in relapses if first_day <= day < min(last_day, end)]
            days = max(0, min(last_day, end) - first_day)
            first = inside[0] if inside else ""
            lines.append(f"{person} {window} {days} {len(inside)} {first}")
    ends = {person: COURSE_DAY + end for person, (_, end) in histories.items()}
    return windows("\n".join(lines)), population(dict.fromkeys(ends, "3-courses")), follow_up(ends)
