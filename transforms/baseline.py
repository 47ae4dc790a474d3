"""core.baseline: what each treated person was like at core baseline, day 0 (E-15).

Does not belong here: means and shares of groups (`models.baseline`); the EDSS from which
changes are measured (`transforms.edss_at_visit`), which takes scheduled visits only.
"""

import polars as pl

from transforms.dates import earliest_date, elapsed_days, latest_date, middle_date, middle_rule
from transforms.identity import with_person_id
from transforms.rules import DAYS_PER_YEAR, Codes, Rules
from warehouse.contracts import CORE
from warehouse.contracts.coded import spelled

#: A product, not a quotient: Polars divides by a constant otherwise in one row than in several.
YEARS_PER_DAY = 1 / DAYS_PER_YEAR

_PERSON_STUDY = ["person_id", "study_id"]


def derive_baseline(
    patient: pl.LazyFrame,
    edss: pl.LazyFrame,
    mri_scan: pl.LazyFrame,
    mh: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per treated person (E-15).

    EDSS, Gd-enhancing lesions and brain parenchymal fraction are each the last value on or
    before day 0 in the core study, at a scheduled visit or not. The initial relapse is the
    earliest of those told; a partial date stands at its middle day, flagged. One that
    falls after day 0 cannot be the initial relapse: its time since is missing, and the flag
    stays.

    Args:
        patient: `core.patient`.
        edss: `core.edss`.
        mri_scan: `core.mri_scan`.
        mh: raw medical history.
        rules: the codes.

    Returns:
        `core.baseline`.
    """
    relapse_day = elapsed_days(pl.col("initial_relapse_date"), pl.col("day0_date"))
    persons = (
        patient.filter("is_treated")
        .select(
            "person_id",
            "day0_date",
            "age_years",
            "relapses_prior_1_year",
            "relapses_prior_2_years",
            study_id="core_study_id",
            is_female=pl.col("sex") == rules.codes.female,
        )
        .join(
            _last_before_day0(edss, "assessment_day", "edss_points"), on=_PERSON_STUDY, how="left"
        )
        .join(
            _last_before_day0(mri_scan, "scan_day", "gd_lesions", "bpf"),
            on=_PERSON_STUDY,
            how="left",
        )
        .join(_initial_relapses(mh, rules.codes), on="person_id", how="left")
        .with_columns(
            years_since_initial_relapse=pl.when(relapse_day <= 0).then(
                -relapse_day * YEARS_PER_DAY
            ),
            is_initial_relapse_imputed=pl.col("is_initial_relapse_imputed").fill_null(False),
            has_gd_lesions=pl.col("gd_lesions") > 0,
        )
    )
    return CORE["baseline"].conform(persons)


def _last_before_day0(records: pl.LazyFrame, day: str, *values: str) -> pl.LazyFrame:
    """Last value of each kind on or before day 0, per person and study; each on its own."""
    return (
        records.filter(pl.col(day) <= 0)
        .group_by(_PERSON_STUDY)
        .agg(pl.col(value).sort_by(day).drop_nulls().last() for value in values)
    )


def _initial_relapses(mh: pl.LazyFrame, codes: Codes) -> pl.LazyFrame:
    """Day of the initial relapse per person: the earliest; of equal ones, one told to the day."""
    told = pl.col("mhstdtc")
    return (
        with_person_id(mh)
        .filter(
            pl.col("mhcat") == codes.history_category,
            spelled(pl.col("mhterm")) == codes.initial_relapse,
        )
        .select(
            "person_id",
            initial_relapse_text=told,
            initial_relapse_date=middle_date(told),
            initial_relapse_earliest_date=earliest_date(told),
            initial_relapse_latest_date=latest_date(told),
            initial_relapse_imputation=middle_rule(told),
        )
        .with_columns(is_initial_relapse_imputed=pl.col("initial_relapse_imputation").is_not_null())
        .filter(pl.col("initial_relapse_date").is_not_null())
        .group_by("person_id")
        .agg(
            pl.all()
            .sort_by(
                "initial_relapse_date", "is_initial_relapse_imputed", "initial_relapse_latest_date"
            )
            .first()
        )
    )
