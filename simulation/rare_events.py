"""Autoimmune disease and malignancy: drawn before the disease runs, since they forbid courses."""

from dataclasses import dataclass

import numpy as np

from simulation.codes import IFNB1A
from simulation.cohort import Cohort, IntArray
from simulation.follow_up import EXTENSION_PHASE, FollowUp
from simulation.parameters import NEVER, Parameters
from simulation.terms import TERMS, pick_terms

#: Does not forbid further courses (Methods of the paper).
_HARMLESS = "Basal cell carcinoma"
_MALIGNANCIES_OF_WOMEN = {
    "Breast cancer": "Colon cancer",
    "Cervix carcinoma": "Renal cell carcinoma",
}


@dataclass(frozen=True)
class RareEvents:
    """Autoimmune disease and malignancy of each person, NEVER if none.

    Attributes:
        onset: day of onset by kind.
        malignancy_term: position of the malignancy's term.
        no_course_from: first day on which courses are forbidden.
    """

    onset: dict[str, IntArray]
    malignancy_term: IntArray
    no_course_from: IntArray


def draw_rare_events(
    cohort: Cohort, follow_up: FollowUp, parameters: Parameters, rng: np.random.Generator
) -> RareEvents:
    """Draw when autoimmune disease and malignancy would begin, counted from the first course."""
    safety = parameters.safety
    n = len(cohort)
    switch = follow_up.start[:, EXTENSION_PHASE] + 10
    first_course = np.where(cohort.actual == IFNB1A, switch, 0)
    first_course = np.where(cohort.is_treated, first_course, NEVER)
    onset: dict[str, IntArray] = {}
    for kind, share, mean in (
        ("thyroid", safety.thyroid, safety.thyroid_peak_days),
        ("itp", safety.itp, safety.rare_peak_days),
        ("nephropathy", safety.nephropathy, safety.rare_peak_days),
        ("malignancy", safety.malignancy, safety.rare_peak_days),
    ):
        gets = rng.random(n) < share
        delay = 20 + rng.gamma(2.5, mean / 2.5, n)
        onset[kind] = np.where(gets, np.minimum(first_course + delay, NEVER), NEVER).astype(
            np.int32
        )
    term = _of_own_sex(pick_terms("malignancy", n, rng), cohort)
    is_harmless = np.array([row[1] == _HARMLESS for row in TERMS])[term]
    forbidding = np.minimum(onset["itp"], onset["nephropathy"])
    forbidding = np.minimum(forbidding, np.where(is_harmless, NEVER, onset["malignancy"]))
    return RareEvents(onset, term, forbidding)


def _of_own_sex(term: IntArray, cohort: Cohort) -> IntArray:
    """Men have another malignancy that forbids courses in place of those of women."""
    position = {row[1]: index for index, row in enumerate(TERMS) if row[0] == "malignancy"}
    for of_women, of_men in _MALIGNANCIES_OF_WOMEN.items():
        is_changed = (term == position[of_women]) & ~cohort.female
        term = np.where(is_changed, position[of_men], term).astype(np.int32)
    return term
