"""From a simulated trial to transfers in a landing folder, and the truth beside it."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from simulation.cutoff import known_at
from simulation.trial import SimulatedTrial
from simulation.xpt import write_xpt
from warehouse.contracts import RAW

Format = Literal["xpt", "parquet"]
DEFAULT_CUTOFF = date(2017, 10, 4)
#: From cut-off to transfer, when no transfer date is given.
TRANSFER_DELAY = timedelta(days=16)


def write_extracts(
    trial: SimulatedTrial,
    landing: Path,
    *,
    format: Format = "xpt",  # noqa: A002 - the word the landing contract uses
    cutoff: date = DEFAULT_CUTOFF,
    transfer_date: date | None = None,
) -> list[Path]:
    """Write one cumulative transfer per study: `<landing>/<STUDYID>/<transfer date>/`.

    Each transfer is written beside its place and renamed into it, so that it is never seen
    half written. Same trial, same bytes.

    Args:
        trial: the trial.
        landing: landing folder; created if missing.
        format: `xpt` (SAS transport version 5) or `parquet`.
        cutoff: last day that the extracts know.
        transfer_date: default 16 days after the cut-off.

    Returns:
        The folders of the transfers, in the order of the studies.

    Raises:
        ValueError: the cut-off is after the last simulated day, or the transfer before it.
        FileExistsError: a transfer of that day is already there.
    """
    transfer_date = transfer_date or cutoff + TRANSFER_DELAY
    check_dates(trial.parameters.last_date, cutoff, transfer_date)
    folders = []
    for study, datasets in trial.datasets.items():
        if cutoff < trial.parameters.last_date:
            datasets = known_at(datasets, cutoff)
        target = landing / study / transfer_date.isoformat()
        _write_transfer(datasets, target, study, format, cutoff, transfer_date)
        folders.append(target)
    return folders


def write_cuts(
    datasets: Mapping[str, dict[str, pl.DataFrame]],
    landing: Path,
    cutoffs: Sequence[date],
    last_date: date,
) -> Iterator[Path]:
    """Write cumulative transfers of each study at several cut-offs, as SAS transport files.

    A study of which nothing new was known since the cut-off before is not transferred again:
    the earlier transfer serves the later cut too (landing contract, "Layout").

    Args:
        datasets: study -> dataset -> rows, as known at `last_date`.
        landing: landing folder; created if missing.
        cutoffs: last days that the transfers know.
        last_date: last day that the datasets tell of.

    Yields:
        The folder of each transfer when it is complete, study by study, oldest first.

    Raises:
        ValueError: a cut-off is after `last_date`. Nothing is written then.
        FileExistsError: a transfer of that day is already there.
    """
    for cutoff in cutoffs:
        check_dates(last_date, cutoff, cutoff + TRANSFER_DELAY)
    for study, whole in datasets.items():
        written: dict[str, pl.DataFrame] = {}
        for cutoff in sorted(cutoffs):
            known = whole if cutoff == last_date else known_at(whole, cutoff)
            if written and all(known[name].equals(written[name]) for name in known):
                continue
            transfer_date = cutoff + TRANSFER_DELAY
            target = landing / study / transfer_date.isoformat()
            _write_transfer(known, target, study, "xpt", cutoff, transfer_date)
            written = known
            yield target


def _write_transfer(
    datasets: Mapping[str, pl.DataFrame],
    target: Path,
    study: str,
    format: Format,  # noqa: A002 - as in `write_extracts`
    cutoff: date,
    transfer_date: date,
) -> None:
    """Write one study's transfer beside its place, and rename it into it when complete."""
    with_files = {name: (table, f"{name.lower()}.{format}") for name, table in datasets.items()}
    part = start_transfer(target)
    for name, (table, file) in with_files.items():
        if format == "xpt":
            write_xpt(table, RAW[name.lower()], part / file, transfer_date)
        else:
            table.write_parquet(part / file, statistics=False)
    records = {name: table.height for name, table in datasets.items()}
    files = {name: file for name, (_, file) in with_files.items()}
    write_manifest(part, study, transfer_date, cutoff, records, files)
    part.rename(target)


def check_dates(last_date: date, cutoff: date, transfer_date: date) -> None:
    """Refuse a cut-off that the simulation does not reach, or a transfer before it."""
    if cutoff > last_date:
        raise ValueError(
            f"cut-off {cutoff} is after the last simulated day {last_date}; "
            "simulate with Parameters(last_date=...) at or after it"
        )
    if transfer_date < cutoff:
        raise ValueError(f"transfer date {transfer_date} is before the cut-off {cutoff}")


def start_transfer(target: Path) -> Path:
    """An empty hidden folder beside `target`, to be renamed to it when complete.

    Raises:
        FileExistsError: `target` is already there; transfers are never overwritten.
    """
    if target.exists():
        raise FileExistsError(f"{target} is already there; choose another transfer date")
    part = target.with_name(f".{target.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    return part


def write_manifest(
    folder: Path,
    study: str,
    transfer_date: date,
    cutoff: date,
    records: Mapping[str, int],
    files: Mapping[str, str],
) -> None:
    """Write `manifest.json` of a transfer (landing contract): sizes and hashes of its files."""
    datasets = [
        {
            "name": name,
            "file": file,
            "records": records[name],
            "bytes": (folder / file).stat().st_size,
            "sha256": _sha256(folder / file),
        }
        for name, file in files.items()
    ]
    manifest = {
        "study": study,
        "transfer_date": transfer_date.isoformat(),
        "cutoff": cutoff.isoformat(),
        "cumulative": True,
        "datasets": datasets,
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_truth(trial: SimulatedTrial, folder: Path) -> list[Path]:
    """Write the latent histories as Parquet; never into a landing folder.

    Raises:
        ValueError: the folder holds transfers: the pipeline must not find the truth there.
    """
    if any(folder.glob("*/*/manifest.json")):
        raise ValueError(f"{folder} is a landing folder; write the truth beside it")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in trial.truth.items():
        path = folder / f"{name}.parquet"
        part = path.with_name(f".{path.name}.part")
        table.write_parquet(part, statistics=False)
        part.rename(path)
        paths.append(path)
    return paths
