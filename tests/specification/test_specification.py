"""The code gives what the specification says, for every rule; the page shows it."""

from pathlib import Path

import pytest

from specification.case import Case, Contrast
from specification.catalogue import CASES, RULES
from specification.drawing import drawn_rows
from specification.page import specification_page
from specification.world import answer

PAGE = Path(__file__).parents[2] / "docs" / "specification.md"
CONTRASTS = [(case, contrast) for case in CASES for contrast in case.contrasts]


def name(case: Case) -> str:
    return f"{case.rule_id} {case.title}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_code_gives_the_drawn_answer(case: Case) -> None:
    assert answer(case, {}, case.expect) == drawn_rows(case.expect)


@pytest.mark.parametrize(
    ("case", "contrast"),
    CONTRASTS,
    ids=[f"{name(case)} {dict(contrast.rules)}" for case, contrast in CONTRASTS],
)
def test_another_rule_gives_another_answer(case: Case, contrast: Contrast) -> None:
    assert drawn_rows(contrast.expect) != drawn_rows(case.expect)
    assert answer(case, contrast.rules, contrast.expect) == drawn_rows(contrast.expect)


def test_every_rule_of_the_plan_has_a_case() -> None:
    numbers = {"T": 8, "C": 5, "S": 10, "W": 6, "E": 17}
    plan = [f"{family}-{n:02d}" for family, last in numbers.items() for n in range(1, last + 1)]
    assert list(RULES) == plan
    assert {case.rule_id for case in CASES} == set(plan)


def test_no_two_cases_of_a_rule_have_one_title() -> None:
    assert len({name(case) for case in CASES}) == len(CASES)


def test_page_is_current() -> None:
    assert PAGE.read_text() == specification_page(), (
        "run: PYTHONPATH=tests python -m specification.page > docs/specification.md"
    )
