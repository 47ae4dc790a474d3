"""What one look at landing asks for, says and notes; the plan itself is tested elsewhere."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration import watch
from orchestration.failure import failure
from orchestration.partitions import DATA_CUT, PARTITION_TAG
from warehouse.lake import Lake, lock
from warehouse.landing import TransferRefused
from warehouse.ledger import Attempt, Entry, Ledger, State
from warehouse.manifest import Finding
from warehouse.mirror import MirrorError

NOW = datetime(2017, 10, 21, 8, 0, tzinfo=UTC)
CUT, RELEASE = "2017-10-04", "2017-10-04-0123456789ab"
KEY = f"{CUT}:{RELEASE}:1"


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.landing.mkdir()
    return lake


@pytest.fixture
def due(monkeypatch) -> list[SimpleNamespace]:
    """The cuts that the plan finds due: one."""
    plans = [SimpleNamespace(data_cut=CUT, release_id=RELEASE)]
    monkeypatch.setattr(watch, "cuts_to_refresh", lambda lake, now: tuple(plans))
    return plans


def look(instance: dg.DagsterInstance, lake: Lake) -> list[dg.RunRequest] | str:
    outcome = watch.ask_for_refreshes(instance, lake, NOW)
    return outcome.skip_message if isinstance(outcome, dg.SkipReason) else outcome


def attempts(lake: Lake) -> list[tuple[str, int, str]]:
    return [(one.outcome, one.n, one.text) for one in Ledger(lake.root).attempts(CUT)]


def note(lake: Lake, day: str, state: State, *files: str, is_present: bool = True) -> None:
    """A transfer in the ledger, with a reason for each file."""
    folder = f"LPS13649/{day}"
    reasons = [Finding("LPS13649", f"{folder}/{name}", "bytes", "is short") for name in files]
    entry = Entry(
        study_id="LPS13649",
        folder=folder,
        transfer_date=date.fromisoformat(day),
        cutoff=None,
        datasets=(),
        content="",
        signature="",
        state=state,
        reasons=tuple(reasons),
        notes=(),
        first_seen=NOW,
        changed_at=NOW,
        judged_by="",
        is_present=is_present,
        due_at=NOW if state == "incomplete" else None,
    )
    with Ledger(lake.root).editing() as entries:
        entries[folder] = entry


def run_it(
    instance: dg.DagsterInstance, error: Exception | None = None, key: str = KEY
) -> dg.ExecuteInProcessResult:
    """The run that a request asked for, which ends so."""

    @dg.op
    def step() -> None:
        if error is not None:
            raise error

    @dg.job(name="refresh")
    def refresh() -> None:
        step()

    tags = {"dagster/run_key": key, PARTITION_TAG: CUT}
    return refresh.execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def test_a_cut_that_is_due_is_asked_for_and_noted(instance, lake, due):
    (request,) = look(instance, lake)
    assert request.run_key == KEY
    assert request.partition_key == CUT
    assert request.tags == {"topaz/release": RELEASE, "topaz/attempt": "1"}
    assert instance.get_dynamic_partitions(DATA_CUT) == [CUT]
    assert Ledger(lake.root).attempts(CUT) == (Attempt(CUT, RELEASE, "requested", "", NOW, 1),)


def test_nothing_new_is_said_with_what_is_waited_for(instance, lake, due):
    due.clear()
    note(lake, "2017-08-20", "accepted")
    note(lake, "2017-09-20", "refused", "dm.xpt", "ae.xpt")
    note(lake, "2017-10-20", "incomplete", "manifest.json")
    note(lake, "2017-07-20", "refused", "dm.xpt", is_present=False)
    assert look(instance, lake) == (
        "Nothing new.\n"
        "  refused  LPS13649/2017-09-20\n"
        "    LPS13649/2017-09-20/dm.xpt [bytes]: is short\n"
        "    LPS13649/2017-09-20/ae.xpt [bytes]: is short\n"
        "  arriving LPS13649/2017-10-20: last change 2017-10-21 08:00 UTC, judged as it is at "
        "2017-10-21 08:00 UTC\n"
        "    LPS13649/2017-10-20/manifest.json [bytes]: is short"
    )
    assert attempts(lake) == []


def test_a_cut_under_way_is_not_asked_for_again(instance, lake, due):
    look(instance, lake)
    tags = {"dagster/run_key": KEY, PARTITION_TAG: CUT}
    waiting = dg.DagsterRun(job_name="refresh", tags=tags, status=dg.DagsterRunStatus.STARTING)
    instance.add_run(waiting)
    assert look(instance, lake) == f"Under way: the refresh of cut {CUT}."
    assert attempts(lake) == [("requested", 1, "")]


def test_a_request_that_no_run_came_of_is_made_again_under_another_key(instance, lake, due):
    look(instance, lake)
    (request,) = look(instance, lake)
    assert request.run_key == f"{CUT}:{RELEASE}:2"
    assert [n for _, n, _ in attempts(lake)] == [1, 2]


@pytest.mark.parametrize(
    ("error", "outcome", "text"),
    [
        (None, "published", ""),
        (failure("stopped", "is not current"), "failed", "step: is not current"),
        (failure("refused", "transfer refused"), "refused", "step: transfer refused"),
        (failure("busy", "is busy"), "failed", "step: is busy"),
        (failure("settings", "no such setting"), "failed", "step: no such setting"),
    ],
)
def test_how_a_run_ended_is_noted(instance, lake, due, error, outcome, text):
    look(instance, lake)
    due.clear()
    run_it(instance, error)
    look(instance, lake)
    assert attempts(lake) == [(outcome, 1, text)]


def test_a_defect_is_noted_as_one(instance, lake, due):
    look(instance, lake)
    due.clear()
    run_it(instance, ZeroDivisionError("oh"))
    look(instance, lake)
    ((outcome, _, text),) = attempts(lake)
    assert outcome == "failed"
    assert "ZeroDivisionError: oh" in text


def test_a_run_that_was_found_dead_is_noted_with_what_dagster_says(instance, lake, due):
    look(instance, lake)
    due.clear()
    run = dg.DagsterRun(
        job_name="refresh",
        tags={"dagster/run_key": KEY, PARTITION_TAG: CUT},
        status=dg.DagsterRunStatus.STARTED,
    )
    instance.add_run(run)
    instance.report_run_failed(run, "its process has died")
    look(instance, lake)
    assert attempts(lake) == [("failed", 1, "its process has died")]


def test_of_a_run_that_was_killed_it_is_noted_how(instance, lake, due):
    look(instance, lake)
    due.clear()
    run = dg.DagsterRun(
        job_name="refresh", tags={"dagster/run_key": KEY}, status=dg.DagsterRunStatus.STARTED
    )
    instance.add_run(run)
    instance.report_engine_event("the process was terminated by signal 9", run)
    instance.report_run_failed(run)
    look(instance, lake)
    assert attempts(lake) == [("failed", 1, "the process was terminated by signal 9")]


def test_a_run_that_a_person_stopped_is_noted(instance, lake, due):
    look(instance, lake)
    due.clear()
    run = dg.DagsterRun(
        job_name="refresh", tags={"dagster/run_key": KEY}, status=dg.DagsterRunStatus.STARTED
    )
    instance.add_run(run)
    instance.report_run_canceled(run)
    look(instance, lake)
    ((outcome, _, text),) = attempts(lake)
    assert outcome == "failed"
    assert text


def test_a_run_of_another_try_is_not_taken_for_it(instance, lake, due):
    look(instance, lake)
    due.clear()
    run_it(instance, key=f"{CUT}:{RELEASE}:2")
    look(instance, lake)
    assert attempts(lake) == [("requested", 1, "")]


def test_what_the_ledger_already_knows_stays(instance, lake, due):
    look(instance, lake)
    due.clear()
    Ledger(lake.root).record_attempt(Attempt(CUT, RELEASE, "stopped", "by hand", NOW, 1))
    run_it(instance)
    look(instance, lake)
    assert attempts(lake) == [("stopped", 1, "by hand")]


def test_a_landing_that_serves_no_cut_is_said(instance, lake, due, monkeypatch):
    def refuse(lake, now):
        raise TransferRefused(lake.landing, [Finding("all", "landing", "landing", "is empty")])

    monkeypatch.setattr(watch, "cuts_to_refresh", refuse)
    assert "is empty" in look(instance, lake)


@pytest.fixture
def store(lake, tmp_path) -> Path:
    """A folder that stands for the object store of the lake."""
    store = tmp_path / "store"
    (store / "LPS13649" / "2017-10-20").mkdir(parents=True)
    for name in ("dm.xpt", "manifest.json"):
        (store / "LPS13649" / "2017-10-20" / name).write_bytes(b"rows")
    (lake.root / "settings.toml").write_text(f'[landing]\nurl = "{store.as_uri()}"\n')
    return store


def test_landing_follows_the_store_before_anything_is_judged(instance, lake, due, store):
    (request,) = look(instance, lake)
    assert request.partition_key == CUT
    assert (lake.landing / "LPS13649" / "2017-10-20" / "dm.xpt").read_bytes() == b"rows"


def test_nothing_is_judged_by_half_a_copy(instance, lake, due, store, monkeypatch):
    monkeypatch.setattr(watch, "_MIRROR_SECONDS", 0)
    assert look(instance, lake) == (
        f"Copying from {store.as_uri()}: 1 objects copied, 0 removed, 0 as before; 1 remain "
        "(4 bytes)."
    )
    assert attempts(lake) == []
    assert isinstance(look(instance, lake), list)


def test_a_store_that_does_not_answer_is_waited_for(instance, lake, due, store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (lake.root / "settings.toml").write_text('[landing]\nurl = "s3://topaz/landing"\n')
    assert "s3://topaz/landing: the store does not answer" in look(instance, lake)
    assert attempts(lake) == []


def test_another_mirror_is_waited_for(instance, lake, due, store):
    with lock(lake.landing / ".mirror" / "lock", "test"):
        assert "The mirror of landing is busy" in look(instance, lake)


def test_what_somebody_must_change_fails_the_tick(instance, lake, due, store):
    (lake.root / "settings.toml").write_text('[landing]\nurl = "s3://"\n')
    with pytest.raises(MirrorError, match="cannot be opened"):
        look(instance, lake)
