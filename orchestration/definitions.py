"""Everything that Dagster is told: `dagster dev -m orchestration.definitions`.

Importing it loads neither Great Expectations nor any statistics library: they are imported by
the first step that needs them.
"""

import warnings

import dagster as dg

from orchestration.assets import ASSETS
from orchestration.gates import GATES
from orchestration.jobs import refresh_job, weekly_refresh
from orchestration.progress import progress_logger
from orchestration.resources import LakeResource, ParquetIOManager
from orchestration.sensors import follow_inputs, landing_sensor, with_policies

# Data versions are "beta" in Dagster, which says so once for every table; nobody here can mend it.
warnings.simplefilter("ignore", dg.BetaWarning)

_root = dg.EnvVar("TOPAZ_ROOT")

defs = dg.Definitions(
    assets=dg.map_asset_specs(with_policies, ASSETS),
    asset_checks=GATES,
    jobs=[refresh_job],
    schedules=[weekly_refresh],
    sensors=[landing_sensor, follow_inputs],
    resources={"lake": LakeResource(root=_root), "io_manager": ParquetIOManager(root=_root)},
    executor=dg.in_process_executor,
    loggers={"progress": progress_logger},
)
