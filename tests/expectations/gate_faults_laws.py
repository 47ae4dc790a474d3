"""Faults between cells of one endpoint, and of all results together."""

from gate_faults import PCW, change, copy, fault, remove

ARR, FUNNEL, RESULT = "results.result_arr", "results.result_funnel", "results.result"
PARTIAL_DATE, MID_MONTH = "results.result_partial_date", "relapse: 15th of the month"
SENSITIVITY = "results.result_sensitivity"


def row(analysis_id: str, statistic: str, **dimensions: str) -> dict[str, str]:
    """Where a result row stands."""
    return {"analysis_id": analysis_id, "statistic": statistic, **dimensions}


BEFORE_AFTER, FREE = "results.result_arr_before_after", "results.result_relapse_free"
EDSS, DISABILITY, MRI = "results.result_edss", "results.result_disability", "results.result_mri"
NEDA, SAFETY, BASELINE = "results.result_neda", "results.result_safety", "results.result_baseline"
COURSE, TREATMENT = "results.result_course", "results.result_treatment"
RETENTION = "results.result_retention"
Y1, Y2 = {"analysis_window": "Y0..Y1"}, {"analysis_window": "Y0..Y2"}
ACTIVITY, GD = {"category": "MRI activity"}, {"category": "Gd-enhancing T1"}
ANY_AE = {"category": "any AE"}
SIDE = {"comparator": "", "analysis_window": "M-12..M0"}

CURVE_FAULTS = tuple(
    fault(
        table,
        "curves_go_one_way",
        change(table, place, value=value),
        keys=({**later_place, "value": later, "previous": value},),
    )
    for table, place, value, later_place, later in (
        (FREE, row("relapse_free.cumulative", "pct", **Y1), -1.0, Y2, 0.0),
        (DISABILITY, row("cdw.km", "pct", **Y1), 90.0, {"timepoint": "Y2"}, 100.0),
        (DISABILITY, row("cdi.km", "pct", **Y1), 10.0, {"timepoint": "Y2"}, 0.0),
        (DISABILITY, row("cdw.km", "at_risk", **Y1), 0.0, {"timepoint": "Y2"}, 1.0),
        (DISABILITY, row("cdi.km", "n_events", **Y1), 1.0, {"timepoint": "Y2"}, 0.0),
        (MRI, row("mri.free", "n_patients", **Y1, **GD), -1.0, Y2, 0.0),
        (NEDA, row("neda.free", "n_patients", **Y1), -1.0, Y2, 0.0),
        (
            RETENTION,
            row("available", "n_patients", timepoint="M12"),
            -1.0,
            {"timepoint": "M24"},
            0.0,
        ),
        (
            TREATMENT,
            row("treatment.by_year", "n_patients", **Y1, category="all: other DMT"),
            1.0,
            {"analysis_window": "Y0..Y4"},
            0.0,
        ),
    )
)

