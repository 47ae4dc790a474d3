"""Preferred terms of simulated adverse events, and drawing from them by their shares."""

import numpy as np

from simulation import codes
from simulation.codes import TermList
from simulation.cohort import IntArray

#: Kinds of events and their preferred terms.
KINDS: dict[str, tuple[TermList, ...]] = {
    "reaction": codes.REACTIONS,
    "infection": codes.INFECTIONS,
    "other": codes.OTHERS,
    "relapse": codes.RELAPSE_EVENT,
    "thyroid": codes.THYROID,
    "itp": codes.ITP,
    "nephropathy": codes.NEPHROPATHIES,
    "malignancy": codes.MALIGNANCIES,
    "fatal": codes.FATAL,
}
TERMS = [
    (kind, term, group.body_system, share)
    for kind, groups in KINDS.items()
    for group in groups
    for term, share in zip(group.terms, group.shares, strict=True)
]


def pick_terms(kind: str, n: int, rng: np.random.Generator) -> IntArray:
    """Positions in `TERMS` of `n` events of a kind."""
    positions = [index for index, row in enumerate(TERMS) if row[0] == kind]
    shares = np.array([TERMS[index][3] for index in positions], dtype=float)
    return rng.choice(positions, n, p=shares / shares.sum()).astype(np.int32)
