"""What must be true of the adverse events that count, and of the line listings.

Belongs here: `windows.safety_event` and `windows.line_listing` against the tables they draw
from. Does not belong here: incidences and rates of groups (`results_families`).
"""

from expectations.sql import sql_list, sql_text
from expectations.suite import (
    Expectation,
    failing_query,
    failing_rows,
    minimum_rows,
    unlikely_aggregate,
)
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR, Rules
from warehouse.contracts import TableContract
from warehouse.contracts.windows import LISTINGS

_EPSILON = 1e-9
_AUTOIMMUNE, _MALIGNANCY, _DEATH, _EARLY_COURSE = LISTINGS


def safety_event_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the adverse events of treated persons that count for safety (E-12)."""
    return (
        minimum_rows(
            "plausibility",
            "E-12",
            "No adverse event of a treated person counts: compare the dates in AE.",
        ),
        _every_event_once(rules),
        _categories(contract, rules),
        _last_course(contract),
        unlikely_aggregate(
            "reactions_have_times",
            "E-13",
            "More than half of the infusion-associated reactions were decided by dates: compare "
            "the times in AE and EX.",
            observed="avg(t.is_iar_by_date::INTEGER)",
            likely="observed <= 0.5",
            where="t.is_iar",
        ),
    )


def _every_event_once(rules: Rules) -> Expectation:
    body_system = rules.terms.infection_body_system
    infection = f"lower(trim(body_system)) = lower(trim({sql_text(body_system)}))"
    told = ("onset_day", "is_serious", "is_fatal", "preferred_term")
    return failing_query(
        "every_event_once",
        "structural",
        "T-08",
        "The events must be those of core.adverse_event that count, each once and as told there: "
        "of treated persons, on study, with onset from day 0 to before the horizon end; "
        f"infections are the body system {body_system}.",
        query=f"""
            SELECT person_id, event_number, CASE WHEN s.onset_day IS NULL THEN 'foreign'
                WHEN t.onset_day IS NULL THEN 'missing' ELSE 'differs' END AS problem,
                {", ".join(f"t.{name}, s.{name} AS {name}_told" for name in told)}
            FROM batch AS t FULL JOIN (
                SELECT person_id, event_number, {", ".join(told)},
                    coalesce({infection}, false) AS is_infection
                FROM core.adverse_event
                WHERE is_on_study AND onset_day >= 0 AND onset_day < {rules.horizon_end_day!r}
                    AND person_id IN (SELECT person_id FROM core.patient WHERE is_treated)
                ) AS s USING (person_id, event_number)
            WHERE {
            " OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in (*told, "is_infection"))
        } ORDER BY person_id, event_number""",
    )


def _categories(contract: TableContract, rules: Rules) -> Expectation:
    terms = {
        "is_thyroid": rules.terms.thyroid,
        "is_itp": rules.terms.itp,
        "is_nephropathy": rules.terms.nephropathy,
        "is_malignancy": rules.terms.malignancy,
    }
    return failing_rows(
        contract,
        "categories_by_terms",
        "structural",
        "E-12",
        "A category must hold exactly the events whose term is in its list; autoimmune is thyroid, "
        "ITP or nephropathy; what was decided by dates to be an infusion-associated reaction is "
        "one.",
        where={
            **{
                flag: f"t.{flag} <> coalesce(lower(trim(t.preferred_term)) IN "
                f"{sql_list([term.strip().lower() for term in (*listed, '')])}, false)"
                for flag, listed in terms.items()
            },
            "is_autoimmune": "t.is_autoimmune <> (t.is_thyroid OR t.is_itp OR t.is_nephropathy)",
            "is_iar_by_date": "t.is_iar_by_date AND NOT t.is_iar",
        },
        show=("t.preferred_term",),
    )


def _last_course(contract: TableContract) -> Expectation:
    return failing_rows(
        contract,
        "last_course_before_onset",
        "structural",
        "E-12",
        "The last course must be one of core.course on or before the onset, the next one after it, "
        "and the days must run from the course to the onset.",
        joins="LEFT JOIN core.course AS c ON c.person_id = t.person_id "
        "AND c.course_number = t.last_course_number "
        "LEFT JOIN core.course AS n ON n.person_id = t.person_id "
        "AND n.course_number = t.last_course_number + 1",
        where={
            "no such course": "c.course_day IS NULL",
            "course after onset": "c.course_day > t.onset_day",
            "a later course": "n.course_day <= t.onset_day",
            "days": "t.days_since_last_course <> t.onset_day - c.course_day",
        },
        show=(
            "t.onset_day",
            "t.last_course_number",
            "t.days_since_last_course",
            "c.course_day",
            "n.course_day AS next_course_day",
        ),
    )


def line_listing_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on malignancies, autoimmune events, deaths and early courses, one by one."""
    return (
        _all_listed(rules),
        failing_rows(
            contract,
            "days_and_numbers",
            "structural",
            "E-12",
            "Records are numbered 1, 2, 3 … by day; years of 365.25 days count from 1, days and "
            "months of 30.4375 days from the course named, the last one on or before the event "
            "(of an early course the one before it).",
            source="(SELECT *, row_number() OVER (PARTITION BY person_id, listing "
            "ORDER BY event_day, record_number) AS expected_number FROM batch)",
            joins="LEFT JOIN core.course AS c ON c.person_id = t.person_id "
            "AND c.course_number = t.last_course_number "
            "LEFT JOIN core.course AS n ON n.person_id = t.person_id "
            "AND n.course_number = t.last_course_number + 1",
            where={
                "record_number": "t.record_number <> t.expected_number",
                "study_year": f"t.study_year <> floor(t.event_day / {DAYS_PER_YEAR}) + 1",
                "last_course_number": "c.course_day IS NULL OR n.course_day < t.event_day "
                f"OR (t.listing = {sql_text(_EARLY_COURSE)}) "
                "<> (n.course_day IS NOT DISTINCT FROM t.event_day)",
                "days_since_last_course": "t.days_since_last_course <> t.event_day - c.course_day "
                "OR t.days_since_last_course < 0",
                "months_since_last_course": "abs(t.months_since_last_course "
                f"- t.days_since_last_course / {DAYS_PER_MONTH!r}) > {_EPSILON}",
            },
            show=(
                "t.event_day",
                "t.last_course_number",
                "c.course_day",
                "n.course_day AS next_course_day",
            ),
        ),
        failing_rows(
            contract,
            "sets_as_in_population",
            "structural",
            "S-10",
            "The sets and the group must be those of core.population, and a death is fatal and "
            "serious.",
            joins="LEFT JOIN core.population AS p USING (person_id)",
            where={
                **{
                    name: f"t.{name} IS DISTINCT FROM p.{name}"
                    for name in ("is_safety", "is_additional", "group_id")
                },
                "death": f"t.listing = {sql_text(_DEATH)} AND NOT (t.is_fatal AND t.is_serious)",
            },
            show=("t.is_safety", "t.is_additional", "t.group_id"),
        ),
    )


