"""Header of a SAS transport file, versions 5 and 8: what it says about itself, and its length.

Belongs here: the byte layout of SAS technical note TS-140 and of "Record Layout of a SAS Version 8
or 9 Data Set in SAS Transport Format", the arithmetic that follows from it, and what pyreadstat
does not tell: special missing values. Does not belong here: the other values
(`warehouse.readers.sas_transport` has pyreadstat read them).

Why we read the header ourselves: a version 5 file holds no row count, so every reader takes a
file that was cut off for a shorter one, and a second member for more rows of the first. Version 8
has room for a count, which not every writer fills.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Everything in a transport file is a multiple of this, data padded with blanks (TS-140).
CARD_BYTES = 80

_ANY_HEADER = b"HEADER RECORD*******"
_HEADER_BYTES = 48
_SPECIAL = b"_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BEYOND_ASCII = 0x80

#: Cards before the first NAMESTR record: library (3), member (4), NAMESTR header (1).
_FIXED_CARDS = 8
#: ntype, nhfun, nlng, nvar0, nname, nlabel, nform, nfl, nfd, nfj, nfill, niform, nifl, nifd, npos
_NAMESTR_FIELDS = struct.Struct(">hhhh8s40s8shhh2s8shhi")
_NUMERIC = 1
#: The name in full, in a NAMESTR record of version 8.
_LONG_NAME = slice(88, 120)

VariableType = Literal["text", "number"]


@dataclass(frozen=True)
class _Layout:
    """Where the versions differ: names of the headers, and places in them."""

    version: int
    library: str
    member: str
    descriptor: str
    namestr: str
    observation: str
    dataset: slice
    variable_count: slice


_VERSION_5 = _Layout(
    5, "LIBRARY", "MEMBER", "DSCRPTR", "NAMESTR", "OBS", slice(8, 16), slice(54, 58)
)
_VERSION_8 = _Layout(
    8, "LIBV8", "MEMBV8", "DSCPTV8", "NAMSTV8", "OBSV8", slice(8, 40), slice(53, 58)
)
#: Fields of 16 bits before the texts of a long label: variable and lengths (version 8), and of
#: format and informat, too (version 9).
_LABEL_SECTIONS = {"LABELV8": struct.Struct(">3H"), "LABELV9": struct.Struct(">5H")}
_FILE_LABEL = slice(32, 72)


class XportError(ValueError):
    """The file is no whole, single-member SAS transport file; the text says why."""


@dataclass(frozen=True)
class Variable:
    """One NAMESTR record.

    Attributes:
        name: as in the file, upper case by custom, at most 8 characters (32 in version 8).
        type: text or number.
        length: bytes that a value takes in a row.
        label: at most 40 characters, or empty.
        format: SAS format without width (`$`, `DATE`, `E8601DN`), or empty.
    """

    name: str
    type: VariableType
    length: int
    label: str
    format: str


@dataclass(frozen=True)
class XportHeader:
    """All that stands before the first row.

    Attributes:
        version: 5 or 8.
        dataset: name of the member (`DM`).
        variables: in the order of the file.
        observation_bytes: bytes of one row.
        data_start: offset of the first row, in bytes.
        stated_records: rows by the header; None if it does not say (version 5, some writers of 8).
        texts: names and labels as bytes, one a line.
    """

    version: int
    dataset: str
    variables: tuple[Variable, ...]
    observation_bytes: int
    data_start: int
    stated_records: int | None
    texts: bytes

    def file_bytes(self, records: int) -> int:
        """Length in bytes of a whole file with this header and so many rows."""
        return self.data_start + _padded(records * self.observation_bytes)


def read_header(path: Path) -> XportHeader:
    """Read the header of a transport file.

    Raises:
        XportError: neither version 5 nor 8, or cut off within the header, or at odds with itself.
    """
    with path.open("rb") as file:
        cards = file.read(_FIXED_CARDS * CARD_BYTES)
        layout = _VERSION_8 if _is_header(cards, 0, _VERSION_8.library) else _VERSION_5
        _expect(cards, 0, layout.library)
        _expect(cards, 3, layout.member)
        _expect(cards, 4, layout.descriptor)
        _expect(cards, 7, layout.namestr)
        namestr_bytes = _number(cards, 3, slice(74, 78), "length of a NAMESTR record")
        variable_count = _number(cards, 7, layout.variable_count, "number of variables")
        if namestr_bytes < (_NAMESTR_FIELDS.size if layout is _VERSION_5 else _LONG_NAME.stop):
            raise XportError(f"states NAMESTR records of {namestr_bytes} bytes; 140 are usual")
        block_bytes = _padded(variable_count * namestr_bytes)
        block = file.read(block_bytes)
        if len(block) < block_bytes:
            raise XportError(
                f"ends within its header: {len(cards) + len(block):,} bytes, but the descriptions "
                f"of {variable_count} variables reach to byte {len(cards) + block_bytes:,}"
            )
        observation = file.read(CARD_BYTES)
        labels: list[bytes] = []
        for section, fields in _LABEL_SECTIONS.items():
            if _is_header(observation, 0, section):
                labels = _long_labels(file, fields, observation)
                observation = file.read(CARD_BYTES)
        _expect(observation, 0, layout.observation)
        data_start = file.tell()
    records = [block[at * namestr_bytes :][:namestr_bytes] for at in range(variable_count)]
    variables = tuple(_variable(record, layout) for record in records)
    _check_variables(variables)
    texts = [cards[6 * CARD_BYTES :][_FILE_LABEL], *labels]
    texts += [_name(record, layout) for record in records]
    texts += [text for record in records for text in _NAMESTR_FIELDS.unpack_from(record)[5:7]]
    return XportHeader(
        version=layout.version,
        dataset=_text(cards[5 * CARD_BYTES :][layout.dataset]),
        variables=variables,
        observation_bytes=sum(variable.length for variable in variables),
        data_start=data_start,
        stated_records=_stated_records(observation) if layout is _VERSION_8 else None,
        texts=b"\n".join(texts),
    )


def count_records(path: Path, header: XportHeader) -> int:
    """Number of rows, from the length of the file, and as the header states it if it does.

    Rows shorter than a card leave open how many blank rows are padding: without a stated count an
    entirely blank row at the end counts as padding (an SDTM row bears at least its STUDYID).

    Raises:
        XportError: the file ends within a row, holds a second member, or has more or fewer rows
            than it states.
    """
    size = path.stat().st_size
    stated = header.stated_records
    if stated is not None and size == header.file_bytes(stated):
        return stated
    records = 0 if size == header.data_start else _records_by_length(path, header, size)
    if stated is not None and records != stated:
        raise XportError(
            f"is cut off or damaged: it states {stated:,} rows of {header.observation_bytes:,} "
            f"bytes, which with {header.data_start:,} bytes of header, padded to {CARD_BYTES}, "
            f"make {header.file_bytes(stated):,} bytes; the file has {size:,}, room for "
            f"{records:,} rows"
        )
    return records


def _records_by_length(path: Path, header: XportHeader, size: int) -> int:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        second = _next_header(data, header.data_start)
        if second is not None:
            raise XportError(
                f"holds more than one member: {header.dataset} ends at byte {second:,} of "
                f"{size:,}, where another header starts; one dataset a file is read"
            )
        row = header.observation_bytes
        records, rest = divmod(size - header.data_start, row)
        if size % CARD_BYTES or rest >= CARD_BYTES or data[size - rest : size].strip(b" "):
            raise XportError(
                f"ends in the middle of a row: {header.data_start:,} bytes of header and "
                f"{records:,} rows of {row:,} bytes, padded to {CARD_BYTES}, make "
                f"{header.file_bytes(records):,} bytes, {records + 1:,} rows make "
                f"{header.file_bytes(records + 1):,}; the file has {size:,}"
            )
        end = size - rest
        while size - (end - row) < CARD_BYTES and not data[end - row : end].strip(b" "):
            end -= row
            records -= 1
    return records


def special_missing(path: Path, header: XportHeader, records: int) -> pl.DataFrame:
    """The special missing values: a letter or `_` in the first byte of a number, zeros behind.

    Args:
        path: a whole file.
        header: its header.
        records: its rows.

    Returns:
        `source_row` from 1, `variable`, `code` (`A` to `Z`, `_`), by variable and row.
    """
    import numpy as np

    frames = [
        pl.DataFrame(schema={"source_row": pl.Int64, "variable": pl.String, "code": pl.String})
    ]
    codes = np.frombuffer(_SPECIAL, dtype=np.uint8)
    for variable, cells in _cells(path, header, records):
        if variable.type == "text":
            continue
        found = np.flatnonzero(np.isin(cells[:, 0], codes) & ~cells[:, 1:].any(axis=1))
        frames.append(
            pl.DataFrame(
                {
                    "source_row": found + 1,
                    "variable": pl.Series([variable.name] * len(found), dtype=pl.String),
                    "code": pl.Series([chr(byte) for byte in cells[found, 0]], dtype=pl.String),
                }
            )
        )
    return pl.concat(frames)


def text_beyond_ascii(path: Path, header: XportHeader, records: int) -> bytes:
    """Names, labels, and all values of text that hold more than ASCII, one a line."""
    import numpy as np

    lines = [header.texts]
    for variable, cells in _cells(path, header, records):
        if variable.type == "text":
            found = cells[(cells >= _BEYOND_ASCII).any(axis=1)]
            ends = np.full((len(found), 1), ord("\n"), dtype=np.uint8)
            lines.append(np.hstack([found, ends]).tobytes())
    return b"\n".join(lines)


def _cells(
    path: Path, header: XportHeader, records: int
) -> Iterator[tuple[Variable, "npt.NDArray[np.uint8]"]]:
    """Each variable with its bytes, one row of the array a row."""
    # Loaded late: most commands read no extract.
    import numpy as np

    if not records:
        return
    shape = (records, header.observation_bytes)
    rows = np.memmap(path, dtype=np.uint8, mode="r", offset=header.data_start, shape=shape)
    at = 0
    for variable in header.variables:
        yield variable, rows[:, at : at + variable.length]
        at += variable.length


def _padded(length: int) -> int:
    return -(-length // CARD_BYTES) * CARD_BYTES


def _is_header(cards: bytes, card: int, name: str) -> bool:
    start = f"HEADER RECORD*******{name:<8}HEADER RECORD!!!!!!!".encode()
    return cards[card * CARD_BYTES :].startswith(start)


def _expect(cards: bytes, card: int, name: str) -> None:
    found = cards[card * CARD_BYTES : (card + 1) * CARD_BYTES]
    if len(found) < CARD_BYTES:
        raise XportError(f"ends within its header, before {name}")
    if not _is_header(found, 0, name):
        raise XportError(
            f"is no SAS transport file of version 5 or 8: {name} header expected, found "
            f"{found[:48]!r}"
        )


def _number(cards: bytes, card: int, digits: slice, what: str) -> int:
    text = cards[card * CARD_BYTES : (card + 1) * CARD_BYTES][digits]
    if not text.isdigit():
        raise XportError(f"has a damaged header: {what} is {text!r}, not a number")
    return int(text)


def _long_labels(file: IO[bytes], fields: struct.Struct, header: bytes) -> list[bytes]:
    """Read over the section of labels that are too long for a NAMESTR record; they, as bytes."""
    count = header[_HEADER_BYTES:].split()[:1]
    if not count or not count[0].isdigit():
        raise XportError(f"has a damaged header: number of labels is {header[_HEADER_BYTES:]!r}")
    found = []
    for _ in range(int(count[0])):
        lengths = file.read(fields.size)
        if len(lengths) < fields.size:
            raise XportError("ends within its header, in the labels")
        found.append(file.read(sum(fields.unpack(lengths)[1:])))
    file.seek(_padded(file.tell()))
    return found


def _stated_records(observation: bytes) -> int | None:
    """Rows by the OBSV8 header, which pyreadstat before 1.3 filled with zeros, as version 5 has."""
    stated = observation[_HEADER_BYTES:].strip()
    if stated != b"0" and not stated.strip(b"0"):
        return None
    if not stated.isdigit():
        raise XportError(f"has a damaged header: number of rows is {stated!r}, not a number")
    return int(stated)


def _variable(record: bytes, layout: _Layout) -> Variable:
    kind, _, length, _, _, label, form, *_ = _NAMESTR_FIELDS.unpack_from(record)
    return Variable(
        name=_text(_name(record, layout)),
        type="number" if kind == _NUMERIC else "text",
        length=length,
        label=_text(label),
        format=_text(form),
    )


def _name(record: bytes, layout: _Layout) -> bytes:
    """In version 8 the short name is cut off, perhaps within a character."""
    name: bytes = _NAMESTR_FIELDS.unpack_from(record)[4]
    return record[_LONG_NAME] if layout is _VERSION_8 else name


def _check_variables(variables: tuple[Variable, ...]) -> None:
    if not variables:
        raise XportError("describes no variable")
    for variable in variables:
        if variable.length < 1:
            raise XportError(
                f"has a damaged header: variable {variable.name!r} has length {variable.length}"
            )
    names = [variable.name.upper() for variable in variables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise XportError(f"describes a variable twice: {', '.join(twice)}")


def _next_header(data: mmap.mmap, start: int) -> int | None:
    at = data.find(_ANY_HEADER, start)
    while at != -1 and at % CARD_BYTES:
        at = data.find(_ANY_HEADER, at + 1)
    return None if at == -1 else at


def _text(field: bytes) -> str:
    # Labels of real files are windows-1252 now and then; a label must not stop the header.
    return field.rstrip(b" \0").decode("utf-8", errors="replace")
