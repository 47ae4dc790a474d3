"""Helpers of the tests of the simulation."""

import polars as pl

from simulation import SimulatedTrial

#: When a record begins and ends, per dataset.
DATED = {
    "EX": ("EXSTDTC", "EXENDTC"),
    "CE": ("CESTDTC", "CEENDTC"),
    "QS": ("QSDTC",),
    "NV": ("NVDTC",),
    "AE": ("AESTDTC", "AEENDTC"),
    "CM": ("CMSTDTC", "CMENDTC", "CMENTPT"),
    "DS": ("DSSTDTC",),
    "SV": ("SVSTDTC", "SVENDTC"),
    "SE": ("SESTDTC", "SEENDTC"),
    "DM": ("RFICDTC", "RFSTDTC", "RFENDTC", "DTHDTC"),
}


def all_studies(trial: SimulatedTrial, dataset: str) -> pl.DataFrame:
    """A dataset of all studies that have it."""
    return pl.concat([d[dataset] for d in trial.datasets.values() if dataset in d])
