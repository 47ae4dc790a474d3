"""What a refresh costs when nothing, or one transform's code, has changed since the last one.

    python benchmarks/only_what_changed.py

Works on a copy of the code and a lake of simulated extracts. Refreshes from nothing, then with
nothing new, then all anew (`--force`), then with one line more in `transforms/relapse.py`.
Each in a fresh process; prints seconds, their ratio to the first, and how many tables were
written. Exit code 1 if the refresh with nothing new takes more than `LIMIT` of the first.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 0.1
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("warehouse", "transforms", "models", "expectations", "orchestration", "simulation")
CHANGED = Path("transforms") / "relapse.py"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=811)
    patients = parser.parse_args().patients
    with tempfile.TemporaryDirectory() as folder:
        code, lake = Path(folder) / "code", Path(folder) / "lake"
        for package in PACKAGES:
            shutil.copytree(ROOT / package, code / package)
        _topaz(code, lake, "simulate", "--patients", str(patients))
        full = _told("from nothing", None, code, lake)
        nothing_new = _told("nothing new", full, code, lake)
        _told("nothing new, all anew", full, code, lake, "--force")
        with (code / CHANGED).open("a") as file:
            file.write("# One line more.\n")
        _told(f"{CHANGED} changed", full, code, lake)
    return 0 if nothing_new <= LIMIT * full else 1


def _told(what: str, full: float | None, code: Path, lake: Path, *options: str) -> float:
    before = _tables(lake)
    started = time.perf_counter()
    _topaz(code, lake, "refresh", *options)
    seconds = time.perf_counter() - started
    after = _tables(lake)
    written = sum(before.get(path) != version for path, version in after.items())
    ratio = seconds / (full or seconds)
    print(f"{what:<32}{seconds:6.1f} s  {ratio:5.2f}  {written:3} of {len(after)} tables written")
    return seconds


def _tables(lake: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in lake.glob("work/*/*/*.parquet")}


def _topaz(code: Path, lake: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "orchestration.cli", *arguments, "--root", str(lake)]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    done = subprocess.run(
        command, cwd=code, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"topaz {arguments[0]} failed:\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
