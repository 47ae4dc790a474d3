"""Scores, visits and scans as no trial has them; what measures_of_visits must notice."""

import polars as pl
from history_facts import DAYS_PER_MONTH, day_of
from spoiling import Fault, changed, dealt_out, died_before, only, rewritten, some_again

_HAS_SCORE = (pl.col("QSTESTCD") == "EDSS0101") & pl.col("QSSTRESN").is_not_null()
_IS_MONTH = pl.col("VISIT").str.starts_with("MONTH ")
_MONTH = pl.col("VISIT").str.extract(r"^MONTH (\d+)$").cast(pl.Int64)
_OF_EACH = ("USUBJID", "QSTESTCD")


def _on_the_dot(table: pl.DataFrame) -> pl.DataFrame:
    """Scheduled visits exactly on the day that is planned since the study began."""
    begin = day_of("SVSTDTC").filter(pl.col("VISIT").is_in(["BASELINE", "STUDY ENTRY"])).min()
    days = (_MONTH * DAYS_PER_MONTH).round().cast(pl.Int64)
    due = (begin.over("USUBJID") + pl.duration(days=days)).dt.strftime("%Y-%m-%d")
    return table.with_columns(SVSTDTC=pl.coalesce(due, "SVSTDTC"))


FAULTS = {
    "scores dealt out among visits": Fault(
        dealt_out("QS", "QSSTRESN", _HAS_SCORE),
        (
            "EDSS steps: share unchanged",
            "EDSS steps: share above 1 point",
            "EDSS steps: share of 2 points or more",
            "EDSS steps: share of 3 points or more",
            "EDSS: correlation with the score before",
            "EDSS: mean of the SD within a person",
            "functional systems: rank correlation with EDSS",
        ),
    ),
    "scores between half points": Fault(
        changed("QS", QSSTRESN=pl.col("QSSTRESN") + 0.25),
        ("EDSS off the scale",),
    ),
    "scores that never change within a study": Fault(
        changed("QS", QSSTRESN=pl.col("QSSTRESN").drop_nulls().first().over(*_OF_EACH)),
        ("EDSS steps: share unchanged", "EDSS: persons who never change"),
    ),
    "scores that only rise": Fault(
        changed("QS", QSSTRESN=pl.col("QSSTRESN").cum_max().over(*_OF_EACH)),
        ("EDSS steps: share upwards of all changes",),
    ),
    "scores of the dead": Fault(died_before(200), ("EDSS after death",)),
    "no score ever missing": Fault(
        changed("QS", QSSTAT=pl.lit(None, pl.String)),
        ("EDSS: share not done of scheduled visits",),
    ),
    "visits on the dot": Fault(
        rewritten("SV", by=_on_the_dot),
        tuple(
            f"visits, {phase}: {what}"
            for phase in ("core", "extension", "TOPAZ")
            for what in ("share off their day", "SD of days off")
        ),
    ),
    "visits twice as rare": Fault(
        only("SV", rows=~_IS_MONTH | (_MONTH % 12 == 0)),
        (
            "visits: missed of those planned",
            *(f"visits, {phase}: median spacing" for phase in ("core", "extension", "TOPAZ")),
        ),
    ),
    "a tenth of the visits missed": Fault(
        only("SV", rows=~_IS_MONTH | (pl.int_range(pl.len()) % 10 > 0)),
        ("visits: missed of those planned",),
    ),
    "visits of another schedule": Fault(
        changed("SV", "LPS13649", VISIT=pl.col("VISIT").str.replace("MONTH 6", "MONTH 5")),
        ("visits: months off the schedule",),
    ),
    "visits twice": Fault(
        some_again("SV", _IS_MONTH),
        ("visits: the same month twice",),
    ),
    "readings without brain volume": Fault(
        only("NV", rows=pl.col("NVTESTCD") != "BPF"),
        ("scans: share with all four values",),
    ),
    "scans every other year": Fault(
        only("NV", rows=~_IS_MONTH | (_MONTH % 24 == 0)),
        (
            "scans: median spacing",
            "scans: share 11 to 13 months apart",
            "scans: for each year of follow-up",
        ),
    ),
    "scans with five times the lesions": Fault(
        changed("NV", NVSTRESN=pl.col("NVSTRESN") * 5),
        ("scans: most new T2 lesions",),
    ),
    "a lesion on every scan": Fault(
        changed("NV", NVSTRESN=pl.col("NVSTRESN") + 1),
        ("scans: share with new T2 lesions", "scans: share with Gd-enhancing lesions"),
    ),
}
