"""Which releases stay: removing old ones, never what somebody needs.

Belongs here: the choice, and the removal. Result rows of a removed release stay queryable in
the histories of later ones (`warehouse.history`); its rows about patients, its tables for BI and
its manifest are gone. It can be made again from landing, with the code of its time.

These stay, however many are asked for:

- the newest ones by time of publishing, as many as are asked for;
- the one that readers see, the one that is pinned, and the one that would be shown without a
  pin (newest cut-off, last published);
- the one that the shown release is compared with, so that `topaz diff` can be asked for rows;
- whatever no staying release has in its history: a release of an older cut that was published
  after all the newer ones stays until the next release has taken over its rows.
"""

import shutil

from warehouse.history import known_to
from warehouse.lake import Lake
from warehouse.pointer import current, pinned, publishing
from warehouse.releases import Release, all_releases

_REMOVED = ".removed-"


def prune(lake: Lake, kept: int) -> tuple[str, ...]:
    """Remove releases, the oldest by time of publishing first.

    A release is renamed to a hidden name before it is deleted, so that no reader finds a part of
    one; what a killed removal leaves is deleted by the next. Readers that hold a file open keep
    it.

    Args:
        lake: the lake.
        kept: how many of the newest stay; 0 = all.

    Returns:
        Names of the removed releases, the oldest first.

    Raises:
        LakeBusy: another process publishes; nothing is removed.
        ReleaseRefused: a manifest or the pin cannot be read; nothing is removed.
    """
    with publishing(lake):
        for leftover in lake.releases.glob(f"{_REMOVED}*"):
            shutil.rmtree(leftover)
        removed = removable(lake, kept)
        for release in removed:
            hidden = lake.releases / f"{_REMOVED}{release.release_id}"
            release.folder.rename(hidden)
            shutil.rmtree(hidden)
    return tuple(release.release_id for release in removed)


def removable(lake: Lake, kept: int) -> list[Release]:
    """The releases that `prune` would remove, the oldest by time of publishing first."""
    if kept == 0:
        return []
    by_cut = all_releases(lake)
    if not by_cut:
        return []
    by_time = sorted(by_cut, key=lambda release: release.created_at)
    shown, pin = current(lake), pinned(lake)
    needed = {release.release_id for release in by_time[-kept:]} | {by_cut[-1].release_id}
    if pin is not None:
        needed.add(pin.release_id)
    if shown is not None:
        needed |= {shown.release_id, str(shown.manifest.get("base_release_id"))}
    staying = [release for release in by_time if release.release_id in needed]
    known = set().union(*(known_to(release) for release in staying))
    return [
        release
        for release in by_time
        if release.release_id not in needed and release.release_id in known
    ]
