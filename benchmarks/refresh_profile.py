"""Where each second of a study-size refresh goes, and what the same graph costs with no work.

    python benchmarks/refresh_profile.py --runs 3

Runs, in turn and each in a fresh process: (A) `topaz refresh` on a lake of simulated extracts,
from nothing; (B) a process that imports every module that A had imported at its end and runs
the same graph, assets and gates, with empty bodies on an instance of the same kind. Prints
the ratio A/B of each pair, its median, and A's seconds by stage. The step of the sensitivity
grid, which replays the lineage sixteen times, is taken from A and told apart.
"""

import argparse
import importlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 2.0
GRID = "results__result_sensitivity"


def main() -> int:
    """Measure and print; exit code 1 if the median ratio is above `LIMIT`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs (default: 3)")
    parser.add_argument("--patients", type=int, default=811)
    parser.add_argument("--child", choices=("refresh", "empty"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child == "refresh":
        return _refresh(options.folder)
    if options.child == "empty":
        return _empty(options.folder)
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder), options.runs, options.patients)


def _measure(folder: Path, runs: int, patients: int) -> int:
    lake = folder / "lake"
    _topaz("simulate", "--patients", str(patients), "--root", str(lake))
    full, grid, empty, manifest = [], [], [], {}
    for run in range(runs + 1):
        for name in ("work", "releases", "published", "ledger", "dagster"):
            shutil.rmtree(lake / name, ignore_errors=True)
        pair = _timed("refresh", folder), _timed("empty", folder)
        if run == 0:  # warms file caches and byte code; not counted
            continue
        empty.append(pair[1])
        print(f"run {run}: refresh {pair[0]:.1f} s, empty {pair[1]:.1f} s", flush=True)
        (path,) = (lake / "releases").glob("*/manifest.json")
        manifest = json.loads(path.read_text())
        grid.append(manifest["seconds"][GRID])
        full.append(pair[0] - grid[-1])
    ratios = [a / b for a, b in zip(full, empty, strict=True)]
    ratio = statistics.median(ratios)
    print()
    _print_stages(manifest["seconds"], json.loads((folder / "phases.json").read_text()))
    print(
        f"\nrefresh {statistics.median(full):.1f} s, and the sensitivity grid "
        f"{statistics.median(grid):.1f} s; same graph with empty bodies "
        f"{statistics.median(empty):.1f} s; ratio {ratio:.2f} "
        f"(from {min(ratios):.2f} to {max(ratios):.2f}, {runs} pairs; limit {LIMIT})"
    )
    return 0 if ratio <= LIMIT else 1


def _timed(child: str, folder: Path) -> float:
    started = time.perf_counter()
    command = [sys.executable, __file__, "--child", child, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the {child} run failed:\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - started


def _topaz(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "orchestration.cli", *arguments], check=True)


def _print_stages(seconds: dict[str, float], phases: dict[str, float]) -> None:
    stages: dict[tuple[str, str], list[float]] = {}
    for step, spent in seconds.items():
        layer = step.split("__")[0]
        kind = "gates" if step.endswith("_gate") else "tables"
        stages.setdefault((layer, kind), []).append(spent)
    print("| stage | steps | seconds |\n|---|---:|---:|")
    print(f"| start, arguments, plan | | {phases['plan']:.1f} |")
    for layer in ("landing", "raw", "quarantine", "core", "windows", "results"):
        for kind in ("tables", "gates"):
            spent = stages.get((layer, kind), [])
            if spent:
                print(f"| {layer}: {kind} | {len(spent)} | {sum(spent):.1f} |")
    inside = sum(seconds.values())
    print(
        f"| release, Dagster between steps, imports of Dagster | | {phases['run'] - inside:.1f} |"
    )
    slowest = sorted(seconds.items(), key=lambda item: -item[1])[:8]
    print("\nslowest steps: " + ", ".join(f"{name} {spent:.1f} s" for name, spent in slowest))


def _refresh(folder: Path) -> int:
    from orchestration.plan import plan_refresh
    from orchestration.refresh import run_refresh
    from warehouse.lake import Lake

    lake = Lake(folder / "lake")
    started = time.perf_counter()
    plan = plan_refresh(lake)
    planned = time.perf_counter()
    outcome = run_refresh(lake, plan.data_cut)
    ended = time.perf_counter()
    phases = {"plan": planned - started, "run": ended - planned}
    (folder / "phases.json").write_text(json.dumps(phases))
    (folder / "modules.json").write_text(json.dumps(sorted(sys.modules)))
    print(*outcome.problems, sep="\n")
    return 1 if outcome.problems else 0


def _empty(folder: Path) -> int:
    for module in json.loads((folder / "modules.json").read_text()):
        if module not in sys.modules and not module.startswith("__"):
            try:
                importlib.import_module(module)
            except Exception:  # a name in sys.modules that is no file
                continue
    import dagster as dg

    from orchestration.assets import ASSETS
    from orchestration.gates import GATES
    from orchestration.instance import open_instance
    from orchestration.partitions import DATA_CUT, data_cut
    from orchestration.progress import progress_logger
    from warehouse.lake import Lake

    class NoIO(dg.ConfigurableIOManager):
        def handle_output(self, context: dg.OutputContext, obj: object) -> None:
            pass

        def load_input(self, context: dg.InputContext) -> None:  # noqa: ARG002
            return None

    defs = dg.Definitions(
        assets=[_hollow_asset(asset, data_cut) for asset in ASSETS],
        asset_checks=[_hollow_gate(gate) for gate in GATES],
        jobs=[dg.define_asset_job("refresh", executor_def=dg.in_process_executor)],
        resources={"io_manager": NoIO()},
        loggers={"progress": progress_logger},
    )
    with open_instance(Lake(folder / "empty" / str(time.time_ns()))) as instance:
        instance.add_dynamic_partitions(DATA_CUT, ["2017-10-04"])
        result = defs.resolve_job_def("refresh").execute_in_process(
            instance=instance,
            partition_key="2017-10-04",
            run_config={"loggers": {"progress": {}}},
        )
    return 0 if result.success else 1


def _hollow_asset(asset, data_cut):
    import dagster as dg

    names = sorted(asset.keys_by_input_name)
    outs = {
        f"out_{n}": dg.AssetOut(key=spec.key, code_version="1", group_name=spec.group_name)
        for n, spec in enumerate(asset.specs)
    }

    @dg.multi_asset(
        name=asset.op.name,
        outs=outs,
        ins={name: dg.AssetIn(asset.keys_by_input_name[name]) for name in names},
        partitions_def=data_cut,
    )
    def hollow(**inputs):  # noqa: ARG001
        for out in outs:
            yield dg.Output(None, out, data_version=dg.DataVersion("1"))

    return hollow


def _hollow_gate(gate):
    import dagster as dg

    specs = list(gate.check_specs)

    @dg.multi_asset_check(name=gate.op.name, specs=specs)
    def hollow():
        for spec in specs:
            yield dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True)

    return hollow


if __name__ == "__main__":
    sys.exit(main())
