"""What the reproduction would notice: deliberate faults, and the printed values each costs.

    python -m benchmarks.faults                   # in the folder of the repository; a minute
    python -m benchmarks.faults --markdown        # as a Markdown block, progress apart
    python -m benchmarks.faults --only landmark

The kept histories go through the whole lineage in memory, once as it is and once for each fault,
of which only what hangs on the fault is computed anew. A fault costs a printed value if the value
is reproduced without it, and not with it. Design constants are compared with the settings
themselves: a wrong setting that only they show is counted as unnoticed, since the same fault in
the code would leave them as they are.

Exit code 1 if the unbroken lineage does not reproduce all printed values.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from benchmarks.faults.functions import FUNCTIONS
from benchmarks.faults.settings import SETTINGS
from benchmarks.faults.statistics import STATISTICS
from benchmarks.faults.steps import STEPS
from benchmarks.faults.tables import TABLES
from benchmarks.faults.ways import EVERYTHING, SCENARIOS, Fault, Lake, let_loose
from orchestration.compute import replay
from orchestration.tables import contract
from simulation.histories import CUTOFFS, read_histories
from simulation.raw_tables import as_raw_tables
from transforms.rules import Rules, default_horizon_years

FAULTS: tuple[Fault, ...] = (
    *SETTINGS,
    *STEPS,
    *FUNCTIONS,
    *STATISTICS,
    *TABLES,
)
RULES = Rules(CUTOFFS[-1], default_horizon_years(CUTOFFS[-1]))
REPRODUCTION, RESULT = "results.reproduction", "results.result"
#: Kinds that are computed from data, and the one that is compared with the settings.
FROM_DATA, DESIGN = ("estimated", "narrated"), "design"
#: Runs of ids that a Markdown cell shows.
SHOWN = 6


@dataclass(frozen=True)
class Cost:
    """What a fault does.

    Attributes:
        fault: the fault.
        lost: ids of printed values that it costs, by kind.
        n_moved: printed values from data that are computed otherwise, if only behind the
            printed digits.
        n_rows: result rows, of all that the pipeline makes, that are.
    """

    fault: Fault
    lost: dict[str, list[str]]
    n_moved: int
    n_rows: int

    @property
    def n_lost(self) -> int:
        """Printed values from data that it costs."""
        return sum(len(self.lost.get(kind, [])) for kind in FROM_DATA)


def read_lake() -> Lake:
    """Raw tables of the kept histories, and all that the unbroken lineage makes of them."""
    raw = {name: table.collect().lazy() for name, table in as_raw_tables(read_histories()).items()}
    raw[SCENARIOS] = pl.LazyFrame(schema=contract(SCENARIOS).schema)
    return {**raw, **replay(raw, RULES, again=(), targets=EVERYTHING, replaced=raw)}


def cost_of(fault: Fault, lake: Lake) -> Cost:
    """Run the lineage under a fault, and compare with the unbroken one."""
    found = let_loose(fault, lake, RULES, REPRODUCTION, RESULT)
    right, wrong = lake[REPRODUCTION].collect(), found[REPRODUCTION]
    both = right.join(wrong.select("published_id", wrong="outcome"), on="published_id")
    is_lost = (pl.col("outcome") == "match") & (pl.col("wrong") != "match")
    lost = both.filter(is_lost).sort("published_id").group_by("kind").agg("published_id")
    computed = ("published_id", "computed_value", "computed_text")
    is_from_data = pl.col("kind").is_in(FROM_DATA)
    n_rows = 0
    if RESULT in found:
        n_rows = _n_other(lake[RESULT].collect(), found[RESULT], ("result_id", "value"))
    return Cost(
        fault, dict(lost.iter_rows()), _n_other(right.filter(is_from_data), wrong, computed), n_rows
    )


def _n_other(right: pl.DataFrame, wrong: pl.DataFrame, columns: Sequence[str]) -> int:
    """Rows of the right table that are not among the wrong one's."""
    return right.join(wrong, on=columns, how="anti", nulls_equal=True).height


