"""Faults put into files and into tables: each is stopped by a gate, and harms nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pyreadstat
import pytest
from support.landing import edit_manifest, list_again, write_dataset
from support.published import published_state

import models.arr
import transforms.patient_course_window
import transforms.population
from orchestration.cli import main
from orchestration.definitions import defs
from orchestration.instance import open_instance
from orchestration.jobs import REFRESH
from orchestration.refresh import Problem, problems_of
from warehouse.lake import Lake
from warehouse.release import current

CUT = "2017-10-04"
TREATED = pl.col("ACTARMCD") == "ALEM12"


def transfer(lake: Lake, study: str) -> Path:
    (folder,) = (lake.landing / study).iterdir()
    return folder


def change(lake: Lake, study: str, dataset: str, edit: Callable[[pl.DataFrame], pl.DataFrame]):
    """Change a dataset as a sender would who does not know better: the manifest agrees."""
    folder = transfer(lake, study)
    path = folder / f"{dataset.lower()}.xpt"
    frame, _ = pyreadstat.read_xport(path, output_format="polars")
    changed = edit(frame)
    path.unlink()
    write_dataset(path, dataset, changed)
    list_again(folder, dataset, changed.height)


def first(frame: pl.DataFrame, where: pl.Expr) -> pl.Expr:
    """True for the first row that satisfies `where`."""
    row = frame.with_row_index("row").filter(where)["row"][0]
    return pl.int_range(pl.len()) == row


def truncated_file(lake: Lake) -> None:
    path = transfer(lake, "LPS13649") / "qs.xpt"
    path.write_bytes(path.read_bytes()[:-2000])


def wrong_hash(lake: Lake) -> None:
    edit_manifest(
        transfer(lake, "LPS13649"),
        lambda manifest: manifest["datasets"][0].update(sha256="0" * 64),
    )


def missing_dataset(lake: Lake) -> None:
    folder = transfer(lake, "CAMMS03409")
    (folder / "ce.xpt").unlink()
    edit_manifest(
        folder,
        lambda manifest: manifest.update(
            datasets=[entry for entry in manifest["datasets"] if entry["name"] != "CE"]
        ),
    )


def edss_of_a_half(lake: Lake) -> None:
    def edit(qs: pl.DataFrame) -> pl.DataFrame:
        row = first(qs, (pl.col("QSTESTCD") == "EDSS0101") & pl.col("QSSTRESN").is_not_null())
        return qs.with_columns(QSSTRESN=pl.when(row).then(0.5).otherwise("QSSTRESN"))

    change(lake, "CAMMS03409", "QS", edit)


def every_edss_of_a_half(lake: Lake) -> None:
    is_edss = (pl.col("QSTESTCD") == "EDSS0101") & pl.col("QSSTRESN").is_not_null()
    spoiled = pl.when(is_edss).then(0.5).otherwise("QSSTRESN")
    change(lake, "CAMMS03409", "QS", lambda qs: qs.with_columns(QSSTRESN=spoiled))


def infusion_before_consent(lake: Lake) -> None:
    def edit(ex: pl.DataFrame) -> pl.DataFrame:
        row = first(ex, pl.col("EXTRT") == "ALEMTUZUMAB")
        return ex.with_columns(
            EXSTDTC=pl.when(row).then(pl.lit("2001-01-01T08:00")).otherwise("EXSTDTC"),
            EXENDTC=pl.when(row).then(pl.lit("2001-01-01T12:00")).otherwise("EXENDTC"),
        )

    change(lake, "CAMMS323", "EX", edit)


def relapse_after_death(lake: Lake) -> None:
    folder = transfer(lake, "CAMMS323")
    ce, _ = pyreadstat.read_xport(folder / "ce.xpt", output_format="polars")
    is_dated = (pl.col("CECAT") == "MS RELAPSE") & (pl.col("CESTDTC").str.len_bytes() == 10)
    relapse = ce.filter(is_dated, pl.col("CEOCCUR") != "N").row(0, named=True)
    died = pl.col("USUBJID") == relapse["USUBJID"]
    day_before = date.fromisoformat(relapse["CESTDTC"]) - timedelta(days=1)
    change(
        lake,
        "CAMMS323",
        "DM",
        lambda dm: dm.with_columns(
            DTHFL=pl.when(died).then(pl.lit("Y")).otherwise("DTHFL"),
            DTHDTC=pl.when(died).then(pl.lit(day_before.isoformat())).otherwise("DTHDTC"),
        ),
    )


def duplicated_patient(lake: Lake) -> None:
    change(lake, "CAMMS32400507", "DM", lambda dm: pl.concat([dm, dm.filter(TREATED).head(1)]))


@pytest.mark.parametrize(
    ("fault", "code", "messages"),
    [
        (truncated_file, 3, ["qs.xpt", "bytes, the manifest states", "Copy the file again"]),
        (wrong_hash, 3, ["SHA-256", "the manifest states 0000", "Copy the file again"]),
        (missing_dataset, 3, ["CAMMS03409", "not CE", "Ask the sender"]),
        (
            every_edss_of_a_half,
            4,
            ["quarantine.qs", "expectation=edss_scores", "/qs.xpt", "[quarantine] in settings"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_fault_in_the_files_is_stopped(lake, capsys, fault, code, messages):
    before = published_state(lake)
    fault(lake)
    assert main(["refresh", "--root", str(lake.root)]) == code
    told = capsys.readouterr().err
    for message in messages:
        assert message in told
    assert "Traceback" not in told
    assert published_state(lake) == before


#: Fault, dataset, rule that finds it, what is told of the record.
FEW_WRONG_RECORDS = (
    (edss_of_a_half, "qs", "edss_scores", "0.5"),
    (infusion_before_consent, "ex", "infusion_not_before_consent", "2001-01-01"),
    (relapse_after_death, "ce", "not_after_death", "dthdtc"),
    (duplicated_patient, "dm", "record_once", "repeats row"),
)


def test_a_few_wrong_records_are_put_aside_and_told(lake, capsys):
    before = current(lake)
    for fault, *_ in FEW_WRONG_RECORDS:
        fault(lake)
    assert main(["refresh", "--root", str(lake.root)]) == 0
    told = capsys.readouterr().out
    shown = current(lake)
    assert shown.release_id != before.release_id
    assert main(["queries", "--root", str(lake.root)]) == 0
    asked = [file.read_text() for file in (lake.root / "queries" / CUT).glob("*.csv")]
    for _, dataset, expectation, message in FEW_WRONG_RECORDS:
        assert f"aside    raw.{dataset}: " in told
        aside = pl.read_parquet(shown.table_path(f"quarantine.{dataset}"))
        found = aside.filter(pl.col("expectation") == expectation)["offending"]
        assert any(message in text for text in found)
        assert any(expectation in text for text in asked)
        delivered = sum(
            row["records"]
            for row in shown.manifest["inputs"]
            if row["file"].endswith(f"/{dataset}.xpt")
        )
        raw = pl.scan_parquet(shown.table_path(f"raw.{dataset}"))
        n_aside = aside.select("source_file", "source_row").n_unique()
        assert raw.select(pl.len()).collect().item() + n_aside == delivered


def spoil(monkeypatch, module, function: str, edit: Callable[[pl.LazyFrame], pl.LazyFrame]):
    """Make a table's function return a spoiled table."""
    original = getattr(module, function)

    def spoiled(*args, **kwargs):
        return edit(original(*args, **kwargs))

    spoiled.__signature__ = __import__("inspect").signature(original)
    monkeypatch.setattr(module, function, spoiled)


