"""Coded variables: texts of the raw layer that are compared with codes, in one spelling.

Belongs here: which variables these are, and the spelling: upper case, no blanks around, so that
`ms relapse` and ` EDSS ` are the codes that they mean. Does not belong here: the codes
themselves (`transforms.rules`), free text, names and identifiers, which stay as delivered. So do
arm codes (ARMCD, ACTARMCD), which every sponsor makes up: `core.patient` spells them.
"""

import polars as pl

#: SDTM variables whose values are compared with codes, whichever dataset they stand in.
CODED = frozenset(
    {
        *("domain", "rdomain", "visit"),
        *("sex", "dthfl"),
        "extrt",
        *("idvar", "qnam", "qval"),
        *("cecat", "ceoccur"),
        *("qscat", "qstestcd", "qsstat"),
        *("nvcat", "nvtestcd", "nvstat"),
        *("aeser", "aesdth"),
        *("cmcat", "cmenrtpt", "cmentpt"),
        *("dscat", "dsscat", "dsdecod"),
        "mhcat",
        "sctestcd",
    }
)


def plain_code(text: str) -> str:
    """A code in the spelling in which codes are compared."""
    return text.strip().upper()


def spelled(text: pl.Expr) -> pl.Expr:
    """Texts in the spelling in which codes are compared; null stays null."""
    return text.str.strip_chars().str.to_uppercase()


def with_plain_codes(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of a raw table with their coded variables in one spelling.

    Args:
        rows: rows with lower-case SDTM names, blank text as null.

    Returns:
        The same rows and columns.
    """
    names = [name for name in rows.collect_schema().names() if name in CODED]
    return rows.with_columns(spelled(pl.col(name)) for name in names)
