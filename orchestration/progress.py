"""What a person at the terminal sees while a run goes on: one line per stage, and failures.

Belongs here: a Dagster logger that turns events of steps into lines. It is chosen by the
command line (`loggers: {progress: …}`); the web UI has its own view of the same events.
"""

import logging
import sys
import time
from functools import cache
from typing import TextIO

import dagster as dg

from orchestration.gates import GATE

#: Layers in the order of the data; a stage is done when a step of a later one starts.
STAGES = ("landing", "raw", "core", "windows", "results", "release")
_TITLES = {
    "landing": "landing gate: transfers complete and unharmed",
    "raw": "raw tables: one per SDTM dataset, typed",
    "core": "core tables: patients, courses, events, populations",
    "windows": "windows layer: what is observed around courses",
    "results": "models and result tables",
    "release": "release: checked, published",
}


class ProgressHandler(logging.Handler):
    """Prints a line when a stage starts or a step fails.

    A stage is counted by its steps: one per table, one per gate.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._stage: str | None = None
        self._started = time.monotonic()
        self._tables = 0
        self._gates = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Handle one event of the run."""
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            return
        kind = event.event_type
        if kind == dg.DagsterEventType.STEP_START:
            self._enter(event.step_key.split("__")[0])
        elif kind == dg.DagsterEventType.ASSET_MATERIALIZATION:
            self._tables += 1
        elif kind == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            # Findings stand beside the gate, and are none of their own.
            self._gates += event.asset_check_evaluation_data.check_name == GATE
        elif kind == dg.DagsterEventType.STEP_FAILURE:
            self._print(f"\n      stopped at {event.step_key.replace('__', '.')}: ", end="")
        elif kind in (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE):
            self._leave()

    def _enter(self, layer: str) -> None:
        # Gates of an earlier layer may come after the first tables of the next one.
        known = self._stage is not None and layer in STAGES
        if layer not in STAGES or (
            known and STAGES.index(layer) <= STAGES.index(self._stage or layer)
        ):
            return
        self._leave()
        self._stage = layer
        self._started = time.monotonic()
        self._print(f"[{STAGES.index(layer) + 1}/{len(STAGES)}] {_TITLES[layer]:<58}", end="")

    def _leave(self) -> None:
        if self._stage is None:
            return
        seconds = time.monotonic() - self._started
        gates = f", {self._gates} gates" if self._gates else ""
        tables = f"{self._tables} table{'s' if self._tables != 1 else ''}"
        self._print(f"{tables}{gates}, {seconds:.1f} s")
        self._stage = None
        self._tables = self._gates = 0

    def _print(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self._stream, flush=True)


@dg.logger({}, "One line per stage, on standard output")
def progress_logger(init_context: dg.InitLoggerContext) -> logging.Logger:  # noqa: ARG001
    """A logger that hands all events of the process to one handler."""
    logger = logging.Logger("topaz.progress", level=logging.DEBUG)
    logger.addHandler(_handler())
    return logger


@cache
def _handler() -> ProgressHandler:
    # Dagster makes two loggers a run, one for its steps and one for its start and end.
    return ProgressHandler(sys.stdout)
