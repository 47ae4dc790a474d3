"""The fast ways of joining and sorting rows of persons are `join` and `sort`."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.person_rows import (
    index_persons,
    join_last_before,
    join_persons,
    runs_of,
    sort_by_person_and_day,
)

NAMES = st.sampled_from(["A", "B", "C", "D", "E"])
DAYS = st.one_of(
    st.none(),
    st.dates(date(2008, 1, 1), date(2008, 1, 3)),
    st.sampled_from([date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31)]),
)
#: Numbers of rows, so that two rows are never equal in all columns.
ROWS = st.lists(
    st.tuples(NAMES, DAYS, st.one_of(st.none(), st.sampled_from(["x", "y"]))), max_size=40
).map(
    lambda rows: pl.DataFrame(
        [(*row, float(number % 7), number) for number, row in enumerate(rows)],
        schema={
            "person_id": pl.String,
            "day": pl.Date,
            "text": pl.String,
            "seq": pl.Float64,
            "row": pl.Int32,
        },
        orient="row",
    )
)
PATIENT = pl.LazyFrame(
    {"person_id": ["D", "B", "A"], "day0_date": [None, date(2008, 1, 2), date(2008, 1, 1)]}
)


@given(rows=ROWS)
def test_join_persons_is_an_inner_join_that_keeps_the_order(rows):
    persons = index_persons(PATIENT, "day0_date")
    got = join_persons(rows.lazy(), persons)
    wanted = rows.lazy().join(persons, on="person_id", maintain_order="left")
    assert got.collect_schema() == {**rows.schema, **persons.collect_schema()}
    assert_frame_equal(got.collect(), wanted.collect(), check_column_order=False)


@given(rows=ROWS, ties=st.permutations(["text", "seq", "row"]))
def test_sort_by_person_and_day_is_a_sort(rows, ties):
    joined = join_persons(rows.lazy(), index_persons(PATIENT))
    key = ("person_index", "day", *ties)
    assert_frame_equal(
        sort_by_person_and_day(joined, "day", *ties).collect(), joined.sort(key).collect()
    )


def test_rows_in_order_stay_as_they_are():
    rows = pl.LazyFrame(
        {"person_index": [0, 0, 1], "day": [date(2008, 1, 1)] * 3, "seq": [1, 2, 1]}
    )
    assert_frame_equal(sort_by_person_and_day(rows, "day", "seq").collect(), rows.collect())


def test_persons_are_numbered_by_their_id_whatever_their_order():
    assert index_persons(PATIENT).collect().rows() == [(0, "A"), (1, "B"), (2, "D")]


@given(rows=ROWS)
def test_runs_of_sorted_rows_are_their_groups(rows):
    ordered = rows.sort("person_id", "day", "row")
    counted = (
        ordered.with_columns(run=runs_of("person_id", "day"))
        .group_by("run", maintain_order=True)
        .agg(pl.col("person_id", "day").first(), pl.len())
        .drop("run")
    )
    wanted = ordered.group_by("person_id", "day", maintain_order=True).len()
    assert_frame_equal(counted, wanted)


def test_a_day_of_the_last_person_does_not_reach_the_next():
    last, first = date(9999, 12, 31), date(1, 1, 1)
    rows = pl.LazyFrame(
        {"person_index": [1, 0, 1], "day": [first, last, first - timedelta(0)], "seq": [2, 1, 1]}
    )
    ordered = sort_by_person_and_day(rows, "day", "seq").collect()
    assert ordered["person_index"].to_list() == [0, 1, 1]
    assert ordered["seq"].to_list() == [1, 1, 2]


@given(
    moments=st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=20),
    others=st.lists(st.integers(0, 30), max_size=20),
)
def test_join_last_before_is_join_asof(moments, others):
    rows = pl.LazyFrame(
        {"moment": moments, "row": range(len(moments))},
        schema={"moment": pl.Int64, "row": pl.Int32},
    )
    told = pl.LazyFrame(
        {"moment": others, "told": range(len(others))},
        schema={"moment": pl.Int64, "told": pl.Int32},
    )
    # Of equal moments the last of the other rows stands, as in `join_asof`.
    wanted = (
        rows.filter(pl.col("moment").is_not_null())
        .sort("moment", maintain_order=True)
        .join_asof(told.sort("moment", maintain_order=True), on="moment", strategy="backward")
    )
    got = join_last_before(rows, told, "moment").collect()
    assert got["row"].to_list() == list(range(len(moments)))
    assert got.filter(pl.col("moment").is_null())["told"].null_count() == moments.count(None)
    assert_frame_equal(
        got.filter(pl.col("moment").is_not_null()), wanted.collect(), check_row_order=False
    )
