"""T-08, E-12, E-13, E-14: which events count, their categories, reactions, the last course."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transform_spec import RULES, Trial, day, rows_of

from transforms.rules import Terms


def by_term(trial: Trial, *columns: str) -> dict[str, tuple]:
    """The named columns of each event that counts, by preferred term."""
    got = trial.derive("safety_event")
    return {row[0]: row[1:] for row in rows_of(got, "preferred_term", *columns)}


def test_t08_events_count_from_day_0_to_before_the_horizon_end() -> None:
    """Horizon end is day 2922.0 at eight years: day 2921 is in, day 2922 is out. No visit has to
    follow: the last one was on day 30.
    """
    trial = Trial().person(seen=(30,))
    for term, on in (("before", -1), ("first", 0), ("last", 2921), ("at the end", 2922)):
        trial.add("ae", aedecod=term, day=on)
    assert by_term(trial, "onset_day") == {"first": (0,), "last": (2921,)}
    assert trial.derive("follow_up")["safety_end_day"].to_list() == [2922.0]


def test_t08_the_day_of_the_cut_off_is_in() -> None:
    trial = Trial(rules=replace(RULES, cutoff=date(2008, 1, 31), horizon_years=8)).person()
    trial.add("ae", aedecod="on it", day=30).add("ae", aedecod="after it", day=31)
    assert by_term(trial, "onset_day") == {"on it": (30,)}


def test_t08_a_horizon_that_ends_inside_a_day_takes_the_whole_days_before_its_end() -> None:
    """Seven years end at 2556.75: day 2556 has begun before."""
    trial = Trial(rules=replace(RULES, horizon_years=7)).person()
    trial.add("ae", aedecod="in", day=2556).add("ae", aedecod="out", day=2557)
    assert by_term(trial, "onset_day") == {"in": (2556,)}


def test_c03_only_treated_persons_have_safety_events() -> None:
    trial = Trial().person("P1").person("P2", arm="ALEM24").person("P3", arm="IFNB1A", courses=())
    for who in ("P1", "P2", "P3", "unknown"):
        trial.add("ae", usubjid=who, aedecod="Rash", day=5)
    assert trial.derive("safety_event")["person_id"].to_list() == ["P1"]


def test_e12_a_partial_onset_counts_at_its_earliest_day_not_before_day_0() -> None:
    trial = Trial().person(courses=(40,))
    for term, text in (("year", "2008"), ("month", "2008-03"), ("before", "2007"), ("none", None)):
        trial.add("ae", aedecod=term, aestdtc=text)
    assert by_term(trial, "onset_day") == {"year": (0,), "month": (20,), "none": (0,)}


def test_e12_an_event_told_by_two_studies_is_one_and_serious_if_either_is() -> None:
    trial = Trial().person(extension=740)
    trial.draw(
        "ae",
        """
        | studyid | aedecod | aestdtc    | aeser | aesdth |
        | C1      | Asthma  | 2009-01-01 | N     | Y      |
        | E       | Asthma  | 2009-01-01 | Y     | N      |
        | C1      | Fever   | 2009-01-01 | .     | .      |
        """,
    )
    assert by_term(trial, "is_serious", "is_fatal") == {
        "Asthma": (True, True),
        "Fever": (False, False),
    }


def test_e12_terms_make_categories_without_regard_to_case_and_blanks() -> None:
    trial = Trial().person()
    trial.draw(
        "ae",
        """
        | day | aedecod                     | aebodsys                    |
        | 1   | HYPERTHYROIDISM             | Endocrine disorders         |
        | 2   | immune thrombocytopenia     | Blood disorders             |
        | 3   | Goodpasture's Syndrome      | Immune system disorders     |
        | 4   | Malignant melanoma in situ  | Neoplasms                   |
        | 5   | Papillary thyroid cancer    | Neoplasms                   |
        | 6   | Influenza                   | INFECTIONS and infestations |
        | 7   | Hyperthyroidism of pregnancy | .                          |
        | 8   | .                           | .                           |
        """,
    )
    trial.rows["ae"][0]["aedecod"] = "  HYPERTHYROIDISM "
    trial.rows["ae"][5]["aebodsys"] = " INFECTIONS and infestations  "
    got = trial.derive("safety_event")
    flags = ["thyroid", "itp", "nephropathy", "malignancy", "infection", "autoimmune"]
    found = [
        (row["onset_day"], name) for row in got.to_dicts() for name in flags if row[f"is_{name}"]
    ]
    assert found == [
        (1, "thyroid"),
        (1, "autoimmune"),
        (2, "itp"),
        (2, "autoimmune"),
        (3, "nephropathy"),
        (3, "autoimmune"),
        (4, "malignancy"),
        (5, "malignancy"),
        (6, "infection"),
    ]
    assert got.height == 8


def test_e12_every_term_of_the_lists_is_in_its_category_and_another_sponsor_may_change_them() -> (
    None
):
    terms = RULES.terms
    trial = Trial().person()
    for name in ("thyroid", "itp", "nephropathy", "malignancy"):
        for term in getattr(terms, name):
            trial.add("ae", aedecod=term, aeterm=name, day=9)
    told = trial.derive("adverse_event").select("event_number", "reported_term")
    got = trial.derive("safety_event").join(told, on="event_number")
    for name in ("thyroid", "itp", "nephropathy", "malignancy"):
        assert (got[f"is_{name}"] == (got["reported_term"] == name)).all()
    assert (got["is_autoimmune"] == (got["reported_term"] != "malignancy")).all()

    own = Terms(infection_body_system="INFECT", thyroid=("Struma",))
    other = Trial(rules=replace(RULES, terms=own)).person()
    other.add("ae", aedecod="struma", aebodsys="infect", day=1)
    other.add("ae", aedecod="Goitre", aebodsys="Infections and infestations", day=2)
    got = other.derive("safety_event")
    assert rows_of(got, "is_thyroid", "is_infection") == [(True, True), (False, False)]


def infused(*rows: tuple[str, str | None]) -> Trial:
    """A person with the given infusions (start, end), the first of which is day 0."""
    trial = Trial().person(courses=())
    for start, end in rows:
        trial.add("ex", exstdtc=start, exendtc=end)
    return trial


#: From 09:00 to 13:00 on day 0.
MORNING = ("2008-01-01T09:00", "2008-01-01T13:00")


@pytest.mark.parametrize(
    ("infusions", "onset", "is_iar", "is_by_date"),
    [
        pytest.param([MORNING], "2008-01-01T09:00", True, False, id="at its start"),
        pytest.param([MORNING], "2008-01-01T10:30", True, False, id="during it"),
        pytest.param([MORNING], "2008-01-01T08:59", False, False, id="before its start"),
        pytest.param([MORNING], "2008-01-02T13:00", True, False, id="exactly 24 h after its end"),
        pytest.param([MORNING], "2008-01-02T13:00:01", False, False, id="a second later"),
        pytest.param([MORNING], "2008-01-02T13:01", False, False, id="24 h 1 min after its end"),
        pytest.param([MORNING], "2008-01-01", True, True, id="its day, without a time"),
        pytest.param([MORNING], "2008-01-02", True, True, id="next day, without a time"),
        pytest.param([MORNING], "2008-01-03", False, False, id="two days later, without a time"),
        pytest.param([MORNING], "2008-01", False, False, id="its month alone"),
        pytest.param([MORNING], None, False, False, id="no date at all"),
        pytest.param(
            [("2008-01-01T09:00", None)], "2008-01-02T23:59", True, True, id="end not told"
        ),
        pytest.param(
            [("2008-01-01T09:00", None)], "2008-01-03T00:00", False, False, id="end not told, late"
        ),
        pytest.param(
            [("2008-01-01", "2008-01-01T13:00")], "2008-01-02T20:00", True, True, id="start no time"
        ),
        pytest.param(
            [("2008-01-01T09:00", "2008-01-01")], "2008-01-02T20:00", True, True, id="end no time"
        ),
        pytest.param(
            [("2008-01-01", "2008-01-01")], "2008-01-02T10:00", True, True, id="no times, timed AE"
        ),
        pytest.param(
            [("2008-01-01T09:00", "2008-01-01T07:00")],
            "2008-01-02T10:00",
            True,
            True,
            id="end before start: as if there were no times",
        ),
        pytest.param(
            [MORNING, ("2008-01-02T09:00", "2008-01-02T13:00")],
            "2008-01-03T12:59",
            True,
            False,
            id="the second of two infusions",
        ),
        pytest.param(
            [("2008-01-01T09:00", "2008-01-02T12:00"), ("2008-01-02T09:00", "2008-01-02T10:00")],
            "2008-01-03T11:00",
            True,
            False,
            id="24 h of the longer one, though a shorter one began later",
        ),
        pytest.param(
            [MORNING, ("2008-01-02", None)],
            "2008-01-02T10:00",
            True,
            False,
            id="times decide where they can, though another infusion has none",
        ),
        pytest.param(
            [("2008-01-01", None), ("2008-01-02T09:00", "2008-01-02T13:00")],
            "2008-01-02T08:00",
            True,
            True,
            id="before the timed one, the day after the other",
        ),
        pytest.param(
            [("2008-01-01", None), ("2008-01-02T09:00", "2008-01-02T13:00")],
            "2008-01-02T22:00",
            True,
            False,
            id="after both: by time",
        ),
    ],
)
def test_e13_reactions(
    infusions: list[tuple[str, str | None]], onset: str | None, is_iar: bool, is_by_date: bool
) -> None:
    trial = infused(*infusions).add("ae", aedecod="Rash", aestdtc=onset)
    assert by_term(trial, "is_iar", "is_iar_by_date") == {"Rash": (is_iar, is_by_date)}


def test_e13_only_given_alemtuzumab_up_to_the_cut_off_makes_reactions_and_of_ones_own() -> None:
    trial = infused(MORNING)
    trial.add("ex", exstdtc=day(50), exdose=0.0)
    trial.add("ex", exstdtc=day(60), extrt="INTERFERON BETA-1A")
    trial.person("P2", courses=(70,))
    for on in (50, 60, 70):
        trial.add("ae", aedecod=str(on), day=on)
    assert set(by_term(trial, "is_iar").values()) == {(False,)}


@pytest.mark.parametrize(
    ("hours", "timed", "dated"), [(0, "13:00", 0), (24, "13:00", 1), (30, "19:00", 2)]
)
def test_e13_the_hours_are_a_setting_and_dates_follow_in_whole_days(
    hours: int, timed: str, dated: int
) -> None:
    last = date(2008, 1, 1) + timedelta(days=1 if hours else 0)
    trial = infused(MORNING)
    trial.rules = replace(RULES, iar_hours=hours)
    trial.add("ae", aedecod="last", aestdtc=f"{last}T{timed}")
    trial.add("ae", aedecod="late", aestdtc=f"{last}T{timed}:01")
    trial.add("ae", aedecod="last day", aestdtc=day(dated))
    trial.add("ae", aedecod="day after it", aestdtc=day(dated + 1))
    assert by_term(trial, "is_iar") == {
        "last": (True,),
        "late": (False,),
        "last day": (True,),
        "day after it": (False,),
    }


def test_w02_an_event_on_the_day_of_a_course_is_after_it() -> None:
    trial = Trial().person(courses=(0, 365, 800))
    for on in (0, 364, 365, 366, 799, 800, 2000):
        trial.add("ae", aedecod=str(on), day=on)
    assert by_term(trial, "last_course_number", "days_since_last_course") == {
        "0": (1, 0),
        "364": (1, 364),
        "365": (2, 0),
        "366": (2, 1),
        "799": (2, 434),
        "800": (3, 0),
        "2000": (3, 1200),
    }


_MINUTES = st.one_of(st.none(), st.integers(0, 24 * 60 - 1))


def _text(on: int, minute: int | None) -> str:
    return day(on) if minute is None else f"{day(on)}T{minute // 60:02d}:{minute % 60:02d}"


@settings(max_examples=60, deadline=None)
@given(
    infusions=st.lists(
        st.tuples(st.integers(0, 5), _MINUTES, st.one_of(st.none(), st.integers(0, 3000))),
        min_size=1,
        max_size=5,
    ),
    onsets=st.lists(st.tuples(st.integers(0, 8), _MINUTES), min_size=1, max_size=8),
)
def test_e13_as_told_one_by_one(
    infusions: list[tuple[int, int | None, int | None]], onsets: list[tuple[int, int | None]]
) -> None:
    """Each pair of event and infusion judged alone, in minutes from midnight of day 0."""
    infusions = [(0, None, None), *infusions]
    trial = Trial().person(courses=())
    for on, minute, lasting in infusions:
        end = None
        if minute is not None and lasting is not None:
            end_day, end_minute = divmod(on * 1440 + minute + lasting, 1440)
            end = _text(end_day, end_minute)
        trial.add("ex", exstdtc=_text(on, minute), exendtc=end)
    for number, (on, minute) in enumerate(onsets):
        trial.add("ae", aedecod=f"{number}", aestdtc=_text(on, minute))

    wanted = {}
    for number, (on, minute) in enumerate(onsets):
        by_time = by_date = False
        for infusion_day, start, lasting in infusions:
            if minute is None or start is None or lasting is None:
                by_date |= infusion_day <= on <= infusion_day + 1
            else:
                elapsed = (on - infusion_day) * 1440 + minute - start
                by_time |= 0 <= elapsed <= lasting + 24 * 60
        wanted[f"{number}"] = (by_time or by_date, by_date and not by_time)
    assert by_term(trial, "is_iar", "is_iar_by_date") == wanted


def test_events_lie_in_safety_person_time_and_keep_the_number_of_the_adverse_event() -> None:
    trial = Trial().person(courses=(0, 400), seen=(100,))
    for on in (-5, 3, 90, 1000, 2921, 2950):
        trial.add("ae", aedecod=f"day {on}", day=on)
    got = trial.derive("safety_event").join(trial.derive("follow_up"), on="person_id")
    assert (got["onset_day"] < got["safety_end_day"]).all()
    assert got["event_number"].to_list() == [2, 3, 4, 5]
    assert got["last_course_number"].to_list() == [1, 1, 2, 2]
