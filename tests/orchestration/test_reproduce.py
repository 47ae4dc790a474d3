"""`topaz reproduce`: what is printed of `results.reproduction`, and what the table is made of."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration import fingerprint
from orchestration.compute import configuration
from orchestration.reproduce import NotCompared, matches_by_kind, reproduction
from orchestration.tables import INPUTS
from transforms.rules import Rules
from warehouse.contracts import RESULTS
from warehouse.release import DATABASE, Release

CUT = "2017-10-04"
RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
TABLE = "results.reproduction"


def compared(name: str, outcome: str, off: float | None, **values: object) -> dict[str, object]:
    text = {"match": "94", "difference": "96", "absent": None}[outcome]
    return {
        "published_id": name,
        "kind": "estimated",
        "location": "Abstract",
        "group_name": "3-courses",
        "endpoint": "relapse-free",
        "timepoint": "Month 12",
        "statistic": "pct",
        "qualifier": "",
        "unit": "%",
        "printed_text": "94",
        "computed_text": text,
        "outcome": outcome,
        "units_off": off,
        "note": "",
        **values,
    }


ROWS = (
    compared("P1", "match", 0.4),
    compared("P2", "difference", -1.6),
    compared("P3", "absent", None, note="no such record is listed", kind="narrated"),
    compared("P4", "difference", 12.0, qualifier="~", timepoint=""),
    compared("P5", "match", 0.0, kind="design"),
)
CUTOFF = compared("P6", "match", None, kind="design", unit="date", printed_text=CUT) | {
    "computed_text": CUT
}


@pytest.fixture
def release_of(tmp_path: Path) -> Callable[..., Release]:
    """A release whose database holds these rows of the comparison."""

    def build(*rows: dict[str, object], data_cut: str = CUT) -> Release:
        (tmp_path / "results").mkdir()
        frame = pl.DataFrame(rows, RESULTS["reproduction"].schema)
        with duckdb.connect(tmp_path / "results" / DATABASE) as connection:
            connection.execute("CREATE SCHEMA results")
            connection.register("incoming", frame)
            connection.execute(f"CREATE TABLE {TABLE} AS SELECT * FROM incoming")
        manifest = {"release_id": f"{data_cut}-abc", "data_cut": data_cut, "tables": {TABLE: {}}}
        return Release(tmp_path, manifest)

    return build


def ids(text: str) -> list[str]:
    return re.findall(r"^P\d", text, flags=re.MULTILINE)


def test_values_that_differ_are_told_worst_first_then_absent_ones(release_of):
    text = reproduction(release_of(*ROWS, CUTOFF), is_all_told=False)
    first, *_ = text.splitlines()
    assert "Comi et al." in first
    assert f"{CUT}-abc" in first
    assert ids(text) == ["P4", "P2", "P3"]
    assert (
        "P4        ~94        96           12.0   3-courses: relapse-free (pct; Abstract)" in text
    )
    assert "P2        94         96           -1.6   3-courses: relapse-free, Month 12" in text
    assert "P3        94         absent              3-courses: relapse-free" in text
    assert text.count("no such record is listed") == 1
    assert "Note:" not in text


def test_all_values_are_told_if_asked_for(release_of):
    text = reproduction(release_of(*ROWS, CUTOFF), is_all_told=True)
    assert ids(text) == ["P4", "P2", "P3", "P1", "P5", "P6"]


def test_at_the_end_each_kind_is_counted_apart(release_of):
    release = release_of(*ROWS, CUTOFF)
    assert reproduction(release, is_all_told=False).splitlines()[-3:] == [
        "  estimated  1 of 3",
        "  narrated   0 of 1",
        "  design     2 of 2",
    ]
    assert matches_by_kind(release) == "estimated 1 of 3, narrated 0 of 1, design 2 of 2"


def test_another_cut_is_said_to_be_another(release_of):
    other = CUTOFF | {"computed_text": "2016-10-04", "outcome": "difference"}
    text = reproduction(release_of(*ROWS, other, data_cut="2016-10-04"), is_all_told=False)
    assert f"Note: the paper's cut-off is {CUT}." in text
    assert "cut-off 2016-10-04" in text


def test_where_all_match_nothing_is_listed(release_of):
    text = reproduction(release_of(ROWS[0], CUTOFF), is_all_told=False)
    assert ids(text) == []
    assert "off by" not in text
    assert text.endswith("  estimated  1 of 1\n  design     1 of 1")


def test_without_printed_values_nothing_is_compared(release_of):
    release = release_of()
    text = reproduction(release, is_all_told=True)
    assert "no printed values" in text
    assert matches_by_kind(release) == ""


def test_a_release_from_before_the_table_says_what_to_do(tmp_path):
    old = Release(tmp_path, {"release_id": "old", "data_cut": CUT, "tables": {}})
    with pytest.raises(NotCompared, match="topaz refresh"):
        reproduction(old, is_all_told=False)


def test_the_configuration_is_flat_and_follows_the_rules():
    told = configuration(RULES)
    assert {
        "rules.core_years": 2,
        "rules.horizon_years": 8,
        "rules.data_cut": CUT,
        "rules.month_of_landmark": 85,
        "protocol.first_course_infusions": 5,
    }.items() <= told.items()
    assert all(isinstance(value, int | float | str) for value in told.values())
    assert configuration(replace(RULES, iar_hours=48))["rules.iar_hours"] == 48


@pytest.fixture
def _fresh_code():
    fingerprint.read_code_again()
    yield
    fingerprint.read_code_again()


@pytest.mark.usefixtures("_fresh_code")
def test_other_printed_values_are_another_version_of_this_table_alone(monkeypatch):
    before = {name: fingerprint.table_code_version(name) for name in INPUTS}
    data = fingerprint._data
    assert set(data("models.reproduction")) == {"published.csv", "mapping.csv"}
    fingerprint.read_code_again()
    monkeypatch.setattr(
        fingerprint,
        "_data",
        lambda module: {"published.csv": "P1"} if module == "models.reproduction" else data(module),
    )
    after = {name: fingerprint.table_code_version(name) for name in INPUTS}
    assert {name for name in before if before[name] != after[name]} == {TABLE}
