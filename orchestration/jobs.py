"""The refresh of one cut, as a job, and the schedule that starts it.

Belongs here: what runs together, and when. The command line and the web UI run the same job.
"""

import dagster as dg

from orchestration.partitions import DATA_CUT
from orchestration.resources import LakeResource

REFRESH = "refresh"

refresh_job = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all(),
    description="Landing to release, for one data cut: every table, every gate.",
    # One process: parallelism is inside Polars, and every other process would pay the imports.
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=refresh_job,
    cron_schedule="0 5 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Monday, 05:00 UTC: refreshes the newest cut that lies in landing.",
)
def weekly_refresh(
    context: dg.ScheduleEvaluationContext, lake: LakeResource
) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run of the newest cut, unless that very release is already published."""
    from orchestration.plan import plan_refresh

    plan = plan_refresh(lake.lake)
    if plan.published is not None:
        return dg.SkipReason(f"Nothing new: {plan.published.release_id} holds what is in landing.")
    context.instance.add_dynamic_partitions(DATA_CUT, [plan.data_cut])
    return dg.RunRequest(partition_key=plan.data_cut)
