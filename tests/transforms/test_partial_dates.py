"""Reading rules: what a partial ISO 8601 date says about the days it may mean."""

from datetime import date, datetime

import polars as pl
import pytest
from transform_spec import parse

from transforms.dates import complete_date, earliest_date, latest_date, middle_date, timestamp

DRAWN = """
| text                | complete   | earliest   | latest     | middle     |
| 2015-03-12          | 2015-03-12 | 2015-03-12 | 2015-03-12 | 2015-03-12 |
| 2015-03-12T23:59    | 2015-03-12 | 2015-03-12 | 2015-03-12 | 2015-03-12 |
| 2015-03             | .          | 2015-03-01 | 2015-03-31 | 2015-03-15 |
| 2016-02             | .          | 2016-02-01 | 2016-02-29 | 2016-02-15 |
| 2015                | .          | 2015-01-01 | 2015-12-31 | 2015-07-01 |
| 2015---12           | .          | 2015-01-01 | 2015-12-31 | 2015-07-01 |
| 2015-02-30          | .          | 2015-02-01 | 2015-02-28 | 2015-02-15 |
| --03-12             | .          | .          | .          | .          |
| unknown             | .          | .          | .          | .          |
| .                   | .          | .          | .          | .          |
"""


@pytest.mark.parametrize("row", parse(DRAWN), ids=lambda row: str(row["text"]))
def test_days_that_a_text_may_mean(row: dict[str, str | None]) -> None:
    text = pl.col("text")
    frame = pl.LazyFrame({"text": [row["text"]]}, schema={"text": pl.String})
    got = frame.select(
        complete=complete_date(text),
        earliest=earliest_date(text),
        latest=latest_date(text),
        middle=middle_date(text),
    ).collect()
    wanted = {
        name: None if row[name] is None else date.fromisoformat(str(row[name]))
        for name in ("complete", "earliest", "latest", "middle")
    }
    assert got.row(0, named=True) == wanted


def test_timestamp_needs_hours_and_minutes() -> None:
    texts = ["2015-03-12T10:30", "2015-03-12T10:30:05", "2015-03-12", None]
    texts += ["2015-03-12T10:30:05.250", "2015-03-12T10:30Z", "2015-03-12T10:30:05+01:00"]
    got = pl.LazyFrame({"t": texts}).select(timestamp(pl.col("t"))).collect()["t"].to_list()
    half_past, later = datetime(2015, 3, 12, 10, 30), datetime(2015, 3, 12, 10, 30, 5)
    assert got == [half_past, later, None, None, later, half_past, later]
