"""A lake with a published release of a small simulated study, copied for each test."""

import shutil
from pathlib import Path

import pytest

from orchestration.cli import main
from warehouse.lake import Lake

CUT = "2017-10-04"


@pytest.fixture(scope="session")
def published_lake(tmp_path_factory) -> Lake:
    """Made once; tests must not change it."""
    root = tmp_path_factory.mktemp("published")
    assert main(["simulate", "--patients", "150", "--seed", "7", "--root", str(root)]) == 0
    assert main(["refresh", "--root", str(root)]) == 0
    return Lake(root)


@pytest.fixture
def lake(published_lake: Lake, tmp_path: Path) -> Lake:
    """A copy of its own."""
    shutil.copytree(published_lake.root, tmp_path / "lake", symlinks=True)
    return Lake(tmp_path / "lake")
