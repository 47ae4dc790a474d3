"""Every table and figure of the paper is a set of rows of a release, where its page says."""

import re
from pathlib import Path

import pytest

from warehouse.database import query

PAGE = Path(__file__).parents[2] / "docs" / "tables_and_figures.md"
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
QUERIES = [text.strip() for block in BLOCKS for text in block.split(";") if text.strip()]


def test_the_page_has_its_queries():
    assert len(QUERIES) >= 20


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_of_the_page_answers(published_lake, text):
    from warehouse.release import current

    rows = query(current(published_lake).database, text)
    assert rows.height > 0
