"""What must be true of follow-up and of the analysis sets: tables that sum up others.

Belongs here: `core.follow_up` and `core.population`, against the tables they derive from. Does
not belong here: counts of the sets as published (`results_suites`).
"""

from expectations.core_common import same_persons
from expectations.sql import sql_text
from expectations.suite import Expectation, failing_rows, minimum_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.contracts.core import EXCLUSION_REASONS, GROUPS


def follow_up_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on how long each person was observed."""
    horizon = rules.horizon_end_day
    # DuckDB's least() passes over nulls: who has no contact or did not die is not ended by it.
    ends = {
        "last contact": "t.last_contact_day + 1",
        "death": "t.death_day + 1",
        "cut-off": f"DATE '{rules.data_cut}' - p.day0_date + 1",
        "horizon": "t.horizon_end_day",
        "course 6": "t.course_6_day",
    }
    cases = " ".join(f"WHEN {sql_text(reason)} THEN {end}" for reason, end in ends.items())
    end_of_reason = f"CASE t.efficacy_end_reason {cases} END"
    return (
        minimum_rows("structural", "T-06", "Nobody was followed up: no person has a day 0."),
        same_persons(contract, "T-06", "p.day0_date IS NOT NULL", "person with a day 0"),
        failing_rows(
            contract,
            "within_horizon",
            "structural",
            "T-06",
            f"Follow-up ends after day 0 and at the latest at the horizon end, day {horizon}.",
            where=f"t.horizon_end_day <> {horizon} OR t.efficacy_end_day <= 0 "
            f"OR t.efficacy_end_day > {horizon} OR t.safety_end_day > {horizon}",
            show=("t.horizon_end_day", "t.efficacy_end_day", "t.safety_end_day"),
        ),
        failing_rows(
            contract,
            "within_cutoff",
            "structural",
            "T-04",
            f"Follow-up ends at the latest the day after the cut-off {rules.data_cut}.",
            joins="JOIN core.patient AS p USING (person_id)",
            where="greatest(t.efficacy_end_day, t.safety_end_day) "
            f"> DATE '{rules.data_cut}' - p.day0_date + 1 "
            f"OR t.last_contact_date > DATE '{rules.data_cut}'",
            show=("t.efficacy_end_day", "t.safety_end_day", "t.last_contact_date", "p.day0_date"),
        ),
        failing_rows(
            contract,
            "death_day_possible",
            "structural",
            "T-06",
            "death_day must lie between the earliest and the latest possible day of the death, and "
            "be null without one.",
            joins="JOIN core.patient AS p USING (person_id)",
            where="(t.death_day IS NULL) <> (p.death_date IS NULL) "
            "OR p.day0_date + t.death_day NOT BETWEEN p.death_date AND p.death_latest_date",
            show=("t.death_day", "p.day0_date", "p.death_date", "p.death_latest_date"),
        ),
        failing_rows(
            contract,
            "end_has_its_reason",
            "structural",
            "T-06",
            "Efficacy follow-up must end at the first of last contact + 1, death + 1, cut-off + 1, "
            "horizon end and day of Course 6, and its reason must name one of that day.",
            joins="JOIN core.patient AS p USING (person_id)",
            where=f"t.efficacy_end_day IS DISTINCT FROM least({', '.join(ends.values())}) "
            f"OR t.efficacy_end_day IS DISTINCT FROM {end_of_reason}",
            show=(
                "t.efficacy_end_day",
                "t.efficacy_end_reason",
                f"least({', '.join(ends.values())}) AS first_end_day",
            ),
        ),
        failing_rows(
            contract,
            "safety_not_before_efficacy",
            "structural",
            "T-08",
            "Person-time of safety must not end before that of efficacy: it lasts to the latest of "
            "last contact, death and last event.",
            where="t.safety_end_day < t.efficacy_end_day",
            show=("t.safety_end_day", "t.efficacy_end_day"),
        ),
        failing_rows(
            contract,
            "gaps_add_up",
            "structural",
            "W-05",
            "gap_days must be the days of the gaps before the extension and before TOPAZ.",
            where="t.gap_days <> coalesce(t.extension_gap_end_day - t.extension_gap_start_day, 0) "
            "+ coalesce(t.topaz_gap_end_day - t.topaz_gap_start_day, 0) OR t.gap_days < 0",
            show=("t.gap_days",),
        ),
        failing_rows(
            contract,
            "short_gaps",
            "plausibility",
            "W-05",
            "More than two years between two studies without a record.",
            where="t.gap_days > 730",
            show=("t.gap_days",),
        ),
    )


def population_expectations(contract: TableContract, _rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the analysis sets: their parts must add up, person by person."""
    return (
        minimum_rows("structural", "S-01", "No person is in the funnel."),
        same_persons(contract, "S-01", "true", "person of core.patient"),
        failing_rows(
            contract,
            "in_or_excluded",
            "structural",
            "S-08",
            "A person is in the efficacy set, with a group and no reason of exclusion, or out of "
            "it, with one reason and no group.",
            where="t.is_efficacy <> (t.group_id IS NOT NULL) "
            "OR t.is_efficacy <> (t.exclusion_reason IS NULL)",
            show=("t.is_efficacy", "t.group_id", "t.exclusion_reason"),
        ),
        failing_rows(
            contract,
            "sets_nested",
            "structural",
            "S-10",
            "Each set lies in the one before: efficacy in safety in no other DMT in extension in "
            "treated; safety is the 2-courses group and those with additional courses.",
            where="t.is_efficacy AND NOT t.is_safety OR t.is_safety AND NOT t.is_no_other_dmt "
            "OR t.is_no_other_dmt AND NOT t.is_extension OR t.is_extension AND NOT t.is_treated "
            f"OR t.is_safety <> (t.is_additional OR t.group_id IS NOT DISTINCT FROM '{GROUPS[0]}')",
            show=(
                "t.is_treated",
                "t.is_extension",
                "t.is_no_other_dmt",
                "t.is_additional",
                "t.is_safety",
                "t.is_efficacy",
            ),
        ),
        failing_rows(
            contract,
            "group_has_its_courses",
            "structural",
            "S-04",
            "A group is the total of courses through the cut-off: exactly 2, 3 or 4, or 5 and "
            "more; from 3 on the person has additional courses too.",
            where=_group_contradiction(),
            show=("t.group_id", "t.courses_through_cutoff", "t.is_additional"),
        ),
        failing_rows(
            contract,
            "reason_follows_sets",
            "structural",
            "S-08",
            "The reason of exclusion must be the first that applies, in the plan's order.",
            where=f"t.exclusion_reason IS DISTINCT FROM {_first_reason()}",
            show=("t.exclusion_reason", f"{_first_reason()} AS expected_reason"),
        ),
        failing_rows(
            contract,
            "courses_counted",
            "structural",
            "T-05",
            "The totals must be the courses of core.course, through the horizon and all.",
            joins="LEFT JOIN (SELECT person_id, count(*) AS n_all, "
            "count(*) FILTER (is_through_horizon) AS n_horizon FROM core.course GROUP BY person_id)"
            " AS c USING (person_id)",
            where="t.courses_through_cutoff <> coalesce(c.n_all, 0) "
            "OR t.courses_through_horizon <> coalesce(c.n_horizon, 0)",
            show=(
                "t.courses_through_horizon",
                "t.courses_through_cutoff",
                "c.n_horizon",
                "c.n_all",
            ),
        ),
        failing_rows(
            contract,
            "treated_as_in_patient",
            "structural",
            "S-01",
            "is_treated and is_extension must agree with core.patient.",
            joins="JOIN core.patient AS p USING (person_id)",
            where="t.is_treated <> p.is_treated "
            "OR t.is_extension <> (p.is_treated AND p.has_entered_extension)",
            show=("t.is_treated", "t.is_extension"),
        ),
    )


def _group_contradiction() -> str:
    totals = dict(zip(GROUPS, ("= 2", "= 3", "= 4", ">= 5"), strict=True))
    return " OR ".join(
        f"t.group_id = {sql_text(group)} AND NOT (t.courses_through_cutoff {total}"
        + ("" if group == GROUPS[0] else " AND t.is_additional")
        + ")"
        for group, total in totals.items()
    )


def _first_reason() -> str:
    conditions = (
        "NOT t.is_treated",
        "NOT t.is_extension",
        "NOT t.is_no_other_dmt",
        "t.courses_through_cutoff < 2",
        "NOT t.is_safety",
        "NOT t.is_efficacy",
    )
    cases = " ".join(
        f"WHEN {condition} THEN {sql_text(reason)}"
        for condition, reason in zip(conditions, EXCLUSION_REASONS, strict=True)
    )
    return f"CASE {cases} END"
