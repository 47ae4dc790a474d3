"""Specification tests in tables (ehrQL style): raw rows drawn in text, answers read by column.

`table` parses an ASCII table. `Trial` holds the raw tables of one made-up trial, and runs the
transforms on them, each with what it needs, as the orchestration does: by the names of the
parameters. What a test does not draw is empty; a patient's usual records (DM, one infusion on
day 0) can be added with `Trial.person`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl

from transforms.adverse_event import derive_adverse_event
from transforms.baseline import derive_baseline
from transforms.course import derive_course
from transforms.disability_event import derive_disability_event
from transforms.edss import derive_edss
from transforms.edss_at_visit import derive_edss_at_visit
from transforms.follow_up import derive_follow_up
from transforms.line_listing import derive_line_listing
from transforms.mri_scan import derive_mri_scan
from transforms.other_dmt import derive_other_dmt
from transforms.patient import derive_patient
from transforms.patient_course_window import derive_patient_course_window
from transforms.population import derive_population
from transforms.relapse import derive_relapse
from transforms.rules import Rules
from transforms.safety_event import derive_safety_event
from warehouse.contracts import RAW
from warehouse.contracts.coded import with_plain_codes

CUTOFF = date(2017, 10, 4)
RULES = Rules(cutoff=CUTOFF, horizon_years=8)
DAY0 = date(2008, 1, 1)

DERIVE: dict[str, Callable[..., pl.LazyFrame]] = {
    "patient": derive_patient,
    "course": derive_course,
    "relapse": derive_relapse,
    "edss": derive_edss,
    "mri_scan": derive_mri_scan,
    "adverse_event": derive_adverse_event,
    "other_dmt": derive_other_dmt,
    "follow_up": derive_follow_up,
    "population": derive_population,
    "baseline": derive_baseline,
    "edss_at_visit": derive_edss_at_visit,
    "patient_course_window": derive_patient_course_window,
    "disability_event": derive_disability_event,
    "safety_event": derive_safety_event,
    "line_listing": derive_line_listing,
}

#: Short names in drawn tables.
STUDY = {"C1": "CAMMS323", "C2": "CAMMS32400507", "E": "CAMMS03409", "T": "LPS13649"}

CONSTANT: dict[str, dict[str, Any]] = {
    "ex": {"extrt": "ALEMTUZUMAB", "exdose": 12.0},
    "ce": {"cecat": "MS RELAPSE", "ceoccur": "Y"},
    "qs": {"qscat": "EDSS", "qstestcd": "EDSS0101", "visit": "MONTH 3"},
    "nv": {"nvcat": "MRI BRAIN"},
    "ae": {"aeterm": "as told"},
    "cm": {"cmcat": "DISEASE MODIFYING THERAPY", "cmtrt": "GLATIRAMER ACETATE"},
    "ds": {"dscat": "DISPOSITION EVENT", "dsscat": "STUDY PARTICIPATION"},
    "mh": {"mhcat": "MS HISTORY", "mhterm": "INITIAL RELAPSE"},
    "sc": {},
    "sv": {},
    "suppex": {"idvar": "EXSEQ", "qnam": "RETRSN"},
    "suppce": {"idvar": "CESEQ", "qnam": "CONFFL"},
}
SEQUENCE = {"ex", "ce", "qs", "nv", "ae", "cm", "ds", "mh", "sc"}


def day(number: int) -> str:
    """ISO 8601 text of the day `number` days after DAY0."""
    return (DAY0 + timedelta(days=number)).isoformat()


def parse(text: str) -> list[dict[str, str | None]]:
    """Rows of an ASCII table: header, then rows, cells between `|`, `.` = missing.

    Lines of dashes are skipped.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line and not set(line) <= {"-", "|", " ", "+"}
    ]
    header, *rows = cells
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"a row of the drawn table has not {len(header)} cells:\n{text}")
    return [
        {name: None if cell in (".", "") else cell for name, cell in zip(header, row, strict=True)}
        for row in rows
    ]


