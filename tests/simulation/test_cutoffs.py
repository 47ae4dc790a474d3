"""An extract of an earlier cut-off: nothing dated later, nothing lost that was known."""

from datetime import date

import polars as pl
import pyreadstat
import pytest
from simulated_tables import DATED, all_studies

from simulation import SimulatedTrial, simulate_trial, write_extracts
from simulation.cutoff import known_at

CUTOFF = date(2013, 6, 30)
LIMIT = CUTOFF.isoformat()


@pytest.fixture(scope="module")
def early(trial: SimulatedTrial) -> SimulatedTrial:
    datasets = {study: known_at(tables, CUTOFF) for study, tables in trial.datasets.items()}
    return SimulatedTrial(datasets, trial.truth, trial.parameters, trial.seed)


def test_nothing_is_dated_after_the_cutoff(early):
    for dataset, columns in DATED.items():
        table = all_studies(early, dataset)
        assert not table.is_empty()
        for column in columns:
            assert (table[column].str.slice(0, 10).drop_nulls() <= LIMIT).all(), column


def test_records_known_then_are_all_there(trial, early):
    for dataset, columns in DATED.items():
        start = columns[0]
        whole = all_studies(trial, dataset)
        then = whole.filter(~(pl.col(start).str.slice(0, 10) > LIMIT).fill_null(False))
        now = all_studies(early, dataset)
        assert 0 < now.height < whole.height or dataset == "DM"
        keys = [c for c in ("STUDYID", "USUBJID", f"{dataset}SEQ", start) if c in whole.columns]
        assert now.select(keys).equals(then.select(keys))


def test_qualifiers_of_later_records_are_gone(early):
    for tables in early.datasets.values():
        for parent in ("EX", "CE"):
            keys = tables[parent].select(
                "USUBJID", IDVARVAL=pl.col(f"{parent}SEQ").cast(pl.Int64).cast(pl.String)
            )
            supplement = tables[f"SUPP{parent}"]
            assert supplement.join(keys, on=keys.columns, how="anti").is_empty()


def test_later_ends_are_open():
    ae = pl.DataFrame(
        {
            "AESTDTC": ["2013-06-01", "2013-06-01", "2013-07-01", "2013-06", None],
            "AEENDTC": ["2013-06-02", "2013-08-02", None, "2013-07", None],
            "AEOUT": ["RECOVERED/RESOLVED", "FATAL", "X", "RECOVERED/RESOLVED", "X"],
            "AESDTH": ["N", "Y", "N", "N", "N"],
        }
    )
    cm = pl.DataFrame(
        {
            "CMSTDTC": ["2012", "2013-01-01", "2013-09"],
            "CMENDTC": ["2012-09", "2013-08-01", None],
            "CMENRTPT": [None, None, "ONGOING"],
            "CMENTPT": [None, None, "2017-10-04"],
        }
    )
    ex = pl.DataFrame({"EXSTDTC": ["2013-01-01"], "EXENDTC": ["2014-01-01"]})
    known = known_at({"AE": ae, "CM": cm, "EX": ex}, CUTOFF)
    assert known["AE"]["AEENDTC"].to_list() == ["2013-06-02", None, None, None]
    assert known["AE"]["AEOUT"].to_list()[1] == "NOT RECOVERED/NOT RESOLVED"
    assert known["AE"]["AESDTH"].to_list() == ["N", "N", "N", "N"]
    assert known["CM"].rows() == [
        ("2012", "2012-09", None, None),
        ("2013-01-01", None, "ONGOING", LIMIT),
    ]
    assert known["EX"].rows() == [("2013-01-01", LIMIT)]


def test_a_later_death_is_not_known(trial, early):
    deaths = all_studies(trial, "DM").filter(pl.col("DTHDTC") > LIMIT)
    assert deaths.height > 0
    then = all_studies(early, "DM").join(deaths, on=["STUDYID", "USUBJID"], how="semi")
    assert then["DTHFL"].null_count() == then["DTHDTC"].null_count() == then.height


def test_written_transfer_of_an_earlier_cut(trial, early, tmp_path):
    folders = write_extracts(trial, tmp_path, cutoff=CUTOFF)
    assert {folder.name for folder in folders} == {"2013-07-16"}
    frame, _ = pyreadstat.read_xport(folders[2] / "ds.xpt", output_format="polars")
    assert frame["DSSTDTC"].to_list() == early.datasets["CAMMS03409"]["DS"]["DSSTDTC"].to_list()


def test_a_cutoff_that_was_not_simulated_is_refused(tmp_path):
    trial = simulate_trial(2, seed=1)
    with pytest.raises(ValueError, match="2018-10-04 is after the last simulated day 2017-10-04"):
        write_extracts(trial, tmp_path, cutoff=date(2018, 10, 4))
    with pytest.raises(ValueError, match="transfer date 2017-01-01 is before"):
        write_extracts(trial, tmp_path, transfer_date=date(2017, 1, 1))
    assert list(tmp_path.iterdir()) == []
