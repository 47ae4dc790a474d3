"""The header arithmetic of SAS transport files, against what pyreadstat writes."""

import struct
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.readers.xport import CARD_BYTES, XportError, count_records, read_header

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


VERSIONS = pytest.mark.parametrize("version", [5, 8])


@VERSIONS
@in_tmp_path
@given(frame=tables())
def test_header_arithmetic_gives_the_size_that_is_written(
    tmp_path: Path, version: int, frame: pl.DataFrame
) -> None:
    path = write(tmp_path / "dm.xpt", frame, version)
    header = read_header(path)
    assert (header.version, header.stated_records) == (
        version,
        None if version == 5 else frame.height,
    )
    assert header.file_bytes(frame.height) == path.stat().st_size
    assert count_records(path, header) == frame.height


@VERSIONS
@in_tmp_path
@given(frame=tables(), data=st.data())
def test_a_truncated_file_never_counts_as_whole(
    tmp_path: Path, version: int, frame: pl.DataFrame, data: st.DataObject
) -> None:
    path = write(tmp_path / "dm.xpt", frame, version)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1), label="kept bytes")])
    try:
        records = count_records(path, read_header(path))
    except XportError:
        return
    # Cut at a row's end: shorter, but a file of its own right; the manifest's count tells it, and
    # in version 8 the header.
    assert version == 5
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
        (b"USUBJID,AGE\nP-01,33\n" * 10, "is no SAS transport file of version 5 or 8"),
    ],
)
def test_a_file_that_is_no_transport_file_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "dm.xpt"
    path.write_bytes(content)
    with pytest.raises(XportError, match=message):
        read_header(path)


LABEL = "Reported Term for the Adverse Event, as the investigator wrote it down"


def write_long_names(path: Path, label: str = LABEL) -> Path:
    pyreadstat.write_xport(
        pl.DataFrame({"USUBJID": ["P-01", "P-02"], "A_NAME_OF_MORE_THAN_EIGHT": [1.0, 2.0]}),
        path,
        table_name="A_DATASET_OF_MORE_THAN_EIGHT",
        column_labels={"A_NAME_OF_MORE_THAN_EIGHT": label},
        file_format_version=8,
    )
    return path


@pytest.mark.parametrize("label", ["short", LABEL, "x" * 250])
def test_version_8_has_long_names_and_a_section_of_long_labels(tmp_path: Path, label: str) -> None:
    path = write_long_names(tmp_path / "ae.xpt", label)
    header = read_header(path)
    assert header.dataset == "A_DATASET_OF_MORE_THAN_EIGHT"
    assert [item.name for item in header.variables] == ["USUBJID", "A_NAME_OF_MORE_THAN_EIGHT"]
    assert label.encode() in header.texts
    assert count_records(path, header) == 2
    assert header.file_bytes(2) == path.stat().st_size


def test_version_8_with_labels_as_version_9_writes_them(tmp_path: Path) -> None:
    path = write_long_names(tmp_path / "ae.xpt")
    content = path.read_bytes()
    fields = struct.Struct(">3H")
    at = content.index(b"LABELV8") - 20 + CARD_BYTES
    variable, name_bytes, label_bytes = fields.unpack_from(content, at)
    texts = content[at + fields.size :][: name_bytes + label_bytes]
    # Lengths of format and informat stand before that of the label.
    section = struct.pack(">5H", variable, name_bytes, 0, 0, label_bytes) + texts
    padded = section.ljust(-(-len(section) // CARD_BYTES) * CARD_BYTES)
    end = content.index(b"HEADER RECORD*******OBSV8")
    path.write_bytes(content[:at].replace(b"LABELV8", b"LABELV9") + padded + content[end:])
    header = read_header(path)
    assert LABEL.encode() in header.texts
    assert count_records(path, header) == 2


def stated(path: Path, rows: str) -> Path:
    """The same file, whose header states another number of rows."""
    content = path.read_bytes()
    at = content.index(b"OBSV8   HEADER RECORD!!!!!!!") + 28
    path.write_bytes(content[:at] + rows.encode() + content[at + len(rows) :])
    return path


def test_version_8_states_its_rows_so_that_blank_ones_count(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["P-01", "", ""]})
    path = write(tmp_path / "dm.xpt", frame, version=8)
    assert count_records(path, read_header(path)) == 3
    # Some writers leave the count at zeros, as in version 5: then blank rows are padding.
    header = read_header(stated(path, "0" * 30))
    assert header.stated_records is None
    assert count_records(path, header) == 1


@pytest.mark.parametrize(
    ("rows", "kept", "message"),
    [
        (
            "3".rjust(15),
            None,
            "is cut off or damaged: it states 3 rows of 100 bytes, which with 880 bytes of header, "
            "padded to 80, make 1,200 bytes; the file has 1,120, room for 2 rows",
        ),
        (
            "2".rjust(15),
            880,
            "is cut off or damaged: it states 2 rows of 100 bytes, which with 880 bytes of header, "
            "padded to 80, make 1,120 bytes; the file has 880, room for 0 rows",
        ),
        ("2".rjust(15), 1040, "ends in the middle of a row: 880 bytes of header and 1 rows of 100"),
        ("x".rjust(15), None, "has a damaged header: number of rows is b'x', not a number"),
    ],
)
def test_version_8_whose_rows_are_not_as_stated_is_refused(
    tmp_path: Path, rows: str, kept: int | None, message: str
) -> None:
    path = write(tmp_path / "dm.xpt", pl.DataFrame({"USUBJID": ["x" * 100] * 2}), version=8)
    stated(path, rows)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(XportError) as error:
        count_records(path, read_header(path))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"NAMSTV8 HEADER RECORD!!!!!!!0000000002", b"NAMSTV8 HEADER RECORD!!!!!!!00000000x2",
         "number of variables is b'000x2', not a number"),
        (b"LABELV8 HEADER RECORD!!!!!!!1", b"LABELV8 HEADER RECORD!!!!!!!x",
         "number of labels is b'x"),
        (b"LABELV8 HEADER RECORD!!!!!!!1", b"LABELV8 HEADER RECORD!!!!!!!99999",
         "ends within its header, in the labels"),
        (b"OBSV8   HEADER", b"OBSV9   HEADER", "OBSV8 header expected, found b'HEADER RECORD"),
        (b"00140  ", b"00088  ", "NAMESTR records of 88 bytes"),
    ],
)  # fmt: skip
def test_a_damaged_header_of_version_8_is_refused(
    tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    path = write_long_names(tmp_path / "ae.xpt")
    content = path.read_bytes()
    assert old in content
    at = content.index(old)
    path.write_bytes(content[:at] + new + content[at + len(new) :])
    with pytest.raises(XportError, match=message):
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
