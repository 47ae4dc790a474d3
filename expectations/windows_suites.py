"""What must be true of the patient-course-window table beyond its contract.

Belongs here: rules on windows, time at risk and what was observed in them. Does not belong
here: groups of patients and estimates (`results_suites`).
"""

from expectations.sql import sql_list
from expectations.suite import Expectation, failing_query, failing_rows, minimum_rows
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR, Rules
from warehouse.contracts import TableContract
from warehouse.contracts.windows import COURSE_WINDOWS

#: Days are sums of multiples of 365.25: equal up to rounding of the last bits.
EPSILON = 1e-6
_LENGTH = "(t.window_end_day - t.window_start_day)"
#: The 12 months before enrolment: counts of history, told without dates (W-01).
_IS_HISTORY = "(t.anchor = 'core-baseline' AND t.analysis_window = 'M-12..M0')"
FOLLOW_UP = "JOIN core.follow_up AS f USING (person_id)"


def patient_course_window_expectations(
    contract: TableContract, rules: Rules
) -> tuple[Expectation, ...]:
    """Expectations on windows around an anchor (W-01 .. W-06)."""
    return (
        minimum_rows("structural", "W-01", "No treated person has a window."),
        _known_windows(contract, rules),
        *_time_at_risk(contract, rules),
        *_relapses(contract, rules),
        *_visits(contract),
        anchor_is_its_course(contract),
    )


def anchor_is_its_course(contract: TableContract) -> Expectation:
    """Expect the day of an anchor to be that of its course, of core baseline day 0 (W-01)."""
    return failing_rows(
        contract,
        "anchor_is_its_course",
        "structural",
        "W-01",
        "The anchor's day must be day 0 for core baseline, and the day of the course for a course.",
        joins="LEFT JOIN core.course AS c ON c.person_id = t.person_id "
        "AND 'course-' || c.course_number = t.anchor",
        where="t.anchor_day IS DISTINCT FROM "
        "CASE WHEN t.anchor = 'core-baseline' THEN 0 ELSE c.course_day END",
        show=("t.anchor_day", "c.course_day"),
    )


def _known_windows(contract: TableContract, rules: Rules) -> Expectation:
    years = range(1, rules.horizon_years + 1)
    of_baseline = ("M-12..M0", *(f"Y{k}" for k in years), *(f"Y0..Y{k}" for k in years))
    cumulative = (*(f"Y0..Y{k}" for k in years), "M0..M24", "M0..M36")
    return failing_rows(
        contract,
        "known_windows",
        "structural",
        "W-01",
        f"Windows of core baseline are {', '.join(of_baseline)}; of a course "
        f"{', '.join(COURSE_WINDOWS)}; cumulative are those that begin with Y0 or span years.",
        where=f"t.analysis_window NOT IN {sql_list(of_baseline)} AND t.anchor = 'core-baseline' "
        f"OR t.analysis_window NOT IN {sql_list(COURSE_WINDOWS)} AND t.anchor <> 'core-baseline' "
        f"OR t.is_cumulative <> (t.analysis_window IN {sql_list(cumulative)}) "
        f"OR NOT t.is_cumulative AND abs({_LENGTH} - {DAYS_PER_YEAR}) > {EPSILON}",
        show=("t.is_cumulative", "t.window_start_day", "t.window_end_day"),
    )


