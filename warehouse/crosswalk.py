"""The crosswalk: which USUBJIDs are one person.

Belongs here: reading `<landing>/crosswalk.csv` and everything that may be wrong with it. Does not
belong here: finding out who is who, which only the sponsor can.

    study,usubjid,person_id
    LPS13649,TZ-0007,CM-101-0042
"""

from pathlib import Path

import polars as pl

from warehouse.contracts.raw import REQUIRED_DATASETS

CROSSWALK_NAME = "crosswalk.csv"
_COLUMNS = ("study", "usubjid", "person_id")
_SCHEMA = pl.Schema(
    {
        "study_id": pl.String(),
        "usubjid": pl.String(),
        "person_id": pl.String(),
        "source_row": pl.Int32(),
    }
)


class CrosswalkError(Exception):
    """The crosswalk cannot be used; `faults` has every reason, with its line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def read_crosswalk(path: Path) -> pl.DataFrame:
    """The crosswalk as a table.

    Args:
        path: a CSV file in UTF-8 with the columns study, usubjid, person_id.

    Returns:
        `study_id`, `usubjid` as delivered, `person_id`, `source_row` (from 1), in the file's order.
        One row per study and USUBJID: a line that says the same again is left out.

    Raises:
        CrosswalkError: a column is missing, a cell is blank, a study is unknown, a USUBJID is two
            persons, two USUBJIDs of one study are one person, or the file is cut short.
    """
    if not path.read_bytes().endswith((b"\n", b"\r")):
        message = (
            "does not end with a line end: it may have been cut short, or is still being copied. "
            "End its last line, or copy it again; best under another name, then renamed"
        )
        raise CrosswalkError((message,))
    try:
        read = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CrosswalkError((f"is no CSV text in UTF-8: {error}. Write it again",)) from None
    absent = [name for name in _COLUMNS if name not in read.columns]
    if absent:
        message = (
            f"lacks the column {', '.join(absent)}; it has {', '.join(read.columns)}. Its first "
            f"line must be {','.join(_COLUMNS)}"
        )
        raise CrosswalkError((message,))
    stripped = pl.col(_COLUMNS).str.strip_chars()
    rows = read.with_row_index("source_row", offset=1).select(
        pl.when(stripped != "").then(stripped).name.keep(), pl.col("source_row").cast(pl.Int32)
    )
    faults = tuple(_faults(rows))
    if faults:
        raise CrosswalkError(faults)
    distinct = rows.unique(_COLUMNS, keep="first", maintain_order=True)
    return distinct.rename({"study": "study_id"}).select(_SCHEMA.names()).cast(_SCHEMA)


def _faults(rows: pl.DataFrame) -> list[str]:
    line = pl.col("source_row") + 1  # the first line has the names
    told = rows.with_columns(line=line)
    blank = told.filter(pl.any_horizontal(pl.col(_COLUMNS).is_null()))
    faults = [f"line {n}: a cell is blank. Fill it in, or remove the line" for n in blank["line"]]
    whole = told.filter(pl.all_horizontal(pl.col(_COLUMNS).is_not_null()))
    unknown = whole.filter(~pl.col("study").is_in(list(REQUIRED_DATASETS)))
    faults += [
        f"line {row['line']}: {row['study']!r} is no study of the trial; these are "
        f"{', '.join(REQUIRED_DATASETS)}"
        for row in unknown.to_dicts()
    ]
    faults += [
        f"lines {_lines(row)}: USUBJID {row['usubjid']} of {row['study']} is said to be "
        f"{len(row['person_id'])} persons, {', '.join(row['person_id'])}. Keep the right line"
        for row in _repeated(whole, "usubjid", "person_id")
    ]
    faults += [
        f"lines {_lines(row)}: {row['person_id']} has {len(row['usubjid'])} USUBJIDs in "
        f"{row['study']}, {', '.join(row['usubjid'])}; a person takes part in a study once. Keep "
        "the USUBJID that was enrolled, and have the other left out of the extract"
        for row in _repeated(whole, "person_id", "usubjid")
    ]
    return faults


def _repeated(rows: pl.DataFrame, one: str, several: str) -> list[dict[str, list[str]]]:
    """Of each study, what has more than one of the other."""
    return (
        rows.group_by("study", one, maintain_order=True)
        .agg(pl.col(several).unique(maintain_order=True), "line")
        .filter(pl.col(several).list.len() > 1)
        .to_dicts()
    )


def _lines(row: dict[str, list[str]]) -> str:
    return ", ".join(map(str, row["line"]))
