"""What must be true of result rows: numbers that exist, lie in their range and add up.

Belongs here: the long tables `result_…` and `result`. Does not belong here: the wide tables and
the funnel's arithmetic (`wide_suites`).
"""

from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_query, failing_rows, minimum_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.contracts.results import KEY

P_VALUES = ("p", "p_exact", "p_corrected", "p_score")
COUNTS = ("n_events", "n_patients", "n_total", "at_risk", "b", "c")
#: Statistics that a confidence interval of the same cell encloses.
ESTIMATES = ("rate", "rate_ratio", "pct", "mean")
NOT_NEGATIVE = ("rate", "rate_ratio", "k", "se", "sd", "person_years")

#: Endpoints of each family, as prefix of analysis_id.
FAMILIES = {
    "result_arr": "arr.window",
    "result_arr_before_after": "arr.before_after",
    "result_relapse_free": "relapse_free.",
    "result_funnel": "funnel",
}
_CELL = tuple(name for name in KEY if name != "statistic")
#: Wald limits and the estimate are computed on different scales.
_EPSILON = 1e-9


def long_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on a table of result rows, and on what belongs to its family."""
    return (
        minimum_rows("structural", "", "The endpoint gave no result row."),
        of_this_cut(contract, rules),
        *_identity(contract),
        *_values(contract),
        _intervals(),
        _likely_rates(contract),
    )


def all_families_there() -> Expectation:
    """Expect `results.result` to hold the rows of every family, and no other."""
    families = " UNION ALL ".join(
        f"SELECT result_id, value FROM results.{name}" for name in FAMILIES
    )
    return failing_query(
        "all_families_there",
        "structural",
        "",
        "results.result must hold the rows of every family, with their values, and no other.",
        query=f"""
            SELECT coalesce(r.result_id, f.result_id) AS result_id, r.value AS value,
                f.value AS value_in_family
            FROM (SELECT result_id, value FROM batch) AS r
            FULL JOIN ({families}) AS f ON r.result_id = f.result_id
            WHERE r.result_id IS NULL OR f.result_id IS NULL
                OR r.value IS DISTINCT FROM f.value ORDER BY 1""",
        key=("result_id",),
    )


def of_this_cut(contract: TableContract, rules: Rules) -> Expectation:
    """Expect every row of a result table to be of the cut (T-04)."""
    return failing_rows(
        contract,
        "of_this_cut",
        "structural",
        "T-04",
        f"Every row must be of the cut {rules.data_cut}; another cut's rows belong in history.",
        where=f"t.data_cut <> {sql_text(rules.data_cut)}",
        show=("t.data_cut",),
    )


def _identity(contract: TableContract) -> tuple[Expectation, ...]:
    key = ", '|', ".join(f"t.{name}" for name in KEY)
    prefix = FAMILIES.get(contract.name)
    expectations = [
        failing_rows(
            contract,
            "result_id_is_key",
            "structural",
            "",
            "result_id must be the dimensions joined by |, so that it is the same at every cut.",
            where=f"t.result_id <> concat({key})",
            show=("t.result_id",),
        ),
        failing_rows(
            contract,
            "traceable",
            "structural",
            "",
            "A result row must name its rules (E-02 E-05), its method, and diagnostics as JSON.",
            where="NOT regexp_full_match(t.rule_ids, '[A-Z]-[0-9][0-9]( [A-Z]-[0-9][0-9])*') "
            "OR t.method = '' OR NOT json_valid(t.diagnostics)",
            show=("t.rule_ids", "t.method", "t.diagnostics"),
        ),
    ]
    if prefix:
        expectations.append(
            failing_rows(
                contract,
                "own_family",
                "structural",
                "",
                f"analysis_id must begin with {prefix}: the row is of another endpoint.",
                where=f"NOT starts_with(t.analysis_id, {sql_text(prefix)})",
            )
        )
    return tuple(expectations)


def _values(contract: TableContract) -> tuple[Expectation, ...]:
    return (
        failing_rows(
            contract,
            "value_if_estimable",
            "structural",
            "",
            "A value must be null, and shown as NE, exactly when it is not estimable.",
            where="t.is_estimable <> (t.value IS NOT NULL) "
            "OR (t.value_text = 'NE') <> (t.value IS NULL) OR t.value_text = ''",
            show=("t.value", "t.value_text", "t.is_estimable"),
        ),
        failing_rows(
            contract,
            "value_in_range",
            "content",
            "",
            "A p value lies in 0 to 1, a percentage in 0 to 100, a count is a whole number from 0, "
            "a rate, ratio, dispersion or standard error is not negative.",
            where=f"t.statistic IN {sql_list(P_VALUES)} AND t.value NOT BETWEEN 0 AND 1 "
            "OR t.statistic = 'pct' AND t.value NOT BETWEEN 0 AND 100 "
            f"OR t.statistic IN {sql_list(COUNTS)} AND (t.value < 0 OR t.value <> floor(t.value)) "
            f"OR t.statistic IN {sql_list(NOT_NEGATIVE)} AND t.value < 0",
            show=("t.value",),
        ),
        failing_rows(
            contract,
            "patients_within_total",
            "content",
            "",
            "More patients than stand behind the estimate, or a negative number of them.",
            where="t.n_total < 0 OR t.statistic = 'n_patients' AND t.value > t.n_total",
            show=("t.value", "t.n_total"),
        ),
    )


def _intervals() -> Expectation:
    cell = ", ".join(_CELL)
    return failing_query(
        "interval_encloses_estimate",
        "content",
        "E-02",
        "A confidence interval must run from low to high and enclose its estimate; that of a share "
        "lies in 0 to 100.",
        query=f"""
            SELECT * FROM (
                SELECT {cell}, max(value) FILTER (statistic = 'ci_low') AS ci_low,
                    max(value) FILTER (statistic IN {sql_list(ESTIMATES)}) AS estimate,
                    max(value) FILTER (statistic = 'ci_high') AS ci_high,
                    bool_or(statistic = 'pct') AS is_share
                FROM batch GROUP BY {cell}) AS i
            WHERE ci_low > ci_high OR ci_low > estimate + {_EPSILON}
                OR ci_high < estimate - {_EPSILON}
                OR is_share AND (ci_low < -{_EPSILON} OR ci_high > 100 + {_EPSILON})
            ORDER BY {cell}""",
        key=_CELL,
    )


def _likely_rates(contract: TableContract) -> Expectation:
    return failing_rows(
        contract,
        "likely_rate",
        "plausibility",
        "E-02",
        "An annualised relapse rate of 3 or more, in a disease with about 1 a year untreated.",
        where="t.statistic = 'rate' AND t.value >= 3 AND t.n_total >= 10",
        show=("t.value", "t.n_total"),
    )
