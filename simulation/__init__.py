"""Makes extracts of simulated patients in the format of real transfers.

Belongs here: the model of the patients and the writing of extracts. The pipeline does not
know it: it reads what lies in the landing folder, whoever made it. `simulation.histories` keeps
one trial. The model is told in `docs/simulation.md`.
"""

from simulation.extracts import DEFAULT_CUTOFF, write_cuts, write_extracts, write_truth
from simulation.parameters import Parameters
from simulation.population import write_population
from simulation.trial import SimulatedTrial, simulate_trial

__all__ = [
    "DEFAULT_CUTOFF",
    "Parameters",
    "SimulatedTrial",
    "simulate_trial",
    "write_cuts",
    "write_extracts",
    "write_population",
    "write_truth",
]
