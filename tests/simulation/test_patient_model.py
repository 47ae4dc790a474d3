"""The model of the patients gives roughly the numbers of the paper (docs/simulation.md)."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_tables import all_studies

from simulation import SimulatedTrial
from simulation.cohort import round_to_edss
from simulation.events import scatter
from simulation.sdtm import date_text, datetime_text

HORIZON = 8 * 365.25
TREATED = pl.col("actual_arm") == "ALEM12"


def core_patients(trial: SimulatedTrial) -> pl.DataFrame:
    return trial.truth["patient"].filter(TREATED)


def entrants(trial: SimulatedTrial) -> pl.DataFrame:
    return core_patients(trial).filter(pl.col("extension_start_day").is_not_null())


@pytest.fixture(scope="module")
def totals(model_trial) -> pl.DataFrame:
    """Courses through the horizon of each extension entrant."""
    courses = model_trial.truth["course"].filter(pl.col("day") < HORIZON)
    counted = courses.group_by("usubjid").agg(courses=pl.len())
    return entrants(model_trial).join(counted, on="usubjid")


def test_share_that_enters_the_extension(model_trial):
    share = entrants(model_trial).height / core_patients(model_trial).height
    assert share == pytest.approx(742 / 811, abs=0.015)


@pytest.mark.parametrize(("courses", "printed"), [((1, 2), 396), ((3, 3), 201), ((4, 4), 94)])
def test_total_courses(totals, courses, printed):
    share = totals.filter(pl.col("courses").is_between(*courses)).height / totals.height
    assert share == pytest.approx(printed / 742, abs=0.04)


def test_relapse_rate_falls_after_course_3(model_trial, totals):
    courses = model_trial.truth["course"]
    third = courses.filter(pl.col("number") == 3, pl.col("day") < HORIZON - 365)
    third = third.join(totals.filter(pl.col("courses") == 3), on="usubjid")
    relapses = model_trial.truth["relapse"].filter(pl.col("kind") == "confirmed")
    lag = third.join(relapses, on="usubjid").select(lag=pl.col("day_right") - pl.col("day"))["lag"]
    after = (third["exit_day"] - third["day"] + 1).clip(0, 365).sum()
    rate_before = lag.is_between(-365, -1).sum() / third.height
    rate_after = lag.is_between(0, 364).sum() / after * 365
    assert 0.6 < rate_before < 1.0
    assert 0.03 < rate_after < 0.15


def test_deaths_and_other_therapies(model_trial):
    patients = core_patients(model_trial)
    deaths = patients.filter(pl.col("death_day") < HORIZON).height
    assert deaths / patients.height == pytest.approx(16 / 811, abs=0.008)
    dmt = model_trial.truth["other_dmt"].filter(pl.col("start_day") < HORIZON)
    switched = entrants(model_trial).join(dmt, on="usubjid", how="semi").height
    assert switched / entrants(model_trial).height == pytest.approx(0.09, abs=0.02)


@pytest.mark.parametrize(
    ("events", "printed"),
    [
        (pl.col("AEBODSYS") == "Infections and infestations", 0.851),
        (pl.col("AEBODSYS") == "Endocrine disorders", 0.43),
        (pl.col("AESER") == "Y", 0.402),
        (pl.col("AEDECOD").str.contains("hrombocytopeni"), 0.025),
    ],
)
def test_adverse_events(model_trial, events, printed):
    patients = core_patients(model_trial)
    affected = all_studies(model_trial, "AE").filter(events)["USUBJID"].unique()
    share = patients.filter(pl.col("usubjid").is_in(affected.implode())).height / patients.height
    assert share == pytest.approx(printed, abs=0.01 + 0.08 * printed)


def test_reactions_fall_within_24_hours_of_an_infusion(trial):
    """E-13: every timed event is a reaction, and most patients have one."""
    infusions = all_studies(trial, "EX").filter(
        pl.col("EXTRT") == "ALEMTUZUMAB", pl.col("EXDOSE") > 0
    )
    infusions = infusions.select(
        "USUBJID",
        start=pl.col("EXSTDTC").str.to_datetime("%Y-%m-%dT%H:%M"),
        stop=pl.col("EXENDTC").str.to_datetime("%Y-%m-%dT%H:%M") + pl.duration(hours=24),
    )
    timed = all_studies(trial, "AE").filter(pl.col("AESTDTC").str.len_chars() == 16)
    timed = timed.select(
        "STUDYID", "USUBJID", "AESEQ", at=pl.col("AESTDTC").str.to_datetime("%Y-%m-%dT%H:%M")
    )
    hit = timed.join(infusions, on="USUBJID").filter(
        pl.col("at").is_between(pl.col("start"), pl.col("stop"))
    )
    keys = ["STUDYID", "USUBJID", "AESEQ"]
    assert timed.join(hit, on=keys, how="anti").is_empty()
    assert hit["USUBJID"].n_unique() / infusions["USUBJID"].n_unique() > 0.8


def test_baseline_is_table_1(model_trial):
    qs = all_studies(model_trial, "QS").filter(pl.col("QSBLFL") == "Y")
    edss = qs.join(core_patients(model_trial), left_on="USUBJID", right_on="usubjid")["QSSTRESN"]
    assert edss.mean() == pytest.approx(2.4, abs=0.1)
    assert edss.std() == pytest.approx(1.1, abs=0.1)
    dm = all_studies(model_trial, "DM").filter(pl.col("ACTARMCD") == "ALEM12")
    assert dm["AGE"].mean() == pytest.approx(34.0, abs=0.6)
    assert (dm["SEX"] == "F").mean() == pytest.approx(0.654, abs=0.03)
    nv = all_studies(model_trial, "NV").filter(
        pl.col("NVBLFL") == "Y", pl.col("NVTESTCD") == "GDLESCNT"
    )
    assert (nv["NVSTRESN"] > 0).mean() == pytest.approx(0.44, abs=0.04)


def test_same_event_in_two_studies_has_the_same_term_and_start(model_trial):
    ae = all_studies(model_trial, "AE")
    person_event = ["USUBJID", "AEDECOD", "AESTDTC"]
    studies = ae.group_by(person_event).agg(pl.col("STUDYID").n_unique().alias("studies"))
    assert studies.filter(pl.col("studies") > 1).height > 50


@given(st.floats(0, 10))
def test_scores_are_the_nearest_on_the_scale(level):
    score = float(round_to_edss(np.array([level]))[0])
    assert score in {0.0, *(half / 2 for half in range(2, 20))}
    assert abs(score - level) <= 0.5


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(0, 400))
def test_scattered_events_stay_within_their_days(seed, length):
    first = np.arange(50, dtype=np.int32)
    person, day = scatter(np.full(50, 3.0), first, first + length, np.random.default_rng(seed))
    assert (np.diff(person) >= 0).all()
    assert ((day >= first[person]) & (day <= first[person] + length)).all()


def test_scattered_events_come_at_their_rate():
    n = 4000
    first = np.zeros(n, dtype=np.int32)
    person, _ = scatter(np.full(n, 2.0), first, first + 364, np.random.default_rng(1))
    assert len(person) / n == pytest.approx(2.0, abs=0.1)


def test_texts_of_days():
    assert date_text([0, 14_252, 10_000_000]).to_list() == ["1970-01-01", "2009-01-08", None]
    assert datetime_text([0, 0], [65, 1500]).to_list() == ["1970-01-01T01:05", "1970-01-02T01:00"]
