"""Files damaged inside: refused when they are inspected, or read under the header's names."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.formats import WRITERS, write_in, write_sas7bdat, write_xpt5, write_xpt8

from warehouse.readers import UnreadableFileError, reader_for

FRAME = pl.DataFrame(
    {
        "USUBJID": [f"P-{at:02}" for at in range(12)],
        "AETERM": ["fièvre", 'said "no",\nthen yes', None] * 4,
        "AESEQ": [1.0, None, 2.5] * 4,
    }
)


@pytest.mark.parametrize("suffix", WRITERS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_refused_or_holds_fewer_rows(
    tmp_path: Path, suffix: str, share: float
) -> None:
    path = write_in(tmp_path / f"ae{suffix}", "AE", FRAME)
    # A text may well end without a line's end: that cut loses nothing.
    whole = path.read_bytes().removesuffix(b"\n")
    path.write_bytes(whole[: int(share * len(whole))])
    reader = reader_for(path)
    try:
        records = reader.inspect(path).records
    except UnreadableFileError:
        return
    # Cut at a row's end, or in the last value: only CSV says nothing of its own length.
    assert suffix == ".csv"
    assert records <= FRAME.height
    assert reader.read(path).collect().height == records


def test_a_parquet_file_with_a_damaged_page_is_refused_at_inspection(tmp_path: Path) -> None:
    path = tmp_path / "ae.parquet"
    pl.DataFrame({"AETERM": [f"{at}" * 50 for at in range(100)]}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[60:70] = b"0123456789"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"is no whole Parquet file: .*corruption"):
        reader_for(path).inspect(path)


@pytest.mark.parametrize("write", [write_xpt5, write_xpt8])
def test_a_name_beyond_ascii_is_that_of_the_header(
    tmp_path: Path, write: Callable[[Path, str, pl.DataFrame], None]
) -> None:
    path = tmp_path / "ae.xpt"
    write(path, "AE", FRAME.rename({"AESEQ": "AESXQ"}))
    path.write_bytes(path.read_bytes().replace(b"AESXQ", b"AES\xe9Q"))
    reader = reader_for(path)
    frame = reader.read(path).collect()
    assert frame.columns == list(reader.inspect(path).variables)
    assert frame["usubjid"].to_list() == FRAME["USUBJID"].to_list()
    assert frame[frame.columns[2]].to_list() == FRAME["AESEQ"].to_list()


def test_special_missing_values_are_told_in_any_encoding(tmp_path: Path) -> None:
    path = tmp_path / "ae.sas7bdat"
    frame = pl.DataFrame({"AETERM": ["patient's word", "x"], "AESEQ": [1.0, None]})
    write_sas7bdat(path, "AE", frame, {(1, "AESEQ"): "B"})
    path.write_bytes(path.read_bytes().replace(b"patient's", b"patient\x92s"))
    reader = reader_for(path)
    assert reader.inspect(path).encoding == "windows-1252"
    assert reader.special_missing is not None
    assert reader.special_missing(path).collect().rows() == [(2, "AESEQ", "B")]
