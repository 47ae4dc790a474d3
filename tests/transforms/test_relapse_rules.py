"""E-01: which relapses count, and when two are one."""

from datetime import timedelta

import pytest
from transform_spec import CUTOFF, DAY0, Trial, rows_of


@pytest.mark.parametrize(
    ("onsets", "kept"),
    [
        ((100,), [100]),
        ((100, 130), [100]),
        ((100, 131), [100, 131]),
        ((0, 20, 40), [0, 40]),
        ((0, 20, 40, 60, 80), [0, 40, 80]),
        ((0, 30, 31, 60, 61, 62), [0, 31, 62]),
        ((100, 100), [100]),
        ((-10, 5), [-10, 5]),
        ((-40, -10, 5, 30), [-40, 5]),
        ((-1, 0), [-1, 0]),
    ],
)
def test_e01_an_onset_within_30_days_of_the_previous_kept_one_is_the_same(
    onsets: tuple[int, ...], kept: list[int]
) -> None:
    trial = Trial().person().person("P2").relapse(*onsets).relapse(3, usubjid="P2")
    got = trial.derive("relapse")
    assert got.filter(person_id="P1")["onset_day"].to_list() == kept
    assert got.filter(person_id="P1")["n_records"].sum() == len(onsets)
    assert got.filter(person_id="P2")["onset_day"].to_list() == [3]


def test_e01_the_same_relapse_told_by_two_studies_is_one() -> None:
    trial = Trial().person(extension=740)
    trial.relapse(730, studyid="E", cesev="SEVERE").relapse(735, studyid="C1", cesev="MILD")
    got = trial.derive("relapse")
    assert rows_of(got, "onset_day", "study_id", "severity", "n_records") == [
        (730, "CAMMS03409", "SEVERE", 2)
    ]


def test_e01_only_confirmed_relapses_that_occurred() -> None:
    trial = Trial().person()
    trial.relapse(10, confirmed="Y").relapse(110, confirmed="N").relapse(210, confirmed=None)
    trial.relapse(310, ceoccur="N").relapse(410, cecat="PSEUDO-RELAPSE").relapse(510, ceoccur=None)
    assert trial.derive("relapse")["onset_day"].to_list() == [10, 510]


def test_confirmation_belongs_to_its_own_study_and_record() -> None:
    trial = Trial().person(extension=740)
    trial.relapse(10, ceseq=1.0).relapse(800, studyid="E", ceseq=1.0, confirmed="N")
    assert trial.derive("relapse")["onset_day"].to_list() == [10]


def test_partial_onset_stands_in_the_middle_flagged_and_none_without_a_year() -> None:
    trial = Trial().person().relapse("2009-03", "2010", "--05-06", "")
    got = trial.derive("relapse")
    assert rows_of(got, "onset_text", "onset_date", "is_onset_imputed") == [
        ("2009-03", DAY0.replace(2009, 3, 15), True),
        ("2010", DAY0.replace(2010, 7, 1), True),
    ]


def test_t04_no_relapse_after_the_cutoff() -> None:
    after = (CUTOFF + timedelta(days=1)).isoformat()
    got = Trial().person().relapse(CUTOFF.isoformat(), after, "2017-10").derive("relapse")
    assert got["onset_date"].to_list() == [CUTOFF]
