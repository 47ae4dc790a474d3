"""The header arithmetic of SAS transport files, against what pyreadstat writes."""

from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.xport import CARD_BYTES, XportError, count_records, read_header

# Every row of SDTM bears an identifier, so the first column is never blank.
IDENTIFIER = st.text("ABCXYZ019-", min_size=1, max_size=30)
TEXT = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=120)
NUMBER = st.none() | st.floats(-1e9, 1e9, allow_nan=False, allow_subnormal=False)

in_tmp_path = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(0, 25))
    columns = {"USUBJID": (pl.String, IDENTIFIER)}
    for at, is_text in enumerate(draw(st.lists(st.booleans(), max_size=12))):
        columns[f"V{at}"] = (pl.String, TEXT) if is_text else (pl.Float64, NUMBER)
    return pl.DataFrame(
        {
            name: pl.Series(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=dtype)
            for name, (dtype, values) in columns.items()
        }
    )


def write(path: Path, frame: pl.DataFrame, version: int = 5) -> Path:
    pyreadstat.write_xport(frame, path, table_name="DM", file_format_version=version)
    return path


@in_tmp_path
@given(frame=tables())
def test_header_arithmetic_gives_the_size_that_is_written(
    tmp_path: Path, frame: pl.DataFrame
) -> None:
    path = write(tmp_path / "dm.xpt", frame)
    header = read_header(path)
    assert header.file_bytes(frame.height) == path.stat().st_size
    assert count_records(path, header) == frame.height


@in_tmp_path
@given(frame=tables(), data=st.data())
def test_a_truncated_file_never_counts_as_whole(
    tmp_path: Path, frame: pl.DataFrame, data: st.DataObject
) -> None:
    path = write(tmp_path / "dm.xpt", frame)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1), label="kept bytes")])
    try:
        records = count_records(path, read_header(path))
    except XportError:
        return
    # Cut at a row's end: shorter, but a file of its own right; the manifest's count tells it.
    assert records < frame.height


def test_header_tells_names_types_labels_and_formats(tmp_path: Path) -> None:
    path = tmp_path / "ex.xpt"
    pyreadstat.write_xport(
        pl.DataFrame({"USUBJID": ["P-01"], "EXDOSE": [12.0], "EXSTDY": [1.0]}),
        path,
        table_name="EX",
        column_labels={"EXDOSE": "Dose"},
        variable_format={"EXSTDY": "DATE9."},
        file_format_version=5,
    )
    header = read_header(path)
    assert header.dataset == "EX"
    assert [(item.name, item.type, item.label) for item in header.variables] == [
        ("USUBJID", "text", ""),
        ("EXDOSE", "number", "Dose"),
        ("EXSTDY", "number", ""),
    ]
    assert header.variables[2].format == "DATE"
    assert header.observation_bytes == 4 + 8 + 8
    # Three cards of library, four of member, NAMESTR header, 3 times 140 bytes padded, OBS header.
    assert header.data_start == 8 * CARD_BYTES + 480 + CARD_BYTES


def test_rows_shorter_than_a_card_are_counted_without_their_padding(tmp_path: Path) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["AB", "CD", "EF"]}))
    assert count_records(path, read_header(path)) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends within its header, before LIBRARY"),
        (b"USUBJID,AGE\nP-01,33\n" * 10, "is no SAS transport file of version 5"),
    ],
)
def test_a_file_that_is_no_transport_file_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "dm.xpt"
    path.write_bytes(content)
    with pytest.raises(XportError, match=message):
        read_header(path)


def test_version_8_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["P-01"]}), version=8)
    with pytest.raises(XportError, match="version 8; only version 5 is read"):
        read_header(path)


@pytest.mark.parametrize(
    ("at", "replacement", "message"),
    [
        # Digits of the number of variables, and of the length of a NAMESTR record.
        (7 * CARD_BYTES + 54, b"00x1", "number of variables is b'00x1', not a number"),
        (7 * CARD_BYTES + 54, b"0001", "OBS header expected, found"),
        (7 * CARD_BYTES + 54, b"9000", "ends within its header"),
        (3 * CARD_BYTES + 74, b"0010", "NAMESTR records of 10 bytes"),
        # The length (bytes 4 and 5) of the first variable; its name is the second's.
        (8 * CARD_BYTES + 4, b"\x00\x00", "variable 'USUBJID' has length 0"),
        (8 * CARD_BYTES + 8, b"AGE     ", "describes a variable twice: AGE"),
    ],
)
def test_a_damaged_header_is_refused(
    tmp_path: Path, at: int, replacement: bytes, message: str
) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["P-01"], "AGE": [33.0]}))
    content = bytearray(path.read_bytes())
    content[at : at + len(replacement)] = replacement
    path.write_bytes(content)
    with pytest.raises(XportError, match=message):
        read_header(path)


def test_a_file_without_variables_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["P-01"]}))
    content = bytearray(path.read_bytes())
    content[7 * CARD_BYTES + 54 : 7 * CARD_BYTES + 58] = b"0000"
    header_end = read_header(path).data_start
    path.write_bytes(content[: 8 * CARD_BYTES] + content[header_end - CARD_BYTES :])
    with pytest.raises(XportError, match="describes no variable"):
        read_header(path)


def test_a_file_cut_in_a_row_is_refused_with_numbers(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": [f"{at:0100}" for at in range(5)]})
    path = write(tmp_path / "dm.xpt", frame)
    header = read_header(path)
    # 880 bytes of header and 500 of rows, padded to 560; the cut leaves 2.4 rows in whole cards.
    path.write_bytes(path.read_bytes()[: header.data_start + 240])
    with pytest.raises(XportError) as error:
        count_records(path, header)
    assert str(error.value) == (
        "ends in the middle of a row: 880 bytes of header and 2 rows of 100 bytes, padded to 80, "
        "make 1,120 bytes, 3 rows make 1,200; the file has 1,120"
    )


def test_a_cut_that_leaves_only_blanks_of_a_row_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"TERM": ["x" * 200, ""], "USUBJID": ["A", "B"]})
    path = write(tmp_path / "dm.xpt", frame)
    header = read_header(path)
    # One row of 201 bytes and 119 blanks of the second: too many to be padding.
    path.write_bytes(path.read_bytes()[: header.data_start + 320])
    with pytest.raises(XportError, match="ends in the middle of a row"):
        count_records(path, header)


def test_a_cut_within_the_padding_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["P-01"]}))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(XportError, match=r"make 960 bytes, .* the file has 959"):
        count_records(path, read_header(path))


def test_two_members_in_one_file_are_refused_with_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["P-01"]}))
    one = path.read_bytes()
    # A second member starts with its own MEMBER header; the library's three cards are not repeated.
    path.write_bytes(one + one[3 * CARD_BYTES :])
    with pytest.raises(XportError, match=f"more than one member: DM ends at byte {len(one):,}"):
        count_records(path, read_header(path))


def test_header_words_inside_a_value_start_no_member(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["P-01"], "TERM": ["HEADER RECORD******* in a comment"]})
    path = write(tmp_path / "ae.xpt", frame)
    assert count_records(path, read_header(path)) == 1
