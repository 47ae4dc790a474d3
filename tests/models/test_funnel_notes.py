"""The funnel says how many patients are out by a partial date alone (S-03)."""

import json

import polars as pl
import pytest
from trial_tables import DATA_CUT, table

from models.funnel import METHOD, count_funnel
from warehouse.contracts import CORE


def other_dmt_rows(*is_uncertain: bool, **sets: bool) -> pl.DataFrame:
    """Rows of the exclusion for another therapy; one excluded entrant per argument, one in."""
    entrant = {"core_study_id": "CAMMS323", "is_treated": True, "is_extension": True, **sets}
    people = [
        {**entrant, "exclusion_reason": "other DMT", "is_exclusion_uncertain": is_one}
        for is_one in is_uncertain
    ] + [{**entrant, "is_no_other_dmt": True, "group_id": "2-courses", "is_efficacy": True}]
    rows = [{"person_id": f"P{number}", **row} for number, row in enumerate(people)]
    result = count_funnel(table(CORE["population"], rows), data_cut=DATA_CUT).collect()
    assert result.filter(pl.col("category") != "other DMT")["diagnostics"].unique().item() == "{}"
    return result.filter(category="other DMT")


def test_the_note_counts_exclusions_by_a_partial_date() -> None:
    got = other_dmt_rows(True, False, True)
    assert got.filter(statistic="n_patients")["value"].item() == 3
    assert got["method"].unique().item() == (
        f"{METHOD}; 2 of them by a partial date that leaves it open, read against the patient"
    )
    assert json.loads(got["diagnostics"].unique().item()) == {"n_uncertain": 2}


@pytest.mark.parametrize("is_uncertain", [(), (False,)])
def test_without_a_partial_date_there_is_no_note(is_uncertain: tuple[bool, ...]) -> None:
    got = other_dmt_rows(*is_uncertain)
    assert got["method"].unique().item() == METHOD
    assert json.loads(got["diagnostics"].unique().item()) == {"n_uncertain": 0}


def test_without_an_extension_the_method_says_so() -> None:
    got = other_dmt_rows(is_extension=False)
    assert "nobody entered the extension" in got["method"].unique().item()
