"""Tables about patients, computed bucket by bucket of patients, so that memory is a setting.

Patients are independent: a transform gives for a bucket of them the rows that it gives for all.
A bucket is a range of person ids, and tables are sorted by them (raw ones inside a study), so
that of a Parquet file only the row groups of the bucket are read. Does not belong here: models,
which count over all patients and read their tables as streams.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

import polars as pl
from polars.io.plugins import register_io_source

from orchestration.compute import compute
from orchestration.tables import DerivedTable
from transforms.rules import Rules

#: Persons in a bucket. A trial is one bucket, so that a table is one query, as a reader expects.
#: Of the widest table, adverse events, a bucket takes some 1.5 GB; smaller ones read the row
#: groups at their edges more often.
PERSONS_PER_BUCKET = 100_000

#: Buckets computed at once: steps that use one core in one bucket share the machine with another.
AT_ONCE = 2

#: Layers whose tables hold rows about single persons, and depend on these persons alone.
LAYERS = ("core", "windows")
#: Inputs that list the persons of a cut, the first that a table has.
REGISTERS = ("patient", "dm")


def compute_in_buckets(
    table: DerivedTable,
    inputs: Mapping[str, pl.LazyFrame],
    rules: Rules,
    *,
    persons_per_bucket: int = PERSONS_PER_BUCKET,
) -> pl.LazyFrame:
    """A table of the core or windows layer in parts; any other, or a small one, in one go.

    Args:
        table: the table.
        inputs: its input tables by name, as for `compute`.
        rules: the rules of the cut.
        persons_per_bucket: most persons that are computed at once.

    Returns:
        The table, sorted by its key. The buckets are computed one after another when the frame
        is collected or written.
    """
    edges = _edges(inputs, persons_per_bucket) if table.contract.layer in LAYERS else []
    if not edges:
        return compute(table, inputs, rules)

    def rows_of(first: str | None, end: str | None) -> pl.LazyFrame:
        bucket = {name: _between(frame, first, end) for name, frame in inputs.items()}
        return compute(table, bucket, rules)

    def parts(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        frames = [rows_of(first, end) for first, end in pairwise((None, *edges, None))]
        if predicate is not None:
            frames = [frame.filter(predicate) for frame in frames]
        if with_columns is not None:
            frames = [frame.select(with_columns) for frame in frames]
        for part in _collect_in_turn(frames):
            yield part if n_rows is None else part.head(n_rows)
            n_rows = None if n_rows is None else max(0, n_rows - part.height)

    return register_io_source(parts, schema=table.contract.schema)


def _collect_in_turn(frames: Sequence[pl.LazyFrame]) -> Iterator[pl.DataFrame]:
    """Collect frames in order, `AT_ONCE` at a time, none before it is soon wanted."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[pl.DataFrame]] = deque()
        for frame in frames:
            waiting.append(pool.submit(frame.collect))
            if len(waiting) == AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _edges(inputs: Mapping[str, pl.LazyFrame], persons_per_bucket: int) -> Sequence[str]:
    """First person id of every bucket but the first one; none if one bucket holds all."""
    register = next(inputs[name] for name in REGISTERS if name in inputs)
    persons = register.select(_person(register)).unique().collect().to_series().sort()
    return persons[persons_per_bucket::persons_per_bucket].to_list()


def _between(frame: pl.LazyFrame, first: str | None, end: str | None) -> pl.LazyFrame:
    """Rows of the persons from `first` on, before `end`."""
    person = pl.col(_person(frame))
    if first is not None:
        frame = frame.filter(person >= first)
    if end is not None:
        frame = frame.filter(person < end)
    return frame


def _person(frame: pl.LazyFrame) -> str:
    """Name of the column that tells the person: raw tables have USUBJID."""
    return "person_id" if "person_id" in frame.collect_schema() else "usubjid"
