"""Who a record is about, and in which study it was collected.

Belongs here: person and study as keys. Does not belong here: anything dated.
"""

import polars as pl

from transforms.rules import Codes


def with_person_id(raw: pl.LazyFrame) -> pl.LazyFrame:
    """A raw table with `usubjid` as `person_id`: one USUBJID is one person."""
    return raw.rename({"usubjid": "person_id"})


def study_rank(studyid: pl.Expr, codes: Codes) -> pl.Expr:
    """Order in which a person moves through the studies (T-01): core 0, extension 1, TOPAZ 2."""
    ranks = dict.fromkeys(codes.core_studies, 0)
    ranks |= {codes.extension_study: 1, codes.topaz_study: 2}
    return studyid.replace_strict(ranks, default=len(ranks), return_dtype=pl.Int8)
