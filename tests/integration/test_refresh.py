"""One refresh from the terminal, as a user runs it."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from support.published import published_state, work_bytes

from orchestration import fingerprint
from orchestration.cli import main
from orchestration.definitions import defs
from orchestration.instance import open_instance
from orchestration.jobs import REFRESH
from orchestration.refresh import problems_of
from orchestration.tables import INPUTS, DerivedTable
from warehouse.contracts.manifest import MANIFEST_FIELDS
from warehouse.database import connect, query
from warehouse.files import file_sha256
from warehouse.lake import Lake
from warehouse.release import current

CUT = "2017-10-04"


def topaz(*arguments: str, lake: Lake) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments, "--root", str(lake.root)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_status_tells_what_is_published_from_what_past_which_gates(published_lake):
    done = topaz("status", lake=published_lake)
    assert done.returncode == 0
    assert current(published_lake).release_id in done.stdout
    assert "LPS13649       of 2017-10-20, cut-off 2017-10-04: 12 files" in done.stdout
    assert f"{len(INPUTS)} of {len(INPUTS)} passed" in done.stdout


def test_the_manifest_says_all_that_it_should(published_lake):
    manifest = current(published_lake).manifest
    assert set(manifest) == set(MANIFEST_FIELDS)
    assert set(manifest["tables"]) == set(manifest["gates"]) == set(INPUTS)
    assert set(manifest["seconds"]) >= {"landing__transfer", "core__patient"}
    assert {row["sha256"] for row in manifest["inputs"]} == {
        file_sha256(published_lake.landing / row["file"]) for row in manifest["inputs"]
    }


def test_every_table_links_the_page_of_the_gates(published_lake):
    with open_instance(published_lake) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["core", "course"]))
    page = event.asset_materialization.metadata["gates"].path
    assert current(published_lake).release_id in Path(page).read_text(encoding="utf-8")


def test_results_are_queried_with_sql(published_lake):
    done = topaz(
        "sql", "--csv", "SELECT count(*) AS n FROM results.disposition", lake=published_lake
    )
    assert done.returncode == 0
    assert done.stdout.startswith("n\n")
    refused = topaz("sql", "SELECT * FROM read_csv('/etc/passwd')", lake=published_lake)
    assert refused.returncode == 7
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "column", ["analysis_id", "population", "group_id", "anchor", "comparator", "statistic"]
)
def test_every_code_of_the_results_is_explained(published_lake, column):
    page = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
    found = query(current(published_lake).database, f"SELECT DISTINCT {column} FROM results.result")
    codes = set(found[column]) - {""}
    assert codes
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def test_the_page_s_queries_run(published_lake):
    page = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    queries = [sql for sql in block.split(";") if sql.strip()]
    assert len(queries) == 3
    rates, missing, _ = (query(current(published_lake).database, sql) for sql in queries)
    assert rates.height == 6
    assert missing.height > 0


def test_a_second_refresh_finds_nothing_new(published_lake):
    done = topaz("refresh", lake=published_lake)
    assert done.returncode == 0
    assert "Nothing new" in done.stdout
    assert "Annualised relapse rate" in done.stdout


def test_a_lake_without_anything_says_what_to_do(tmp_path):
    empty = Lake(tmp_path)
    status = topaz("status", lake=empty)
    assert (status.returncode, "topaz refresh" in status.stderr) == (6, True)
    refresh = topaz("refresh", lake=empty)
    assert refresh.returncode == 3
    assert "Put transfers into <study>/<transfer date YYYY-MM-DD>/" in refresh.stderr
    assert "Traceback" not in refresh.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["refresh", "--cut", "yesterday"], 2, "YYYY-MM-DD"),
        (["simulate"], 2, "never overwritten"),
        (["simulate", "--patients", "0"], 2, "no whole number from 1 on"),
        (["simulate", "--patients", "many"], 2, "no whole number from 1 on"),
        (["simulate", "--seed", "-1"], 2, "no whole number from 0 on"),
        (["refresh", "--cut", "2012-10-04"], 3, "no transfer of study"),
    ],
)
def test_mistakes_are_told_without_a_traceback(published_lake, arguments, code, message):
    before = published_state(published_lake)
    done = topaz(*arguments, lake=published_lake)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert published_state(published_lake) == before


def test_the_same_extracts_give_the_same_bytes(lake, published_lake):
    for name in ("work", "releases", "published", "dagster"):
        shutil.rmtree(lake.root / name)
    assert topaz("refresh", lake=lake).returncode == 0
    assert work_bytes(lake, CUT) == work_bytes(published_lake, CUT)
    assert current(lake).release_id == current(published_lake).release_id


def kill_at(stage: str, lake: Lake) -> None:
    """Begin a refresh and kill it when it tells that stage."""
    killed = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "refresh", "--force", "--root", str(lake.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    text = ""
    while stage not in text:
        character = killed.stdout.read(1)
        assert character, f"the refresh ended before {stage}: {text}"
        text += character
    os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL


def test_a_killed_refresh_harms_nothing_and_can_be_run_again(lake, published_lake):
    before = published_state(lake)
    shutil.rmtree(lake.root / "work")
    for stage in ("[2/6]", "[6/6]"):
        kill_at(stage, lake)
        assert published_state(lake) == before
        assert topaz("sql", "SELECT 1", lake=lake).returncode == 0
    again = topaz("refresh", "--force", lake=lake)
    assert again.returncode == 0, again.stderr
    assert work_bytes(lake, CUT) == work_bytes(published_lake, CUT)
    assert published_state(lake) == before


def readable_texts(folder: Path) -> set[str]:
    """Every text that a reader of a release's results side can get at, tables and comments."""
    texts = {(folder / "manifest.json").read_text(encoding="utf-8")}
    frames = [pl.read_parquet(path) for path in (folder / "results").rglob("*.parquet")]
    with connect(folder / "results" / "topaz.duckdb") as connection:
        tables = "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()"
        for name, comment in connection.execute(tables).fetchall():
            texts.add(str(comment))
            frames.append(connection.sql(f"SELECT * FROM {name}").pl())
        comments = connection.execute("SELECT comment FROM duckdb_columns()").fetchall()
    texts |= {str(comment) for (comment,) in comments}
    for frame in frames:
        for column in frame.select(pl.col(pl.String)):
            texts |= set(column.drop_nulls().unique())
    return texts


