"""What must be true of the population funnel: its arithmetic, and that all results rest on it.

Belongs here: counts of the analysis sets as published. Does not belong here: who is in a set
(`population_suites`).
"""

from expectations.results_suites import PRIMARY
from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_query
from warehouse.contracts.core import EXCLUSION_REASONS, GROUPS
from warehouse.contracts.results import KEY

#: A set and the parts that make it up (section 3): what is left, and why the others are out.
EQUATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("consented", ("treated", EXCLUSION_REASONS[0])),
    ("treated", ("extension", EXCLUSION_REASONS[1])),
    ("extension", ("no-other-dmt", EXCLUSION_REASONS[2])),
    ("no-other-dmt", ("safety", EXCLUSION_REASONS[3], EXCLUSION_REASONS[4])),
    ("safety", ("efficacy", EXCLUSION_REASONS[5])),
    ("safety", (GROUPS[0], "additional-courses")),
    ("efficacy", GROUPS),
)
#: Condition of core.population behind each set of the funnel.
_SETS = {
    "consented": "true",
    "treated": "is_treated",
    "extension": "is_extension",
    "no-other-dmt": "is_no_other_dmt",
    "safety": "is_safety",
    "additional-courses": "is_additional",
    "efficacy": "is_efficacy",
    **{group: f"group_id = {sql_text(group)}" for group in GROUPS},
    **{reason: f"exclusion_reason = {sql_text(reason)}" for reason in EXCLUSION_REASONS},
}
#: Name of a set, or reason of an exclusion, of a row of the funnel.
LABEL = (
    "CASE WHEN category <> '' THEN category WHEN group_id <> 'overall' THEN group_id "
    "ELSE population END"
)
_COUNTS = f"(SELECT {LABEL} AS label, value AS n FROM batch WHERE statistic = 'n_patients')"
#: Endpoints whose denominator is the group, whoever was observed.
_OF_WHOLE_GROUP = (
    "relapse_free.cumulative",
    "relapse_free.km",
    "retention",
    "available",
    "safety.incidence",
    "course.total",
)


def funnel_laws() -> tuple[Expectation, ...]:
    """Expectations on the funnel's result rows."""
    return (_adds_up(), _counts_population())


def group_sizes_as_funnel() -> Expectation:
    """Expect no primary result to rest on more patients than its group has in the funnel."""
    return failing_query(
        "group_sizes_as_funnel",
        "content",
        "S-08",
        "n_total must be at most the patients of the group in the funnel, and exactly these for "
        f"{', '.join(_OF_WHOLE_GROUP)}.",
        query=f"""
            SELECT {", ".join(f"t.{name}" for name in KEY)}, t.n_total, s.value AS n_group
            FROM batch AS t JOIN (SELECT population, group_id, value FROM batch
                WHERE analysis_id = 'funnel' AND statistic = 'n_patients' AND category = ''
                AND scenario = {sql_text(PRIMARY)}) AS s
                ON s.group_id = t.group_id AND (s.population = t.population
                    OR t.population = 'safety' AND t.group_id IN {sql_list(GROUPS)})
            WHERE t.scenario = {sql_text(PRIMARY)} AND t.analysis_id <> 'funnel'
                AND (t.n_total > s.value OR t.n_total <> s.value
                    AND t.analysis_id IN {sql_list(_OF_WHOLE_GROUP)})
            ORDER BY ALL""",
    )


def _adds_up() -> Expectation:
    parts = ", ".join(
        f"({number}, {sql_text(whole)}, {sql_text(part)})"
        for number, (whole, its_parts) in enumerate(EQUATIONS, start=1)
        for part in its_parts
    )
    return failing_query(
        "funnel_adds_up",
        "structural",
        "S-08",
        "Every set must be the sum of its parts: treated = extension + never entered … efficacy = "
        "the four groups (analysis plan, section 3).",
        query=f"""
            SELECT e.whole AS label, any_value(w.n) AS n_whole,
                sum(p.n) AS n_parts, string_agg(e.part, ' + ' ORDER BY e.part)
                AS parts
            FROM (VALUES {parts}) AS e (equation, whole, part)
            LEFT JOIN {_COUNTS} AS w ON w.label = e.whole
            LEFT JOIN {_COUNTS} AS p ON p.label = e.part
            GROUP BY e.equation, e.whole
            HAVING any_value(w.n) IS DISTINCT FROM sum(p.n) OR bool_or(p.n IS NULL)
            ORDER BY e.equation""",
    )


def _counts_population() -> Expectation:
    counts = " UNION ALL ".join(
        f"SELECT {sql_text(label)} AS label, count(*) FILTER ({condition}) AS n "
        "FROM core.population"
        for label, condition in _SETS.items()
    )
    return failing_query(
        "counts_population",
        "structural",
        "S-08",
        "Each set and each exclusion must count the persons of core.population that are in it.",
        query=f"""
            SELECT coalesce(f.label, p.label) AS label, f.n AS n_funnel, p.n AS n_population
            FROM {_COUNTS} AS f FULL JOIN ({counts}) AS p ON f.label = p.label
            WHERE f.n IS DISTINCT FROM p.n ORDER BY 1""",
    )
