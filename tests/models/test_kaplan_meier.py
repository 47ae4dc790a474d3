import numpy as np
import pytest
from oracle_cases import others_cases, own_cases, read_case

from models.kaplan_meier import survival_at


def after(mark):
    """Our marks count events before them, the oracle's count events on them too."""
    return np.nextafter(mark, np.inf)


def assert_agrees(rows, times, expected):
    time = [float(row["time"]) for row in rows]
    event = [row["event"] == "1" for row in rows]
    got = survival_at(time, event, np.ones(len(rows), dtype=int), [after(mark) for mark in times])
    on_the_mark = survival_at(time, event, np.ones(len(rows), dtype=int), times)
    assert [estimate.events for estimate in got] == expected["cum_events"]
    assert [estimate.at_risk for estimate in on_the_mark] == expected["n_risk"]
    for estimate, survival, limits in zip(
        got, expected["surv"], expected["ci_loglog"], strict=True
    ):
        if estimate.survival is None:
            # Everybody without the event has left before: SAS says NE, R carries on.
            assert estimate.at_risk == 0
            assert survival > 0
            continue
        assert estimate.survival == pytest.approx(survival, abs=1e-10)
        if survival < 1e-12 or survival > 1 - 1e-12:
            assert (estimate.ci_low, estimate.ci_high) == (None, None)
        else:
            assert [estimate.ci_low, estimate.ci_high] == pytest.approx(limits, abs=1e-9)


@pytest.mark.parametrize(("folder", "case_id"), [*own_cases("km"), *others_cases("km")])
def test_agrees_with_the_oracle(folder, case_id):
    case, rows = read_case(folder, case_id)
    expected = case["expected"]
    if "groups" in expected:
        for group, answers in expected["groups"].items():
            of_group = [row for row in rows if row["group"] == group]
            assert_agrees(of_group, case["args"]["times"], answers)
    else:
        assert_agrees(rows, case["args"]["times"], expected)


def test_five_patients_by_hand():
    """Relapses on days 100 and 300, leaving on day 200, two observed to day 730.

    Before the first year's end (365.25): 4/5 after day 100; on day 300 three are left, so
    4/5 · 2/3 = 8/15. The second year: unchanged, two at risk at its end.
    """
    got = survival_at(
        [100, 200, 300, 730.5], [True, False, True, False], [1, 1, 1, 2], [100, 365.25, 730.5, 731]
    )
    assert [estimate.survival for estimate in got[:3]] == pytest.approx([1, 8 / 15, 8 / 15])
    assert [estimate.at_risk for estimate in got] == [5, 2, 2, 0]
    assert got[0].events == 0, "an event on the mark lies in the next window"
    assert got[0].ci_low is None
    assert got[3].survival is None, "nobody is observed beyond day 730.5"


def test_after_the_last_event_of_all_survival_is_zero():
    """Everybody relapsed: known to be 0 ever after, not NE."""
    (got,) = survival_at([10, 20], [True, True], [1, 1], [365.25])
    assert got.survival == 0
    assert got.ci_low is None


def test_a_censored_subject_stands_for_a_mark_within_its_tolerance():
    """Event on day 100; the others leave 45 days and 91 days before the mark of day 365."""
    times, is_event, ones = [100, 320, 274], [True, False, False], [1, 1, 1]

    def at_365(*tolerances):
        (got,) = survival_at(times, is_event, ones, [365], tolerances=tolerances)
        return got

    assert at_365(0, 0, 0).survival is None
    got = at_365(300, 45, 90)
    assert (got.survival, got.at_risk, got.observed) == (pytest.approx(2 / 3), 0, 1)
    assert (got.events, got.censored) == (1, 2)
    assert at_365(300, 44, 90).survival is None, "an event's tolerance is none"
    assert at_365(0, 45, 91).observed == 2
    limits = (at_365(0, 45, 91).ci_low, at_365(0, 45, 91).ci_high)
    assert limits == (got.ci_low, got.ci_high), "the tolerance does not change the estimate"


def test_without_subjects_no_mark_is_estimable():
    (got, _) = survival_at([], [], [], [1, 2])
    assert (got.survival, got.at_risk, got.events, got.censored) == (None, 0, 0, 0)


@pytest.mark.parametrize(("folder", "case_id"), others_cases("sas_lifetest"))
def test_agrees_with_printed_sas_output(folder, case_id):
    """Years of follow-up after a heart attack, rounded to two digits, as SAS was given them."""
    case, rows = read_case(folder, case_id)
    for group, answers in case["expected"].items():
        of_group = [row for row in rows if f"afb{row['afb']}" == group]
        marks = answers.get("times", case["expected"]["afb0"]["times"])
        got = survival_at(
            [float(row["years_rounded"]) for row in of_group],
            [row["fstat"] == "1" for row in of_group],
            np.ones(len(of_group), dtype=int),
            [after(mark) for mark in marks],
        )
        tolerance = case["tol"]["abs"]
        assert [one.survival for one in got] == pytest.approx(answers["surv"], abs=tolerance)
        assert [(one.ci_low, one.ci_high) for one in got] == [
            pytest.approx(tuple(limits), abs=tolerance) for limits in answers["ci_loglog"]
        ]
        if "failed" in answers:
            assert [one.events for one in got] == answers["failed"]
            assert [one.at_risk for one in got] == answers["left"]