def test_no_patient_is_on_the_results_side(published_lake):
    folder = current(published_lake).folder
    patients = pl.read_parquet(folder / "patient" / "core" / "patient.parquet")
    people = set(patients["person_id"])
    assert len(people) > 150
    everything = "\n".join(readable_texts(folder))
    assert "negative binomial" in everything  # it does read them
    assert [person for person in people if person in everything] == []


def test_patients_are_for_the_owner_s_eyes(published_lake):
    for folder in ("work", "dagster"):
        assert stat.S_IMODE((published_lake.root / folder).stat().st_mode) == 0o700


def test_an_interrupted_refresh_says_so_in_a_line(lake):
    running = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "refresh", "--force", "--root", str(lake.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    text = ""
    while "[3/6]" not in text:
        text += running.stdout.read(1)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "interrupted" in told
    assert "Traceback" not in told


def test_a_defect_is_no_gate(lake, monkeypatch, capsys):
    def broken(*args, **kwargs):
        message = "a mistake of ours"
        raise RuntimeError(message)

    monkeypatch.setattr(DerivedTable, "load", lambda table: broken)
    assert main(["refresh", "--force", "--root", str(lake.root)]) == 1
    assert "a mistake of ours" in capsys.readouterr().err


def test_code_that_changes_during_a_run_is_not_published(lake, monkeypatch):
    before = published_state(lake)
    computed = fingerprint.code_version
    monkeypatch.setattr(fingerprint, "read_code_again", lambda: changes.append("transforms.edss"))
    changes: list[str] = []
    monkeypatch.setattr(
        fingerprint,
        "code_version",
        lambda module: computed(module) + ("new" if module in changes else ""),
    )
    assert main(["refresh", "--force", "--root", str(lake.root)]) == 4
    assert published_state(lake) == before


def test_raw_tables_of_other_rules_are_not_published(lake):
    """Found in review: by the codes a row is kept or put aside, and a gate passed."""
    settings = lake.root / "settings.toml"
    settings.write_text('[codes]\nbpf_test = "SOMETHING ELSE"\n')
    assert main(["refresh", "--root", str(lake.root)]) == 0
    before = published_state(lake)
    settings.unlink()
    with open_instance(lake) as instance:
        keys = defs.get_repository_def().asset_graph.get_all_asset_keys()
        derived = [key for key in keys if key.path[0] not in ("landing", "raw", "quarantine")]
        result = defs.resolve_job_def(REFRESH).execute_in_process(
            instance=instance, partition_key=CUT, asset_selection=derived, raise_on_error=False
        )
    assert "raw.nv is not current" in str(problems_of(result.all_events))
    assert published_state(lake) == before


def test_a_damaged_database_is_told(lake):
    database = current(lake).database
    whole = database.read_bytes()
    database.unlink()
    database.write_bytes(whole[:5000])
    asked = topaz("sql", "SELECT 1", lake=lake)
    assert (asked.returncode, "Traceback" in asked.stderr) == (7, False)
    refresh = topaz("refresh", lake=lake)
    assert refresh.returncode == 4
    assert "topaz.duckdb is missing or changed" in refresh.stderr


@pytest.mark.parametrize("cut", ["20171004", "2017-W40-3", "2071-10-04"])
def test_no_other_spelling_and_no_future_cut_takes_the_pointer(published_lake, cut):
    before = published_state(published_lake)
    done = topaz("refresh", "--cut", cut, lake=published_lake)
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert published_state(published_lake) == before


@pytest.mark.parametrize("root", ["published", "nothing"])
def test_a_reader_who_has_left_is_no_mistake(published_lake, tmp_path, root):
    folder = published_lake.root if root == "published" else tmp_path
    command = [sys.executable, "-m", "orchestration.cli", "status", "--root", str(folder)]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, stdout=writing, stderr=writing, check=False)
    finally:
        os.close(writing)
    assert done.returncode == 0


def test_a_wrong_root_is_named(tmp_path):
    done = topaz("refresh", lake=Lake(tmp_path / "typo"))
    assert "typo/landing" in done.stderr
    (tmp_path / "file").write_text("")
    done = topaz("simulate", lake=Lake(tmp_path / "file"))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


@pytest.mark.parametrize(
    "sql", ["SELECT INTERVAL 1 DAY AS a", "SELECT DATE 'infinity' AS a", "SELECT [1, 2] AS a"]
)
def test_odd_values_do_not_break_the_terminal(published_lake, sql):
    done = topaz("sql", "--csv", sql, lake=published_lake)
    assert done.returncode in (0, 7)
    assert "Traceback" not in done.stderr
