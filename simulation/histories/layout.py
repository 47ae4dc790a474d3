"""Which steps make each dataset smaller, in the order in which they are taken.

Belongs here: what follows from what in the datasets of the landing contract. A step that would
lose something on the tables at hand is not taken (`files`), so nothing here must hold always.
"""

import polars as pl

from simulation.histories.steps import (
    PERSON_IN_STUDY,
    LookUp,
    Step,
    leave_out,
    number_days,
    number_persons,
    tell_changes,
    tell_once,
)
from simulation.sdtm import DATASETS
from warehouse.contracts import RAW

_PHASES = LookUp("DM", ("RFICDTC", "RFSTDTC", "RFENDTC"), PERSON_IN_STUDY)
_VISIT = LookUp("SV", ("SVSTDTC",), (*PERSON_IN_STUDY, "VISITNUM"))
_CONSENT, _START, _END = (pl.col(f"DM.{name}") for name in _PHASES.columns)
_VISIT_DAY = pl.coalesce("SV.SVSTDTC", _CONSENT)
_NOTHING = pl.lit(None, dtype=pl.String)

#: DM tells who there is and SV when they came: both help the others, so they come first.
ORDER = ("DM", "SV", *(name for name in DATASETS if name not in ("DM", "SV")))


def _once(key: str, *columns: str) -> tuple[Step, ...]:
    return tuple(tell_once(column, key) for column in columns)


def _after_consent(column: str) -> Step:
    """Dates in the order of rows, the first of a person and study counted from consent."""
    return number_days(column, _CONSENT, _PHASES, from_row_before=True)


def _findings(prefix: str) -> tuple[Step, ...]:
    """QS and NV: several tests at a visit."""
    test, result, text, day = (f"{prefix}{name}" for name in ("TESTCD", "ORRES", "STRESC", "DTC"))
    is_done = pl.col(result).is_not_null()
    is_baseline = is_done & (pl.col("VISITNUM") == 2)
    return (
        *_once(test, f"{prefix}TEST", f"{prefix}CAT"),
        leave_out(f"{prefix}STRESN", pl.col(text).cast(pl.Float64, strict=False)),
        leave_out(text, pl.col(result)),
        leave_out(f"{prefix}STAT", pl.when(~is_done).then(pl.lit("NOT DONE"))),
        leave_out(f"{prefix}BLFL", pl.when(is_baseline).then(pl.lit("Y"))),
        *_once("VISITNUM", "VISIT"),
        tell_once(day, *PERSON_IN_STUDY, "VISITNUM"),
        number_days(day, _VISIT_DAY, _VISIT, _PHASES),
        tell_changes("VISITNUM"),
    )


_SUPPLEMENT = (*_once("STUDYID", "IDVAR"), *_once("QNAM", "QLABEL"))

_OWN: dict[str, tuple[Step, ...]] = {
    "DM": (
        leave_out("SITEID", pl.col("USUBJID").str.split("-").list.get(1, null_on_oob=True)),
        leave_out("SUBJID", pl.col("USUBJID").str.split("-").list.get(2, null_on_oob=True)),
        *_once("STUDYID", "AGEU"),
        *_once("USUBJID", "SEX", "RACE", "COUNTRY"),
        *_once("ARMCD", "ARM"),
        *_once("ACTARMCD", "ACTARM"),
        leave_out("DTHFL", pl.when(pl.col("DTHDTC").is_not_null()).then(pl.lit("Y"))),
        number_days("DTHDTC", pl.col("RFENDTC")),
        number_days("RFENDTC", pl.col("RFSTDTC")),
        number_days("RFSTDTC", pl.col("RFICDTC")),
        number_days("RFICDTC", _NOTHING),
    ),
    "SV": (
        leave_out("SVENDTC", pl.col("SVSTDTC")),
        *_once("VISITNUM", "VISIT"),
        _after_consent("SVSTDTC"),
    ),
    "EX": (
        *_once("EXTRT", "EXDOSU", "EXROUTE"),
        *_once("STUDYID", "EPOCH"),
        *_once("VISITNUM", "VISIT"),
        number_days("EXENDTC", pl.col("EXSTDTC")),
        number_days("EXSTDTC", _VISIT_DAY, _VISIT, _PHASES),
    ),
    "SUPPEX": _SUPPLEMENT,
    "CE": (
        *_once("CETERM", "CEDECOD", "CECAT", "CEOCCUR"),
        number_days("CEENDTC", pl.col("CESTDTC")),
        _after_consent("CESTDTC"),
    ),
    "SUPPCE": _SUPPLEMENT,
    "QS": _findings("QS"),
    "NV": _findings("NV"),
    "AE": (
        leave_out("AETERM", pl.col("AEDECOD").str.to_uppercase()),
        *_once("AEDECOD", "AEBODSYS"),
        number_days("AEENDTC", pl.col("AESTDTC")),
        _after_consent("AESTDTC"),
    ),
    "CM": (
        leave_out("CMDECOD", pl.col("CMTRT")),
        number_days("CMENTPT", _END, _PHASES),
        number_days("CMENDTC", pl.col("CMSTDTC")),
        _after_consent("CMSTDTC"),
    ),
    "DS": (
        *_once("DSTERM", "DSDECOD", "DSCAT"),
        *_once("STUDYID", "EPOCH"),
        number_days(
            "DSSTDTC",
            pl.when(pl.col("DSCAT") == "PROTOCOL MILESTONE").then(_CONSENT).otherwise(_END),
            _PHASES,
        ),
    ),
    "SE": (
        *_once("ETCD", "ELEMENT", "EPOCH"),
        number_days(
            "SEENDTC",
            pl.when(pl.col("ETCD") == "SCRN").then(_START).otherwise(_END),
            _PHASES,
        ),
        number_days("SESTDTC", _CONSENT, _PHASES),
    ),
    "MH": (*_once("MHTERM", "MHDECOD", "MHCAT"), number_days("MHSTDTC", _NOTHING)),
    "SC": (
        *_once("SCTESTCD", "SCTEST"),
        leave_out("SCSTRESN", pl.col("SCSTRESC").cast(pl.Float64, strict=False)),
        leave_out("SCSTRESC", pl.col("SCORRES")),
        number_days("SCDTC", _CONSENT, _PHASES),
    ),
}


def steps_of(dataset: str) -> tuple[Step, ...]:
    """The steps of one dataset; they are taken back in the opposite order."""
    domain = "RDOMAIN" if dataset.startswith("SUPP") else "DOMAIN"
    coded = dataset.removeprefix("SUPP")
    place = pl.int_range(1, pl.len() + 1).over(PERSON_IN_STUDY).cast(pl.Float64)
    sequence = f"{dataset}SEQ"
    has_sequence = sequence.lower() in RAW[dataset.lower()].column_names
    return (
        *_OWN[dataset],
        leave_out(domain, pl.lit(coded)),
        *((leave_out(sequence, place),) if has_sequence else ()),
        *((number_persons(),) if dataset != "DM" else ()),
    )
