"""How a drawn answer is compared with a computed one."""

from datetime import date

import pytest

from specification.drawing import drawn_rows, told_rows

DRAWN = """
| name | day        | rate  | is_kept | n |
| b    | 2010-03-15 | ≈0.33 | yes     | 3 |
| a    | .          | 1     | no      | . |
"""
COMPUTED = [
    {"name": "a", "day": None, "rate": 1.0, "is_kept": False, "n": None, "other": 9},
    {"name": "b", "day": date(2010, 3, 15), "rate": 1 / 3, "is_kept": True, "n": 3, "other": 9},
]


def test_rows_are_the_same_in_any_order_and_rounded_where_drawn_so() -> None:
    assert told_rows(COMPUTED, DRAWN) == drawn_rows(DRAWN)
    assert told_rows(COMPUTED[::-1], DRAWN) == drawn_rows(DRAWN)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "c"},
        {"day": None},
        {"rate": 0.336},
        {"is_kept": False},
        {"n": 3.000001},
        {"n": None},
    ],
)
def test_another_value_is_another_row(change: dict[str, object]) -> None:
    assert told_rows([COMPUTED[0], COMPUTED[1] | change], DRAWN) != drawn_rows(DRAWN)


def test_no_row_and_a_row_too_many_are_seen() -> None:
    assert told_rows(COMPUTED[:1], DRAWN) != drawn_rows(DRAWN)
    assert told_rows([*COMPUTED, COMPUTED[0]], DRAWN) != drawn_rows(DRAWN)
    assert told_rows([], "| name |") == drawn_rows("| name |") == []


def test_a_column_that_is_not_computed_is_an_error() -> None:
    with pytest.raises(KeyError, match="nmae"):
        told_rows(COMPUTED, "| nmae |\n| a |")
