from pathlib import Path

import pytest

from simulation import SimulatedTrial, simulate_trial, write_extracts


@pytest.fixture(scope="session")
def trial() -> SimulatedTrial:
    """Small, but with every arm, all studies and some deaths."""
    return simulate_trial(150, seed=11)


@pytest.fixture(scope="session")
def transfers(trial: SimulatedTrial, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_extracts(trial, tmp_path_factory.mktemp("landing"))


@pytest.fixture(scope="session")
def model_trial() -> SimulatedTrial:
    """Large enough for rates and shares."""
    return simulate_trial(6000, seed=5, leave_out=["KFSS", "MH", "SE"])
