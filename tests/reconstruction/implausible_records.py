"""Records that do not fit together, persons twice; what measures_of_records must notice."""

import polars as pl
from history_facts import CORE_STUDIES, Datasets, pooled
from spoiling import Fault, changed, died_before, moved, only, rewritten, some_again


def _with_a_copy(datasets: Datasets) -> Datasets:
    """One person of CARE-MS I once more in another's place, all dates 45 days later."""
    demographics = pooled(datasets, "DM")
    treated = demographics.filter(STUDYID=CORE_STUDIES[0], ACTARMCD="ALEM12")
    entered = treated.join(datasets["LPS13649"]["DM"], on="USUBJID", how="semi").sort("USUBJID")
    courses = pooled(datasets, "EX").filter(pl.col("VISIT").str.starts_with("COURSE 3"))
    own = entered.join(courses, on="USUBJID", how="semi")["USUBJID"][10]
    other = entered.filter(pl.col("USUBJID") != own)["USUBJID"][-1]

    def swap(table: pl.DataFrame) -> pl.DataFrame:
        copy = table.filter(pl.col("USUBJID") == own)
        dates = [name for name in copy.columns if name.endswith("DTC")]
        copy = copy.with_columns(
            pl.lit(other).alias("USUBJID"), *(moved(name, 45).alias(name) for name in dates)
        )
        return pl.concat([table.filter(pl.col("USUBJID") != other), copy])

    return {
        study: {name: swap(table) for name, table in tables.items()}
        for study, tables in datasets.items()
    }


FAULTS = {
    "a copy moved in time": Fault(
        _with_a_copy,
        (
            "twins: same days and scores",
            "twins: same courses and relapses",
            "twins: largest share of visits on the same elapsed day",
        ),
    ),
    "one subject number": Fault(
        changed("DM", SUBJID=pl.col("SUBJID").first()),
        ("identity: subject numbers used twice", "identity: ill-formed USUBJIDs"),
    ),
    "persons twice in DM": Fault(
        some_again("DM", pl.lit(True)), ("identity: persons twice in a study",)
    ),
    "sex and age told anew": Fault(
        changed("DM", "LPS13649", SEX=pl.lit("F"), AGE=pl.lit(18.0)),
        (
            "identity: sex, race or site not the same everywhere",
            "identity: persons who grow younger",
        ),
    ),
    "half of the extension forgotten": Fault(
        rewritten("DM", "CAMMS03409", by=lambda table: table.head(500)),
        (
            "identity: in TOPAZ without extension",
            "records: of persons not in DM",
            "phases: share who entered the extension",
        ),
    ),
    "half of CARE-MS I forgotten": Fault(
        rewritten("DM", CORE_STUDIES[0], by=lambda table: table.head(300)),
        ("identity: strangers in a later study", "persons: of all arms"),
    ),
    "one big site": Fault(
        changed("DM", SITEID=pl.lit("001")),
        (
            "identity: ill-formed USUBJIDs",
            "sites: number",
            "sites: most patients",
            "sites: mean patients",
            "sites: in two countries",
        ),
    ),
    "sequences from 0": Fault(
        changed("AE", AESEQ=pl.col("AESEQ") - 1), ("records: sequences that do not count from 1",)
    ),
    "qualifiers of no row": Fault(
        changed("SUPPCE", IDVARVAL=pl.lit("999")),
        ("records: qualifiers without their row, or twice",),
    ),
    "rows of another study": Fault(
        changed("DS", STUDYID=pl.lit("LPS13649")), ("records: of another study or domain",)
    ),
    "visits before consent": Fault(
        changed("SV", SVSTDTC=moved("SVSTDTC", -60)), ("dates: seen outside participation",)
    ),
    "events after leaving": Fault(
        changed("AE", AESTDTC=moved("AESTDTC", 400)),
        (
            "dates: told from before consent or after leaving",
            "dates: after the last cut-off",
            "dates: ends before the beginning",
        ),
    ),
    "events of the dead": Fault(
        died_before(30), ("dates: after death", "deaths: fatal events that end on another day")
    ),
    "deaths without an event": Fault(
        changed("AE", AESDTH=pl.lit("N")), ("deaths: without a fatal event, or the reverse",)
    ),
    "deaths without a date": Fault(
        changed("DM", DTHDTC=pl.lit(None, pl.String)),
        ("deaths: flag without date, or date without flag", "deaths: of those treated with 12 mg"),
    ),
    "studies that overlap": Fault(
        changed("DM", "CAMMS03409", RFSTDTC=moved("RFSTDTC", -90)),
        ("phases: entered before the one before ended",),
    ),
    "core studies of three years": Fault(
        changed("DM", *CORE_STUDIES, RFENDTC=moved("RFENDTC", 365)),
        ("phases: longest core study", "phases: share with a core study of 23 to 25 months"),
    ),
    "half of TOPAZ forgotten": Fault(
        rewritten("DM", "LPS13649", by=lambda table: table.head(500)),
        ("phases: share who entered TOPAZ",),
    ),
    "every second event lost": Fault(
        only("AE", rows=(pl.int_range(pl.len()) % 2 == 0) | (pl.col("AESDTH") == "Y")),
        ("adverse events: for each year of follow-up",),
    ),
}