def spans(ids: Sequence[str]) -> list[str]:
    """Ids in order, neighbours drawn together: P0001-P0003."""
    runs: list[list[str]] = []
    for each in ids:
        if runs and int(each[1:]) == int(runs[-1][-1][1:]) + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]


def report(costs: Sequence[Cost], lake: Lake, *, is_markdown: bool) -> list[str]:
    """Lines: what the unbroken lineage reproduces, what is noticed (worst first), what is not."""
    reproduced = lake[REPRODUCTION].collect()
    n_match = reproduced.filter(outcome="match").height
    worst_first = sorted(costs, key=lambda cost: (-cost.n_lost, cost.fault.name))
    noticed = [cost for cost in worst_first if cost.n_lost]
    others = sorted((cost for cost in costs if not cost.n_lost), key=lambda cost: -cost.n_rows)
    return [
        f"Without a fault, {n_match} of {reproduced.height} printed values match; what a fault "
        "costs is counted among these.",
        "",
        *_table(
            ("fault", "rules", "way", "values", "estimated", "narrated", "design", "which"),
            [_noticed_row(cost) for cost in noticed],
            is_markdown=is_markdown,
        ),
        "",
        "Undetectable by this table, since no value from data is lost. Either printed values move "
        "behind the printed digits only, or only results that are not printed move, or nothing "
        "does with these patients.",
        "",
        *_table(
            ("fault", "rules", "way", "printed values moved", "result rows moved", "design", "why"),
            [_unnoticed_row(cost) for cost in others],
            is_markdown=is_markdown,
        ),
        "",
        f"{len(noticed)} of {len(costs)} faults cost at least one value, {len(others)} none.",
    ]


def _noticed_row(cost: Cost) -> tuple[str, ...]:
    n = {kind: len(cost.lost.get(kind, [])) for kind in (*FROM_DATA, DESIGN)}
    which = spans([each for kind in FROM_DATA for each in cost.lost.get(kind, [])])
    more = [f"and {len(which) - SHOWN} more"] if len(which) > SHOWN else []
    numbers = (str(cost.n_lost), *(str(count) for count in n.values()))
    return (*_named(cost.fault), *numbers, ", ".join(which[:SHOWN] + more))


def _unnoticed_row(cost: Cost) -> tuple[str, ...]:
    numbers = (cost.n_moved, cost.n_rows, len(cost.lost.get(DESIGN, [])))
    if cost.n_moved:
        why = "behind the printed digits"
    else:
        why = "not printed" if cost.n_rows else "no difference here"
    return (*_named(cost.fault), *map(str, numbers), why)


def _named(fault: Fault) -> tuple[str, str, str]:
    return fault.name, fault.rule_ids, fault.way


def _table(
    header: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, is_markdown: bool
) -> list[str]:
    """A Markdown table; on the screen with columns of one width."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    if is_markdown:
        lines = (header, ("---",) * len(header), *rows)
    else:
        lines = (header, tuple("-" * width for width in widths), *rows)
        lines = [tuple(map(str.ljust, row, widths)) for row in lines]
    return ["| " + " | ".join(row) + " |" for row in lines]


def main() -> int:
    """Run the faults and print; exit code 1 if the unbroken lineage misses a printed value."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="faults whose name has this text")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown block")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if options.only in fault.name]
    if not chosen:
        parser.error(f"no fault has {options.only!r} in its name")
    started = time.perf_counter()
    lake = read_lake()
    costs = []
    for number, fault in enumerate(chosen, start=1):
        costs.append(cost_of(fault, lake))
        print(
            f"{number:4} of {len(chosen)}  {time.perf_counter() - started:4.0f} s  "
            f"{costs[-1].n_lost:4} lost  {fault.name}",
            file=sys.stderr,
            flush=True,
        )
    print("\n".join(report(costs, lake, is_markdown=options.markdown)))
    return 0 if (lake[REPRODUCTION].collect()["outcome"] == "match").all() else 1
