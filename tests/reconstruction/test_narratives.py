"""What the paper narrates of single patients comes out of the pipeline as it was told."""

from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest
from history_facts import pooled

from orchestration.compute import replay
from reconstruction.narratives import BY_NAME, NARRATIVES, can_bear, narrate
from reconstruction.pool import MODELS, RULES, features_of, tell
from reconstruction.printed import Printed
from reconstruction.strata import with_stratum
from simulation import simulate_trial
from simulation.codes import STUDIES
from simulation.raw_tables import as_raw_tables
from transforms.rules import DAYS_PER_MONTH, DAYS_PER_YEAR

#: Published months and grades: narrative, number of its event, what; of a death its study year.
PRINTED = {
    "ITP 10 months after Course 2": (("P0284", 0, "months"), ("P0285", 0, "grade")),
    "ITP 4 months after Course 4": (("P0286", 0, "months"), ("P0287", 0, "grade")),
    "ITP 34 months after Course 3": (("P0288", 0, "months"), ("P0289", 0, "grade")),
    "nephropathy 4 months after Course 3": (("P0290", 0, "months"), ("P0291", 0, "grade")),
    "squamous cell carcinoma 19 months after Course 4": (
        ("P0292", 0, "months"),
        ("P0293", 0, "grade"),
    ),
    "melanoma 57 months after Course 3": (("P0294", 0, "months"), ("P0295", 0, "grade")),
    "melanoma in situ 59 months after Course 3": (("P0296", 0, "months"), ("P0297", 0, "grade")),
    "thyroid carcinoma 10 months after Course 2": (("P0298", 0, "months"), ("P0299", 0, "grade")),
    "basal cell carcinoma and liver metastasis, death in Year 8": (
        ("P0300", 0, "months"),
        ("P0301", 0, "grade"),
        ("P0302", 1, "months"),
        ("P0305", 1, "year"),
    ),
    "death 46 months after Course 3": (("P0306", 0, "months"), ("P0307", 0, "year")),
    "death 17 months after Course 3": (("P0308", 0, "months"), ("P0309", 0, "year")),
    "death 43 months after Course 5": (("P0310", 0, "months"), ("P0311", 0, "year")),
    "death 14 months after Course 3": (("P0312", 0, "months"), ("P0313", 0, "year")),
    "death 26 months after Course 4": (("P0314", 0, "months"), ("P0315", 0, "year")),
    "death 17 months after Course 6": (("P0316", 0, "months"), ("P0317", 0, "year")),
}
LISTING = {
    "Immune thrombocytopenic purpura": "autoimmune event",
    "Anti-glomerular basement membrane disease": "autoimmune event",
}


def fitted(narrative, features, taken):
    """A person who can bear it; where few have died so, month and year are the person's own."""
    free = features.filter(~pl.col("person_id").is_in(taken))
    if narrative.death is None or narrative.death[1] is None:
        return free.filter(can_bear(narrative))["person_id"][0], narrative
    course = narrative.death[0]
    since = (pl.col("death_day") - pl.col(f"course_day_{course}")) / DAYS_PER_MONTH
    months = since.round().cast(pl.Int32)
    dead = free.filter(
        pl.col("is_dead"),
        pl.col("courses_through_cutoff") == narrative.courses,
        pl.col("group_id") == narrative.group_id,
        ~pl.any_horizontal("has_itp", "has_nephropathy", "has_malignancy"),
        # Far from half a month: the month told is a rounded one.
        (since - months).abs() < 0.4,
    ).select("person_id", months=months, year=(pl.col("death_day") / DAYS_PER_YEAR).floor() + 1)
    person, own_months, year = dead.row(0)
    cause = replace(narrative.events[-1], months=own_months)
    return person, replace(narrative, events=(cause,), death=(course, own_months, int(year)))


