"""A table is compared with that of the last published cut; without one nothing is asked."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from gate_world import CONTRACTS, RULES, frame, good_world

from expectations.bands import PATIENTS, RESULTS, ROWS
from expectations.report import Outcome
from expectations.runner import run_suite
from expectations.suite import Suite
from expectations.suites import suite_for
from warehouse.contracts import RAW

Tables = dict[str, pl.DataFrame]
Compare = Callable[[str, Tables, Tables], Outcome]


@pytest.fixture
def compare(good_paths, tmp_path: Path) -> Compare:
    """The outcome of a table's band: what replaces its tables now, what was published last."""

    def run(table: str, now: Tables, before: Tables) -> Outcome:
        paths = {**good_paths, **write(now, tmp_path / "now")}
        suite = suite_for(CONTRACTS[table], RULES)
        band = tuple(item for item in suite.expectations if item.referenced_previous)
        previous = write(before, tmp_path / "before")
        (outcome,) = run_suite(Suite(table, band), paths, previous).outcomes
        assert outcome.error is None, outcome
        assert outcome.severity == "plausibility"
        return outcome

    return run


def write(tables: Tables, folder: Path) -> dict[str, Path]:
    folder.mkdir()
    paths = {name: folder / f"{name}.parquet" for name in tables}
    for name, path in paths.items():
        tables[name].write_parquet(path)
    return paths


def good(*names: str) -> Tables:
    return {name: frame(name, good_world()[name]) for name in names}


#: What each band compares.
COMPARED = {
    "quarantine.ae": ("quarantine.ae", "raw.ae"),
    "core.population": ("core.population",),
    "results.result": ("results.result",),
}


def test_which_tables_are_compared() -> None:
    compared = {
        name: suite_for(contract, RULES).referenced_previous
        for name, contract in CONTRACTS.items()
        if suite_for(contract, RULES).referenced_previous
    }
    assert compared == {
        **{f"quarantine.{name}": (f"quarantine.{name}", f"raw.{name}") for name in RAW},
        "core.population": ("core.population",),
        "results.result": ("results.result",),
    }


@pytest.mark.parametrize("table", COMPARED)
def test_without_an_earlier_cut_it_does_not_apply_and_says_so(table, compare) -> None:
    outcome = compare(table, {}, {})
    assert outcome.passed
    assert outcome.not_applicable == (
        f"Not applicable: no earlier release has {', '.join(COMPARED[table])} to compare with."
    )


@pytest.mark.parametrize("table", COMPARED)
def test_the_same_table_is_within_its_band(table, compare) -> None:
    outcome = compare(table, {}, good(*COMPARED[table]))
    assert outcome.passed
    assert outcome.not_applicable is None


def test_a_column_that_an_earlier_version_did_not_have_is_null(compare) -> None:
    before = good("raw.ae", "quarantine.ae")
    before["raw.ae"] = before["raw.ae"].drop("domain", "aetoxgr").with_columns(more=pl.lit(1))
    assert compare("quarantine.ae", {}, before).passed


def delivered(**records: int) -> Tables:
    """Files of AE by study, and rows of another dataset, which do not count."""
    row = next(row for row in good_world()["landing.transfer"] if row["dataset"] == "AE")
    rows = [
        {**row, "study_id": study, "file": f"{study}/{dataset}", "dataset": dataset, "records": n}
        for study, count in records.items()
        for dataset, n in (("AE", count), ("CE", 10_000))
    ]
    return {"landing.transfer": frame("landing.transfer", rows)}


def published(n_passed: int, n_aside: int = 0, study: str = "CAMMS323") -> Tables:
    """AE of the last published cut; each row aside broke two rules."""
    row, aside = good_world()["raw.ae"][0], good_world()["quarantine.ae"][0]
    file = f"{study}/2017-10-20/ae.xpt"
    rows = [{**row, "source_file": file, "source_row": n} for n in range(n_passed)]
    others = [
        {**aside, "source_file": file, "source_row": n_passed + n, "expectation": rule}
        for n in range(n_aside)
        for rule in ("unique_key", "iso_8601_dates")
    ]
    return {"raw.ae": frame("raw.ae", rows), "quarantine.ae": frame("quarantine.ae", others)}


@pytest.mark.parametrize(
    ("n_before", "n_now", "is_usual"),
    [
        (100, 99, False),
        (100, 100, True),
        (1, ROWS.least_growth_rows, True),
        (1, 1 + ROWS.least_growth_rows, False),
        (200, 400, True),
        (200, 401, False),
    ],
)
def test_rows_of_a_study(n_before, n_now, is_usual, compare) -> None:
    outcome = compare("quarantine.ae", delivered(CAMMS323=n_now), published(n_before))
    assert outcome.passed is is_usual
    if not is_usual:
        assert outcome.failing_keys == (
            {"study_id": "CAMMS323", "n_rows": n_now, "n_rows_before": n_before},
        )


