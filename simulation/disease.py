"""Relapses, lesions and courses: one weekly loop over time, vectorised over persons.

Hidden state of the disease: quiet, active, failed (a course that did not work), or under
interferon. A course puts it to rest or fails. What shows of it - confirmed relapses, lesions
on yearly scans - triggers further courses by the protocol's criteria, or another therapy.
Day 0 is the start of the core treatment for every arm; interferon patients who enter the
extension switch to alemtuzumab there.
"""

import numpy as np
import numpy.typing as npt

from simulation.codes import ALEM12, ALEM24, IFNB1A, OTHER_REASON
from simulation.cohort import Cohort, FloatArray, IntArray
from simulation.follow_up import CORE_PHASE, EXTENSION_PHASE, TOPAZ_PHASE, FollowUp
from simulation.history import EventLog, History
from simulation.parameters import DAYS_PER_YEAR, NEVER, Parameters
from simulation.schedule import Planned

STEP_DAYS = 7
QUIET, ACTIVE, FAILED, INTERFERON = range(4)
STATES = ("quiet", "active", "failed response", "interferon")


def _by_state(state: IntArray, *values: FloatArray | float) -> FloatArray:
    """Value of each person's state: quiet, active, failed, interferon."""
    return np.choose(state, np.broadcast_arrays(*values, state.astype(np.float64))[:-1])


