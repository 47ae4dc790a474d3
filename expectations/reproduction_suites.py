"""What must be true of the comparison with the printed values: it says what its sources hold.

Belongs here: the laws of `results.reproduction`, and its values read a second time from result
rows and listed records. Does not belong here: that values match. Of real data most will not,
and a cut without printed values has no row.
"""

from expectations.results_suites import EPSILON, PRIMARY
from expectations.sql import any_problem, problem_text, sql_list, sql_text
from expectations.suite import Expectation, failing_query, failing_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract

#: Half a unit of the last printed digit, and what a tie in decimals is off in binary.
_HALF, _TIE = 0.5, 1e-6
_READINGS_OF_SOURCE = {
    "results.result": ("value", "below", "n_total", "min", "max", "share"),
    "windows.line_listing": ("months", "days", "grade", "year", "others"),
    "configuration": ("setting",),
}
_KINDS_OF_SOURCE = {
    "results.result": ("estimated",),
    "windows.line_listing": ("estimated", "narrated"),
    "configuration": ("design",),
}


def reproduction_expectations(contract: TableContract, rules: Rules) -> tuple[Expectation, ...]:
    """Expectations on the comparison of computed with printed values."""
    return (
        _rows_whole(contract, rules),
        _outcomes(contract),
        _results_read_again(),
        _listing_read_again(),
    )


def _rows_whole(contract: TableContract, rules: Rules) -> Expectation:
    sources = " OR ".join(
        f"t.source_table = {sql_text(source)} AND t.reading IN {sql_list(readings)} "
        f"AND t.kind IN {sql_list(_KINDS_OF_SOURCE[source])}"
        for source, readings in _READINGS_OF_SOURCE.items()
    )
    off = "(t.computed_value - t.printed_value) * 10.0 ** t.decimals"
    return failing_rows(
        contract,
        "row_is_whole",
        "structural",
        "",
        "A printed value must be the number that its text says, with that many decimals (or a "
        "date without); its kind, source and reading must go together (result rows are estimated, "
        "settings are of the design); units_off is computed less printed value in units of the "
        f"last printed digit; the row is of the cut {rules.data_cut}.",
        where={
            "printed": "t.printed_value IS DISTINCT FROM "
            "CASE WHEN t.decimals IS NOT NULL THEN TRY_CAST(t.printed_text AS DOUBLE) END "
            "OR t.decimals <> length(split_part(t.printed_text, '.', 2)) "
            "OR (t.decimals IS NULL) <> (t.printed_value IS NULL)",
            "source": f"NOT ({sources}) OR t.source_key = ''",
            "units off": f"abs(t.units_off - {off}) > {_TIE} "
            "OR (t.units_off IS NULL) <> (t.computed_value IS NULL)",
            "another cut": f"t.data_cut <> {sql_text(rules.data_cut)}",
        },
        show=("t.printed_text", "t.computed_text", "t.units_off", "t.source_key"),
    )


def _outcomes(contract: TableContract) -> Expectation:
    off = "abs(t.computed_value - t.printed_value) * 10.0 ** t.decimals"
    is_bound = "t.reading = 'below'"
    return failing_rows(
        contract,
        "outcome_follows_values",
        "content",
        "",
        "A value matches exactly if it is equal to the printed one at its precision, rounded half "
        "away from zero (of a bound: if it lies below it), and is absent exactly if none was "
        "computed.",
        where={
            "absent": "(t.outcome = 'absent') <> (t.computed_text IS NULL) "
            "OR t.outcome = 'absent' AND t.computed_value IS NOT NULL",
            "text": f"t.outcome <> 'absent' AND NOT ({is_bound}) "
            "AND (t.outcome = 'match') <> (t.computed_text = t.printed_text)",
            "match": f"t.outcome = 'match' AND NOT ({is_bound}) AND {off} > {_HALF + _TIE}",
            "difference": f"t.outcome = 'difference' AND NOT ({is_bound}) "
            f"AND {off} < {_HALF - _TIE}",
            "bound": f"{is_bound} AND t.outcome <> 'absent' "
            "AND (t.outcome = 'match') <> (t.computed_value < t.printed_value)",
        },
        show=("t.printed_text", "t.computed_text", "t.computed_value", "t.outcome"),
    )