def test_rows_put_aside_were_delivered(compare) -> None:
    now = delivered(CAMMS323=100)
    assert compare("quarantine.ae", now, published(98, n_aside=2)).passed


def test_fewer_rows_are_told_also_if_some_were_put_aside(compare) -> None:
    now = delivered(CAMMS323=99)
    assert not compare("quarantine.ae", now, published(98, n_aside=2)).passed


def test_a_row_without_its_study_counts_for_the_study_that_sent_it(compare) -> None:
    before = published(99)
    nameless = published(100)["raw.ae"].tail(1).with_columns(studyid=pl.lit(None, pl.String))
    before["raw.ae"] = pl.concat([before["raw.ae"], nameless])
    assert compare("quarantine.ae", delivered(CAMMS323=100), before).passed


def test_a_new_study_is_not_told(compare) -> None:
    now = delivered(CAMMS323=5, LPS13649=5000)
    assert compare("quarantine.ae", now, published(5)).passed


def test_a_study_that_is_gone_is_told(compare) -> None:
    (key,) = compare("quarantine.ae", delivered(LPS13649=5000), published(5)).failing_keys
    assert key == {"study_id": "CAMMS323", "n_rows": 0, "n_rows_before": 5}


def population(n_twos: int, n_threes: int, n_treated: int | None = None) -> Tables:
    two, three = (good_world()["core.population"][place] for place in (1, 0))
    n_treated = n_twos + n_threes if n_treated is None else n_treated
    rows = [*([two] * n_twos), *([three] * n_threes)]
    told = [{**row, "is_treated": place < n_treated} for place, row in enumerate(rows)]
    return {"core.population": frame("core.population", told)}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ((100, 50), []),
        ((86, 64), []),
        ((85, 65), ["3-courses"]),
        ((79, 71), ["2-courses", "3-courses"]),
        ((100, 0), ["3-courses", "efficacy", "extension", "no_other_dmt", "safety", "treated"]),
        ((100, 50, 149), ["treated"]),
    ],
)
def test_patients_of_groups_and_sets(now, told, compare) -> None:
    outcome = compare("core.population", population(*now), population(100, 50))
    assert [key["patients"] for key in outcome.failing_keys] == told
    assert PATIENTS.least_change == 15


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((100, 0), (100, 14), []),
        ((100, 0), (100, 15), ["3-courses"]),
        ((100, 3), (100, 0), ["3-courses", "treated"]),
    ],
)
def test_a_group_that_nobody_was_in_or_is_left_in(before, now, told, compare) -> None:
    outcome = compare("core.population", population(*now), population(*before))
    assert [key["patients"] for key in outcome.failing_keys] == told


def test_a_whole_trial_without_an_earlier_cut_is_not_told(compare) -> None:
    assert compare("core.population", population(100, 50), {}).failing_keys == ()


def result(number: float | None, **values) -> Tables:
    row = next(row for row in good_world()["results.result"] if row["analysis_id"] == "arr.window")
    whole = {**row, "statistic": "rate", "scenario": "primary", "n_total": 144, "value": number}
    rows = [{**whole, "result_id": "r", **values}]
    return {"results.result": frame("results.result", rows)}


@pytest.mark.parametrize(
    ("before", "now", "values", "is_usual"),
    [
        (0.2, 0.3, {}, True),
        (0.2, 0.31, {}, False),
        (0.31, 0.2, {}, False),
        (0.0, 0.1, {}, False),
        (0.2, 0.9, {"n_total": RESULTS.least_patients - 1}, True),
        (0.2, 0.9, {"scenario": "another"}, True),
        (0.2, 0.9, {"analysis_id": "safety.rate"}, True),
        (70.0, 80.0, {"statistic": "pct", "analysis_id": "cdw.km"}, True),
        (70.0, 81.0, {"statistic": "pct", "analysis_id": "cdw.km"}, False),
        (70.0, 81.0, {"statistic": "pct", "analysis_id": "available"}, True),
    ],
)
def test_main_results(before, now, values, is_usual, compare) -> None:
    outcome = compare("results.result", result(now, **values), result(before, **values))
    assert outcome.passed is is_usual
    if not is_usual:
        (key,) = outcome.failing_keys
        assert (key["value"], key["value_before"]) == (now, before)


@pytest.mark.parametrize(
    ("now", "n_total", "is_usual"),
    [
        (result(None), 144, False),
        (result(0.2, result_id="another"), 144, False),
        (result(0.2, result_id="another"), RESULTS.least_patients - 1, True),
    ],
)
def test_a_main_result_that_has_no_value_any_more(now, n_total, is_usual, compare) -> None:
    outcome = compare("results.result", now, result(0.2, n_total=n_total))
    assert outcome.passed is is_usual
    if not is_usual:
        (key,) = outcome.failing_keys
        assert (key["result_id"], key["value"], key["value_before"]) == ("r", None, 0.2)


def test_a_result_that_was_not_estimable_is_not_compared(compare) -> None:
    assert compare("results.result", result(0.2), result(None)).passed
