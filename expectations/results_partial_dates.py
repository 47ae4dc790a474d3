"""What must be true of the counts of partial dates: that the core tables give them again.

Belongs here: `results.result_partial_date`. Does not belong here: which rule placed a date (the
core suites).
"""

from expectations.sql import sql_text
from expectations.suite import Expectation, failing_query

#: Records of each kind with the rule that was applied to them, as SQL on the core tables.
_PLACED = {
    "relapse": "SELECT person_id, onset_imputation AS rule FROM core.relapse",
    "adverse event": "SELECT person_id, onset_imputation AS rule FROM core.adverse_event "
    "WHERE is_on_study",
    "other DMT": "SELECT person_id, decision_rule AS rule FROM core.other_dmt "
    "WHERE is_decision_uncertain",
    "death": "SELECT person_id, death_imputation AS rule FROM core.follow_up",
    "discontinuation": "SELECT person_id, 'earliest possible day' AS rule FROM core.follow_up "
    "WHERE is_discontinuation_date_partial",
    "initial relapse": "SELECT person_id, initial_relapse_imputation AS rule FROM core.baseline",
}


def partial_dates_again() -> Expectation:
    """Expect each rule's records and patients to be those of the core tables, none missing."""
    placed = " UNION ALL ".join(
        f"SELECT person_id, {sql_text(f'{kind}: ')} || rule AS category FROM ({rows}) AS r "
        "WHERE rule IS NOT NULL"
        for kind, rows in _PLACED.items()
    )
    return failing_query(
        "partial_dates_again",
        "structural",
        "E-01",
        "Records of treated patients whose date a rule placed, and their patients, must be those "
        "that the core tables have.",
        query=f"""
            SELECT category, t.n_events, a.n_events AS n_events_in_core, t.n_patients,
                a.n_patients AS n_patients_in_core
            FROM (SELECT category, max(value) FILTER (statistic = 'n_events') AS n_events,
                    max(value) FILTER (statistic = 'n_patients') AS n_patients
                FROM batch GROUP BY category) AS t
            FULL JOIN (SELECT category, count(*) AS n_events,
                    count(DISTINCT person_id) AS n_patients
                FROM ({placed}) AS p JOIN core.population USING (person_id)
                WHERE is_treated GROUP BY category) AS a USING (category)
            WHERE t.n_events IS DISTINCT FROM coalesce(a.n_events, 0)
                OR t.n_patients IS DISTINCT FROM coalesce(a.n_patients, 0) ORDER BY category""",
    )
