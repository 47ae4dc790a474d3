"""What must be true of EDSS at visits, and of confirmed worsening and improvement.

Belongs here: `windows.edss_at_visit` and `windows.disability_event` against the EDSS scores that
they stand for. Does not belong here: curves and means of groups (`results_families`).
"""

from expectations.sql import EDSS_SCORES, sql_list
from expectations.suite import Expectation, failing_query, failing_rows, minimum_rows
from expectations.windows_suites import EPSILON, FOLLOW_UP, anchor_is_its_course
from transforms.rules import DAYS_PER_MONTH, Rules
from warehouse.contracts import TableContract

#: Months around a course that have analysis visits (E-06).
COURSE_MONTHS = (-12, 36)
_SCORES = sql_list(EDSS_SCORES)


def edss_at_visit_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the EDSS of each nominal month after an anchor (T-07, E-06)."""
    return (
        minimum_rows("structural", "E-06", "No treated person has an EDSS at a visit."),
        _known_timepoints(contract, rules),
        anchor_is_its_course(contract),
        failing_rows(
            contract,
            "change_from_baseline",
            "structural",
            "E-06",
            "Scores are 0, 1, 1.5, 2, … 10. The baseline is the score of the row BL of the same "
            "anchor, null without one, and the change is the score minus the baseline.",
            joins="LEFT JOIN (SELECT person_id, anchor, edss_points FROM batch "
            "WHERE analysis_month = 0) AS b USING (person_id, anchor)",
            where={
                "no EDSS score": f"t.edss_points NOT IN {_SCORES}",
                "not the baseline": "t.baseline_points IS DISTINCT FROM b.edss_points",
                "not the difference": "t.edss_change_points IS DISTINCT FROM "
                "t.edss_points - t.baseline_points",
            },
            show=(
                "t.edss_points",
                "t.baseline_points",
                "t.edss_change_points",
                "b.edss_points AS expected_baseline_points",
            ),
        ),
        _near_its_mark(contract, rules),
    )


def _known_timepoints(contract: TableContract, rules: Rules) -> Expectation:
    step, last_month = rules.edss_step_months, 12 * rules.horizon_years
    first_of_course, last_of_course = COURSE_MONTHS
    is_core = "t.anchor = 'core-baseline'"
    name = (
        f"CASE WHEN t.analysis_month = 0 THEN 'BL' WHEN {is_core} AND t.analysis_month % 12 = 0 "
        "THEN 'Y' || (t.analysis_month // 12) ELSE 'M' || t.analysis_month END"
    )
    return failing_rows(
        contract,
        "known_timepoints",
        "structural",
        "E-06",
        f"Analysis visits are every {step} months: 0 to {last_month} from core baseline, "
        f"{first_of_course} to {last_of_course} from a course, named BL, Y1, M6, M-12 ….",
        where={
            "no such month": f"t.analysis_month % {step} <> 0 OR t.analysis_month NOT BETWEEN "
            f"CASE WHEN {is_core} THEN 0 ELSE {first_of_course} END AND "
            f"CASE WHEN {is_core} THEN {last_month} ELSE {last_of_course} END",
            "another name": f"t.timepoint <> {name}",
        },
        show=("t.timepoint",),
    )


def _near_its_mark(contract: TableContract, rules: Rules) -> Expectation:
    codes = rules.codes
    tolerance = (
        f"CASE WHEN e.study_id = {sql_list((codes.topaz_study,))[1:-1]} "
        f"THEN {rules.edss_tolerance_topaz_days} ELSE {rules.edss_tolerance_days} END"
    )
    half_step = rules.edss_step_months * DAYS_PER_MONTH / 2
    distance = f"abs(t.assessment_day - t.anchor_day - t.analysis_month * {DAYS_PER_MONTH!r})"
    return failing_rows(
        contract,
        "near_its_mark",
        "structural",
        "T-07",
        "The EDSS of a month must be a scheduled one of core.edss, with its score, nearer to its "
        f"month than to any other and within {rules.edss_tolerance_days} days of it "
        f"({rules.edss_tolerance_topaz_days} in TOPAZ), not after death, Course 6 or the horizon "
        "end and that tolerance. A baseline lies on or before its anchor; that of core baseline "
        "is of the core study and need not be scheduled.",
        joins="LEFT JOIN core.edss AS e ON e.person_id = t.person_id "
        "AND e.assessment_day = t.assessment_day "
        "JOIN core.follow_up AS f ON f.person_id = t.person_id",
        where={
            "no such score": "e.edss_points IS DISTINCT FROM t.edss_points",
            "unscheduled": "NOT e.is_scheduled AND NOT (t.anchor = 'core-baseline' "
            "AND t.analysis_month = 0)",
            "not of the core study": "t.anchor = 'core-baseline' AND t.analysis_month = 0 "
            f"AND e.study_id NOT IN {sql_list(codes.core_studies)}",
            "baseline after its anchor": "t.analysis_month = 0 AND t.assessment_day > t.anchor_day",
            "too far": "t.analysis_month <> 0 "
            f"AND {distance} > least({tolerance}, {half_step!r}) + {EPSILON}",
            "after the last visit": "t.assessment_day > least(f.horizon_end_day "
            f"+ {tolerance}, f.death_day, f.course_6_day)",
        },
        show=("t.assessment_day", "t.anchor_day", "t.edss_points", "e.study_id", "e.is_scheduled"),
    )


def disability_event_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on time to confirmed worsening and improvement (E-07, E-08)."""
    return (
        minimum_rows("structural", "E-07", "No treated person is followed for worsening."),
        _persons_complete(rules),
        anchor_is_its_course(contract),
        _event_or_censored(contract, rules),
        _reference(contract, rules),
        _event_is_a_change(contract, rules),
    )


