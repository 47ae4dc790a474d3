"""core.mri_scan: the rows of one brain scan brought together.

Does not belong here: which scan stands for which months (`transforms.analysis_visit`).
"""

import polars as pl

from transforms.dates import complete_date, elapsed_days
from transforms.identity import study_rank, with_person_id
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
    scans = (
        with_person_id(nv)
        .filter(
            pl.col("nvcat") == codes.mri_category,
            pl.col("nvstat").ne_missing(codes.not_done),
        )
        .select(
            "person_id",
            "visit",
            "nvseq",
            "nvtestcd",
            "nvstresn",
            study_id="studyid",
            scan_date=complete_date(pl.col("nvdtc")),
            study_rank=study_rank(pl.col("studyid"), codes),
        )
        .filter(pl.col("scan_date") <= rules.cutoff)
        .sort("person_id", "scan_date", "study_rank", "study_id", "nvseq")
        .group_by("person_id", "scan_date", maintain_order=True)
        .agg(
            pl.col("study_id", "visit").last(),
            *(
                pl.col("nvstresn")
                .filter(pl.col("nvtestcd") == test)
                .drop_nulls()
                .last()
                .alias(measure)
                for measure, test in measures.items()
            ),
        )
        .join(patient.select("person_id", "day0_date"), on="person_id")
        .with_columns(scan_day=elapsed_days(pl.col("scan_date"), pl.col("day0_date")))
    )
    return CORE["mri_scan"].conform(scans)
