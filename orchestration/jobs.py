"""The refresh of one cut, as a job, and the schedule that starts it.

Belongs here: what runs together, and when. The command line and the web UI run the same job.
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.resources import LakeResource

REFRESH = "refresh"
#: Every run of the job has it, whoever starts it.
REFRESH_TAGS = {"topaz/refresh": "true"}

refresh_job = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all(),
    tags=REFRESH_TAGS,
    # Else every event of every step, with the patients that gates name, goes to the daemon's log.
    config={"loggers": {"progress": {}}},
    description="Landing to release, for one data cut: every table, every gate.",
    # One process: parallelism is inside Polars, and every other process would pay the imports.
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=refresh_job,
    cron_schedule="0 5 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description=(
        "Monday, 05:00 UTC: looks at landing as the sensor does; for those who turn that off, and "
        "want a refresh at a known hour. Off until it is turned on."
    ),
)
def weekly_refresh(
    context: dg.ScheduleEvaluationContext, lake: LakeResource
) -> list[dg.RunRequest] | dg.SkipReason:
    """Ask for a run of each cut that is due."""
    from orchestration.watch import ask_for_refreshes

    return ask_for_refreshes(context.instance, lake.lake, datetime.now(UTC))
