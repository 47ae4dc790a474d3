"""core.edss and core.mri_scan: which rows are a visit's values."""

from transform_spec import Trial, rows_of


def test_of_two_edss_on_one_day_the_higher_sequence_counts() -> None:
    trial = Trial().person()
    trial.draw(
        "qs",
        """
        | day | qsseq | qsstresn | visit    |
        | 91  | 12    | 3.0      | MONTH 3  |
        | 91  | 7     | 2.5      | MONTH 3  |
        | 182 | 13    | .        | MONTH 6  |
        | 182 | 8     | 2.0      | MONTH 6  |
        """,
    )
    got = trial.derive("edss")
    assert rows_of(got, "assessment_day", "edss_points") == [(91, 3.0), (182, 2.0)]


def test_edss_is_one_test_of_one_category_done_by_the_cutoff() -> None:
    trial = Trial().person()
    trial.draw(
        "qs",
        """
        | qsdtc      | qscat | qstestcd | qsstresn | qsstat   |
        | 2008-04-01 | EDSS  | EDSS0101 | 2.0      | .        |
        | 2008-04-01 | KFSS  | KFSS101  | 1        | .        |
        | 2008-05-01 | OTHER | EDSS0101 | 9.0      | .        |
        | 2008-07-01 | EDSS  | EDSS0101 | 2.0      | NOT DONE |
        | 2008-10    | EDSS  | EDSS0101 | 2.0      | .        |
        | 2017-10-04 | EDSS  | EDSS0101 | 2.5      | .        |
        | 2017-10-05 | EDSS  | EDSS0101 | 3.0      | .        |
        """,
    )
    assert trial.derive("edss")["edss_points"].to_list() == [2.0, 2.5]


def test_unscheduled_and_relapse_visits_are_told_apart() -> None:
    trial = Trial().person()
    trial.draw(
        "qs",
        """
        | day | qsstresn | visit              |
        | 91  | 2.0      | MONTH 3            |
        | 100 | 3.0      | UNSCHEDULED 3.01   |
        | 120 | 3.0      | RELAPSE ASSESSMENT |
        | 182 | 2.0      | .                  |
        """,
    )
    assert trial.derive("edss")["is_scheduled"].to_list() == [True, False, False, True]


def test_a_scan_is_the_rows_of_one_day() -> None:
    trial = Trial().person()
    trial.draw(
        "nv",
        """
        | day | nvseq | nvtestcd | nvstresn | nvstat   |
        | 365 | 1     | GDLESCNT | 0        | .        |
        | 365 | 2     | T2NEWENL | 3        | .        |
        | 365 | 3     | BPF      | 0.82     | .        |
        | 365 | 5     | GDLESCNT | 2        | .        |
        | 365 | 6     | GDLESCNT | .        | .        |
        | 730 | 7     | GDLESCNT | .        | NOT DONE |
        | 900 | 8     | BPF      | 0.81     | .        |
        """,
    )
    got = trial.derive("mri_scan")
    assert rows_of(
        got, "scan_day", "gd_lesions", "t2_new_enlarging_lesions", "t1_new_hypointense_lesions"
    ) == [(365, 2, 3, None), (900, None, None, None)]
    assert got["bpf"].to_list() == [0.82, 0.81]
