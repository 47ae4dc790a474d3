"""The printed numbers as bounds: which values round to what is printed.

Belongs here: reading printed values by id, and turning those of one kind (a mean with its SD, a
share, a rate) into sums over patients. Does not belong here: which id belongs to which group.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from scipy.stats import t as student_t

from models.reproduction.tables import FOLDER, read_printed
from reconstruction.choose import Sum

#: Share of half a unit of the last printed digit that is kept clear at both ends.
CLEARANCE = 0.02


@dataclass(frozen=True)
class Interval:
    """Values that round to a printed one, the edges kept clear."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The printed value."""
        return (self.low + self.high) / 2


class Printed:
    """Printed values by id."""

    def __init__(self) -> None:
        numbers = read_printed(FOLDER).drop_nulls("decimals")
        columns = numbers.select("published_id", "printed_value", "decimals")
        self._rows: Mapping[str, tuple[float, int]] = {
            printed_id: (value, decimals) for printed_id, value, decimals in columns.iter_rows()
        }

    def value(self, printed_id: str) -> float:
        """The printed value."""
        return self._rows[printed_id][0]

    def count(self, printed_id: str) -> int:
        """A printed number of patients."""
        return int(self.value(printed_id))

    def interval(self, printed_id: str) -> Interval:
        """Values that round to it."""
        value, decimals = self._rows[printed_id]
        half = 0.5 * 10.0**-decimals * (1 - CLEARANCE)
        return Interval(value - half, value + half)

    def exactly(self, name: str, of: pl.Expr, printed_id: str) -> Sum:
        """Patients with a flag are as many as printed."""
        n = self.count(printed_id)
        return Sum(name, of, n, n)

    def share(self, name: str, part: pl.Expr, whole: pl.Expr, printed_id: str) -> list[Sum]:
        """A percentage, of numbers of patients that may both vary."""
        bounds = self.interval(printed_id)
        return ratio(name, part, whole, Interval(bounds.low / 100, bounds.high / 100))

    def rate(self, name: str, events: pl.Expr, years: pl.Expr, printed_id: str) -> list[Sum]:
        """A rate as events over person-years; the model's own rate is near it."""
        return ratio(name, events, years, self.interval(printed_id))

    def mean_sd(self, name: str, of: pl.Expr, mean_id: str, sd_id: str, n: int) -> list[Sum]:
        """A mean and a standard deviation of `n` observed values."""
        return moments(name, of, self.interval(mean_id), self.interval(sd_id), n)


def ratio(name: str, part: pl.Expr, whole: pl.Expr, bounds: Interval) -> list[Sum]:
    """One sum over another within bounds, as two linear sums."""
    part, whole = (item.cast(pl.Float64).fill_null(0.0) for item in (part, whole))
    return [
        Sum(f"{name}, not below", part - bounds.low * whole, 0.0, math.inf),
        Sum(f"{name}, not above", part - bounds.high * whole, -math.inf, 0.0),
    ]


def moments(name: str, of: pl.Expr, mean: Interval, sd: Interval, n: int) -> list[Sum]:
    """Mean and sample SD of `n` values within bounds.

    Values are counted from the printed mean: then the square of their sum, which is not
    linear, is at most n times a squared half digit, and is allowed for.
    """
    centred = of.cast(pl.Float64) - mean.middle
    half = mean.high - mean.middle
    return [
        Sum(f"{name}, mean", centred, -n * half, n * half),
        Sum(
            f"{name}, sum of squares",
            centred**2,
            (n - 1) * sd.low**2 + n * half**2,
            (n - 1) * sd.high**2,
        ),
    ]


def change_in_half_points(
    n: int, mean: Interval, low: Interval, high: Interval
) -> tuple[float, float, float]:
    """Sum and least and greatest sum of squares of `n` EDSS changes with a printed interval.

    Changes are multiples of half a point, so the sum is a multiple of 0.5. The sum with the widest
    room for the squares is taken.

    Raises:
        ValueError: no `n` half points print mean, lower and upper limit.
    """
    quantile = float(student_t.ppf(0.975, n - 1))
    best: tuple[float, float, float] | None = None
    for halves in range(math.ceil(2 * n * mean.low), math.floor(2 * n * mean.high) + 1):
        average = halves / 2 / n
        widths = (
            max(average - low.high, high.low - average),
            min(average - low.low, high.high - average),
        )
        if widths[0] > widths[1]:
            continue
        squares = [(width / quantile) ** 2 * n * (n - 1) + n * average**2 for width in widths]
        least, most = math.ceil(4 * squares[0]) / 4, math.floor(4 * squares[1]) / 4
        if least <= most and (best is None or most - least > best[2] - best[1]):
            best = halves / 2, least, most
    if best is None:
        raise ValueError(f"no {n} changes in half points print mean {mean.middle} and its limits")
    return best