class _Process:
    """State of all persons while time runs; the methods change it for the persons given."""

    def __init__(
        self,
        cohort: Cohort,
        follow_up: FollowUp,
        scans: Planned,
        no_course_from: IntArray,
        parameters: Parameters,
        rng: np.random.Generator,
    ) -> None:
        self.follow_up, self.rng = follow_up, rng
        self.disease, self.rules = parameters.disease, parameters.retreatment
        n = len(cohort)
        self.frailty = cohort.frailty
        self.no_course_from = no_course_from
        self.courses = np.zeros(n, dtype=np.int32)
        self.last_course = np.full(n, -NEVER, dtype=np.int32)
        self.last_relapse = np.full(n, -NEVER, dtype=np.int32)
        self.blocked_until = np.full(n, -NEVER, dtype=np.int32)
        self.relapsed = np.zeros(n, dtype=np.bool_)
        self.lesioned = np.zeros(n, dtype=np.bool_)
        self.discretionary = np.zeros(n, dtype=np.bool_)
        self.burden = np.zeros(n)
        columns = {"relapse": 2, "course": 4, "dmt": 3, "state": 3}
        self.log = {name: EventLog(number) for name, number in columns.items()}

        is_alemtuzumab = (cohort.actual == ALEM12) | (cohort.actual == ALEM24)
        self.due = np.where(is_alemtuzumab, 0, NEVER).astype(np.int32)
        entry = follow_up.start[:, EXTENSION_PHASE]
        switch = entry + 3 + rng.integers(0, 20, n, dtype=np.int32)
        is_switcher = (cohort.actual == IFNB1A) & follow_up.entered[:, EXTENSION_PHASE]
        self.due[is_switcher] = switch[is_switcher]
        topaz = follow_up.start[:, TOPAZ_PHASE]
        self.declines = rng.random(n) < self.rules.declines
        chosen = (rng.random(n) < self.rules.discretion) & (topaz < NEVER)
        later = topaz + rng.integers(30, 1000, n, dtype=np.int32)
        self.discretion_day = np.where(chosen, later, NEVER).astype(np.int32)

        order = np.argsort(scans.day, axis=1, kind="stable")
        self.scan_day = np.take_along_axis(scans.day, order, axis=1)
        self.scan_column, self.scan_number = order, np.zeros(n, dtype=np.int32)
        self.next_scan = self.scan_day[:, 0].copy()
        self.lesions = {name: np.zeros_like(scans.day) for name in ("t2", "gd", "t1")}

        self.state = np.full(n, INTERFERON, dtype=np.int8)
        self.relapse_rate = np.zeros(n)
        self.switch_rate = np.zeros(n)
        self.lesion_rate = np.zeros(n)
        # The others enter their first state with Course 1, in the first week.
        self.enter(np.flatnonzero(cohort.actual == IFNB1A), INTERFERON, 0)

    def enter(self, who: IntArray, state: npt.NDArray | int, day: npt.NDArray | int) -> None:
        """Put persons into a state and set their rates."""
        d = self.disease
        state = np.broadcast_to(state, len(who))
        frailty = self.frailty[who]
        self.state[who] = state
        self.relapse_rate[who] = _by_state(
            state,
            d.relapse_quiet * frailty,
            d.relapse_active,
            d.relapse_failed,
            d.relapse_interferon * (0.5 + 0.5 * frailty),
        )
        self.switch_rate[who] = _by_state(state, d.wake * frailty, d.calm, d.recover, 0.0)
        self.lesion_rate[who] = _by_state(
            state, d.lesion_quiet, d.lesion_active, d.lesion_failed, d.lesion_interferon * frailty
        )
        self.log["state"].add(who, day, state)

    def trigger(self, who: IntArray, day: IntArray) -> None:
        """Disease activity came to light: decide on a course, another therapy, or neither."""
        is_open = (
            (self.courses[who] >= 2)
            & (self.due[who] == NEVER)
            & (day >= self.blocked_until[who])
            & (day <= self.follow_up.exit_day[who])
        )
        who, day = who[is_open], day[is_open]
        if not len(who):
            return
        rules, rng, n = self.rules, self.rng, len(who)
        in_topaz = day >= self.follow_up.start[who, TOPAZ_PHASE]
        treat = np.where(in_topaz, rules.treat_topaz, rules.treat_extension)
        decision = rng.random(n)
        delay = rules.delay_days[0] + rng.exponential(rules.delay_days[1], n)
        duration = rng.exponential(rules.other_dmt_years * DAYS_PER_YEAR, n)
        is_dmt = (decision < rules.other_dmt) & (day > self.follow_up.end[who, CORE_PHASE])
        start = (day + delay).astype(np.int32)
        stop = start + duration.astype(np.int32) + 30
        self.log["dmt"].add(who[is_dmt], start[is_dmt], stop[is_dmt])
        self.blocked_until[who[is_dmt]] = stop[is_dmt] + 180
        is_course = ~is_dmt & (decision < rules.other_dmt + treat) & ~self.declines[who]
        self.plan_course(who[is_course], start[is_course])

    def plan_course(self, who: IntArray, wish: IntArray) -> None:
        """Set the day of the next course: twelve months apart, and within a study."""
        rules, rng, n = self.rules, self.rng, len(who)
        is_early = rng.random(n) < rules.early
        early = rng.integers(1, rules.early_days_max + 1, n, dtype=np.int32)
        spread = rng.exponential(12.0, n).astype(np.int32)
        bound = self.last_course[who] + rules.min_interval_days
        bound = np.where(is_early, bound - early, bound + spread)
        settling = rng.integers(1, 21, n, dtype=np.int32)
        due = np.maximum(wish, bound)
        follow_up = self.follow_up
        due = np.maximum(due, follow_up.start[who, EXTENSION_PHASE] + settling)
        topaz = follow_up.start[who, TOPAZ_PHASE]
        is_gap = (due > follow_up.end[who, EXTENSION_PHASE]) & (due <= topaz)
        due = np.where(is_gap, topaz + settling, due)
        is_possible = (due <= follow_up.exit_day[who]) & (due < self.no_course_from[who])
        self.due[who[is_possible]] = due[is_possible]

    def step(self, start: int) -> None:
        """Let one week pass: relapses, changes of state, scans, courses."""
        rng, stop = self.rng, start + STEP_DAYS
        years = STEP_DAYS / DAYS_PER_YEAR
        u = rng.random((2, len(self.state)), dtype=np.float32)
        who = np.flatnonzero(
            (u[0] < self.relapse_rate * years)
            & (self.last_relapse <= start - self.disease.relapse_free_days)
        )
        day = start + rng.integers(0, STEP_DAYS, len(who), dtype=np.int32)
        self.last_relapse[who] = day
        self.relapsed[who] = True
        self.log["relapse"].add(who, day)
        self.trigger(who, day)

        who = np.flatnonzero(u[1] < self.switch_rate * years)
        self.enter(who, np.where(self.state[who] == QUIET, ACTIVE, QUIET), start)

        self.burden += self.lesion_rate * years
        self.scan(np.flatnonzero(self.next_scan < stop))
        chosen = np.flatnonzero((self.discretion_day < stop) & (self.discretion_day >= start))
        if len(chosen):
            chosen = chosen[(self.courses[chosen] >= 2) & (self.due[chosen] == NEVER)]
            self.discretionary[chosen] = True
            self.plan_course(chosen, self.discretion_day[chosen])
        self.treat(np.flatnonzero(self.due < stop))

    def scan(self, who: IntArray) -> None:
        """Count the lesions since the previous scan; two or more are a trigger."""
        if not len(who):
            return
        rng = self.rng
        number = self.scan_number[who]
        day = self.scan_day[who, number]
        t2 = rng.poisson(self.burden[who])
        gd = rng.poisson(self.lesion_rate[who] * self.disease.gd_weeks * 7 / DAYS_PER_YEAR)
        t1 = rng.binomial(t2, self.disease.t1_share)
        for name, value in (("t2", t2), ("gd", gd), ("t1", t1)):
            self.lesions[name][who, self.scan_column[who, number]] = value
        self.burden[who] = 0.0
        self.scan_number[who] += 1
        last = self.scan_day.shape[1]
        following = np.minimum(number + 1, last - 1)
        self.next_scan[who] = np.where(number + 1 < last, self.scan_day[who, following], NEVER)
        is_seen = np.maximum(t2, gd) >= 2
        self.lesioned[who[is_seen]] = True
        self.trigger(who[is_seen], day[is_seen])

    def treat(self, who: IntArray) -> None:
        """Give the courses that are due, and plan Course 2 after a first one."""
        if not len(who):
            return
        rules, rng, n = self.rules, self.rng, len(who)
        day = self.due[who]
        number = self.courses[who] + 1
        reason = 1 * self.relapsed[who] + 2 * self.lesioned[who]
        u = rng.random(n)
        reason[(u < rules.other_reason) | self.discretionary[who]] = OTHER_REASON
        reason[(u > 1 - rules.no_reason) | (number <= 2)] = 0
        self.log["course"].add(who, day, number, reason)
        self.courses[who], self.last_course[who] = number, day
        self.relapsed[who] = self.lesioned[who] = self.discretionary[who] = False
        d = self.disease
        fails = rng.random(n) < np.where(number == 1, d.failure_first, d.failure_later)
        self.enter(who, np.where(fails, FAILED, QUIET), day)
        self.due[who] = NEVER
        late = rng.exponential(rules.course_2_late_days, n).astype(np.int32)
        second = day + rules.min_interval_days + np.minimum(late, 60)
        is_next = (number == 1) & (rng.random(n) >= rules.skip_course_2)
        is_next &= (second <= self.last_day_in_phase(who, day)) & (
            second < self.no_course_from[who]
        )
        self.due[who[is_next]] = second[is_next]

    def last_day_in_phase(self, who: IntArray, day: IntArray) -> IntArray:
        """End of the phase in which a first course was given: Course 2 belongs to the same."""
        ends = self.follow_up.end[who]
        is_core = day <= ends[:, CORE_PHASE]
        return np.where(is_core, ends[:, CORE_PHASE], ends[:, EXTENSION_PHASE])


def run_disease(
    cohort: Cohort,
    follow_up: FollowUp,
    scans: Planned,
    no_course_from: IntArray,
    parameters: Parameters,
    rng: np.random.Generator,
) -> History:
    """Run the disease of all treated persons, week by week, to the last simulated day.

    Args:
        cohort: persons.
        follow_up: their phases: triggers and courses need participation.
        scans: days of scans, which may trigger a course.
        no_course_from: first day on which a diagnosis forbids courses (ITP, anti-GBM disease,
            malignancy); NEVER if none.
        parameters: the model.
        rng: random stream of the disease.
    """
    process = _Process(cohort, follow_up, scans, no_course_from, parameters, rng)
    for start in range(0, int(np.max(follow_up.exit_day, initial=0)) + 1, STEP_DAYS):
        process.step(start)

    def within(columns: list[IntArray]) -> list[IntArray]:
        keep = columns[1] <= follow_up.exit_day[columns[0]]
        return [column[keep] for column in columns]

    relapses = within(process.log["relapse"].sorted())
    courses = within(process.log["course"].sorted())
    dmts = within(process.log["dmt"].sorted())
    states = within(process.log["state"].sorted())
    return History(*relapses, *courses, *dmts, *states, **process.lesions)
