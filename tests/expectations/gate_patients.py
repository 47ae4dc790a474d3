"""The raw and core tables of the tiny world (`gate_world`), person by person."""

from datetime import date, timedelta
from typing import Any

from warehouse.contracts.core import EXCLUSION_REASONS

Row = dict[str, Any]
World = dict[str, list[Row]]

CORE, EXTENSION = "CAMMS323", "CAMMS03409"
DAY0 = {"P1": date(2008, 1, 1), "P2": date(2008, 2, 1)}
YEAR = 365.25


def raw(name: str, *rows: Row) -> list[Row]:
    """Rows of a raw table with study, domain and provenance filled in."""
    domain = "rdomain" if name.startswith("supp") else "domain"
    value = name.removeprefix("supp").upper()
    studies = [row.get("studyid", CORE) for row in rows]
    return [
        {
            "studyid": study,
            domain: value,
            "usubjid": "P1",
            "source_file": f"{study}/2017-10-20/{name}.xpt",
            "source_row": studies[: number + 1].count(study),
            **row,
        }
        for number, (study, row) in enumerate(zip(studies, rows, strict=True))
    ]


def since_day0(person: str, day: date) -> int:
    return (day - DAY0[person]).days


def course(person: str, number: int, day: date, previous: date | None, **values: Any) -> Row:
    return {
        "person_id": person,
        "course_number": number,
        "study_id": CORE,
        "course_date": day,
        "course_day": since_day0(person, day),
        "last_infusion_date": day,
        "n_infusions": 3,
        "total_dose_mg": 36.0,
        "days_since_previous_course": None if previous is None else (day - previous).days,
        "is_early": False,
        "is_through_horizon": True,
        "label_course_number": number,
        "is_label_disagreeing": False,
        **values,
    }


def raw_tables() -> World:
    ext = {"studyid": EXTENSION}
    dm = {"age": 33.0, "sex": "F", "armcd": "ALEM12", "actarmcd": "ALEM12"}
    dead = {"dthfl": "Y", "dthdtc": "2012-06-10"}
    infusion = {"extrt": "ALEMTUZUMAB", "exdose": 12.0, "exdosu": "mg"}
    relapse = {"ceterm": "Relapse", "cecat": "MS RELAPSE", "ceoccur": "Y"}
    confirmed = {"idvar": "CESEQ", "qnam": "CONFFL", "qval": "Y"}
    edss = {"qstestcd": "EDSS0101", "qscat": "EDSS", "visit": "MONTH 0"}
    mri = {"nvcat": "MRI BRAIN", "nvdtc": "2010-12-20"}
    return {
        "raw.dm": raw(
            "dm",
            {**dm, "rficdtc": "2007-12-01"},
            {**dm, **ext, "rficdtc": "2010-01-15", "armcd": "OL", "actarmcd": "OL"},
            {**dm, "usubjid": "P2", "rficdtc": "2007-12-05", **dead},
            {**dm, **ext, "usubjid": "P2", "rficdtc": "2010-02-01", "actarmcd": "OL", **dead},
            {**dm, "usubjid": "P3", "rficdtc": "2007-12-07", "actarmcd": "IFNB1A"},
        ),
        "raw.ex": raw(
            "ex",
            {
                **infusion,
                "exseq": 1.0,
                "exstdtc": "2008-01-01T09:00",
                "exendtc": "2008-01-01T13:00",
            },
            {**infusion, "exseq": 2.0, "exstdtc": "2009-01-01T09:00"},
            {**infusion, **ext, "exseq": 3.0, "exstdtc": "2011-01-01"},
            {**infusion, "usubjid": "P2", "exseq": 1.0, "exstdtc": "2008-02-01"},
            {**infusion, "usubjid": "P2", "exseq": 2.0, "exstdtc": "2009-02-01"},
            {
                "usubjid": "P3",
                "exseq": 1.0,
                "extrt": "INTERFERON BETA-1A",
                "exdose": 44.0,
                "exstdtc": "2008-01",
            },
        ),
        "raw.suppex": raw(
            "suppex",
            {**ext, "idvar": "EXSEQ", "idvarval": "3", "qnam": "RETRSN", "qval": "RELAPSE"},
        ),
        "raw.ce": raw(
            "ce",
            {**relapse, "ceseq": 1.0, "cestdtc": "2009-02-04"},
            {**relapse, "usubjid": "P2", "ceseq": 1.0, "cestdtc": "2010-05"},
        ),
        "raw.suppce": raw(
            "suppce",
            {**confirmed, "idvarval": "1"},
            {**confirmed, "usubjid": "P2", "idvarval": "1"},
        ),
        "raw.qs": raw(
            "qs",
            {**edss, "qsseq": 1.0, "qsstresn": 2.0, "qsdtc": "2007-12-20"},
            {**edss, "qsseq": 2.0, "qsstresn": 2.5, "qsdtc": "2009-01-02"},
            {**edss, "usubjid": "P2", "qsseq": 1.0, "qsstresn": 0.0, "qsdtc": "2008-01-30"},
        ),
        "raw.nv": raw(
            "nv",
            {**mri, "nvseq": 1.0, "nvtestcd": "GDLESCNT", "nvstresn": 1.0},
            {**mri, "nvseq": 2.0, "nvtestcd": "BPF", "nvstresn": 0.82},
            {**mri, "usubjid": "P2", "nvseq": 1.0, "nvtestcd": "T2NEWENL", "nvstresn": 0.0},
        ),
        "raw.ae": raw(
            "ae",
            {
                "aeseq": 1.0,
                "aeterm": "headache",
                "aeser": "N",
                "aestdtc": "2008-01-01T10:00",
                "aeendtc": "2008-01-02",
            },
        ),
        "raw.cm": raw(
            "cm",
            {
                "cmseq": 1.0,
                "cmtrt": "GLATIRAMER",
                "cmcat": "DISEASE MODIFYING THERAPY",
                "cmstdtc": "2005",
                "cmendtc": "2007-03",
            },
        ),
        "raw.ds": raw(
            "ds",
            {
                "dsseq": 1.0,
                "dscat": "DISPOSITION EVENT",
                "dsscat": "STUDY PARTICIPATION",
                "dsdecod": "COMPLETED",
                "dsstdtc": "2010-01-10",
            },
        ),
        "raw.sv": raw("sv", {"visitnum": 1.0, "visit": "MONTH 0", "svstdtc": "2008-01-01"}),
        "raw.se": raw("se", {"seseq": 1.0, "sestdtc": "2008-01-01"}),
        "raw.mh": raw("mh", {"mhseq": 1.0, "mhterm": "INITIAL RELAPSE", "mhstdtc": "2004-07"}),
        "raw.sc": raw("sc", {"scseq": 1.0, "sctestcd": "RELPY1", "scstresn": 1.0}),
    }


