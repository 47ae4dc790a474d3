"""What the datasets of a trial tell of the patients treated with 12 mg, straight from SDTM.

For the plausibility of histories only: the pipeline's own transforms are left out, so that what
they would smooth (dates outside participation, records twice) is seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

Datasets = Mapping[str, Mapping[str, pl.DataFrame]]

CORE_STUDIES = ("CAMMS323", "CAMMS32400507")
PHASES = ("core", "extension", "TOPAZ")
DAYS_PER_MONTH = 365.25 / 12
#: Infusions further apart belong to two courses (C-01).
COURSE_GAP_DAYS = 30
#: Months of the scheduled visits since a phase began.
SCHEDULE = {
    "core": range(3, 25, 3),
    "extension": range(3, 49, 3),
    "TOPAZ": range(6, 61, 6),
}


@dataclass(frozen=True)
class Facts:
    """One frame per kind of fact; `person` is the USUBJID, days are elapsed since day 0.

    Attributes:
        people: one row per person, from the core study's DM, with `day0`, `exit_day`, `death_day`.
        phases: one row per person and phase: first and last day of participation.
        scores: EDSS of scheduled visits, the record entered last of each day.
        infusions: alemtuzumab, one row per infusion, with course number (dose 0: null).
        courses: one row per course given.
        relapses: protocol-defined, confirmed, with a whole onset date; as told, echoes too.
        scans: one row per scan with counts.
        visits: scheduled visits that took place, with the month of their schedule.
    """

    people: pl.DataFrame
    phases: pl.DataFrame
    scores: pl.DataFrame
    infusions: pl.DataFrame
    courses: pl.DataFrame
    relapses: pl.DataFrame
    scans: pl.DataFrame
    visits: pl.DataFrame


def pooled(datasets: Datasets, name: str) -> pl.DataFrame:
    """One dataset of all studies that have it."""
    return pl.concat([tables[name] for tables in datasets.values() if name in tables])


def day_of(column: str) -> pl.Expr:
    """The date of a text that has a whole one."""
    return pl.col(column).str.slice(0, 10).str.to_date(strict=False)


def facts_of(datasets: Datasets) -> Facts:
    """Facts of the persons who were treated with 12 mg in a core study (C-03)."""
    demographics = pooled(datasets, "DM").with_columns(phase=phase_of())
    phases = _phases(demographics)
    people = _people(demographics, phases)
    day0 = people.select("person", "day0")
    infusions = _infusions(pooled(datasets, "EX"), day0)
    return Facts(
        people=people,
        phases=_since_day0(phases, day0, "first", "last"),
        scores=_scores(pooled(datasets, "QS"), day0),
        infusions=infusions,
        courses=_courses(infusions, pooled(datasets, "SUPPEX")),
        relapses=_relapses(pooled(datasets, "CE"), pooled(datasets, "SUPPCE"), day0),
        scans=_scans(pooled(datasets, "NV"), day0),
        visits=_visits(pooled(datasets, "SV"), day0),
    )


def phase_of() -> pl.Expr:
    """Phase of a study."""
    later = {"CAMMS03409": "extension", "LPS13649": "TOPAZ"}
    return pl.col("STUDYID").replace_strict({**dict.fromkeys(CORE_STUDIES, "core"), **later})


def _phases(demographics: pl.DataFrame) -> pl.DataFrame:
    """Begin of a phase: of the core study the first treatment, of a later one the entry."""
    return demographics.select(
        "phase",
        person="USUBJID",
        first=day_of("RFSTDTC"),
        last=day_of("RFENDTC"),
        death=day_of("DTHDTC"),
    )


def _people(demographics: pl.DataFrame, phases: pl.DataFrame) -> pl.DataFrame:
    ends = phases.group_by(person="person").agg(
        exit=pl.col("last").max(), death=pl.col("death").min()
    )
    core = demographics.filter(pl.col("phase") == "core", pl.col("ACTARMCD") == "ALEM12")
    people = core.join(ends, left_on="USUBJID", right_on="person").select(
        person="USUBJID",
        study="STUDYID",
        site=pl.concat_str("STUDYID", "SITEID", separator="-"),
        planned="ARMCD",
        age="AGE",
        is_female=pl.col("SEX") == "F",
        day0=day_of("RFSTDTC"),
        consent=day_of("RFICDTC"),
        exit="exit",
        death="death",
    )
    return people.with_columns(
        exit_day=(pl.col("exit") - pl.col("day0")).dt.total_days(),
        death_day=(pl.col("death") - pl.col("day0")).dt.total_days(),
    ).sort("person")


def _since_day0(table: pl.DataFrame, day0: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Rows of the persons in `day0`, their dates as elapsed days."""
    return (
        table.join(day0, on="person")
        .with_columns((pl.col(column) - pl.col("day0")).dt.total_days() for column in columns)
        .drop("day0")
        .sort("person", columns[0])
    )


