"""What must be true of characteristics at core baseline (E-15).

Belongs here: `core.baseline` against the tables it draws from. Does not belong here: means and
shares of groups (`results_families`).
"""

from expectations.core_common import JOIN_PATIENT, same_persons
from expectations.sql import EDSS_SCORES, sql_list, sql_text
from expectations.suite import Expectation, failing_rows, minimum_rows, unlikely_aggregate
from transforms.rules import Rules
from warehouse.contracts import TableContract


def baseline_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the baseline of each treated person."""
    female = sql_text(rules.codes.female)
    return (
        minimum_rows("structural", "E-15", "No treated person has a baseline."),
        same_persons(contract, "E-15", "p.is_treated", "treated person"),
        failing_rows(
            contract,
            "values_in_range",
            "structural",
            "E-15",
            "An EDSS score is one of 0, 1, 1.5, 2, … 10, a brain parenchymal fraction lies "
            "between 0 and 1; age, years and counts are not negative, and who has gadolinium "
            "lesions has at least one.",
            where={
                "age_years": "t.age_years < 0",
                "edss_points": f"t.edss_points NOT IN {sql_list(EDSS_SCORES)}",
                "years_since_initial_relapse": "t.years_since_initial_relapse < 0",
                "gd_lesions": "t.gd_lesions < 0",
                "has_gd_lesions": "t.has_gd_lesions IS DISTINCT FROM (t.gd_lesions > 0)",
                "bpf": "NOT (t.bpf > 0 AND t.bpf < 1)",
            },
            show=(
                "t.age_years",
                "t.edss_points",
                "t.years_since_initial_relapse",
                "t.gd_lesions",
                "t.has_gd_lesions",
                "t.bpf",
            ),
        ),
        failing_rows(
            contract,
            "as_in_patient",
            "structural",
            "E-15",
            "Age, sex and the relapses before enrolment must be those of core.patient.",
            joins=JOIN_PATIENT,
            where={
                "age_years": "t.age_years IS DISTINCT FROM p.age_years",
                "is_female": f"t.is_female IS DISTINCT FROM (p.sex = {female})",
                "relapses_prior_1_year": "t.relapses_prior_1_year IS DISTINCT FROM "
                "p.relapses_prior_1_year",
                "relapses_prior_2_years": "t.relapses_prior_2_years IS DISTINCT FROM "
                "p.relapses_prior_2_years",
            },
        ),
        _last_by_day0(contract),
        unlikely_aggregate(
            "baseline_observed",
            "E-15",
            "More than 5% of the treated persons have no EDSS at core baseline: compare the test "
            "and category codes, and the dates of baseline visits.",
            observed="avg((t.edss_points IS NULL)::INTEGER)",
            likely="observed <= 0.05",
        ),
    )


def _last_by_day0(contract: TableContract) -> Expectation:
    of_core_study = "JOIN core.patient USING (person_id) WHERE study_id = core_study_id"
    return failing_rows(
        contract,
        "last_value_by_day0",
        "structural",
        "E-15",
        "EDSS, gadolinium lesions and brain parenchymal fraction must be the last that the core "
        "study observed on or before day 0, each for itself.",
        joins=f"""
            LEFT JOIN (SELECT person_id, arg_max(edss_points, assessment_day) AS edss_points
                FROM core.edss {of_core_study} AND assessment_day <= 0
                GROUP BY person_id) AS e USING (person_id)
            LEFT JOIN (SELECT person_id,
                    arg_max(gd_lesions, scan_day) FILTER (gd_lesions IS NOT NULL) AS gd_lesions,
                    arg_max(bpf, scan_day) FILTER (bpf IS NOT NULL) AS bpf
                FROM core.mri_scan {of_core_study} AND scan_day <= 0
                GROUP BY person_id) AS m USING (person_id)""",
        where={
            name: f"t.{name} IS DISTINCT FROM {source}.{name}"
            for name, source in {"edss_points": "e", "gd_lesions": "m", "bpf": "m"}.items()
        },
        show=(
            "t.edss_points",
            "e.edss_points AS last_edss_points",
            "t.gd_lesions",
            "m.gd_lesions AS last_gd_lesions",
            "t.bpf",
            "m.bpf AS last_bpf",
        ),
    )
