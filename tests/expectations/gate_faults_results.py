"""Faults of windows and results."""

from gate_faults import (
    ARR,
    FOLLOW_UP,
    FUNNEL,
    I1,
    PCW,
    RESULT,
    Fault,
    change,
    copy,
    everything_removed,
    fault,
    remove,
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
    fault(PCW, "edss_at_end", change(PCW, 5, edss_end_points=0.5), keys=(I1,)),
    fault(PCW, "edss_at_end", change(PCW, 5, edss_end_day=None), keys=(I1,)),
)

RATE = {"analysis_id": "arr.window", "anchor": "course-3", "statistic": "rate"}
LONG = ("results.result_arr_before_after", "results.result_relapse_free", FUNNEL, RESULT, ARR)


def long_faults(table: str) -> tuple[Fault, ...]:
    """Faults of single result rows; the last row is a count, the first one shown is changed."""
    return (
        everything_removed(table),
        fault(table, "of_this_cut", change(table, data_cut="2016-10-04"), keys=({},)),
        fault(table, "result_id_is_key", change(table, result_id="1"), keys=({"result_id": "1"},)),
        fault(table, "traceable", change(table, rule_ids=""), keys=({},)),
        fault(table, "traceable", change(table, diagnostics="{"), keys=({"diagnostics": "{"},)),
        fault(table, "value_if_estimable", change(table, value=None), keys=({"value": None},)),
        fault(table, "value_if_estimable", change(table, is_estimable=False), keys=({},)),
        fault(
            table,
            "value_in_range",
            change(table, statistic="n_patients", value=-1.0),
            keys=({"value": -1.0},),
        ),
        fault(
            table,
            "value_in_range",
            change(table, statistic="pct", value=101.0),
            keys=({"value": 101.0},),
        ),
        fault(
            table,
            "value_in_range",
            change(table, statistic="p", value=1.5),
            keys=({"value": 1.5},),
        ),
        fault(
            table,
            "value_in_range",
            change(table, statistic="rate", value=-0.1),
            keys=({"value": -0.1},),
        ),
        fault(
            table,
            "patients_within_total",
            change(table, statistic="n_patients", value=21.0),
            keys=({"value": 21.0, "n_total": 20},),
        ),
        fault(
            table,
            "likely_rate",
            change(table, statistic="rate", value=3.0),
            keys=({"value": 3.0},),
        ),
        fault(
            table,
            "interval_encloses_estimate",
            copy(table, statistic="rate", category="new", value=1.0),
            copy(table, statistic="ci_low", category="new", value=1.1),
            keys=({"category": "new", "ci_low": 1.1, "estimate": 1.0},),
        ),
        fault(
            table,
            "interval_encloses_estimate",
            copy(table, statistic="pct", category="new", value=99.0),
            copy(table, statistic="ci_high", category="new", value=101.0),
            keys=({"category": "new", "ci_high": 101.0},),
        ),
    )


DISPOSITION = "results.disposition"
RESULT_FAULTS = (
    *(item for table in LONG for item in long_faults(table)),
    *(
        fault(table, "own_family", change(table, analysis_id="edss.mean"), keys=({},))
        for table in LONG
        if table != RESULT
    ),
    fault(
        FUNNEL,
        "funnel_adds_up",
        change(FUNNEL, 1, value=3.0),
        keys=(
            {"label": "consented", "n_whole": 3.0, "n_parts": 4.0},
            {"label": "treated", "n_whole": 3.0, "n_parts": 2.0},
        ),
    ),
    fault(
        FUNNEL,
        "counts_population",
        change(FUNNEL, 1, value=3.0),
        keys=({"label": "treated", "n_funnel": 3.0, "n_population": 2},),
    ),
    fault(
        RESULT,
        "funnel_adds_up",
        change(RESULT, 16, value=3.0),
        keys=({"label": "consented", "n_parts": 4.0}, {"label": "treated", "n_parts": 2.0}),
    ),
    fault(RESULT, "funnel_adds_up", remove(RESULT, -1), keys=({"label": "safety"},)),
    fault(
        RESULT,
        "all_families_there",
        change(RESULT, value=0.21),
        keys=({"value": 0.21, "value_in_family": 0.2},),
    ),
    fault(
        RESULT,
        "all_families_there",
        remove(RESULT),
        keys=({"value": None, "value_in_family": 0.2},),
    ),
    everything_removed(DISPOSITION),
    fault(DISPOSITION, "of_this_cut", change(DISPOSITION, data_cut=""), keys=({"step": 1},)),
    fault(
        DISPOSITION,
        "funnel_adds_up",
        change(DISPOSITION, 8, n_patients=0),
        keys=({"label": "efficacy", "n_whole": 2, "n_parts": 1},),
    ),
    fault(
        DISPOSITION,
        "share_of_extension",
        change(DISPOSITION, pct_of_extension=150.0),
        keys=({"step": 1},),
    ),
    *(
        fault(table, "of_this_cut", change(table, data_cut=""), keys=({"anchor": "course-3"},))
        for table in ("results.arr", "results.arr_before_after", "results.relapse_free")
    ),
    fault(
        "results.arr",
        "shows_result",
        change("results.arr", rate=0.3),
        keys=({"shown": 0.3, "value": 0.2},),
    ),
    fault(
        "results.arr", "shows_result", remove("results.arr"), keys=({"shown": None, "value": 0.2},)
    ),
    fault(
        "results.arr",
        "interval_encloses_estimate",
        change("results.arr", ci_low=0.3),
        keys=({"ci_low": 0.3},),
    ),
    fault(
        "results.arr",
        "rate_has_time",
        change("results.arr", person_years=0.0),
        keys=({"person_years": 0.0},),
    ),
    fault(
        "results.arr", "rate_has_time", change("results.arr", n_events=0), keys=({"n_events": 0},)
    ),
    fault(
        "results.arr_before_after",
        "shows_result",
        change("results.arr_before_after", rate_ratio=0.6),
        keys=({"shown": 0.6, "value": 0.5},),
    ),
    fault(
        "results.arr_before_after",
        "interval_encloses_estimate",
        change("results.arr_before_after", ci_high=0.4),
        keys=({"ci_high": 0.4},),
    ),
    fault(
        "results.arr_before_after",
        "ratio_of_its_rates",
        change("results.arr_before_after", rate_after=0.5),
        keys=({"rate_after": 0.5},),
    ),
    fault(
        "results.relapse_free",
        "shows_result",
        change("results.relapse_free", pct=91.0),
        keys=({"shown": 91.0, "value": 90.0},),
    ),
    fault(
        "results.relapse_free",
        "interval_encloses_estimate",
        change("results.relapse_free", ci_low=95.0),
        keys=({"ci_low": 95.0},),
    ),
    fault(
        "results.relapse_free",
        "share_within_group",
        change("results.relapse_free", n_patients=21),
        keys=({"n_patients": 21},),
    ),
)
