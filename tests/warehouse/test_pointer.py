"""Which release readers see, and the pin."""

import pytest
from support.releases import make_release

from orchestration.rollback import pin_notice, releases_text, rollback_text, unpin_text
from warehouse.lake import Lake, LakeBusy, lock
from warehouse.pointer import Pin, current, pinned, point, rollback, unpin
from warehouse.releases import ReleaseRefused


@pytest.fixture
def lake(tmp_path) -> Lake:
    """Two releases; the newer one is shown."""
    lake = Lake(tmp_path)
    make_release(lake.releases, "2016-x", {}, data_cut="2016-10-04")
    point(lake, make_release(lake.releases, "2017-y", {}))
    return lake


def shown(lake: Lake) -> str:
    return current(lake).release_id


def test_a_rollback_shows_and_pins(lake):
    text = rollback_text(lake, "2016-x", "wrong units")
    assert shown(lake) == "2016-x"
    assert pinned(lake) == Pin("2016-x", "wrong units")
    assert text.startswith("Readers now see release 2016-x (cut-off 2016-10-04), and it is pinned")
    assert pin_notice(lake) == (
        "2016-x is pinned (wrong units): later releases are made and not shown. The newest "
        "release is 2017-y. `topaz rollback --unpin` shows the newest."
    )


def test_unpinning_shows_the_newest(lake):
    rollback(lake, "2016-x")
    assert unpin_text(lake).startswith("Readers now see the newest release, 2017-y")
    assert shown(lake) == "2017-y"
    assert pinned(lake) is None
    assert pin_notice(lake) is None


def test_unpinning_twice_is_unpinning_once(lake):
    rollback(lake, "2016-x")
    assert unpin(lake) == unpin(lake)


def test_the_pinned_release_may_be_the_newest(lake):
    rollback(lake, "2017-y")
    assert "The newest release is" not in pin_notice(lake)


def test_an_unknown_release_is_refused_and_those_that_exist_are_named(lake):
    with pytest.raises(
        ReleaseRefused, match=r"There is no release 2015-z in .*; there is: 2016-x, 2017-y\."
    ):
        rollback(lake, "2015-z")
    assert shown(lake) == "2017-y"
    assert pinned(lake) is None


def test_a_damaged_release_is_refused(lake):
    (lake.releases / "2016-x" / "results" / "results" / "result.parquet").unlink()
    with pytest.raises(ReleaseRefused, match=r"2016-x is damaged and cannot be shown: .* missing"):
        rollback(lake, "2016-x")
    assert shown(lake) == "2017-y"
    assert pinned(lake) is None


def test_the_pin_stays_if_the_newest_release_is_damaged(lake):
    rollback(lake, "2016-x")
    (lake.releases / "2017-y" / "results" / "results" / "result.parquet").unlink()
    with pytest.raises(ReleaseRefused, match="2017-y is damaged"):
        unpin(lake)
    assert shown(lake) == "2016-x"
    assert pinned(lake) is not None


def test_nothing_moves_while_another_publishes(lake):
    with lock(lake.published / "lock", "Publishing"), pytest.raises(LakeBusy):
        rollback(lake, "2016-x")
    assert shown(lake) == "2017-y"


def test_a_pin_that_cannot_be_read_says_what_to_do(lake):
    (lake.published / "pinned.json").write_text("{")
    with pytest.raises(ReleaseRefused, match=r"pinned\.json cannot be read .*remove the file"):
        pinned(lake)
    rollback(lake, "2016-x")
    assert pinned(lake).release_id == "2016-x"


def test_before_the_first_release_there_is_nothing_to_show(tmp_path):
    lake = Lake(tmp_path)
    assert unpin_text(lake) == "Nothing is published yet, and nothing is pinned."
    assert releases_text(lake).startswith("There is no release in ")
    with pytest.raises(ReleaseRefused, match="there is: none"):
        rollback(lake, "x")
