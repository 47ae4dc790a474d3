"""The ledger: what came of every transfer, and of every attempt at a cut. The truth about both.

Belongs here: the record, and its file. Does not belong here: judging a transfer
(`warehouse.intake`), deciding what to run (`orchestration.plan`).

    <root>/ledger/transfers.json   one entry per transfer folder
    <root>/ledger/attempts.json    one per try of a cut

It names patients in reasons, so it is for its owner only. Dagster's own memory of runs may be
deleted at any time; the ledger may not, though what it says of accepted transfers is found
again in the manifests of the releases.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from warehouse.files import atomic_write, to_json
from warehouse.lake import lock
from warehouse.manifest import DatasetFile, Finding, Selection, Transfer

#: incomplete: still arriving. new: whole, not used yet. accepted: a published release used it.
#: refused: not fit for use, with reasons. superseded: another transfer took its place.
State = Literal["incomplete", "new", "accepted", "refused", "superseded"]
USABLE: tuple[State, ...] = ("new", "accepted", "superseded")

#: requested: a run was asked for and has not told its end. stopped: a gate did, only other data,
#: code or settings help. refused: landing was not as planned; failed: anything else; a retry may
#: help with both, for a transfer that is not fit for use is refused itself, and not planned with.
Outcome = Literal["requested", "published", "refused", "stopped", "failed"]

_T = TypeVar("_T")


class LedgerDamaged(RuntimeError):
    """The ledger cannot be read; nothing is decided without it."""


@dataclass(frozen=True)
class Entry:
    """One transfer folder.

    Attributes:
        study_id: STUDYID, the name of the folder's parent.
        folder: path relative to landing.
        transfer_date: by the folder's name.
        cutoff: by the manifest; None if that does not tell.
        datasets: files by the manifest; empty if that cannot be read.
        content: fingerprint of the manifest's cut-off and files: equal content is one transfer; of
            what is not whole, the signature.
        signature: names, sizes and times of the files as they were when it was judged.
        state: see `State`.
        reasons: why it is incomplete, refused or superseded.
        notes: what reading it showed, and harms nothing: a text that is no UTF-8.
        first_seen: when it was first looked at.
        changed_at: when its files last changed.
        judged_by: version of the code and settings that judged it.
        used_by: ids of the releases that were made from it, in the order of publishing.
        is_present: whether its folder lies in landing.
        used_content: the content that these releases were made from; empty if there is none.
        held_against: content of the earlier transfer whose patients it must have; empty if there
            was none.
        due_at: when it is judged though it does not match its manifest; None if it is judged.
    """

    study_id: str
    folder: str
    transfer_date: date
    cutoff: date | None
    datasets: tuple[DatasetFile, ...]
    content: str
    signature: str
    state: State
    reasons: tuple[Finding, ...]
    notes: tuple[str, ...]
    first_seen: datetime
    changed_at: datetime
    judged_by: str
    used_by: tuple[str, ...] = ()
    is_present: bool = True
    used_content: str = ""
    held_against: str = ""
    due_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a cut may be made from it."""
        return self.is_present and self.state in USABLE

    @property
    def has_served(self) -> bool:
        """Whether a release was made from it as it lies here."""
        return bool(self.used_by) and self.used_content == self.content

    @property
    def records(self) -> int:
        """Rows of all its files, by the manifest."""
        return sum(file.records for file in self.datasets)

    @property
    def order(self) -> tuple[date, date]:
        """Newest is the latest cut-off and, among equal ones, the latest transfer date."""
        return (self.cutoff or date.min, self.transfer_date)

    @property
    def precedence(self) -> tuple[bool, date]:
        """Of equal content, one that has served a release is used, else the first: the least."""
        return (not self.has_served, self.transfer_date)

    def is_newer_than(self, other: "Entry") -> bool:
        """Whether it comes after another; by the transfer date if its cut-off is not known."""
        if self.cutoff is None:
            return self.transfer_date > other.transfer_date
        return self.order > other.order

    def transfer(self) -> Transfer:
        """The transfer as a cut uses it; only of an entry that is usable."""
        assert self.cutoff is not None, "a usable transfer has a cut-off"
        return Transfer(self.study_id, self.transfer_date, self.cutoff, self.folder, self.datasets)


