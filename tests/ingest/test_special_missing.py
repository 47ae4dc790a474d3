"""The register of special missing values: which number is missing for which reason."""

from pathlib import Path

import polars as pl
import pytest
from delivery import delivered
from support.formats import write_in, write_sas7bdat
from support.landing import dataset_frame

from warehouse.contracts import RAW, REGISTERS
from warehouse.raw import RawTableError, build_raw_table

REGISTER = REGISTERS["special_missing"]


def nv(study: str) -> pl.DataFrame:
    row = {"nvtestcd": "GDLESCNT", "nvstresn": None}
    rows = [{"usubjid": "P1", "nvseq": at, **row} for at in (1.0, 2.0, 3.0)]
    return dataset_frame(study, "NV", rows)


def test_codes_of_all_files_are_told_with_file_and_row(tmp_path: Path) -> None:
    with_codes = tmp_path / "nv.sas7bdat"
    write_sas7bdat(with_codes, "NV", nv("LPS13649"), {(0, "NVSTRESN"): "A", (2, "NVSTRESN"): "_"})
    without = write_in(tmp_path / "nv.csv", "NV", nv("CAMMS323"))
    # A dataset that no raw table holds is not looked at.
    other = tmp_path / "lb.sas7bdat"
    write_sas7bdat(other, "LB", pl.DataFrame({"LBSEQ": [None]}, schema={"LBSEQ": pl.Float64}),
                   {(0, "LBSEQ"): "Z"})  # fmt: skip
    selection = delivered(
        tmp_path, {"LPS13649": [("NV", with_codes), ("LB", other)], "CAMMS323": [("NV", without)]}
    )
    found = build_raw_table(REGISTER, selection, tmp_path).collect()
    assert found.schema == REGISTER.schema
    assert found.rows() == [
        ("nv.sas7bdat", 1, "LPS13649", "NV", "NVSTRESN", "A"),
        ("nv.sas7bdat", 3, "LPS13649", "NV", "NVSTRESN", "_"),
    ]
    values = build_raw_table(RAW["nv"], selection, tmp_path).collect()
    assert values["nvstresn"].to_list() == [None] * 6


def test_without_a_file_the_register_is_empty(tmp_path: Path) -> None:
    found = build_raw_table(REGISTER, delivered(tmp_path, {}), tmp_path).collect()
    assert found.schema == REGISTER.schema
    assert found.is_empty()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nv.sas7bdat"
    path.write_bytes(b"USUBJID,NVSEQ\n")
    selection = delivered(tmp_path, {"LPS13649": [("NV", path)]})
    with pytest.raises(RawTableError, match=r"nv\.sas7bdat is no SAS data set: it starts with"):
        build_raw_table(REGISTER, selection, tmp_path)