def _persons_complete(rules: Rules) -> Expectation:
    return failing_query(
        "persons_complete",
        "structural",
        "E-07",
        "Every treated person with an EDSS at core baseline must have one row for worsening from "
        "it, and one for improvement exactly if that score is at least "
        f"{rules.cdi_least_reference_points}.",
        query=f"""
            SELECT person_id, endpoint, t.reference_points, s.edss_points AS baseline_points
            FROM (SELECT person_id, endpoint, reference_points FROM batch
                WHERE anchor = 'core-baseline') AS t
            FULL JOIN (SELECT person_id, edss_points, unnest(CASE WHEN edss_points >=
                    {rules.cdi_least_reference_points} THEN ['CDW', 'CDI'] ELSE ['CDW'] END)
                    AS endpoint
                FROM ({_core_baseline()})) AS s USING (person_id, endpoint)
            WHERE t.reference_points IS DISTINCT FROM s.edss_points ORDER BY person_id, endpoint""",
    )


def _event_or_censored(contract: TableContract, rules: Rules) -> Expectation:
    unconfirmed = " AND t.event_day <> t.last_edss_day" if rules.is_last_visit_confirmed else ""
    least = max(rules.confirmation_days - rules.confirmation_early_days, 0)
    lag = "t.confirmation_day - t.event_day"
    late = (
        ""
        if rules.confirmation_late_days is None
        else f" OR {lag} > {rules.confirmation_days + rules.confirmation_late_days}"
    )
    last_day = (
        " OR t.last_edss_day > least(f.horizon_end_day + t.last_edss_tolerance_days, "
        "f.death_day, f.course_6_day)"
        if rules.is_visit_after_horizon_counted
        else " OR t.last_edss_day >= f.efficacy_end_day "
        "AND t.last_edss_day IS DISTINCT FROM f.course_6_day"
    )
    return failing_rows(
        contract,
        "event_or_censored",
        "structural",
        "E-07",
        "cnsr is 0 with the day of an event after the anchor and of the later visit that "
        f"confirmed it, {least} days after it at the least, and 1 with neither; time runs from the "
        "anchor to the event, else to the last EDSS, inside follow-up.",
        joins=FOLLOW_UP,
        where={
            "cnsr": "t.cnsr NOT IN (0, 1) OR (t.cnsr = 0) <> (t.event_day IS NOT NULL)"
            f" OR (t.cnsr = 0) <> (t.confirmation_day IS NOT NULL){unconfirmed}",
            "event_day": "t.event_day <= t.anchor_day OR t.event_day > t.last_edss_day",
            "confirmation_day": f"({lag} < {least}{late}){unconfirmed} "
            "OR t.confirmation_day > t.last_edss_day",
            "last_edss_day": f"t.last_edss_day < t.anchor_day{last_day}",
            "last_edss_tolerance_days": "t.last_edss_tolerance_days NOT BETWEEN 0 AND "
            f"{max(rules.edss_tolerance_days, rules.edss_tolerance_topaz_days)}",
            "days_to_event": "t.days_to_event IS DISTINCT FROM "
            "coalesce(t.event_day, t.last_edss_day) - t.anchor_day",
        },
        show=(
            "t.cnsr",
            "t.anchor_day",
            "t.event_day",
            "t.confirmation_day",
            "t.last_edss_day",
            "t.days_to_event",
            "f.efficacy_end_day",
        ),
    )


