"""The page of the specification, `docs/specification.md`, made from the cases themselves.

Write it anew with `PYTHONPATH=tests python -m specification.page > docs/specification.md`; a
test compares it with the cases.
"""

import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from transform_spec import CUTOFF, DAY0, RULES, parse

from specification.case import Case
from specification.catalogue import CASES
from specification.catalogue import RULES as RULE_NAMES
from specification.drawing import header
from specification.world import SHORT_HANDS

FAMILIES = {
    "T": "Studies and time",
    "C": "Courses",
    "S": "Populations",
    "W": "Windows",
    "E": "Endpoints",
}

INTRODUCTION = f"""\
# Specification

Each rule of the analysis, shown on a few rows: what goes in, what must come out. The cases are
tests (`tests/specification/`): the drawn rows are read as an extract would be and go through the
same code as a cut does. This page is made from them:
`PYTHONPATH=tests python -m specification.page > docs/specification.md`.

How to read it:

- Numbers of days count from {DAY0.day} {DAY0:%B %Y}, which is day 0 of every patient whose first course is
  drawn on day 0. The cut-off is {CUTOFF.day} {CUTOFF:%B %Y}, day {(CUTOFF - DAY0).days}; the horizon is {RULES.horizon_years}
  years, to day {RULES.horizon_end_day:g}. Where a case changes a rule,
  it says so.
- Several patients, or several days, in one cell stand for a row each. An empty cell is a missing
  value. Studies: C1 and C2 are the core studies CARE-MS I and II, E the extension, T TOPAZ.
- A table of results has a line per cell, its statistics as columns; `NE` is "not estimable".
  `≈` marks a number that is shown rounded; all others are exact.
- "with `…`" gives the answer to the same rows under another value of a rule.

Short-hands for input rows; any other name is a raw dataset with its SDTM variables:

| table | a row stands for |
|---|---|
| patients | a patient: arm as treated (12 mg unless told), the days of courses (day 0 unless told), entry into extension and TOPAZ, days on which the patient was seen, day of death |
| relapses | confirmed relapses (unless told otherwise) with onset on these days, or as `told` |
| edss | EDSS scores, one per column, which is named by its day; `u` = unscheduled visit, `r` = visit for a relapse |
| scans | brain scans on these days: Gd-enhancing, new or enlarging T2, new T1 hypointense lesions (0 unless told) |
| reasons | the reason for the course that starts on that day |

Where no patients are drawn, there is P1, whose first course is on day 0.
"""  # noqa: E501


def specification_page() -> str:
    """All cases as one page of Markdown, by rule."""
    parts = [INTRODUCTION, _contents()]
    family = ""
    for rule_id, name in RULE_NAMES.items():
        if rule_id[0] != family:
            family = rule_id[0]
            parts.append(f"## {FAMILIES[family]}\n")
        parts.append(f"### {rule_id}\n\n**{name}**\n")
        parts += [_section(case) for case in CASES if case.rule_id == rule_id]
    return "\n".join(parts)


def _contents() -> str:
    """The rules by family, each linked to its place."""
    lines = []
    for family, title in FAMILIES.items():
        links = [
            f"[{rule_id}](#{rule_id.lower()}) {name}"
            for rule_id, name in RULE_NAMES.items()
            if rule_id.startswith(family)
        ]
        lines.append(f"- {title}: {' · '.join(links)}")
    return "\n".join(lines) + "\n"


def _section(case: Case) -> str:
    parts = [f"#### {case.title}\n\n{_text(case.text)}"]
    if case.rules:
        parts.append(f"Rules: {_rules(case.rules)}.\n")
    for name, drawing in case.given.items():
        caption = f"*{name}*" if name in SHORT_HANDS else f"`raw.{name}`"
        parts.append(f"{caption}\n\n{_table(drawing)}")
    parts.append(f"→ `{case.asks}`{_where(case)}\n\n{_table(case.expect)}")
    if case.how:
        parts.append(_text(f"By hand: {case.how}"))
    parts += [
        f"→ with {_rules(contrast.rules)}\n\n{_table(contrast.expect)}"
        for contrast in case.contrasts
    ]
    return "\n".join(parts)


def _text(text: str) -> str:
    return textwrap.fill(text, 100, break_on_hyphens=False) + "\n"


def _where(case: Case) -> str:
    tests = [f"{name} = {_values(value)}" for name, value in case.where.items() if value != ""]
    return f", where {', '.join(tests)}" if tests else ""


def _values(value: Any) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return " or ".join(f"`{_plain(item)}`" for item in values)


def _plain(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _rules(rules: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name} = {_plain(value)}`" for name, value in rules.items())


def _table(drawing: str) -> str:
    """A drawn table as Markdown, its columns aligned."""
    names = header(drawing)
    rows = [[cell or "" for cell in row.values()] for row in parse(drawing)]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = [_line(names, widths), _line(["-" * width for width in widths], widths)]
    return "\n".join([*lines, *(_line(row, widths) for row in rows), ""])


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return (
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        + " |"
    )


if __name__ == "__main__":
    sys.stdout.write(specification_page())
