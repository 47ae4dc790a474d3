"""The population funnel as result rows: every analysis set and every exclusion (section 3).

Here belongs counting. Who is in a set, and why somebody is not, is decided in
`core.population`.
"""

from typing import Any

import polars as pl

from models.result_row import Cell, rows_of, to_frame
from warehouse.contracts.core import EXCLUSION_REASONS, GROUPS
from warehouse.contracts.results import RESULTS

METHOD = "count of persons; pct: of the patients who entered the extension"
NO_EXTENSION = "not estimable: nobody entered the extension"
#: Note on the exclusion whose decision may hang on a partial date; read against the patient.
UNCERTAIN_REASON = "other DMT"
UNCERTAIN = "{} of them by a partial date that leaves it open, read against the patient"

#: Analysis set: population and group of the result row, flag in core.population, rule.
SETS = (
    ("consented", "overall", None, "S-01"),
    ("treated", "overall", "is_treated", "S-01"),
    ("extension", "overall", "is_extension", "S-02"),
    ("no-other-dmt", "overall", "is_no_other_dmt", "S-03"),
    ("safety", "overall", "is_safety", "S-10"),
    ("additional", "additional-courses", "is_additional", "S-09"),
    ("efficacy", "overall", "is_efficacy", "S-08"),
)
GROUP_RULES = dict(zip(GROUPS, ("S-04", "S-05", "S-06", "S-07"), strict=True))

#: For each exclusion, the set that it leaves and the rule of the set that it keeps out of.
EXCLUSIONS = dict(
    zip(
        EXCLUSION_REASONS,
        (
            ("consented", "S-01"),
            ("treated", "S-02"),
            ("extension", "S-03"),
            ("no-other-dmt", "S-10"),
            ("no-other-dmt", "S-10"),
            ("safety", "S-08"),
        ),
        strict=True,
    )
)
#: Sets inside the extension, whose counts are also given as a share of it.
IN_EXTENSION = ("extension", "no-other-dmt", "safety", "additional", "efficacy")


def count_funnel(population: pl.LazyFrame, *, data_cut: str) -> pl.LazyFrame:
    """Persons in each analysis set, in each efficacy group, and excluded for each reason.

    Args:
        population: one row per person with a consent in a core study.
        data_cut: cut-off date as text, written on every row.

    Returns:
        `results.result_funnel`: analysis_id `funnel`. A set has no category; an exclusion
        has its reason as category and the set that it leaves as population. Statistics
        n_patients, and pct of the extension for what lies within the extension. Method and
        diagnostics (`n_uncertain`) of the exclusion for another therapy tell how many patients
        are out by a partial date alone (S-03).
    """
    counts = (
        population.select(
            pl.len().alias("consented"),
            *(pl.col(flag).sum().alias(name) for name, _, flag, _ in SETS if flag is not None),
            *((pl.col("group_id") == group).sum().alias(group) for group in GROUPS),
            *((pl.col("exclusion_reason") == text).sum().alias(text) for text in EXCLUSION_REASONS),
            n_uncertain=pl.col("is_exclusion_uncertain").sum(),
        )
        .collect()
        .row(0, named=True)
    )
    n_extension = counts["extension"]
    rows: list[dict[str, Any]] = []
    for name, group_id, _, rule_id in SETS:
        base = n_extension if name in IN_EXTENSION else None
        rows += _rows(counts[name], base, name, group_id, "", rule_id)
    for group_id, rule_id in GROUP_RULES.items():
        rows += _rows(counts[group_id], n_extension, "efficacy", group_id, "", rule_id)
    for reason, (left, rule_id) in EXCLUSIONS.items():
        base = n_extension if left in IN_EXTENSION else None
        n_uncertain = counts["n_uncertain"] if reason == UNCERTAIN_REASON else None
        rows += _rows(counts[reason], base, left, "overall", reason, rule_id, n_uncertain)
    return to_frame(rows, RESULTS["result_funnel"], data_cut=data_cut)


def _rows(
    n: int,
    n_extension: int | None,
    population: str,
    group_id: str,
    category: str,
    rule_id: str,
    n_uncertain: int | None = None,
) -> list[dict[str, Any]]:
    values: dict[str, float | None] = {"n_patients": n}
    if n_extension is not None:
        values["pct"] = 100 * n / n_extension if n_extension else None
    cell = Cell(
        analysis_id="funnel",
        population=population,
        group_id=group_id,
        category=category,
        n_total=n if n_extension is None else n_extension,
        method=NO_EXTENSION if n_extension == 0 else _method(n_uncertain),
        diagnostics={} if n_uncertain is None else {"n_uncertain": n_uncertain},
        rule_ids=(rule_id,),
        decimals=0,
    )
    return rows_of(cell, values)


def _method(n_uncertain: int | None) -> str:
    return f"{METHOD}; {UNCERTAIN.format(n_uncertain)}" if n_uncertain else METHOD
