"""How often a rule placed a partial date: counts by kind and rule, in treated patients."""

import polars as pl
from trial_tables import DATA_CUT

from models.partial_date import KINDS, count_partial_dates
from warehouse.contracts import CORE
from warehouse.contracts.results import RESULTS

EARLIEST = "earliest possible day"
TREATED = ("P1", "P2", "P3", "P4")
RELAPSES = {
    "P1": ["15th of the month", "15th of the month", None],
    "P2": ["1 July of the year"],
    "OUT": ["15th of the month"],
}
EVENTS = {"P1": [("day 0", True), (EARLIEST, True)], "P3": [(EARLIEST, False), (None, True)]}
DECISIONS = {
    "P1": [("possibly taken after day 0", True), ("taken after day 0", False)],
    "P4": [("started before day 0, no end, not ongoing", True)],
}


def told(name: str, rows: list[dict[str, object]]) -> pl.LazyFrame:
    """The columns of a core table that its rows tell."""
    return pl.LazyFrame(rows, schema={column: CORE[name].schema[column] for column in rows[0]})


def counted(treated: tuple[str, ...] = TREATED) -> pl.DataFrame:
    people = [*TREATED, "OUT"]
    return count_partial_dates(
        told(
            "relapse",
            [
                {"person_id": person, "onset_imputation": rule}
                for person, rules in RELAPSES.items()
                for rule in rules
            ],
        ),
        told(
            "adverse_event",
            [
                {"person_id": person, "onset_imputation": rule, "is_on_study": is_on_study}
                for person, events in EVENTS.items()
                for rule, is_on_study in events
            ],
        ),
        told(
            "other_dmt",
            [
                {"person_id": person, "decision_rule": rule, "is_decision_uncertain": is_open}
                for person, decisions in DECISIONS.items()
                for rule, is_open in decisions
            ],
        ),
        told(
            "follow_up",
            [
                {
                    "person_id": person,
                    "death_imputation": death,
                    "is_discontinuation_date_partial": is_partial,
                }
                for person, death, is_partial in (
                    ("P1", "last contact", None),
                    ("P2", None, True),
                    ("P3", None, False),
                )
            ],
        ),
        told("baseline", [{"person_id": "P2", "initial_relapse_imputation": "1 July of the year"}]),
        told("population", [{"person_id": p, "is_treated": p in treated} for p in people]),
        data_cut=DATA_CUT,
    ).collect()


def test_records_and_patients_of_every_rule_by_hand() -> None:
    result = counted()
    assert result.schema == RESULTS["result_partial_date"].schema
    wide = result.pivot("statistic", index="category", values="value")
    assert set(wide["category"]) == {
        f"{kind}: {rule}" for kind, (_, rules) in KINDS.items() for rule in rules
    }
    applied = wide.filter(pl.col("n_events") > 0).sort("category")
    assert applied.select("category", "n_events", "n_patients", "pct").rows() == [
        ("adverse event: day 0", 1, 1, 25),
        (f"adverse event: {EARLIEST}", 1, 1, 25),
        ("death: last contact", 1, 1, 25),
        (f"discontinuation: {EARLIEST}", 1, 1, 25),
        ("initial relapse: 1 July of the year", 1, 1, 25),
        ("other DMT: possibly taken after day 0", 1, 1, 25),
        ("other DMT: started before day 0, no end, not ongoing", 1, 1, 25),
        ("relapse: 1 July of the year", 1, 1, 25),
        ("relapse: 15th of the month", 2, 1, 25),
    ]
    assert result["n_total"].unique().to_list() == [4]


def test_without_a_treated_patient_the_share_is_not_estimable() -> None:
    result = counted(treated=())
    assert result.filter(pl.col("statistic") != "pct")["value"].unique().to_list() == [0]
    assert result.filter(statistic="pct")["value_text"].unique().to_list() == ["NE"]
