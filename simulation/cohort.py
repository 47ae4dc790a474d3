"""Who: arms, calendar, demographics, baseline. One array entry per person who consented.

Persons are ordered by USUBJID, so that an index stands for a person everywhere and sorting
by it is sorting by USUBJID.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from simulation.codes import (
    COUNTRIES,
    COUNTRY_SHARES,
    NOTTRT,
    OTHER_ARMS,
    RACE_SHARES,
    RACES,
    SCRNFAIL,
    SITES,
    STUDIES,
    TREATED_ARMS,
    TREATED_SIZE,
    Arm,
)
from simulation.parameters import Enrolment, Parameters

IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

EPOCH = date(1970, 1, 1)


def epoch_day(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Cohort:
    """Persons at day 0; every array has one entry per person.

    Attributes:
        day0: first treatment of the core study (planned one if never treated), epoch days.
        consent_day: informed consent, days since day 0 (negative).
        last_day: last simulated day, days since day 0.
        frailty: gamma frailty of the disease, mean 1.
        edss: score at day 0. gd: Gd-enhancing lesions. bpf: brain parenchymal fraction.
        onset_years: years since the initial relapse.
    """

    usubjid: pl.Series
    study: IntArray
    planned: IntArray
    actual: IntArray
    site: IntArray
    subject: pl.Series
    country: IntArray
    female: BoolArray
    age: IntArray
    race: IntArray
    day0: IntArray
    consent_day: IntArray
    last_day: IntArray
    frailty: FloatArray
    edss: FloatArray
    gd: IntArray
    bpf: FloatArray
    onset_years: FloatArray
    relapses_1: IntArray
    relapses_2: IntArray

    def __len__(self) -> int:
        return len(self.study)

    @property
    def is_treated(self) -> BoolArray:
        """Got any study treatment, of whatever arm."""
        return (self.actual != SCRNFAIL) & (self.actual != NOTTRT)


def arm_sizes(n_patients: int) -> list[tuple[Arm, int]]:
    """Size of each arm for `n_patients` treated with 12 mg, in the real trials' proportions.

    The treated arms sum to `n_patients` exactly; the other arms have at least one person.
    """
    scale = n_patients / TREATED_SIZE
    treated = [(arm, round(arm.size * scale)) for arm in TREATED_ARMS[:-1]]
    rest = n_patients - sum(size for _, size in treated)
    others = [(arm, max(1, round(arm.size * scale))) for arm in OTHER_ARMS]
    return [*treated, (TREATED_ARMS[-1], rest), *others]


def round_to_edss(level: FloatArray) -> FloatArray:
    """Nearest score of the scale 0, 1, 1.5 ... 10 (0.5 does not exist)."""
    score = np.clip(np.round(level * 2) / 2, 0.0, 9.5)
    return np.where(score == 0.5, np.where(level < 0.5, 0.0, 1.0), score)


def _by_study(
    pairs: tuple[tuple[float, float], tuple[float, float]], study: IntArray
) -> FloatArray:
    return np.asarray(pairs)[study]


def _baseline(
    study: IntArray, enrolment: Enrolment, rng: np.random.Generator
) -> dict[str, npt.NDArray]:
    n = len(study)
    low, high = enrolment.age_range
    edss_mean, edss_sd = _by_study(enrolment.edss_mean_sd, study).T
    edss = round_to_edss(np.maximum(rng.normal(edss_mean, edss_sd), 0.0))
    onset_mean, onset_sd = _by_study(enrolment.onset_years_mean_sd, study).T
    shape = (onset_mean / onset_sd) ** 2
    onset = np.clip(
        rng.gamma(shape, onset_mean / shape), 0.15, np.asarray(enrolment.onset_years_max)[study]
    )
    gd_mean, gd_size = enrolment.gd_mean_size
    prior = np.asarray(enrolment.relapses_prior_1_year)
    relapses_1 = rng.choice(len(prior), n, p=prior / prior.sum())
    # Inclusion in both studies needed two relapses in the two years before enrolment.
    relapses_2 = np.maximum(2, relapses_1 + rng.poisson(enrolment.relapses_extra_year_mean, n))
    return {
        "female": rng.random(n) < enrolment.female,
        "age": np.clip(rng.normal(*enrolment.age_mean_sd, n), low, high).astype(np.int32),
        "race": rng.choice(len(RACES), n, p=RACE_SHARES).astype(np.int32),
        "edss": np.minimum(edss, np.asarray(enrolment.edss_max)[study]),
        "gd": rng.negative_binomial(gd_size, gd_size / (gd_size + gd_mean), n).astype(np.int32),
        "bpf": rng.normal(*enrolment.bpf_mean_sd, n),
        "onset_years": onset,
        "relapses_1": relapses_1.astype(np.int32),
        "relapses_2": relapses_2.astype(np.int32),
    }


def draw_cohort(
    n_patients: int,
    parameters: Parameters,
    rng: np.random.Generator,
    *,
    first_subject: int = 1,
    subject_width: int | None = None,
) -> Cohort:
    """Draw all persons that come with `n_patients` treated with 12 mg.

    Args:
        n_patients: how many are treated with alemtuzumab 12 mg in the core studies.
        parameters: the model.
        rng: random stream of the cohort.
        first_subject: first subject number; batches of one population must not share any.
        subject_width: digits of the subject number; default four, more if there are too many.
    """
    enrolment = parameters.enrolment
    cells = arm_sizes(n_patients)
    arm = np.repeat(np.arange(len(cells)), [size for _, size in cells])
    study = np.array([cell.study for cell, _ in cells], dtype=np.int32)[arm]
    n = len(arm)

    width = subject_width or max(4, len(str(first_subject + n - 1)))
    site = (rng.random(n) * np.asarray(SITES)[study]).astype(np.int32) + 1
    subject = rng.permutation(n) + first_subject
    order = np.lexsort((subject, site, study))
    arm, study, site, subject = arm[order], study[order], site[order], subject[order]

    windows = np.array([[epoch_day(d) for d in window] for window in enrolment.first_day0])[study]
    day0 = (windows[:, 0] + rng.random(n) * (windows[:, 1] - windows[:, 0] + 1)).astype(np.int32)
    shortest, longest = enrolment.screening_days
    shape = parameters.disease.frailty_shape
    # A site lies in one country: sites are dealt out to countries in blocks.
    blocks = np.cumsum(COUNTRY_SHARES)
    country = np.searchsorted(blocks, (site - 0.5) / np.asarray(SITES)[study])

    text = pl.DataFrame({"study": study, "site": site, "subject": subject}).select(
        study=pl.lit(pl.Series(STUDIES)).gather(pl.col("study")),
        site=pl.col("site").cast(pl.String).str.zfill(3),
        subject=pl.col("subject").cast(pl.String).str.zfill(width),
    )
    return Cohort(
        usubjid=text.select(pl.concat_str(pl.all(), separator="-")).to_series().alias("USUBJID"),
        study=study,
        planned=np.array([cell.planned for cell, _ in cells], dtype=np.int32)[arm],
        actual=np.array([cell.actual for cell, _ in cells], dtype=np.int32)[arm],
        site=site,
        subject=text["subject"],
        country=np.minimum(country, len(COUNTRIES) - 1).astype(np.int32),
        day0=day0,
        consent_day=-rng.integers(shortest, longest + 1, n, dtype=np.int32),
        last_day=(epoch_day(parameters.last_date) - day0).astype(np.int32),
        frailty=rng.gamma(shape, 1 / shape, n),
        **_baseline(study, enrolment, rng),
    )
