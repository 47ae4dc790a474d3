"""`topaz ui`: Dagster's web UI, with its daemon."""

import argparse
import os
import socket
import sys
from pathlib import Path

from orchestration.commands.command import (
    EXIT_USAGE,
    Commands,
    Stop,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    ui = register(
        commands,
        "ui",
        run,
        "open Dagster's web UI (formerly Dagit) and its scheduler",
        "topaz ui --port 3000",
    )
    ui.add_argument("--port", type=int, default=3000, help="on 127.0.0.1 (default: 3000)")


def run(options: argparse.Namespace) -> int:
    """Run `topaz ui`; its exit code."""
    from orchestration.instance import open_instance
    from warehouse.lake import Lake

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except OSError:
            message = f"port {options.port} is taken: try --port {options.port + 1}"
            raise Stop(EXIT_USAGE, message) from None
    open_instance(Lake(options.root)).dispose()
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "-m", "orchestration.definitions", "-h", "127.0.0.1"]
    print(f"Opening http://127.0.0.1:{options.port} (Ctrl-C ends it) …", flush=True)
    os.execv(dagster, [str(dagster), *arguments, "-p", str(options.port)])