def raw_table(dataset: str, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Rows as a raw table: its columns and types, codes spelled, missing where not given."""
    contract = RAW[dataset]
    unknown = {name for row in rows for name in row} - set(contract.column_names)
    if unknown:
        raise ValueError(f"{dataset} has no column {sorted(unknown)}")
    columns = {
        column.name: pl.Series(
            column.name, [row.get(column.name) for row in rows], pl.String, strict=False
        ).cast(column.dtype)
        for column in contract.columns
    }
    return with_plain_codes(pl.DataFrame(columns).lazy())


@dataclass
class Trial:
    """Raw rows of one made-up trial, by dataset; draws are added to what is there."""

    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in RAW}
    )
    rules: Rules = RULES

    def add(self, dataset: str, **values: Any) -> Trial:
        """One raw row; `day` stands for a date text of the dataset's start (or finding) date."""
        number = len(self.rows[dataset]) + 1
        domain = "rdomain" if dataset.startswith("supp") else "domain"
        row: dict[str, Any] = {
            "source_file": f"{dataset}.xpt",
            "source_row": number,
            "studyid": STUDY["C1"],
            domain: dataset.upper().removeprefix("SUPP"),
            "usubjid": "P1",
        }
        if dataset in SEQUENCE:
            row[f"{dataset}seq"] = float(number)
        row |= CONSTANT.get(dataset, {})
        row |= values
        row["studyid"] = STUDY.get(row["studyid"], row["studyid"])
        if "day" in row:
            text = row.pop("day")
            start = "dtc" if dataset in ("qs", "nv", "sc") else "stdtc"
            row[f"{dataset}{start}"] = None if text is None else day(int(text))
        self.rows[dataset].append(row)
        return self

    def draw(self, dataset: str, text: str) -> Trial:
        """Rows of a drawn table; column names as in the raw contract, `usubjid`, or `day`."""
        for row in parse(text):
            self.add(dataset, **row)
        return self

    def person(
        self,
        usubjid: str = "P1",
        *,
        studyid: str = "C1",
        arm: str = "ALEM12",
        courses: tuple[int, ...] = (0,),
        extension: int | None = None,
        topaz: int | None = None,
        seen: tuple[int, ...] = (),
        died: int | None = None,
        **dm: Any,
    ) -> Trial:
        """A patient: DM of each study entered, a course on each given day, visits, death."""
        death = {} if died is None else {"dthfl": "Y", "dthdtc": day(died)}
        self.add(
            "dm",
            usubjid=usubjid,
            studyid=studyid,
            rficdtc=day(-20),
            armcd=arm,
            actarmcd=arm,
            **(death | dm),
        )
        for study, entry in (("E", extension), ("T", topaz)):
            if entry is not None:
                self.add(
                    "dm",
                    usubjid=usubjid,
                    studyid=study,
                    rficdtc=day(entry),
                    armcd="OL",
                    actarmcd="OL",
                )
        for number, course_day in enumerate(courses):
            self.add("ex", usubjid=usubjid, studyid=studyid if number < 2 else "E", day=course_day)
        for visit_day in seen:
            self.add("sv", usubjid=usubjid, studyid=studyid, day=visit_day)
        return self

    def relapse(self, *days: int | str, confirmed: str | None = "Y", **values: Any) -> Trial:
        """Relapses on the given days (numbers) or onset texts, with their CONFFL."""
        for onset in days:
            text = day(onset) if isinstance(onset, int) else onset or None
            self.add("ce", cestdtc=text, **values)
            if confirmed is not None:
                row = self.rows["ce"][-1]
                self.add(
                    "suppce",
                    usubjid=row["usubjid"],
                    studyid=row["studyid"],
                    idvarval=f"{row['ceseq']:.0f}",
                    qval=confirmed,
                )
        return self

    def scan(
        self, on: int, gd: int | None = 0, t2: int | None = 0, t1: int | None = 0, **values: Any
    ) -> Trial:
        """The rows of one brain scan."""
        for test, value in (("GDLESCNT", gd), ("T2NEWENL", t2), ("T1HYPNEW", t1)):
            self.add("nv", day=on, nvtestcd=test, nvstresn=value, **values)
        return self

    def edss(self, on: int, points: float, **values: Any) -> Trial:
        """One EDSS score."""
        return self.add("qs", day=on, qsstresn=points, **values)

    def raw(self) -> dict[str, pl.LazyFrame]:
        """All raw tables."""
        return {name: raw_table(name, rows) for name, rows in self.rows.items()}

    def derive(self, name: str) -> pl.DataFrame:
        """A derived table, with all that it needs derived before."""
        return derive(self.raw(), name, self.rules)


def derive(raw: dict[str, pl.LazyFrame], name: str, rules: Rules = RULES) -> pl.DataFrame:
    """One derived table from raw tables."""
    return derive_all(raw, rules, only=name)[name]


def derive_all(
    raw: dict[str, pl.LazyFrame], rules: Rules = RULES, only: str | None = None
) -> dict[str, pl.DataFrame]:
    """Derived tables from raw tables, each function fed by the names of its parameters."""
    done = dict(raw)

    def make(name: str) -> pl.LazyFrame:
        if name not in done:
            names = [key for key in inspect.signature(DERIVE[name]).parameters if key != "rules"]
            upstream = {key: make(key) for key in names}
            done[name] = DERIVE[name](**upstream, rules=rules).collect().lazy()
        return done[name]

    names = DERIVE if only is None else (only,)
    return {name: make(name).collect() for name in names}


def rows_of(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The named columns, row by row."""
    return frame.select(columns).rows()
