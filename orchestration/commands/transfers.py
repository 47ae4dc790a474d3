"""`topaz transfers`: the ledger, what came of every transfer in landing."""

import argparse

from orchestration.commands.command import Commands, register


def add(commands: Commands) -> None:
    """Register the command."""
    register(
        commands,
        "transfers",
        run,
        "what came of every transfer: new, arriving, accepted, refused with reasons, superseded",
        "topaz transfers",
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz transfers`; its exit code."""
    from orchestration.transfers import transfers_text
    from warehouse.lake import Lake

    print(transfers_text(Lake(options.root)))
    return 0
