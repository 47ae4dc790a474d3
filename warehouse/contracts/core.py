"""Contracts of the core layer: one table per thing of the trial, all studies joined.

Days are elapsed and 0-based from day 0, the first alemtuzumab course in the core study
(T-02); they are null for a person without a day 0. Persons of every arm are here: the
population funnel leaves them out, with a reason.
"""

import polars as pl

from warehouse.contracts.table import Column, TableContract, by_name

TEXT = pl.String()
INTEGER = pl.Int32()
NUMBER = pl.Float64()
FLAG = pl.Boolean()
DATE = pl.Date()
TIMESTAMP = pl.Datetime("us")

PERSON_ID = Column(
    "person_id", TEXT, "Person; USUBJID where no crosswalk joins several", nullable=False
)

CORE_STUDIES = ("CAMMS323", "CAMMS32400507")
STUDIES = (*CORE_STUDIES, "CAMMS03409", "LPS13649")

#: Groups of the efficacy analysis, by total of courses through the cut-off (S-04 .. S-07).
GROUPS = ("2-courses", "3-courses", "4-courses", "5plus-courses")

#: Why a person is not in the efficacy set: the first that applies, in this order (section 3).
EXCLUSION_REASONS = (
    "not 12 mg alemtuzumab as actual arm",
    "never entered the extension",
    "other DMT",
    "one course",
    "Course 3 after the landmark",
    "group-defining course after the landmark",
)

#: Rules that place a partial date in the middle of its month or year (E-01, E-15).
MIDDLE_RULES = ("15th of the month", "1 July of the year")
#: A partial date stands on day 0, since its earliest possible day lies before it (E-12).
DAY0_RULE = "day 0"
#: A partial death stands on the day of the last contact, not before it (T-06).
CONTACT_RULE = "last contact"
EARLIEST_RULE = "earliest possible day"


def _flag(name: str, label: str) -> Column:
    return Column(name, FLAG, label, nullable=False)


def _imputation(name: str, what: str, *rules: str) -> Column:
    label = f"Rule that placed a partial {what}; null if it had a day, or has no place"
    return Column(name, TEXT, label, terms=rules)


def _study(label: str = "Study in which the record was collected") -> Column:
    return Column("study_id", TEXT, label, nullable=False, terms=STUDIES)


def _day(name: str, label: str, *, nullable: bool = True) -> Column:
    return Column(name, INTEGER, label, unit="days since day 0", nullable=nullable)