@pytest.fixture(scope="module")
def told():
    """Every narrative told of somebody of a mortal trial: before, after, bearers, listing."""
    before = simulate_trial(4000, 1, MODELS["mortal"], leave_out=("KFSS", "NV", "CM")).datasets
    treated = pooled(before, "DM").filter(ACTARMCD="ALEM12")["USUBJID"].to_list()
    features = with_stratum(features_of(before, treated))
    bearers = {}
    for narrative in NARRATIVES:
        person, own = fitted(narrative, features, list(bearers))
        bearers[person] = own
    after = {study: dict(tables) for study, tables in before.items()}
    for person, narrative in bearers.items():
        for study, table in narrate(after, person, narrative).items():
            after[study]["AE"] = table
    raw = {
        name: rows.collect().lazy() for name, rows in as_raw_tables(after, list(bearers)).items()
    }
    name = "windows.line_listing"
    listing = replay(raw, RULES, again=(), targets=(name,), replaced=raw)[name].collect()
    return SimpleNamespace(
        before=before,
        after=after,
        bearers=bearers,
        listing=listing,
        features=with_stratum(features_of(after, list(bearers))),
    )


def bearer_of(told, name):
    return next(item for item in told.bearers.items() if item[1].name == name)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_listing_tells_what_was_narrated(told, name):
    person, narrative = bearer_of(told, name)
    own = told.listing.filter(pl.col("person_id") == person)
    assert own["is_additional"].all()
    for event in narrative.events:
        if narrative.death is not None and event is narrative.events[-1]:
            continue
        ((term, _),) = event.terms
        row = own.filter(description=term, listing=LISTING.get(term, "malignancy"))
        assert row["last_course_number"].to_list() == [event.course]
        assert [round(months) for months in row["months_since_last_course"]] == [event.months]
        assert row["toxicity_grade"].to_list() == [event.grade]
    deaths = own.filter(listing="death")
    assert deaths.height == (narrative.death is not None)
    if narrative.death is not None:
        course, months, year = narrative.death
        causes = "; ".join(sorted(term for term, _ in narrative.events[-1].terms))
        assert deaths["description"].to_list() == [causes]
        assert deaths["last_course_number"].to_list() == [course]
        assert deaths["study_year"].to_list() == [year]
        if months is not None:
            assert round(deaths["months_since_last_course"][0]) == months


@pytest.mark.parametrize("name", BY_NAME)
def test_bearers_stay_what_they_were_but_for_the_event(told, name):
    person, narrative = bearer_of(told, name)
    row = told.features.row(by_predicate=pl.col("person_id") == person, named=True)
    assert row["stratum"] == narrative.group_id
    assert row["courses_through_cutoff"] == narrative.courses
    terms = [term for event in narrative.events for term, _ in event.terms]
    assert row["has_itp"] == ("Immune thrombocytopenic purpura" in terms)
    assert row["has_nephropathy"] == ("Anti-glomerular basement membrane disease" in terms)
    assert row["has_malignancy"] == any("carcinoma" in t or "elanoma" in t or "cancer" in t
                                        or "Metastases" in t for t in terms)  # fmt: skip
    assert row["is_dead"] == (narrative.death is not None)
    assert row["has_serious_infection"] or "Sepsis" not in terms


@pytest.mark.parametrize("study", STUDIES)
def test_nothing_else_is_changed(told, study):
    """All other rows are there as before, but for the sequence numbers of the bearers."""
    before, after = told.before[study], told.after[study]
    assert {name for name in before if not before[name].equals(after[name])} <= {"AE"}
    is_bearer = pl.col("USUBJID").is_in(list(told.bearers))
    assert before["AE"].filter(~is_bearer).equals(after["AE"].filter(~is_bearer))
    assert before["AE"].schema == after["AE"].schema
    narrated = {
        term for narrative in NARRATIVES for event in narrative.events for term, _ in event.terms
    }
    columns = [name for name in before["AE"].columns if name != "AESEQ"]
    is_set = pl.col("AEDECOD").is_in(list(narrated)) & (pl.col("AESER") == "Y")
    old = before["AE"].filter(is_bearer, pl.col("AESDTH") == "N").select(columns)
    new = after["AE"].filter(is_bearer, ~is_set).select(columns)
    assert new.join(old, on=columns, how="anti", nulls_equal=True).is_empty()
    assert old.filter(~is_set).height == new.height


