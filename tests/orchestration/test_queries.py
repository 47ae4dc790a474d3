"""Queries for study sites: what is put aside and what gates found of patients, a file per site."""

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.queries import SCHEMA, site_queries, write_site_queries
from warehouse.contracts import CORE, QUARANTINE, RAW, REGISTERS, TableContract
from warehouse.files import atomic_write, to_json
from warehouse.lake import Lake, TableNotReady, WorkArea

CUT = "2017-10-04"
ASIDE = {
    "source_file": "CAMMS323/2017-10-20/ae.xpt",
    "source_row": 4,
    "expectation": "serious_is_yes_or_no",
    "rule_id": "E-12",
    "study_id": "CAMMS323",
    "usubjid": "P1",
    "record_key": "aeseq=3",
    "offending": "aeterm = rash, aeser = missing",
    "message": "AESER is neither Y nor N.",
    "record": "{}",
}
DM_ASIDE = {
    **ASIDE,
    "source_file": "CAMMS323/2017-10-20/dm.xpt",
    "usubjid": "P2",
    "record_key": "",
    "record": json.dumps({"siteid": "102"}),
}


def write(work: WorkArea, contract: TableContract, *rows: dict[str, Any]) -> None:
    path = work.table_path(contract.sql_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema=contract.schema).write_parquet(path)


def gate(work: WorkArea, table: str, severity: str, *keys: dict[str, Any], **values: Any) -> None:
    found = {
        "id": "found",
        "severity": severity,
        "rule_id": "T-02",
        "passed": False,
        "n_unexpected": len(keys),
        "failing_keys": keys,
        "message": "Query the site.",
        "error": None,
        "n_quarantined": 0,
        "not_applicable": None,
        **values,
    }
    record = {
        "data_version": "",
        "sha256": "",
        "gate_version": "",
        "references": {},
        "has_passed": True,
        "report": {"n_rows": 1, "outcomes": [found]},
    }
    atomic_write(work.root / "gates" / f"{table}.json", to_json(record))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    work = lake.work(CUT)
    write(work, RAW["dm"], *(
        {"studyid": study, "usubjid": "P1", "siteid": site}
        for study, site in (("CAMMS323", "101"), ("LPS13649", "900"))
    ))  # fmt: skip
    write(work, CORE["patient"], {"person_id": "P1", "core_study_id": "CAMMS323"})
    return lake


def test_rows_put_aside_are_queries_to_their_site(lake) -> None:
    write(lake.work(CUT), QUARANTINE["ae"], ASIDE)
    queries = site_queries(lake, CUT)
    assert queries.schema == SCHEMA
    told = {name: value for name, value in ASIDE.items() if name != "record"}
    assert queries.to_dicts() == [{**told, "site_id": "101", "dataset": "AE"}]


def test_a_patient_whose_dm_record_is_put_aside_has_a_site_still(lake) -> None:
    write(lake.work(CUT), QUARANTINE["dm"], DM_ASIDE)
    write(lake.work(CUT), QUARANTINE["ae"], {**ASIDE, "usubjid": "P2"})
    assert site_queries(lake, CUT)["site_id"].to_list() == ["102", "102"]


def test_a_site_reads_its_own_identifier_of_a_patient(lake) -> None:
    work = lake.work(CUT)
    in_topaz = {**ASIDE, "study_id": "LPS13649"}
    write(work, QUARANTINE["ae"], ASIDE, in_topaz)
    joined = {"study_id": "LPS13649", "usubjid": "TZ-7", "person_id": "P1"}
    write(work, REGISTERS["crosswalk"], {"source_file": "c", "source_row": 1, **joined})
    told = site_queries(lake, CUT).select("study_id", "site_id", "usubjid")
    assert told.rows() == [("CAMMS323", "101", "P1"), ("LPS13649", "900", "TZ-7")]


def test_one_query_for_a_patient_whose_dm_record_is_put_aside(lake) -> None:
    write(lake.work(CUT), QUARANTINE["dm"], DM_ASIDE)
    follows = {**ASIDE, "usubjid": "P2", "expectation": "patient_in_dm"}
    misspelt = {**follows, "usubjid": "P22", "source_row": 9}
    write(lake.work(CUT), QUARANTINE["ae"], follows, misspelt)
    told = site_queries(lake, CUT).select("usubjid", "dataset")
    assert sorted(told.rows()) == [("P2", "DM"), ("P22", "AE")]


