"""What must be true of what happened to persons: relapses, EDSS, scans, adverse events.

Belongs here: rules on these tables and against `core.patient`. Does not belong here: windows
and endpoints.
"""

from expectations.core_common import (
    JOIN_PATIENT,
    day_from_day0,
    not_after_cutoff,
    not_after_death,
    numbered_in_order,
)
from expectations.sql import EDSS_SCORES, sql_list
from expectations.suite import Expectation, failing_rows, unlikely_aggregate
from transforms.rules import Rules
from warehouse.contracts import TableContract


def relapse_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on relapses: their order, merging, and the life of the person."""
    days = rules.relapse_merge_days
    return (
        not_after_cutoff(contract, rules, "onset_date"),
        numbered_in_order(contract, "relapse_number", "onset_date", "The relapses"),
        day_from_day0(contract, "onset_day", "onset_date"),
        # A relapse before day 0 absorbs none after it, so neighbours are compared on each side.
        failing_rows(
            contract,
            "relapses_apart",
            "structural",
            "E-01",
            f"Two relapses of a person lie within {days} days: they are one and must be merged.",
            source="(SELECT *, lag(onset_date) OVER (PARTITION BY person_id, "
            "coalesce(onset_day >= 0, false) ORDER BY onset_date) AS previous_onset_date "
            "FROM batch)",
            where=f"t.onset_date - t.previous_onset_date <= {days} OR t.n_records < 1",
            show=("t.previous_onset_date", "t.onset_date", "t.n_records"),
        ),
        failing_rows(
            contract,
            "onset_range",
            "structural",
            "E-01",
            "An onset must lie among its possible days; they are one day, and no rule chose it, "
            "exactly when the onset is not imputed.",
            where="t.onset_date NOT BETWEEN t.onset_earliest_date AND t.onset_latest_date "
            "OR t.is_onset_imputed <> (t.onset_earliest_date IS DISTINCT FROM t.onset_latest_date) "
            "OR t.is_onset_imputed <> (t.onset_imputation IS NOT NULL)",
            show=("t.onset_text", "t.onset_date", "t.onset_earliest_date", "t.onset_latest_date"),
        ),
        not_after_death(contract, "onset_date", "A relapse", "E-01", "NOT t.is_onset_imputed"),
    )


def edss_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on EDSS scores."""
    return (
        not_after_cutoff(contract, rules, "assessment_date"),
        day_from_day0(contract, "assessment_day", "assessment_date"),
        failing_rows(
            contract,
            "edss_scores",
            "structural",
            "E-06",
            "An EDSS score is none of 0, 1, 1.5, 2, … 10 (half points; 0.5 does not exist), though "
            "the gate of raw.qs passed.",
            where=f"t.edss_points NOT IN {sql_list(EDSS_SCORES)}",
            show=("t.edss_points",),
        ),
        not_after_death(contract, "assessment_date", "An EDSS assessment", "E-06"),
        unlikely_aggregate(
            "edss_median",
            "E-06",
            "The median EDSS lies outside 1 to 4.5: compare the test and category codes.",
            observed="median(t.edss_points)",
            likely="observed BETWEEN 1 AND 4.5",
        ),
    )


def mri_scan_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on MRI scans."""
    counts = ("gd_lesions", "t2_new_enlarging_lesions", "t1_new_hypointense_lesions")
    return (
        not_after_cutoff(contract, rules, "scan_date"),
        day_from_day0(contract, "scan_day", "scan_date"),
        failing_rows(
            contract,
            "measures_in_range",
            "structural",
            "E-10",
            "Lesion counts are from 0, a brain parenchymal fraction is between 0 and 1.",
            where=" OR ".join(f"t.{name} < 0" for name in counts)
            + " OR NOT (t.bpf > 0 AND t.bpf < 1)",
            show=tuple(f"t.{name}" for name in (*counts, "bpf")),
        ),
        not_after_death(contract, "scan_date", "A scan", "E-10"),
    )


def adverse_event_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on adverse events."""
    return (
        not_after_cutoff(contract, rules, "onset_earliest_date"),
        numbered_in_order(contract, "event_number", "onset_earliest_date", "The adverse events"),
        failing_rows(
            contract,
            "onset_range",
            "structural",
            "E-12",
            "The earliest possible onset must not lie after the latest; they are one day exactly "
            "when the onset is not partial.",
            where="t.onset_earliest_date > t.onset_latest_date "
            "OR (NOT t.is_onset_partial "
            "AND t.onset_earliest_date IS DISTINCT FROM t.onset_latest_date) "
            "OR t.is_on_study AND t.is_onset_partial <> (t.onset_imputation IS NOT NULL)",
            show=("t.onset_earliest_date", "t.onset_latest_date", "t.is_onset_partial"),
        ),
        failing_rows(
            contract,
            "on_study_from_day0",
            "structural",
            "E-12",
            "An adverse event on study must start on or after day 0.",
            joins=JOIN_PATIENT,
            where="t.is_on_study AND (p.day0_date IS NULL OR t.onset_day < 0 "
            "OR t.onset_latest_date < p.day0_date)",
            show=("t.onset_day", "t.onset_latest_date", "p.day0_date"),
        ),
        failing_rows(
            contract,
            "onset_not_after_death",
            "plausibility",
            "E-12",
            "An adverse event starts after the person's death.",
            joins=JOIN_PATIENT,
            where="t.onset_earliest_date > p.death_latest_date",
            show=("t.onset_earliest_date", "p.death_date"),
        ),
    )
