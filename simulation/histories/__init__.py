"""The kept histories: one chosen trial of simulated people, whole, in the repository.

**They are simulated.** What is kept are their SDTM datasets and not a random seed, so that the
extracts written from them are the same bytes whatever a library's random streams become:
nothing is drawn here.

Belongs here: keeping datasets as small files and giving them back exactly. Drawing patients is
the rest of `simulation`; choosing among them is no matter of this package.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from simulation.codes import STUDIES
from simulation.cutoff import known_at
from simulation.histories.files import HistoriesDamaged, read_files, write_files

__all__ = [
    "CUTOFFS",
    "KEPT",
    "HistoriesDamaged",
    "close_finished_studies",
    "read_histories",
    "write_histories",
]

#: Where the histories lie.
KEPT = Path(__file__).parent / "kept"
#: Cut-offs at which they are delivered: Year 7 and Year 8. They end with the last one.
CUTOFFS = (date(2016, 10, 4), date(2017, 10, 4))

Datasets = dict[str, dict[str, pl.DataFrame]]


def read_histories(folder: Path = KEPT) -> Datasets:
    """The kept datasets, study -> dataset -> rows: exactly those that were written.

    Raises:
        HistoriesDamaged: a file is missing or was changed; the message names it.
    """
    return read_files(folder)


def write_histories(
    datasets: Mapping[str, Mapping[str, pl.DataFrame]], folder: Path = KEPT
) -> None:
    """Keep the datasets of a trial, in place of those kept so far.

    Args:
        datasets: study -> dataset -> rows, as `SimulatedTrial.datasets`; DM among them. They
            tell what is known at the last of `CUTOFFS`.
        folder: where to keep them; created if missing.

    Raises:
        ValueError: a table is not as in the landing contract, or tells of a person whom DM
            does not know. Nothing is written then.
    """
    write_files(datasets, folder)


def close_finished_studies(datasets: Mapping[str, Mapping[str, pl.DataFrame]]) -> Datasets:
    """CARE-MS and the extension as their databases were closed, by the first of `CUTOFFS`.

    Their visits were over by then, but an event or a medicine of theirs may have ended later;
    a closed database does not know it. So one transfer of them serves every cut. TOPAZ, which
    goes on, stays as it is.
    """
    *finished, running = STUDIES
    closed = {study: known_at(dict(datasets[study]), CUTOFFS[0]) for study in finished}
    return {**closed, running: dict(datasets[running])}
