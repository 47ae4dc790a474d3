"""Confirmed worsening: `windows.disability_event` against pymsprog, the same visits and rule.

    python benchmarks/confirmed_disability.py --pymsprog-patients 500
    python benchmarks/confirmed_disability.py --pymsprog-patients 10000   # all: some minutes

Makes visits of 10,000 patients x 30, finds 6-month confirmed worsening from core baseline in both
(168 days, every visit up to the first one so late, fixed reference, +1.0, +1.5 from 0), compares
day of onset, day of confirmation and censoring of each patient that pymsprog was given, and
prints the ratio of seconds. Ours is the whole table, with improvement, from core tables in
memory: median of seven runs. pymsprog runs once, without start-up and reading. On part of the
patients its time is scaled by their number; that favours it, since it grows faster than they do.

Environment: pymsprog needs numpy below 2, the project 2 or later. It is no dependency: the
script makes a virtual environment of its own (`--environment`, else a temporary one) and
installs pymsprog 1.0.7 there with pip. Exit code 1 if events differ or the ratio is below 1,000.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

PYMSPROG = "pymsprog==1.0.7"
GOAL = 1_000
CONFIRMATION_DAYS = 168
FOREVER = 1_000_000
CORE_STUDY = "CAMMS323"
Event = list[int | None]


def main() -> int:
    """Measure and print; exit code 1 if events differ or the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--visits", type=int, default=30)
    parser.add_argument(
        "--pymsprog-patients", type=int, default=500, help="how many of them pymsprog is given"
    )
    parser.add_argument("--environment", type=Path, help="pymsprog's environment; kept if named")
    parser.add_argument("--pymsprog-child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pymsprog_child:
        print(json.dumps(_run_pymsprog(options.pymsprog_child)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _measure(options, Path(folder))


def _measure(options: argparse.Namespace, folder: Path) -> int:
    part = min(options.pymsprog_patients, options.patients)
    python = _environment(options.environment or folder / "environment")
    visits = _visits(options.patients, options.visits)
    path = folder / "visits.csv"
    visits.head(part * options.visits).write_csv(path)
    ours = _run_ours(visits)
    done = subprocess.run(
        [python, __file__, "--pymsprog-child", path], stdout=subprocess.PIPE, text=True, check=True
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    different = [
        person for person, event in theirs["events"].items() if event != ours["events"][person]
    ]
    n_events = sum(event[1] is not None for event in theirs["events"].values())
    whole = theirs["seconds"] * options.patients / part
    ratio = whole / ours["seconds"]
    how = "measured" if part == options.patients else f"scaled from {part:,} patients"
    print(f"{options.patients:,} patients x {options.visits} visits")
    print(f"ours:     {ours['seconds']:.3f} s (whole table, both endpoints, median of 7)")
    print(
        f"pymsprog: {theirs['seconds']:.1f} s on {part:,} patients; {whole:.0f} s for all ({how})"
    )
    print(f"patients compared: {part:,}, with an event {n_events:,}, different {len(different)}")
    print(f"ratio {ratio:,.0f} (goal {GOAL:,})")
    return 0 if ratio >= GOAL and not different and len(theirs["events"]) == part else 1


def _environment(folder: Path) -> Path:
    """Python of an environment with pymsprog, made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", PYMSPROG]
        subprocess.run(install, check=True)
    return python


def _visits(patients: int, visits: int) -> Any:
    """Person, day, EDSS: every 91 days within ten, a walk in half points; 0.5 does not exist."""
    import numpy as np
    import polars as pl

    draw = np.random.default_rng(20171004)
    days = np.arange(visits) * 91 + draw.integers(-10, 11, (patients, visits))
    days[:, 0] = 0
    start = draw.gamma(4, 0.7, (patients, 1))
    walk = np.cumsum(draw.normal(0.02, 0.4, (patients, visits)), axis=1)
    points = np.clip(np.round(2 * (start + walk)), 0, 20) / 2
    points[points == 0.5] = 0
    person = np.repeat([f"{CORE_STUDY}-{number:06d}" for number in range(patients)], visits)
    return pl.DataFrame({"person_id": person, "day": days.ravel(), "edss": points.ravel()})


def _run_ours(visits: Any) -> dict[str, Any]:
    """Median seconds of the table, and event by person: onset, confirmation, censoring day."""
    import polars as pl

    from transforms.disability_event import derive_disability_event
    from transforms.rules import Rules
    from warehouse.contracts import CORE

    rules = Rules(cutoff=date(2017, 10, 4), horizon_years=8, confirmation_days=CONFIRMATION_DAYS)
    persons = visits.select("person_id").unique().sort("person_id")
    told = {
        "patient": persons.with_columns(core_study_id=pl.lit(CORE_STUDY), is_treated=pl.lit(True)),
        "course": persons.with_columns(
            course_number=pl.lit(1),
            course_day=pl.lit(0),
            is_through_horizon=pl.lit(True),
        ),
        "edss": visits.select(
            "person_id",
            study_id=pl.lit(CORE_STUDY),
            assessment_day="day",
            edss_points="edss",
            is_scheduled=pl.lit(True),
        ),
        "relapse": persons.clear().with_columns(onset_day=pl.lit(0)),
        "follow_up": persons.with_columns(
            horizon_end_day=pl.lit(FOREVER),
            efficacy_end_day=pl.lit(FOREVER),
        ),
    }
    tables = {
        name: frame.with_columns(
            pl.lit(None).alias(column.name)
            for column in CORE[name].columns
            if column.name not in frame.columns
        )
        .select(pl.col(column.name).cast(column.dtype) for column in CORE[name].columns)
        .lazy()
        for name, frame in told.items()
    }
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        rows = derive_disability_event(**tables, rules=rules).collect()
        seconds.append(time.perf_counter() - started)
    worsening = rows.filter(endpoint="CDW").sort("person_id")
    events = worsening.select(
        "person_id",
        pl.col("event_day", "confirmation_day").cast(pl.Int64),
        pl.when(pl.col("cnsr") == 1).then("last_edss_day").cast(pl.Int64),
    )
    return {
        "seconds": statistics.median(seconds),
        "events": {person: event for person, *event in events.iter_rows()},
    }


def _run_pymsprog(path: Path) -> dict[str, Any]:
    """Seconds and events; runs in pymsprog's environment."""
    import pandas
    import pymsprog

    visits = pandas.read_csv(path)
    started = time.perf_counter()
    _, found = pymsprog.MSprog(
        visits,
        "person_id",
        "edss",
        "day",
        "edss",
        delta_fun=lambda reference: 1.5 if reference == 0 else 1.0,
        event="firstCDW",
        baseline="fixed",
        conf_days=CONFIRMATION_DAYS,
        conf_tol_days=[0, FOREVER],
        relapse_to_bl=0,
        relapse_to_conf=0,
        date_format="day",
        include_dates=True,
        verbose=0,
    )
    seconds = time.perf_counter() - started
    events: dict[str, Event] = {}
    for row in found.to_dict("records"):
        if row["event_type"] == "CDW":
            onset, confirmed = row["date"], row[f"conf{CONFIRMATION_DAYS}_date"]
            events[row["person_id"]] = [int(onset), int(confirmed), None]
        else:
            events[row["person_id"]] = [None, None, int(row["total_fu"])]
    return {"seconds": seconds, "events": events}


if __name__ == "__main__":
    sys.exit(main())
