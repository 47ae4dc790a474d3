"""Intake: a look at landing brings the ledger up to date.

Belongs here: when a transfer is complete, and what makes it fit for use. Does not belong here: the
record (`warehouse.ledger`), single files (`warehouse.landing`), which transfers a cut uses
(`warehouse.selection`), when to run.

A transfer is judged once: when all of it is there, or what is wrong with it is nothing that may
still arrive, or nothing has changed in its folder for the settling time. It is judged again when
its content or what judges it changes, or the other transfer changes that it was held against.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from pathlib import Path

import polars as pl

from warehouse.contracts.raw import REQUIRED_DATASETS, raw_table_of
from warehouse.crosswalk import CROSSWALK_NAME, CrosswalkError, read_crosswalk
from warehouse.files import file_sha256
from warehouse.lake import Lake
from warehouse.landing import ARRIVING, TransferRefused, check_transfer, transfer_dates
from warehouse.ledger import Entry, Ledger, State, supersede
from warehouse.manifest import (
    ALL_STUDIES,
    DatasetFile,
    Finding,
    ManifestReading,
    read_manifest,
)
from warehouse.readers import UnreadableFileError, reader_for
from warehouse.releases import all_releases

_DROPPED, _DUPLICATE = "patient-dropped", "duplicate"
#: Patients that a message names; the others are counted.
_NAMED = 10


@dataclass(frozen=True)
class IntakeRules:
    """What a sender is allowed.

    Attributes:
        settling: how long nothing must have changed in a folder that does not match its manifest
            until it is judged all the same.
        withdrawn: USUBJIDs that a transfer may lack though earlier ones had them: consent was
            withdrawn.
        version: of the code and settings that judge; another one judges refused ones again.
    """

    settling: timedelta = timedelta(hours=1)
    withdrawn: Collection[str] = ()
    version: str = ""


def look(lake: Lake, rules: IntakeRules, now: datetime) -> tuple[Entry, ...]:
    """Bring the ledger up to date with what lies in landing.

    Args:
        lake: the lake.
        rules: what a sender is allowed.
        now: the time of the look, with its zone.

    Returns:
        Every transfer of the ledger. Looking twice at the same files changes nothing.

    Raises:
        TransferRefused: there is no landing folder.
        LedgerDamaged: the ledger cannot be read.
    """
    landing = lake.landing
    if not landing.is_dir():
        message = (
            "does not exist. Put transfers into <study>/<transfer date YYYY-MM-DD>/ there, or give "
            "the root folder of the lake (--root)"
        )
        raise TransferRefused(landing, [Finding(ALL_STUDIES, str(landing), "landing", message)])
    ledger = Ledger(lake.root)
    uses = {} if ledger.is_begun else _uses_by_releases(lake)
    with ledger.editing() as entries:
        seen = _seen(landing)
        for folder, entry in entries.items():
            if entry.is_present != (folder in seen):
                entries[folder] = replace(entry, is_present=folder in seen)
        for folder, (study, day) in seen.items():
            entries[folder] = _judged(landing, study, day, entries.get(folder), rules, now)
        # The oldest first: what a transfer is held against is then settled.
        for entry in sorted(entries.values(), key=lambda one: (one.order, one.study_id)):
            if entry.is_present:
                entries[entry.folder] = _beside_others(landing, entries, entry, rules, uses)
        supersede(entries)
    return ledger.entries()


def _seen(landing: Path) -> dict[str, tuple[str, date]]:
    """Study and transfer date of every transfer folder, by its path below landing."""
    return {
        f"{study}/{day.isoformat()}": (study, day)
        for study in REQUIRED_DATASETS
        if (landing / study).is_dir()
        for day in transfer_dates(landing, study)[0]
    }


def misplaced_folders(landing: Path) -> list[Finding]:
    """Folders of a study that no transfer date names."""
    studies = (study for study in REQUIRED_DATASETS if (landing / study).is_dir())
    return [finding for study in studies for finding in transfer_dates(landing, study)[1]]


def unknown_folders(landing: Path) -> tuple[str, ...]:
    """Folders in landing that are of no study of the trial; nothing reads them."""
    if not landing.is_dir():
        return ()
    found = (one.name for one in landing.iterdir() if one.is_dir() and one.name[0] != ".")
    return tuple(sorted(name for name in found if name not in REQUIRED_DATASETS))


def _judged(
    landing: Path,
    study: str,
    day: date,
    known: Entry | None,
    rules: IntakeRules,
    now: datetime,
) -> Entry:
    """The entry of a folder, judged by its own files alone if there is cause to."""
    folder = f"{study}/{day.isoformat()}"
    signature = _signature(landing / folder)
    if known is not None and known.changed_at > now:
        # The clock was ahead of time; that holds no transfer back.
        known = replace(known, changed_at=now, due_at=known.due_at and now + rules.settling)
    is_same = known is not None and known.signature == signature
    if known is not None and is_same and not _is_to_be_judged(known, rules, now):
        return known
    reading = read_manifest(landing, study, day)
    transfer = reading.transfer
    datasets = transfer.datasets if transfer is not None else ()
    findings = reading.findings
    if transfer is not None:
        findings = tuple(check_transfer(landing, transfer))
    changed_at = known.changed_at if known is not None and is_same else now
    # What is not whole is told apart by its files as they lie: any change may mend it.
    content = signature if findings else _content(reading.cutoff, datasets)
    if known is not None and known.content == content and _still_holds(known, rules):
        # Touched, or copied again as it was: still the same transfer.
        return replace(known, datasets=datasets, signature=signature, changed_at=changed_at)
    due_at = changed_at + rules.settling
    is_arriving = now < due_at and _may_still_arrive(reading, findings)
    entry = Entry(
        study_id=study,
        folder=folder,
        transfer_date=day,
        cutoff=reading.cutoff,
        datasets=datasets,
        content=content,
        signature=signature,
        state="incomplete" if is_arriving else "refused" if findings else "new",
        reasons=findings,
        notes=() if findings else _notes(landing, datasets),
        first_seen=known.first_seen if known is not None else now,
        changed_at=changed_at,
        judged_by="",
        used_by=known.used_by if known is not None else (),
        used_content=known.used_content if known is not None else "",
        due_at=due_at if is_arriving else None,
    )
    if entry.has_served:
        # It was being copied again, and is again what it was.
        return replace(entry, state="accepted", judged_by=rules.version)
    return entry


def _is_to_be_judged(known: Entry, rules: IntakeRules, now: datetime) -> bool:
    """Whether files that have not changed are to be looked at again."""
    if known.state == "incomplete":
        return now - known.changed_at >= rules.settling
    return known.state == "refused" and known.judged_by != rules.version


def _still_holds(known: Entry, rules: IntakeRules) -> bool:
    """Whether what was judged of a content need not be judged again."""
    is_judged = known.state == "refused" and known.judged_by == rules.version
    return known.is_usable or is_judged


def _may_still_arrive(reading: ManifestReading, findings: Collection[Finding]) -> bool:
    """Whether the rest of the transfer may be on its way, so that its faults prove nothing."""
    if reading.transfer is None:
        return not reading.is_whole
    # A file that is not what its manifest states is not to be blamed for what it holds.
    partial = {finding.file for finding in findings if finding.rule in ARRIVING}
    return bool(partial) and all(finding.file in partial for finding in findings)


def _beside_others(
    landing: Path,
    entries: Mapping[str, Entry],
    entry: Entry,
    rules: IntakeRules,
    uses: Mapping[str, tuple[str, ...]],
) -> Entry:
    """An entry held against the other transfers of its study, if there is cause to.

    Cause is that it was judged just now, or has not been used and stands beside others than then:
    in whichever order transfers arrive, the same comes of them.
    """
    if entry.state == "refused" and not entry.judged_by:
        return replace(entry, judged_by=rules.version)
    if entry.state != "new" and not _hangs_on_another(entry):
        return entry
    judged = replace(entry, judged_by=rules.version)
    if entry.folder in uses:
        return replace(
            judged, state="accepted", used_by=uses[entry.folder], used_content=entry.content
        )
    others = [
        one
        for one in entries.values()
        if one.study_id == entry.study_id and one.folder != entry.folder and one.is_present
    ]
    same = [one for one in others if one.content == entry.content]
    refused = [one for one in same if one.state == "refused" and not _hangs_on_another(one)]
    if refused:
        return replace(judged, state="refused", reasons=refused[0].reasons)
    original = min((entry, *(one for one in same if one.is_usable)), key=attrgetter("precedence"))
    if original is not entry:
        message = f"repeats {original.folder}, file by file; that one is used"
        reason = Finding(entry.study_id, entry.folder, _DUPLICATE, message)
        return replace(judged, state="superseded", reasons=(reason,))
    earlier = [one for one in others if one.is_usable and one.order < entry.order]
    base = max(earlier, key=lambda one: one.order, default=None)
    held_against = "" if base is None else f"{base.content} {_crosswalk_content(landing)}".strip()
    is_same = (entry.judged_by, entry.held_against) == (rules.version, held_against)
    if is_same and entry.state != "superseded":
        return entry
    findings = tuple(_check_patients(landing, entry, base, rules.withdrawn))
    state: State = "refused" if findings else "new"
    return replace(judged, state=state, reasons=findings, held_against=held_against)


def _hangs_on_another(entry: Entry) -> bool:
    """Whether it is refused or superseded for what another transfer has, which may change."""
    return [reason.rule for reason in entry.reasons] in ([_DROPPED], [_DUPLICATE])


def _check_patients(
    landing: Path, entry: Entry, base: Entry | None, withdrawn: Collection[str]
) -> list[Finding]:
    """Whether DM is of the folder's study, and has every patient that it had before."""
    files = _dm(entry)
    try:
        now = _patients(landing, files)
    except UnreadableFileError as error:
        message = f"{error}. Copy the file again, or ask the sender for a new transfer"
        return [Finding(entry.study_id, files[0].file, "file-format", message)]
    foreign = now.filter(pl.col("studyid").ne_missing(entry.study_id))
    if not foreign.is_empty():
        studies = ", ".join(map(repr, foreign["studyid"].unique(maintain_order=True)))
        message = (
            f"has {foreign.height} of {now.height} rows of STUDYID {studies} in the folder of "
            f"{entry.study_id}. Move the transfer to its study's folder, or ask the sender for the "
            "right files"
        )
        return [Finding(entry.study_id, files[0].file, "study-id", message)]
    if base is None or not all((landing / file.file).is_file() for file in _dm(base)):
        return []
    before = _patients(landing, _dm(base))
    known = {*now["usubjid"], *withdrawn}
    # By the crosswalk a person may have come under another USUBJID.
    known |= set(_persons(landing, entry.study_id, now))
    dropped = [
        usubjid
        for usubjid, person in zip(
            before["usubjid"], _persons(landing, entry.study_id, before), strict=True
        )
        if not known.intersection((usubjid, person))
    ]
    if not dropped:
        return []
    named = ", ".join(sorted(dropped)[:_NAMED])
    more = f" and {len(dropped) - _NAMED} more" if len(dropped) > _NAMED else ""
    message = (
        f"lacks {len(dropped)} of the {before.height} patients of {base.folder}: {named}{more}. A "
        "cumulative transfer keeps everybody. Ask the sender for them; list patients who withdrew "
        "their consent in settings.toml, [transfers] withdrawn"
    )
    return [Finding(entry.study_id, files[0].file, _DROPPED, message)]


