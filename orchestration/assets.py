"""One Dagster asset per table, and `release`, the only one that publishes.

Belongs here: thin wrappers that read versions, call a function named in `tables`, and hand
the frame to the I/O manager. Assets are made from the list of tables and their contracts.
"""

import contextlib
import platform
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import dagster as dg
import polars as pl

from orchestration import fingerprint
from orchestration.bookkeeping import note_misfit, note_release
from orchestration.buckets import compute_in_buckets
from orchestration.failure import failure, retry_on_storage_error
from orchestration.partitions import ANEW_TAG, data_cut
from orchestration.plan import plan_refresh, quarantine_limits
from orchestration.resources import ComputedTable, LakeResource
from orchestration.settings import SettingsError, as_parameters
from orchestration.tables import (
    DERIVED_TABLES,
    INPUTS,
    RAW_TABLES,
    REGISTER_TABLES,
    TRANSFER,
    DerivedTable,
    quarantine_of,
)
from orchestration.tables import contract as contract_of
from warehouse.contracts import Column, TableContract
from warehouse.contracts.landing import TRANSFER as TRANSFER_CONTRACT
from warehouse.lake import Lake, LakeBusy, WorkArea
from warehouse.manifest import Selection

OWNERS = {
    "landing": "team:data-engineering",
    "raw": "team:data-engineering",
    "quarantine": "team:data-management",
    "core": "team:statistics",
    "windows": "team:statistics",
    "results": "team:statistics",
    "release": "team:data-engineering",
}
RELEASE_KEY = dg.AssetKey(["release", "release"])
PROJECT = "topaz-lakehouse"


def key_of(sql_name: str) -> dg.AssetKey:
    """The asset key of a table: its layer and its name."""
    return dg.AssetKey(sql_name.split("."))


def first_of_its_layer(layer: str) -> dict[str, str]:
    """Tags that let the executor finish a layer before it begins the next one.

    Else it takes whatever is ready, and the stages that a person sees run into each other.
    """
    return {"dagster/priority": str(len(OWNERS) - list(OWNERS).index(layer))}


def _column(column: Column) -> dg.TableColumn:
    label = f"{column.label} [{column.unit}]" if column.unit else column.label
    return dg.TableColumn(
        column.name,
        type=str(column.dtype),
        description=label,
        constraints=dg.TableColumnConstraints(nullable=column.nullable),
    )


def _description(contract: TableContract) -> dict[str, Any]:
    """What the web UI shows of a table, whichever kind of asset makes it."""
    rules = f"\n\nRules: {', '.join(contract.rule_ids)}." if contract.rule_ids else ""
    key = f"\n\nKey: {', '.join(contract.key)}."
    return {
        "key": key_of(contract.sql_name),
        "group_name": contract.layer,
        "owners": [OWNERS[contract.layer]],
        "description": f"{contract.label}.{key}{rules}",
        "code_version": fingerprint.table_code_version(contract.sql_name),
        "metadata": {
            "dagster/column_schema": dg.TableSchema([_column(c) for c in contract.columns]),
            "dagster/table_name": contract.sql_name,
        },
    }


def _asset_arguments(contract: TableContract, kinds: set[str]) -> dict[str, Any]:
    return {
        **_description(contract),
        "partitions_def": data_cut,
        "kinds": kinds,
        "op_tags": first_of_its_layer(contract.layer),
    }


def _inputs_of(tables: Iterable[str]) -> dict[str, dg.AssetIn]:
    return {name.split(".")[1]: dg.AssetIn(key_of(name)) for name in tables}


def _output(table: ComputedTable, name: str = "result") -> dg.Output[ComputedTable]:
    return dg.Output(table, name, data_version=dg.DataVersion(table.data_version))


def _take_over(
    context: dg.AssetExecutionContext, work: WorkArea, contract: TableContract, data_version: str
) -> str | None:
    """The cut whose run has computed this very table, now linked; None if it is to be computed."""
    return None if ANEW_TAG in context.run.tags else work.adopt(contract, data_version)


