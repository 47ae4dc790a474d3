"""The command line, `topaz`: puts the commands together and runs one.

Belongs here: the program's own parser, and how it ends. Does not belong here: any command
(`orchestration.commands`).
"""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from orchestration.commands import (
    daemon,
    diff,
    queries,
    refresh,
    reproduce,
    rollback,
    simulate,
    sql,
    status,
    transfers,
    ui,
    vary,
)
from orchestration.commands.command import (
    EXIT_CODES,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    Stop,
    exit_code_of,
)

#: In the order in which `topaz --help` lists them.
COMMANDS = (
    *(simulate, refresh, status, transfers, queries),
    *(diff, rollback, vary, reproduce, ui, daemon, sql),
)


def run() -> NoReturn:
    """Entry point of the `topaz` script."""
    try:
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        # The reader of our output has left (`topaz sql … | head`): not our mistake.
        code = 0
    # DuckDB's binding fills the terminal with "nanobind: leaked" when the interpreter takes it
    # down in the company of Great Expectations. All is closed by now: leave without that.
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except Stop as stop:
        print(f"topaz: {stop}", file=sys.stderr)
        return stop.code
    except BrokenPipeError:
        raise  # no `OSError` to be told to somebody who has left
    except KeyboardInterrupt:
        print("\ntopaz: interrupted; what is published is as it was.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as error:
        hint = (
            ". The account that runs topaz must be able to write in the root folder of the lake"
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
            else ""
        )
        print(f"topaz: {error.strerror}: {error.filename}{hint}", file=sys.stderr)
        return EXIT_USAGE
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        print(f"topaz: {error}", file=sys.stderr)
        return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="topaz",
        description="Re-analyses the CARE-MS / TOPAZ follow-up at a data cut: extracts in, "
        "gated result tables out.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    run()
