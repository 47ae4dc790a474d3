"""The hand-worked patients: eleven who are analysed and nine who are left out, as text.

All whole numbers are days since the patient's own day 0 (T-02), so that the arithmetic of
`worked_*.py` can be followed with a pencil; `landing_tables` turns them into SDTM rows with
ISO 8601 dates. What the tables do not tell is the same for everybody: consent ten days before
day 0, infusions on consecutive days (five in Course 1, three later), one EDSS of 2.0 at each
visit, a scan without activity at day 0.

Marks of time that every patient shares:

    year              1       2       3        4        5        6        7        8
    begins on day     0  365.25   730.5  1095.75   1461.0  1826.25   2191.5  2556.75
    landmark ("Month 85") = 84 months = 2556.75        horizon end = 8 years = 2922

    day 0        cut-off 2017-10-04 is day
    2008-01-01   3564   (10 years - 89 days; leap days in 2008, 2012, 2016)
    2008-03-01   3504
    2008-06-01   3412
    2009-10-15   2911   = 2922 - 11: this patient cannot reach the horizon
"""

from collections import defaultdict
from datetime import date, timedelta

# study: I = CAMMS323, II = CAMMS32400507. `core`, `ext`, `topaz`: visits in the study, the first
# being the day of entry; "-" = never entered. `prior`: relapses in the 12 months before enrolment.
PEOPLE = """
id  study planned  actual   day0       prior courses                    core   ext       topaz
P01 I     ALEM12   ALEM12   2008-01-01 2     0,365                    0,731  731,2192  2192,3300
P02 II    ALEM24   ALEM12   2009-10-15 1     0,366                    0,731  731,2192  2192,2911,2915
P03 I     ALEM12   ALEM12   2008-03-01 1     0,366                    0,731  740,1200  -
P04 II    ALEM12   ALEM12   2008-01-01 3     0,366                    0,731  731,1700  -
P05 I     ALEM12   ALEM12   2008-01-01 1     0,366,1000               0,731  731,2192  2192,3300
P06 II    ALEM12   ALEM12   2008-06-01 2     0,366,700                0,731  731,2192  2192,3300
P07 I     ALEM12   ALEM12   2008-01-01 2     0,366,1100               0,740  800,1599  -
P08 II    ALEM12   ALEM12   2008-01-01 1     0,366,800,1300           0,731  731,2192  2192,3300
P09 I     ALEM12   ALEM12   2008-01-01 2     0,366,900,2550,3600      0,731  731,2192  2192,3300,3610
P10 II    ALEM12   ALEM12   2008-01-01 1     0,366,700,1066,1500,2000 0,731  731,2192  2192,3300
P11 I     ALEM12   ALEM12   2008-01-01 2     0,400,800,1200,1600      0,731  731,2192  2192,3300
P12 II    IFNB1A   IFNB1A   2008-01-01 1     740,1106                 0,731  731,2192  2192,3300
P13 I     SCRNFAIL SCRNFAIL 2008-01-01 1     -                        -      -         -
P14 I     ALEM12   ALEM12   2008-01-01 1     0,366                    0,731  -         -
P15 II    ALEM12   ALEM12   2008-01-01 1     0,366,1000               0,731  731,2192  2192,3300
P16 II    ALEM12   ALEM12   2008-06-01 1     0,366                    0,731  731,2192  2192,3300
P17 I     ALEM12   ALEM12   2008-01-01 1     0                        0,731  731,2192  2192,3300
P18 I     ALEM12   ALEM12   2008-01-01 1     0,366,2557               0,731  731,2192  2192,3300
P19 II    ALEM12   ALEM12   2008-01-01 1     0,366,1000,3000          0,731  731,2192  2192,3300
P20 II    ALEM24   ALEM24   2008-01-01 1     0,366                    0,731  731,2192  2192,3300
"""

# onset: day, or an ISO 8601 text as reported. confirmed: Y, N, "-" = no qualifier at all.
RELAPSES = """
id  onset    confirmed  what it is there for
P01 100      Y          counts
P01 130      Y          30 days after a kept onset: the same relapse (E-01)
P01 131      Y          31 days after the last KEPT onset: a second relapse
P01 400      N          not confirmed
P01 450      -          no record of confirmation: not confirmed
P01 490      N          not confirmed, so it absorbs nothing …
P01 500      Y          … and this one counts, though only 10 days later
P01 1826     Y          last day of Year 5 (ends at 1826.25)
P01 2300     Y          Year 7
P01 2922     Y          on the horizon end: after it (W-02, half-open)
P02 -10      Y          before day 0: absorbs none after it (E-01)
P02 15       Y          counts
P02 2911     Y          on the cut-off day, which is inclusive (T-04)
P02 2915     Y          after the cut-off
P03 365      Y          last day of Year 1 (ends at 365.25)
P03 1250     Y          after the last visit, before the drop-out was told (day 1300)
P03 1310     Y          after the end of follow-up
P04 740      Y          three relapses in Year 3
P04 800      Y          "
P04 860      Y          "
P04 1790     Y          ten days before the patient's death
P05 960      Y          before Course 3
P05 1000     Y          on the day of Course 3: after it (W-02)
P05 2013     Y          counts on 2013-07-01, day 2008
P06 360      Y          before Course 2, yet in the 12 months before the early Course 3 (W-04)
P06 690      Y          before Course 3
P07 770      Y          in the gap between core study (740) and extension (800): at risk (W-05)
P07 2011-06  Y          counts on 2011-06-15, day 1261
P08 1000     Y          before Course 4
P08 1290     Y          before Course 4
P08 1310     Y          20 days later, after Course 4: the same relapse, it was before
P08 1665     Y          last day of the 12 months after Course 4 (1300 + 365.25 = 1665.25)
P08 1700     Y          months 12-24
P08 2100     Y          months 24-36
P09 2500     Y          before Course 4
P10 1134     Y          the day before the 12 months before Course 5 begin (1134.75)
P10 1400     Y          before Course 5
P10 1600     Y          after Course 5
P10 2000     Y          on the day of Course 6: after it, so no longer counted
P11 1300     Y          before Course 5
P11 1500     Y          before Course 5
P12 760      Y          of a patient who is left out, as all below
P14 200      Y          "
P15 990      Y          "
P15 1100     Y          "
P16 100      Y          "
P17 100      Y          "
P18 2500     Y          "
P19 950      Y          "
P19 1050     Y          "
P20 100      Y          "
"""

