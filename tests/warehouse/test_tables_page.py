"""docs/tables.md is what the contracts say."""

from pathlib import Path

from warehouse.contracts.page import EVERY_TABLE, tables_page

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"


def test_page_is_current() -> None:
    told = PAGE.read_text(encoding="utf-8")
    assert told == tables_page(), "run: python -m warehouse.contracts.page > docs/tables.md"


def test_page_tells_every_table_and_column() -> None:
    page = tables_page()
    for table in EVERY_TABLE:
        assert table.sql_name in page
        for column in table.columns:
            assert f"| {column.name} |" in page
