"""Faults that are a wrong setting: the code is right, a field of `Rules` is not.

The printed design constants are compared with the settings themselves, so that these faults may
be noticed there, too; that is counted apart.
"""

from datetime import date

from benchmarks.faults.ways import CORE, setting
from transforms.rules import Terms

_COURSE, _RELAPSE, _POPULATION = "core.course", "core.relapse", "core.population"
_FOLLOW_UP = "core.follow_up"
_VISIT, _WINDOW = "windows.edss_at_visit", "windows.patient_course_window"
_DISABILITY, _SAFETY = "windows.disability_event", "windows.safety_event"
_LABORATORY = (
    "Blood thyroid stimulating hormone increased",
    "Blood thyroid stimulating hormone decreased",
)

SETTINGS = (
    # Time, follow-up, courses, sets.
    setting("the cut-off day itself does not enter", "T-04", *CORE, cutoff=date(2017, 10, 3)),
    setting("a death is never a contact", "T-06", _FOLLOW_UP, death_contact_days=0),
    setting(
        "who has no record in the next study counts as retained",
        "E-16",
        _FOLLOW_UP,
        study_end_grace_days=10_000,
    ),
    setting("the gap between two studies is not at risk", "W-05", _WINDOW, is_gap_at_risk=False),
    setting("a new course starts after 3 days", "C-01", _COURSE, course_gap_days=3),
    setting("a new course starts after 400 days only", "C-01", _COURSE, course_gap_days=400),
    setting("the landmark is a month early", "S-05 S-06 S-07 S-09", _POPULATION, landmark_month=84),
    setting(
        "the landmark is a month late (the end of Month 85)",
        "S-05 S-06 S-07 S-09",
        _POPULATION,
        landmark_month=86,
    ),
    setting("there is no landmark", "S-05 S-06 S-07 S-09", _POPULATION, landmark_month=97),
    # Relapses.
    setting("relapses are not merged", "E-01", _RELAPSE, relapse_merge_days=0),
    setting("relapses are merged within 60 days", "E-01", _RELAPSE, relapse_merge_days=60),
    # EDSS and MRI visits.
    setting(
        "an EDSS stands for a month within 30 days",
        "T-07",
        *(_VISIT, _DISABILITY),
        edss_tolerance_days=30,
        edss_tolerance_topaz_days=30,
    ),
    setting(
        "an EDSS stands for a month within 45 days in TOPAZ, too",
        "T-07",
        *(_VISIT, _DISABILITY),
        edss_tolerance_topaz_days=45,
    ),
    setting(
        "an EDSS stands for a month within 91 days in all studies",
        "T-07",
        *(_VISIT, _DISABILITY),
        edss_tolerance_days=91,
    ),
    setting("a scan stands for a year within 91 days", "T-07", _WINDOW, mri_tolerance_days=91),
    setting(
        "a scan over 12 months before a course never stands for them",
        "E-11",
        _WINDOW,
        mri_before_extra_days=0,
    ),
    setting(
        "the scan after a course may be of Months 0 to 3", "E-11", _WINDOW, mri_after_months=(0, 12)
    ),
    setting(
        "the scan after a course is sought from Month 6 on",
        "E-11",
        _WINDOW,
        mri_after_months=(6, 18),
    ),
    # Worsening and improvement.
    setting("a change is confirmed at once", "E-07 E-08", _DISABILITY, confirmation_days=0),
    setting("a change is confirmed after 84 days", "E-07 E-08", _DISABILITY, confirmation_days=84),
    setting("a change is confirmed after 90 days", "E-07 E-08", _DISABILITY, confirmation_days=90),
    setting(
        "a change is confirmed after 183 days", "E-07 E-08", _DISABILITY, confirmation_days=183
    ),
    setting(
        "the confirming visit alone must hold the change",
        "E-07 E-08",
        _DISABILITY,
        is_confirmed_at_every_visit=False,
    ),
    setting(
        "all later visits must hold the change",
        "E-07 E-08",
        _DISABILITY,
        is_sustained_to_end=True,
    ),
    setting(
        "a worsening at the last visit counts", "E-07", _DISABILITY, is_last_visit_confirmed=True
    ),
    setting(
        "unscheduled visits start, confirm and break a change",
        "E-07 E-08",
        _DISABILITY,
        is_unscheduled_counted=True,
    ),
    setting(
        "visits after the horizon end confirm nothing",
        "T-07 E-07 E-08",
        _DISABILITY,
        is_visit_after_horizon_counted=False,
    ),
    setting(
        "a visit within 30 days of a relapse does not confirm",
        "E-07 E-08",
        _DISABILITY,
        relapse_shadow_days=30,
    ),
    setting("half a point is a worsening", "E-07", _DISABILITY, cdw_rise_points=0.5),
    setting(
        "one point is a worsening from 0, too", "E-07", _DISABILITY, cdw_rise_from_zero_points=1.0
    ),
    setting("half a point is an improvement", "E-08", _DISABILITY, cdi_fall_points=0.5),
    setting(
        "improvement of patients below 2.0, too",
        "E-08",
        _DISABILITY,
        cdi_least_reference_points=0.0,
    ),
    setting(
        "who is improved at the course counts at once",
        "E-08",
        _DISABILITY,
        cdi_after_course="at once",
    ),
    setting(
        "improvement from the EDSS at the course",
        "E-08",
        _DISABILITY,
        cdi_after_course="course baseline",
    ),
    # Safety.
    setting("a reaction begins at most 12 hours later", "E-13", _SAFETY, iar_hours=12),
    setting("a reaction begins at most 48 hours later", "E-13", _SAFETY, iar_hours=48),
    setting(
        "laboratory terms are no thyroid events",
        "E-12",
        _SAFETY,
        terms=Terms(thyroid=tuple(t for t in Terms().thyroid if t not in _LABORATORY)),
    ),
    setting(
        "melanoma in situ is no malignancy",
        "E-12",
        _SAFETY,
        terms=Terms(
            malignancy=tuple(t for t in Terms().malignancy if t != "Malignant melanoma in situ")
        ),
    ),
)
