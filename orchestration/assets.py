"""One Dagster asset per table, and `release`, the only one that publishes.

Belongs here: thin wrappers that read versions, call a function named in `tables`, and hand
the frame to the I/O manager. Assets are made from the list of tables and their contracts.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from orchestration import fingerprint
from orchestration.buckets import compute_in_buckets
from orchestration.failure import failure
from orchestration.partitions import data_cut
from orchestration.resources import ComputedTable, LakeResource
from orchestration.settings import as_parameters
from orchestration.tables import DERIVED_TABLES, INPUTS, RAW_TABLES, TRANSFER, DerivedTable
from orchestration.tables import contract as contract_of
from warehouse.contracts import Column, TableContract
from warehouse.contracts.landing import TRANSFER as TRANSFER_CONTRACT
from warehouse.lake import LakeBusy

OWNERS = {
    "landing": "team:data-engineering",
    "raw": "team:data-engineering",
    "core": "team:statistics",
    "windows": "team:statistics",
    "results": "team:statistics",
    "release": "team:data-engineering",
}
RELEASE_KEY = dg.AssetKey(["release", "release"])


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


def _asset_arguments(contract: TableContract, kinds: set[str]) -> dict[str, Any]:
    rules = f"\n\nRules: {', '.join(contract.rule_ids)}." if contract.rule_ids else ""
    key = f"\n\nKey: {', '.join(contract.key)}."
    return {
        "key": key_of(contract.sql_name),
        "partitions_def": data_cut,
        "group_name": contract.layer,
        "kinds": kinds,
        "owners": [OWNERS[contract.layer]],
        "op_tags": first_of_its_layer(contract.layer),
        "description": f"{contract.label}.{key}{rules}",
        "code_version": fingerprint.table_code_version(contract.sql_name),
        "metadata": {
            "dagster/column_schema": dg.TableSchema([_column(c) for c in contract.columns]),
            "dagster/table_name": contract.sql_name,
        },
    }


def _output(table: ComputedTable) -> dg.Output[ComputedTable]:
    return dg.Output(table, data_version=dg.DataVersion(table.data_version))


def _transfer_asset() -> dg.AssetsDefinition:
    @dg.asset(**_asset_arguments(TRANSFER_CONTRACT, {"file"}))
    def transfer(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.Output[ComputedTable]:
        from warehouse.landing import TransferRefused, check_reached, select_transfers
        from warehouse.transfer_table import to_frame

        rules = lake.rules(context.partition_key)
        try:
            check_reached(lake.lake.landing, rules.cutoff)
            transfers = select_transfers(lake.lake.landing, rules.cutoff)
        except TransferRefused as error:
            raise failure("refused", error) from None
        return _output(
            ComputedTable(
                TRANSFER_CONTRACT,
                to_frame(transfers),
                data_version=fingerprint.transfer_version(transfers),
                inputs={},
                code_version=fingerprint.table_code_version(TRANSFER),
            )
        )

    return transfer


def _raw_asset(sql_name: str) -> dg.AssetsDefinition:
    contract = contract_of(sql_name)

    @dg.asset(
        ins={"transfer": dg.AssetIn(key_of(TRANSFER))},
        **_asset_arguments(contract, {"polars", "parquet"}),
    )
    def raw_table(lake: LakeResource, transfer: pl.LazyFrame) -> dg.Output[ComputedTable]:
        from warehouse.raw import RawTableError, build_raw_table
        from warehouse.transfer_table import from_frame

        transfers = from_frame(transfer)
        try:
            frame = build_raw_table(contract, transfers, lake.lake.landing)
        except RawTableError as error:
            raise failure("refused", error) from None
        return _output(
            ComputedTable(
                contract,
                frame,
                data_version=fingerprint.raw_version(sql_name, transfers),
                inputs={TRANSFER: fingerprint.transfer_version(transfers)},
                code_version=fingerprint.table_code_version(sql_name),
            )
        )

    return raw_table


def _derived_asset(table: DerivedTable) -> dg.AssetsDefinition:
    ins = {name.split(".")[1]: dg.AssetIn(key_of(name)) for name in table.inputs}

    @dg.asset(ins=ins, **_asset_arguments(table.contract, {"polars", "parquet"}))
    def derived_table(
        context: dg.AssetExecutionContext, lake: LakeResource, **inputs: pl.LazyFrame
    ) -> dg.Output[ComputedTable]:
        work = lake.work(context.partition_key)
        rules = lake.rules(context.partition_key)
        versions = {name: work.record(name).data_version for name in table.inputs}
        return _output(
            ComputedTable(
                table.contract,
                compute_in_buckets(table, inputs, rules),
                data_version=fingerprint.data_version(
                    table.sql_name, versions, as_parameters(rules)
                ),
                inputs=versions,
                code_version=fingerprint.table_code_version(table.sql_name),
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
        from warehouse.release import ReleaseRefused, publish
        from warehouse.transfer_table import from_frame

        parameters = as_parameters(lake.rules(context.partition_key))
        # Code that was changed while the run went on made tables that are not what they are called.
        fingerprint.read_code_again()
        gatekeeper = lake.work(context.partition_key).record(TRANSFER).code_version
        if gatekeeper != fingerprint.table_code_version(TRANSFER):
            message = f"{TRANSFER} passed an earlier landing gate: refresh the whole cut."
            raise failure("stopped", message)
        planned = fingerprint.planned_versions(from_frame(transfer), parameters)
        details = {
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dagster_run_id": context.run.run_id,
            "parameters": parameters,
            "inputs": _inputs(transfer),
            "libraries": fingerprint.library_versions(),
            "seconds": _seconds(context),
        }
        try:
            published = publish(
                lake.lake,
                context.partition_key,
                planned=planned,
                versions=fingerprint.release_versions(planned, parameters),
                gate_version=fingerprint.gate_version(parameters),
                details=details,
            )
        except ReleaseRefused as error:
            raise failure("stopped", error) from None
        except LakeBusy as error:
            raise failure("busy", error) from None
        return dg.MaterializeResult(
            data_version=dg.DataVersion(published.release_id),
            metadata={
                "release_id": published.release_id,
                "database": dg.MetadataValue.path(published.database),
                "tables": len(planned),
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
    *(_raw_asset(name) for name in RAW_TABLES),
    *(_derived_asset(table) for table in DERIVED_TABLES),
    _release_asset(),
]
