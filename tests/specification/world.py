"""Runs a case: drawn rows to raw rows, those through the tables of the lake in memory.

Raw rows are those of `transform_spec.Trial`, with short-hands for what most cases need; tables are
computed as a refresh computes them (`orchestration.compute`). Does not belong here: any case, and
how an answer is compared (`drawing`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from transform_spec import RULES, Trial, day, parse

from orchestration.compute import replay
from orchestration.tables import DERIVED_TABLES
from specification.case import Case
from specification.drawing import Rows, told_rows
from warehouse.contracts.results import KEY

Row = dict[str, str | None]

#: Who is there in a case that draws no patients.
DEFAULT_PATIENTS = "| patient |\n| P1 |"
VISIT_OF_SUFFIX = {"u": "UNSCHEDULED", "r": "RELAPSE ASSESSMENT"}
NOT_ESTIMABLE = "NE"


def answer(case: Case, rules: Mapping[str, Any], expect: str) -> Rows:
    """Rows that the code gives for a case, in the columns of a drawn answer.

    Args:
        case: the case.
        rules: fields of `Rules` to change beyond those of the case.
        expect: the drawn answer.
    """
    trial = trial_of(case, rules)
    raw = {f"raw.{name}": frame for name, frame in trial.raw().items()}
    every = [table.sql_name for table in DERIVED_TABLES]
    table = replay(raw, trial.rules, again=every, targets=[case.asks])[case.asks].collect()
    rows = _cells(table) if case.asks.startswith("results.") else table.to_dicts()
    shown = [{"patient": row.get("person_id"), **row} for row in rows if _is_shown(row, case)]
    return told_rows(shown, expect)


def trial_of(case: Case, rules: Mapping[str, Any]) -> Trial:
    """The raw rows of a case, and the rules under which they are read."""
    trial = Trial(rules=replace(RULES, **{**case.rules, **rules}))
    for name, drawing in ({"patients": DEFAULT_PATIENTS} | dict(case.given)).items():
        add = SHORT_HANDS.get(name, lambda trial, row, name=name: _add_raw(trial, name, row))
        for row in parse(drawing):
            for patient in (row.pop("patient", None) or "P1").split():
                add(trial, {"usubjid": patient} | row)
    return trial


def _is_shown(row: Mapping[str, Any], case: Case) -> bool:
    """Whether a row has the values that the case looks at."""
    wanted = {
        name: (value,) if isinstance(value, str | bool | int) else value
        for name, value in case.where.items()
    }
    return all(row[name] in values for name, values in wanted.items())


def _cells(result: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per cell: its dimensions, its denominator and each statistic as a column."""
    cells: dict[tuple[str, ...], dict[str, Any]] = {}
    dimensions = [name for name in KEY if name != "statistic"]
    for row in result.to_dicts():
        key = tuple(row[name] for name in dimensions)
        cell = cells.setdefault(key, dict(zip(dimensions, key, strict=True)))
        value = row["value"] if row["is_estimable"] else NOT_ESTIMABLE
        cell |= {row["statistic"]: value, "n_total": row["n_total"]}
    return list(cells.values())


def _days(cell: str | None) -> tuple[int, ...]:
    return tuple(map(int, (cell or "").split()))


def _shared(row: Row) -> dict[str, Any]:
    """Patient and study of a drawn row; `study` is the name of STUDYID on the page."""
    study = row.pop("study", None)
    return {"usubjid": row.pop("usubjid")} | ({} if study is None else {"studyid": study})


def _add_raw(trial: Trial, dataset: str, row: Row) -> None:
    """A raw row; of several days one on each."""
    shared = _shared(row)
    days = _days(row.pop("day", None))
    for values in [{"day": number} for number in days] or [{}]:
        trial.add(dataset, **shared, **values, **row)


def _add_patient(trial: Trial, row: Row) -> None:
    """DM of the studies entered, an infusion per course, visits in the study of their day."""
    shared = _shared(row)
    seen = _days(row.pop("seen", None))
    courses = _days(row.pop("courses", "0"))
    moments = {
        name: None if (cell := row.pop(name, None)) is None else int(cell)
        for name in ("extension", "topaz", "died")
    }
    arm = row.pop("arm", None) or "ALEM12"
    trial.person(**shared, arm=arm, courses=courses, **moments, **row)
    for number in seen:
        for study, entry in (("T", moments["topaz"]), ("E", moments["extension"])):
            if entry is not None and number >= entry:
                trial.add("sv", **shared | {"studyid": study}, day=number)
                break
        else:
            trial.add("sv", **shared, day=number)


def _add_relapses(trial: Trial, row: Row) -> None:
    """CE rows with their CONFFL; `onset` holds days, `told` one date as the patient tells it."""
    onsets = _days(row.pop("onset", None)) or (row.pop("told") or "",)
    row.pop("told", None)
    trial.relapse(*onsets, confirmed=row.pop("confirmed", "Y"), **_shared(row), **row)


def _add_edss(trial: Trial, row: Row) -> None:
    """A score per column, named by its day; `3.0u` = unscheduled visit, `3.0r` = for a relapse."""
    shared = _shared(row)
    for number, cell in row.items():
        if cell is None:
            continue
        points = cell.rstrip("".join(VISIT_OF_SUFFIX))
        visit = {} if points == cell else {"visit": VISIT_OF_SUFFIX[cell[-1]]}
        trial.edss(int(number), float(points), **shared, **visit)


def _add_scans(trial: Trial, row: Row) -> None:
    """A scan on each day; a count that has no column is 0, one that is missing stays missing."""
    shared = _shared(row)
    counts = {
        name: None if (cell := row.pop(name, "0")) is None else int(cell)
        for name in ("gd", "t2", "t1")
    }
    for number in _days(row.pop("day")):
        trial.scan(number, **counts, **shared, **row)


def _add_reason(trial: Trial, row: Row) -> None:
    """SUPPEX of the infusion on that day."""
    shared = _shared(row)
    infusion_day = day(int(row["day"] or 0))
    (infusion,) = (
        infusion
        for infusion in trial.rows["ex"]
        if (infusion["usubjid"], infusion["exstdtc"]) == (shared["usubjid"], infusion_day)
    )
    trial.add(
        "suppex",
        usubjid=infusion["usubjid"],
        studyid=infusion["studyid"],
        idvarval=f"{infusion['exseq']:.0f}",
        qval=row["reason"],
    )


#: Drawn tables that stand for usual records; any other name is a raw dataset.
SHORT_HANDS: dict[str, Callable[[Trial, Row], None]] = {
    "patients": _add_patient,
    "relapses": _add_relapses,
    "edss": _add_edss,
    "scans": _add_scans,
    "reasons": _add_reason,
}
