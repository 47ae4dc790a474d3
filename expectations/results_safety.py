"""Laws of adverse events: categories inside others, and courses that make up the whole.

Belongs here: what must hold between the cells of Table 2 and the Supporting Tables. Does not
belong here: single events (`safety_suites`).
"""

from expectations.results_laws import nested
from expectations.suite import Expectation, failing_query

_SERIOUS = ("infections", "thyroid AE", "autoimmune AE", "IAR")
_ANY_AE, _SERIOUS_AE, _AUTOIMMUNE = "any AE", "serious AE", "autoimmune AE"
#: Categories of adverse events, each inside another one (E-12).
_INSIDE = (
    (_SERIOUS_AE, _ANY_AE),
    *((f"serious {name}", name) for name in _SERIOUS),
    *((f"serious {name}", _SERIOUS_AE) for name in _SERIOUS),
    *((name, _ANY_AE) for name in (*_SERIOUS, "malignancy")),
    *((name, _AUTOIMMUNE) for name in ("thyroid AE", "ITP", "nephropathy")),
    ("serious thyroid AE", "serious autoimmune AE"),
)


def safety_laws() -> tuple[Expectation, ...]:
    """Adverse events: categories inside others, and courses that make up the whole."""
    return (
        nested(
            "categories_nested",
            "E-12",
            "A category has at most the patients and events of the one that holds it: serious ones "
            "at most all, thyroid, ITP and nephropathy at most autoimmune, all at most any.",
            _INSIDE,
            ("n_patients", "n_events"),
        ),
        failing_query(
            "courses_make_up_the_whole",
            "content",
            "E-12",
            "Events and person-years by last course must add up to those of the whole; those with "
            "a first event, or a time to the first autoimmune one, are those with an event.",
            query="""
                SELECT population, group_id, category, scenario, statistic, whole, parts FROM (
                    SELECT population, group_id, category, scenario, statistic,
                        sum(value) FILTER (analysis_id = 'safety.by_course') AS parts,
                        max(value) FILTER (analysis_id = 'safety.rate') AS whole
                    FROM batch WHERE statistic IN ('n_events', 'person_years')
                    GROUP BY ALL
                    UNION ALL
                    SELECT population, group_id, category, scenario, statistic,
                        max(value) FILTER (analysis_id = 'safety.first_event_rate'),
                        max(value) FILTER (analysis_id = 'safety.incidence')
                    FROM batch WHERE statistic = 'n_patients'
                    GROUP BY ALL
                    UNION ALL
                    SELECT population, group_id, 'autoimmune AE', scenario, statistic,
                        max(value) FILTER (analysis_id = 'autoimmune.onset'),
                        max(value) FILTER (analysis_id = 'safety.incidence'
                            AND category = 'autoimmune AE')
                    FROM batch WHERE statistic = 'n_patients'
                    GROUP BY ALL) AS s
                WHERE abs(parts - whole) > 1e-6 * greatest(whole, 1) ORDER BY ALL""",
        ),
    )
