"""A real Dagster daemon on a lake: start it, wait for what it does, end it.

Every wait has a limit, and says what it waited for; every process belongs to one group, which
is ended whole.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.scheduler.instigation import InstigatorTick

from orchestration.instance import open_instance
from warehouse.lake import Lake

REPOSITORY = Path(__file__).resolve().parents[2]
#: The project's definitions, with sensors that tick at every turn of the daemon (5 seconds).
QUICK = "support.quick_definitions"

Found = TypeVar("Found")


def wait_for(find: Callable[[], Found | None], what: str, seconds: float = 120) -> Found:
    """What `find` finds, as soon as it finds something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := find():
            return found
        time.sleep(0.5)
    message = f"waited {seconds} s in vain for {what}"
    raise TimeoutError(message)


class Daemon:
    """The daemon's processes, and what the instance says of them."""

    def __init__(self, lake: Lake, module: str) -> None:
        self.lake = lake
        self.module = module
        self.log = lake.dagster_home / "daemon.log"
        open_instance(lake).dispose()
        self.instance = dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(lake.dagster_home)))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start daemon and code server in a process group of their own."""
        path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(self.lake.dagster_home.resolve()),
            "TOPAZ_ROOT": str(self.lake.root.resolve()),
            "PYTHONPATH": path,
            "POLARS_MAX_THREADS": "2",
        }
        daemon = Path(sys.executable).with_name("dagster-daemon")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [daemon, "run", "-m", self.module],
                env=environment,
                cwd=self.lake.root,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, seconds: float = 30) -> None:
        """Ask the daemon to end, as a service manager does; then make sure that nothing is left."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Kill every process of the daemon at once, runs included, as a power cut does."""
        if self.process is None:
            return
        # Its group has the number of its first process, whether that still lives or not.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def runs(self, job: str | None = None) -> list[dg.DagsterRun]:
        """All runs, oldest first."""
        return [*reversed(self.instance.get_runs(dg.RunsFilter(job_name=job)))]

    def started(
        self, is_wanted: Callable[[dg.DagsterRun], bool] = lambda _: True, seconds: float = 120
    ) -> dg.DagsterRun:
        """A run that is at work, as soon as one is: its first step has begun."""

        def find() -> dg.DagsterRun | None:
            at_work = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
            for run in self.instance.get_runs(at_work):
                step = dg.DagsterEventType.STEP_START
                if is_wanted(run) and self.instance.all_logs(run.run_id, of_type=step):
                    return run
            return None

        return self.wait_for(find, "a run at work", seconds)

    def ended(self, n: int, seconds: float = 180) -> list[dg.DagsterRun]:
        """All runs, as soon as there are `n` and all have ended."""

        def find() -> list[dg.DagsterRun] | None:
            runs = self.runs()
            return runs if len(runs) >= n and all(run.is_finished for run in runs) else None

        return self.wait_for(find, f"{n} ended runs", seconds)

    def _ticks(self, sensor: str) -> list[InstigatorTick]:
        return [
            tick
            for state in self.instance.all_instigator_state()
            if state.origin.instigator_name == sensor
            for tick in self.instance.get_ticks(
                state.instigator_origin_id, state.selector_id, limit=20
            )
        ]

    def ticks(self, sensor: str) -> list[str]:
        """What the sensor's last ticks came to, newest first: `SKIPPED: reason` and the like."""
        return [
            f"{tick.status.value}: {tick.skip_reason or tick.error or ''}"
            for tick in self._ticks(sensor)
        ]

    def last_tick(self, sensor: str) -> int:
        """The number of the sensor's newest tick; 0 before the first."""
        return max((int(tick.tick_id) for tick in self._ticks(sensor)), default=0)

    def wait_for_tick(self, sensor: str, words: str, seconds: float = 120) -> str:
        """The newest tick whose outcome holds these words, as soon as there is one."""
        return self.wait_for(
            lambda: next((tick for tick in self.ticks(sensor) if words in tick), None),
            f"a tick of {sensor} with {words!r}",
            seconds,
        )

    def pid_of(self, run: dg.DagsterRun) -> int:
        """The process in which a run works."""
        events = self.instance.all_logs(run.run_id)
        texts = (event.message for event in events if "(pid: " in event.message)
        return int(next(texts).partition("(pid: ")[2].partition(")")[0])

    def wait_for(self, find: Callable[[], Found | None], what: str, seconds: float = 120) -> Found:
        """As the function; a wait in vain shows the end of the daemon's log."""
        try:
            return wait_for(find, what, seconds)
        except TimeoutError as error:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])
            message = f"{error}; the daemon's log ends with\n{tail}"
            raise TimeoutError(message) from None


@contextlib.contextmanager
def running(lake: Lake, module: str = QUICK) -> Iterator[Daemon]:
    """A daemon on the lake, ended at the end of the block."""
    daemon = Daemon(lake, module)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()
        daemon.instance.dispose()
