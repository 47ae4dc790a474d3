"""What all commands share: how one is registered, how it ends, and the published release.

Belongs here: exit codes, `Stop`, the parser of a command. Does not belong here: any command.
"""

import argparse
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from polars import DataFrame

    from warehouse.lake import Lake
    from warehouse.release import Release

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

EXIT_CODES = """\
exit codes:
  0  done (also: nothing new to do)
  1  a defect of this program: please report it with what was printed
  2  wrong arguments or settings, or a folder that cannot be read or written
  3  refused: a transfer in landing is incomplete, damaged or not what it says it is
  4  stopped: a gate failed, or tables were not fit to be published
  5  busy: another run works on the same cut
  6  nothing is published yet
  7  the SQL query was refused or failed
  130  interrupted
"""
EXIT_DEFECT, EXIT_USAGE, EXIT_REFUSED, EXIT_STOPPED, EXIT_BUSY = 1, 2, 3, 4, 5
EXIT_NOTHING, EXIT_QUERY, EXIT_INTERRUPTED = 6, 7, 130


class Stop(Exception):
    """Ends a command with a message for the user and an exit code; never a traceback."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def exit_code_of(error: Exception) -> int | None:
    """The exit code of an error that the user can mend and that says all itself; else None."""
    # Late: only a command that has failed pays for these imports.
    from orchestration.settings import SettingsError
    from warehouse.lake import LakeBusy
    from warehouse.landing import TransferRefused
    from warehouse.ledger import LedgerDamaged
    from warehouse.mirror import MirrorError, MirrorUnavailable
    from warehouse.releases import ReleaseRefused, UnknownRelease

    kinds: dict[int, tuple[type[Exception], ...]] = {
        EXIT_USAGE: (SettingsError, MirrorError, MirrorUnavailable, UnknownRelease),
        EXIT_REFUSED: (TransferRefused, LedgerDamaged),
        EXIT_STOPPED: (ReleaseRefused,),
        EXIT_BUSY: (LakeBusy,),
    }
    return next((code for code, kind in kinds.items() if isinstance(error, kind)), None)


def register(
    commands: Commands,
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    example: str,
) -> argparse.ArgumentParser:
    """A command's parser, with what all of them have: help, an example, `--root`."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:\n  {example}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(os.environ.get("TOPAZ_ROOT", "var")),
        help="root folder of the lake (default: $TOPAZ_ROOT, else var)",
    )
    parser.set_defaults(command=function)
    return parser


def whole_number(lowest: int) -> Callable[[str], int]:
    """A type of argument: a whole number from `lowest` on."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            message = f"{text} is no whole number from {lowest} on"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return parse


def day(text: str) -> date:
    """A type of argument: a date in ISO 8601."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text} is no date: write it as YYYY-MM-DD"
        raise argparse.ArgumentTypeError(message) from None


def published(options: argparse.Namespace) -> "tuple[Lake, Release]":
    """The lake and the release that readers see.

    Raises:
        Stop: nothing is published.
        ReleaseRefused: it cannot be read.
    """
    from warehouse import release
    from warehouse.lake import Lake

    lake = Lake(options.root)
    shown = release.current(lake)
    if shown is None:
        message = f"nothing is published in {lake.root} yet: run `topaz refresh`."
        raise Stop(EXIT_NOTHING, message)
    return lake, shown


def print_rows(rows: "DataFrame", *, as_csv: bool) -> None:
    """Print rows as a table for people, or as CSV."""
    import polars as pl

    if as_csv:
        print(rows.write_csv(), end="")
        return
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=200, tbl_width_chars=-1,
        tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_formatting="MARKDOWN",
    ):  # fmt: skip
        print(rows)