def _transfer_asset() -> dg.AssetsDefinition:
    @dg.asset(**_asset_arguments(TRANSFER_CONTRACT, {"file"}))
    def transfer(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.Output[ComputedTable]:
        from warehouse.landing import TransferRefused
        from warehouse.transfer_table import to_frame

        try:
            with retry_on_storage_error():
                selection = plan_refresh(lake.lake, context.partition_key).selection
        except TransferRefused as error:
            raise failure("refused", error) from None
        except SettingsError as error:
            raise failure("settings", error) from None
        for note in selection.notes:
            context.log.warning(note)
        return _output(
            ComputedTable(
                TRANSFER_CONTRACT,
                to_frame(selection),
                data_version=fingerprint.delivered_version(selection),
                inputs={},
                code_version=fingerprint.table_code_version(TRANSFER),
            )
        )

    return transfer


@contextlib.contextmanager
def _refusing_misfits(lake: Lake, selection: Selection, data_cut: str) -> Iterator[None]:
    """Reading delivered files: a transfer that holds what no table can is refused in the ledger."""
    from warehouse.raw import FileChanged, RawTableError

    try:
        with retry_on_storage_error():
            yield
    except RawTableError as error:
        if not isinstance(error, FileChanged):
            note_misfit(lake, selection, data_cut, error)
        raise failure("refused", error) from None


def _raw_asset(sql_name: str) -> dg.AssetsDefinition:
    """A raw table, and beside it the rows that it had to leave out."""
    raw, quarantine = contract_of(sql_name), contract_of(quarantine_of(sql_name))
    references = RAW_TABLES[sql_name]

    def out(contract: TableContract) -> dg.AssetOut:
        return dg.AssetOut(kinds={"polars", "parquet"}, **_description(contract))

    @dg.multi_asset(
        name=sql_name.replace(".", "__"),
        outs={"raw": out(raw), "quarantine": out(quarantine)},
        ins=_inputs_of((TRANSFER, *references)),
        deps=[key_of(quarantine_of(name)) for name in references],
        partitions_def=data_cut,
        op_tags=first_of_its_layer("raw"),
    )
    def raw_table(
        context: dg.AssetExecutionContext, lake: LakeResource, transfer: pl.LazyFrame, **_: object
    ) -> Iterator[dg.Output[ComputedTable]]:
        from expectations.quarantine import split_rows
        from warehouse.raw import build_raw_table
        from warehouse.transfer_table import from_frame

        selection = from_frame(transfer)
        work, rules = lake.work(context.partition_key), lake.rules(context.partition_key)
        upstream = {name: work.record(name).data_version for name in references}
        inputs = {TRANSFER: fingerprint.delivered_version(selection), **upstream}

        versions = {
            one.sql_name: fingerprint.raw_version(one.sql_name, selection, rules, upstream)
            for one in (raw, quarantine)
        }
        taken_over = {
            one.sql_name: _take_over(context, work, one, versions[one.sql_name])
            for one in (raw, quarantine)
        }

        def table(contract: TableContract, frame: pl.LazyFrame | None) -> ComputedTable:
            name = contract.sql_name
            return ComputedTable(
                contract,
                frame,
                data_version=versions[name],
                inputs=inputs,
                code_version=fingerprint.table_code_version(name),
                reused_from=taken_over[name] if frame is None else None,
            )

        if None not in taken_over.values():
            yield _output(table(raw, None), "raw")
            yield _output(table(quarantine, None), "quarantine")
            return
        paths = {name: work.table_path(name) for name in references}
        with contextlib.ExitStack() as stack:
            with _refusing_misfits(lake.lake, selection, context.partition_key):
                delivered = build_raw_table(raw, selection, lake.lake.landing)
                staged = stack.enter_context(work.staged(raw, delivered))
            kept, left_out = split_rows(raw, staged, paths, rules)
            yield _output(table(raw, kept), "raw")
            yield _output(table(quarantine, left_out), "quarantine")

    return raw_table


def _register_asset(sql_name: str) -> dg.AssetsDefinition:
    """A register of the raw layer: what is told beside the datasets."""
    contract = contract_of(sql_name)

    @dg.asset(
        ins=_inputs_of((TRANSFER,)),
        **_asset_arguments(contract, {"polars", "parquet"}),
    )
    def register(
        context: dg.AssetExecutionContext, lake: LakeResource, transfer: pl.LazyFrame
    ) -> dg.Output[ComputedTable]:
        from warehouse.raw import build_raw_table
        from warehouse.transfer_table import from_frame

        selection = from_frame(transfer)
        rules = lake.rules(context.partition_key)
        with _refusing_misfits(lake.lake, selection, context.partition_key):
            frame = build_raw_table(contract, selection, lake.lake.landing)
        return _output(
            ComputedTable(
                contract,
                frame,
                data_version=fingerprint.raw_version(sql_name, selection, rules, {}),
                inputs={TRANSFER: fingerprint.delivered_version(selection)},
                code_version=fingerprint.table_code_version(sql_name),
            )
        )

    return register


def _derived_asset(table: DerivedTable) -> dg.AssetsDefinition:
    @dg.asset(
        ins=_inputs_of(table.inputs),
        deps=[key_of(quarantine_of(name)) for name in table.inputs if name in RAW_TABLES],
        **_asset_arguments(table.contract, {"polars", "parquet"}),
    )
    def derived_table(
        context: dg.AssetExecutionContext, lake: LakeResource, **inputs: pl.LazyFrame
    ) -> dg.Output[ComputedTable]:
        work = lake.work(context.partition_key)
        rules = lake.rules(context.partition_key)
        versions = {name: work.record(name).data_version for name in table.inputs}
        wanted = fingerprint.data_version(table.sql_name, versions, as_parameters(rules))
        reused_from = _take_over(context, work, table.contract, wanted)
        return _output(
            ComputedTable(
                table.contract,
                None if reused_from else compute_in_buckets(table, inputs, rules),
                data_version=wanted,
                inputs=versions,
                code_version=fingerprint.table_code_version(table.sql_name),
                reused_from=reused_from,
            )
        )

    return derived_table


def _release_asset() -> dg.AssetsDefinition:
    @dg.asset(
        key=RELEASE_KEY,
        deps=[key_of(name) for name in INPUTS],
        ins={"transfer": dg.AssetIn(key_of(TRANSFER))},
        partitions_def=data_cut,
        group_name="release",
        kinds={"duckdb"},
        owners=[OWNERS["release"]],
        description=(
            "Publishes the cut: one immutable release of all tables, one DuckDB file of results, "
            "and the pointer `published/current`. Refuses if any table is stale or any gate has "
            "not passed on the table as it stands."
        ),
        code_version=fingerprint.code_version("warehouse.release"),
    )
    def release(
        context: dg.AssetExecutionContext, lake: LakeResource, transfer: pl.LazyFrame
    ) -> dg.MaterializeResult:
        from warehouse.release import GATE_PAGE, ReleaseRefused, publish
        from warehouse.retention import prune
        from warehouse.transfer_table import from_frame

        data_cut = context.partition_key
        rules, operations = lake.rules(data_cut), lake.operations()
        # Code that was changed while the run went on made tables that are not what they are called.
        fingerprint.read_code_again()
        gatekeeper = lake.work(data_cut).record(TRANSFER).code_version
        if gatekeeper != fingerprint.table_code_version(TRANSFER):
            message = f"{TRANSFER} passed an earlier landing gate: refresh the whole cut."
            raise failure("stopped", message)
        selection = from_frame(transfer)
        planned = fingerprint.planned_versions(selection, rules)
        gates = fingerprint.gate_versions(rules, quarantine_limits(operations))
        details = {
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dagster_run_id": context.run.run_id,
            "parameters": as_parameters(rules),
            # Patients who withdrew are counted: a manifest may be read by anyone.
            "operations": {**asdict(operations), "withdrawn": len(operations.withdrawn)},
            "inputs": _inputs(transfer),
            "code": {"version": version(PROJECT), "fingerprint": fingerprint.project_code()},
            "python": platform.python_version(),
            "libraries": fingerprint.library_versions(),
            "seconds": _seconds(context),
        }
        try:
            with retry_on_storage_error():
                published = publish(
                    lake.lake,
                    data_cut,
                    planned=planned,
                    versions=fingerprint.release_versions(planned, gates),
                    gate_versions=gates,
                    details=details,
                )
        except ReleaseRefused as error:
            raise failure("stopped", error) from None
        except LakeBusy as error:
            raise failure("busy", error) from None
        note_release(lake.lake, selection, data_cut, published.release_id)
        removed: tuple[str, ...] = ()
        # Somebody moves the pointer just now: the next release removes what is too old.
        with contextlib.suppress(LakeBusy):
            removed = prune(lake.lake, operations.kept_releases)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(published.release_id),
            metadata={
                "release_id": published.release_id,
                "database": dg.MetadataValue.path(published.database),
                "gates": dg.MetadataValue.path(published.folder / "results" / GATE_PAGE),
                "tables": len(planned),
                "releases_removed": len(removed),
            },
        )

    return release


def _inputs(transfer: pl.LazyFrame) -> list[dict[str, Any]]:
    columns = pl.col("study_id", "transfer_date", "cutoff", "file", "records", "sha256")
    return transfer.select(columns).cast({pl.Date: pl.String}).collect().to_dicts()


def _seconds(context: dg.AssetExecutionContext) -> dict[str, float]:
    stats = context.instance.get_run_step_stats(context.run.run_id)
    return {
        step.step_key: round(step.end_time - step.start_time, 3)
        for step in sorted(stats, key=lambda step: step.step_key)
        if step.start_time is not None and step.end_time is not None
    }


ASSETS: list[dg.AssetsDefinition] = [
    _transfer_asset(),
    *(_register_asset(name) for name in REGISTER_TABLES),
    *(_raw_asset(name) for name in RAW_TABLES),
    *(_derived_asset(table) for table in DERIVED_TABLES),
    _release_asset(),
]
