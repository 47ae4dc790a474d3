"""The search: pool, blocks in their order, and the histories of the chosen.

    python -m reconstruction.search --work FOLDER [--blocks 4-courses ...]

The pool and every finished block are kept in the work folder, so that a run that was stopped
goes on where it was. Progress is printed; docs/reproduction.md tells how long it takes.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.compute import replay
from orchestration.tables import contract
from reconstruction.assemble import assemble_trial
from reconstruction.blocks import Block, blocks, shares
from reconstruction.blocks import candidates as candidates_of_block
from reconstruction.choose import Choice, Cooling, Sum, choose, totals_out_of_bounds
from reconstruction.curves import tune
from reconstruction.pool import RULES, Datasets, batches, candidates_of
from reconstruction.printed import Printed
from reconstruction.targets import Tuning
from simulation.histories import KEPT, close_finished_studies, write_histories
from simulation.raw_tables import as_raw_tables

#: Batches of 5,000 treated patients by model.
POOL = {"natural": 16, "varied": 24, "mortal": 60}
#: Candidates of a stratum that a search looks at: more cost time, and give more ways to fit.
LOOKED_AT = 12_000
#: Choices in a row that start anew from random people before a block is given up.
ATTEMPTS = 12
#: Times that a choice is tuned to its own risk sets and model rates.
ROUNDS = 8
FIRST = Cooling(0.4, 0.01, 600_000)
AGAIN = Cooling(0.03, 0.005, 300_000)


class NothingFits(Exception):
    """A block was given up; tells what remained out of bounds."""


def say(text: str) -> None:
    """Print with the time of day, at once."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def load_pool(work: Path) -> pl.DataFrame:
    """All candidates, made now or in an earlier run."""
    file = work / "pool.parquet"
    if not file.exists():
        wanted = batches(POOL)
        say(f"pool: {len(wanted)} batches")
        made = []
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
            for number, part in enumerate(workers.map(candidates_of, wanted), start=1):
                made.append(part)
                if number % 10 == 0:
                    say(f"  {number} of {len(wanted)}")
        pl.concat(made).write_parquet(file)
    return pl.read_parquet(file)


def fit_block(block: Block, pool: pl.DataFrame, before: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Choose the people of a block: anneal, tune to what was chosen, anneal on, until all fits.

    Raises:
        NothingFits: no attempt came to an end.
    """
    rng = np.random.default_rng(seed)
    n = sum(block.quotas.values())
    printed = Printed()
    fit = candidates_of_block(block, pool)
    share = shares(printed, pool).get(block.name, [])

    def wanted(tuning: Tuning) -> list[Sum]:
        return [*block.sums(printed, tuning, before), *share]

    misses: dict[str, float] = {}
    for attempt in range(1, ATTEMPTS + 1):
        candidates = looked_at(fit, rng)
        # At first risk sets are those of nature, and rates are events over person-years.
        nature = tune(block.name, candidates.filter(pl.col("narrative").is_null()), n)
        tuning = Tuning(nature.at_risk, {})
        choice: Choice | None = None
        stress: dict[str, float] = {}
        for round_ in range(1, ROUNDS + 1):
            choice = choose(
                candidates,
                block.quotas,
                wanted(tuning),
                rng,
                AGAIN if choice else FIRST,
                first=choice.positions if choice else None,
                stress=stress,
            )
            chosen = candidates[choice.positions]
            tuning = tune(block.name, chosen, n)
            misses = totals_out_of_bounds(chosen, wanted(tuning))
            say(
                f"{block.name}: attempt {attempt}, round {round_}: "
                f"{_told(choice.misses)}; tuned anew: {_told(misses)}"
            )
            if not misses:
                return chosen
            # What was missed counts more in the next round.
            stress |= {name: 1.5 * stress.get(name, 1.0) for name in choice.misses}
    raise NothingFits(f"{block.name}: {_told(misses)}; try another --seed")


def _told(misses: dict[str, float]) -> str:
    if not misses:
        return "all fit"
    shown = ", ".join(f"{name} by {miss:.3g}" for name, miss in list(misses.items())[:6])
    return f"{len(misses)} miss: {shown}"


def looked_at(fit: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """At most `LOOKED_AT` candidates of each stratum, drawn anew for each attempt.

    All who had an early course are among them: few had it on the very days that are printed.
    """
    is_early = pl.any_horizontal(pl.col("^is_early_.$").fill_null(False))
    return (
        fit.with_columns(order=pl.Series(rng.random(fit.height)))
        .sort(is_early.not_(), "order")
        .filter(pl.int_range(pl.len()).over("stratum") < LOOKED_AT)
        .sort("order")
        .drop("order")
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for pool and choices")
    parser.add_argument("--out", type=Path, default=KEPT, help="where to keep the histories")
    parser.add_argument("--seed", type=int, default=9, help="random seed of the search")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    pool = load_pool(options.work)
    say(f"pool: {pool.height} candidates")
    *groups, remainder = blocks()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
        list(workers.map(_choose_group, [(options, block.name) for block in groups]))
    before = pl.concat([pl.read_parquet(_file(options.work, block)) for block in groups])
    if not _file(options.work, remainder).exists():
        chosen = fit_block(remainder, pool, before, options.seed)
        chosen.write_parquet(_file(options.work, remainder))
    chosen = pl.concat([before, pl.read_parquet(_file(options.work, remainder))])
    say(f"{chosen.height} chosen; drawing their batches again")
    datasets = close_finished_studies(assemble_trial(chosen))
    found = compare(datasets)
    for row in found.filter(pl.col("outcome") != "match").iter_rows(named=True):
        say(
            f"{row['published_id']} {row['endpoint']}, {row['timepoint']}: "
            f"printed {row['printed_text']}, found {row['computed_value']} {row['note']}"
        )
    told = found.group_by("kind").agg(n=pl.len(), match=(pl.col("outcome") == "match").sum())
    for kind, n, match in told.sort("kind").iter_rows():
        say(f"{kind}: {match} of {n}")
    if (found["outcome"] != "match").any():
        raise NothingFits(f"the trial misses printed values; {options.out} is as it was")
    write_histories(datasets, options.out)
    say(f"histories written to {options.out}")


def compare(datasets: Datasets) -> pl.DataFrame:
    """`results.reproduction` of a trial, by the whole lineage in memory."""
    raw = {name: table.collect().lazy() for name, table in as_raw_tables(datasets).items()}
    table, scenarios = "results.reproduction", contract("results.result_sensitivity")
    # The scenarios take long, and no printed value is compared with them.
    raw[scenarios.sql_name] = pl.LazyFrame(schema=scenarios.schema)
    return replay(raw, RULES, again=(), targets=(table,), replaced=raw)[table].collect()


def _choose_group(task: tuple[argparse.Namespace, str]) -> None:
    """Choose one efficacy group, unless an earlier run did."""
    options, name = task
    block = next(block for block in blocks() if block.name == name)
    file = _file(options.work, block)
    if not file.exists():
        pool = load_pool(options.work)
        chosen = fit_block(block, pool, pool.clear(), options.seed)
        chosen.write_parquet(file)


def _file(work: Path, block: Block) -> Path:
    return work / f"{block.name}.parquet"


if __name__ == "__main__":
    try:
        main()
    except NothingFits as error:
        sys.exit(f"nothing fits: {error}")
