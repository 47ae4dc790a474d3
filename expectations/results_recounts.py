"""Results counted a second time, in SQL of its own, from the patient tables (double programming).

Belongs here: the counts behind published shares, curves and means. Does not belong here:
intervals and tests, which models alone compute.
"""

from collections.abc import Iterable

from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_query
from transforms.rules import DAYS_PER_YEAR
from warehouse.contracts.core import GROUPS

#: Condition of core.population behind each group of Table 2.
_SAFETY_GROUPS = {
    ("treated", "overall"): "is_treated",
    ("additional", "additional-courses"): "is_additional",
    ("safety", GROUPS[0]): f"group_id = {sql_text(GROUPS[0])}",
    **{("efficacy", group): f"group_id = {sql_text(group)}" for group in GROUPS[1:]},
}
#: Condition of windows.safety_event behind each category of Table 2.
_SAFETY_CATEGORIES = {
    "any AE": "true",
    "serious AE": "is_serious",
    "infections": "is_infection",
    "serious infections": "is_infection AND is_serious",
    "thyroid AE": "is_thyroid",
    "serious thyroid AE": "is_thyroid AND is_serious",
    "ITP": "is_itp",
    "nephropathy": "is_nephropathy",
    "autoimmune AE": "is_autoimmune",
    "serious autoimmune AE": "is_autoimmune AND is_serious",
    "malignancy": "is_malignancy",
    "IAR": "is_iar",
    "serious IAR": "is_iar AND is_serious",
}
#: Column of windows.patient_course_window behind each category of MRI activity.
_ACTIVITIES = {
    "MRI activity": "has_mri_activity",
    "Gd-enhancing T1": "has_gd_activity",
    "new or enlarging T2": "has_t2_activity",
    "new T1 hypointense": "has_t1_activity",
}
_MESSAGE = (
    "Counted again from {tables}, the number is another one: table and result are not of the "
    "same data, or one of the two counts is wrong."
)


def incidence_again() -> Expectation:
    """Patients with an event, by category and group (E-12)."""
    flags = ", ".join(
        f"bool_or({condition}) AS c{number}"
        for number, condition in enumerate(_SAFETY_CATEGORIES.values())
    )
    categories = ", ".join(
        f"CASE WHEN c{number} THEN {sql_text(name)} END"
        for number, name in enumerate(_SAFETY_CATEGORIES)
    )
    groups = ", ".join(
        f"CASE WHEN {condition} THEN {sql_text('|'.join(group))} END"
        for group, condition in _SAFETY_GROUPS.items()
    )
    counted = f"""
        SELECT split_part(place, '|', 1) AS population, split_part(place, '|', 2) AS group_id,
            unnest([{categories}]) AS category
        FROM (SELECT *, unnest([{groups}]) AS place
            FROM (SELECT person_id, {flags} FROM windows.safety_event GROUP BY person_id)
            JOIN core.population USING (person_id)) AS p
        WHERE place IS NOT NULL"""
    return _again(
        "E-12",
        "windows.safety_event",
        ("population", "group_id", "category"),
        "safety.incidence",
        {"n_patients": "n"},
        f"SELECT population, group_id, category, count(*) AS n FROM ({counted}) GROUP BY ALL",
        f"r.category IN {sql_list(tuple(_SAFETY_CATEGORIES))}",
    )


def visits_again() -> Expectation:
    """Mean EDSS and mean change at each timepoint, and of how many (E-06)."""
    place = "group_id, anchor, timepoint"
    visits = f"""
        SELECT {place}, unnest(['edss.mean', 'edss.change']) AS analysis_id,
            unnest([count(*), count(edss_change_points)]) AS n,
            unnest([avg(edss_points), avg(edss_change_points)]) AS mean
        FROM windows.edss_at_visit JOIN core.population USING (person_id)
        WHERE group_id IS NOT NULL GROUP BY {place}"""
    return _again(
        "E-06",
        "windows.edss_at_visit",
        ("analysis_id", "group_id", "anchor", "timepoint"),
        "edss.",
        {"n_patients": "n", "mean": "mean"},
        visits,
    )


def events_again() -> Expectation:
    """Patients with worsening or improvement before each mark (E-07, E-08)."""
    mark = (
        "CASE WHEN starts_with(timepoint, 'M') THEN substr(timepoint, 2)::INTEGER // 12 "
        "ELSE substr(timepoint, 2)::INTEGER END"
    )
    events = f"""
        SELECT m.analysis_id, m.group_id, m.anchor, m.timepoint,
            coalesce(sum(e.n) FILTER (e.cnsr = 0 AND e.year < m.mark), 0) AS n
        FROM (SELECT DISTINCT analysis_id, group_id, anchor, timepoint, {mark} AS mark FROM batch)
            AS m
        LEFT JOIN (SELECT lower(endpoint) || '.km' AS analysis_id, group_id, anchor, cnsr,
                floor(days_to_event / {DAYS_PER_YEAR}) AS year, count(*) AS n
            FROM windows.disability_event JOIN core.population USING (person_id)
            GROUP BY ALL) AS e USING (analysis_id, group_id, anchor)
        GROUP BY m.analysis_id, m.group_id, m.anchor, m.timepoint"""
    return _again(
        "E-07",
        "windows.disability_event",
        ("analysis_id", "group_id", "anchor", "timepoint"),
        "",
        {"n_events": "n"},
        events,
    )


