"""One look at landing: what a tick of the sensor, or of the schedule, does.

Belongs here: following the object store, noting in the ledger how earlier runs ended, and
asking for runs of the cuts that are due. Does not belong here: which transfers may be used
(`warehouse.intake`, `warehouse.selection`), and which cuts are due (`orchestration.plan`).

The ledger decides, not Dagster: its instance is disposable, and remembers a run key for ever.
From the instance comes only which runs have not ended, and why the others did.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import dagster as dg

from orchestration import fingerprint
from orchestration.jobs import REFRESH
from orchestration.partitions import DATA_CUT, PARTITION_TAG
from orchestration.plan import RefreshPlan, cuts_to_refresh
from orchestration.refresh import problems_of
from orchestration.settings import SettingsError, load_operations
from orchestration.transfers import findings_of_transfers, stopped_cuts
from warehouse.lake import Lake, LakeBusy
from warehouse.landing import TransferRefused
from warehouse.ledger import Attempt, Ledger, Outcome

#: Of a tick's 15 minutes. What is not copied by then is copied by the next ticks.
_MIRROR_SECONDS = 240
#: Dagster's words for a run whose process has ended without a word of its own.
_FROM_OUTSIDE = "marked as failed from outside"
_RUN_KEY_TAG = "dagster/run_key"
_RELEASE_TAG = "topaz/release"
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def ask_for_refreshes(
    instance: dg.DagsterInstance, lake: Lake, now: datetime
) -> list[dg.RunRequest] | dg.SkipReason:
    """Look at landing once, and ask for the refreshes that are due.

    Args:
        instance: the Dagster instance of the lake; a cut that is asked for becomes a partition.
        lake: the lake.
        now: the time of the look, with its zone.

    Returns:
        A request for each cut that is due and has no run under way, oldest first, each noted in
        the ledger as an attempt; if there is none, what was found instead.

    Raises:
        MirrorError: the object store cannot be read until somebody changes something.
    """
    # An upgrade may have come under a running daemon; the runs that it starts have the new code.
    fingerprint.read_code_again()
    note_ends(instance, lake, now)
    under_way = _cuts_under_way(instance)
    try:
        waiting = _follow_store(lake)
        if waiting is not None:
            return dg.SkipReason(waiting)
        plans = cuts_to_refresh(lake, now)
    except (TransferRefused, SettingsError) as error:
        # Told beside the tick, without a trace: a person's mistake, or a sender's.
        return dg.SkipReason(str(error))
    requests = []
    for plan in plans:
        if plan.data_cut not in under_way:
            requests.append(_request(lake, plan, now))
        elif under_way[plan.data_cut] != plan.release_id:
            # It has to be published before the newer ones, when its run has ended.
            break
    if requests:
        cuts = [request.partition_key for request in requests]
        instance.add_dynamic_partitions(DATA_CUT, [cut for cut in cuts if cut is not None])
        return requests
    running = [f"Under way: the refresh of cut {cut}." for cut in sorted(under_way)]
    found = [*(running or ["Nothing new."]), *findings_of_transfers(lake), *stopped_cuts(lake)]
    return dg.SkipReason("\n".join(found))


def note_ends(instance: dg.DagsterInstance, lake: Lake, now: datetime) -> None:
    """Note in the ledger how the runs ended that earlier looks asked for.

    A run that published has noted that itself. One that Dagster does not remember stays as it is
    noted, requested; the ledger bounds how often such a cut is tried.
    """
    ledger = Ledger(lake.root)
    for data_cut in instance.get_dynamic_partitions(DATA_CUT):
        for attempt in ledger.attempts(data_cut):
            if attempt.outcome != "requested":
                continue
            of_attempt = dg.RunsFilter(tags={_RUN_KEY_TAG: _run_key(attempt)})
            for run in instance.get_runs(of_attempt, limit=1):
                if run.status in _ENDED:
                    outcome, text = _outcome(instance, run)
                    ended = replace(attempt, outcome=outcome, text=text, at=now)
                    ledger.record_attempt(ended)


def _outcome(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[Outcome, str]:
    if run.status == dg.DagsterRunStatus.SUCCESS:
        return "published", ""
    entries = instance.all_logs(run.run_id)
    events = [entry.get_dagster_event() for entry in entries if entry.is_dagster_event]
    problems = problems_of(events)
    kinds = {problem.kind for problem in problems}
    text = "\n".join(f"{problem.step}: {problem.text}" for problem in problems)
    # Data that break a rule break it the next time too; anything else may have been an accident,
    # or be mended where no look at landing sees it: a pin, a torn file.
    if any(one.kind == "stopped" and one.step.startswith("gate of ") for one in problems):
        return "stopped", text
    if "refused" in kinds:
        return "refused", text
    return "failed", text or _last_words(events)


def _last_words(events: Sequence[dg.DagsterEvent]) -> str:
    """What Dagster says of a run that could not say itself why it ended."""
    for event in reversed(events):
        is_telling = event.is_failure or event.event_type == dg.DagsterEventType.ENGINE_EVENT
        # Of a killed process the failure says no more than that; the event before it says how.
        if is_telling and event.message and _FROM_OUTSIDE not in event.message:
            return event.message
    return "it was stopped"


def _follow_store(lake: Lake) -> str | None:
    """Copy what is new in the object store, if landing has one; why to wait, or None."""
    url = load_operations(lake.root).landing_url
    if url is None:
        return None
    # Late: the library of object stores is loaded only where there is one.
    from warehouse.mirror import MirrorUnavailable, mirror

    try:
        report = mirror(url, lake.landing, seconds=_MIRROR_SECONDS)
    except (MirrorUnavailable, LakeBusy) as error:
        return str(error)
    # A transfer that is copied by half is whole in the store: it is not to be judged by this.
    return None if report.is_complete else f"Copying from {url}: {report.describe()}."


def _cuts_under_way(instance: dg.DagsterInstance) -> dict[str, str | None]:
    not_ended = [status for status in dg.DagsterRunStatus if status not in _ENDED]
    runs = instance.get_runs(dg.RunsFilter(job_name=REFRESH, statuses=not_ended))
    return {
        run.tags[PARTITION_TAG]: run.tags.get(_RELEASE_TAG)
        for run in runs
        if PARTITION_TAG in run.tags
    }


def _request(lake: Lake, plan: RefreshPlan, now: datetime) -> dg.RunRequest:
    ledger = Ledger(lake.root)
    tries = [one for one in ledger.attempts(plan.data_cut) if one.release_id == plan.release_id]
    attempt = Attempt(plan.data_cut, plan.release_id, "requested", "", now, len(tries) + 1)
    # Before the run is there: a daemon that dies in between costs a try, not a cut.
    ledger.record_attempt(attempt)
    return dg.RunRequest(
        run_key=_run_key(attempt),
        partition_key=plan.data_cut,
        tags={_RELEASE_TAG: plan.release_id, "topaz/attempt": str(attempt.n)},
    )


def _run_key(attempt: Attempt) -> str:
    return f"{attempt.data_cut}:{attempt.release_id}:{attempt.n}"
