"""core.mri_scan: the rows of one brain scan brought together.

Does not belong here: which scan stands for which months (`transforms.analysis_visit`).
"""

import polars as pl

from transforms.dates import complete_date, elapsed_days
from transforms.identity import study_rank, with_person_id
from transforms.person_rows import (
    index_persons,
    join_persons,
    runs_of,
    sort_by_person_and_day,
)
from transforms.rules import Rules
from warehouse.contracts import CORE


def derive_mri_scan(nv: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules) -> pl.LazyFrame:
    """One row per person and day with a brain scan that was done by the cut-off (E-10).

    A scan = the NV rows of one patient and day; a row NOT DONE is none. Of several values of
    one measure the one of the later study and higher NVSEQ counts; a missing one never hides
    one that is there.

    Args:
        nv: raw nervous system findings.
        patient: `core.patient`.
        rules: the cut and the codes.

    Returns:
        `core.mri_scan`.
    """
    codes = rules.codes
    measures = {
        "gd_lesions": codes.gd_test,
        "t2_new_enlarging_lesions": codes.t2_test,
        "t1_new_hypointense_lesions": codes.t1_test,
        "bpf": codes.bpf_test,
    }
    told = (
        with_person_id(nv)
        .filter(
            pl.col("nvcat") == codes.mri_category,
            pl.col("nvstat").ne_missing(codes.not_done),
        )
        .select(
            "person_id",
            "visit",
            "nvseq",
            study_id="studyid",
            scan_date=complete_date(pl.col("nvdtc")),
            study_rank=study_rank(pl.col("studyid"), codes),
            **{
                measure: pl.when(pl.col("nvtestcd") == test).then("nvstresn")
                for measure, test in measures.items()
            },
        )
        .filter(pl.col("scan_date") <= rules.cutoff)
    )
    persons_told = join_persons(told, index_persons(patient, "day0_date"))
    scans = (
        sort_by_person_and_day(persons_told, "scan_date", "study_rank", "study_id", "nvseq")
        .with_columns(run=runs_of("person_index", "scan_date"))
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("person_id", "day0_date", "scan_date").first(),
            pl.col("study_id", "visit").last(),
            pl.col(*measures).last(ignore_nulls=True),
        )
        .with_columns(scan_day=elapsed_days(pl.col("scan_date"), pl.col("day0_date")))
    )
    return CORE["mri_scan"].conform(scans, is_sorted=True)
