"""The kept histories come back exactly, and their extracts are the same bytes everywhere."""

import hashlib
import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_extract_bytes import contents

from orchestration.cli import main
from simulation import simulate_trial, write_cuts, write_extracts
from simulation.cutoff import known_at
from simulation.histories import (
    CUTOFFS,
    KEPT,
    HistoriesDamaged,
    close_finished_studies,
    read_histories,
    write_histories,
)
from simulation.histories.layout import ORDER, steps_of
from simulation.histories.steps import number_days
from simulation.sdtm import DATASETS

#: In the format of `sha256sum`; written anew, after the histories were replaced, by
#: `topaz simulate --root NEW && (cd NEW/landing && LC_ALL=C sha256sum */*/*) > this file`.
RECORDED = Path(__file__).with_name("kept_extracts.sha256")
TOPAZ = "LPS13649"
EARLIER, LATER = CUTOFFS


def assert_same(one, other):
    """Same studies, datasets, rows, types, and the same order of all of them."""
    assert list(one) == list(other)
    for study, tables in one.items():
        assert list(tables) == list(other[study])
        for name, table in tables.items():
            assert table.schema == other[study][name].schema, (study, name)
            assert table.equals(other[study][name]), (study, name)


def kept_and_read(datasets):
    with TemporaryDirectory() as folder:
        write_histories(datasets, Path(folder))
        return read_histories(Path(folder))


def with_column(datasets, study, name, **columns):
    """The datasets with columns of one table replaced."""
    table = datasets[study][name].with_columns(**columns)
    return {**datasets, study: {**datasets[study], name: table}}


# --- what is kept comes back -------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(
    n_patients=st.integers(1, 12),
    seed=st.integers(0, 10**6),
    leave_out=st.sets(st.sampled_from([*DATASETS[1:], "KFSS"]), max_size=6),
    day=st.dates(date(2007, 6, 1), LATER),
    every=st.integers(1, 4),
)
def test_what_is_kept_comes_back_exactly(n_patients, seed, leave_out, day, every):
    """Any part of a trial: some datasets, up to some day, of some persons."""
    trial = simulate_trial(n_patients, seed, leave_out=leave_out)
    datasets = {}
    for study, tables in trial.datasets.items():
        # `known_at` looks at the parents of supplemental qualifiers.
        has_parents = all(name.removeprefix("SUPP") in tables for name in tables)
        known = known_at(tables, day) if has_parents else tables
        chosen = pl.col("USUBJID").is_in(known["DM"]["USUBJID"].gather_every(every).implode())
        datasets[study] = {name: table.filter(chosen) for name, table in known.items()}
    assert_same(kept_and_read(datasets), datasets)


WHOLE = st.dates(date(1930, 1, 1), date(2059, 12, 31)).map(date.isoformat)
CLOCK = st.times().map(lambda time: f"T{time:%H:%M}")
DATES = st.one_of(
    st.none(), WHOLE, WHOLE.map(lambda text: text[:7]), WHOLE.map(lambda text: text[:4]),
    st.tuples(WHOLE, CLOCK).map("".join),
)  # fmt: skip


@given(
    rows=st.lists(st.tuples(st.sampled_from(["P1", "P2"]), DATES, DATES), max_size=12),
    from_row_before=st.booleans(),
)
def test_any_dates_can_be_numbered(rows, from_row_before):
    schema = {"USUBJID": pl.String, "date": pl.String, "since": pl.String}
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(STUDYID=pl.lit(TOPAZ))
    step = number_days("date", pl.col("since"), from_row_before=from_row_before)
    shrunk = step.shrink(table, {})
    assert shrunk["date"].dtype == pl.Int32
    assert step.restore(shrunk, {}).select(table.columns).equals(table)


@pytest.mark.parametrize(
    "texts",
    [
        ["2010-02-30", "2010-13", "10", ""],
        ["2010-01-01T24:30", "2010-01-01T08:30:15", "2010-01-01T", "UNK"],
        ["2010", "2010-05", None, "2010-05-03T23:59"],
        ["0009-01-01", "2299-12-31", "1969-12-31T00:00", None],
    ],
)
@pytest.mark.parametrize("column", ["AESTDTC", "AEENDTC"])
def test_odd_dates_come_back_as_they_are(texts, column):
    datasets = simulate_trial(6, seed=1).datasets
    n = datasets[TOPAZ]["AE"].height
    odd = pl.Series((texts * n)[:n], dtype=pl.String)
    datasets = with_column(datasets, TOPAZ, "AE", **{column: odd})
    assert_same(kept_and_read(datasets), datasets)


