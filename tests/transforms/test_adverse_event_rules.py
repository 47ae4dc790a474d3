"""E-12: the same event told twice, and partial onsets."""

from transform_spec import Trial, rows_of


def test_e12_the_same_term_and_start_date_in_two_studies_is_one_event() -> None:
    trial = Trial().person(extension=740)
    trial.draw(
        "ae",
        """
        | studyid | aeseq | aedecod | aestdtc          | aeser | aesdth |
        | C1      | 1     | Asthma  | 2009-01-01T10:00 | N     | N      |
        | E       | 1     | Asthma  | 2009-01-01       | Y     | Y      |
        | E       | 2     | Asthma  | 2009-01-02       | N     | .      |
        | E       | 3     | Fever   | 2009-01-01       | N     | .      |
        """,
    )
    got = trial.derive("adverse_event")
    assert rows_of(got, "event_number", "preferred_term", "study_id", "is_serious", "is_fatal") == [
        (1, "Asthma", "CAMMS323", True, True),
        (2, "Fever", "CAMMS03409", False, False),
        (3, "Asthma", "CAMMS03409", False, False),
    ]


def test_two_rows_of_one_study_are_two_events_and_undated_or_uncoded_ones_never_merge() -> None:
    trial = Trial().person(extension=740)
    trial.draw(
        "ae",
        """
        | studyid | aeseq | aedecod  | aestdtc    |
        | C1      | 1     | Headache | 2009-01-01 |
        | C1      | 2     | Headache | 2009-01-01 |
        | E       | 1     | Headache | 2009-01-01 |
        | C1      | 3     | .        | 2009-02-01 |
        | E       | 3     | .        | 2009-02-01 |
        | C1      | 4     | Rash     | .          |
        | E       | 4     | Rash     | .          |
        """,
    )
    got = trial.derive("adverse_event")
    assert got["preferred_term"].value_counts().sort("preferred_term").rows() == [
        (None, 2),
        ("Headache", 2),
        ("Rash", 2),
    ]


def test_e12_a_partial_onset_counts_at_its_earliest_day_not_before_day_0() -> None:
    trial = Trial().person(courses=(40,))  # day 0 is 2008-02-10
    trial.draw(
        "ae",
        """
        | aedecod | aestdtc    |
        | A       | 2008-02    |
        | B       | 2008-01    |
        | C       | 2008       |
        | D       | 2009-03    |
        | E       | 2008-02-09 |
        | F       | 2008-02-10 |
        | G       | .          |
        | H       | 2017-10    |
        | I       | 2017-10-05 |
        """,
    )
    got = trial.derive("adverse_event").sort("preferred_term")
    assert rows_of(got, "preferred_term", "is_on_study", "onset_day", "is_onset_partial") == [
        ("A", True, 0, True),
        ("B", False, -40, True),
        ("C", True, 0, True),
        ("D", True, 385, True),
        ("E", False, -1, False),
        ("F", True, 0, False),
        ("G", True, 0, True),
        ("H", True, 3521, True),
    ]
