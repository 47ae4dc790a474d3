"""Table 1: characteristics at core baseline by group (E-15)."""

import json

import numpy as np
import polars as pl
import pytest
from trial_tables import DATA_CUT, table, values

from models.baseline import CATEGORICAL, CONTINUOUS, describe_baseline
from warehouse.contracts import CORE
from warehouse.contracts.core import GROUPS
from warehouse.contracts.results import KEY, RESULTS

#: person: group, age, female, EDSS, years since, relapses in 1 and 2 years, Gd lesions, BPF
PERSONS = {
    "a": ("2-courses", 30, True, 2.0, 3.5, 1, 2, 0, 0.81),
    "b": ("2-courses", 41, False, 2.5, None, 2, 3, 4, None),
    "c": ("2-courses", 25, None, None, 0.5, 3, 3, None, 0.84),
    "d": ("3-courses", 36, True, 0.0, 2.0, 1, 1, 1, 0.80),
    "e": (None, 50, False, 6.0, 9.0, 2, 2, 0, 0.78),
}
COLUMNS = (
    "age_years",
    "is_female",
    "edss_points",
    "years_since_initial_relapse",
    "relapses_prior_1_year",
    "relapses_prior_2_years",
    "gd_lesions",
    "bpf",
)


def described(persons=PERSONS, untreated=()):
    baseline = [
        {
            "person_id": person,
            **dict(zip(COLUMNS, told, strict=True)),
            "has_gd_lesions": None if told[6] is None else told[6] > 0,
        }
        for person, (_, *told) in persons.items()
    ]
    population = [
        {
            "person_id": person,
            "core_study_id": "CAMMS323",
            "group_id": persons[person][0] if person in persons else None,
            "is_treated": person in persons,
        }
        for person in (*persons, *untreated)
    ]
    return describe_baseline(
        table(CORE["baseline"], baseline), table(CORE["population"], population), data_cut=DATA_CUT
    )


@pytest.mark.parametrize(("population", "group"), [("treated", "overall"), ("efficacy", GROUPS[0])])
@pytest.mark.parametrize("category", CONTINUOUS)
def test_spread_of_the_patients_observed(population, group, category):
    number = COLUMNS.index(CONTINUOUS[category])
    told = [row[1 + number] for row in PERSONS.values() if group in ("overall", row[0])]
    seen = np.array([value for value in told if value is not None], dtype=float)
    result = described(untreated=("x",))
    dimensions = {"population": population, "group_id": group, "category": category}
    assert values(result, **dimensions) == pytest.approx(
        {
            "n_patients": seen.size,
            "mean": seen.mean(),
            "sd": seen.std(ddof=1),
            "median": np.median(seen),
            "min": seen.min(),
            "max": seen.max(),
        }
    )
    row = result.filter(**dimensions).collect().row(0, named=True)
    assert (row["anchor"], row["timepoint"]) == ("core-baseline", "BL")
    assert row["n_total"] == seen.size
    assert json.loads(row["diagnostics"]) == {
        "n_group": len(told),
        "n_missing": len(told) - seen.size,
    }


def test_shares_are_over_observed_values():
    result = described()

    def share(category, group="overall"):
        got = values(result, analysis_id="baseline.categorical", category=category, group_id=group)
        return got["n_patients"], got["pct"]

    assert share("female") == (2, 50)
    assert share("female", "2-courses") == (1, 50)
    assert share("with Gd-enhancing lesions") == (2, 50)
    assert share("with Gd-enhancing lesions", "3-courses") == (1, 100)
    assert share("female", "4-courses") == (0, None)


def test_all_rows_are_there_without_patients():
    assert described({}).select(KEY).collect().equals(described().select(KEY).collect())
    nothing = described({}).filter(pl.col("statistic") != "n_patients").collect()
    assert set(nothing["value_text"]) == {"NE"}


def test_rows_follow_the_contract_and_name_their_rules():
    result = described().collect()
    assert result.schema == RESULTS["result_baseline"].schema
    assert result["result_id"].is_unique().all()
    assert set(result["category"]) == {*CONTINUOUS, *CATEGORICAL}
    rules = dict(result.select("group_id", "rule_ids").rows())
    assert rules["overall"] == "E-15 S-01"
    assert rules["5plus-courses"] == "E-15 S-07"


def test_decimals_are_those_of_the_paper():
    result = described().filter(group_id="overall", statistic="mean").collect()
    texts = dict(result.select("category", "value_text").rows())
    assert texts["age"] == "36.4"
    assert texts["brain parenchymal fraction"] == "0.81"


@pytest.mark.parametrize(
    ("n", "total", "printed"),
    [(530, 811, "65.4"), (231, 362, "63.8"), (97, 144, "67.4"), (40, 62, "64.5"), (23, 39, "59.0")],
)
def test_the_shares_of_the_paper_come_out_as_printed(n, total, printed):
    persons = {f"p{i:03d}": ("3-courses", 30, i < n, 2.0, 1.0, 1, 1, 0, 0.8) for i in range(total)}
    rows = described(persons).filter(category="female", group_id="3-courses", statistic="pct")
    assert rows.collect()["value_text"].item() == printed


def test_the_order_of_rows_does_not_matter():
    turned = dict(reversed(PERSONS.items()))
    assert described(turned).collect().equals(described().collect())
