"""Patient tables of the windows layer in the tiny world (`gate_world`), but the windows themselves.

P1 is followed without an event from core baseline and from Course 3; P2 worsens on day 400,
confirmed on day 600, and dies on day 1591.
"""

from gate_patients import Row, World

from transforms.rules import DAYS_PER_MONTH

COURSE_3 = 1096.0
DEATH = 1591


def patient_windows() -> World:
    return {
        "windows.edss_at_visit": _visits(),
        "windows.disability_event": _disability(),
        "windows.safety_event": _events(),
        "windows.line_listing": _listed(),
    }


def _visits() -> list[Row]:
    core = {"anchor": "core-baseline", "anchor_day": 0.0}
    course = {"anchor": "course-3", "anchor_day": COURSE_3}
    return [
        {
            **anchor,
            "person_id": person,
            "analysis_month": month,
            "timepoint": name,
            "assessment_day": day,
            "edss_points": points,
            "baseline_points": baseline,
            "edss_change_points": points - baseline,
        }
        for person, anchor, month, name, day, points, baseline in (
            ("P1", core, 0, "BL", -12.0, 2.0, 2.0),
            ("P1", core, 12, "Y1", 367.0, 2.5, 2.0),
            ("P1", core, 36, "Y3", 1090.0, 2.0, 2.0),
            ("P1", course, 0, "BL", 1090.0, 2.0, 2.0),
            ("P2", core, 0, "BL", 0.0, 3.0, 3.0),
            ("P2", core, 12, "Y1", 400.0, 4.5, 3.0),
        )
    ]


def _disability() -> list[Row]:
    def censored(
        person: str, endpoint: str, points: float, last_day: float, course: float | None = None
    ) -> Row:
        anchor_day = course or 0.0
        return {
            "person_id": person,
            "anchor": "course-3" if course else "core-baseline",
            "endpoint": endpoint,
            "anchor_day": anchor_day,
            "reference_points": points,
            "cnsr": 1,
            "last_edss_day": last_day,
            "last_edss_tolerance_days": 45.0,
            "days_to_event": last_day - anchor_day,
        }

    event = {"cnsr": 0, "event_day": 400.0, "confirmation_day": 600.0, "days_to_event": 400.0}
    return [
        censored("P1", "CDW", 2.0, 1090.0),
        censored("P1", "CDI", 2.0, 1090.0),
        censored("P1", "CDW", 2.0, COURSE_3, COURSE_3),
        censored("P1", "CDI", 2.0, COURSE_3, COURSE_3),
        {**censored("P2", "CDW", 3.0, 600.0), **event},
        censored("P2", "CDI", 3.0, 600.0),
    ]


def _events() -> list[Row]:
    flags = ("serious", "fatal", "infection", "thyroid", "itp", "nephropathy", "autoimmune")
    no = dict.fromkeys(
        (f"is_{flag}" for flag in (*flags, "malignancy", "iar", "iar_by_date")), False
    )
    reaction = {"preferred_term": "Headache", "is_iar": True}
    thyroid = {
        "preferred_term": "Hyperthyroidism",
        "is_serious": True,
        "is_thyroid": True,
        "is_autoimmune": True,
    }
    cancer = {"preferred_term": "Basal cell carcinoma", "is_malignancy": True}
    return [
        {
            **no,
            **event,
            "person_id": person,
            "event_number": number,
            "onset_day": day,
            "last_course_number": course,
            "days_since_last_course": since,
        }
        for person, number, event, day, course, since in (
            ("P1", 1, reaction, 0, 1, 0),
            ("P1", 2, thyroid, 731, 2, 365),
            ("P1", 3, cancer, 1247, 3, 151),
            ("P2", 1, reaction, 0, 1, 0),
        )
    ]


def _listed() -> list[Row]:
    p1 = {"person_id": "P1", "is_additional": True, "group_id": "3-courses"}
    p2 = {"person_id": "P2", "is_additional": False, "group_id": "2-courses"}
    return [
        {
            **person,
            "listing": listing,
            "record_number": 1,
            "description": term,
            "toxicity_grade": grade,
            "event_day": day,
            "study_year": year,
            "last_course_number": course,
            "days_since_last_course": since,
            "months_since_last_course": since / DAYS_PER_MONTH,
            "is_serious": listing != "malignancy",
            "is_fatal": listing == "death",
            "is_safety": True,
        }
        for person, listing, term, grade, day, year, course, since in (
            (p1, "autoimmune event", "Hyperthyroidism", "1", 731, 3, 2, 365),
            (p1, "malignancy", "Basal cell carcinoma", "2", 1247, 4, 3, 151),
            (p2, "death", None, None, DEATH, 5, 2, 1225),
        )
    ]
