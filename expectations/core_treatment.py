"""What must be true of persons and their treatment: patient, course, other therapies.

Belongs here: rules on these tables and against `core.patient`. Does not belong here: analysis
sets, which sum the others up (`population_suites`).
"""

from expectations.core_common import (
    JOIN_PATIENT,
    day_from_day0,
    not_after_cutoff,
    not_after_death,
    numbered_in_order,
)
from expectations.sql import sql_text
from expectations.suite import Expectation, failing_rows, minimum_rows, unlikely_aggregate
from transforms.protocol import PROTOCOL
from transforms.rules import DAYS_PER_MONTH, Rules
from warehouse.contracts import TableContract


def patient_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on persons: order of their dates, treated or not."""
    return (
        minimum_rows("structural", "T-01", "No person is left after joining the studies."),
        not_after_cutoff(
            contract,
            rules,
            "consent_date",
            "day0_date",
            "extension_entry_date",
            "topaz_entry_date",
            "death_date",
            "death_latest_date",
        ),
        failing_rows(
            contract,
            "death_range",
            "structural",
            "T-06",
            "A death must have an earliest and a latest possible day, in order and the same unless "
            "its date was partial, and say whether it was; without a death all three are null.",
            where="t.death_date > t.death_latest_date "
            "OR NOT t.is_death_date_partial AND t.death_date <> t.death_latest_date "
            "OR (t.death_date IS NULL) <> (t.death_latest_date IS NULL) "
            "OR (t.death_date IS NULL) <> (t.is_death_date_partial IS NULL)",
            show=("t.death_date", "t.death_latest_date", "t.is_death_date_partial"),
        ),
        failing_rows(
            contract,
            "entered_with_date",
            "structural",
            "S-02",
            "has_entered_extension and has_entered_topaz must say whether a date of entry exists.",
            where="t.has_entered_extension <> (t.extension_entry_date IS NOT NULL) "
            "OR t.has_entered_topaz <> (t.topaz_entry_date IS NOT NULL)",
            show=("t.extension_entry_date", "t.topaz_entry_date"),
        ),
        failing_rows(
            contract,
            "treated_as_planned_for",
            "structural",
            "C-03",
            f"A treated person must have actual arm {rules.codes.treated_arm} and a day 0.",
            where=f"t.is_treated AND (t.actual_arm_code <> {sql_text(rules.codes.treated_arm)} "
            "OR t.day0_date IS NULL)",
            show=("t.actual_arm_code", "t.day0_date"),
        ),
        failing_rows(
            contract,
            "dates_in_order",
            "content",
            "T-02",
            "A person's dates must run consent, day 0, entry into the extension, entry into TOPAZ. "
            "Query the site, or look for two persons under one id.",
            where="t.day0_date < t.consent_date OR t.extension_entry_date < t.day0_date "
            "OR t.topaz_entry_date < t.extension_entry_date",
            show=(
                "t.consent_date",
                "t.day0_date",
                "t.extension_entry_date",
                "t.topaz_entry_date",
            ),
        ),
        failing_rows(
            contract,
            "topaz_after_extension",
            "plausibility",
            "T-01",
            "A person entered TOPAZ without a record in the extension: is its transfer complete?",
            where="t.has_entered_topaz AND NOT t.has_entered_extension",
        ),
        failing_rows(
            contract,
            "prior_relapses_add_up",
            "plausibility",
            "W-01",
            "Fewer relapses in the two years before enrolment than in the last of them.",
            where="t.relapses_prior_2_years < t.relapses_prior_1_year",
            show=("t.relapses_prior_1_year", "t.relapses_prior_2_years"),
        ),
        unlikely_aggregate(
            "prior_relapses_mean",
            "W-01",
            "On average less than 1 or more than 3 relapses in the year before enrolment; both "
            "studies ask for active disease.",
            observed="avg(t.relapses_prior_1_year)",
            where="t.is_treated",
            likely="observed BETWEEN 1 AND 3",
        ),
    )


def course_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on treatment courses: their order and what was given."""
    gap = rules.course_gap_days
    least_days = PROTOCOL.least_interval_months * DAYS_PER_MONTH
    first, later = PROTOCOL.first_course_infusions, PROTOCOL.later_course_infusions
    return (
        minimum_rows("structural", "C-01", "No course was found in EX."),
        not_after_cutoff(contract, rules, "course_date", "last_infusion_date"),
        numbered_in_order(contract, "course_number", "course_date", "The courses"),
        failing_rows(
            contract,
            "courses_apart",
            "structural",
            "C-01",
            f"Between the last infusion of a course and the next course lie more than {gap} days; "
            "nearer infusions belong to one course.",
            source="(SELECT *, lag(last_infusion_date) OVER previous AS previous_infusion_date, "
            "lag(course_date) OVER previous AS previous_course_date FROM batch "
            "WINDOW previous AS (PARTITION BY person_id ORDER BY course_number))",
            where=f"t.course_date - t.previous_infusion_date <= {gap} "
            "OR t.days_since_previous_course IS DISTINCT FROM "
            "(t.course_date - t.previous_course_date)",
            show=(
                "t.previous_infusion_date",
                "t.course_date",
                "t.days_since_previous_course",
            ),
        ),
        day_from_day0(contract, "course_day", "course_date"),
        failing_rows(
            contract,
            "first_course_is_day0",
            "structural",
            "T-02",
            "The first course of a person with a day 0 must be on day 0.",
            where="t.course_number = 1 AND t.course_day <> 0",
            show=("t.course_day",),
        ),
        failing_rows(
            contract,
            "something_given",
            "structural",
            "C-01",
            "A course needs an infusion and a dose, and ends on or after its first infusion.",
            where="t.n_infusions < 1 OR t.total_dose_mg <= 0 "
            "OR t.last_infusion_date < t.course_date",
            show=("t.n_infusions", "t.total_dose_mg", "t.last_infusion_date"),
        ),
        failing_rows(
            contract,
            "flags_follow_days",
            "structural",
            "C-02",
            "is_early must say that less than 12 months have passed since the previous course, "
            "is_through_horizon that the course is from day 0 to before the horizon end.",
            where=f"t.is_early <> coalesce(t.days_since_previous_course < {least_days}, false) "
            f"OR t.is_through_horizon <> coalesce(t.course_day >= 0 "
            f"AND t.course_day < {rules.horizon_end_day}, false)",
            show=("t.days_since_previous_course", "t.course_day"),
        ),
        not_after_death(contract, "course_date", "A course", "C-01"),
        failing_rows(
            contract,
            "usual_number_of_infusions",
            "plausibility",
            "C-02",
            f"More infusions than the protocol's {first} in Course 1 and {later} in later courses.",
            where=f"t.n_infusions > CASE t.course_number WHEN 1 THEN {first} ELSE {later} END",
            show=("t.n_infusions",),
        ),
        unlikely_aggregate(
            "visit_labels_agree",
            "C-01",
            "In 1% of the courses or more the visit label gives another number than the dates: "
            "are infusions missing from EX?",
            observed="avg(t.is_label_disagreeing::DOUBLE)",
            likely="observed < 0.01",
        ),
    )


def other_dmt_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on other disease-modifying therapies and the decision on each."""
    return (
        not_after_cutoff(contract, rules, "start_earliest_date"),
        numbered_in_order(contract, "dmt_number", "start_earliest_date", "The therapies"),
        failing_rows(
            contract,
            "start_range",
            "structural",
            "S-03",
            "The earliest possible start must not lie after the latest.",
            where="t.start_earliest_date > t.start_latest_date",
            show=("t.start_earliest_date", "t.start_latest_date"),
        ),
        failing_rows(
            contract,
            "one_decision",
            "structural",
            "S-03",
            "A therapy is either prior or counted, not both, and counts only with a day 0.",
            joins=JOIN_PATIENT,
            where="t.is_prior AND t.is_counted OR t.is_counted AND p.day0_date IS NULL",
            show=("t.decision_rule", "p.day0_date"),
        ),
        unlikely_aggregate(
            "share_of_uncertain_decisions",
            "S-03",
            "For more than a quarter of the therapies a partial date left the decision to a rule.",
            observed="avg(t.is_decision_uncertain::DOUBLE)",
            likely="observed <= 0.25",
        ),
    )
