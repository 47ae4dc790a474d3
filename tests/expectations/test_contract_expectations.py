"""What every table must fulfil by its contract, and every raw table as an SDTM dataset."""

import polars as pl
import pytest
from gate_world import CONTRACTS, frame, good_world

from warehouse.contracts import RAW

RAW_TABLES = [contract.sql_name for contract in RAW.values()]
#: Nobody's DM record is in quarantine.
FILLED = [name for name, rows in good_world().items() if rows and name in CONTRACTS]
DATED = {
    name: [column.name for column in CONTRACTS[name].columns if column.name.endswith("dtc")]
    for name in RAW_TABLES
}


def good_frame(table: str) -> pl.DataFrame:
    return frame(table, good_world()[table])


def with_first(data: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    """The frame, one value of its first row replaced."""
    values = [value, *data[column].to_list()[1:]]
    return data.with_columns(pl.Series(column, values, dtype=data.schema[column]))


def outcome_of(run_gate, table: str, data: pl.DataFrame, only: str):
    report = run_gate(table, {table: data}, only=only)
    (outcome,) = report.outcomes
    assert outcome.error is None, report.describe()
    assert not outcome.passed, f"{table}: {only} passed"
    assert not report.passed
    return outcome


@pytest.mark.parametrize("table", CONTRACTS)
def test_missing_and_retyped_columns(table, run_gate) -> None:
    data = good_frame(table)
    last = data.columns[-1]
    missing = outcome_of(run_gate, table, data.drop(last), "columns")
    assert [key["promised_name"] for key in missing.failing_keys] == [last]
    retyped = data.with_columns(pl.lit(1, dtype=pl.Int64).alias(last))
    outcome = outcome_of(run_gate, table, retyped, "columns")
    assert [key["found_type"] for key in outcome.failing_keys] == ["BIGINT"]


@pytest.mark.parametrize("table", CONTRACTS)
def test_columns_out_of_order(table, run_gate) -> None:
    data = good_frame(table)
    swapped = data.select(*data.columns[:-2], data.columns[-1], data.columns[-2])
    assert outcome_of(run_gate, table, swapped, "columns").n_unexpected == 2


@pytest.mark.parametrize("table", FILLED)
def test_null_in_a_required_column(table, run_gate) -> None:
    required = [column.name for column in CONTRACTS[table].columns if not column.nullable]
    data = with_first(good_frame(table), required[-1], None)
    outcome = outcome_of(run_gate, table, data, "values_as_promised")
    assert [key["problem"] for key in outcome.failing_keys] == [f"{required[-1]} is null"]


@pytest.mark.parametrize("table", FILLED)
def test_duplicated_row(table, run_gate) -> None:
    data = good_frame(table)
    outcome = outcome_of(run_gate, table, pl.concat([data, data.head(1)]), "unique_key")
    (key,) = outcome.failing_keys
    assert key["n_rows"] == 2
    assert set(key) == {*CONTRACTS[table].key, "n_rows"}


def test_duplicated_patient_is_named(run_gate) -> None:
    data = good_frame("raw.dm")
    twice = pl.concat([data, data.tail(1).with_columns(source_row=pl.lit(9, dtype=pl.Int32))])
    outcome = outcome_of(run_gate, "raw.dm", twice, "unique_key")
    assert outcome.failing_keys == ({"studyid": "CAMMS323", "usubjid": "P3", "n_rows": 2},)
    assert "studyid=CAMMS323, usubjid=P3" in outcome.describe()


def test_a_missing_key_does_not_hide_a_duplicate(run_gate) -> None:
    data = with_first(good_frame("raw.sv"), "visitnum", None)
    outcome = outcome_of(run_gate, "raw.sv", pl.concat([data, data]), "unique_key")
    assert outcome.n_unexpected == 1


@pytest.mark.parametrize(
    ("table", "column"),
    [(name, c.name) for name, contract in CONTRACTS.items() for c in contract.columns if c.terms],
)
def test_foreign_term(table, column, run_gate) -> None:
    data = with_first(good_frame(table), column, "no such term")
    outcome = outcome_of(run_gate, table, data, "values_as_promised")
    (key,) = outcome.failing_keys
    assert key["problem"] == f"{column} is no term of it"
    assert key[column] == "no such term"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "table",
    [
        name
        for name, contract in CONTRACTS.items()
        if any(column.dtype == pl.Float64() for column in contract.columns)
    ],
)
def test_number_that_is_none(table, value, run_gate) -> None:
    columns = CONTRACTS[table].columns
    numbers = [column.name for column in columns if column.dtype == pl.Float64()]
    data = with_first(good_frame(table), numbers[-1], value)
    outcome = outcome_of(run_gate, table, data, "values_as_promised")
    assert [key["problem"] for key in outcome.failing_keys] == [f"{numbers[-1]} is not finite"]


