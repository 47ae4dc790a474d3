"""One GX session and one good world for all tests of gates."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from gate_world import CONTRACTS, RULES, good_world, write_world

from expectations.report import GateReport
from expectations.runner import close_session, run_suite
from expectations.suite import Suite
from expectations.suites import suite_for


@pytest.fixture(scope="session")
def good_paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    yield write_world(good_world(), tmp_path_factory.mktemp("good"))
    close_session()


@pytest.fixture
def run_gate(good_paths: dict[str, Path], tmp_path: Path) -> Callable[..., GateReport]:
    """Run a table's suite, or `only` one expectation of it, some tables of the world replaced."""

    def run(table: str, replaced: dict[str, pl.DataFrame], only: str | None = None) -> GateReport:
        paths = dict(good_paths)
        for name, data in replaced.items():
            paths[name] = tmp_path / f"{name}.parquet"
            data.write_parquet(paths[name])
        suite = suite_for(CONTRACTS[table], RULES)
        if only is not None:
            suite = Suite(table, tuple(item for item in suite.expectations if item.id == only))
            assert suite.expectations, f"{table} has no expectation {only}"
        return run_suite(suite, paths)

    return run
