"""CE and SUPPCE: relapses as reported - confirmed, not confirmed, told twice - and other events."""

import numpy as np
import polars as pl

from simulation.codes import OTHER_EVENT_TERMS, RELAPSE_TERMS
from simulation.cohort import Cohort, IntArray
from simulation.events import scatter
from simulation.exposure import study_code, supplement_rows
from simulation.follow_up import EXTENSION_PHASE, TOPAZ_PHASE, FollowUp
from simulation.history import History
from simulation.parameters import NEVER, Conduct
from simulation.sdtm import assemble, coded, date_text, partial, sequence_numbers

CONFIRMED, NOT_CONFIRMED, NO_RECORD = "Y", "N", None


def _rows(person: IntArray, day: IntArray, kind: str, flag: str | None) -> pl.DataFrame:
    return pl.DataFrame({"person": person, "day": day}).with_columns(
        kind=pl.lit(kind), flag=pl.lit(flag, dtype=pl.String)
    )


def report_relapses(
    cohort: Cohort,
    follow_up: FollowUp,
    history: History,
    conduct: Conduct,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All reports of relapses: person, day, kind and confirmation flag.

    Kinds: `confirmed`, `echo` (the same relapse again within 30 days), `screening` (between
    consent and day 0), `unconfirmed`. Echoes and screening relapses are flagged confirmed.
    """
    treated = np.flatnonzero(cohort.is_treated).astype(np.int32)
    echo = np.flatnonzero(rng.random(len(history.relapse_day)) < conduct.relapse_echo)
    echo_day = history.relapse_day[echo] + rng.integers(3, 28, len(echo), dtype=np.int32)
    early = treated[rng.random(len(treated)) < conduct.screening_relapse]
    consent = cohort.consent_day[early]
    early_day = (consent + 1 + rng.random(len(early)) * (-consent - 1)).astype(np.int32)
    rate = np.where(cohort.is_treated, conduct.unconfirmed, 0.0)
    doubtful, doubtful_day = scatter(
        rate, np.zeros(len(cohort), dtype=np.int32), follow_up.exit_day, rng
    )
    is_judged = rng.random(len(doubtful)) < 0.5
    reports = pl.concat(
        [
            _rows(history.relapse_person, history.relapse_day, "confirmed", CONFIRMED),
            _rows(history.relapse_person[echo], echo_day, "echo", CONFIRMED),
            _rows(early, early_day, "screening", CONFIRMED),
            _rows(doubtful[is_judged], doubtful_day[is_judged], "unconfirmed", NOT_CONFIRMED),
            _rows(doubtful[~is_judged], doubtful_day[~is_judged], "unconfirmed", NO_RECORD),
        ]
    )
    phase = follow_up.phase_of(reports["person"].to_numpy(), reports["day"].to_numpy())
    return (
        reports.with_columns(phase=pl.Series(phase))
        .filter(pl.col("phase") >= 0)
        .sort("person", "day", "kind")
    )


def relapse_datasets(
    cohort: Cohort,
    follow_up: FollowUp,
    reports: pl.DataFrame,
    conduct: Conduct,
    rng: np.random.Generator,
) -> dict[str, dict[str, pl.DataFrame]]:
    """CE and SUPPCE by study."""
    rows = pl.concat(
        [
            _describe(reports, cohort, follow_up, conduct, rng),
            _other_events(cohort, follow_up, rng),
            _none_since_last_study(cohort, follow_up, rng),
        ],
        how="diagonal_relaxed",
    ).sort("study", "person", "day", maintain_order=True)
    rows = rows.with_columns(CESEQ=pl.Series(sequence_numbers(rows)))
    flagged = rows.filter(pl.col("flag").is_not_null())
    supplement = supplement_rows(
        flagged, "CESEQ", "CONFFL", "Protocol-Defined and Confirmed"
    ).with_columns(QVAL=flagged["flag"])
    return {
        "CE": assemble("CE", rows, cohort, ["CESEQ"]),
        "SUPPCE": assemble("SUPPCE", supplement, cohort, ["sequence"]),
    }


def _describe(
    reports: pl.DataFrame,
    cohort: Cohort,
    follow_up: FollowUp,
    conduct: Conduct,
    rng: np.random.Generator,
) -> pl.DataFrame:
    person, day = reports["person"].to_numpy(), reports["day"].to_numpy()
    n = len(person)
    end = day + rng.integers(14, 90, n)
    end = np.where(end <= follow_up.exit_day[person], cohort.day0[person] + end, NEVER)
    # A date cut to its month may be read as after death or after the last day: not for those.
    is_safe = (follow_up.death[person] >= NEVER) & (day + 366 <= follow_up.exit_day[person])
    is_safe &= day > 366
    onset = partial(
        date_text(cohort.day0[person] + day),
        rng,
        to_month=np.where(is_safe, conduct.partial_onset, 0.0),
        to_year=np.where(is_safe, conduct.partial_onset / 10, 0.0),
    )
    return reports.select("person", "day", "flag").with_columns(
        study=pl.Series(study_code(cohort, person, reports["phase"].to_numpy())),
        CETERM=coded(
            RELAPSE_TERMS, rng.choice(len(RELAPSE_TERMS), n, p=(0.4, 0.1, 0.25, 0.15, 0.1))
        ),
        CEDECOD=pl.lit("Multiple sclerosis relapse"),
        CECAT=pl.lit("MS RELAPSE"),
        CEOCCUR=pl.lit("Y"),
        CESEV=coded(("MILD", "MODERATE", "SEVERE"), rng.choice(3, n, p=(0.3, 0.55, 0.15))),
        CESTDTC=onset,
        CEENDTC=date_text(end),
    )


def _other_events(cohort: Cohort, follow_up: FollowUp, rng: np.random.Generator) -> pl.DataFrame:
    rate = np.where(cohort.is_treated, 0.03, 0.0)
    first = np.zeros(len(cohort), dtype=np.int32)
    person, day = scatter(rate, first, follow_up.exit_day, rng)
    term = rng.choice(2, len(person), p=(0.8, 0.2))
    is_pregnancy = cohort.female[person] & (rng.random(len(person)) < 0.2)
    term = np.where(is_pregnancy, 2, term)
    phase = follow_up.phase_of(person, day)
    return pl.DataFrame(
        {
            "person": person,
            "day": day,
            "study": study_code(cohort, person, phase),
            "CETERM": coded([term for term, _ in OTHER_EVENT_TERMS], term),
            "CECAT": coded([category for _, category in OTHER_EVENT_TERMS], term),
            "CESTDTC": date_text(cohort.day0[person] + day),
        }
    ).with_columns(CEOCCUR=pl.lit("Y"))


def _none_since_last_study(
    cohort: Cohort, follow_up: FollowUp, rng: np.random.Generator
) -> pl.DataFrame:
    """Answers "no relapse since the last study", given at the entry of a later one."""
    parts = []
    for phase in (EXTENSION_PHASE, TOPAZ_PHASE):
        entered = np.flatnonzero(follow_up.entered[:, phase]).astype(np.int32)
        person = entered[rng.random(len(entered)) < 0.2]
        day = follow_up.start[person, phase]
        parts.append(
            pl.DataFrame(
                {
                    "person": person,
                    "day": day,
                    "study": np.full(len(person), phase + 1, dtype=np.int32),
                    "CESTDTC": date_text(cohort.day0[person] + day),
                }
            )
        )
    return pl.concat(parts).with_columns(
        CETERM=pl.lit("MS RELAPSE SINCE LAST STUDY"),
        CECAT=pl.lit("MS RELAPSE"),
        CEOCCUR=pl.lit("N"),
    )