def test_patient_or_study_that_no_record_tells(lake) -> None:
    write(lake.work(CUT), QUARANTINE["ae"], {**ASIDE, "study_id": None, "usubjid": None})
    (row,) = site_queries(lake, CUT).to_dicts()
    assert (row["study_id"], row["site_id"], row["usubjid"]) == ("unknown", "unknown", None)


def test_findings_of_gates_that_name_a_patient(lake) -> None:
    work = lake.work(CUT)
    gate(
        work,
        "raw.qs",
        "plausibility",
        {"studyid": "LPS13649", "usubjid": "P1", "domain": "QS", "qsseq": 3.0, "visit": None},
    )
    gate(work, "core.patient", "content", {"person_id": "P1", "day0_date": "2008-01-01"})
    gate(work, "core.course", "plausibility", {"observed": 0.2})
    gate(work, "core.relapse", "structural", {"person_id": "P1"})
    gate(work, "core.edss", "content", {"person_id": "P1"}, passed=True)
    gate(work, "quarantine.dm", "plausibility", {"usubjid": "P1"})
    queries = site_queries(lake, CUT)
    told = queries.select("study_id", "site_id", "dataset", "record_key", "offending", "source_row")
    assert told.rows() == [
        ("CAMMS323", "101", "core.patient", "", "day0_date = 2008-01-01", None),
        ("LPS13649", "900", "QS", "domain=QS, qsseq=3", "visit = missing", None),
    ]
    assert set(queries["message"]) == {"Query the site."}


def test_nothing_found_gives_no_query(lake, tmp_path) -> None:
    queries = site_queries(lake, CUT)
    assert queries.is_empty()
    assert queries.schema == SCHEMA
    assert write_site_queries(queries, tmp_path / "queries") == []


def test_a_cut_that_is_not_there(lake) -> None:
    with pytest.raises(TableNotReady, match=r"raw\.dm has not been computed for cut 2018-10-04"):
        site_queries(lake, "2018-10-04")


def test_one_file_per_site_for_its_owner_only(lake, tmp_path) -> None:
    write(lake.work(CUT), QUARANTINE["dm"], DM_ASIDE)
    write(
        lake.work(CUT),
        QUARANTINE["ae"],
        ASIDE,
        {**ASIDE, "source_row": 3},
        {**ASIDE, "study_id": "LPS13649"},
    )
    folder = tmp_path / "queries"
    files = write_site_queries(site_queries(lake, CUT), folder)
    names = ["CAMMS323_101.csv", "CAMMS323_102.csv", "LPS13649_900.csv"]
    assert [path.name for path in files] == names
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    with files[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(SCHEMA)
    assert [row["source_row"] for row in rows] == ["3", "4"]
    before = [path.read_bytes() for path in files]
    files[0].chmod(0o644)
    again = write_site_queries(site_queries(lake, CUT), folder)
    assert [path.read_bytes() for path in again] == before
    assert files[0].stat().st_mode & 0o777 == 0o600


def test_what_is_asked_no_more_goes_and_what_is_another_s_stays(lake, tmp_path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir(mode=0o755)
    (folder / "notes.csv").write_text("site,remark\n")
    write(lake.work(CUT), QUARANTINE["ae"], ASIDE)
    (file,) = write_site_queries(site_queries(lake, CUT), folder)
    write(lake.work(CUT), QUARANTINE["ae"])
    assert write_site_queries(site_queries(lake, CUT), folder) == []
    assert not file.exists()
    assert (folder / "notes.csv").is_file()
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start, lake, tmp_path) -> None:
    text = f"{start}HYPERLINK(1)"
    write(lake.work(CUT), QUARANTINE["ae"], {**ASIDE, "offending": text, "usubjid": text})
    (path,) = write_site_queries(site_queries(lake, CUT), tmp_path / "queries")
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["offending"], row["usubjid"]) == (f"'{text}", f"'{text}")
    assert row["dataset"] == "AE"


def test_names_of_files_stay_in_the_folder(lake, tmp_path) -> None:
    write(lake.work(CUT), RAW["dm"],
          {"studyid": "CAMMS323", "usubjid": "P1", "siteid": "../../1 0/é"})  # fmt: skip
    write(lake.work(CUT), QUARANTINE["ae"], ASIDE)
    (path,) = write_site_queries(site_queries(lake, CUT), tmp_path / "queries")
    assert path.parent == tmp_path / "queries"
    assert path.name == "CAMMS323_.._.._1_0___11d9f66a.csv"
