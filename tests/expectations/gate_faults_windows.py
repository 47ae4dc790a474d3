"""Faults of the windows layer and of core baseline."""

from gate_faults import (
    COURSE,
    FOLLOW_UP,
    I1,
    I2,
    PCW,
    change,
    copy,
    everything_removed,
    fault,
    remove,
)

VISIT, CHANGE = "windows.edss_at_visit", "windows.disability_event"
BASELINE, EDSS, SCAN = "core.baseline", "core.edss", "core.mri_scan"
CORE = {**I1, "anchor": "core-baseline"}

BASELINE_FAULTS = (
    everything_removed(BASELINE),
    fault(BASELINE, "persons_complete", remove(BASELINE), keys=({**I1, "problem": "missing"},)),
    fault(
        BASELINE,
        "persons_complete",
        copy(BASELINE, person_id="P3"),
        keys=({"person_id": "P3", "problem": "foreign"},),
    ),
    *(
        fault(
            BASELINE,
            "values_in_range",
            change(BASELINE, **{name: value}),
            keys=({**I1, "problem": name},),
        )
        for name, value in (
            ("age_years", -1.0),
            ("edss_points", 0.5),
            ("years_since_initial_relapse", -0.1),
            ("has_gd_lesions", False),
            ("has_gd_lesions", None),
            ("bpf", 1.0),
        )
    ),
    *(
        fault(
            BASELINE,
            "as_in_patient",
            change(BASELINE, **{name: value}),
            keys=({**I1, "problem": name},),
        )
        for name, value in (
            ("age_years", 34.0),
            ("is_female", False),
            ("relapses_prior_1_year", None),
            ("relapses_prior_2_years", 2),
        )
    ),
    *(
        fault(BASELINE, "last_value_by_day0", edit, keys=({**person, "problem": problem},))
        for edit, person, problem in (
            (change(BASELINE, edss_points=2.5), I1, "edss_points"),
            (change(BASELINE, gd_lesions=None), I1, "gd_lesions"),
            (change(BASELINE, bpf=0.8), I1, "bpf"),
            (change(EDSS, 1, assessment_day=1), I2, "edss_points"),
            (change(SCAN, 1, scan_day=0), I2, "gd_lesions"),
            (change(EDSS, 0, study_id="CAMMS03409"), I1, "edss_points"),
        )
    ),
    fault(
        BASELINE,
        "baseline_observed",
        change(BASELINE, edss_points=None),
        keys=({"observed": 0.5},),
    ),
)

