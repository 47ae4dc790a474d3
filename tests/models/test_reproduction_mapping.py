"""The printed values and the mapping that are kept: each one leads to what it is about."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from printed_tables import NARRATIVES, listing, results

from models.reproduction import compare_with_published
from models.reproduction.tables import FOLDER, read_printed
from orchestration.compute import configuration
from transforms.rules import Rules
from warehouse.contracts.results import KEY

RULES = Rules(cutoff=date(2017, 10, 4), horizon_years=8)
PRINTED = read_printed(FOLDER).to_dicts()
BY_ID = {row["published_id"]: row for row in PRINTED}
ESTIMATED = [
    (row, [dict(zip(KEY, key.split("|"), strict=True)) for key in row["source_key"].split("; ")])
    for row in PRINTED
    if row["source_table"] == "results.result"
]

GROUPS = {
    "overall": {"overall"},
    "2-courses": {"2-courses"},
    "3-courses": {"3-courses"},
    "4-courses": {"4-courses"},
    "5plus": {"5plus-courses"},
    "additional": {"additional-courses"},
    "exactly 3 courses (all entrants)": {"overall", "3-courses"},
    "exactly 4 courses (all entrants)": {"overall", "4-courses"},
    # "Additional courses were given to 40% of analysis patients": three of the four groups.
    "P0397": {"3-courses", "4-courses", "5plus-courses"},
    "efficacy subgroups": {"overall", "2-courses", "3-courses", "4-courses", "5plus-courses"},
}
STATISTICS = {
    "n": {"n_patients", "n_events"},
    "p_upper_bound": {"p"},
    "pct_min": {"pct"},
    "pct_max": {"pct"},
}
ANALYSES = {
    r"^ARR$": "arr.window",
    r"^ARR:": "arr.before_after",
    r"^relapse-free$": "relapse_free.cumulative",
    r"^relapse-free per year": "relapse_free.per_year",
    r"CDW-free": "cdw.km",
    r"CDI": "cdi.km",
    r"^EDSS change": "edss.change",
    r"^remained on study|^retention": "retention",
    r"^available": "available",
    r"^interval": "course.interval",
    r"^reason": "course.reason",
    r"^received Course": "course.timing",
    r"^courses received": "course.total",
    r"^Course . given <12": "course.early",
    r"^time from Course 1": "autoimmune.onset",
}
#: Category of a result row, by what is printed of it.
CATEGORIES = {
    "patients with Gd-enhancing lesions": "with Gd-enhancing lesions",
    "patients with Gd-enhancing lesions (denominator)": "with Gd-enhancing lesions",
    "Gd-enhancing lesion count": "Gd-enhancing lesions",
    "nephropathies": "nephropathy",
    "malignancies": "malignancy",
    "deaths": "death",
}


def test_every_printed_value_is_there_with_its_kind():
    assert [row["published_id"] for row in PRINTED] == [f"P{n:04d}" for n in range(1, 401)]
    kinds = Counter((row["kind"], row["source_table"]) for row in PRINTED)
    assert kinds == {
        ("estimated", "results.result"): 313,
        ("estimated", "windows.line_listing"): 1,
        ("narrated", "windows.line_listing"): 54,
        ("design", "configuration"): 32,
    }


def test_printed_texts_have_their_decimals():
    for row in PRINTED:
        places = None if row["unit"] == "date" else len(row["printed_text"].partition(".")[2])
        assert row["decimals"] == places, row["published_id"]


def test_keys_are_of_the_group_that_is_printed():
    for row, keys in ESTIMATED:
        wanted = GROUPS.get(row["published_id"]) or GROUPS.get(row["group_name"], {"overall"})
        # The denominator of a share may be of all.
        parts = keys[:-1] if row["reading"] == "share" else keys
        assert {key["group_id"] for key in parts} <= wanted, row["published_id"]
        assert {key["scenario"] for key in keys} == {"primary"}


def test_keys_are_of_the_statistic_that_is_printed():
    for row, keys in ESTIMATED:
        if row["reading"] in ("n_total", "share") or row["statistic"] == "N":
            continue
        wanted = STATISTICS.get(row["statistic"], {row["statistic"]})
        assert {key["statistic"] for key in keys} <= wanted, row["published_id"]


def test_keys_are_of_the_endpoint_that_is_printed():
    for row, keys in ESTIMATED:
        for pattern, analysis in ANALYSES.items():
            if re.search(pattern, row["endpoint"]):
                assert {key["analysis_id"] for key in keys} == {analysis}, row["published_id"]
        if row["location"] in ("Table 1", "Table 2") and row["endpoint"] != "column N":
            (key,) = keys
            wanted = CATEGORIES.get(row["endpoint"], row["endpoint"])
            assert key["category"] == wanted, row["published_id"]


def test_keys_are_around_the_course_that_is_printed():
    """Months are counted from Course 3 or 4, in the group that it defines."""
    windows = {
        "12M before": {"M-12..M0"},
        "M0-12 after": {"M0..M12"},
        "M0-12 vs": {"M0..M12"},
        "Month 12": {"M0..M12"},
        "Month 24": {"M0..M24", "M24"},
        "M0-36": {"M0..M36"},
        "Month 36": {"M0..M36", "M24..M36", "M36"},
    }
    n_told = 0
    for row, keys in ESTIMATED:
        window = next((w for text, w in windows.items() if row["timepoint"].startswith(text)), None)
        if window is None:
            continue
        (key,) = keys
        n_told += 1
        assert key["anchor"] == f"course-{row['group_name'][0]}", row["published_id"]
        assert {key["analysis_window"], key["timepoint"]} & window, row["published_id"]
    assert n_told == 48


def test_equal_things_printed_twice_have_one_key():
    """The abstract and the discussion repeat the results."""
    seen: dict[tuple[str, ...], set[str]] = {}
    for row in PRINTED:
        if row["source_table"] == "results.result" and row["reading"] != "share":
            what = (row["group_name"], row["endpoint"], row["timepoint"], row["statistic"])
            seen.setdefault(what, set()).add(row["source_key"])
    assert {what: keys for what, keys in seen.items() if len(keys) > 1} == {}


def compared(
    rules: Rules = RULES, listed: pl.LazyFrame | None = None, **settings: float
) -> dict[str, str]:
    """Outcomes of narrated and design values by id."""
    frame = compare_with_published(
        results(),
        listing(*NARRATIVES) if listed is None else listed,
        configuration={**configuration(rules), **settings},
        data_cut=rules.data_cut,
    )
    rows = frame.filter(pl.col("source_table") != "results.result").collect().to_dicts()
    return {row["published_id"]: row["outcome"] for row in rows}


def test_the_narratives_as_told_match_and_so_does_the_design():
    assert set(compared().values()) == {"match"}


@pytest.mark.parametrize("place", range(17))
def test_each_narrative_is_found_by_what_it_is(place):
    others = [row for number, row in enumerate(NARRATIVES) if number != place]
    outcomes = compared(listed=listing(*others))
    missed = {published_id for published_id, outcome in outcomes.items() if outcome != "match"}
    death = NARRATIVES[place]["listing"] == "death"
    is_liver = NARRATIVES[place]["description"] == "Metastases to liver"
    # Month and grade, or month and year; of the liver metastasis one value in each listing.
    assert len(missed - {"P0304"}) == (1 if is_liver else 2)
    assert ("P0304" in missed) is (death and not is_liver)


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"iar_hours": 48}, {"P0037"}),
        ({"confirmation_days": 91}, {"P0035"}),
        ({"cdw_rise_points": 2.0}, {"P0031"}),
        ({"mri_after_months": (0, 12)}, {"P0040"}),
        ({"extension_years": 3}, {"P0015"}),
        ({"landmark_month": 73}, {"P0013", "P0023", "P0024", "P0041", "P0224", "P0393"}),
        ({"cutoff": date(2016, 10, 4)}, {"P0022"}),
        ({"horizon_years": 9, "landmark_month": 97}, {"P0021", "P0023", "P0041", "P0224", "P0393"}),
    ],
)
def test_another_rule_is_another_design(changed, missed):
    outcomes = compared(replace(RULES, **changed))
    assert {name for name, outcome in outcomes.items() if outcome != "match"} == missed


def test_every_design_value_hangs_on_its_setting():
    for row in PRINTED:
        if row["source_table"] == "configuration" and row["unit"] != "date":
            other = compared(**{row["source_key"]: float(row["printed_text"]) + 1})
            assert other[row["published_id"]] == "difference", row["published_id"]


def test_no_narrated_value_is_asked_of_another_group():
    for row in PRINTED:
        if row["source_table"] == "windows.line_listing":
            is_early = row["reading"] == "days"
            group = "overall" if is_early else "additional-courses"
            assert row["source_key"].startswith(f"{group}|"), row["published_id"]
            assert BY_ID[row["published_id"]]["group_name"] == (
                "CARE-MS" if is_early else "additional"
            )
