"""`topaz simulate`: the kept histories, or newly drawn patients, as transfers in landing.

Belongs here: what is written where, and what is printed meanwhile. What a patient is like, and
the files themselves, are matters of `simulation`.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from simulation import (
    DEFAULT_CUTOFF,
    Parameters,
    simulate_trial,
    write_cuts,
    write_extracts,
    write_population,
    write_truth,
)
from simulation.histories import CUTOFFS, read_histories


class CutoffNotKept(Exception):
    """The kept histories end before a cut-off that was asked for."""


def write_kept(landing: Path, cutoffs: Iterable[date] | None) -> None:
    """Write the kept histories into landing; by default as two cuts.

    Raises:
        CutoffNotKept: a cut-off is later than what the histories tell of.
        HistoriesDamaged: a file of the histories is not as it was written.
    """
    chosen = sorted(set(cutoffs or CUTOFFS))
    if chosen[-1] > CUTOFFS[-1]:
        raise CutoffNotKept(
            f"the kept histories end on {CUTOFFS[-1]}, so no extract of them has the cut-off "
            f"{chosen[-1]}; with --patients or --seed new people are drawn, up to any cut-off"
        )
    print(f"Writing the kept histories as known on {' and '.join(map(str, chosen))} …", flush=True)
    for folder in write_cuts(read_histories(), landing, chosen, CUTOFFS[-1]):
        print(f"  {folder}", flush=True)
    print("These people are simulated.")


def draw(
    landing: Path,
    truth: Path,
    *,
    patients: int,
    seed: int,
    cutoffs: Iterable[date] | None,
    format: Literal["xpt", "parquet"],  # noqa: A002 - the word the landing contract uses
) -> None:
    """Draw new patients, and write their transfers into landing and their truth beside it.

    Args:
        landing: landing folder.
        truth: folder of the truth.
        patients: treated with 12 mg.
        seed: same seed, same people.
        cutoffs: last days that the extracts know; default 2017-10-04.
        format: `parquet` for populations of any size, without the functional systems.
    """
    chosen = sorted(set(cutoffs or [DEFAULT_CUTOFF]))
    parameters = Parameters(last_date=chosen[-1])
    print(f"Simulating {patients} treated patients (seed {seed}) …", flush=True)
    folders: list[Path] = []
    if format == "xpt":
        trial = simulate_trial(patients, seed, parameters)
        for cutoff in chosen:
            folders += write_extracts(trial, landing, cutoff=cutoff)
        write_truth(trial, truth)
    else:
        for cutoff in chosen:
            folders += write_population(
                patients, seed, landing, parameters=parameters, cutoff=cutoff, truth_folder=truth
            )
    for folder in folders:
        print(f"  {folder}")
    print(f"These people are simulated. The truth about them is in {truth}.")
