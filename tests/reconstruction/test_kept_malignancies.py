"""Malignancies of the kept people are those of their sex."""

import polars as pl

from simulation.histories import read_histories

OF_WOMEN = ("Breast cancer", "Cervix carcinoma", "Ovarian cancer")


def test_no_man_has_a_malignancy_of_women() -> None:
    datasets = read_histories()
    men = pl.concat([tables["DM"] for tables in datasets.values()]).filter(SEX="M")["USUBJID"]
    events = pl.concat([tables["AE"] for tables in datasets.values()])
    told = events.filter(pl.col("AEDECOD").is_in(OF_WOMEN))
    assert told.height > 0
    assert told.filter(pl.col("USUBJID").is_in(men.unique().implode())).is_empty()
