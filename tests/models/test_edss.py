"""EDSS and its change at visits, by group and anchor (E-06)."""

import json

import polars as pl
import pytest
from oracle_cases import own_cases, read_case
from polars.testing import assert_frame_equal
from trial_tables import CUT, DATA_CUT, methods, population, table, values

from models.edss import estimate_edss
from models.share import NO_PATIENTS
from warehouse.contracts import WINDOWS
from warehouse.contracts.results import KEY

AT_COURSE = {"group_id": "3-courses", "anchor": "course-3"}


def visits(text, anchor="course-3"):
    """EDSS at visits: `person timepoint score [change]` a line."""
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        person, timepoint, score, *change = line.split()
        rows.append(
            {
                "person_id": person,
                "anchor": anchor,
                "timepoint": timepoint,
                "edss_points": float(score),
                "edss_change_points": float(change[0]) if change else None,
            }
        )
    return table(WINDOWS["edss_at_visit"], rows)


THREE = population(dict.fromkeys("abcd", "3-courses"))
TABLE = visits(
    """
    a BL  2.0 0
    b BL  3.0 0
    c BL  4.0 0
    a M12 3.0 1.0
    b M12 2.5 -0.5
    c M12 4.0 0
    d M12 6.5
    a M36 1.0 -1.0
    """
)


def oracle_values(rows):
    """Input of the oracle as visits, with the change from BL."""
    score = {(row["usubjid"], row["visit"]): row["value"] for row in rows if row["value"]}
    lines = []
    for (person, visit), value in score.items():
        baseline = score.get((person, "BL"))
        change = "" if baseline is None else float(value) - float(baseline)
        lines.append(f"{person} {visit} {value} {change}")
    people = population({row["usubjid"]: "3-courses" for row in rows})
    return estimate_edss(visits("\n".join(lines)), people, **CUT)


@pytest.mark.parametrize(("folder", "case_id"), own_cases("mean_change"))
def test_change_agrees_with_the_oracle(folder, case_id):
    case, rows = read_case(folder, case_id)
    result = oracle_values(rows)
    for visit, expected in case["expected"].items():
        got = values(result, analysis_id="edss.change", timepoint=visit, **AT_COURSE)
        told = dict(zip(("ci_low", "ci_high"), expected["ci"], strict=True))
        told |= {name: expected[name] for name in ("mean", "sd", "se", "median", "min", "max")}
        assert got.pop("n_patients") == expected["n"]
        assert set(got) == set(told)
        for name, value in told.items():
            assert got[name] == (None if value is None else pytest.approx(value, abs=1e-9)), name


def test_mean_counts_whoever_is_seen_and_change_who_has_a_baseline():
    result = estimate_edss(TABLE, THREE, **CUT)
    mean = values(result, analysis_id="edss.mean", timepoint="M12", **AT_COURSE)
    change = values(result, analysis_id="edss.change", timepoint="M12", **AT_COURSE)
    assert (mean["n_patients"], mean["mean"]) == (4, 4)
    assert (change["n_patients"], change["mean"]) == (3, pytest.approx(1 / 6))
    assert set(mean) == {"n_patients", "mean", "sd", "se", "median", "min", "max"}
    assert set(change) == {*mean, "ci_low", "ci_high"}
    baseline = values(result, analysis_id="edss.change", timepoint="BL", **AT_COURSE)
    assert (baseline["mean"], baseline["sd"], baseline["ci_low"]) == (0, 0, 0)


def test_one_patient_and_none_say_why():
    result = estimate_edss(TABLE, THREE, **CUT)
    one = result.filter(analysis_id="edss.change", timepoint="M36", **AT_COURSE).collect()
    assert set(one.filter(~pl.col("is_estimable"))["statistic"]) == {
        *("sd", "se", "ci_low", "ci_high")
    }
    assert {json.loads(text)["reason"] for text in one["diagnostics"]} == {
        "sd, se and limits not estimable: one patient"
    }
    assert set(one.filter(statistic="sd")["value_text"]) == {"NE"}
    assert methods(result, timepoint="M24", **AT_COURSE) == {NO_PATIENTS}


def test_every_cell_is_there_whoever_was_seen():
    full = estimate_edss(TABLE, THREE, **CUT).collect()
    empty = estimate_edss(TABLE.clear(), THREE, **CUT).collect()
    assert_frame_equal(full.select(KEY), empty.select(KEY))
    assert empty["n_total"].sum() == 0
    places = full.select("group_id", "anchor").unique()
    assert places.height == 7
    core = full.filter(anchor="core-baseline", group_id="2-courses", analysis_id="edss.mean")
    assert set(core["timepoint"]) == {
        "BL",
        *(f"Y{year}" for year in range(1, 9)),
        *(f"M{month}" for month in range(6, 96, 12)),
    }
    course = full.filter(analysis_id="edss.change", **AT_COURSE)
    assert set(course["timepoint"]) == {
        *("M-12", "M-6", "BL", "M6", "M12", "M18", "M24", "M30", "M36")
    }
    year_7 = estimate_edss(TABLE, THREE, data_cut=DATA_CUT, horizon_years=7).collect()
    assert {"Y8", "M90"}.isdisjoint(year_7["timepoint"])


def test_visits_of_another_spacing_have_rows_too():
    result = estimate_edss(visits("a M3 2.0 0.5\nb M3 3.0 1.5"), THREE, **CUT)
    got = values(result, analysis_id="edss.change", timepoint="M3", **AT_COURSE)
    assert (got["n_patients"], got["mean"]) == (2, 1)


def test_a_group_is_looked_at_at_its_own_course_and_at_core_baseline():
    groups = {"a": "3-courses", "b": "4-courses", "c": None, "d": "2-courses"}
    at_course = visits("a M12 2.0\nb M12 5.0\nc M12 9.0\nd M12 9.0")
    at_core = visits("a M12 2.0\nb M12 5.0\nc M12 9.0\nd M12 9.0", anchor="core-baseline")
    rows = pl.concat([at_course, at_core])
    found = estimate_edss(rows, population(groups), **CUT)
    means = found.filter(analysis_id="edss.mean", statistic="mean", timepoint="M12").collect()
    seen = means.drop_nulls("value").select("group_id", "anchor", "value").rows()
    assert set(seen) == {
        ("3-courses", "course-3", 2.0),
        ("3-courses", "core-baseline", 2.0),
        ("4-courses", "core-baseline", 5.0),
        ("2-courses", "core-baseline", 9.0),
    }


def test_order_of_rows_does_not_matter():
    rows = TABLE.collect()
    wanted = estimate_edss(rows.lazy(), THREE, **CUT).collect()
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3).lazy()
    people = THREE.collect().reverse().lazy()
    assert_frame_equal(estimate_edss(shuffled, people, **CUT).collect(), wanted)


def test_rows_are_as_the_contract_says():
    result = estimate_edss(TABLE, THREE, **CUT).collect()
    assert result.select(KEY).is_unique().all()
    assert set(result["population"]) == {"efficacy"}
    assert set(result["analysis_window"]) == {""}
    assert result["rule_ids"].str.starts_with("E-06 S-0").all()
    shown = result.filter(
        analysis_id="edss.change", timepoint="M12", statistic="ci_high", **AT_COURSE
    )
    assert shown["value_text"].item() == "2.06"
