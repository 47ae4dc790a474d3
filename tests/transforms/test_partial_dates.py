"""Reading rules: what a partial ISO 8601 date says about the days it may mean."""

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transform_spec import parse

from transforms.dates import (
    complete_date,
    earliest_date,
    latest_date,
    middle_date,
    middle_rule,
    timestamp,
)

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(date.isoformat)
TEXTS = st.none() | st.tuples(DAYS, st.sampled_from((0, 4, 7, 10))).map(lambda t: t[0][: t[1]])

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


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2015-03-12", None),
        ("2015-03-12T23:59", None),
        ("2015-03", "15th of the month"),
        ("2015-02-30", "15th of the month"),
        ("2015", "1 July of the year"),
        ("2015---12", "1 July of the year"),
        ("--03-12", None),
        (None, None),
    ],
)
def test_the_rule_that_placed_a_text_in_the_middle_is_named(
    text: str | None, rule: str | None
) -> None:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    assert frame.select(middle_rule(pl.col("text"))).item() == rule


@given(TEXTS)
def test_a_day_lies_among_the_possible_ones_and_has_a_rule_unless_it_was_told(
    text: str | None,
) -> None:
    told = pl.col("text")
    earliest, middle, latest, complete, rule = (
        pl.DataFrame({"text": [text]}, schema={"text": pl.String})
        .select(
            earliest=earliest_date(told),
            middle=middle_date(told),
            latest=latest_date(told),
            complete=complete_date(told),
            rule=middle_rule(told),
        )
        .row(0)
    )
    if not text:
        assert (earliest, middle, latest, rule) == (None, None, None, None)
        return
    assert earliest <= middle <= latest
    assert (earliest == latest) == (complete is not None) == (rule is None)
    assert all(day.isoformat().startswith(text) for day in (earliest, middle, latest))


def test_timestamp_needs_hours_and_minutes() -> None:
    texts = ["2015-03-12T10:30", "2015-03-12T10:30:05", "2015-03-12", None]
    texts += ["2015-03-12T10:30:05.250", "2015-03-12T10:30Z", "2015-03-12T10:30:05+01:00"]
    got = pl.LazyFrame({"t": texts}).select(timestamp(pl.col("t"))).collect()["t"].to_list()
    half_past, later = datetime(2015, 3, 12, 10, 30), datetime(2015, 3, 12, 10, 30, 5)
    assert got == [half_past, later, None, None, later, half_past, later]
