"""Header of a SAS transport file, version 5: what the file says about itself, and its length.

Belongs here: the byte layout of SAS technical note TS-140 and the arithmetic that follows from
it. Does not belong here: the values (`warehouse.readers` has pyreadstat read them).

Why we read the header ourselves: a version 5 file holds no row count, so every reader takes a
file that was cut off for a shorter one, and a second member for more rows of the first.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: Everything in a transport file is a multiple of this, data padded with blanks (TS-140).
CARD_BYTES = 80

_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_LIBRARY_V8 = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
_NAMESTR = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_OBSERVATION = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
_ANY_HEADER = b"HEADER RECORD*******"

#: Cards before the first NAMESTR record: library (3), member (4), NAMESTR header (1).
_FIXED_CARDS = 8
#: ntype, nhfun, nlng, nvar0, nname, nlabel, nform, nfl, nfd, nfj, nfill, niform, nifl, nifd, npos
_NAMESTR_FIELDS = struct.Struct(">hhhh8s40s8shhh2s8shhi")
_NUMERIC = 1

VariableType = Literal["text", "number"]


class XportError(ValueError):
    """The file is no whole, single-member SAS transport file of version 5; the text says why."""


@dataclass(frozen=True)
class Variable:
    """One NAMESTR record.

    Attributes:
        name: as in the file, upper case by custom, at most 8 characters.
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
        dataset: name of the member (`DM`).
        variables: in the order of the file.
        observation_bytes: bytes of one row.
        data_start: offset of the first row, in bytes.
    """

    dataset: str
    variables: tuple[Variable, ...]
    observation_bytes: int
    data_start: int

    def file_bytes(self, records: int) -> int:
        """Length in bytes of a whole file with this header and so many rows."""
        return self.data_start + _padded(records * self.observation_bytes)


def read_header(path: Path) -> XportHeader:
    """Read the header of a transport file.

    Raises:
        XportError: not version 5, or cut off within the header, or at odds with itself.
    """
    with path.open("rb") as file:
        cards = file.read(_FIXED_CARDS * CARD_BYTES)
        if cards.startswith(_LIBRARY_V8):
            raise XportError("is a SAS transport file of version 8; only version 5 is read")
        _expect(cards, 0, _LIBRARY)
        _expect(cards, 3, _MEMBER)
        _expect(cards, 4, _DESCRIPTOR)
        _expect(cards, 7, _NAMESTR)
        namestr_bytes = _number(cards, 3, slice(74, 78), "length of a NAMESTR record")
        variable_count = _number(cards, 7, slice(54, 58), "number of variables")
        if namestr_bytes < _NAMESTR_FIELDS.size:
            raise XportError(f"states NAMESTR records of {namestr_bytes} bytes; 140 are usual")
        block_bytes = _padded(variable_count * namestr_bytes)
        block = file.read(block_bytes)
        if len(block) < block_bytes:
            raise XportError(
                f"ends within its header: {len(cards) + len(block):,} bytes, but the descriptions "
                f"of {variable_count} variables reach to byte {len(cards) + block_bytes:,}"
            )
        _expect(file.read(CARD_BYTES), 0, _OBSERVATION)
    records = [block[at * namestr_bytes :] for at in range(variable_count)]
    variables = tuple(_variable(record) for record in records)
    _check_variables(variables)
    return XportHeader(
        dataset=_text(cards[5 * CARD_BYTES + 8 : 5 * CARD_BYTES + 16]),
        variables=variables,
        observation_bytes=sum(variable.length for variable in variables),
        data_start=len(cards) + block_bytes + CARD_BYTES,
    )


def count_records(path: Path, header: XportHeader) -> int:
    """Number of rows, from the length of the file.

    Rows shorter than a card leave open how many blank rows are padding: an entirely blank row
    at the end counts as padding (an SDTM row bears at least its STUDYID).

    Raises:
        XportError: the file ends within a row, or holds a second member.
    """
    size = path.stat().st_size
    if size == header.data_start:
        return 0
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


def _padded(length: int) -> int:
    return -(-length // CARD_BYTES) * CARD_BYTES


def _expect(cards: bytes, card: int, header: bytes) -> None:
    found = cards[card * CARD_BYTES : (card + 1) * CARD_BYTES]
    if len(found) < CARD_BYTES:
        raise XportError(f"ends within its header, before {header[20:27].decode().strip()}")
    if not found.startswith(header):
        raise XportError(
            f"is no SAS transport file of version 5: {header[20:27].decode().strip()} header "
            f"expected, found {found[:48]!r}"
        )


def _number(cards: bytes, card: int, digits: slice, what: str) -> int:
    text = cards[card * CARD_BYTES : (card + 1) * CARD_BYTES][digits]
    if not text.isdigit():
        raise XportError(f"has a damaged header: {what} is {text!r}, not a number")
    return int(text)


def _variable(record: bytes) -> Variable:
    kind, _, length, _, name, label, form, *_ = _NAMESTR_FIELDS.unpack_from(record)
    return Variable(
        name=_text(name),
        type="number" if kind == _NUMERIC else "text",
        length=length,
        label=_text(label),
        format=_text(form),
    )


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
