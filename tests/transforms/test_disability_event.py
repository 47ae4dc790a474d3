"""windows.disability_event: which visits count, from which score, until when (E-07, E-08)."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.disability_event import derive_disability_event
from transforms.rules import CDI_AFTER_COURSE, Rules
from warehouse.contracts import CORE, WINDOWS

RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
CONTRACT = WINDOWS["disability_event"]
ORACLE = Path(__file__).parents[1] / "data" / "oracle" / "cdp"
C1, C2, TOPAZ = "CAMMS323", "CAMMS32400507", "LPS13649"
Tables = dict[str, pl.LazyFrame]

#: Score by day; in text with `u` unscheduled, with `t` in TOPAZ, with `x` in the other core study.
Scores = dict[int, float | str]


def core_table(name: str, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Rows as the contract's table; columns that a row leaves out are false, 0, "" or null."""
    blank = {
        pl.Boolean: False,
        pl.Int32: 0,
        pl.Float64: 0.0,
        pl.String: "",
        pl.Date: date(2008, 1, 1),
    }
    columns = CORE[name].columns
    filled = [
        {
            column.name: row.get(
                column.name, None if column.nullable else blank[type(column.dtype)]
            )
            for column in columns
        }
        for row in rows
    ]
    return pl.LazyFrame(filled, schema=CORE[name].schema)


def patient(
    scores: Scores,
    person_id: str = "P1",
    *,
    courses: dict[int, int] | None = None,
    relapses: tuple[int, ...] = (),
    is_treated: bool = True,
    **follow_up: Any,
) -> Tables:
    """Core tables of one person who is followed for eight years, if nothing else is said."""
    ends = {"efficacy_end_day": 2922.0, "horizon_end_day": 2922.0, **follow_up}
    told = [(day, str(score)) for day, score in scores.items()]
    who = {"person_id": person_id}
    return {
        "patient": core_table("patient", [who | {"core_study_id": C1, "is_treated": is_treated}]),
        "course": core_table(
            "course",
            [
                who | {"course_number": number, "course_day": day, "is_through_horizon": True}
                for number, day in ({1: 0} | (courses or {})).items()
            ],
        ),
        "edss": core_table(
            "edss",
            [
                who
                | {
                    "assessment_day": day,
                    "edss_points": float(score.rstrip("utx")),
                    "is_scheduled": "u" not in score,
                    "study_id": TOPAZ if "t" in score else C2 if "x" in score else C1,
                }
                for day, score in told
            ],
        ),
        "relapse": core_table("relapse", [who | {"onset_day": day} for day in relapses]),
        "follow_up": core_table("follow_up", [who | ends]),
    }


def together(*persons: Tables) -> Tables:
    return {name: pl.concat(person[name] for person in persons) for name in persons[0]}


def events(tables: Tables, **rules: Any) -> pl.DataFrame:
    return derive_disability_event(**tables, rules=replace(RULES, **rules)).collect()


def event(
    tables: Tables, endpoint: str = "CDW", anchor: str = "core-baseline", **rules: Any
) -> dict[str, Any]:
    """The one row of an anchor and endpoint."""
    (row,) = events(tables, **rules).filter(anchor=anchor, endpoint=endpoint).to_dicts()
    return row


def days(row: dict[str, Any]) -> tuple[float | None, float | None]:
    return row["event_day"], row["confirmation_day"]


def test_a_row_says_all_of_an_event() -> None:
    row = event(patient({0: 2, 91: 3, 182: 3, 273: 3, 400: "2.0t"}))
    assert row == {
        "person_id": "P1",
        "anchor": "core-baseline",
        "endpoint": "CDW",
        "anchor_day": 0,
        "reference_points": 2,
        "cnsr": 0,
        "event_day": 91,
        "confirmation_day": 273,
        "last_edss_day": 400,
        "last_edss_tolerance_days": 91,
        "days_to_event": 91,
    }


