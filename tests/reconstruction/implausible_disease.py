"""Relapses, courses and patients as no trial has them.

What measures_of_disease, _treatment and _people must notice.
"""

import polars as pl
from history_facts import CORE_STUDIES, Datasets, day_of, pooled
from spoiling import (
    Fault,
    changed,
    dealt_out,
    died_before,
    moved,
    moved_where,
    only,
    some_again,
)

_IS_WHOLE = pl.col("CESTDTC").str.len_chars() == len("2010-01-01")
_IS_ALEMTUZUMAB = pl.col("EXTRT") == "ALEMTUZUMAB"
_TO_MONDAY = 1 - day_of("CESTDTC").dt.weekday().cast(pl.Int64)
_TO_THE_FIRST = 1 - day_of("CESTDTC").dt.day().cast(pl.Int64)


def _is_course(number: int) -> pl.Expr:
    return pl.col("VISIT").str.starts_with(f"COURSE {number} ").fill_null(False)


def _in_july() -> pl.Expr:
    text = pl.col("CESTDTC")
    july = text.str.slice(0, 5) + pl.lit("07") + text.str.slice(7)
    return pl.when(_IS_WHOLE).then(july).otherwise(text)


def _relapses_told_again(datasets: Datasets) -> Datasets:
    """Every relapse again five days later, confirmed, with a sequence number of its own."""
    spoiled = {}
    for study, tables in datasets.items():
        events, flags = tables["CE"], tables["SUPPCE"]
        again = events.filter(_IS_WHOLE).with_columns(
            CESEQ=pl.col("CESEQ") + 500, CESTDTC=moved("CESTDTC", 5)
        )
        number = pl.col("IDVARVAL").cast(pl.Int64) + 500
        told = flags.with_columns(IDVARVAL=number.cast(pl.String))
        spoiled[study] = {
            **tables,
            "CE": pl.concat([events, again]),
            "SUPPCE": pl.concat([flags, told]),
        }
    return spoiled


def _as_old_as_ill(datasets: Datasets) -> Datasets:
    """The age follows the first score."""
    is_score = (pl.col("QSTESTCD") == "EDSS0101") & (pl.col("VISIT") == "SCREENING")
    scores = pooled(datasets, "QS").filter(is_score).drop_nulls("QSSTRESN")
    age = dict(zip(scores["USUBJID"], 20 + 5 * scores["QSSTRESN"], strict=True))
    new = pl.col("USUBJID").replace_strict(age, default=pl.col("AGE"))
    return changed("DM", AGE=new)(datasets)


