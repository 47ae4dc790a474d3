"""Visits that took place (SV) and EDSS assessments at them; nothing about scores."""

import numpy as np
import polars as pl

from simulation.cohort import Cohort, FloatArray, IntArray
from simulation.events import scatter
from simulation.exposure import Infusions, course_visits, study_code
from simulation.follow_up import (
    CORE_PHASE,
    EXTENSION_PHASE,
    TOPAZ_PHASE,
    FollowUp,
)
from simulation.history import History
from simulation.parameters import Conduct
from simulation.schedule import Planned
from simulation.sdtm import assemble, date_text, sequence_numbers

SCREENING, BASELINE, ENTRY, MONTH, RELAPSE, UNSCHEDULED, EARLY = 1, 2, 3, 10, 800, 900, 990
#: With a longer gap between two studies, EDSS is assessed at entry.
ENTRY_EDSS_GAP_DAYS = 30


def _visits(
    person: IntArray,
    day: IntArray,
    phase: IntArray | int,
    number: IntArray | FloatArray | int,
    name: str | pl.Series,
    *,
    edss: bool | np.ndarray,
    attended: bool | np.ndarray = True,
) -> pl.DataFrame:
    n = len(person)
    return pl.DataFrame(
        {
            "person": person.astype(np.int32),
            "day": day.astype(np.int32),
            "phase": np.broadcast_to(phase, n).astype(np.int32),
            "VISITNUM": np.broadcast_to(number, n).astype(np.float64),
            "has_edss": np.broadcast_to(edss, n),
            "is_attended": np.broadcast_to(attended, n),
        }
    ).with_columns(VISIT=pl.lit(name) if isinstance(name, str) else name)


