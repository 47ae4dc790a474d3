"""CM: prior and later disease-modifying therapies, and medicines that are none."""

import numpy as np
import polars as pl

from simulation import codes
from simulation.codes import SCRNFAIL
from simulation.cohort import BoolArray, Cohort, FloatArray, IntArray
from simulation.events import scatter
from simulation.exposure import study_code
from simulation.follow_up import FollowUp
from simulation.history import History
from simulation.parameters import NEVER, Parameters
from simulation.sdtm import assemble, coded, date_text, known, partial

_COLUMNS = (
    "person",
    "day",
    "CMTRT",
    "CMCAT",
    "CMSTDTC",
    "CMENDTC",
    "CMENRTPT",
    "CMENTPT",
)


def medication_datasets(
    cohort: Cohort,
    follow_up: FollowUp,
    history: History,
    parameters: Parameters,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    """CM by study; a medicine stands in the study in which it was started."""
    share = parameters.medication.partial_start
    routine = scatter(
        np.where(cohort.is_treated, parameters.medication.routine_rate, 0.0),
        cohort.consent_day - 1000,
        follow_up.exit_day,
        rng,
    )
    chosen = rng.integers(0, len(codes.ROUTINE_MEDICATIONS), len(routine[0]))
    names = [name for name, _ in codes.ROUTINE_MEDICATIONS]
    categories = [category for _, category in codes.ROUTINE_MEDICATIONS]
    dmt = rng.choice(len(codes.LATER_DMTS), len(history.dmt_person), p=codes.LATER_DMT_SHARES)
    steroid = rng.random(len(history.relapse_day)) < 0.7
    parts = [
        _prior_therapies(cohort, parameters, rng),
        _taken(
            cohort,
            follow_up,
            history.dmt_person,
            history.dmt_start,
            history.dmt_end,
            coded(codes.LATER_DMTS, dmt),
            codes.DMT_CATEGORY,
            share / 3,
            rng,
        ),
        _taken(
            cohort,
            follow_up,
            history.relapse_person[steroid],
            history.relapse_day[steroid] + 3,
            history.relapse_day[steroid] + 7,
            "METHYLPREDNISOLONE",
            "RELAPSE TREATMENT",
            share,
            rng,
        ),
        *(
            _taken(
                cohort,
                follow_up,
                history.course_person,
                history.course_day,
                history.course_day + length,
                name,
                category,
                share * 0.6,
                rng,
            )
            for name, category, length in (
                ("METHYLPREDNISOLONE", "PREMEDICATION", 2),
                ("ACICLOVIR", "INFECTION PROPHYLAXIS", 28),
            )
        ),
        _taken(
            cohort,
            follow_up,
            *routine,
            routine[1] + rng.exponential(200, len(chosen)).astype(np.int32),
            coded(names, chosen),
            coded(categories, chosen),
            min(1.0, share * 1.5),
            rng,
        ),
    ]
    rows = pl.concat(parts)
    person = rows["person"].to_numpy()
    phase = np.maximum(follow_up.phase_of(person, rows["day"].to_numpy()), 0)
    rows = rows.with_columns(
        study=pl.Series(study_code(cohort, person, phase)), CMDECOD=pl.col("CMTRT")
    )
    return assemble("CM", rows, cohort, ["day", "CMTRT"])


def _taken(
    cohort: Cohort,
    follow_up: FollowUp,
    person: IntArray,
    start: IntArray,
    stop: IntArray,
    name: str | pl.Series,
    category: str | pl.Series,
    partial_share: float,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Medicines taken from `start` to `stop`; ongoing where that lies after the last contact."""
    n = len(person)
    exit_day = follow_up.exit_day[person]
    phase = np.maximum(follow_up.phase_of(person, start), 0)
    is_ongoing = stop > exit_day
    point = np.where(is_ongoing, follow_up.end[person, phase], NEVER)
    is_alive = follow_up.death[person] >= NEVER
    u = rng.random(n)
    # Cut start and end alike, so that no end seems to lie before its start.
    characters = np.where(u < partial_share * 0.25, 4, np.where(u < partial_share, 7, 10))
    length = pl.Series(np.where(is_alive, characters, 10))

    def text(days: IntArray) -> pl.Series:
        whole = date_text(known(days, person, cohort))
        return pl.select(whole.str.slice(0, length)).to_series() if n else whole

    frame = pl.DataFrame(
        {
            "person": person,
            "day": start.astype(np.int32),
            "CMSTDTC": text(start),
            "CMENDTC": text(np.where(is_ongoing, NEVER, stop)),
            "CMENRTPT": coded((None, "ONGOING"), is_ongoing),
            "CMENTPT": date_text(known(point, person, cohort)),
        }
    ).with_columns(
        CMTRT=pl.lit(name) if isinstance(name, str) else name,
        CMCAT=pl.lit(category) if isinstance(category, str) else category,
    )
    return frame.filter(pl.Series(start <= exit_day)).select(_COLUMNS)


def _prior_therapies(
    cohort: Cohort, parameters: Parameters, rng: np.random.Generator
) -> pl.DataFrame:
    """Therapies of all CARE-MS II patients that ended before day 0; CARE-MS I had none.

    Partial dates still lie before day 0 by every reading, but for a few (S-03).
    """
    medication = parameters.medication
    who = np.flatnonzero((cohort.study == 1) & (cohort.actual != SCRNFAIL)).astype(np.int32)
    person = np.repeat(who, 1 + rng.poisson(medication.prior_dmt_mean, len(who)))
    n = len(person)
    stop = cohort.consent_day[person] - rng.integers(0, 400, n)
    start = stop - 90 - rng.exponential(700, n).astype(np.int32)
    is_uncertain = rng.random(n) < medication.uncertain_prior
    share = medication.partial_start
    dated = _cut_before_day0(start, person, cohort, share, np.zeros(n, dtype=np.bool_), rng)
    ended = _cut_before_day0(stop, person, cohort, share, is_uncertain, rng)
    u = rng.random(n)
    is_before = u < 0.08
    consent = date_text(known(cohort.consent_day[person], person, cohort))
    ended = pl.select(pl.when(pl.Series(u >= 0.12)).then(ended)).to_series()
    point = pl.select(pl.when(pl.Series(is_before)).then(consent)).to_series()
    chosen = rng.choice(len(codes.PRIOR_DMTS), n, p=codes.PRIOR_DMT_SHARES)
    return (
        pl.DataFrame(
            {
                "person": person,
                "day": start.astype(np.int32),
                "CMTRT": coded(codes.PRIOR_DMTS, chosen),
                "CMSTDTC": dated,
                "CMENDTC": ended,
                "CMENRTPT": coded((None, "BEFORE"), is_before),
                "CMENTPT": point,
            }
        )
        .with_columns(CMCAT=pl.lit(codes.DMT_CATEGORY))
        .select(_COLUMNS)
    )


def _cut_before_day0(
    day: IntArray,
    person: IntArray,
    cohort: Cohort,
    share: float,
    is_uncertain: BoolArray,
    rng: np.random.Generator,
) -> pl.Series:
    """Dates, partly cut to month or year where day 0 lies in a later month or year."""
    text = date_text(known(day, person, cohort))
    limit = date_text(cohort.day0[person])
    earlier_year = (text.str.slice(0, 4) < limit.str.slice(0, 4)).to_numpy()
    earlier_month = (text.str.slice(0, 7) < limit.str.slice(0, 7)).to_numpy()
    to_year: FloatArray = np.where(earlier_year, share * 0.4, np.where(is_uncertain, 1.0, 0.0))
    to_month = np.where(earlier_month, np.where(earlier_year, share * 0.6, share), 0.0)
    return partial(text, rng, to_month=to_month, to_year=to_year)