def test_censored_at_the_last_edss_with_the_tolerance_of_its_study() -> None:
    row = event(patient({0: 2, 182: 2, 400: "2.0t", 900: 2}))
    assert (row["cnsr"], row["days_to_event"]) == (1, 900)
    assert (row["last_edss_day"], row["last_edss_tolerance_days"]) == (900, 45)
    assert days(row) == (None, None)


def test_without_a_visit_censored_at_the_anchor() -> None:
    row = event(patient({0: 2, 700: 2}, courses={3: 800}), anchor="course-3")
    assert (row["last_edss_day"], row["days_to_event"], row["cnsr"]) == (800, 0, 1)
    assert row["reference_points"] == 2


@pytest.mark.parametrize(
    ("before", "reference"),
    [
        ({-30: 3, -10: 2}, 2),
        ({-30: 3, -10: "2.0u"}, 2),
        ({-30: 3, -10: "2.0x"}, 3),
        ({-30: 3, 0: 1.5}, 1.5),
        ({-30: 3, 1: 2}, 3),
    ],
    ids=["last", "unscheduled too", "other study not", "day 0 itself", "after day 0 not"],
)
def test_core_baseline_is_the_last_of_the_core_study_up_to_day_0(
    before: Scores, reference: float
) -> None:
    assert event(patient({**before, 400: 2}))["reference_points"] == reference


def test_course_baseline_is_the_last_scheduled_up_to_the_course() -> None:
    scores: Scores = {0: 2, 900: 3, 990: "5.0u", 1000: 3.5, 1010: 4, 1200: 4.5, 1400: 4.5}
    row = event(patient(scores, courses={3: 1000}), anchor="course-3")
    assert row["reference_points"] == 3.5
    assert days(row) == (1200, 1400)
    scores.pop(1000)
    assert event(patient(scores, courses={3: 1000}), anchor="course-3")["reference_points"] == 3


def test_the_visit_on_the_day_of_the_course_is_not_after_it() -> None:
    """Else day 1000 would be the onset, confirmed on day 1182."""
    tables = patient({0: 2, 1000: 3, 1182: 3, 1200: 2}, courses={3: 1000})
    row = event(tables, anchor="course-3")
    assert (row["reference_points"], row["cnsr"]) == (3, 1)


def test_without_a_baseline_or_too_low_to_improve_there_is_no_row() -> None:
    tables = together(
        patient({10: 2, 300: 2}, "late first EDSS", courses={3: 200, 4: 500}),
        patient({0: 1.5, 300: 1}, "too low"),
        patient({0: 2, 300: 1}, "untreated", is_treated=False),
        patient({}, "never seen"),
    )
    rows = events(tables).select("person_id", "anchor", "endpoint").rows()
    assert rows == [
        ("late first EDSS", "course-3", "CDW"),
        ("late first EDSS", "course-4", "CDW"),
        ("too low", "core-baseline", "CDW"),
    ]


def test_anchors_are_courses_3_to_5_inside_follow_up() -> None:
    courses = {2: 365, 3: 800, 4: 1200, 5: 1600, 6: 2000, 7: 2400}
    tables = patient({0: 3}, courses=courses, efficacy_end_day=1600.0)
    assert events(tables)["anchor"].unique().sort().to_list() == [
        "core-baseline",
        "course-3",
        "course-4",
    ]


@pytest.mark.parametrize(
    ("ends", "confirmed"),
    [
        ({}, 300),
        ({"efficacy_end_day": 301.0}, 300),
        ({"efficacy_end_day": 300.0}, None),
        ({"efficacy_end_day": 300.0, "course_6_day": 300}, 300),
        ({"efficacy_end_day": 299.0, "course_6_day": 300}, None),
        ({"efficacy_end_day": 300.0, "course_6_day": 300, "horizon_end_day": 300.0}, None),
    ],
    ids=["inside", "last day", "end", "day of Course 6", "day after the end", "horizon too"],
)
def test_visits_end_with_follow_up(ends: dict[str, Any], confirmed: int | None) -> None:
    row = event(patient({0: 2, 91: 3, 300: 3}, **ends), is_visit_after_horizon_counted=False)
    assert row["confirmation_day"] == confirmed
    assert row["last_edss_day"] == (91 if confirmed is None else 300)


