"""How long: phases of each person (core, extension, TOPAZ), leaving, and death.

Days are days since day 0; `NEVER` stands for a day that does not come.
"""

from dataclasses import dataclass

import numpy as np

from simulation.codes import COMPLETED, DIED, DISPOSITION_SHARES, IFNB1A
from simulation.cohort import BoolArray, Cohort, FloatArray, IntArray
from simulation.parameters import DAYS_PER_YEAR, NEVER, Parameters, Retention

#: Phases of a person's way: core study, extension, TOPAZ.
CORE_PHASE, EXTENSION_PHASE, TOPAZ_PHASE = range(3)
RUNNING = -1


@dataclass(frozen=True)
class FollowUp:
    """Phases and death; arrays of shape (persons, 3 phases), or (persons,).

    Attributes:
        start: day of entry (consent day in the core study); NEVER if not entered.
        end: last day of participation, inclusive; -NEVER if not entered.
        outcome: index into `codes.DISPOSITIONS`; RUNNING if participation goes on.
        death: day of death, if any study came to know of it.
        exit_day: last day of participation in any study.
    """

    start: IntArray
    end: IntArray
    outcome: IntArray
    death: IntArray
    exit_day: IntArray

    @property
    def entered(self) -> BoolArray:
        """Whether the person entered each phase; shape (persons, 3)."""
        return self.start < NEVER

    def phase_of(self, person: IntArray, day: IntArray) -> IntArray:
        """Phase in which an event of `day` is recorded; -1 if none records it.

        An event between two studies stands in the later one (landing contract, CE).
        """
        ends = self.end[person]
        phase = np.full(len(person), -1, dtype=np.int32)
        for number in reversed(range(3)):
            phase[day <= ends[:, number]] = number
        phase[day < self.start[person, CORE_PHASE]] = -1
        return phase


def _exponential(rate: float, n: int, rng: np.random.Generator) -> FloatArray:
    return rng.exponential(DAYS_PER_YEAR / rate, n) if rate > 0 else np.full(n, float(NEVER))


def _gap(n: int, retention: Retention, rng: np.random.Generator) -> FloatArray:
    has_gap = rng.random(n) < retention.has_gap
    return np.where(has_gap, 1 + rng.exponential(retention.gap_days_mean, n), 1.0)


def draw_follow_up(cohort: Cohort, parameters: Parameters, rng: np.random.Generator) -> FollowUp:
    """Draw entry, end and outcome of every phase, and death.

    Persons who were never treated leave within two months of consent. Participation that
    would go on after the last simulated day is RUNNING and ends on that day.
    """
    retention = parameters.retention
    n = len(cohort)
    death = np.floor(_exponential(retention.death, n, rng)).astype(np.int64)
    death = np.minimum(np.maximum(death, 1), NEVER)
    reasons = np.asarray(DISPOSITION_SHARES)
    years = (retention.core_years, retention.extension_years, retention.topaz_years)
    dropout = (retention.core_dropout, retention.later_dropout, retention.later_dropout)
    not_entering = (
        np.where(
            cohort.planned == IFNB1A, retention.interferon_no_extension, retention.no_extension
        ),
        np.full(n, retention.no_topaz),
    )

    start = np.full((n, 3), NEVER, dtype=np.int64)
    end = np.full((n, 3), -NEVER, dtype=np.int64)
    outcome = np.full((n, 3), RUNNING, dtype=np.int64)
    entry = np.zeros(n, dtype=np.int64)
    enters = np.ones(n, dtype=np.bool_)
    for phase in range(3):
        planned_end = entry + np.round(years[phase] * DAYS_PER_YEAR + rng.normal(3, 4, n))
        leaves = entry + 5 + np.floor(_exponential(dropout[phase], n, rng))
        if phase == CORE_PHASE:
            leaves = np.where(cohort.is_treated, leaves, cohort.consent_day + 30)
        reason = rng.choice(len(reasons), n, p=reasons)
        finish = np.minimum(np.minimum(planned_end, leaves), death)
        why = np.where(planned_end <= leaves, COMPLETED, reason)
        why = np.where(death <= np.minimum(planned_end, leaves), DIED, why)
        is_running = finish > cohort.last_day
        start[enters, phase] = (cohort.consent_day if phase == CORE_PHASE else entry)[enters]
        end[enters, phase] = np.where(is_running, cohort.last_day, finish)[enters]
        outcome[enters, phase] = np.where(is_running, RUNNING, why)[enters]
        if phase < TOPAZ_PHASE:
            entry = (finish + _gap(n, retention, rng)).astype(np.int64)
            enters = (
                enters
                & (why == COMPLETED)
                & (rng.random(n) >= not_entering[phase])
                & (entry <= np.minimum(cohort.last_day, death))
                & cohort.is_treated
            )

    exit_day = end.max(axis=1)
    is_known = (death <= exit_day) | (
        (death <= exit_day + retention.late_death_days)
        & (death <= cohort.last_day)
        & (outcome > COMPLETED).any(axis=1)
        & cohort.is_treated
    )
    return FollowUp(
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        outcome=outcome.astype(np.int32),
        death=np.where(is_known, death, NEVER).astype(np.int32),
        exit_day=exit_day.astype(np.int32),
    )
