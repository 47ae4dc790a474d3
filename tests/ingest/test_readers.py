"""Readers: different formats, one look."""

import json
import logging
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from delivery import delivered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.formats import WRITERS, write_csv, write_in, write_json, write_sas7bdat, write_xpt8

from warehouse.contracts import RAW
from warehouse.raw import build_raw_table
from warehouse.readers import READERS, reader_for

FRAME = pl.DataFrame(
    {
        "USUBJID": ["P-01", "P-02", "P-03"],
        "SEX": ["F", "", "  "],
        "AGE": [33.5, None, 41.0],
        "ALLMISS": pl.Series([None, None, None], dtype=pl.Float64),
        "ALLBLANK": pl.Series([None, None, None], dtype=pl.String),
    }
)
EXPECTED = pl.DataFrame(
    {
        "usubjid": ["P-01", "P-02", "P-03"],
        "sex": ["F", None, None],
        "age": [33.5, None, 41.0],
        "allmiss": pl.Series([None, None, None], dtype=pl.Float64),
        "allblank": pl.Series([None, None, None], dtype=pl.String),
    }
)
#: CSV knows no types: `warehouse.raw` gives it those of the contract.
TYPED = [suffix for suffix in WRITERS if suffix != ".csv"]


def write(folder: Path, suffix: str, frame: pl.DataFrame) -> Path:
    return write_in(folder / f"dm{suffix}", "DM", frame)


def read(path: Path) -> pl.DataFrame:
    return reader_for(path).read(path).collect()


def test_every_format_has_a_reader_and_a_writer_of_the_tests() -> None:
    assert set(READERS) == set(WRITERS)


@pytest.mark.parametrize("suffix", TYPED)
def test_all_formats_look_alike(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, suffix, FRAME)
    assert read(path).equals(EXPECTED)
    assert read(path.rename(path.with_suffix(suffix.upper()))).equals(EXPECTED)


def test_version_8_looks_like_version_5(tmp_path: Path) -> None:
    write_xpt8(tmp_path / "dm.xpt", "DM", FRAME)
    assert read(tmp_path / "dm.xpt").equals(EXPECTED)


def test_csv_is_text_by_its_header(tmp_path: Path) -> None:
    found = read(write(tmp_path, ".csv", FRAME))
    assert found.equals(EXPECTED.cast(pl.String))


@pytest.mark.parametrize("suffix", WRITERS)
def test_empty_datasets_keep_their_types(tmp_path: Path, suffix: str) -> None:
    frame = read(write(tmp_path, suffix, FRAME.head(0)))
    expected = EXPECTED.schema if suffix != ".csv" else EXPECTED.cast(pl.String).schema
    assert frame.schema == expected
    assert frame.is_empty()


@pytest.mark.parametrize("suffix", WRITERS)
def test_inspection_agrees_with_the_rows(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, suffix, FRAME)
    facts = reader_for(path).inspect(path)
    assert facts.records == 3
    kinds = ["text", "text", "number", "number", "text"]
    if suffix == ".csv":
        kinds = ["untyped"] * 5
    assert facts.variables == dict(zip(EXPECTED.columns, kinds, strict=True))
    assert facts.dataset == (None if suffix in (".csv", ".parquet") else "DM")


def test_numbers_of_any_width_become_float64(tmp_path: Path) -> None:
    frame = pl.DataFrame({"AESEQ": pl.Series([1, 2], dtype=pl.Int16), "X": [float("nan"), 1.0]})
    found = read(write(tmp_path, ".parquet", frame))
    assert found.schema == {"aeseq": pl.Float64, "x": pl.Float64}
    assert found.rows() == [(1.0, None), (2.0, 1.0)]


def test_parquet_categories_are_text(tmp_path: Path) -> None:
    frame = pl.DataFrame({"SEX": pl.Series(["F", None], dtype=pl.Categorical)})
    path = write(tmp_path, ".parquet", frame)
    assert reader_for(path).inspect(path).variables == {"sex": "text"}
    assert read(path)["sex"].to_list() == ["F", None]


def test_parquet_is_read_lazily(tmp_path: Path) -> None:
    path = write(tmp_path, ".parquet", FRAME)
    plan = reader_for(path).read(path).select("usubjid").explain()
    assert "PROJECT 1/5 COLUMNS" in plan


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".json", ".ndjson"])
def test_blanks_at_the_end_say_nothing_and_others_do(tmp_path: Path, suffix: str) -> None:
    # SAS pads with blanks: its formats cannot hold them, so that the others must not.
    found = read(write(tmp_path, suffix, pl.DataFrame({"TERM": ["rash  ", "  rash", "a  b"]})))
    assert found["term"].to_list() == ["rash", "  rash", "a  b"]


