"""The single patients whom the paper narrates: found among the candidates, and given their event.

Belongs here: what the paper tells of each (Results, Safety), which candidates' courses and deaths
fit, and the rows of AE that tell it. Courses and days of death are never changed: who can bear a
narrative has them by nature; only what the event was, and that it happened in that month, is set.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from simulation.codes import STUDIES
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR

Datasets = Mapping[str, Mapping[str, pl.DataFrame]]

_NEOPLASMS = "Neoplasms benign, malignant and unspecified (incl cysts and polyps)"
_BLOOD = "Blood and lymphatic system disorders"
_RENAL = "Renal and urinary disorders"
_CHEST = "Respiratory, thoracic and mediastinal disorders"
_GENERAL = "General disorders and administration site conditions"
_HEART = "Cardiac disorders"
_INFECTIONS = "Infections and infestations"
#: Severity by toxicity grade; all higher grades are severe.
_SEVERITY = {"1": "MILD", "2": "MODERATE"}
#: Infusions further apart than this belong to two courses (C-01).
_COURSE_GAP_DAYS = 30
#: Nobody is treated again sooner after an event that forbids courses until it is overcome.
_DAYS_TO_NEXT_COURSE = 183


@dataclass(frozen=True)
class Event:
    """An event: months after a course, preferred terms with their body systems, grade.

    `days` is how long it lasts; of the cause of a death with printed months, how long before the
    death it began.
    """

    course: int
    months: int
    terms: tuple[tuple[str, str], ...]
    grade: str
    is_recovered: bool = True
    days: int = 0


@dataclass(frozen=True)
class Narrative:
    """One patient of the Safety paragraph.

    Attributes:
        name: short name; the stratum of those who may bear it.
        group_id: efficacy group in which such a patient is looked for.
        courses: courses that the patient had in all.
        events: what is set, in order; of a death the last is its cause.
        death: course before the death, months after it, and study year; None = lives.
    """

    name: str
    group_id: str
    courses: int
    events: tuple[Event, ...]
    death: tuple[int, int | None, int] | None = None


def _death(
    name: str,
    group_id: str,
    course: int,
    months: int,
    year: int,
    *causes: tuple[str, str],
    days: int = 0,
) -> Narrative:
    events = (Event(course, months, causes, "5", is_recovered=False, days=days),)
    return Narrative(name, group_id, course, events, (course, months, year))


NARRATIVES = (
    Narrative(
        "ITP 10 months after Course 2",
        "3-courses",
        3,
        (Event(2, 10, (("Immune thrombocytopenic purpura", _BLOOD),), "3", days=47),),
    ),
    Narrative(
        "ITP 4 months after Course 4",
        "4-courses",
        4,
        (Event(4, 4, (("Immune thrombocytopenic purpura", _BLOOD),), "4", days=82),),
    ),
    Narrative(
        "ITP 34 months after Course 3",
        "3-courses",
        3,
        (Event(3, 34, (("Immune thrombocytopenic purpura", _BLOOD),), "4", days=61),),
    ),
    Narrative(
        "nephropathy 4 months after Course 3",
        "3-courses",
        3,
        (
            Event(
                3,
                4,
                (("Anti-glomerular basement membrane disease", _RENAL),),
                "3",
                is_recovered=False,
            ),
        ),
    ),
    Narrative(
        "squamous cell carcinoma 19 months after Course 4",
        "4-courses",
        4,
        (Event(4, 19, (("Squamous cell carcinoma", _NEOPLASMS),), "2", days=33),),
    ),
    Narrative(
        "melanoma 57 months after Course 3",
        "3-courses",
        3,
        (Event(3, 57, (("Malignant melanoma", _NEOPLASMS),), "2", days=54),),
    ),
    Narrative(
        "melanoma in situ 59 months after Course 3",
        "3-courses",
        3,
        (Event(3, 59, (("Malignant melanoma in situ", _NEOPLASMS),), "2", days=19),),
    ),
    Narrative(
        "thyroid carcinoma 10 months after Course 2",
        "3-courses",
        3,
        (Event(2, 10, (("Papillary thyroid cancer", _NEOPLASMS),), "3", days=102),),
    ),
    Narrative(
        "basal cell carcinoma and liver metastasis, death in Year 8",
        "5plus-courses",
        5,
        (
            Event(4, 21, (("Basal cell carcinoma", _NEOPLASMS),), "2", days=26),
            Event(5, 4, (("Metastases to liver", _NEOPLASMS),), "5", is_recovered=False),
        ),
        (5, None, 8),
    ),
    _death(
        "death 46 months after Course 3",
        "3-courses",
        3,
        46,
        7,
        ("Acute respiratory distress syndrome", _CHEST),
        ("Sepsis", _INFECTIONS),
        ("Acute kidney injury", _RENAL),
        days=11,
    ),
    _death("death 17 months after Course 3", "3-courses", 3, 17, 7, ("Death", _GENERAL)),
    _death(
        "death 43 months after Course 5",
        "5plus-courses",
        5,
        43,
        8,
        ("Septic shock", _INFECTIONS),
        days=3,
    ),
    _death("death 14 months after Course 3", "3-courses", 3, 14, 8, ("Sudden death", _GENERAL)),
    _death(
        "death 26 months after Course 4", "4-courses", 4, 26, 8, ("Atrioventricular block", _HEART)
    ),
    _death(
        "death 17 months after Course 6",
        "5plus-courses",
        6,
        17,
        8,
        ("Organising pneumonia", _CHEST),
        days=24,
    ),
)
BY_NAME = {narrative.name: narrative for narrative in NARRATIVES}


def can_bear(narrative: Narrative) -> pl.Expr:
    """Whether a candidate's courses, follow-up and death fit, with no rare event of their own."""
    conditions = [
        pl.col("group_id") == narrative.group_id,
        pl.col("courses_through_cutoff") == narrative.courses,
        ~pl.any_horizontal("has_itp", "has_nephropathy", "has_malignancy"),
    ]
    if narrative.death is None:
        conditions.append(~pl.col("is_dead"))
    else:
        course, months, year = narrative.death
        since = (pl.col("death_day") - pl.col(f"course_day_{course}")) / DAYS_PER_MONTH
        conditions += [
            pl.col("is_dead"),
            (pl.col("death_day") / DAYS_PER_YEAR).floor() + 1 == year,
        ]
        if months is not None:
            conditions.append((since - months).abs() < 0.45)
    for event in narrative.events:
        if narrative.death is not None and event.months == narrative.death[1]:
            continue
        day = pl.col(f"course_day_{event.course}") + math.ceil((event.months + 1) * DAYS_PER_MONTH)
        conditions.append(day < pl.col("efficacy_end_day"))
        if event.course < narrative.courses:
            next_course = pl.col(f"course_day_{event.course + 1}")
            conditions.append(day + _DAYS_TO_NEXT_COURSE < next_course)
    return pl.all_horizontal(conditions)


