"""Shapes of laws between the cells of one endpoint: along a curve, inside, against.

Belongs here: how such a law is asked in SQL. Does not belong here: which endpoint obeys which
(`results_efficacy`, `results_people`, `results_safety`), single cells (`results_suites`).
"""

from collections.abc import Mapping, Sequence

from expectations.results_suites import CELL, EPSILON
from expectations.sql import any_problem, problem_text, sql_list, sql_text
from expectations.suite import Expectation, failing_query

#: Along the marks of one curve: endpoint, statistic, and whether it may only fall or only rise.
_CURVES = (
    ("relapse_free.cumulative", "pct", "falls"),
    ("relapse_free.km", "pct", "falls"),
    ("cdw.km", "pct", "falls"),
    ("cdi.km", "pct", "rises"),
    *((name, "at_risk", "falls") for name in ("relapse_free.km", "cdw.km", "cdi.km")),
    *((name, "n_events", "rises") for name in ("relapse_free.km", "cdw.km", "cdi.km")),
    ("mri.free", "n_patients", "falls"),
    ("neda.free", "n_patients", "falls"),
    ("available", "n_patients", "falls"),
    ("treatment.by_year", "n_patients", "rises"),
    ("treatment.by_year", "n_events", "rises"),
)
_CURVE = ("analysis_id", "population", "group_id", "category", "anchor", "scenario")


def curves_go_one_way(*analyses: str) -> Expectation:
    """Expect curves to fall or rise only, along the marks of one group and anchor.

    Args:
        analyses: the endpoints of the table that have curves; none = all that have.
    """
    curves = [curve for curve in _CURVES if curve[0] in analyses or not analyses]
    ways = ", ".join(
        f"({sql_text(name)}, {sql_text(statistic)}, {1 if way == 'rises' else -1})"
        for name, statistic, way in curves
    )
    told = "; ".join(f"{name} {statistic} {way}" for name, statistic, way in curves)
    curve = ", ".join((*_CURVE, "statistic"))
    return failing_query(
        "curves_go_one_way",
        "content",
        "E-09",
        f"Over the marks of one group and anchor a cumulative statistic goes one way: {told}. A "
        "mark that is not estimable is passed over.",
        query=f"""
            SELECT {curve}, analysis_window, timepoint, previous, value FROM (
                SELECT *, lag(value) OVER (PARTITION BY {curve} ORDER BY mark) AS previous FROM (
                    SELECT b.*, w.way, TRY_CAST(regexp_extract(
                        coalesce(nullif(timepoint, ''), analysis_window), '[0-9]+$') AS INTEGER)
                        AS mark
                    FROM batch AS b JOIN (VALUES {ways}) AS w (analysis_id, statistic, way)
                        USING (analysis_id, statistic)
                    WHERE value IS NOT NULL AND (analysis_window = ''
                        OR starts_with(analysis_window, 'Y0..')
                        OR starts_with(analysis_window, 'M0..'))) AS m) AS c
            WHERE way * (value - previous) < -{EPSILON} ORDER BY {curve}, mark""",
    )


def nested(
    name: str,
    rule_id: str,
    message: str,
    pairs: Sequence[tuple[str, str]],
    statistics: Sequence[str],
) -> Expectation:
    """Expect the value of a category to be at most that of the category that holds it."""
    inside = ", ".join(f"({sql_text(inner)}, {sql_text(outer)})" for inner, outer in pairs)
    same = " AND ".join(f"o.{column} = i.{column}" for column in CELL if column != "category")
    return failing_query(
        name,
        "content",
        rule_id,
        message,
        query=f"""
            SELECT {", ".join(f"i.{column}" for column in CELL)}, i.statistic, i.value,
                p.outer_category, o.value AS outer_value
            FROM batch AS i JOIN (VALUES {inside}) AS p (category, outer_category)
                ON p.category = i.category
            JOIN batch AS o ON o.category = p.outer_category AND o.statistic = i.statistic
                AND {same}
            WHERE i.statistic IN {sql_list(statistics)} AND i.value > o.value ORDER BY ALL""",
    )


def contrast(
    name: str,
    rule_id: str,
    message: str,
    of_contrast: Mapping[str, str],
    of_side: Mapping[str, str],
    problems: Mapping[str, str],
) -> Expectation:
    """Expect a contrast `c` to agree with its sides, `a` after and `b` before the course."""
    place = "analysis_id, population, group_id, category, anchor, scenario"

    def cells(statistics: Mapping[str, str], where: str) -> str:
        values = ", ".join(
            f"max(value) FILTER (statistic = '{statistic}') AS {alias}"
            for alias, statistic in statistics.items()
        )
        return (
            f"(SELECT {place}, any_value(n_total) AS n_total, {values} FROM batch "
            f"WHERE ends_with(analysis_id, '.before_after') AND {where} GROUP BY {place})"
        )

    return failing_query(
        name,
        "content",
        rule_id,
        message,
        query=f"""
            SELECT {place}, {problem_text(problems)} AS problem,
                {", ".join(f"c.{alias} AS {alias}" for alias in of_contrast)},
                {
            ", ".join(
                f"{side}.{alias} AS {alias}_{word}"
                for side, word in (("b", "before"), ("a", "after"))
                for alias in of_side
            )
        }
            FROM {cells(of_contrast, "comparator <> ''")} AS c
            JOIN {cells(of_side, "comparator = '' AND analysis_window = 'M-12..M0'")} AS b
                USING ({place})
            JOIN {cells(of_side, "comparator = '' AND analysis_window = 'M0..M12'")} AS a
                USING ({place})
            WHERE {any_problem(problems)} ORDER BY {place}""",
    )
