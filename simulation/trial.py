"""One simulated trial: its SDTM datasets, and the truth behind them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import polars as pl

from simulation.assessments import imaging_datasets, questionnaire_datasets
from simulation.codes import STUDIES
from simulation.exposure import exposure_datasets
from simulation.latent import Latent, draw_latent
from simulation.medications import medication_datasets
from simulation.parameters import Parameters
from simulation.relapses import relapse_datasets
from simulation.safety import adverse_events
from simulation.sdtm import DATASETS
from simulation.subjects import (
    characteristics,
    demographics,
    disposition,
    elements,
    medical_history,
)
from simulation.truth import truth_tables
from simulation.visits import draw_visits, subject_visits

#: `leave_out` may name any dataset, or the functional systems inside QS.
FUNCTIONAL_SYSTEMS = "KFSS"

#: Dataset -> study -> rows.
Tables = dict[str, dict[str, pl.DataFrame]]


@dataclass(frozen=True)
class SimulatedTrial:
    """Extracts and truth of one trial.

    Attributes:
        datasets: study -> dataset -> rows, with the variables of the landing contract.
        truth: latent histories, as `truth.truth_tables` tells.
        parameters: the model that made them.
        seed: the seed that made them.
    """

    datasets: dict[str, dict[str, pl.DataFrame]]
    truth: dict[str, pl.DataFrame]
    parameters: Parameters
    seed: int


def simulate_trial(
    n_patients: int,
    seed: int,
    parameters: Parameters | None = None,
    *,
    leave_out: Collection[str] = (),
    batch: int = 0,
    first_subject: int = 1,
    subject_width: int | None = None,
) -> SimulatedTrial:
    """Simulate the four studies with `n_patients` treated with alemtuzumab 12 mg.

    Args:
        n_patients: patients treated with alemtuzumab 12 mg in the core studies (C-03); the
            other arms are added in the real trials' proportions.
        seed: same seed, same trial.
        parameters: the model; default `Parameters()`.
        leave_out: datasets to leave out (`"NV"`, ...), or `"KFSS"` for the functional systems
            in QS. The datasets that remain are the same as with all.
        batch: part of a larger population; each batch has its own random streams.
        first_subject: first subject number of the batch.
        subject_width: digits of the subject number; default four, more if there are too many.

    Raises:
        ValueError: `n_patients` is below 1, or `leave_out` names something unknown.
    """
    if n_patients < 1:
        raise ValueError(f"n_patients must be at least 1, got {n_patients}")
    unknown = set(leave_out) - {*DATASETS, FUNCTIONAL_SYSTEMS}
    if unknown:
        raise ValueError(
            f"leave_out names unknown datasets {sorted(unknown)}; "
            f"known are {', '.join(DATASETS)} and {FUNCTIONAL_SYSTEMS}"
        )
    parameters = parameters or Parameters()
    latent = draw_latent(
        n_patients,
        seed,
        parameters,
        batch=batch,
        first_subject=first_subject,
        subject_width=subject_width,
    )
    tables = _tables(latent, parameters, frozenset(leave_out))
    datasets = {
        study: {name: tables[name][study] for name in tables if study in tables[name]}
        for study in STUDIES
    }
    return SimulatedTrial(datasets, truth_tables(latent), parameters, seed)


def _tables(latent: Latent, parameters: Parameters, leave_out: frozenset[str]) -> Tables:
    """The datasets that are wanted, in the order of the contract."""
    cohort, follow_up, history = latent.cohort, latent.follow_up, latent.history
    infusions, streams, conduct = latent.infusions, latent.streams, parameters.conduct
    groups: tuple[tuple[tuple[str, ...], Callable[[], Tables]], ...] = (
        (("DM",), lambda: {"DM": demographics(cohort, follow_up)}),
        (
            ("EX", "SUPPEX"),
            lambda: exposure_datasets(cohort, follow_up, history, infusions),
        ),
        (
            ("CE", "SUPPCE"),
            lambda: relapse_datasets(cohort, follow_up, latent.reports, conduct, streams["CE"]),
        ),
        (("QS", "SV"), lambda: _visit_tables(latent, parameters, leave_out)),
        (
            ("NV",),
            lambda: {
                "NV": imaging_datasets(
                    cohort, follow_up, latent.scans, history, parameters, streams["NV"]
                )
            },
        ),
        (
            ("AE",),
            lambda: {
                "AE": adverse_events(
                    cohort, follow_up, history, infusions, latent.rare, parameters, streams["AE"]
                )
            },
        ),
        (
            ("CM",),
            lambda: {
                "CM": medication_datasets(cohort, follow_up, history, parameters, streams["CM"])
            },
        ),
        (("DS",), lambda: {"DS": disposition(cohort, follow_up, streams["DS"])}),
        (("SE",), lambda: {"SE": elements(cohort, follow_up)}),
        (
            ("MH",),
            lambda: {
                "MH": medical_history(cohort, parameters.medication.partial_start, streams["MH"])
            },
        ),
        (("SC",), lambda: {"SC": characteristics(cohort)}),
    )
    made: Tables = {}
    for names, make in groups:
        if not leave_out.issuperset(names):
            made.update(make())
    return {name: made[name] for name in DATASETS if name in made and name not in leave_out}


def _visit_tables(latent: Latent, parameters: Parameters, leave_out: frozenset[str]) -> Tables:
    """QS and SV, which both follow from the visits."""
    visits = draw_visits(
        latent.cohort,
        latent.follow_up,
        latent.visit_plan,
        latent.reports,
        parameters.conduct,
        latent.streams["visits"],
    )
    tables: Tables = {}
    if "SV" not in leave_out:
        tables["SV"] = subject_visits(latent.cohort, visits, latent.history, latent.infusions)
    if "QS" not in leave_out:
        tables["QS"] = questionnaire_datasets(
            latent.cohort,
            visits,
            latent.history,
            latent.disability,
            parameters,
            latent.streams["QS"],
            with_systems=FUNCTIONAL_SYSTEMS not in leave_out,
        )
    return tables
