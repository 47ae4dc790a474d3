"""W-01 .. W-06: windows around an anchor, and who is observed in them."""

from specification.case import Case, Contrast

#: Course 3 on day 1000, seen to the horizon.
ONE_PATIENT = """
    | patient | courses    | extension | seen |
    | P1      | 0 365 1000 | 740       | 2922 |
    """

CASES = (
    Case(
        "W-01",
        "Windows around a course",
        "Four windows of 12 months, one before and three after the course, and the cumulative"
        " ones; `M0..M12` is cumulative already.",
        {"patients": ONE_PATIENT},
        "windows.patient_course_window",
        """
        | patient | analysis_window | is_cumulative | window_start_day | window_end_day |
        | P1      | M-12..M0        | no            | 634.75           | 1000           |
        | P1      | M0..M12         | no            | 1000             | 1365.25        |
        | P1      | M0..M24         | yes           | 1000             | 1730.5         |
        | P1      | M0..M36         | yes           | 1000             | 2095.75        |
        | P1      | M12..M24        | no            | 1365.25          | 1730.5         |
        | P1      | M24..M36        | no            | 1730.5           | 2095.75        |
        """,
        where={"anchor": "course-3"},
    ),
    Case(
        "W-01",
        "Years from core baseline, and the year before it from history",
        "The horizon is set to two years here, to keep the table short. The relapses of the 12"
        " months before enrolment are a count told then; a dated relapse before day 0 is not"
        " added to it.",
        {
            "patients": "| patient | courses | seen |\n| P1 | 0 365 | 730 |",
            "sc": "| patient | sctestcd | scstresn |\n| P1 | RELPY1 | 2 |",
            "relapses": "| patient | onset |\n| P1 | -20 400 |",
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | window_start_day | window_end_day | relapses |
        | P1      | M-12..M0        | -365.25          | 0              | 2        |
        | P1      | Y1              | 0                | 365.25         | 0        |
        | P1      | Y2              | 365.25           | 730.5          | 1        |
        | P1      | Y0..Y1          | 0                | 365.25         | 0        |
        | P1      | Y0..Y2          | 0                | 730.5          | 1        |
        """,
        rules={"horizon_years": 2},
    ),
    Case(
        "W-01",
        "Anchors: core baseline, Courses 3, 4 and 5",
        "Each course that a patient was given is an anchor, whatever the patient's group; Course 6"
        " is none, since efficacy ends there.",
        {
            "patients": """
            | patient | courses                  | extension | seen |
            | P1      | 0 365                    | 740       | 2922 |
            | P2      | 0 365 800 1200 1600 2000 | 740       | 2922 |
            """
        },
        "windows.patient_course_window",
        """
        | patient | anchor   | anchor_day | analysis_window |
        | P2      | course-3 | 800        | M0..M12         |
        | P2      | course-4 | 1200       | M0..M12         |
        | P2      | course-5 | 1600       | M0..M12         |
        """,
        where={"analysis_window": "M0..M12"},
    ),
    Case(
        "W-02",
        "A relapse on the day of a course is after it",
        "Windows hold their first day and not their last: day 999 is before Course 3, day 1000"
        " after it. The first year after it ends at day 1365.25.",
        {
            "patients": """
            | patient     | courses    | extension | seen |
            | P1 P2 P3 P4 | 0 365 1000 | 740       | 2922 |
            """,
            "relapses": """
            | patient | onset |
            | P1      | 999   |
            | P2      | 1000  |
            | P3      | 1365  |
            | P4      | 1366  |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | first_relapse_day |
        | P1      | M-12..M0        | 999               |
        | P2      | M0..M12         | 1000              |
        | P3      | M0..M12         | 1365              |
        | P4      | M12..M24        | 1366              |
        """,
        where={"anchor": "course-3", "relapses": 1, "is_cumulative": False},
    ),
    Case(
        "W-02",
        "An EDSS or a scan on the day of a course is before it",
        "Taken on the day itself they are the baseline.",
        {
            "patients": ONE_PATIENT,
            "scans": "| patient | day | gd |\n| P1 | 1000 | 1 |",
            "edss": "| patient | 910 | 1000 |\n| P1 | 2.0 | 3.0 |",
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | scan_day | has_mri_activity | edss_end_day | edss_end_points |
        | P1      | M-12..M0        | 1000     | yes              | 1000         | 3.0             |
        | P1      | M0..M12         | .        | .                | .            | .               |
        """,
        where={"anchor": "course-3", "analysis_window": ("M-12..M0", "M0..M12")},
    ),
    Case(
        "W-02",
        "The same holds for Course 6",
        "A relapse on its day comes after efficacy follow-up, one on the day before does not.",
        {
            "patients": """
            | patient | courses                  | extension | seen |
            | P1 P2   | 0 365 800 1200 1600 2000 | 740       | 2922 |
            """,
            "relapses": """
            | patient | onset |
            | P1      | 1999  |
            | P2      | 2000  |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | days_at_risk | relapses |
        | P1      | M12..M24        | 34.75        | 1        |
        | P2      | M12..M24        | 34.75        | 0        |
        """,
        where={"anchor": "course-5", "analysis_window": "M12..M24"},
        how="The window starts on day 1600 + 365.25 = 1965.25; follow-up ends before day 2000.",
    ),
    Case(
        "W-03",
        "Days at risk are the overlap with follow-up",
        "P1 was last seen on day 1800, so that follow-up ends before day 1801; P2's ends before"
        " day 1366, three quarters of a day into the second year; P3's one day earlier: no row.",
        {
            "patients": """
            | patient | courses    | extension | seen |
            | P1      | 0 365 1000 | 740       | 1800 |
            | P2      | 0 365 1000 | 740       | 1365 |
            | P3      | 0 365 1000 | 740       | 1364 |
            """
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | days_at_risk | is_complete |
        | P1      | M-12..M0        | 365.25       | yes         |
        | P1      | M0..M12         | 365.25       | yes         |
        | P1      | M12..M24        | 365.25       | yes         |
        | P1      | M24..M36        | 70.5         | no          |
        | P2      | M-12..M0        | 365.25       | yes         |
        | P2      | M0..M12         | 365.25       | yes         |
        | P2      | M12..M24        | 0.75         | no          |
        | P3      | M-12..M0        | 365.25       | yes         |
        | P3      | M0..M12         | 365          | no          |
        """,
        where={"anchor": "course-3", "is_cumulative": False},
    ),
    Case(
        "W-03",
        "No day before day 0 is at risk",
        "Of the 12 months before a very early Course 3 (day 200) the 200 days from day 0 on are at"
        " risk; a relapse before day 0 is not counted in them.",
        {
            "patients": """
            | patient | courses   | extension | seen |
            | P1      | 0 100 200 | 740       | 2922 |
            """,
            "relapses": "| patient | onset |\n| P1 | -50 150 |",
        },
        "windows.patient_course_window",
        """
        | patient | window_start_day | days_at_risk | relapses | first_relapse_day |
        | P1      | -165.25          | 200          | 1        | 150               |
        """,
        where={"anchor": "course-3", "analysis_window": "M-12..M0"},
    ),
    Case(
        "W-03",
        "Days at risk to the next course stand beside",
        "With Course 4 on day 1200 the 365.25 days after Course 3 hold 200 until then, and one of"
        " the two relapses.",
        {
            "patients": """
            | patient | courses         | extension | seen |
            | P1      | 0 365 1000 1200 | 740       | 2922 |
            """,
            "relapses": "| patient | onset |\n| P1 | 1100 1250 |",
        },
        "windows.patient_course_window",
        """
        | patient | days_at_risk | relapses | days_at_risk_to_next_course | relapses_to_next_course |
        | P1      | 365.25       | 2        | 200                         | 1                       |
        """,  # noqa: E501
        where={"anchor": "course-3", "analysis_window": "M0..M12"},
    ),
    Case(
        "W-03",
        "EDSS at the window's end, scan and components of the window",
        "The EDSS nearest to the end of the year (day 1365.25) stands for it.",
        {
            "patients": ONE_PATIENT,
            "edss": "| patient | 1000 | 1182 | 1360 | 1400 |\n| P1 | 2.0 | 2.5 | 3.0 | 3.5 |",
            "scans": "| patient | day | gd | t2 | t1 |\n| P1 | 1360 | 0 | 2 | 0 |",
        },
        "windows.patient_course_window",
        """
        | patient | edss_end_day | edss_end_points | has_gd_activity | has_t2_activity |
        | P1      | 1360         | 3.0             | no              | yes             |
        """,
        where={"anchor": "course-3", "analysis_window": "M0..M12"},
    ),
    Case(
        "W-04",
        "A window that reaches back over the previous course stays whole",
        "Course 3 comes 335 days after Course 2 of P1 (flagged): the 12 months before it hold"
        " Course 2 and the relapse before that.",
        {
            "patients": """
            | patient | courses   | extension | seen |
            | P1      | 0 365 700 | 760       | 2922 |
            | P2      | 0 365 731 | 760       | 2922 |
            """,
            "relapses": "| patient | onset |\n| P1 | 350 |",
        },
        "windows.patient_course_window",
        """
        | patient | window_start_day | days_at_risk | relapses | is_overlapping_previous_course |
        | P1      | 334.75           | 365.25       | 1        | yes                            |
        | P2      | 365.75           | 365.25       | 0        | no                             |
        """,
        where={"anchor": "course-3", "analysis_window": "M-12..M0"},
    ),
    Case(
        "W-05",
        "The gap before the next study is at risk",
        "Last seen in the core study on day 730, entered the extension on day 800: 69 days of Year"
        " 3 without a record, whose relapses are asked for at entry. As an alternative they are"
        " left out, with their relapses.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 | 0 365 | 800 | 730 2922 |",
            "relapses": "| patient | study | onset |\n| P1 | E | 750 |",
        },
        "windows.patient_course_window",
        """
        | patient | days_at_risk | relapses |
        | P1      | 365.25       | 1        |
        """,
        where={"anchor": "core-baseline", "analysis_window": "Y3"},
        contrasts=(
            Contrast(
                {"is_gap_at_risk": False},
                """
                | patient | days_at_risk | relapses |
                | P1      | 296.25       | 0        |
                """,
            ),
        ),
    ),
    Case(
        "W-05",
        "The gap is listed",
        "It runs from the day after the last contact up to, and not including, the entry. P2, who"
        " never came back, has none.",
        {
            "patients": """
            | patient | courses | extension | seen     |
            | P1      | 0 365   | 800       | 730 2922 |
            | P2      | 0 365   | .         | 730      |
            """
        },
        "core.follow_up",
        """
        | patient | extension_gap_start_day | extension_gap_end_day | gap_days |
        | P1      | 731                     | 800                   | 69       |
        | P2      | .                       | .                     | 0        |
        """,
    ),
    Case(
        "W-06",
        "Available at a month after the course",
        "Follow-up must reach the month: month 12 is day 1365.25, reached by follow-up to day 1366"
        " (P2, last seen on day 1365), not by follow-up to day 1365 (P1).",
        {
            "patients": """
            | patient | courses    | extension | seen |
            | P1      | 0 365 1000 | 740       | 1364 |
            | P2      | 0 365 1000 | 740       | 1365 |
            | P3      | 0 365 1000 | 740       | 2000 |
            | P4      | 0 365 1000 | 740       | 2922 |
            """
        },
        "results.result_retention",
        """
        | timepoint | n_patients | n_total | pct |
        | M12       | 3          | 4       | 75  |
        | M24       | 2          | 4       | 50  |
        | M36       | 1          | 4       | 25  |
        """,
        where={"analysis_id": "available", "anchor": "course-3", "group_id": "3-courses"},
    ),
    Case(
        "W-06",
        "Available at a year from core baseline",
        "Four years are 1461 whole days: follow-up to day 1461 (P2) reaches them, to day 1460 (P1)"
        " does not.",
        {
            "patients": """
            | patient | courses | extension | seen |
            | P1      | 0 365   | 740       | 1459 |
            | P2      | 0 365   | 740       | 1460 |
            """
        },
        "results.result_retention",
        """
        | timepoint | n_patients | n_total | pct |
        | Y3        | 2          | 2       | 100 |
        | Y4        | 1          | 2       | 50  |
        """,
        where={
            "analysis_id": "available",
            "anchor": "core-baseline",
            "group_id": "2-courses",
            "timepoint": ("Y3", "Y4"),
        },
    ),
)
