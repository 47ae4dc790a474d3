"""What a refresh would do: which cut, from which transfers, and whether it is published already.

Belongs here: the comparison of landing with what is published; it runs nothing and imports no
Dagster, so that "nothing new" is said within a second or two.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from expectations.suites import QuarantineLimits
from orchestration import fingerprint
from orchestration.settings import (
    SETTINGS_FILE,
    CutTooEarly,
    Operations,
    load_operations,
    load_rules,
)
from warehouse import releases
from warehouse.intake import IntakeRules, look
from warehouse.lake import Lake
from warehouse.landing import TransferRefused
from warehouse.ledger import Entry, Ledger
from warehouse.manifest import ALL_STUDIES, Finding, Selection
from warehouse.release import release_id, show_missed
from warehouse.selection import TOPAZ_STUDY, cutoffs, select


@dataclass(frozen=True)
class RefreshPlan:
    """One cut to refresh.

    Attributes:
        data_cut: cut-off date.
        release_id: of the release that would be made now.
        selection: the transfers that it would be made from.
        published: that release, if it is there and whole.
    """

    data_cut: str
    release_id: str
    selection: Selection
    published: releases.Release | None


def quarantine_limits(operations: Operations) -> QuarantineLimits:
    """How many rows may be put aside, by the lake's settings."""
    return QuarantineLimits(
        operations.quarantine_most_percent, operations.quarantine_tolerated_rows
    )


def look_at_landing(lake: Lake, now: datetime | None = None) -> tuple[Entry, ...]:
    """Bring the ledger up to date with landing, by the lake's settings and this code.

    Raises:
        SettingsError: the settings have a mistake.
        TransferRefused: there is no landing folder.
    """
    operations = load_operations(lake.root)
    rules = IntakeRules(
        settling=timedelta(minutes=operations.settling_minutes),
        withdrawn=operations.withdrawn,
        version=judging_version(lake),
    )
    return look(lake, rules, now or datetime.now(UTC))


def judging_version(lake: Lake) -> str:
    """What judges a transfer: all code, and all settings. Another one judges refused ones again."""
    settings = lake.root / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8") if settings.is_file() else ""
    return fingerprint.digest([fingerprint.project_code(), text])


def deliverable_cuts(lake: Lake) -> tuple[str, ...]:
    """The cuts that the usable transfers of TOPAZ make possible, oldest first.

    Raises:
        TransferRefused: there is none; with the reasons of those that are not usable.
    """
    return _cuts(lake, look_at_landing(lake))


def plan_refresh(lake: Lake, data_cut: str | None = None) -> RefreshPlan:
    """Compare what is in landing, code and rules with the published releases.

    Args:
        lake: the lake.
        data_cut: cut-off date; None = the newest that landing can serve.

    Raises:
        TransferRefused: landing cannot serve the cut.
        SettingsError: the cut or the settings have a mistake.
    """
    if data_cut is not None:
        load_rules(lake.root, data_cut)
    entries = look_at_landing(lake)
    return _plan(lake, entries, data_cut or _newest(lake, entries))


def cuts_to_refresh(lake: Lake, now: datetime) -> tuple[RefreshPlan, ...]:
    """The cuts whose time has come, oldest first: what the sensor asks for.

    These are the cuts of new transfers of TOPAZ, and the newest cut where something else has made
    another release of it due: a correction of a closed study, other code or rules. Older cuts are
    the record of what was known; they are made again only by hand. A release that was refused or
    stopped is not tried again, one that failed otherwise a few times; until then newer cuts wait,
    so that each is published after those before it.

    Raises:
        SettingsError: the settings have a mistake.
        TransferRefused: landing serves no cut, with the reasons.
    """
    entries = look_at_landing(lake, now)
    possible = _cuts(lake, entries)
    fresh = {
        entry.cutoff.isoformat()
        for entry in entries
        if entry.study_id == TOPAZ_STUDY and entry.state == "new" and entry.is_present
        and entry.cutoff is not None
    }  # fmt: skip
    due = [cut for cut in possible if cut in fresh or cut == possible[-1]]
    ledger = Ledger(lake.root)
    waits = load_operations(lake.root).retry_waits
    plans, refused = [], []
    for data_cut in due:
        try:
            plan = _plan(lake, entries, data_cut)
        except TransferRefused as error:
            refused.append(error)
            continue
        except CutTooEarly as error:
            finding = Finding(TOPAZ_STUDY, TOPAZ_STUDY, "cut-off", str(error))
            refused.append(TransferRefused(lake.landing, [finding]))
            continue
        next_try = ledger.next_try(data_cut, plan.release_id, waits)
        if plan.published is not None or next_try is None:
            continue
        # Not if it lies further ahead than any wait: then the clock was wrong for a while.
        if now < next_try <= now + max(waits, default=timedelta()):
            break
        plans.append(plan)
    if refused and not plans:
        raise refused[-1]
    return tuple(plans)


def planned_release(lake: Lake, data_cut: str, selection: Selection) -> str:
    """Name of the release of a cut from these transfers, by this code and the lake's settings."""
    rules = load_rules(lake.root, data_cut)
    planned = fingerprint.planned_versions(selection, rules)
    gates = fingerprint.gate_versions(rules, quarantine_limits(load_operations(lake.root)))
    return release_id(data_cut, fingerprint.release_versions(planned, gates))


def _plan(lake: Lake, entries: Collection[Entry], data_cut: str) -> RefreshPlan:
    selection = select(lake, entries, load_rules(lake.root, data_cut).cutoff)
    name = planned_release(lake, data_cut, selection)
    found = releases.find(lake, name)
    if found is None or releases.damage(found):
        return RefreshPlan(data_cut, name, selection, None)
    # A run that was killed after publishing could not note it, nor show it.
    Ledger(lake.root).accept_missed(selection, name)
    show_missed(lake, found)
    return RefreshPlan(data_cut, name, selection, found)


def _newest(lake: Lake, entries: Collection[Entry]) -> str:
    """The newest cut-off that a transfer of TOPAZ states, also one that is not usable.

    A refusal is then told, instead of an older cut being made without a word.
    """
    stated = [
        one.cutoff
        for one in entries
        if one.study_id == TOPAZ_STUDY and one.is_present and one.cutoff is not None
    ]
    return max(stated).isoformat() if stated else _cuts(lake, entries)[-1]


def _cuts(lake: Lake, entries: Collection[Entry]) -> tuple[str, ...]:
    found = cutoffs(entries)
    if found:
        return tuple(cutoff.isoformat() for cutoff in found)
    reasons = [
        finding
        for entry in entries
        if entry.study_id == TOPAZ_STUDY and entry.is_present
        for finding in entry.reasons
    ]
    if not any(entry.is_present for entry in entries):
        message = "holds no transfer. Put them into <study>/<transfer date YYYY-MM-DD>/ there"
        nothing = Finding(ALL_STUDIES, str(lake.landing), "no-transfer", message)
        raise TransferRefused(lake.landing, [nothing])
    message = (
        f"no transfer of study {TOPAZ_STUDY} is there, and its cut-off names the cut. Put it into "
        f"{TOPAZ_STUDY}/<transfer date YYYY-MM-DD>/"
    )
    nothing = Finding(TOPAZ_STUDY, TOPAZ_STUDY, "no-transfer", message)
    raise TransferRefused(lake.landing, reasons or [nothing])
