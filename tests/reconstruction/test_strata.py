"""Strata are a partition of the treated, and their sizes add up to what the paper prints.

Persons of every possible pattern of courses go through the pipeline's own populations.
"""

import itertools

import polars as pl
import pytest

from reconstruction.pool import RULES
from reconstruction.strata import (
    EARLY_DAYS,
    GROUP_SIZES,
    REMAINDER,
    has_only_early_days,
    is_early_on,
    is_whole_at_baseline,
    with_stratum,
)
from transforms.population import derive_population
from warehouse.contracts import CORE

SIZES = {**GROUP_SIZES, **{name: size for name, (_, size) in REMAINDER.items()}}
PRINTED_DAYS = {
    3: [336, 350, 351, 352, 353, 358, 358, 359, 359, 365],
    4: [337, 351, 357, 358, 364, 365, 365],
    5: [330, 344, 351, 365, 365],
}


def frame(name, rows):
    """Rows of a core table; columns that are not given are missing."""
    return pl.LazyFrame(rows, schema=CORE[name].schema)


def everybody():
    """Course days before the landmark, between it and the horizon, and after the horizon."""
    patients, courses, therapies = [], [], []
    patterns = itertools.product((True, False), (True, False), range(1, 8), range(4), range(3))
    for number, (entered, has_dmt, early, late, after) in enumerate(patterns):
        person = f"P{number:04d}"
        patients.append(
            {
                "person_id": person,
                "core_study_id": "CAMMS323",
                "is_treated": True,
                "has_entered_extension": entered,
            }
        )
        days = [400 * k for k in range(early)]
        days = [day if day < RULES.landmark_day else 2_556 for day in days]
        days += [RULES.landmark_day + 0.25 + k for k in range(late)]
        days += [RULES.horizon_end_day + k for k in range(after)]
        courses += [
            {
                "person_id": person,
                "course_number": k,
                "course_day": int(day),
                "is_through_horizon": day < RULES.horizon_end_day,
            }
            for k, day in enumerate(days, start=1)
        ]
        if has_dmt:
            therapies.append(
                {"person_id": person, "is_counted": True, "is_decision_uncertain": False}
            )
    return frame("patient", patients), frame("course", courses), frame("other_dmt", therapies)


@pytest.fixture(scope="module")
def people():
    return with_stratum(derive_population(*everybody(), rules=RULES).collect())


def test_nobody_is_in_two_strata(people):
    conditions = [
        pl.col("group_id").is_not_null(),
        *(condition for condition, _ in REMAINDER.values()),
    ]
    matches = people.select(
        pl.sum_horizontal(condition.fill_null(False).cast(pl.Int32) for condition in conditions)
    ).to_series()
    assert matches.max() == 1
    assert (matches == 1).equals(people["stratum"].is_not_null())


def test_every_stratum_can_be_filled(people):
    assert set(people["stratum"].drop_nulls()) == set(SIZES)


def test_a_group_is_its_own_stratum(people):
    groups = people.filter("is_efficacy")
    assert groups["stratum"].equals(groups["group_id"])
    assert set(people.filter(~pl.col("is_efficacy"))["stratum"].drop_nulls()) == set(REMAINDER)


def members(people, condition):
    """Size of all strata whose people have a property; it must hold of all or none of a stratum."""
    told = (
        people.drop_nulls("stratum")
        .group_by("stratum")
        .agg(some=condition.any(), every=condition.all())
    )
    assert told.filter(pl.col("some") != pl.col("every")).is_empty()
    return sum(SIZES[name] for name in told.filter("every")["stratum"])


