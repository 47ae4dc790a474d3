"""Result rows of two releases: what changed, and whose data stand behind it."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.releases import make_release

from warehouse.contracts.cut_diff import CUT_DIFF
from warehouse.contracts.results import KEY
from warehouse.cut_diff.compare import compare

LINEAGE = {
    "results.result": ("results.result_arr", "results.result_edss", "results.result_sensitivity"),
    "results.result_arr": ("windows.patient_course_window", "core.population"),
    "results.result_edss": ("windows.edss_at_visit", "core.population"),
    "results.result_sensitivity": ("raw.ce", "results.result_arr"),
    "windows.patient_course_window": ("core.relapse",),
    "core.relapse": ("raw.ce",),
}


def result(**given: Any) -> dict[str, Any]:
    row = {
        **dict.fromkeys(KEY, ""),
        "analysis_id": "arr.window",
        "population": "efficacy",
        "group_id": "3-courses",
        "anchor": "course-3",
        "analysis_window": "M0..M12",
        "scenario": "primary",
        "statistic": "rate",
        "value": 0.1,
        "n_total": 10,
        **given,
    }
    text = "NE" if row["value"] is None else f"{row['value']:.2f}"
    return {**row, "value_text": text, "result_id": "|".join(row[name] for name in KEY)}


def member(person: str, group: str | None = "3-courses", **flags: bool) -> dict[str, Any]:
    return {
        "person_id": person,
        "is_treated": True,
        "is_extension": True,
        "is_no_other_dmt": True,
        "is_additional": False,
        "is_safety": True,
        "is_efficacy": group is not None,
        "group_id": group,
        **flags,
    }


def window(person: str, relapses: int = 0, anchor: str = "course-3", name: str = "M0..M12"):
    return {"person_id": person, "anchor": anchor, "analysis_window": name, "relapses": relapses}


def tables(
    results: list[dict],
    windows: list[dict] = (),
    members: list[dict] = (),
    visits: list[dict] = (),
    events: list[dict] = (),
) -> dict[str, Any]:
    def primary(prefix: str) -> list[dict]:
        return [
            row
            for row in results
            if row["analysis_id"].startswith(prefix) and row["scenario"] == "primary"
        ]

    return {
        "raw.ce": events,
        "core.relapse": [],
        "core.population": members,
        "windows.patient_course_window": windows,
        "windows.edss_at_visit": visits,
        "results.result_arr": primary("arr"),
        "results.result_edss": primary("edss"),
        "results.result_sensitivity": [row for row in results if row["scenario"] != "primary"],
        "results.result": results,
    }


class World:
    def __init__(self, root: Path) -> None:
        self.root = root

    def compare(self, before: dict, after: dict, **changes: Any):
        base = make_release(self.root, "base", before, lineage=LINEAGE)
        return compare(base, make_release(self.root, "new", after, lineage=LINEAGE, **changes))

    def behind(self, before: dict, after: dict, **key: str) -> list[str]:
        difference = self.compare(before, after)
        (row,) = difference.results.filter(**key).to_dicts()
        patients = difference.result_patients.filter(patient_set=row["patient_set"])
        assert row["n_patients_behind"] == patients.height
        return patients["person_id"].to_list()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_results_are_added_removed_and_changed(world):
    before = [result(), result(statistic="p", value=None), result(statistic="k")]
    after = [result(value=0.25), result(statistic="p", value=0.5), result(statistic="se")]
    rows = world.compare(tables(before), tables(after)).results
    told = rows.select(
        "statistic", "change", "old_value", "new_value", "difference", "old_text", "new_text"
    ).rows()
    assert told == [
        ("k", "removed", 0.1, None, None, "0.10", None),
        ("p", "changed", None, 0.5, None, "NE", "0.50"),
        ("rate", "changed", 0.1, 0.25, 0.15, "0.10", "0.25"),
        ("se", "added", None, 0.1, None, None, "0.10"),
    ]
    assert set(rows["base_release_id"]) == {"base"}


def test_a_changed_denominator_alone_is_told(world):
    rows = world.compare(tables([result()]), tables([result(n_total=11)])).results
    assert rows.select("change", "difference", "old_n_total", "new_n_total").rows() == [
        ("changed", 0.0, 10, 11)
    ]


def test_the_last_bit_counts(world):
    before, after = result(value=0.3), result(value=0.1 + 0.2)
    assert world.compare(tables([before]), tables([after])).results.height == 1


def test_patients_behind_share_group_anchor_and_window(world):
    people = ["IN", "OTHER-GROUP", "OTHER-ANCHOR", "OTHER-WINDOW", "SAME"]
    members = [
        member(name, "2-courses" if name == "OTHER-GROUP" else "3-courses") for name in people
    ]

    def windows(relapses: int) -> list[dict]:
        return [
            window("IN", relapses),
            window("OTHER-GROUP", relapses),
            window("OTHER-ANCHOR", relapses, anchor="course-4"),
            window("OTHER-WINDOW", relapses, name="M12..M24"),
            window("SAME"),
        ]

    before = tables([result()], windows(0), members)
    after = tables([result(value=0.2)], windows(1), members)
    assert world.behind(before, after) == ["IN"]


@pytest.mark.parametrize(
    ("of_result", "of_row", "is_behind"),
    [
        ("Y0..Y3", "Y2", True),
        ("Y0..Y3", "Y0..Y3", True),
        ("Y0..Y3", "Y4", False),
        ("Y3", "Y0..Y3", False),
        ("M0..M24", "M12..M24", True),
        ("M0..M24", "M24..M36", False),
        ("M0..M24", "Y1", False),
    ],
)
def test_a_cumulative_window_rests_on_the_windows_inside(world, of_result, of_row, is_behind):
    known = [window("OTHER", name=of_result)]
    before = tables([result(analysis_window=of_result)], [*known, window("P", name=of_row)],
                    [member("P")])  # fmt: skip
    after = tables([result(analysis_window=of_result, value=0.2)],
                   [*known, window("P", 1, name=of_row)], [member("P")])  # fmt: skip
    if of_result == of_row:
        before["windows.patient_course_window"].remove(known[0])
        after["windows.patient_course_window"].remove(known[0])
    assert world.behind(before, after) == (["P"] if is_behind else [])


def test_a_contrast_rests_on_both_of_its_windows(world):
    contrast = {"comparator": "M-12..M0", "statistic": "rate_ratio"}
    old = [window("BEFORE", name="M-12..M0"), window("AFTER"), window("LATER", name="M12..M24")]
    new = [{**row, "relapses": 1} for row in old]
    members = [member(row["person_id"]) for row in old]
    before = tables([result(**contrast)], old, members)
    after = tables([result(**contrast, value=0.2)], new, members)
    assert world.behind(before, after) == ["AFTER", "BEFORE"]


def test_a_point_in_time_rests_on_its_visits(world):
    mean = {"analysis_id": "edss.mean", "analysis_window": "", "timepoint": "M6"}
    visit = {"anchor": "course-3", "analysis_month": 6, "timepoint": "M6", "edss_points": 1.0}
    old = [{**visit, "person_id": "P"}, {**visit, "person_id": "Q", "timepoint": "M12"}]
    new = [{**row, "edss_points": 2.0} for row in old]
    members = [member("P"), member("Q")]
    before = tables([result(**mean)], members=members, visits=old)
    after = tables([result(**mean, value=0.2)], members=members, visits=new)
    assert world.behind(before, after) == ["P"]


def test_who_came_or_left_is_behind_and_who_only_stayed_is_not(world):
    old = [member("STAYS", courses_through_cutoff=3), member("LEAVES"), member("COMES", None)]
    new = [member("STAYS", courses_through_cutoff=4), member("LEAVES", None), member("COMES")]
    before, after = tables([result()], members=old), tables([result(value=0.2)], members=new)
    assert world.behind(before, after) == ["COMES", "LEAVES"]


def test_all_changed_rows_of_who_came_count(world):
    """Not the change of the group alone: the corrected record tells why the window changed."""
    event = {"source_file": "a", "studyid": "S", "usubjid": "COMES", "ceseq": 1.0}
    before = tables([result()], [window("COMES")], [member("COMES", None)], events=[event])
    after = tables(
        [result(value=0.2)],
        [window("COMES", 1)],
        [member("COMES")],
        events=[{**event, "cesev": "MILD"}],
    )
    (row,) = world.compare(before, after).results.to_dicts()
    assert (row["cause"], row["n_patients_correction"]) == ("correction", 1)


def test_a_group_that_is_its_whole_population_has_all_of_it(world):
    overall = {"population": "no-other-dmt", "group_id": "all-recipients"}
    members = [member("P", None), member("Q", None, is_no_other_dmt=False)]
    before = tables([result(**overall)], [window("P"), window("Q")], members)
    after = tables([result(**overall, value=0.2)], [window("P", 1), window("Q", 1)], members)
    assert world.behind(before, after) == ["P"]


def test_another_reading_may_rest_on_rows_that_the_primary_one_leaves_out(world):
    event = {"source_file": "a", "studyid": "S", "usubjid": "P", "ceseq": 1.0}
    reading = result(scenario="all-reported")
    before = tables([result(), reading], members=[member("P")])
    after = tables([result(), {**reading, "value": 0.2}], members=[member("P")], events=[event])
    assert world.behind(before, after) == ["P"]
    (row,) = world.compare(before, after).results.to_dicts()
    assert (row["scenario"], row["cause"]) == ("all-reported", "late data")
    assert row["n_patients_late_data"] == 1


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"data_cut": "2018-10-04"}, "new data"),
        ({"parameters": {"confirmation_days": 183}}, "rule changed"),
        ({"code": {"results.result_arr": "c2"}}, "derivation changed"),
    ],
)
def test_a_result_without_patients_behind_it_has_the_cause_of_the_rest(world, changes, cause):
    difference = world.compare(tables([result()]), tables([result(value=0.2)]), **changes)
    (row,) = difference.results.to_dicts()
    assert (row["cause"], row["n_patients_behind"]) == (cause, 0)
    assert row["is_code_changed"] == ("code" in changes)
    assert row["is_rule_changed"] == ("parameters" in changes)


def test_every_frame_is_as_its_contract_says(world):
    before = tables([result()], [window("P")], [member("P")])
    after = tables([result(value=0.2)], [window("P", 1)], [member("P")])
    frames = dict(world.compare(before, after).frames())
    assert tuple(frames) == CUT_DIFF
    for contract, frame in frames.items():
        assert frame.schema == contract.schema
        for column in contract.columns:
            assert column.nullable or frame[column.name].null_count() == 0
            assert not column.terms or set(frame[column.name]) - {None} <= set(column.terms)
        assert not frame.select(contract.key).is_duplicated().any()


def test_there_and_back_mirror_each_other(world):
    before = tables([result(), result(statistic="k")], [window("P")], [member("P")])
    after = tables([result(value=0.2), result(statistic="p")], [window("P", 1)], [])
    there, back = world.compare(before, after), world.compare(after, before)
    mirror = {"added": "removed", "removed": "added", "changed": "changed"}
    turned = back.results.select(
        pl.col("change").replace(mirror), "result_id", -pl.col("difference"), "new_value"
    ).rows()
    assert turned == there.results.select("change", "result_id", "difference", "old_value").rows()
    columns = ["table_name", "n_added", "n_removed", "n_corrected"]
    swapped = ["table_name", "n_removed", "n_added", "n_corrected"]
    assert back.tables.select(swapped).rows() == there.tables.select(columns).rows()


def test_a_release_does_not_differ_from_itself(world):
    same = tables([result()], [window("P")], [member("P")])
    base = make_release(world.root, "base", same, lineage=LINEAGE)
    difference = compare(base, base)
    counts = difference.tables.select("n_added", "n_removed", "n_corrected")
    assert counts.sum().row(0) == (0, 0, 0)
    assert difference.rows.is_empty()
    assert difference.results.is_empty()


def test_no_patient_is_named_on_the_side_of_the_results(world):
    before = tables([result()], [window("SECRET-PERSON")], [member("SECRET-PERSON")])
    after = tables([result(value=0.2)], [window("SECRET-PERSON", 1)], [member("SECRET-PERSON")])
    for contract, frame in world.compare(before, after).frames():
        assert ("SECRET-PERSON" in frame.write_csv()) == contract.is_patient_level


def test_behind_a_step_of_the_funnel_stand_those_whom_it_counts(tmp_path):
    """Found in review: who is left out of the next set was and stays in the one that is told of."""

    def release(name: str, n: float, therapies: list[dict], *, is_left_out: bool):
        left_out = result(
            analysis_id="funnel", population="extension", group_id="overall", category="other DMT",
            anchor="", analysis_window="", statistic="n_patients", value=n,
        )  # fmt: skip
        reason = "other DMT" if is_left_out else None
        person = member("P1", None, is_no_other_dmt=not is_left_out, exclusion_reason=reason)
        return make_release(
            tmp_path,
            name,
            {
                "raw.cm": therapies,
                "core.population": [person],
                "results.result_funnel": [left_out],
                "results.result": [left_out],
            },
            lineage={
                "results.result": ("results.result_funnel",),
                "results.result_funnel": ("core.population",),
                "core.population": ("raw.cm",),
            },
            files={"a/cm.xpt": name},
        )

    late = {"source_file": "a/cm.xpt", "studyid": "S", "usubjid": "P1", "cmseq": 1.0}
    base = release("base", 7.0, [], is_left_out=False)
    new = release("new", 8.0, [{**late, "cmstdtc": "2012-01-01"}], is_left_out=True)
    (row,) = compare(base, new).results.to_dicts()
    assert (row["cause"], row["n_patients_behind"]) == ("late data", 1)
