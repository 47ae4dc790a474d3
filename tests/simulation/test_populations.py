"""Large populations: batches are independent, streamed, and add up."""

import json
from datetime import date

import polars as pl
import pytest

from simulation import simulate_trial, write_population
from simulation.codes import STUDIES


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    root = tmp_path_factory.mktemp("population")
    folders = write_population(100, 7, root / "landing", batch_size=40, truth_folder=root / "truth")
    return root, folders


def read(folders, study, dataset):
    return pl.read_parquet(folders[STUDIES.index(study)] / f"{dataset.lower()}.parquet")


def test_batches_add_up_to_the_number_asked_for(population):
    root, folders = population
    dm = pl.concat([read(folders, study, "DM") for study in STUDIES[:2]])
    assert dm["USUBJID"].is_unique().all()
    assert dm["SUBJID"].is_unique().all()
    assert dm.filter(pl.col("ACTARMCD") == "ALEM12").height == 100
    patient = pl.read_parquet(root / "truth" / "patient.parquet")
    assert set(patient["usubjid"]) == set(dm["USUBJID"])


def test_manifest_names_one_file_per_dataset(population):
    _, folders = population
    for folder in folders:
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["study"] == folder.parent.name
        for entry in manifest["datasets"]:
            path = folder / entry["file"]
            assert entry["bytes"] == path.stat().st_size
            assert entry["records"] == pl.scan_parquet(path).select(pl.len()).collect().item()
        assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_a_batch_is_a_trial_of_its_own(population):
    _, folders = population
    first = simulate_trial(40, 7, leave_out=["KFSS"])
    for study in STUDIES:
        for dataset in ("DM", "QS", "AE"):
            table = first.datasets[study][dataset]
            assert read(folders, study, dataset).head(table.height).equals(table)


def test_batches_differ_from_each_other():
    one, other = (
        simulate_trial(40, 7, batch=batch, leave_out=["QS", "NV", "AE", "CM"]) for batch in (0, 1)
    )
    assert not one.truth["patient"]["frailty"].equals(other.truth["patient"]["frailty"])


def test_population_of_an_earlier_cut_ends_there(tmp_path):
    folders = write_population(20, 1, tmp_path, cutoff=date(2012, 1, 1), batch_size=15)
    assert {folder.name for folder in folders} == {"2012-01-17"}
    assert read(folders, "CAMMS03409", "SV")["SVSTDTC"].max() <= "2012-01-01"
    assert read(folders, "LPS13649", "DM").is_empty()


def test_same_population_same_hashes(tmp_path):
    manifests = []
    for name in ("first", "second"):
        folders = write_population(20, 3, tmp_path / name, batch_size=12)
        manifests.append([json.loads((f / "manifest.json").read_text()) for f in folders])
    assert manifests[0] == manifests[1]
