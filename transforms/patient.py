"""core.patient: who signed a consent in a core study, how treated, when entered, when died.

Does not belong here: which analysis sets a person is in (`transforms.population`).
"""

import polars as pl

from transforms.dates import complete_date, earliest_date, latest_date
from transforms.identity import with_person_id
from transforms.infusion import select_infusions
from transforms.person_rows import runs_of
from transforms.rules import Rules
from warehouse.contracts import CORE
from warehouse.contracts.coded import spelled


def derive_patient(
    dm: pl.LazyFrame, ex: pl.LazyFrame, sc: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """One row per person with a record in a core study (T-01, T-02, C-03).

    Of several core records of one person (screened again) the one treated with 12 mg
    alemtuzumab stands, else the latest consent. Arm codes are spelled in upper case, without
    blanks around. A partial consent stands at its earliest possible day. A partial death
    keeps its earliest and latest possible day, flagged; `transforms.follow_up` places it. What
    is dated after the cut-off has not happened.

    Args:
        dm: raw demographics, one row per person and study.
        ex: raw exposure.
        sc: raw subject characteristics (relapse counts before enrolment).
        rules: the cut.

    Returns:
        `core.patient`.
    """
    codes = rules.codes
    consents = (
        with_person_id(dm)
        .with_columns(
            consent_date=earliest_date(pl.col("rficdtc")),
            planned_arm_code=spelled(pl.col("armcd")),
            actual_arm_code=spelled(pl.col("actarmcd")),
        )
        .filter(pl.col("consent_date").is_null() | (pl.col("consent_date") <= rules.cutoff))
    )
    core = (
        consents.filter(pl.col("studyid").is_in(codes.core_studies))
        .join(_day0(ex, rules), on=["person_id", "studyid"], how="left")
        .with_columns(
            is_treated=pl.col("actual_arm_code").eq_missing(codes.treated_arm)
            & pl.col("day0_date").is_not_null()
        )
        .sort("person_id", "is_treated", "consent_date", "studyid", "source_row")
        .unique("person_id", keep="last", maintain_order=True)
        .join(_relapse_counts(sc, rules), on=["person_id", "studyid"], how="left")
    )
    persons = (
        core.join(_entry(consents, codes.extension_study, "extension"), on="person_id", how="left")
        .join(_entry(consents, codes.topaz_study, "topaz"), on="person_id", how="left")
        .join(_deaths(dm, rules), on="person_id", how="left")
        .with_columns(
            core_study_id="studyid",
            site_id="siteid",
            age_years="age",
            has_entered_extension=pl.col("extension_entry_date").is_not_null(),
            has_entered_topaz=pl.col("topaz_entry_date").is_not_null(),
        )
    )
    return CORE["patient"].conform(persons)


def _day0(ex: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Day 0 per person and core study: its first alemtuzumab infusion (T-02)."""
    return (
        with_person_id(select_infusions(ex, rules=rules))
        .filter(pl.col("studyid").is_in(rules.codes.core_studies))
        .select("person_id", "studyid", "infusion_date")
        # A person's infusions stand together: few rows are left to be hashed.
        .with_columns(run=runs_of("person_id", "studyid"))
        .group_by("run")
        .agg(pl.col("person_id", "studyid").first(), pl.col("infusion_date").min())
        .group_by("person_id", "studyid")
        .agg(day0_date=pl.col("infusion_date").min())
    )


def _entry(consents: pl.LazyFrame, study: str, name: str) -> pl.LazyFrame:
    """Entered a later study = a DM row with a consent in it (landing contract)."""
    return (
        consents.filter(pl.col("studyid") == study, pl.col("consent_date").is_not_null())
        .group_by("person_id")
        .agg(pl.col("consent_date").min().alias(f"{name}_entry_date"))
    )


def _deaths(dm: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Possible days of each death; of several records the most precise, then the earliest."""
    told = pl.col("dthdtc")
    earliest, latest = pl.col("death_date"), pl.col("death_latest_date")
    return (
        with_person_id(dm)
        .filter(pl.col("dthfl") == "Y")
        .select(
            "person_id",
            death_text=told,
            death_date=earliest_date(told),
            death_latest_date=latest_date(told),
            is_death_date_partial=complete_date(told).is_null(),
        )
        .filter(earliest.is_not_null())
        .sort("person_id", latest - earliest, earliest)
        .unique("person_id", keep="first", maintain_order=True)
        .filter(earliest <= rules.cutoff)
        .with_columns(death_latest_date=pl.min_horizontal(latest, pl.lit(rules.cutoff)))
    )


def _relapse_counts(sc: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Relapses before enrolment, per person and study; of several records the last SCSEQ."""
    counts = {
        "relapses_prior_1_year": rules.codes.relapses_prior_1_year_test,
        "relapses_prior_2_years": rules.codes.relapses_prior_2_years_test,
    }
    return (
        with_person_id(sc)
        .filter(pl.col("sctestcd").is_in(counts.values()), pl.col("scstresn").is_not_null())
        .sort("person_id", "studyid", "scseq")
        .group_by("person_id", "studyid")
        .agg(
            pl.col("scstresn").filter(pl.col("sctestcd") == test).last().alias(name)
            for name, test in counts.items()
        )
    )
