"""What must be true of every table of result rows: numbers that exist and lie in their range.

Belongs here: rows and cells of the long tables `result_…`, whatever the endpoint, and that
`result` holds them all. Does not belong here: laws of one endpoint (`results_families`), the
funnel's arithmetic (`funnel_suites`), the wide tables (`wide_suites`).
"""

from collections.abc import Iterable

from expectations.sql import any_problem, problem_text, sql_list, sql_text
from expectations.suite import Expectation, failing_query, failing_rows, minimum_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.contracts.results import KEY, RESULT_COLUMNS

P_VALUES = ("p", "p_exact", "p_corrected", "p_score")
COUNTS = ("n_events", "n_patients", "n_total", "at_risk", "b", "c")
NOT_NEGATIVE = ("rate", "rate_ratio", "k", "se", "sd", "person_years")
#: Counts of patients out of those behind the estimate.
OF_TOTAL = ("n_patients", "at_risk", "b", "c")

#: Endpoints of each family: a whole analysis_id, or with a dot at its end how it begins.
FAMILIES: dict[str, tuple[str, ...]] = {
    "result_arr": ("arr.window",),
    "result_arr_before_after": ("arr.before_after",),
    "result_relapse_free": ("relapse_free.",),
    "result_edss": ("edss.",),
    "result_disability": ("cdw.km", "cdi.km"),
    "result_mri": ("mri.",),
    "result_neda": ("neda.",),
    "result_safety": ("safety.", "autoimmune."),
    "result_baseline": ("baseline.",),
    "result_course": ("course.",),
    "result_treatment": ("treatment.",),
    "result_retention": ("retention", "available"),
    "result_funnel": ("funnel",),
    "result_partial_date": ("partial_date",),
}
#: Rows of the other readings, of any endpoint; all other families are the primary reading.
SENSITIVITY = "result_sensitivity"
PRIMARY = "primary"
CELL = tuple(name for name in KEY if name != "statistic")
#: Estimates and their limits are computed on different scales.
EPSILON = 1e-9


def is_of(analyses: Iterable[str], column: str = "analysis_id") -> str:
    """Condition: a row is of one of these endpoints, named as in `FAMILIES`."""
    conditions = (
        f"starts_with({column}, {sql_text(name)})"
        if name.endswith(".")
        else f"{column} = {sql_text(name)}"
        for name in analyses
    )
    return f"({' OR '.join(conditions)})"


