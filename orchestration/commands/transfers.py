"""`topaz transfers`: the ledger, what came of every transfer in landing."""

import argparse

from orchestration.commands.command import EXIT_REFUSED, EXIT_USAGE, Commands, Stop, register


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
    from orchestration.settings import SettingsError
    from orchestration.transfers import transfers_text
    from warehouse.lake import Lake
    from warehouse.landing import TransferRefused
    from warehouse.ledger import LedgerDamaged

    try:
        print(transfers_text(Lake(options.root)))
    except SettingsError as error:
        raise Stop(EXIT_USAGE, str(error)) from None
    except (TransferRefused, LedgerDamaged) as error:
        raise Stop(EXIT_REFUSED, str(error)) from None
    return 0
