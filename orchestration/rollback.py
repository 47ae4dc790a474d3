"""What `topaz rollback` does and prints, and what `topaz status` says of a pin.

Belongs here: text for people. Does not belong here: moving the pointer (`warehouse.pointer`).
"""

from warehouse.lake import Lake
from warehouse.pointer import current, pinned, rollback, unpin
from warehouse.releases import all_releases, find


def rollback_text(lake: Lake, release_id: str, reason: str = "") -> str:
    """Show a release, pin it, and say so.

    Raises:
        ReleaseRefused: there is no such release, or it is damaged.
        LakeBusy: another process publishes.
    """
    release = rollback(lake, release_id, reason)
    return (
        f"Readers now see release {release.release_id} (cut-off {release.data_cut}), and it is "
        "pinned: later refreshes make releases and do not show them, until `topaz rollback "
        "--unpin`. A BI tool that is connected sees it when it connects again."
    )


def unpin_text(lake: Lake) -> str:
    """Show the newest release, remove the pin, and say so.

    Raises:
        ReleaseRefused: the newest release is damaged.
        LakeBusy: another process publishes.
    """
    release = unpin(lake)
    if release is None:
        return "Nothing is published yet, and nothing is pinned."
    return (
        f"Readers now see the newest release, {release.release_id} (cut-off {release.data_cut}), "
        "and those that are published from now on."
    )


def releases_text(lake: Lake) -> str:
    """Every release, the newest first, with marks: shown, pinned, newest."""
    releases = all_releases(lake)
    if not releases:
        return f"There is no release in {lake.releases} yet."
    shown, pin = current(lake), pinned(lake)
    marked = {
        "shown": shown.release_id if shown else None,
        "pinned": pin.release_id if pin else None,
        "newest": releases[-1].release_id,
    }
    lines = []
    for release in reversed(releases):
        marks = [mark for mark, name in marked.items() if name == release.release_id]
        line = f"{release.release_id}   made {release.created_at}   {', '.join(marks)}"
        lines.append(line.rstrip())
    notice = pin_notice(lake)
    return "\n".join([*lines, "", notice] if notice else lines)


def pin_notice(lake: Lake) -> str | None:
    """One sentence if a pin holds readers at a release; None if there is none.

    Raises:
        ReleaseRefused: the pin cannot be read.
    """
    pin = pinned(lake)
    if pin is None:
        return None
    if find(lake, pin.release_id) is None:
        return (
            f"{pin.release_id} is pinned, and is not there: readers see nothing. `topaz rollback "
            "--unpin` shows the newest."
        )
    newest = all_releases(lake)[-1].release_id if all_releases(lake) else pin.release_id
    waiting = "" if newest == pin.release_id else f" The newest release is {newest}."
    reason = f" ({pin.reason})" if pin.reason else ""
    return (
        f"{pin.release_id} is pinned{reason}: later releases are made and not shown.{waiting} "
        "`topaz rollback --unpin` shows the newest."
    )
