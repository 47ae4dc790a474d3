"""What holds in every simulated trial, whatever the seed."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_tables import DATED, all_studies

from simulation import Parameters, SimulatedTrial, simulate_trial

LAST_DAY = Parameters().last_date.isoformat()
EDSS_SCALE = {0.0, *(half / 2 for half in range(2, 21))}
sizes = st.integers(1, 60)
seeds = st.integers(0, 2**32)
few = settings(max_examples=12, deadline=None)


def day(column: str) -> pl.Expr:
    return pl.col(column).str.slice(0, 10)


@pytest.mark.parametrize("n", [1, 2, 7, 150, 811, 5000])
def test_treated_are_exactly_as_many_as_asked_for(n):
    light = ["QS", "NV", "AE", "CM", "SV"]
    trial = simulate_trial(n, seed=1, leave_out=light)
    core = all_studies(trial, "DM").filter(pl.col("STUDYID").is_in(list(trial.datasets)[:2]))
    infused = all_studies(trial, "EX").filter(
        pl.col("EXTRT") == "ALEMTUZUMAB", pl.col("EXDOSE") > 0
    )
    treated = core.filter(pl.col("ACTARMCD") == "ALEM12").join(infused, on="USUBJID", how="semi")
    assert treated.height == n


def test_arms_of_the_default_trial_are_those_of_the_real_ones():
    trial = simulate_trial(811, seed=1, leave_out=["QS", "NV", "AE", "CM", "SV"])
    core = all_studies(trial, "DM").filter(pl.col("ACTARMCD") != "OL")
    sizes = {
        key: size
        for *key, size in core.group_by("STUDYID", "ARMCD", "ACTARMCD").len().rows()
        for key in [tuple(key)]
    }
    assert sizes["CAMMS323", "ALEM12", "ALEM12"] == 376
    assert sizes["CAMMS32400507", "ALEM12", "ALEM12"] == 426
    assert sizes["CAMMS32400507", "ALEM24", "ALEM12"] == 9
    assert sizes["CAMMS32400507", "ALEM24", "ALEM24"] == 161
    assert sizes["CAMMS323", "IFNB1A", "IFNB1A"] == 187
    assert sizes["CAMMS32400507", "IFNB1A", "IFNB1A"] == 202
    assert {actual for _, _, actual in sizes} == {
        "ALEM12",
        "ALEM24",
        "IFNB1A",
        "SCRNFAIL",
        "NOTTRT",
    }


@few
@given(sizes, seeds)
def test_every_arm_is_there_and_no_person_twice(n, seed):
    trial = simulate_trial(n, seed, leave_out=["QS", "NV", "AE", "CM", "SV"])
    dm = all_studies(trial, "DM")
    assert dm.filter(pl.col("STUDYID") == "CAMMS323")["ACTARMCD"].n_unique() >= 3
    assert {"ALEM12", "ALEM24", "IFNB1A", "SCRNFAIL", "NOTTRT"} <= set(dm["ACTARMCD"])
    assert not dm.select("STUDYID", "USUBJID").is_duplicated().any()
    core = dm.filter(pl.col("ACTARMCD") != "OL")
    assert core["USUBJID"].is_unique().all()
    later = dm.filter(pl.col("ACTARMCD") == "OL")
    assert later.join(core, on="USUBJID", how="anti").is_empty()


@few
@given(sizes, seeds)
def test_nothing_after_death_or_the_last_day_or_before_consent(n, seed):
    check_dates(simulate_trial(n, seed))


def check_dates(trial: SimulatedTrial) -> None:
    dm = all_studies(trial, "DM")
    consent = dm.group_by("USUBJID").agg(consent=pl.col("RFICDTC").min())
    death = dm.filter(pl.col("DTHFL") == "Y").select("USUBJID", "DTHDTC")
    for dataset, columns in DATED.items():
        table = all_studies(trial, dataset)
        if dataset != "DM":
            table = table.join(death, on="USUBJID", how="left")
        table = table.join(consent, on="USUBJID")
        for column in columns:
            late = table.filter((day(column) > LAST_DAY) | (day(column) > pl.col("DTHDTC")))
            assert late.is_empty(), (dataset, column, late.head(3))
            if dataset not in ("CM", "DM"):
                # "2008" and "2008-03" begin before any day in them.
                whole = table.filter(pl.col(column).str.len_chars() >= 10)
                assert whole.filter(day(column) < pl.col("consent")).is_empty(), (dataset, column)
        if len(columns) > 1 and dataset != "DM":
            start, end = columns[:2]
            whole = table.filter(pl.min_horizontal(pl.col(start, end).str.len_chars()) >= 10)
            assert whole.filter(pl.col(end) < day(start)).is_empty(), dataset


def test_dates_hold_in_a_larger_trial(model_trial):
    trial = SimulatedTrial(
        {
            study: {**tables, "SE": tables["DS"].rename({"DSSTDTC": "SESTDTC"})}
            | {"SE": tables["DM"].select("USUBJID", SESTDTC="RFICDTC", SEENDTC="RFICDTC")}
            for study, tables in model_trial.datasets.items()
        },
        model_trial.truth,
        model_trial.parameters,
        model_trial.seed,
    )
    check_dates(trial)


@few
@given(sizes, seeds)
def test_visits_and_infusions_lie_within_their_study(n, seed):
    trial = simulate_trial(n, seed, leave_out=["AE", "CM", "KFSS"])
    for tables in trial.datasets.values():
        stay = tables["DM"].select("USUBJID", "RFICDTC", "RFENDTC")
        for dataset, column in (("SV", "SVSTDTC"), ("EX", "EXSTDTC"), ("QS", "QSDTC")):
            rows = tables[dataset].join(stay, on="USUBJID", how="left")
            inside = (day(column) >= pl.col("RFICDTC")) & (
                day(column) <= pl.col("RFENDTC").fill_null("9999")
            )
            assert rows.filter(~inside | inside.is_null()).is_empty(), dataset


@few
@given(sizes, seeds)
def test_edss_lies_on_its_scale_and_systems_fit_it(n, seed):
    qs = all_studies(simulate_trial(n, seed, leave_out=["NV", "AE", "CM"]), "QS")
    edss = qs.filter(pl.col("QSTESTCD") == "EDSS0101")
    assert set(edss["QSSTRESN"].drop_nulls()) <= EDSS_SCALE
    assert edss.filter((pl.col("QSSTAT") == "NOT DONE") != pl.col("QSSTRESN").is_null()).is_empty()
    text = edss["QSSTRESC"].cast(pl.Float64)
    assert text.equals(edss["QSSTRESN"])
    systems = qs.filter(pl.col("QSCAT") == "KFSS")
    visit = ["STUDYID", "USUBJID", "VISITNUM", "QSDTC"]
    worst = systems.group_by(visit).agg(pl.col("QSSTRESN").max().alias("worst"), pl.len())
    assert set(worst["len"]) <= {7}
    first = edss.unique(visit, keep="first", maintain_order=True)
    both = first.join(worst, on=visit)
    assert both.height == worst.height
    # Up to 3.5 the worst system is the whole part of the score; nobody is at 0 with a deficit.
    mild = both.filter(pl.col("QSSTRESN") <= 3.5)
    assert mild.filter(pl.col("worst") != pl.col("QSSTRESN").floor()).is_empty()


@few
@given(sizes, seeds)
def test_courses_follow_the_protocol(n, seed):
    trial = simulate_trial(n, seed, leave_out=["QS", "NV", "AE", "CM", "SV"])
    rules = trial.parameters.retreatment
    course = trial.truth["course"]
    numbers = course.group_by("usubjid", maintain_order=True).agg("number")
    assert all(list(k) == list(range(1, len(k) + 1)) for k in numbers["number"])
    interval = course.select(pl.col("day").diff().over("usubjid")).to_series().drop_nulls()
    assert (interval >= rules.min_interval_days - rules.early_days_max).all()
    assert course.filter(pl.col("number") <= 2)["reason"].null_count() == (
        course.filter(pl.col("number") <= 2).height
    )
    patient = trial.truth["patient"]
    barred = course.filter(pl.col("number") > 1).join(patient, on="usubjid")
    for kind in ("itp", "nephropathy"):
        assert barred.filter(pl.col("day") >= pl.col(f"{kind}_onset_day")).is_empty()
    infusions = all_studies(trial, "EX").filter(pl.col("EXTRT") == "ALEMTUZUMAB")
    per_course = infusions.group_by(
        "USUBJID", pl.col("VISIT").str.extract(r"COURSE (\d+)").cast(pl.Int32).alias("number")
    ).len()
    assert per_course.filter(pl.col("len") > pl.when(number=1).then(5).otherwise(3)).is_empty()
    assert per_course.height == course.height


def test_reasons_and_confirmations_are_as_the_truth_says(model_trial):
    course = model_trial.truth["course"].filter(pl.col("reason").is_not_null())
    reasons = all_studies(model_trial, "SUPPEX").filter(pl.col("QNAM") == "RETRSN")
    assert reasons["QVAL"].value_counts().sort("QVAL").rows() == (
        course["reason"].value_counts().sort("reason").rows()
    )
    flags = all_studies(model_trial, "SUPPCE")["QVAL"].value_counts().to_dict(as_series=False)
    confirmed = dict(zip(flags["QVAL"], flags["count"], strict=True))["Y"]
    relapse = model_trial.truth["relapse"]
    own = relapse.filter(pl.col("kind").is_in(["confirmed", "echo", "screening"])).height
    assert confirmed == own


def test_leaving_out_datasets_changes_no_other():
    whole = simulate_trial(30, seed=9)
    part = simulate_trial(30, seed=9, leave_out=["KFSS", "NV", "CM", "SV", "SUPPEX"])
    for study, tables in part.datasets.items():
        assert set(tables) == set(whole.datasets[study]) - {"NV", "CM", "SV", "SUPPEX"}
        for name, table in tables.items():
            full = whole.datasets[study][name]
            if name == "QS":
                full = full.filter(pl.col("QSCAT") == "EDSS").drop("QSSEQ")
                table = table.drop("QSSEQ")
            assert table.equals(full), name
    for name, table in part.truth.items():
        assert table.equals(whole.truth[name])


def test_unknown_names_and_sizes_are_refused():
    with pytest.raises(ValueError, match="unknown datasets \\['XX'\\]"):
        simulate_trial(5, seed=1, leave_out=["XX"])
    with pytest.raises(ValueError, match="at least 1, got 0"):
        simulate_trial(0, seed=1)


def test_everybody_on_study_has_eight_years_of_potential_follow_up(model_trial):
    day0 = model_trial.truth["patient"]["day0"]
    assert day0.max() < date(2009, 10, 4)
    assert day0.min() < date(2007, 11, 1)


def test_state_is_told_from_the_first_course_on(model_trial):
    """Only interferon patients begin under interferon, and each course starts a new state."""
    state, patient = model_trial.truth["state"], model_trial.truth["patient"]
    first = state.group_by("usubjid", maintain_order=True).first().join(patient, on="usubjid")
    begins_under_interferon = first["state"] == "interferon"
    assert begins_under_interferon.equals(first["actual_arm"] == "IFNB1A")
    course = model_trial.truth["course"]
    begun = course.join(state, on=["usubjid", "day"], how="left")
    assert begun["state"].null_count() == 0
    failed = (begun.filter(pl.col("number") > 1)["state"] == "failed response").mean()
    assert failed == pytest.approx(model_trial.parameters.disease.failure_later, abs=0.02)
