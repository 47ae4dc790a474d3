"""Laws of Table 1, of courses and of other therapies: parts make up the whole.

Belongs here: what must hold between the cells of these tables. Does not belong here: the funnel
(`funnel_suites`).
"""

from expectations.results_laws import curves_go_one_way
from expectations.sql import any_problem, problem_text, sql_list, sql_text
from expectations.suite import Expectation, failing_query

#: Possible values of what is described in Table 1.
_BASELINE_RANGES = {
    "age": (0, 120),
    "EDSS score": (0, 10),
    "brain parenchymal fraction": (0, 1),
}


def baseline_laws() -> tuple[Expectation, ...]:
    """Table 1: possible values, and the same patients observed in both forms."""
    ranges = ", ".join(
        f"({sql_text(name)}, {low}, {high})" for name, (low, high) in _BASELINE_RANGES.items()
    )
    return (
        failing_query(
            "characteristics_in_range",
            "content",
            "E-15",
            "A characteristic lies outside its possible values, is negative, or the share with "
            "gadolinium lesions is not of the patients in whom they were counted.",
            query=f"""
                SELECT b.group_id, b.population, b.category, b.statistic, b.value, b.n_total
                FROM batch AS b LEFT JOIN (VALUES {ranges}) AS r (category, low, high)
                    USING (category)
                LEFT JOIN (SELECT population, group_id, n_total FROM batch
                    WHERE category = 'Gd-enhancing lesions' AND statistic = 'n_patients') AS g
                    ON g.population = b.population AND g.group_id = b.group_id
                    AND b.category = 'with Gd-enhancing lesions'
                WHERE b.statistic IN ('mean', 'median', 'min', 'max')
                    AND (b.value < 0 OR b.value NOT BETWEEN r.low AND r.high)
                    OR b.n_total <> g.n_total
                ORDER BY ALL""",
        ),
    )


def course_laws() -> tuple[Expectation, ...]:
    """Courses: totals and reasons make up all patients, years at most all."""
    exclusive = ("1 course", "2 courses", "3 courses", "4 courses", ">=5 courses")
    of_entrants = "analysis_id = 'course.total' AND population = 'extension'"
    upto_two = sql_list(("1 course", "2 courses"))
    return (
        failing_query(
            "courses_add_up",
            "content",
            "S-02",
            "Patients by total of courses must add up to all who entered the extension, 1 and 2 "
            "courses to <=2, reasons of a course to all who received it; no more patients receive "
            "a course over all years than there are.",
            query=f"""
                SELECT analysis_id, anchor, category, n_parts, n_whole FROM (
                    SELECT analysis_id, anchor, '' AS category, true AS is_whole,
                        sum(value) AS n_parts, any_value(n_total) AS n_whole
                    FROM batch WHERE statistic = 'n_patients' AND (analysis_id = 'course.reason'
                        OR {of_entrants} AND category IN {sql_list(exclusive)})
                    GROUP BY ALL
                    UNION ALL
                    SELECT analysis_id, anchor, '<=2 courses', true,
                        sum(value) FILTER (category IN {upto_two}),
                        max(value) FILTER (category = '<=2 courses')
                    FROM batch WHERE statistic = 'n_patients' AND {of_entrants}
                    GROUP BY ALL
                    UNION ALL
                    SELECT analysis_id, anchor, category, false, sum(value), any_value(n_total)
                    FROM batch WHERE statistic = 'n_patients' AND analysis_id = 'course.timing'
                    GROUP BY ALL) AS s
                WHERE n_parts > n_whole OR is_whole AND n_parts < n_whole
                ORDER BY analysis_id, anchor, category""",
        ),
    )


def treatment_laws() -> tuple[Expectation, ...]:
    """Additional courses and other therapies: either from both, pooled from the studies."""
    kinds = {
        "course": "additional course",
        "dmt": "other DMT",
        "either": "additional course or other DMT",
        "both": "additional course and other DMT",
    }
    counts = ", ".join(
        f"max(value) FILTER (split_part(category, ': ', 2) = '{kind}') AS n_{name}"
        for name, kind in kinds.items()
    )
    of_studies = "sum({}) FILTER (study <> 'all') OVER (PARTITION BY analysis_window)"
    pooled = ", ".join(f"{of_studies.format(f'n_{name}')} AS pooled_{name}" for name in kinds)
    problems = {
        "either": "n_either <> n_course + n_dmt - n_both",
        "pooled": "study = 'all' AND ("
        + " OR ".join(f"n_{name} <> pooled_{name}" for name in kinds)
        + ")",
    }
    return (
        curves_go_one_way("treatment.by_year"),
        failing_query(
            "treatments_add_up",
            "content",
            "S-02",
            "Patients with either are those with an additional course and those with another "
            "therapy less those with both; all are the sum of the core studies.",
            query=f"""
                SELECT analysis_window, study, {problem_text(problems)} AS problem,
                    n_course, n_dmt, n_either, n_both
                FROM (SELECT *, {pooled} FROM (
                    SELECT analysis_window, split_part(category, ': ', 1) AS study, {counts}
                    FROM batch WHERE statistic = 'n_patients' GROUP BY ALL) AS k) AS s
                WHERE {any_problem(problems)} ORDER BY ALL""",
        ),
    )
