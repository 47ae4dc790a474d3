"""What a case of the specification is: drawn tables in, the drawn answer out.

Does not belong here: how drawn rows become raw tables (`world`), how a case is shown (`page`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contrast:
    """The answer to the same case under another value of a rule.

    Attributes:
        rules: changed fields of `Rules`, by name.
        expect: the answer then, drawn like the case's own.
    """

    rules: Mapping[str, Any]
    expect: str


@dataclass(frozen=True)
class Case:
    """One rule, shown on a few rows.

    Attributes:
        rule_id: rule of the analysis plan.
        title: what is shown, in a few words.
        text: one or two sentences for a statistician.
        given: drawn input, by raw dataset or short-hand (`world.SHORT_HANDS`).
        asks: SQL name of the table that is asked; of `results.*` a row is shown per cell,
            with its statistics as columns.
        expect: drawn answer: all rows that `where` leaves, in any order. Columns are those of
            the table (`patient` = person_id). A number is exact, after `≈` rounded as drawn.
        where: value, or values, that a column must have for a row to be shown.
        rules: fields of `Rules` that the case changes.
        how: how to reckon the answer by hand.
        contrasts: answers under other rules.
    """

    rule_id: str
    title: str
    text: str
    given: Mapping[str, str]
    asks: str
    expect: str
    where: Mapping[str, str | bool | int | tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    how: str = ""
    contrasts: tuple[Contrast, ...] = ()
