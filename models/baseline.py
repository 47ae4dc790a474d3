"""Characteristics at core baseline, Table 1: mean and spread, or patients and share (E-15).

Which value of a patient is the baseline is decided in `core.baseline`; who is in a group in
`core.population`.
"""

from dataclasses import replace
from typing import Any

import polars as pl

from models.cells import CORE_BASELINE
from models.describe import count_rows, spread_rows
from models.groups import BASELINE_GROUPS
from models.result_row import Cell, to_frame
from warehouse.contracts.results import RESULTS

CONTINUOUS = {
    "age": "age_years",
    "EDSS score": "edss_points",
    "years since initial relapse": "years_since_initial_relapse",
    "relapses in prior 1 year": "relapses_prior_1_year",
    "relapses in prior 2 years": "relapses_prior_2_years",
    "Gd-enhancing lesions": "gd_lesions",
    "brain parenchymal fraction": "bpf",
}
CATEGORICAL = {"female": "is_female", "with Gd-enhancing lesions": "has_gd_lesions"}
#: The paper prints one decimal, two of the brain parenchymal fraction.
DECIMALS = {"brain parenchymal fraction": 2}
SPREAD = "mean, sd, median and range of the patients observed"
SHARE = "patients who have it; pct: of the patients observed"


def describe_baseline(
    baseline: pl.LazyFrame, population: pl.LazyFrame, *, data_cut: str
) -> pl.LazyFrame:
    """Characteristics at core baseline of all treated and of each efficacy group.

    Patients are counted by value before anything is computed, so that the cost in Python
    grows with distinct values only.

    Args:
        baseline: one row per treated person.
        population: one row per person.
        data_cut: cut-off date as text, written on every row.

    Returns:
        `results.result_baseline`: `baseline.continuous` with n_patients, mean, sd, median,
        min, max; `baseline.categorical` with n_patients and pct (%). `n_total` is the number
        of patients observed; diagnostics give the group's size and how many are missing.
    """
    flags = [str(number) for number in range(len(BASELINE_GROUPS))]
    is_member = [
        group.is_member.alias(flag) for flag, group in zip(flags, BASELINE_GROUPS, strict=True)
    ]
    persons = (
        population.filter(pl.any_horizontal(is_member))
        .select("person_id", *is_member)
        .join(baseline, on="person_id")
    )
    variables = CONTINUOUS | CATEGORICAL
    counts = pl.collect_all(
        persons.group_by(pl.col(column).cast(pl.Float64).alias("value"))
        .agg(pl.col(flags).sum())
        .sort("value")
        for column in variables.values()
    )
    rows: list[dict[str, Any]] = []
    for category, found in zip(variables, counts, strict=True):
        observed = found.drop_nulls("value")
        for flag, group in zip(flags, BASELINE_GROUPS, strict=True):
            patients = observed.filter(pl.col(flag) > 0)
            n_observed, n_group = int(patients[flag].sum()), int(found[flag].sum())
            cell = Cell(
                analysis_id="baseline.continuous",
                population=group.population,
                group_id=group.group_id,
                category=category,
                anchor=CORE_BASELINE,
                timepoint="BL",
                n_total=n_observed,
                method=SPREAD,
                rule_ids=("E-15", group.rule_id),
                decimals=DECIMALS.get(category, 1),
                diagnostics={"n_group": n_group, "n_missing": n_group - n_observed},
            )
            if category in CONTINUOUS:
                rows += spread_rows(cell, patients["value"], patients[flag])
            else:
                n = int(patients.filter(pl.col("value") == 1)[flag].sum())
                cell = replace(cell, analysis_id="baseline.categorical", method=SHARE)
                rows += count_rows(cell, n)
    return to_frame(rows, RESULTS["result_baseline"], data_cut=data_cut)
