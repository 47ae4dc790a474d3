"""One refresh from the command line: the same job as in the web UI, with progress shown.

Belongs here: the run, and why it failed, in words.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from orchestration.partitions import DATA_CUT
from warehouse.lake import Lake


@dataclass(frozen=True)
class RefreshOutcome:
    """How a run ended: the reasons why it did not publish, by the step that gave them."""

    run_id: str
    has_succeeded: bool
    problems: dict[str, str]


def run_refresh(lake: Lake, data_cut: str) -> RefreshOutcome:
    """Run the refresh job for one cut in this process; progress goes to standard output."""
    from expectations.runner import close_session
    from orchestration.definitions import defs
    from orchestration.instance import open_instance
    from orchestration.jobs import REFRESH

    with open_instance(lake) as instance, warnings.catch_warnings():
        # Data versions are "beta" in Dagster, once for every table; the user cannot mend that.
        warnings.simplefilter("ignore", dg.BetaWarning)
        instance.add_dynamic_partitions(DATA_CUT, [data_cut])
        result = defs.resolve_job_def(REFRESH).execute_in_process(
            instance=instance,
            partition_key=data_cut,
            run_config={"loggers": {"progress": {}}},
            raise_on_error=False,
        )
    close_session()
    return RefreshOutcome(result.run_id, result.success, _problems(result.all_events))


def _problems(events: Sequence[dg.DagsterEvent]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
                problems[f"gate of {'.'.join(check.asset_key.path)}"] = check.description or ""
        elif event.is_step_failure:
            failure = event.step_failure_data
            if failure.user_failure_data is not None:
                problems[str(event.step_key)] = failure.user_failure_data.description or ""
            elif not str(event.step_key).endswith("_gate"):
                problems[str(event.step_key)] = _cause(failure.error)
        elif event.event_type == dg.DagsterEventType.RUN_FAILURE and not problems:
            problems["run"] = _cause(event.job_failure_data.error) or str(event.message)
    return problems


def _cause(error: SerializableErrorInfo | None) -> str:
    """What went wrong first: in words if a `Failure` says it, else with its traceback."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return ""
    is_spoken = error.cls_name == dg.Failure.__name__
    return error.message.partition(": ")[2].strip() if is_spoken else error.to_string()
