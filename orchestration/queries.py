"""Queries for the study sites: which records must be looked at, with what is wrong with them.

Belongs here: rows with a patient that a gate found, from the quarantine and from the gate records
of a work area, and one CSV file per site. Does not belong here: who sends them.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.contracts import QUARANTINE, RAW, REGISTERS
from warehouse.lake import Lake, TableNotReady, WorkArea

TEXT = pl.String()
SCHEMA = pl.Schema(
    {
        "study_id": TEXT,
        "site_id": TEXT,
        "usubjid": TEXT,
        "dataset": TEXT,
        "record_key": TEXT,
        "rule_id": TEXT,
        "expectation": TEXT,
        "message": TEXT,
        "offending": TEXT,
        "source_file": TEXT,
        "source_row": pl.Int32(),
    }
)
#: What a finding tells; the site is looked up.
_TOLD = pl.Schema({name: dtype for name, dtype in SCHEMA.items() if name != "site_id"})
UNKNOWN = "unknown"

#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = r"^[=+\-@\t\r]"
#: Names of study and site become names of files.
_NOT_IN_FILE_NAMES = r"[^A-Za-z0-9._-]"
_DM = "raw.dm"


def site_queries(lake: Lake, data_cut: str) -> pl.DataFrame:
    """Every record with a patient that a gate of a cut found, by study and site.

    From the quarantine each row and rule, of a patient whose DM record is put aside that record
    alone; from the gates each row of a finding that warns or stops
    and names a patient, up to the number that a gate record keeps. A finding on persons (core)
    bears the study and the site of the core study. A patient is named as the site knows it, also
    where the crosswalk gives the person another identifier.

    Args:
        lake: the lake.
        data_cut: cut-off date, ISO 8601.

    Returns:
        Columns of `SCHEMA`, sorted. `source_file` and `source_row` are null where the finding is
        not about one delivered row; study and site are `unknown` where no record tells
        them.

    Raises:
        TableNotReady: the cut has not been computed up to `raw.dm` yet.
    """
    work = lake.work(data_cut)
    if not work.table_path(_DM).is_file():
        message = f"{_DM} has not been computed for cut {data_cut}: run `topaz refresh` first."
        raise TableNotReady(message)
    sites = _sites(work)
    return (
        pl.concat([_quarantined(work), _gate_findings(work)])
        .lazy()
        .join(sites, on=["study_id", "usubjid"], how="left")
        .join(_site_ids(work), on=["study_id", "usubjid"], how="left")
        .with_columns(
            pl.col("study_id", "site_id").fill_null(UNKNOWN),
            pl.coalesce("usubjid_of_site", "usubjid").alias("usubjid"),
        )
        .select(list(SCHEMA))
        .unique()
        .sort(list(SCHEMA))
        .collect()
    )


def write_site_queries(frame: pl.DataFrame, folder: Path) -> list[Path]:
    """Write one CSV file per study and site, for its owner only, in place of those of before.

    The same frame gives the same bytes. Cells that a spreadsheet would take for a formula begin
    with an apostrophe.

    Args:
        frame: what `site_queries` gave.
        folder: made if it is not there, then closed to others (mode 0700). Query files in it are
            removed: what was asked in them and is not asked any more has been answered.

    Returns:
        The files written, `<study>_<site>.csv`, sorted.
    """
    # One that is there keeps its mode: it may be anybody's.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for earlier in folder.glob("*.csv"):
        with earlier.open(encoding="utf-8", errors="replace") as file:
            is_ours = file.readline().strip() == ",".join(SCHEMA)
        if is_ours:
            earlier.unlink()
    safe = frame.with_columns(pl.col(TEXT).str.replace(_FORMULA, "'$0"))
    named = safe.with_columns(
        file=pl.concat_str(
            pl.col("study_id", "site_id").str.replace_all(_NOT_IN_FILE_NAMES, "_"), separator="_"
        )
    )
    files = []
    for (_, site, name), rows in named.group_by("study_id", "site_id", "file", maintain_order=True):
        # Sites whose names differ only in what a file name cannot have get a file each.
        is_plain = name.endswith(f"_{site}")
        mark = "" if is_plain else "_" + sha256(str(site).encode()).hexdigest()[:8]
        path = folder / f"{name}{mark}.csv"
        # Made with its mode, not given it later: nobody else may open it in between.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            rows.drop("file").write_csv(file)
        files.append(path)
    return sorted(files)


def _quarantined(work: WorkArea) -> pl.DataFrame:
    paths = [
        (name, work.table_path(contract.sql_name))
        for name, contract in QUARANTINE.items()
        if work.table_path(contract.sql_name).is_file()
    ]
    frames = [
        pl.scan_parquet(path, glob=False)
        .with_columns(dataset=pl.lit(name.upper()))
        .select(list(_TOLD))
        for name, path in paths
    ]
    found = pl.concat([pl.LazyFrame(schema=_TOLD), *frames])
    # All other records of such a patient are put aside because of it: one question is enough.
    of_patient = ["study_id", "usubjid"]
    lost = found.filter(pl.col("dataset") == "DM", pl.col("expectation") != "record_once").select(
        of_patient
    )
    follows = pl.col("expectation") == "patient_in_dm"
    return pl.concat(
        [found.filter(~follows), found.filter(follows).join(lost, on=of_patient, how="anti")]
    ).collect()


def _gate_findings(work: WorkArea) -> pl.DataFrame:
    """Rows that gates listed, if they name a patient; raw rows where they name the record, too."""
    persons = _core_studies(work)
    rows = []
    for path in sorted((work.root / "gates").glob("*.json")):
        table = path.stem
        gate = work.gate(table)
        # The quarantine has its rows itself; what is structural is no matter for a site.
        if gate is None or table.startswith("quarantine."):
            continue
        for outcome in gate.report["outcomes"]:
            if outcome["passed"] or outcome["severity"] == "structural":
                continue
            rows += [
                _finding(table, outcome, key)
                for key in outcome["failing_keys"]
                if "usubjid" in key or "person_id" in key
            ]
    found = pl.DataFrame(rows, schema=_TOLD)
    return (
        found.join(persons, on="usubjid", how="left")
        .with_columns(study_id=pl.coalesce("study_id", "core_study_id"))
        .select(list(_TOLD))
    )


def _finding(table: str, outcome: Mapping[str, Any], key: Mapping[str, Any]) -> dict[str, Any]:
    layer, name = table.split(".")
    record = RAW[name].key if layer == "raw" and name in RAW else ()
    numbers = [part for part in record if part not in ("studyid", "usubjid")]
    identity = {"studyid", "study_id", "usubjid", "person_id", "source_file", "source_row"}
    return {
        "study_id": key.get("studyid") or key.get("study_id"),
        "usubjid": key.get("usubjid") or key.get("person_id"),
        "dataset": name.upper() if layer == "raw" else table,
        "record_key": ", ".join(f"{part}={_plain(key[part])}" for part in numbers if part in key),
        "rule_id": outcome["rule_id"],
        "expectation": outcome["id"],
        "message": outcome["message"],
        "offending": ", ".join(
            f"{part} = {'missing' if value is None else _plain(value)}"
            for part, value in key.items()
            if part not in identity and part not in numbers
        ),
        "source_file": key.get("source_file"),
        "source_row": key.get("source_row"),
    }


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _sites(work: WorkArea) -> pl.LazyFrame:
    """Site of each patient and study, also of those whose DM record is in quarantine."""
    site = pl.scan_parquet(work.table_path(_DM), glob=False).select(
        study_id="studyid", usubjid="usubjid", site_id="siteid"
    )
    aside = work.table_path("quarantine.dm")
    if aside.is_file():
        recorded = pl.scan_parquet(aside, glob=False).select(
            "study_id",
            "usubjid",
            site_id=pl.col("record").str.json_path_match("$.siteid"),
        )
        site = pl.concat([site, recorded])
    return site.drop_nulls().unique(["study_id", "usubjid"], keep="first", maintain_order=True)


def _site_ids(work: WorkArea) -> pl.LazyFrame:
    """The site's own identifier of persons in the crosswalk."""
    path = work.table_path("raw.crosswalk")
    crosswalk = (
        pl.scan_parquet(path, glob=False)
        if path.is_file()
        else pl.LazyFrame(schema=REGISTERS["crosswalk"].schema)
    )
    return crosswalk.select("study_id", usubjid_of_site="usubjid", usubjid="person_id")


def _core_studies(work: WorkArea) -> pl.DataFrame:
    """Core study of each person, for findings on tables in which persons have no study."""
    path = work.table_path("core.patient")
    if not path.is_file():
        return pl.DataFrame(schema={"usubjid": TEXT, "core_study_id": TEXT})
    return pl.read_parquet(path, columns=["person_id", "core_study_id"]).rename(
        {"person_id": "usubjid"}
    )
