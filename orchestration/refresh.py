"""One refresh from the command line: the same job as in the web UI, with progress shown.

Belongs here: the run, what came of it, and why it failed, in words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast, get_args

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from orchestration.failure import Kind
from orchestration.partitions import ANEW_TAG, DATA_CUT
from warehouse.lake import Lake

#: The web UI lists a run under its job by this tag; runs that it starts itself have it.
_SHOWN_UNDER_ITS_JOB = {".dagster/repository": "__repository__@orchestration.definitions"}

_STORAGE_ERRORS = {"OSError", *(kind.__name__ for kind in OSError.__subclasses__())}


@dataclass(frozen=True)
class Problem:
    """Why a run did not publish: the step that says so, of what kind, and its words."""

    step: str
    kind: Kind
    text: str


@dataclass(frozen=True)
class RefreshOutcome:
    """How a run ended; without problems, `release_id` names what it published."""

    release_id: str | None
    problems: tuple[Problem, ...]


def run_refresh(lake: Lake, data_cut: str, *, is_anew: bool = False) -> RefreshOutcome:
    """Run the refresh job for one cut in this process; progress goes to standard output.

    Args:
        lake: the lake.
        data_cut: cut-off date.
        is_anew: compute every table and gate, also where an earlier run's would do.
    """
    from expectations.runner import close_session
    from orchestration.definitions import defs
    from orchestration.instance import open_instance
    from orchestration.jobs import REFRESH

    with open_instance(lake) as instance:
        instance.add_dynamic_partitions(DATA_CUT, [data_cut])
        result = defs.resolve_job_def(REFRESH).execute_in_process(
            instance=instance,
            partition_key=data_cut,
            run_config={"loggers": {"progress": {}}},
            tags={**_SHOWN_UNDER_ITS_JOB, **({ANEW_TAG: "true"} if is_anew else {})},
            raise_on_error=False,
        )
    close_session()
    return RefreshOutcome(_release_id(result.all_events), problems_of(result.all_events))


def _release_id(events: Sequence[dg.DagsterEvent]) -> str | None:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            metadata = event.step_materialization_data.materialization.metadata
            if "release_id" in metadata:
                return str(metadata["release_id"].value)
    return None


def problems_of(events: Sequence[dg.DagsterEvent]) -> tuple[Problem, ...]:
    """Every reason why a run stopped, in the order of its steps; none if it succeeded."""
    problems = tuple(_step_problems(events))
    if problems:
        return problems
    return tuple(
        _problem("run", event.job_failure_data.error)
        for event in events
        # A run that was found dead has a failure without a cause, only with a message.
        if event.event_type == dg.DagsterEventType.RUN_FAILURE
        and event.event_specific_data is not None
    )


def _step_problems(events: Sequence[dg.DagsterEvent]) -> Iterator[Problem]:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
                name = ".".join(check.asset_key.path)
                yield Problem(f"gate of {name}", "stopped", check.description or "")
        elif event.is_step_failure:
            spoken = event.step_failure_data.user_failure_data
            error = event.step_failure_data.error
            step = str(event.step_key).replace("__", ".")
            if spoken is not None:
                kind = spoken.metadata.get("kind")
                value = str(kind.value) if kind is not None else "defect"
                known = value if value in get_args(Kind) else "defect"
                yield Problem(step, cast("Kind", known), spoken.description or "")
            elif error is None or error.cls_name != "DagsterAssetCheckFailedError":
                yield _problem(step, error)


def _problem(step: str, error: SerializableErrorInfo | None) -> Problem:
    """A problem that no step put into words: a lock, an interruption, a full disk, or a defect."""
    while error is not None:
        if error.cls_name == dg.Failure.__name__:  # only taking the lock fails before any step
            return Problem(step, "busy", error.message.partition(": ")[2].strip())
        if error.cls_name in ("KeyboardInterrupt", "DagsterExecutionInterruptedError"):
            return Problem(step, "interrupted", "the run was interrupted")
        if error.cls_name in _STORAGE_ERRORS:
            return Problem(step, "storage", error.message.partition(": ")[2].strip())
        if error.cause is None:
            return Problem(step, "defect", error.to_string())
        error = error.cause
    return Problem(step, "defect", "the run failed and did not say why")
