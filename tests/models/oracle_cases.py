"""Oracle cases: self-made ones from tests/data, others' data only where TOPAZ_SHARED is set."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

OWN = Path(__file__).parents[1] / "data" / "oracle"
OTHERS = {
    "nb_groups": ["nbg_bladder1"],
    "km": ["km_leukemia_6mp", "km_camis_flat_median", "km_lung_by_sex"],
    "sas_anchor": ["sas_genmod_negbin_polyps"],
    "sas_lifetest": ["sas_lifetest_whas500"],
}
#: Where a family stands, if not in the folder of its name.
FOLDER = {"sas_lifetest": "sas_anchor"}


def shared_stats() -> Path | None:
    """The oracle beside the project, if this machine has one."""
    shared = os.environ.get("TOPAZ_SHARED")
    return Path(shared) / "oracle" / "stats" if shared else None


def own_cases(family: str) -> list[Any]:
    return [pytest.param(OWN / family, case["id"], id=case["id"]) for case in _cases(OWN / family)]


def others_cases(family: str) -> list[Any]:
    root = shared_stats()
    mark = pytest.mark.skipif(
        root is None, reason="others' data are not in the project: set TOPAZ_SHARED to their folder"
    )
    folder = (root or Path()) / FOLDER.get(family, family)
    return [pytest.param(folder, name, id=name, marks=mark) for name in OTHERS[family]]


def read_case(folder: Path, case_id: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The case and the rows of its input."""
    case = next(case for case in _cases(folder) if case["id"] == case_id)
    with (folder / case["input"]).open(newline="") as file:
        return case, list(csv.DictReader(file))


def _cases(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "expected.json").read_text())["cases"]
