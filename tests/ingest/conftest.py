from pathlib import Path

import pytest
from support.landing import write_landing

DM_ROWS = [
    {"usubjid": "CAMMS323-0001", "armcd": "ALEM12", "age": 33.0, "sex": "F"},
    {"usubjid": "CAMMS323-0002", "armcd": "IFNB1A", "age": 41.5, "sex": "M"},
    {"usubjid": "CAMMS323-0003", "armcd": "SCRNFAIL"},
]


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A correct landing folder: three patients of CARE-MS I, all else empty."""
    return write_landing(tmp_path / "landing", {"CAMMS323": {"DM": DM_ROWS}})