@pytest.mark.parametrize(
    ("last", "more", "confirmed"),
    [
        ({2967: 3}, {}, 2967),
        ({2968: 3}, {}, None),
        ({2968: "3.0t"}, {}, 2968),
        ({3014: "3.0t"}, {}, None),
        ({2960: 3}, {"death_day": 2959}, None),
        ({2960: 3}, {"course_6_day": 2959}, None),
        ({2960: 3}, {"course_6_day": 2960}, 2960),
    ],
)
def test_visits_of_the_last_analysis_visit_count_unless_asked(
    last: Scores, more: dict[str, Any], confirmed: int | None
) -> None:
    tables = patient({0: 2, 2790: 3, **last}, **more)
    assert event(tables)["confirmation_day"] == confirmed
    assert event(tables, is_visit_after_horizon_counted=False)["cnsr"] == 1


def test_unscheduled_visits_are_nothing_unless_asked() -> None:
    tables = patient({0: 2, 91: 3, 200: "2.0u", 300: 3, 400: "2.0u"})
    row = event(tables)
    assert (days(row), row["last_edss_day"]) == ((91, 300), 300)
    row = event(tables, is_unscheduled_counted=True)
    assert (row["cnsr"], row["last_edss_day"]) == (1, 400)


def test_a_relapse_bars_the_confirmation_and_not_the_onset() -> None:
    tables = together(
        patient({0: 2, 91: 3, 273: 3, 364: 3}, "P1", relapses=(-500, 85, 260)),
        patient({0: 2, 91: 3, 273: 3, 364: 3}, "P2", relapses=(350,)),
    )
    rows = events(tables, relapse_shadow_days=30).filter(endpoint="CDW")
    assert rows["event_day"].to_list() == [91, 91]
    assert rows["confirmation_day"].to_list() == [364, 273]


def test_a_last_visit_counts_as_worsening_only() -> None:
    tables = together(
        patient({0: 3, 91: 4, 182: 4}, "worse"), patient({0: 3, 91: 2, 182: 2}, "better")
    )
    rows = events(tables, is_last_visit_confirmed=True)
    told = rows.select("person_id", "endpoint", "event_day", "confirmation_day", "cnsr").rows()
    assert told == [
        ("better", "CDI", None, None, 1),
        ("better", "CDW", None, None, 1),
        ("worse", "CDI", None, None, 1),
        ("worse", "CDW", 182, None, 0),
    ]


#: Core baseline 4.0, EDSS at Course 3 (day 1000), then scores on days 1100, 1300, 1500, 1700.
AFTER_COURSE = {
    # Improved at the course, and ever after: nothing new; 1.0 below the course is another thing.
    (3, 3, 3, 3, 3): {"new onset": None, "at once": 1100, "course baseline": None},
    (3, 2, 2, 2, 2): {"new onset": None, "at once": 1100, "course baseline": 1100},
    # Lost and regained.
    (3, 4, 3, 3, 3): {"new onset": 1300, "at once": 1300, "course baseline": None},
    # Held long enough at once, then lost and regained.
    (3, 3, 3, 4, 3): {"new onset": None, "at once": 1100, "course baseline": None},
    # Not improved at the course.
    (4, 3, 3, 3, 3): {"new onset": 1100, "at once": 1100, "course baseline": 1100},
    (5, 4, 4, 4, 4): {"new onset": None, "at once": None, "course baseline": 1100},
    (3.5, 3, 3, 3.5, 3): {"new onset": 1100, "at once": 1100, "course baseline": None},
}


@pytest.mark.parametrize("reading", CDI_AFTER_COURSE)
@pytest.mark.parametrize("scores", AFTER_COURSE)
def test_three_readings_of_improvement_after_a_course(
    scores: tuple[float, ...], reading: str
) -> None:
    told = dict(zip((1000, 1100, 1300, 1500, 1700), scores, strict=True))
    tables = patient({0: 4, **told}, courses={3: 1000})
    row = event(tables, "CDI", "course-3", cdi_after_course=reading)
    assert row["event_day"] == AFTER_COURSE[scores][reading]
    assert row["reference_points"] == (scores[0] if reading == "course baseline" else 4)


