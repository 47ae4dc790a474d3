"""Contracts of what changed from one release to the next: `audit.cut_diff_*`.

Belongs here: what is told of a change. They are made when a release is, beside its tables, and
are no tables of the lineage. How a change and its cause are found: `warehouse.cut_diff`.
"""

import polars as pl

from warehouse.contracts.core import PERSON_ID
from warehouse.contracts.results import DIMENSIONS, KEY
from warehouse.contracts.table import Column, TableContract

TEXT = pl.String()
COUNT = pl.Int64()
NUMBER = pl.Float64()
FLAG = pl.Boolean()

CHANGES = ("added", "removed", "corrected")
RESULT_CHANGES = ("added", "removed", "changed")

DERIVATION, RULE, UNKNOWN = "derivation changed", "rule changed", "not known"
NEW_DATA, LATE_DATA, CORRECTION = "new data", "late data", "correction"
#: From the weakest to the strongest: where several apply, the last of them is told.
CAUSES = (DERIVATION, RULE, UNKNOWN, NEW_DATA, LATE_DATA, CORRECTION)

_BASE = Column("base_release_id", TEXT, "Release that is compared with", nullable=False)
_TABLE = Column("table_name", TEXT, "Table", nullable=False)
_CAUSE = Column("cause", TEXT, "Why, by the rules of docs/what_changed.md", nullable=False,
                terms=CAUSES)  # fmt: skip
_IS_CODE_CHANGED = Column(
    "is_code_changed",
    FLAG,
    "Code or libraries of the table, or of one above it, are others than in the base release",
    nullable=False,
)
_IS_RULE_CHANGED = Column(
    "is_rule_changed", FLAG, "Rules other than cut-off and horizon have changed", nullable=False
)
_PATIENT_SET = Column(
    "patient_set",
    TEXT,
    "The patients behind it, by name: patient/audit/cut_diff_result_patient.parquet",
    nullable=False,
)


def _count(name: str, label: str, unit: str = "rows", *, nullable: bool = False) -> Column:
    return Column(name, COUNT, label, unit, nullable=nullable)


def _patients(name: str, label: str) -> Column:
    return _count(name, label, "patients")


CUT_DIFF_TABLE = TableContract(
    "audit",
    "cut_diff_table",
    "One row per table: how it differs from that of the release shown before",
    (
        _BASE,
        _TABLE,
        Column(
            "is_compared", FLAG, "False: the base release does not hold the table", nullable=False
        ),
        _count("n_rows_before", "Rows in the base release; null if it lacks them", nullable=True),
        _count("n_rows_after", "Rows in this release"),
        _count("n_added", "Rows with a key that is new"),
        _count("n_removed", "Rows whose key is gone"),
        _count("n_corrected", "Rows of the same key with another value"),
        _IS_CODE_CHANGED,
        _IS_RULE_CHANGED,
    ),
    key=("table_name",),
    is_patient_level=False,
)

CUT_DIFF_ROWS = TableContract(
    "audit",
    "cut_diff_rows",
    "Rows about patients that differ from the release shown before, counted by table and cause",
    (
        _BASE,
        _TABLE,
        Column("study_id", TEXT, "Study of delivered rows; else empty", nullable=False),
        Column("change", TEXT, "What became of the rows", nullable=False, terms=CHANGES),
        _CAUSE,
        _count("n_rows", "Rows"),
        _patients("n_patients", "Patients with such rows"),
        _IS_CODE_CHANGED,
        _IS_RULE_CHANGED,
    ),
    key=("table_name", "study_id", "change", "cause"),
    is_patient_level=False,
)

CUT_DIFF_RESULTS = TableContract(
    "audit",
    "cut_diff_results",
    "One row per result row that differs from the release shown before",
    (
        _BASE,
        *DIMENSIONS,
        Column("result_id", TEXT, "The key in one text", nullable=False),
        Column("change", TEXT, "What became of the row", nullable=False, terms=RESULT_CHANGES),
        Column("old_value", NUMBER, "Value before, unrounded"),
        Column("new_value", NUMBER, "Value now, unrounded"),
        Column("difference", NUMBER, "New minus old"),
        Column("old_text", TEXT, "Value before, as presented; null if added"),
        Column("new_text", TEXT, "Value now, as presented; null if removed"),
        _count("old_n_total", "Patients behind the estimate before", "patients", nullable=True),
        _count("new_n_total", "Patients behind the estimate now", "patients", nullable=True),
        _CAUSE,
        _patients("n_patients_behind", "Patients with changed rows in the tables it is made from"),
        _patients("n_patients_correction", "Of them: by a correction"),
        _patients("n_patients_late_data", "Of them: by late data"),
        _patients("n_patients_new_data", "Of them: by new data"),
        _IS_CODE_CHANGED,
        _IS_RULE_CHANGED,
        _PATIENT_SET,
    ),
    key=KEY,
    is_patient_level=False,
)

CUT_DIFF_ROW_DETAIL = TableContract(
    "audit",
    "cut_diff_row_detail",
    "Each row about a patient that differs from the release shown before",
    (
        _TABLE,
        Column("study_id", TEXT, "Study of a delivered row; else empty", nullable=False),
        PERSON_ID,
        Column("record_key", TEXT, "Which row of the person: aeseq=3", nullable=False),
        Column("change", TEXT, "What became of the row", nullable=False, terms=CHANGES),
        Column(
            "columns_changed", TEXT, "Columns with another value, parted by a space", nullable=False
        ),
        _CAUSE,
    ),
    key=("table_name", "person_id", "record_key", "change", "study_id"),
)

CUT_DIFF_RESULT_PATIENT = TableContract(
    "audit",
    "cut_diff_result_patient",
    "The patients behind changed results: one row per patient and set of patients",
    (_PATIENT_SET, PERSON_ID, _CAUSE),
    key=("patient_set", "person_id"),
)

#: In the order in which they are told.
CUT_DIFF = (
    CUT_DIFF_TABLE,
    CUT_DIFF_ROWS,
    CUT_DIFF_RESULTS,
    CUT_DIFF_ROW_DETAIL,
    CUT_DIFF_RESULT_PATIENT,
)