@pytest.mark.parametrize(
    ("condition", "size"),
    [
        (pl.lit(True), 811),
        (pl.col("is_extension"), 742),
        (pl.col("is_extension") & (pl.col("courses_through_horizon") <= 2), 396),
        (pl.col("is_extension") & (pl.col("courses_through_horizon") == 3), 201),
        (pl.col("is_extension") & (pl.col("courses_through_horizon") == 4), 94),
        (pl.col("is_extension") & (pl.col("courses_through_horizon") >= 5), 51),
        (pl.col("is_efficacy"), 607),
        (pl.col("is_safety"), 655),
        (pl.col("is_additional"), 293),
        (pl.col("is_additional") & ~pl.col("is_efficacy"), 48),
        (pl.col("exclusion_reason").eq_missing("other DMT"), 65),
    ],
)
def test_sizes_add_up_to_the_printed_ones(people, condition, size):
    assert members(people, condition) == size


def test_the_share_with_another_therapy_prints_as_9_percent(people):
    """P0399; 64 to 70 of the 742 do."""
    with_dmt = members(people, pl.col("exclusion_reason").eq_missing("other DMT"))
    assert 64 <= with_dmt <= 70


def test_early_days_are_dealt_out_as_printed():
    dealt = {
        course: sorted(day for days in EARLY_DAYS.values() for day in days.get(course, ()))
        for course in PRINTED_DAYS
    }
    assert dealt == PRINTED_DAYS
    assert {course for days in EARLY_DAYS.values() for course in days} == set(PRINTED_DAYS)


def test_early_days_respect_the_printed_least_intervals():
    """Printed least intervals of exactly three and four courses: 1.0 years, so 347 days or more."""
    for block, least in (("3-courses", 347), ("4-courses", 347)):
        assert all(day >= least for days in EARLY_DAYS[block].values() for day in days)


def candidate(**intervals):
    """A candidate with these days between courses; early within 365.25 days."""
    row = {}
    for course in range(3, 7):
        day = intervals.get(f"interval_{course}")
        row[f"interval_{course}"] = day
        row[f"is_early_{course}"] = None if day is None else day < 365.25
    return pl.DataFrame(
        [row],
        schema={name: pl.Boolean if name.startswith("is") else pl.Int32 for name in sorted(row)},
    )


@pytest.mark.parametrize(
    ("block", "intervals", "expected"),
    [
        ("3-courses", {}, True),
        ("3-courses", {"interval_3": 366}, True),
        ("3-courses", {"interval_3": 350}, True),
        ("3-courses", {"interval_3": 351}, False),
        ("3-courses", {"interval_3": 350, "interval_4": 360}, False),
        ("4-courses", {"interval_3": 359, "interval_4": 365}, True),
        ("5plus-courses", {"interval_3": 336, "interval_4": 337, "interval_5": 330}, True),
        ("5plus-courses", {"interval_6": 360}, False),
        ("2-courses", {"interval_3": 350}, False),
    ],
)
def test_only_printed_days_are_let_in(block, intervals, expected):
    assert candidate(**intervals).select(has_only_early_days(block)).item() is expected


def test_early_on_a_day_asks_for_that_day_and_an_early_course():
    assert candidate(interval_3=350).select(is_early_on(3, 350)).item() is True
    assert candidate(interval_3=351).select(is_early_on(3, 350)).item() is False
    assert candidate().select(is_early_on(3, 350)).item() in (False, None)
    # A course that late is none of the early ones, whatever its day.
    assert candidate(interval_3=400).select(is_early_on(3, 400)).item() is False


def test_who_lacks_a_value_of_table_1_is_told(drawn):
    features = drawn.features
    lacking = ("is_female", "edss_points", "years_since_initial_relapse",
               "relapses_prior_1_year", "relapses_prior_2_years")  # fmt: skip
    whole = features.with_columns(pl.lit(1).alias(name) for name in lacking)
    assert whole.select(is_whole_at_baseline().all()).item()
    for name in lacking:
        one_less = whole.with_columns(pl.lit(None, pl.Int32).alias(name))
        assert not one_less.select(is_whole_at_baseline().any()).item()
    assert features.with_columns(gd_lesions=None).select(is_whole_at_baseline().any()).item()
