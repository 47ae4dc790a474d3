import polars as pl
import pytest
from trial_tables import CUT, DATA_CUT, five_patients, follow_up, table, trial, values

from models import wide
from models.arr import estimate_arr
from models.arr_before_after import estimate_arr_before_after
from models.funnel import count_funnel
from models.relapse_free import estimate_relapse_free
from warehouse.contracts import CORE
from warehouse.contracts.core import EXCLUSION_REASONS
from warehouse.contracts.results import KEY, RESULTS

#: One line per kind of person: how many, flags set in the order of the funnel, group or reason.
PERSONS = """
3 -                                            | not 12 mg alemtuzumab as actual arm
2 treated                                      | never entered the extension
4 treated extension                            | other DMT
1 treated extension no_other_dmt               | one course
2 treated extension no_other_dmt               | Course 3 after the landmark
1 treated extension no_other_dmt safety additional | group-defining course after the landmark
7 treated extension no_other_dmt safety efficacy | 2-courses
3 treated extension no_other_dmt safety additional efficacy | 3-courses
2 treated extension no_other_dmt safety additional efficacy | 4-courses
0 treated extension no_other_dmt safety additional efficacy | 5plus-courses
"""


def persons():
    rows = []
    for line in filter(None, PERSONS.splitlines()):
        left, last = (part.strip() for part in line.split("|"))
        count, *sets = left.split()
        kind = "exclusion_reason" if last in EXCLUSION_REASONS else "group_id"
        for _ in range(int(count)):
            rows.append(
                {
                    "person_id": f"p{len(rows):02d}",
                    "core_study_id": "CAMMS323",
                    kind: last,
                    **{f"is_{name}": True for name in sets if name != "-"},
                }
            )
    return table(CORE["population"], rows)


def test_sets_and_exclusions_by_hand():
    result = count_funnel(persons(), data_cut=DATA_CUT)

    def count(population, group_id="overall", category=""):
        return values(result, population=population, group_id=group_id, category=category)

    assert count("consented") == {"n_patients": 25}
    assert count("treated") == {"n_patients": 22}
    assert count("extension") == {"n_patients": 20, "pct": 100}
    assert count("no-other-dmt") == {"n_patients": 16, "pct": 80}
    assert count("safety") == {"n_patients": 13, "pct": 65}
    assert count("efficacy") == {"n_patients": 12, "pct": 60}
    assert count("additional", "additional-courses") == {"n_patients": 6, "pct": 30}
    assert count("efficacy", "2-courses") == {"n_patients": 7, "pct": 35}
    assert count("efficacy", "5plus-courses") == {"n_patients": 0, "pct": 0}
    assert count("extension", category="other DMT") == {"n_patients": 4, "pct": 20}
    assert result.collect().schema == RESULTS["result_funnel"].schema


def test_without_an_extension_shares_are_not_estimable():
    nobody = persons().filter(pl.col("is_extension").not_())
    got = values(count_funnel(nobody, data_cut=DATA_CUT), population="efficacy", group_id="overall")
    assert got == {"n_patients": 0, "pct": None}


def test_the_disposition_adds_up_step_by_step():
    steps = wide.widen_disposition(count_funnel(persons(), data_cut=DATA_CUT)).collect()
    assert steps.schema == RESULTS["disposition"].schema
    assert steps["step"].to_list() == list(range(1, len(wide.STEPS) + 1))
    left = None
    for kind, label, n in steps.select("kind", "label", "n_patients").rows():
        if label == "2-courses":
            break
        left = n if left is None else left - n if kind == "exclusion" else left
        if kind == "set":
            assert n == left, label
    groups = steps.filter(pl.col("label").str.contains(r"^\d"))["n_patients"]
    efficacy = steps.filter(pl.col("label") == "efficacy")["n_patients"]
    assert groups.sum() == efficacy.item() == 12


@pytest.fixture(scope="module")
def families():
    windows, people = trial(4)
    ends = follow_up(dict.fromkeys(people.collect()["person_id"], 2900.0))
    made = {
        "result_arr": estimate_arr(windows, people, **CUT),
        "result_arr_before_after": estimate_arr_before_after(windows, people, data_cut=DATA_CUT),
        "result_relapse_free": estimate_relapse_free(windows, people, ends, **CUT),
        "result_funnel": count_funnel(persons(), data_cut=DATA_CUT),
    }
    names = [name for name in RESULTS if name.startswith("result_")]
    return {name: made.get(name, pl.LazyFrame(schema=RESULTS[name].schema)) for name in names}