@pytest.mark.parametrize("table", RAW_TABLES)
def test_unknown_study(table, run_gate) -> None:
    data = with_first(good_frame(table), "studyid", "CAMMS999")
    outcome = outcome_of(run_gate, table, data, "known_study")
    assert outcome.failing_keys[0]["studyid"] == "CAMMS999"


@pytest.mark.parametrize("table", RAW_TABLES)
def test_file_in_the_folder_of_another_study(table, run_gate) -> None:
    """Of a study that is known: nothing else would tell."""
    data = with_first(good_frame(table), "source_file", "LPS13649/2017-10-20/a.xpt")
    outcome = outcome_of(run_gate, table, data, "study_of_folder")
    assert outcome.failing_keys[0]["source_file"] == "LPS13649/2017-10-20/a.xpt"


@pytest.mark.parametrize("table", RAW_TABLES)
def test_dataset_under_another_name(table, run_gate) -> None:
    column = "rdomain" if table.startswith("raw.supp") else "domain"
    data = with_first(good_frame(table), column, "XX")
    assert outcome_of(run_gate, table, data, "own_domain").failing_keys[0][column] == "XX"


def test_edss_may_come_as_disease_response(run_gate) -> None:
    data = with_first(good_frame("raw.qs"), "domain", "RS")
    assert run_gate("raw.qs", {"raw.qs": data}, only="own_domain").passed
    data = with_first(good_frame("raw.nv"), "domain", "RS")
    outcome = outcome_of(run_gate, "raw.nv", data, "own_domain")
    assert "DOMAIN must be NV: the file" in outcome.message


@pytest.mark.parametrize("table", [name for name in RAW_TABLES if name != "raw.dm"])
def test_patient_without_demographics(table, run_gate) -> None:
    data = with_first(good_frame(table), "usubjid", "P9")
    assert outcome_of(run_gate, table, data, "patient_in_dm").failing_keys[0]["usubjid"] == "P9"


@pytest.mark.parametrize(
    ("table", "column"), [(name, column) for name, columns in DATED.items() for column in columns]
)
def test_text_that_is_no_date(table, column, run_gate) -> None:
    data = with_first(good_frame(table), column, "01JAN2010")
    outcome = outcome_of(run_gate, table, data, "iso_8601_dates")
    assert [key["broken_dates"] for key in outcome.failing_keys] == [f"{column} = 01JAN2010"]


@pytest.mark.parametrize(
    "text",
    [
        "2010",
        "2010-02",
        "2010-02-28",
        "2012-02-29",
        "2010-02-28T09",
        "2010-02-28T09:30",
        "2010-02-28T09:30:15",
        "2010-02-28T09:30:15.25",
        None,
    ],
)
def test_iso_8601_texts_pass(text, run_gate) -> None:
    data = with_first(good_frame("raw.sv"), "svstdtc", text)
    assert run_gate("raw.sv", {"raw.sv": data}, only="iso_8601_dates").passed


@pytest.mark.parametrize(
    "text", ["2010-02-30", "2010-13", "2010-2-3", "10-02-03", "2010-02-28 09:30", "2010---28", ""]
)
def test_other_texts_fail(text, run_gate) -> None:
    data = with_first(good_frame("raw.sv"), "svstdtc", text)
    outcome_of(run_gate, "raw.sv", data, "iso_8601_dates")


@pytest.mark.parametrize("text", ["2017-10-05", "2017-10-05T00:01", "2017-11", "2018"])
def test_records_after_the_cutoff_are_counted_and_told(text, run_gate) -> None:
    data = with_first(good_frame("raw.sv"), "svstdtc", text)
    report = run_gate("raw.sv", {"raw.sv": data}, only="after_cutoff")
    assert report.passed
    (warning,) = report.warnings
    assert warning.n_unexpected == 1
    assert warning.failing_keys[0]["svstdtc"] == text


@pytest.mark.parametrize("text", ["2017-10-04T23:59", "2017-10", "2017", None])
def test_records_that_may_lie_before_the_cutoff_are_not(text, run_gate) -> None:
    data = with_first(good_frame("raw.sv"), "svstdtc", text)
    assert not run_gate("raw.sv", {"raw.sv": data}, only="after_cutoff").warnings
