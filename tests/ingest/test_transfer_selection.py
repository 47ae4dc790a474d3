"""Which transfer of a study the landing gate takes, and what it says of a bad manifest."""

import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from support.gate import (
    DM,
    DM_ROWS,
    FOLDER,
    MANIFEST,
    findings,
    looked,
    only_finding,
    selected,
    set_dm,
    set_field,
)
from support.landing import CUTOFF, edit_manifest, write_landing

from warehouse.contracts.raw import REQUIRED_DATASETS
from warehouse.landing import TransferRefused
from warehouse.manifest import Finding
from warehouse.selection import cutoffs

EARLIER, EARLIER_CUTOFF = date(2016, 10, 20), date(2016, 10, 4)
LATER, LATER_CUTOFF = date(2018, 10, 20), date(2018, 10, 4)
#: A cumulative transfer keeps the patients that were there.
SAME_PATIENTS = {"CAMMS323": {"DM": DM_ROWS}}


# --- what is taken -----------------------------------------------------------------------------


def test_a_correct_landing_gives_one_transfer_a_study(landing: Path) -> None:
    transfers = selected(landing).transfers
    assert [item.study_id for item in transfers] == list(REQUIRED_DATASETS)
    care_ms_1 = transfers[0]
    assert (care_ms_1.folder, care_ms_1.cutoff) == (FOLDER, CUTOFF)
    assert (care_ms_1.datasets[0].name, care_ms_1.datasets[0].file) == ("DM", DM)
    assert care_ms_1.datasets[0].records == 3


def test_parquet_transfers_pass_too(tmp_path: Path) -> None:
    landing = write_landing(
        tmp_path / "landing", {"CAMMS323": {"DM": [{"usubjid": "P1"}]}}, suffix=".parquet"
    )
    assert selected(landing).transfers[0].datasets[0].records == 1


def test_only_core_studies_must_deliver_history(landing: Path) -> None:
    names = {
        item.study_id: {file.name for file in item.datasets} for item in selected(landing).transfers
    }
    assert names["CAMMS323"] - names["LPS13649"] == {"MH", "SC"}


def test_each_cut_takes_the_newest_transfer_not_after_it(landing: Path) -> None:
    write_landing(landing, cutoff=EARLIER_CUTOFF, transfer_date=EARLIER)
    write_landing(landing, SAME_PATIENTS, cutoff=LATER_CUTOFF, transfer_date=LATER)
    taken = {
        cutoff: {item.transfer_date for item in selected(landing, cutoff).transfers}
        for cutoff in (EARLIER_CUTOFF, date(2017, 10, 3), CUTOFF, LATER_CUTOFF)
    }
    assert taken == {
        EARLIER_CUTOFF: {EARLIER},
        date(2017, 10, 3): {EARLIER},
        CUTOFF: {date(2017, 10, 20)},
        LATER_CUTOFF: {LATER},
    }


def test_a_second_delivery_replaces_the_first_of_the_same_cutoff(landing: Path) -> None:
    older = [{**row, "age": 50.0} for row in DM_ROWS]
    write_landing(landing, {"CAMMS323": {"DM": older}}, transfer_date=date(2017, 11, 1))
    taken = {item.study_id: item.transfer_date for item in selected(landing).transfers}
    assert taken.pop("CAMMS323") == date(2017, 11, 1)
    # The others were sent again as they were: the same content twice is one transfer, the first.
    assert set(taken.values()) == {date(2017, 10, 20)}


def test_a_late_delivery_of_an_old_cut_does_not_hide_newer_data(landing: Path) -> None:
    write_landing(landing, cutoff=EARLIER_CUTOFF, transfer_date=date(2018, 1, 10))
    assert {item.cutoff for item in selected(landing).transfers} == {CUTOFF}


def test_faults_of_a_transfer_that_the_cut_does_not_use_do_not_matter(landing: Path) -> None:
    write_landing(landing, cutoff=LATER_CUTOFF, transfer_date=LATER)
    (landing / "CAMMS323" / LATER.isoformat() / "dm.xpt").unlink()
    old = landing / "CAMMS323" / EARLIER.isoformat()
    old.mkdir()
    assert len(selected(landing).transfers) == 4


def test_a_hidden_folder_is_a_transfer_not_there_yet(landing: Path) -> None:
    (landing / "CAMMS323/.2017-11-01.part").mkdir()
    assert len(selected(landing).transfers) == 4


# --- what is refused ---------------------------------------------------------------------------


