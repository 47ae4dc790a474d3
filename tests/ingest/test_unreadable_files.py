"""Files that no reader takes: each format, cut off or damaged, and the reason that is given."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.formats import WRITERS, write_in, write_json, write_ndjson, write_sas7bdat

from warehouse.readers import READERS, UnreadableFileError, reader_for

FRAME = pl.DataFrame(
    {"USUBJID": [f"P-{at:03}" for at in range(90)], "AGE": [float(at) for at in range(90)]}
)


def reasons(path: Path) -> set[str]:
    """The reason of a refusal: inspecting and reading give the same."""
    found = set()
    for act in (READERS[path.suffix].inspect, READERS[path.suffix].read):
        with pytest.raises(UnreadableFileError) as error:
            act(path)
        found.add(str(error.value))
    return found


def reason(path: Path) -> str:
    (only,) = reasons(path)
    return only


def test_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as error:
        reader_for(tmp_path / "dm.xlsx")
    assert str(error.value) == (
        "has the suffix '.xlsx'; read are .csv, .json, .ndjson, .parquet, .sas7bdat, .xpt"
    )


@pytest.mark.parametrize(
    ("suffix", "kept", "message"),
    [
        (".xpt", 0.5, "ends in the middle of a row: 1,040 bytes of header and"),
        (".sas7bdat", 0.5, "is cut off or damaged: 4,096 bytes of header and 6 pages of 4,096 "),
        (".json", 0.5, "is no whole JSON text: "),
        (".ndjson", 0.5, "is no whole JSON text in line 36: "),
        (".csv", 0.495, "has 1 values in line 46, its first line names 2 variables"),
        (".parquet", 0.5, "is no whole Parquet file: "),
        (".xpt", 0.0, "ends within its header, before LIBRARY"),
        (".sas7bdat", 0.0, "is no SAS data set: it starts with b''"),
        (".json", 0.0, "is no whole JSON text: "),
        (".ndjson", 0.0, "is empty; a first line with the metadata is due"),
        (".csv", 0.0, "is empty; a first line with the names of the variables is due"),
        (".parquet", 0.0, "is no whole Parquet file: "),
    ],
)
def test_a_file_that_was_cut_off_is_refused(
    tmp_path: Path, suffix: str, kept: float, message: str
) -> None:
    path = write_in(tmp_path / f"dm{suffix}", "DM", FRAME)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert reason(path).startswith(message)


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_file_of_another_format_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"dm{suffix}"
    path.write_bytes(b'USUBJID,"AGE"x\nP-01,33\n' * 20)
    assert reasons(path)


@pytest.mark.parametrize("suffix", [".csv", ".json", ".ndjson", ".parquet"])
def test_names_that_differ_only_in_case_are_refused(tmp_path: Path, suffix: str) -> None:
    path = write_in(tmp_path / f"dm{suffix}", "DM", pl.DataFrame({"AGE": [1.0], "age": [2.0]}))
    assert reason(path) == "has a variable twice but for upper case: age"


def test_blank_rows_at_the_end_of_a_transport_file_are_not_lost_silently(tmp_path: Path) -> None:
    path = write_in(tmp_path / "ae.xpt", "AE", pl.DataFrame({"AETERM": ["x" * 100, ""]}))
    with pytest.raises(UnreadableFileError, match="gave 1 rows, its length says 2"):
        reader_for(path).read(path)


@pytest.mark.parametrize("suffix", [".json", ".ndjson", ".csv"])
def test_line_ends_of_other_scripts_within_a_text_are_text(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame({"ARM": ["a\u0085b", "c\u2028d"]})
    path = write_in(tmp_path / f"dm{suffix}", "DM", frame)
    assert reader_for(path).read(path).collect()["arm"].to_list() == frame["ARM"].to_list()


# --- sas7bdat ----------------------------------------------------------------------------------


def test_sas7bdat_that_lost_whole_pages_or_gained_bytes_is_refused_with_numbers(
    tmp_path: Path,
) -> None:
    path = tmp_path / "dm.sas7bdat"
    write_sas7bdat(path, "DM", FRAME)
    content = path.read_bytes()
    path.write_bytes(content[:-4096])
    assert reason(path) == (
        "is cut off or damaged: 4,096 bytes of header and 6 pages of 4,096 bytes make 28,672 "
        "bytes; the file has 24,576"
    )
    path.write_bytes(content + b"\0")
    assert "make 28,672 bytes; the file has 28,673" in reason(path)
    path.write_bytes(content[:100])
    assert reason(path) == "ends within its header: 100 bytes"


def test_sas7bdat_that_lost_rows_and_states_fewer_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dm.sas7bdat"
    write_sas7bdat(path, "DM", FRAME)
    content = bytearray(path.read_bytes()[:-4096])
    content[208] -= 1  # the number of pages
    path.write_bytes(content)
    assert reason(path) == ("cannot be read: File did not contain the expected number of rows")


def test_sas7bdat_whose_pages_are_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dm.sas7bdat"
    write_sas7bdat(path, "DM", FRAME)
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    assert reason(path) == "describes no variable: its header is damaged"


# --- CSV ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A,B\n1,2\n3\n", "has 1 values in line 3, its first line names 2 variables"),
        ("A,B\n1,2,3\n", "has 3 values in line 2, its first line names 2 variables"),
        ("A,B\n1,2\n\n3,4\n", "has 0 values in line 3, its first line names 2 variables"),
        ('A,B\n1,"2\n3"\n4\n', "has 1 values in line 4, its first line names 2 variables"),
        ('A,B\n1,"2\n', "is no comma-separated text at line 2: unexpected end of data"),
        ('A,B\n1,"2"3\n', "is no comma-separated text at line 2: ',' expected after '\"'"),
        ("A, \n1,2\n", "has no name for variable 2"),
        ("A,a\n1,2\n", "has a variable twice but for upper case: a"),
    ],
)
def test_csv_that_is_no_table_is_refused_with_the_line(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "dm.csv"
    path.write_text(text)
    assert reason(path) == message


# --- Dataset-JSON ------------------------------------------------------------------------------


def changed(edit: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_json(path, "DM", FRAME.head(3))
        content = json.loads(path.read_text())
        edit(content)
        path.write_text(json.dumps(content))

    return write


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda one: one.update(records=5), "holds 3 rows and states records = 5"),
        (lambda one: one.pop("records"), "holds 3 rows and states records = None"),
        (lambda one: one["rows"].pop(), "holds 2 rows and states records = 3"),
        (
            lambda one: one["rows"][1].pop(),
            "has 1 values in row 2, it describes 2 variables",
        ),
        (
            lambda one: one["rows"].__setitem__(2, {"AGE": 1}),
            "has dict in row 3, it describes 2 variables",
        ),
        (
            lambda one: one["rows"][1].__setitem__(1, "33 years"),
            'has "33 years" for AGE, row 2, whose dataType is float',
        ),
        (
            lambda one: one["rows"][0].__setitem__(0, 7),
            "has 7 for USUBJID, row 1, whose dataType is string",
        ),
        (
            lambda one: one["rows"][0].__setitem__(1, True),
            "has true for AGE, row 1, whose dataType is float",
        ),
        (
            lambda one: (
                one["columns"][1].update(dataType="decimal"),
                [row.__setitem__(1, "1,5") for row in one["rows"]],
            ),
            'has "1,5" for AGE, row 1, whose dataType is decimal',
        ),
        (
            lambda one: one["columns"][1].update(dataType="text"),
            "describes a variable 'AGE' of dataType 'text'; dataTypes are URI, boolean, date, "
            "datetime, decimal, double, float, integer, string, time",
        ),
        (lambda one: one.pop("columns"), "is no Dataset-JSON 1.1: columns is no list"),
        (lambda one: one.update(rows=None), "is no Dataset-JSON 1.1: rows is no list"),
        (
            lambda one: one.update(datasetJSONVersion="1.0.0"),
            "is Dataset-JSON 1.0.0; version 1.1 is read",
        ),
        (
            lambda one: one.pop("datasetJSONVersion"),
            "is no Dataset-JSON: it states no datasetJSONVersion",
        ),
        (
            lambda one: one["rows"][0].__setitem__(1, float("nan")),
            "is no whole JSON text: NaN is no number of JSON",
        ),
    ],
)
def test_dataset_json_at_odds_with_itself_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    path = tmp_path / "dm.json"
    changed(edit)(path)
    assert reason(path) == message


def test_ndjson_that_lost_its_last_lines_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = tmp_path / "dm.ndjson"
    write_ndjson(path, "DM", FRAME)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-10]))
    assert reason(path) == "holds 80 rows and states records = 90"
    path.write_text("".join([*lines[:3], "[1]\n", *lines[4:]]))
    assert reason(path) == "has 1 values in line 4, it describes 2 variables"


def test_a_list_of_rows_without_metadata_is_no_dataset_json(tmp_path: Path) -> None:
    path = tmp_path / "dm.json"
    path.write_text('[{"USUBJID": "P-01"}]')
    assert reason(path) == "is no Dataset-JSON: it states no datasetJSONVersion"


@pytest.mark.parametrize("suffix", [".json", ".ndjson"])
def test_dataset_json_in_another_encoding_is_refused(tmp_path: Path, suffix: str) -> None:
    path = write_in(tmp_path / f"ae{suffix}", "AE", pl.DataFrame({"AETERM": ["patient's"]}))
    content = path.read_bytes()
    at = content.index(b"patient's") + 7
    path.write_bytes(content.replace(b"patient's", b"patient\x92s"))
    assert reason(path) == (
        f"is not UTF-8, which Dataset-JSON must be: invalid start byte at byte {at:,}"
    )
