"""What an extract knows at a cut-off date: nothing dated later, and no end that lies later."""

from datetime import date

import polars as pl

#: Variable that dates a record. An undated record (blank) is known from the beginning.
_DATED_BY = {
    "DM": "RFICDTC",
    "EX": "EXSTDTC",
    "CE": "CESTDTC",
    "QS": "QSDTC",
    "NV": "NVDTC",
    "AE": "AESTDTC",
    "CM": "CMSTDTC",
    "DS": "DSSTDTC",
    "SV": "SVSTDTC",
    "SE": "SESTDTC",
    "MH": "MHSTDTC",
    "SC": "SCDTC",
}
#: Ends that are blank while they lie in the future.
_ENDS = {
    "DM": ("RFSTDTC", "RFENDTC", "DTHDTC"),
    "CE": ("CEENDTC",),
    "AE": ("AEENDTC",),
    "CM": ("CMENDTC",),
    "SE": ("SEENDTC",),
}


def known_at(datasets: dict[str, pl.DataFrame], cutoff: date) -> dict[str, pl.DataFrame]:
    """The datasets of one study as they were known at the end of `cutoff`.

    A partial date is known if its earliest possible day is. An interval that goes on at the
    cut-off is written as ongoing; an interferon interval ends at the cut-off.
    """
    known = {
        name: _known_rows(name, table, cutoff.isoformat())
        for name, table in datasets.items()
        if not name.startswith("SUPP")
    }
    for name, table in datasets.items():
        if name.startswith("SUPP"):
            parent = name[4:]
            keys = known[parent].select(
                "USUBJID", IDVARVAL=pl.col(f"{parent}SEQ").cast(pl.Int64).cast(pl.String)
            )
            known[name] = table.join(
                keys, on=["USUBJID", "IDVARVAL"], how="semi", maintain_order="left"
            )
    return {name: known[name] for name in datasets}


def _is_later(column: str, limit: str) -> pl.Expr:
    return (pl.col(column).str.slice(0, 10) > limit).fill_null(False)


def _known_rows(name: str, table: pl.DataFrame, limit: str) -> pl.DataFrame:
    table = table.filter(~_is_later(_DATED_BY[name], limit))
    is_open = {column: _is_later(column, limit) for column in _ENDS.get(name, ())}
    changes: dict[str, pl.Expr] = {
        column: pl.when(~is_later).then(pl.col(column)) for column, is_later in is_open.items()
    }
    if name == "DM":
        changes["DTHFL"] = pl.when(~is_open["DTHDTC"]).then(pl.col("DTHFL"))
    if name == "AE":
        later = is_open["AEENDTC"]
        changes["AESDTH"] = pl.when(later).then(pl.lit("N")).otherwise("AESDTH")
        open_outcome = pl.lit("NOT RECOVERED/NOT RESOLVED")
        changes["AEOUT"] = pl.when(later).then(open_outcome).otherwise("AEOUT")
    if name == "CM":
        later = is_open["CMENDTC"]
        changes["CMENRTPT"] = pl.when(later).then(pl.lit("ONGOING")).otherwise("CMENRTPT")
        point = pl.when(later | _is_later("CMENTPT", limit)).then(pl.lit(limit))
        changes["CMENTPT"] = point.otherwise("CMENTPT")
    if name == "EX":
        later = _is_later("EXENDTC", limit)
        changes["EXENDTC"] = pl.when(later).then(pl.lit(limit)).otherwise("EXENDTC")
    return table.with_columns(**changes)
