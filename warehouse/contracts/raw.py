"""Contracts of the raw layer: one table per SDTM dataset, all studies together.

Column names are the SDTM variables in lower case. `required=False` marks variables that
an extract may lack (the column is then null). Source: the landing contract's domains.
"""

import re
from collections.abc import Iterable

import polars as pl

from warehouse.contracts.core import CORE_STUDIES
from warehouse.contracts.table import Column, TableContract, by_name

TEXT = pl.String()
NUMBER = pl.Float64()

#: Provenance of a row, first columns of every raw table.
SOURCE = (
    Column("source_file", TEXT, "File of the row, relative to the landing folder", nullable=False),
    Column("source_row", pl.Int32(), "Row number in that file, from 1", nullable=False),
)


#: What a flag may be: CDISC's codelist NY. Another spelling would count as no.
_NY = ("Y", "N", "U", "NA")


def _text(
    name: str,
    label: str,
    *,
    required: bool = True,
    nullable: bool = True,
    terms: tuple[str, ...] = (),
) -> Column:
    return Column(name, TEXT, label, required=required, nullable=nullable, terms=terms)


def _number(name: str, label: str, unit: str | None = None, *, required: bool = True) -> Column:
    return Column(name, NUMBER, label, unit=unit, required=required)


def _identity(domain: str) -> tuple[Column, ...]:
    domain_variable = "rdomain" if domain.startswith("SUPP") else "domain"
    return (
        _text("studyid", "Study Identifier", nullable=False),
        _text(domain_variable, "Domain Abbreviation", nullable=False),
        _text("usubjid", "Unique Subject Identifier", nullable=False),
    )


def _dataset(name: str, label: str, key: tuple[str, ...], *columns: Column) -> TableContract:
    return TableContract(
        layer="raw",
        name=name.lower(),
        label=label,
        columns=(*SOURCE, *_identity(name), *columns),
        key=("studyid", "usubjid", *key),
    )


def _sequence(name: str) -> Column:
    return Column(name, NUMBER, "Sequence Number", nullable=False)


def _supplement(parent: str) -> TableContract:
    return _dataset(
        f"SUPP{parent}",
        f"Supplemental qualifiers for {parent}",
        ("idvar", "idvarval", "qnam"),
        _text("idvar", "Identifying Variable", nullable=False),
        _text("idvarval", "Identifying Variable Value", nullable=False),
        _text("qnam", "Qualifier Variable Name", nullable=False),
        _text("qlabel", "Qualifier Variable Label"),
        _text("qval", "Data Value"),
    )


def _findings(domain: str, label: str, prefix: str) -> TableContract:
    return _dataset(
        domain,
        label,
        # RS and QS are numbered each for itself.
        ("domain", f"{prefix}seq"),
        _sequence(f"{prefix}seq"),
        _text(f"{prefix}testcd", "Test Short Name", nullable=False),
        _text(f"{prefix}test", "Test Name", required=False),
        _text(f"{prefix}cat", "Category"),
        _text(f"{prefix}orres", "Result in Original Units", required=False),
        _text(f"{prefix}stresc", "Character Result in Standard Format", required=False),
        _number(f"{prefix}stresn", "Numeric Result in Standard Units"),
        _text(f"{prefix}stat", "Completion Status", required=False),
        _text(f"{prefix}blfl", "Baseline Flag", required=False),
        _number("visitnum", "Visit Number"),
        _text("visit", "Visit Name"),
        _text(f"{prefix}dtc", "Date/Time of Finding"),
    )


