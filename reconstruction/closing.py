"""Numbers told of several groups together: each group takes its share, the remainder closes them.

Belongs here: Table 2, courses and reasons of the extension entrants, the overall column of Table
1, patients by core study. Does not belong here: what is told of one efficacy group (`targets`).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from reconstruction.choose import Sum, Vector, contributions
from reconstruction.printed import Interval, Printed, ratio
from reconstruction.targets import column_of_table_1, flag, table_1
from transforms.rules import DAYS_PER_YEAR

#: Rows of Table 2: feature, and the id of the overall column; the 2-courses group and the
#: additional-courses group follow, a number and a percentage each.
TABLE_2 = {
    "has_ae": 321,
    "has_sae": 327,
    "has_infection": 333,
    "has_serious_infection": 339,
    "has_thyroid": 345,
    "has_serious_thyroid": 351,
    "has_itp": 357,
    "has_nephropathy": 363,
    "has_malignancy": 369,
    "has_iar": 375,
    "has_serious_iar": 381,
    "is_dead": 387,
}
_COLUMNS = ("overall", "2-courses", "additional-courses")
#: Mean and SD of the years to the first autoimmune event.
_ONSET = {"2-courses": ("P0281", "P0282"), "additional-courses": ("P0279", "P0280")}
#: Reason for a course: feature value, ids for Courses 3 and 4.
_REASONS = {
    "RELAPSE": ("P0067", "P0068"),
    "MRI ACTIVITY": ("P0069", "P0070"),
    "RELAPSE AND MRI ACTIVITY": ("P0071", "P0072"),
    "OTHER": ("P0073", "P0074"),
    None: ("P0075", "P0076"),
}
#: Intervals: courses in all, course, ids of mean, median, min and max.
_INTERVALS = ((3, 3, 55), (4, 3, 59), (4, 4, 63))


def table_2(printed: Printed, group_id: str) -> list[Sum]:
    """Safety of one column of Table 2, with the onset of autoimmunity."""
    column = 2 * _COLUMNS.index(group_id)
    sums = [
        printed.exactly(name, flag(name), f"P{first + column:04d}")
        for name, first in TABLE_2.items()
    ]
    return sums + (_onset(printed, group_id) if group_id in _ONSET else [])


def _onset(printed: Printed, group_id: str) -> list[Sum]:
    """Mean and SD of the years to onset, of as many as have an event (n - 1 taken as n)."""
    mean, sd = (printed.interval(i) for i in _ONSET[group_id])
    years = pl.col("autoimmune_years")
    return [
        *ratio(f"{group_id} onset mean", years, years.is_not_null(), mean),
        *ratio(
            f"{group_id} onset square",
            (years - mean.middle) ** 2,
            years.is_not_null(),
            Interval(sd.low**2, sd.high**2 * 0.99),
        ),
    ]


def fair_shares(
    printed: Printed, people: Mapping[str, Sequence[tuple[pl.DataFrame, int]]]
) -> dict[str, list[Sum]]:
    """What each block gives to the numbers told of several, so that all stay ordinary people.

    What is printed is not what the pool would give by nature; the difference is dealt out to the
    blocks in proportion to their variances, so that it strains all alike. A block may miss its
    share by three quarters of a standard deviation; the remainder makes up for it.

    Args:
        printed: printed values.
        people: by block the candidates of each of its strata, and how many are wanted.

    Returns:
        Sums by block.
    """
    sums = _told_of_several(printed)
    moments = {block: _expected(strata, sums) for block, strata in people.items()}
    mean, variance = (np.sum([moment[i] for moment in moments.values()], axis=0) for i in range(2))
    low, high = (np.array([getattr(item, end) for item in sums]) for end in ("low", "high"))
    wanted = np.clip(mean, low, high)
    # What nature gives anyhow needs no share, unless it is to be hit exactly.
    is_bound = (wanted != mean) | (low == high)
    shares: dict[str, list[Sum]] = {}
    for block, (own_mean, own_variance) in moments.items():
        share = own_mean + (wanted - mean) * own_variance / np.maximum(variance, 1e-12)
        room = np.maximum(0.75 * np.sqrt(own_variance), 1.0)
        shares[block] = [
            Sum(
                f"{item.name}, share",
                item.of,
                share[i] - room[i] if math.isfinite(item.low) else -math.inf,
                share[i] + room[i] if math.isfinite(item.high) else math.inf,
            )
            for i, item in enumerate(sums)
            if is_bound[i] and own_variance[i] > 0
        ]
    return shares


def _expected(
    strata: Sequence[tuple[pl.DataFrame, int]], sums: Sequence[Sum]
) -> tuple[Vector, Vector]:
    """Mean and variance of each sum if the people of each stratum were drawn at random."""
    parts = [(n, contributions(candidates, sums)) for candidates, n in strata]
    return (
        np.sum([n * matrix.mean(axis=1) for n, matrix in parts], axis=0),
        np.sum([n * matrix.var(axis=1) for n, matrix in parts], axis=0),
    )


def _has_reason(course: int, reason: str | None) -> pl.Expr:
    is_given = _is_received(course) & pl.col(f"reason_{course}").eq_missing(pl.lit(reason))
    return is_given.cast(pl.Float64)


def _is_received(course: int) -> pl.Expr:
    """Received by the horizon, by a patient who entered the extension."""
    return pl.col("is_extension") & (pl.col("courses_through_horizon") >= course)


def remainder(printed: Printed, before: pl.DataFrame) -> list[Sum]:
    """All numbers told of several groups, less what the groups chosen before contribute."""
    sums = overall(printed)
    taken = contributions(before, sums).sum(axis=1)
    return [
        Sum(item.name, item.of, item.low - done, item.high - done)
        for item, done in zip(sums, taken, strict=True)
    ]


def overall(printed: Printed) -> list[Sum]:
    """Every number that is told of the 811, the 742, or the 293."""
    return [
        *table_1(printed, column_of_table_1(0, gd_observed="P0221"), printed.count("P0126")),
        *table_2(printed, "overall"),
        *_told_of_several(printed),
    ]


def _told_of_several(printed: Printed) -> list[Sum]:
    """Core studies, the additional-courses column of Table 2, courses of the entrants."""
    sums = [
        Sum("CAMMS323", pl.col("core_study_id") == "CAMMS323", 376, 376),
        Sum("24 mg planned", pl.col("planned_arm_code") == "ALEM24", 9, 9),
    ]
    is_additional = flag("is_additional")
    sums += [
        Sum(f"additional-courses {item.name}", _only(item.of, is_additional), item.low, item.high)
        for item in table_2(printed, "additional-courses")
    ]
    for course, year, printed_id in ((3, 3, "P0051"), (4, 4, "P0053")):
        in_year = (pl.col(f"course_day_{course}") / DAYS_PER_YEAR).floor() == year - 1
        sums.append(
            printed.exactly(
                f"Course {course} in Year {year}",
                (_is_received(course) & in_year).cast(pl.Float64),
                printed_id,
            )
        )
    for course in (3, 4):
        received = _is_received(course).cast(pl.Float64)
        for reason, ids in _REASONS.items():
            sums += printed.share(
                f"Course {course} for {reason}",
                _has_reason(course, reason),
                received,
                ids[course - 3],
            )
    for total, course, first in _INTERVALS:
        sums += _interval(printed, total, course, first)
    return sums


def _only(of: pl.Expr, is_member: pl.Expr) -> pl.Expr:
    return of.cast(pl.Float64).fill_null(0.0) * is_member


def _interval(printed: Printed, total: int, course: int, first: int) -> list[Sum]:
    """Mean, median, least and greatest interval of those with exactly `total` courses."""
    n = {3: printed.count("P0045"), 4: printed.count("P0047")}[total]
    mean, median, least, most = (printed.interval(f"P{first + i:04d}") for i in range(4))
    is_member = pl.col("is_extension") & (pl.col("courses_through_horizon") == total)
    years = pl.col(f"interval_{course}") / DAYS_PER_YEAR
    name = f"{total} courses, interval {course}"

    def members(condition: pl.Expr) -> pl.Expr:
        return (is_member & condition).cast(pl.Float64)

    # With an even number the median is the mean of the two in the middle; both are kept inside.
    half = n // 2 if n % 2 else n // 2 - 1
    return [
        *ratio(
            f"{name} mean",
            pl.when(is_member).then(years).otherwise(0.0),
            members(pl.lit(True)),
            mean,
        ),
        Sum(f"{name} below the median", members(years < median.low), 0, half),
        Sum(f"{name} above the median", members(years > median.high), 0, half),
        Sum(f"{name} too short", members(years < least.low), 0, 0),
        Sum(f"{name} shortest", members(years <= least.high), 1, math.inf),
        Sum(f"{name} too long", members(years > most.high), 0, 0),
        Sum(f"{name} longest", members(years >= most.low), 1, math.inf),
    ]