def test_what_does_not_follow_as_usual_comes_back_too():
    """Every column that is left out as a rule is kept where the rule has an exception."""
    usual = simulate_trial(6, seed=1).datasets
    for study, tables in usual.items():
        for name, table in tables.items():
            changes = {
                column: pl.when(pl.int_range(pl.len()) == pl.len() // 2)
                .then(pl.lit("X") if dtype == pl.String else pl.lit(-7.25))
                .otherwise(column)
                for column, dtype in table.schema.items()
                if column not in ("STUDYID", "USUBJID")
            }
            for column, change in changes.items():
                usual = with_column(usual, study, name, **{column: change})
    assert_same(kept_and_read(usual), usual)


def test_rows_in_any_order_come_back_in_that_order():
    datasets = {
        study: {name: table.sample(fraction=1, shuffle=True, seed=3) for name, table in t.items()}
        for study, t in simulate_trial(8, seed=2).datasets.items()
    }
    assert_same(kept_and_read(datasets), datasets)


def test_every_step_pays_on_a_natural_trial(tmp_path):
    write_histories(simulate_trial(60, seed=4).datasets, tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    taken = {name: entry["steps"] for name, entry in index["datasets"].items()}
    assert taken == {name: [step.name for step in steps_of(name)] for name in ORDER}


def test_kept_twice_the_files_are_the_same(tmp_path):
    datasets = simulate_trial(5, seed=1, leave_out=["QS"]).datasets
    write_histories(simulate_trial(9, seed=2).datasets, tmp_path / "one")
    write_histories(datasets, tmp_path / "one")
    write_histories(datasets, tmp_path / "other")
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


# --- what is refused ---------------------------------------------------------------------------


def _without_dm(datasets):
    return {
        study: {name: table for name, table in tables.items() if name != "DM"}
        for study, tables in datasets.items()
    }


def _with_columns_in_another_order(datasets):
    dm = datasets[TOPAZ]["DM"]
    return {**datasets, TOPAZ: {**datasets[TOPAZ], "DM": dm.select(sorted(dm.columns))}}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_dm, "SV is there without DM"),
        (
            lambda datasets: with_column(datasets, TOPAZ, "AE", USUBJID=pl.lit("STRANGER")),
            "AE tells of persons who are not in DM: STRANGER",
        ),
        (
            lambda datasets: with_column(datasets, TOPAZ, "AE", AESEQ=pl.col("AESEQ").cast(int)),
            "AE of LPS13649 has not the variables of the landing contract",
        ),
        (_with_columns_in_another_order, "DM of LPS13649 has not the variables of the landing"),
        (
            lambda datasets: with_column(datasets, TOPAZ, "AE", STUDYID=pl.lit("CAMMS323")),
            "AE of LPS13649 has rows with another STUDYID",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(tmp_path, spoil, message):
    datasets = simulate_trial(5, seed=1).datasets
    with pytest.raises(ValueError, match=message):
        write_histories(spoil(datasets), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def kept(tmp_path):
    shutil.copytree(KEPT, tmp_path / "kept")
    return tmp_path / "kept"


@pytest.mark.parametrize("name", ["dm.parquet", "qs.parquet", "index.json"])
def test_a_missing_file_is_named(kept, name):
    (kept / name).unlink()
    with pytest.raises(HistoriesDamaged, match=f"{name} is missing"):
        read_histories(kept)


def test_a_damaged_file_is_named(kept):
    for name in ("qs.parquet", "ae.parquet"):
        content = bytearray((kept / name).read_bytes())
        content[len(content) // 2] ^= 1
        (kept / name).write_bytes(content)
    with pytest.raises(HistoriesDamaged, match=r"qs\.parquet is not as it was written"):
        read_histories(kept)


@pytest.mark.parametrize("text", ["{", "[]", '{"studies": {}}'])
def test_a_damaged_index_is_named(kept, text):
    (kept / "index.json").write_text(text)
    with pytest.raises(HistoriesDamaged, match=r"index\.json cannot be read"):
        read_histories(kept)


def test_an_index_of_other_code_is_told(kept):
    text = (kept / "index.json").read_text().replace("leave out AETERM", "leave out something")
    (kept / "index.json").write_text(text)
    with pytest.raises(HistoriesDamaged, match=r"AE has no more: \['leave out something'\]"):
        read_histories(kept)


def test_an_index_with_other_numbers_of_rows_is_told(kept):
    index = json.loads((kept / "index.json").read_text())
    index["studies"][TOPAZ]["AE"] += 1
    (kept / "index.json").write_text(json.dumps(index))
    with pytest.raises(HistoriesDamaged, match="tells other numbers of rows of AE"):
        read_histories(kept)


# --- the extracts ------------------------------------------------------------------------------


def test_extracts_are_those_of_the_trial_itself(tmp_path):
    trial = simulate_trial(20, seed=6)
    back = kept_and_read(trial.datasets)
    for name, datasets in (("trial", trial.datasets), ("back", back), ("again", back)):
        list(write_cuts(datasets, tmp_path / name, CUTOFFS, LATER))
    assert contents(tmp_path / "trial") == contents(tmp_path / "back")
    assert contents(tmp_path / "again") == contents(tmp_path / "back")
    for cutoff in CUTOFFS:
        write_extracts(trial, tmp_path / "as drawn", cutoff=cutoff)
    drawn, cuts = contents(tmp_path / "as drawn"), contents(tmp_path / "back")
    assert cuts.items() <= drawn.items()


def test_a_closed_study_is_transferred_once(tmp_path):
    datasets = close_finished_studies(simulate_trial(40, seed=6).datasets)
    cutoffs = [LATER, EARLIER]
    written = [str(p.relative_to(tmp_path)) for p in write_cuts(datasets, tmp_path, cutoffs, LATER)]
    assert written == [
        "CAMMS323/2016-10-20",
        "CAMMS32400507/2016-10-20",
        "CAMMS03409/2016-10-20",
        f"{TOPAZ}/2016-10-20",
        f"{TOPAZ}/2017-10-20",
    ]


def test_a_study_that_went_on_is_transferred_again(tmp_path):
    datasets = simulate_trial(10, seed=6).datasets
    cutoffs = [date(2009, 10, 4), date(2010, 10, 4), date(2010, 10, 5), date(2016, 10, 4)]
    written = list(write_cuts({"CAMMS323": datasets["CAMMS323"]}, tmp_path, cutoffs, LATER))
    assert [path.name for path in written][:2] == ["2009-10-20", "2010-10-20"]
    for path, cutoff in zip(written, cutoffs, strict=False):
        assert json.loads((path / "manifest.json").read_text())["cutoff"] == cutoff.isoformat()


def test_a_cutoff_after_the_last_day_is_refused(tmp_path):
    datasets = simulate_trial(2, seed=1).datasets
    with pytest.raises(ValueError, match="2017-10-05 is after the last simulated day"):
        list(write_cuts(datasets, tmp_path, [EARLIER, LATER + timedelta(1)], LATER))
    assert list(tmp_path.iterdir()) == []


def test_closing_changes_only_what_was_known_later():
    datasets = simulate_trial(150, seed=11).datasets
    closed = close_finished_studies(datasets)
    assert_same({TOPAZ: closed[TOPAZ]}, {TOPAZ: datasets[TOPAZ]})
    for study in set(datasets) - {TOPAZ}:
        for name, table in datasets[study].items():
            assert closed[study][name].height == table.height
        for name, column in (("AE", "AEENDTC"), ("CM", "CMENDTC")):
            before, after = (d[study][name][column] for d in (datasets, closed))
            assert not (after.str.slice(0, 10) > EARLIER.isoformat()).any()
            is_changed = before.ne_missing(after)
            assert (before.filter(is_changed) > EARLIER.isoformat()).all()
    assert_same(close_finished_studies(closed), closed)


# --- those of the repository -------------------------------------------------------------------


def test_the_kept_histories_are_a_whole_trial_and_small():
    datasets = read_histories()
    treated = pl.concat(datasets[study]["DM"] for study in ("CAMMS323", "CAMMS32400507")).filter(
        pl.col("ACTARMCD") == "ALEM12"
    )
    assert treated["USUBJID"].n_unique() == 811
    assert all(set(tables) >= set(DATASETS) - {"MH", "SC"} for tables in datasets.values())
    assert_same(close_finished_studies(datasets), datasets)
    assert sum(path.stat().st_size for path in KEPT.iterdir()) < 700_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What `topaz simulate` writes without further words."""
    root = tmp_path_factory.mktemp("demo")
    assert main(["simulate", "--root", str(root)]) == 0
    return root


def test_the_kept_extracts_are_those_on_record(demo):
    landing = demo / "landing"
    found = {
        path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in landing.rglob("*")
        if path.is_file()
    }
    lines = (line.split(maxsplit=1) for line in RECORDED.read_text().splitlines())
    assert found == {name: digest for digest, name in lines}, (
        f"the extracts of the kept histories are not those on record; if they were replaced on "
        f"purpose, write {RECORDED.name} anew as told beside RECORDED in {Path(__file__).name}"
    )


def test_simulate_writes_no_truth_of_kept_histories(demo):
    assert [path.name for path in demo.iterdir()] == ["landing"]


def test_simulate_leaves_what_is_there(demo, capsys):
    before = sorted((demo / "landing").rglob("*"))
    assert main(["simulate", "--if-empty", "--root", str(demo)]) == 0
    assert "none simulated" in capsys.readouterr().out
    assert main(["simulate", "--root", str(demo)]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert sorted((demo / "landing").rglob("*")) == before


def test_simulate_takes_other_cutoffs_of_the_same_people(tmp_path, capsys):
    assert main(["simulate", "--cutoff", "2012-10-04", "--root", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count("2012-10-20") == 4
    assert "as known on 2012-10-04 …" in out
    assert "These people are simulated." in out
    later = ["--cutoff", "2017-10-05", "--root", str(tmp_path / "other")]
    assert main(["simulate", *later]) == 2
    assert "the kept histories end on 2017-10-04" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--seed", "20171004"], ["--format", "parquet"], ["--cutoff", "2017-10-04"]],
)
def test_simulate_draws_new_people_when_asked(tmp_path, capsys, arguments):
    assert main(["simulate", "--patients", "3", *arguments, "--root", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Simulating 3 treated patients (seed 20171004)" in out
    assert out.count("2017-10-20") == 4
    assert (tmp_path / "truth").is_dir()


def test_damaged_histories_are_told_without_a_traceback(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(read_histories, "__defaults__", (tmp_path / "nowhere",))
    assert main(["simulate", "--root", str(tmp_path / "lake")]) == 2
    assert "index.json is missing" in capsys.readouterr().err
