"""Readers of extract files, by the suffix of the file name: whichever format, the same rows.

Belongs here: how formats are read, and what a file says of itself. Does not belong here: what a
dataset must hold (`warehouse.contracts.raw`), or which files are taken (`warehouse.landing`).

A new format is one module with a function that inspects and one that reads, and one line in
`READERS`. What all formats have in common is in `rows` and `text`.
"""

from pathlib import Path

from warehouse.readers import (
    dataset_json,
    delimited,
    parquet,
    sas_dataset,
    sas_transport,
)
from warehouse.readers.reader import FileFacts, Reader, UnreadableFileError

__all__ = ["READERS", "FileFacts", "Reader", "UnreadableFileError", "reader_for"]

READERS: dict[str, Reader] = {
    ".csv": Reader(delimited.inspect, delimited.read),
    ".json": Reader(dataset_json.inspect_json, dataset_json.read_json),
    ".ndjson": Reader(dataset_json.inspect_ndjson, dataset_json.read_ndjson),
    ".parquet": Reader(parquet.inspect, parquet.read),
    ".sas7bdat": Reader(sas_dataset.inspect, sas_dataset.read, sas_dataset.special_missing),
    ".xpt": Reader(sas_transport.inspect, sas_transport.read, sas_transport.special_missing),
}


def reader_for(path: Path) -> Reader:
    """The reader of a file by its suffix.

    Raises:
        UnreadableFileError: no reader has this suffix.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFileError(
            f"has the suffix {path.suffix!r}; read are {', '.join(sorted(READERS))}"
        )
    return reader