def _dm(entry: Entry) -> list[DatasetFile]:
    """The files of DM: one, or the parts of a split one; no transfer without is judged so far."""
    return [file for file in entry.datasets if raw_table_of(file.name) == "dm"]


def _patients(landing: Path, files: Iterable[DatasetFile]) -> pl.DataFrame:
    paths = [landing / file.file for file in files]
    return pl.concat(
        reader_for(path).read(path).select("studyid", "usubjid").collect() for path in paths
    )


def _persons(landing: Path, study: str, patients: pl.DataFrame) -> list[str]:
    """The persons behind USUBJIDs, by the crosswalk if there is a whole one."""
    path = landing / CROSSWALK_NAME
    if not path.is_file():
        return patients["usubjid"].to_list()
    try:
        crosswalk = read_crosswalk(path).filter(pl.col("study_id") == study)
    except CrosswalkError:
        return patients["usubjid"].to_list()
    person = dict(zip(crosswalk["usubjid"], crosswalk["person_id"], strict=True))
    return [person.get(usubjid, usubjid) for usubjid in patients["usubjid"]]


def _crosswalk_content(landing: Path) -> str:
    path = landing / CROSSWALK_NAME
    return file_sha256(path)[:16] if path.is_file() else ""


def _signature(folder: Path) -> str:
    """Changes when a file comes, goes, grows or is written to; cheap, where hashes are not."""
    try:
        told = "\n".join(_trace(path) for path in sorted(folder.iterdir()) if path.name[0] != ".")
    except PermissionError as error:
        # The manifest says it in words; when the folder may be read, it is another signature.
        told = str(error.strerror)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _trace(path: Path) -> str:
    try:
        stat = path.stat()
    except FileNotFoundError:
        # Renamed since it was listed, by whoever copies: the next look sees another folder.
        return path.name
    # The second time changes with permissions, and where a sender sets the first one.
    return f"{path.name}\t{stat.st_size}\t{stat.st_mtime_ns}\t{stat.st_ctime_ns}"


