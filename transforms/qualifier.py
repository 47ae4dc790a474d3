"""Supplemental qualifiers (SUPP--): one QNAM as a column to be joined to its parent record."""

import polars as pl


def select_qualifier(supplement: pl.LazyFrame, *, sequence: str, qualifier: str) -> pl.LazyFrame:
    """Values of one qualifier, one row per parent record.

    Args:
        supplement: raw SUPP-- table.
        sequence: name of the parent's sequence variable (`exseq`), as IDVAR has it.
        qualifier: the QNAM.

    Returns:
        `studyid`, `usubjid`, the sequence variable (Float64, as in the parent) and `qval`.
        Of several values for one record the alphabetically last stands.
    """
    return (
        supplement.filter(
            pl.col("idvar") == sequence.upper(),
            pl.col("qnam") == qualifier,
        )
        .select(
            "studyid",
            "usubjid",
            pl.col("idvarval").str.strip_chars().cast(pl.Float64, strict=False).alias(sequence),
            "qval",
        )
        .group_by("studyid", "usubjid", sequence)
        .agg(pl.col("qval").max())
    )
