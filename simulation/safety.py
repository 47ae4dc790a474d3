"""AE: reactions to infusions, infections, autoimmunity, malignancy, death, and the rest."""

import numpy as np
import polars as pl

from simulation.cohort import BoolArray, Cohort, FloatArray, IntArray
from simulation.events import scatter
from simulation.exposure import Infusions, study_code
from simulation.follow_up import TOPAZ_PHASE, FollowUp
from simulation.history import History
from simulation.parameters import NEVER, Parameters, Safety
from simulation.rare_events import RareEvents
from simulation.sdtm import assemble, coded, date_text, datetime_text, partial
from simulation.terms import TERMS, pick_terms

#: Positions of the terms that kill on the day on which they begin.
_SUDDEN = [
    position
    for position, (_, term, _, _) in enumerate(TERMS)
    if term in ("Sudden death", "Death", "Completed suicide", "Atrioventricular block")
]
#: Kinds of long duration.
_LONG = ("thyroid", "itp", "nephropathy", "malignancy")


def _part(
    kind: str,
    person: IntArray,
    day: IntArray,
    rng: np.random.Generator,
    *,
    serious: float | FloatArray,
    term: IntArray | None = None,
    minute: IntArray | None = None,
) -> pl.DataFrame:
    n = len(person)
    return pl.DataFrame(
        {
            "person": person.astype(np.int32),
            "day": day.astype(np.int32),
            "term": pick_terms(kind, n, rng) if term is None else term,
            "minute": (np.full(n, -1) if minute is None else minute).astype(np.int32),
            "is_serious": rng.random(n) < serious,
        }
    ).with_columns(kind=pl.lit(kind))


def _reactions(
    history: History, infusions: Infusions, safety: Safety, rng: np.random.Generator
) -> pl.DataFrame:
    """Events during an infusion or up to 24 hours after it (E-13), with times."""
    number = history.course_number
    reacts = rng.random(len(number)) < np.asarray(safety.reaction)[np.minimum(number, 3) - 1]
    events = np.where(reacts, 1 + rng.poisson(safety.reactions_mean - 1, len(number)), 0)
    # Most react to the first infusions; those not given are passed over.
    given = np.flatnonzero(infusions.dose > 0)
    first = np.searchsorted(infusions.course[given], np.arange(len(number)))
    last = np.searchsorted(infusions.course[given], np.arange(len(number)), side="right") - 1
    course = np.repeat(np.arange(len(number)), events)
    later = rng.geometric(0.55, len(course)) - 1
    infusion = given[np.minimum(first[course] + later, last[course])]
    window = infusions.end_minute[infusion] - infusions.start_minute[infusion] + 23 * 60
    elapsed = np.minimum(rng.exponential(300, len(course)), rng.random(len(course)) * window)
    return _part(
        "reaction",
        infusions.person[infusion],
        infusions.day[infusion],
        rng,
        serious=safety.reaction_serious,
        minute=infusions.start_minute[infusion] + elapsed.astype(np.int32),
    )


def _background(
    cohort: Cohort, follow_up: FollowUp, safety: Safety, rng: np.random.Generator
) -> list[pl.DataFrame]:
    parts = []
    for kind, rate, shape, serious, first in (
        (
            "infection",
            safety.infection_rate,
            safety.infection_shape,
            safety.infection_serious,
            np.ones(len(cohort), dtype=np.int32),
        ),
        ("other", safety.other_rate, safety.other_shape, safety.other_serious, cohort.consent_day),
    ):
        proneness = rng.gamma(shape, 1 / shape, len(cohort))
        rates = np.where(cohort.is_treated, rate * proneness, 0.0)
        person, day = scatter(rates, first, follow_up.exit_day, rng)
        parts.append(_part(kind, person, day, rng, serious=serious))
    return parts


def _rare(rare: RareEvents, safety: Safety, rng: np.random.Generator) -> list[pl.DataFrame]:
    parts = []
    serious = {"thyroid": safety.thyroid_serious, "itp": 0.7, "nephropathy": 0.9, "malignancy": 0.8}
    for kind, onset in rare.onset.items():
        person = np.flatnonzero(onset < NEVER)
        term = rare.malignancy_term[person] if kind == "malignancy" else None
        parts.append(_part(kind, person, onset[person], rng, serious=serious[kind], term=term))
    # Thyroid disease often turns into another one.
    again = np.flatnonzero((rare.onset["thyroid"] < NEVER) & (rng.random(len(onset)) < 0.4))
    day = rare.onset["thyroid"][again] + 30 + rng.exponential(300, len(again)).astype(np.int32)
    parts.append(_part("thyroid", again, day, rng, serious=safety.thyroid_serious / 3))
    return parts


