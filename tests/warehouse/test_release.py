import multiprocessing
import shutil
import stat
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import polars as pl
import pytest
from support.work_area import GATES, PLANNED, TRANSFER, fill, publish_filled, rows_of

import warehouse.release
from warehouse.contracts import ALL, CORE, RESULTS
from warehouse.contracts.cut_diff import CUT_DIFF
from warehouse.contracts.manifest import DETAILS, MANIFEST_FIELDS, WRITTEN
from warehouse.database import QueryRefused, query
from warehouse.lake import Lake, LakeBusy, lock
from warehouse.pointer import rollback
from warehouse.release import RELEASED, Release, ReleaseRefused, all_releases, current, damage

CUT = "2017-10-04"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def release_files(lake: Lake) -> dict[str, bytes]:
    return {
        str(path.relative_to(lake.root)): path.read_bytes()
        for folder in (lake.releases, lake.published)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_nothing_is_published_before_the_first_release(lake):
    assert current(lake) is None


def test_a_release_is_published_whole_and_apart(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    assert current(lake).release_id == release.release_id
    assert (release.folder / "patient" / "core" / "patient.parquet").is_file()
    assert not list((release.folder / "results").rglob("patient*.parquet"))
    assert stat.S_IMODE((release.folder / "patient").stat().st_mode) == 0o700
    assert (lake.published / "current").readlink() == Path(
        f"../releases/{release.release_id}/results"
    )


def test_the_database_holds_tables_with_labels_and_units(lake):
    fill(lake, CUT)
    database = publish_filled(lake, CUT).database
    kinds = query(database, "SELECT DISTINCT table_type FROM information_schema.tables")
    assert kinds["table_type"].to_list() == ["BASE TABLE"]
    label = query(
        database,
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'arr' AND column_name = 'rate'",
    )
    assert label.item() == "Annualised relapse rate [relapses per year]"
    for what in ("tables", "columns"):
        bare = query(
            database,
            f"SELECT * FROM duckdb_{what}() WHERE comment IS NULL "
            "AND schema_name IN ('results', 'audit', 'history')",
        )
        assert bare.is_empty(), bare
    result = query(database, "SELECT value, release_id FROM results.result").row(0)
    assert result == (0.07, current(lake).release_id)


def test_released_files_cannot_be_written_to(lake):
    fill(lake, CUT)
    files = [path for path in publish_filled(lake, CUT).folder.rglob("*") if path.is_file()]
    assert len(files) > len(RELEASED)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}


def test_where_the_numbers_come_from_can_be_queried(lake):
    fill(lake, CUT)
    database = publish_filled(lake, CUT).database
    horizon = query(database, "SELECT json_extract(parameters, 'horizon_years') FROM audit.release")
    assert horizon.item() == "8"
    transfer = query(database, "SELECT year(cutoff), file FROM audit.transfer").row(0)
    assert transfer == (2017, "LPS13649/2017-10-20/dm.xpt")
    gate = query(database, "SELECT has_passed, expectations FROM audit.gate LIMIT 1").row(0)
    assert gate == (True, 3)
    outcomes = query(database, "SELECT DISTINCT outcome, expectation FROM audit.gate_result")
    assert outcomes.rows() == [("passed", "key_is_unique")]


def test_the_crosswalk_is_among_the_files_and_has_no_date(lake):
    fill(lake, CUT)
    crosswalk = {**TRANSFER, "study_id": "ALL", "file": "crosswalk.csv"}
    crosswalk |= {"transfer_date": None, "cutoff": None}
    database = publish_filled(lake, CUT, inputs=[TRANSFER, crosswalk]).database
    rows = query(database, "SELECT study_id, transfer_date, file FROM audit.transfer ORDER BY ALL")
    assert rows.rows()[0] == ("ALL", None, "crosswalk.csv")


def test_a_release_holds_every_table_on_its_side(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    for contract in ALL:
        path = release.table_path(contract.sql_name)
        side = "patient" if contract.is_patient_level else "results"
        assert path == release.folder / side / contract.layer / f"{contract.name}.parquet"


def test_the_manifest_has_the_fields_that_are_promised(lake):
    fill(lake, CUT)
    manifest = publish_filled(lake, CUT).manifest
    assert set(manifest) == set(MANIFEST_FIELDS)
    assert not set(DETAILS) & set(WRITTEN)
    assert {"results/topaz.duckdb", "results/gates.html", "patient/raw/dm.parquet"} <= set(
        manifest["files"]
    )


@pytest.mark.parametrize(
    "file", ["results/gates.html", "patient/audit/cut_diff_row_detail.parquet"]
)
def test_damage_to_any_file_is_found(lake, file):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    assert damage(release) == []
    (release.folder / file).unlink()
    assert damage(release) == [f"{file} is missing or changed"]


def test_a_release_of_the_first_version_is_whole_without_raw_tables(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    shutil.rmtree(release.folder / "patient" / "raw")
    shutil.rmtree(release.folder / "patient" / "quarantine")
    first = {key: value for key, value in release.manifest.items() if key != "files"}
    first["database_sha256"] = release.manifest["files"]["results/topaz.duckdb"]
    first["tables"] = {
        name: record for name, record in first["tables"].items() if "quarantine" not in name
    }
    assert damage(Release(release.folder, first)) == []
    (release.folder / "results" / "results" / "arr.parquet").unlink()
    assert damage(Release(release.folder, first)) == [
        "results/results/arr.parquet is missing or changed"
    ]


def test_the_page_of_the_gates_lies_beside_the_results_and_names_nobody(lake):
    fill(lake, CUT)
    page = publish_filled(lake, CUT).folder / "results" / "gates.html"
    assert "key_is_unique" in page.read_text()
    assert "SECRET-PERSON" not in page.read_text()


def test_what_changed_since_the_release_before_is_a_table_of_the_release(lake):
    fill(lake, CUT, value=0.07)
    first = publish_filled(lake, CUT)
    assert first.manifest["base_release_id"] is None
    assert query(first.database, "SELECT count(*) FROM audit.cut_diff_table").item() == 0
    fill(lake, CUT, value=0.08, code={"results.result": "code-2"})
    second = publish_filled(lake, CUT, revision="2", created_at="2017-12-01")
    assert second.manifest["base_release_id"] == first.release_id
    rows = query(
        second.database,
        "SELECT base_release_id, change, old_value, new_value FROM audit.cut_diff_results",
    )
    assert rows.rows() == [(first.release_id, "changed", 0.07, 0.08)]
    for contract in CUT_DIFF:
        assert second.table_path(contract.sql_name) is not None
        side = "patient" if contract.is_patient_level else "results"
        assert (second.folder / side / "audit" / f"{contract.name}.parquet").is_file()


def test_an_older_cut_is_compared_with_its_like_and_not_with_what_is_shown(lake):
    fill(lake, "2016-10-04")
    older = publish_filled(lake, "2016-10-04", revision="1", created_at="2017-01-01")
    fill(lake, CUT)
    newer = publish_filled(lake, CUT)
    assert newer.manifest["base_release_id"] == older.release_id
    fill(lake, "2016-10-04", value=0.08)
    again = publish_filled(lake, "2016-10-04", revision="2", created_at="2017-12-01")
    assert again.manifest["base_release_id"] == older.release_id
    assert current(lake).release_id == newer.release_id


def test_a_damaged_release_is_not_compared_with_and_keeps_none_from_being_made(lake):
    fill(lake, CUT)
    first = publish_filled(lake, CUT)
    first.table_path("results.result").unlink()
    fill(lake, CUT, value=0.08)
    second = publish_filled(lake, CUT, revision="2", created_at="2017-12-01")
    assert second.manifest["base_release_id"] is None
    assert current(lake).release_id == second.release_id


def test_while_pinned_releases_are_made_and_not_shown(lake):
    fill(lake, CUT)
    first = publish_filled(lake, CUT)
    rollback(lake, first.release_id, "the second had wrong units")
    fill(lake, CUT, value=0.08)
    second = publish_filled(lake, CUT, revision="2", created_at="2017-12-01")
    assert second.database.is_file()
    assert current(lake).release_id == first.release_id


def test_a_rollback_that_was_killed_halfway_is_ended_by_the_next_publishing(lake):
    fill(lake, CUT)
    first = publish_filled(lake, CUT)
    fill(lake, CUT, value=0.08)
    publish_filled(lake, CUT, revision="2", created_at="2017-12-01")
    (lake.published / "pinned.json").write_text(
        f'{{"release_id": "{first.release_id}", "reason": ""}}'
    )
    fill(lake, CUT, value=0.09)
    publish_filled(lake, CUT, revision="3", created_at="2017-12-02")
    assert current(lake).release_id == first.release_id


def _publish_until_killed(root: Path, has_begun: Event) -> None:
    def stop(*_: object) -> None:
        has_begun.set()
        time.sleep(60)

    # The last step before the release is there under its name.
    warehouse.release.atomic_write = stop
    publish_filled(Lake(root), CUT, revision="2", created_at="2017-12-01")


def test_a_killed_publishing_leaves_what_is_shown_whole(lake):
    fill(lake, CUT)
    first = publish_filled(lake, CUT)
    before = release_files(lake)
    fill(lake, CUT, value=0.08)
    processes = multiprocessing.get_context("spawn")
    has_begun = processes.Event()
    killed = processes.Process(target=_publish_until_killed, args=(lake.root, has_begun))
    killed.start()
    assert has_begun.wait(60)
    killed.kill()
    killed.join()
    after = release_files(lake)
    assert {name: after[name] for name in before if "lock" not in name} == {
        name: text for name, text in before.items() if "lock" not in name
    }
    assert current(lake).release_id == first.release_id
    assert damage(current(lake)) == []
    second = publish_filled(lake, CUT, revision="2", created_at="2017-12-01")
    assert current(lake).release_id == second.release_id
    assert [path.name for path in lake.releases.glob(".*")] == []


def test_no_patient_leaves_the_patient_side(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    columns = query(release.database, "SELECT column_name FROM duckdb_columns()")
    assert "person_id" not in columns["column_name"].to_list()
    assert "SECRET-PERSON" not in (release.folder / "manifest.json").read_text()
    assert b"SECRET-PERSON" not in release.database.read_bytes()


def test_a_database_of_this_release_is_readable_by_duckdb_1(lake):
    fill(lake, CUT)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{publish_filled(lake, CUT).database}' AS t (READ_ONLY)")
        tags = connection.execute(
            "SELECT tags FROM duckdb_databases() WHERE database_name = 't'"
        ).fetchone()
    assert tags is not None
    assert "v1.2.0" in str(tags[0])


def test_the_same_tables_are_the_same_release(lake):
    fill(lake, CUT)
    first = publish_filled(lake, CUT)
    before = release_files(lake)
    fill(lake, CUT)
    assert publish_filled(lake, CUT, created_at="2018-01-01").release_id == first.release_id
    assert release_files(lake) == before


def test_earlier_results_stay_in_the_history(lake):
    fill(lake, CUT, value=0.07)
    first = publish_filled(lake, CUT, revision="1")
    fill(lake, CUT, value=0.08)
    second = publish_filled(lake, CUT, revision="2", created_at="2017-12-01")
    rows = query(second.database, "SELECT value, release_id FROM history.result").rows()
    assert rows == [(0.07, first.release_id)]
    assert query(second.database, "SELECT value FROM results.result").item() == 0.08
    assert query(first.database, "SELECT value FROM results.result").item() == 0.07
    assert [release.release_id for release in all_releases(lake)] == [
        first.release_id,
        second.release_id,
    ]


def test_an_older_cut_never_moves_the_pointer_back(lake):
    fill(lake, CUT)
    newest = publish_filled(lake, CUT)
    fill(lake, "2016-10-04")
    older = publish_filled(lake, "2016-10-04")
    assert older.folder.is_dir()
    assert current(lake).release_id == newest.release_id


def test_a_work_area_that_is_not_fit_is_refused_with_every_reason(lake):
    fill(lake, CUT)
    publish_filled(lake, CUT)
    before = release_files(lake)
    work = lake.work(CUT)
    work.table_path("core.edss").unlink()
    work.table_path("core.course").unlink()
    pl.DataFrame({"x": [1]}).write_parquet(work.table_path("core.course"))
    stale = {**PLANNED, "results.arr": "a newer version"}
    record = work.record("core.relapse")
    work.write_gate(
        "core.relapse",
        record,
        gate_version=GATES,
        references={},
        has_passed=False,
        report={"text": "relapse after death"},
    )
    record = work.record("core.patient")
    work.write_gate(
        "core.patient",
        record,
        gate_version="gates-0",
        references={},
        has_passed=True,
        report={},
    )
    record = work.record("core.mri_scan")
    work.write_gate(
        "core.mri_scan",
        record,
        gate_version=GATES,
        references={"core.patient": "an older version"},
        has_passed=True,
        report={},
    )
    with pytest.raises(ReleaseRefused) as refusal:
        publish_filled(lake, CUT, revision="2", planned=stale)
    message = str(refusal.value)
    for reason in (
        "core.edss has not been computed",
        "core.course of cut 2017-10-04 is not the table that its record describes",
        "results.arr is not current",
        "relapse after death",
        "core.patient passed an earlier version of its gate",
        "core.mri_scan passed its gate beside other tables",
    ):
        assert reason in message
    assert release_files(lake) == before


def test_a_damaged_release_is_never_shown_again(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    path = release.folder / "results" / "results" / "arr.parquet"
    path.unlink()
    rows_of(RESULTS["result"], 9.9).collect().write_parquet(path)
    with pytest.raises(
        ReleaseRefused, match=r"damaged: results/results/arr\.parquet is missing or changed"
    ):
        publish_filled(lake, CUT)


def test_other_bytes_under_the_same_name_are_refused(lake):
    fill(lake, CUT, value=0.07)
    publish_filled(lake, CUT)
    before = release_files(lake)
    fill(lake, CUT, value=0.08)
    with pytest.raises(ReleaseRefused, match=r"results\.result came out differently"):
        publish_filled(lake, CUT)
    assert release_files(lake) == before


def test_the_history_of_an_older_cut_holds_no_later_one(lake):
    fill(lake, CUT)
    publish_filled(lake, CUT)
    fill(lake, "2016-10-04")
    older = publish_filled(lake, "2016-10-04")
    assert query(older.database, "SELECT count(*) FROM history.result").item() == 0


def test_what_others_leave_in_the_folder_does_no_harm(lake):
    lake.releases.mkdir()
    (lake.releases / ".DS_Store").write_text("")
    fill(lake, CUT)
    assert publish_filled(lake, CUT).database.is_file()
    assert (lake.releases / ".DS_Store").is_file()


def test_a_release_without_a_manifest_is_named(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    (release.folder / "manifest.json").unlink()
    with pytest.raises(ReleaseRefused, match=r"no whole release.*Move it away"):
        publish_filled(lake, CUT)


def test_a_manifest_that_is_none_is_named(lake):
    fill(lake, CUT)
    path = publish_filled(lake, CUT).folder / "manifest.json"
    path.unlink()
    path.write_text("")
    with pytest.raises(ReleaseRefused, match=r"manifest\.json cannot be read"):
        current(lake)


def test_a_build_that_was_killed_is_swept_away(lake):
    leftover = lake.releases / ".2017-10-04-dead"
    (leftover / "patient").mkdir(parents=True)
    fill(lake, CUT)
    publish_filled(lake, CUT)
    assert not leftover.exists()
    assert len(all_releases(lake)) == 1


def test_two_do_not_publish_at_once(lake):
    fill(lake, CUT)
    with lock(lake.published / "lock", "Publishing"), pytest.raises(LakeBusy):
        publish_filled(lake, CUT)


def test_later_work_leaves_a_release_as_it_is(lake):
    fill(lake, CUT)
    release = publish_filled(lake, CUT)
    lake.work(CUT).write_table(
        CORE["patient"],
        pl.LazyFrame(schema=CORE["patient"].schema),
        data_version="x",
        inputs={},
        code_version="x",
    )
    fill(lake, CUT, value=0.5)
    value = pl.read_parquet(release.folder / "results" / "results" / "result.parquet")["value"]
    assert value.to_list() == [0.07]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM read_csv('/etc/passwd')", "file system"),
        ("COPY (SELECT 1) TO 'stolen.csv'", "nothing else"),
        ("ATTACH 'other.duckdb'", "nothing else"),
        ("CREATE TABLE results.mine (a INTEGER)", "nothing else"),
        ("CREATE TEMP TABLE mine (a INTEGER)", "nothing else"),
        ("DELETE FROM results.result", "nothing else"),
        ("SET enable_external_access = true", "nothing else"),
        ("SELECT 1; SELECT 2", "One query"),
        ("SELECT * FROM path", "does not exist"),
        ("SELEKT 1", "syntax error"),
        ("", "nothing else"),
    ],
)
def test_a_query_reads_the_results_and_nothing_else(lake, sql, reason):
    fill(lake, CUT)
    database = publish_filled(lake, CUT).database
    before = database.read_bytes()
    with pytest.raises(QueryRefused, match=reason):
        query(database, sql)
    assert database.read_bytes() == before