# Odd infusions, beside those that follow from `courses`.
INFUSIONS = """
id  day   dose  what it is there for
P09 2549  0     not given (dose 0): Course 4 begins on 2550, not here
P11 832   12    30 days after the last infusion of Course 3 (800, 801, 802): the same course
"""

# start, end: ISO 8601 texts, "-" = blank. Category DISEASE MODIFYING THERAPY.
THERAPIES = """
id  name           start       end      status   what it is there for
P02 INTERFERON     2006        -        -        certainly begun before day 0, no end: prior
P08 GLATIRAMER     2004-03     2007-11  -        ended before day 0: prior
P15 NATALIZUMAB    2012-02-10  -        ONGOING  begun on day 1501: excludes
P16 GLATIRAMER     2008        2009-02  -        2008-01-01 … 2008-12-31 encloses day 0: excludes
"""

# Dispositions of study participation other than COMPLETED at the end of core and extension.
DISPOSITIONS = """
id  study  day   term
P03 ext    1300  LOST TO FOLLOW-UP
P04 ext    1800  DEATH
P07 ext    1599  WITHDRAWAL BY SUBJECT
"""

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
    people = {person["id"]: person for person in _read(PEOPLE)}
    for person in people.values():
        _add_person(rows, person)
    for relapse in _read(RELAPSES):
        person = people[relapse["id"]]
        _add_relapse(rows, person, relapse["onset"], relapse["confirmed"])
    # Clinical events that are no relapses: another category, and one that did not occur.
    first = people["P01"]
    _add_event(rows, first, 600, cecat="OTHER EVENT")
    _add_event(rows, first, 650, cecat="MS RELAPSE", ceoccur="N")
    for infusion in _read(INFUSIONS):
        person, day = people[infusion["id"]], int(infusion["day"])
        _add_infusion(rows, person, day, float(infusion["dose"]), "UNSCHEDULED")
    for therapy in _read(THERAPIES):
        _add(
            rows[STUDY_IDS["ext"] if therapy["status"] == "ONGOING" else _core(people, therapy)],
            "CM",
            therapy["id"],
            cmtrt=therapy["name"],
            cmcat="DISEASE MODIFYING THERAPY",
            cmstdtc=_blank(therapy["start"]),
            cmendtc=_blank(therapy["end"]),
            cmenrtpt=_blank(therapy["status"]),
            cmentpt="2012-12-31" if therapy["status"] == "ONGOING" else None,
        )
    for end in _read(DISPOSITIONS):
        _add_disposition(
            rows[STUDY_IDS[end["study"]]], people[end["id"]], int(end["day"]), end["term"]
        )
    return rows


def _read(table: str) -> list[dict[str, str]]:
    """Rows of a table drawn in text; what is longer than its header belongs to the last column."""
    header, *lines = table.strip().splitlines()
    names = header.split()
    # "what it is there for" is one column of several words.
    names = names[: names.index("what") + 1] if "what" in names else names
    return [
        dict(zip(names, line.split(maxsplit=len(names) - 1), strict=True)) for line in lines
    ]


def _blank(text: str) -> str | None:
    return None if text == "-" else text


def _core(people: dict[str, dict[str, str]], row: dict[str, str]) -> str:
    return STUDY_IDS[people[row["id"]]["study"]]


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


def _add(study: dict[str, list[dict[str, object]]], dataset: str, person: str, **row: object) -> int:
    """Append a row, with the next sequence number of the dataset; returns that number."""
    number = len(study[dataset]) + 1
    if dataset not in ("DM", "SV", "SUPPCE"):
        row[f"{dataset.lower()}seq"] = number
    study[dataset].append({"usubjid": person, **row})
    return number


def _add_person(rows: Rows, person: dict[str, str]) -> None:
    name, core = person["id"], STUDY_IDS[person["study"]]
    is_dead = name == "P04"
    visits = _visits(person)
    for study in visits or {core: []}:
        days = visits.get(study, [])
        _add(
            rows[study],
            "DM",
            name,
            subjid=name,
            siteid="101",
            rficdtc=_date(person, -10 if study == core else days[0]),
            rfstdtc=_date(person, days[0]) if days else None,
            rfendtc=_date(person, days[-1]) if days else None,
            dthfl="Y" if is_dead and study == STUDY_IDS["ext"] else None,
            dthdtc=_date(person, 1800) if is_dead and study == STUDY_IDS["ext"] else None,
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
