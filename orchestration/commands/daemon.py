"""`topaz daemon`: Dagster's daemon alone, for a server without a web UI."""

import argparse
import os
import sys
from pathlib import Path

from orchestration.commands.command import Commands, register


def add(commands: Commands) -> None:
    """Register the command."""
    register(
        commands,
        "daemon",
        run,
        "watch landing and refresh by itself, without the web UI, until it is stopped",
        "topaz daemon --root /srv/topaz",
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz daemon`; it does not return."""
    from orchestration.instance import open_instance
    from warehouse.lake import Lake

    lake = Lake(options.root)
    open_instance(lake).dispose()
    daemon = Path(sys.executable).with_name("dagster-daemon")
    print(f"Watching {lake.landing} (Ctrl-C ends it) …", flush=True)
    os.execv(daemon, [str(daemon), "run", "-m", "orchestration.definitions"])