Y1 = {**I1, "anchor": "core-baseline", "analysis_window": "Y1"}
Y2 = {**Y1, "analysis_window": "Y2"}
AFTER_COURSE = {**I1, "anchor": "course-3"}
WINDOW_FAULTS = (
    everything_removed(PCW),
    fault(PCW, "known_windows", change(PCW, 1, analysis_window="M0..M12"), keys=(I1,)),
    fault(PCW, "known_windows", change(PCW, 1, window_end_day=366.0), keys=(Y1,)),
    fault(
        PCW,
        "at_risk_within_window",
        change(PCW, 1, days_at_risk=366.0),
        keys=({**Y1, "days_at_risk": 366.0},),
    ),
    fault(PCW, "at_risk_within_window", change(PCW, 1, days_at_risk=0.0), keys=(Y1,)),
    fault(
        PCW,
        "at_risk_within_follow_up",
        change(FOLLOW_UP, efficacy_end_day=1800.0),
        keys=tuple({**AFTER_COURSE, "analysis_window": name} for name in ("M0..M24", "M12..M24")),
    ),
    fault(
        PCW,
        "days_at_risk_add_up",
        change(PCW, 1, days_at_risk=300.0),
        keys=({**Y1, "analysis_window": "Y0..Y1"}, {**Y1, "analysis_window": "Y0..Y2"}),
    ),
    fault(PCW, "complete_is_wholly_at_risk", change(PCW, 1, days_at_risk=300.0), keys=(Y1,)),
    fault(PCW, "relapses_with_first_day", change(PCW, 2, first_relapse_day=None), keys=(Y2,)),
    fault(PCW, "relapses_with_first_day", change(PCW, 2, first_relapse_day=365.0), keys=(Y2,)),
    fault(
        PCW,
        "relapses_add_up",
        change(PCW, 3, relapses=1),
        keys=({**Y1, "analysis_window": "Y0..Y1"},),
    ),
    fault(PCW, "plausible_relapses", change(PCW, 0, relapses=7), keys=(I1,)),
    fault(
        PCW,
        "all_relapses_there",
        change(PCW, 2, relapses=2),
        keys=({**I1, "n_windows": 2, "n_relapses": 1},),
    ),
    fault(PCW, "activity_from_components", change(PCW, 5, has_mri_activity=None), keys=(I1,)),
    fault(PCW, "activity_from_components", change(PCW, 5, scan_day=None), keys=(I1,)),
    fault(PCW, "edss_at_end", change(PCW, 5, edss_end_points=3.0), keys=(I1,)),
    fault(PCW, "edss_at_end", change(PCW, 5, edss_end_day=None), keys=(I1,)),
    fault(PCW, "edss_at_end", change(PCW, 1, edss_end_points=None, edss_end_day=None), keys=(Y1,)),
    fault(PCW, "edss_at_end", remove(VISIT, 3), keys=(I1,)),
    fault(PCW, "anchor_is_its_course", change(PCW, 1, anchor_day=1.0), keys=(Y1,)),
    fault(
        PCW,
        "anchor_is_its_course",
        change(COURSE, 2, course_day=1097),
        keys=tuple(
            {**AFTER_COURSE, "analysis_window": name, "course_day": 1097}
            for name in ("M-12..M0", "M0..M12", "M0..M24", "M12..M24")
        ),
    ),
    everything_removed(VISIT),
    fault(
        VISIT,
        "known_timepoints",
        change(VISIT, 1, analysis_month=10),
        keys=({**CORE, "problem": "no such month, another name"},),
    ),
    fault(VISIT, "known_timepoints", change(VISIT, 2, analysis_month=102), keys=(CORE,)),
    fault(
        VISIT,
        "known_timepoints",
        change(VISIT, 3, analysis_month=-6),
        keys=({**AFTER_COURSE, "problem": "another name"},),
    ),
    fault(VISIT, "anchor_is_its_course", change(VISIT, 3, anchor_day=1095.0), keys=(I1,)),
    fault(
        VISIT,
        "change_from_baseline",
        change(VISIT, 1, edss_change_points=0.0),
        keys=({**CORE, "problem": "not the difference"},),
    ),
    fault(
        VISIT,
        "change_from_baseline",
        change(VISIT, 1, baseline_points=1.5, edss_change_points=1.0),
        keys=({**CORE, "problem": "not the baseline"},),
    ),
    fault(
        VISIT,
        "change_from_baseline",
        change(VISIT, 1, edss_points=0.5, edss_change_points=-1.5),
        keys=({**CORE, "problem": "no EDSS score"},),
    ),
    fault(VISIT, "change_from_baseline", remove(VISIT, 4), keys=({**I2, "analysis_month": 12},)),
    fault(
        VISIT,
        "near_its_mark",
        change(VISIT, 1, assessment_day=368.0),
        keys=({**CORE, "problem": "no such score"},),
    ),
    *(
        fault(
            VISIT,
            "near_its_mark",
            change(EDSS, {"assessment_day": 367}, **changed),
            keys=({**CORE, "analysis_month": 12, "problem": problem},),
        )
        for changed, problem in (
            ({"edss_points": 2.0}, "no such score"),
            ({"is_scheduled": False}, "unscheduled"),
        )
    ),
    fault(
        VISIT,
        "near_its_mark",
        change(EDSS, 0, study_id="LPS13649"),
        keys=({**CORE, "analysis_month": 0, "problem": "not of the core study"},),
    ),
    fault(
        VISIT,
        "near_its_mark",
        change(VISIT, 3, anchor_day=1089.0),
        keys=({**AFTER_COURSE, "problem": "baseline after its anchor"},),
    ),
    *(
        fault(
            VISIT,
            "near_its_mark",
            change(VISIT, 5, assessment_day=float(day)),
            change(EDSS, {"assessment_day": 400}, assessment_day=day, study_id=study),
            keys=({**I2, "analysis_month": 12, "problem": "too far"},),
        )
        for study, day in (("CAMMS03409", 411), ("LPS13649", 457))
    ),
    fault(
        VISIT,
        "near_its_mark",
        change(FOLLOW_UP, 1, death_day=399),
        keys=({**I2, "analysis_month": 12, "problem": "after the last visit"},),
    ),
    everything_removed(CHANGE),
    fault(
        CHANGE,
        "persons_complete",
        remove(CHANGE, 4),
        keys=({**I2, "endpoint": "CDW", "baseline_points": 3.0},),
    ),
    fault(
        CHANGE,
        "persons_complete",
        change(EDSS, 0, edss_points=1.5),
        keys=(
            {**I1, "endpoint": "CDI", "reference_points": 2.0, "baseline_points": None},
            {**I1, "endpoint": "CDW", "reference_points": 2.0, "baseline_points": 1.5},
        ),
    ),
    fault(CHANGE, "anchor_is_its_course", change(CHANGE, 0, anchor_day=1.0), keys=(I1,)),
    *(
        fault(
            CHANGE,
            "event_or_censored",
            change(CHANGE, 4, **changed),
            keys=({**I2, "endpoint": "CDW", "problem": problem},),
        )
        for changed, problem in (
            ({"cnsr": 1}, "cnsr"),
            ({"confirmation_day": None}, "cnsr"),
            ({"anchor_day": 400.0, "days_to_event": 0.0}, "event_day"),
            ({"event_day": 433.0, "days_to_event": 433.0}, "confirmation_day"),
            ({"last_edss_day": 599.0}, "confirmation_day"),
            ({"last_edss_day": 1592.0}, "last_edss_day"),
            ({"last_edss_tolerance_days": 92.0}, "last_edss_tolerance_days"),
            ({"days_to_event": 600.0}, "days_to_event"),
        )
    ),
    fault(
        CHANGE,
        "event_or_censored",
        change(CHANGE, 0, days_to_event=1089.0),
        keys=({**CORE, "problem": "days_to_event"},),
    ),
    *(
        fault(
            CHANGE,
            "reference_is_baseline",
            edit,
            keys=({**AFTER_COURSE, "endpoint": endpoint, "problem": "not the baseline"},),
        )
        for edit, endpoint in (
            (change(CHANGE, 2, reference_points=2.5), "CDW"),
            (change(CHANGE, 3, reference_points=2.5), "CDI"),
            (change(EDSS, {"assessment_day": 1090}, edss_points=2.5), "CDW"),
            # Then the last scheduled one before Course 3 is that of day 367.
            (change(EDSS, {"assessment_day": 1090}, is_scheduled=False), "CDW"),
        )
    ),
    fault(
        CHANGE,
        "reference_is_baseline",
        change(CHANGE, 3, reference_points=1.5),
        keys=({**AFTER_COURSE, "problem": "not the baseline, cannot improve"},),
    ),
    *(
        fault(
            CHANGE,
            "event_is_a_change",
            change(EDSS, {"assessment_day": day}, edss_points=3.5),
            keys=({**I2, "endpoint": "CDW", "change_day": float(day), "edss_points": 3.5},),
        )
        for day in (400, 600)
    ),
    fault(
        CHANGE,
        "event_is_a_change",
        change(CHANGE, 4, reference_points=0.0),
        change(EDSS, {"assessment_day": 400}, edss_points=1.0),
        keys=(I2,),
    ),
    fault(
        CHANGE,
        "event_is_a_change",
        change(CHANGE, 4, endpoint="CDI"),
        keys=({**I2, "change_day": 400.0}, {**I2, "change_day": 600.0}),
    ),
)
