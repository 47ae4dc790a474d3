"""One simulated trial, through the lineage in memory, for the tests of the reconstruction."""

from types import SimpleNamespace

import polars as pl
import pytest

from orchestration.compute import replay
from orchestration.tables import contract
from reconstruction.features import SOURCES, candidate_features
from reconstruction.pool import MODELS, RULES
from reconstruction.strata import with_stratum
from simulation import simulate_trial
from simulation.raw_tables import as_raw_tables
from simulation.trial import FUNCTIONAL_SYSTEMS


@pytest.fixture(scope="session")
def drawn():
    """`features` of 600 persons of the steered model, and `results` by result_id."""
    trial = simulate_trial(600, 7, MODELS["varied"], leave_out=(FUNCTIONAL_SYSTEMS,))
    raw = {name: table.collect().lazy() for name, table in as_raw_tables(trial.datasets).items()}
    # The scenarios take long, and are no results of the paper.
    scenarios = contract("results.result_sensitivity")
    raw[scenarios.sql_name] = pl.LazyFrame(schema=scenarios.schema)
    wanted = (*SOURCES, "results.result")
    tables = replay(raw, RULES, again=(), targets=wanted, replaced=raw)
    results = tables["results.result"].select("result_id", "value", "n_total").collect()
    return SimpleNamespace(
        features=with_stratum(candidate_features(tables)),
        results={row["result_id"]: row for row in results.iter_rows(named=True)},
    )
