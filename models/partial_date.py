"""How often a partial date was given a day by a rule, or left a decision to one.

Here belongs counting, in all treated patients. Which rule placed a date is told by its core table
(docs/rules.md, "Partial dates"); how many patients a partial date excludes, by the funnel.
"""

from typing import Any

import polars as pl

from models.describe import count_rows
from models.result_row import Cell, rows_of, to_frame
from warehouse.contracts.core import CONTACT_RULE, DAY0_RULE, EARLIEST_RULE, MIDDLE_RULES
from warehouse.contracts.results import RESULTS

METHOD = (
    "records whose date is partial, by the rule that was applied, and their patients; pct: of the "
    "treated patients"
)
#: Decisions on another therapy that a partial or missing date leaves to a rule (S-03).
OPEN_DECISIONS = (
    "started before day 0, no end, not ongoing",
    "possibly taken after day 0",
    "start possibly after the horizon",
)
#: What may be told by a partial date: the rules that may place it, and their id in the plan.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "relapse": ("E-01", MIDDLE_RULES),
    "adverse event": ("E-12", (EARLIEST_RULE, DAY0_RULE)),
    "other DMT": ("S-03", OPEN_DECISIONS),
    "death": ("T-06", (EARLIEST_RULE, CONTACT_RULE)),
    "discontinuation": ("E-16", (EARLIEST_RULE,)),
    "initial relapse": ("E-15", MIDDLE_RULES),
}


def count_partial_dates(
    relapse: pl.LazyFrame,
    adverse_event: pl.LazyFrame,
    other_dmt: pl.LazyFrame,
    follow_up: pl.LazyFrame,
    baseline: pl.LazyFrame,
    population: pl.LazyFrame,
    *,
    data_cut: str,
) -> pl.LazyFrame:
    """Records of treated patients that stand where a rule put them, by kind and rule.

    Args:
        relapse: one row per relapse.
        adverse_event: one row per adverse event; those on study are counted.
        other_dmt: one row per other therapy.
        follow_up: one row per person with a day 0: deaths, discontinuations.
        baseline: one row per treated person: the initial relapse.
        population: one row per person.
        data_cut: cut-off date as text, written on every row.

    Returns:
        `results.result_partial_date`, analysis_id `partial_date`: category "<kind>: <rule>"
        for every rule, also those never applied; statistics n_events (records), n_patients
        and pct (%) of the treated.
    """
    placed = {
        "relapse": relapse.select("person_id", rule="onset_imputation"),
        "adverse event": adverse_event.filter("is_on_study").select(
            "person_id", rule="onset_imputation"
        ),
        "other DMT": other_dmt.filter("is_decision_uncertain").select(
            "person_id", rule="decision_rule"
        ),
        "death": follow_up.select("person_id", rule="death_imputation"),
        "discontinuation": follow_up.filter("is_discontinuation_date_partial").select(
            "person_id", rule=pl.lit(EARLIEST_RULE)
        ),
        "initial relapse": baseline.select("person_id", rule="initial_relapse_imputation"),
    }
    treated = population.filter("is_treated").select("person_id")
    counts, n_treated = pl.collect_all(
        [
            pl.concat(
                rows.filter(pl.col("rule").is_not_null()).with_columns(kind=pl.lit(kind))
                for kind, rows in placed.items()
            )
            .join(treated, on="person_id", how="semi")
            .group_by("kind", "rule")
            .agg(n_events=pl.len(), n_patients=pl.col("person_id").n_unique()),
            treated.select(pl.len()),
        ]
    )
    found = {(kind, rule): numbers for kind, rule, *numbers in counts.iter_rows()}
    rows: list[dict[str, Any]] = []
    for kind, (rule_id, rules) in KINDS.items():
        for rule in rules:
            n_events, n_patients = found.get((kind, rule), (0, 0))
            cell = Cell(
                analysis_id="partial_date",
                population="treated",
                group_id="overall",
                category=f"{kind}: {rule}",
                n_total=n_treated.item(),
                method=METHOD,
                rule_ids=(rule_id,),
                decimals=1,
            )
            rows += [*rows_of(cell, {"n_events": n_events}), *count_rows(cell, n_patients)]
    return to_frame(rows, RESULTS["result_partial_date"], data_cut=data_cut)