def test_sequence_numbers_count_from_1(told):
    for tables in told.after.values():
        numbers = (
            tables["AE"]
            .group_by("USUBJID")
            .agg(n=pl.len(), distinct=pl.col("AESEQ").n_unique(), most=pl.col("AESEQ").max())
        )
        assert numbers.filter(
            (pl.col("n") != pl.col("distinct")) | (pl.col("n") != pl.col("most"))
        ).is_empty()
        assert tables["AE"]["USUBJID"].is_sorted()


def test_a_narrated_death_has_just_its_causes_and_ends_on_the_day(told):
    events = pooled(told.after, "AE")
    died = pooled(told.after, "DM").drop_nulls("DTHDTC").select("USUBJID", "STUDYID", "DTHDTC")
    for person, narrative in told.bearers.items():
        fatal = events.filter(USUBJID=person, AESDTH="Y")
        if narrative.death is None:
            assert fatal.is_empty()
            continue
        causes = [term for term, _ in narrative.events[-1].terms]
        assert sorted(fatal["AEDECOD"]) == sorted(causes)
        death = died.row(by_predicate=pl.col("USUBJID") == person, named=True)
        assert set(fatal["AEENDTC"]) == {death["DTHDTC"]}
        # The study that knows of the death tells its cause: a closed one could not.
        assert set(fatal["STUDYID"]) == {death["STUDYID"]}
        assert set(fatal["AEOUT"]) == {"FATAL"}


def test_the_same_told_by_name(told):
    """`tell` is what the search uses: one narrative of each name."""
    person, _ = bearer_of(told, "ITP 10 months after Course 2")
    by_name = tell(told.before, {person: "ITP 10 months after Course 2"})
    own = pl.col("USUBJID") == person
    for study in STUDIES:
        expected = told.after[study]["AE"].filter(own)
        assert by_name[study]["AE"].filter(own).equals(expected)


def test_who_had_such_an_event_or_is_not_of_the_group_cannot_bear(told):
    """A bearer can bear; the same person with another fact cannot."""
    narrative = BY_NAME["ITP 34 months after Course 3"]
    treated = pooled(told.before, "DM").filter(ACTARMCD="ALEM12")["USUBJID"].to_list()[:1500]
    features = with_stratum(features_of(told.before, treated)).filter(can_bear(narrative))
    assert features.height > 0
    for change in (
        {"has_itp": True},
        {"has_malignancy": True},
        {"has_nephropathy": True},
        {"is_dead": True},
        {"group_id": "4-courses"},
        {"courses_through_cutoff": 4},
    ):
        changed = features.with_columns(**{name: pl.lit(value) for name, value in change.items()})
        assert changed.filter(can_bear(narrative)).is_empty()
    soon = features.with_columns(
        efficacy_end_day=pl.col("course_day_3") + int(34.9 * DAYS_PER_MONTH)
    )
    assert soon.filter(can_bear(narrative)).is_empty()


def test_narratives_are_those_printed():
    assert set(PRINTED) == set(BY_NAME)
    printed = Printed()
    for name, values in PRINTED.items():
        narrative = BY_NAME[name]
        for printed_id, number, what in values:
            event = narrative.events[number]
            found = {
                "months": event.months,
                "grade": int(event.grade),
                "year": narrative.death[2] if narrative.death else None,
            }[what]
            assert found == printed.value(printed_id), (name, printed_id)


def test_names_and_courses_of_narratives_fit():
    assert len(BY_NAME) == len(NARRATIVES) == 15
    for narrative in NARRATIVES:
        assert all(1 <= event.course <= narrative.courses for event in narrative.events)
        minimum = {"3-courses": 3, "4-courses": 4, "5plus-courses": 5}[narrative.group_id]
        exact = narrative.group_id != "5plus-courses"
        assert narrative.courses == minimum if exact else narrative.courses >= minimum
