"""What the landing gate says of files that are not what their manifest states."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.gate import (
    DM,
    FOLDER,
    MANIFEST,
    dm_frame,
    findings,
    only_finding,
    replace_dm,
    selected,
    set_dm,
)
from support.landing import edit_manifest, list_again, write_dataset, write_landing

from warehouse.manifest import Finding


def test_missing_file(landing: Path) -> None:
    (landing / DM).unlink()
    assert only_finding(landing) == Finding(
        "CAMMS323",
        DM,
        "file-missing",
        "is in manifest.json but not in the folder. Copy the file again, or ask the sender for a "
        "new transfer",
    )


def test_file_that_the_manifest_does_not_list(landing: Path) -> None:
    (landing / FOLDER / ".DS_Store").write_bytes(b"")
    (landing / FOLDER / "lb.xpt").write_bytes(b"")
    assert only_finding(landing) == Finding(
        "CAMMS323",
        f"{FOLDER}/lb.xpt",
        "file-unlisted",
        "is in the folder but not in manifest.json. Move it out of landing, or ask the sender for "
        "a manifest that lists it",
    )


def test_size_other_than_the_manifest(landing: Path) -> None:
    set_dm(landing, "bytes", 1)
    size = (landing / DM).stat().st_size
    assert only_finding(landing) == Finding(
        "CAMMS323",
        DM,
        "bytes",
        f"has {size:,} bytes, the manifest states 1. Copy the file again, or ask the sender for a "
        "new transfer",
    )


def test_hash_other_than_the_manifest(landing: Path) -> None:
    set_dm(landing, "sha256", "0" * 64)
    found = only_finding(landing)
    assert found.rule == "sha256"
    assert found.message.startswith("has SHA-256 ")
    assert f", the manifest states {'0' * 64}. Copy the file again" in found.message


def test_hash_in_upper_case_is_the_same_hash(landing: Path) -> None:
    edit_manifest(
        landing / FOLDER,
        lambda manifest: manifest["datasets"][0].update(
            sha256=manifest["datasets"][0]["sha256"].upper()
        ),
    )
    selected(landing)


@pytest.mark.parametrize("suffix", [".xpt", ".parquet"])
def test_records_other_than_the_manifest(tmp_path: Path, suffix: str) -> None:
    landing = write_landing(
        tmp_path / "landing",
        {"CAMMS323": {"DM": [{"usubjid": "P1"}, {"usubjid": "P2"}]}},
        suffix=suffix,
    )
    set_dm(landing, "records", 598)
    size = (landing / FOLDER / f"dm{suffix}").stat().st_size
    found = only_finding(landing)
    assert found.rule == "records"
    assert found.message.startswith(
        f"holds 2 records in {size:,} bytes, the manifest states 598. Have the sender"
    )


def test_file_cut_within_a_row_and_listed_as_it_is(landing: Path) -> None:
    """Size and hash agree with the manifest: only the header's arithmetic can tell."""
    path = landing / DM
    path.write_bytes(path.read_bytes()[:-80])
    list_again(landing / FOLDER, "DM")
    found = only_finding(landing)
    assert (found.file, found.rule) == (DM, "file-format")
    assert found.message.startswith("ends in the middle of a row: 3,440 bytes of header and 1 rows")


def test_file_with_two_members_and_listed_as_it_is(landing: Path) -> None:
    path = landing / DM
    one = path.read_bytes()
    path.write_bytes(one + one[240:])
    list_again(landing / FOLDER, "DM")
    found = only_finding(landing)
    assert found.rule == "file-format"
    assert found.message.startswith(f"holds more than one member: DM ends at byte {len(one):,} of")


def test_damaged_parquet(tmp_path: Path) -> None:
    landing = write_landing(tmp_path / "landing", suffix=".parquet")
    path = landing / FOLDER / "dm.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    list_again(landing / FOLDER, "DM")
    assert only_finding(landing).message.startswith("is no whole Parquet file: ")


def test_format_without_a_reader(landing: Path) -> None:
    (landing / DM).rename(landing / FOLDER / "dm.xlsx")
    set_dm(landing, "file", "dm.xlsx")
    found = only_finding(landing)
    assert found.rule == "file-format"
    assert found.message.startswith("has the suffix '.xlsx'; read are .csv, ")


def test_file_of_another_dataset(landing: Path) -> None:
    replace_dm(landing, dm_frame(), name="VS")
    found = only_finding(landing)
    assert found.rule == "dataset-name"
    assert found.message.startswith("holds dataset 'VS', the manifest states 'DM'. ")