def test_from_core_baseline_the_readings_are_one() -> None:
    tables = patient({0: 4, 100: 3, 300: 3}, courses={3: 1000})
    for reading in CDI_AFTER_COURSE:
        assert event(tables, "CDI", cdi_after_course=reading)["event_day"] == 100


def test_who_can_improve_after_a_course() -> None:
    """Core baseline decides; by "course baseline" the EDSS at the course does."""
    tables = together(
        patient({0: 1.5, 900: 3, 1200: 2}, "risen", courses={3: 1000}),
        patient({0: 3, 900: 1.5, 1200: 1}, "fallen", courses={3: 1000}),
        patient({-1: "3.0u", 1200: 2}, "no scheduled", courses={3: 1000}),
    )

    def at_course(reading: str) -> list[tuple[str, float]]:
        rows = events(tables, cdi_after_course=reading)
        rows = rows.filter(anchor="course-3", endpoint="CDI")
        return rows.select("person_id", "reference_points").rows()

    assert at_course("new onset") == [("fallen", 3), ("no scheduled", 3)]
    assert at_course("at once") == [("fallen", 3), ("no scheduled", 3)]
    assert at_course("course baseline") == [("risen", 3)]


def test_an_improvement_with_no_visit_before_the_course_is_new() -> None:
    """Core baseline, which is not improved, is then the visit before."""
    tables = patient({-1: "3.0u", 1200: 2, 1400: 2}, courses={3: 1000})
    assert event(tables, "CDI", "course-3")["event_day"] == 1200


def test_agrees_with_the_course_anchored_oracle() -> None:
    visits = pl.read_csv(
        ORACLE / "course_anchored_120_visits.csv", schema_overrides={"edss": pl.Float64}
    ).drop_nulls("edss")
    expected = pl.read_csv(
        ORACLE / "course_anchored_120_expected.csv", infer_schema_length=None
    ).sort("usubjid")
    persons = [
        patient(
            dict(visits.filter(usubjid=row["usubjid"]).select("day", "edss").iter_rows()),
            row["usubjid"],
            courses={3: row["course_day"]},
            efficacy_end_day=9e6,
            horizon_end_day=9e6,
        )
        for row in expected.to_dicts()
    ]
    rows = events(together(*persons), confirmation_days=183, cdi_after_course="at once")
    day = pl.col("event_day") - pl.col("anchor_day")
    for endpoint, name in (("CDW", "cdw"), ("CDI", "cdi")):
        got = rows.filter(anchor="course-3", endpoint=endpoint).select(
            "person_id",
            day.alias("day"),
            pl.col("days_to_event").alias("time"),
            (1 - pl.col("cnsr")).alias("event"),
            "reference_points",
            (pl.col("last_edss_day") - pl.col("anchor_day")).alias("last"),
        )
        wanted = expected.filter(pl.lit(True) if name == "cdw" else pl.col("cdi_eligible")).select(
            pl.col("usubjid").alias("person_id"),
            pl.col(f"{name}_day").cast(pl.Float64).alias("day"),
            pl.col(f"{name}_time").cast(pl.Float64).alias("time"),
            pl.col(f"{name}_event").cast(pl.Int32).alias("event"),
            pl.col("course_reference" if name == "cdw" else "core_baseline").alias(
                "reference_points"
            ),
            pl.col("last_day_from_course").cast(pl.Float64).alias("last"),
        )
        assert_frame_equal(got, wanted, check_dtypes=False)


def test_of_nobody_there_are_no_rows() -> None:
    nobody = {name: frame.clear() for name, frame in patient({0: 2}).items()}
    assert events(nobody).schema == CONTRACT.schema
    assert events(nobody, relapse_shadow_days=30).is_empty()


# Laws.


