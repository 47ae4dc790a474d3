"""T-01, T-02, C-01 .. C-04: persons, day 0, courses from infusions."""

from datetime import date

from transform_spec import CUTOFF, DAY0, Trial, day, rows_of


def test_c03_treated_is_by_actual_arm_with_an_infusion_in_a_core_study() -> None:
    trial = Trial().draw(
        "dm",
        """
        | usubjid    | studyid | rficdtc    | armcd    | actarmcd |
        | ALEM       | C1      | 2007-12-01 | ALEM12   | ALEM12   |
        | 24GIVEN12  | C2      | 2007-12-01 | ALEM24   | ALEM12   |
        | 24         | C2      | 2007-12-01 | ALEM24   | ALEM24   |
        | UNGIVEN    | C1      | 2007-12-01 | ALEM12   | ALEM12   |
        | ZERO       | C1      | 2007-12-01 | ALEM12   | ALEM12   |
        | LATER      | C1      | 2007-12-01 | ALEM12   | ALEM12   |
        | SWITCHER   | C1      | 2007-12-01 | IFNB1A   | IFNB1A   |
        | SCREENED   | C1      | 2007-12-01 | SCRNFAIL | SCRNFAIL |
        """,
    )
    trial.draw(
        "ex",
        """
        | usubjid   | studyid | exstdtc    | exdose |
        | ALEM      | C1      | 2008-01-01 | 12     |
        | 24GIVEN12 | C2      | 2008-01-02 | 12     |
        | 24        | C2      | 2008-01-03 | 24     |
        | ZERO      | C1      | 2008-01-04 | 0      |
        | LATER     | E       | 2010-01-04 | 12     |
        | SWITCHER  | E       | 2010-01-05 | 12     |
        """,
    )
    got = trial.derive("patient")
    assert rows_of(got, "person_id", "is_treated", "day0_date") == [
        ("24", False, date(2008, 1, 3)),
        ("24GIVEN12", True, date(2008, 1, 2)),
        ("ALEM", True, date(2008, 1, 1)),
        ("LATER", False, None),
        ("SCREENED", False, None),
        ("SWITCHER", False, None),
        ("UNGIVEN", False, None),
        ("ZERO", False, None),
    ]


def test_t04_what_is_dated_after_the_cutoff_has_not_happened() -> None:
    trial = Trial()
    trial.draw(
        "dm",
        """
        | usubjid | studyid | rficdtc    | actarmcd | dthfl | dthdtc     |
        | ON      | C1      | 2007-12-01 | ALEM12   | Y     | 2017-10-04 |
        | AFTER   | C1      | 2007-12-01 | ALEM12   | Y     | 2017-10-05 |
        | UNSAID  | C1      | 2007-12-01 | ALEM12   | .     | 2011-01-01 |
        | ON      | T       | 2017-10-04 | OL       | .     | .          |
        | AFTER   | T       | 2017-10-05 | OL       | .     | .          |
        """,
    )
    got = trial.derive("patient")
    assert rows_of(got, "person_id", "death_date", "topaz_entry_date", "has_entered_topaz") == [
        ("AFTER", None, None, False),
        ("ON", CUTOFF, CUTOFF, True),
        ("UNSAID", None, None, False),
    ]


def test_t06_a_partial_death_keeps_its_possible_days_flagged() -> None:
    trial = Trial().draw(
        "dm",
        """
        | usubjid   | studyid | actarmcd | dthfl | dthdtc     |
        | ALIVE     | C1      | ALEM12   | .     | .          |
        | COMPLETE  | C1      | ALEM12   | Y     | 2015-09-10 |
        | MONTH     | C1      | ALEM12   | Y     | 2015-09    |
        | YEAR      | C1      | ALEM12   | Y     | 2015       |
        | UNDATED   | C1      | ALEM12   | Y     | .          |
        | TOCUTOFF  | C1      | ALEM12   | Y     | 2017       |
        | TOOLATE   | C1      | ALEM12   | Y     | 2017-11    |
        | PRECISE   | C1      | ALEM12   | Y     | 2015       |
        | PRECISE   | T       | OL       | Y     | 2015-09-10 |
        | TWICE     | C1      | ALEM12   | Y     | 2015-09-10 |
        | TWICE     | T       | OL       | Y     | 2015-09-08 |
        | AFTERALL  | C1      | ALEM12   | Y     | 2017-10    |
        | AFTERALL  | T       | OL       | Y     | 2017-10-05 |
        """,
    )
    got = trial.derive("patient").sort("person_id")
    assert rows_of(
        got, "person_id", "death_date", "death_latest_date", "is_death_date_partial"
    ) == [
        ("AFTERALL", None, None, None),
        ("ALIVE", None, None, None),
        ("COMPLETE", date(2015, 9, 10), date(2015, 9, 10), False),
        ("MONTH", date(2015, 9, 1), date(2015, 9, 30), True),
        ("PRECISE", date(2015, 9, 10), date(2015, 9, 10), False),
        ("TOCUTOFF", date(2017, 1, 1), CUTOFF, True),
        ("TOOLATE", None, None, None),
        ("TWICE", date(2015, 9, 8), date(2015, 9, 8), False),
        ("UNDATED", None, None, None),
        ("YEAR", date(2015, 1, 1), date(2015, 12, 31), True),
    ]
    texts = dict(rows_of(got, "person_id", "death_text"))
    assert {person: text for person, text in texts.items() if text} == {
        "COMPLETE": "2015-09-10",
        "MONTH": "2015-09",
        "PRECISE": "2015-09-10",
        "TOCUTOFF": "2017",
        "TWICE": "2015-09-08",
        "YEAR": "2015",
    }