def rates_again() -> Expectation:
    """Patients, relapses and person-years of each window (E-02)."""
    place = "group_id, anchor, analysis_window"
    windows = f"""
        SELECT {place}, count(*) AS n, sum(relapses) AS n_events,
            sum(days_at_risk) / {DAYS_PER_YEAR} AS person_years
        FROM windows.patient_course_window JOIN core.population USING (person_id)
        WHERE group_id IS NOT NULL GROUP BY {place}"""
    return _again(
        "E-02",
        "windows.patient_course_window",
        ("group_id", "anchor", "analysis_window"),
        "arr.window",
        {"n_patients": "n", "n_events": "n_events", "person_years": "person_years"},
        windows,
    )


def free_of_activity_again() -> Expectation:
    """Patients free of MRI activity in each window, by component (E-10)."""
    place = "group_id, anchor, analysis_window"
    names = ", ".join(sql_text(name) for name in _ACTIVITIES)
    free = ", ".join(f"count(*) FILTER (NOT {column})" for column in _ACTIVITIES.values())
    windows = f"""
        SELECT {place}, unnest([{names}]) AS category, unnest([{free}]) AS n
        FROM windows.patient_course_window JOIN core.population USING (person_id)
        WHERE group_id IS NOT NULL GROUP BY {place}"""
    return _again(
        "E-10",
        "windows.patient_course_window",
        ("group_id", "category", "anchor", "analysis_window"),
        "mri.free",
        {"n_patients": "n"},
        windows,
    )


def no_activity_again() -> Expectation:
    """Patients with no evidence of disease activity, per year and in all years so far (E-17)."""
    is_core = "anchor = 'core-baseline'"
    single = (
        f"CASE WHEN {is_core} THEN 'Y' || (year + 1) "
        "ELSE 'M' || 12 * year || '..M' || 12 * (year + 1) END"
    )
    # The first year after a course is M0..M12 alone and so far.
    so_far = (
        f"CASE WHEN {is_core} THEN 'Y0..Y' || (year + 1) "
        "WHEN year > 0 THEN 'M0..M' || 12 * (year + 1) END"
    )
    free_years = f"""
        SELECT person_id, group_id, w.anchor,
            round((window_start_day - w.anchor_day) / {DAYS_PER_YEAR})::INTEGER AS year
        FROM windows.patient_course_window AS w JOIN core.population USING (person_id)
        LEFT JOIN (SELECT person_id, anchor, event_day FROM windows.disability_event
            WHERE endpoint = 'CDW' AND cnsr = 0) AS e USING (person_id, anchor)
        WHERE group_id IS NOT NULL AND NOT is_cumulative AND window_start_day >= w.anchor_day
            AND relapses = 0 AND NOT has_mri_activity AND edss_end_points IS NOT NULL
            AND NOT coalesce(event_day >= window_start_day AND event_day < window_end_day, false)"""
    named = f"""
        SELECT group_id, anchor, unnest([{single}, {so_far}]) AS analysis_window,
            unnest([true, n_so_far = year + 1]) AS is_free
        FROM (SELECT *, count(*) OVER (PARTITION BY person_id, anchor ORDER BY year) AS n_so_far
            FROM ({free_years})) AS y"""
    return _again(
        "E-17",
        "windows.patient_course_window and windows.disability_event",
        ("group_id", "anchor", "analysis_window"),
        "neda.free",
        {"n_patients": "n"},
        "SELECT group_id, anchor, analysis_window, count(*) FILTER (is_free) AS n "
        f"FROM ({named}) GROUP BY ALL",
    )


def _again(
    rule_id: str,
    tables: str,
    key: Iterable[str],
    analysis: str,
    columns: dict[str, str],
    counted: str,
    where: str = "true",
) -> Expectation:
    """Expect values to be those counted again.

    Args:
        rule_id: rule of the analysis plan.
        tables: what is counted, for the message.
        key: dimensions that `counted` has.
        analysis: how the analysis_id of the rows begins.
        columns: column of `counted` by statistic.
        counted: query that counts; what it lacks counts as 0, of a mean as null.
        where: further condition of the rows `r`.
    """
    key = tuple(key)
    expected = " ".join(
        f"WHEN {sql_text(statistic)} THEN "
        + (f"a.{column}" if statistic == "mean" else f"coalesce(a.{column}, 0)")
        for statistic, column in columns.items()
    )
    same = " AND ".join(f"a.{name} = r.{name}" for name in key)
    names = ", ".join(f"r.{name}" for name in (*key, "statistic"))
    return failing_query(
        "counted_again",
        "content",
        rule_id,
        _MESSAGE.format(tables=tables),
        query=f"""
            SELECT {names}, r.value, CASE r.statistic {expected} END AS counted
            FROM batch AS r LEFT JOIN ({counted}) AS a ON {same}
            WHERE starts_with(r.analysis_id, {sql_text(analysis)}) AND {where}
                AND r.statistic IN {sql_list(tuple(columns))}
                AND (r.value IS NULL AND counted IS NOT NULL OR r.value IS NOT NULL
                    AND coalesce(abs(r.value - counted) > 1e-6 * greatest(counted, 1), true))
            ORDER BY {names}""",
    )