def test_the_long_table_holds_every_row_once(families):
    result = wide.combine(**families).collect()
    assert result.schema == RESULTS["result"].schema
    assert result.height == sum(family.collect().height for family in families.values())
    assert result.select(KEY).is_unique().all()
    assert result["result_id"].is_unique().all()
    assert result.select(KEY).equals(result.select(KEY).sort(KEY))
    for column in RESULTS["result"].columns:
        if column.terms:
            assert set(result[column.name]) <= set(column.terms), column.name
        assert column.nullable or result[column.name].null_count() == 0, column.name


@pytest.mark.parametrize("name", ["arr", "arr_before_after", "relapse_free", "disposition"])
def test_wide_tables_keep_their_contract(families, name):
    contract = RESULTS[name]
    result = wide.combine(**families)
    got = getattr(wide, f"widen_{name}")(result).collect()
    assert got.schema == contract.schema
    assert got.height > 0
    assert got.select(contract.key).is_unique().all()
    for column in contract.columns:
        if column.terms:
            assert set(got[column.name]) <= set(column.terms), column.name
        assert column.nullable or got[column.name].null_count() == 0, column.name


def test_a_scenario_stands_beside_the_primary_row():
    windows, people = trial(4)
    primary = estimate_arr(windows, people, **CUT)
    other = primary.with_columns(scenario=pl.lit("other"), value=pl.col("value") + 1)
    alone = primary.with_columns(scenario=pl.lit("other"), group_id=pl.lit("all-recipients"))
    is_rate = (pl.col("statistic") == "rate") & (pl.col("analysis_window") == "M0..M12")
    rows = pl.concat([primary, other, alone]).filter(is_rate, pl.col("group_id") != "4-courses")
    got = wide.compare_scenarios(rows).collect()
    assert got.schema == RESULTS["sensitivity"].schema
    assert set(got["scenario"]) == {"other"}
    beside = got.filter(pl.col("group_id") == "3-courses").row(0, named=True)
    assert beside["value"] == beside["value_primary"] + 1
    assert beside["difference"] == pytest.approx(1)
    alone = got.filter(pl.col("group_id") == "all-recipients")
    assert alone["value_primary"].null_count() == alone.height > 0


def test_wide_rates_are_the_long_values(families):
    result = wide.combine(**families)
    cell = {"group_id": "3-courses", "anchor": "course-3", "analysis_window": "M0..M12"}
    long = values(result, analysis_id="arr.window", **cell)
    (row,) = (
        wide.widen_arr(result)
        .filter(*(pl.col(name) == value for name, value in cell.items()))
        .collect()
        .rows(named=True)
    )
    assert {name: row[name] for name in long} == long


def test_wide_contrast_is_the_long_one(families):
    result = wide.combine(**families)
    cell = {"analysis_id": "arr.before_after", "anchor": "course-3"}
    contrast = values(result, comparator="M-12..M0", **cell)
    (row,) = (
        wide.widen_arr_before_after(result)
        .filter(pl.col("anchor") == "course-3")
        .collect()
        .rows(named=True)
    )
    for name in ("rate_ratio", "ci_low", "ci_high", "p", "p_score", "n_patients"):
        assert row[name] == contrast[name], name
    for name, window in (("rate_before", "M-12..M0"), ("rate_after", "M0..M12")):
        assert row[name] == values(result, analysis_window=window, comparator="", **cell)["rate"]
    assert row["p_text"] == "<0.0001"
    assert row["rate_ratio"] == pytest.approx(row["rate_after"] / row["rate_before"])


def test_wide_shares_keep_the_three_readings_apart():
    windows, people, ends = five_patients()
    result = estimate_relapse_free(windows, people, ends, **CUT)
    got = wide.widen_relapse_free(result).filter(
        pl.col("anchor") == "course-3", pl.col("analysis_window") == "M0..M12"
    )
    rows = got.select("analysis_id", "n_total", "n_patients", "pct").collect().rows()
    assert rows == [
        ("relapse_free.cumulative", 5, 3, pytest.approx(60)),
        ("relapse_free.km", 5, None, pytest.approx(100 * 8 / 15)),
        ("relapse_free.per_year", 4, 2, pytest.approx(50)),
    ]
