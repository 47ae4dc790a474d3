"""A year of the lake's life in minutes: the daemon, its landing sensor, and whatever senders do.

`deliveries.Year` lays transfers into landing, a reader asks for the published results all the
time, and nobody else does anything. The tests read what the year left behind.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from bi_reader import ask
from deliveries import CORRECTED_STUDY, CUTOFFS, TOPAZ, Year
from support.daemon import Daemon, running

from orchestration.cli import main
from orchestration.jobs import REFRESH
from orchestration.partitions import PARTITION_TAG
from warehouse.database import query
from warehouse.lake import Lake
from warehouse.ledger import Entry, Ledger
from warehouse.release import Release, all_releases, current

# One worker plays the year for all tests.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("year")]

DEFINITIONS = "acceptance.year_definitions"
NOV, DEC, JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT = CUTOFFS
LATE_CORRECTION = date(2017, 3, 24)

#: A horizon of eight years, so that each month adds to the results; the senders' time to copy.
SETTINGS = """\
[transfers]
settling_minutes = 0.2

[horizon_years]
""" + "\n".join(f'"{cutoff}" = 8' for cutoff in CUTOFFS)

#: The ledger at the end of the year: folder, state, rules that were broken.
LEDGER = {
    "CAMMS323/2016-10-18": ("accepted", set()),
    "CAMMS32400507/2016-10-18": ("superseded", set()),
    "CAMMS32400507/2017-03-24": ("accepted", set()),
    "CAMMS03409/2016-10-18": ("accepted", set()),
    "LPS13649/2016-11-18": ("superseded", set()),
    "LPS13649/2016-12-18": ("superseded", set()),
    "LPS13649/2017-01-18": ("superseded", set()),
    "LPS13649/2017-02-18": ("superseded", set()),
    "LPS13649/2017-03-18": ("refused", {"file-format"}),
    "LPS13649/2017-03-19": ("superseded", set()),
    "LPS13649/2017-04-18": ("superseded", set()),
    "LPS13649/2017-04-25": ("superseded", set()),
    "LPS13649/2017-05-18": ("superseded", set()),
    "LPS13649/2017-06-18": ("refused", {"study-id"}),
    "LPS13649/2017-06-19": ("refused", {"manifest-study"}),
    "LPS13649/2017-06-20": ("superseded", set()),
    "LPS13649/2017-07-18": ("superseded", set()),
    "LPS13649/2017-08-18": ("superseded", set()),
    "LPS13649/2017-09-18": ("refused", {"gate of quarantine.cm"}),
    "LPS13649/2017-09-19": ("superseded", set()),
    "LPS13649/2017-10-18": ("accepted", set()),
}

#: The releases in the order of publishing: cut-off, transfer of TOPAZ, transfer of CARE-MS II.
_BEFORE, _AFTER = "2016-10-18", LATE_CORRECTION.isoformat()
RELEASES = [
    (NOV, "2016-11-18", _BEFORE),
    (DEC, "2016-12-18", _BEFORE),
    (JAN, "2017-01-18", _BEFORE),
    (FEB, "2017-02-18", _BEFORE),
    (MAR, "2017-03-19", _BEFORE),
    (MAR, "2017-03-19", _AFTER),
    (APR, "2017-04-18", _AFTER),
    (MAY, "2017-05-18", _AFTER),
    (JUN, "2017-06-20", _AFTER),
    (JUL, "2017-07-18", _AFTER),
    (AUG, "2017-08-18", _AFTER),
    (SEP, "2017-09-19", _AFTER),
    (OCT, "2017-10-18", _AFTER),
]


@dataclass
class Played:
    """A year that is over.

    Attributes:
        lake: as the year left it.
        year: the senders.
        seen: what the ledger said of a transfer while it was not yet mended.
        runs: all runs, oldest first.
        answers: what the reader was told, in order.
    """

    lake: Lake
    year: Year
    seen: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    runs: list[dg.DagsterRun] = field(default_factory=list)
    answers: list[dict] = field(default_factory=list)

    def releases(self) -> list[Release]:
        """In the order in which they were published."""
        return sorted(all_releases(self.lake), key=lambda one: one.manifest["created_at"])

    def release(self, cutoff: date, n: int = -1) -> Release:
        """The last release of a cut, or the n-th."""
        return [one for one in self.releases() if one.data_cut == cutoff.isoformat()][n]


class Stage:
    """Waits for what the system makes of a delivery; nothing else moves the year on."""

    def __init__(self, played: Played, daemon: Daemon) -> None:
        self.played = played
        self.daemon = daemon

    def until_published(self, cutoff: date, n: int) -> None:
        """Until the n-th release of all is the one that readers see, and no run is at work."""

        def find() -> bool:
            shown = current(self.played.lake)
            return (
                shown is not None
                and shown.data_cut == cutoff.isoformat()
                and len(all_releases(self.played.lake)) == n
                and all(run.is_finished for run in self.daemon.runs())
            )

        self.daemon.wait_for(find, f"release {n}, of the cut {cutoff}", 600)

    def until(self, folder: str, state: str) -> None:
        """Until the ledger has a transfer in a state; what it says of it is kept."""

        def find() -> bool:
            entry = entries(self.played.lake).get(folder)
            return entry is not None and entry.state == state

        self.daemon.wait_for(find, f"{folder} to be {state}", 300)
        entry = entries(self.played.lake)[folder]
        self.played.seen[f"{folder} {state}"] = (entry.state, rules_of(entry))


def entries(lake: Lake) -> dict[str, Entry]:
    return {entry.folder: entry for entry in Ledger(lake.root).entries()}


def rules_of(entry: Entry) -> set[str]:
    return {reason.rule for reason in entry.reasons}


def play(stage: Stage, year: Year) -> None:
    """The year. Senders do not wait for the system: most arrives while a run is at work."""
    year.closed_studies()
    stage.until("CAMMS03409/2016-10-18", "new")
    year.month(NOV)
    stage.until_published(NOV, 1)

    year.month(DEC)
    complete = year.half_copied(JAN)
    stage.until("LPS13649/2017-01-18", "incomplete")
    stage.until("LPS13649/2017-01-18", "refused")
    complete()
    stage.until("LPS13649/2017-01-18", "new")
    year.month(FEB)
    year.truncated(MAR)
    stage.until("LPS13649/2017-03-18", "refused")
    year.month(MAR, days_late=1)
    stage.until_published(MAR, 5)

    year.corrected_closed_study(LATE_CORRECTION)
    stage.until_published(MAR, 6)

    year.month(APR)
    stage.until("LPS13649/2017-04-18", "accepted")
    year.duplicate(APR, days_late=7)
    stage.until("LPS13649/2017-04-25", "superseded")
    mend = year.dropped_patient(MAY)
    stage.until("LPS13649/2017-05-18", "refused")
    mend()
    stage.until("LPS13649/2017-05-18", "new")
    year.wrong_study(JUN)
    year.manifest_of_another_study(JUN, days_late=1)
    stage.until("LPS13649/2017-06-18", "refused")
    stage.until("LPS13649/2017-06-19", "refused")
    year.month(JUN, days_late=2)
    year.other_formats(JUL)
    year.few_bad_rows(AUG)
    stage.until_published(AUG, 11)

    year.many_bad_rows(SEP)
    stage.until("LPS13649/2017-09-18", "refused")
    year.month(SEP, days_late=1)
    year.month(OCT)
    stage.until_published(OCT, 13)


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Iterator[Played]:
    """The year, played once."""
    lake = Lake(tmp_path_factory.mktemp("year"))
    (lake.root / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    result = Played(lake, Year(lake.landing))
    answers = lake.root / "answers.jsonl"
    reader = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bi_reader.py")),
         str(lake.published / "current"), str(answers)],
    )  # fmt: skip
    try:
        with running(lake, DEFINITIONS) as daemon:
            play(Stage(result, daemon), result.year)
            # Two more looks at landing: nothing that was refused or repeated is tried again.
            last = daemon.last_tick("landing_sensor")
            daemon.wait_for(lambda: daemon.last_tick("landing_sensor") >= last + 2, "two looks")
            result.runs = daemon.runs(REFRESH)
        assert reader.poll() is None
    finally:
        reader.terminate()
        reader.wait(10)
    lines = answers.read_text(encoding="utf-8").splitlines()
    # The last line may be half written: the reader was ended in the middle of it.
    result.answers = [json.loads(line) for line in lines[:-1]]
    return result


def test_the_ledger_is_right(played):
    found = {
        folder: (entry.state, rules_of(entry)) for folder, entry in entries(played.lake).items()
    }
    told = {
        folder: (state, rules if state == "refused" else set())
        for folder, (state, rules) in found.items()
    }
    assert told == LEDGER


def test_the_reasons_say_what_was_found_and_what_to_do(played):
    told = {
        folder: "\n".join(map(str, (*entry.reasons, *entry.notes)))
        for folder, entry in entries(played.lake).items()
    }
    for folder, words in {
        "CAMMS32400507/2016-10-18": "CAMMS32400507/2017-03-24 (cut-off 2016-10-04) took its place",
        "LPS13649/2017-03-18": "qs.xpt [file-format]: ends in the middle of a row",
        "LPS13649/2017-04-25": "repeats LPS13649/2017-04-18, file by file",
        "LPS13649/2017-06-18": "has 48 of 48 rows of STUDYID 'CAMMS323' in the folder of LPS13649",
        "LPS13649/2017-06-19": "states study 'CAMMS323' in the folder of 'LPS13649'",
        "LPS13649/2017-07-18": "ae.csv is no UTF-8, and is read as windows-1252",
        "LPS13649/2017-09-18": "share_put_aside",
    }.items():
        assert words in told[folder]


def test_what_was_mended_in_its_place_had_been_refused_for_its_fault(played):
    assert played.seen["LPS13649/2017-01-18 refused"][1] == {
        "bytes",
        "file-format",
        "file-missing",
    }
    assert played.seen["LPS13649/2017-05-18 refused"][1] == {"patient-dropped"}


def test_each_accepted_cut_has_its_release_and_no_other_was_made(played):
    def day(release: Release, study: str) -> str:
        (date_of,) = {row["transfer_date"] for row in release.manifest["inputs"]
                      if row["study_id"] == study}  # fmt: skip
        return date_of

    found = [
        (date.fromisoformat(one.data_cut), day(one, TOPAZ), day(one, CORRECTED_STUDY))
        for one in played.releases()
    ]
    assert found == RELEASES


def test_nothing_was_run_that_had_nothing_to_do(played):
    """One run for each release, and one that the gate of quarantine stopped."""
    runs = Counter((run.tags[PARTITION_TAG], run.status.value) for run in played.runs)
    expected = Counter((cutoff.isoformat(), "SUCCESS") for cutoff, *_ in RELEASES)
    expected[(SEP.isoformat(), "FAILURE")] = 1
    assert runs == expected


def test_readers_saw_one_whole_release_at_a_time_and_never_an_older_one(played):
    assert len(played.answers) > 300
    assert [answer for answer in played.answers if "error" in answer] == []
    known = {one.release_id: ask(one.folder / "results") for one in played.releases()}
    assert len({answer["digest"] for answer in known.values()}) == len(known)
    order = list(known)
    seen = []
    for answer in played.answers:
        (release_id,) = answer["releases"]
        assert {key: answer[key] for key in known[release_id]} == known[release_id]
        assert answer["is_same_in_parquet"]
        seen.append(order.index(release_id))
    assert seen == sorted(seen)
    assert set(seen) == set(range(len(order)))


def rows_changed(release: Release) -> pl.DataFrame:
    """Delivered rows that differ from the release before: table, study, change, cause, number."""
    return query(
        release.database,
        "SELECT table_name, study_id, change, cause, n_rows FROM audit.cut_diff_rows "
        "WHERE table_name LIKE 'raw.%' ORDER BY ALL",
    )


def n_rows(rows: pl.DataFrame, **where: str) -> int:
    return rows.filter(**where)["n_rows"].sum()


def test_a_month_of_growth_is_told_as_new_data_alone(played):
    for cutoff in (DEC, JAN, APR, MAY, JUN, JUL, OCT):
        changed = rows_changed(played.release(cutoff))
        assert set(changed["cause"]) == {"new data"}, cutoff
        assert set(changed["study_id"]) == {TOPAZ}, cutoff
        assert n_rows(changed, table_name="raw.qs", change="added") > 50, cutoff


def test_corrections_and_late_data_are_told_from_new_data(played):
    changed = rows_changed(played.release(FEB))
    told = {
        (row["table_name"], row["change"], row["cause"]): row["n_rows"]
        for row in changed.filter(pl.col("cause") != "new data").iter_rows(named=True)
    }
    assert told == {
        ("raw.qs", "corrected", "correction"): 1,
        ("raw.ce", "corrected", "correction"): 1,
        ("raw.ae", "added", "late data"): 1,
    }
    assert n_rows(changed, cause="new data") > 50


def test_the_late_correction_of_a_closed_study_made_a_new_release_of_the_same_cut(played):
    before, after = played.release(MAR, 0), played.release(MAR, 1)
    assert before.data_cut == after.data_cut
    assert rows_changed(after).rows() == [("raw.qs", CORRECTED_STUDY, "corrected", "correction", 1)]
    results = query(after.database, "SELECT * FROM audit.cut_diff_results")
    assert results.height > 0
    assert set(results["base_release_id"]) == {before.release_id}
    assert set(results["cause"]) == {"correction"}
    assert set(results["change"]) == {"changed"}


def test_bad_rows_are_put_aside_and_come_back_as_late_data(played):
    person, _ = played.year.mistakes.edss
    release = played.release(AUG)
    aside = pl.concat(
        pl.read_parquet(release.table_path(f"quarantine.{name}")).select(
            pl.lit(name).alias("dataset"), "expectation", "source_file"
        )
        for name in ("qs", "ce", "suppce", "ae")
    )
    assert sorted(aside.select("dataset", "expectation").rows()) == [
        ("ae", "iso_8601_dates"),
        ("ae", "patient_in_dm"),
        ("ce", "relapse_has_year"),
        ("qs", "edss_scores"),
        ("suppce", "qualifies_a_record"),
    ]
    assert aside["source_file"].str.starts_with("LPS13649/2017-08-18/").all()
    back = rows_changed(played.release(SEP)).filter(cause="late data", change="added")
    assert n_rows(back, table_name="raw.qs") == 1
    assert n_rows(back, table_name="raw.ae") == 2
    assert person


def test_the_newest_release_has_the_results_of_all(played):
    history = query(
        current(played.lake).database,
        "SELECT release_id, count(*) AS n FROM history.result GROUP BY ALL",
    )
    found = dict(history.iter_rows())
    *earlier, _ = played.releases()
    for release in earlier:
        rows = query(release.database, "SELECT count(*) FROM results.result").item()
        assert found[release.release_id] == rows


def test_a_lake_that_saw_only_good_transfers_has_the_same_results(played, tmp_path):
    """Nothing of what went wrong in the year has left a trace in the numbers."""
    clean = Lake(tmp_path / "clean")
    newest = played.release(OCT)
    for folder in {Path(row["file"]).parent for row in newest.manifest["inputs"]}:
        shutil.copytree(played.lake.landing / folder, clean.landing / folder)
    shutil.copyfile(played.lake.root / "settings.toml", clean.root / "settings.toml")
    assert main(["refresh", "--root", str(clean.root)]) == 0
    made = current(clean)
    assert made.release_id == newest.release_id
    assert ask(made.folder / "results") == ask(newest.folder / "results")


def test_diff_and_rollback_answer(played, capsys):
    root = ["--root", str(played.lake.root)]
    assert main(["diff", JAN.isoformat(), FEB.isoformat(), *root]) == 0
    told = capsys.readouterr().out
    assert "correction" in told
    assert "late data" in told
    earlier = played.release(MAR, 0)
    shown = current(played.lake)
    assert main(["rollback", earlier.release_id, *root]) == 0
    assert current(played.lake).release_id == earlier.release_id
    assert main(["rollback", "--unpin", *root]) == 0
    assert current(played.lake).release_id == shown.release_id


def test_status_and_transfers_tell_what_was_refused(played, capsys):
    root = ["--root", str(played.lake.root)]
    assert main(["transfers", *root]) == 0
    told = capsys.readouterr().out
    for folder, (state, rules) in LEDGER.items():
        assert folder.partition("/")[2] in told
        assert state in told
        for rule in rules:
            assert rule in told
