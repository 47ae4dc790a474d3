"""What runs need from outside: the lake, and how tables are read and written.

Belongs here: resources and the I/O manager. Does not belong here: what lies in a table.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl
from pydantic import Field, PrivateAttr

from expectations.suite import Suite
from expectations.suites import suite_for
from orchestration.failure import failure, retry_on_storage_error
from orchestration.partitions import PARTITION_TAG
from orchestration.plan import quarantine_limits
from orchestration.settings import Operations, SettingsError, load_operations, load_rules
from orchestration.tables import RAW_TABLES, TRANSFER, quarantine_of
from orchestration.tables import contract as contract_of
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.lake import Lake, LakeBusy, TableNotReady, WorkArea
from warehouse.release import GATE_PAGE
from warehouse.releases import all_releases


class LakeResource(dg.ConfigurableResource):
    """The lake; while a run lasts, it holds the lock of the cut that the run works on."""

    root: str = Field(description="Root folder of the lake")
    _lake: Lake = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["LakeResource"]:
        """Lock the cut, so that two runs never mix their tables in one work area."""
        self._lake = Lake(Path(self.root).resolve())
        data_cut = context.run.tags.get(PARTITION_TAG) if context.run else None
        if data_cut is None:
            yield self
            return
        try:
            with self._lake.work(data_cut).lock():
                yield self
        except LakeBusy as error:
            raise failure("busy", error) from None

    @property
    def lake(self) -> Lake:
        """The lake."""
        return self._lake

    def work(self, data_cut: str) -> WorkArea:
        """The work area of a cut."""
        return self._lake.work(data_cut)

    def suite(self, sql_name: str, data_cut: str) -> Suite:
        """What is expected of a table at a cut, by the lake's settings."""
        limits = quarantine_limits(self.operations())
        return suite_for(contract_of(sql_name), self.rules(data_cut), limits)

    def previous_tables(self, data_cut: str, tables: Iterable[str]) -> dict[str, Path]:
        """Those of some tables that the last release of an earlier cut has whole, by SQL name."""
        earlier = [one for one in all_releases(self._lake) if one.data_cut < data_cut]
        if not earlier:
            return {}
        # A damaged one keeps no new one from being made.
        whole = [name for name in tables if earlier[-1].is_whole(name)]
        paths = {name: earlier[-1].table_path(name) for name in whole}
        return {name: path for name, path in paths.items() if path is not None}

    def operations(self) -> Operations:
        """How the lake is operated, by its settings.

        Raises:
            dagster.Failure: the settings have a mistake.
        """
        try:
            return load_operations(self._lake.root)
        except SettingsError as error:
            raise failure("settings", error) from None

    def rules(self, data_cut: str) -> Rules:
        """The rules of a cut, by the lake's settings.

        Raises:
            dagster.Failure: the settings have a mistake; a retry would not help.
        """
        try:
            return load_rules(self._lake.root, data_cut)
        except SettingsError as error:
            raise failure("settings", error) from None


@dataclass(frozen=True)
class ComputedTable:
    """What an asset hands to the I/O manager: rows not yet computed, and their versions.

    Attributes:
        contract: the table.
        frame: its rows; None if it was taken over from an earlier run, and lies there already.
        data_version: fingerprint of what it should be.
        inputs: data version of each upstream table, by SQL name.
        code_version: fingerprint of the code that computes it.
        reused_from: the cut whose run computed it, if it was taken over.
    """

    contract: TableContract
    frame: pl.LazyFrame | None
    data_version: str
    inputs: dict[str, str]
    code_version: str
    reused_from: str | None = None


class ParquetIOManager(dg.ConfigurableIOManager):
    """Tables as Parquet files in the work area of the run's cut.

    It names the root itself: as a dependency, the lake would be set up, and locked, twice.
    """

    root: str = Field(description="Root folder of the lake")

    def handle_output(self, context: dg.OutputContext, obj: ComputedTable) -> None:
        """Write the table unless it lies there, and tell Dagster its rows and place."""
        work = Lake(Path(self.root)).work(context.partition_key)
        contract = obj.contract
        with retry_on_storage_error():
            record = (
                work.record(contract.sql_name)
                if obj.frame is None
                else work.write_table(
                    contract,
                    obj.frame,
                    data_version=obj.data_version,
                    inputs=obj.inputs,
                    code_version=obj.code_version,
                )
            )
        context.add_output_metadata(
            {
                "dagster/row_count": record.rows,
                "sha256": record.sha256,
                "path": dg.MetadataValue.path(work.table_path(contract.sql_name)),
                # Written when the run has published, or a gate has stopped it.
                "gates": dg.MetadataValue.path(work.root / GATE_PAGE),
                **({"reused_from": obj.reused_from} if obj.reused_from else {}),
            }
        )

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """The upstream table, if it has passed its gate as it stands.

        Raises:
            dagster.Failure: it is missing or torn, or its gate did not pass.
        """
        layer, name = context.asset_key.path
        sql_name = f"{layer}.{name}"
        work = Lake(Path(self.root)).work(context.partition_key)
        try:
            if sql_name == TRANSFER:
                # Its gate is its making: a refused transfer is never written.
                work.record(sql_name)
            else:
                work.passed_record(sql_name)
                if sql_name in RAW_TABLES:
                    # Whether too much was put aside is asked by the gate of the quarantine.
                    work.passed_record(quarantine_of(sql_name))
        except TableNotReady as error:
            raise failure("stopped", error) from None
        return work.scan(sql_name)