@dataclass(frozen=True)
class Attempt:
    """One try to make the release of a cut.

    Attributes:
        data_cut: cut-off date, ISO 8601.
        release_id: the release that was to be made; names inputs, code and rules.
        outcome: see `Outcome`.
        text: why it did not publish.
        at: when that was noted.
        n: number of the try for this release, from 1.
    """

    data_cut: str
    release_id: str
    outcome: Outcome
    text: str
    at: datetime
    n: int


class Ledger:
    """The ledger of a lake; each call reads the file, and writes it whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "ledger"

    @property
    def transfers_file(self) -> Path:
        """Where the entries lie."""
        return self._folder / "transfers.json"

    @property
    def is_begun(self) -> bool:
        """Whether anything has been noted of a transfer."""
        return self.transfers_file.is_file()

    def entries(self) -> tuple[Entry, ...]:
        """Every transfer, by study, cut-off and transfer date.

        Raises:
            LedgerDamaged: the file cannot be read.
        """
        return _ordered(self._read(self.transfers_file, _entry))

    @contextlib.contextmanager
    def editing(self) -> Iterator[dict[str, Entry]]:
        """The entries by folder, to be changed; written when the block ends without an error."""
        with self._lock():
            entries = {entry.folder: entry for entry in self.entries()}
            before = dict(entries)
            yield entries
            if entries != before or not self.is_begun:
                self._write(self.transfers_file, _ordered(entries.values()))

    def accept(self, selection: Selection, release_id: str) -> None:
        """Note that a release was made from a selection.

        The transfers are accepted, and older ones of the same studies superseded. A transfer whose
        files have changed since they were read is left as it stands: it was another one.
        """
        with self.editing() as entries:
            for entry in _selected(entries, selection):
                used_by = entry.used_by if entry.has_served else ()
                entries[entry.folder] = replace(
                    entry,
                    state="accepted",
                    used_by=(*(used for used in used_by if used != release_id), release_id),
                    used_content=entry.content,
                    reasons=(),
                )
            supersede(entries)

    def accept_missed(self, selection: Selection, release_id: str) -> None:
        """Note a release that was published by a run that was killed before it noted that."""
        entries = {entry.folder: entry for entry in self.entries()}
        if any(not entry.has_served for entry in _selected(entries, selection)):
            self.accept(selection, release_id)

    def refuse(
        self, findings: Iterable[Finding], judged_by: str, selection: Selection | None = None
    ) -> None:
        """Refuse transfers that no release has used, for findings on files in their folders.

        A transfer with the same content as one that is refused is refused with it. One whose files
        have changed since they were read is left as it stands.

        Args:
            findings: each names a file below the folder that it blames, or the folder itself.
            judged_by: version of the code and settings that found it.
            selection: the transfers as they were read; None if they lie there as they were.
        """
        told: dict[str, list[Finding]] = {}
        for finding in findings:
            told.setdefault("/".join(finding.file.split("/")[:2]), []).append(finding)
        with self.editing() as entries:
            blamed = {
                (entry.study_id, entry.content): tuple(told[entry.folder])
                for entry in (_selected(entries, selection) if selection else entries.values())
                if entry.folder in told and entry.is_usable and not entry.has_served
            }
            for folder, entry in entries.items():
                reasons = blamed.get((entry.study_id, entry.content))
                if reasons is not None and entry.is_usable and not entry.has_served:
                    entries[folder] = replace(
                        entry, state="refused", reasons=reasons, judged_by=judged_by
                    )

    def attempts(self, data_cut: str) -> tuple[Attempt, ...]:
        """The tries of a cut, in the order in which they began."""
        return tuple(one for one in self._attempts() if one.data_cut == data_cut)

    def last_attempts(self) -> tuple[Attempt, ...]:
        """The last try of every cut, by cut."""
        last = {one.data_cut: one for one in self._attempts()}
        return tuple(last[data_cut] for data_cut in sorted(last))

    def record_attempt(self, attempt: Attempt) -> None:
        """Note a try, or how it ended: the same cut, release and number is the same try."""
        with self._lock():
            kept = [one for one in self._attempts() if _try(one) != _try(attempt)]
            self._write(self._folder / "attempts.json", [*kept, attempt])

    def end_attempt(
        self, data_cut: str, release_id: str, outcome: Outcome, text: str, at: datetime
    ) -> None:
        """Note how the last try of a release ended; one that nobody asked for is the first."""
        tries = [one for one in self.attempts(data_cut) if one.release_id == release_id]
        self.record_attempt(Attempt(data_cut, release_id, outcome, text, at, max(1, len(tries))))

    def next_try(
        self, data_cut: str, release_id: str, waits: Sequence[timedelta]
    ) -> datetime | None:
        """When a release may be tried (again) without a person's doing.

        Args:
            data_cut: cut-off date, ISO 8601.
            release_id: the release that is to be made.
            waits: how long to wait after the first try, the second …; after as many there is one
                more try, and none after that.

        Returns:
            The earliest time; long past if it was not tried since it was published; None if another
            try is of no use, or there were as many as may be.
        """
        tries: list[Attempt] = []
        for one in self.attempts(data_cut):
            if one.release_id == release_id:
                # What was published is made again where readers were shown another since.
                tries = [*tries, one] if one.outcome != "published" else []
        if not tries:
            return datetime.min.replace(tzinfo=UTC)
        if any(one.outcome == "stopped" for one in tries) or len(tries) > len(waits):
            return None
        return tries[-1].at + waits[len(tries) - 1]

    def _attempts(self) -> list[Attempt]:
        return self._read(self._folder / "attempts.json", _attempt)

    def _lock(self) -> contextlib.AbstractContextManager[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The sensor's look and a run's note meet now and then. A look at new files takes minutes
        # at the most; a run that is killed while it waits is noted by the next look.
        return lock(self._folder / "lock", "The ledger", is_waiting=True)

    def _read(self, path: Path, read: Callable[[dict[str, Any]], _T]) -> list[_T]:
        try:
            return [read(value) for value in json.loads(path.read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            message = (
                f"{path} cannot be read ({error}). Restore it from a backup; or move it away: what "
                "is in landing is then judged anew, and the releases tell what was accepted."
            )
            raise LedgerDamaged(message) from None

    def _write(self, path: Path, values: Iterable[Entry | Attempt]) -> None:
        atomic_write(path, to_json([_plain(asdict(value)) for value in values]))


def _try(attempt: Attempt) -> tuple[str, str, int]:
    return (attempt.data_cut, attempt.release_id, attempt.n)


def _selected(entries: dict[str, Entry], selection: Selection) -> list[Entry]:
    """The entries of a selection's transfers that are still what was selected."""
    transfers = {transfer.folder: transfer for transfer in selection.transfers}
    return [
        entry
        for folder, entry in entries.items()
        if folder in transfers
        and entry.state in USABLE
        and entry.cutoff == transfers[folder].cutoff
        and set(entry.datasets) == set(transfers[folder].datasets)
    ]


