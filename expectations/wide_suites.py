"""What must be true of the funnel's arithmetic and of the wide tables for BI.

Belongs here: sums of the funnel, and that wide tables show what `results.result` holds. Does not
belong here: ranges of single values (`results_suites`).
"""

from expectations.results_suites import all_families_there, long_expectations, of_this_cut
from expectations.sql import sql_text
from expectations.suite import Expectation, failing_query, failing_rows, minimum_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.contracts.core import EXCLUSION_REASONS, GROUPS

#: A set and the parts that make it up (section 3): what is left, and why the others are out.
EQUATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("consented", ("treated", EXCLUSION_REASONS[0])),
    ("treated", ("extension", EXCLUSION_REASONS[1])),
    ("extension", ("no-other-dmt", EXCLUSION_REASONS[2])),
    ("no-other-dmt", ("safety", EXCLUSION_REASONS[3], EXCLUSION_REASONS[4])),
    ("safety", ("efficacy", EXCLUSION_REASONS[5])),
    ("safety", (GROUPS[0], "additional-courses")),
    ("efficacy", GROUPS),
)
#: Flag of core.population behind each set of the funnel.
_SET_FLAGS = {
    "consented": "true",
    "treated": "is_treated",
    "extension": "is_extension",
    "no-other-dmt": "is_no_other_dmt",
    "safety": "is_safety",
    "additional-courses": "is_additional",
    "efficacy": "is_efficacy",
}
_LABEL = (
    "CASE WHEN category <> '' THEN category WHEN group_id <> 'overall' THEN group_id "
    "ELSE population END"
)
_LONG_COUNTS = (
    f"(SELECT {_LABEL} AS label, value AS n FROM batch WHERE analysis_id = 'funnel' "
    "AND scenario = 'primary' AND statistic = 'n_patients')"
)
_WIDE_COUNTS = "(SELECT label, n_patients AS n FROM batch)"


def result_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on all result rows together."""
    return (*long_expectations(contract, rules), all_families_there(), _adds_up(_LONG_COUNTS))


def funnel_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the funnel's result rows."""
    flags = {
        **_SET_FLAGS,
        **{group: f"group_id = {sql_text(group)}" for group in GROUPS},
        **{reason: f"exclusion_reason = {sql_text(reason)}" for reason in EXCLUSION_REASONS},
    }
    counts = " UNION ALL ".join(
        f"SELECT {sql_text(label)} AS label, count(*) FILTER ({flag}) AS n FROM core.population"
        for label, flag in flags.items()
    )
    counted = failing_query(
        "counts_population",
        "structural",
        "S-08",
        "Each set and each exclusion must count the persons of core.population that are in it.",
        query=f"""
            SELECT coalesce(f.label, p.label) AS label, f.n AS n_funnel, p.n AS n_population
            FROM {_LONG_COUNTS} AS f FULL JOIN ({counts}) AS p ON f.label = p.label
            WHERE f.n IS DISTINCT FROM p.n ORDER BY 1""",
        key=("label",),
    )
    return (*long_expectations(contract, rules), _adds_up(_LONG_COUNTS), counted)


def disposition_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the funnel as a wide table."""
    return (
        minimum_rows("structural", "S-08", "The funnel is empty."),
        of_this_cut(contract, rules),
        _adds_up(_WIDE_COUNTS),
        failing_rows(
            contract,
            "share_of_extension",
            "content",
            "S-02",
            "A share of the extension lies in 0 to 100%, and no number of patients is negative.",
            where="t.n_patients < 0 OR t.pct_of_extension NOT BETWEEN 0 AND 100",
            show=("t.label", "t.n_patients", "t.pct_of_extension"),
        ),
    )


def arr_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on annualised relapse rates as a wide table."""
    return (
        of_this_cut(contract, rules),
        _shows_result(contract, "rate", "t.rate", "arr.window", "E-02"),
        _interval(contract, "rate", "E-02"),
        failing_rows(
            contract,
            "rate_has_time",
            "content",
            "E-02",
            "A rate needs patients and time at risk, and no events give rate 0.",
            where="t.rate IS NOT NULL AND NOT (t.n_patients > 0 AND t.person_years > 0) "
            "OR (t.n_events = 0) <> (t.rate = 0)",
            show=("t.rate", "t.n_patients", "t.n_events", "t.person_years"),
        ),
    )


