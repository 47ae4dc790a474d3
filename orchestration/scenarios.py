"""The other readings of the plan under which each endpoint is shown (`scenario`).

Belongs here: what each scenario changes, as data. A reading is other rules, and the tables on
which they bear at once; everything that hangs on these follows. To add one: add a line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transforms.rules import Rules

_RELAPSE, _POPULATION = "core.relapse", "core.population"
_EDSS, _WINDOW = "windows.edss_at_visit", "windows.patient_course_window"
_DISABILITY = "windows.disability_event"


@dataclass(frozen=True)
class Scenario:
    """One other reading.

    Attributes:
        name: as in the column `scenario`.
        reading: what is read otherwise, in one line.
        rule_ids: rules of the plan that leave the choice open.
        tables: SQL names of the tables on which it bears at once.
        changes: other values of fields of `Rules`.
        landmark_months: months by which the landmark moves (it hangs on the horizon).
    """

    name: str
    reading: str
    rule_ids: tuple[str, ...]
    tables: tuple[str, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)
    landmark_months: int = 0

    def rules(self, rules: Rules) -> Rules:
        """The rules of this reading, from those of the cut."""
        if self.landmark_months:
            month = rules.landmark_month or 12 * (rules.horizon_years - 1) + 1
            rules = replace(rules, landmark_month=month + self.landmark_months)
        return replace(rules, **self.changes)


def _scenario(name: str, reading: str, rule_ids: str, *tables: str, **changes: Any) -> Scenario:
    return Scenario(name, reading, tuple(rule_ids.split()), tables, changes)


SCENARIOS: tuple[Scenario, ...] = (
    _scenario(
        "relapses-not-merged",
        "every confirmed onset on a day of its own is a relapse",
        "E-01",
        _RELAPSE,
        relapse_merge_days=0,
    ),
    _scenario(
        "gap-not-at-risk",
        "days between two studies are not at risk",
        "W-05",
        _WINDOW,
        is_gap_at_risk=False,
    ),
    Scenario(
        "landmark-end-of-month-85",
        "a course before the end of Month 85 is before the landmark",
        ("S-05", "S-06", "S-07", "S-09"),
        (_POPULATION,),
        landmark_months=1,
    ),
    _scenario(
        "confirmation-183-days",
        "a change is confirmed 183 days after onset or later",
        "E-07 E-08",
        _DISABILITY,
        confirmation_days=183,
    ),
    _scenario(
        "confirmation-within-45-days",
        "a change is confirmed 183 days after onset, 45 days earlier or later",
        "E-07 E-08",
        _DISABILITY,
        confirmation_days=183,
        confirmation_early_days=45,
        confirmation_late_days=45,
    ),
    _scenario(
        "confirming-visit-alone",
        "only the confirming visit must hold the change, not those between",
        "E-07 E-08",
        _DISABILITY,
        is_confirmed_at_every_visit=False,
    ),
    _scenario(
        "sustained-to-the-end",
        "all later visits must hold the change",
        "E-07 E-08",
        _DISABILITY,
        is_sustained_to_end=True,
    ),
    _scenario(
        "last-visit-confirmed",
        "a change first seen at the last visit counts as confirmed",
        "E-07 E-08",
        _DISABILITY,
        is_last_visit_confirmed=True,
    ),
    _scenario(
        "unscheduled-visits-counted",
        "unscheduled and relapse visits start, confirm and break a run",
        "E-07 E-08",
        _DISABILITY,
        is_unscheduled_counted=True,
    ),
    _scenario(
        "no-confirmation-near-relapses",
        "a visit fewer than 30 days after a relapse does not confirm",
        "E-07 E-08",
        _DISABILITY,
        relapse_shadow_days=30,
    ),
    _scenario(
        "confirmed-within-horizon",
        "no visit on or after the horizon end confirms or censors",
        "E-07 E-08 T-06 T-07",
        _DISABILITY,
        is_visit_after_horizon_counted=False,
    ),
    _scenario(
        "cdi-at-once",
        "after a course the first improved visit counts, also of who was improved at the course",
        "E-08",
        _DISABILITY,
        cdi_after_course="at once",
    ),
    _scenario(
        "cdi-course-baseline",
        "after a course improvement is measured from the EDSS at the course",
        "E-08",
        _DISABILITY,
        cdi_after_course="course baseline",
    ),
    _scenario(
        "mri-after-within-12-months",
        "the first scan in the 12 months after a course stands for them",
        "E-11",
        _WINDOW,
        mri_after_months=(0, 12),
    ),
    _scenario(
        "visits-within-45-days",
        "an EDSS stands for a month within 45 days of it in TOPAZ, too",
        "T-07",
        _EDSS,
        _DISABILITY,
        edss_tolerance_topaz_days=45,
    ),
)
