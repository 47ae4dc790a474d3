"""Drawn answers against computed ones: both as rows of text that can be compared.

An empty or `.` cell is a missing value, a flag is `yes` or `no`, a number is exact; after `≈`
it is rounded to the digits drawn.
"""

from collections.abc import Sequence
from typing import Any

from transform_spec import parse

MISSING = "."
ROUNDED = "≈"

Rows = list[tuple[str, ...]]


def header(drawing: str) -> list[str]:
    """Column names of a drawn table, which may have no rows."""
    return [cell.strip() for cell in drawing.strip().splitlines()[0].strip().strip("|").split("|")]


def drawn_rows(drawing: str) -> Rows:
    """Rows of a drawn answer, sorted."""
    drawn = parse(drawing)
    digits = _digits(drawing)
    return sorted(
        tuple(_canonical(cell, digits[name]) for name, cell in row.items()) for row in drawn
    )


def told_rows(rows: Sequence[dict[str, Any]], drawing: str) -> Rows:
    """Computed rows in the columns and with the digits of a drawn answer, sorted."""
    digits = _digits(drawing)
    return sorted(tuple(_tell(row[name], digits[name]) for name in digits) for row in rows)


def _digits(drawing: str) -> dict[str, int | None]:
    """By column the digits after the point to which it is drawn rounded; None = exact."""
    rows = parse(drawing)

    def of_column(name: str) -> int | None:
        rounded = [row[name] for row in rows if (row[name] or "").startswith(ROUNDED)]
        return max(len(cell.partition(".")[2]) for cell in rounded) if rounded else None

    return {name: of_column(name) for name in header(drawing)}


def _tell(value: Any, digits: int | None) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _number(value, digits) if isinstance(value, int | float) else str(value)


def _canonical(cell: str | None, digits: int | None) -> str:
    """A drawn cell as `_tell` writes it: 12.50 and 12.5 are the same number."""
    if cell is None:
        return MISSING
    try:
        return _number(float(cell.removeprefix(ROUNDED)), digits)
    except ValueError:
        return cell


def _number(value: float, digits: int | None) -> str:
    if digits is not None:
        return f"{ROUNDED}{value:.{digits}f}"
    return f"{round(value, 9):.9f}".rstrip("0").rstrip(".")
