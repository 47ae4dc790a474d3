"""`topaz simulate`: extracts of simulated patients, written into landing."""

import argparse

from orchestration.commands.command import (
    EXIT_USAGE,
    Commands,
    Stop,
    day,
    register,
    whole_number,
)


def add(commands: Commands) -> None:
    """Register the command."""
    simulate = register(
        commands,
        "simulate",
        run,
        "write extracts of simulated patients into landing: the kept histories, or new ones",
        "topaz simulate                                    the kept histories, two cuts\n"
        "  topaz simulate --patients 811 --seed 20171004     new patients",
    )
    simulate.add_argument(
        "--patients",
        type=whole_number(1),
        help="draw new patients, so many treated with 12 mg (default, if others are drawn: 811)",
    )
    simulate.add_argument(
        "--seed",
        type=whole_number(0),
        help="draw new patients, from this random seed (default, if others are drawn: 20171004)",
    )
    simulate.add_argument(
        "--cutoff",
        type=day,
        action="append",
        help="last day that the extracts know; repeat it for several cuts of the same people "
        "(default: 2016-10-04 and 2017-10-04; of new patients 2017-10-04)",
    )
    simulate.add_argument(
        "--format",
        choices=("xpt", "parquet"),
        default="xpt",
        help="parquet draws new patients, in batches and without the functional systems, for "
        "populations of any size (default: xpt)",
    )
    simulate.add_argument(
        "--if-empty", action="store_true", help="do nothing if landing holds anything"
    )


def run(options: argparse.Namespace) -> int:
    """Run `topaz simulate`; its exit code."""
    from warehouse.lake import Lake

    lake = Lake(options.root)
    if lake.landing.is_dir() and any(lake.landing.iterdir()):
        if options.if_empty:
            print(f"Extracts lie in {lake.landing} already; none simulated.")
            return 0
        message = (
            f"{lake.landing} is not empty, and what was delivered is never overwritten. "
            "Move it away, or give another --root."
        )
        raise Stop(EXIT_USAGE, message)
    from orchestration.simulate import CutoffNotKept, draw, write_kept
    from simulation.histories import HistoriesDamaged

    if options.patients is None and options.seed is None and options.format == "xpt":
        try:
            write_kept(lake.landing, options.cutoff)
        except (CutoffNotKept, HistoriesDamaged) as error:
            raise Stop(EXIT_USAGE, str(error)) from None
    else:
        draw(
            lake.landing,
            lake.root / "truth",
            patients=811 if options.patients is None else options.patients,
            seed=20171004 if options.seed is None else options.seed,
            cutoffs=options.cutoff,
            format=options.format,
        )
    return 0