CORE = by_name(
    (
        TableContract(
            "core",
            "patient",
            "One row per person who signed a consent in a core study",
            (
                PERSON_ID,
                Column("core_study_id", TEXT, "Core study", nullable=False, terms=CORE_STUDIES),
                Column("site_id", TEXT, "Study site in the core study"),
                Column("planned_arm_code", TEXT, "Randomised arm (ARMCD)"),
                Column("actual_arm_code", TEXT, "Arm as treated (ACTARMCD)"),
                Column("consent_date", DATE, "Informed consent to the core study"),
                Column("day0_date", DATE, "First alemtuzumab course in the core study (T-02)"),
                Column("extension_entry_date", DATE, "Consent to CAMMS03409, on or before cut-off"),
                Column("topaz_entry_date", DATE, "Consent to TOPAZ, on or before cut-off"),
                Column("death_text", TEXT, "Death as reported (ISO 8601, possibly partial)"),
                Column("death_date", DATE, "Death, on or before cut-off; earliest possible day"),
                Column(
                    "death_latest_date", DATE, "Latest possible day of death, not after cut-off"
                ),
                Column(
                    "is_death_date_partial",
                    FLAG,
                    "Death had no day, or neither month nor day; null without a death (T-06)",
                ),
                Column("age_years", NUMBER, "Age at core study entry", unit="years"),
                Column("sex", TEXT, "Sex"),
                Column("race", TEXT, "Race"),
                Column("country", TEXT, "Country"),
                Column(
                    "relapses_prior_1_year",
                    INTEGER,
                    "Relapses in the 12 months before core enrolment (RELPY1)",
                    unit="relapses",
                ),
                Column(
                    "relapses_prior_2_years",
                    INTEGER,
                    "Relapses in the 24 months before core enrolment (RELPY2)",
                    unit="relapses",
                ),
                _flag("is_treated", "Treated with alemtuzumab 12 mg in a core study (C-03, S-01)"),
                _flag("has_entered_extension", "Has a consent in CAMMS03409"),
                _flag("has_entered_topaz", "Has a consent in TOPAZ"),
            ),
            key=("person_id",),
            rule_ids=("T-01", "T-02", "C-03", "S-01"),
        ),
        TableContract(
            "core",
            "course",
            "One row per alemtuzumab treatment course",
            (
                PERSON_ID,
                Column("course_number", INTEGER, "1, 2, 3 … in order of date", nullable=False),
                _study(),
                Column("course_date", DATE, "First infusion of the course", nullable=False),
                _day("course_day", "First infusion of the course"),
                Column("last_infusion_date", DATE, "Last infusion of the course", nullable=False),
                Column("n_infusions", INTEGER, "Infusions given", unit="infusions", nullable=False),
                Column("total_dose_mg", NUMBER, "Sum of doses given", unit="mg", nullable=False),
                Column(
                    "days_since_previous_course",
                    INTEGER,
                    "Days from the previous course's first infusion; null for Course 1",
                    unit="days",
                ),
                _flag("is_early", "Given less than 12 months after the previous course (C-02)"),
                _flag("is_through_horizon", "On or after day 0 and before the horizon end (T-05)"),
                Column(
                    "retreatment_reason", TEXT, "Reason for the course (RETRSN); null = none given"
                ),
                Column("label_course_number", INTEGER, "Course number in the visit label"),
                _flag("is_label_disagreeing", "Visit label gives another number than dates (C-01)"),
            ),
            key=("person_id", "course_number"),
            rule_ids=("C-01", "C-02", "C-04", "T-05"),
        ),
        TableContract(
            "core",
            "relapse",
            "One row per protocol-defined, confirmed relapse, after merging",
            (
                PERSON_ID,
                Column("relapse_number", INTEGER, "1, 2, 3 … in order of onset", nullable=False),
                _study(),
                Column("onset_text", TEXT, "Onset as reported (ISO 8601, possibly partial)"),
                Column("onset_date", DATE, "Onset; imputed if partial", nullable=False),
                Column("onset_earliest_date", DATE, "Earliest possible day of onset"),
                Column("onset_latest_date", DATE, "Latest possible day of onset"),
                _day("onset_day", "Onset"),
                _flag("is_onset_imputed", "Onset had no day, or neither month nor day"),
                _imputation("onset_imputation", "onset", *MIDDLE_RULES),
                Column("severity", TEXT, "Severity as reported"),
                Column(
                    "n_records",
                    INTEGER,
                    "Reported records merged into this relapse",
                    unit="records",
                    nullable=False,
                ),
            ),
            key=("person_id", "relapse_number"),
            rule_ids=("E-01",),
        ),
        TableContract(
            "core",
            "edss",
            "One row per person and day with an EDSS score",
            (
                PERSON_ID,
                _study(),
                Column("visit", TEXT, "Visit name"),
                Column("assessment_date", DATE, "Date of the assessment", nullable=False),
                _day("assessment_day", "Day of the assessment"),
                Column("edss_points", NUMBER, "EDSS score", unit="points", nullable=False),
                _flag("is_scheduled", "At a scheduled visit (not unscheduled, not for a relapse)"),
            ),
            key=("person_id", "assessment_date"),
            rule_ids=("T-07", "E-06"),
        ),
        TableContract(
            "core",
            "mri_scan",
            "One row per brain MRI scan that was done",
            (
                PERSON_ID,
                _study(),
                Column("visit", TEXT, "Visit name"),
                Column("scan_date", DATE, "Date of the scan", nullable=False),
                _day("scan_day", "Day of the scan"),
                Column("gd_lesions", INTEGER, "Gd-enhancing T1 lesions", unit="lesions"),
                Column(
                    "t2_new_enlarging_lesions",
                    INTEGER,
                    "New or enlarging T2 lesions since the previous scan",
                    unit="lesions",
                ),
                Column(
                    "t1_new_hypointense_lesions",
                    INTEGER,
                    "New T1 hypointense lesions",
                    unit="lesions",
                ),
                Column("bpf", NUMBER, "Brain parenchymal fraction", unit="fraction"),
            ),
            key=("person_id", "scan_date"),
            rule_ids=("E-10",),
        ),
        TableContract(
            "core",
            "adverse_event",
            "One row per adverse event; the same event told by two studies is one",
            (
                PERSON_ID,
                Column("event_number", INTEGER, "1, 2, 3 … in order of onset", nullable=False),
                _study("Study that reported the event first"),
                Column("reported_term", TEXT, "Term as reported", nullable=False),
                Column("preferred_term", TEXT, "Dictionary-derived term (AEDECOD)"),
                Column("body_system", TEXT, "System organ class (AEBODSYS)"),
                Column("severity", TEXT, "Severity"),
                Column("toxicity_grade", TEXT, "Toxicity grade"),
                Column("outcome", TEXT, "Outcome"),
                _flag("is_serious", "Serious in any study that reported it"),
                _flag("is_fatal", "Resulted in death"),
                Column("onset_text", TEXT, "Onset as reported (ISO 8601, possibly partial)"),
                Column("onset_earliest_date", DATE, "Earliest possible day of onset"),
                Column("onset_latest_date", DATE, "Latest possible day of onset"),
                Column("onset_at", TIMESTAMP, "Onset with time, if the time was reported"),
                _day("onset_day", "Earliest possible onset, but not before day 0 (E-12)"),
                _flag("is_onset_partial", "Onset had no day, or neither month nor day"),
                _imputation("onset_imputation", "onset", EARLIEST_RULE, DAY0_RULE),
                _flag(
                    "is_on_study",
                    "Latest possible onset on or after day 0, earliest by the cut-off",
                ),
                Column("end_text", TEXT, "End as reported"),
            ),
            key=("person_id", "event_number"),
            rule_ids=("E-12", "T-08"),
        ),
        TableContract(
            "core",
            "other_dmt",
            "One row per disease-modifying therapy other than alemtuzumab, prior ones too",
            (
                PERSON_ID,
                Column("dmt_number", INTEGER, "1, 2, 3 … in order of start", nullable=False),
                _study(),
                Column("treatment", TEXT, "Name of the therapy", nullable=False),
                Column("start_text", TEXT, "Start as reported (ISO 8601, possibly partial)"),
                Column("start_earliest_date", DATE, "Earliest possible day of start"),
                Column("start_latest_date", DATE, "Latest possible day of start"),
                Column("end_text", TEXT, "End as reported (ISO 8601, possibly partial)"),
                Column("end_earliest_date", DATE, "Earliest possible day of end, from the start"),
                Column("end_latest_date", DATE, "Latest possible day of end"),
                _flag("is_ongoing", "Reported as ongoing"),
                _flag("is_prior", "Ended, or started with no end and not ongoing, before day 0"),
                _flag(
                    "is_counted", "Taken after day 0 and before the bound of T-05: excludes (S-03)"
                ),
                _flag("is_decision_uncertain", "A partial date left the decision to a rule (S-03)"),
                Column("decision_rule", TEXT, "Which reading rule decided", nullable=False),
            ),
            key=("person_id", "dmt_number"),
            rule_ids=("S-03", "T-05"),
        ),
        TableContract(
            "core",
            "follow_up",
            "One row per person with a day 0: how long and where observed",
            (
                PERSON_ID,
                Column("last_contact_date", DATE, "Last study contact up to the cut-off"),
                _day("last_contact_day", "Last study contact"),
                _day("death_day", "Death; of a partial date as placed by T-06"),
                _imputation("death_imputation", "death", EARLIEST_RULE, CONTACT_RULE),
                _day("course_6_day", "Course 6, where efficacy follow-up is censored"),
                Column(
                    "horizon_end_day",
                    NUMBER,
                    "Horizon in years times 365.25",
                    unit="days since day 0",
                    nullable=False,
                ),
                Column(
                    "efficacy_end_day",
                    NUMBER,
                    "End of efficacy follow-up, exclusive (T-06)",
                    unit="days since day 0",
                    nullable=False,
                ),
                Column(
                    "efficacy_end_reason",
                    TEXT,
                    "What ended efficacy follow-up",
                    nullable=False,
                    terms=("last contact", "death", "cut-off", "horizon", "course 6"),
                ),
                Column(
                    "safety_end_day",
                    NUMBER,
                    "End of safety person-time, exclusive (T-08)",
                    unit="days since day 0",
                    nullable=False,
                ),
                Column(
                    "gap_days",
                    INTEGER,
                    "Days between two studies in which nothing was recorded (W-05)",
                    unit="days",
                    nullable=False,
                ),
                _day("extension_gap_start_day", "First day of the gap before CAMMS03409 (W-05)"),
                _day("extension_gap_end_day", "Entry into CAMMS03409 after a gap; exclusive"),
                _day("topaz_gap_start_day", "First day of the gap before TOPAZ (W-05)"),
                _day("topaz_gap_end_day", "Entry into TOPAZ after a gap; exclusive"),
                _flag("is_on_study_through_horizon", "Retained through the horizon (E-16)"),
                Column("discontinuation_text", TEXT, "That discontinuation's date as reported"),
                Column(
                    "discontinuation_date",
                    DATE,
                    "Final discontinuation of study participation; earliest possible day",
                ),
                Column(
                    "discontinuation_latest_date", DATE, "Latest possible day of discontinuation"
                ),
                Column(
                    "is_discontinuation_date_partial",
                    FLAG,
                    "Discontinuation had no day, or neither month nor day; null without one",
                ),
                Column("discontinuation_reason", TEXT, "Reason of that discontinuation"),
            ),
            key=("person_id",),
            rule_ids=("T-06", "T-08", "W-05", "E-16"),
        ),
        TableContract(
            "core",
            "population",
            "One row per person: analysis sets, and one reason for each exclusion",
            (
                PERSON_ID,
                Column("core_study_id", TEXT, "Core study", nullable=False, terms=CORE_STUDIES),
                Column(
                    "courses_through_horizon",
                    INTEGER,
                    "Courses before the horizon end (T-05)",
                    unit="courses",
                    nullable=False,
                ),
                Column(
                    "courses_through_cutoff",
                    INTEGER,
                    "Courses on or before the cut-off (T-05)",
                    unit="courses",
                    nullable=False,
                ),
                _flag("is_treated", "S-01"),
                _flag("is_extension", "S-02"),
                _flag("is_no_other_dmt", "S-03"),
                _flag("is_additional", "S-09: additional courses (safety)"),
                _flag("is_safety", "S-10: safety analysis"),
                _flag("is_efficacy", "S-08: efficacy analysis"),
                Column("group_id", TEXT, "Efficacy group; null if in none", terms=GROUPS),
                Column(
                    "exclusion_reason",
                    TEXT,
                    "First reason that keeps the person out of the efficacy set; null if in",
                    terms=EXCLUSION_REASONS,
                ),
                _flag("is_exclusion_uncertain", "The exclusion hangs on a partial date (T-05)"),
            ),
            key=("person_id",),
            rule_ids=tuple(f"S-{number:02d}" for number in range(1, 11)),
        ),
        TableContract(
            "core",
            "baseline",
            "One row per treated person: characteristics at core baseline",
            (
                PERSON_ID,
                Column("age_years", NUMBER, "Age at core study entry", unit="years"),
                Column("is_female", FLAG, "Female; null = sex not told"),
                Column("edss_points", NUMBER, "EDSS score", unit="points"),
                Column(
                    "initial_relapse_text", TEXT, "Initial relapse as reported, possibly partial"
                ),
                Column("initial_relapse_date", DATE, "Initial relapse; imputed if partial"),
                Column(
                    "initial_relapse_earliest_date", DATE, "Earliest possible day of that relapse"
                ),
                Column("initial_relapse_latest_date", DATE, "Latest possible day of that relapse"),
                Column(
                    "years_since_initial_relapse",
                    NUMBER,
                    "From the initial relapse to day 0",
                    unit="years",
                ),
                _flag(
                    "is_initial_relapse_imputed",
                    "Date of the initial relapse had no day, or neither month nor day",
                ),
                _imputation("initial_relapse_imputation", "initial relapse", *MIDDLE_RULES),
                Column(
                    "relapses_prior_1_year",
                    INTEGER,
                    "Relapses in the 12 months before core enrolment",
                    unit="relapses",
                ),
                Column(
                    "relapses_prior_2_years",
                    INTEGER,
                    "Relapses in the 24 months before core enrolment",
                    unit="relapses",
                ),
                Column("gd_lesions", NUMBER, "Gd-enhancing T1 lesions", unit="lesions"),
                Column("has_gd_lesions", FLAG, "One or more of them; null = not counted"),
                Column("bpf", NUMBER, "Brain parenchymal fraction", unit="fraction"),
            ),
            key=("person_id",),
            rule_ids=("E-15",),
        ),
    )
)