def long_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the result rows of one family."""
    return (
        minimum_rows("structural", "", "The endpoint gave no result row."),
        _whole_rows(contract, rules),
        _values(contract),
        _cells(),
    )


def all_families_there() -> Expectation:
    """Expect `results.result` to hold the rows of every family as they are, and no other.

    Every family has passed its own gate, so that its rows are not asked again.
    """
    families = " UNION ALL ".join(
        f"SELECT * FROM results.{name}" for name in (*FAMILIES, SENSITIVITY)
    )
    told = [column.name for column in RESULT_COLUMNS if column.name not in KEY]
    other = {name: f"r.{name} IS DISTINCT FROM f.{name}" for name in told}
    return failing_query(
        "all_families_there",
        "structural",
        "",
        "results.result must hold the rows of every family as they are, and no other.",
        query=f"""
            SELECT coalesce(r.result_id, f.result_id) AS result_id,
                CASE WHEN r.result_id IS NULL THEN 'missing' WHEN f.result_id IS NULL
                    THEN 'foreign' ELSE {problem_text(other)} END AS problem,
                r.value AS value, f.value AS value_in_family
            FROM batch AS r FULL JOIN ({families}) AS f ON r.result_id = f.result_id
            WHERE {any_problem(other)} ORDER BY 1""",
    )


def _whole_rows(contract: TableContract, rules: Rules) -> Expectation:
    key = ", '|', ".join(f"t.{name}" for name in KEY)
    is_sensitivity = contract.name == SENSITIVITY
    analyses = FAMILIES.get(contract.name)
    scenario = "another reading than the primary" if is_sensitivity else "the primary reading"
    problems = {
        "result_id is not the key": f"t.result_id <> concat({key})",
        "no rules, method or diagnostics": "NOT regexp_full_match(t.rule_ids, "
        "'[A-Z]-[0-9][0-9]( [A-Z]-[0-9][0-9])*') OR t.method = '' "
        "OR NOT json_valid(t.diagnostics)",
        "value against NE": "t.is_estimable <> (t.value IS NOT NULL) "
        "OR (t.value_text = 'NE') <> (t.value IS NULL) OR t.value_text = ''",
        "another cut": f"t.data_cut <> {sql_text(rules.data_cut)}",
        "another scenario": f"(t.scenario IN ('', {sql_text(PRIMARY)}))"
        if is_sensitivity
        else f"t.scenario <> {sql_text(PRIMARY)}",
    }
    if analyses:
        problems["another endpoint"] = f"NOT {is_of(analyses, 't.analysis_id')}"
    return failing_rows(
        contract,
        "row_is_whole",
        "structural",
        "T-04",
        "result_id must be the dimensions joined by bars, the same at every cut; the row names its "
        "rules (E-02 E-05), its method and diagnostics as JSON, and shows NE exactly where a "
        f"value is not estimable; it is of the cut {rules.data_cut}, of {scenario}"
        + (f", and of {' or '.join(map(_told, analyses))}." if analyses else "."),
        where=problems,
        show=("t.result_id", "t.value", "t.value_text"),
    )


def _told(analysis: str) -> str:
    return f"{analysis}…" if analysis.endswith(".") else analysis


def _values(contract: TableContract) -> Expectation:
    return failing_rows(
        contract,
        "value_in_range",
        "content",
        "",
        "A p value lies in 0 to 1, a percentage in 0 to 100, a count is a whole number from 0 "
        "and at most the patients behind the estimate, a rate, ratio, dispersion, time or standard "
        "error is not negative.",
        where={
            "p": f"t.statistic IN {sql_list(P_VALUES)} AND t.value NOT BETWEEN 0 AND 1",
            "percentage": "t.statistic = 'pct' AND t.value NOT BETWEEN 0 AND 100",
            "count": f"t.statistic IN {sql_list(COUNTS)} "
            "AND (t.value < 0 OR t.value <> floor(t.value)) OR t.n_total < 0",
            "more than all": f"t.statistic IN {sql_list(OF_TOTAL)} AND t.value > t.n_total",
            "negative": f"t.statistic IN {sql_list(NOT_NEGATIVE)} AND t.value < 0",
        },
        show=("t.value", "t.n_total"),
    )


def _cells() -> Expectation:
    statistics = (
        *("n_events", "n_patients", "pct", "mean", "sd", "se", "median", "min", "max"),
        *("rate", "rate_ratio", "ci_low", "ci_high", "b", "c", "person_years"),
    )
    cell = ", ".join(CELL)
    values = ", ".join(
        f"max(value) FILTER (statistic = '{name}') AS \"{name}\"" for name in statistics
    )
    estimate = "coalesce(rate, rate_ratio, pct, mean)"
    events = "coalesce(n_events, n_patients)"
    problems = {
        "limits": "ci_low > ci_high",
        # Where a share stands beside a rate, the limits are those of the rate.
        "estimate outside its limits": f"{estimate} < ci_low - {EPSILON} "
        f"OR {estimate} > ci_high + {EPSILON}",
        "limits of a share": f"rate IS NULL AND pct IS NOT NULL AND (ci_low < -{EPSILON} "
        f"OR ci_high > 100 + {EPSILON})",
        "pct": f"abs(pct - 100 * n_patients / nullif(n_total, 0)) > {EPSILON}",
        "mean or median": " OR ".join(
            f'{name} NOT BETWEEN "min" - {EPSILON} AND "max" + {EPSILON}'
            for name in ("mean", "median")
        ),
        "se": f"abs(se - sd / sqrt(nullif(n_patients, 0))) > {EPSILON}",
        "more discordant than all pairs": "b + c > n_patients",
        "rate": "rate IS NOT NULL AND (n_total = 0 OR person_years <= 0) "
        "OR (n_events = 0) <> (rate = 0)",
        "rate of events over time": "starts_with(analysis_id, 'safety.') AND (n_events < "
        f"n_patients OR abs(rate - 100 * {events} / nullif(person_years, 0)) > 1e-6)",
    }
    return failing_query(
        "cell_is_consistent",
        "content",
        "E-02",
        "Statistics of one estimate must agree: limits run from low to high and enclose it, those "
        "of a share in 0 to 100; pct = 100 n_patients / n_total; mean and median lie between min "
        "and max; se = sd / sqrt(n); b + c are among the pairs; a rate needs patients and time, "
        "and is 0 exactly without events; in safety it is 100 events / person-years.",
        query=f"""
            SELECT {cell}, {problem_text(problems)} AS problem, * EXCLUDE ({cell})
            FROM (SELECT {cell}, any_value(n_total) AS n_total, {values}
                FROM batch GROUP BY {cell}) AS c
            WHERE {any_problem(problems)} ORDER BY {cell}""",
    )
