"""The blocks that are chosen one after another, and what each must add up to.

Belongs here: which candidates, quotas and sums make a block: the four efficacy groups, each by
itself, then all other patients, who close every number that is told of all (overall columns,
additional-courses group, courses of the extension entrants). Does not belong here: how sums
follow from printed values (`targets`), the search (`choose`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from reconstruction import closing, targets
from reconstruction.choose import Sum
from reconstruction.narratives import NARRATIVES
from reconstruction.pool import RULES
from reconstruction.printed import Printed
from reconstruction.strata import (
    EARLY_DAYS,
    GROUP_SIZES,
    REMAINDER,
    has_only_early_days,
    is_early_on,
    is_ordinary_path,
    is_whole_at_baseline,
)
from reconstruction.targets import Tuning
from transforms.rules import DAYS_PER_MONTH

#: Number of the column of Table 1, and the id of its footnote on observed Gd counts.
_TABLE_1 = {
    "2-courses": (1, "P0222"),
    "3-courses": (2, "P0223"),
    "4-courses": (3, None),
    "5plus-courses": (4, None),
}
#: Patients with an EDSS at Year 8 or Month 36. 24 of the 4-courses group, where 20 are under
#: follow-up to Month 36: the visit's window begins earlier (T-07), and no 20 or 21 half points
#: have the printed interval (analysis plan, section 6).
N_EDSS = {"2-courses": 262, "3-courses": 87, "4-courses": 24}
RETAINED = {
    "2-courses": "P0087",
    "3-courses": "P0090",
    "4-courses": "P0093",
    "5plus-courses": "P0096",
}


@dataclass(frozen=True)
class Block:
    """Patients that are chosen together.

    Attributes:
        name: efficacy group, or "remainder".
        quotas: patients by stratum, narrated ones apart.
        is_fit: which candidates of these strata may be taken.
        sums: from printed values, tuning and who was chosen before: what must hold of the block
            by itself; its fair shares come on top.
    """

    name: str
    quotas: Mapping[str, int]
    is_fit: pl.Expr
    sums: Callable[[Printed, Tuning, pl.DataFrame], list[Sum]]


def blocks() -> list[Block]:
    """All blocks, the tightest first, the closing one last."""
    groups = [
        _group_block(name) for name in ("4-courses", "3-courses", "5plus-courses", "2-courses")
    ]
    quotas = {name: size for name, (_, size) in REMAINDER.items()}
    remainder = Block(
        "remainder",
        quotas,
        is_whole_at_baseline() & has_only_early_days("remainder") & _is_free_of_narrated_events(),
        lambda printed, _tuning, before: [
            *_early("remainder"),
            targets.age_with_edss(printed, sum(quotas.values())),
            *closing.remainder(printed, before),
        ],
    )
    return [*groups, remainder]


def _group_block(name: str) -> Block:
    narrated = [item.name for item in NARRATIVES if item.group_id == name]
    quotas = {name: GROUP_SIZES[name] - len(narrated), **dict.fromkeys(narrated, 1)}
    is_fit = is_whole_at_baseline() & has_only_early_days(name)
    if name != "2-courses":
        is_fit &= _is_free_of_narrated_events()
    if name == "4-courses":
        # All 62 have a scan before the course: no number of 61 patients is 53% of them.
        is_fit &= pl.col("c4_mri_before").is_not_null()

    def sums(printed: Printed, tuning: Tuning, _before: pl.DataFrame) -> list[Sum]:
        number, gd_id = _TABLE_1[name]
        n = GROUP_SIZES[name]
        column = targets.column_of_table_1(number, gd_observed=gd_id)
        found = [*targets.table_1(printed, column, n), *_early(name)]
        found.append(targets.age_with_edss(printed, n))
        if name == "2-courses":
            found += targets.two_courses(printed, N_EDSS[name], tuning)
            found += closing.table_2(printed, "2-courses")
        if name in ("3-courses", "4-courses"):
            found += targets.around_course(printed, int(name[0]), n, N_EDSS[name], tuning)
        if name == "3-courses":
            # Nothing printed asks for it: without somebody close to the landmark, a landmark a
            # month early would change no number.
            found.append(Sum("Course 3 in Month 84", _in_last_month(), 1, GROUP_SIZES[name]))
        found.append(printed.exactly("retained", targets.flag("retained"), RETAINED[name]))
        return found

    return Block(name, quotas, is_fit, sums)


def _in_last_month() -> pl.Expr:
    """Whether Course 3 was given in the last month before the landmark."""
    day = pl.col("course_day_3")
    return day.is_between(RULES.landmark_day - DAYS_PER_MONTH, RULES.landmark_day, closed="left")


def _is_free_of_narrated_events() -> pl.Expr:
    """In the additional-courses group only the narrated have had any of these."""
    is_any = pl.any_horizontal("has_itp", "has_nephropathy", "has_malignancy", "is_dead")
    return pl.col("narrative").is_not_null() | ~pl.col("is_additional") | ~is_any


def _early(block: str) -> list[Sum]:
    """Every printed day of an early course that the block has to give, as often as printed."""
    return [
        Sum(
            f"early Course {course} on day {day}",
            is_early_on(course, day),
            days.count(day),
            days.count(day),
        )
        for course, days in EARLY_DAYS.get(block, {}).items()
        for day in sorted(set(days))
    ]


def shares(printed: Printed, pool: pl.DataFrame) -> dict[str, list[Sum]]:
    """Fair shares of the efficacy groups in the numbers told of several strata."""
    people = {}
    for block in blocks():
        fit = candidates(block, pool)
        people[block.name] = [(fit.filter(stratum=name), n) for name, n in block.quotas.items()]
    found = closing.fair_shares(printed, people)
    return {name: found[name] for name in GROUP_SIZES}


def candidates(block: Block, pool: pl.DataFrame) -> pl.DataFrame:
    """Who may be taken into a block."""
    # The 4-courses group leaves too few ways to ask for this, too.
    is_ordinary = pl.lit(True) if "4-courses" in block.quotas else is_ordinary_path()
    return pool.filter(pl.col("stratum").is_in(list(block.quotas)), block.is_fit, is_ordinary)
