"""Small tables for tests of the reproduction: printed values, result rows, listed records."""

import csv
from pathlib import Path
from typing import Any

import polars as pl

from models.reproduction.tables import MAPPING, PUBLISHED
from warehouse.contracts import RESULTS, WINDOWS

DAYS_PER_MONTH = 30.4375
#: Where a printed value comes from, if a test does not say otherwise.
VALUE = {
    "published_id": "P1",
    "decimals": "0",
    "statistic": "pct",
    "kind": "estimated",
    "source_table": "results.result",
    "reading": "value",
    "source_key": "a",
}
SETTING = {"kind": "design", "source_table": "configuration", "reading": "setting"}
LISTED = {"kind": "narrated", "source_table": "windows.line_listing"}


def write_printed(folder: Path, *rows: dict[str, str]) -> Path:
    """`published.csv` and `mapping.csv`; what a row leaves out is as in `VALUE`."""
    for name, columns in (("published.csv", PUBLISHED), ("mapping.csv", MAPPING)):
        with (folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**VALUE, **row} for row in rows)
    return folder


def results(*rows: dict[str, Any], **values: float | None) -> pl.LazyFrame:
    """Result rows by their id; those of `rows` with further columns."""
    schema = RESULTS["result"].schema
    told = [*rows, *({"result_id": name, "value": value} for name, value in values.items())]
    return pl.LazyFrame([{"n_total": 10, "method": "as planned", **row} for row in told], schema)


def listing(*rows: dict[str, Any]) -> pl.LazyFrame:
    """Listed records of the additional-courses group."""
    schema = WINDOWS["line_listing"].schema
    return pl.LazyFrame([{"is_additional": True, **row} for row in rows], schema)


def record(
    kind: str,
    description: str | None,
    course: int,
    months: float,
    *,
    grade: int | None = None,
    year: int = 0,
    **values: Any,
) -> dict[str, Any]:
    """A listed record, so many months after a course."""
    days = round(months * DAYS_PER_MONTH)
    return {
        "listing": kind,
        "description": description,
        "last_course_number": course,
        "days_since_last_course": days,
        "months_since_last_course": days / DAYS_PER_MONTH,
        "toxicity_grade": None if grade is None else str(grade),
        "study_year": year,
        **values,
    }


def early_courses(course: int, *days: int) -> list[dict[str, Any]]:
    """Early courses so many days after the one before, of patients of any group."""
    return [
        record("early course", f"Course {course}", course - 1, 0, is_additional=False)
        | {"days_since_last_course": day}
        for day in days
    ]


_ITP, _ADDITIONAL = "Immune thrombocytopenic purpura", "autoimmune event"
#: What the paper tells of single patients, as `windows.line_listing` has it.
NARRATIVES = (
    record(_ADDITIONAL, _ITP, 2, 10, grade=3),
    record(_ADDITIONAL, _ITP, 4, 4, grade=4),
    record(_ADDITIONAL, _ITP, 3, 34, grade=4),
    record(_ADDITIONAL, "Anti-glomerular basement membrane disease", 3, 4, grade=3),
    record("malignancy", "Squamous cell carcinoma", 4, 19, grade=2),
    record("malignancy", "Malignant melanoma", 3, 57, grade=2),
    record("malignancy", "Malignant melanoma in situ", 3, 59, grade=2),
    record("malignancy", "Papillary thyroid cancer", 2, 10, grade=3),
    record("malignancy", "Basal cell carcinoma", 4, 21, grade=2),
    record("malignancy", "Metastases to liver", 5, 4, grade=4),
    record("death", "Metastases to liver", 5, 12, year=8),
    record(
        "death", "Acute kidney injury; Acute respiratory distress syndrome; Sepsis", 3, 46, year=7
    ),
    record("death", "Death", 3, 17, year=7),
    record("death", "Septic shock", 5, 43, year=8),
    record("death", "Sudden death", 3, 14, year=8),
    record("death", "Atrioventricular block", 4, 26, year=8),
    record("death", "Organising pneumonia", 6, 17, year=8),
    *early_courses(3, 336, 350, 351, 352, 353, 358, 358, 359, 359, 365),
    *early_courses(4, 337, 351, 357, 358, 364, 365, 365),
    *early_courses(5, 330, 344, 351, 365, 365),
)
