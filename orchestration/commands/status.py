"""`topaz status`: what is published, and from what."""

import argparse

from orchestration.commands.command import (
    Commands,
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
    from orchestration.summary import status

    lake, shown = published(options)
    print(status(shown, lake))
    return 0
