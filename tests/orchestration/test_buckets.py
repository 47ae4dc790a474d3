"""Tables computed bucket by bucket of patients are the tables computed in one go."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from orchestration import buckets
from orchestration.buckets import compute_in_buckets
from orchestration.compute import compute
from orchestration.tables import DERIVED_TABLES, DerivedTable
from simulation import simulate_trial
from transforms.rules import Rules
from warehouse.contracts import RAW
from warehouse.lake import PARQUET_ROW_GROUP

RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
TABLES = {table.sql_name: table for table in DERIVED_TABLES}
OF_PERSONS = [name for name in TABLES if name.startswith(("core.", "windows."))]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.LazyFrame]:
    """Raw tables of a simulated trial and all that is derived of persons, as Parquet."""
    folder = tmp_path_factory.mktemp("lake")
    trial = simulate_trial(40, 7, leave_out=("KFSS",))

    def stored(name: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        # Small row groups: a bucket is a part of the file, and of a row group.
        frame.sink_parquet(folder / name, row_group_size=100)
        return pl.scan_parquet(folder / name)

    tables = {}
    for contract in RAW.values():
        datasets = [
            study[contract.name.upper()].rename(str.lower).with_row_index("source_row", offset=1)
            for study in trial.datasets.values()
            if contract.name.upper() in study
        ]
        rows = pl.concat(datasets).lazy().with_columns(source_file=pl.lit("made up"))
        tables[contract.sql_name] = stored(contract.sql_name, contract.conform(rows))
    for name in OF_PERSONS:
        tables[name] = stored(name, compute(TABLES[name], inputs_of(TABLES[name], tables), RULES))
    return tables


def inputs_of(table: DerivedTable, lake: dict[str, pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
    return {name.split(".")[1]: lake[name] for name in table.inputs}


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, pl.LazyFrame]]:
    """Inputs of every call of `compute`."""
    calls = []

    def noted(table, inputs, rules):
        calls.append(inputs)
        return compute(table, inputs, rules)

    monkeypatch.setattr(buckets, "compute", noted)
    return calls


@pytest.mark.parametrize("name", OF_PERSONS)
def test_buckets_give_the_bytes_of_the_whole(name, lake, tmp_path, computed):
    files = []
    for persons in (buckets.PERSONS_PER_BUCKET, 17):
        frame = compute_in_buckets(
            TABLES[name], inputs_of(TABLES[name], lake), RULES, persons_per_bucket=persons
        )
        files.append(tmp_path / f"{persons}.parquet")
        frame.sink_parquet(files[-1], row_group_size=PARQUET_ROW_GROUP)
    assert len(computed) > 3
    assert files[0].read_bytes() == files[1].read_bytes()
    assert_frame_equal(pl.read_parquet(files[1]), lake[name].collect())


def test_every_row_is_in_one_bucket_also_of_persons_without_a_record(lake, computed):
    table = TABLES["core.edss"]
    inputs = inputs_of(table, lake)
    known = inputs["patient"].collect()
    inputs["patient"] = known[10:-10].lazy()
    compute_in_buckets(table, inputs, RULES, persons_per_bucket=9).collect()
    parts = [call["qs"].collect() for call in computed]
    assert len(parts) == -(-(known.height - 20) // 9)
    joined = pl.concat(parts).sort(RAW["qs"].key)
    assert_frame_equal(joined, inputs["qs"].collect())
    people = [set(part["usubjid"]) for part in parts]
    assert sum(map(len, people)) == len(set().union(*people))


def test_a_study_is_one_bucket(lake, computed):
    table = TABLES["core.edss"]
    inputs = inputs_of(table, lake)
    n_persons = inputs["patient"].collect().height
    compute_in_buckets(table, inputs, RULES, persons_per_bucket=n_persons)
    assert [call is inputs for call in computed] == [True]


def test_tables_of_results_see_all_persons_at_once(lake, computed):
    table = TABLES["results.result_funnel"]
    compute_in_buckets(table, inputs_of(table, lake), RULES, persons_per_bucket=9)
    assert len(computed) == 1


def test_parts_of_a_bucketed_table_are_those_of_the_whole(lake):
    table = TABLES["core.edss"]
    frame = compute_in_buckets(table, inputs_of(table, lake), RULES, persons_per_bucket=17)
    whole = lake["core.edss"].collect()
    high = pl.col("edss_points") >= 4
    assert_frame_equal(
        frame.filter(high).select("person_id", "visit").collect(),
        whole.filter(high).select("person_id", "visit"),
    )
    for n_rows in (1, whole.height // 2):
        assert_frame_equal(frame.head(n_rows).collect(), whole.head(n_rows))
    assert frame.collect_schema() == table.contract.schema


def test_an_error_in_a_bucket_stops_the_table(lake, tmp_path):
    table = TABLES["core.edss"]
    inputs = inputs_of(table, lake)
    wrong = inputs["qs"].with_columns(qsstresn=pl.lit("two"))
    with pytest.raises(pl.exceptions.PolarsError, match="two"):
        compute_in_buckets(
            table, inputs | {"qs": wrong}, RULES, persons_per_bucket=17
        ).sink_parquet(tmp_path / "edss.parquet")