@pytest.mark.parametrize("suffix", [".xpt", ".sas7bdat"])
def test_dates_counted_from_1960_stay_numbers(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"adsl{suffix}"
    frame = pl.DataFrame({"USUBJID": ["P-01"], "TRTSDT": [18628.0]})
    if suffix == ".xpt":
        pyreadstat.write_xport(
            frame,
            path,
            table_name="ADSL",
            variable_format={"TRTSDT": "DATE9."},
            file_format_version=5,
        )
    else:
        write_sas7bdat(path, "ADSL", frame, formats={"TRTSDT": "DATE9"})
    assert read(path)["trtsdt"].to_list() == [18628.0]


def test_dates_of_dataset_json_stay_text(tmp_path: Path) -> None:
    path = write(tmp_path, ".json", pl.DataFrame({"RFSTDTC": ["2010-05"], "DY": ["1.50"]}))
    content = json.loads(path.read_text())
    content["columns"][0] |= {"dataType": "date", "targetDataType": "integer"}
    content["columns"][1] |= {"dataType": "decimal", "targetDataType": "decimal"}
    path.write_text(json.dumps(content))
    assert reader_for(path).inspect(path).variables == {"rfstdtc": "text", "dy": "number"}
    assert read(path).rows() == [("2010-05", 1.5)]


def test_a_number_of_four_bytes_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, ".xpt", pl.DataFrame({"USUBJID": ["P1", "P2"], "AGE": [33.0, -1.5]}))
    content = bytearray(path.read_bytes())
    rows = bytes(content[-80:])
    # The length (bytes 4 and 5) of the second variable; its numbers lose their zeros.
    content[8 * 80 + 140 + 4 : 8 * 80 + 140 + 6] = b"\x00\x04"
    short = rows[:6] + rows[10:16]
    path.write_bytes(bytes(content[:-80]) + short.ljust(80))
    assert read(path)["age"].to_list() == [33.0, -1.5]


# --- encodings ---------------------------------------------------------------------------------


def in_bytes(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


@pytest.mark.parametrize("suffix", [".xpt", ".csv", ".sas7bdat"])
@pytest.mark.parametrize(
    ("byte", "encoding", "character"),
    [(b"\x92", "windows-1252", "’"), (b"\x81", "ISO-8859-1", "\x81")],  # noqa: RUF001
)
def test_other_encodings_are_tried_in_order_told_and_logged(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    suffix: str,
    byte: bytes,
    encoding: str,
    character: str,
) -> None:
    path = write(tmp_path, suffix, pl.DataFrame({"AETERM": ["patient's word"], "AESEQ": [1.0]}))
    in_bytes(path, b"patient's", b"patient" + byte + b"s")
    with caplog.at_level(logging.WARNING):
        frame = read(path)
    assert frame["aeterm"].to_list() == [f"patient{character}s word"]
    assert f"dm{suffix} is not UTF-8; it is read as {encoding}" in caplog.text
    assert reader_for(path).inspect(path).encoding == encoding


@pytest.mark.parametrize("suffix", WRITERS)
def test_utf8_text_is_read_as_such_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str
) -> None:
    path = write(tmp_path, suffix, pl.DataFrame({"AETERM": ["fièvre", "発熱"]}))
    assert read(path)["aeterm"].to_list() == ["fièvre", "発熱"]
    assert caplog.text == ""
    # Where the format leaves it open, the bytes decide; else nothing is to be told.
    expected = "UTF-8" if suffix in (".xpt", ".csv") else None
    assert reader_for(path).inspect(path).encoding == expected


@pytest.mark.parametrize("version", [5, 8])
def test_a_label_in_another_encoding_is_no_obstacle(tmp_path: Path, version: int) -> None:
    path = tmp_path / "ae.xpt"
    pyreadstat.write_xport(
        pl.DataFrame({"AETERM": ["rash"]}),
        path,
        table_name="AE",
        column_labels={"AETERM": "patient's word" if version == 5 else "patient's word" + "x" * 60},
        file_format_version=version,
    )
    in_bytes(path, b"patient's", b"patient\x92s")
    assert reader_for(path).inspect(path).encoding == "windows-1252"
    assert read(path)["aeterm"].to_list() == ["rash"]


def test_a_mark_at_the_beginning_of_utf8_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "dm.csv"
    path.write_bytes(b"\xef\xbb\xbfUSUBJID,SEX\r\nP1,F\r\n")
    assert read(path).rows(named=True) == [{"usubjid": "P1", "sex": "F"}]
    path = write(tmp_path, ".json", pl.DataFrame({"SEX": ["F"]}))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(path)["sex"].to_list() == ["F"]


# --- special missing values --------------------------------------------------------------------


def with_codes(folder: Path, suffix: str) -> Path:
    """Rows of EDSS 2.5, .A, missing, ._, .Z."""
    path = folder / f"qs{suffix}"
    numbers = pl.Series([2.5, None, None, None, None], dtype=pl.Float64)
    frame = pl.DataFrame({"USUBJID": [f"P{at}" for at in range(5)], "QSSTRESN": numbers})
    codes = {1: "A", 3: "_", 4: "Z"}
    if suffix == ".sas7bdat":
        write_sas7bdat(path, "QS", frame, {(row, "QSSTRESN"): code for row, code in codes.items()})
        return path
    write_in(path, "QS", frame)
    content = path.read_bytes()
    for row, code in codes.items():
        plain = f"P{row}".encode() + b"." + bytes(7)
        assert content.count(plain) == 1
        content = content.replace(plain, plain.replace(b".", code.encode()))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", [".xpt", ".sas7bdat"])
