"""Readers: different formats, one look."""

import logging
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.readers import UnreadableFileError, reader_for

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


def write(folder: Path, suffix: str, frame: pl.DataFrame) -> Path:
    path = folder / f"dm{suffix}"
    if suffix.lower() == ".xpt":
        pyreadstat.write_xport(frame, path, table_name="DM", file_format_version=5)
    else:
        frame.write_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".xpt", ".XPT", ".parquet"])
def test_all_formats_look_alike(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, suffix, FRAME)
    assert reader_for(path).read(path).collect().equals(EXPECTED)


@pytest.mark.parametrize("suffix", [".xpt", ".parquet"])
def test_empty_datasets_keep_their_types(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, suffix, FRAME.head(0))
    frame = reader_for(path).read(path).collect()
    assert frame.schema == EXPECTED.schema
    assert frame.is_empty()


@pytest.mark.parametrize("suffix", [".xpt", ".parquet"])
def test_inspection_agrees_with_the_rows(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, suffix, FRAME)
    facts = reader_for(path).inspect(path)
    assert facts.records == 3
    assert facts.variables == {
        "usubjid": "text",
        "sex": "text",
        "age": "number",
        "allmiss": "number",
        "allblank": "text",
    }
    assert facts.dataset == ("DM" if suffix == ".xpt" else None)


def test_parquet_numbers_of_any_width_become_float64(tmp_path: Path) -> None:
    frame = pl.DataFrame({"AESEQ": pl.Series([1, 2], dtype=pl.Int16), "X": [float("nan"), 1.0]})
    path = write(tmp_path, ".parquet", frame)
    found = reader_for(path).read(path).collect()
    assert found.schema == {"aeseq": pl.Float64, "x": pl.Float64}
    assert found.rows() == [(1.0, None), (2.0, 1.0)]


def test_parquet_is_read_lazily(tmp_path: Path) -> None:
    path = write(tmp_path, ".parquet", FRAME)
    plan = reader_for(path).read(path).select("usubjid").explain()
    assert "PROJECT 1/5 COLUMNS" in plan


def test_parquet_names_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ".parquet", pl.DataFrame({"AGE": [1.0], "age": [2.0]}))
    with pytest.raises(UnreadableFileError, match="has a variable twice but for upper case: age"):
        reader_for(path).read(path)


def test_blank_rows_at_the_end_of_a_transport_file_are_not_lost_silently(tmp_path: Path) -> None:
    path = write(tmp_path, ".xpt", pl.DataFrame({"AETERM": ["x" * 100, ""]}))
    with pytest.raises(UnreadableFileError, match="gave 1 rows, its length says 2"):
        reader_for(path).read(path)


def test_dates_counted_from_1960_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "adsl.xpt"
    pyreadstat.write_xport(
        pl.DataFrame({"USUBJID": ["P-01"], "TRTSDT": [18628.0]}),
        path,
        table_name="ADSL",
        variable_format={"TRTSDT": "DATE9."},
        file_format_version=5,
    )
    assert reader_for(path).read(path).collect()["trtsdt"].to_list() == [18628.0]


def test_windows_1252_is_read_after_utf8_failed_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, ".xpt", pl.DataFrame({"AETERM": ["patient's word"]}))
    path.write_bytes(path.read_bytes().replace(b"patient's", b"patient\x92s"))
    with caplog.at_level(logging.WARNING):
        frame = reader_for(path).read(path).collect()
    assert frame["aeterm"].to_list() == ["patient’s word"]  # noqa: RUF001
    assert "dm.xpt is not UTF-8 (invalid start byte); read again as windows-1252" in caplog.text


def test_utf8_text_is_read_as_such_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, ".xpt", pl.DataFrame({"AETERM": ["fièvre", "発熱"]}))
    assert reader_for(path).read(path).collect()["aeterm"].to_list() == ["fièvre", "発熱"]
    assert caplog.text == ""


def test_text_of_neither_encoding_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ".xpt", pl.DataFrame({"AETERM": ["patient's word"]}))
    # 0x81 is no character of windows-1252.
    path.write_bytes(path.read_bytes().replace(b"patient's", b"patient\x81s"))
    with pytest.raises(UnreadableFileError, match="cannot be read as windows-1252"):
        reader_for(path).read(path)


def test_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"suffix '\.csv'; read are \.parquet, \.xpt"):
        reader_for(tmp_path / "dm.csv")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.text("ABC019-", min_size=1, max_size=12),
            st.text(st.characters(exclude_categories=("C", "Z")), max_size=20),
            st.none() | st.integers(-(2**40), 2**40).map(lambda value: value / 4),
        ),
        max_size=20,
    )
)
def test_what_is_written_is_read(tmp_path: Path, rows: list[tuple[str, str, float | None]]) -> None:
    schema = {"USUBJID": pl.String, "AETERM": pl.String, "VISITNUM": pl.Float64}
    path = write(tmp_path, ".xpt", pl.DataFrame(rows, schema=schema, orient="row"))
    expected = [(subject, term or None, number) for subject, term, number in rows]
    assert reader_for(path).read(path).collect().rows() == expected
