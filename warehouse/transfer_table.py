"""The selection of a cut as a table, and back: one row per file (`landing.transfer`)."""

import polars as pl

from warehouse.contracts.landing import TRANSFER
from warehouse.manifest import ALL_STUDIES, DatasetFile, Selection, Transfer


def to_frame(selection: Selection) -> pl.LazyFrame:
    """One row per file of a selection, as `landing.transfer`."""
    rows = [
        {
            "study_id": transfer.study_id,
            "transfer_date": transfer.transfer_date,
            "cutoff": transfer.cutoff,
            "folder": transfer.folder,
            **_row(file),
        }
        for transfer in selection.transfers
        for file in transfer.datasets
    ]
    if selection.crosswalk is not None:
        rows.append({"study_id": ALL_STUDIES, "folder": "", **_row(selection.crosswalk)})
    return TRANSFER.conform(pl.LazyFrame(rows, schema=TRANSFER.schema))


def _row(file: DatasetFile) -> dict[str, object]:
    return {
        "dataset": file.name,
        "file": file.file,
        "records": file.records,
        "bytes": file.bytes,
        "sha256": file.sha256,
    }


def from_frame(frame: pl.LazyFrame) -> Selection:
    """The selection that `to_frame` was given, by study, without its notes."""
    groups = frame.sort(TRANSFER.key).collect().group_by("study_id", maintain_order=True)
    crosswalk: DatasetFile | None = None
    transfers = []
    for (study_id,), rows in groups:
        files = tuple(
            DatasetFile(
                name=row["dataset"],
                file=row["file"],
                records=row["records"],
                bytes=row["bytes"],
                sha256=row["sha256"],
            )
            for row in rows.to_dicts()
        )
        if study_id == ALL_STUDIES:
            (crosswalk,) = files
            continue
        of_transfer = rows.row(0, named=True)
        transfers.append(
            Transfer(
                study_id=of_transfer["study_id"],
                transfer_date=of_transfer["transfer_date"],
                cutoff=of_transfer["cutoff"],
                folder=of_transfer["folder"],
                datasets=files,
            )
        )
    return Selection(tuple(transfers), crosswalk)
