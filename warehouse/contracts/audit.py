"""Contract of the gates' outcomes, `audit.gate_result`.

Belongs here: what a release tells of its gates. It is made when the release is, from the gate
records of the work area, and is no table of the lineage.
"""

import polars as pl

from warehouse.contracts.table import Column, TableContract

TEXT = pl.String()
COUNT = pl.Int64()

#: passed; warned: unusual; quarantined: the rows that break it were put aside, the others pass;
#: failed: stops; error: could not be evaluated, stops.
OUTCOMES = ("passed", "warned", "quarantined", "failed", "error")
SEVERITIES = ("structural", "content", "plausibility")

GATE_RESULT = TableContract(
    "audit",
    "gate_result",
    "One row per table and expectation: how the gate of the table came out in this release",
    (
        Column("table_name", TEXT, "Table", nullable=False),
        Column("expectation", TEXT, "Expectation, as docs/gates.md names it", nullable=False),
        Column("severity", TEXT, "What a failure means", nullable=False, terms=SEVERITIES),
        Column("rule_id", TEXT, "Rule of the analysis plan; empty for rules of the contract",
               nullable=False),
        Column("outcome", TEXT, "How it came out", nullable=False, terms=OUTCOMES),
        Column("n_rows", COUNT, "Rows of the table", "rows", nullable=False),
        Column("n_unexpected", COUNT, "Rows of it that are not as expected; null if not evaluated",
               "rows"),
        Column("n_quarantined", COUNT, "Delivered rows that this rule keeps out of it", "rows",
               nullable=False),
        Column("message", TEXT, "What is wrong if it fails, and what to do; or why it does not "
               "apply", nullable=False),
        Column("data_version", TEXT, "Data version of the table that was checked", nullable=False),
    ),
    key=("table_name", "expectation"),
    is_patient_level=False,
)  # fmt: skip
