"""What a reader of a lake can see, byte for byte: to prove that nothing published has moved."""

import hashlib
from pathlib import Path

from warehouse.lake import Lake


def published_state(lake: Lake) -> dict[str, str]:
    """Every file of every release by its hash, and where the pointer points."""
    files = {
        str(path.relative_to(lake.root)): _sha256(path)
        for path in sorted(lake.releases.rglob("*"))
        if path.is_file() and not path.relative_to(lake.releases).parts[0].startswith(".")
    }
    return {**files, "current": str((lake.published / "current").readlink())}


def work_bytes(lake: Lake, data_cut: str) -> dict[str, str]:
    """Every Parquet file of a work area by its hash."""
    root = lake.work(data_cut).root
    return {str(path.relative_to(root)): _sha256(path) for path in sorted(root.rglob("*.parquet"))}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
