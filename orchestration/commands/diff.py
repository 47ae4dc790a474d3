"""`topaz diff`: what changed from one cut, or release, to another."""

import argparse

from orchestration.commands.command import (
    EXIT_USAGE,
    Commands,
    Stop,
    register,
)


def add(commands: Commands) -> None:
    """Register the command."""
    diff = register(
        commands,
        "diff",
        run,
        "what changed from one cut or release to another: rows and results, with causes",
        "topaz diff 2016-10-04 2017-10-04 --table raw.qs",
    )
    diff.add_argument(
        "before", help="cut-off date, which stands for its newest release; or a release"
    )
    diff.add_argument("after", help="the same, of what is compared with it")
    diff.add_argument("--table", help="tell of this table alone, in more detail")
    diff.add_argument("--patients", action="store_true", help="name the patients behind a change")


def run(options: argparse.Namespace) -> int:
    """Run `topaz diff`; its exit code."""
    from orchestration.diff import NotComparable, diff_text
    from warehouse.lake import Lake

    try:
        print(
            diff_text(
                Lake(options.root),
                options.before,
                options.after,
                table=options.table,
                is_by_patient=options.patients,
            )
        )
    except NotComparable as error:
        raise Stop(EXIT_USAGE, str(error)) from None
    return 0
