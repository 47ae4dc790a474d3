"""A tiny consistent world of all tables, on which every expectation holds, for gates to break.

Three persons of CARE-MS I: P1 had three courses and goes on, P2 had two and died, P3 was given
interferon. Rows are dictionaries; what a row leaves out is null or a harmless default.
"""

from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from gate_patients import YEAR, Row, World, core_tables, raw_tables, since_day0
from gate_quarantine import quarantine_tables, registers, transfers
from gate_reproduction import reproduction
from gate_results import DATA_CUT, result_tables
from gate_windows import patient_windows

from transforms.rules import Rules
from warehouse.contracts import ALL
from warehouse.contracts.landing import TRANSFER

RULES = Rules(date.fromisoformat(DATA_CUT), 8)
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


def good_world() -> World:
    """All tables; each call gives fresh rows."""
    return deepcopy(_world())


@cache
def _world() -> World:
    core, raw = core_tables(), raw_tables()
    quarantine = quarantine_tables(raw)
    return {
        TRANSFER.sql_name: transfers(raw, quarantine),
        **raw,
        **registers(),
        **quarantine,
        **core,
        "windows.patient_course_window": _windows(),
        **patient_windows(),
        **result_tables(core),
        "results.reproduction": reproduction(),
    }


def _windows() -> list[Row]:
    day = float(since_day0("P1", date(2011, 1, 1)))
    baseline = {"edss_end_points": 2.0, "edss_end_day": -12.0}
    inactive = dict.fromkeys(("has_gd_activity", "has_t2_activity", "has_mri_activity"), False)
    year_1 = {"edss_end_points": 2.5, "edss_end_day": 367.0, "scan_day": 360.0, **inactive}
    relapsed = {"relapses": 1, "relapses_to_next_course": 1, "first_relapse_day": 400.0}
    scanned = {
        "scan_day": 1084.0,
        "has_gd_activity": True,
        "has_mri_activity": True,
        "edss_end_points": 2.0,
        "edss_end_day": 1090.0,
    }
    return [
        window("M-12..M0", "core-baseline", 0.0, -1, 1, relapses=2, **baseline),
        window("Y1", "core-baseline", 0.0, 0, 1, **year_1),
        window("Y2", "core-baseline", 0.0, 1, 1, **relapsed),
        window("Y0..Y1", "core-baseline", 0.0, 0, 1, **year_1),
        window("Y0..Y2", "core-baseline", 0.0, 0, 2, **relapsed),
        window("M-12..M0", "course-3", day, -1, 1, **scanned),
        window("M0..M12", "course-3", day, 0, 1),
        window("M12..M24", "course-3", day, 1, 1),
        window("M0..M24", "course-3", day, 0, 2),
    ]


def frame(table: str, rows: list[Row]) -> pl.DataFrame:
    """Rows as a frame with the contract's columns and types, in their own order."""
    contract = TRANSFER if table == TRANSFER.sql_name else CONTRACTS[table]
    return pl.DataFrame(rows, schema=contract.schema)


def write_world(world: World, folder: Path) -> dict[str, Path]:
    """Every table as Parquet; its path by SQL name."""
    paths = {name: folder / f"{name}.parquet" for name in world}
    for name, path in paths.items():
        frame(name, world[name]).write_parquet(path)
    return paths
