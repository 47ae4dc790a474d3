"""S-01 .. S-10: the funnel, one reason each, in the plan's order."""

from dataclasses import replace

import pytest
from transform_spec import DAY0, RULES, Trial, parse

# Courses by day; day 0 is 2008-01-01, so the cut-off is day 3564 and the horizon day 2922.
DRAWN = """
| who   | courses                   | arm    | ext | dmt  | group         | additional | safety | reason                                   |
| two   | 0 365                     | ALEM12 | yes | no   | 2-courses     | no         | yes    | .                                        |
| one   | 0                         | ALEM12 | yes | no   | .             | no         | no     | one course                               |
| sw    | .                         | IFNB1A | yes | no   | .             | no         | no     | not 12 mg alemtuzumab as actual arm      |
| a24   | 0 365                     | ALEM24 | yes | no   | .             | no         | no     | not 12 mg alemtuzumab as actual arm      |
| core  | 0 365                     | ALEM12 | no  | yes  | .             | no         | no     | never entered the extension              |
| dmt   | 0                         | ALEM12 | yes | yes  | .             | no         | no     | other DMT                                |
| dmt3  | 0 365 2600                | ALEM12 | yes | yes  | .             | no         | no     | other DMT                                |
| three | 0 365 2556                | ALEM12 | yes | no   | 3-courses     | yes        | yes    | .                                        |
| late3 | 0 365 2557                | ALEM12 | yes | no   | .             | no         | no     | Course 3 after the landmark              |
| late8 | 0 365 3000                | ALEM12 | yes | no   | .             | no         | no     | Course 3 after the landmark              |
| four  | 0 365 900 2556            | ALEM12 | yes | no   | 4-courses     | yes        | yes    | .                                        |
| late4 | 0 365 900 2557            | ALEM12 | yes | no   | .             | yes        | yes    | group-defining course after the landmark |
| post8 | 0 365 900 3000            | ALEM12 | yes | no   | .             | yes        | yes    | group-defining course after the landmark |
| both4 | 0 365 2600 3000           | ALEM12 | yes | no   | .             | no         | no     | Course 3 after the landmark              |
| five  | 0 365 900 1300 2556       | ALEM12 | yes | no   | 5plus-courses | yes        | yes    | .                                        |
| late5 | 0 365 900 1300 2557       | ALEM12 | yes | no   | .             | yes        | yes    | group-defining course after the landmark |
| six   | 0 365 900 1300 1700 2900  | ALEM12 | yes | no   | 5plus-courses | yes        | yes    | .                                        |
| after | 0 365 900 3565            | ALEM12 | yes | no   | 3-courses     | yes        | yes    | .                                        |
"""  # noqa: E501


def drawn_trial(rows: list[dict[str, str | None]]) -> Trial:
    trial = Trial()
    for row in rows:
        courses = tuple(int(number) for number in (row["courses"] or "").split())
        trial.person(
            str(row["who"]),
            arm=str(row["arm"]),
            courses=courses,
            extension=740 if row["ext"] == "yes" else None,
        )
        if row["dmt"] == "yes":
            trial.add("cm", usubjid=row["who"], day=800)
    return trial


def test_every_patient_has_a_group_or_one_reason() -> None:
    rows = parse(DRAWN)
    got = {row["person_id"]: row for row in drawn_trial(rows).derive("population").to_dicts()}
    assert len(got) == len(rows)
    for row in rows:
        person = got[row["who"]]
        assert (person["group_id"], person["exclusion_reason"]) == (row["group"], row["reason"]), (
            row
        )
        assert person["is_efficacy"] == (row["group"] is not None), row
        assert person["is_additional"] == (row["additional"] == "yes"), row
        assert person["is_safety"] == (row["safety"] == "yes"), row


def test_t05_courses_are_counted_through_the_horizon_and_through_the_cutoff() -> None:
    got = drawn_trial(parse(DRAWN)).derive("population")
    totals = {
        row["person_id"]: (row["courses_through_horizon"], row["courses_through_cutoff"])
        for row in got.to_dicts()
    }
    assert totals["post8"] == (3, 4)
    assert totals["after"] == (3, 3)
    assert totals["late8"] == (2, 3)
    assert totals["sw"] == (0, 0)


def test_sets_nest() -> None:
    got = drawn_trial(parse(DRAWN)).derive("population").to_dicts()
    for inner, outer in (
        ("is_extension", "is_treated"),
        ("is_no_other_dmt", "is_extension"),
        ("is_safety", "is_no_other_dmt"),
        ("is_additional", "is_safety"),
        ("is_efficacy", "is_safety"),
    ):
        assert all(row[outer] for row in got if row[inner]), (inner, outer)
    assert {
        row["person_id"] for row in got if row["is_extension"] and not row["is_no_other_dmt"]
    } == {
        "dmt",
        "dmt3",
    }


@pytest.mark.parametrize(
    ("starts", "uncertain"),
    [(("2008",), True), (("2008", "2010-05-01"), False), (("2010-05-01",), False), ((), False)],
)
def test_an_exclusion_is_uncertain_if_only_partial_dates_carry_it(
    starts: tuple[str, ...], uncertain: bool
) -> None:
    trial = Trial().person(courses=(40, 400), extension=800)
    for start in starts:
        trial.add("cm", cmstdtc=start)
    got = trial.derive("population").row(0, named=True)
    assert (got["exclusion_reason"] == "other DMT") == bool(starts)
    assert got["is_exclusion_uncertain"] == uncertain


def test_a_prior_therapy_does_not_exclude() -> None:
    trial = Trial().person(courses=(0, 365), extension=740)
    trial.add("cm", cmstdtc="2005", cmendtc="2007-06").add("cm", cmstdtc="2006")
    assert trial.derive("population")["group_id"].to_list() == ["2-courses"]


def test_the_landmark_moves_with_the_horizon_and_can_be_set() -> None:
    def group(landmark_month: int | None, horizon_years: int) -> str | None:
        rules = replace(RULES, landmark_month=landmark_month, horizon_years=horizon_years)
        trial = Trial(rules=rules).person(courses=(0, 365, 2300), extension=740)
        return trial.derive("population")["group_id"].item()

    assert group(None, 8) == "3-courses"
    assert group(None, 7) is None
    assert group(85, 7) == "3-courses"
    assert DAY0.year == 2008
