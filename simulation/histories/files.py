"""The kept datasets as files: one Parquet file per dataset, and an index of them.

Belongs here: the folder, its index (`index.json`: studies, rows, steps taken, hashes) and the
checks. What makes the tables small is in `steps` and `layout`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from simulation.histories.layout import ORDER, steps_of
from simulation.histories.steps import Step
from warehouse.contracts import RAW
from warehouse.contracts.raw import SOURCE

INDEX = "index.json"
_LEVEL = 22


class HistoriesDamaged(Exception):
    """A file of the kept histories is missing or not what the index says it is."""


def write_files(datasets: Mapping[str, Mapping[str, pl.DataFrame]], folder: Path) -> None:
    """Write datasets so small that they can lie in the repository; what is there is replaced.

    Args:
        datasets: study -> dataset -> rows, of the variables and types of the landing contract.
        folder: where the files go; created if missing.

    Raises:
        ValueError: a table is not as in the contract, DM is missing, a person is not in DM, or
            a table would not come back as it was.
    """
    restored: dict[str, pl.DataFrame] = {}
    packed: dict[str, bytes] = {}
    entries: dict[str, Any] = {}
    held = {name for tables in datasets.values() for name in tables}
    for name in ORDER:
        if name not in held:
            continue
        studies = {study: tables[name] for study, tables in datasets.items() if name in tables}
        whole = _whole(name, studies, restored)
        shrunk, taken = _shrink(whole, steps_of(name), restored)
        packed[name] = _pack(shrunk)
        entries[name] = {
            "file": f"{name.lower()}.parquet",
            "sha256": hashlib.sha256(packed[name]).hexdigest(),
            "steps": taken,
        }
        restored[name] = whole
    rows = {
        study: {name: table.height for name, table in tables.items()}
        for study, tables in datasets.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.parquet"):
        path.unlink()
    for name, content in packed.items():
        (folder / entries[name]["file"]).write_bytes(content)
    index = json.dumps({"studies": rows, "datasets": entries}, indent=1) + "\n"
    (folder / INDEX).write_text(index, encoding="utf-8")


def read_files(folder: Path) -> dict[str, dict[str, pl.DataFrame]]:
    """What `write_files` was given: the same rows, order, types, and order of datasets.

    Raises:
        HistoriesDamaged: a file is missing or was changed; the message names it.
    """
    index = _read_index(folder / INDEX)
    restored: dict[str, pl.DataFrame] = {}
    for name, entry in index["datasets"].items():
        table = _unpack(folder / entry["file"], entry["sha256"])
        heights = {
            study: tables[name] for study, tables in index["studies"].items() if name in tables
        }
        if sum(heights.values()) != table.height:
            message = f"{folder / INDEX} tells other numbers of rows of {name} than {entry['file']}"
            raise HistoriesDamaged(f"{message} has: take both from the repository again")
        studies = [pl.repeat(study, height, eager=True) for study, height in heights.items()]
        table = table.with_columns(STUDYID=pl.concat(studies))
        for step in reversed(_steps_taken(name, entry["steps"], folder)):
            table = step.restore(table, restored)
        restored[name] = table.select(*_schema(name))
    place = dict.fromkeys(restored, 0)
    datasets: dict[str, dict[str, pl.DataFrame]] = {}
    for study, tables in index["studies"].items():
        datasets[study] = {}
        for name, height in tables.items():
            datasets[study][name] = restored[name].slice(place[name], height)
            place[name] += height
    return datasets


def _steps_taken(name: str, names: list[str], folder: Path) -> list[Step]:
    known = {step.name: step for step in steps_of(name)}
    unknown = [step for step in names if step not in known]
    if unknown:
        message = f"{folder / INDEX} names steps that {name} has no more: {unknown}. Write it anew"
        raise HistoriesDamaged(message)
    return [known[step] for step in names]


def _schema(name: str) -> dict[str, pl.DataType]:
    columns = RAW[name.lower()].columns[len(SOURCE) :]
    return {column.name.upper(): column.dtype for column in columns}


def _whole(
    name: str, studies: Mapping[str, pl.DataFrame], restored: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """The dataset of all studies, checked."""
    if name != "DM" and "DM" not in restored:
        raise ValueError(f"{name} is there without DM, which tells the persons")
    for study, table in studies.items():
        if list(table.schema.items()) != list(_schema(name).items()):
            raise ValueError(f"{name} of {study} has not the variables of the landing contract")
        if not (table["STUDYID"] == study).all():
            raise ValueError(f"{name} of {study} has rows with another STUDYID")
    whole = pl.concat(studies.values())
    known = restored.get("DM", whole)["USUBJID"]
    strangers = whole.filter(~pl.col("USUBJID").is_in(known.implode()))["USUBJID"]
    if len(strangers):
        raise ValueError(f"{name} tells of persons who are not in DM: {strangers[0]} ...")
    return whole


def _shrink(
    whole: pl.DataFrame, steps: Iterable[Step], restored: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, list[str]]:
    """The table after every step that loses nothing on it, and the names of these steps."""
    table, taken = whole, []
    for step in steps:
        shrunk = step.shrink(table, restored)
        back = step.restore(shrunk, restored).select(table.columns)
        if back.schema == table.schema and back.equals(table):
            table = shrunk
            taken.append(step.name)
    return table.drop("STUDYID"), taken


def _pack(table: pl.DataFrame) -> bytes:
    """Parquet; whole numbers as their bytes apart, most of which are 0: a tenth less than else."""
    numbers = [name for name, dtype in table.schema.items() if dtype.is_integer()]
    target = BytesIO()
    pq.write_table(
        table.to_arrow(),
        target,
        # One page per column: a new one every 20,000 rows would begin with nothing to refer to.
        row_group_size=max(1, table.height),
        max_rows_per_page=max(1, table.height),
        use_dictionary=[name for name in table.columns if name not in numbers],
        column_encoding=dict.fromkeys(numbers, "BYTE_STREAM_SPLIT"),
        compression="zstd",
        compression_level=_LEVEL,
        write_statistics=False,
        store_schema=False,
    )
    return target.getvalue()


def _unpack(path: Path, sha256: str) -> pl.DataFrame:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise HistoriesDamaged(f"{path} is missing: take it from the repository again") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        message = f"{path} is not as it was written: take it from the repository again"
        raise HistoriesDamaged(message)
    return pl.read_parquet(BytesIO(content))


def _read_index(path: Path) -> dict[str, Any]:
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(index, dict) or not {"studies", "datasets"} <= index.keys():
            raise ValueError
    except FileNotFoundError:
        raise HistoriesDamaged(f"{path} is missing: take it from the repository again") from None
    except ValueError:
        raise HistoriesDamaged(
            f"{path} cannot be read: take it from the repository again"
        ) from None
    return index
