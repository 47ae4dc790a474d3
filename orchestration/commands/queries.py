"""`topaz queries`: what the study sites must be asked, as one CSV file per site."""

import argparse
from pathlib import Path

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
    queries = register(
        commands,
        "queries",
        run,
        "write the records that gates found wrong or unusual, one CSV file per study and site",
        "topaz queries --out queries",
    )
    queries.add_argument(
        "--cut", type=day, help="cut-off date (default: that of the published release)"
    )
    queries.add_argument(
        "--out",
        type=Path,
        help="folder to write into; it is made for its owner only (default: queries/<cut-off "
        "date> under the root)",
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz queries`; its exit code."""
    from orchestration.queries import site_queries, write_site_queries
    from warehouse.lake import Lake, TableNotReady

    lake = Lake(options.root)
    data_cut = options.cut.isoformat() if options.cut else published(options)[1].data_cut
    folder = options.out or lake.root / "queries" / data_cut
    try:
        found = site_queries(lake, data_cut)
    except TableNotReady as error:
        raise Stop(EXIT_NOTHING, str(error)) from None
    for path in write_site_queries(found, folder):
        print(path)
    print(f"Cut {data_cut}: {found.height} queries, in {folder}. They name patients.")
    return 0