def test_missing_required_dataset(landing: Path) -> None:
    def drop(manifest: dict) -> None:
        manifest["datasets"] = [item for item in manifest["datasets"] if item["name"] != "CE"]

    edit_manifest(landing / FOLDER, drop)
    (landing / FOLDER / "ce.xpt").unlink()
    assert only_finding(landing) == Finding(
        "CAMMS323",
        MANIFEST,
        "required-dataset",
        "lists 13 datasets but not CE, which study CAMMS323 must deliver. Ask the sender for a "
        "complete transfer",
    )


def test_missing_required_variable(landing: Path) -> None:
    replace_dm(
        landing,
        dm_frame().select(
            "STUDYID", "DOMAIN", "USUBJID", pl.exclude("ARMCD", "STUDYID", "DOMAIN", "USUBJID")
        ),
    )
    found = only_finding(landing)
    assert found.rule == "required-variable"
    assert found.message.startswith(
        "lacks variable ARMCD (Planned Arm Code); it has STUDYID, DOMAIN, USUBJID, SUBJID, "
    )
    assert found.message.endswith(". Ask the sender to add it")


def test_missing_optional_variable_is_no_finding(landing: Path) -> None:
    replace_dm(landing, dm_frame().drop("RACE"))
    selected(landing)


@pytest.mark.parametrize(
    ("variable", "value", "label", "found_type", "expected"),
    [
        ("AGE", pl.lit("33"), "Age", "text", "number"),
        ("SEX", pl.lit(1.0), "Sex", "number", "text"),
        ("RACE", pl.lit(1.0), "Race", "number", "text"),
    ],
)
def test_variable_of_another_type(
    landing: Path, variable: str, value: pl.Expr, label: str, found_type: str, expected: str
) -> None:
    replace_dm(landing, dm_frame().with_columns(value.alias(variable)))
    found = only_finding(landing)
    assert found.rule == "variable-type"
    assert found.message == (
        f"variable {variable} ({label}) is of type {found_type}, {expected} is expected. Ask the "
        "sender to deliver it as that"
    )


def test_variable_of_a_type_that_sdtm_does_not_have(tmp_path: Path) -> None:
    landing = write_landing(tmp_path / "landing", suffix=".parquet")
    frame = dm_frame().with_columns(RFSTDTC=pl.lit(date(2010, 1, 1)))
    frame.write_parquet(landing / FOLDER / "dm.parquet")
    list_again(landing / FOLDER, "DM", 1)
    assert "variable RFSTDTC (Subject Reference Start Date/Time) is of type Date, text is" in (
        only_finding(landing).message
    )


def test_additional_datasets_and_variables_are_checked_but_allowed(landing: Path) -> None:
    replace_dm(landing, dm_frame().with_columns(DMDY=pl.lit(1.0)))
    write_dataset(landing / FOLDER / "lb.xpt", "LB", pl.DataFrame({"USUBJID": ["P1"]}))

    def add(manifest: dict) -> None:
        manifest["datasets"].append(
            {**manifest["datasets"][0], "name": "LB", "file": "lb.xpt", "records": 1}
        )

    edit_manifest(landing / FOLDER, add)
    assert {item.file for item in findings(landing)} == {f"{FOLDER}/lb.xpt"}
    list_again(landing / FOLDER, "LB")
    selected(landing)


# --- laws --------------------------------------------------------------------------------------

shared_landing = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def with_dm(landing: Path, content: bytes, check: Callable[[Path], None]) -> None:
    path = landing / DM
    whole, manifest = path.read_bytes(), (landing / MANIFEST).read_text()
    try:
        path.write_bytes(content)
        check(landing)
    finally:
        path.write_bytes(whole)
        (landing / MANIFEST).write_text(manifest)


@shared_landing
@given(data=st.data())
def test_any_truncation_is_refused(landing: Path, data: st.DataObject) -> None:
    whole = (landing / DM).read_bytes()
    kept = data.draw(st.integers(0, len(whole) - 1))
    with_dm(landing, whole[:kept], findings)


@shared_landing
@given(data=st.data())
def test_any_truncation_before_the_manifest_was_made_is_refused(
    landing: Path, data: st.DataObject
) -> None:
    whole = (landing / DM).read_bytes()
    kept = data.draw(st.integers(0, len(whole) - 1))

    def check(landing: Path) -> None:
        list_again(landing / FOLDER, "DM")
        assert {item.rule for item in findings(landing)} <= {"file-format", "records"}

    with_dm(landing, whole[:kept], check)


@shared_landing
@given(data=st.data())
def test_any_changed_byte_is_refused(landing: Path, data: st.DataObject) -> None:
    content = bytearray((landing / DM).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with_dm(landing, bytes(content), lambda landing: _assert_has_rule(landing, "sha256"))


def _assert_has_rule(landing: Path, rule: str) -> None:
    assert rule in {item.rule for item in findings(landing)}
