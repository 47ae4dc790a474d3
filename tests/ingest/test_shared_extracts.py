"""Readers and header arithmetic against files that nobody here wrote.

They are not ours to commit: set TOPAZ_SHARED to the folder that holds `extracts/` to run them.
"""

import os
from pathlib import Path

import pytest

from warehouse.readers import UnreadableFileError, reader_for

SHARED = os.environ.get("TOPAZ_SHARED")
pytestmark = pytest.mark.skipif(
    SHARED is None, reason="TOPAZ_SHARED does not name the folder of the shared extracts"
)
EXTRACTS = Path(SHARED or ".") / "extracts"
PILOT = EXTRACTS / "sdtm_xpt_cdiscpilot01"


@pytest.mark.parametrize(("name", "records"), [("dm", 306), ("ex", 591), ("ds", 596)])
def test_cdisc_pilot_is_read_whole(name: str, records: int) -> None:
    path = PILOT / f"{name}.xpt"
    facts = reader_for(path).inspect(path)
    frame = reader_for(path).read(path).collect()
    assert (facts.dataset, facts.records) == (name.upper(), records)
    assert frame.height == records
    assert set(frame["studyid"]) == {"CDISCPILOT01"}


def test_cdisc_pilot_windows_1252(caplog: pytest.LogCaptureFixture) -> None:
    path = PILOT / "ts.xpt"
    frame = reader_for(path).read(path).collect()
    assert frame.height == 33
    assert any("’" in value for value in frame["tsval"].drop_nulls())  # noqa: RUF001
    assert "read again as windows-1252" in caplog.text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "truncated_midrow.xpt",
            "ends in the middle of a row: 4,400 bytes of header and 130 rows of 272 bytes, padded "
            "to 80, make 39,760 bytes, 131 rows make 40,080; the file has 40,001",
        ),
        (
            "two_members.xpt",
            "holds more than one member: ADTTE ends at byte 73,520 of 76,560, where another header "
            "starts; one dataset a file is read",
        ),
        (
            "long_names_utf8_v8.xpt",
            "is a SAS transport file of version 8; only version 5 is read",
        ),
    ],
)
def test_odd_files_are_refused_with_the_reason(name: str, reason: str) -> None:
    path = EXTRACTS / "odd" / name
    with pytest.raises(UnreadableFileError) as error:
        reader_for(path).inspect(path)
    assert str(error.value) == reason


def test_a_file_without_rows_is_read() -> None:
    path = EXTRACTS / "odd" / "zero_rows_v5.xpt"
    assert reader_for(path).inspect(path).records == 0
    assert reader_for(path).read(path).collect().is_empty()
