"""Coverage of the published 95% intervals when the truth is known.

Simulated patients go through the real transforms up to the windows table; those whom the
real population rules put into the 3-courses and the 4-courses group are the pools. The truth
of a cell is the estimate from one very large pool of other seeds: the limit of the same
estimator under the same selection. Disjoint random sets of as many patients as the paper
has in a group are the trials; counted is how often a trial's interval holds the truth.

    python benchmarks/coverage.py

writes the table into docs/validation.md, between its markers.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from statsmodels.stats.proportion import proportion_confint

from models.arr import NO_EVENTS, POISSON_BOUNDARY, Z_95, estimate_rate
from models.cells import AFTER, BEFORE, DAYS_PER_YEAR
from models.negative_binomial import NotEstimableError, Vector
from models.repeated_negative_binomial import fit_repeated_negative_binomial
from simulation import simulate_trial
from transforms.course import derive_course
from transforms.follow_up import derive_follow_up
from transforms.other_dmt import derive_other_dmt
from transforms.patient import derive_patient
from transforms.patient_course_window import derive_patient_course_window
from transforms.population import derive_population
from transforms.relapse import derive_relapse
from transforms.rules import Rules, default_horizon_years
from warehouse.contracts import CORE, RAW, TableContract

CUTOFF = date(2017, 10, 4)
#: Datasets that change neither who is in a group nor a relapse nor time at risk.
HEAVY = ("AE", "MH", "NV", "QS", "SE")
WINDOWS = (BEFORE, AFTER, "M24..M36", "M0..M36")
RATIO = "rate ratio"
DOCUMENT = Path(__file__).parents[1] / "docs" / "validation.md"
MARKERS = ("<!-- coverage: begin -->", "<!-- coverage: end -->")


@dataclass(frozen=True)
class Group:
    """A group of the paper: the course that defines it and its number of patients."""

    group_id: str
    anchor: str
    n: int


GROUPS = (Group("3-courses", "course-3", 144), Group("4-courses", "course-4", 62))


@dataclass(frozen=True)
class Pool:
    """Patients of one group.

    Attributes:
        relapses: in each of `WINDOWS`, shape (patients, windows).
        years: at risk in each, 0 if none, shape (patients, windows).
    """

    relapses: Vector
    years: Vector

    def __len__(self) -> int:
        return len(self.relapses)

    def take(self, rows: np.ndarray) -> "Pool":
        """The patients at these positions."""
        return Pool(self.relapses[rows], self.years[rows])


@dataclass(frozen=True)
class Interval:
    """One estimate with its 95% limits; None = not estimable."""

    estimate: float | None
    low: float | None
    high: float | None
    is_poisson: bool


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog="example: python benchmarks/coverage.py --trials 2000",
    )
    parser.add_argument("--trials", type=int, default=2000, help="trials per group (2000)")
    parser.add_argument(
        "--truth-patients", type=int, default=40_000, help="patients behind a truth (40000)"
    )
    parser.add_argument("--batch", type=int, default=100_000, help="treated patients per seed")
    parser.add_argument("--trial-seed", type=int, default=1000, help="first seed of the trials")
    parser.add_argument("--truth-seed", type=int, default=9000, help="first seed of the truth")
    parser.add_argument("--print-only", action="store_true", help="leave the document as it is")
    arguments = parser.parse_args()
    if arguments.truth_seed < arguments.trial_seed + 1000:
        parser.error("--truth-seed must lie 1000 or more above --trial-seed: no shared patients")

    started = time.perf_counter()
    wanted = {group: group.n * arguments.trials for group in GROUPS}
    pools, n_seeds = collect_pools(wanted, arguments.batch, arguments.trial_seed)
    wanted = dict.fromkeys(GROUPS, arguments.truth_patients)
    large, n_truth_seeds = collect_pools(wanted, arguments.batch, arguments.truth_seed)
    rows = [
        row
        for group in GROUPS
        for row in coverage_rows(group, pools[group], large[group], arguments.trials)
    ]
    lines = [
        f"{arguments.trials:,} trials per group, from {n_seeds} seeds of {arguments.batch:,} "
        f"treated patients each; truth from {n_truth_seeds} other seeds ("
        + ", ".join(f"{len(large[group]):,} patients of {group.group_id}" for group in GROUPS)
        + ").",
        "",
        *table(rows),
    ]
    print("\n".join(lines))
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    if not arguments.print_only:
        write_between_markers(lines)


def collect_pools(
    wanted: dict[Group, int], batch: int, first_seed: int
) -> tuple[dict[Group, Pool], int]:
    """Patients of each group, at least as many as wanted, and the number of seeds used."""
    parts: dict[Group, list[Pool]] = {group: [] for group in GROUPS}
    n_seeds = 0
    while any(sum(map(len, parts[group])) < wanted[group] for group in GROUPS):
        windows = simulate_windows(batch, first_seed + n_seeds)
        for group in GROUPS:
            parts[group].append(pool_of(windows, group))
        n_seeds += 1
        counts = ", ".join(f"{sum(map(len, parts[g])):,} of {wanted[g]:,}" for g in GROUPS)
        print(f"seed {first_seed + n_seeds - 1}: {counts}", file=sys.stderr, flush=True)
    pools = {
        group: Pool(
            np.concatenate([part.relapses for part in found]),
            np.concatenate([part.years for part in found]),
        )
        for group, found in parts.items()
    }
    return pools, n_seeds


def simulate_windows(n_patients: int, seed: int) -> pl.DataFrame:
    """Windows around Courses 3 and 4 of the efficacy groups, by the real transforms."""
    trial = simulate_trial(
        n_patients, seed, leave_out=HEAVY, subject_width=len(str(n_patients)) + 1
    )
    # Others can be in neither group, and would only cost time.
    candidates = (
        trial.truth["course"].filter(pl.col("number") == 3).select("usubjid").unique().lazy()
    )
    raw = {
        name: in_memory(raw_table(contract, trial.datasets, candidates))
        for name, contract in RAW.items()
    }
    rules = Rules(cutoff=CUTOFF, horizon_years=default_horizon_years(CUTOFF))
    patient = in_memory(derive_patient(raw["dm"], raw["ex"], raw["sc"], rules=rules))
    course = in_memory(derive_course(raw["ex"], raw["suppex"], patient, rules=rules))
    relapse = in_memory(derive_relapse(raw["ce"], raw["suppce"], patient, rules=rules))
    other_dmt = derive_other_dmt(raw["cm"], patient, rules=rules)
    population = in_memory(derive_population(patient, course, other_dmt, rules=rules))
    nothing = {name: pl.LazyFrame(schema=CORE[name].schema) for name in CORE}
    follow_up = in_memory(
        derive_follow_up(
            raw["sv"],
            raw["qs"],
            raw["nv"],
            raw["ex"],
            raw["ds"],
            patient,
            course,
            nothing["adverse_event"],
            rules=rules,
        )
    )
    members = population.filter(pl.col("group_id").is_in([group.group_id for group in GROUPS]))
    windows = derive_patient_course_window(
        patient.join(members, on="person_id", how="semi"),
        course,
        relapse,
        nothing["edss"],
        nothing["mri_scan"],
        follow_up,
        rules=rules,
    )
    return (
        windows.filter(pl.col("analysis_window").is_in(WINDOWS))
        .join(members.select("person_id", "group_id"), on="person_id")
        .select("group_id", "person_id", "anchor", "analysis_window", "relapses", "days_at_risk")
        .collect()
    )


def in_memory(table: pl.LazyFrame) -> pl.LazyFrame:
    """The table computed once, for several readers."""
    return table.collect().lazy()


def raw_table(
    contract: TableContract, datasets: dict[str, dict[str, pl.DataFrame]], persons: pl.LazyFrame
) -> pl.LazyFrame:
    """A raw table of these persons from the datasets of all studies; empty if left out."""
    name = contract.name.upper()
    parts = [
        tables[name].lazy().rename(str.lower).join(persons, on="usubjid", how="semi")
        for tables in datasets.values()
        if name in tables
    ]
    schema = contract.schema
    if not parts:
        return pl.LazyFrame(schema=schema)
    frame = pl.concat(parts, how="diagonal")
    given = frame.collect_schema().names()
    return frame.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in given
    ).select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def pool_of(windows: pl.DataFrame, group: Group) -> Pool:
    """The group's patients around its course; a window without a row has no time at risk."""
    rows = windows.filter(
        (pl.col("group_id") == group.group_id) & (pl.col("anchor") == group.anchor)
    )

    def matrix(column: str) -> Vector:
        wide = rows.pivot("analysis_window", index="person_id", values=column).sort("person_id")
        return wide.select(pl.col(WINDOWS).fill_null(0).cast(pl.Float64)).to_numpy()

    return Pool(matrix("relapses"), matrix("days_at_risk") / DAYS_PER_YEAR)


