"""Contracts of what a release tells of itself and of those before it: `audit.*`, `history.*`.

Belongs here: tables that are made when a release is, and are no tables of the lineage. What
changed since the release before stands in `warehouse.contracts.cut_diff`, the gates' outcomes in
`warehouse.contracts.audit`.
"""

import polars as pl

from warehouse.contracts.results import KEY, RESULTS
from warehouse.contracts.table import Column, TableContract

TEXT = pl.String()
COUNT = pl.Int64()

RELEASE_ID = Column("release_id", TEXT, "Release that holds the row", nullable=False)
_DATA_CUT = Column("data_cut", TEXT, "Cut-off date of the data", nullable=False)
_PARAMETERS = Column("parameters", TEXT, "Rules and codes, as JSON", nullable=False)
_BASE = Column(
    "base_release_id", TEXT, "Release shown before, that it is compared with; null if there is none"
)
_CODE = Column("code", TEXT, "Fingerprint of all code; null in releases of the first version")

RELEASE = TableContract(
    "audit",
    "release",
    "The release: one row",
    (RELEASE_ID, _DATA_CUT, _BASE, _CODE, _PARAMETERS),
    key=("release_id",),
    is_patient_level=False,
)

TRANSFER = TableContract(
    "audit",
    "transfer",
    "One row per delivered file that the release was made from",
    (
        Column("study_id", TEXT, "Study; ALL for the crosswalk", nullable=False),
        Column("transfer_date", pl.Date(), "Day of the transfer; null for the crosswalk"),
        Column("cutoff", pl.Date(), "Last day that it covers; null for the crosswalk"),
        Column("file", TEXT, "File, below landing", nullable=False),
        Column("records", COUNT, "Records", "records", nullable=False),
        Column("sha256", TEXT, "SHA-256 of the file", nullable=False),
    ),
    key=("study_id", "file"),
    is_patient_level=False,
)

GATE = TableContract(
    "audit",
    "gate",
    "One row per table: whether it passed its gate; each expectation: audit.gate_result",
    (
        Column("table_name", TEXT, "Table", nullable=False),
        Column("has_passed", pl.Boolean(), "Whether it may be published", nullable=False),
        Column("expectations", COUNT, "Expectations of its suite", "expectations", nullable=False),
        Column("failures", COUNT, "Expectations that stop", "expectations", nullable=False),
        Column("warnings", COUNT, "Expectations that warn", "expectations", nullable=False),
        Column("data_version", TEXT, "Data version that was checked", nullable=False),
    ),
    key=("table_name",),
    is_patient_level=False,
)

HISTORY_RELEASE = TableContract(
    "history",
    "release",
    "One row per earlier release of this cut or an older one",
    (
        RELEASE_ID,
        _DATA_CUT,
        _BASE,
        Column("n_rows", COUNT, "Its rows in history.result", "rows", nullable=False),
        _CODE,
        _PARAMETERS,
    ),
    key=("release_id",),
    is_patient_level=False,
)

HISTORY_RESULT = TableContract(
    "history",
    "result",
    "Result rows of earlier releases of this cut or older ones",
    (*RESULTS["result"].columns, RELEASE_ID),
    # By result, then release: equal texts lie together, and take half the space.
    key=(*KEY, "release_id"),
    is_patient_level=False,
)

#: In the order in which they are told.
OF_A_RELEASE = (RELEASE, TRANSFER, GATE, HISTORY_RELEASE, HISTORY_RESULT)
