"""Populations of any size, as Parquet: batch by batch, so that memory stays bounded.

Batches are independent trials with random streams and subject numbers of their own; every
batch becomes one row group of each file. Rows are ordered by USUBJID within a batch.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from simulation.codes import STUDIES
from simulation.cohort import arm_sizes
from simulation.cutoff import known_at
from simulation.extracts import (
    DEFAULT_CUTOFF,
    TRANSFER_DELAY,
    check_dates,
    start_transfer,
    write_manifest,
)
from simulation.parameters import Parameters
from simulation.trial import FUNCTIONAL_SYSTEMS, simulate_trial

DEFAULT_BATCH = 10_000


class _Files:
    """Open Parquet files of one folder, one per table, written batch by batch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writers: dict[str, pq.ParquetWriter] = {}
        self.records: dict[str, int] = {}

    def append(self, name: str, table: pl.DataFrame) -> None:
        """Add the rows of one batch as a row group."""
        data = table.to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self.writers:
            path = self.folder / f"{name.lower()}.parquet"
            self.writers[name] = pq.ParquetWriter(path, data.schema, compression="zstd")
            self.records[name] = 0
        self.writers[name].write_table(data)
        self.records[name] += table.height

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()


def write_population(
    n_patients: int,
    seed: int,
    landing: Path,
    *,
    parameters: Parameters | None = None,
    leave_out: Collection[str] = (FUNCTIONAL_SYSTEMS,),
    cutoff: date = DEFAULT_CUTOFF,
    transfer_date: date | None = None,
    batch_size: int = DEFAULT_BATCH,
    truth_folder: Path | None = None,
) -> list[Path]:
    """Write transfers of a population of `n_patients` treated with 12 mg, as Parquet.

    Args:
        n_patients: patients treated with alemtuzumab 12 mg in the core studies.
        seed: same seed and batch size, same files.
        landing: landing folder; created if missing.
        parameters: the model; default `Parameters()`.
        leave_out: datasets to leave out; by default the functional systems in QS, which are
            seven eighths of its rows and enter no result.
        cutoff: last day that the extracts know.
        transfer_date: default 16 days after the cut-off.
        batch_size: treated patients per batch; memory grows with it.
        truth_folder: where to write the latent histories; None = nowhere.

    Returns:
        The folders of the transfers, in the order of the studies.

    Raises:
        ValueError: as `simulate_trial` and `write_extracts`.
        FileExistsError: a transfer of that day is already there.
    """
    parameters = parameters or Parameters()
    transfer_date = transfer_date or cutoff + TRANSFER_DELAY
    check_dates(parameters.last_date, cutoff, transfer_date)
    sizes = [min(batch_size, n_patients - done) for done in range(0, n_patients, batch_size)]
    persons = [sum(size for _, size in arm_sizes(treated)) for treated in sizes]
    width = max(4, len(str(sum(persons))))
    targets = {study: landing / study / transfer_date.isoformat() for study in STUDIES}
    files = {study: _Files(start_transfer(target)) for study, target in targets.items()}
    truth = None
    if truth_folder is not None:
        truth_folder.mkdir(parents=True, exist_ok=True)
        truth = _Files(truth_folder)

    first_subject = 1
    for batch, (treated, batch_persons) in enumerate(zip(sizes, persons, strict=True)):
        trial = simulate_trial(
            treated,
            seed,
            parameters,
            leave_out=leave_out,
            batch=batch,
            first_subject=first_subject,
            subject_width=width,
        )
        first_subject += batch_persons
        for study, datasets in trial.datasets.items():
            if cutoff < parameters.last_date:
                datasets = known_at(datasets, cutoff)
            for name, table in datasets.items():
                files[study].append(name, table)
        if truth is not None:
            for name, table in trial.truth.items():
                truth.append(name, table)

    for study, target in targets.items():
        written = files[study]
        written.close()
        names = {name: f"{name.lower()}.parquet" for name in written.records}
        write_manifest(written.folder, study, transfer_date, cutoff, written.records, names)
        written.folder.rename(target)
    if truth is not None:
        truth.close()
    return list(targets.values())