def coverage_rows(group: Group, pool: Pool, large: Pool, n_trials: int) -> list[tuple[str, ...]]:
    """One row of the report per cell of a group."""
    truths = dict(estimates(large))
    order = np.random.default_rng(1).permutation(len(pool))
    trials = [
        dict(estimates(pool.take(order[start : start + group.n])))
        for start in range(0, n_trials * group.n, group.n)
    ]
    return [
        report_row(group, cell, truth.estimate, [trial[cell] for trial in trials])
        for cell, truth in truths.items()
        if truth.estimate is not None
    ]


def estimates(pool: Pool) -> Iterator[tuple[str, Interval]]:
    """What the endpoints publish of these patients: a rate per window, and the rate ratio."""
    for column, window in enumerate(WINDOWS):
        yield window, rate_interval(pool.relapses[:, column], pool.years[:, column])
    yield RATIO, ratio_interval(pool)


def rate_interval(relapses: Vector, years: Vector) -> Interval:
    is_at_risk = years > 0
    rows, patients = np.unique(
        np.column_stack([relapses[is_at_risk], years[is_at_risk]]), axis=0, return_counts=True
    )
    method, _, values = estimate_rate(rows[:, 0], rows[:, 1], patients.astype(float))
    return Interval(
        values["rate"],
        values["ci_low"],
        values["ci_high"],
        is_poisson=method in (POISSON_BOUNDARY, NO_EVENTS),
    )


