"""One refresh from the terminal, as a user runs it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.published import published_state, work_bytes

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
    assert "33 of 33 passed" in done.stdout


def test_results_are_queried_with_sql(published_lake):
    done = topaz(
        "sql", "--csv", "SELECT count(*) AS n FROM results.disposition", lake=published_lake
    )
    assert done.returncode == 0
    assert done.stdout.startswith("n\n")
    refused = topaz("sql", "SELECT * FROM read_csv('/etc/passwd')", lake=published_lake)
    assert refused.returncode == 7
    assert "Traceback" not in refused.stderr


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
    assert "LPS13649" in refresh.stderr
    assert "Traceback" not in refresh.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["refresh", "--cut", "yesterday"], 2, "YYYY-MM-DD"),
        (["simulate"], 2, "never overwritten"),
        (["simulate", "--patients", "0"], 2, "not a number of patients"),
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


@pytest.mark.parametrize("stage", ["[2/6]", "[5/6]", "[6/6]"])
def test_a_killed_refresh_harms_nothing_and_can_be_run_again(lake, published_lake, stage):
    before = published_state(lake)
    shutil.rmtree(lake.root / "work")
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
    assert published_state(lake) == before
    assert topaz("sql", "SELECT 1", lake=lake).returncode == 0
    again = topaz("refresh", "--force", lake=lake)
    assert again.returncode == 0, again.stderr
    assert work_bytes(lake, CUT) == work_bytes(published_lake, CUT)
    assert published_state(lake) == before


def test_no_patient_is_on_the_results_side(published_lake):
    release = current(published_lake)
    people = set(
        __import__("polars")
        .read_parquet(release.folder / "patient" / "core" / "patient.parquet")["person_id"]
        .to_list()
    )
    assert len(people) > 150
    seen = [path.read_bytes() for path in _files(release.folder) if "patient" not in path.parts]
    assert not [
        person for person in sorted(people)[:200] if any(person.encode() in s for s in seen)
    ]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
