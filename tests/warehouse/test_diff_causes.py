"""Why a row changed: each rule of `warehouse.cut_diff.causes`, in small releases."""

from pathlib import Path

import pytest
from support.releases import make_release

from warehouse.cut_diff.compare import compare

CE = {
    "source_file": "a/ce.xpt",
    "source_row": 1,
    "studyid": "S",
    "domain": "CE",
    "usubjid": "P1",
    "ceseq": 1.0,
    "cestdtc": "2016-01-01",
}
SUPPCE = {
    "source_file": "a/suppce.xpt",
    "source_row": 1,
    "studyid": "S",
    "rdomain": "CE",
    "usubjid": "P1",
    "idvar": "CESEQ",
    "idvarval": "1",
    "qnam": "CONFFL",
    "qval": "Y",
}
RELAPSE = {"person_id": "P1", "relapse_number": 1, "onset_day": 10}
LINEAGE = {"core.relapse": ("raw.ce", "raw.suppce"), "raw.ce": ("landing.transfer",)}


class World:
    """Two releases of one table each, and what `compare` says of its rows."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def causes(self, before: dict, after: dict, *, table: str = "raw.ce") -> list[tuple[str, str]]:
        base = make_release(self.root, "base", **before)
        new = make_release(self.root, "new", **after)
        rows = compare(base, new).row_detail
        return rows.filter(table_name=table).select("change", "cause").rows()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    ("dated", "cutoff", "cause"),
    [
        ("2016-10-05", "2017-10-04", "new data"),
        ("2016-10-04", "2017-10-04", "late data"),
        ("2016-10-04T23:59", "2017-10-04", "late data"),
        ("2016-10-05T00:00", "2017-10-04", "new data"),
        # Partial: new only if it certainly is.
        ("2016-11", "2017-10-04", "new data"),
        ("2016-10", "2017-10-04", "late data"),
        ("2017", "2017-10-04", "new data"),
        ("2016", "2017-10-04", "late data"),
        (None, "2017-10-04", "new data"),
        ("", "2017-10-04", "new data"),
        (None, "2016-10-04", "late data"),
        ("2016-10-05", "2016-10-04", "new data"),
    ],
)
def test_an_added_row_is_new_or_late_by_its_date_and_the_cut_off_of_the_base(
    world, dated, cutoff, cause
):
    row = {**CE, "ceseq": 2.0, "cestdtc": dated}
    before = {"tables": {"raw.ce": [CE]}, "data_cut": "2016-10-04"}
    after = {"tables": {"raw.ce": [CE, row]}, "data_cut": cutoff}
    assert world.causes(before, after) == [("added", cause)]


def test_a_removed_row_is_a_correction(world):
    before, after = {"tables": {"raw.ce": [CE]}}, {"tables": {"raw.ce": []}}
    assert world.causes(before, after) == [("removed", "correction")]


@pytest.mark.parametrize(
    ("was", "is_now", "cause"),
    [
        ({"cesev": "MILD"}, {"cesev": "SEVERE"}, "correction"),
        ({"ceendtc": None}, {"ceendtc": "2016-11-01"}, "new data"),
        ({"ceendtc": "2016-09"}, {"ceendtc": "2016-11-01", "cesev": "SEVERE"}, "new data"),
        ({"ceendtc": None}, {"ceendtc": "2016-11-01", "ceterm": "OTHER"}, "correction"),
        ({"ceendtc": None}, {"ceendtc": "2016-10-04"}, "correction"),
        ({"ceendtc": None}, {"ceendtc": "2016-11-01", "cestdtc": "2016-01-02"}, "correction"),
        ({"cestdtc": "2016-01-01"}, {"cestdtc": "2016-11-01"}, "correction"),
    ],
)
def test_other_values_are_corrections_unless_the_record_went_on(world, was, is_now, cause):
    before = {"tables": {"raw.ce": [{**CE, **was}]}, "data_cut": "2016-10-04"}
    after = {"tables": {"raw.ce": [{**CE, **is_now}]}, "data_cut": "2017-10-04"}
    assert world.causes(before, after) == [("corrected", cause)]


def test_a_therapy_that_is_still_going_on_is_new_data(world):
    row = {
        "source_file": "a",
        "studyid": "S",
        "usubjid": "P1",
        "cmseq": 1.0,
        "cmentpt": "2016-10-04",
    }
    before = {"tables": {"raw.cm": [row]}, "data_cut": "2016-10-04"}
    after = {"tables": {"raw.cm": [{**row, "cmentpt": "2017-10-04"}]}, "data_cut": "2017-10-04"}
    assert world.causes(before, after, table="raw.cm") == [("corrected", "new data")]


def test_a_visit_on_which_a_therapy_went_on_is_no_date(world):
    row = {"source_file": "a", "studyid": "S", "usubjid": "P1", "cmseq": 1.0, "cmentpt": None}
    before = {"tables": {"raw.cm": [row]}, "data_cut": "2016-10-04"}
    after = {"tables": {"raw.cm": [{**row, "cmentpt": "BASELINE"}]}, "data_cut": "2017-10-04"}
    assert world.causes(before, after, table="raw.cm") == [("corrected", "correction")]


def test_a_row_that_a_corrected_dm_lets_in_has_the_cause_of_that(world):
    dm = {"source_file": "a/dm.xpt", "source_row": 1, "studyid": "S", "usubjid": "P1"}
    before = {
        "tables": {"raw.dm": [], "raw.ce": []},
        "files": {"a/ce.xpt": "one", "a/dm.xpt": "two"},
    }
    after = {
        "tables": {"raw.dm": [dm], "raw.ce": [CE]},
        "files": {"a/ce.xpt": "one", "a/dm.xpt": "three"},
    }
    assert world.causes(before, after) == [("added", "late data")]


@pytest.mark.parametrize(
    ("dated", "cause"), [("2016-01-01", "late data"), ("2016-12-01", "new data")]
)
def test_a_supplement_has_the_date_of_its_record(world, dated, cause):
    parent = {**CE, "cestdtc": dated}
    before = {"tables": {"raw.ce": [], "raw.suppce": []}, "data_cut": "2016-10-04"}
    after = {"tables": {"raw.ce": [parent], "raw.suppce": [SUPPCE]}, "data_cut": "2017-10-04"}
    assert world.causes(before, after, table="raw.suppce") == [("added", cause)]


@pytest.mark.parametrize(
    ("parameters", "cause"),
    [({}, "derivation changed"), ({"relapse_merge_days": 9}, "rule changed")],
)
def test_the_same_file_read_otherwise_is_no_change_of_data(world, parameters, cause):
    files = {"a/ce.xpt": "one"}
    before = {"tables": {"raw.ce": [CE]}, "files": files}
    after = {"tables": {"raw.ce": [{**CE, "cesev": "MILD"}]}, "files": files}
    assert world.causes(before, {**after, "parameters": parameters}) == [("corrected", cause)]


def test_the_same_file_under_another_name_is_the_same(world):
    before = {"tables": {"raw.ce": [CE]}, "files": {"a/ce.xpt": "one"}}
    moved = {**CE, "source_file": "b/ce.xpt", "cesev": "MILD"}
    after = {"tables": {"raw.ce": [moved]}, "files": {"b/ce.xpt": "one"}}
    assert world.causes(before, after) == [("corrected", "derivation changed")]


def test_another_crosswalk_is_a_change_of_data(world):
    files = {"a/ce.xpt": "one", "crosswalk.csv": "first"}
    before = {"tables": {"raw.ce": [CE]}, "files": files}
    after = {
        "tables": {"raw.ce": [{**CE, "usubjid": "P2"}]},
        "files": {**files, "crosswalk.csv": "second"},
    }
    assert sorted(world.causes(before, after)) == [
        ("added", "late data"),
        ("removed", "correction"),
    ]


def derived(**changes) -> dict:
    """A release with one relapse, its record, and what hangs together."""
    release = {
        "tables": {"raw.ce": [CE], "raw.suppce": [], "core.relapse": [RELAPSE]},
        "lineage": LINEAGE,
        "data_cut": "2016-10-04",
        "files": {"a/ce.xpt": "one"},
    }
    tables = {**release["tables"], **changes.pop("tables", {})}
    return {**release, **changes, "tables": tables}


MOVED = {"core.relapse": [{**RELAPSE, "onset_day": 11}]}


def test_a_derived_row_has_the_strongest_cause_of_its_person(world):
    late = {**CE, "ceseq": 2.0}
    after = derived(
        tables={**MOVED, "raw.ce": [{**CE, "cesev": "MILD"}, late]}, files={"a/ce.xpt": "two"}
    )
    assert world.causes(derived(), after, table="core.relapse") == [("corrected", "correction")]


def test_data_of_tables_that_are_not_above_are_no_cause(world):
    event = {"source_file": "a/ae.xpt", "studyid": "S", "usubjid": "P1", "aeseq": 1.0}
    before = derived(tables={"raw.ae": []})
    after = derived(
        tables={**MOVED, "raw.ae": [event]},
        files={"a/ce.xpt": "one", "a/ae.xpt": "two"},
        code={"core.relapse": "c2"},
    )
    assert world.causes(before, after, table="core.relapse") == [
        ("corrected", "derivation changed")
    ]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"data_cut": "2017-10-04"}, "new data"),
        ({"parameters": {"horizon_years": 9}}, "new data"),
        ({"parameters": {"relapse_merge_days": 9}}, "rule changed"),
        ({"code": {"core.relapse": "c2"}}, "derivation changed"),
        ({"code": {"raw.ce": "c2"}}, "derivation changed"),
        # The cut-off before the rule, the rule before the code.
        ({"data_cut": "2017-10-04", "parameters": {"relapse_merge_days": 9}}, "new data"),
        ({"parameters": {"relapse_merge_days": 9}, "code": {"raw.ce": "c2"}}, "rule changed"),
    ],
)
def test_without_changed_data_cut_off_rules_and_code_are_the_cause(world, changes, cause):
    after = derived(tables=MOVED, **changes)
    assert world.causes(derived(), after, table="core.relapse") == [("corrected", cause)]


def test_what_changed_at_once_is_told_beside_the_cause(tmp_path):
    base = make_release(tmp_path, "base", **derived())
    after = derived(
        tables={**MOVED, "raw.ce": [{**CE, "cesev": "MILD"}]},
        files={"a/ce.xpt": "two"},
        code={"raw.suppce": "c2"},
        parameters={"relapse_merge_days": 9},
    )
    rows = compare(base, make_release(tmp_path, "new", **after)).rows
    flags = {row["table_name"]: row for row in rows.to_dicts()}
    assert flags["core.relapse"]["cause"] == "correction"
    assert flags["core.relapse"]["is_code_changed"]  # by a table above it
    assert not flags["raw.ce"]["is_code_changed"]
    assert flags["raw.ce"]["is_rule_changed"]


def test_a_base_without_raw_tables_leaves_the_cause_unknown(world):
    before = derived(listed=("raw.ce", "raw.suppce"))
    del before["tables"]["raw.ce"], before["tables"]["raw.suppce"]
    after = derived(tables=MOVED, data_cut="2017-10-04", files={"a/ce.xpt": "two"})
    assert world.causes(before, after, table="core.relapse") == [("corrected", "not known")]
    assert world.causes(before, after, table="raw.ce") == []
    same = derived(tables=MOVED, code={"core.relapse": "c2"})
    assert world.causes(before, same, table="core.relapse") == [("corrected", "derivation changed")]


def test_a_change_of_the_quarantine_is_told_by_its_file(world):
    row = {
        "source_file": "a/ce.xpt", "source_row": 1, "expectation": "e", "study_id": "S",
        "usubjid": "P1", "record_key": "ceseq=1",
    }  # fmt: skip
    table = "quarantine.ce"
    before = {"tables": {table: []}, "files": {"a/ce.xpt": "one"}}
    judged = {"tables": {table: [row]}, "files": {"a/ce.xpt": "one"}}
    assert world.causes(before, judged, table=table) == [("added", "derivation changed")]
    delivered = {"tables": {table: [row]}, "files": {"a/ce.xpt": "two"}}
    assert world.causes(before, delivered, table=table) == [("added", "late data")]
    assert world.causes(delivered, before, table=table) == [("removed", "correction")]