def draw_visits(
    cohort: Cohort,
    follow_up: FollowUp,
    planned: Planned,
    relapse_reports: pl.DataFrame,
    conduct: Conduct,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All visits but infusions: person, day, phase, VISITNUM, VISIT, has_edss, is_attended.

    `has_edss`: an EDSS record exists, with `is_done` saying whether it has a score.
    Missed visits leave a NOT DONE record now and then; they were not attended.
    """
    parts = [
        _screening(cohort, follow_up, rng),
        _baseline(cohort),
        *(_entry(follow_up, phase) for phase in (EXTENSION_PHASE, TOPAZ_PHASE)),
        _scheduled(planned, conduct, rng),
        _early_termination(cohort, follow_up, rng),
        _relapse_assessments(follow_up, relapse_reports, conduct, rng),
        _unscheduled(cohort, follow_up, conduct, rng),
    ]
    visits = pl.concat(parts)
    is_done = rng.random(len(visits)) >= conduct.not_done
    study = study_code(cohort, visits["person"].to_numpy(), visits["phase"].to_numpy())
    return visits.with_columns(
        study=pl.Series(study),
        is_done=pl.col("is_attended") & (pl.Series(is_done) | (pl.col("day") == 0)),
    ).sort("study", "person", "day", "VISITNUM")


def _screening(cohort: Cohort, follow_up: FollowUp, rng: np.random.Generator) -> pl.DataFrame:
    everyone = np.arange(len(cohort), dtype=np.int32)
    day = cohort.consent_day + rng.integers(0, 4, len(cohort), dtype=np.int32)
    day = np.minimum(day, follow_up.end[:, CORE_PHASE])
    return _visits(everyone, day, CORE_PHASE, SCREENING, "SCREENING", edss=cohort.is_treated)


def _baseline(cohort: Cohort) -> pl.DataFrame:
    treated = np.flatnonzero(cohort.is_treated)
    day = np.zeros(len(treated), dtype=np.int32)
    return _visits(treated, day, CORE_PHASE, BASELINE, "BASELINE", edss=True)


def _entry(follow_up: FollowUp, phase: int) -> pl.DataFrame:
    entered = np.flatnonzero(follow_up.entered[:, phase])
    day = follow_up.start[entered, phase]
    gap = day - follow_up.end[entered, phase - 1]
    return _visits(entered, day, phase, ENTRY, "STUDY ENTRY", edss=gap > ENTRY_EDSS_GAP_DAYS)


def _scheduled(planned: Planned, conduct: Conduct, rng: np.random.Generator) -> pl.DataFrame:
    person, day, phase, month = planned.rows()
    is_missed = rng.random(len(person)) < conduct.missed
    leaves_record = ~is_missed | (rng.random(len(person)) < 0.3)
    label = pl.Series(month).cast(pl.String)
    name = pl.select(pl.lit("MONTH ") + label).to_series()
    rows = _visits(person, day, phase, MONTH + month, name, edss=leaves_record, attended=~is_missed)
    return rows.filter(pl.col("has_edss") | pl.col("is_attended"))


def _early_termination(
    cohort: Cohort, follow_up: FollowUp, rng: np.random.Generator
) -> pl.DataFrame:
    """Visits on the last day of those who leave alive and do not just stay away."""
    parts = []
    for phase in range(3):
        leaves = follow_up.entered[:, phase] & cohort.is_treated
        leaves &= (follow_up.outcome[:, phase] > 0) & (follow_up.death > follow_up.exit_day)
        leaves &= rng.random(len(cohort)) < 0.6
        person = np.flatnonzero(leaves)
        day = follow_up.end[person, phase]
        parts.append(_visits(person, day, phase, EARLY, "EARLY TERMINATION", edss=True))
    return pl.concat(parts)


def _numbered(
    person: IntArray, day: IntArray, follow_up: FollowUp, base: int, name: str, suffixed: bool
) -> pl.DataFrame:
    """Visits outside the schedule, numbered within person and study."""
    phase = follow_up.phase_of(person, day)
    keep = (phase >= 0) & (day >= follow_up.start[person, np.maximum(phase, 0)])
    order = np.lexsort((day[keep], person[keep]))
    person, day, phase = (array[keep][order] for array in (person, day, phase))
    frame = pl.DataFrame({"study": phase, "person": person})
    count = sequence_numbers(frame)
    label = pl.select(pl.lit(f"{name} ") + pl.Series(count).cast(pl.String)).to_series()
    return _visits(person, day, phase, base + count / 100, label if suffixed else name, edss=True)


def _relapse_assessments(
    follow_up: FollowUp, reports: pl.DataFrame, conduct: Conduct, rng: np.random.Generator
) -> pl.DataFrame:
    person, onset = reports["person"].to_numpy(), reports["day"].to_numpy()
    is_seen = rng.random(len(person)) < conduct.relapse_visit
    day = onset + rng.integers(1, 8, len(person), dtype=np.int32)
    return _numbered(person[is_seen], day[is_seen], follow_up, RELAPSE, "RELAPSE ASSESSMENT", False)


def _unscheduled(
    cohort: Cohort, follow_up: FollowUp, conduct: Conduct, rng: np.random.Generator
) -> pl.DataFrame:
    rate = np.where(cohort.is_treated, conduct.unscheduled, 0.0)
    first = np.ones(len(cohort), dtype=np.int32)
    person, day = scatter(rate, first, follow_up.exit_day, rng)
    return _numbered(person, day, follow_up, UNSCHEDULED, "UNSCHEDULED", True)


def subject_visits(
    cohort: Cohort, visits: pl.DataFrame, history: History, infusions: Infusions
) -> dict[str, pl.DataFrame]:
    """SV by study: visits that took place, infusion days included."""
    number, name = course_visits(history, infusions)
    infused = pl.DataFrame(
        {
            "person": infusions.person,
            "study": study_code(cohort, infusions.person, infusions.phase),
            "day": infusions.day,
            "VISITNUM": number.astype(np.float64),
            "VISIT": name,
        }
    )
    attended = visits.filter("is_attended").select(infused.columns)
    rows = pl.concat([attended, infused], how="vertical_relaxed")
    text = date_text(cohort.day0[rows["person"].to_numpy()] + rows["day"].to_numpy())
    rows = rows.with_columns(SVSTDTC=text, SVENDTC=text)
    return assemble("SV", rows, cohort, ["day", "VISITNUM"])
