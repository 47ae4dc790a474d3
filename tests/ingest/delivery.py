"""Files as a selection, past the landing gate: what `build_raw_table` is given."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from support.landing import CUTOFF

from warehouse.files import file_sha256
from warehouse.manifest import DatasetFile, Selection, Transfer


def delivered_file(landing: Path, name: str, path: Path) -> DatasetFile:
    """A file of a dataset as it lies; its records are not counted."""
    return DatasetFile(
        name, path.relative_to(landing).as_posix(), 0, path.stat().st_size, file_sha256(path)
    )


def delivered(
    landing: Path,
    studies: Mapping[str, Iterable[tuple[str, Path]]],
    crosswalk: Path | None = None,
) -> Selection:
    """A selection of one transfer a study, of these datasets (name, file)."""
    transfers = tuple(
        Transfer(
            study,
            date(2017, 10, 20),
            CUTOFF,
            study,
            tuple(delivered_file(landing, name, path) for name, path in files),
        )
        for study, files in studies.items()
    )
    file = delivered_file(landing, "CROSSWALK", crosswalk) if crosswalk is not None else None
    return Selection(transfers, file)
