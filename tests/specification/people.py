"""E-15, E-16: who the patients were at the start, and who stayed."""

from specification.case import Case

CASES = (
    Case(
        "E-15",
        "The last value on or before day 0",
        "Each measure on its own: P1's last EDSS is unscheduled and counts, the last Gd count is"
        " that of the earlier scan. The initial relapse told by year and month counts on the 15th.",
        {
            "patients": """
            | patient | courses | age | sex | seen |
            | P1      | 0 365   | 30  | F   | 730  |
            | P2      | 0 365   | 40  | M   | 730  |
            """,
            "edss": """
            | patient | -20 | -3   | 0   | 91  |
            | P1      | 1.5 | 2.0u | .   | 4.0 |
            | P2      | .   | .    | 3.0 | .   |
            """,
            "scans": """
            | patient | day | gd |
            | P1      | -30 | 2  |
            | P1      | -10 | .  |
            | P1      | 30  | 0  |
            """,
            "sc": """
            | patient | sctestcd | scstresn |
            | P1      | RELPY1   | 1        |
            | P1      | RELPY2   | 3        |
            """,
            "mh": """
            | patient | mhseq | mhcat      | mhterm          | mhstdtc    |
            | P1      | 1     | MS HISTORY | INITIAL RELAPSE | 2004-01-01 |
            | P2      | 1     | MS HISTORY | INITIAL RELAPSE | 2006-12    |
            """,
        },
        "core.baseline",
        """
        | patient | age_years | is_female | edss_points | gd_lesions | has_gd_lesions |
        | P1      | 30        | yes       | 2.0         | 2          | yes            |
        | P2      | 40        | no        | 3.0         | .          | .              |
        """,
    ),
    Case(
        "E-15",
        "Relapses before, and years since the initial relapse",
        "1 January 2004 is 1461 days, 4 years, before day 0; the 15th of December 2006 is 382 days"
        " before it, flagged. A count that was not told is missing.",
        {
            "patients": "| patient | courses | seen |\n| P1 P2 | 0 365 | 730 |",
            "sc": """
            | patient | sctestcd | scstresn |
            | P1      | RELPY1   | 1        |
            | P1      | RELPY2   | 3        |
            """,
            "mh": """
            | patient | mhseq | mhcat      | mhterm          | mhstdtc    |
            | P1      | 1     | MS HISTORY | INITIAL RELAPSE | 2004-01-01 |
            | P2      | 1     | MS HISTORY | INITIAL RELAPSE | 2006-12    |
            """,
        },
        "core.baseline",
        """
        | patient | relapses_prior_1_year | years_since_initial_relapse | is_initial_relapse_imputed |
        | P1      | 1                     | 4                           | no                         |
        | P2      | .                     | ≈1.046                      | yes                        |
        """,  # noqa: E501
    ),
    Case(
        "E-15",
        "Shares over observed values",
        "Gd-enhancing lesions were counted in three of four: two of three had some.",
        {
            "patients": """
            | patient  | courses | sex | seen |
            | P1 P2 P3 | 0 365   | F   | 730  |
            | P4       | 0 365   | M   | 730  |
            """,
            "scans": """
            | patient | day | gd |
            | P1 P2   | -10 | 1  |
            | P3      | -10 | 0  |
            """,
        },
        "results.result_baseline",
        """
        | category                | n_patients | n_total | pct   |
        | female                  | 3          | 4       | 75    |
        | with Gd-enhancing lesions | 2        | 3       | ≈66.7 |
        """,
        where={"analysis_id": "baseline.categorical", "population": "treated"},
    ),
    Case(
        "E-15",
        "Mean and standard deviation over observed values",
        "Ages 30, 40 and 50; P4's was not told.",
        {
            "patients": """
            | patient | courses | age | seen |
            | P1      | 0 365   | 30  | 730  |
            | P2      | 0 365   | 40  | 730  |
            | P3      | 0 365   | 50  | 730  |
            | P4      | 0 365   | .   | 730  |
            """
        },
        "results.result_baseline",
        """
        | category | n_patients | mean | sd |
        | age      | 3          | 40   | 10 |
        """,
        where={
            "analysis_id": "baseline.continuous",
            "population": "treated",
            "category": "age",
        },
    ),
    Case(
        "E-16",
        "On study through the horizon",
        "To stop the treatment only (P2), to leave a study and enter the next (P3), to complete"
        " TOPAZ or to leave it after the horizon end (P4) is no departure. To withdraw (P5), to"
        " complete a study without a record in the next (P6), and to die (P7) is one.",
        {
            "patients": """
            | patient        | courses | extension | topaz | seen | died |
            | P1 P2 P3 P4 P5 | 0 365   | 740       | 2230  | 2800 | .    |
            | P6             | 0 365   | 740       | .     | 2200 | .    |
            | P7             | 0 365   | 740       | 2230  | 2500 | 2600 |
            """,
            "ds": """
            | patient | study | day  | dsdecod               | dsscat              |
            | P2      | T     | 2500 | ADVERSE EVENT         | STUDY TREATMENT     |
            | P3      | C1    | 700  | WITHDRAWAL BY SUBJECT | STUDY PARTICIPATION |
            | P4      | T     | 2950 | LOST TO FOLLOW-UP     | STUDY PARTICIPATION |
            | P5      | T     | 2700 | WITHDRAWAL BY SUBJECT | STUDY PARTICIPATION |
            | P6      | E     | 2200 | COMPLETED             | STUDY PARTICIPATION |
            """,
        },
        "core.follow_up",
        """
        | patient | is_on_study_through_horizon |
        | P1      | yes                         |
        | P2      | yes                         |
        | P3      | yes                         |
        | P4      | yes                         |
        | P5      | no                          |
        | P6      | no                          |
        | P7      | no                          |
        """,
    ),
    Case(
        "E-16",
        "Never left on paper, never seen again",
        "P1 has no record of leaving the extension and none in TOPAZ. It was over, as planned, on"
        " day 740 + 1461; with 183 days of grace, before the horizon end. P2, in TOPAZ, stays.",
        {
            "patients": """
            | patient | courses | extension | topaz | seen |
            | P1      | 0 365   | 740       | .     | 2200 |
            | P2      | 0 365   | 740       | 2230  | 2240 |
            """
        },
        "core.follow_up",
        """
        | patient | is_on_study_through_horizon |
        | P1      | no                          |
        | P2      | yes                         |
        """,
    ),
    Case(
        "E-16",
        "The share of a group that stayed",
        "Three of four in the 2-courses group.",
        {
            "patients": "| patient | courses | extension | topaz | seen |\n"
            "| P1 P2 P3 P4 | 0 365 | 740 | 2230 | 2800 |",
            "ds": "| patient | study | day | dsdecod |\n| P4 | T | 2500 | WITHDRAWAL BY SUBJECT |",
        },
        "results.result_retention",
        """
        | group_id  | n_patients | n_total | pct |
        | 2-courses | 3          | 4       | 75  |
        """,
        where={"analysis_id": "retention", "group_id": "2-courses"},
    ),
)
