"""The hand-worked patients as SDTM rows, ready for `support.landing.write_landing`.

Belongs here: codes of the landing contract, and days turned into dates. No analysis rule.
"""

from collections import defaultdict
from datetime import date, timedelta

from hand_patients import DISPOSITIONS, INFUSIONS, PEOPLE, RELAPSES, THERAPIES, read

STUDY_IDS = {
    "I": "CAMMS323",
    "II": "CAMMS32400507",
    "ext": "CAMMS03409",
    "topaz": "LPS13649",
}
Rows = dict[str, dict[str, list[dict[str, object]]]]


def landing_tables() -> Rows:
    """SDTM rows by study and dataset, as `support.landing.write_landing` takes them."""
    rows: Rows = {study: defaultdict(list) for study in STUDY_IDS.values()}
    people = {person["id"]: person for person in read(PEOPLE)}
    for person in people.values():
        _add_person(rows, person)
    for relapse in read(RELAPSES):
        person = people[relapse["id"]]
        _add_relapse(rows, person, relapse["onset"], relapse["confirmed"])
    # Clinical events that are no relapses: another category, and one that did not occur.
    first = people["P01"]
    _add_event(rows, first, 600, cecat="OTHER EVENT")
    _add_event(rows, first, 650, cecat="MS RELAPSE", ceoccur="N")
    for infusion in read(INFUSIONS):
        person, day = people[infusion["id"]], int(infusion["day"])
        _add_infusion(rows, person, day, float(infusion["dose"]), "UNSCHEDULED")
    for therapy in read(THERAPIES):
        is_ongoing = therapy["status"] == "ONGOING"
        _add(
            rows[_study_id(people[therapy["id"]], therapy["study"])],
            "CM",
            therapy["id"],
            cmtrt=therapy["name"],
            cmcat="DISEASE MODIFYING THERAPY" if therapy["category"] == "DMT" else "OTHER",
            cmstdtc=_blank(therapy["start"]),
            cmendtc=_blank(therapy["end"]),
            cmenrtpt="ONGOING" if is_ongoing else None,
            cmentpt="2017-10-04" if is_ongoing else None,
        )
    for end in read(DISPOSITIONS):
        _add_disposition(
            rows[STUDY_IDS[end["study"]]], people[end["id"]], int(end["day"]), end["term"]
        )
    return rows


def _blank(text: str) -> str | None:
    return None if text == "-" else text


def _study_id(person: dict[str, str], name: str) -> str:
    return STUDY_IDS[person["study"] if name == "core" else name]


def _days(text: str) -> list[int]:
    return [] if text == "-" else [int(day) for day in text.split(",")]


def _date(person: dict[str, str], day: int) -> str:
    return (date.fromisoformat(person["day0"]) + timedelta(days=day)).isoformat()


def _visits(person: dict[str, str]) -> dict[str, list[int]]:
    """Visit days by study id, in the order of the studies, entered studies only."""
    visits = {
        STUDY_IDS[person["study"]]: _days(person["core"]),
        STUDY_IDS["ext"]: _days(person["ext"]),
        STUDY_IDS["topaz"]: _days(person["topaz"]),
    }
    return {study: days for study, days in visits.items() if days}


def _study_of(person: dict[str, str], day: int) -> str:
    """Study that collects a fact of this day; that of a gap is collected by the next study."""
    visits = _visits(person)
    return next((study for study, days in visits.items() if days[-1] >= day), list(visits)[-1])


def _add(
    study: dict[str, list[dict[str, object]]], dataset: str, person: str, **row: object
) -> int:
    """Append a row, with the next sequence number of the dataset; returns that number."""
    number = len(study[dataset]) + 1
    if dataset not in ("DM", "SV", "SUPPCE"):
        row[f"{dataset.lower()}seq"] = number
    study[dataset].append({"usubjid": person, **row})
    return number