def _core_baseline() -> str:
    """Query: the last EDSS of each treated person on or before day 0, of the core study."""
    return (
        "SELECT person_id, arg_max(e.edss_points, e.assessment_day) AS edss_points "
        "FROM core.edss AS e JOIN core.patient AS p USING (person_id) "
        "WHERE p.is_treated AND e.assessment_day <= 0 AND e.study_id = p.core_study_id "
        "GROUP BY person_id"
    )


def _reference(contract: TableContract, rules: Rules) -> Expectation:
    course_baseline = (
        "SELECT t.person_id, t.anchor, arg_max(e.edss_points, e.assessment_day) AS edss_points "
        "FROM (SELECT DISTINCT person_id, anchor, anchor_day FROM batch "
        "WHERE anchor <> 'core-baseline') AS t JOIN core.edss AS e USING (person_id) "
        "WHERE e.is_scheduled AND e.assessment_day <= t.anchor_day GROUP BY t.person_id, t.anchor"
    )
    of_course = "t.anchor <> 'core-baseline'"
    if rules.cdi_after_course != "course baseline":
        of_course += " AND t.endpoint = 'CDW'"
    expected = f"CASE WHEN {of_course} THEN c.edss_points ELSE b.edss_points END"
    return failing_rows(
        contract,
        "reference_is_baseline",
        "structural",
        "E-08",
        "Change is measured from the EDSS at the anchor's baseline, the last one on or before it "
        "(of a course: scheduled); improvement from that of core baseline whatever the anchor "
        f"(reading: {rules.cdi_after_course}), and from at least "
        f"{rules.cdi_least_reference_points}.",
        joins=f"LEFT JOIN ({_core_baseline()}) AS b ON b.person_id = t.person_id "
        f"LEFT JOIN ({course_baseline}) AS c ON c.person_id = t.person_id "
        "AND c.anchor = t.anchor",
        where={
            "not the baseline": f"t.reference_points IS DISTINCT FROM {expected}",
            "cannot improve": "t.endpoint = 'CDI' "
            f"AND t.reference_points < {rules.cdi_least_reference_points}",
        },
        show=("t.reference_points", f"{expected} AS baseline_points"),
    )


def _event_is_a_change(contract: TableContract, rules: Rules) -> Expectation:
    change = "(e.edss_points - t.reference_points)"
    rise = (
        f"CASE WHEN t.reference_points = 0 THEN {rules.cdw_rise_from_zero_points} "
        f"ELSE {rules.cdw_rise_points} END"
    )
    return failing_rows(
        contract,
        "event_is_a_change",
        "structural",
        "E-07",
        f"On the day of an event, and of its confirmation, core.edss must have a score that is "
        f"higher than the reference by {rules.cdw_rise_points} points "
        f"({rules.cdw_rise_from_zero_points} from 0), of an improvement lower by "
        f"{rules.cdi_fall_points}.",
        source="(SELECT *, unnest([event_day, confirmation_day]) AS change_day FROM batch "
        "WHERE cnsr = 0)",
        joins="LEFT JOIN core.edss AS e ON e.person_id = t.person_id "
        "AND e.assessment_day = t.change_day",
        where="t.change_day IS NOT NULL AND NOT coalesce(CASE WHEN t.endpoint = 'CDW' "
        f"THEN {change} >= {rise} ELSE {change} <= -{rules.cdi_fall_points} END, false)",
        show=("t.change_day", "t.reference_points", "e.edss_points"),
    )
