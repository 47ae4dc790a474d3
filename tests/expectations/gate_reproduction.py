"""The comparison with printed values of the tiny world (`gate_world`): one row per reading.

The computed values stand here as numbers: the gate reads them again from the other tables.
"""

from gate_patients import Row
from gate_results import DATA_CUT

_DAYS_PER_MONTH = 365.25 / 12
_FREE = "relapse_free.cumulative|efficacy|3-courses||{}|{}|||primary|pct"
_AFTER, _AFTER_2 = _FREE.format("course-3", "M0..M12"), _FREE.format("course-3", "M0..M24")
_TOTAL = "course.total|extension|overall|{}|||||primary|n_patients"
_P = "arr.before_after|efficacy|3-courses||course-3|M0..M12||M-12..M0|primary|p"
_NE = "cdw.km|efficacy|3-courses||core-baseline|Y0..Y1|Y1||primary|ci_low"
_CANCER = "additional-courses|malignancy|Basal cell carcinoma|3|1"
_MONTHS = 151 / _DAYS_PER_MONTH


def _row(
    number: int,
    reading: str,
    key: str,
    printed: str,
    computed: float | None,
    text: str | None,
    outcome: str,
    **values: object,
) -> Row:
    places = len(printed.partition(".")[2])
    off = None if computed is None else (computed - float(printed)) * 10.0**places
    return {
        **dict.fromkeys(("location", "group_name", "endpoint", "timepoint", "statistic"), "x"),
        **dict.fromkeys(("qualifier", "unit", "note"), ""),
        "published_id": f"P{number:04d}",
        "kind": "estimated",
        "source_table": "results.result",
        "reading": reading,
        "source_key": key,
        "printed_text": printed,
        "printed_value": float(printed),
        "decimals": places,
        "computed_value": computed,
        "computed_text": text,
        "outcome": outcome,
        "units_off": off,
        "data_cut": DATA_CUT,
        **values,
    }


def reproduction() -> list[Row]:
    """Fresh rows; all are as the other tables of the world have it."""
    of_patient = {"kind": "narrated", "source_table": "windows.line_listing"}
    of_design = {"kind": "design", "source_table": "configuration"}
    two, three = _TOTAL.format("2 courses"), _TOTAL.format("3 courses")
    return [
        _row(1, "value", _AFTER, "100", 100.0, "100", "match"),
        _row(2, "value", _AFTER, "94", 100.0, "100", "difference"),
        _row(3, "below", _P, "0.05", 0.01, "<0.05", "match"),
        _row(4, "below", _P, "0.001", 0.01, "0.010", "difference"),
        _row(5, "n_total", _TOTAL.format("2 courses"), "2", 2.0, "2", "match"),
        _row(6, "min", f"{_AFTER}; {_AFTER_2}", "0.4", 0.0, "0.0", "difference"),
        _row(7, "max", f"{_AFTER}; {_AFTER_2}", "100", 100.0, "100", "match"),
        _row(8, "share", f"{two}; {two}; {three}", "200", 200.0, "200", "match"),
        _row(9, "value", _NE, "1", None, None, "absent"),
        _row(10, "value", "no|such|row", "1", None, None, "absent"),
        _row(11, "months", _CANCER, "5", _MONTHS, "5", "match", **of_patient),
        _row(12, "grade", _CANCER, "3", 2.0, "2", "difference", **of_patient),
        _row(13, "days", _CANCER, "151", 151.0, "151", "match", **of_patient),
        _row(14, "year", _CANCER, "4", 4.0, "4", "match", **of_patient),
        _row(15, "year", f"{_CANCER[:-1]}2", "4", None, None, "absent", **of_patient),
        _row(
            16,
            "others",
            "overall|malignancy|Lymphoma||",
            "1",
            1.0,
            "1",
            "match",
            source_table="windows.line_listing",
        ),
        _row(17, "setting", "rules.iar_hours", "24", 24.0, "24", "match", **of_design),
        _row(18, "setting", "rules.data_cut", "0", None, DATA_CUT, "match", **of_design)
        | {"printed_text": DATA_CUT, "printed_value": None, "decimals": None, "unit": "date"},
    ]
