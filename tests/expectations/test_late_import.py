"""Great Expectations is loaded by the first suite that runs, and nothing opens a connection."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from datetime import date
from pathlib import Path

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise RuntimeError(f"network: {event} {arguments}")

sys.addaudithook(refuse)

import expectations, expectations.page, expectations.report, expectations.runner
from expectations.suites import suite_for
from transforms.rules import Rules
from warehouse.contracts import RAW

suite = suite_for(RAW["dm"], Rules(date(2017, 10, 4), 8))
heavy = {"great_expectations", "sqlalchemy", "duckdb", "pandas"} & set(sys.modules)
assert not heavy, heavy

report = expectations.runner.run_suite(suite, {"raw.dm": Path(sys.argv[1])})
assert "great_expectations" in sys.modules
assert report.passed, report.describe()
expectations.runner.close_session()
expectations.runner.close_session()
assert expectations.runner.run_suite(suite, {"raw.dm": Path(sys.argv[1])}) == report
print("passed")
"""


def test_late_import_and_no_network(good_paths) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(good_paths["raw.dm"])],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "passed"
    # Neither progress bars nor GX's own remarks.
    assert "Calculating" not in run.stderr
    assert "WARNING" not in run.stderr