def narrate(datasets: Datasets, person: str, narrative: Narrative) -> dict[str, pl.DataFrame]:
    """AE of every study with the narrative's events of one person in it.

    Args:
        datasets: by study and name; EX, DM and AE are read.
        person: USUBJID.
        narrative: what happened.

    Returns:
        Study -> AE; a death's own fatal event gives way to the narrated causes.
    """
    tables = {study: datasets[study]["AE"] for study in STUDIES}
    courses = _course_dates(datasets, person)
    fatal = pl.concat(
        [
            table.filter(pl.col("USUBJID") == person, pl.col("AESDTH") == "Y")
            for table in tables.values()
        ]
    )
    is_dropped = (pl.col("USUBJID") == person) & (pl.col("AESDTH") == "Y")
    tables = {study: table.filter(~is_dropped) for study, table in tables.items()}
    for event in narrative.events:
        is_cause = narrative.death is not None and event is narrative.events[-1]
        onset = courses[event.course - 1] + timedelta(days=round(event.months * DAYS_PER_MONTH))
        end = onset + timedelta(days=event.days)
        if narrative.death is not None and is_cause:
            end = date.fromisoformat(str(fatal["AEENDTC"][0]))
            # What is printed of a death are the months to the death itself.
            onset = onset if narrative.death[1] is None else end - timedelta(days=event.days)
        # What began in one study and killed in the next is told in both (E-12 makes it one).
        days = (onset, end) if is_cause else (onset,)
        studies = [*dict.fromkeys(_study_on(datasets, person, day) for day in days)]
        for study in studies:
            is_fatal = is_cause and study == studies[-1]
            is_over = is_fatal or event.is_recovered
            told = [
                {
                    "STUDYID": study,
                    "DOMAIN": "AE",
                    "USUBJID": person,
                    "AETERM": term.upper(),
                    "AEDECOD": term,
                    "AEBODSYS": system,
                    "AESER": "Y",
                    "AESEV": _SEVERITY.get(event.grade, "SEVERE"),
                    "AETOXGR": event.grade,
                    "AEOUT": _outcome(event, is_fatal=is_fatal),
                    "AESDTH": "Y" if is_fatal else "N",
                    "AESTDTC": onset.isoformat(),
                    "AEENDTC": end.isoformat() if is_over else None,
                }
                for term, system in event.terms
            ]
            rows = pl.DataFrame(told, schema=tables[study].schema)
            tables[study] = _numbered_anew(pl.concat([tables[study], rows]), person)
    return tables


def _course_dates(datasets: Datasets, person: str) -> list[date]:
    """First infusion of each course of a person, in order."""
    infusions = pl.concat(
        [
            tables["EX"].filter(
                pl.col("USUBJID") == person,
                pl.col("EXDOSE") > 0,
                pl.col("EXTRT") == "ALEMTUZUMAB",
            )
            for tables in datasets.values()
        ]
    )
    days = infusions.select(pl.col("EXSTDTC").str.slice(0, 10).str.to_date()).to_series().sort()
    is_first = (days.diff().dt.total_days() > _COURSE_GAP_DAYS).fill_null(True)
    return days.filter(is_first).to_list()


def _study_on(datasets: Datasets, person: str, day: date) -> str:
    """The study that a person had entered last on a day."""
    entered = [
        study
        for study, tables in datasets.items()
        if not tables["DM"]
        .filter(pl.col("USUBJID") == person, pl.col("RFICDTC") <= day.isoformat())
        .is_empty()
    ]
    return entered[-1]


def _numbered_anew(table: pl.DataFrame, person: str) -> pl.DataFrame:
    """AE in its order, the sequence numbers of one person following the onset."""
    is_person = pl.col("USUBJID") == person
    own = table.filter(is_person).sort("AESTDTC", maintain_order=True, nulls_last=True)
    own = own.with_columns(AESEQ=pl.int_range(1, pl.len() + 1).cast(table.schema["AESEQ"]))
    return pl.concat([table.filter(~is_person), own]).sort("USUBJID", maintain_order=True)


def _outcome(event: Event, *, is_fatal: bool) -> str:
    if is_fatal:
        return "FATAL"
    return "RECOVERED/RESOLVED" if event.is_recovered else "NOT RECOVERED/NOT RESOLVED"
