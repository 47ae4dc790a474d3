"""A year of transfers as senders make them: growth, corrections, and every way to get it wrong.

Belongs here: what is laid into landing, and when in the year. Does not belong here: what the
lake must make of it (`test_year`).

The people are simulated; the closed studies come once, TOPAZ every month. Each transfer is made
in an outbox and moved into landing whole, unless the delivery is one that arrives in pieces.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
from support.formats import (
    write_csv,
    write_json,
    write_ndjson,
    write_parquet,
    write_sas7bdat,
    write_xpt8,
)
from support.landing import edit_manifest, list_again, manifest_entry

from simulation import SimulatedTrial, simulate_trial, write_extracts
from simulation.cutoff import known_at

TOPAZ, CORRECTED_STUDY = "LPS13649", "CAMMS32400507"
CLOSED_CUTOFF, CLOSED_TRANSFER = date(2016, 10, 4), date(2016, 10, 18)
CUTOFFS = (date(2016, 11, 4), date(2016, 12, 4), *(date(2017, month, 4) for month in range(1, 11)))
#: From a cut-off to its transfer.
DELAY = timedelta(days=14)
#: The month whose transfer mends what the ones before had wrong.
CORRECTION = CUTOFFS[3]

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Mistakes:
    """What senders had wrong at first: keys of single rows, and the patients they belong to.

    Attributes:
        edss: QSSEQ of a TOPAZ score that is half a point too high until it is corrected.
        relapse: CESEQ of a TOPAZ relapse that is five days too early until it is corrected.
        late_event: AESEQ of a TOPAZ adverse event that is delivered months after it happened.
        closed_edss: QSSEQ of a score of CARE-MS II that is half a point too high.
    """

    edss: tuple[str, float]
    relapse: tuple[str, float]
    late_event: tuple[str, float]
    closed_edss: tuple[str, float]


class Year:
    """The senders of the four studies, and one landing folder that they deliver to.

    Args:
        landing: the landing folder; an outbox beside it holds what is not sent yet.
        patients: treated with 12 mg.
        seed: same seed, same year.
    """

    def __init__(self, landing: Path, patients: int = 60, seed: int = 7) -> None:
        self.landing = landing
        self.outbox = landing.with_name("outbox")
        self.trial = _with_site_texts(simulate_trial(patients, seed))
        self.mistakes = _choose_mistakes(self.trial)

    def closed_studies(self) -> None:
        """The three closed studies, once; one score of CARE-MS II is wrong."""
        for study in self.trial.datasets:
            if study != TOPAZ:
                tables = dict(self.trial.datasets[study])
                if study == CORRECTED_STUDY:
                    tables["QS"] = _raised(tables["QS"], self.mistakes.closed_edss)
                self._send(self._made(study, tables, CLOSED_CUTOFF, CLOSED_TRANSFER))

    def month(self, cutoff: date, days_late: int = 0) -> None:
        """TOPAZ as known at a cut-off, whole and right (but for what nobody knows yet)."""
        self._send(self._month(cutoff, days_late))

    def corrected_closed_study(self, transfer_date: date) -> None:
        """CARE-MS II once more, years after its end: one score is corrected."""
        tables = self.trial.datasets[CORRECTED_STUDY]
        self._send(self._made(CORRECTED_STUDY, tables, CLOSED_CUTOFF, transfer_date))

    def duplicate(self, cutoff: date, days_late: int) -> None:
        """The very files of a month once more, in a later folder."""
        sent = self.landing / TOPAZ / (cutoff + DELAY).isoformat()
        transfer_date = (cutoff + DELAY + timedelta(days=days_late)).isoformat()
        folder = Path(shutil.copytree(sent, self.outbox / "copy" / TOPAZ / transfer_date))
        edit_manifest(folder, lambda manifest: manifest.update(transfer_date=transfer_date))
        self._send(folder)

    def half_copied(self, cutoff: date) -> Callable[[], None]:
        """Manifest and half of the files, the last of them cut short.

        Returns:
            A function that copies the rest.
        """
        source = self._month(cutoff)
        target = self._place(source)
        target.mkdir(parents=True)
        names = sorted(path.name for path in source.iterdir())
        copied = ["manifest.json", *(name for name in names if name < "ds")]
        for name in copied:
            shutil.copyfile(source / name, target / name)
        last = target / copied[-1]
        os.truncate(last, last.stat().st_size - 1000)

        def complete() -> None:
            for name in names:
                shutil.copyfile(source / name, target / name)

        return complete

    def truncated(self, cutoff: date) -> None:
        """QS cut short before its sender listed it: size, hash and records agree with the file.

        The cut is at a whole card of 80 bytes, in the middle of a row. The number of records is
        what a reader makes of it.
        """
        folder = self._month(cutoff)
        path = folder / "qs.xpt"
        os.truncate(path, path.stat().st_size - 37 * 80)
        frame, _ = pyreadstat.read_xport(path, output_format="polars")
        list_again(folder, "QS", frame.height)
        self._send(folder)

    def dropped_patient(self, cutoff: date) -> Callable[[], None]:
        """A transfer without one of the patients whom the one before had.

        Returns:
            A function that puts the right files into the same folder, one by one.
        """
        whole = self._month(cutoff)
        person, _ = self.mistakes.edss
        without = {
            name: table.filter(pl.col("USUBJID") != person)
            for name, table in self._known(cutoff).items()
        }
        lacking = self._made(TOPAZ, without, cutoff, cutoff + DELAY, stage="lacking")
        target = self._send(lacking)

        def mend() -> None:
            for name in sorted(path.name for path in whole.iterdir()):
                part = target / f".{name}"
                shutil.copyfile(whole / name, part)
                part.replace(target / name)

        return mend

    def wrong_study(self, cutoff: date) -> None:
        """The files of CARE-MS I, in TOPAZ's folder and under TOPAZ's name."""
        tables = self.trial.datasets["CAMMS323"]
        folder = self._made("CAMMS323", tables, cutoff, cutoff + DELAY)
        edit_manifest(folder, lambda manifest: manifest.update(study=TOPAZ))
        self._send(folder, TOPAZ)

    def manifest_of_another_study(self, cutoff: date, days_late: int) -> None:
        """The transfer of CARE-MS I, manifest and all, in TOPAZ's folder."""
        tables = self.trial.datasets["CAMMS323"]
        folder = self._made("CAMMS323", tables, cutoff, cutoff + DELAY + timedelta(days_late))
        self._send(folder, TOPAZ)

    def other_formats(self, cutoff: date) -> None:
        """The same data as CSV in windows-1252, and as Dataset-JSON, NDJSON, Parquet and so on."""
        folder = self._month(cutoff)
        for name, table in known_at(self._known(cutoff), cutoff).items():
            (folder / f"{name.lower()}.xpt").unlink()
            suffix, write = _OTHER_FORMATS.get(name, (".xpt", write_xpt8))
            path = folder / f"{name.lower()}{suffix}"
            write(path, name, table)
            _list_as(folder, name, path, table.height)
        self._send(folder)

    def few_bad_rows(self, cutoff: date) -> None:
        """A score of 0.5, a relapse without a year, a day that is none, a patient misspelt."""
        tables = self._known(cutoff)
        edited = {"QS": _half_a_point, "CE": _without_year, "AE": _no_day_and_a_stranger}
        tables |= {name: edit(tables[name]) for name, edit in edited.items()}
        self._send(self._made(TOPAZ, tables, cutoff, cutoff + DELAY))

    def many_bad_rows(self, cutoff: date) -> None:
        """Every medication begins on a day that is none: more than a sender may get wrong."""
        tables = self._known(cutoff)
        tables["CM"] = tables["CM"].with_columns(CMSTDTC=pl.lit("2016-02-30"))
        self._send(self._made(TOPAZ, tables, cutoff, cutoff + DELAY))

    def _known(self, cutoff: date) -> Tables:
        """What the sender of TOPAZ takes for true when the data are cut at `cutoff`."""
        tables = dict(self.trial.datasets[TOPAZ])
        if cutoff < CORRECTION:
            tables["QS"] = _raised(tables["QS"], self.mistakes.edss)
            tables["CE"] = _earlier(tables["CE"], self.mistakes.relapse)
            tables["AE"] = tables["AE"].filter(~_is(self.mistakes.late_event, "AESEQ"))
        return tables

    def _month(self, cutoff: date, days_late: int = 0) -> Path:
        transfer_date = cutoff + DELAY + timedelta(days=days_late)
        return self._made(TOPAZ, self._known(cutoff), cutoff, transfer_date)

    def _made(
        self, study: str, tables: Tables, cutoff: date, transfer_date: date, stage: str = "whole"
    ) -> Path:
        """A transfer in the outbox."""
        trial = replace(self.trial, datasets={study: tables})
        (folder,) = write_extracts(
            trial, self.outbox / stage, cutoff=cutoff, transfer_date=transfer_date
        )
        return folder

    def _place(self, folder: Path, study: str | None = None) -> Path:
        return self.landing / (study or folder.parent.name) / folder.name

    def _send(self, folder: Path, study: str | None = None) -> Path:
        """Move a transfer from the outbox into landing; where it is then."""
        target = self._place(folder, study)
        target.parent.mkdir(parents=True, exist_ok=True)
        return folder.rename(target)