def _all_listed(rules: Rules) -> Expectation:
    treated = "person_id IN (SELECT person_id FROM core.patient WHERE is_treated)"
    horizon = f"{rules.horizon_end_day!r}"
    sources = (
        f"SELECT person_id, {sql_text(_AUTOIMMUNE)} AS listing, onset_day AS event_day "
        "FROM windows.safety_event WHERE is_autoimmune",
        f"SELECT person_id, {sql_text(_MALIGNANCY)}, onset_day "
        "FROM windows.safety_event WHERE is_malignancy",
        f"SELECT person_id, {sql_text(_DEATH)}, death_day FROM core.follow_up "
        f"WHERE death_day >= 0 AND death_day < {horizon} AND {treated}",
        f"SELECT person_id, {sql_text(_EARLY_COURSE)}, course_day FROM core.course "
        f"WHERE is_early AND is_through_horizon AND {treated}",
    )
    place = "person_id, listing, event_day"
    return failing_query(
        "all_listed",
        "structural",
        "E-12",
        "Every malignancy and autoimmune event of windows.safety_event, every death of a treated "
        "person from day 0 to before the horizon end and every early course must be listed once, "
        "on its day, and nothing else.",
        query=f"""
            SELECT {place}, coalesce(t.n, 0) AS n_listed, coalesce(s.n, 0) AS n_expected
            FROM (SELECT {place}, count(*) AS n FROM batch GROUP BY {place}) AS t
            FULL JOIN (SELECT {place}, count(*) AS n FROM ({" UNION ALL ".join(sources)})
                GROUP BY {place}) AS s USING ({place})
            WHERE t.n IS DISTINCT FROM s.n ORDER BY {place}""",
    )