def core_tables() -> World:
    p1, p2 = DAY0["P1"], DAY0["P2"]
    person = {
        "core_study_id": CORE,
        "planned_arm_code": "ALEM12",
        "actual_arm_code": "ALEM12",
        "age_years": 33.0,
        "sex": "F",
        "relapses_prior_1_year": 2,
        "relapses_prior_2_years": 3,
        "is_treated": True,
        "has_entered_extension": True,
        "has_entered_topaz": False,
    }
    death = date(2012, 6, 10)
    scored = {"study_id": CORE, "visit": "MONTH 0", "is_scheduled": True}
    told = {"study_id": CORE, "n_records": 1}
    in_set = dict.fromkeys(
        ("is_treated", "is_extension", "is_no_other_dmt", "is_safety", "is_efficacy"), True
    )
    observed = {
        "horizon_end_day": 8 * YEAR,
        "gap_days": 0,
        "is_on_study_through_horizon": True,
    }
    return {
        "core.patient": [
            {
                **person,
                "person_id": "P1",
                "consent_date": date(2007, 12, 1),
                "day0_date": p1,
                "extension_entry_date": date(2010, 1, 15),
            },
            {
                **person,
                "person_id": "P2",
                "consent_date": date(2007, 12, 5),
                "day0_date": p2,
                "extension_entry_date": date(2010, 2, 1),
                "death_date": death,
                "death_latest_date": death,
                "is_death_date_partial": False,
            },
            {
                **person,
                "person_id": "P3",
                "consent_date": date(2007, 12, 7),
                "actual_arm_code": "IFNB1A",
                "is_treated": False,
                "has_entered_extension": False,
            },
        ],
        "core.course": [
            course("P1", 1, p1, None, n_infusions=5, total_dose_mg=60.0),
            course("P1", 2, date(2009, 1, 1), p1),
            course("P1", 3, date(2011, 1, 1), date(2009, 1, 1), study_id=EXTENSION),
            course("P2", 1, p2, None, n_infusions=5, total_dose_mg=60.0),
            course("P2", 2, date(2009, 2, 1), p2),
        ],
        "core.relapse": [
            {
                **told,
                "person_id": "P1",
                "relapse_number": 1,
                "onset_date": date(2009, 2, 4),
                "onset_earliest_date": date(2009, 2, 4),
                "onset_latest_date": date(2009, 2, 4),
                "onset_day": 400,
                "is_onset_imputed": False,
            },
            {
                **told,
                "person_id": "P2",
                "relapse_number": 1,
                "onset_date": date(2010, 5, 15),
                "onset_earliest_date": date(2010, 5, 1),
                "onset_latest_date": date(2010, 5, 31),
                "onset_imputation": "15th of the month",
                "onset_day": since_day0("P2", date(2010, 5, 15)),
                "is_onset_imputed": True,
            },
        ],
        "core.edss": [
            {
                **scored,
                "person_id": "P1",
                "assessment_date": date(2007, 12, 20),
                "assessment_day": -12,
                "edss_points": 2.0,
            },
            {
                **scored,
                "person_id": "P2",
                "assessment_date": p2,
                "assessment_day": 0,
                "edss_points": 3.0,
            },
            *(
                {
                    **scored,
                    "person_id": person,
                    "assessment_date": DAY0[person] + timedelta(day),
                    "assessment_day": day,
                    "edss_points": points,
                }
                for person, day, points in (
                    ("P1", 367, 2.5),
                    ("P1", 1090, 2.0),
                    ("P2", 400, 4.5),
                    ("P2", 600, 4.5),
                )
            ),
        ],
        "core.mri_scan": [
            {
                "person_id": "P1",
                "study_id": EXTENSION,
                "scan_date": date(2010, 12, 20),
                "scan_day": since_day0("P1", date(2010, 12, 20)),
                "gd_lesions": 1,
                "bpf": 0.82,
            },
            {
                "person_id": "P2",
                "study_id": CORE,
                "scan_date": date(2009, 2, 1),
                "scan_day": 366,
                "gd_lesions": 0,
            },
            {
                "person_id": "P1",
                "study_id": CORE,
                "scan_date": date(2007, 12, 20),
                "scan_day": -12,
                "gd_lesions": 2,
                "bpf": 0.83,
            },
        ],
        "core.adverse_event": [
            {
                "person_id": person_id,
                "event_number": number,
                "study_id": CORE,
                "reported_term": "as told",
                "preferred_term": term,
                "is_serious": term == "Hyperthyroidism",
                "is_fatal": False,
                "onset_earliest_date": DAY0[person_id] + timedelta(day),
                "onset_latest_date": DAY0[person_id] + timedelta(day),
                "onset_day": day,
                "is_onset_partial": False,
                "is_on_study": True,
            }
            for person_id, number, term, day in (
                ("P1", 1, "Headache", 0),
                ("P2", 1, "Headache", 0),
                ("P1", 2, "Hyperthyroidism", 731),
                ("P1", 3, "Basal cell carcinoma", 1247),
            )
        ],
        "core.baseline": [
            {
                "age_years": 33.0,
                "is_female": True,
                "is_initial_relapse_imputed": False,
                "relapses_prior_1_year": 2,
                "relapses_prior_2_years": 3,
                **values,
            }
            for values in (
                {
                    "person_id": "P1",
                    "edss_points": 2.0,
                    "years_since_initial_relapse": 3.5,
                    "gd_lesions": 2.0,
                    "has_gd_lesions": True,
                    "bpf": 0.83,
                },
                {"person_id": "P2", "edss_points": 3.0},
            )
        ],
        "core.other_dmt": [
            {
                "person_id": "P1",
                "dmt_number": 1,
                "study_id": CORE,
                "treatment": "GLATIRAMER",
                "start_earliest_date": date(2005, 1, 1),
                "start_latest_date": date(2005, 12, 31),
                "is_ongoing": False,
                "is_prior": True,
                "is_counted": False,
                "is_decision_uncertain": False,
                "decision_rule": "ended before day 0",
            }
        ],
        "core.follow_up": [
            {
                **observed,
                "person_id": "P1",
                "last_contact_date": date(2017, 9, 30),
                "last_contact_day": since_day0("P1", date(2017, 9, 30)),
                "efficacy_end_day": 8 * YEAR,
                "efficacy_end_reason": "horizon",
                "safety_end_day": 8 * YEAR,
            },
            {
                **observed,
                "person_id": "P2",
                "last_contact_date": death,
                "last_contact_day": since_day0("P2", death),
                "death_day": since_day0("P2", death),
                "efficacy_end_day": since_day0("P2", death) + 1.0,
                "efficacy_end_reason": "death",
                "safety_end_day": since_day0("P2", death) + 1.0,
            },
        ],
        "core.population": [
            {
                **in_set,
                "person_id": "P1",
                "core_study_id": CORE,
                "courses_through_horizon": 3,
                "courses_through_cutoff": 3,
                "is_additional": True,
                "group_id": "3-courses",
                "is_exclusion_uncertain": False,
            },
            {
                **in_set,
                "person_id": "P2",
                "core_study_id": CORE,
                "courses_through_horizon": 2,
                "courses_through_cutoff": 2,
                "is_additional": False,
                "group_id": "2-courses",
                "is_exclusion_uncertain": False,
            },
            {
                **dict.fromkeys(in_set, False),
                "person_id": "P3",
                "core_study_id": CORE,
                "courses_through_horizon": 0,
                "courses_through_cutoff": 0,
                "is_additional": False,
                "exclusion_reason": EXCLUSION_REASONS[0],
                "is_exclusion_uncertain": False,
            },
        ],
    }