def _add_person(rows: Rows, person: dict[str, str]) -> None:
    name, core = person["id"], STUDY_IDS[person["study"]]
    deaths = {end["id"]: int(end["day"]) for end in read(DISPOSITIONS) if end["term"] == "DEATH"}
    visits = _visits(person)
    for study in visits or {core: []}:
        days = visits.get(study, [])
        is_told = name in deaths and study == list(visits)[-1]
        _add(
            rows[study],
            "DM",
            name,
            subjid=name,
            siteid="101",
            rficdtc=_date(person, -10 if study == core else days[0]),
            rfstdtc=_date(person, days[0]) if days else None,
            rfendtc=_date(person, days[-1]) if days else None,
            dthfl="Y" if is_told else None,
            dthdtc=_date(person, deaths[name]) if is_told else None,
            age=33.0,
            ageu="YEARS",
            sex="F",
            armcd=person["planned"] if study == core else "OL",
            actarmcd=person["actual"] if study == core else "OL",
        )
        for number, day in enumerate(days, start=1):
            label = {"visitnum": float(number), "visit": f"VISIT {number}"}
            _add(rows[study], "SV", name, **label, svstdtc=_date(person, day))
            _add(
                rows[study],
                "QS",
                name,
                **label,
                qstestcd="EDSS0101",
                qscat="EDSS",
                qsstresn=2.0,
                qsdtc=_date(person, day),
            )
        later = list(visits)[list(visits).index(study) + 1 :] if days else []
        if later or name == "P14":
            _add_disposition(rows[study], person, days[-1], "COMPLETED")
    _add(rows[core], "SC", name, sctestcd="RELPY1", scstresn=float(person["prior"]))
    if person["actual"] == "IFNB1A":
        _add(
            rows[core],
            "EX",
            name,
            extrt="INTERFERON BETA-1A",
            exdose=44.0,
            exdosu="ug",
            exstdtc=_date(person, 0),
            exendtc=_date(person, 731),
        )
    for course, start in enumerate(_days(person["courses"]), start=1):
        dose = 24.0 if person["actual"] == "ALEM24" else 12.0
        for day in range(5 if course == 1 else 3):
            _add_infusion(rows, person, start + day, dose, f"COURSE {course} DAY {day + 1}")


def _add_infusion(rows: Rows, person: dict[str, str], day: int, dose: float, visit: str) -> None:
    _add(
        rows[_study_of(person, day)],
        "EX",
        person["id"],
        extrt="ALEMTUZUMAB",
        exdose=dose,
        exdosu="mg",
        visit=visit,
        exstdtc=_date(person, day),
        exendtc=_date(person, day),
    )


def _add_relapse(rows: Rows, person: dict[str, str], onset: str, confirmed: str) -> None:
    is_day = not (len(onset) == 7 or onset == "2013")
    text = _date(person, int(onset)) if is_day else onset
    study = rows[_study_of(person, int(onset)) if is_day else STUDY_IDS["ext"]]
    number = _add(
        study, "CE", person["id"], ceterm="RELAPSE", cecat="MS RELAPSE", ceoccur="Y", cestdtc=text
    )
    if confirmed != "-":
        _add(
            study,
            "SUPPCE",
            person["id"],
            idvar="CESEQ",
            idvarval=str(number),
            qnam="CONFFL",
            qval=confirmed,
        )


def _add_event(rows: Rows, person: dict[str, str], day: int, **row: object) -> None:
    """A clinical event that would count, were it a relapse that occurred."""
    study = rows[_study_of(person, day)]
    number = _add(study, "CE", person["id"], ceterm="EVENT", cestdtc=_date(person, day), **row)
    _add(
        study,
        "SUPPCE",
        person["id"],
        idvar="CESEQ",
        idvarval=str(number),
        qnam="CONFFL",
        qval="Y",
    )


def _add_disposition(
    study: dict[str, list[dict[str, object]]], person: dict[str, str], day: int, term: str
) -> None:
    _add(
        study,
        "DS",
        person["id"],
        dsdecod=term,
        dscat="DISPOSITION EVENT",
        dsscat="STUDY PARTICIPATION",
        dsstdtc=_date(person, day),
    )
