"""Confirmed change of the EDSS: from which visit on a change holds for long enough (E-07, E-08).

All visits of all persons at once, in NumPy. Visits stand in chains, one chain for each person
and anchor, and lie on one ascending axis, chain by chain, so that "the first visit at least so
many days later" is one search in sorted numbers. Does not belong here: whose visits count, from
which score a change is measured, tables (`transforms.disability_event`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.rules import Rules

#: Room of a chain on the axis: more than twice the days from the year 0 to 9999.
SPAN = 2**24

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ConfirmedChanges:
    """First confirmed change of each chain that has one, in order of chains.

    Attributes:
        onset: position of the visit at which it begins, shape (events,).
        confirmation: position of the visit that confirms it; -1 where none did, and it counts
            because it began at the last visit.
    """

    onset: Numbers
    confirmation: Numbers


def to_axis(chain: Numbers, day: Numbers) -> npt.NDArray[np.int64]:
    """One number for chain and day, ascending over chains, and over the days inside a chain."""
    return np.asarray(chain, dtype=np.int64) * SPAN + day


def find_confirmed_changes(
    chain: Numbers,
    day: Numbers,
    is_changed: Flags,
    *,
    rules: Rules,
    can_start: Flags | None = None,
    can_confirm: Flags | None = None,
    is_last_visit_confirmed: bool = False,
) -> ConfirmedChanges:
    """The first visit of each chain whose change is confirmed (E-07).

    The confirming visit is the first one that lies at least `rules.confirmation_days`, less
    `confirmation_early_days`, after onset, and at most `confirmation_late_days` later than
    that; it must hold the change, and so must all visits before it
    (`is_confirmed_at_every_visit`) and all after it (`is_sustained_to_end`). Every changed
    visit is tried as onset, in order; the first one that is confirmed is the event.

    Args:
        chain: number of the chain of each visit, not negative and not falling, shape (n,).
        day: day of the visit, ascending inside a chain.
        is_changed: whether the score differs enough from the chain's reference.
        rules: how a change is confirmed.
        can_start: whether a visit may be an onset, one answer for a whole run of changed visits
            (`flag_new_runs`); None = every visit may.
        can_confirm: whether a visit may confirm (`flag_relapse_shadow`); one that may not is
            passed over, but still must hold the change; None = every visit may.
        is_last_visit_confirmed: whether a change at the last visit of a chain counts.

    Returns:
        Positions of onset and confirmation, one for each chain with an event.
    """
    is_last = _is_last(chain)
    starts = is_changed if can_start is None else is_changed & can_start
    if rules.is_confirmed_at_every_visit and rules.confirmation_late_days is None:
        # The first of a run waits longest for its confirmation: if it fails, all of the run do.
        is_head = np.ones_like(is_changed)
        is_head[1:] = ~is_changed[:-1] | is_last[:-1]
        starts = starts & (is_head | is_last if is_last_visit_confirmed else is_head)
    onset = np.flatnonzero(starts)
    confirmation = _first_later(chain, day, onset, can_confirm, rules)
    is_confirmed = confirmation >= 0
    found, first = confirmation[is_confirmed], onset[is_confirmed]
    holds = is_changed[found]
    if rules.is_confirmed_at_every_visit or rules.is_sustained_to_end:
        broken = np.cumsum(~is_changed, dtype=np.int32)
        if rules.is_confirmed_at_every_visit:
            holds &= broken[found] == broken[first]
        if rules.is_sustained_to_end:
            end = np.searchsorted(chain, chain[found], side="right") - 1
            holds &= broken[end] == broken[found]
    is_confirmed[is_confirmed] = holds
    confirmation[~is_confirmed] = -1
    if is_last_visit_confirmed:
        is_confirmed |= is_last[onset]
    onset, confirmation = onset[is_confirmed], confirmation[is_confirmed]
    is_first = np.ones(onset.size, dtype=bool)
    is_first[1:] = chain[onset[1:]] != chain[onset[:-1]]
    return ConfirmedChanges(onset[is_first], confirmation[is_first])


def flag_new_runs(chain: Numbers, is_changed: Flags, was_changed: Flags) -> Flags:
    """Visits whose run of changed visits began inside the chain (E-08, "new onset").

    Args:
        chain: number of the chain of each visit, counted from 0, not falling, shape (n,).
        is_changed: whether the score of the visit is changed.
        was_changed: by chain, whether the visit before its first was changed already; a run
            that goes on from there is not new.

    Returns:
        False for the changed visits that go on from before the chain, else True.
    """
    unchanged = np.cumsum(~is_changed, dtype=np.int32)
    first = np.searchsorted(chain, np.arange(was_changed.size, dtype=chain.dtype))
    before = np.concatenate([np.zeros(1, dtype=np.int32), unchanged])[first]
    return (unchanged > before[chain]) | ~was_changed[chain]


def flag_relapse_shadow(
    person: Numbers, day: Numbers, relapse_axis: npt.NDArray[np.int64], shadow_days: int
) -> Flags:
    """Visits less than `shadow_days` after a relapse of the same person, its day included.

    Args:
        person: number of the person of each visit, shape (n,).
        day: day of the visit.
        relapse_axis: `to_axis` of the relapses' persons and onset days, ascending.
        shadow_days: length of the shadow; 0 = no visit lies in one.
    """
    if not relapse_axis.size:
        return np.zeros(day.size, dtype=bool)
    axis = to_axis(person, day)
    last = np.searchsorted(relapse_axis, axis, side="right") - 1
    return (last >= 0) & (axis - relapse_axis[last] < shadow_days)


def _is_last(chain: Numbers) -> Flags:
    """Whether a visit is the last of its chain."""
    is_last = np.ones(chain.size, dtype=bool)
    is_last[:-1] = chain[1:] != chain[:-1]
    return is_last


def _first_later(
    chain: Numbers, day: Numbers, onset: Numbers, can_confirm: Flags | None, rules: Rules
) -> Numbers:
    """Position of the first visit that may confirm each onset; -1 if there is none in time."""
    least = max(rules.confirmation_days - rules.confirmation_early_days, 1)
    axis = to_axis(chain, day)
    if can_confirm is None:
        later = np.searchsorted(axis, axis[onset] + least)
        is_there = later < axis.size
    else:
        confirming = np.flatnonzero(can_confirm)
        rank = np.searchsorted(axis[confirming], axis[onset] + least)
        is_there = rank < confirming.size
        later = np.zeros_like(onset)
        later[is_there] = confirming[rank[is_there]]
    later[~is_there] = 0
    is_there &= chain[later] == chain[onset]
    if rules.confirmation_late_days is not None:
        most = rules.confirmation_days + rules.confirmation_late_days
        is_there &= day[later] - day[onset] <= most
    later[~is_there] = -1
    return later
