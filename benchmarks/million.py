"""What a registry of a million patients costs: raw tables to all primary result rows.

    python benchmarks/million.py --sizes 10000 100000 1000000

For each number of patients treated with alemtuzumab 12 mg, each step in a fresh process: raw
tables are made (a simulated trial, repeated under other USUBJIDs); one aggregate, the maximum,
over every column that some table reads is timed, warm, median of three; every derived table is
computed and written as the assets do. Gates and the sensitivity grid are apart. Prints rows,
seconds, CPU seconds, their ratio to the scan, peak memory, seconds by table, and the exponent
of cost in a log-log fit over the sizes. Exit code 1 if a limit is broken.
"""

import argparse
import json
import math
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.buckets import PERSONS_PER_BUCKET, compute_in_buckets
from orchestration.compute import compute
from orchestration.tables import DERIVED_TABLES, DerivedTable, contract
from transforms.rules import Rules, default_horizon_years
from warehouse.contracts import RAW
from warehouse.lake import PARQUET_ROW_GROUP, Lake, WorkArea

CUTOFF = date(2017, 10, 4)
RULES = Rules(cutoff=CUTOFF, horizon_years=default_horizon_years(CUTOFF))
#: The sensitivity grid replays the lineage sixteen times: the primary rows are what is measured.
APART = ("results.result_sensitivity", "results.sensitivity")
MOST_SCANS = 15.0
MOST_GIGABYTES = 6.0
MOST_EXPONENT = 1.1