RAW = by_name(
    (
        _dataset(
            "DM",
            "Demographics: one row per patient and study",
            (),
            _text("subjid", "Subject Identifier for the Study"),
            _text("siteid", "Study Site Identifier"),
            _text("rficdtc", "Date/Time of Informed Consent"),
            _text("rfstdtc", "Subject Reference Start Date/Time"),
            _text("rfendtc", "Subject Reference End Date/Time"),
            _text("dthfl", "Subject Death Flag", terms=_NY),
            _text("dthdtc", "Date/Time of Death"),
            _number("age", "Age", "years"),
            _text("ageu", "Age Units", required=False),
            _text("sex", "Sex"),
            _text("race", "Race", required=False),
            _text("country", "Country", required=False),
            _text("armcd", "Planned Arm Code"),
            _text("arm", "Description of Planned Arm", required=False),
            _text("actarmcd", "Actual Arm Code"),
            _text("actarm", "Description of Actual Arm", required=False),
        ),
        _dataset(
            "EX",
            "Exposure: one row per alemtuzumab infusion or interferon interval",
            ("exseq",),
            _sequence("exseq"),
            _text("extrt", "Name of Treatment", nullable=False),
            _number("exdose", "Dose", "mg"),
            _text("exdosu", "Dose Units", required=False),
            _text("exroute", "Route of Administration", required=False),
            _text("epoch", "Epoch", required=False),
            _number("visitnum", "Visit Number"),
            _text("visit", "Visit Name"),
            _text("exstdtc", "Start Date/Time of Treatment"),
            _text("exendtc", "End Date/Time of Treatment"),
        ),
        _supplement("EX"),
        _dataset(
            "CE",
            "Clinical events: relapses and others",
            ("ceseq",),
            _sequence("ceseq"),
            _text("ceterm", "Reported Term for the Clinical Event"),
            _text("cedecod", "Dictionary-Derived Term", required=False),
            _text("cecat", "Category for Clinical Event"),
            _text("ceoccur", "Clinical Event Occurrence", terms=_NY),
            _text("cesev", "Severity", required=False),
            _text("cestdtc", "Start Date/Time of Clinical Event"),
            _text("ceendtc", "End Date/Time of Clinical Event", required=False),
        ),
        _supplement("CE"),
        _findings("QS", "Questionnaires: EDSS and Kurtzke functional systems", "qs"),
        _findings("NV", "Nervous system findings: brain MRI", "nv"),
        _dataset(
            "AE",
            "Adverse events",
            ("aeseq",),
            _sequence("aeseq"),
            _text("aeterm", "Reported Term for the Adverse Event", nullable=False),
            _text("aedecod", "Dictionary-Derived Term"),
            _text("aebodsys", "Body System or Organ Class"),
            _text("aeser", "Serious Event"),
            _text("aesev", "Severity/Intensity", required=False),
            _text("aetoxgr", "Standard Toxicity Grade", required=False),
            _text("aeout", "Outcome of Adverse Event", required=False),
            _text("aesdth", "Results in Death", required=False, terms=_NY),
            _text("aestdtc", "Start Date/Time of Adverse Event"),
            _text("aeendtc", "End Date/Time of Adverse Event", required=False),
        ),
        _dataset(
            "CM",
            "Concomitant medications",
            ("cmseq",),
            _sequence("cmseq"),
            _text("cmtrt", "Reported Name of Drug, Med, or Therapy", nullable=False),
            _text("cmdecod", "Standardized Medication Name", required=False),
            _text("cmcat", "Category for Medication"),
            _text("cmstdtc", "Start Date/Time of Medication"),
            _text("cmendtc", "End Date/Time of Medication"),
            _text("cmenrtpt", "End Relative to Reference Time Point"),
            _text("cmentpt", "End Reference Time Point", required=False),
        ),
        _dataset(
            "DS",
            "Disposition",
            ("dsseq",),
            _sequence("dsseq"),
            _text("dsterm", "Reported Term for the Disposition Event", required=False),
            _text("dsdecod", "Standardized Disposition Term"),
            _text("dscat", "Category for Disposition Event"),
            _text("dsscat", "Subcategory for Disposition Event"),
            _text("epoch", "Epoch", required=False),
            _text("dsstdtc", "Start Date/Time of Disposition Event"),
        ),
        _dataset(
            "SV",
            "Subject visits",
            ("visitnum", "svstdtc"),
            _number("visitnum", "Visit Number"),
            _text("visit", "Visit Name"),
            _text("svstdtc", "Start Date/Time of Visit"),
            _text("svendtc", "End Date/Time of Visit", required=False),
        ),
        _dataset(
            "SE",
            "Subject elements",
            ("seseq",),
            _sequence("seseq"),
            _text("etcd", "Element Code", required=False),
            _text("element", "Description of Element", required=False),
            _text("sestdtc", "Start Date/Time of Element"),
            _text("seendtc", "End Date/Time of Element"),
            _text("epoch", "Epoch", required=False),
        ),
        _dataset(
            "MH",
            "Medical history",
            ("mhseq",),
            _sequence("mhseq"),
            _text("mhterm", "Reported Term for the Medical History", nullable=False),
            _text("mhdecod", "Dictionary-Derived Term", required=False),
            _text("mhcat", "Category for Medical History"),
            _text("mhstdtc", "Start Date/Time of Medical History Event"),
        ),
        _dataset(
            "SC",
            "Subject characteristics: relapse counts before enrolment",
            ("scseq",),
            _sequence("scseq"),
            _text("sctestcd", "Subject Characteristic Short Name", nullable=False),
            _text("sctest", "Subject Characteristic", required=False),
            _text("scorres", "Result in Original Units", required=False),
            _text("scstresc", "Character Result in Standard Format", required=False),
            _number("scstresn", "Numeric Result in Standard Units"),
            _text("scdtc", "Date/Time of Collection", required=False),
        ),
    )
)

