"""What Dagster does by itself: look at landing, and follow up single tables.

Belongs here: the sensors, and the policies that tables carry. What a tick
does stands in `orchestration.watch`.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.assets import RELEASE_KEY
from orchestration.jobs import REFRESH_TAGS, refresh_job
from orchestration.resources import LakeResource

#: Layers that are computed from tables alone: they can follow a table without a transfer.
_FOLLOWING_LAYERS = ("core", "windows", "results")

#: An input that is new, or will be in the same tick. Not if a refresh made it, which computes all
#: below it itself: Dagster would see that in runs that name their assets, and a job's name none.
_ANY_INPUT_IS_NEW = dg.AutomationCondition.any_deps_match(
    (
        dg.AutomationCondition.newly_updated()
        & ~dg.AutomationCondition.executed_with_root_target()
        & ~dg.AutomationCondition.executed_with_tags(tag_values=REFRESH_TAGS)
    )
    | dg.AutomationCondition.will_be_requested()
).with_label("an input is new, by hand")

#: As `eager`, but never for a table because it is missing: a cut that a refresh left half made
#: is the refresh's to finish.
FOLLOWS_ITS_INPUTS = (
    _ANY_INPUT_IS_NEW.since_last_handled()
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
    # A check stops only the run in which it fails; this is what stops later ones.
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("an input is new, and all inputs have passed their gates")

#: Shown in the web UI as the health of `release`; it says that nothing was published for so long.
#: Transfers come monthly: one that is late by some days warns, by two weeks fails.
PUBLISHED_RESULTS_ARE_FRESH = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(days=45), warn_window=timedelta(days=35)
)


def with_policies(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The asset with what Dagster is to do by itself: follow its inputs, watch its age."""
    if spec.key.path[0] in _FOLLOWING_LAYERS:
        return spec.replace_attributes(automation_condition=FOLLOWS_ITS_INPUTS)
    if spec.key == RELEASE_KEY:
        return spec.replace_attributes(freshness_policy=PUBLISHED_RESULTS_ARE_FRESH)
    return spec


@dg.sensor(
    job=refresh_job,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description=(
        "Looks at landing every half minute: a transfer that is whole gets its cut refreshed, one "
        "that still arrives is waited for, one that is refused is left until it changes. What a "
        "look found stands beside its tick."
    ),
)
def landing_sensor(
    context: dg.SensorEvaluationContext, lake: LakeResource
) -> list[dg.RunRequest] | dg.SkipReason:
    """Ask for a run of each cut that is due."""
    from orchestration.watch import ask_for_refreshes

    return ask_for_refreshes(context.instance, lake.lake, datetime.now(UTC))


follow_inputs = dg.AutomationConditionSensorDefinition(
    "follow_inputs",
    target=dg.AssetSelection.groups(*_FOLLOWING_LAYERS),
    # Off: a refresh computes everything by itself, and whoever materialises one table by hand
    # may want to look at it before anything hangs on it.
    default_status=dg.DefaultSensorStatus.STOPPED,
    minimum_interval_seconds=30,
    # One run a cut, so that each holds the lock of its cut.
    emit_backfills=False,
    description=(
        "Off until turned on. When a table is materialised by hand, computes what hangs on it, in "
        "the work area; waits while the gate of an input has not passed. Publishes nothing."
    ),
)
