"""Same trial, same bytes; what lies in landing is complete or not there."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

import simulation.extracts
from simulation import simulate_trial, write_extracts, write_truth
from simulation.xpt import write_xpt
from warehouse.contracts import RAW


def contents(landing: Path) -> dict[str, bytes]:
    files = (path for path in landing.rglob("*") if path.is_file())
    return {str(path.relative_to(landing)): path.read_bytes() for path in files}


def test_two_runs_give_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        write_extracts(simulate_trial(25, seed=3), tmp_path / name)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_another_seed_gives_another_trial(tmp_path):
    one, other = (simulate_trial(25, seed=seed) for seed in (3, 4))
    for study, tables in one.datasets.items():
        for dataset in ("DM", "QS", "AE"):
            assert not tables[dataset].equals(other.datasets[study][dataset])


def test_header_bears_the_transfer_date_and_not_the_clock(tmp_path):
    table = simulate_trial(2, seed=1).datasets["CAMMS323"]["DM"]
    path = tmp_path / "dm.xpt"
    write_xpt(table, RAW["dm"], path, date(2017, 10, 20))
    header = path.read_bytes()[:560]
    assert header.count(b"20OCT17:00:00:00") == 4
    assert f"{date.today():%d%b%y}".upper().encode() not in header


def test_long_text_is_refused(tmp_path):
    table = simulate_trial(2, seed=1).datasets["CAMMS323"]["DM"]
    table = table.with_columns(RACE=pl.lit("x" * 201))
    with pytest.raises(ValueError, match=r"dm.xpt: texts longer than 200 bytes in .*RACE"):
        write_xpt(table, RAW["dm"], tmp_path / "dm.xpt", date(2017, 10, 20))


def test_parquet_holds_the_same_tables(tmp_path):
    trial = simulate_trial(10, seed=2)
    folders = write_extracts(trial, tmp_path, format="parquet", transfer_date=date(2017, 11, 1))
    for folder in folders:
        assert folder.name == "2017-11-01"
        for name, table in trial.datasets[folder.parent.name].items():
            assert pl.read_parquet(folder / f"{name.lower()}.parquet").equals(table)


def test_transfers_are_never_overwritten(tmp_path):
    trial = simulate_trial(2, seed=1)
    write_extracts(trial, tmp_path)
    before = contents(tmp_path)
    with pytest.raises(FileExistsError, match="CAMMS323/2017-10-20 is already there"):
        write_extracts(simulate_trial(2, seed=2), tmp_path)
    assert contents(tmp_path) == before


def test_a_broken_write_leaves_no_transfer(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(simulation.extracts, "write_manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        write_extracts(simulate_trial(2, seed=1), tmp_path)
    assert not (tmp_path / "CAMMS323" / "2017-10-20").exists()
    monkeypatch.undo()
    write_extracts(simulate_trial(2, seed=1), tmp_path)
    assert [path.name for path in (tmp_path / "CAMMS323").iterdir()] == ["2017-10-20"]


def test_truth_is_written_beside_landing_and_never_in_it(tmp_path):
    trial = simulate_trial(5, seed=1)
    write_extracts(trial, tmp_path / "landing")
    with pytest.raises(ValueError, match="is a landing folder"):
        write_truth(trial, tmp_path / "landing")
    paths = write_truth(trial, tmp_path / "truth")
    assert sorted(path.stem for path in paths) == sorted(trial.truth)
    for path in paths:
        assert pl.read_parquet(path).equals(trial.truth[path.stem])
