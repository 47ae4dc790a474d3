"""Rows of persons, in order and joined to their person, at the cost of integers.

Belongs here: three things that are short in Polars, but cost most of a transform when they are
done on the texts of millions of rows: joining rows to persons, joining rows to what came last
before them, and sorting rows by person and day. They give what `join`, `join_asof` and `sort`
give, whatever the order of the rows, and are fast where a person's rows stand together, as raw
tables do. Does not belong here: any rule.
"""

import polars as pl

#: Index and day pack into one Int64: no date, from year 0 to 9999, lies half of this from 1970.
_DAYS = 2**24
#: As much for seconds; leaves room for 2**24 persons.
_SECONDS = 2**39


def index_persons(patient: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """Persons with `person_index` (UInt32), their rank by `person_id`, and the named columns."""
    return patient.select("person_id", *columns).sort("person_id").with_row_index("person_index")


def join_persons(rows: pl.LazyFrame, persons: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of the persons, with the persons' columns: an inner join on `person_id`.

    Each run of rows of one person is looked up once, instead of each row.

    Args:
        rows: any rows with `person_id`, in any order, which is kept.
        persons: one row per person; no column in common with `rows` but `person_id`.
    """

    def join(found: pl.DataFrame) -> pl.DataFrame:
        run = found["person_id"].rle_id()
        first_rows = (run != run.shift()).fill_null(True).arg_true()
        of_run = found.select(pl.col("person_id").gather(first_rows)).join(
            persons.with_columns(is_known=pl.lit(True)).collect(),
            on="person_id",
            how="left",
            maintain_order="left",
        )
        is_known = of_run["is_known"].fill_null(False)
        joined = found.hstack(of_run.drop("person_id", "is_known")[run])
        return joined if is_known.all() else joined.filter(is_known[run])

    schema = {**rows.collect_schema(), **persons.collect_schema()}
    return rows.map_batches(join, schema=schema)


def moment_of_day(day: pl.Expr) -> pl.Expr:
    """Person and day, a Date or a number of days, as one Int64; needs `person_index`.

    In order of person and day; a difference is one of days, or too large for one person.
    """
    return pl.col("person_index").cast(pl.Int64) * _DAYS + day.to_physical()


def moment_of_second(time: pl.Expr) -> pl.Expr:
    """Person and time, a Datetime, to the second as one Int64; as `moment_of_day`."""
    return pl.col("person_index").cast(pl.Int64) * _SECONDS + time.dt.epoch("s")


def join_last_before(rows: pl.LazyFrame, others: pl.LazyFrame, moment: str) -> pl.LazyFrame:
    """Rows, in their order, with the last other row at or before their moment: `join_asof`.

    That may be one of an earlier person: the moments of both rows tell.

    Args:
        rows: rows with the column `moment`; those where it is null get nulls.
        others: rows with it, never null; no other column in common with `rows`.
        moment: name of the column (`moment_of_day`, `moment_of_second`).
    """
    columns = [name for name in others.collect_schema() if name != moment]

    def join(found: pl.DataFrame) -> pl.DataFrame:
        ordered = others.sort(moment, maintain_order=True).collect()
        n_before = ordered[moment].search_sorted(found[moment], side="right").cast(pl.Int64)
        is_any = found[moment].is_not_null() & (n_before > 0)
        last = (n_before - 1).set(~is_any, None)
        return found.hstack(ordered.select(pl.col(columns).gather(last)))

    schema = {**rows.collect_schema(), **others.select(columns).collect_schema()}
    return rows.map_batches(join, schema=schema)


def sort_by_person_and_day(rows: pl.LazyFrame, day: str, *ties: str) -> pl.LazyFrame:
    """Rows sorted by `person_index`, then by a day, then by the columns that break ties.

    One integer is sorted; only rows that share person and day are then looked at, and sorted by all
    columns if they do not stand in order already.

    Args:
        rows: rows with `person_index` (`index_persons`).
        day: name of the column of the day, a Date or a number of days; nulls come first.
        ties: columns that order the rows of one person and day, nulls first.
    """
    key = moment_of_day(pl.col(day).to_physical().fill_null(-_DAYS // 2))

    def sort(found: pl.DataFrame) -> pl.DataFrame:
        found = found.rechunk()  # rows are gathered several times faster from one chunk
        keyed = found.select(key.alias("key"))
        order = keyed.select(pl.arg_sort_by("key", maintain_order=True)).to_series()
        ordered = keyed["key"].gather(order)
        is_same = (ordered == ordered.shift()).fill_null(False)
        tied = (is_same | is_same.shift(-1, fill_value=False)).arg_true()
        if ties and len(tied):
            position = order.gather(tied)
            rows_tied = found.select(pl.col(ties).gather(position)).with_columns(
                ordered.gather(tied).alias("key"), position.alias("position")
            )
            if rows_tied.select(_is_below_previous("key", *ties).any()).item():
                rows_tied = rows_tied.sort("key", *ties, maintain_order=True)
                order = order.scatter(tied, rows_tied["position"])
        return found.select(pl.all().gather(order))

    return rows.map_batches(sort)


def runs_of(*columns: str) -> pl.Expr:
    """Number of the run of rows that are equal in these columns.

    Where rows are sorted by the columns, the runs are their groups. As a column of its own the
    number tells Polars that it is sorted, so that `group_by` and `over` need not hash.
    """
    return pl.struct(columns).rle_id()


def _is_below_previous(key: str, *ties: str) -> pl.Expr:
    """Whether a row of the same key as the row before stands wrongly after it; so does a null."""
    is_below = pl.lit(False)
    for column in map(pl.col, reversed(ties)):
        is_below = (column < column.shift()) | ((column == column.shift()) & is_below)
    return (pl.col(key) == pl.col(key).shift()) & is_below.fill_null(True)
