"""What `topaz transfers` and `topaz status` tell of the ledger.

Belongs here: text for people. Does not belong here: judging (`warehouse.intake`).
"""

from collections.abc import Collection, Iterable
from textwrap import wrap

from orchestration.plan import look_at_landing
from orchestration.settings import load_operations
from warehouse.intake import misplaced_folders, unknown_folders
from warehouse.lake import Lake
from warehouse.ledger import Attempt, Entry, Ledger
from warehouse.releases import find
from warehouse.selection import read_delivered_crosswalk

_HEADER = (
    f"{'study':<16}{'transfer':<12}{'cut-off':<12}{'state':<12}{'files':>5}{'records':>11}  used by"
)
_WIDTH = 100


def transfers_text(lake: Lake) -> str:
    """Every transfer of the ledger, brought up to date first, with reasons below it.

    Raises:
        SettingsError: the settings have a mistake.
        TransferRefused: there is no landing folder.
        LedgerDamaged: the ledger cannot be read.
    """
    entries = look_at_landing(lake)
    lines = [_HEADER]
    for entry in entries:
        lines += [_line(entry), *_details(entry)]
    return "\n".join([*lines, *stopped_cuts(lake), *_strangers(lake)])


def findings_of_transfers(lake: Lake) -> list[str]:
    """One line or more for each transfer that wants a person's look, as the ledger stands.

    One that is refused is told until a newer one of its study is accepted; `topaz transfers` tells
    of it ever after.
    """
    entries = [one for one in Ledger(lake.root).entries() if one.is_present]
    return [*_waiting(entries), *_strangers(lake)]


def stopped_cuts(lake: Lake) -> list[str]:
    """Each cut whose last try did not publish, why, and whether it is tried again."""
    ledger = Ledger(lake.root)
    waits = load_operations(lake.root).retry_waits
    lines = []
    for attempt in ledger.last_attempts():
        # One that is there was published by a run that was killed before it could say so.
        if (
            attempt.outcome not in ("refused", "stopped", "failed")
            or find(lake, attempt.release_id) is not None
        ):
            continue
        next_try = ledger.next_try(attempt.data_cut, attempt.release_id, waits)
        lines.append(
            f"  {attempt.outcome:<9}cut {attempt.data_cut}, {attempt.at:%Y-%m-%d %H:%M} UTC, "
            f"try {attempt.n} of release {attempt.release_id}"
        )
        again = (
            f"tried again after {next_try:%Y-%m-%d %H:%M} UTC" if next_try else _given_up(attempt)
        )
        lines += [*_wrapped(_first_line(attempt.text)), *_wrapped(again)]
    return lines


def _given_up(attempt: Attempt) -> str:
    if attempt.outcome != "stopped":
        return f"not tried again by itself; topaz refresh --cut {attempt.data_cut} tries once more"
    return "not tried again until data, code or settings change"


def _first_line(text: str) -> str:
    """What happened; the trace of it stands with the run in the web UI."""
    return next((line for line in text.splitlines() if line.strip()), "nothing is known of its end")


def _waiting(entries: Collection[Entry]) -> list[str]:
    accepted = [one for one in entries if one.state == "accepted"]
    lines = []
    for entry in entries:
        is_overtaken = any(
            one.study_id == entry.study_id and one.is_newer_than(entry) for one in accepted
        )
        if entry.state == "incomplete":
            lines.append(
                f"  arriving {entry.folder}: last change {entry.changed_at:%Y-%m-%d %H:%M} UTC, "
                f"judged as it is at {entry.due_at:%Y-%m-%d %H:%M} UTC"
            )
            lines += _reasons(entry)
        elif entry.state == "refused" and not is_overtaken:
            lines += [f"  refused  {entry.folder}", *_reasons(entry)]
        elif entry.state in ("new", "accepted"):
            lines += [f"  note     {note}" for note in entry.notes]
    return lines


def _strangers(lake: Lake) -> list[str]:
    """What lies in landing and is read as no transfer: the crosswalk, if it has faults, as well."""
    if not lake.landing.is_dir():
        return []
    return [
        *(f"  refused  {finding}" for finding in read_delivered_crosswalk(lake.landing)[1]),
        *(f"  misnamed {finding}" for finding in misplaced_folders(lake.landing)),
        *(
            f"  ignored  {name}: no study of the trial is called so; nothing in it is read"
            for name in unknown_folders(lake.landing)
        ),
    ]


def _line(entry: Entry) -> str:
    state = entry.state if entry.is_present else f"{entry.state}, gone"
    return (
        f"{entry.study_id:<16}{entry.transfer_date!s:<12}{entry.cutoff or 'unknown'!s:<12}"
        f"{state:<12}{len(entry.datasets):>5}{entry.records:>11,}  {_uses(entry)}"
    ).rstrip()


def _uses(entry: Entry) -> str:
    """The newest release made from it as it lies, and how many more there are."""
    if not entry.has_served:
        return ""
    more = f" and {len(entry.used_by) - 1} before" if len(entry.used_by) > 1 else ""
    return f"{entry.used_by[-1]}{more}"


def _details(entry: Entry) -> list[str]:
    return [*_reasons(entry), *(line for note in entry.notes for line in _wrapped(note))]


def _reasons(entry: Entry) -> list[str]:
    return [line for reason in entry.reasons for line in _wrapped(str(reason))]


def _wrapped(text: str) -> Iterable[str]:
    """A paragraph below what it belongs to; a message of several lines keeps them."""
    lines = text.splitlines()
    return [
        part
        for line in lines
        for part in wrap(
            line,
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]
