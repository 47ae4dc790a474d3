"""`topaz status`: what is published, and from what."""

import argparse

from orchestration.commands.command import (
    Commands,
    Stop,
    published,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    register(
        commands,
        "status",
        run,
        "what is published, from which extracts, and which gates it passed",
        "topaz status",
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz status`; its exit code."""
    from orchestration.summary import findings, status
    from warehouse.lake import Lake

    try:
        lake, shown = published(options)
    except Stop as stop:
        # Nothing to show, but what came of the transfers may say why.
        found = findings(Lake(options.root), None)
        raise Stop(stop.code, "\n".join([str(stop), *found])) from None
    print(status(shown, lake))
    return 0
