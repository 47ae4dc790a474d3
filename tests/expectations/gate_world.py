"""A tiny consistent world of all tables, on which every expectation holds, for gates to break.

Three persons of CARE-MS I: P1 had three courses and goes on, P2 had two and died, P3 was given
interferon. Rows are dictionaries; what a row leaves out is null or a harmless default.
"""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from gate_patients import YEAR, Row, World, core_tables, raw_tables, since_day0

from transforms.rules import Rules
from warehouse.contracts import ALL
from warehouse.contracts.core import EXCLUSION_REASONS, GROUPS
from warehouse.contracts.results import KEY

RULES = Rules(date(2017, 10, 4), 8)
CONTRACTS = {contract.sql_name: contract for contract in ALL}


def window(name: str, anchor: str, anchor_day: float, start: int, years: int, **values: Any) -> Row:
    """A window of `years` years, `start` years after the anchor, wholly at risk."""
    return {
        "person_id": "P1",
        "anchor": anchor,
        "analysis_window": name,
        "is_cumulative": name.startswith("Y0") or years > 1,
        "anchor_day": anchor_day,
        "window_start_day": anchor_day + start * YEAR,
        "window_end_day": anchor_day + (start + years) * YEAR,
        "days_at_risk": years * YEAR,
        "days_at_risk_to_next_course": years * YEAR,
        "relapses": 0,
        "relapses_to_next_course": 0,
        "is_at_risk_at_start": True,
        "is_complete": True,
        "is_overlapping_previous_course": False,
        **values,
    }


def result(analysis_id: str, statistic: str, value: float | None, **values: Any) -> Row:
    row: Row = {
        **dict.fromkeys(KEY, ""),
        "analysis_id": analysis_id,
        "population": "efficacy",
        "group_id": "3-courses",
        "scenario": "primary",
        "statistic": statistic,
        "value": value,
        "value_text": "NE" if value is None else f"{value:.2f}",
        "is_estimable": value is not None,
        "n_total": 20,
        "method": "as in the plan",
        "diagnostics": "{}",
        "rule_ids": "E-02 E-05",
        "data_cut": RULES.data_cut,
        **values,
    }
    return {**row, "result_id": "|".join(row[name] for name in KEY)}


def cell(analysis_id: str, values: dict[str, float | None], **dimensions: Any) -> list[Row]:
    return [result(analysis_id, name, value, **dimensions) for name, value in values.items()]


def funnel() -> list[Row]:
    sets = {"consented": 3, "treated": 2, "extension": 2, "no-other-dmt": 2, "safety": 2}
    counts = [
        *((name, "overall", "", n) for name, n in {**sets, "efficacy": 2}.items()),
        ("additional", "additional-courses", "", 1),
        *(("efficacy", group, "", n) for group, n in zip(GROUPS, (1, 1, 0, 0), strict=True)),
        *(
            (population, "overall", reason, n)
            for population, reason, n in zip(
                ("consented", "treated", "extension", "no-other-dmt", "no-other-dmt", "safety"),
                EXCLUSION_REASONS,
                (1, 0, 0, 0, 0, 0),
                strict=True,
            )
        ),
    ]
    return [
        result(
            "funnel", "n_patients", float(n), population=population, group_id=group, category=reason
        )
        for population, group, reason, n in counts
    ]


def good_world() -> World:
    """All tables; each call gives fresh rows."""
    arr = cell(
        "arr.window",
        {"rate": 0.2, "ci_low": 0.1, "ci_high": 0.4, "k": 0.0, "n_patients": 20, "n_events": 4},
        anchor="course-3",
        analysis_window="M0..M12",
    )
    contrast = cell(
        "arr.before_after",
        {"rate_ratio": 0.5, "ci_low": 0.2, "ci_high": 0.9, "se": 0.3, "p": 0.01},
        anchor="course-3",
        comparator="M-12..M0",
    )
    free = cell(
        "relapse_free.cumulative",
        {"pct": 90.0, "ci_low": 75.0, "ci_high": 100.0, "n_patients": 18},
        anchor="course-3",
        analysis_window="M0..M12",
    )
    group = {"population": "efficacy", "group_id": "3-courses", "anchor": "course-3"}
    shown = {"method": "as in the plan", "data_cut": RULES.data_cut}
    counts = funnel()
    return {
        **raw_tables(),
        **core_tables(),
        "windows.patient_course_window": _windows(),
        "results.result_arr": arr,
        "results.result_arr_before_after": contrast,
        "results.result_relapse_free": free,
        "results.result_funnel": counts,
        "results.result": deepcopy([*arr, *contrast, *free, *counts]),
        "results.arr": [
            {
                **group,
                **shown,
                "analysis_window": "M0..M12",
                "n_patients": 20,
                "n_events": 4,
                "person_years": 20.0,
                "rate": 0.2,
                "ci_low": 0.1,
                "ci_high": 0.4,
                "k": 0.0,
            }
        ],
        "results.arr_before_after": [
            {
                **group,
                **shown,
                "n_patients": 20,
                "rate_before": 0.4,
                "rate_after": 0.2,
                "rate_ratio": 0.5,
                "ci_low": 0.2,
                "ci_high": 0.9,
                "p": 0.01,
                "p_text": "0.0100",
            }
        ],
        "results.relapse_free": [
            {
                **group,
                **shown,
                "analysis_id": "relapse_free.cumulative",
                "analysis_window": "M0..M12",
                "n_total": 20,
                "n_patients": 18,
                "pct": 90.0,
                "ci_low": 75.0,
                "ci_high": 100.0,
            }
        ],
        "results.disposition": [
            {
                "step": step,
                "kind": "exclusion" if row["category"] else "set",
                "label": row["category"]
                or (row["population"] if row["group_id"] == "overall" else row["group_id"]),
                "n_patients": int(row["value"]),
                "data_cut": RULES.data_cut,
            }
            for step, row in enumerate(counts, start=1)
        ],
    }


def _windows() -> list[Row]:
    day = float(since_day0("P1", date(2011, 1, 1)))
    relapsed = {"relapses": 1, "relapses_to_next_course": 1, "first_relapse_day": 400.0}
    scanned = {
        "scan_day": 1084.0,
        "has_gd_activity": True,
        "has_mri_activity": True,
        "edss_end_points": 2.0,
        "edss_end_day": 1090.0,
    }
    return [
        window("M-12..M0", "core-baseline", 0.0, -1, 1, relapses=2),
        window("Y1", "core-baseline", 0.0, 0, 1),
        window("Y2", "core-baseline", 0.0, 1, 1, **relapsed),
        window("Y0..Y1", "core-baseline", 0.0, 0, 1),
        window("Y0..Y2", "core-baseline", 0.0, 0, 2, **relapsed),
        window("M-12..M0", "course-3", day, -1, 1, **scanned),
        window("M0..M12", "course-3", day, 0, 1),
        window("M12..M24", "course-3", day, 1, 1),
        window("M0..M24", "course-3", day, 0, 2),
    ]


def frame(table: str, rows: list[Row]) -> pl.DataFrame:
    """Rows as a frame with the contract's columns and types, in their own order."""
    return pl.DataFrame(rows, schema=CONTRACTS[table].schema)


def write_world(world: World, folder: Path) -> dict[str, Path]:
    """Every table as Parquet; its path by SQL name."""
    paths = {name: folder / f"{name}.parquet" for name in world}
    for name, path in paths.items():
        frame(name, world[name]).write_parquet(path)
    return paths
