"""Laws of the whole way from raw tables to result rows, on simulated patients in memory.

What must not change a result: the dates of everybody moved by the same days (with the cut-off),
the order of rows, the names of patients, how patients are split into buckets.
"""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from orchestration.buckets import compute_in_buckets
from orchestration.compute import replay
from orchestration.scenarios import SCENARIOS
from orchestration.tables import DERIVED_TABLES
from simulation import simulate_trial
from simulation.raw_tables import as_raw_tables
from transforms.rules import Rules

RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
EVERYTHING = {table.sql_name for table in DERIVED_TABLES}
FAMILIES = [
    table.sql_name
    for table in DERIVED_TABLES
    if table.sql_name.startswith("results.result_")
    and table.sql_name != "results.result_sensitivity"
]
ABOUT_PATIENTS = [t for t in DERIVED_TABLES if t.contract.is_patient_level]

Tables = dict[str, pl.LazyFrame]


@pytest.fixture(scope="module")
def raw() -> Tables:
    trial = simulate_trial(600, 3, leave_out=("KFSS",))
    tables = as_raw_tables(trial.datasets)
    return {name: table.collect().lazy() for name, table in tables.items()}


@pytest.fixture(scope="module")
def primary(raw: Tables) -> pl.DataFrame:
    rows = results(raw, RULES)
    assert rows.filter(is_estimable=True).height > 2000
    return rows


def results(raw: Tables, rules: Rules) -> pl.DataFrame:
    tables = replay(raw, rules, again=EVERYTHING, targets=FAMILIES)
    return pl.concat(tables[name] for name in FAMILIES).drop("data_cut").collect()


def test_only_elapsed_days_matter(raw: Tables, primary: pl.DataFrame) -> None:
    days = 97

    def moved(table: pl.LazyFrame) -> pl.LazyFrame:
        dates = [name for name in table.collect_schema() if name.endswith(("dtc", "entpt"))]
        return table.with_columns(move(pl.col(name), days) for name in dates)

    # Partial dates mean other sets of days when they are moved: only complete ones can be.
    complete = {name: only_complete(table) for name, table in raw.items()}
    later = replace(RULES, cutoff=RULES.cutoff + timedelta(days=days))
    here = results(complete, RULES)
    there = results({name: moved(table) for name, table in complete.items()}, later)
    assert here.filter(is_estimable=True).height > 0.9 * primary.filter(is_estimable=True).height
    assert_frame_equal(here, there)


def only_complete(table: pl.LazyFrame) -> pl.LazyFrame:
    """Rows whose dates are days (or missing)."""
    dates = [name for name in table.collect_schema() if name.endswith("dtc")]
    if not dates:
        return table
    return table.filter(
        pl.all_horizontal(pl.col(name).str.len_chars().fill_null(10) >= 10 for name in dates)
    )


def move(text: pl.Expr, days: int) -> pl.Expr:
    """The day of a date or date-time text moved; what is no day stays."""
    day = text.str.head(10).str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce((day + pl.duration(days=days)).dt.to_string() + text.str.slice(10), text)


def test_the_order_of_rows_changes_nothing(raw: Tables, primary: pl.DataFrame) -> None:
    shuffled = {
        name: table.collect().sample(fraction=1, shuffle=True, seed=5).lazy()
        for name, table in raw.items()
    }
    assert_frame_equal(primary, results(shuffled, RULES), check_exact=True)


def test_the_names_of_patients_change_nothing(raw: Tables, primary: pl.DataFrame) -> None:
    # Reversed texts are still unique, and sort otherwise.
    renamed = {
        name: table.with_columns(pl.col("usubjid").str.reverse()) for name, table in raw.items()
    }
    assert_frame_equal(primary, results(renamed, RULES), check_exact=True)


@pytest.mark.parametrize("table", ABOUT_PATIENTS, ids=lambda table: table.sql_name)
def test_buckets_of_patients_change_nothing(raw: Tables, whole: Tables, table) -> None:
    known = {**raw, **whole}
    inputs = {name.split(".")[1]: known[name] for name in table.inputs}
    parts = compute_in_buckets(table, inputs, RULES, persons_per_bucket=37)
    assert_frame_equal(whole[table.sql_name].collect(), parts.collect(), check_exact=True)


@pytest.fixture(scope="module")
def whole(raw: Tables) -> Tables:
    names = [table.sql_name for table in ABOUT_PATIENTS]
    return replay(raw, RULES, again=EVERYTHING, targets=names)


def test_scenarios_name_the_tables_on_which_they_bear(raw: Tables, whole: Tables) -> None:
    """Replaying a scenario from its tables gives what replaying everything gives."""
    base = {**raw, **whole}
    primary = replay(base, RULES, again=FAMILIES, targets=FAMILIES)
    without_effect = []
    for scenario in SCENARIOS:
        rules = scenario.rules(RULES)
        entirely = replay(raw, rules, again=EVERYTHING, targets=FAMILIES)
        partly = replay(base, rules, again=scenario.tables, targets=FAMILIES)
        told = {**primary, **partly}
        differing = [
            name for name in FAMILIES if not entirely[name].collect().equals(told[name].collect())
        ]
        assert (scenario.name, differing) == (scenario.name, [])
        if all(partly[name].collect().equals(primary[name].collect()) for name in partly):
            without_effect.append(scenario.name)
    # A later visit confirms nearly always what one in the shadow of a relapse may not.
    assert set(without_effect) <= {"no-confirmation-near-relapses"}