LAW_FAULTS = (
    fault(
        ARR,
        "likely_rate",
        change(ARR, row("arr.window", "rate"), value=3.0, n_total=10),
        keys=({},),
    ),
    fault(
        BEFORE_AFTER,
        "ratio_of_its_rates",
        change(BEFORE_AFTER, row("arr.before_after", "rate", **SIDE), value=0.9),
        keys=({"problem": "direction", "ratio": 0.5, "rate_before": 0.9, "rate_after": 1.0},),
    ),
    fault(
        BEFORE_AFTER,
        "ratio_of_its_rates",
        change(BEFORE_AFTER, row("arr.before_after", "n_patients", **SIDE), value=2.0),
        keys=({"problem": "patients"},),
    ),
    fault(
        SENSITIVITY,
        "curves_go_one_way",
        copy(
            SENSITIVITY,
            row("relapse_free.km", "pct"),
            analysis_window="M0..M24",
            value=1.0,
        ),
        keys=({"scenario": "another", "analysis_window": "M0..M24", "previous": 0.0},),
    ),
    *(
        fault(
            EDSS,
            "scores_and_changes",
            change(EDSS, row(analysis_id, statistic, timepoint=timepoint), value=value),
            keys=({"timepoint": timepoint, "problem": problem},),
        )
        for analysis_id, statistic, timepoint, value, problem in (
            ("edss.mean", "max", "Y1", 10.5, "score off the scale"),
            ("edss.change", "mean", "Y1", -10.5, "change off the scale"),
            ("edss.change", "mean", "BL", 0.5, "change at baseline"),
            ("edss.change", "n_patients", "Y1", 2.0, "more changes than scores"),
        )
    ),
    fault(
        MRI,
        "free_of_each_component",
        change(MRI, row("mri.free", "n_patients", **Y1, **GD), value=0.0),
        keys=({**ACTIVITY, **Y1, "value": 1.0, "outer_value": 0.0},),
    ),
    fault(
        MRI,
        "pairs_within_sides",
        change(MRI, row("mri.before_after", "n_patients", comparator="M-12..M0"), value=2.0),
        keys=({**ACTIVITY, "problem": "patients", "n": 2.0},),
    ),
    *(
        fault(
            MRI,
            "pairs_within_sides",
            change(MRI, row("mri.before_after", statistic), value=value),
            keys=({**ACTIVITY, "problem": "p"},),
        )
        for statistic, value in (("p", None), ("c", 0.0))
    ),
    fault(
        SAFETY,
        "categories_nested",
        change(SAFETY, row("safety.incidence", "n_patients", **ANY_AE), value=0.0),
        keys=tuple(
            {"category": name, "value": 1.0, "outer_category": "any AE"}
            for name in ("autoimmune AE", "serious AE", "thyroid AE")
        ),
    ),
    fault(
        SAFETY,
        "categories_nested",
        change(SAFETY, row("safety.incidence", "n_patients", category="autoimmune AE"), value=0.0),
        keys=({"category": "thyroid AE", "outer_category": "autoimmune AE"},),
    ),
    *(
        fault(
            SAFETY,
            "courses_make_up_the_whole",
            change(SAFETY, row(analysis_id, statistic, **ANY_AE), value=9.0),
            keys=({**ANY_AE, "statistic": statistic},),
        )
        for analysis_id, statistic in (
            ("safety.by_course", "n_events"),
            ("safety.rate", "person_years"),
            ("safety.first_event_rate", "n_patients"),
        )
    ),
    *(
        fault(
            BASELINE,
            "characteristics_in_range",
            change(BASELINE, row("baseline.continuous", "max", category="age"), value=value),
            keys=({"category": "age", "statistic": "max", "value": value},),
        )
        for value in (121.0, -1.0)
    ),
    fault(
        BASELINE,
        "characteristics_in_range",
        *(
            change(BASELINE, row("baseline.categorical", statistic), n_total=2)
            for statistic in ("pct", "n_patients")
        ),
        keys=tuple(
            {"category": "with Gd-enhancing lesions", "statistic": statistic, "n_total": 2}
            for statistic in ("n_patients", "pct")
        ),
    ),
    *(
        fault(
            COURSE,
            "courses_add_up",
            change(COURSE, row(analysis_id, "n_patients", category=category), value=value),
            keys=({"analysis_id": analysis_id, "category": told, "n_parts": n_parts},),
        )
        for analysis_id, category, value, told, n_parts in (
            ("course.total", "3 courses", 0.0, "", 1.0),
            ("course.total", "<=2 courses", 0.0, "<=2 courses", 1.0),
            ("course.reason", "relapse", 0.0, "", 0.0),
            ("course.reason", "other", 1.0, "", 2.0),
            ("course.timing", "Course 3", 3.0, "Course 3", 3.0),
        )
    ),
    fault(
        TREATMENT,
        "treatments_add_up",
        *(
            change(
                TREATMENT,
                row("treatment.by_year", "n_patients", category=f"{study}: {both}", **Y1),
                value=1.0,
            )
            for study in ("CAMMS323", "all")
            for both in ("additional course and other DMT",)
        ),
        keys=tuple({**Y1, "study": study, "problem": "either"} for study in ("CAMMS323", "all")),
    ),
    fault(
        TREATMENT,
        "treatments_add_up",
        *(
            change(
                TREATMENT,
                row("treatment.by_year", "n_patients", category=f"all: {kind}", **Y1),
                value=1.0,
            )
            for kind in ("additional course", "additional course or other DMT")
        ),
        keys=({**Y1, "study": "all", "problem": "pooled"},),
    ),
    fault(
        SAFETY,
        "courses_make_up_the_whole",
        change(SAFETY, row("autoimmune.onset", "n_patients"), value=2.0),
        keys=({"category": "autoimmune AE", "whole": 1.0, "parts": 2.0},),
    ),
    *(
        fault(table, "counted_again", edit, keys=keys)
        for table, edit, keys in (
            *(
                (
                    ARR,
                    change(ARR, row("arr.window", statistic), value=2.0),
                    ({"analysis_window": "Y2", "statistic": statistic, "counted": 1.0},),
                )
                for statistic in ("n_patients", "n_events", "person_years")
            ),
            (
                SAFETY,
                change(SAFETY, row("safety.incidence", "n_patients", **ANY_AE), value=1.0),
                ({**ANY_AE, "value": 1.0, "counted": 2},),
            ),
            (
                SAFETY,
                change("windows.safety_event", 1, is_serious=False),
                ({"category": "serious AE", "value": 1.0, "counted": 0},),
            ),
            (
                EDSS,
                change("windows.edss_at_visit", 1, edss_points=3.0, edss_change_points=None),
                (
                    {"analysis_id": "edss.change", "statistic": "mean", "counted": None},
                    {"analysis_id": "edss.change", "statistic": "n_patients", "counted": 0.0},
                    {"analysis_id": "edss.mean", "statistic": "mean", "counted": 3.0},
                ),
            ),
            (
                EDSS,
                change(EDSS, row("edss.change", "mean", timepoint="Y1"), value=None),
                ({"analysis_id": "edss.change", "value": None, "counted": 0.5},),
            ),
            (
                DISABILITY,
                change("windows.disability_event", 0, cnsr=0, days_to_event=365.0),
                tuple(
                    {"analysis_id": "cdw.km", "timepoint": mark, "counted": 1}
                    for mark in ("Y1", "Y2")
                ),
            ),
            (
                DISABILITY,
                change("windows.disability_event", 0, cnsr=0, days_to_event=366.0),
                ({"analysis_id": "cdw.km", "timepoint": "Y2", "counted": 1},),
            ),
            *(
                (NEDA, edit, ({**Y1, "value": 1.0, "counted": 0},))
                for edit in (
                    change(PCW, {"analysis_window": "Y1"}, relapses=1),
                    change(PCW, {"analysis_window": "Y1"}, has_mri_activity=None),
                    change(PCW, {"analysis_window": "Y1"}, edss_end_points=None),
                    change("windows.disability_event", 0, cnsr=0, event_day=365.0),
                )
            ),
            (
                NEDA,
                change(
                    PCW,
                    {"analysis_window": "Y2"},
                    relapses=0,
                    has_mri_activity=False,
                    edss_end_points=2.0,
                ),
                ({**Y2, "value": 0.0, "counted": 1},),
            ),
            (
                MRI,
                change(PCW, {"analysis_window": "Y0..Y1"}, has_gd_activity=True),
                ({**GD, **Y1, "value": 1.0, "counted": 0},),
            ),
            (
                MRI,
                change(MRI, row("mri.free", "n_patients", **Y2, **ACTIVITY), value=1.0),
                ({**ACTIVITY, **Y2, "value": 1.0, "counted": 0},),
            ),
        )
    ),
    fault(
        FUNNEL,
        "funnel_adds_up",
        change(FUNNEL, row("funnel", "n_patients", population="treated", category=""), value=3.0),
        keys=(
            {"label": "consented", "n_whole": 3.0, "n_parts": 4.0},
            {"label": "treated", "n_whole": 3.0, "n_parts": 2.0},
        ),
    ),
    fault(
        FUNNEL,
        "funnel_adds_up",
        remove(FUNNEL, row("funnel", "n_patients", category="other DMT")),
        keys=({"label": "extension"},),
    ),
    *(
        fault(PARTIAL_DATE, "partial_dates_again", edit, keys=({"category": MID_MONTH},))
        for edit in (
            change(PARTIAL_DATE, row("partial_date", "n_events", category=MID_MONTH), value=2.0),
            change(PARTIAL_DATE, row("partial_date", "n_patients", category=MID_MONTH), value=0.0),
            change("core.relapse", 1, onset_imputation=None),
        )
    ),
    fault(
        PARTIAL_DATE,
        "partial_dates_again",
        change("core.relapse", 1, onset_imputation="another rule"),
        keys=({"category": MID_MONTH}, {"category": "relapse: another rule"}),
    ),
    fault(
        FUNNEL,
        "counts_population",
        change(FUNNEL, row("funnel", "n_patients", population="treated", category=""), value=3.0),
        keys=({"label": "treated", "n_funnel": 3.0, "n_population": 2},),
    ),
    fault(
        RESULT,
        "all_families_there",
        change(RESULT, row("arr.window", "rate"), value=0.9, value_text="0.90"),
        keys=({"problem": "value, value_text", "value": 0.9, "value_in_family": 1.0},),
    ),
    fault(
        RESULT,
        "all_families_there",
        change(RESULT, row("neda.free", "pct"), rule_ids="E-17"),
        keys=({"problem": "rule_ids"},),
    ),
    fault(
        RESULT,
        "all_families_there",
        remove(RESULT, row("relapse_free.km", "pct", scenario="another")),
        keys=({"problem": "missing"},),
    ),
    fault(
        RESULT,
        "all_families_there",
        copy(RESULT, result_id="new"),
        keys=({"result_id": "new", "problem": "foreign"},),
    ),
    *(
        fault(
            RESULT,
            "group_sizes_as_funnel",
            change(RESULT, row(analysis_id, "pct"), n_total=n_total),
            keys=({"analysis_id": analysis_id, "n_total": n_total},),
        )
        for analysis_id, n_total in (
            ("neda.free", 2),
            ("retention", 0),
            ("safety.incidence", 1),
            ("course.total", 1),
        )
    ),
    *(
        fault(
            RESULT,
            "endpoints_agree",
            change(RESULT, row(analysis_id, "n_patients", **Y1, **category), value=0.0),
            keys=({**Y1, "n_neda": 1.0},),
        )
        for analysis_id, category in (("mri.free", ACTIVITY), ("relapse_free.cumulative", {}))
    ),
)
