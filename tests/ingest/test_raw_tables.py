"""Landing to raw: types, provenance, order."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from support.formats import WRITERS
from support.gate import selected
from support.landing import (
    CUTOFF,
    dataset_frame,
    list_again,
    manifest_entry,
    write_dataset,
    write_landing,
)

from warehouse.contracts import RAW
from warehouse.contracts.raw import NUMBER, SOURCE, TEXT
from warehouse.files import file_sha256
from warehouse.manifest import DatasetFile, Selection, Transfer
from warehouse.raw import RawTableError, build_raw_table

FOLDER = "CAMMS323/2017-10-20"

TABLES = {
    "LPS13649": {
        "AE": [
            {"usubjid": "B", "aeseq": 1.0, "aeterm": "after the cut", "aestdtc": "2031-01-01"},
            {"usubjid": "A", "aeseq": 2.0, "aeterm": "second"},
            {"usubjid": "A", "aeseq": 1.0, "aeterm": "first"},
        ]
    },
    "CAMMS323": {
        "AE": [
            {"usubjid": "Z", "aeseq": 1.0, "aeterm": "twice, delivered first"},
            {"usubjid": "Z", "aeseq": 1.0, "aeterm": "twice, delivered second"},
        ]
    },
}


def raw(landing: Path, name: str) -> pl.DataFrame:
    return build_raw_table(RAW[name], selected(landing), landing).collect()


@pytest.mark.parametrize("suffix", [".xpt", ".parquet"])
def test_all_studies_are_stacked_with_file_and_row_in_key_order(
    tmp_path: Path, suffix: str
) -> None:
    landing = write_landing(tmp_path / "landing", TABLES, suffix=suffix)
    found = raw(landing, "ae").select("source_file", "source_row", "usubjid", "aeterm")
    care_ms_1 = f"CAMMS323/2017-10-20/ae{suffix}"
    topaz = f"LPS13649/2017-10-20/ae{suffix}"
    assert found.rows() == [
        (care_ms_1, 1, "Z", "twice, delivered first"),
        (care_ms_1, 2, "Z", "twice, delivered second"),
        (topaz, 3, "A", "first"),
        (topaz, 2, "A", "second"),
        # Dated after the cut-off, and kept: raw is what was delivered.
        (topaz, 1, "B", "after the cut"),
    ]


@pytest.mark.parametrize("suffix", [".xpt", ".parquet"])
@pytest.mark.parametrize("name", RAW)
def test_every_table_has_the_types_of_its_contract_with_and_without_rows(
    tmp_path: Path, name: str, suffix: str
) -> None:
    empty = raw(write_landing(tmp_path / "empty", suffix=suffix), name)
    assert empty.schema == RAW[name].schema
    assert empty.is_empty()
    # One row in which all that may be missing is missing.
    needed = [item for item in RAW[name].columns if not item.nullable and item not in SOURCE]
    row = {item.name: 1.0 if item.dtype == NUMBER else "X" for item in needed}
    row |= {"studyid": "CAMMS323"}
    landing = write_landing(tmp_path / "one", {"CAMMS323": {name: [row]}}, suffix=suffix)
    one = raw(landing, name)
    assert one.schema == RAW[name].schema
    assert one.select(item.name for item in needed).row(0) == tuple(
        row[item.name] for item in needed
    )
    nullable = [item.name for item in RAW[name].columns if item.nullable]
    assert set(one.select(nullable).row(0)) <= {None}


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix != ".xpt"])
def test_a_whole_landing_in_any_format_gives_the_same_tables(tmp_path: Path, suffix: str) -> None:
    tables = {
        "CAMMS323": {
            **TABLES["CAMMS323"],
            "DM": [
                {"usubjid": "Z", "age": 33.5, "sex": "F", "rficdtc": "2009-05"},
                {"usubjid": "Y", "country": "ČR, 'Île'"},
            ],
            "QS": [{"usubjid": "Z", "qsseq": 1.0, "qstestcd": "edss0101", "qsstresn": 2.5}],
        }
    }
    xport = write_landing(tmp_path / "xport", tables)
    other = write_landing(tmp_path / "other", tables, suffix=suffix)
    for name in RAW:
        found = raw(other, name).with_columns(pl.col("source_file").str.replace(suffix, ".xpt"))
        assert found.equals(raw(xport, name))


def test_the_order_of_the_transfers_does_not_matter(tmp_path: Path) -> None:
    landing = write_landing(tmp_path / "landing", TABLES)
    selection = selected(landing)
    forward = build_raw_table(RAW["ae"], selection, landing).collect()
    backward = Selection(selection.transfers[::-1])
    assert build_raw_table(RAW["ae"], backward, landing).collect().equals(forward)


def test_only_columns_of_the_contract_and_null_for_an_optional_one(landing: Path) -> None:
    frame = dataset_frame("CAMMS323", "DM", [{"usubjid": "P1", "sex": "F"}])
    write_dataset(
        landing / FOLDER / "dm.xpt", "DM", frame.drop("RACE").with_columns(DMDY=pl.lit(1.0))
    )
    list_again(landing / FOLDER, "DM", 1)
    found = raw(landing, "dm")
    assert found.columns == RAW["dm"].column_names
    assert found.select("sex", "race").rows() == [("F", None)]


def test_a_dataset_that_no_transfer_holds_is_an_empty_table(tmp_path: Path) -> None:
    found = build_raw_table(RAW["mh"], Selection(()), tmp_path).collect()
    assert found.schema == RAW["mh"].schema
    assert found.is_empty()


def one_file(folder: Path, frame: pl.DataFrame) -> Selection:
    """A transfer of one Parquet file whose variables no gate has checked."""
    path = folder / "dm.parquet"
    frame.write_parquet(path)
    file = DatasetFile("DM", path.name, frame.height, path.stat().st_size, file_sha256(path))
    return Selection((Transfer("CAMMS323", date(2017, 10, 20), CUTOFF, ".", (file,)),))


def test_a_value_that_does_not_fit_is_named_with_file_variable_and_row(tmp_path: Path) -> None:
    frame = dataset_frame("CAMMS323", "DM", [{"usubjid": "P1"}, {"usubjid": "P2"}])
    selection = one_file(tmp_path, frame.with_columns(AGE=pl.Series([None, "33 years"])))
    with pytest.raises(RawTableError) as error:
        build_raw_table(RAW["dm"], selection, tmp_path)
    assert str(error.value) == (
        "dm.parquet, variable AGE, row 2: value '33 years' is of type String, Float64 is expected. "
        "Ask the sender to deliver the variable as that"
    )


@pytest.mark.parametrize("value", ["NaN", "inf", "-inf", "12,5", "1 2", "0x1F", "."])
def test_text_that_is_no_number_is_refused_where_one_is_due(tmp_path: Path, value: str) -> None:
    frame = dataset_frame("CAMMS323", "DM", [{"usubjid": "P1"}, {"usubjid": "P2"}])
    selection = one_file(tmp_path, frame.with_columns(AGE=pl.Series(["33", value])))
    message = f"dm.parquet, variable AGE, row 2: value {value!r} is of type String, Float64 is"
    with pytest.raises(RawTableError, match=re.escape(message)):
        build_raw_table(RAW["dm"], selection, tmp_path)


def test_text_that_is_a_number_is_one_where_one_is_due(tmp_path: Path) -> None:
    values = ["33", " 33.5 ", "-1e2", "+0.25", "", None]
    frame = dataset_frame("CAMMS323", "DM", [{"usubjid": f"P{at}"} for at in range(6)])
    selection = one_file(tmp_path, frame.with_columns(AGE=pl.Series(values)))
    found = build_raw_table(RAW["dm"], selection, tmp_path).collect()
    assert found["age"].to_list() == [33.0, 33.5, -100.0, 0.25, None, None]


@pytest.mark.parametrize("dtype", [pl.Null, pl.Date, pl.String])
def test_a_column_without_a_value_takes_the_type_of_the_contract(
    tmp_path: Path, dtype: type[pl.DataType]
) -> None:
    frame = dataset_frame("CAMMS323", "DM", [{"usubjid": "P1"}])
    empty = pl.lit(None, dtype=dtype)
    selection = one_file(tmp_path, frame.with_columns(RFSTDTC=empty, AGE=pl.lit(None)))
    found = build_raw_table(RAW["dm"], selection, tmp_path).collect()
    assert found.select("rfstdtc", "age").schema == {"rfstdtc": TEXT, "age": NUMBER}
    assert found.select("rfstdtc", "age").rows() == [(None, None)]


def test_a_missing_required_variable_is_named(tmp_path: Path) -> None:
    selection = one_file(tmp_path, dataset_frame("CAMMS323", "DM", []).drop("ARMCD"))
    with pytest.raises(
        RawTableError, match=r"dm.parquet lacks variable ARMCD \(Planned Arm Code\)"
    ):
        build_raw_table(RAW["dm"], selection, tmp_path)


def test_an_unreadable_file_is_named(landing: Path) -> None:
    path = landing / FOLDER / "dm.xpt"
    path.write_bytes(path.read_bytes()[:-80])
    entry = manifest_entry(path, "DM", 3)
    file = DatasetFile("DM", f"{FOLDER}/dm.xpt", 3, entry["bytes"], entry["sha256"])
    selection = Selection((Transfer("CAMMS323", date(2017, 10, 20), CUTOFF, FOLDER, (file,)),))
    with pytest.raises(RawTableError, match=f"{FOLDER}/dm.xpt ends in the middle of a row"):
        build_raw_table(RAW["dm"], selection, landing)


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_file_that_changed_after_the_gate_is_refused(landing: Path, is_gone: bool) -> None:
    selection = selected(landing)
    path = landing / FOLDER / "dm.xpt"
    if is_gone:
        path.unlink()
    else:
        write_dataset(path, "DM", dataset_frame("CAMMS323", "DM", [{"usubjid": "P9"}]))
    with pytest.raises(
        RawTableError, match=f"{FOLDER}/dm.xpt is missing or has changed since the landing gate"
    ):
        build_raw_table(RAW["dm"], selection, landing)
