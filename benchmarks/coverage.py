"""Bias of the estimates and coverage of their 95% intervals when the truth is known.

Simulated patients go through the real transforms up to the windows layer; those whom the
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
from models.arr_before_after import SIDES
from models.cells import AFTER, BEFORE, DAYS_PER_MONTH, DAYS_PER_YEAR
from models.describe import mean_values
from models.kaplan_meier import survival_at
from models.negative_binomial import NotEstimableError
from models.repeated_negative_binomial import fit_repeated_negative_binomial
from models.share import share_values
from orchestration.compute import replay
from orchestration.tables import DERIVED_TABLES
from simulation import simulate_trial
from simulation.raw_tables import as_raw_tables
from transforms.rules import Rules, default_horizon_years

CUTOFF = date(2017, 10, 4)
RULES = Rules(cutoff=CUTOFF, horizon_years=default_horizon_years(CUTOFF))
#: What changes none of the endpoints.
LEFT_OUT = ("AE", "MH", "SE", "KFSS")
TABLES = (
    "core.population",
    "windows.patient_course_window",
    "windows.edss_at_visit",
    "windows.disability_event",
)
WINDOWS = (BEFORE, AFTER, "M24..M36", "M0..M36")
#: Mark of the curves and of the change, in months after the course.
MONTHS = 36
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
class Interval:
    """One estimate with its 95% limits; None = not estimable."""

    estimate: float | None
    low: float | None
    high: float | None
    is_poisson: bool = False


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
) -> tuple[dict[Group, pl.DataFrame], int]:
    """Patients of each group, at least as many as wanted, and the number of seeds used."""
    parts: dict[Group, list[pl.DataFrame]] = {group: [] for group in GROUPS}
    n_seeds = 0
    while any(sum(map(len, parts[group])) < wanted[group] for group in GROUPS):
        tables = simulate_tables(batch, first_seed + n_seeds)
        for group in GROUPS:
            parts[group].append(pool_of(tables, group))
        n_seeds += 1
        counts = ", ".join(f"{sum(map(len, parts[g])):,} of {wanted[g]:,}" for g in GROUPS)
        print(f"seed {first_seed + n_seeds - 1}: {counts}", file=sys.stderr, flush=True)
    return {group: pl.concat(found) for group, found in parts.items()}, n_seeds


def simulate_tables(n_patients: int, seed: int) -> dict[str, pl.LazyFrame]:
    """Patients with a third course, by the real transforms: the tables of `TABLES`."""
    trial = simulate_trial(
        n_patients, seed, leave_out=LEFT_OUT, subject_width=len(str(n_patients)) + 1
    )
    # Others can be in neither group, and would only cost time.
    candidates = trial.truth["course"].filter(pl.col("number") == 3)["usubjid"].unique()
    return replay(
        as_raw_tables(trial.datasets, candidates),
        RULES,
        again={table.sql_name for table in DERIVED_TABLES},
        targets=TABLES,
    )


def pool_of(tables: dict[str, pl.LazyFrame], group: Group) -> pl.DataFrame:
    """The group's patients around its course, one row each; null where nothing is known.

    Columns: `relapses <window>` and `years <window>` (0 without time at risk) of `WINDOWS`,
    `is_mri_free` of the 12 months after the course, `edss_change` to month 36, and of CDW
    and CDI `days`, `cnsr` and `tolerance`.
    """
    is_here = pl.col("anchor") == group.anchor
    members = tables["core.population"].filter(pl.col("group_id") == group.group_id)
    rows = members.select("person_id")
    windows = tables["windows.patient_course_window"].filter(is_here)
    for window in WINDOWS:
        of_window = windows.filter(pl.col("analysis_window") == window).select(
            "person_id",
            pl.col("relapses").alias(f"relapses {window}"),
            (pl.col("days_at_risk") / DAYS_PER_YEAR).alias(f"years {window}"),
        )
        rows = rows.join(of_window, on="person_id", how="left")
    scans = windows.filter(pl.col("analysis_window") == AFTER).select(
        "person_id", is_mri_free=~pl.col("has_mri_activity")
    )
    changes = (
        tables["windows.edss_at_visit"]
        .filter(is_here, pl.col("analysis_month") == MONTHS)
        .select("person_id", edss_change="edss_change_points")
    )
    rows = rows.join(scans, on="person_id", how="left").join(changes, on="person_id", how="left")
    for endpoint in ("CDW", "CDI"):
        events = (
            tables["windows.disability_event"]
            .filter(is_here, pl.col("endpoint") == endpoint)
            .select(
                "person_id",
                pl.col("days_to_event").alias(f"{endpoint} days"),
                pl.col("cnsr").alias(f"{endpoint} cnsr"),
                pl.col("last_edss_tolerance_days").alias(f"{endpoint} tolerance"),
            )
        )
        rows = rows.join(events, on="person_id", how="left")
    return (
        rows.with_columns(pl.col("^(relapses|years) .*$").fill_null(0))
        .sort("person_id")
        .drop("person_id")
        .collect()
    )


def coverage_rows(
    group: Group, pool: pl.DataFrame, large: pl.DataFrame, n_trials: int
) -> list[tuple[str, ...]]:
    """One row of the report per cell of a group."""
    truths = dict(estimates(large))
    order = np.random.default_rng(1).permutation(len(pool))
    trials = [
        dict(estimates(pool[order[start : start + group.n]]))
        for start in range(0, n_trials * group.n, group.n)
    ]
    return [
        report_row(group, cell, truth.estimate, [trial[cell] for trial in trials])
        for cell, truth in truths.items()
        if truth.estimate is not None
    ]


def estimates(pool: pl.DataFrame) -> Iterator[tuple[str, Interval]]:
    """What the endpoints publish of these patients."""
    for window in WINDOWS:
        yield f"ARR {window}", rate_interval(pool, window)
    yield RATIO, ratio_interval(pool)
    yield "% free of CDW, M36", event_interval(pool, "CDW")
    yield "% with CDI, M36", event_interval(pool, "CDI")
    yield "% free of MRI activity, M0..M12", share_interval(pool["is_mri_free"].drop_nulls())
    yield "EDSS change, M36", change_interval(pool["edss_change"].drop_nulls())


def rate_interval(pool: pl.DataFrame, window: str) -> Interval:
    relapses, years = f"relapses {window}", f"years {window}"
    counts = pool.filter(pl.col(years) > 0).group_by(relapses, years).len().sort(relapses, years)
    method, _, values = estimate_rate(
        counts[relapses].to_numpy().astype(float),
        counts[years].to_numpy(),
        counts["len"].to_numpy().astype(float),
    )
    is_poisson = method in (POISSON_BOUNDARY, NO_EVENTS)
    return Interval(values["rate"], values["ci_low"], values["ci_high"], is_poisson)


def ratio_interval(pool: pl.DataFrame) -> Interval:
    relapses, years = ([f"{name} {side}" for side in SIDES] for name in ("relapses", "years"))
    both = pool.filter(pl.all_horizontal(pl.col(years) > 0))
    pairs = both.group_by(*relapses, *years).len().sort(*relapses, *years)
    try:
        fit = fit_repeated_negative_binomial(
            pairs.select(relapses).to_numpy().T.ravel().astype(float),
            pairs.select(years).to_numpy().T.ravel(),
            period=np.repeat([0, 1], len(pairs)),
            cluster=np.tile(np.arange(len(pairs)), 2),
            weights=np.tile(pairs["len"].to_numpy(), 2).astype(float),
        )
    except NotEstimableError:
        return Interval(None, None, None)
    log_ratio, se = float(fit.coefficients[1]), float(fit.se[1])
    low, middle, high = np.exp(log_ratio + Z_95 * se * np.array([-1, 0, 1]))
    return Interval(float(middle), float(low), float(high), fit.model.is_at_boundary)


def event_interval(pool: pl.DataFrame, endpoint: str) -> Interval:
    """Percent free of worsening, or with improvement, at month 36."""
    days, cnsr, tolerance = (f"{endpoint} {name}" for name in ("days", "cnsr", "tolerance"))
    counts = pool.drop_nulls(days).group_by(days, cnsr, tolerance).len().sort(days, cnsr, tolerance)
    (at_mark,) = survival_at(
        counts[days],
        counts[cnsr] == 0,
        counts["len"],
        [MONTHS * DAYS_PER_MONTH],
        tolerances=counts[tolerance],
    )
    if at_mark.survival is None or at_mark.ci_low is None or at_mark.ci_high is None:
        return Interval(None, None, None)
    free, low, high = (100 * x for x in (at_mark.survival, at_mark.ci_low, at_mark.ci_high))
    if endpoint == "CDI":
        free, low, high = 100 - free, 100 - high, 100 - low
    return Interval(free, low, high)


def share_interval(is_free: pl.Series) -> Interval:
    values, _ = share_values(int(is_free.sum()), len(is_free))
    return Interval(values["pct"], values["ci_low"], values["ci_high"])


def change_interval(changes: pl.Series) -> Interval:
    counts = changes.value_counts().sort(changes.name)
    values, _ = mean_values(counts[changes.name].to_list(), counts["count"].to_list())
    return Interval(values["mean"], values["ci_low"], values["ci_high"])


def report_row(group: Group, cell: str, truth: float, trials: list[Interval]) -> tuple[str, ...]:
    """What the trials gave for one cell.

    Bias, coverage and the misses on either side are those of the estimable trials, bias with
    a 95% Monte-Carlo interval, coverage with Wilson's. "SE claimed / real" compares the
    standard error that the intervals claim (root mean square) with the scatter of the estimates:
    of their logarithms for rates and ratios, over trials with an event.
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
    errors = estimate - truth
    if cell.startswith("ARR") or cell == RATIO:
        has_se = low > 0
        estimate, low_, high_ = (np.log(x[has_se]) for x in (estimate, low, high))
    else:
        low_, high_ = low, high
    claimed = (high_ - low_) / (2 * Z_95)
    decimals = 2 if abs(truth) >= 10 else 4
    return (
        group.group_id,
        str(group.n),
        cell,
        f"{truth:.{decimals}f}",
        f"{errors.mean():+.{decimals}f} ± {Z_95 * errors.std(ddof=1) / np.sqrt(n):.{decimals}f}",
        f"{100 * covered / n:.1f}%",
        f"{100 * ci_low:.1f} to {100 * ci_high:.1f}%",
        f"{100 * (low > truth).mean():.1f}%",
        f"{100 * (high < truth).mean():.1f}%",
        f"{np.sqrt((claimed**2).mean()) / estimate.std(ddof=1):.2f}",
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