def _results_read_again() -> Expectation:
    again = (
        "CASE reading WHEN 'n_total' THEN any_value(n_total) WHEN 'min' THEN min(value) "
        "WHEN 'max' THEN max(value) WHEN 'share' THEN 100 * sum(value) FILTER (NOT is_last) "
        "/ nullif(sum(value) FILTER (is_last), 0) ELSE any_value(value) END"
    )
    # A statistic that is not estimable stands for no patient: nothing is read from the others.
    is_readable = "n_found = n_named AND (reading = 'n_total' OR n_estimable = n_named)"
    problems = {
        "absent": f"(outcome = 'absent') <> NOT ({is_readable} AND again IS NOT NULL)",
        "another value": f"abs(computed_value - again) > {EPSILON} * greatest(1, abs(again))",
        "several rows for one": "n_named > 1 AND reading IN ('value', 'below', 'n_total')",
    }
    return failing_query(
        "result_rows_read_again",
        "content",
        "",
        "The value must be that of the result rows named by source_key (of the primary reading), "
        "read as `reading` says, and absent exactly if one of them is missing or not estimable.",
        query=f"""
            SELECT published_id, {problem_text(problems)} AS problem, computed_value, again
            FROM (SELECT published_id, outcome, computed_value, reading, count(*) AS n_named,
                    count(result_id) AS n_found, count(value) AS n_estimable, {again} AS again
                FROM (SELECT *, place = len(keys) AS is_last, keys[place] AS named
                    FROM (SELECT *, unnest(range(1, len(keys) + 1)) AS place
                        FROM (SELECT *, string_split(source_key, '; ') AS keys FROM batch
                            WHERE source_table = 'results.result') AS k) AS p) AS n
                LEFT JOIN (SELECT result_id, value, n_total FROM results.result
                    WHERE scenario = {sql_text(PRIMARY)}) AS r ON r.result_id = n.named
                GROUP BY published_id, outcome, computed_value, reading) AS a
            WHERE {any_problem(problems)} ORDER BY published_id""",
    )


def _listing_read_again() -> Expectation:
    parts = ", ".join(
        f"split_part(source_key, '|', {place}) AS {name}"
        for place, name in enumerate(("of_group", "listing", "term"), start=1)
    )
    numbers = ", ".join(
        f"TRY_CAST(split_part(source_key, '|', {place}) AS INTEGER) AS {name}"
        for place, name in enumerate(("course", "place"), start=4)
    )
    again = (
        "CASE reading WHEN 'months' THEN months_since_last_course "
        "WHEN 'days' THEN days_since_last_course WHEN 'year' THEN study_year "
        "ELSE TRY_CAST(toxicity_grade AS DOUBLE) END"
    )
    is_named = "l.description IS NOT DISTINCT FROM k.term"
    is_course = "(k.course IS NULL OR l.last_course_number = k.course)"
    is_same = f"abs({again} - k.computed_value) <= {EPSILON} * greatest(1, k.computed_value)"
    problems = {
        "no such record": "reading <> 'others' AND outcome <> 'absent' "
        "AND (n_named < place OR n_same = 0)",
        "absent": "reading NOT IN ('others', 'grade') AND outcome = 'absent' AND n_named >= place",
        "another number": "reading = 'others' AND computed_value IS DISTINCT FROM n_others",
    }
    return failing_query(
        "listing_read_again",
        "content",
        "",
        "A single patient's value must be that of a listed record as source_key describes it "
        "(group, listing, description, last course), and absent exactly if there is none.",
        query=f"""
            SELECT published_id, {problem_text(problems)} AS problem, computed_value, n_named
            FROM (SELECT k.published_id, k.reading, k.outcome, k.computed_value, k.place,
                    count(*) FILTER ({is_named} AND {is_course}) AS n_named,
                    count(*) FILTER ({is_named} AND {is_course} AND {is_same}) AS n_same,
                    count(l.listing) FILTER (NOT ({is_named})) AS n_others
                FROM (SELECT *, {parts}, {numbers} FROM batch
                    WHERE source_table = 'windows.line_listing') AS k
                LEFT JOIN windows.line_listing AS l ON l.listing = k.listing
                    AND (k.of_group = 'overall' OR l.is_additional)
                GROUP BY k.published_id, k.reading, k.outcome, k.computed_value, k.place) AS c
            WHERE {any_problem(problems)} ORDER BY published_id""",
    )
