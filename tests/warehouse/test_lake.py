import multiprocessing
import time
from pathlib import Path

import polars as pl
import pytest

from warehouse.contracts.table import Column, TableContract
from warehouse.lake import LakeBusy, TableNotReady, WorkArea

CONTRACT = TableContract(
    "core",
    "thing",
    "A thing",
    (Column("person_id", pl.String(), "Person"), Column("n", pl.Int32(), "Number")),
    key=("person_id",),
)
ROWS = pl.LazyFrame({"person_id": ["a", "b"], "n": [1, 2]}, schema=CONTRACT.schema)


@pytest.fixture
def work(tmp_path: Path) -> WorkArea:
    return WorkArea(tmp_path, "2017-10-04")


def write(work: WorkArea, rows: pl.LazyFrame = ROWS, data_version: str = "v1"):
    return work.write_table(CONTRACT, rows, data_version=data_version, inputs={}, code_version="c1")


def gate(work: WorkArea, *, has_passed: bool, text: str = "") -> None:
    work.write_gate(
        "core.thing",
        work.record("core.thing"),
        gate_version="g1",
        references={},
        has_passed=has_passed,
        report={"text": text},
    )


def test_a_written_table_is_read_back_with_its_record(work):
    record = write(work)
    assert work.record("core.thing") == record
    assert record.rows == 2
    assert work.scan("core.thing").collect().equals(ROWS.collect())


def test_equal_rows_are_equal_bytes(work):
    first = write(work)
    time.sleep(1.1)  # a time stamp of whole seconds in the file would differ
    assert write(work, ROWS.collect().lazy()).sha256 == first.sha256


def test_what_a_killed_run_left_is_replaced_and_never_written_through(work):
    """Found in review: the temporary file may be read-only, or a link to a file of a release."""
    write(work)
    path = work.table_path("core.thing")
    released = work.root / "released.parquet"
    released.hardlink_to(path)
    path.with_name(f".{path.name}.tmp").hardlink_to(path)
    before = released.read_bytes()
    write(work, pl.LazyFrame({"person_id": ["c"], "n": [3]}, schema=CONTRACT.schema), "v2")
    assert released.read_bytes() == before
    assert work.scan("core.thing").collect()["person_id"].to_list() == ["c"]


def test_an_unknown_table_is_not_ready(work):
    with pytest.raises(TableNotReady, match=r"core\.thing has not been computed for cut 2017"):
        work.record("core.thing")


def test_a_table_changed_by_hand_is_not_ready(work):
    write(work)
    path = work.table_path("core.thing")
    pl.DataFrame({"person_id": ["x"], "n": [9]}).write_parquet(path)
    with pytest.raises(TableNotReady, match="not the table that its record describes"):
        work.record("core.thing")


def test_a_table_is_used_only_after_its_gate_passed_on_it_as_it_stands(work):
    write(work)
    with pytest.raises(TableNotReady, match=r"gate of core\.thing has not run"):
        work.passed_record("core.thing")
    gate(work, has_passed=False, text="n of a is 1")
    with pytest.raises(TableNotReady, match=r"gate of core\.thing failed.*n of a is 1"):
        work.passed_record("core.thing")
    gate(work, has_passed=True)
    assert work.passed_record("core.thing").rows == 2
    write(work, ROWS.with_columns(n=pl.col("n") + 1))
    with pytest.raises(TableNotReady, match=r"gate of core\.thing has not run"):
        work.passed_record("core.thing")


def test_no_temporary_file_stays(work):
    write(work)
    gate(work, has_passed=True)
    assert not [path for path in work.root.rglob("*") if path.name.endswith(".tmp")]


def _hold(root: Path, has_lock: multiprocessing.Event, may_end: multiprocessing.Event) -> None:
    with WorkArea(root, "2017-10-04").lock():
        has_lock.set()
        may_end.wait(30)


def test_a_cut_is_worked_on_by_one_process_and_a_killed_one_frees_it(work):
    processes = multiprocessing.get_context("spawn")
    has_lock, may_end = processes.Event(), processes.Event()
    holder = processes.Process(target=_hold, args=(work.root, has_lock, may_end))
    holder.start()
    assert has_lock.wait(30)
    assert work.holder == f"process {holder.pid}"
    with pytest.raises(LakeBusy, match=f"process {holder.pid}"), work.lock():
        pass
    holder.kill()
    holder.join()
    assert work.holder is None
    with work.lock():
        pass
