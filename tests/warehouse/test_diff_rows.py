"""Rows of one table in two releases."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contracts import CORE, QUARANTINE, RAW, REGISTERS, WINDOWS, TableContract
from warehouse.cut_diff.rows import changed_rows

CE = {
    "source_file": "S/2017-10-20/ce.xpt",
    "source_row": 1,
    "studyid": "S",
    "domain": "CE",
    "usubjid": "P1",
    "ceseq": 1.0,
    "cecat": "MS RELAPSE",
    "cestdtc": "2017-01-01",
}


def frame(contract: TableContract, *rows: dict) -> pl.LazyFrame:
    return pl.LazyFrame([dict(row) for row in rows], schema=contract.schema)


def differing(before: list[dict], after: list[dict], contract: TableContract = RAW["ce"]):
    rows = changed_rows(contract, frame(contract, *before), frame(contract, *after))
    return rows.collect().sort("person_id", "record_key", "change")


def told(rows: pl.DataFrame) -> list[tuple]:
    return rows.select("person_id", "record_key", "change", "columns_changed").rows()


def test_rows_are_added_removed_and_corrected_by_key():
    gone, fixed, new = CE, {**CE, "ceseq": 2.0}, {**CE, "ceseq": 3.0}
    rows = differing([gone, fixed], [{**fixed, "cesev": "SEVERE", "cecat": "OTHER"}, new])
    assert told(rows) == [
        ("P1", "ceseq=1", "removed", ""),
        ("P1", "ceseq=2", "corrected", "cecat cesev"),
        ("P1", "ceseq=3", "added", ""),
    ]
    assert rows["study_id"].to_list() == ["S", "S", "S"]


def test_the_place_in_a_file_is_not_compared():
    assert (
        told(differing([CE], [{**CE, "source_file": "S/2018-01-01/ce.csv", "source_row": 9}])) == []
    )


def test_blank_and_value_differ_and_blank_and_blank_do_not():
    assert told(differing([CE], [CE])) == []
    assert told(differing([{**CE, "cesev": None}], [{**CE, "cesev": "MILD"}]))[0][3] == "cesev"


def test_values_are_compared_without_tolerance():
    row = {"person_id": "P1", "assessment_date": None, "study_id": "S", "edss_points": 0.1 + 0.2}
    contract = CORE["edss"]
    assert told(differing([row], [row], contract)) == []
    assert told(differing([row], [{**row, "edss_points": 0.3}], contract))[0][2] == "corrected"


def test_nan_is_equal_to_nan():
    row = {"person_id": "P1", "study_id": "S", "edss_points": float("nan")}
    assert told(differing([row], [row], CORE["edss"])) == []


def test_a_row_that_went_on_tells_until_when():
    """Its own date stays, another of its dates has changed."""
    fixed = {**CE, "ceendtc": None}
    (row,) = differing([fixed], [{**fixed, "ceendtc": "2018-02-03T10:00"}]).to_dicts()
    assert (row["dated"], row["continued_to"]) == ("2017-01-01", "2018-02-03")
    (row,) = differing(
        [fixed], [{**fixed, "ceendtc": "2018-02-03", "cestdtc": "2018-01-01"}]
    ).to_dicts()
    assert row["continued_to"] is None


def test_a_blank_date_is_no_date():
    (row,) = differing([], [{**CE, "cestdtc": " "}]).to_dicts()
    assert row["dated"] is None


def test_quarantined_rows_are_compared_whole_wherever_they_stood():
    contract = QUARANTINE["ce"]
    row = {
        "source_file": "S/1/ce.xpt", "source_row": 1, "expectation": "e", "rule_id": "",
        "study_id": "S", "usubjid": "P1", "record_key": "ceseq=1", "offending": "x",
        "message": "m", "record": "{}",
    }  # fmt: skip
    moved = {**row, "source_file": "S/2/ce.xpt", "source_row": 7, "record": "{ }"}
    assert told(differing([row], [moved], contract)) == []
    # Two rows may be told in the same words: each counts.
    twice = differing([row], [row, {**row, "source_row": 2}], contract)
    assert twice["change"].to_list() == ["added"]
    assert twice["person_id"].to_list() == ["P1"]


def test_registers_of_the_raw_layer_are_compared_too():
    contract = REGISTERS["special_missing"]
    row = {"source_file": "S/1/qs.xpt", "source_row": 1, "study_id": "S", "dataset": "QS",
           "variable": "QSSTRESN", "code": "A"}  # fmt: skip
    moved = {**row, "source_file": "S/2/qs.xpt", "source_row": 5}
    assert told(differing([row], [moved], contract)) == []
    assert told(differing([row], [], contract)) == [
        ("", "dataset=QS variable=QSSTRESN code=A", "removed", "")
    ]
    alias = {"source_file": "crosswalk.csv", "study_id": "S", "usubjid": "S-1", "person_id": "P1"}
    rows = differing([alias], [{**alias, "person_id": "P2"}], REGISTERS["crosswalk"])
    assert rows.select("study_id", "person_id", "change", "columns_changed").rows() == [
        ("S", "P2", "corrected", "person_id")
    ]


def test_a_column_that_the_base_lacks_is_not_compared():
    before = frame(RAW["ce"], CE).drop("cesev")
    after = frame(RAW["ce"], {**CE, "cesev": "MILD"})
    assert changed_rows(RAW["ce"], before, after).collect().is_empty()


def test_dimensions_of_a_changed_row_are_told_and_null_elsewhere():
    row = {"person_id": "P1", "anchor": "course-3", "analysis_window": "M0..M12", "relapses": 1}
    (changed,) = differing(
        [row], [{**row, "relapses": 2}], WINDOWS["patient_course_window"]
    ).to_dicts()
    assert (changed["anchor"], changed["analysis_window"]) == ("course-3", "M0..M12")
    assert (changed["timepoint"], changed["study_id"]) == (None, "")
    visit = {"person_id": "P1", "anchor": "course-3", "analysis_month": 6, "timepoint": "M6"}
    (changed,) = differing([visit], [], WINDOWS["edss_at_visit"]).to_dicts()
    assert changed["timepoint"] == "M6"


tables = st.dictionaries(
    st.tuples(st.sampled_from(["P1", "P2", "P3"]), st.integers(1, 3)),
    st.tuples(st.sampled_from([None, "", "2017"]), st.sampled_from([None, "MILD"])),
    max_size=9,
)


def as_rows(table: dict) -> list[dict]:
    return [
        {**CE, "usubjid": person, "ceseq": float(number), "cestdtc": start, "cesev": severity}
        for (person, number), (start, severity) in table.items()
    ]


@given(tables, tables)
def test_there_and_back_mirror_each_other(before, after):
    there, back = (
        differing(as_rows(before), as_rows(after)),
        differing(as_rows(after), as_rows(before)),
    )
    mirror = {"added": "removed", "removed": "added", "corrected": "corrected"}
    turned = [(one, key, mirror[change], columns) for one, key, change, columns in told(back)]
    assert sorted(turned) == sorted(told(there))


@given(tables, tables)
def test_every_row_is_the_same_or_told_once(before, after):
    counts = dict(differing(as_rows(before), as_rows(after))["change"].value_counts().rows())
    assert counts.get("added", 0) == len(after.keys() - before.keys())
    assert counts.get("removed", 0) == len(before.keys() - after.keys())
    assert counts.get("corrected", 0) == sum(
        before[key] != after[key] for key in before.keys() & after.keys()
    )


@given(tables)
def test_a_table_does_not_differ_from_itself(table):
    assert differing(as_rows(table), as_rows(table)).is_empty()
