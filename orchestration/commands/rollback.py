"""`topaz rollback`: which release readers see."""

import argparse

from orchestration.commands.command import (
    EXIT_USAGE,
    Commands,
    Stop,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    rollback = register(
        commands,
        "rollback",
        run,
        "let readers see another release, and keep it shown; without one, list the releases",
        "topaz rollback 2016-10-04-0123456789ab --reason 'DM of the new cut is in question'",
    )
    rollback.add_argument("release", nargs="?", help="name of the release to show")
    rollback.add_argument("--reason", default="", help="why, in words; kept with the pin")
    rollback.add_argument(
        "--unpin", action="store_true", help="show the newest release again, and those to come"
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz rollback`; its exit code."""
    from orchestration.rollback import releases_text, rollback_text, unpin_text
    from warehouse.lake import Lake

    lake = Lake(options.root)
    if options.release and options.unpin:
        raise Stop(EXIT_USAGE, "either a release to show, or --unpin; not both.")
    if options.unpin:
        print(unpin_text(lake))
    elif options.release:
        print(rollback_text(lake, options.release, options.reason))
    else:
        print(releases_text(lake))
    return 0
