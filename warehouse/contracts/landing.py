"""Contract of the one table of the landing layer: the files that the landing gate let in."""

import polars as pl

from warehouse.contracts.table import Column, TableContract

TEXT = pl.String()

TRANSFER = TableContract(
    "landing",
    "transfer",
    "One row per file of the transfers that this cut uses: what was delivered, and its hash",
    (
        Column("study_id", TEXT, "Study; ALL for the crosswalk", nullable=False),
        Column("transfer_date", pl.Date(), "Day of the transfer; null for the crosswalk"),
        Column("cutoff", pl.Date(), "Last day that the transfer covers; null for the crosswalk"),
        Column("folder", TEXT, "Folder of the transfer, below landing", nullable=False),
        Column("dataset", TEXT, "Dataset", nullable=False),
        Column("file", TEXT, "File, below landing", nullable=False),
        Column("records", pl.Int64(), "Records, by the manifest", unit="records", nullable=False),
        Column("bytes", pl.Int64(), "Size of the file", unit="bytes", nullable=False),
        Column("sha256", TEXT, "SHA-256 of the file", nullable=False),
    ),
    key=("study_id", "dataset"),
    is_patient_level=False,
)
