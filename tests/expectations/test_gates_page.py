"""docs/gates.md is what the suites say."""

from pathlib import Path

from expectations.page import PAGE_RULES, gates_page
from expectations.suites import all_suites

PAGE = Path(__file__).parents[2] / "docs" / "gates.md"


def test_page_is_current() -> None:
    assert PAGE.read_text() == gates_page(), "run: python -m expectations.page > docs/gates.md"


def test_page_tells_every_expectation() -> None:
    page = gates_page()
    for name, suite in all_suites(PAGE_RULES).items():
        section = page.split(f"### {name}\n")[1].split("\n### ")[0]
        for item in suite.expectations:
            assert item.id in section
