"""How a computed value is read from its source: few ways, named in the mapping.

Belongs here: one function per source. Does not belong here: printed values.

Of `results.result`, whose rows are named by their result_id:
    value, below    the value of the row (below: what is printed is a bound of it)
    n_total         the patients behind it
    min, max        the least, the greatest value of several rows
    share           100 times the sum of all but the last of several rows, over the last
Of `windows.line_listing`, by `group|listing|description|course|position`: the record in that
position (by days since the last course) of those with that description and last course, an
empty part leaving it open; the group is `overall` or `additional-courses`:
    months, days    since that course
    grade, year     toxicity grade; study year
    others          records of the listing with another description
Of the configuration: `setting`, by its name.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import polars as pl

PARTED_BY = "; "
NOT_ESTIMABLE = "not estimable"
UNKNOWN_RESULT = "no such result row at this cut"
NOT_LISTED = "no such record is listed"
ADDITIONAL = "additional-courses"

_COLUMN_OF = {
    "months": "months_since_last_course",
    "days": "days_since_last_course",
    "grade": "toxicity_grade",
    "year": "study_year",
}
#: Which of several records is the first must not hang on their order in the table. Those that
#: are equal in all this tell the same.
_ORDER = ("days_since_last_course", "event_day", "toxicity_grade")


@dataclass(frozen=True)
class Read:
    """A computed value: a number, or the text of a date; neither if absent.

    Attributes:
        value: the number, unrounded.
        text: the text, where the value is no number.
        note: why it is absent, or what a reader should know of it.
    """

    value: float | None = None
    text: str | None = None
    note: str = ""


def read_results(result: pl.LazyFrame, keys: Collection[str]) -> Callable[[str, str], Read]:
    """A reader of result rows.

    Args:
        result: `results.result`, of any scenarios.
        keys: all source keys that will be asked.

    Returns:
        A function of reading and source key.
    """
    wanted = {one for key in keys for one in key.split(PARTED_BY)}
    rows = {
        row["result_id"]: row
        for row in result.filter(pl.col("result_id").is_in(wanted))
        .select("result_id", "value", "n_total", "method")
        .collect()
        .to_dicts()
    }

    def read(reading: str, key: str) -> Read:
        names = key.split(PARTED_BY)
        if any(name not in rows for name in names):
            return Read(note=UNKNOWN_RESULT)
        found = [rows[name] for name in names]
        if reading == "n_total":
            return Read(float(found[0]["n_total"]))
        values = [row["value"] for row in found]
        if None in values:
            method = str(found[values.index(None)]["method"]).removeprefix(f"{NOT_ESTIMABLE}: ")
            return Read(note=f"{NOT_ESTIMABLE}: {method}")
        if reading == "min":
            return Read(min(values))
        if reading == "max":
            return Read(max(values))
        if reading == "share":
            *parts, whole = values
            if not whole:
                return Read(note=f"{NOT_ESTIMABLE}: 0 of 0")
            return Read(100 * sum(parts) / whole)
        return Read(values[0])

    return read


def read_listing(line_listing: pl.LazyFrame) -> Callable[[str, str], Read]:
    """A reader of listed records, a function of reading and source key."""
    listed = line_listing.sort(_ORDER, nulls_last=True).collect()

    def read(reading: str, key: str) -> Read:
        group, listing, description, course, position = key.split("|")
        records = listed.filter(listing=listing)
        if group == ADDITIONAL:
            records = records.filter("is_additional")
        is_named = pl.col("description").eq_missing(pl.lit(description))
        if reading == "others":
            return Read(float(records.filter(~is_named).height))
        records = records.filter(is_named)
        if course:
            records = records.filter(last_course_number=int(course))
        if records.height < int(position):
            return Read(note=NOT_LISTED)
        told = records[_COLUMN_OF[reading]][int(position) - 1]
        value = pl.Series([told]).cast(pl.Float64, strict=False).item()
        note = "" if value is not None else f"{reading}: none recorded"
        # Days are printed one by one; of all else a single record is told.
        if reading != "days" and records.height > 1:
            note = f"the first of {records.height} such records"
        return Read(value, note=note)

    return read


def read_setting(configuration: Mapping[str, float | str]) -> Callable[[str, str], Read]:
    """A reader of the configuration, a function of reading and name.

    Raises (when called):
        KeyError: no setting has that name.
    """

    def read(_reading: str, key: str) -> Read:
        setting = configuration[key]
        return Read(text=setting) if isinstance(setting, str) else Read(float(setting))

    return read