@st.composite
def cohorts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What `patient` takes for one to four persons."""
    scores = st.dictionaries(
        st.integers(-2, 14).map(lambda step: step * 60),
        st.tuples(st.integers(2, 10), st.sampled_from(["", "", "", "u", "t"])).map(
            lambda told: f"{told[0] / 2}{told[1]}"
        ),
        max_size=14,
    )
    person = st.fixed_dictionaries(
        {
            "scores": scores,
            "courses": st.sampled_from([None, {3: 240}, {3: 240, 4: 500}]),
            "relapses": st.sampled_from([(), (110,), (300, 470)]),
            "efficacy_end_day": st.sampled_from([400.0, 2922.0]),
        }
    )
    return draw(st.lists(person, min_size=1, max_size=4))


def told(cohort: list[dict[str, Any]]) -> Tables:
    return together(*(patient(person_id=f"P{n}", **one) for n, one in enumerate(cohort)))


RULE_SETS = st.sampled_from(
    [
        {},
        {"relapse_shadow_days": 60, "is_unscheduled_counted": True},
        {"confirmation_late_days": 60, "cdi_after_course": "at once"},
        {"is_visit_after_horizon_counted": False, "cdi_after_course": "course baseline"},
    ]
)
FEW = settings(max_examples=25, deadline=None)


@FEW
@given(cohort=cohorts(), rules=RULE_SETS, seed=st.integers(0, 2**31))
def test_neither_order_nor_company_nor_names_matter(
    cohort: list[dict[str, Any]], rules: dict[str, Any], seed: int
) -> None:
    tables = told(cohort)
    wanted = events(tables, **rules)
    shuffled = {
        name: frame.collect().sample(fraction=1, shuffle=True, seed=seed).lazy()
        for name, frame in tables.items()
    }
    assert_frame_equal(events(shuffled, **rules), wanted)
    alone = [events(patient(person_id=f"P{n}", **one), **rules) for n, one in enumerate(cohort)]
    assert_frame_equal(pl.concat(alone), wanted)
    new_name = pl.format("X{}", 9 - pl.col("person_id").str.slice(1).cast(pl.Int32))
    renamed = {name: frame.with_columns(person_id=new_name) for name, frame in tables.items()}
    back = wanted.with_columns(person_id=new_name).sort(CONTRACT.key)
    assert_frame_equal(events(renamed, **rules), back)


@FEW
@given(cohort=cohorts(), rules=RULE_SETS, raised=st.sets(st.integers(1, 14)))
def test_a_higher_edss_after_the_baseline_never_removes_or_delays_a_worsening(
    cohort: list[dict[str, Any]], rules: dict[str, Any], raised: set[int]
) -> None:
    def worse(score: str) -> str:
        points = score.rstrip("utx")
        return f"{float(points) + 1}{score[len(points) :]}"

    higher = [
        one
        | {
            "scores": {
                day: worse(score) if day // 60 in raised else score
                for day, score in one["scores"].items()
            }
        }
        for one in cohort
    ]
    cdw = {"anchor": "core-baseline", "endpoint": "CDW", "cnsr": 0}
    before = events(told(cohort), **rules).filter(**cdw)
    after = events(told(higher), **rules).filter(**cdw)
    both = before.join(after, on="person_id", suffix="_higher")
    assert both.height == before.height
    assert (both["event_day_higher"] <= both["event_day"]).all()


@FEW
@given(cohort=cohorts(), rules=RULE_SETS)
def test_rows_keep_their_contract(cohort: list[dict[str, Any]], rules: dict[str, Any]) -> None:
    rows = events(told(cohort), **rules)
    assert rows.schema == CONTRACT.schema
    assert not rows.select(CONTRACT.key).is_duplicated().any()
    is_event = rows["cnsr"] == 0
    assert (rows["event_day"].is_not_null() == is_event).all()
    seen = rows.filter(is_event)
    assert (seen["event_day"] > seen["anchor_day"]).all()
    assert (seen["confirmation_day"] - seen["event_day"] >= RULES.confirmation_days).all()
    assert (seen["confirmation_day"] <= seen["last_edss_day"]).all()
    assert (rows["days_to_event"] >= 0).all()