def _write_windows_csv(path: Path, name: str, table: pl.DataFrame) -> None:
    write_csv(path, name, table)
    path.write_bytes(path.read_bytes().decode("utf-8").encode("windows-1252"))


_OTHER_FORMATS: dict[str, tuple[str, Callable[[Path, str, pl.DataFrame], None]]] = {
    "AE": (".csv", _write_windows_csv),
    "QS": (".ndjson", write_ndjson),
    "NV": (".json", write_json),
    "SV": (".parquet", write_parquet),
    "EX": (".sas7bdat", write_sas7bdat),
}


def _list_as(folder: Path, name: str, path: Path, records: int) -> None:
    """Have the manifest name another file for a dataset."""

    def edit(manifest: dict[str, Any]) -> None:
        manifest["datasets"] = [
            manifest_entry(path, name, records) if entry["name"] == name else entry
            for entry in manifest["datasets"]
        ]

    edit_manifest(folder, edit)


def _with_site_texts(trial: SimulatedTrial) -> SimulatedTrial:
    """Sites of TOPAZ write accents, and a letter that windows-1252 has and latin-1 has not."""
    tables = trial.datasets[TOPAZ]
    is_fall = pl.col("AEDECOD") == "Fall"
    term = pl.when(is_fall).then(pl.lit("CHUTE À L'HÔPITAL, ŒIL BLESSÉ")).otherwise("AETERM")
    told = {**tables, "AE": tables["AE"].with_columns(AETERM=term)}
    return replace(trial, datasets={**trial.datasets, TOPAZ: told})


