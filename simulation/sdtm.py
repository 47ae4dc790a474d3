"""From rows about persons to SDTM datasets: identifiers, sequence numbers, column order, texts."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from simulation.codes import STUDIES
from simulation.cohort import EPOCH, Cohort
from simulation.parameters import NEVER
from warehouse.contracts import RAW
from warehouse.contracts.raw import SOURCE

#: Datasets of the extracts. MH and SC are collected at enrolment only.
DATASETS = tuple(name.upper() for name in RAW)
CORE_ONLY = ("MH", "SC")

_FIRST = np.datetime64("1930-01-01", "D").astype(int)
_LAST = np.datetime64("2060-01-01", "D").astype(int)
#: ISO text of every day that can occur: a look-up is much faster than formatting each row.
_DAY_TEXT = pl.Series(
    [(EPOCH + timedelta(days=day)).isoformat() for day in range(int(_FIRST), int(_LAST))]
)


def studies_of(dataset: str) -> tuple[str, ...]:
    """Studies whose transfer holds a dataset."""
    return STUDIES[:2] if dataset in CORE_ONLY else STUDIES


def date_text(epoch_days: npt.ArrayLike) -> pl.Series:
    """ISO 8601 dates; null for days outside 1930 .. 2059, so also for NEVER."""
    days = np.asarray(epoch_days, dtype=np.int64)
    is_day = (days >= _FIRST) & (days < _LAST)
    index = pl.Series(np.where(is_day, days - _FIRST, 0).astype(np.uint32))
    text = _DAY_TEXT.gather(index)
    if is_day.all():
        return text
    return pl.select(pl.when(pl.Series(is_day)).then(text)).to_series()


def datetime_text(epoch_days: npt.ArrayLike, minutes: npt.ArrayLike) -> pl.Series:
    """ISO 8601 date-times to the minute; `minutes` may run past the end of the day."""
    total = np.asarray(minutes, dtype=np.int64)
    days = np.asarray(epoch_days, dtype=np.int64) + total // 1440
    clock = pl.Series([f"T{m // 60:02d}:{m % 60:02d}" for m in range(1440)])
    return date_text(days) + clock.gather(pl.Series((total % 1440).astype(np.uint32)))


def coded(terms: tuple[str | None, ...] | list[str], index: npt.ArrayLike) -> pl.Series:
    """Texts by their position in a code list."""
    position = np.asarray(index, dtype=np.int64).astype(np.uint32)
    return pl.Series(list(terms), dtype=pl.String).gather(pl.Series(position))


def partial(
    text: pl.Series, rng: np.random.Generator, *, to_month: npt.ArrayLike, to_year: npt.ArrayLike
) -> pl.Series:
    """Dates cut to year and month, or to the year, with the probabilities given per row."""
    u = rng.random(len(text))
    year = np.broadcast_to(to_year, len(text))
    month = np.broadcast_to(to_month, len(text))
    length = np.where(u < year, 4, np.where(u < year + month, 7, 16))
    return pl.select(text.str.slice(0, pl.Series(length))).to_series() if len(text) else text


def known(days: npt.NDArray, person: npt.NDArray, cohort: Cohort) -> npt.NDArray:
    """Days since day 0 as epoch days; NEVER stays NEVER."""
    return np.where(days >= NEVER, NEVER, days.astype(np.int64) + cohort.day0[person])


def assemble(
    dataset: str, rows: pl.DataFrame, cohort: Cohort, order: list[str]
) -> dict[str, pl.DataFrame]:
    """Dataset of each study from rows with `person`, `study` and the SDTM variables.

    Adds STUDYID, DOMAIN or RDOMAIN, USUBJID and --SEQ (within study and person, in `order`),
    and brings columns into the order and types of the raw contract.

    Raises:
        polars.exceptions.ColumnNotFoundError: a variable of the contract is missing.
    """
    contract = RAW[dataset.lower()]
    prefix = dataset[:2]
    rows = rows.with_columns(pl.col("study").cast(pl.UInt8), pl.col("person").cast(pl.Int32)).sort(
        "study", "person", *order, maintain_order=True
    )
    additions = {
        "STUDYID": coded(STUDIES, rows["study"].to_numpy()),
        "USUBJID": cohort.usubjid.gather(rows["person"]),
    }
    if dataset.startswith("SUPP"):
        additions["RDOMAIN"] = pl.Series([dataset[4:]]).new_from_index(0, len(rows))
    else:
        additions["DOMAIN"] = pl.Series([dataset]).new_from_index(0, len(rows))
    sequence = f"{prefix}SEQ"
    if sequence.lower() in contract.column_names and sequence not in rows.columns:
        additions[sequence] = pl.Series(sequence_numbers(rows))
    table = rows.with_columns(**additions).select(
        pl.col(column.name.upper()).cast(column.dtype) for column in contract.columns[len(SOURCE) :]
    )
    counts = np.bincount(rows["study"].to_numpy(), minlength=len(STUDIES))
    starts = np.concatenate([[0], np.cumsum(counts)])
    return {
        study: table.slice(int(starts[code]), int(counts[code]))
        for code, study in enumerate(STUDIES)
        if study in studies_of(dataset)
    }


def sequence_numbers(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    """1, 2, 3 ... within each run of the same study and person."""
    n = len(rows)
    study, person = rows["study"].to_numpy(), rows["person"].to_numpy()
    position = np.arange(n)
    is_first = np.ones(n, dtype=np.bool_)
    is_first[1:] = (study[1:] != study[:-1]) | (person[1:] != person[:-1])
    return position - np.maximum.accumulate(np.where(is_first, position, 0)) + 1