def ratio_interval(pool: Pool) -> Interval:
    columns = [WINDOWS.index(BEFORE), WINDOWS.index(AFTER)]
    both = (pool.years[:, columns] > 0).all(axis=1)
    rows, patients = np.unique(
        np.column_stack([pool.relapses[both][:, columns], pool.years[both][:, columns]]),
        axis=0,
        return_counts=True,
    )
    try:
        fit = fit_repeated_negative_binomial(
            rows[:, :2].T.ravel(),
            rows[:, 2:].T.ravel(),
            period=np.repeat([0, 1], len(rows)),
            cluster=np.tile(np.arange(len(rows)), 2),
            weights=np.tile(patients, 2).astype(float),
        )
    except NotEstimableError:
        return Interval(None, None, None, is_poisson=False)
    log_ratio, se = float(fit.coefficients[1]), float(fit.se[1])
    low, middle, high = np.exp(log_ratio + Z_95 * se * np.array([-1, 0, 1]))
    return Interval(float(middle), float(low), float(high), fit.model.is_at_boundary)


def report_row(group: Group, cell: str, truth: float, trials: list[Interval]) -> tuple[str, ...]:
    """What the trials gave for one cell.

    Coverage, its Wilson interval and the misses on either side are shares of the estimable
    trials. "SE claimed / real" compares the standard error of the log estimate that the
    intervals claim (root mean square) with the scatter of the log estimates, over trials with
    an event.
    """
    known = [
        (trial.estimate, trial.low, trial.high)
        for trial in trials
        if trial.estimate is not None and trial.low is not None and trial.high is not None
    ]
    estimate, low, high = np.array(known).T
    n = len(known)
    covered = int(((low <= truth) & (truth <= high)).sum())
    ci_low, ci_high = proportion_confint(covered, n, method="wilson")
    has_se = low > 0
    claimed = np.log(high[has_se] / low[has_se]) / (2 * Z_95)
    scatter = np.log(estimate[has_se]).std(ddof=1)
    return (
        group.group_id,
        str(group.n),
        cell,
        f"{truth:.4f}",
        f"{estimate.mean():.4f}",
        f"{100 * (estimate.mean() / truth - 1):+.1f}%",
        f"{100 * covered / n:.1f}%",
        f"{100 * ci_low:.1f} to {100 * ci_high:.1f}%",
        f"{100 * (low > truth).mean():.1f}%",
        f"{100 * (high < truth).mean():.1f}%",
        f"{np.sqrt((claimed**2).mean()) / scatter:.2f}",
        f"{100 * np.mean([trial.is_poisson for trial in trials]):.0f}%",
        f"{100 * (1 - n / len(trials)):.1f}%",
    )


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows as a Markdown table."""
    header = (
        "group",
        "n",
        "cell",
        "truth",
        "mean estimate",
        "bias",
        "coverage",
        "Monte-Carlo interval",
        "truth below",
        "truth above",
        "SE claimed / real",
        "k = 0",
        "NE",
    )
    return ["| " + " | ".join(row) + " |" for row in (header, ("---",) * len(header), *rows)]


def write_between_markers(lines: list[str]) -> None:
    """Replace what stands between the document's markers."""
    text = DOCUMENT.read_text(encoding="utf-8")
    begin, end = (text.index(marker) for marker in MARKERS)
    begin += len(MARKERS[0])
    body = "\n\n" + "\n".join(lines) + "\n\n"
    DOCUMENT.write_text(text[:begin] + body + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
