"""Which releases stay."""

import pytest
from support.releases import make_release

from orchestration.rollback import releases_text
from warehouse.lake import Lake, LakeBusy, lock
from warehouse.pointer import point, rollback
from warehouse.releases import Release, all_releases, find
from warehouse.retention import prune

CUT = "2017-10-04"


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path)


def release(
    lake: Lake, name: str, day: int, *, cut: str = CUT, knows: str = "", base: str | None = None
) -> Release:
    """A release, published on a day of November; `knows` lists those in its history."""
    rows = [
        {"release_id": one, "data_cut": CUT, "n_rows": 0, "parameters": "{}"}
        for one in knows.split()
    ]
    return make_release(
        lake.releases,
        name,
        {"history.release": rows, "history.result": []},
        data_cut=cut,
        created_at=f"2017-11-{day:02d}T00:00:00+00:00",
        base=base,
    )


def names(lake: Lake) -> list[str]:
    return sorted(one.release_id for one in all_releases(lake))


@pytest.fixture
def five(lake) -> Lake:
    """Five releases of a cut, one a day, each knowing those before it; the last one is shown."""
    for day, name in enumerate("abcde", start=1):
        made = release(lake, name, day, knows=" ".join("abcde"[: day - 1]))
    point(lake, made)
    return lake


def test_the_newest_stay(five):
    assert prune(five, 2) == ("a", "b", "c")
    assert names(five) == ["d", "e"]


def test_none_is_removed_by_default(five):
    assert prune(five, 0) == ()
    assert names(five) == list("abcde")


def test_more_may_be_kept_than_there_are(five):
    assert prune(five, 9) == ()


def test_an_empty_lake_has_nothing_to_remove(lake):
    assert prune(lake, 1) == ()


def test_the_one_that_is_shown_and_the_pinned_one_stay(five):
    rollback(five, "b")
    assert prune(five, 1) == ("a", "c", "d")
    point(five, find(five, "e"))
    assert prune(five, 1) == ()


def test_what_would_be_shown_without_a_pin_stays(lake):
    """The newest cut-off, though older cuts were published after it."""
    release(lake, "newest-cut", 1, cut="2018-10-04")
    for day, name in ((2, "x"), (3, "y"), (4, "z")):
        made = release(lake, name, day, knows="newest-cut x y")
    point(lake, made)
    assert prune(lake, 1) == ("x", "y")


def test_the_base_of_the_comparison_that_is_shown_stays(lake):
    for day, name in ((1, "a"), (2, "b")):
        release(lake, name, day, knows="a")
    shown = release(lake, "c", 3, knows="a b", base="a")
    point(lake, shown)
    assert prune(lake, 1) == ("b",)


def test_a_release_whose_rows_no_other_has_stays_until_one_has(lake):
    release(lake, "late", 2, cut="2016-10-04")
    point(lake, release(lake, "shown", 1))
    release(lake, "next", 3)
    assert prune(lake, 1) == ()
    release(lake, "heir", 4, knows="late shown next")
    assert prune(lake, 1) == ("late", "next")


def test_an_open_file_stays_readable(five):
    path = find(five, "a").table_path("results.result")
    with path.open("rb") as file:
        prune(five, 1)
        assert file.read(4) == b"PAR1"


def test_what_a_killed_removal_left_is_swept_away_and_never_listed(five):
    (five.releases / "a").rename(five.releases / ".removed-a")
    assert names(five) == list("bcde")
    prune(five, 5)
    assert [path for path in five.releases.iterdir() if path.name.startswith(".")] == []


def test_nothing_is_removed_while_another_publishes(five):
    with lock(five.published / "lock", "Publishing"), pytest.raises(LakeBusy, match="busy"):
        prune(five, 1)
    assert names(five) == list("abcde")


def test_releases_are_deleted_whole_though_their_files_are_read_only(five):
    for path in five.releases.rglob("*.parquet"):
        path.chmod(0o444)
    prune(five, 1)
    assert [path.name for path in five.releases.iterdir()] == ["e"]


def test_the_list_marks_what_is_shown_pinned_and_newest(five):
    rollback(five, "b", "wrong units in c")
    lines = releases_text(five).splitlines()
    assert lines[0] == "e   made 2017-11-05T00:00:00+00:00   newest"
    assert lines[3] == "b   made 2017-11-02T00:00:00+00:00   shown, pinned"
    assert lines[4] == "a   made 2017-11-01T00:00:00+00:00"
