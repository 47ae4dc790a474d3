"""Transfers as a table, and back: one row per file (`landing.transfer`)."""

from collections.abc import Iterable

import polars as pl

from warehouse.contracts.landing import TRANSFER
from warehouse.landing import DatasetFile, Transfer


def to_frame(transfers: Iterable[Transfer]) -> pl.LazyFrame:
    """One row per file of the transfers, as `landing.transfer`."""
    rows = [
        {
            "study_id": transfer.study_id,
            "transfer_date": transfer.transfer_date,
            "cutoff": transfer.cutoff,
            "folder": str(transfer.folder),
            "dataset": file.name,
            "file": str(file.file),
            "records": file.records,
            "bytes": file.bytes,
            "sha256": file.sha256,
        }
        for transfer in transfers
        for file in transfer.datasets
    ]
    return TRANSFER.conform(pl.LazyFrame(rows, schema=TRANSFER.schema))


def from_frame(frame: pl.LazyFrame) -> tuple[Transfer, ...]:
    """The transfers that `to_frame` was given, by study."""
    groups = frame.sort(TRANSFER.key).collect().group_by("study_id", maintain_order=True)
    return tuple(
        Transfer(
            study_id=rows["study_id"][0],
            transfer_date=rows["transfer_date"][0],
            cutoff=rows["cutoff"][0],
            folder=rows["folder"][0],
            datasets=tuple(
                DatasetFile(
                    name=row["dataset"],
                    file=row["file"],
                    records=row["records"],
                    bytes=row["bytes"],
                    sha256=row["sha256"],
                )
                for row in rows.to_dicts()
            ),
        )
        for _, rows in groups
    )
