"""Result rows of earlier releases, kept when their folders are gone."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from support.releases import make_release
from support.work_area import RESULT, fill, publish_filled

from warehouse.database import query
from warehouse.files import file_sha256
from warehouse.history import history_of, known_to
from warehouse.lake import Lake

CUT = "2017-10-04"


def test_rows_of_a_release_that_is_gone_stay_queryable(tmp_path):
    lake = Lake(tmp_path)
    names = []
    for number, value in enumerate((0.07, 0.08, 0.09), start=1):
        fill(lake, CUT, value=value)
        release = publish_filled(
            lake, CUT, revision=str(number), created_at=f"2017-11-0{number}T00:00:00+00:00"
        )
        names.append(release.release_id)
        if number == 2:
            shutil.rmtree(lake.releases / names[0])
    assert query(
        release.database, "SELECT release_id, value FROM history.result ORDER BY ALL"
    ).rows() == sorted([(names[0], 0.07), (names[1], 0.08)])
    rows = query(
        release.database, "SELECT release_id, data_cut, n_rows FROM history.release"
    ).rows()
    assert rows == sorted([(names[0], CUT, 1), (names[1], CUT, 1)])
    assert query(release.database, "SELECT value FROM results.result").item() == 0.09
    assert known_to(release) == set(names[:2])


def earlier(root: Path, name: str, value: float, *history: tuple[str, float]):
    return make_release(
        root,
        name,
        {
            "results.result": [{**RESULT, "value": value}],
            "history.release": [
                {"release_id": one, "data_cut": CUT, "n_rows": 1, "parameters": "{}"}
                for one, _ in history
            ],
            "history.result": [{**RESULT, "value": old, "release_id": one} for one, old in history],
        },
    )


def test_a_release_in_several_histories_counts_once(tmp_path):
    second = earlier(tmp_path, "b", 0.2, ("a", 0.1))
    third = earlier(tmp_path, "c", 0.3, ("a", 0.1), ("b", 0.2))
    for order in ((second, third), (third, second)):
        history = history_of(order)
        assert history.releases["release_id"].to_list() == ["a", "b", "c"]
        assert history.results.select("release_id", "value").rows() == [
            ("a", 0.1),
            ("b", 0.2),
            ("c", 0.3),
        ]


def test_histories_that_know_different_releases_are_joined(tmp_path):
    history = history_of(
        [earlier(tmp_path, "c", 0.3, ("a", 0.1)), earlier(tmp_path, "d", 0.4, ("b", 0.2))]
    )
    assert history.results["release_id"].to_list() == ["a", "b", "c", "d"]


def test_a_release_of_the_first_version_has_rows_and_no_history(tmp_path):
    old = make_release(tmp_path, "a", {"results.result": [RESULT]})
    assert known_to(old) == set()
    assert history_of([old]).releases.select("release_id", "n_rows", "code").rows() == [
        ("a", 1, None)
    ]


def test_a_row_of_an_earlier_version_may_lack_a_column_or_have_one_more(tmp_path):
    old = make_release(tmp_path, "a", {"results.result": [RESULT]})
    path = old.table_path("results.result")
    rows = pl.read_parquet(path).drop("diagnostics").with_columns(former=pl.lit(1))
    rows.write_parquet(path)
    old.manifest["files"][path.relative_to(old.folder).as_posix()] = file_sha256(path)
    history = history_of([old])
    assert history.results["value"].to_list() == [0.07]
    assert history.results["diagnostics"].to_list() == [None]


@pytest.mark.parametrize("damage", ["gone", "other rows", "cut short"])
def test_of_a_damaged_release_the_rows_come_from_another_history(tmp_path, damage):
    old = earlier(tmp_path, "a", 0.07)
    later = earlier(tmp_path, "b", 0.08, ("a", 0.07))
    path = old.table_path("results.result")
    if damage == "gone":
        path.unlink()
    elif damage == "other rows":
        pl.read_parquet(path).with_columns(value=pl.lit(999.0)).write_parquet(path)
    else:
        path.write_bytes(path.read_bytes()[:-100])
    history = history_of([old, later])
    assert sorted(history.results.select("release_id", "value").rows()) == [
        ("a", 0.07),
        ("b", 0.08),
    ]
    assert sorted(history.releases["release_id"]) == ["a", "b"]


def test_a_damaged_history_is_no_reason_to_remove_a_release(tmp_path):
    later = earlier(tmp_path, "b", 0.08, ("a", 0.07))
    assert known_to(later) == {"a"}
    later.table_path("history.result").unlink()
    assert known_to(later) == set()


def test_without_earlier_releases_the_history_is_empty():
    history = history_of([])
    assert history.releases.is_empty()
    assert history.results.is_empty()
