"""How Dagster starts a run, and how it learns that a run has died.

Belongs here: the run launcher that `dagster.yaml` names. Without it a run whose machine went
down would count as running for ever, and, with one run at a time, no other would begin.
"""

import os
import time
from pathlib import Path

import dagster as dg
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus

from orchestration.partitions import PARTITION_TAG
from warehouse.lake import Lake

#: A run that has just begun has not come to its lock yet: importing Dagster takes seconds.
_GRACE_SECONDS = 60


class LakeRunLauncher(dg.DefaultRunLauncher):
    """Dagster's own launcher, which tells by the lock of the cut whether a run still lives.

    The system frees the lock when the run's process dies, however it dies. Dagster's run
    monitoring asks every half minute, and marks a run as failed that is not alive.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Yes; the default launcher says no."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether a run that is recorded as started is at work."""
        data_cut = run.tags.get(PARTITION_TAG)
        record = self._instance.get_run_record_by_id(run.run_id)
        began = record.start_time if record is not None else None
        if data_cut is None or began is None or time.time() - began < _GRACE_SECONDS:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if Lake(Path(os.environ["TOPAZ_ROOT"])).work(data_cut).holder is not None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        message = f"no process holds the lock of cut {data_cut}: the run's process has died"
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, message)
