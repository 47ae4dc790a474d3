"""Contracts of the quarantine: for each raw dataset, the delivered rows that are kept out of it.

Belongs here: what is told of such a row. Which rows they are is the gates' affair
(`expectations.quarantine`).
"""

import polars as pl

from warehouse.contracts.raw import RAW, SOURCE
from warehouse.contracts.table import Column, TableContract, by_name

TEXT = pl.String()

_COLUMNS = (
    *SOURCE,
    Column("expectation", TEXT, "Content rule that the row breaks, as docs/gates.md names it",
           nullable=False),
    Column("rule_id", TEXT, "Rule of the analysis plan; empty for rules of the contract",
           nullable=False),
    Column("study_id", TEXT, "Study, as delivered"),
    Column("usubjid", TEXT, "Patient; the person's identifier where the crosswalk has one"),
    Column("record_key", TEXT, "Which record of the patient: aeseq=3; empty in DM",
           nullable=False),
    Column("offending", TEXT, "The values that break the rule", nullable=False),
    Column("message", TEXT, "What is wrong, and what to do", nullable=False),
    Column("record", TEXT, "The whole row as delivered, as JSON", nullable=False),
)  # fmt: skip

#: By the name of the raw dataset.
QUARANTINE = by_name(
    tuple(
        TableContract(
            layer="quarantine",
            name=name,
            label=f"Rows of {name.upper()} that break a content rule: one row per row and rule",
            columns=_COLUMNS,
            key=("source_file", "source_row", "expectation"),
        )
        for name in RAW
    )
)
