"""Selection: which transfers a cut is made from, and which cuts there can be.

Belongs here: the choice among transfers as the ledger has them, and why there is none. Does not
belong here: what makes a transfer fit for use (`warehouse.intake`).
"""

from collections.abc import Collection, Iterable
from datetime import date
from operator import attrgetter
from pathlib import Path

from warehouse.contracts.raw import REQUIRED_DATASETS
from warehouse.crosswalk import CROSSWALK_NAME, CrosswalkError, read_crosswalk
from warehouse.files import file_sha256
from warehouse.intake import misplaced_folders
from warehouse.lake import Lake
from warehouse.landing import TransferRefused
from warehouse.ledger import Entry
from warehouse.manifest import ALL_STUDIES, DatasetFile, Finding, Selection, Transfer

TOPAZ_STUDY = "LPS13649"


def cutoffs(entries: Iterable[Entry]) -> tuple[date, ...]:
    """The cut-offs of usable transfers of TOPAZ, oldest first: the cuts that can be made."""
    found = {
        entry.cutoff
        for entry in entries
        if entry.study_id == TOPAZ_STUDY and entry.is_usable and entry.cutoff is not None
    }
    return tuple(sorted(found))


def select(lake: Lake, entries: Collection[Entry], cutoff: date) -> Selection:
    """The transfers of a cut: of each study the newest whose cut-off is not after the cut's own.

    Newest is the latest cut-off and, among equal ones, the latest transfer date: a second
    delivery of an old cut does not hide newer data. One that is refused or still arriving is
    passed over only where an older one has served a release before, and never in TOPAZ where it
    would bring the cut's own data; else it refuses the cut.

    Args:
        lake: the lake.
        entries: what `warehouse.intake.look` returned.
        cutoff: cut-off date of the cut, inclusive (T-04).

    Raises:
        TransferRefused: a transfer is missing, incomplete or refused, the crosswalk has faults, or
            no data reach the cut-off.
    """
    transfers: list[Transfer] = []
    notes: list[str] = []
    crosswalk, findings = read_delivered_crosswalk(lake.landing)
    misplaced = misplaced_folders(lake.landing)
    for study in REQUIRED_DATASETS:
        of_study = [one for one in entries if one.study_id == study and one.is_present]
        chosen, reasons, passed_over = _choose(study, of_study, cutoff)
        findings += reasons
        notes += passed_over
        # A folder that no transfer date names may be the newest: as one that is refused.
        nameless = [finding for finding in misplaced if finding.study == study]
        if chosen is None or not chosen.has_served:
            findings += nameless
        else:
            notes += [f"{one.file} {one.message}: {chosen.folder} is used" for one in nameless]
        if chosen is not None:
            transfers.append(chosen.transfer())
    if findings:
        raise TransferRefused(lake.landing, findings)
    return Selection(tuple(transfers), crosswalk, tuple(notes))


def read_delivered_crosswalk(landing: Path) -> tuple[DatasetFile | None, list[Finding]]:
    """The crosswalk as a delivered file, if there is one; and why it cannot be used."""
    path = landing / CROSSWALK_NAME
    if not path.is_file():
        return None, []
    try:
        rows = read_crosswalk(path)
    except CrosswalkError as error:
        return None, [
            Finding(ALL_STUDIES, CROSSWALK_NAME, "crosswalk", message) for message in error.faults
        ]
    sha256 = file_sha256(path)
    return DatasetFile("CROSSWALK", path.name, rows.height, path.stat().st_size, sha256), []


def _choose(
    study: str, of_study: Collection[Entry], cutoff: date
) -> tuple[Entry | None, list[Finding], list[str]]:
    """The transfer of a study for a cut; or what refuses the cut; and what was passed over."""
    usable = [
        one for one in of_study if one.is_usable and one.cutoff is not None and one.cutoff <= cutoff
    ]
    newest = max(usable, key=lambda one: one.order, default=None)
    if newest is not None:
        # The same content delivered twice is one transfer.
        newest = min(
            (one for one in usable if one.content == newest.content), key=attrgetter("precedence")
        )
    in_the_way = [
        one
        for one in of_study
        if not one.is_usable
        and (one.cutoff is None or one.cutoff <= cutoff)
        and (newest is None or one.is_newer_than(newest))
    ]
    is_short = (
        study == TOPAZ_STUDY
        and newest is not None
        and cutoff > max(one.cutoff for one in of_study if one.is_usable and one.cutoff)
    )
    if newest is None or is_short:
        findings = [finding for one in in_the_way for finding in _reasons(one)]
        return None, findings or [_no_transfer(study, of_study, cutoff, newest)], []
    own = [one for one in in_the_way if one.cutoff is not None and one.cutoff > newest.order[0]]
    # One that has served is not exchanged for what it corrected: the cut waits for it.
    served = [one for one in in_the_way if one.used_by]
    if in_the_way and (not newest.has_served or served or (study == TOPAZ_STUDY and own)):
        return None, [finding for one in in_the_way for finding in _reasons(one)], []
    return (
        newest,
        [],
        [f"{one.folder} is {one.state}: {newest.folder} is used" for one in in_the_way],
    )


def _reasons(entry: Entry) -> tuple[Finding, ...]:
    if entry.state != "incomplete":
        return entry.reasons
    message = (
        f"is still arriving: last change {entry.changed_at:%Y-%m-%d %H:%M} UTC. It is taken when "
        "it matches its manifest, and judged as it is if nothing changes until "
        f"{entry.due_at:%Y-%m-%d %H:%M} UTC"
    )
    return (Finding(entry.study_id, entry.folder, "incomplete", message), *entry.reasons)


def _no_transfer(
    study: str, of_study: Collection[Entry], cutoff: date, newest: Entry | None
) -> Finding:
    stated = ", ".join(sorted({str(one.cutoff) for one in of_study if one.cutoff})) or "none"
    if newest is not None:
        what = f"reaches the cut-off {cutoff} (cut-offs found: {stated})"
    elif of_study:
        what = f"has a cut-off on or before {cutoff} (cut-offs found: {stated})"
    else:
        what = f"is there. Put it into {study}/<transfer date YYYY-MM-DD>/"
        return Finding(study, study, "no-transfer", f"no transfer of study {study} {what}")
    message = f"no transfer of study {study} {what}. Add one, or choose another cut-off date"
    return Finding(study, study, "no-transfer", message)