def _scores(questions: pl.DataFrame, day0: pl.DataFrame) -> pl.DataFrame:
    is_other = pl.col("VISIT").str.starts_with("UNSCHEDULED") | (
        pl.col("VISIT") == "RELAPSE ASSESSMENT"
    )
    scores = questions.filter(
        pl.col("QSTESTCD") == "EDSS0101", pl.col("QSSTRESN").is_not_null(), ~is_other
    )
    return _since_day0(
        scores.sort("QSSEQ")
        .unique(["STUDYID", "USUBJID", "QSDTC"], keep="last", maintain_order=True)
        .select(person="USUBJID", phase=phase_of(), day=day_of("QSDTC"), score="QSSTRESN"),
        day0,
        "day",
    )


def _infusions(exposure: pl.DataFrame, day0: pl.DataFrame) -> pl.DataFrame:
    rows = exposure.filter(pl.col("EXTRT") == "ALEMTUZUMAB").select(
        "STUDYID", "EXSEQ", person="USUBJID", phase=phase_of(), day=day_of("EXSTDTC"), dose="EXDOSE"
    )
    gap = pl.col("day").diff().over("person")
    given = (
        _since_day0(rows.filter(pl.col("dose") > 0), day0, "day")
        .with_columns(is_first=(gap > COURSE_GAP_DAYS).fill_null(True))
        .with_columns(course=pl.col("is_first").cum_sum().over("person"))
    )
    others = _since_day0(rows.filter(pl.col("dose") <= 0), day0, "day")
    return pl.concat([given, others], how="diagonal").sort("person", "day")


def _courses(infusions: pl.DataFrame, supplement: pl.DataFrame) -> pl.DataFrame:
    reasons = supplement.filter(pl.col("QNAM") == "RETRSN").select(
        "STUDYID", person="USUBJID", EXSEQ=pl.col("IDVARVAL").cast(pl.Float64), reason="QVAL"
    )
    given = infusions.drop_nulls("course")
    return (
        given.join(reasons, on=["STUDYID", "person", "EXSEQ"], how="left")
        .group_by("person", "course")
        .agg(
            pl.col("day").min(),
            pl.col("reason").drop_nulls().first(),
            infusions=pl.len(),
            length=pl.col("day").max() - pl.col("day").min() + 1,
        )
        .sort("person", "course")
        .with_columns(
            interval=pl.col("day").diff().over("person"),
            previous=pl.col("day").shift().over("person"),
        )
    )


def _relapses(events: pl.DataFrame, supplement: pl.DataFrame, day0: pl.DataFrame) -> pl.DataFrame:
    confirmed = supplement.filter(pl.col("QNAM") == "CONFFL", pl.col("QVAL") == "Y").select(
        "STUDYID", "USUBJID", CESEQ=pl.col("IDVARVAL").cast(pl.Float64)
    )
    told = events.filter(
        pl.col("CECAT") == "MS RELAPSE",
        pl.col("CEOCCUR").ne_missing(pl.lit("N")),
        pl.col("CESTDTC").str.len_chars() >= len("2010-01-01"),
    )
    rows = told.join(confirmed, on=["STUDYID", "USUBJID", "CESEQ"], how="semi")
    rows = rows.select(person="USUBJID", onset=day_of("CESTDTC"), day=day_of("CESTDTC"))
    return _since_day0(rows, day0, "day")


def _scans(imaging: pl.DataFrame, day0: pl.DataFrame) -> pl.DataFrame:
    def count(test: str) -> pl.Expr:
        return pl.col("NVSTRESN").filter(pl.col("NVTESTCD") == test).first()

    rows = (
        imaging.filter(pl.col("NVSTRESN").is_not_null())
        .group_by(person="USUBJID", phase=phase_of(), visit="VISIT", day=day_of("NVDTC"))
        .agg(gd=count("GDLESCNT"), t2=count("T2NEWENL"), bpf=count("BPF"))
    )
    return _since_day0(rows, day0, "day")


def _visits(visits: pl.DataFrame, day0: pl.DataFrame) -> pl.DataFrame:
    rows = visits.filter(pl.col("VISIT").str.starts_with("MONTH ")).select(
        person="USUBJID",
        phase=phase_of(),
        month=pl.col("VISIT").str.slice(len("MONTH ")).cast(pl.Int64, strict=False),
        day=day_of("SVSTDTC"),
    )
    return _since_day0(rows, day0, "day")
