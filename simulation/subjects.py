"""DM, SC, MH, DS and SE: who the persons are, their history, and the phases they went through."""

import numpy as np
import polars as pl

from simulation.codes import (
    ARM_NAMES,
    ARMS,
    COUNTRIES,
    DISPOSITIONS,
    EPOCHS,
    IFNB1A,
    MEDICAL_HISTORY,
    RACES,
    SCRNFAIL,
)
from simulation.cohort import BoolArray, Cohort, IntArray
from simulation.exposure import study_code
from simulation.follow_up import CORE_PHASE, RUNNING, FollowUp
from simulation.parameters import DAYS_PER_YEAR, NEVER
from simulation.sdtm import assemble, coded, date_text, known, partial


def _entries(cohort: Cohort, follow_up: FollowUp) -> tuple[IntArray, IntArray, pl.DataFrame]:
    """Person and phase of every entry, with the columns `person`, `study`."""
    person, phase = (a.astype(np.int32) for a in np.nonzero(follow_up.entered))
    study = study_code(cohort, person, phase)
    return person, phase, pl.DataFrame({"person": person, "study": study})


def demographics(cohort: Cohort, follow_up: FollowUp) -> dict[str, pl.DataFrame]:
    """DM by study: one row per person and study entered."""
    person, phase, rows = _entries(cohort, follow_up)
    is_core = phase == CORE_PHASE
    start, end = follow_up.start[person, phase], follow_up.end[person, phase]
    is_treated = cohort.is_treated[person]
    death = follow_up.death[person]
    # A death after the last study is filed with the last study; earlier ones never see it.
    is_last = end == follow_up.exit_day[person]
    died = (death < NEVER) & is_last

    def day(days: IntArray) -> pl.Series:
        return date_text(known(days, person, cohort))

    reference = np.where(is_core, np.where(is_treated, 0, NEVER), start)
    age = cohort.age[person] + np.where(is_core, 0, start // DAYS_PER_YEAR)
    rows = rows.with_columns(
        SUBJID=cohort.subject.gather(pl.Series(person.astype(np.uint32))),
        SITEID=pl.Series(cohort.site[person]).cast(pl.String).str.zfill(3),
        RFICDTC=day(start),
        RFSTDTC=day(reference),
        RFENDTC=day(np.where(reference < NEVER, end, NEVER)),
        DTHFL=coded((None, "Y"), died),
        DTHDTC=day(np.where(died, death, NEVER)),
        AGE=pl.Series(age.astype(np.float64)),
        AGEU=pl.lit("YEARS"),
        SEX=coded(("M", "F"), cohort.female[person]),
        RACE=coded(RACES, cohort.race[person]),
        COUNTRY=coded(COUNTRIES, cohort.country[person]),
        **_arms(cohort, person, is_core),
    )
    return assemble("DM", rows, cohort, [])


def _arms(cohort: Cohort, person: IntArray, is_core: BoolArray) -> dict[str, pl.Series]:
    codes, names = (*ARMS, "OL"), (*ARM_NAMES, "Open Label")
    columns = {}
    for prefix, arm in (("", cohort.planned), ("ACT", cohort.actual)):
        index = np.where(is_core, arm[person], len(ARMS))
        columns[f"{prefix}ARMCD"] = coded(codes, index)
        columns[f"{prefix}ARM"] = coded(names, index)
    return columns


def characteristics(cohort: Cohort) -> dict[str, pl.DataFrame]:
    """SC: relapses in the 12 and 24 months before enrolment, of randomised persons."""
    person = np.flatnonzero(cohort.actual != SCRNFAIL)
    parts = [
        pl.DataFrame(
            {
                "person": person,
                "study": cohort.study[person],
                "value": counts[person].astype(np.float64),
                "SCDTC": date_text(known(cohort.consent_day[person], person, cohort)),
            }
        ).with_columns(SCTESTCD=pl.lit(code), SCTEST=pl.lit(name))
        for code, name, counts in (
            ("RELPY1", "Number of Relapses in Prior 1 Year", cohort.relapses_1),
            ("RELPY2", "Number of Relapses in Prior 2 Years", cohort.relapses_2),
        )
    ]
    text = pl.col("value").cast(pl.Int32).cast(pl.String)
    rows = pl.concat(parts).with_columns(SCORRES=text, SCSTRESC=text, SCSTRESN=pl.col("value"))
    return assemble("SC", rows, cohort, ["SCTESTCD"])


def medical_history(
    cohort: Cohort, partial_share: float, rng: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """MH: the initial relapse, whose date is often partial, and other history."""
    person = np.flatnonzero(cohort.actual != SCRNFAIL).astype(np.int32)
    onset = cohort.day0[person] - np.round(cohort.onset_years[person] * DAYS_PER_YEAR)
    # Cut to the year only where the middle of that year lies well before enrolment.
    is_long_ago = cohort.onset_years[person] > 1.5
    date = partial(
        date_text(onset),
        rng,
        to_month=partial_share * 0.7,
        to_year=np.where(is_long_ago, partial_share * 0.3, 0.0),
    )
    initial = pl.DataFrame({"person": person, "MHSTDTC": date}).with_columns(
        MHTERM=pl.lit("INITIAL RELAPSE"),
        MHDECOD=pl.lit("Multiple sclerosis relapse"),
        MHCAT=pl.lit("MS HISTORY"),
        rank=pl.lit(0),
    )
    other = person[rng.random(len(person)) < 0.5]
    term = rng.integers(0, len(MEDICAL_HISTORY), len(other))
    years = rng.exponential(6.0, len(other)) + 0.3
    date = date_text(cohort.day0[other] - np.round(years * DAYS_PER_YEAR))
    date = partial(date, rng, to_month=0.2, to_year=0.5)
    date = pl.select(pl.when(pl.Series(rng.random(len(other)) >= 0.15)).then(date)).to_series()
    name = coded(MEDICAL_HISTORY, term)
    general = pl.DataFrame({"person": other, "MHSTDTC": date, "MHTERM": name}).with_columns(
        MHDECOD=name.str.to_titlecase(), MHCAT=pl.lit("GENERAL"), rank=pl.lit(1)
    )
    rows = pl.concat([initial, general.select(initial.columns)])
    rows = rows.with_columns(study=pl.Series(cohort.study[rows["person"].to_numpy()]))
    return assemble("MH", rows, cohort, ["rank", "MHTERM"])


def disposition(
    cohort: Cohort, follow_up: FollowUp, rng: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """DS: consent, and how participation and treatment ended."""
    person, phase, rows = _entries(cohort, follow_up)
    start, end = follow_up.start[person, phase], follow_up.end[person, phase]
    outcome = follow_up.outcome[person, phase]
    rows = rows.with_columns(EPOCH=coded(EPOCHS, phase))
    consent = rows.with_columns(
        day=pl.Series(start),
        DSTERM=pl.lit("INFORMED CONSENT OBTAINED"),
        DSDECOD=pl.lit("INFORMED CONSENT OBTAINED"),
        DSCAT=pl.lit("PROTOCOL MILESTONE"),
        DSSCAT=pl.lit(None, dtype=pl.String),
        rank=pl.lit(0),
    )
    is_ended = outcome != RUNNING
    decision = coded(DISPOSITIONS, np.where(is_ended, outcome, 0))
    is_screen_failure = (cohort.actual == SCRNFAIL)[person]
    decision = pl.select(
        pl.when(pl.Series(is_screen_failure)).then(pl.lit("SCREEN FAILURE")).otherwise(decision)
    ).to_series()
    ended = rows.with_columns(
        day=pl.Series(end),
        DSTERM=decision,
        DSDECOD=decision,
        DSCAT=pl.lit("DISPOSITION EVENT"),
        DSSCAT=pl.lit("STUDY PARTICIPATION"),
        rank=pl.lit(2),
    )
    # Interferon stopped early while the person stays on study: no drop-out.
    was_treated = (cohort.actual == IFNB1A)[person] & (phase == CORE_PHASE) & (outcome <= 0)
    stops = was_treated & (rng.random(len(person)) < 0.1) & (end > 200)
    stop_day = 60 + rng.random(len(person)) * np.maximum(end - 120, 1)
    treatment = ended.with_columns(
        day=pl.Series(np.where(stops, stop_day, end).astype(np.int32)),
        DSTERM=pl.lit("TREATMENT STOPPED"),
        DSDECOD=pl.lit("ADVERSE EVENT"),
        DSSCAT=pl.lit("STUDY TREATMENT"),
        rank=pl.lit(1),
    )
    table = pl.concat(
        [
            consent,
            ended.filter(pl.Series(is_ended)).select(consent.columns),
            treatment.filter(pl.Series(stops)).select(consent.columns),
        ],
        how="vertical_relaxed",
    )
    who = table["person"].to_numpy()
    table = table.with_columns(DSSTDTC=date_text(cohort.day0[who] + table["day"].to_numpy()))
    return assemble("DS", table, cohort, ["day", "rank"])


def elements(cohort: Cohort, follow_up: FollowUp) -> dict[str, pl.DataFrame]:
    """SE: screening and treatment in the core study, one element in each later study."""
    person, phase, rows = _entries(cohort, follow_up)
    end = follow_up.end[person, phase]
    is_core = phase == CORE_PHASE
    is_treated = cohort.is_treated[person]
    screening_end = np.where(is_treated, 0, end)
    names = ("SCREENING", "TREATMENT", "OPEN-LABEL EXTENSION", "LONG-TERM FOLLOW-UP")
    codes = ("SCRN", "TRT", "OLE", "LTFU")

    def element(who: BoolArray, index: IntArray, first: IntArray, last: IntArray) -> pl.DataFrame:
        return rows.filter(pl.Series(who)).with_columns(
            day=pl.Series(first[who]),
            ETCD=coded(codes, index[who]),
            ELEMENT=coded(names, index[who]),
            EPOCH=coded(("SCREENING", *EPOCHS), index[who]),
            SESTDTC=date_text(known(first[who], person[who], cohort)),
            SEENDTC=date_text(known(last[who], person[who], cohort)),
        )

    is_running = follow_up.outcome[person, phase] == RUNNING
    last = np.where(is_running, NEVER, end)
    start = np.where(is_core, 0, follow_up.start[person, phase])
    table = pl.concat(
        [
            element(is_core, np.zeros_like(phase), cohort.consent_day[person], screening_end),
            element(is_treated | ~is_core, phase + 1, start, last),
        ]
    )
    return assemble("SE", table, cohort, ["day"])
