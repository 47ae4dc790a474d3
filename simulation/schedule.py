"""When visits and scans take place: planned month by month, off their day, sometimes missed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.cohort import Cohort, IntArray
from simulation.follow_up import CORE_PHASE, FollowUp
from simulation.parameters import DAYS_PER_MONTH, NEVER, Conduct

#: Months of scheduled EDSS visits since entry of the phase: 3-monthly, TOPAZ 6-monthly.
VISIT_MONTHS = (tuple(range(3, 25, 3)), tuple(range(3, 49, 3)), tuple(range(6, 61, 6)))
#: Months of scans; the baseline scan of the core study is drawn apart.
SCAN_MONTHS = ((12, 24), (12, 24, 36, 48), (12, 24, 36, 48, 60))
#: A visit planned this soon after a completed phase is brought forward to its last day.
CLOSING_DAYS = 31


@dataclass(frozen=True)
class Planned:
    """Planned appointments, shape (persons, appointments); NEVER where there is none.

    Attributes:
        day: when it takes place.
        missed_day: when it was to take place, but did not.
        phase, month: of each appointment; shape (appointments,).
    """

    day: IntArray
    missed_day: IntArray
    phase: IntArray
    month: IntArray

    def cells(self) -> tuple[IntArray, npt.NDArray[np.int64]]:
        """Person and column of all that take place, ordered by person."""
        person, column = np.nonzero(self.day < NEVER)
        return person.astype(np.int32), column

    def rows(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Person, day, phase and month of all that take place, ordered by person."""
        person, column = self.cells()
        return (
            person,
            self.day[person, column],
            self.phase[column],
            self.month[column],
        )


def plan(
    months: tuple[tuple[int, ...], ...],
    cohort: Cohort,
    follow_up: FollowUp,
    conduct: Conduct,
    rng: np.random.Generator,
    *,
    missed: float = 0.0,
) -> Planned:
    """Appointments of all treated persons, each within its phase and in order of date."""
    n = len(cohort)
    columns = [(phase, month) for phase, row in enumerate(months) for month in row]
    day = np.full((n, len(columns)), NEVER, dtype=np.int32)
    for column, (phase, month) in enumerate(columns):
        entry = np.where(phase == CORE_PHASE, 0, follow_up.start[:, phase])
        jitter = np.clip(rng.normal(0, conduct.jitter_sd_days[phase], n), -28, 28)
        planned = entry + np.round(month * DAYS_PER_MONTH + jitter)
        end = follow_up.end[:, phase]
        is_closing = (planned > end) & (planned <= end + CLOSING_DAYS)
        is_closing &= (follow_up.outcome[:, phase] == 0) & (month == months[phase][-1])
        planned = np.where(is_closing, end, planned)
        takes_place = cohort.is_treated & follow_up.entered[:, phase] & (planned <= end)
        day[takes_place, column] = planned[takes_place]
    is_missed = rng.random(day.shape) < missed
    phases, numbers = np.array(columns, dtype=np.int32).T
    return Planned(
        day=np.where(is_missed, NEVER, day),
        missed_day=np.where(is_missed, day, NEVER),
        phase=phases,
        month=numbers,
    )
