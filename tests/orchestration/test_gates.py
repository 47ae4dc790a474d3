"""When a gate is asked again, and what it is compared with; what it asks is `expectations`' own."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from support.releases import make_release

from expectations.report import GateReport, Outcome
from expectations.suite import Suite, minimum_rows
from orchestration.gates import _outcome, _was_asked
from orchestration.resources import LakeResource
from warehouse.contracts.table import Column, TableContract
from warehouse.lake import WorkArea

THING = TableContract("core", "thing", "A thing", (Column("n", pl.Int32(), "Number"),), key=("n",))
SUITE = Suite("core.thing", (minimum_rows("structural", "", "Rows."),))


@pytest.fixture
def work(tmp_path: Path) -> WorkArea:
    work = WorkArea(tmp_path, "2017-10-04")
    write(work, 1)
    return work


def write(work: WorkArea, n: int) -> None:
    rows = pl.LazyFrame({"n": [n]}, schema=THING.schema)
    work.write_table(THING, rows, data_version="v", inputs={}, code_version="c")


@pytest.fixture
def asked(monkeypatch) -> list[str | None]:
    """How often the database was asked; a text that lies in it is the error of the next time."""
    errors: list[str | None] = []

    def run_suite(suite: Suite, *_: object) -> GateReport:
        error = errors[-1] if errors and errors[-1] else None
        errors.append(None)
        outcome = Outcome(
            id="rows", severity="structural", rule_id="", message="", passed=error is None,
            error=error, n_unexpected=0, failing_keys=(),
        )  # fmt: skip
        return GateReport(suite.table, 1, (outcome,))

    monkeypatch.setattr("expectations.runner.run_suite", run_suite)
    return errors


def test_a_gate_that_looked_at_the_same_is_not_asked_again_unless_told_to(work, asked):
    for is_anew, n in ((False, 1), (False, 1), (True, 2)):
        assert _outcome(work, SUITE, {}, is_anew=is_anew).has_passed
        assert len(asked) == n
    write(work, 2)
    _outcome(work, SUITE, {}, is_anew=False)
    assert len(asked) == 3


def test_a_gate_that_could_not_be_evaluated_is_asked_again(work, asked):
    """Found in review: out of memory once, the gate was failed for ever."""
    asked.append("Out of Memory Error")
    first = _outcome(work, SUITE, {}, is_anew=False)
    assert (first.has_passed, _was_asked(first)) == (False, False)
    again = _outcome(work, SUITE, {}, is_anew=False)
    assert (again.has_passed, _was_asked(again)) == (True, True)


def test_what_an_earlier_cut_has_damaged_is_not_compared_with(tmp_path):
    """Found in review: a torn table of an older release stopped every later cut."""
    release = make_release(
        tmp_path / "releases", "old", {"core.relapse": [], "raw.ce": []}, data_cut="2016-10-04"
    )
    lake = LakeResource(root=str(tmp_path))
    with lake.yield_for_execution(dg.build_init_resource_context()) as opened:
        tables = ("core.relapse", "raw.ce", "raw.ae")
        assert set(opened.previous_tables("2017-10-04", tables)) == {"core.relapse", "raw.ce"}
        assert opened.previous_tables("2016-10-04", tables) == {}
        path = release.table_path("raw.ce")
        path.write_bytes(path.read_bytes()[:-10])
        assert set(opened.previous_tables("2017-10-04", tables)) == {"core.relapse"}