def main() -> int:
    """Measure and print; exit code 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--unit", type=int, default=50_000, help="treated patients that are simulated (repeated)"
    )
    parser.add_argument("--bucket", type=int, default=PERSONS_PER_BUCKET, help="persons at once")
    parser.add_argument("--folder", type=Path, help="where to work; what is there is used again")
    parser.add_argument("--tables", nargs="+", help="compute only these, e.g. core.edss")
    parser.add_argument("--child", choices=("make", "scan", "pipeline"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_child(options)))
        return 0
    if options.folder:
        return _measure(options, options.folder)
    with tempfile.TemporaryDirectory() as folder:
        return _measure(options, Path(folder))


def _measure(options: argparse.Namespace, folder: Path) -> int:
    measured = {}
    for size in options.sizes:
        place = folder / str(size)
        if not (place / "made.json").is_file():
            shutil.rmtree(place, ignore_errors=True)
            made = _step("make", options, size, place)
            (place / "made.json").write_text(json.dumps(made))
        made = json.loads((place / "made.json").read_text())
        scan, pipeline = (_step(child, options, size, place) for child in ("scan", "pipeline"))
        measured[size] = {"rows": made["rows"], "scan": scan, "pipeline": pipeline}
        _print_size(size, **measured[size])
        if not options.folder:
            shutil.rmtree(place)
    return _summary(measured)


def _step(child: str, options: argparse.Namespace, size: int, place: Path) -> dict[str, Any]:
    """Run one step in a fresh process; what it measured."""
    command = [sys.executable, __file__, "--child", child, "--folder", str(place)]
    command += ["--sizes", str(size), "--unit", str(options.unit), "--bucket", str(options.bucket)]
    if options.tables:
        command += ["--tables", *options.tables]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"step {child} of {size} patients failed")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _child(options: argparse.Namespace) -> dict[str, Any]:
    work = Lake(options.folder).work(RULES.data_cut)
    tables = [
        table
        for table in DERIVED_TABLES
        if table.sql_name not in APART and (not options.tables or table.sql_name in options.tables)
    ]
    if options.child == "make":
        return _make(options.sizes[0], options.unit, work)
    if options.child == "scan":
        return _scan(work, tables)
    return _pipeline(work, tables, options.bucket)


def _print_size(
    size: int, rows: dict[str, int], scan: dict[str, Any], pipeline: dict[str, Any]
) -> None:
    print(
        f"\n{size:,} treated patients: {rows['raw.qs']:,} EDSS rows of all arms, "
        f"{rows['treated EDSS']:,} of them of the treated; {rows['all']:,} raw rows, of which "
        f"{scan['columns']} columns are read\n"
    )
    print("| table | rows | seconds | CPU seconds | peak GB |\n|---|---:|---:|---:|---:|")
    for name, found in pipeline["tables"].items():
        print(
            f"| {name} | {found['rows']:,} | {found['seconds']:.2f} | {found['cpu']:.2f} | "
            f"{found['peak']:.2f} |",
            flush=True,
        )


def _summary(measured: dict[int, dict[str, Any]]) -> int:
    print(
        "\n| treated patients | scan s | pipeline s | CPU s | ratio | peak GB |\n"
        "|---:|---:|---:|---:|---:|---:|"
    )
    for size, found in measured.items():
        scan, pipeline = found["scan"], found["pipeline"]
        print(
            f"| {size:,} | {scan['seconds']:.2f} | {pipeline['seconds']:.1f} | "
            f"{pipeline['cpu']:.1f} | {pipeline['seconds'] / scan['seconds']:.1f} | "
            f"{pipeline['peak']:.2f} |"
        )
    largest = measured[max(measured)]
    ratio = largest["pipeline"]["seconds"] / largest["scan"]["seconds"]
    peak = max(found["pipeline"]["peak"] for found in measured.values())
    is_good = ratio <= MOST_SCANS and peak <= MOST_GIGABYTES
    if len(measured) > 1:
        exponent = _exponent(
            {size: found["pipeline"]["seconds"] for size, found in measured.items()}
        )
        is_good = is_good and exponent <= MOST_EXPONENT
        print(f"\nexponent of seconds by patients: {exponent:.2f} (limit {MOST_EXPONENT})")
    print(f"limits at the largest size: {MOST_SCANS} scans, {MOST_GIGABYTES} GB")
    return 0 if is_good else 1


def _exponent(seconds: dict[int, float]) -> float:
    """Slope of log seconds on log patients."""
    return statistics.linear_regression(
        [math.log(size) for size in seconds], [math.log(spent) for spent in seconds.values()]
    ).slope


def _make(size: int, unit: int, work: WorkArea) -> dict[str, Any]:
    """Raw tables of a simulated trial, repeated until there are `size` treated patients."""
    from simulation import simulate_trial

    copies = math.ceil(size / unit)
    if size % copies:
        sys.exit(f"{size} patients are not {copies} equal copies")
    trial = simulate_trial(size // copies, 1, leave_out=("KFSS",))
    width = len(str(copies - 1))
    rows = {}
    for raw in RAW.values():
        studies = {
            study: _lower(datasets[raw.name.upper()], study).sort(raw.key)
            for study, datasets in sorted(trial.datasets.items())
            if raw.name.upper() in datasets
        }
        parts = [
            frame.lazy().with_columns(
                pl.col("source_row") + copy * frame.height,
                usubjid=pl.lit(f"{copy:0{width}d}-") + pl.col("usubjid"),
            )
            for frame in studies.values()
            for copy in range(copies)
        ]
        path = work.table_path(raw.sql_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.concat(parts).select(raw.column_names).sink_parquet(
            path, row_group_size=PARQUET_ROW_GROUP, compression="zstd"
        )
        rows[raw.sql_name] = copies * sum(frame.height for frame in studies.values())
    edss = pl.concat(datasets["QS"].lazy() for datasets in trial.datasets.values())
    treated = pl.concat(
        datasets["DM"].lazy().filter(pl.col("ACTARMCD") == RULES.codes.treated_arm)
        for datasets in trial.datasets.values()
    )
    n_treated = edss.join(treated, on="USUBJID", how="semi").select(pl.len()).collect().item()
    rows |= {"all": sum(rows.values()), "treated EDSS": copies * n_treated}
    return {"rows": rows}


def _lower(dataset: pl.DataFrame, study: str) -> pl.DataFrame:
    """A dataset as its raw table has it: names in lower case, file and row."""
    return dataset.rename(str.lower).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("source_row"),
        source_file=pl.lit(f"{study}/dataset.parquet"),
    )


def _scan(work: WorkArea, tables: list[DerivedTable]) -> dict[str, Any]:
    """Seconds of one aggregate, the maximum, over all raw columns that are read."""
    read = _columns_read(tables)

    def scan() -> None:
        for name, columns in read.items():
            work.scan(name).select(pl.col(columns).max()).collect(engine="streaming")

    scan()  # warms the file cache
    seconds = statistics.median(_timed(scan)["seconds"] for _ in range(3))
    return {"seconds": seconds, "columns": sum(map(len, read.values())), "read": read}


def _columns_read(tables: list[DerivedTable]) -> dict[str, list[str]]:
    """Raw columns that some derived table needs: without one of them, it has no schema."""
    read: dict[str, set[str]] = {}
    for table in tables:
        schemas = {name.split(".")[1]: contract(name).schema for name in table.inputs}
        for name in table.inputs:
            source = name.split(".")[1]
            for column in schemas[source] if name.startswith("raw.") else ():
                without = dict(schemas[source])
                del without[column]
                inputs = {
                    key: pl.LazyFrame(schema=without if key == source else schema)
                    for key, schema in schemas.items()
                }
                try:
                    compute(table, inputs, RULES).collect_schema()
                except pl.exceptions.ColumnNotFoundError:
                    read.setdefault(name, set()).add(column)
    return {name: sorted(columns) for name, columns in read.items()}


def _pipeline(work: WorkArea, tables: list[DerivedTable], bucket: int) -> dict[str, Any]:
    """Every derived table, computed and written as an asset does."""
    for name in APART:
        of_apart = contract(name)
        empty = pl.LazyFrame(schema=of_apart.schema)
        work.write_table(of_apart, empty, data_version="", inputs={}, code_version="")
    measured = {}
    for table in tables:

        def write(table: DerivedTable = table) -> int:
            inputs = {name.split(".")[1]: work.scan(name) for name in table.inputs}
            frame = compute_in_buckets(table, inputs, RULES, persons_per_bucket=bucket)
            record = work.write_table(
                table.contract, frame, data_version="", inputs={}, code_version=""
            )
            return record.rows

        found = measured[table.sql_name] = _timed(write)
        print(f"{table.sql_name}: {found['seconds']:.1f} s", file=sys.stderr, flush=True)
    return {
        "tables": measured,
        "seconds": sum(found["seconds"] for found in measured.values()),
        "cpu": sum(found["cpu"] for found in measured.values()),
        "peak": max(found["peak"] for found in measured.values()),
    }


def _timed(step: Callable[[], int | None]) -> dict[str, Any]:
    """Wall and CPU seconds and peak memory (GB) of a step, and the rows that it returns."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again at what is held now
    started, used = time.perf_counter(), _cpu_seconds()
    rows = step()
    return {
        "rows": rows,
        "seconds": time.perf_counter() - started,
        "cpu": _cpu_seconds() - used,
        "peak": _peak_gigabytes(),
    }


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak_gigabytes() -> float:
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 1e9


if __name__ == "__main__":
    sys.exit(main())