def too_many_days_at_risk(monkeypatch) -> None:
    spoil(
        monkeypatch,
        transforms.patient_course_window,
        "derive_patient_course_window",
        lambda rows: rows.with_columns(
            days_at_risk=pl.when(pl.int_range(pl.len()) == 0)
            .then(pl.col("window_end_day") - pl.col("window_start_day") + 1)
            .otherwise("days_at_risk")
        ),
    )


def a_result_that_is_no_number(monkeypatch) -> None:
    spoil(
        monkeypatch,
        models.arr,
        "estimate_arr",
        lambda rows: rows.with_columns(
            value=pl.when(pl.int_range(pl.len()) == 0).then(float("nan")).otherwise("value")
        ),
    )


def parts_that_do_not_add_up(monkeypatch) -> None:
    spoil(
        monkeypatch,
        transforms.population,
        "derive_population",
        lambda rows: rows.with_columns(
            is_efficacy=pl.when(pl.col("group_id") == "3-courses")
            .then(statement=False)
            .otherwise("is_efficacy")
        ),
    )


#: Fault, what is told of it; the first is the table.
FAULTS_IN_TABLES = (
    (too_many_days_at_risk, ["windows.patient_course_window", "days_at_risk", "person_id="]),
    (a_result_that_is_no_number, ["results.result_arr", "statistic="]),
    (parts_that_do_not_add_up, ["core.population", "person_id="]),
)


def test_a_fault_in_the_tables_is_stopped_then_and_later(lake, capsys, monkeypatch):
    before = published_state(lake)
    for fault, messages in FAULTS_IN_TABLES:
        with monkeypatch.context() as patch:
            fault(patch)
            assert main(["refresh", "--force", "--root", str(lake.root)]) == 4
        told = capsys.readouterr().err
        for message in messages:
            assert message in told
        assert published_state(lake) == before

        # A blocking check stops its own run only; the record of the gate stops these.
        table = messages[0]
        for key in (_child_of(table), dg.AssetKey(["release", "release"])):
            problems = materialise_alone(lake, key)
            assert f"gate of {table} failed" in str(problems)
        assert published_state(lake) == before

    assert main(["refresh", "--force", "--root", str(lake.root)]) == 0
    assert published_state(lake) == before


def _child_of(table: str) -> dg.AssetKey:
    node = defs.get_repository_def().asset_graph.get(dg.AssetKey(table.split(".")))
    return min(key for key in node.child_keys if key.path[0] != "release")


def materialise_alone(lake: Lake, key: dg.AssetKey) -> tuple[Problem, ...]:
    """What stops one asset that is materialised by itself, as by a click in the web UI."""
    with open_instance(lake) as instance:
        result = defs.resolve_job_def(REFRESH).execute_in_process(
            instance=instance, partition_key=CUT, asset_selection=[key], raise_on_error=False
        )
    assert not result.success
    return problems_of(result.all_events)
