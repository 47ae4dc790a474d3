"""Readers and header arithmetic against files that nobody here wrote.

They are not ours to commit: set TOPAZ_SHARED to the folder that holds `extracts/` to run them.
"""

import logging
import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from delivery import delivered

from warehouse.contracts import RAW, REGISTERS
from warehouse.contracts.coded import CODED, plain_code
from warehouse.raw import build_raw_table
from warehouse.readers import UnreadableFileError, reader_for

SHARED = os.environ.get("TOPAZ_SHARED")
pytestmark = pytest.mark.skipif(
    SHARED is None, reason="TOPAZ_SHARED does not name the folder of the shared extracts"
)
EXTRACTS = Path(SHARED or ".") / "extracts"
PILOT = EXTRACTS / "sdtm_xpt_cdiscpilot01"
JSON = EXTRACTS / "dataset_json"
SAS = EXTRACTS / "sas7bdat"
ODD = EXTRACTS / "odd"


def read(path: Path) -> pl.DataFrame:
    return reader_for(path).read(path).collect()


#: File -> dataset, rows, variables, encoding if the bytes decide it.
READ: dict[str, tuple[str, int, int, str | None]] = {
    "dataset_json/ae.json": ("AE", 74, 37, None),
    "dataset_json/ae.ndjson": ("AE", 74, 37, None),
    "dataset_json/ae.xpt": ("AE", 74, 37, "UTF-8"),
    "dataset_json/dm.json": ("DM", 18, 26, None),
    "dataset_json/dm.ndjson": ("DM", 18, 26, None),
    "dataset_json/dm.xpt": ("DM", 18, 26, "UTF-8"),
    "dataset_json/i18n_ae.json": ("AE", 1191, 36, None),
    "dataset_json/qsph.json": ("QSPH", 330, 17, None),
    "dataset_json/qsph.ndjson": ("QSPH", 330, 17, None),
    "dataset_json/qsph.xpt": ("QSPH", 330, 17, "UTF-8"),
    "odd/latin1_byte.xpt": ("TA", 11, 10, "windows-1252"),
    "odd/long_names_utf8_v8.xpt": ("LONGNAMES", 2, 2, "UTF-8"),
    "odd/special_missing_v8.xpt": ("MISS", 4, 2, "UTF-8"),
    "odd/ts.xpt": ("TS", 7, 7, "UTF-8"),
    "odd/zero_rows_v5.xpt": ("ZERO", 0, 2, "UTF-8"),
    "sas7bdat/charset_lat1.sas7bdat": ("CHARSET_LAT1", 150, 5, None),
    "sas7bdat/datetime.sas7bdat": ("DATETIME", 4, 5, None),
    "sas7bdat/hadley.sas7bdat": ("HADLEY", 8, 7, None),
    "sas7bdat/mixed_data_one.sas7bdat": ("MIXED_DATA_ONE", 24, 15, None),
    "sas7bdat/tagged-na.sas7bdat": ("APPLE", 8, 1, None),
    "sdtm_xpt_cdiscpilot01/dm.xpt": ("DM", 306, 25, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/ds.xpt": ("DS", 596, 13, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/ex.xpt": ("EX", 591, 17, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/sc.xpt": ("SC", 254, 14, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/suppds.xpt": ("SUPPDS", 3, 10, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/ta.xpt": ("TA", 8, 10, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/te.xpt": ("TE", 7, 7, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/ti.xpt": ("TI", 31, 6, "UTF-8"),
    "sdtm_xpt_cdiscpilot01/ts.xpt": ("TS", 33, 6, "windows-1252"),
    "sdtm_xpt_cdiscpilot01/tv.xpt": ("TV", 21, 9, "UTF-8"),
}
REFUSED = {
    "odd/truncated_midrow.xpt": (
        "ends in the middle of a row: 4,400 bytes of header and 130 rows of 272 bytes, padded "
        "to 80, make 39,760 bytes, 131 rows make 40,080; the file has 40,001"
    ),
    "odd/two_members.xpt": (
        "holds more than one member: ADTTE ends at byte 73,520 of 76,560, where another header "
        "starts; one dataset a file is read"
    ),
}


def test_each_file_is_in_one_of_the_lists() -> None:
    found = {path.relative_to(EXTRACTS).as_posix() for path in EXTRACTS.rglob("*.*")}
    assert found - {"README.md"} == {*READ, *REFUSED}


@pytest.mark.parametrize("file", READ)
def test_it_is_read_whole(file: str) -> None:
    dataset, records, variables, encoding = READ[file]
    facts = reader_for(EXTRACTS / file).inspect(EXTRACTS / file)
    assert (facts.dataset, facts.records, facts.encoding) == (dataset, records, encoding)
    frame = read(EXTRACTS / file)
    assert frame.shape == (records, variables)
    assert frame.columns == list(facts.variables)


@pytest.mark.parametrize("file", REFUSED)
def test_it_is_refused_with_the_reason(file: str) -> None:
    with pytest.raises(UnreadableFileError) as error:
        reader_for(EXTRACTS / file).inspect(EXTRACTS / file)
    assert str(error.value) == REFUSED[file]


@pytest.mark.parametrize("name", ["ae", "dm", "qsph"])
def test_three_formats_of_one_dataset_agree(name: str) -> None:
    one = read(JSON / f"{name}.json")
    assert one.equals(read(JSON / f"{name}.ndjson"))
    xpt = read(JSON / f"{name}.xpt")
    assert xpt.columns == one.columns
    # What JSON says is text (`--STRESN` in some files) is a number in XPT, and null in both.
    for column in one.columns:
        assert (
            xpt[column].cast(pl.String).equals(one[column].cast(xpt[column].dtype).cast(pl.String))
        ), column


def test_text_beyond_latin_letters() -> None:
    terms = "".join(read(JSON / "i18n_ae.json")["aeterm"].drop_nulls())
    assert not terms.isascii()


def test_windows_1252_is_read_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        frame = read(PILOT / "ts.xpt")
    assert any("’" in value for value in frame["tsval"].drop_nulls())  # noqa: RUF001
    assert "ts.xpt is not UTF-8; it is read as windows-1252" in caplog.text
    assert "é" in "".join(
        read(ODD / "latin1_byte.xpt")
        .select(pl.concat_str(pl.selectors.string(), ignore_nulls=True))
        .to_series()
    )


def test_long_names_and_text_in_utf8() -> None:
    frame = read(ODD / "long_names_utf8_v8.xpt")
    assert frame.columns == ["a_very_long_variable_name_1", "txt"]
    assert frame.row(1) == (2.0, "café ≥ 3 µg")


@pytest.mark.parametrize(
    ("file", "codes"),
    [
        ("odd/special_missing_v8.xpt", [(3, "EDSS", "A"), (4, "EDSS", "Z")]),
        ("sas7bdat/tagged-na.sas7bdat", [(6, "x", "A"), (7, "x", "H"), (8, "x", "Z")]),
    ],
)
def test_special_missing_values(file: str, codes: list[tuple[int, str, str]]) -> None:
    path = EXTRACTS / file
    found = reader_for(path).special_missing
    assert found is not None
    assert found(path).collect().rows() == codes
    assert read(path)[codes[0][1].lower()].null_count() == len(codes)


def test_times_that_sas_counts_stay_numbers() -> None:
    frame = read(SAS / "datetime.sas7bdat")
    assert set(frame.dtypes) == {pl.Float64}
    # 2 February 2015 by the count of days since 1960.
    assert frame["var2"][0] == 20121.0


@pytest.mark.parametrize(
    ("path", "dataset"),
    [
        ("sdtm_xpt_cdiscpilot01/dm.xpt", "DM"),
        ("sdtm_xpt_cdiscpilot01/ex.xpt", "EX"),
        ("sdtm_xpt_cdiscpilot01/ds.xpt", "DS"),
        ("sdtm_xpt_cdiscpilot01/sc.xpt", "SC"),
        ("dataset_json/ae.xpt", "AE"),
    ],
)
def test_the_raw_layer_leaves_every_value_as_it_is(path: str, dataset: str) -> None:
    """Cell by cell against pyreadstat alone; only coded variables take the spelling of codes.

    Variables that the contract does not have (DMDY, AELLT …) are left out of the raw table.
    """
    contract = RAW[dataset.lower()]
    # The pilot's DS has no DSSCAT, which ours must have: all that it has is compared.
    columns = tuple(
        column if column.name != "dsscat" else replace(column, required=False)
        for column in contract.columns
    )
    selection = delivered(EXTRACTS, {"CDISCPILOT01": [(dataset, EXTRACTS / path)]})
    raw = build_raw_table(replace(contract, columns=columns), selection, EXTRACTS).collect()
    values, _ = pyreadstat.read_xport(EXTRACTS / path, output_format="dict")
    n_rows = len(next(iter(values.values())))
    assert sorted(raw["source_row"]) == list(range(1, n_rows + 1))
    in_order = raw.sort("source_row")
    compared = [name for name in contract.column_names if name.upper() in values]
    missing = set(contract.column_names) - {*compared, "source_file", "source_row"}
    assert missing <= {column.name for column in contract.columns if not column.required} | {
        "dsscat"
    }
    for name in compared:
        expected = [None if is_missing(value) else value for value in values[name.upper()]]
        if name in CODED:
            expected = [None if value is None else plain_code(value) for value in expected]
        assert in_order[name].to_list() == expected, name


def is_missing(value: object) -> bool:
    return value is None or value == "" or value != value


def test_special_missing_values_reach_their_register() -> None:
    path = ODD / "special_missing_v8.xpt"
    selection = delivered(EXTRACTS, {"CAMMS323": [("QS", path)]})
    found = build_raw_table(REGISTERS["special_missing"], selection, EXTRACTS).collect()
    assert found.select("study_id", "dataset", "source_row", "variable", "code").rows() == [
        ("CAMMS323", "QS", 3, "EDSS", "A"),
        ("CAMMS323", "QS", 4, "EDSS", "Z"),
    ]
