"""Delivered rows that break a content rule are put aside, each with its rule; the others go on."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from gate_faults import Fault
from gate_faults_patients import RAW_FAULTS
from gate_world import CONTRACTS, RULES, World, frame, good_world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.quarantine import content_expectations, referenced_by_content, split_rows
from expectations.runner import run_suite
from expectations.suites import QuarantineLimits, suite_for
from warehouse.contracts import QUARANTINE, RAW
from warehouse.contracts.landing import TRANSFER

ROW = ("source_file", "source_row")
CONTENT = {
    name: {item.id: item for item in content_expectations(contract, RULES)}
    for name, contract in RAW.items()
}
#: A fault in one delivered row, for each content rule that is listed for a dataset.
SEEDED = [
    case for case in RAW_FAULTS if case.id in CONTENT[case.table.removeprefix("raw.")] and case.keys
]

Split = Callable[[str, World], tuple[pl.DataFrame, pl.DataFrame]]


@pytest.fixture
def split(tmp_path: Path) -> Split:
    """Split a dataset of a world; the other raw tables are taken as they stand in it."""
    return lambda name, world: split_into(tmp_path, name, world)


def split_into(folder: Path, name: str, world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    needed = (f"raw.{name}", *referenced_by_content(RAW[name], RULES))
    paths = {table: folder / f"{table}.parquet" for table in needed}
    for table, path in paths.items():
        frame(table, world[table]).write_parquet(path)
    delivered = paths.pop(f"raw.{name}")
    kept, aside = split_rows(RAW[name], delivered, paths, RULES)
    return kept.collect(), aside.collect()


def test_whole_rows_all_stay(split) -> None:
    for name in RAW:
        kept, aside = split(name, good_world())
        assert kept.equals(frame(f"raw.{name}", good_world()[f"raw.{name}"]))
        assert aside.is_empty()
        assert aside.schema == QUARANTINE[name].schema


def test_every_listed_content_rule_has_a_seeded_row() -> None:
    generic = {"values_as_promised", "unique_key", "record_once", "iso_8601_dates", "patient_in_dm"}
    listed = {(f"raw.{name}", rule) for name, rules in CONTENT.items() for rule in rules}
    assert {(case.table, case.id) for case in SEEDED} == {
        (table, rule) for table, rule in listed if rule not in generic
    }


@pytest.mark.parametrize("case", SEEDED, ids=str)
def test_a_bad_row_is_put_aside_and_told(case: Fault, split, run_gate) -> None:
    world = good_world()
    for edit in case.edits:
        edit.apply(world)
    name = case.table.removeprefix("raw.")
    kept, aside = split(name, world)
    rule = CONTENT[name][case.id]
    told = aside.filter(pl.col("expectation") == case.id)
    assert told.height == len(case.keys)
    row = told.row(0, named=True)
    assert (row["message"], row["rule_id"]) == (rule.message, rule.rule_id)
    assert row["usubjid"] == case.keys[0].get("usubjid", row["usubjid"])
    delivered = frame(case.table, world[case.table])
    (original,) = delivered.filter(
        pl.col("source_file") == row["source_file"], pl.col("source_row") == row["source_row"]
    ).to_dicts()
    record = json.loads(row["record"])
    for column, value in original.items():
        if column not in ROW and value == value:  # NaN is null in JSON
            assert record[column] == value
    assert aside.select(ROW).unique().height + kept.height == delivered.height
    # What is left holds: the gate asks again.
    report = run_gate(case.table, {case.table: kept})
    assert report.failures == (), report.describe()


@pytest.mark.parametrize("name", RAW)
def test_a_missing_value_puts_its_row_aside(name, split) -> None:
    column = [c.name for c in RAW[name].columns if not c.nullable][-1]
    world = good_world()
    world[f"raw.{name}"][0][column] = None
    kept, aside = split(name, world)
    told = aside.filter(pl.col("expectation") == "values_as_promised")
    # The values of columns with terms are shown beside.
    assert [text.split(", ")[0] for text in told["offending"]] == [f"{column} is null"]
    assert kept.height == len(world[f"raw.{name}"]) - 1


@pytest.mark.parametrize(("name", "flag"), [("dm", "dthfl"), ("ce", "ceoccur"), ("ae", "aesdth")])
def test_a_flag_in_another_spelling_puts_its_row_aside(name, flag, split) -> None:
    """Found in review: YES and NO would both have counted as no."""
    world = good_world()
    world[f"raw.{name}"][0][flag] = "YES"
    _, aside = split(name, world)
    told = aside.filter(pl.col("expectation") == "values_as_promised")
    assert [text.split(", ")[0] for text in told["offending"]] == [f"{flag} is no term of it"]


def test_what_is_told_of_a_row(split) -> None:
    world = good_world()
    world["raw.qs"][1]["qsstresn"] = 0.5
    _, aside = split("qs", world)
    row = aside.row(0, named=True)
    record = json.loads(row.pop("record"))
    assert row == {
        "source_file": "CAMMS323/2017-10-20/qs.xpt",
        "source_row": 2,
        "expectation": "edss_scores",
        "rule_id": "E-06",
        "study_id": "CAMMS323",
        "usubjid": "P1",
        "record_key": "domain=QS, qsseq=2",
        "offending": "qsstresn = 0.5, visit = MONTH 0, qsdtc = 2009-01-02",
        "message": "An EDSS score is none of 0, 1, 1.5, 2, … 10 (half points; 0.5 does not exist). "
        "Query the site.",
    }
    assert list(record) == CONTRACTS["raw.qs"].column_names[2:]
    assert (record["qsseq"], record["qsstresn"], record["qsstat"]) == (2.0, 0.5, None)


def test_one_row_may_break_several_rules(split) -> None:
    world = good_world()
    world["raw.ex"][1].update(exdose=-1.0, exstdtc="2009-02-30")
    kept, aside = split("ex", world)
    assert aside["expectation"].to_list() == ["infusion_has_dose", "iso_8601_dates"]
    assert kept.height == len(world["raw.ex"]) - 1


def test_a_relapse_without_a_year_is_put_aside(split) -> None:
    """Blank and null are one thing in raw; `--05-12` is no year either."""
    for text, rule in ((None, "relapse_has_year"), ("--05-12", "iso_8601_dates")):
        world = good_world()
        world["raw.ce"][0]["cestdtc"] = text
        assert split("ce", world)[1]["expectation"].to_list() == [rule]


def test_of_rows_that_repeat_one_another_the_first_stays(split) -> None:
    world = good_world()
    (first,) = world["raw.ae"]
    world["raw.ae"] += [{**first, "source_row": 3}, {**first, "source_row": 2}]
    kept, aside = split("ae", world)
    assert kept["source_row"].to_list() == [1]
    assert aside["source_row"].to_list() == [2, 3]
    assert set(aside["expectation"]) == {"record_once"}
    assert set(aside["offending"]) == {"repeats row 1 of CAMMS323/2017-10-20/ae.xpt"}
    assert "The first is kept" in aside["message"][0]


def test_rows_of_one_key_that_differ_are_all_put_aside(split) -> None:
    world = good_world()
    (first,) = world["raw.ae"]
    world["raw.ae"] += [
        {**first, "source_row": 2},
        {**first, "source_row": 3, "aeterm": "migraine"},
        {**first, "source_row": 4, "aeseq": 2.0},
    ]
    kept, aside = split("ae", world)
    assert kept["source_row"].to_list() == [4]
    assert aside["source_row"].unique(maintain_order=True).to_list() == [1, 2, 3]
    told = aside.filter(pl.col("expectation") == "unique_key")
    assert told["source_row"].to_list() == [1, 2, 3]
    assert set(told["offending"]) == {"3 rows of this key, which differ"}


def test_a_missing_part_of_the_key_is_a_key_too(split) -> None:
    world = good_world()
    world["raw.sv"][0].update(visitnum=None)
    world["raw.sv"].append({**world["raw.sv"][0], "source_row": 2})
    kept, aside = split("sv", world)
    assert kept["source_row"].to_list() == [1]
    assert aside["record_key"].to_list() == ["visitnum=missing, svstdtc=2008-01-01"]


def test_numbers_of_records_are_told_as_they_are(split) -> None:
    world = good_world()
    world["raw.sv"][0].update(visitnum=1.5, svstdtc="x")
    assert split("sv", world)[1]["record_key"].to_list() == ["visitnum=1.5, svstdtc=x"]


def test_what_refers_to_a_row_in_quarantine_goes_with_it(split, tmp_path) -> None:
    """DM takes along the patient of that study; a record of EX its qualifiers."""
    world = good_world()
    world["raw.dm"][1]["rficdtc"] = "2010-15"
    kept, aside = split("dm", world)
    assert aside[["study_id", "usubjid"]].rows() == [("CAMMS03409", "P1")]
    world["raw.dm"] = kept.to_dicts()
    kept, aside = split("ex", world)
    assert aside[["expectation", "record_key"]].rows() == [("patient_in_dm", "exseq=3")]
    world["raw.ex"] = kept.to_dicts()
    assert set(split("suppex", world)[1]["expectation"]) == {"patient_in_dm", "qualifies_a_record"}


def test_datasets_refer_to_each_other_in_one_direction() -> None:
    above: dict[str, tuple[str, ...]] = {}
    waiting = [f"raw.{name}" for name in RAW]
    while waiting:
        ready = [
            name
            for name in waiting
            if set(referenced_by_content(CONTRACTS[name], RULES)) <= above.keys()
        ]
        assert ready, f"a circle among {waiting}"
        above |= dict.fromkeys(ready, ())
        waiting = [name for name in waiting if name not in above]
    assert referenced_by_content(RAW["dm"], RULES) == ()
    assert referenced_by_content(RAW["suppce"], RULES) == ("raw.ce", "raw.dm")


def test_a_table_that_a_rule_looks_at_must_be_given(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"rules of raw\.suppex look at raw\.ex: give it"):
        split_rows(RAW["suppex"], tmp_path / "x", {"raw.dm": tmp_path / "dm"}, RULES)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "usubjid": st.sampled_from(["P1", "P2", "P9", None]),
                "aeseq": st.sampled_from([1.0, 2.0, 3.0, None, float("nan")]),
                "aeterm": st.sampled_from(["headache", "rash", None]),
                "aeser": st.sampled_from(["Y", "N", None]),
                "aestdtc": st.sampled_from(["2009", "2009-02-30", None]),
            }
        ),
        max_size=12,
    )
)
def test_no_row_is_lost_or_doubled_and_what_stays_is_whole(rows, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("law")
    world = good_world()
    (first,) = world["raw.ae"]
    world["raw.ae"] = [
        {**first, **row, "source_row": number} for number, row in enumerate(rows, start=1)
    ]
    kept, aside = split_into(folder, "ae", world)
    numbers = kept["source_row"].to_list()
    put_aside = aside["source_row"].unique().to_list()
    assert sorted([*numbers, *put_aside]) == list(range(1, len(rows) + 1))
    assert aside.select(QUARANTINE["ae"].key).is_duplicated().sum() == 0
    world["raw.ae"] = kept.to_dicts()
    again, nothing = split_into(folder, "ae", world)
    assert nothing.is_empty()
    assert again.equals(kept)


def outcome_of(run_gate, table: str, replaced: dict[str, list], only: str):
    report = run_gate(table, {name: frame(name, rows) for name, rows in replaced.items()}, only)
    (outcome,) = report.outcomes
    assert outcome.error is None, report.describe()
    return outcome


@pytest.mark.parametrize("name", RAW)
def test_a_row_that_is_in_neither_table_is_missed(name, run_gate) -> None:
    rows = good_world()[f"raw.{name}"]
    outcome = outcome_of(
        run_gate, f"quarantine.{name}", {f"raw.{name}": rows[1:]}, "rows_accounted_for"
    )
    assert not outcome.passed
    assert outcome.severity == "structural"
    (key,) = outcome.failing_keys
    assert key["source_file"] == rows[0]["source_file"]
    assert key["n_delivered"] == key["n_raw"] + key["n_quarantined"] + 1
    assert "Rows in must be rows out and rows put aside" in outcome.message


@pytest.mark.parametrize("name", RAW)
def test_a_row_read_twice_or_in_both_tables_is_told(name, run_gate) -> None:
    rows = good_world()[f"raw.{name}"]
    for more in (rows[0], {**rows[0], "source_row": len(rows) + 1}):
        outcome = outcome_of(
            run_gate,
            f"quarantine.{name}",
            {f"raw.{name}": [*rows, more]},
            "rows_accounted_for",
        )
        assert outcome.n_unexpected == 1, outcome


@pytest.mark.parametrize("numbers", [(1, 1, 3), (0, 1, 2), (1, 2, 5)])
def test_rows_numbered_otherwise_than_they_came_are_told(numbers, run_gate) -> None:
    """Row 4 is in quarantine."""
    rows = good_world()["raw.qs"]
    for row, number in zip(rows, numbers, strict=True):
        row["source_row"] = number
    assert not outcome_of(run_gate, "quarantine.qs", {"raw.qs": rows}, "rows_accounted_for").passed


def test_a_file_that_gave_no_row_and_a_row_of_no_file_are_told(run_gate) -> None:
    world = good_world()
    files = world[TRANSFER.sql_name]
    of_qs = next(row for row in files if row["dataset"] == "QS")
    files.append({**of_qs, "study_id": "LPS13649", "file": "LPS13649/2017-10-20/qsco.xpt",
                  "dataset": "QSCO", "records": 7})  # fmt: skip
    files.append({**of_qs, "study_id": "LPS13649", "file": "LPS13649/2017-10-20/qx.xpt",
                  "dataset": "QX", "records": 7})  # fmt: skip
    outcome = outcome_of(
        run_gate, "quarantine.qs", {TRANSFER.sql_name: files}, "rows_accounted_for"
    )
    assert [(key["source_file"], key["n_delivered"], key["n_raw"]) for key in outcome.failing_keys]\
        == [("LPS13649/2017-10-20/qsco.xpt", 7, 0)]  # fmt: skip
    without = [row for row in good_world()[TRANSFER.sql_name] if row["dataset"] != "QS"]
    outcome = outcome_of(
        run_gate, "quarantine.qs", {TRANSFER.sql_name: without}, "rows_accounted_for"
    )
    assert [key["n_delivered"] for key in outcome.failing_keys] == [None]


def test_a_file_without_records_and_the_crosswalk_are_accounted_for(run_gate) -> None:
    files = good_world()[TRANSFER.sql_name]
    of_qs = next(row for row in files if row["dataset"] == "QS")
    files.append({**of_qs, "study_id": "LPS13649", "file": "LPS13649/qs.xpt", "records": 0})
    nothing = {"transfer_date": None, "cutoff": None, "dataset": "CROSSWALK", "records": 3}
    files.append({**of_qs, **nothing, "study_id": "ALL", "file": "crosswalk.csv"})
    replaced = {TRANSFER.sql_name: files}
    assert outcome_of(run_gate, "quarantine.qs", replaced, "rows_accounted_for").passed


@pytest.mark.parametrize("dataset", ["RS", "QSDA", "QSX"])
def test_split_files_and_rs_are_delivered_for_qs(dataset, run_gate) -> None:
    files = good_world()[TRANSFER.sql_name]
    next(row for row in files if row["dataset"] == "QS").update(dataset=dataset)
    outcome = outcome_of(
        run_gate, "quarantine.qs", {TRANSFER.sql_name: files}, "rows_accounted_for"
    )
    assert outcome.passed


def test_a_rule_of_another_table_puts_nothing_aside(run_gate) -> None:
    rows = good_world()["quarantine.ae"]
    rows[0]["expectation"] = "edss_scores"
    outcome = outcome_of(run_gate, "quarantine.ae", {"quarantine.ae": rows}, "known_rule")
    assert (outcome.passed, outcome.severity) == (False, "structural")


def put_aside(world: World, name: str, n_rows: int, n_delivered: int, usubjid: str = "P1") -> World:
    """Tables that the share of a quarantine is counted of."""
    (row,) = world["quarantine.ae"]
    (file,) = [row for row in world[TRANSFER.sql_name] if row["dataset"] == name.upper()][:1]
    return {
        TRANSFER.sql_name: [{**file, "records": n_delivered}],
        f"quarantine.{name}": [
            {**row, "source_row": number, "usubjid": usubjid, "expectation": rule}
            for number in range(n_rows)
            for rule in ("unique_key", "iso_8601_dates")
        ],
    }


@pytest.mark.parametrize(
    ("n_rows", "n_delivered", "is_let_pass"),
    [(5, 5, True), (6, 600, True), (6, 599, False), (10, 1000, True), (11, 1000, False)],
)
def test_above_a_share_the_cut_stops(n_rows, n_delivered, is_let_pass, run_gate) -> None:
    world = put_aside(good_world(), "ae", n_rows, n_delivered)
    outcome = outcome_of(run_gate, "quarantine.ae", world, "share_put_aside")
    assert outcome.passed is is_let_pass
    assert outcome.severity == "content"
    if not is_let_pass:
        assert outcome.failing_keys[0]["n_quarantined"] == n_rows
        assert "More than 1% of the delivered rows (and more than 5 rows)" in outcome.message


def test_the_share_is_a_setting(good_paths, tmp_path) -> None:
    world = put_aside(good_world(), "ae", 6, 100)
    paths = dict(good_paths)
    for name, rows in world.items():
        paths[name] = tmp_path / f"{name}.parquet"
        frame(name, rows).write_parquet(paths[name])
    limits = (QuarantineLimits(), QuarantineLimits(6.0, 0), QuarantineLimits(5.9, 6))
    passed = []
    for limit in limits:
        report = run_suite(suite_for(QUARANTINE["ae"], RULES, limit), paths)
        passed.append({item.id: item.passed for item in report.outcomes}["share_put_aside"])
    assert passed == [False, True, True]


def test_records_of_a_patient_put_aside_count_once_in_dm(run_gate) -> None:
    world = put_aside(good_world(), "ae", 50, 100)
    (row,) = good_world()["quarantine.ae"]
    world["quarantine.dm"] = [row]
    assert outcome_of(run_gate, "quarantine.ae", world, "share_put_aside").passed
    world["quarantine.dm"] = [{**row, "study_id": "LPS13649"}]
    assert not outcome_of(run_gate, "quarantine.ae", world, "share_put_aside").passed


def test_a_patient_put_aside_is_told_loudly(run_gate) -> None:
    (row,) = good_world()["quarantine.ae"]
    outcome = outcome_of(run_gate, "quarantine.dm", {"quarantine.dm": [row]}, "patient_put_aside")
    assert outcome.severity == "plausibility"
    assert outcome.failing_keys[0]["usubjid"] == "P1"
    assert "none of them enters a result" in outcome.message


def test_an_infusion_put_aside_is_told_loudly(run_gate) -> None:
    (row,) = good_world()["quarantine.ex"]
    told = []
    for drug, rule in (
        ("ALEMTUZUMAB", "not_after_death"),
        ("ALEMTUZUMAB", "record_once"),
        ("ALEMTUZUMAB", "patient_in_dm"),
        ("INTERFERON BETA-1A", "not_after_death"),
    ):
        aside = {**row, "expectation": rule, "record": json.dumps({"extrt": drug})}
        outcome = outcome_of(
            run_gate, "quarantine.ex", {"quarantine.ex": [aside]}, "infusion_put_aside"
        )
        assert outcome.severity == "plausibility"
        told.append(outcome.n_unexpected)
    assert told == [1, 0, 0, 0]


def test_of_a_dm_record_that_only_repeats_another_nothing_is_lost(run_gate) -> None:
    (row,) = good_world()["quarantine.ae"]
    repeated = {"quarantine.dm": [{**row, "expectation": "record_once"}]}
    assert outcome_of(run_gate, "quarantine.dm", repeated, "patient_put_aside").passed
    world = {**put_aside(good_world(), "ae", 50, 100), **repeated}
    assert not outcome_of(run_gate, "quarantine.ae", world, "share_put_aside").passed


def test_the_gate_of_the_raw_table_tells_what_is_put_aside(good_paths) -> None:
    report = run_suite(suite_for(RAW["ae"], RULES), good_paths)
    assert [(item.id, item.n_quarantined) for item in report.quarantined] == [("unique_key", 1)]
    assert report.passed
    assert not report.warnings
    text = report.describe()
    assert "0 stopping, 0 warning, 1 with rows in quarantine." in text
    assert "[content] unique_key: 1 in quarantine. One row per (studyid, usubjid, aeseq)" in text
    without = {name: path for name, path in good_paths.items() if name != "quarantine.ae"}
    assert not run_suite(suite_for(RAW["ae"], RULES), without).quarantined
