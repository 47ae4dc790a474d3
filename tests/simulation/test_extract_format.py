"""Transfers look as the landing contract says, read back by another library."""

import hashlib
import json
import re
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from simulation import SimulatedTrial
from simulation.codes import STUDIES
from simulation.sdtm import CORE_ONLY, DATASETS
from warehouse.contracts import RAW

IDENTIFIERS = ("STUDYID", "USUBJID")
ISO_8601 = re.compile(r"^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2})?)?)?$")
EVERY_TABLE = [
    (study, dataset)
    for number, study in enumerate(STUDIES)
    for dataset in DATASETS
    if number < 2 or dataset not in CORE_ONLY
]


def folder_of(transfers: list[Path], study: str) -> Path:
    return next(folder for folder in transfers if folder.parent.name == study)


def test_one_transfer_per_study_and_nothing_else_in_landing(transfers):
    assert [folder.parent.name for folder in transfers] == list(STUDIES)
    landing = transfers[0].parent.parent
    assert sorted(path.name for path in landing.iterdir()) == sorted(STUDIES)
    for folder in transfers:
        assert [path.name for path in folder.parent.iterdir()] == ["2017-10-20"]


@pytest.mark.parametrize("study", STUDIES)
def test_manifest_tells_every_file_as_it_is(transfers, study):
    folder = folder_of(transfers, study)
    manifest = json.loads((folder / "manifest.json").read_text())
    told = {entry["file"]: entry for entry in manifest.pop("datasets")}
    assert manifest == {
        "study": study,
        "transfer_date": "2017-10-20",
        "cutoff": "2017-10-04",
        "cumulative": True,
    }
    assert set(told) == {path.name for path in folder.iterdir()} - {"manifest.json"}
    for file, entry in told.items():
        content = (folder / file).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["name"] == file.removesuffix(".xpt").upper()
        _, metadata = pyreadstat.read_xport(folder / file)
        assert entry["records"] == metadata.number_rows


def test_every_dataset_of_every_study_is_there(trial):
    assert [(s, d) for s, tables in trial.datasets.items() for d in tables] == EVERY_TABLE


@pytest.mark.parametrize(("study", "dataset"), EVERY_TABLE)
def test_transport_file_holds_the_table_with_its_labels(trial, transfers, study, dataset):
    table = trial.datasets[study][dataset]
    contract = RAW[dataset.lower()]
    path = folder_of(transfers, study) / f"{dataset.lower()}.xpt"
    frame, metadata = pyreadstat.read_xport(path, output_format="polars")

    assert metadata.table_name == dataset
    assert metadata.file_label == contract.label.split(":")[0][:40]
    labels = {column.name.upper(): column.label[:40] for column in contract.columns}
    assert metadata.column_names_to_labels == {name: labels[name] for name in table.columns}
    for name, dtype in table.schema.items():
        if dtype == pl.String:
            longest = max(1, table[name].str.len_bytes().max() or 0)
            assert metadata.variable_storage_width[name] == longest
            assert metadata.original_variable_types[name] == f"${longest}"
        else:
            assert metadata.variable_storage_width[name] == 8
            assert metadata.original_variable_types[name] == "BEST12"
    expected = table.with_columns(pl.col(pl.String).fill_null(""))
    back = frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in table.schema.items()
    ).with_columns(pl.col(pl.Float64).fill_nan(None), pl.col(pl.String).fill_null(""))
    assert back.equals(expected)


@pytest.mark.parametrize(("study", "dataset"), EVERY_TABLE)
def test_tables_keep_the_raw_contract(trial, study, dataset):
    table = trial.datasets[study][dataset]
    contract = RAW[dataset.lower()]
    columns = [column for column in contract.columns if not column.name.startswith("source_")]
    assert table.columns == [column.name.upper() for column in columns]
    assert [table.schema[column.name.upper()] for column in columns] == [c.dtype for c in columns]
    for column in columns:
        if not column.nullable:
            assert table[column.name.upper()].null_count() == 0, column.name
    assert not table.select(key.upper() for key in contract.key).is_duplicated().any()
    assert table["USUBJID"].is_sorted()
    domain = "RDOMAIN" if dataset.startswith("SUPP") else "DOMAIN"
    assert set(table[domain]) <= {dataset.removeprefix("SUPP")}
    assert set(table["STUDYID"]) <= {study}


@pytest.mark.parametrize(("study", "dataset"), EVERY_TABLE)
def test_dates_are_iso_8601_and_no_text_is_empty(trial, study, dataset):
    for name, values in trial.datasets[study][dataset].to_dict().items():
        if values.dtype != pl.String:
            continue
        assert not (values == "").any(), f"{name}: blank is null"
        if name.endswith("DTC"):
            assert all(ISO_8601.match(text) for text in values.drop_nulls().unique()), name


def test_qualifiers_point_to_records(trial: SimulatedTrial):
    for tables in trial.datasets.values():
        for parent in ("EX", "CE"):
            keys = tables[parent].select(
                *IDENTIFIERS, IDVARVAL=pl.col(f"{parent}SEQ").cast(pl.Int64).cast(pl.String)
            )
            supplement = tables[f"SUPP{parent}"]
            assert set(supplement["IDVAR"]) <= {f"{parent}SEQ"}
            assert supplement.join(keys, on=keys.columns, how="anti").is_empty()
