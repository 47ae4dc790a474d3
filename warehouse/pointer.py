"""The release that readers see: `published/current`, and the pin that holds it there.

Belongs here: which release is shown, and moving that. Does not belong here: making a release
(`warehouse.release`).

`current` is a symbolic link to a release's results, replaced in one step. It shows the newest
cut-off date, and of that the release that was published last, unless a pin
(`published/pinned.json`) holds it at another one: then releases are still made, and not shown.
"""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from warehouse.files import atomic_write, to_json
from warehouse.lake import Lake, lock
from warehouse.releases import (
    Release,
    ReleaseRefused,
    UnknownRelease,
    all_releases,
    damage,
    find,
    read_release,
)


@dataclass(frozen=True)
class Pin:
    """The release that readers keep seeing, and why."""

    release_id: str
    reason: str


def current(lake: Lake) -> Release | None:
    """The release that readers see, or None before the first."""
    pointer = lake.published / "current"
    return read_release(pointer.resolve().parent) if pointer.exists() else None


def pinned(lake: Lake) -> Pin | None:
    """The pin, if there is one.

    Raises:
        ReleaseRefused: the file cannot be read.
    """
    path = _pin_path(lake)
    try:
        return Pin(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        message = (
            f"{path} cannot be read ({error}). Pin the release again (topaz rollback RELEASE), or "
            "remove the file."
        )
        raise ReleaseRefused(message) from None


def publishing(lake: Lake) -> contextlib.AbstractContextManager[None]:
    """The lock of whoever publishes, moves the pointer or removes releases.

    Raises (on entering):
        LakeBusy: another process does.
    """
    return lock(lake.published / "lock", "Publishing")


def rollback(lake: Lake, release_id: str, reason: str = "") -> Release:
    """Show a release, and pin it: later ones are made, and not shown.

    Args:
        lake: the lake.
        release_id: the release to show, also a newer one than is shown.
        reason: why, in words; kept with the pin.

    Returns:
        The release that is now shown.

    Raises:
        UnknownRelease: there is no such release; those that exist are named.
        ReleaseRefused: it is damaged.
        LakeBusy: another process publishes.
    """
    with publishing(lake):
        release = find(lake, release_id)
        if release is None:
            known = ", ".join(one.release_id for one in all_releases(lake)) or "none"
            message = f"There is no release {release_id} in {lake.releases}; there is: {known}."
            raise UnknownRelease(message)
        _refuse_damaged(release)
        # The pin first: killed in between, the next publishing moves the pointer where it says.
        atomic_write(_pin_path(lake), to_json(asdict(Pin(release_id, reason))))
        point(lake, release)
    return release


def unpin(lake: Lake) -> Release | None:
    """Show the newest release again, and those that are published from now on.

    Returns:
        The release that is now shown; None if there is none.

    Raises:
        ReleaseRefused: the newest release is damaged; the pin stays.
        LakeBusy: another process publishes.
    """
    with publishing(lake):
        releases = all_releases(lake)
        if releases:
            _refuse_damaged(releases[-1])
        _pin_path(lake).unlink(missing_ok=True)
        if not releases:
            return None
        point(lake, releases[-1])
        return releases[-1]


def point(lake: Lake, release: Release) -> None:
    """Let readers see a release; the caller holds the lock of publishing."""
    lake.published.mkdir(parents=True, exist_ok=True)
    temporary = lake.published / ".current.tmp"
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    temporary.symlink_to(Path("..") / "releases" / release.release_id / "results")
    temporary.replace(lake.published / "current")


def _refuse_damaged(release: Release) -> None:
    damaged = damage(release)
    if damaged:
        message = (
            f"Release {release.release_id} is damaged and cannot be shown: {', '.join(damaged)}. "
            f"Restore it, or move {release.folder} away."
        )
        raise ReleaseRefused(message)


def _pin_path(lake: Lake) -> Path:
    return lake.published / "pinned.json"
