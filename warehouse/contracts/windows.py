"""Contracts of the windows layer: what is observed of a person in a window around an anchor."""

import polars as pl

from warehouse.contracts.core import GROUPS, PERSON_ID
from warehouse.contracts.table import Column, TableContract, by_name

TEXT = pl.String()
INTEGER = pl.Int32()
NUMBER = pl.Float64()
FLAG = pl.Boolean()

#: Where a window is measured from; Course 5 stands for the 5plus group (W-01).
ANCHORS = ("core-baseline", "course-3", "course-4", "course-5")

#: Confirmed disability worsening (E-07) and improvement (E-08).
DISABILITY_ENDPOINTS = ("CDW", "CDI")

#: What is listed patient by patient, as the paper's Safety paragraph and Figure 1's footnotes do.
LISTINGS = ("autoimmune event", "malignancy", "death", "early course")

COURSE_WINDOWS = ("M-12..M0", "M0..M12", "M12..M24", "M24..M36", "M0..M24", "M0..M36")


def _day(name: str, label: str, *, nullable: bool = False) -> Column:
    return Column(name, NUMBER, label, unit="days since day 0", nullable=nullable)


def _flag(name: str, label: str, *, nullable: bool = False) -> Column:
    return Column(name, FLAG, label, nullable=nullable)


def _anchor() -> Column:
    return Column("anchor", TEXT, "Where days are counted from", nullable=False, terms=ANCHORS)


