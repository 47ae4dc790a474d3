"""The latent trial: all processes in their order, before anything is written as SDTM."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation.cohort import Cohort, draw_cohort
from simulation.disability import DisabilityPath, draw_disability
from simulation.disease import run_disease
from simulation.exposure import Infusions, draw_infusions
from simulation.follow_up import FollowUp, draw_follow_up
from simulation.history import History
from simulation.parameters import Parameters
from simulation.rare_events import RareEvents, draw_rare_events
from simulation.relapses import report_relapses
from simulation.schedule import SCAN_MONTHS, VISIT_MONTHS, Planned, plan

#: Every process and dataset has a random stream of its own, so that leaving out a dataset
#: changes no other. The position is part of the seed: append, never reorder.
_STREAMS = (
    "cohort",
    "follow-up",
    "rare events",
    "visit schedule",
    "scan schedule",
    "disease",
    "disability",
    "infusions",
    "relapse reports",
    "visits",
    "CE",
    "QS",
    "NV",
    "AE",
    "CM",
    "DS",
    "MH",
)


@dataclass(frozen=True)
class Latent:
    """What happened to whom; from it follow the datasets and the truth.

    Attributes:
        reports: relapses as told: person, day, kind, flag (`relapses.report_relapses`).
        streams: random stream of each process and dataset.
    """

    cohort: Cohort
    follow_up: FollowUp
    rare: RareEvents
    visit_plan: Planned
    scans: Planned
    history: History
    disability: DisabilityPath
    infusions: Infusions
    reports: pl.DataFrame
    streams: dict[str, np.random.Generator]


def draw_latent(
    n_patients: int,
    seed: int,
    parameters: Parameters,
    *,
    batch: int,
    first_subject: int,
    subject_width: int | None,
) -> Latent:
    """Draw the histories of all persons that come with `n_patients` treated with 12 mg.

    The arguments are those of `trial.simulate_trial`.
    """
    streams = {
        name: np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(batch, number)))
        for number, name in enumerate(_STREAMS)
    }
    conduct = parameters.conduct
    cohort = draw_cohort(
        n_patients,
        parameters,
        streams["cohort"],
        first_subject=first_subject,
        subject_width=subject_width,
    )
    follow_up = draw_follow_up(cohort, parameters, streams["follow-up"])
    rare = draw_rare_events(cohort, follow_up, parameters, streams["rare events"])
    visit_plan = plan(VISIT_MONTHS, cohort, follow_up, conduct, streams["visit schedule"])
    scans = plan(
        SCAN_MONTHS,
        cohort,
        follow_up,
        conduct,
        streams["scan schedule"],
        missed=conduct.missed_scan,
    )
    history = run_disease(
        cohort, follow_up, scans, rare.no_course_from, parameters, streams["disease"]
    )
    return Latent(
        cohort=cohort,
        follow_up=follow_up,
        rare=rare,
        visit_plan=visit_plan,
        scans=scans,
        history=history,
        disability=draw_disability(cohort, history, parameters, streams["disability"]),
        infusions=draw_infusions(cohort, follow_up, history, conduct, streams["infusions"]),
        reports=report_relapses(cohort, follow_up, history, conduct, streams["relapse reports"]),
        streams=streams,
    )