def _choose_mistakes(trial: SimulatedTrial) -> Mistakes:
    """Rows of patients treated with 12 mg, known before the first month's cut-off."""
    treated = pl.concat(
        [
            trial.datasets[study]["DM"].filter(pl.col("ACTARMCD") == "ALEM12").select("USUBJID")
            for study in ("CAMMS323", CORRECTED_STUDY)
        ]
    )

    def first(study: str, dataset: str, day: str, *where: pl.Expr) -> tuple[str, float]:
        is_known = pl.col(day).is_between(pl.lit("2016-01-01"), pl.lit("2016-10-31"))
        is_old = pl.lit(study != TOPAZ)
        rows = trial.datasets[study][dataset].join(treated, on="USUBJID", how="semi")
        chosen = rows.filter((is_known & (pl.col(day).str.len_bytes() == 10)) | is_old, *where)
        return chosen.select("USUBJID", f"{dataset}SEQ").row(0)

    is_score = (pl.col("QSTESTCD") == "EDSS0101") & pl.col("QSSTRESN").is_between(1.5, 5)
    is_planned = pl.col("VISIT").str.starts_with("MONTH")
    is_relapse = (pl.col("CECAT") == "MS RELAPSE") & (pl.col("CEOCCUR") == "Y")
    return Mistakes(
        edss=first(TOPAZ, "QS", "QSDTC", is_score, is_planned),
        relapse=first(TOPAZ, "CE", "CESTDTC", is_relapse),
        late_event=first(TOPAZ, "AE", "AESTDTC", pl.col("AESER") == "N"),
        closed_edss=first(CORRECTED_STUDY, "QS", "QSDTC", is_score, pl.col("QSBLFL") == "Y"),
    )


def _is(key: tuple[str, float], sequence: str) -> pl.Expr:
    """The row of one patient with one sequence number."""
    return (pl.col("USUBJID") == key[0]) & (pl.col(sequence) == key[1])


def _scored(qs: pl.DataFrame, row: pl.Expr, score: float) -> pl.DataFrame:
    """Another score in a row, as text and as number."""
    text = pl.when(row).then(pl.lit(f"{score:g}"))
    return qs.with_columns(
        QSORRES=text.otherwise("QSORRES"),
        QSSTRESC=text.otherwise("QSSTRESC"),
        QSSTRESN=pl.when(row).then(pl.lit(score)).otherwise("QSSTRESN"),
    )


def _raised(qs: pl.DataFrame, key: tuple[str, float]) -> pl.DataFrame:
    """A score half a point too high."""
    row = _is(key, "QSSEQ")
    return _scored(qs, row, qs.filter(row)["QSSTRESN"].item() + 0.5)


def _earlier(ce: pl.DataFrame, key: tuple[str, float]) -> pl.DataFrame:
    """A relapse that begins five days too early."""
    row = _is(key, "CESEQ")
    day = date.fromisoformat(ce.filter(row)["CESTDTC"].item()) - timedelta(days=5)
    start = pl.when(row).then(pl.lit(day.isoformat())).otherwise("CESTDTC")
    return ce.with_columns(CESTDTC=start)


def _at(row: int) -> pl.Expr:
    return pl.int_range(pl.len()) == row


def _half_a_point(qs: pl.DataFrame) -> pl.DataFrame:
    is_score = (pl.col("QSTESTCD") == "EDSS0101") & pl.col("QSSTRESN").is_not_null()
    return _scored(qs, is_score & (is_score.cum_sum() == 1), 0.5)


def _without_year(ce: pl.DataFrame) -> pl.DataFrame:
    is_relapse = (pl.col("CECAT") == "MS RELAPSE") & (pl.col("CEOCCUR") == "Y")
    first = is_relapse & (is_relapse.cum_sum() == 1)
    return ce.with_columns(CESTDTC=pl.when(~first).then("CESTDTC"))


def _no_day_and_a_stranger(ae: pl.DataFrame) -> pl.DataFrame:
    person = pl.when(_at(1)).then(pl.lit("CAMMS323-999-9999")).otherwise("USUBJID")
    start = pl.when(_at(0)).then(pl.lit("2014-02-30")).otherwise("AESTDTC")
    return ae.with_columns(USUBJID=person, AESTDTC=start)
