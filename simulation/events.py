"""Events scattered over the days in which persons are observed."""

import numpy as np

from simulation.cohort import FloatArray, IntArray
from simulation.parameters import DAYS_PER_YEAR


def scatter(
    rate: FloatArray, first: IntArray, last: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Poisson events at `rate` a year, uniform over the days `first` .. `last` of each person.

    Returns:
        Person and day of every event, ordered by person.
    """
    years: FloatArray = np.maximum(last.astype(np.int64) - first + 1, 0) / DAYS_PER_YEAR
    person = np.repeat(np.arange(len(first), dtype=np.int32), rng.poisson(rate * years))
    span = last[person].astype(np.int64) - first[person] + 1
    day = first[person] + np.floor(rng.random(len(person)) * span).astype(np.int32)
    return person, day.astype(np.int32)