def test_special_missing_values_are_null_and_their_codes_are_told(
    tmp_path: Path, suffix: str
) -> None:
    path = with_codes(tmp_path, suffix)
    reader = reader_for(path)
    assert reader.read(path).collect()["qsstresn"].to_list() == [2.5, None, None, None, None]
    assert reader.special_missing is not None
    found = reader.special_missing(path).collect()
    assert found.rows() == [(2, "QSSTRESN", "A"), (4, "QSSTRESN", "_"), (5, "QSSTRESN", "Z")]


@pytest.mark.parametrize("suffix", [".xpt", ".sas7bdat"])
@pytest.mark.parametrize("rows", [0, 3])
def test_without_special_missing_values_the_register_has_no_row(
    tmp_path: Path, suffix: str, rows: int
) -> None:
    path = write(tmp_path, suffix, FRAME.head(rows))
    codes = reader_for(path).special_missing
    assert codes is not None
    assert codes(path).collect().is_empty()


# --- laws --------------------------------------------------------------------------------------

#: Letters of all languages, quotes, commas, line ends: whatever a term may hold.
TERM = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from('",\n\r; '),
    max_size=20,
)
ROWS = st.lists(
    st.tuples(
        st.text("ABC019-", min_size=1, max_size=12),
        TERM,
        st.none() | st.integers(-(2**40), 2**40).map(lambda value: value / 4),
    ),
    max_size=12,
)
in_tmp_path = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("suffix", TYPED)
@in_tmp_path
@given(rows=ROWS)
def test_what_is_written_is_read(
    tmp_path: Path, suffix: str, rows: list[tuple[str, str, float | None]]
) -> None:
    schema = {"USUBJID": pl.String, "AETERM": pl.String, "VISITNUM": pl.Float64}
    path = write(tmp_path, suffix, pl.DataFrame(rows, schema=schema, orient="row"))
    expected = [(subject, meant(term), number) for subject, term, number in rows]
    assert read(path).rows() == expected


@in_tmp_path
@given(rows=ROWS)
def test_the_same_rows_in_any_format_give_the_same_raw_table(
    tmp_path: Path, rows: list[tuple[str, str, float | None]]
) -> None:
    contract = RAW["ex"]
    columns = [column for column in contract.columns if not column.name.startswith("source")]
    frame = pl.DataFrame(
        {
            column.name.upper(): pl.Series(
                [None] * len(rows)
                if column.nullable
                else ["ALEMTUZUMAB"] * len(rows)
                if column.dtype == pl.String
                else [1.0] * len(rows),
                dtype=column.dtype,
            )
            for column in columns
        }
    ).with_columns(
        STUDYID=pl.lit("CAMMS323"),
        USUBJID=pl.Series([row[0] for row in rows], dtype=pl.String),
        EXDOSU=pl.Series([row[1] for row in rows], dtype=pl.String),
        EXDOSE=pl.Series([row[2] for row in rows], dtype=pl.Float64),
    )
    tables = {}
    for suffix, writer in [*WRITERS.items(), (".v8", write_xpt8)]:
        folder = tmp_path / suffix[1:]
        folder.mkdir(exist_ok=True)
        path = folder / f"ex{suffix if suffix != '.v8' else '.xpt'}"
        writer(path, "EX", frame)
        selection = delivered(tmp_path, {"CAMMS323": [("EX", path)]})
        table = build_raw_table(contract, selection, tmp_path).collect()
        tables[suffix] = table.drop("source_file")
    for table in tables.values():
        assert table.equals(tables[".parquet"])


def meant(term: str) -> str | None:
    """Blank text is null, and blanks at the end say nothing."""
    return term.rstrip(" ") if term.strip() else None


def test_csv_quotes_line_ends_and_commas(tmp_path: Path) -> None:
    frame = pl.DataFrame({"TERM": ['a "b", c', "two\nlines", 'x"'], "N": ["1", None, ""]})
    write_csv(tmp_path / "dm.csv", "DM", frame)
    assert read(tmp_path / "dm.csv").rows() == [
        ('a "b", c', "1"),
        ("two\nlines", None),
        ('x"', None),
    ]


def test_json_booleans_keep_their_type(tmp_path: Path) -> None:
    write_json(tmp_path / "dm.json", "DM", pl.DataFrame({"FLAG": ["x"]}))
    content = json.loads((tmp_path / "dm.json").read_text())
    content["columns"][0]["dataType"] = "boolean"
    content["rows"] = [[True]]
    (tmp_path / "dm.json").write_text(json.dumps(content))
    assert reader_for(tmp_path / "dm.json").inspect(tmp_path / "dm.json").variables == {
        "flag": "boolean"
    }
    assert read(tmp_path / "dm.json")["flag"].to_list() == [True]
