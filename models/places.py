"""Where an efficacy group is looked at: core baseline, and the course that defines the group.

Here belongs the choice of rows of a table with an anchor. What is counted in them does not.
"""

import polars as pl

from models.cells import CORE_BASELINE, COURSE_OF_GROUP
from warehouse.contracts.core import GROUPS

#: Group and anchor. Who received a later course is not looked at at an earlier one (section 3).
PLACES: tuple[tuple[str, str], ...] = (
    *((group, CORE_BASELINE) for group in GROUPS),
    *COURSE_OF_GROUP.items(),
)


def at_places(rows: pl.LazyFrame, population: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of the efficacy groups at their anchors.

    Args:
        rows: any rows with `person_id` and `anchor`.
        population: one row per person; `group_id` is the efficacy group or null.

    Returns:
        The rows, with `place` (Int8), the position in PLACES, instead of `anchor`: a short key
        to group by.
    """
    group = pl.col("group_id")
    members = population.filter(group.is_not_null()).select("person_id", "group_id")
    place = pl.coalesce(
        pl.when(group == group_id, pl.col("anchor") == anchor).then(pl.lit(number, pl.Int8))
        for number, (group_id, anchor) in enumerate(PLACES)
    )
    return (
        rows.join(members, on="person_id")
        .with_columns(place=place)
        .filter(pl.col("place").is_not_null())
        .drop("anchor", "group_id")
    )


def group_sizes(population: pl.LazyFrame) -> pl.LazyFrame:
    """Patients of each efficacy group.

    Returns:
        `group_id`, `n_group`.
    """
    return population.drop_nulls("group_id").group_by("group_id").agg(n_group=pl.len())
