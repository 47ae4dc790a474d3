"""Adverse events by the last course before onset: `safety.by_course` (E-12).

An interval runs from a course to the next one, or to the end of safety follow-up; events after
Course 6 and after later ones are told together. Does not belong here: counting
(`models.safety_counts`).
"""

from typing import Any

from models.cells import DAYS_PER_YEAR
from models.groups import ADDITIONAL, SAFETY_GROUPS, TREATED, AnalysisGroup
from models.incidence_rate import RATE, rate_values
from models.result_row import Cell, rows_of
from models.safety_counts import CATEGORIES, LAST_COURSE, GroupCounts, rules_behind
from models.share import share_values

BY_COURSE = (
    "events with onset from the course to the next one; pct: of patients who received the course; "
    f"rate: {RATE}"
)
NOT_RECEIVED = "not estimable: no patient received the course"

_TWO_COURSES = SAFETY_GROUPS[1]
#: Groups that are told by course, with their courses: exactly two in the 2-courses group.
GROUP_COURSES: tuple[tuple[AnalysisGroup, int], ...] = (
    (TREATED, LAST_COURSE),
    (_TWO_COURSES, 2),
    (ADDITIONAL, LAST_COURSE),
)


def by_course_rows(counts: list[GroupCounts]) -> list[dict[str, Any]]:
    """Result rows of the groups in `GROUP_COURSES`: every category after each course."""
    found = {(each.group.population, each.group.group_id): each for each in counts}
    return [
        row
        for group, last in GROUP_COURSES
        for number in range(1, last + 1)
        for category in CATEGORIES
        for row in _rows(found[group.population, group.group_id], number, category)
    ]


def _rows(counts: GroupCounts, course: int, category: str) -> list[dict[str, Any]]:
    received, days = counts.courses.get(course, (0, 0.0))
    with_event, n_events = counts.categories[category].by_course.get(course, (0, 0))
    shares, _ = share_values(with_event, received)
    rates = {"n_events": n_events, **rate_values(n_events, days / DAYS_PER_YEAR)}

    def cell(decimals: int) -> Cell:
        return Cell(
            analysis_id="safety.by_course",
            population=counts.group.population,
            group_id=counts.group.group_id,
            category=category,
            anchor=f"course-{course}",
            n_total=received,
            method=BY_COURSE if received else NOT_RECEIVED,
            rule_ids=rules_behind(category, counts.group, "C-01", "W-02"),
            decimals=decimals,
            diagnostics={} if received else {"reason": NOT_RECEIVED},
        )

    # A share is told with one decimal, as the paper does; a rate of a rare event needs two.
    patients = rows_of(cell(1), {name: shares[name] for name in ("n_patients", "pct")})
    return patients + rows_of(cell(2), rates)
