"""The pipeline knows nothing of the printed values: without them all else comes out the same."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from models.reproduction import tables
from orchestration.cli import main
from warehouse import release
from warehouse.lake import Lake

COMPARISON = "results.reproduction"


def contents(lake: Lake) -> dict[str, pl.DataFrame]:
    """Tables of the published release by their place in it; not what names the release itself."""
    shown = release.current(lake)
    assert shown is not None
    return {
        str(path.relative_to(shown.folder)): others(pl.read_parquet(path))
        for path in sorted(shown.folder.rglob("*.parquet"))
    }


def others(table: pl.DataFrame) -> pl.DataFrame:
    """Without what names the release and its code, and what is told of the comparison's gate."""
    if "table_name" in table.columns:
        table = table.filter(pl.col("table_name") != COMPARISON)
    return table.drop("release_id", "code", strict=False)


def test_other_patients_and_no_printed_values_all_else_is_the_same(
    published_lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """The lake holds a trial that was not chosen; the printed values are taken away."""
    bare = Lake(tmp_path / "lake")
    shutil.copytree(published_lake.landing, bare.landing)
    (tmp_path / "nothing").mkdir()
    monkeypatch.setattr(tables, "FOLDER", tmp_path / "nothing")

    assert main(["refresh", "--root", str(bare.root)]) == 0

    with_values, without = contents(published_lake), contents(bare)
    assert with_values.keys() == without.keys()
    compared = [name for name in with_values if "reproduction" in name]
    assert [with_values[name].height for name in compared] == [400]
    assert [without[name].height for name in compared] == [0]
    for name in with_values.keys() - compared:
        assert without[name].equals(with_values[name]), name
    capsys.readouterr()
    assert main(["reproduce", "--root", str(bare.root)]) == 0
    assert "no printed values" in capsys.readouterr().out
