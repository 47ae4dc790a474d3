"""Choosing candidates so that sums over them fall into given bounds.

Belongs here: the combinatorial problem, without any meaning of its columns. It is solved by
simulated annealing with a heat bath: one chosen candidate is taken out, the energy with each of
some hundred others of its stratum in its place is computed at once, and one of them, or the same
one again, is drawn by its Boltzmann weight.
Does not belong here: which sums are wanted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Vector = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
#: What is still a hit: sums of flags are exact, those of real numbers are not.
TOLERANCE = 1e-9
#: Candidates that are looked at in one step.
_PART = 500


@dataclass(frozen=True)
class Sum:
    """A sum over the chosen, and where it must fall.

    Attributes:
        name: what it is.
        of: contribution of each candidate, an expression on the features; null counts as 0.
        low: least sum.
        high: greatest sum.
    """

    name: str
    of: pl.Expr
    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """Who was chosen, and what does not fit.

    Attributes:
        positions: rows of the candidates, ascending.
        misses: by how much each sum lies out of its bounds, of those that do.
    """

    positions: Positions
    misses: dict[str, float]


@dataclass(frozen=True)
class Cooling:
    """How the temperature falls, geometrically; the energy counts misses in SDs of one patient."""

    start: float = 0.4
    end: float = 0.015
    steps: int = 200_000


def choose(
    candidates: pl.DataFrame,
    quotas: Mapping[str, int],
    sums: Sequence[Sum],
    rng: np.random.Generator,
    cooling: Cooling,
    *,
    first: Positions | None = None,
    stress: Mapping[str, float] | None = None,
) -> Choice:
    """Choose candidates whose sums all fall into their bounds, or come as near as found.

    Args:
        candidates: one row per candidate, shape (candidates, features); its column `stratum`
            tells what a candidate may be exchanged for.
        quotas: how many to choose of each stratum.
        sums: what must hold.
        rng: random stream.
        cooling: temperatures and number of exchanges.
        first: choice to start from; default: a random one.
        stress: how many times a miss of a sum counts, by name; others count once.

    Raises:
        ValueError: a stratum has fewer candidates than are to be chosen.
    """
    members = {
        stratum: np.flatnonzero((candidates["stratum"] == stratum).to_numpy()) for stratum in quotas
    }
    for stratum, n in quotas.items():
        if len(members[stratum]) < n:
            raise ValueError(f"{stratum}: {n} of {len(members[stratum])} candidates are wanted")
    matrix = contributions(candidates, sums)
    spread = matrix.std(axis=1)
    weight = 1.0 / np.where(spread > 0, spread, 1.0)
    weight *= [(stress or {}).get(item.name, 1.0) for item in sums]
    scaled = matrix * weight[:, None]
    low = np.array([item.low for item in sums]) * weight - TOLERANCE
    high = np.array([item.high for item in sums]) * weight + TOLERANCE
    strata = [members[stratum] for stratum, n in quotas.items() for _ in range(n)]
    if first is None:
        chosen = np.concatenate(
            [rng.choice(members[stratum], n, replace=False) for stratum, n in quotas.items()]
        )
    else:
        chosen = _in_order_of(quotas, candidates, first)
    chosen = _anneal(scaled, low, high, chosen, strata, rng, cooling)
    chosen = np.sort(chosen)
    return Choice(chosen, totals_out_of_bounds(candidates[chosen], sums))


def contributions(candidates: pl.DataFrame, sums: Sequence[Sum]) -> npt.NDArray[np.float64]:
    """Contribution of each candidate to each sum, shape (sums, candidates)."""
    columns = candidates.select(
        item.of.cast(pl.Float64).fill_null(0.0).alias(str(number))
        for number, item in enumerate(sums)
    )
    return np.ascontiguousarray(columns.to_numpy().T)


def _in_order_of(
    quotas: Mapping[str, int], candidates: pl.DataFrame, positions: Positions
) -> Positions:
    stratum = candidates["stratum"].to_numpy()[positions]
    return np.concatenate([positions[stratum == name] for name in quotas])


def _anneal(
    scaled: npt.NDArray[np.float64],
    low: Vector,
    high: Vector,
    chosen: Positions,
    strata: Sequence[Positions],
    rng: np.random.Generator,
    cooling: Cooling,
) -> Positions:
    """Exchange one by one until all fits or the steps are used up; the best that was met.

    `strata` has for each place of `chosen` the candidates that may stand there.
    """
    is_chosen = np.zeros(scaled.shape[1], dtype=np.bool_)
    is_chosen[chosen] = True
    parts = {id(members): _parts(scaled, members) for members in strata}
    total = scaled[:, chosen].sum(axis=1)
    best, least = chosen.copy(), float(np.abs(total - np.clip(total, low, high)).sum())
    if least == 0.0:
        return best
    for step in range(cooling.steps):
        temperature = cooling.start * (cooling.end / cooling.start) ** (step / cooling.steps)
        place = int(rng.integers(len(chosen)))
        leaves = chosen[place]
        of_stratum = parts[id(strata[place])]
        members, columns = of_stratum[int(rng.integers(len(of_stratum)))]
        rest = total - scaled[:, leaves]
        stays = total - np.clip(total, low, high)
        # Distance to the bounds, if each of the part came in; nothing is copied twice.
        distance = columns + rest[:, None]
        distance -= np.clip(distance, low[:, None], high[:, None])
        energy = np.abs(distance, out=distance).sum(axis=0)
        # The largest of -energy / temperature + Gumbel noise is a draw by Boltzmann weights; who
        # leaves takes part in it once, as the one who stays.
        score = rng.gumbel(size=len(energy)) - energy / temperature
        score[is_chosen[members]] = -math.inf
        drawn = int(np.argmax(score))
        energy_now = float(np.abs(stays).sum())
        if score[drawn] < rng.gumbel() - energy_now / temperature:
            continue
        enters = members[drawn]
        is_chosen[leaves], is_chosen[enters] = False, True
        chosen[place] = enters
        total = rest + scaled[:, enters]
        if energy[drawn] < least:
            best, least = chosen.copy(), float(energy[drawn])
            if least == 0.0:
                break
    return best


def _parts(
    scaled: npt.NDArray[np.float64], members: Positions
) -> list[tuple[Positions, npt.NDArray[np.float64]]]:
    """A stratum in parts that fit into a processor's cache, with their contributions."""
    return [
        (part, np.ascontiguousarray(scaled[:, part]))
        for part in np.array_split(members, math.ceil(len(members) / _PART))
    ]


def totals_out_of_bounds(chosen: pl.DataFrame, sums: Sequence[Sum]) -> dict[str, float]:
    """By how much each sum over the chosen lies out of its bounds, of those that do."""
    totals = contributions(chosen, sums).sum(axis=1)
    misses = {}
    for item, total in zip(sums, totals, strict=True):
        miss = max(item.low - total, total - item.high)
        if miss > 10 * TOLERANCE:
            misses[item.name] = float(miss)
    return misses
