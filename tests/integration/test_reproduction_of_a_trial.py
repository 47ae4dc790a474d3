"""The kept mapping on whole result tables: every key is a result row, every gate holds."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from expectations.runner import close_session, run_suite
from expectations.suites import suite_for
from models.reproduction import tables
from orchestration.cli import main
from orchestration.compute import replay
from orchestration.tables import DERIVED_TABLES
from simulation import simulate_trial
from simulation.raw_tables import as_raw_tables
from transforms.rules import Rules
from warehouse.contracts import RESULTS

TABLE, SENSITIVITY = "results.reproduction", "results.result_sensitivity"
SOURCES = ("results.result", "windows.line_listing")
RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
PRIMARY = {table.sql_name for table in DERIVED_TABLES} - {SENSITIVITY}
UNKNOWN = "no such result row at this cut"

Tables = dict[str, pl.LazyFrame]


def tables_of(raw: Tables, rules: Rules, *targets: str) -> Tables:
    """Tables of a cut, without the other readings of the plan."""
    others = pl.LazyFrame(schema=RESULTS["result_sensitivity"].schema)
    return replay(
        raw, rules, again=PRIMARY, targets=(TABLE, *targets), replaced={SENSITIVITY: others}
    )


@pytest.fixture(scope="module")
def raw() -> Tables:
    """A trial of the paper's size, with patients as nature has it."""
    trial = simulate_trial(811, 11, leave_out=("KFSS",))
    return {name: table.collect().lazy() for name, table in as_raw_tables(trial.datasets).items()}


@pytest.fixture(scope="module")
def found(raw: Tables) -> Tables:
    return tables_of(raw, RULES, *SOURCES)


def test_every_key_of_the_mapping_is_a_result_row_at_year_8(found: Tables) -> None:
    rows = found[TABLE].collect()
    assert rows.height == 400
    assert rows.filter(pl.col("note").str.contains(UNKNOWN)).height == 0
    estimated = rows.filter(kind="estimated")
    assert estimated.filter(outcome="absent").height == 0
    # Another trial: shares, means and rates are near what is printed, never the same.
    assert 10 < estimated.filter(outcome="match").height < 150
    percentages = estimated.filter(unit="%", outcome="difference")
    off = (percentages["computed_value"] - percentages["printed_value"]).abs()
    assert off.median() < 5
    assert rows.filter(kind="design")["outcome"].unique().to_list() == ["match"]


@pytest.mark.parametrize(("cutoff", "years"), [("2017-10-04", 8), ("2016-10-04", 7)])
def test_the_gate_holds_on_natural_patients_at_each_cut(
    raw: Tables, tmp_path: Path, cutoff: str, years: int
) -> None:
    rules = Rules(cutoff=date.fromisoformat(cutoff), horizon_years=years)
    paths = {}
    for name, table in tables_of(raw, rules, *SOURCES).items():
        paths[name] = tmp_path / f"{name}.parquet"
        table.collect().write_parquet(paths[name])
    report = run_suite(suite_for(RESULTS["reproduction"], rules), paths)
    close_session()
    assert report.passed, report.describe()
    if years == 7:
        rows = pl.read_parquet(paths[TABLE])
        absent = rows.filter(outcome="absent", kind="estimated")
        assert absent.height > 100
        assert absent["note"].str.contains(UNKNOWN).all()


def test_the_order_of_rows_changes_nothing(found: Tables) -> None:
    backwards = {name: found[name].collect().reverse().lazy() for name in SOURCES}
    again = replay(backwards, RULES, again={TABLE}, targets=[TABLE])
    assert again[TABLE].collect().equals(found[TABLE].collect())


def test_without_printed_values_all_else_is_as_it_was(
    raw: Tables, found: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    without = tables_of(raw, RULES, *SOURCES)
    assert without[TABLE].collect().is_empty()
    for name in SOURCES:
        assert without[name].collect().equals(found[name].collect())


def test_the_command_tells_what_is_published(published_lake, capsys) -> None:
    assert main(["reproduce", "--root", str(published_lake.root)]) == 0
    told = capsys.readouterr().out
    assert "Comi et al." in told
    assert told.splitlines()[-1] == "  design     32 of 32"
    assert main(["reproduce", "--all", "--root", str(published_lake.root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("P0")]) == 400
    assert main(["reproduce", "--cut", "2015-10-04", "--root", str(published_lake.root)]) == 6
    assert "no release has the cut 2015-10-04" in capsys.readouterr().err
    assert main(["refresh", "--root", str(published_lake.root)]) == 0
    assert "estimated " in capsys.readouterr().out.split("printed values: ")[1]
