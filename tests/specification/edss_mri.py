"""E-06, E-10, E-11: EDSS at visits, and MRI activity by year and around a course."""

from specification.case import Case, Contrast

THREE_COURSES = "| patient | courses | extension | seen |\n| {} | 0 365 1000 | 740 | 2922 |"
TWO_COURSES = "| patient | courses | extension | seen |\n| {} | 0 365 | 740 | 2922 |"

CASES = (
    Case(
        "E-06",
        "Baselines: any EDSS before day 0, a scheduled one before a course",
        "Core baseline is the last EDSS of the core study on or before day 0, unscheduled or not."
        " Of Course 3 (day 1000) it is the last scheduled one, here long before (day 817). The"
        " day after is too late for both.",
        {
            "patients": THREE_COURSES.format("P1"),
            "edss": """
            | patient | -5  | -1   | 1   | 817 | 990  | 1001 |
            | P1      | 1.0 | 2.0u | 5.0 | 3.0 | 4.0u | 5.0  |
            """,
        },
        "windows.edss_at_visit",
        """
        | patient | anchor        | timepoint | assessment_day | edss_points |
        | P1      | core-baseline | BL        | -1             | 2.0         |
        | P1      | course-3      | BL        | 817            | 3.0         |
        """,
        where={"timepoint": "BL"},
    ),
    Case(
        "E-06",
        "Visits every six months around a course, and the change from its baseline",
        "Of Course 3, on day 1000, month -12 is day 634.75, month -6 day 817.4, month 6 day"
        " 1182.6 and month 12 day 1365.25.",
        {
            "patients": THREE_COURSES.format("P1"),
            "edss": """
            | patient | 635 | 817 | 1000 | 1182 | 1365 | 2095 |
            | P1      | 2.0 | 2.5 | 3.0  | 2.0  | 3.5  | 3.0  |
            """,
        },
        "windows.edss_at_visit",
        """
        | patient | analysis_month | timepoint | assessment_day | edss_points | edss_change_points |
        | P1      | -12            | M-12      | 635            | 2.0         | -1                 |
        | P1      | -6             | M-6       | 817            | 2.5         | -0.5               |
        | P1      | 0              | BL        | 1000           | 3.0         | 0                  |
        | P1      | 6              | M6        | 1182           | 2.0         | -1                 |
        | P1      | 12             | M12       | 1365           | 3.5         | 0.5                |
        | P1      | 36             | M36       | 2095           | 3.0         | 0                  |
        """,
        where={"anchor": "course-3"},
    ),
    Case(
        "E-06",
        "From core baseline every six months, whole years by their number",
        "A visit without a baseline has no change.",
        {
            "patients": TWO_COURSES.format("P1 P2"),
            "edss": """
            | patient | 0   | 183 | 365 | 548 | 731 |
            | P1      | 2.0 | 2.5 | 1.5 | 2.0 | 3.0 |
            | P2      | .   | .   | 2.0 | .   | .   |
            """,
        },
        "windows.edss_at_visit",
        """
        | patient | analysis_month | timepoint | baseline_points | edss_change_points |
        | P1      | 0              | BL        | 2.0             | 0                  |
        | P1      | 6              | M6        | 2.0             | 0.5                |
        | P1      | 12             | Y1        | 2.0             | -0.5               |
        | P1      | 18             | M18       | 2.0             | 0                  |
        | P1      | 24             | Y2        | 2.0             | 1                  |
        | P2      | 12             | Y1        | .               | .                  |
        """,
        where={"anchor": "core-baseline"},
    ),
    Case(
        "E-06",
        "Mean and standard error at a visit",
        "Observed cases: P5 has no baseline EDSS.",
        {
            "patients": THREE_COURSES.format("P1 P2 P3 P4 P5"),
            "edss": """
            | patient | 1000 |
            | P1      | 2.0  |
            | P2      | 3.0  |
            | P3      | 4.0  |
            | P4      | 3.0  |
            """,
        },
        "results.result_edss",
        """
        | timepoint | n_patients | mean | sd     | se     |
        | BL        | 4          | 3    | ≈0.816 | ≈0.408 |
        """,
        where={
            "analysis_id": "edss.mean",
            "group_id": "3-courses",
            "anchor": "course-3",
            "timepoint": "BL",
        },
        how="Squared deviations 1 + 0 + 1 + 0 = 2; SD √(2/3), SE √(2/3)/√4.",
    ),
    Case(
        "E-06",
        "Mean change with a 95% t-interval",
        "Changes to month 12: +1.0, -0.5 and 0; P4 has no EDSS then, P5 no baseline.",
        {
            "patients": THREE_COURSES.format("P1 P2 P3 P4 P5"),
            "edss": """
            | patient | 1000 | 1365 |
            | P1      | 2.0  | 3.0  |
            | P2      | 3.0  | 2.5  |
            | P3      | 4.0  | 4.0  |
            | P4      | 3.0  | .    |
            | P5      | .    | 3.0  |
            """,
        },
        "results.result_edss",
        """
        | timepoint | n_patients | mean   | sd     | ci_low  | ci_high |
        | M12       | 3          | ≈0.167 | ≈0.764 | ≈-1.731 | ≈2.064  |
        """,
        where={
            "analysis_id": "edss.change",
            "group_id": "3-courses",
            "anchor": "course-3",
            "timepoint": "M12",
        },
        how="SD √(1.1667/2) = 0.764, SE 0.441; the t quantile with 2 degrees of freedom is 4.303.",
    ),
    Case(
        "E-10",
        "Active if one component is, missing if none is and one is missing",
        "New T1 hypointense lesions are told, but are no activity (P4).",
        {
            "patients": TWO_COURSES.format("P1 P2 P3 P4 P5"),
            "scans": """
            | patient | day | gd | t2 | t1 |
            | P1      | 365 | 1  | 0  | 0  |
            | P2      | 365 | 0  | .  | 0  |
            | P3      | 365 | .  | 2  | 0  |
            | P4      | 365 | 0  | 0  | 3  |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | has_gd_activity | has_t2_activity | has_t1_activity | has_mri_activity |
        | P1      | yes             | no              | no              | yes              |
        | P2      | no              | .               | no              | .                |
        | P3      | .               | yes             | no              | yes              |
        | P4      | no              | no              | yes             | no               |
        | P5      | .               | .               | .               | .                |
        """,
        where={"anchor": "core-baseline", "analysis_window": "Y1"},
    ),
    Case(
        "E-10",
        "Cumulative: free in every year so far",
        "Once active, always active; else a missing year leaves it open.",
        {
            "patients": TWO_COURSES.format("P1 P2 P3"),
            "scans": """
            | patient | day  | gd |
            | P1      | 365  | 0  |
            | P1      | 731  | 1  |
            | P1      | 1096 | 0  |
            | P2      | 365  | 0  |
            | P2      | 1096 | 0  |
            | P3      | 731  | 1  |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | has_mri_activity |
        | P1      | Y0..Y1          | no               |
        | P1      | Y0..Y2          | yes              |
        | P1      | Y0..Y3          | yes              |
        | P2      | Y0..Y1          | no               |
        | P2      | Y0..Y2          | .                |
        | P2      | Y0..Y3          | .                |
        | P3      | Y0..Y1          | .                |
        | P3      | Y0..Y2          | yes              |
        | P3      | Y0..Y3          | yes              |
        """,
        where={"anchor": "core-baseline", "analysis_window": ("Y0..Y1", "Y0..Y2", "Y0..Y3")},
    ),
    Case(
        "E-10",
        "Share free of activity over evaluable patients",
        "Of nine patients P9 has no scan; four of the other eight are free. Components stand"
        " alone: P1 and P2 have a Gd-enhancing lesion, P3 and P4 a new T2 lesion.",
        {
            "patients": TWO_COURSES.format("P1 P2 P3 P4 P5 P6 P7 P8 P9"),
            "scans": """
            | patient     | day | gd | t2 |
            | P1 P2       | 365 | 1  | 0  |
            | P3 P4       | 365 | 0  | 1  |
            | P5 P6 P7 P8 | 365 | 0  | 0  |
            """,
        },
        "results.result_mri",
        """
        | category               | n_patients | n_total | pct | ci_low | ci_high |
        | MRI activity           | 4          | 8       | 50  | ≈15.35 | ≈84.65  |
        | Gd-enhancing T1        | 6          | 8       | 75  | ≈44.99 | 100     |
        | new or enlarging T2    | 6          | 8       | 75  | ≈44.99 | 100     |
        | new T1 hypointense     | 8          | 8       | 100 | NE     | NE      |
        """,
        where={
            "analysis_id": "mri.free",
            "group_id": "2-courses",
            "anchor": "core-baseline",
            "analysis_window": "Y1",
        },
        how="Wald limits 50 ± 1.96·√(50·50/8) and 75 ± 1.96·√(75·25/8), cut at 100.",
    ),
    Case(
        "E-11",
        "Before a course: the last scan of 12 months and 45 days",
        "Of Course 3, on day 1000, that reaches back to day 589.75. A scan on the course's day is"
        " before it; a scan that was NOT DONE is none.",
        {
            "patients": THREE_COURSES.format("P1 P2 P3 P4"),
            "scans": """
            | patient | day     | nvstat   |
            | P1      | 700 990 | .        |
            | P1      | 995     | NOT DONE |
            | P2      | 590     | .        |
            | P3      | 589     | .        |
            | P4      | 1000    | .        |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | scan_day |
        | P1      | 990      |
        | P2      | 590      |
        | P3      | .        |
        | P4      | 1000     |
        """,
        where={"anchor": "course-3", "analysis_window": "M-12..M0"},
        contrasts=(
            Contrast(
                {"mri_before_extra_days": 46},
                """
                | patient | scan_day |
                | P1      | 990      |
                | P2      | 590      |
                | P3      | 589      |
                | P4      | 1000     |
                """,
            ),
        ),
    ),
    Case(
        "E-11",
        "After a course: the first scan from month 3 to month 15",
        "Of Course 3, on day 1000, that is from day 1091.3 on and before day 1456.6.",
        {
            "patients": THREE_COURSES.format("P1 P2 P3 P4"),
            "scans": """
            | patient | day            |
            | P1      | 1091 1092 1365 |
            | P2      | 1091           |
            | P3      | 1456           |
            | P4      | 1457           |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | scan_day |
        | P1      | 1092     |
        | P2      | .        |
        | P3      | 1456     |
        | P4      | .        |
        """,
        where={"anchor": "course-3", "analysis_window": "M0..M12"},
        contrasts=(
            Contrast(
                {"mri_after_months": (1, 12)},
                """
                | patient | scan_day |
                | P1      | 1091     |
                | P2      | 1091     |
                | P3      | .        |
                | P4      | .        |
                """,
            ),
        ),
    ),
    Case(
        "E-11",
        "McNemar's test on complete pairs",
        "Eight patients are active before and free after (c), one free before and active after"
        " (b), one free on both sides; P11 has no scan after.",
        {
            "patients": THREE_COURSES.format("P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11"),
            "scans": """
            | patient                 | day  | gd |
            | P1 P2 P3 P4 P5 P6 P7 P8 | 990  | 1  |
            | P1 P2 P3 P4 P5 P6 P7 P8 | 1365 | 0  |
            | P9                      | 990  | 0  |
            | P9                      | 1365 | 1  |
            | P10                     | 990  | 0  |
            | P10                     | 1365 | 0  |
            | P11                     | 990  | 1  |
            """,
        },
        "results.result_mri",
        """
        | n_patients | b | c | p       | p_exact | p_corrected |
        | 10         | 1 | 8 | ≈0.0196 | ≈0.0391 | ≈0.0455     |
        """,
        where={
            "analysis_id": "mri.before_after",
            "group_id": "3-courses",
            "category": "MRI activity",
            "comparator": "M-12..M0",
        },
        how="χ² = (8 - 1)²/9 = 5.44, corrected (7 - 1)²/9 = 4; exact: twice the chance of at most"
        " one head in nine throws, 20/512.",
    ),
    Case(
        "E-11",
        "Each side over its own patients",
        "Free before are 2 of the 11 with a scan before, free after 9 of the 10 with a scan after.",
        {
            "patients": THREE_COURSES.format("P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11"),
            "scans": """
            | patient                 | day  | gd |
            | P1 P2 P3 P4 P5 P6 P7 P8 | 990  | 1  |
            | P1 P2 P3 P4 P5 P6 P7 P8 | 1365 | 0  |
            | P9                      | 990  | 0  |
            | P9                      | 1365 | 1  |
            | P10                     | 990  | 0  |
            | P10                     | 1365 | 0  |
            | P11                     | 990  | 1  |
            """,
        },
        "results.result_mri",
        """
        | analysis_window | n_patients | n_total | pct   |
        | M-12..M0        | 2          | 11      | ≈18.2 |
        | M0..M12         | 9          | 10      | 90    |
        """,
        where={
            "analysis_id": "mri.before_after",
            "group_id": "3-courses",
            "category": "MRI activity",
            "comparator": "",
        },
    ),
)
