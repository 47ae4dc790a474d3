"""One refresh of the hand-worked patients, as a user runs it, for all tests of this folder."""

from pathlib import Path

import pytest
from hand_sdtm import landing_tables
from support.landing import write_landing

from orchestration.cli import main
from warehouse.lake import Lake
from warehouse.release import Release, current


@pytest.fixture(scope="session")
def hand_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a lake in which the XPT files of the patients were refreshed."""
    root = tmp_path_factory.mktemp("hand_worked")
    write_landing(root / "landing", landing_tables())
    assert main(["refresh", "--root", str(root)]) == 0
    return root


@pytest.fixture(scope="session")
def hand_release(hand_root: Path) -> Release:
    """What that refresh published."""
    release = current(Lake(hand_root))
    assert release is not None
    return release
