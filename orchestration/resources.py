"""What runs need from outside: the lake, and how tables are read and written.

Belongs here: resources and the I/O manager. Does not belong here: what lies in a table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl
from pydantic import Field, PrivateAttr

from orchestration.failure import failure
from orchestration.settings import SettingsError, load_rules
from orchestration.tables import TRANSFER
from transforms.rules import Rules
from warehouse.contracts import TableContract
from warehouse.lake import Lake, LakeBusy, TableNotReady, WorkArea

PARTITION_TAG = "dagster/partition"


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
    """What an asset hands to the I/O manager: rows not yet computed, and their versions."""

    contract: TableContract
    frame: pl.LazyFrame
    data_version: str
    inputs: dict[str, str]
    code_version: str


class ParquetIOManager(dg.ConfigurableIOManager):
    """Tables as Parquet files in the work area of the run's cut.

    It names the root itself: as a dependency, the lake would be set up, and locked, twice.
    """

    root: str = Field(description="Root folder of the lake")

    def handle_output(self, context: dg.OutputContext, obj: ComputedTable) -> None:
        """Write the table, and tell Dagster its rows, columns and place."""
        work = Lake(Path(self.root)).work(context.partition_key)
        contract = obj.contract
        record = work.write_table(
            contract,
            obj.frame,
            data_version=obj.data_version,
            inputs=obj.inputs,
            code_version=obj.code_version,
        )
        context.add_output_metadata(
            {
                "dagster/row_count": record.rows,
                "sha256": record.sha256,
                "path": dg.MetadataValue.path(work.table_path(contract.sql_name)),
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
        except TableNotReady as error:
            raise failure("stopped", error) from None
        return work.scan(sql_name)
