"""`topaz reproduce`: the published results beside the printed ones."""

import argparse

from orchestration.commands.command import (
    EXIT_NOTHING,
    Commands,
    Stop,
    day,
    published,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    reproduce = register(
        commands,
        "reproduce",
        run,
        "compare the published results with every value that the paper prints, worst first",
        "topaz reproduce --all",
    )
    reproduce.add_argument(
        "--cut", type=day, help="cut-off date (default: that of the published release)"
    )
    reproduce.add_argument("--all", action="store_true", help="list the values that match, too")


def run(options: argparse.Namespace) -> int:
    """Run `topaz reproduce`; its exit code."""
    from orchestration.reproduce import NotCompared, reproduction
    from warehouse import release

    lake, shown = published(options)
    if options.cut:
        of_cut = [
            one for one in release.all_releases(lake) if one.data_cut == options.cut.isoformat()
        ]
        if not of_cut:
            message = f"no release has the cut {options.cut}: run `topaz refresh --cut` with it."
            raise Stop(EXIT_NOTHING, message)
        shown = of_cut[-1]
    try:
        print(reproduction(shown, is_all_told=options.all))
    except NotCompared as error:
        raise Stop(EXIT_NOTHING, str(error)) from None
    return 0