def supersede(entries: dict[str, Entry]) -> None:
    """The newest accepted transfer of a study takes the place of older ones.

    Of those that a release has used, whatever their cut-off; of new ones only where the cut-off is
    the same: a new one with an older cut-off brings a cut that is still to be made.
    """
    newest: dict[str, Entry] = {}
    for entry in _ordered(entries.values()):
        if entry.state == "accepted" and entry.is_present:
            newest[entry.study_id] = entry
    for folder, entry in entries.items():
        last = newest.get(entry.study_id)
        if last is None or entry.order >= last.order:
            continue
        if entry.state == "accepted" or (entry.state == "new" and entry.cutoff == last.cutoff):
            message = f"{last.folder} (cut-off {last.cutoff}) took its place"
            reason = Finding(entry.study_id, folder, "superseded", message)
            entries[folder] = replace(entry, state="superseded", reasons=(reason,))


def _ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.study_id, *entry.order)))


def _plain(value: Any) -> Any:
    """JSON values: dates and times in ISO 8601."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _entry(value: dict[str, Any]) -> Entry:
    read: dict[str, Callable[[Any], Any]] = {
        "transfer_date": date.fromisoformat,
        "cutoff": lambda text: None if text is None else date.fromisoformat(text),
        "first_seen": datetime.fromisoformat,
        "changed_at": datetime.fromisoformat,
        "due_at": lambda text: None if text is None else datetime.fromisoformat(text),
        "datasets": lambda files: tuple(DatasetFile(**file) for file in files),
        "reasons": lambda reasons: tuple(Finding(**reason) for reason in reasons),
        "notes": tuple,
        "used_by": tuple,
    }
    return Entry(**{name: read.get(name, lambda same: same)(one) for name, one in value.items()})


def _attempt(value: dict[str, Any]) -> Attempt:
    return Attempt(**{**value, "at": datetime.fromisoformat(value["at"])})
