"""Contracts of the windows layer: what is observed of a person in a window around an anchor."""

import polars as pl

from warehouse.contracts.core import PERSON_ID
from warehouse.contracts.table import Column, TableContract, by_name

TEXT = pl.String()
INTEGER = pl.Int32()
NUMBER = pl.Float64()
FLAG = pl.Boolean()

#: Where a window is measured from; Course 5 stands for the 5plus group (W-01).
ANCHORS = ("core-baseline", "course-3", "course-4", "course-5")

COURSE_WINDOWS = ("M-12..M0", "M0..M12", "M12..M24", "M24..M36", "M0..M24", "M0..M36")


def _day(name: str, label: str, *, nullable: bool = False) -> Column:
    return Column(name, NUMBER, label, unit="days since day 0", nullable=nullable)


def _flag(name: str, label: str, *, nullable: bool = False) -> Column:
    return Column(name, FLAG, label, nullable=nullable)


WINDOWS = by_name(
    (
        TableContract(
            "windows",
            "patient_course_window",
            "One row per treated person, anchor and window; every anchor the person has",
            (
                PERSON_ID,
                Column(
                    "anchor", TEXT, "Where days are counted from", nullable=False, terms=ANCHORS
                ),
                Column(
                    "analysis_window",
                    TEXT,
                    "Name of the window: months around a course, years (Y3) or cumulative (Y0..Y3)",
                    nullable=False,
                ),
                _flag("is_cumulative", "Cumulative from the anchor: Y0..Yk, M0..M24, M0..M36"),
                _day("anchor_day", "Day of the anchor"),
                _day("window_start_day", "Start, inclusive (W-02)"),
                _day("window_end_day", "End, exclusive (W-02)"),
                Column(
                    "days_at_risk",
                    NUMBER,
                    "Overlap of window and efficacy follow-up (T-06)",
                    unit="days",
                    nullable=False,
                ),
                Column(
                    "days_at_risk_to_next_course",
                    NUMBER,
                    "The same, cut at the course after the anchor (core baseline: Course 3)",
                    unit="days",
                    nullable=False,
                ),
                Column(
                    "relapses",
                    INTEGER,
                    "Relapses with onset in the window and in follow-up",
                    unit="relapses",
                    nullable=False,
                ),
                _day("first_relapse_day", "Onset of the first of them", nullable=True),
                Column(
                    "relapses_to_next_course",
                    INTEGER,
                    "Those before the next course: the events of days_at_risk_to_next_course",
                    unit="relapses",
                    nullable=False,
                ),
                _flag("is_at_risk_at_start", "Under follow-up when the window starts"),
                _flag("is_complete", "Under follow-up to the end of the window"),
                _flag(
                    "is_overlapping_previous_course",
                    "Pre-window reaches before the previous course (W-04)",
                ),
                _day("scan_day", "Day of the scan that stands for the window", nullable=True),
                _flag(
                    "has_gd_activity", "Gd-enhancing lesion on it; null = missing", nullable=True
                ),
                _flag(
                    "has_t2_activity",
                    "New or enlarging T2 lesion on it; null = missing",
                    nullable=True,
                ),
                _flag(
                    "has_t1_activity",
                    "New T1 hypointense lesion on it; null = missing",
                    nullable=True,
                ),
                _flag(
                    "has_mri_activity",
                    "Gd or T2 activity; null = not evaluable (E-10)",
                    nullable=True,
                ),
                Column("edss_end_points", NUMBER, "EDSS at the window's end (T-07)", unit="points"),
                _day("edss_end_day", "Day of that EDSS", nullable=True),
            ),
            key=("person_id", "anchor", "analysis_window"),
            rule_ids=("W-01", "W-02", "W-03", "W-04", "W-05", "T-06", "T-07", "E-10", "E-11"),
        ),
    )
)
