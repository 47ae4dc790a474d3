"""Reports: error against failure, what stops and what warns, text and JSON."""

import json

import polars as pl
import pytest
from gate_world import CONTRACTS, RULES, frame, good_world

from expectations.report import KEYS_KEPT, KEYS_SHOWN, GateReport, Outcome
from expectations.runner import run_suite
from expectations.suite import Suite, failing_query, failing_rows
from expectations.suites import suite_for


def outcome(**values) -> Outcome:
    fields = {
        "id": "edss_scores",
        "severity": "content",
        "rule_id": "E-06",
        "passed": True,
        "n_unexpected": 0,
        "failing_keys": (),
        "message": "Query the site.",
    }
    return Outcome(**{**fields, **values})


def failed(severity: str) -> Outcome:
    key = {"usubjid": "P1", "qsstresn": 0.5}
    return outcome(severity=severity, passed=False, n_unexpected=1, failing_keys=(key,))


def test_a_missing_column_is_an_error_where_it_is_read_and_a_failure_where_it_is_promised(
    run_gate,
) -> None:
    data = frame("raw.qs", good_world()["raw.qs"]).drop("qsstresn")
    report = run_gate("raw.qs", {"raw.qs": data})
    by_id = {item.id: item for item in report.outcomes}
    assert by_id["columns"].error is None
    assert by_id["columns"].n_unexpected
    broken = by_id["edss_scores"]
    assert broken.error is not None
    assert "qsstresn" in broken.error
    assert "SELECT" not in broken.error
    assert broken.error.count("Binder Error") == 1
    assert broken.n_unexpected is None
    assert not broken.passed
    assert by_id["not_after_death"].passed
    assert not report.passed
    text = report.describe()
    assert "edss_scores (E-06): could not be evaluated" in text


def test_order_of_outcomes_is_that_of_the_suite(run_gate) -> None:
    data = frame("raw.qs", good_world()["raw.qs"]).drop("qsstresn")
    ids = [item.id for item in run_gate("raw.qs", {"raw.qs": data}).outcomes]
    assert ids == [item.id for item in suite_for(CONTRACTS["raw.qs"], RULES).expectations]


def test_an_error_of_a_plausibility_expectation_stops(good_paths) -> None:
    contract = CONTRACTS["raw.qs"]
    unreadable = failing_rows(contract, "odd", "plausibility", "", "Odd.", where="t.no_such > 1")
    report = run_suite(Suite("raw.qs", (unreadable,)), good_paths)
    assert not report.passed
    assert not report.warnings
    assert report.failures[0].error is not None


def test_only_plausibility_failures_let_pass() -> None:
    for severity in ("structural", "content"):
        report = GateReport("raw.qs", 9, (outcome(), failed(severity)))
        assert not report.passed
        assert report.failures == (report.outcomes[1],)
    report = GateReport("raw.qs", 9, (outcome(), failed("plausibility")))
    assert report.passed
    assert report.warnings == (report.outcomes[1],)


def test_text_names_table_expectation_severity_rule_number_keys_and_what_to_do() -> None:
    text = GateReport("raw.qs", 9, (outcome(), failed("content"))).describe()
    assert text == (
        "Gate of raw.qs FAILED: 2 expectations on 9 rows, 1 stopping, 0 warning.\n"
        "  [content] edss_scores (E-06): 1 failing. Query the site.\n"
        "    usubjid=P1, qsstresn=0.5"
    )


def test_many_failing_rows_are_counted_and_some_are_shown(good_paths, tmp_path) -> None:
    contract = CONTRACTS["raw.sv"]
    rows = [{**good_world()["raw.sv"][0], "visitnum": float(n), "visit": None} for n in range(300)]
    path = tmp_path / "sv.parquet"
    frame("raw.sv", rows).sample(fraction=1, shuffle=True, seed=1).write_parquet(path)
    unnamed = failing_rows(contract, "named", "content", "", "No name.", where="t.visit IS NULL")
    report = run_suite(Suite("raw.sv", (unnamed,)), {**good_paths, "raw.sv": path})
    (found,) = report.outcomes
    assert found.n_unexpected == 300
    assert [key["visitnum"] for key in found.failing_keys] == [float(n) for n in range(KEYS_KEPT)]
    assert report.describe().count("visitnum=") == KEYS_SHOWN
    assert f"… and {300 - KEYS_SHOWN} more" in report.describe()


def test_json_holds_the_report_and_no_nan(run_gate) -> None:
    world = good_world()
    world["core.edss"][0]["edss_points"] = float("nan")
    report = run_gate("core.edss", {"core.edss": frame("core.edss", world["core.edss"])})
    assert not report.passed
    fields = json.loads(
        report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON")
    )
    assert (fields["table"], fields["n_rows"]) == (report.table, report.n_rows)
    assert [found["id"] for found in fields["outcomes"]] == [item.id for item in report.outcomes]
    (keys,) = (
        found["failing_keys"] for found in fields["outcomes"] if found["id"] == "values_as_promised"
    )
    assert keys[0]["person_id"] == "P1"


def test_dates_and_numbers_of_failing_rows_are_plain(good_paths) -> None:
    query = failing_query(
        "types",
        "content",
        "",
        "Types.",
        query="SELECT DATE '2010-01-02' AS d, TIMESTAMP '2010-01-02 03:04:05' AS t, 1.5 AS n, "
        "'nan'::DOUBLE AS x, true AS b, NULL AS z FROM batch LIMIT 1",
    )
    (found,) = run_suite(Suite("raw.sv", (query,)), good_paths).outcomes
    assert dict(found.failing_keys[0]) == {
        "d": "2010-01-02",
        "t": "2010-01-02T03:04:05",
        "n": "1.5",
        "x": "nan",
        "b": True,
        "z": None,
    }


def test_absent_tables_are_named(good_paths) -> None:
    suite = suite_for(CONTRACTS["raw.ex"], RULES)
    with pytest.raises(ValueError, match=r"reads raw\.dm: give"):
        run_suite(suite, {"raw.ex": good_paths["raw.ex"]})
    with pytest.raises(FileNotFoundError, match=r"reads raw\.dm, but its file .*nowhere"):
        run_suite(suite, {**good_paths, "raw.dm": good_paths["raw.dm"].with_name("nowhere")})


def test_a_table_written_anew_is_read_anew(good_paths, tmp_path) -> None:
    path = tmp_path / "sv.parquet"
    suite = suite_for(CONTRACTS["raw.sv"], RULES)
    data = frame("raw.sv", good_world()["raw.sv"])
    data.write_parquet(path)
    assert run_suite(suite, {**good_paths, "raw.sv": path}).passed
    pl.concat([data, data]).write_parquet(path)
    assert run_suite(suite, {**good_paths, "raw.sv": path}).n_rows == 2
