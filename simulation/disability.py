"""EDSS and functional systems: a latent level per person and day, and its scores.

Level = baseline + gain of the first year + drift + residues of past relapses + what the
last relapse has left to recover. An assessment sees it with error, on the half-point scale.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.cohort import Cohort, FloatArray, IntArray, round_to_edss
from simulation.history import History
from simulation.parameters import DAYS_PER_YEAR, Parameters

#: Grades of the seven functional systems, highest first, that go with each half point of the
#: EDSS from 0 to 9.5 (Kurtzke 1983: up to 3.5 by the systems alone, then by walking).
_GRADES = {
    0.0: (0, 0, 0, 0, 0, 0, 0),
    1.0: (1, 0, 0, 0, 0, 0, 0),
    1.5: (1, 1, 0, 0, 0, 0, 0),
    2.0: (2, 1, 0, 0, 0, 0, 0),
    2.5: (2, 2, 1, 0, 0, 0, 0),
    3.0: (3, 1, 1, 0, 0, 0, 0),
    3.5: (3, 2, 1, 1, 0, 0, 0),
    4.0: (4, 1, 1, 1, 0, 0, 0),
    4.5: (4, 2, 2, 1, 0, 0, 0),
    5.0: (4, 3, 2, 1, 1, 0, 0),
    5.5: (4, 3, 2, 2, 1, 0, 0),
}
_SEVERE = (5, 3, 3, 2, 2, 1, 1)
GRADES = np.array([_GRADES.get(half / 2, _SEVERE) for half in range(20)], dtype=np.int8)


@dataclass(frozen=True)
class DisabilityPath:
    """What moves the latent EDSS of each person.

    Attributes:
        gain, slope: per person, points and points a year.
        acute, residual: per relapse of the history, points.
        systems: per person, which functional system is the worst, second worst ...
    """

    gain: FloatArray
    slope: FloatArray
    acute: FloatArray
    residual: FloatArray
    systems: npt.NDArray[np.int8]


def draw_disability(
    cohort: Cohort, history: History, parameters: Parameters, rng: np.random.Generator
) -> DisabilityPath:
    """Draw gain and drift of each person, and depth and residue of each relapse."""
    p = parameters.disability
    n, relapses = len(cohort), len(history.relapse_day)
    leaves_residue = rng.random(relapses) < p.residual_share
    return DisabilityPath(
        gain=rng.normal(*p.gain_mean_sd, n),
        slope=rng.normal(*p.slope_mean_sd, n),
        acute=rng.exponential(p.acute_mean, relapses),
        residual=np.where(leaves_residue, rng.exponential(p.residual_mean, relapses), 0.0),
        systems=np.argsort(rng.random((n, 7)), axis=1).astype(np.int8),
    )


def edss_at(
    person: IntArray,
    day: IntArray,
    cohort: Cohort,
    history: History,
    path: DisabilityPath,
    parameters: Parameters,
    rng: np.random.Generator,
) -> FloatArray:
    """Scores of assessments of `person` on `day`, in half points, never 0.5.

    An assessment at or before day 0 gives the baseline score itself, so that Table 1 follows
    from the enrolment parameters.
    """
    p = parameters.disability
    years = np.maximum(day, 0) / DAYS_PER_YEAR
    level = cohort.edss[person] + path.gain[person] * np.minimum(years, 1.0)
    level = level + path.slope[person] * years

    # Relapses up to the day, by one binary search on (person, day); both fit in 64 bits.
    span = np.int64(1 << 24)
    offset = np.int64(1 << 23)
    keys = history.relapse_person * span + history.relapse_day + offset
    position = np.searchsorted(keys, person * span + day + offset, side="right")
    first = np.searchsorted(keys, person * span, side="left")
    residues = np.concatenate([[0.0], np.cumsum(path.residual)])
    level = level + residues[position] - residues[first]
    has_relapsed = position > first
    last = np.maximum(position - 1, 0)
    if len(keys):
        elapsed = np.maximum(day - history.relapse_day[last], 0)
        acute = path.acute[last] * np.exp(-elapsed / p.acute_days)
        level = level + np.where(has_relapsed, acute, 0.0)
    level = level + rng.normal(0, p.noise_sd, len(day))
    # A level below zero is a normal examination.
    return np.where(day <= 0, cohort.edss[person], round_to_edss(np.maximum(level, 0.0)))


def functional_systems(
    person: IntArray, edss: FloatArray, path: DisabilityPath
) -> npt.NDArray[np.int8]:
    """Grades of the seven functional systems; shape (assessments, 7)."""
    grades = GRADES[(edss * 2).astype(np.int64)]
    scores = np.empty_like(grades)
    np.put_along_axis(scores, path.systems[person].astype(np.int64), grades, axis=1)
    return scores