def test_history_counts_are_the_last_record_of_the_core_study() -> None:
    trial = Trial().person()
    trial.draw(
        "sc",
        """
        | studyid | scseq | sctestcd | scstresn |
        | C1      | 2     | RELPY1   | 3        |
        | C1      | 1     | RELPY1   | 2        |
        | C1      | 3     | RELPY1   | .        |
        | C1      | 4     | RELPY2   | 4        |
        | C2      | 9     | RELPY1   | 7        |
        """,
    )
    got = trial.derive("patient")
    assert rows_of(got, "relapses_prior_1_year", "relapses_prior_2_years") == [(3, 4)]


def test_one_person_screened_twice_is_one_row() -> None:
    trial = Trial()
    trial.draw(
        "dm",
        """
        | usubjid | studyid | rficdtc    | actarmcd | siteid |
        | P1      | C2      | 2008-02-01 | SCRNFAIL | 7      |
        | P1      | C1      | 2007-12-01 | ALEM12   | 8      |
        """,
    ).add("ex", day=0)
    got = trial.derive("patient")
    assert rows_of(got, "core_study_id", "is_treated", "site_id") == [("CAMMS323", True, "8")]


def test_c01_a_course_starts_when_more_than_30_days_have_passed() -> None:
    trial = Trial().person("NEAR", courses=(0, 30)).person("FAR", courses=(0, 31))
    trial.person("CHAIN", courses=(0, 30, 60))
    got = trial.derive("course")
    assert rows_of(got, "person_id", "course_number", "course_day", "n_infusions") == [
        ("CHAIN", 1, 0, 3),
        ("FAR", 1, 0, 1),
        ("FAR", 2, 31, 1),
        ("NEAR", 1, 0, 2),
    ]


def test_c01_only_given_alemtuzumab_counts_and_its_first_infusion_dates_the_course() -> None:
    trial = Trial().person(courses=())
    trial.draw(
        "ex",
        """
        | studyid | extrt              | exdose | exstdtc          | visit          |
        | C1      | INTERFERON BETA-1A | 44     | 2007-06-01       | .              |
        | C1      | ALEMTUZUMAB        | 0      | 2008-01-01T10:00 | COURSE 1 DAY 1 |
        | C1      | ALEMTUZUMAB        | 12     | 2008-01-03T10:00 | COURSE 1 DAY 3 |
        | C1      | ALEMTUZUMAB        | 12     | 2008-01-02T10:00 | COURSE 1 DAY 2 |
        | E       | ALEMTUZUMAB        | 12     | 2017-10-04       | COURSE 2 DAY 1 |
        | E       | ALEMTUZUMAB        | 12     | 2017-10-05       | COURSE 2 DAY 2 |
        """,
    )
    got = trial.derive("course")
    assert rows_of(
        got, "course_date", "last_infusion_date", "n_infusions", "total_dose_mg", "course_day"
    ) == [
        (date(2008, 1, 2), date(2008, 1, 3), 2, 24.0, 0),
        (CUTOFF, CUTOFF, 1, 12.0, (CUTOFF - date(2008, 1, 2)).days),
    ]


def test_c01_the_visit_label_is_a_cross_check() -> None:
    trial = Trial().person(courses=())
    trial.draw(
        "ex",
        """
        | day | visit          |
        | 0   | COURSE 1 DAY 1 |
        | 370 | COURSE 3 DAY 1 |
        | 800 | UNSCHEDULED    |
        """,
    )
    got = trial.derive("course")
    assert rows_of(got, "course_number", "label_course_number", "is_label_disagreeing") == [
        (1, 1, False),
        (2, 3, True),
        (3, None, False),
    ]


def test_c02_a_course_before_12_months_is_early_and_365_days_is_before() -> None:
    got = Trial().person(courses=(0, 365, 731)).derive("course")
    assert rows_of(got, "days_since_previous_course", "is_early") == [
        (None, False),
        (365, True),
        (366, False),
    ]


def test_c04_reason_stands_on_the_course_of_its_infusion() -> None:
    trial = Trial().person(courses=(0, 370, 800))
    trial.draw(
        "suppex",
        """
        | studyid | idvarval | qval    | qnam   |
        | E       | 3        | RELAPSE | RETRSN |
        | C1      | 2        | Y       | OTHERQ |
        """,
    )
    got = trial.derive("course")
    assert got["retreatment_reason"].to_list() == [None, None, "RELAPSE"]


def test_t05_through_the_horizon_is_half_open() -> None:
    got = Trial().person(courses=(0, 2921)).person("P2", courses=(0, 2922)).derive("course")
    assert rows_of(got, "person_id", "course_day", "is_through_horizon") == [
        ("P1", 0, True),
        ("P1", 2921, True),
        ("P2", 0, True),
        ("P2", 2922, False),
    ]


def test_courses_of_a_switcher_have_no_day() -> None:
    trial = Trial().person(arm="IFNB1A", courses=()).add("ex", studyid="E", day=800)
    got = trial.derive("course")
    assert rows_of(got, "course_number", "course_day", "is_through_horizon") == [(1, None, False)]


def test_day_helper_counts_from_day0() -> None:
    assert day(0) == DAY0.isoformat()