def test_a_newer_faulty_transfer_is_refused_not_passed_over(landing: Path) -> None:
    write_landing(landing, transfer_date=date(2017, 11, 1))
    (landing / "CAMMS323/2017-11-01/dm.xpt").unlink()
    assert only_finding(landing).file == "CAMMS323/2017-11-01/dm.xpt"


def test_a_newer_folder_without_manifest_is_refused_not_passed_over(landing: Path) -> None:
    (landing / "CAMMS323/2017-11-01").mkdir()
    found = only_finding(landing)
    assert (found.file, found.rule) == ("CAMMS323/2017-11-01/manifest.json", "manifest")
    assert found.message == (
        "is missing. The transfer is not complete: wait for it, or remove its folder"
    )


def test_every_finding_is_told_not_only_the_first(landing: Path) -> None:
    shutil.rmtree(landing / "LPS13649")
    (landing / DM).unlink()
    (landing / FOLDER / "ae.xpt").write_bytes(b"")
    assert [(item.study, item.rule) for item in findings(landing)] == [
        ("CAMMS323", "file-missing"),
        ("CAMMS323", "bytes"),
        ("CAMMS323", "file-format"),
        ("LPS13649", "no-transfer"),
    ]
    with pytest.raises(TransferRefused, match=r"4 finding\(s\) in .*:\n  - CAMMS323.*dm.xpt"):
        selected(landing)


def test_missing_study_folder(landing: Path) -> None:
    shutil.rmtree(landing / "LPS13649")
    assert only_finding(landing) == Finding(
        "LPS13649",
        "LPS13649",
        "no-transfer",
        "no transfer of study LPS13649 is there. Put it into LPS13649/<transfer date YYYY-MM-DD>/",
    )


def test_no_transfer_early_enough(landing: Path) -> None:
    found = findings(landing, date(2015, 10, 4))
    assert [item.rule for item in found] == ["no-transfer"] * 4
    assert found[0].message == (
        "no transfer of study CAMMS323 has a cut-off on or before 2015-10-04 (cut-offs found: "
        "2017-10-04). Add one, or choose another cut-off date"
    )


@pytest.mark.parametrize("name", ["2017-11-1", "20171101", "2017-11-01.part", "new"])
def test_folder_that_is_no_date(landing: Path, name: str) -> None:
    (landing / "CAMMS323" / name).mkdir()
    found = only_finding(landing)
    assert (found.file, found.rule) == (f"CAMMS323/{name}", "transfer-folder")
    assert "is not named by a transfer date YYYY-MM-DD" in found.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"study": "CAMMS3', "is no JSON text (Unterminated string"),
        ("[]", "is a JSON list, not an object"),
    ],
)
def test_manifest_that_is_no_json_object(landing: Path, content: str, message: str) -> None:
    (landing / MANIFEST).write_text(content)
    found = only_finding(landing)
    assert (found.file, found.rule) == (MANIFEST, "manifest")
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("study", "a text"),
        ("transfer_date", "a date YYYY-MM-DD"),
        ("cutoff", "a date YYYY-MM-DD"),
        ("datasets", "a list"),
    ],
)
def test_manifest_lacks_a_field(landing: Path, field: str, expected: str) -> None:
    edit_manifest(landing / FOLDER, lambda manifest: manifest.pop(field))
    assert only_finding(landing) == Finding(
        "CAMMS323",
        MANIFEST,
        "manifest",
        f"field {field!r} is missing; expected {expected}. Have the manifest corrected",
    )


@pytest.mark.parametrize("field", ["name", "file", "records", "bytes", "sha256"])
def test_dataset_entry_lacks_a_field(landing: Path, field: str) -> None:
    edit_manifest(landing / FOLDER, lambda manifest: manifest["datasets"][0].pop(field))
    found = only_finding(landing)
    dataset = "number 1" if field == "name" else "DM"
    assert found.message.startswith(f"field {field!r} of dataset {dataset} is missing; expected ")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("records", -1, "field 'records' of dataset DM is -1; expected a whole number, 0 or more"),
        ("records", "3", "field 'records' of dataset DM is '3'; expected a whole number"),
        ("records", True, "field 'records' of dataset DM is True; expected a whole number"),
        ("bytes", 1.5, "field 'bytes' of dataset DM is 1.5; expected a whole number"),
        ("sha256", "abc", "field 'sha256' of dataset DM is 'abc'; expected 64 hexadecimal digits"),
        ("file", "../dm.xpt", "field 'file' of dataset DM is '../dm.xpt'; expected a file name"),
        ("file", "..", "field 'file' of dataset DM is '..'; expected a file name"),
    ],
)
def test_dataset_entry_with_an_impossible_field(
    landing: Path, field: str, value: object, message: str
) -> None:
    set_dm(landing, field, value)
    assert only_finding(landing).message.startswith(message)


