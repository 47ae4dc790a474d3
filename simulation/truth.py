"""The truth beside the extracts: latent histories as tables, days since day 0."""

import numpy as np
import polars as pl

from simulation.codes import ARMS, DISPOSITIONS, RETREATMENT_REASONS, STUDIES
from simulation.cohort import FloatArray, IntArray
from simulation.disease import STATES
from simulation.follow_up import RUNNING
from simulation.latent import Latent
from simulation.parameters import NEVER
from simulation.sdtm import coded

_PHASES = ("core", "extension", "topaz")


def truth_tables(latent: Latent) -> dict[str, pl.DataFrame]:
    """Latent histories, ordered by USUBJID and day.

    Returns:
        `patient`: one row per person: arms, frailty, latent EDSS, entry and end of each phase,
        death, onsets that would come. `relapse`: kind `confirmed` (the disease's own),
        `echo`, `screening`, `unconfirmed` (reports), with the steps of the EDSS. `course`,
        `state` (hidden state of the disease from a day on), `other_dmt`.
    """
    history, disability, reports = latent.history, latent.disability, latent.reports

    def of(person: IntArray, **columns: pl.Series | IntArray | FloatArray) -> pl.DataFrame:
        who = latent.cohort.usubjid.gather(pl.Series(person.astype(np.uint32)))
        return pl.DataFrame({"usubjid": who, **columns})

    confirmed = of(
        history.relapse_person,
        day=history.relapse_day,
        kind=coded(("confirmed",), np.zeros(len(history.relapse_day))),
        edss_acute_points=disability.acute,
        edss_residual_points=disability.residual,
    )
    others = reports.filter(pl.col("kind") != "confirmed")
    reported = of(others["person"].to_numpy(), day=others["day"], kind=others["kind"])
    return {
        "patient": _patients(latent),
        "relapse": pl.concat([confirmed, reported], how="diagonal_relaxed").sort(
            "usubjid", "day", "kind"
        ),
        "course": of(
            history.course_person,
            day=history.course_day,
            number=history.course_number,
            reason=coded(RETREATMENT_REASONS, history.course_reason),
        ),
        "state": of(
            history.state_person, day=history.state_day, state=coded(STATES, history.state)
        ),
        "other_dmt": of(history.dmt_person, start_day=history.dmt_start, end_day=history.dmt_end),
    }


def _days(values: IntArray) -> pl.Series:
    series = pl.Series(values)
    return pl.select(pl.when(series.abs() < NEVER).then(series)).to_series()


def _patients(latent: Latent) -> pl.DataFrame:
    cohort, follow_up, disability = latent.cohort, latent.follow_up, latent.disability
    outcomes = (*DISPOSITIONS, "RUNNING", "NOT ENTERED")
    running, not_entered = len(DISPOSITIONS), len(DISPOSITIONS) + 1
    outcome = np.where(follow_up.outcome == RUNNING, running, follow_up.outcome)
    outcome = np.where(follow_up.entered, outcome, not_entered)
    return pl.DataFrame(
        {
            "usubjid": cohort.usubjid,
            "core_study": coded(STUDIES, cohort.study),
            "planned_arm": coded(ARMS, cohort.planned),
            "actual_arm": coded(ARMS, cohort.actual),
            "day0": pl.Series(cohort.day0).cast(pl.Date),
            "frailty": cohort.frailty,
            "edss_baseline_points": cohort.edss,
            "edss_gain_points": disability.gain,
            "edss_slope_points_per_year": disability.slope,
            "death_day": _days(follow_up.death),
            "exit_day": follow_up.exit_day,
            **{f"{name}_start_day": _days(follow_up.start[:, i]) for i, name in enumerate(_PHASES)},
            **{f"{name}_end_day": _days(follow_up.end[:, i]) for i, name in enumerate(_PHASES)},
            **{f"{name}_outcome": coded(outcomes, outcome[:, i]) for i, name in enumerate(_PHASES)},
            **{f"{kind}_onset_day": _days(onset) for kind, onset in latent.rare.onset.items()},
        }
    )
