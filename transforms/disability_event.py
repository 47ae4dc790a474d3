"""windows.disability_event: time to confirmed worsening and improvement (E-07, E-08).

Belongs here: which visits count, from which score a change is measured, when a person is
censored. Does not belong here: how a change is confirmed (`transforms.confirmed_disability`),
curves (`models.disability`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.analysis_visit import edss_tolerance_days, is_visit_counted
from transforms.anchor import CORE_BASELINE, NAME_OF_ANCHOR, derive_anchors
from transforms.confirmed_disability import (
    SPAN,
    Flags,
    Numbers,
    find_confirmed_changes,
    flag_new_runs,
    flag_relapse_shadow,
    to_axis,
)
from transforms.person_rows import join_persons
from transforms.rules import Rules
from warehouse.contracts import WINDOWS

Points = npt.NDArray[np.float64]

#: Columns of the anchors that end a person's visits.
_ENDS = ("efficacy_end_day", "horizon_end_day", "death_day", "course_6_day")
#: What the arrays give; the other columns follow from these.
_SCHEMA = {
    "person_id": pl.String,
    "anchor_number": pl.Int8,
    "endpoint": pl.String,
    "anchor_day": pl.Int32,
    "reference_points": pl.Float64,
    "event_day": pl.Int32,
    "confirmation_day": pl.Int32,
    "last_edss_day": pl.Int32,
    "last_edss_tolerance_days": pl.Int32,
}


def derive_disability_event(
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    edss: pl.LazyFrame,
    relapse: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per treated person, anchor and endpoint that can be measured (E-07, E-08).

    Visits count if they are scheduled (`rules.is_unscheduled_counted` adds the others), lie after
    the anchor's day, on which an EDSS is baseline (W-02), and up to the last analysis visit
    after the horizon end, the death and Course 6, the day of which is before it (T-07). Without
    `rules.is_visit_after_horizon_counted` they end with efficacy follow-up (T-06); one on the day
    of a Course 6 that ends it counts.

    Worsening (CDW) is measured from core baseline, or from the last scheduled EDSS on or
    before the course; without one there is no row. Improvement (CDI) is measured from core
    baseline, if that is at least `rules.cdi_least_reference_points`, also after a course, where
    a patient already improved at it needs a new onset ("new onset"), or counts at the first
    visit that confirms it ("at once"); by "course baseline" the EDSS at the course takes the place
    of core baseline. Without an event a person is censored at the last EDSS that counts, on the
    anchor's day if there is none. A last visit counts unconfirmed only as worsening
    (`rules.is_last_visit_confirmed`).

    Args:
        patient: `core.patient`.
        course: `core.course`.
        edss: `core.edss`.
        relapse: `core.relapse`, for `rules.relapse_shadow_days`.
        follow_up: `core.follow_up`.
        rules: the open choices of E-07 and E-08.

    Returns:
        `windows.disability_event`.
    """
    core_study = patient.select("person_id", "core_study_id")

    def find(anchors: pl.DataFrame) -> pl.DataFrame:
        persons = anchors.lazy().filter(pl.col("anchor_number") == CORE_BASELINE)
        seen = _select_visits(edss, persons.join(core_study, on="person_id"), rules).collect()
        visits = _Visits.of(seen)
        can_confirm = None
        if rules.relapse_shadow_days:
            onsets = relapse.select("person_id", "onset_day").join(
                persons.select("person_id", "person_index"), on="person_id"
            )
            can_confirm = ~_is_in_shadow(visits, onsets.collect(), rules.relapse_shadow_days)
        return _find_events(anchors, visits, can_confirm, rules)

    # The pushdowns would ask the anchors for columns that only the events have.
    events = derive_anchors(patient, course, follow_up).map_batches(
        find, schema=_SCHEMA, predicate_pushdown=False, projection_pushdown=False
    )
    is_event = pl.col("event_day").is_not_null()
    return WINDOWS["disability_event"].conform(
        events.with_columns(
            anchor=pl.col("anchor_number").replace_strict(NAME_OF_ANCHOR, return_dtype=pl.String),
            cnsr=(~is_event).cast(pl.Int32),
            days_to_event=pl.when(is_event).then("event_day").otherwise("last_edss_day")
            - pl.col("anchor_day"),
        )
    )


