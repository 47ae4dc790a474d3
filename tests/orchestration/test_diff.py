"""What `topaz diff` prints."""

import pytest
from support.releases import make_release
from support.work_area import RESULT

from orchestration.diff import NotComparable, diff_text
from warehouse.lake import Lake
from warehouse.releases import ReleaseRefused

CE = {"source_file": "a", "studyid": "S", "usubjid": "P1", "ceseq": 1.0, "cestdtc": "2016-01-01"}
LATE = {**CE, "ceseq": 2.0}
LINEAGE = {
    "results.result": ["results.result_arr"],
    "results.result_arr": ["core.relapse", "core.population"],
    "core.relapse": ["raw.ce"],
}
MEMBER = {"person_id": "P1", "is_efficacy": True, "group_id": "3-courses"}


def rows(value: float, text: str, events: list[dict], onset: int) -> dict:
    results = [{**RESULT, "value": value, "value_text": text}]
    return {
        "raw.ce": events,
        "core.relapse": [{"person_id": "P1", "relapse_number": 1, "onset_day": onset}],
        "core.population": [MEMBER],
        "results.result_arr": results,
        "results.result": results,
    }


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = Lake(tmp_path)
    make_release(
        lake.releases, "2016-a", rows(0.07, "0.07", [CE], 1), data_cut="2016-10-04", lineage=LINEAGE
    )
    corrected = {**CE, "cesev": "MILD"}
    make_release(lake.releases, "2017-b", rows(0.09, "0.09", [corrected, LATE], 2), lineage=LINEAGE)
    return lake


def test_counts_by_table_and_cause_then_the_results_old_and_new(lake):
    assert (
        diff_text(lake, "2016-10-04", "2017-10-04")
        == """\
From release 2016-a to release 2017-b (cut-off 2016-10-04 to 2017-10-04)

table         change     cause       rows  patients
core.relapse  corrected  correction     1         1
raw.ce        added      late data      1         1
raw.ce        corrected  correction     1         1

Result rows: 1 changed. By the strongest cause: correction 1.

Of each endpoint the estimates that changed most, relative to their size
old   new   patients  cause       result
0.07  0.09         1  correction  arr.window|efficacy|3-courses"""
    )


def test_a_release_may_be_named_and_the_way_back_is_told_too(lake):
    text = diff_text(lake, "2017-b", "2016-a")
    assert text.startswith("From release 2017-b to release 2016-a (cut-off 2017-10-04 to 2016")
    assert "0.09  0.07" in text


def test_a_release_and_itself_do_not_differ(lake):
    text = diff_text(lake, "2017-b", "2017-10-04")
    assert "No row about a patient differs." in text
    assert "No result differs." in text


def test_one_table_is_told_by_study_and_column(lake):
    text = diff_text(lake, "2016-a", "2017-b", table="raw.ce")
    assert "S      corrected  correction     1         1" in text
    assert "Columns with other values: cesev (1)" in text
    assert "P1" not in text
    assert "No row of core.population differs." in diff_text(
        lake, "2016-a", "2017-b", table="core.population"
    )


def test_patients_are_named_only_where_asked_for(lake):
    text = diff_text(lake, "2016-a", "2017-b", table="raw.ce", is_by_patient=True)
    assert "P1       ceseq=1  corrected  correction  cesev" in text
    assert "P1" not in diff_text(lake, "2016-a", "2017-b")
    by_person = diff_text(lake, "2016-a", "2017-b", is_by_patient=True)
    assert "P1       correction     2  core.relapse, raw.ce" in by_person
    behind = diff_text(lake, "2016-a", "2017-b", table="results.result", is_by_patient=True)
    assert behind.endswith("result_arr|efficacy|3-courses|course-3|M0..M12|||primary: P1")


def test_what_else_changed_and_what_cannot_be_compared_is_said(lake):
    tables = rows(0.08, "0.08", [CE], 3)
    del tables["raw.ce"]
    make_release(
        lake.releases,
        "2018-c",
        tables,
        data_cut="2018-10-04",
        listed=["raw.ce"],
        lineage=LINEAGE,
        code={"core.relapse": "c2"},
        parameters={"relapse_merge_days": 9},
    )
    text = diff_text(lake, "2017-b", "2018-c")
    assert "Not compared, since" in text
    assert "knows their rows by other columns: raw.ce." in text
    assert "Rules have changed, too" in text
    assert "Code or libraries have changed, too, for" in text


def test_an_unknown_cut_release_or_table_is_answered_with_what_there_is(lake):
    with pytest.raises(
        NotComparable, match="no release or cut '2015-10-04'; releases: 2016-a, 2017-b"
    ):
        diff_text(lake, "2015-10-04", "2017-b")
    with pytest.raises(
        NotComparable, match=r"no table 'raw\.xx' is compared; there are: core\.population"
    ):
        diff_text(lake, "2016-a", "2017-b", table="raw.xx")


def test_a_damaged_release_is_not_compared(lake):
    (lake.releases / "2016-a" / "patient" / "raw" / "ce.parquet").unlink()
    with pytest.raises(ReleaseRefused, match=r"2016-a is damaged: patient/raw/ce\.parquet"):
        diff_text(lake, "2016-a", "2017-b")
