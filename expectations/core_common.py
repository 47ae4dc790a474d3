"""Expectations that many core tables share: persons, order, days since day 0, cut-off, death.

Belongs here: their builders. Does not belong here: which table has which.
"""

from expectations.suite import Expectation, failing_query, failing_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract

JOIN_PATIENT = "JOIN core.patient AS p USING (person_id)"


def not_after_cutoff(
    contract: TableContract, rules: Rules, *columns: str, where: str = "true"
) -> Expectation:
    """Expect no date of these columns after the cut-off (T-04)."""
    late = " OR ".join(f"t.{column} > DATE '{rules.data_cut}'" for column in columns)
    return failing_rows(
        contract,
        "not_after_cutoff",
        "structural",
        "T-04",
        f"A record is dated after the cut-off {rules.data_cut}; nothing after it may enter.",
        where=f"{where} AND ({late})",
        show=tuple(f"t.{column}" for column in columns),
    )


def day_from_day0(contract: TableContract, day: str, day_date: str) -> Expectation:
    """Expect a day column to be the days from day 0 to its date (T-02)."""
    return failing_rows(
        contract,
        f"{day}_from_day0",
        "structural",
        "T-02",
        f"{day} must be the days from day 0 to {day_date}, null without a day 0.",
        joins=JOIN_PATIENT,
        where=f"t.{day} IS DISTINCT FROM (t.{day_date} - p.day0_date)",
        show=(f"t.{day}", f"t.{day_date}", "p.day0_date"),
    )


def not_after_death(
    contract: TableContract, date_name: str, what: str, rule_id: str, where: str = "true"
) -> Expectation:
    """Expect no date to be certainly later than the person's death."""
    return failing_rows(
        contract,
        "not_after_death",
        "content",
        rule_id,
        f"{what} is dated after the person's death: one of the two dates is wrong. Query the site.",
        joins=JOIN_PATIENT,
        where=f"{where} AND t.{date_name} > p.death_latest_date",
        show=(f"t.{date_name}", "p.death_latest_date"),
    )


def numbered_in_order(contract: TableContract, number: str, order: str, what: str) -> Expectation:
    """Expect the rows of a person to be numbered from 1 in an order."""
    return failing_rows(
        contract,
        "numbered_in_order",
        "structural",
        "",
        f"{what} of a person must be numbered 1, 2, 3 … in order of {order}.",
        source=f"(SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY {order} NULLS FIRST,"
        f" {number}) AS expected_number FROM batch)",
        where=f"t.{number} <> t.expected_number",
        show=("t.expected_number", f"t.{order}"),
    )


def same_persons(contract: TableContract, rule_id: str, where: str, who: str) -> Expectation:
    """Expect one row for every person of `core.patient` that satisfies `where`, and no other."""
    return failing_query(
        "persons_complete",
        "structural",
        rule_id,
        f"{contract.sql_name} must have one row for every {who}, and no other.",
        query=f"""
            SELECT person_id, CASE WHEN t.own IS NULL THEN 'missing' ELSE 'foreign' END
                AS problem
            FROM (SELECT person_id, person_id AS own FROM batch) AS t
            FULL JOIN (SELECT person_id, person_id AS own FROM core.patient AS p WHERE {where}) AS s
                USING (person_id)
            WHERE t.own IS NULL OR s.own IS NULL ORDER BY person_id""",
    )