def _select_visits(edss: pl.LazyFrame, persons: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """EDSS scores of the persons; which of them are a core baseline, and which count after one."""
    day = pl.col("assessment_day")
    tolerance = edss_tolerance_days(pl.col("study_id"), rules).cast(pl.Int32)
    if rules.is_visit_after_horizon_counted:
        is_in_time = is_visit_counted(day, tolerance)
    else:
        end = pl.col("efficacy_end_day")
        is_at_course_6 = (day == pl.col("course_6_day")) & (day == end)
        is_in_time = (day < end) | (is_at_course_6 & (day < pl.col("horizon_end_day")))
    seen = join_persons(
        edss.select("person_id", "study_id", "assessment_day", "edss_points", "is_scheduled"),
        persons.select("person_id", "person_index", "core_study_id", *_ENDS),
    )
    return seen.select(
        "is_scheduled",
        person="person_index",
        day="assessment_day",
        points="edss_points",
        tolerance_days=tolerance,
        is_core_baseline=(day <= 0) & (pl.col("study_id") == pl.col("core_study_id")),
        is_counted=is_in_time.fill_null(False)
        & (pl.col("is_scheduled") | rules.is_unscheduled_counted),
    )


@dataclass(frozen=True)
class _Visits:
    """All EDSS of the persons, in order of person and day, one array for each column."""

    axis: npt.NDArray[np.int64]
    person: Numbers
    day: Numbers
    points: Points
    tolerance_days: Numbers
    is_scheduled: Flags
    is_core_baseline: Flags
    is_counted: Flags

    @staticmethod
    def of(seen: pl.DataFrame) -> "_Visits":
        """Arrays of `_select_visits`; sorted, unless the rows stand in order already."""
        axis = to_axis(seen["person"].to_numpy(), seen["day"].to_numpy())
        if np.any(axis[1:] < axis[:-1]):
            order = np.argsort(axis)
            axis, seen = axis[order], seen[order]
        return _Visits(axis, **{column.name: column.to_numpy() for column in seen})

    def last_points(self, person: Numbers, day: Numbers, is_baseline: Flags) -> Points:
        """Score of the last baseline visit of each person on or before a day; NaN without one."""
        baseline = np.flatnonzero(is_baseline)
        last = np.searchsorted(self.axis[baseline], to_axis(person, day), side="right") - 1
        points = np.full(person.size, np.nan)
        has_one = last >= 0
        visit = baseline[last[has_one]]
        is_own = self.person[visit] == person[has_one]
        points[has_one] = np.where(is_own, self.points[visit], np.nan)
        return points


@dataclass(frozen=True)
class _Chains:
    """The visits that count after each anchor, one chain for each anchor, all in one row.

    Attributes:
        chain: number of the anchor, shape (visits,).
        visit: position in `_Visits`, shape (visits,).
        last_visit: position of the last visit of each anchor; -1 without one, shape (anchors,).
    """

    chain: Numbers
    visit: Numbers
    last_visit: Numbers

    @staticmethod
    def of(visits: _Visits, person: Numbers, anchor_day: Numbers) -> "_Chains":
        """Visits after each anchor's day: a person's visits stand together, so each is a slice."""
        counted = np.flatnonzero(visits.is_counted)
        axis = visits.axis[counted]
        start = np.searchsorted(axis, to_axis(person, anchor_day), side="right")
        end = np.searchsorted(axis, to_axis(person, np.full_like(anchor_day, SPAN // 2 - 1)))
        length = end - start
        # Numbers from 0 inside each chain, moved to where its slice begins.
        shift = start + length - np.cumsum(length)
        rank = np.arange(length.sum()) + np.repeat(shift, length)
        last_visit = np.full(person.size, -1)
        last_visit[length > 0] = counted[end[length > 0] - 1]
        chain = np.repeat(np.arange(person.size, dtype=np.int32), length)
        return _Chains(chain, counted[rank], last_visit)


def _is_in_shadow(visits: _Visits, relapses: pl.DataFrame, shadow_days: int) -> Flags:
    """Whether each visit lies in the shadow of a relapse."""
    axis = to_axis(relapses["person_index"].to_numpy(), relapses["onset_day"].to_numpy())
    return flag_relapse_shadow(visits.person, visits.day, np.sort(axis), shadow_days)


def _find_events(
    anchors: pl.DataFrame, visits: _Visits, can_confirm: Flags | None, rules: Rules
) -> pl.DataFrame:
    """Rows of both endpoints, in the columns of `_SCHEMA`."""
    person, anchor_day = anchors["person_index"].to_numpy(), anchors["anchor_day"].to_numpy()
    is_course = anchors["anchor_number"].to_numpy() != CORE_BASELINE
    core = visits.last_points(person, anchor_day, visits.is_core_baseline)
    at_course = visits.last_points(person, anchor_day, visits.is_scheduled)
    at_anchor = np.where(is_course, at_course, core)

    chains = _Chains.of(visits, person, anchor_day)
    chain, day = chains.chain, visits.day[chains.visit]
    points = visits.points[chains.visit]
    can_confirm = None if can_confirm is None else can_confirm[chains.visit]

    least_rise = np.where(at_anchor == 0, rules.cdw_rise_from_zero_points, rules.cdw_rise_points)
    worsened = find_confirmed_changes(
        chain,
        day,
        points - at_anchor[chain] >= least_rise[chain],
        rules=rules,
        can_confirm=can_confirm,
        is_last_visit_confirmed=rules.is_last_visit_confirmed,
    )
    reference = at_anchor if rules.cdi_after_course == "course baseline" else core
    reference = np.where(reference >= rules.cdi_least_reference_points, reference, np.nan)
    is_improved = reference[chain] - points >= rules.cdi_fall_points
    can_start = None
    if rules.cdi_after_course == "new onset":
        is_improved_at_course = is_course & (core - at_course >= rules.cdi_fall_points)
        can_start = flag_new_runs(chain, is_improved, is_improved_at_course)
    improved = find_confirmed_changes(
        chain, day, is_improved, rules=rules, can_start=can_start, can_confirm=can_confirm
    )
    last_day, last_tolerance = anchor_day.copy(), np.zeros_like(anchor_day)
    is_seen = chains.last_visit >= 0
    last_day[is_seen] = visits.day[chains.last_visit[is_seen]]
    last_tolerance[is_seen] = visits.tolerance_days[chains.last_visit[is_seen]]
    rows = anchors.select(
        "person_id",
        "anchor_number",
        "anchor_day",
        last_edss_day=pl.Series(last_day),
        last_edss_tolerance_days=pl.Series(last_tolerance),
    )
    return pl.concat(
        rows.with_columns(
            endpoint=pl.lit(endpoint),
            reference_points=pl.Series(points_of, nan_to_null=True),
            event_day=_by_anchor(chain, day, changes.onset, person.size),
            confirmation_day=_by_anchor(chain, day, changes.confirmation, person.size),
        )
        .select(_SCHEMA.keys())
        .drop_nulls("reference_points")
        for endpoint, points_of, changes in (
            ("CDW", at_anchor, worsened),
            ("CDI", reference, improved),
        )
    )


def _by_anchor(chain: Numbers, day: Numbers, visit: Numbers, n_anchors: int) -> pl.Series:
    """Days of visits, at the places of their anchors; null at the others, and for visit -1."""
    told = visit[visit >= 0]
    days = np.full(n_anchors, np.nan)
    days[chain[told]] = day[told]
    return pl.Series(days, nan_to_null=True).cast(pl.Int32)