def arr_before_after_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on rates before and after a course as a wide table."""
    return (
        of_this_cut(contract, rules),
        _shows_result(contract, "rate_ratio", "t.rate_ratio", "arr.before_after", "E-03"),
        _interval(contract, "rate_ratio", "E-03"),
        failing_rows(
            contract,
            "ratio_of_its_rates",
            "content",
            "E-03",
            "The rate ratio is the rate after over the rate before, below 1 exactly if fewer "
            "relapses came after.",
            where="(t.rate_ratio - 1) * (t.rate_after - t.rate_before) < -1e-9",
            show=("t.rate_before", "t.rate_after", "t.rate_ratio"),
        ),
    )


def relapse_free_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on shares without a relapse as a wide table."""
    return (
        of_this_cut(contract, rules),
        _shows_result(contract, "pct", "t.pct", "relapse_free.", "E-04"),
        _interval(contract, "pct", "E-04"),
        failing_rows(
            contract,
            "share_within_group",
            "content",
            "E-04",
            "A share lies in 0 to 100%, of patients that are at most the group.",
            where="t.pct NOT BETWEEN 0 AND 100 OR t.n_patients > t.n_total OR t.n_patients < 0",
            show=("t.pct", "t.n_patients", "t.n_total"),
        ),
    )


def _adds_up(counts: str) -> Expectation:
    parts = ", ".join(
        f"({number}, {sql_text(whole)}, {sql_text(part)})"
        for number, (whole, its_parts) in enumerate(EQUATIONS, start=1)
        for part in its_parts
    )
    return failing_query(
        "funnel_adds_up",
        "structural",
        "S-08",
        "Every set must be the sum of its parts: treated = extension + never entered … efficacy = "
        "the four groups (analysis plan, section 3).",
        query=f"""
            SELECT e.whole AS label, any_value(w.n) AS n_whole,
                sum(p.n) AS n_parts, string_agg(e.part, ' + ' ORDER BY e.part)
                AS parts
            FROM (VALUES {parts}) AS e (equation, whole, part)
            LEFT JOIN {counts} AS w ON w.label = e.whole
            LEFT JOIN {counts} AS p ON p.label = e.part
            GROUP BY e.equation, e.whole
            HAVING any_value(w.n) IS DISTINCT FROM sum(p.n) OR bool_or(p.n IS NULL)
            ORDER BY e.equation""",
        key=("label",),
    )


def _shows_result(
    contract: TableContract, statistic: str, column: str, prefix: str, rule_id: str
) -> Expectation:
    """Expect the wide table to have exactly the cells of `results.result`, with their values."""
    key = [f"t.{name}" for name in contract.key]
    same = " AND ".join(f"r.{name} = t.{name}" for name in contract.key)
    return failing_query(
        "shows_result",
        "structural",
        rule_id,
        f"Each row must show the {statistic} of one cell of results.result, and every such cell "
        "must have its row.",
        query=f"""
            SELECT {", ".join(f"coalesce(t.{n}, r.{n}) AS {n}" for n in contract.key)},
                {column} AS shown, r.value AS value
            FROM batch AS t FULL JOIN (
                SELECT * FROM results.result WHERE starts_with(analysis_id, {sql_text(prefix)})
                    AND scenario = 'primary' AND statistic = {sql_text(statistic)}
                    AND (comparator <> '' OR {sql_text(statistic)} <> 'rate_ratio')) AS r ON {same}
            WHERE {key[0]} IS NULL OR r.result_id IS NULL OR {column} IS DISTINCT FROM r.value
            ORDER BY ALL""",
        key=contract.key,
    )


def _interval(contract: TableContract, column: str, rule_id: str) -> Expectation:
    return failing_rows(
        contract,
        "interval_encloses_estimate",
        "content",
        rule_id,
        "A confidence interval must run from low to high and enclose its estimate.",
        where=f"t.ci_low > t.ci_high OR t.ci_low > t.{column} + 1e-9 "
        f"OR t.ci_high < t.{column} - 1e-9",
        show=(f"t.{column}", "t.ci_low", "t.ci_high"),
    )
