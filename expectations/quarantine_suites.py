"""What must be true of a quarantine: every delivered row is in it or in its raw table.

Belongs here: the balance, the share that may be put aside, and what is grave about it. Does not
belong here: which rows break a rule (`quarantine`).
"""

from collections.abc import Collection
from dataclasses import dataclass

from expectations.generic import RECORD_ONCE
from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_query, failing_rows
from transforms.rules import Rules
from warehouse.contracts import TableContract


@dataclass(frozen=True)
class QuarantineLimits:
    """How many rows of a table may be put aside before the cut stops.

    A few bad rows are a matter for the sites; many are another meaning of a code, or a damaged
    extract, and what is left would mislead.

    Attributes:
        most_percent: of the delivered rows of a table.
        tolerated_rows: always let pass, also where they are more than that.
    """

    most_percent: float = 1.0
    tolerated_rows: int = 5


def quarantine_expectations(
    contract: TableContract,
    rules: Rules,
    rules_of_raw: Collection[str],
    limits: QuarantineLimits,
) -> tuple[Expectation, ...]:
    """Expectations on the quarantine of one dataset.

    Args:
        contract: the quarantine.
        rules: the codes of the cut.
        rules_of_raw: ids of the content rules of its raw table.
        limits: how much may be put aside.
    """
    shared = (
        _accounted_for(contract),
        failing_rows(
            contract,
            "known_rule",
            "structural",
            "",
            f"A row may be here only for a content rule of raw.{contract.name}; this rule is none "
            "of them: make the table again.",
            where=f"t.expectation NOT IN {sql_list(sorted(rules_of_raw))}",
        ),
        _share(contract, limits),
    )
    grave = {"dm": _patient_put_aside, "ex": _infusion_put_aside}.get(contract.name)
    return (*shared, grave(contract, rules)) if grave else shared


def _patient_put_aside(contract: TableContract, _rules: Rules) -> Expectation:
    return failing_rows(
        contract,
        "patient_put_aside",
        "plausibility",
        "",
        "The patient's DM record is in quarantine, and with it all the patient's records of this "
        "study: none of them enters a result until the site has answered. Query the site at once.",
        where=f"t.expectation <> {sql_text(RECORD_ONCE)}",
        show=("t.study_id", "t.usubjid", "t.offending"),
    )


def _infusion_put_aside(contract: TableContract, rules: Rules) -> Expectation:
    drug = sql_text(rules.codes.alemtuzumab)
    return failing_rows(
        contract,
        "infusion_put_aside",
        "plausibility",
        "C-01",
        "An alemtuzumab infusion is in quarantine: until the site has answered, the patient's "
        "courses, day 0 and group may be others than they were. Query the site at once.",
        where=f"t.expectation NOT IN {sql_list((RECORD_ONCE, 'patient_in_dm'))} "
        f"AND json_extract_string(t.record, '$.extrt') = {drug}",
        show=("t.study_id", "t.usubjid", "t.record_key", "t.offending"),
    )


def delivered_files(contract: TableContract) -> str:
    """The files of a dataset, by `landing.transfer`: whole, split (QSCO, QSDA), or RS for QS."""
    names = contract.name.upper() + ("|RS" if contract.name == "qs" else "")
    pattern = f"({names})[A-Z0-9]{{0,2}}"
    return (
        "(SELECT study_id, file AS source_file, records FROM landing.transfer "
        f"WHERE regexp_full_match(dataset, {sql_text(pattern)}))"
    )


def _accounted_for(contract: TableContract) -> Expectation:
    # As many rows as delivered, all different, from 1 to the last. A row in both tables is counted
    # twice, and so told.
    raw = f"raw.{contract.name}"
    return failing_query(
        "rows_accounted_for",
        "structural",
        "",
        f"Rows in must be rows out and rows put aside: each row of a delivered file, from 1 to the "
        f"last that the manifest states, stands once in {raw} or is in quarantine. Rows were lost, "
        "read twice, or are in both: make both tables again.",
        query=f"""
            SELECT source_file, d.records AS n_delivered, coalesce(h.n_raw, 0) AS n_raw,
                coalesce(h.n_quarantined, 0) AS n_quarantined, h.first_row, h.last_row
            FROM {delivered_files(contract)} AS d FULL JOIN (
                SELECT source_file, count(*) FILTER (NOT is_quarantined) AS n_raw,
                    count(*) FILTER (is_quarantined) AS n_quarantined,
                    min(source_row) AS first_row, max(source_row) AS last_row,
                    count(DISTINCT source_row) AS n_different
                FROM (
                    SELECT source_file, source_row, false AS is_quarantined FROM {raw}
                    UNION ALL
                    SELECT DISTINCT source_file, source_row, true FROM batch
                ) AS r GROUP BY source_file
            ) AS h USING (source_file)
            WHERE d.records IS NULL
                OR coalesce(h.n_raw + h.n_quarantined, 0) <> d.records
                OR h.n_different <> d.records OR h.first_row <> 1 OR h.last_row <> d.records
            ORDER BY source_file""",
    )


def _share(contract: TableContract, limits: QuarantineLimits) -> Expectation:
    # A patient whose DM record is put aside takes all others along: one fault, counted there.
    of_lost = (
        ""
        if contract.name == "dm"
        else "WHERE NOT EXISTS (SELECT 1 FROM quarantine.dm AS d "
        "WHERE d.study_id = t.study_id AND d.usubjid = t.usubjid "
        f"AND d.expectation <> {sql_text(RECORD_ONCE)})"
    )
    return failing_query(
        "share_put_aside",
        "content",
        "",
        f"More than {limits.most_percent:g}% of the delivered rows (and more than "
        f"{limits.tolerated_rows} rows) break a content rule: this is no matter of single "
        "records. Look at these files and rules (docs/gates.md), ask the sender, and compare the "
        "codes with the configured ones; [quarantine] in settings.toml has the limits.",
        # Told of the files that have more than their share, of which there is one at least.
        query=f"""
            SELECT * FROM (WITH aside AS (SELECT DISTINCT t.source_file, t.source_row, t.expectation
                    FROM batch AS t {of_lost}),
                files AS (SELECT f.source_file, any_value(f.records) AS n_delivered,
                        count(DISTINCT a.source_row) AS n_quarantined
                    FROM {delivered_files(contract)} AS f LEFT JOIN aside AS a USING (source_file)
                    GROUP BY f.source_file),
                dataset AS (SELECT sum(n_delivered) AS n_delivered,
                    sum(n_quarantined) AS n_quarantined FROM files)
            SELECT source_file, a.expectation, count(*) AS n_rows, f.n_quarantined, f.n_delivered,
                round(100.0 * f.n_quarantined / f.n_delivered, 2) AS percent
            FROM files AS f JOIN aside AS a USING (source_file), dataset AS d
            WHERE d.n_quarantined > {limits.tolerated_rows:d}
                AND 100.0 * d.n_quarantined > {limits.most_percent!r} * d.n_delivered
                AND 100.0 * f.n_quarantined > {limits.most_percent!r} * f.n_delivered
            GROUP BY ALL) AS told ORDER BY n_rows DESC, source_file, expectation""",
    )
