"""Datasets that come in several files, and EDSS that comes as RS: one raw table."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from support.gate import FOLDER, looked, only_finding, selected
from support.landing import dataset_frame, edit_manifest, manifest_entry, write_dataset

from warehouse.contracts import RAW
from warehouse.contracts.raw import REQUIRED_DATASETS, missing_datasets, raw_table_of
from warehouse.raw import build_raw_table


def deliver(landing: Path, files: dict[str, pl.DataFrame], *, without: Sequence[str] = ()) -> None:
    """Add datasets to the transfer, and take others out of it."""
    folder = landing / FOLDER
    for name, frame in files.items():
        write_dataset(folder / f"{name.lower()}.xpt", name, frame)
    for name in without:
        (folder / f"{name.lower()}.xpt").unlink()

    def edit(manifest: dict[str, list[dict[str, object]]]) -> None:
        kept = [entry for entry in manifest["datasets"] if entry["name"] not in without]
        new = [
            manifest_entry(folder / f"{name.lower()}.xpt", name, frame.height)
            for name, frame in files.items()
        ]
        manifest["datasets"] = [*kept, *new]

    edit_manifest(folder, edit)


def edss(*sequence: float, score: float = 3.0) -> pl.DataFrame:
    rows = [
        {"usubjid": "P1", "qsseq": at, "qstestcd": "EDSS0101", "qscat": "EDSS", "qsstresn": score}
        for at in sequence
    ]
    return dataset_frame("CAMMS323", "QS", rows)


def as_rs(frame: pl.DataFrame) -> pl.DataFrame:
    renamed = frame.rename({name: f"RS{name[2:]}" for name in frame.columns if name[:2] == "QS"})
    return renamed.with_columns(DOMAIN=pl.lit("RS"))


def qs(landing: Path) -> pl.DataFrame:
    return build_raw_table(RAW["qs"], selected(landing), landing).collect()


@pytest.mark.parametrize(
    ("dataset", "table"),
    [
        ("DM", "dm"),
        ("QSCO", "qs"),
        ("QSD", "qs"),
        ("RS", "qs"),
        ("RSED", "qs"),
        ("SUPPEX", "suppex"),
        ("SUPPEXA1", "suppex"),
        ("SUPPQS", None),
        ("SUPPRS", None),
        ("QSABC", None),
        ("RELREC", None),
        ("LB", None),
        ("TS", None),
        ("SUPP", None),
        ("", None),
    ],
)
def test_the_table_of_a_dataset(dataset: str, table: str | None) -> None:
    assert raw_table_of(dataset) == table
    assert raw_table_of(dataset.lower()) == table


@pytest.mark.parametrize("instead", ["QSED", "RS", "RSED"])
def test_a_part_or_rs_stands_for_qs(instead: str) -> None:
    held = [name for name in REQUIRED_DATASETS["CAMMS323"] if name != "QS"]
    assert missing_datasets("CAMMS323", held) == ("QS",)
    assert missing_datasets("CAMMS323", [*held, instead]) == ()


def test_history_is_due_in_the_core_studies_only() -> None:
    held = [name for name in REQUIRED_DATASETS["CAMMS323"] if name not in ("MH", "SC")]
    assert missing_datasets("CAMMS323", held) == ("MH", "SC")
    assert missing_datasets("LPS13649", held) == ()


def test_the_parts_of_a_dataset_are_stacked(landing: Path) -> None:
    deliver(landing, {"QSED": edss(1, 3), "QSKF": edss(2, 4)}, without=["QS"])
    found = qs(landing)
    assert found.select("domain", "qsseq", "source_file", "source_row").rows() == [
        ("QS", 1.0, f"{FOLDER}/qsed.xpt", 1),
        ("QS", 2.0, f"{FOLDER}/qskf.xpt", 1),
        ("QS", 3.0, f"{FOLDER}/qsed.xpt", 2),
        ("QS", 4.0, f"{FOLDER}/qskf.xpt", 2),
    ]


def test_a_transfer_without_any_part_is_refused(landing: Path) -> None:
    deliver(landing, {}, without=["QS"])
    assert only_finding(landing).message.startswith("lists 13 datasets but not QS, which study ")


def test_rs_stands_in_qs_and_keeps_its_domain(landing: Path) -> None:
    deliver(landing, {"RS": as_rs(edss(1, 2, score=4.5))}, without=["QS"])
    found = qs(landing)
    assert found.columns == RAW["qs"].column_names
    assert found.select("domain", "qsseq", "qstestcd", "qsstresn").rows() == [
        ("RS", 1.0, "EDSS0101", 4.5),
        ("RS", 2.0, "EDSS0101", 4.5),
    ]


def test_numbers_of_rs_and_qs_may_meet(landing: Path) -> None:
    deliver(landing, {"RS": as_rs(edss(1)), "QSKF": edss(1)}, without=["QS"])
    found = qs(landing)
    assert found["domain"].to_list() == ["QS", "RS"]
    assert found.select(RAW["qs"].key).is_duplicated().to_list() == [False, False]


def test_a_variable_that_rs_lacks_is_named_as_it_is_called_there(landing: Path) -> None:
    deliver(landing, {"RS": as_rs(edss(1)).drop("RSSTRESN")}, without=["QS"])
    found = only_finding(landing)
    assert (found.file, found.rule) == (f"{FOLDER}/rs.xpt", "required-variable")
    assert found.message.startswith("lacks variable RSSTRESN (Numeric Result in Standard Units)")


def test_a_dataset_that_no_table_holds_is_let_in_and_left(landing: Path) -> None:
    deliver(landing, {"LB": pl.DataFrame({"STUDYID": ["CAMMS323"], "LBSEQ": [1.0]})})
    assert {entry.state for entry in looked(landing)} == {"new"}
