"""Persons with their courses, drawn as text, for the endpoints of courses and people."""

from typing import Any

import polars as pl
from trial_tables import YEAR, table

from warehouse.contracts import CORE

HORIZON_DAY = 8 * YEAR


def courses(drawn: dict[str, str]) -> pl.LazyFrame:
    """`core.course` from `{"p": "0, 365, 900 RELAPSE"}`: days from day 0, reasons after them.

    Dates and doses, which no model reads, are left out.
    """
    rows: list[dict[str, Any]] = []
    for person, text in drawn.items():
        previous = None
        for number, item in enumerate(filter(None, text.split(", ")), start=1):
            first, _, reason = item.partition(" ")
            day = int(first)
            interval = None if previous is None else day - previous
            rows.append(
                {
                    "person_id": person,
                    "course_number": number,
                    "study_id": "CAMMS323",
                    "course_day": day,
                    "days_since_previous_course": interval,
                    "is_early": interval is not None and interval < YEAR,
                    "is_through_horizon": day < HORIZON_DAY,
                    "retreatment_reason": reason or None,
                }
            )
            previous = day
    return pl.LazyFrame(rows, schema=CORE["course"].schema)


def people(drawn: dict[str, str], **columns: dict[str, Any]) -> pl.LazyFrame:
    """`core.population` of these persons: treated, in the extension, in CARE-MS I.

    `columns` overrule that person by person: `is_extension={"p": False}`.
    """
    rows: list[dict[str, Any]] = []
    for person, text in drawn.items():
        days = [int(item.split(" ")[0]) for item in filter(None, text.split(", "))]
        row = {
            "person_id": person,
            "core_study_id": "CAMMS323",
            "is_treated": True,
            "is_extension": True,
            "courses_through_horizon": sum(day < HORIZON_DAY for day in days),
            "courses_through_cutoff": len(days),
        }
        row |= {name: values[person] for name, values in columns.items() if person in values}
        rows.append(row)
    return table(CORE["population"], rows)


def repeat(counts: dict[str, int]) -> dict[str, str]:
    """`{"0, 365": 3}` as three persons with these courses, and so on."""
    texts = [text for text, n in counts.items() for _ in range(n)]
    return {f"p{number:04d}": text for number, text in enumerate(texts)}