def test_dataset_entry_that_is_no_object(landing: Path) -> None:
    edit_manifest(landing / FOLDER, lambda manifest: manifest["datasets"].insert(0, "dm.xpt"))
    assert only_finding(landing).message.startswith("field 'datasets[1]' is 'dm.xpt'; expected an")


def test_manifest_of_another_study(landing: Path) -> None:
    set_field(landing, "study", "LPS13649")
    found = only_finding(landing)
    assert found.rule == "manifest-study"
    assert found.message.startswith("states study 'LPS13649' in the folder of 'CAMMS323'. Move")


def test_transfer_date_other_than_the_folder(landing: Path) -> None:
    set_field(landing, "transfer_date", "2017-10-21")
    found = only_finding(landing)
    assert found.rule == "manifest-date"
    assert found.message.startswith("states transfer date 2017-10-21 in folder 2017-10-20. Rename")


def test_transfer_that_is_not_cumulative(landing: Path) -> None:
    set_field(landing, "cumulative", False)
    assert only_finding(landing).message.startswith("states cumulative = False; only cumulative")


def test_dataset_listed_twice(landing: Path) -> None:
    edit_manifest(
        landing / FOLDER, lambda manifest: manifest["datasets"].append(manifest["datasets"][0])
    )
    assert [item.message.split(";")[0] for item in findings(landing)] == [
        "lists dataset DM 2 times",
        f"lists file {DM} 2 times",
    ]


# --- default cut, imports ---------------------------------------------------------------------


def test_the_cuts_are_those_of_topaz_and_the_oldest_first(landing: Path) -> None:
    write_landing(landing, cutoff=EARLIER_CUTOFF, transfer_date=EARLIER)
    write_landing(landing, cutoff=EARLIER_CUTOFF, transfer_date=LATER)
    edit_manifest(
        landing / "CAMMS323" / LATER.isoformat(),
        lambda manifest: manifest.update(cutoff=LATER_CUTOFF.isoformat()),
    )
    assert cutoffs(looked(landing)) == (EARLIER_CUTOFF, CUTOFF)
    edit_manifest(
        landing / "LPS13649" / LATER.isoformat(),
        lambda manifest: manifest.update(cutoff=LATER_CUTOFF.isoformat()),
    )
    assert cutoffs(looked(landing)) == (EARLIER_CUTOFF, CUTOFF, LATER_CUTOFF)
    shutil.rmtree(landing / "LPS13649" / LATER.isoformat())
    assert cutoffs(looked(landing)) == (EARLIER_CUTOFF, CUTOFF)


def test_a_landing_folder_that_is_not_there_is_told(landing: Path) -> None:
    shutil.rmtree(landing)
    with pytest.raises(TransferRefused, match=r"landing .*does not exist\. Put transfers into"):
        looked(landing)


def test_the_gate_loads_no_reader_of_values() -> None:
    code = (
        "import sys, warehouse.landing;"
        "print(sorted({'pyreadstat', 'pandas', 'dagster', 'pyarrow'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_crosswalk_goes_with_the_transfers(landing: Path) -> None:
    text = "study,usubjid,person_id\nLPS13649,T1,CAMMS323-0001\n"
    (landing / "crosswalk.csv").write_text(text)
    crosswalk = selected(landing).crosswalk
    assert crosswalk is not None
    assert (crosswalk.name, crosswalk.records, crosswalk.bytes) == ("CROSSWALK", 1, len(text))


def test_faults_of_the_crosswalk_refuse_the_cut(landing: Path) -> None:
    (landing / "crosswalk.csv").write_text("study,usubjid,person_id\nLPS13649,T1,\nLPS1,T2,P2\n")
    assert [(found.study, found.file, found.rule) for found in findings(landing)] == [
        ("ALL", "crosswalk.csv", "crosswalk"),
        ("ALL", "crosswalk.csv", "crosswalk"),
    ]


def test_a_cut_that_no_data_reach_is_refused(landing: Path) -> None:
    selected(landing, CUTOFF)
    message = r"reaches the cut-off 2017-10-05 \(cut-offs found: 2017-10-04\)"
    with pytest.raises(TransferRefused, match=message):
        selected(landing, CUTOFF + timedelta(days=1))
