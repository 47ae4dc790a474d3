"""What the protocols of the studies fix: doses, courses, visits, lengths.

Belongs here: constants of the design, which no setting changes. Where the pipeline works with
one, it takes it from here. Does not belong here: open choices of the analysis (`rules`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """The design of CARE-MS I and II, their extension and TOPAZ.

    Attributes:
        dose_mg: alemtuzumab on each day of infusion (C-02).
        other_arm_dose_mg: the same in the arm of CARE-MS II that is not analysed.
        first_course_infusions: days of infusion of Course 1 (C-02).
        later_course_infusions: days of infusion of every later course (C-02).
        second_course_month: month of Course 2, counted from Course 1.
        least_interval_months: shortest time between two courses; a course given earlier is
            flagged (C-02).
        censoring_course: course on whose day efficacy follow-up ends (S-07).
        years_after_course: years that are told after a course (W-01).
        topaz_years: planned length of TOPAZ, from the entry into it (T-01).
        edss_visit_months: time between two visits in the core studies and the extension.
        edss_visit_topaz_months: the same in TOPAZ.
        retreatment_relapses: least number of relapses that admit another course.
        retreatment_lesions: least number of lesions that admit another course.
        autoimmunity_months: months after the last course in which patients are watched for
            autoimmune events, at least.
        interferon_dose_ug: SC IFNB-1a at each injection.
        interferon_per_week: injections of it a week.
    """

    dose_mg: int = 12
    other_arm_dose_mg: int = 24
    first_course_infusions: int = 5
    later_course_infusions: int = 3
    second_course_month: int = 12
    least_interval_months: int = 12
    censoring_course: int = 6
    years_after_course: int = 3
    topaz_years: int = 5
    edss_visit_months: int = 3
    edss_visit_topaz_months: int = 6
    retreatment_relapses: int = 1
    retreatment_lesions: int = 2
    autoimmunity_months: int = 48
    interferon_dose_ug: int = 44
    interferon_per_week: int = 3


PROTOCOL = Protocol()