FAULTS = {
    "relapses told again": Fault(
        _relapses_told_again, ("relapses: share told again within 30 days",)
    ),
    "relapses in July": Fault(
        changed("CE", CESTDTC=_in_july()),
        (
            "relapses: in the commonest month of the year",
            "relapses: in the rarest month of the year",
            "relapses: told three times within 30 days",
            "relapses: share 31 to 60 days after the one before",
        ),
    ),
    "relapses on Mondays": Fault(
        moved_where("CE", "CESTDTC", _TO_MONDAY, _IS_WHOLE),
        ("relapses: on the commonest weekday",),
    ),
    "relapses on the first of the month": Fault(
        moved_where("CE", "CESTDTC", _TO_THE_FIRST, _IS_WHOLE),
        ("relapses: on the commonest day of the month",),
    ),
    "no relapse confirmed in the core studies": Fault(
        changed("SUPPCE", *CORE_STUDIES, QVAL=pl.lit("N")),
        (
            "ARR in Year 1",
            "ARR in Year 2",
            "CARE-MS I: ARR in two years",
            "CARE-MS II: ARR in two years",
            "CARE-MS I: share without relapse in two years",
            "CARE-MS II: share without relapse in two years",
        ),
    ),
    "no relapse confirmed later": Fault(
        changed("SUPPCE", "CAMMS03409", "LPS13649", QVAL=pl.lit("N")),
        (
            *(f"ARR in Year {year}" for year in range(3, 9)),
            "ARR in the year after Course 4",
            "joint: rank correlation of relapses with courses",
        ),
    ),
    "relapses dealt out among persons": Fault(
        dealt_out("CE", "CESTDTC", _IS_WHOLE),
        (
            "ARR in the year before Course 3",
            "ARR in the year before Course 4",
            "courses for a relapse: share with one since the last course",
            "courses for both: share with both since the last course",
            "additional courses: share without relapse, lesions or other reason",
        ),
    ),
    "lesions dealt out among scans": Fault(
        dealt_out("NV", "NVSTRESN", pl.col("NVTESTCD") == "T2NEWENL"),
        (
            "courses for MRI activity: share with lesions since the last course",
            "joint: rank correlation of relapses with new lesions",
            "joint: rank correlation of lesions with courses",
        ),
    ),
    "no reason told": Fault(
        only("SUPPEX", rows=pl.lit(False)),
        ("additional courses: share for other or no stated reason",),
    ),
    "Course 3 long before twelve months": Fault(
        moved_where("EX", "EXSTDTC", -60, _is_course(3)), ("courses: shortest interval",)
    ),
    "Course 2 at eleven months": Fault(
        moved_where("EX", "EXSTDTC", -30, _is_course(2)),
        ("courses: early Courses 2", "courses: median day of Course 2"),
    ),
    "Course 2 left out": Fault(
        only("EX", rows=~_is_course(2)),
        ("courses: share with Course 2 of those on study",),
    ),
    "another dose": Fault(
        changed("EX", EXDOSE=pl.when(_IS_ALEMTUZUMAB).then(24.0).otherwise("EXDOSE")),
        ("infusions: dose other than 12 mg",),
    ),
    "third infusions not given": Fault(
        changed(
            "EX",
            EXDOSE=pl.when(pl.col("VISIT").str.ends_with("DAY 3")).then(0.0).otherwise("EXDOSE"),
        ),
        (
            "Course 1: share with five infusions",
            "Course 1: most infusions",
            "later courses: share with three infusions",
            "infusions: share with a day between",
            "infusions: share not given",
        ),
    ),
    "infusions twice": Fault(
        some_again("EX", _IS_ALEMTUZUMAB & _is_course(2)),
        ("infusions: two on a day", "later courses: most infusions"),
    ),
    "infusions after leaving": Fault(
        moved_where("EX", "EXSTDTC", 4000, _is_course(4)), ("infusions: outside participation",)
    ),
    "infusions of the dead": Fault(died_before(2500), ("infusions: after death",)),
    "ages in the order of sites": Fault(
        changed("DM", AGE=pl.col("AGE").sort()), ("sites: p of a difference in age",)
    ),
    "as old as ill": Fault(
        _as_old_as_ill,
        ("joint: rank correlation of EDSS with age", "joint: fewest of a cell of age by EDSS"),
    ),
    "CARE-MS II patients as well as those of CARE-MS I": Fault(
        changed("QS", CORE_STUDIES[1], QSSTRESN=(pl.col("QSSTRESN") - 1.0).clip(0.0)),
        ("CARE-MS II: mean baseline EDSS",),
    ),
    "twenty years older": Fault(
        changed("DM", AGE=pl.col("AGE") + 20),
        tuple(
            f"{study}: {what}"
            for study in ("CARE-MS I", "CARE-MS II")
            for what in ("mean age", "youngest", "oldest")
        ),
    ),
    "first relapses long ago": Fault(
        changed("MH", MHSTDTC=pl.lit("2000")),
        (
            "CARE-MS I: mean years since the first relapse",
            "CARE-MS II: mean years since the first relapse",
        ),
    ),
    "two relapses before, of everybody": Fault(
        changed("SC", SCSTRESN=pl.lit(2.0)),
        (
            "CARE-MS II: mean relapses in the year before",
            "CARE-MS I: SD of relapses in the year before",
            "CARE-MS II: SD of relapses in the year before",
        ),
    ),
    "only women": Fault(
        changed("DM", SEX=pl.lit("F")),
        ("CARE-MS I: share female", "CARE-MS II: share female"),
    ),
    "planned arms lost": Fault(
        changed("DM", ARMCD=pl.col("ACTARMCD")),
        ("arms: CARE-MS II, planned 12 mg", "arms: CARE-MS II, planned 24 mg"),
    ),
}
