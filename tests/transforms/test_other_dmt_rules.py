"""S-03, T-05: which other therapies count; day 0 is 2008-01-01, the horizon ends 2016-01-01."""

import pytest
from transform_spec import Trial, parse

DRAWN = """
| cmstdtc    | cmendtc    | cmenrtpt | cmentpt    | outcome | uncertain | why                                       |
| 2005-05-01 | 2007-12-31 | .        | .          | prior   | no        | ended before day 0                        |
| .          | 2007-12    | .        | .          | prior   | no        | ended before day 0                        |
| .          | 2007       | .        | .          | prior   | no        | ended before day 0                        |
| .          | .          | BEFORE   | 2008-01-01 | prior   | no        | ended before day 0                        |
| 2006       | .          | BEFORE   | SCREENING  | prior   | no        | ended before day 0                        |
| 2006       | .          | .        | .          | prior   | yes       | started before day 0, no end, not ongoing |
| 2007-12-31 | .          | .        | .          | prior   | yes       | started before day 0, no end, not ongoing |
| 2005       | 2008-01-01 | .        | .          | counts  | no        | taken after day 0                         |
| 2005       | 2008       | .        | .          | counts  | no        | taken after day 0                         |
| 2007       | .          | ONGOING  | .          | counts  | no        | taken after day 0                         |
| 2007       | .          | ONGOING  | 2010-01-01 | counts  | no        | taken after day 0                         |
| 2007       | .          | ONGOING  | SCREENING  | counts  | yes       | possibly taken after day 0                |
| 2007       | .          | AFTER    | 2007-11-01 | counts  | yes       | possibly taken after day 0                |
| 2010-01-01 | .          | .        | .          | counts  | no        | taken after day 0                         |
| 2010       | 2011       | .        | .          | counts  | no        | taken after day 0                         |
| 2008       | .          | .        | .          | counts  | no        | taken after day 0                         |
| .          | .          | .        | .          | counts  | yes       | possibly taken after day 0                |
| 2015-12-31 | .          | .        | .          | counts  | no        | taken after day 0                         |
| 2016-01-01 | .          | .        | .          | later   | no        | started after the horizon                 |
| 2016       | .          | .        | .          | later   | no        | started after the horizon                 |
"""  # noqa: E501


@pytest.mark.parametrize("row", parse(DRAWN), ids=lambda row: "/".join(map(str, row.values())))
def test_s03_a_therapy_counts_by_the_days_it_may_have_been_taken(
    row: dict[str, str | None],
) -> None:
    drug = {name: row[name] for name in ("cmstdtc", "cmendtc", "cmenrtpt", "cmentpt")}
    got = Trial().person().add("cm", **drug).derive("other_dmt").row(0, named=True)
    assert got["decision_rule"] == row["why"]
    assert (got["is_prior"], got["is_counted"]) == (
        row["outcome"] == "prior",
        row["outcome"] == "counts",
    )
    assert got["is_decision_uncertain"] == (row["uncertain"] == "yes")


@pytest.mark.parametrize(
    ("start", "end", "outcome"),
    [
        ("2008", None, (True, True)),  # before or after day 0: counts, flagged
        ("2008-02", None, (True, True)),
        ("2008-03", None, (True, False)),
        ("2005", "2008", (True, True)),  # the end may lie before day 0: not certainly prior
        ("2005", "2008-01", (False, False)),
        ("2008", "2009-02", (True, False)),  # the end is certainly after day 0: that settles it
        ("2016", None, (True, True)),  # either side of the horizon: counts, flagged
        ("2016", "2016-01", (True, False)),
        ("2016-03", None, (False, False)),
    ],
)
def test_s03_conservative_where_a_partial_date_leaves_it_open(
    start: str, end: str | None, outcome: tuple[bool, bool]
) -> None:
    # Day 0 is 2008-02-10, the horizon ends on 2016-02-10.
    trial = Trial().person(courses=(40,)).add("cm", cmstdtc=start, cmendtc=end)
    got = trial.derive("other_dmt").row(0, named=True)
    assert (got["is_counted"], got["is_decision_uncertain"]) == outcome


def test_t05_the_cutoff_bounds_late_entrants() -> None:
    trial = Trial().person(courses=(800,))  # the horizon would end on 2018-03-12
    trial.draw("cm", "| cmstdtc    |\n| 2017-10-04 |\n| 2017-10-05 |\n| 2017-10    |")
    got = trial.derive("other_dmt")
    # What certainly started after the cut-off is not in the data yet.
    assert got.select("start_text", "is_counted", "is_decision_uncertain").rows() == [
        ("2017-10", True, True),
        ("2017-10-04", True, False),
    ]


def test_s03_other_medication_and_alemtuzumab_are_no_other_dmt() -> None:
    trial = Trial().person()
    trial.draw(
        "cm",
        """
        | cmcat                     | cmtrt              | cmdecod     | cmstdtc    |
        | RELAPSE TREATMENT         | METHYLPREDNISOLONE | .           | 2010-01-01 |
        | PREMEDICATION             | METHYLPREDNISOLONE | .           | 2010-01-01 |
        | .                         | INTERFERON         | .           | 2010-01-01 |
        | DISEASE MODIFYING THERAPY | Lemtrada           | ALEMTUZUMAB | 2010-01-01 |
        | DISEASE MODIFYING THERAPY | Rebif              | INTERFERON  | 2010-01-01 |
        """,
    )
    assert trial.derive("other_dmt")["treatment"].to_list() == ["INTERFERON"]


def test_without_a_day_0_the_question_does_not_arise() -> None:
    trial = Trial().person(arm="IFNB1A", courses=()).add("cm", cmstdtc="2010")
    got = trial.derive("other_dmt")
    assert got.select("is_prior", "is_counted", "decision_rule").rows() == [
        (False, False, "no day 0")
    ]