def adverse_events(
    cohort: Cohort,
    follow_up: FollowUp,
    history: History,
    infusions: Infusions,
    rare: RareEvents,
    parameters: Parameters,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    """AE by study."""
    safety = parameters.safety
    told = rng.random(len(history.relapse_day)) < safety.relapse_as_event
    relapses = _part(
        "relapse",
        history.relapse_person[told],
        history.relapse_day[told],
        rng,
        serious=safety.relapse_serious,
    )
    parts = [
        _reactions(history, infusions, safety, rng),
        *_background(cohort, follow_up, safety, rng),
        relapses,
        *_rare(rare, safety, rng),
    ]
    events = pl.concat(parts)
    # A reaction in the night belongs to the next day.
    overnight = pl.when(pl.col("minute") >= 0).then(pl.col("minute") // 1440).otherwise(0)
    events = events.with_columns(
        day=pl.col("day") + overnight,
        minute=pl.when(pl.col("minute") >= 0).then(pl.col("minute") % 1440).otherwise(-1),
        is_fatal=pl.lit(False),
    )
    person, day = events["person"].to_numpy(), events["day"].to_numpy()
    phase = follow_up.phase_of(person, day)
    events = events.with_columns(phase=pl.Series(phase)).filter(pl.col("phase") >= 0)
    events = pl.concat([events, _deaths(follow_up, rng)], how="diagonal_relaxed")
    return _dataset(_told_again(events, follow_up, safety, rng), cohort, follow_up, safety, rng)


def _deaths(follow_up: FollowUp, rng: np.random.Generator) -> pl.DataFrame:
    """One fatal event per death; those after the last visit are reported on the day itself."""
    person = np.flatnonzero(follow_up.death < NEVER)
    death = follow_up.death[person]
    is_late = death > follow_up.exit_day[person]
    ill = rng.integers(0, 12, len(person), dtype=np.int32)
    onset = np.where(is_late, death, np.maximum(death - ill, 0))
    part = _part("fatal", person, onset, rng, serious=1.0)
    is_sudden = np.isin(part["term"].to_numpy(), _SUDDEN)
    onset = np.where(is_sudden, death, onset).astype(np.int32)
    last = follow_up.entered[person].sum(axis=1) - 1
    phase = np.where(is_late, last, follow_up.phase_of(person, onset))
    return part.with_columns(
        day=pl.Series(onset), is_fatal=pl.lit(True), phase=pl.Series(phase.astype(np.int32))
    )


def _told_again(
    events: pl.DataFrame, follow_up: FollowUp, safety: Safety, rng: np.random.Generator
) -> pl.DataFrame:
    """Give events a duration; those that run into the next study are often told there again."""
    n = len(events)
    mean = np.where(events["kind"].is_in(_LONG).to_numpy(), 900.0, 18.0)
    mean = np.where(events["kind"].to_numpy() == "reaction", 1.5, mean)
    stop = events["day"].to_numpy() + np.floor(rng.exponential(mean, n)).astype(np.int32)
    person, phase = events["person"].to_numpy(), events["phase"].to_numpy()
    stop = np.where(events["is_fatal"].to_numpy(), follow_up.death[person], stop)
    events = events.with_columns(stop=pl.Series(stop.astype(np.int32)))
    following = np.minimum(phase + 1, TOPAZ_PHASE)
    is_again = (phase < TOPAZ_PHASE) & (stop >= follow_up.start[person, following])
    is_again &= ~events["is_fatal"].to_numpy() & (rng.random(n) < safety.told_twice)
    again = events.filter(pl.Series(is_again)).with_columns(phase=pl.col("phase") + 1)
    changed = pl.Series(rng.random(len(again)) < 0.1)
    again = again.with_columns(is_serious=pl.col("is_serious") | changed)
    return pl.concat([events.with_columns(is_again=False), again.with_columns(is_again=True)])


def _dataset(
    events: pl.DataFrame,
    cohort: Cohort,
    follow_up: FollowUp,
    safety: Safety,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    # Onset texts must be the same where an event is told twice: one draw per event.
    events = events.sort("person", "day", "term", "minute", "is_again", maintain_order=True)
    person, day = events["person"].to_numpy(), events["day"].to_numpy()
    minute, n = events["minute"].to_numpy(), len(events)
    date = cohort.day0[person] + day
    is_again = events["is_again"].to_numpy()
    is_timed = (minute >= 0) & (rng.random(n) >= safety.reaction_time_missing)
    has_time: BoolArray = np.where(is_again, np.roll(is_timed, 1), is_timed)
    is_whole = (minute >= 0) | (follow_up.death[person] < NEVER) | (day < 366)
    is_whole |= is_again | np.roll(is_again, -1)
    day_text = partial(
        date_text(date),
        rng,
        to_month=np.where(is_whole, 0.0, safety.partial_onset * 0.75),
        to_year=np.where(is_whole, 0.0, safety.partial_onset * 0.25),
    )
    onset = pl.when(pl.Series(has_time)).then(datetime_text(date, np.maximum(minute, 0)))
    stop = events["stop"].to_numpy()
    is_over = stop <= follow_up.exit_day[person]
    is_fatal, is_serious = events["is_fatal"].to_numpy(), events["is_serious"].to_numpy()
    severity = np.where(is_serious, 2, rng.choice(3, n, p=(0.55, 0.38, 0.07)))
    grade = np.where(is_fatal, 4, np.where(is_serious, rng.choice((2, 3), n), severity))
    outcome = np.where(is_fatal, 2, np.where(is_over, 0, 1))
    term = events["term"].to_numpy()
    rows = events.with_columns(
        study=pl.Series(study_code(cohort, person, events["phase"].to_numpy())),
        AETERM=coded([row[1].upper() for row in TERMS], term),
        AEDECOD=coded([row[1] for row in TERMS], term),
        AEBODSYS=coded([row[2] for row in TERMS], term),
        AESER=coded(("N", "Y"), is_serious),
        AESEV=coded(("MILD", "MODERATE", "SEVERE"), severity),
        AETOXGR=coded(("1", "2", "3", "4", "5"), grade),
        AEOUT=coded(("RECOVERED/RESOLVED", "NOT RECOVERED/NOT RESOLVED", "FATAL"), outcome),
        AESDTH=coded(("N", "Y"), is_fatal),
        AESTDTC=pl.select(onset.otherwise(day_text)).to_series(),
        AEENDTC=date_text(np.where(is_over | is_fatal, cohort.day0[person] + stop, NEVER)),
    )
    return assemble("AE", rows, cohort, ["day", "minute", "term"])
