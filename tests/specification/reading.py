"""What really comes: partial dates, several records a day, odd codes. Under the rule of each."""

from specification.case import Case

CASES = (
    Case(
        "T-06",
        "What was not assessed is no contact",
        "A functional system scored 9 or 99, or told as a text without a number, was not assessed;"
        " 6 is a score. Of an EDSS 9 is a score, too.",
        {
            "patients": "| patient | seen |\n| P1 P2 P3 P4 P5 | 500 |",
            "qs": """
            | patient | day | qscat | qstestcd | qsstresc | qsstresn |
            | P1      | 600 | KFSS  | KFSS101  | 9        | 9        |
            | P2      | 600 | KFSS  | KFSS107  | 99       | 99       |
            | P3      | 600 | KFSS  | KFSS102  | Unknown  | .        |
            | P4      | 600 | KFSS  | KFSS102  | 6        | 6        |
            | P5      | 600 | EDSS  | EDSS0101 | 9        | 9        |
            """,
        },
        "core.follow_up",
        """
        | patient | last_contact_day |
        | P1      | 500              |
        | P2      | 500              |
        | P3      | 500              |
        | P4      | 600              |
        | P5      | 600              |
        """,
    ),
    Case(
        "T-06",
        "Which rule placed a partial death",
        "P1 was seen on day 2600, in February 2015; P2 and P3 before the month of death.",
        {
            "patients": """
            | patient | seen | dthfl | dthdtc     |
            | P1      | 2600 | Y     | 2015-02    |
            | P2      | 2500 | Y     | 2015-02    |
            | P3      | 2500 | Y     | 2015-02-05 |
            """
        },
        "core.follow_up",
        """
        | patient | death_day | death_imputation      |
        | P1      | 2600      | last contact          |
        | P2      | 2588      | earliest possible day |
        | P3      | 2592      | .                     |
        """,
    ),
    Case(
        "C-01",
        "Two infusions on one day, the drug in mixed case",
        "Both are infusions of the course, and their doses add up.",
        {
            "patients": "| patient | courses |\n| P1 | . |",
            "ex": """
            | patient | day | exdose | extrt       | visit          |
            | P1      | 0   | 6      | Alemtuzumab | Course 1 Day 1 |
            | P1      | 0   | 6      | alemtuzumab | Course 1 Day 1 |
            | P1      | 1   | 12     | ALEMTUZUMAB | COURSE 1 DAY 2 |
            """,
        },
        "core.course",
        """
        | patient | course_number | label_course_number | n_infusions | total_dose_mg |
        | P1      | 1             | 1                   | 3           | 24            |
        """,
    ),
    Case(
        "S-03",
        "The days that a therapy's partial dates may mean",
        "Day 0 is 10 February 2008. The text stays as told; `decision_rule` names the rule.",
        {
            "patients": "| patient | courses |\n| P1 P2 P3 | 40 |",
            "cm": """
            | patient | cmstdtc | cmendtc | cmenrtpt |
            | P1      | 2008    | 2009-02 | .        |
            | P2      | 2008    | .       | .        |
            | P3      | 2006    | .       | .        |
            """,
        },
        "core.other_dmt",
        """
        | patient | start_text | start_earliest_date | start_latest_date | end_earliest_date | end_latest_date | decision_rule                             |
        | P1      | 2008       | 2008-01-01          | 2008-12-31        | 2009-02-01        | 2009-02-28      | taken after day 0                         |
        | P2      | 2008       | 2008-01-01          | 2008-12-31        | 2008-01-01        | .               | possibly taken after day 0                |
        | P3      | 2006       | 2006-01-01          | 2006-12-31        | 2006-01-01        | .               | started before day 0, no end, not ongoing |
        """,  # noqa: E501
    ),
    Case(
        "S-03",
        "Excluded by a partial date alone",
        "P1's only therapy may have been taken before day 0; P2 has, beside it, one that certainly"
        " was taken after it. The funnel counts P1 in the note on this exclusion.",
        {
            "patients": "| patient | courses | extension |\n| P1 P2 P3 | 40 400 | 740 |",
            "cm": """
            | patient | cmstdtc | cmendtc |
            | P1      | 2008    | .       |
            | P2      | 2008    | .       |
            | P2      | 2010    | .       |
            | P3      | 2006    | .       |
            """,
        },
        "core.population",
        """
        | patient | exclusion_reason | is_exclusion_uncertain |
        | P1      | other DMT        | yes                    |
        | P2      | other DMT        | no                     |
        | P3      | .                | no                     |
        """,
    ),
    Case(
        "E-01",
        "The days that a partial onset may mean, and the rule that chose one",
        "A relapse told to the day has no rule. The text stays as told.",
        {
            "patients": "| patient |\n| P1 P2 P3 |",
            "relapses": """
            | patient | told       |
            | P1      | 2010-02    |
            | P2      | 2010       |
            | P3      | 2010-02-03 |
            """,
        },
        "core.relapse",
        """
        | patient | onset_text | onset_date | onset_earliest_date | onset_latest_date | onset_imputation   |
        | P1      | 2010-02    | 2010-02-15 | 2010-02-01          | 2010-02-28        | 15th of the month  |
        | P2      | 2010       | 2010-07-01 | 2010-01-01          | 2010-12-31        | 1 July of the year |
        | P3      | 2010-02-03 | 2010-02-03 | 2010-02-03          | 2010-02-03        | .                  |
        """,  # noqa: E501
    ),
    Case(
        "E-01",
        "Two onsets on one day are one relapse; codes in mixed case",
        "P1's are one, told twice. P2's second one did not occur.",
        {
            "patients": "| patient |\n| P1 P2 |",
            "relapses": """
            | patient | onset | cecat      | ceoccur | confirmed |
            | P1      | 100   | ms relapse | y       | y         |
            | P1      | 100   | MS Relapse | .       | Y         |
            | P2      | 100   | MS RELAPSE | Y       | Y         |
            | P2      | 300   | MS RELAPSE | n       | Y         |
            """,
        },
        "core.relapse",
        """
        | patient | relapse_number | onset_day | n_records |
        | P1      | 1              | 100       | 2         |
        | P2      | 1              | 100       | 1         |
        """,
    ),
    Case(
        "E-06",
        "Two scores on one day, and a score without a day",
        "The row with the higher QSSEQ counts, whatever the order of rows; of two studies the"
        " later study's. A score dated by its month stands for no visit: it has no row, and the"
        " gate of raw.qs counts it.",
        {
            "patients": "| patient | extension |\n| P1 P2 P3 | 740 |",
            "qs": """
            | patient | study | qsseq | qsdtc      | qsstresn |
            | P1      | C1    | 12    | 2008-04-01 | 3        |
            | P1      | C1    | 7     | 2008-04-01 | 2.5      |
            | P2      | E     | 1     | 2010-01-10 | 4        |
            | P2      | C1    | 40    | 2010-01-10 | 3.5      |
            | P3      | C1    | 1     | 2008-04    | 2        |
            """,
        },
        "core.edss",
        """
        | patient | study_id   | assessment_date | edss_points |
        | P1      | CAMMS323   | 2008-04-01      | 3           |
        | P2      | CAMMS03409 | 2010-01-10      | 4           |
        """,
    ),
    Case(
        "E-06",
        "Functional systems are no EDSS; which visits are scheduled",
        "A visit is unscheduled if its name says so, in any case: its score is no analysis visit"
        " (T-07) and confirms nothing (E-07), but may be the core baseline and is a contact.",
        {
            "qs": """
            | patient | day | qscat | qstestcd | qsstresn | visit              |
            | P1      | 91  | edss  | EDSS0101 | 3        | Month 3            |
            | P1      | 91  | KFSS  | KFSS101  | 9        | MONTH 3            |
            | P1      | 100 | EDSS  | EDSS0101 | 9        | Unscheduled 3.01   |
            | P1      | 120 | EDSS  | EDSS0101 | 4        | Relapse assessment |
            """
        },
        "core.edss",
        """
        | patient | assessment_day | edss_points | is_scheduled |
        | P1      | 91             | 3           | yes          |
        | P1      | 100            | 9           | no           |
        | P1      | 120            | 4           | no           |
        """,
    ),
    Case(
        "E-10",
        "Several rows of one count on one day",
        "The last value by NVSEQ counts; a missing one never hides one that is there. A scan"
        " without a day is none; one at an unscheduled visit is a scan.",
        {
            "nv": """
            | patient | nvseq | nvdtc      | nvtestcd | nvstresn | visit       |
            | P1      | 2     | 2009-01-05 | GDLESCNT | 3        | MONTH 12    |
            | P1      | 1     | 2009-01-05 | GDLESCNT | 1        | MONTH 12    |
            | P1      | 3     | 2009-01-05 | GDLESCNT | .        | MONTH 12    |
            | P1      | 4     | 2009-01-05 | T2NEWENL | 0        | MONTH 12    |
            | P1      | 5     | 2009-02    | GDLESCNT | 7        | MONTH 13    |
            | P1      | 6     | 2009-03-05 | GDLESCNT | 2        | UNSCHEDULED |
            """
        },
        "core.mri_scan",
        """
        | patient | scan_date  | gd_lesions | t2_new_enlarging_lesions |
        | P1      | 2009-01-05 | 3          | 0                        |
        | P1      | 2009-03-05 | 2          | .                        |
        """,
    ),
    Case(
        "E-12",
        "Which rule placed a partial onset",
        "Day 0 is 10 February 2008. P1's event is let in by its latest possible day and counts on"
        " day 0, as does P2's, which has no date at all.",
        {
            "patients": "| patient | courses |\n| P1 P2 P3 P4 P5 | 40 |",
            "ae": """
            | patient | aedecod | aestdtc    |
            | P1      | Rash    | 2008-02    |
            | P2      | Rash    | .          |
            | P3      | Rash    | 2009-03    |
            | P4      | Rash    | 2008-01    |
            | P5      | Rash    | 2008-02-10 |
            """,
        },
        "core.adverse_event",
        """
        | patient | is_on_study | onset_day | onset_imputation      |
        | P1      | yes         | 0         | day 0                 |
        | P2      | yes         | 0         | day 0                 |
        | P3      | yes         | 385       | earliest possible day |
        | P4      | no          | -40       | earliest possible day |
        | P5      | yes         | 0         | .                     |
        """,
    ),
    Case(
        "E-12",
        "The same event told in another case is one",
        "Terms are compared without regard to case and blanks, and shown as the first study told.",
        {
            "patients": "| patient | extension |\n| P1 | 740 |",
            "ae": """
            | patient | study | day | aedecod           | aeser |
            | P1      | C1    | 800 | Basedow's disease | n     |
            | P1      | E     | 800 | BASEDOW'S DISEASE | y     |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term    | is_thyroid | is_serious |
        | P1      | Basedow's disease | yes        | yes        |
        """,
    ),
    Case(
        "E-15",
        "The days that a partial initial relapse may mean",
        "Told by its year, it counts on 1 July: 549 days before day 0.",
        {
            "patients": "| patient |\n| P1 P2 |",
            "mh": """
            | patient | mhterm          | mhstdtc    |
            | P1      | Initial relapse | 2006       |
            | P2      | INITIAL RELAPSE | 2006-07-01 |
            """,
        },
        "core.baseline",
        """
        | patient | initial_relapse_text | initial_relapse_date | initial_relapse_earliest_date | initial_relapse_latest_date | initial_relapse_imputation | years_since_initial_relapse |
        | P1      | 2006                 | 2006-07-01           | 2006-01-01                    | 2006-12-31                  | 1 July of the year         | ≈1.503                      |
        | P2      | 2006-07-01           | 2006-07-01           | 2006-07-01                    | 2006-07-01                  | .                          | ≈1.503                      |
        """,  # noqa: E501
    ),
    Case(
        "E-16",
        "A discontinuation told by its month or year",
        "It stands at its earliest possible day, flagged: 2015 is before the horizon end of"
        " 1 January 2016.",
        {
            "patients": "| patient | extension | topaz | seen |\n| P1 P2 P3 | 740 | 2230 | 2500 |",
            "ds": """
            | patient | study | dsdecod               | dsstdtc    |
            | P1      | T     | WITHDRAWAL BY SUBJECT | 2015       |
            | P2      | T     | Withdrawal by subject | 2015-03-04 |
            """,
        },
        "core.follow_up",
        """
        | patient | discontinuation_text | discontinuation_date | discontinuation_latest_date | is_discontinuation_date_partial | is_on_study_through_horizon |
        | P1      | 2015                 | 2015-01-01           | 2015-12-31                  | yes                             | no                          |
        | P2      | 2015-03-04           | 2015-03-04           | 2015-03-04                  | no                              | no                          |
        | P3      | .                    | .                    | .                           | .                               | yes                         |
        """,  # noqa: E501
    ),
)