WINDOWS = by_name(
    (
        TableContract(
            "windows",
            "patient_course_window",
            "One row per treated person, anchor and window; every anchor the person has",
            (
                PERSON_ID,
                _anchor(),
                Column(
                    "analysis_window",
                    TEXT,
                    "Name of the window: months around a course, years (Y3) or cumulative (Y0..Y3)",
                    nullable=False,
                ),
                _flag("is_cumulative", "Cumulative from the anchor: Y0..Yk, M0..M24, M0..M36"),
                _day("anchor_day", "Day of the anchor"),
                _day("window_start_day", "Start, inclusive (W-02)"),
                _day("window_end_day", "End, exclusive (W-02)"),
                Column(
                    "days_at_risk",
                    NUMBER,
                    "Overlap of window and efficacy follow-up (T-06)",
                    unit="days",
                    nullable=False,
                ),
                Column(
                    "days_at_risk_to_next_course",
                    NUMBER,
                    "The same, cut at the course after the anchor (core baseline: Course 3)",
                    unit="days",
                    nullable=False,
                ),
                Column(
                    "relapses",
                    INTEGER,
                    "Relapses with onset in the window and in follow-up",
                    unit="relapses",
                    nullable=False,
                ),
                _day("first_relapse_day", "Onset of the first of them", nullable=True),
                Column(
                    "relapses_to_next_course",
                    INTEGER,
                    "Those before the next course: the events of days_at_risk_to_next_course",
                    unit="relapses",
                    nullable=False,
                ),
                _flag("is_at_risk_at_start", "Under follow-up when the window starts"),
                _flag("is_complete", "Under follow-up to the end of the window"),
                _flag(
                    "is_overlapping_previous_course",
                    "Pre-window reaches before the previous course (W-04)",
                ),
                _day("scan_day", "Day of the scan that stands for the window", nullable=True),
                _flag(
                    "has_gd_activity", "Gd-enhancing lesion on it; null = missing", nullable=True
                ),
                _flag(
                    "has_t2_activity",
                    "New or enlarging T2 lesion on it; null = missing",
                    nullable=True,
                ),
                _flag(
                    "has_t1_activity",
                    "New T1 hypointense lesion on it; null = missing",
                    nullable=True,
                ),
                _flag(
                    "has_mri_activity",
                    "Gd or T2 activity; null = not evaluable (E-10)",
                    nullable=True,
                ),
                Column("edss_end_points", NUMBER, "EDSS at the window's end (T-07)", unit="points"),
                _day("edss_end_day", "Day of that EDSS", nullable=True),
            ),
            key=("person_id", "anchor", "analysis_window"),
            rule_ids=("W-01", "W-02", "W-03", "W-04", "W-05", "T-06", "T-07", "E-10", "E-11"),
        ),
        TableContract(
            "windows",
            "edss_at_visit",
            "One row per treated person, anchor and nominal month with an EDSS",
            (
                PERSON_ID,
                _anchor(),
                Column(
                    "analysis_month",
                    INTEGER,
                    "Nominal month after the anchor; 0 = baseline",
                    unit="months",
                    nullable=False,
                ),
                Column(
                    "timepoint",
                    TEXT,
                    "Its name: BL; from core baseline Y1 for month 12, else M6; of a course M-12",
                    nullable=False,
                ),
                _day("anchor_day", "Day of the anchor"),
                _day("assessment_day", "Day of the EDSS"),
                Column("edss_points", NUMBER, "EDSS score", unit="points", nullable=False),
                Column(
                    "baseline_points", NUMBER, "EDSS score at the anchor's baseline", unit="points"
                ),
                Column(
                    "edss_change_points", NUMBER, "Score minus that of the baseline", unit="points"
                ),
            ),
            key=("person_id", "anchor", "analysis_month"),
            rule_ids=("T-07", "E-06"),
        ),
        TableContract(
            "windows",
            "disability_event",
            "One row per treated person, anchor and endpoint: time to onset, or to censoring",
            (
                PERSON_ID,
                _anchor(),
                Column(
                    "endpoint",
                    TEXT,
                    "CDW: worsening, CDI: improvement",
                    nullable=False,
                    terms=DISABILITY_ENDPOINTS,
                ),
                _day("anchor_day", "Day of the anchor"),
                Column(
                    "reference_points",
                    NUMBER,
                    "EDSS score that change is measured from",
                    unit="points",
                    nullable=False,
                ),
                Column("cnsr", INTEGER, "0 = confirmed event, 1 = censored", nullable=False),
                _day("event_day", "Onset of the first confirmed event", nullable=True),
                _day("confirmation_day", "Visit that confirmed it", nullable=True),
                _day("last_edss_day", "Last EDSS that counts; the anchor where there is none"),
                Column(
                    "last_edss_tolerance_days",
                    NUMBER,
                    "Half-width of the analysis visit of that EDSS (T-07, E-09)",
                    unit="days",
                    nullable=False,
                ),
                Column(
                    "days_to_event",
                    NUMBER,
                    "From the anchor to onset, or to the last EDSS if censored",
                    unit="days",
                    nullable=False,
                ),
            ),
            key=("person_id", "anchor", "endpoint"),
            rule_ids=("E-07", "E-08", "E-09"),
        ),
        TableContract(
            "windows",
            "safety_event",
            "One row per adverse event of a treated person that counts for safety (T-08)",
            (
                PERSON_ID,
                Column("event_number", INTEGER, "As in core.adverse_event", nullable=False),
                Column("preferred_term", TEXT, "Dictionary-derived term (AEDECOD)"),
                Column("onset_day", INTEGER, "Onset", unit="days since day 0", nullable=False),
                _flag("is_serious", "Serious in any study that reported it"),
                _flag("is_fatal", "Resulted in death"),
                _flag("is_infection", "Body system of infections"),
                _flag("is_thyroid", "Thyroid disorder, by term list"),
                _flag("is_itp", "Immune thrombocytopenia, by term list"),
                _flag("is_nephropathy", "Autoimmune nephropathy, by term list"),
                _flag("is_autoimmune", "Thyroid, ITP or nephropathy (E-14)"),
                _flag("is_malignancy", "Malignancy, by term list"),
                _flag("is_iar", "Infusion-associated reaction (E-13)"),
                _flag("is_iar_by_date", "That was decided by dates: a time was missing (E-13)"),
                Column(
                    "last_course_number",
                    INTEGER,
                    "Last course on or before onset (W-02)",
                    nullable=False,
                ),
                Column(
                    "days_since_last_course",
                    INTEGER,
                    "From that course's first infusion to onset",
                    unit="days",
                    nullable=False,
                ),
            ),
            key=("person_id", "event_number"),
            rule_ids=("E-12", "E-13", "E-14", "T-08"),
        ),
        TableContract(
            "windows",
            "line_listing",
            "One row per listed event of a treated person: malignancies, deaths, and others",
            (
                PERSON_ID,
                Column("listing", TEXT, "Which listing", nullable=False, terms=LISTINGS),
                Column(
                    "record_number", INTEGER, "1, 2, 3 … within person and listing", nullable=False
                ),
                Column("description", TEXT, "Preferred terms; of a death its causes"),
                Column("event_day", INTEGER, "Day of it", unit="days since day 0", nullable=False),
                Column("study_year", INTEGER, "Year from core baseline, from 1", nullable=False),
                Column(
                    "last_course_number",
                    INTEGER,
                    "Last course on or before it; of an early course the one before",
                    nullable=False,
                ),
                Column(
                    "days_since_last_course",
                    INTEGER,
                    "From that course's first infusion",
                    unit="days",
                    nullable=False,
                ),
                Column(
                    "months_since_last_course",
                    NUMBER,
                    "The same in months of 30.4375 days",
                    unit="months",
                    nullable=False,
                ),
                Column("toxicity_grade", TEXT, "Toxicity grade"),
                Column("outcome", TEXT, "Outcome"),
                _flag("is_serious", "Serious; a death always is"),
                _flag("is_fatal", "Resulted in death"),
                _flag("is_safety", "Person is in the safety analysis (S-10)"),
                _flag("is_additional", "Person is in the additional-courses group (S-09)"),
                Column("group_id", TEXT, "Efficacy group; null if in none", terms=GROUPS),
            ),
            key=("person_id", "listing", "record_number"),
            rule_ids=("E-12", "E-14", "C-02", "T-08"),
        ),
    )
)
