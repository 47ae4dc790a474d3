"""Which cells are estimated: groups, their anchors, the windows around them.

Names are those of `windows.patient_course_window` (W-01) and of `core.population`
(S-04 .. S-07); how a window is laid over a patient is decided there, not here.
"""

from warehouse.contracts.core import GROUPS

CORE_BASELINE = "core-baseline"
BEFORE = "M-12..M0"
AFTER = "M0..M12"
COURSE_YEARS = (BEFORE, AFTER, "M12..M24", "M24..M36")

#: The course that defines a group; Course 5 stands for the 5plus group.
COURSE_OF_GROUP = {
    "3-courses": "course-3",
    "4-courses": "course-4",
    "5plus-courses": "course-5",
}

#: The set rule of a group (S-04 .. S-07).
RULE_OF_GROUP = dict(zip(GROUPS, ("S-04", "S-05", "S-06", "S-07"), strict=True))


def rules_behind(endpoint: tuple[str, ...], group_id: str) -> tuple[str, ...]:
    """Rules that a number on relapses in a window rests on: its own first, then what it counts.

    Which relapses (E-01), of whom, in which window (W-01, W-02), over which follow-up (T-06).
    """
    return (*endpoint, "E-01", RULE_OF_GROUP[group_id], "W-01", "W-02", "T-06")


DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

#: Where and over which days a group is looked at: group, anchor, window.
GroupWindow = tuple[str, str, str]


def years(horizon_years: int) -> tuple[str, ...]:
    """Names of the single years from core baseline, from Y1 on (T-02)."""
    return tuple(f"Y{year}" for year in range(1, horizon_years + 1))


def cumulative_years(horizon_years: int) -> tuple[str, ...]:
    """Names of the cumulative years from core baseline, from Y0..Y1 on."""
    return tuple(f"Y0..Y{year}" for year in range(1, horizon_years + 1))


#: Cumulative windows around a course with the months from the course to their end.
CUMULATIVE_MONTHS = {"M0..M12": 12, "M0..M24": 24, "M0..M36": 36}


def cumulative_marks(anchor: str, horizon_years: int) -> dict[str, float]:
    """Cumulative windows of an anchor with the days from it to their end, the mark."""
    if anchor != CORE_BASELINE:
        return {window: months * DAYS_PER_MONTH for window, months in CUMULATIVE_MONTHS.items()}
    windows = cumulative_years(horizon_years)
    return {window: year * DAYS_PER_YEAR for year, window in enumerate(windows, start=1)}


def arr_cells(horizon_years: int) -> list[GroupWindow]:
    """Group, anchor and window of every annualised relapse rate (E-02, E-05).

    From core baseline for every group: the 12 months before enrolment, each year, each
    cumulative stretch of years. Around the course that defines the group: each 12 months,
    and the cumulative windows after it.
    """
    from_baseline = (BEFORE, *years(horizon_years), *cumulative_years(horizon_years))
    around_course = (*COURSE_YEARS, "M0..M24", "M0..M36")
    return [(group, CORE_BASELINE, window) for group in GROUPS for window in from_baseline] + [
        (group, anchor, window)
        for group, anchor in COURSE_OF_GROUP.items()
        for window in around_course
    ]