#: Told beside the datasets: who is who, and why a number is missing. Made from the same files.
REGISTERS = by_name(
    (
        TableContract(
            layer="raw",
            name="crosswalk",
            label="Persons with several USUBJIDs: one row per USUBJID as delivered",
            columns=(
                *SOURCE,
                _text("study_id", "Study Identifier", nullable=False),
                _text("usubjid", "Unique Subject Identifier, as delivered", nullable=False),
                _text("person_id", "The person's identifier, in all studies", nullable=False),
            ),
            key=("study_id", "usubjid"),
        ),
        TableContract(
            layer="raw",
            name="special_missing",
            label="Missing numbers that the sender gave a reason: one row per value",
            columns=(
                *SOURCE,
                _text("study_id", "Study, by the folder of the file", nullable=False),
                _text("dataset", "Dataset", nullable=False),
                _text("variable", "Variable", nullable=False),
                _text("code", "Special missing value of SAS: A to Z, or _", nullable=False),
            ),
            key=("source_file", "source_row", "variable"),
        ),
    )
)

#: SDTM lets EDSS stand in RS, too: its columns are those of QS under another prefix.
_RENAMED = {"RS": "QS"}
#: A dataset that is too large for one file comes as several: QSCO, QSDA; SUPPQSCO.
_SPLIT = re.compile(r"(SUPP)?([A-Z]{2})[A-Z0-9]{0,2}")

#: Datasets of the raw layer that a transfer of a study must hold, as named in a manifest. Only
#: the core studies, where a patient enrols, collect history and relapse counts (MH, SC).
_ALL_DATASETS = tuple(name.upper() for name in RAW)
_FOLLOW_ON_DATASETS = tuple(name for name in _ALL_DATASETS if name not in ("MH", "SC"))
REQUIRED_DATASETS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CORE_STUDIES, _ALL_DATASETS),
    "CAMMS03409": _FOLLOW_ON_DATASETS,
    "LPS13649": _FOLLOW_ON_DATASETS,
}


def raw_table_of(dataset: str) -> str | None:
    """The raw table of a dataset, by name: `DM` → `dm`, `QSCO` and `RS` → `qs`; None if none."""
    if dataset.lower() in RAW:
        return dataset.lower()
    found = _SPLIT.fullmatch(dataset.upper())
    if found is None:
        return None
    domain = _RENAMED.get(found[2], found[2])
    name = f"{found[1] or ''}{domain}".lower()
    return name if name in RAW else None


def delivered_name(dataset: str, column: str) -> str:
    """How a column of a raw table is called in a dataset: `qsseq` is `rsseq` in RS; few differ."""
    domain = dataset[:2].upper()
    own = _RENAMED.get(domain, "").lower()
    return domain.lower() + column[2:] if own and column.startswith(own) else column


def missing_datasets(study: str, held: Iterable[str]) -> tuple[str, ...]:
    """Datasets that a study must deliver and that none of those held is, or is a part of."""
    tables = {raw_table_of(name) for name in held}
    return tuple(name for name in REQUIRED_DATASETS[study] if name.lower() not in tables)
