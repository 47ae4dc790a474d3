from pathlib import Path

import pytest
from support.gate import DM_ROWS
from support.landing import write_landing


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A correct landing folder: three patients of CARE-MS I, all else empty."""
    return write_landing(tmp_path / "landing", {"CAMMS323": {"DM": DM_ROWS}})
