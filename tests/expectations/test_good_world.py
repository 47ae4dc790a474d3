"""On consistent tables every expectation holds, and nothing is left out of the suites."""

from dataclasses import fields, replace
from datetime import date

import polars as pl
import pytest
from gate_world import CONTRACTS, RULES, frame, good_world

from expectations.runner import run_suite
from expectations.suites import all_suites, suite_for
from transforms.rules import Codes, Rules
from warehouse.contracts.audit import SEVERITIES

LAYERS = ("landing", "raw", "quarantine", "core", "windows", "results")


@pytest.mark.parametrize("table", CONTRACTS)
def test_consistent_tables_pass_every_expectation(table, run_gate) -> None:
    report = run_gate(table, {})
    assert report.passed, report.describe()
    assert not report.warnings, report.describe()
    assert report.n_rows == len(good_world()[table])
    assert all(outcome.n_unexpected == 0 for outcome in report.outcomes)


def test_every_contract_has_a_suite_of_its_own() -> None:
    suites = all_suites(RULES)
    assert list(suites) == list(CONTRACTS)
    for name, suite in suites.items():
        ids = [item.id for item in suite.expectations]
        assert suite.table == name
        assert len(ids) == len(set(ids))
        assert {"columns", "unique_key"} <= set(ids)
        for item in suite.expectations:
            assert item.severity in SEVERITIES
            assert item.message.endswith((".", "?"))


def test_suites_reference_only_upstream_tables() -> None:
    for name, suite in all_suites(RULES).items():
        layer = name.split(".")[0]
        allowed = LAYERS[: LAYERS.index(layer) + 1]
        assert name not in suite.referenced_tables
        assert all(table.split(".")[0] in allowed for table in suite.referenced_tables)
    assert suite_for(CONTRACTS["raw.ex"], RULES).referenced_tables == ("raw.dm",)
    assert suite_for(CONTRACTS["raw.suppex"], RULES).referenced_tables == ("raw.dm", "raw.ex")
    assert suite_for(CONTRACTS["results.arr"], RULES).referenced_tables == ("results.result",)


def test_certain_contradictions_only(run_gate) -> None:
    """Dates that may still be in order do not stop: partial ones are compared as far as told."""
    world = good_world()
    world["raw.ex"][0]["exstdtc"] = "2007-12-01T00:00"
    world["raw.ce"][1]["cestdtc"] = "2012-06"
    world["raw.dm"][2]["dthdtc"] = world["raw.dm"][3]["dthdtc"] = "2012"
    replaced = {name: frame(name, world[name]) for name in ("raw.dm", "raw.ex", "raw.ce")}
    for table in ("raw.dm", "raw.ce"):
        assert run_gate(table, replaced).passed
    report = run_gate("raw.ex", replaced, only="infusion_not_before_consent")
    assert report.passed, report.describe()


def test_death_told_by_month_may_be_any_day_of_it(run_gate) -> None:
    world = good_world()
    first, last = date(2012, 6, 1), date(2012, 6, 30)
    world["core.patient"][1].update(
        death_date=first, death_latest_date=last, is_death_date_partial=True
    )
    world["core.course"][4]["course_date"] = last
    replaced = {name: frame(name, world[name]) for name in ("core.patient", "core.course")}
    assert run_gate("core.patient", replaced).passed
    assert run_gate("core.course", replaced, only="not_after_death").passed
    assert run_gate("core.follow_up", replaced, only="death_day_possible").passed


def test_bounds_follow_the_rules_of_the_cut(run_gate, good_paths) -> None:
    earlier = Rules(RULES.cutoff.replace(year=2016), 7)
    report = run_suite(suite_for(CONTRACTS["core.follow_up"], earlier), good_paths)
    assert {"within_horizon", "within_cutoff"} <= {failure.id for failure in report.failures}


def test_codes_may_hold_any_character(good_paths, tmp_path) -> None:
    """Neither GX nor SQLAlchemy nor SQL reads anything into a code: it is compared as it is."""
    odd = "A:B {C} :D {{E}} ::F \\:G  'H' %I {"  # in capitals, as the raw layer spells codes
    values = {
        field.name: (odd,) if isinstance(field.default, tuple) else odd
        for field in fields(Codes)
        if field.name != "course_label_pattern"
    }
    rules = replace(RULES, codes=Codes(**values))
    for name, suite in all_suites(rules).items():
        if name.startswith(("raw.", "core.")):
            report = run_suite(suite, good_paths)
            assert [item.error for item in report.outcomes if item.error] == [], name

    world = good_world()
    codes = rules.codes
    for row in world["raw.qs"]:
        row.update(studyid=odd, qscat=codes.edss_category, qstestcd=codes.edss_test)
    world["raw.qs"][1]["qsstresn"] = 0.5
    path = tmp_path / "qs.parquet"
    frame("raw.qs", world["raw.qs"]).write_parquet(path)
    report = run_suite(suite_for(CONTRACTS["raw.qs"], rules), {**good_paths, "raw.qs": path})
    by_id = {item.id: item for item in report.outcomes}
    assert by_id["known_study"].passed
    assert by_id["edss_scores"].n_unexpected == 1


def test_arm_codes_are_compared_in_any_case(run_gate) -> None:
    world = good_world()
    for row in world["raw.dm"]:
        row["actarmcd"] = f" {row['actarmcd'].lower()}"
    replaced = {"raw.dm": frame("raw.dm", world["raw.dm"])}
    assert run_gate("raw.dm", replaced).passed
    world["raw.dm"][0]["rficdtc"] = None
    replaced = {"raw.dm": frame("raw.dm", world["raw.dm"])}
    (failure,) = run_gate("raw.dm", replaced).failures
    assert failure.id == "treated_has_consent"
    replaced["raw.ex"] = frame("raw.ex", world["raw.ex"]).filter(pl.col("usubjid") != "P2")
    report = run_gate("raw.ex", replaced, only="treated_arm_has_infusion")
    assert [key["usubjid"] for key in report.warnings[0].failing_keys] == ["P2"]


def test_gaps_out_of_risk_leave_windows_incomplete() -> None:
    """Where gaps between studies are not at risk (W-05), a complete window may miss their days."""
    table = CONTRACTS["windows.patient_course_window"]
    ids = {item.id for item in suite_for(table, RULES).expectations}
    without = suite_for(table, replace(RULES, is_gap_at_risk=False)).expectations
    assert ids - {item.id for item in without} == {
        "complete_is_wholly_at_risk",
        "all_relapses_there",
    }