def _time_at_risk(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    shown = ("t.days_at_risk", "t.window_start_day", "t.window_end_day")
    expectations = [
        failing_rows(
            contract,
            "at_risk_within_window",
            "structural",
            "W-03",
            "Days at risk must be more than 0 and at most the days of the window; to the next "
            "course at most as many.",
            where=f"t.days_at_risk <= 0 OR t.days_at_risk > {_LENGTH} + {EPSILON} "
            "OR t.days_at_risk_to_next_course < 0 "
            f"OR t.days_at_risk_to_next_course > t.days_at_risk + {EPSILON}",
            show=(*shown, "t.days_at_risk_to_next_course"),
        ),
        failing_rows(
            contract,
            "at_risk_within_follow_up",
            "structural",
            "T-06",
            "Days at risk must lie between day 0 and the end of efficacy follow-up.",
            joins=FOLLOW_UP,
            where=f"NOT {_IS_HISTORY} AND t.days_at_risk > least(t.window_end_day, "
            f"f.efficacy_end_day) - greatest(t.window_start_day, 0) + {EPSILON}",
            show=(*shown, "f.efficacy_end_day"),
        ),
        _adds_up(contract, "days_at_risk", "W-03"),
    ]
    if rules.is_gap_at_risk:
        expectations.append(
            failing_rows(
                contract,
                "complete_is_wholly_at_risk",
                "structural",
                "W-06",
                "A complete window must be at risk from its start and for all of its days.",
                where="t.is_complete AND t.window_start_day >= 0 AND (NOT t.is_at_risk_at_start "
                f"OR abs(t.days_at_risk - {_LENGTH}) > {EPSILON})",
                show=(*shown, "t.is_at_risk_at_start"),
            )
        )
    return tuple(expectations)


def _relapses(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    expectations = [
        failing_rows(
            contract,
            "relapses_with_first_day",
            "structural",
            "W-03",
            "A window with relapses must have the day of the first, inside the window; one "
            "without must have none. Relapses to the next course are at most all.",
            where="t.relapses < 0 OR t.relapses_to_next_course NOT BETWEEN 0 AND t.relapses "
            f"OR NOT {_IS_HISTORY} AND (t.relapses > 0) <> (t.first_relapse_day IS NOT NULL) "
            "OR t.first_relapse_day < t.window_start_day "
            "OR t.first_relapse_day >= t.window_end_day",
            show=("t.relapses", "t.relapses_to_next_course", "t.first_relapse_day"),
        ),
        _adds_up(contract, "relapses", "E-01"),
        failing_rows(
            contract,
            "plausible_relapses",
            "plausibility",
            "E-02",
            "More than 6 relapses in a year of one person.",
            where="NOT t.is_cumulative AND t.relapses > 6",
            show=("t.relapses",),
        ),
    ]
    if rules.is_gap_at_risk:
        expectations.append(_all_relapses_there())
    return tuple(expectations)


def _all_relapses_there() -> Expectation:
    return failing_query(
        "all_relapses_there",
        "structural",
        "W-03",
        "The yearly windows of core baseline must hold every relapse of core.relapse from day 0 "
        "to the end of efficacy follow-up, each once.",
        query="""
            SELECT w.person_id, w.n_windows, coalesce(r.n_relapses, 0) AS n_relapses
            FROM (SELECT person_id, sum(relapses) AS n_windows FROM batch
                WHERE anchor = 'core-baseline' AND starts_with(analysis_window, 'Y')
                AND NOT is_cumulative GROUP BY person_id) AS w
            LEFT JOIN (SELECT person_id, count(*) AS n_relapses FROM core.relapse
                JOIN core.follow_up AS f USING (person_id)
                WHERE onset_day >= 0 AND onset_day < f.efficacy_end_day GROUP BY person_id) AS r
                USING (person_id)
            WHERE w.n_windows <> coalesce(r.n_relapses, 0) ORDER BY w.person_id""",
    )


def _adds_up(contract: TableContract, column: str, rule_id: str) -> Expectation:
    """Expect each cumulative window to be the sum of its years; a year without time is 0."""
    return failing_rows(
        contract,
        f"{column}_add_up",
        "structural",
        rule_id,
        f"{column} of a cumulative window must be the sum over its years.",
        source=f"""(
            SELECT c.person_id, c.anchor, c.analysis_window, any_value(c.{column}) AS in_window,
                coalesce(sum(y.{column}), 0) AS in_years
            FROM batch AS c LEFT JOIN batch AS y ON y.person_id = c.person_id
                AND y.anchor = c.anchor AND NOT y.is_cumulative
                AND y.window_start_day >= c.window_start_day - {EPSILON}
                AND y.window_end_day <= c.window_end_day + {EPSILON}
            WHERE c.is_cumulative GROUP BY c.person_id, c.anchor, c.analysis_window)""",
        where=f"abs(t.in_window - t.in_years) > {EPSILON}",
        show=("t.in_window", "t.in_years"),
    )


def _visits(contract: TableContract) -> tuple[Expectation, ...]:
    return (
        failing_rows(
            contract,
            "activity_from_components",
            "structural",
            "E-10",
            "MRI activity is gadolinium or T2 activity: one active is active, none active and one "
            "missing is missing; without a scan a year has none of them.",
            where="t.has_mri_activity IS DISTINCT FROM (t.has_gd_activity OR t.has_t2_activity) "
            "OR NOT t.is_cumulative AND t.scan_day IS NULL AND coalesce(t.has_gd_activity, "
            "t.has_t2_activity, t.has_t1_activity) IS NOT NULL",
            show=(
                "t.has_mri_activity",
                "t.has_gd_activity",
                "t.has_t2_activity",
                "t.scan_day",
            ),
        ),
        failing_rows(
            contract,
            "edss_at_end",
            "structural",
            "T-07",
            "The EDSS at the end of a window must be that of windows.edss_at_visit for the month "
            "in which it ends, with its day; without one there is neither.",
            joins="LEFT JOIN windows.edss_at_visit AS e ON e.person_id = t.person_id "
            "AND e.anchor = t.anchor AND e.analysis_month = "
            f"round((t.window_end_day - t.anchor_day) / {DAYS_PER_MONTH!r})",
            where="t.edss_end_points IS DISTINCT FROM e.edss_points "
            "OR t.edss_end_day IS DISTINCT FROM e.assessment_day",
            show=("t.edss_end_points", "t.edss_end_day", "e.edss_points", "e.assessment_day"),
        ),
    )
