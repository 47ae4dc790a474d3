"""Every published number of the hand-worked patients, by the key under which it is published.

Belongs here: the keys of the landing contract ("names to keep") for the tables of
`hand_numbers.py`. No arithmetic: that is in `hand_formulas.py`.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import hand_formulas as paper
from hand_numbers import ARR, BEFORE_AFTER, FUNNEL, RELAPSE_FREE
from hand_patients import read

IN_EXTENSION = 16


class Key(NamedTuple):
    """The dimensions of a result row that this release uses."""

    analysis_id: str
    population: str
    group_id: str
    statistic: str
    category: str = ""
    anchor: str = ""
    analysis_window: str = ""
    timepoint: str = ""
    comparator: str = ""
    scenario: str = "primary"


class Expected(NamedTuple):
    """A value, None where not estimable, and the number of patients behind it."""

    value: float | None
    n_total: int


def expected_results() -> dict[Key, Expected]:
    """All rows of `results.result`."""
    return {**_arr(), **_before_after(), **_relapse_free(), **_funnel()}


def arr_cells() -> list[tuple[str, str, str, paper.Numbers, str, str]]:
    """Group, anchor, window, numbers, fit and "rate (low to high)" of each rate on paper."""
    cells = []
    for (group, anchor), table in ARR.items():
        header, *lines = table.strip().splitlines()
        n = len(header.split()) - 3
        for line in lines:
            window, *told, fit, shown = line.split(maxsplit=n + 2)
            at_risk = [cell.split("/") for cell in told if cell != "-"]
            events = [int(count) for count, _ in at_risk]
            days = [_days(time) for _, time in at_risk]
            cells.append((group, anchor, window, paper.rate(events, days, fit), fit, shown))
    return cells


def before_after_cells() -> list[tuple[str, str, dict[str, paper.Numbers]]]:
    """Group, course, and the numbers before, after and of their ratio."""
    cells = []
    for row in read(BEFORE_AFTER):
        before = [int(count) for count in row["before"].split(",")]
        after = [int(count) for count in row["after"].split(",")]
        numbers = dict(
            zip(("before", "after", "ratio"), paper.before_after(before, after), strict=True)
        )
        cells.append((row["group"], row["anchor"], numbers))
    return cells


def relapse_free_cells() -> list[tuple[str, str, str, str, int, paper.Numbers]]:
    """Analysis, group, anchor, window, denominator and numbers of each relapse-free share."""
    cells = []
    for (group, anchor), table in RELAPSE_FREE.items():
        for row in read(table):
            year = int(row["window"])
            for reading in ("cumulative", "per_year"):
                free, total = (int(count) for count in row[reading].split("/"))
                window = _window(anchor, year, reading == "cumulative")
                name = f"relapse_free.{reading}"
                cells.append((name, group, anchor, window, total, paper.share(free, total)))
            if row["S"] != "-":
                total = int(row["cumulative"].partition("/")[2])
                curve = paper.kaplan_meier(row["S"], int(row["events"]), int(row["at_risk"]))
                window = _window(anchor, year, True)
                cells.append(("relapse_free.km", group, anchor, window, total, curve))
    return cells


def shown(key: Key, value: float | None) -> str:
    """A value as presented: decimals as the paper prints them, p of 0.05 and more as NS."""
    if value is None:
        return "NE"
    if key.statistic in ("p", "p_score"):
        return "NS" if value >= 0.05 else rounded(value, 4)
    is_share = key.statistic.startswith("ci_") and key.analysis_id.startswith("relapse_free.")
    return rounded(value, 0 if is_share else DIGITS[key.statistic])


DIGITS = {
    "n_events": 0, "n_patients": 0, "at_risk": 0, "pct": 0, "person_years": 1,
    "rate": 2, "rate_ratio": 2, "ci_low": 2, "ci_high": 2, "se": 3, "k": 3,
}  # fmt: skip


def rounded(value: float, digits: int) -> str:
    """Rounded half away from zero, which Python's own `round` does not do."""
    # 15 significant digits: what is 12.5 on paper must not round down as 12.4999….
    exact = Decimal(f"{value:.15g}")
    return str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _days(time: str) -> float:
    return float(time[:-1]) * paper.YEAR if time.endswith("y") else float(time)


def _window(anchor: str, year: int, is_cumulative: bool) -> str:
    """Name of a year's window: Y3 or Y0..Y3; of a course M24..M36 or M0..M36."""
    if anchor == "core-baseline":
        return f"Y0..Y{year}" if is_cumulative else f"Y{year}"
    start = 0 if is_cumulative and year > 0 else 12 * (year - 1)
    return f"M{start}..M{12 * year}"


def _arr() -> dict[Key, Expected]:
    return {
        Key(
            "arr.window", "efficacy", group, statistic, anchor=anchor, analysis_window=window
        ): Expected(value, int(numbers["n_patients"] or 0))
        for group, anchor, window, numbers, _, _ in arr_cells()
        for statistic, value in numbers.items()
    }


def _before_after() -> dict[Key, Expected]:
    rows = {}
    windows = {
        "before": ("M-12..M0", ""),
        "after": ("M0..M12", ""),
        "ratio": ("M0..M12", "M-12..M0"),
    }
    for group, anchor, sides in before_after_cells():
        for side, numbers in sides.items():
            window, comparator = windows[side]
            for statistic, value in numbers.items():
                key = Key(
                    "arr.before_after", "efficacy", group, statistic,
                    anchor=anchor, analysis_window=window, comparator=comparator,
                )  # fmt: skip
                rows[key] = Expected(value, int(numbers["n_patients"] or 0))
    return rows


def _relapse_free() -> dict[Key, Expected]:
    return {
        Key(name, "efficacy", group, statistic, anchor=anchor, analysis_window=window): Expected(
            value, total
        )
        for name, group, anchor, window, total, numbers in relapse_free_cells()
        for statistic, value in numbers.items()
    }


def _funnel() -> dict[Key, Expected]:
    rows = {}
    for row in read(FUNNEL):
        category = row["label"] if row["kind"] == "exclusion" else ""
        count, is_share = int(row["n"]), row["pct"] != "-"
        total = IN_EXTENSION if is_share else count
        key = Key("funnel", row["population"], row["group"], "n_patients", category)
        rows[key] = Expected(count, total)
        if is_share:
            rows[key._replace(statistic="pct")] = Expected(float(row["pct"]), total)
    return rows