def _content(cutoff: date | None, datasets: Collection[DatasetFile]) -> str:
    """Equal for equal data: the cut-off and each dataset's hash."""
    told = sorted(f"{file.name} {file.sha256}" for file in datasets)
    return hashlib.sha256("\n".join([str(cutoff), *told]).encode()).hexdigest()[:16]


def _notes(landing: Path, datasets: Iterable[DatasetFile]) -> tuple[str, ...]:
    """What reading the files showed, and harms nothing."""
    notes = []
    for file in datasets:
        path = landing / file.file
        encoding = reader_for(path).inspect(path).encoding
        if encoding not in (None, "UTF-8"):
            notes.append(f"{file.file} is no UTF-8, and is read as {encoding}")
    return tuple(notes)


def _uses_by_releases(lake: Lake) -> dict[str, tuple[str, ...]]:
    """Releases made from each transfer folder as it lies, for a lake that has no ledger yet."""
    lies = cache(lambda file: file_sha256(path) if (path := lake.landing / file).is_file() else "")
    uses: dict[str, tuple[str, ...]] = {}
    for release in all_releases(lake):
        folders: dict[str, bool] = {}
        for row in release.manifest["inputs"]:
            folder = row["file"].rpartition("/")[0]
            folders[folder] = folders.get(folder, True) and lies(row["file"]) == row["sha256"]
        for folder, is_same in folders.items():
            if is_same:
                uses[folder] = (*uses.get(folder, ()), release.release_id)
    return uses
