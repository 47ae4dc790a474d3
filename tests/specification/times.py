"""T-01 .. T-08: studies, days, cut-off, follow-up, analysis visits."""

from datetime import date

from specification.case import Case, Contrast

CASES = (
    Case(
        "T-01",
        "One person in up to three studies",
        "A patient is one row, known by the core study, whatever studies came after it.",
        {
            "patients": """
            | patient | study | courses | extension | topaz |
            | P1      | C1    | 0 365   | 740       | 2230  |
            | P2      | C2    | 0 365   | 740       | .     |
            | P3      | C2    | 0 365   | .         | .     |
            """
        },
        "core.patient",
        """
        | patient | core_study_id | has_entered_extension | has_entered_topaz |
        | P1      | CAMMS323      | yes                   | yes               |
        | P2      | CAMMS32400507 | yes                   | no                |
        | P3      | CAMMS32400507 | no                    | no                |
        """,
    ),
    Case(
        "T-01",
        "What three studies tell stands on one axis of days",
        "Records of core study, extension and TOPAZ are joined, each counted from the same day 0.",
        {
            "patients": """
            | patient | courses | extension | topaz |
            | P1      | 0 365   | 740       | 2230  |
            """,
            "relapses": """
            | patient | study | onset |
            | P1      | C1    | 100   |
            | P1      | E     | 900   |
            | P1      | T     | 2500  |
            """,
        },
        "core.relapse",
        """
        | patient | study_id  | onset_day |
        | P1      | CAMMS323  | 100       |
        | P1      | CAMMS03409 | 900      |
        | P1      | LPS13649  | 2500      |
        """,
    ),
    Case(
        "T-02",
        "Day 0 is the first alemtuzumab infusion",
        "Days have passed since day 0, which is 0 itself; the day before it is -1. (As SDTM"
        " --DY the same days would be 1 and -1.)",
        {
            "patients": "| patient | courses |\n| P1 | 60 425 |",
            "relapses": """
            | patient | told       |
            | P1      | 2008-02-29 |
            | P1      | 2008-03-01 |
            | P1      | 2009-03-01 |
            """,
        },
        "core.relapse",
        """
        | patient | onset_date | onset_day |
        | P1      | 2008-02-29 | -1        |
        | P1      | 2008-03-01 | 0         |
        | P1      | 2009-03-01 | 365       |
        """,
        how="P1's first infusion is on 1 March 2008, 60 days after 1 January.",
    ),
    Case(
        "T-02",
        "Day 0 lies in the core study",
        "A first course in the extension, after interferon in the core study, makes no day 0.",
        {
            "patients": """
            | patient | arm    | courses | extension |
            | P1      | ALEM12 | 0 365   | 740       |
            | P2      | IFNB1A | .       | 740       |
            """,
            "ex": """
            | patient | study | day | extrt              |
            | P2      | C1    | 0   | INTERFERON BETA-1A |
            | P2      | E     | 760 | ALEMTUZUMAB        |
            """,
        },
        "core.patient",
        """
        | patient | day0_date  |
        | P1      | 2008-01-01 |
        | P2      | .          |
        """,
    ),
    Case(
        "T-02",
        "Years of 365.25 days",
        "Year y holds the days from (y - 1)·365.25 on, up to but not including y·365.25.",
        {
            "patients": """
            | patient | courses | extension | seen |
            | P1 P2 P3 | 0 365 | 740 | 2922 |
            """,
            "relapses": """
            | patient | onset |
            | P1      | 365   |
            | P2      | 366   |
            | P3      | 1461  |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | window_start_day | window_end_day | first_relapse_day |
        | P1      | Y1              | 0                | 365.25         | 365               |
        | P2      | Y2              | 365.25           | 730.5          | 366               |
        | P3      | Y5              | 1461             | 1826.25        | 1461              |
        """,
        where={"anchor": "core-baseline", "is_cumulative": False, "relapses": 1},
    ),
    Case(
        "T-03",
        "A month is a twelfth of 365.25 days",
        "Month 12 after a course is 365.25 days after it, month 36 is 1095.75 days after it.",
        {
            "patients": """
            | patient | courses    | extension | seen |
            | P1      | 0 365 1000 | 740       | 2922 |
            """
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | window_start_day | window_end_day |
        | P1      | M-12..M0        | 634.75           | 1000           |
        | P1      | M0..M12         | 1000             | 1365.25        |
        | P1      | M12..M24        | 1365.25          | 1730.5         |
        | P1      | M24..M36        | 1730.5           | 2095.75        |
        """,
        where={"anchor": "course-3", "is_cumulative": False},
        how="30.4375 · 12 = 365.25. Months of 30 or 28 days would end the first window on day 1360"
        " or 1336.",
    ),
    Case(
        "T-04",
        "The cut-off day is in, the next day is not",
        "What is dated after the cut-off has not happened yet; an earlier cut sees less.",
        {
            "relapses": """
            | patient | told       |
            | P1      | 2016-10-04 |
            | P2      | 2016-10-05 |
            | P3      | 2017-10-04 |
            | P4      | 2017-10-05 |
            """,
            "patients": "| patient |\n| P1 P2 P3 P4 |",
        },
        "core.relapse",
        """
        | patient | onset_date |
        | P1      | 2016-10-04 |
        | P2      | 2016-10-05 |
        | P3      | 2017-10-04 |
        """,
        contrasts=(
            Contrast(
                {"cutoff": date(2016, 10, 4), "horizon_years": 7},
                """
                | patient | onset_date |
                | P1      | 2016-10-04 |
                """,
            ),
        ),
    ),
    Case(
        "T-04",
        "The horizon is the last year that is analysed",
        "With a horizon of eight years windows end with Year 8, a year earlier with Year 7.",
        {"patients": "| patient | courses | extension | seen |\n| P1 | 0 365 | 740 | 3100 |"},
        "windows.patient_course_window",
        """
        | patient | analysis_window | window_end_day | days_at_risk |
        | P1      | Y7              | 2556.75        | 365.25       |
        | P1      | Y8              | 2922           | 365.25       |
        """,
        where={"analysis_window": ("Y7", "Y8", "Y9")},
        contrasts=(
            Contrast(
                {"cutoff": date(2016, 10, 4), "horizon_years": 7},
                """
                | patient | analysis_window | window_end_day | days_at_risk |
                | P1      | Y7              | 2556.75        | 365.25       |
                """,
            ),
        ),
    ),
    Case(
        "T-05",
        "Courses are counted twice",
        "Through the horizon (day 2922) for how many courses a patient had; through the cut-off"
        " (here day 3564) for the group. A late course moves a patient out of a group, not into"
        " the next one.",
        {
            "patients": """
            | patient | courses         | extension |
            | P1      | 0 365 1000 2900 | 740       |
            | P2      | 0 365 1000 2922 | 740       |
            | P3      | 0 365 1000 3564 | 740       |
            | P4      | 0 365 1000 3565 | 740       |
            """
        },
        "core.population",
        """
        | patient | courses_through_horizon | courses_through_cutoff | group_id  |
        | P1      | 4                       | 4                      | .         |
        | P2      | 3                       | 4                      | .         |
        | P3      | 3                       | 4                      | .         |
        | P4      | 3                       | 3                      | 3-courses |
        """,
    ),
    Case(
        "T-05",
        "A therapy counts if taken before the horizon end",
        "A start on day 2922 (1 January 2016 for P1 and P2) is too late to count. Of P3 and P4,"
        " whose horizon ends on 10 February 2016, a start told by its year may lie on either"
        " side: it counts, flagged.",
        {
            "patients": """
            | patient | courses |
            | P1 P2   | 0 365   |
            | P3 P4   | 40 405  |
            """,
            "cm": """
            | patient | cmstdtc    |
            | P1      | 2015-12-31 |
            | P2      | 2016-01-01 |
            | P3      | 2016       |
            | P4      | 2016-03    |
            """,
        },
        "core.other_dmt",
        """
        | patient | start_text | is_counted | is_decision_uncertain |
        | P1      | 2015-12-31 | yes        | no                    |
        | P2      | 2016-01-01 | no         | no                    |
        | P3      | 2016       | yes        | yes                   |
        | P4      | 2016-03    | no         | no                    |
        """,
    ),
    Case(
        "T-05",
        "For a late entrant the cut-off comes before the horizon",
        "Day 0 is 11 March 2010, the horizon would end in March 2018: a start on the cut-off day"
        " counts, one that may lie after it counts flagged, one after it is no record.",
        {
            "patients": "| patient | courses |\n| P1 P2 P3 | 800 |",
            "cm": """
            | patient | cmstdtc    |
            | P1      | 2017-10-04 |
            | P2      | 2017-10    |
            | P3      | 2017-10-05 |
            """,
        },
        "core.other_dmt",
        """
        | patient | start_text | is_counted | is_decision_uncertain |
        | P1      | 2017-10-04 | yes        | no                    |
        | P2      | 2017-10    | yes        | yes                   |
        """,
    ),
    Case(
        "T-06",
        "What ends efficacy follow-up",
        "The end is the first day no longer observed: the day after the last contact or after"
        " death, the horizon end, the day after the cut-off, or the day of Course 6. A death"
        " counts as a contact up to 183 days after the last visit (P2), not later (P3).",
        {
            "patients": """
            | patient | courses                     | seen | died |
            | P1      | 0 365                       | 2000 | .    |
            | P2      | 0 365                       | 2000 | 2183 |
            | P3      | 0 365                       | 2000 | 2184 |
            | P4      | 0 365                       | 3000 | .    |
            | P5      | 0 365 800 1200 1600 2000    | 2500 | .    |
            | P6      | 1500                        | 3600 | .    |
            | P7      | 1500                        | 3564 | .    |
            """
        },
        "core.follow_up",
        """
        | patient | efficacy_end_day | efficacy_end_reason |
        | P1      | 2001             | last contact        |
        | P2      | 2184             | death               |
        | P3      | 2001             | last contact        |
        | P4      | 2922             | horizon             |
        | P5      | 2000             | course 6            |
        | P6      | 1                | last contact        |
        | P7      | 2065             | cut-off             |
        """,
        how="P7's day 0 is day 1500 of the drawing, so the cut-off (3564) is day 2064 and the day"
        " after it 2065. P6 was seen after the cut-off only, which has not happened.",
        contrasts=(
            Contrast(
                {"death_contact_days": 182},
                """
                | patient | efficacy_end_day | efficacy_end_reason |
                | P1      | 2001             | last contact        |
                | P2      | 2001             | last contact        |
                | P3      | 2001             | last contact        |
                | P4      | 2922             | horizon             |
                | P5      | 2000             | course 6            |
                | P6      | 1                | last contact        |
                | P7      | 2065             | cut-off             |
                """,
            ),
        ),
    ),
    Case(
        "T-06",
        "What the patient tells is no contact, nor is what was not done",
        "Relapses, adverse events and medications carry dates told by the patient; an examination"
        " marked NOT DONE and a dose of 0 saw nobody.",
        {
            "patients": "| patient | seen |\n| P1 P2 P3 P4 P5 | 500 |",
            "relapses": "| patient | onset |\n| P1 | 630 |",
            "ae": "| patient | day | aedecod |\n| P2 | 640 | Rash |",
            "cm": "| patient | day |\n| P3 | 650 |",
            "scans": "| patient | day | nvstat |\n| P4 | 660 | NOT DONE |",
            "ex": "| patient | day | exdose |\n| P5 | 670 | 0 |",
        },
        "core.follow_up",
        """
        | patient | last_contact_day | efficacy_end_day |
        | P1      | 500              | 501              |
        | P2      | 500              | 501              |
        | P3      | 500              | 501              |
        | P4      | 500              | 501              |
        | P5      | 500              | 501              |
        """,
    ),
    Case(
        "T-06",
        "A death told by its year",
        "It stands at the earliest possible day, but not before the last contact: for P1 on the"
        " last visit (1 September 2015), for P2 and P3 on 1 January 2015, which is 92 and 214"
        " days after the last visit.",
        {
            "patients": """
            | patient | seen | dthfl | dthdtc |
            | P1      | 2800 | Y     | 2015   |
            | P2      | 2465 | Y     | 2015   |
            | P3      | 2343 | Y     | 2015   |
            """
        },
        "core.follow_up",
        """
        | patient | death_day | last_contact_day | efficacy_end_day |
        | P1      | 2800      | 2800             | 2801             |
        | P2      | 2557      | 2557             | 2558             |
        | P3      | 2557      | 2343             | 2344             |
        """,
    ),
    Case(
        "T-07",
        "The nearest EDSS within 45 days, of two equally near ones the later",
        "Month 12 is day 365.25: of P1's visits day 380 is nearer than 340. Month 24 is day 730.5:"
        " P2's visits on 720 and 741 are equally near. P3's visit is 44.75 days off, P4's 45.75.",
        {
            "patients": "| patient | courses | extension | seen |\n"
            "| P1 P2 P3 P4 | 0 365 | 760 | 2922 |",
            "edss": """
            | patient | 340 | 380 | 410 | 411 | 720 | 741 |
            | P1      | 1.0 | 2.0 | .   | .   | .   | .   |
            | P2      | .   | .   | .   | .   | 1.0 | 2.0 |
            | P3      | .   | .   | 2.0 | .   | .   | .   |
            | P4      | .   | .   | .   | 2.0 | .   | .   |
            """,
        },
        "windows.edss_at_visit",
        """
        | patient | timepoint | assessment_day | edss_points |
        | P1      | Y1        | 380            | 2.0         |
        | P2      | Y2        | 741            | 2.0         |
        | P3      | Y1        | 410            | 2.0         |
        """,
        where={"anchor": "core-baseline"},
        contrasts=(
            Contrast(
                {"edss_tolerance_days": 46},
                """
                | patient | timepoint | assessment_day | edss_points |
                | P1      | Y1        | 380            | 2.0         |
                | P2      | Y2        | 741            | 2.0         |
                | P3      | Y1        | 410            | 2.0         |
                | P4      | Y1        | 411            | 2.0         |
                """,
            ),
        ),
    ),
    Case(
        "T-07",
        "In TOPAZ within 91 days",
        "TOPAZ visits are half a year apart: day 2640, 83.25 days after month 84, stands for"
        " Year 7 in TOPAZ, and for nothing in the extension.",
        {
            "patients": """
            | patient | courses | extension | topaz | seen |
            | P1      | 0 365   | 740       | 2230  | 2922 |
            | P2      | 0 365   | 740       | .     | 2922 |
            """,
            "edss": """
            | patient | study | 2640 |
            | P1      | T     | 2.0  |
            | P2      | E     | 2.0  |
            """,
        },
        "windows.edss_at_visit",
        """
        | patient | timepoint | assessment_day |
        | P1      | Y7        | 2640           |
        """,
        where={"anchor": "core-baseline"},
    ),
    Case(
        "T-07",
        "A scan within 183 days, for its nearest year only",
        "A scan on day 548 lies 182.75 days after the end of Year 1 and 182.5 before that of"
        " Year 2: it stands for Year 2 alone, though both are within 183 days.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 P2 | 0 365 | 740 | 2922 |",
            "scans": """
            | patient | day |
            | P1      | 548 |
            | P2      | 547 |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | scan_day |
        | P1      | Y1              | .        |
        | P1      | Y2              | 548      |
        | P2      | Y1              | 547      |
        | P2      | Y2              | .        |
        """,
        where={"anchor": "core-baseline", "analysis_window": ("Y1", "Y2")},
    ),
    Case(
        "T-07",
        "An EDSS a little after the horizon still counts",
        "Month 96 is the horizon end, day 2922. Its visit may lie 45 days later, in TOPAZ 91, but"
        " not after Course 6 (P4: the day itself is before the course), nor after death (P6).",
        {
            "patients": """
            | patient | courses                  | extension | topaz | seen | died |
            | P1 P2   | 0 365                    | 740       | .     | 3100 | .    |
            | P3      | 0 365                    | 740       | 2230  | 3100 | .    |
            | P4 P5   | 0 365 800 1200 1600 2930 | 740       | .     | 3100 | .    |
            | P6      | 0 365                    | 740       | .     | 2900 | 2925 |
            """,
            "edss": """
            | patient | study | 2930 | 2931 | 2967 | 2968 | 3010 |
            | P1      | E     | .    | .    | 2.0  | .    | .    |
            | P2      | E     | .    | .    | .    | 2.0  | .    |
            | P3      | T     | .    | .    | .    | .    | 2.0  |
            | P4 P6   | E     | 2.0  | .    | .    | .    | .    |
            | P5      | E     | .    | 2.0  | .    | .    | .    |
            """,
        },
        "windows.edss_at_visit",
        """
        | patient | timepoint | assessment_day |
        | P1      | Y8        | 2967           |
        | P3      | Y8        | 3010           |
        | P4      | Y8        | 2930           |
        """,
        where={"anchor": "core-baseline"},
    ),
    Case(
        "T-07",
        "A scan up to 183 days after the horizon",
        "The scan of Year 8 may lie up to day 2922 + 183 = 3105.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 P2 | 0 365 | 740 | 3200 |",
            "scans": """
            | patient | day  |
            | P1      | 3104 |
            | P2      | 3106 |
            """,
        },
        "windows.patient_course_window",
        """
        | patient | analysis_window | scan_day |
        | P1      | Y8              | 3104     |
        | P2      | Y8              | .        |
        """,
        where={"anchor": "core-baseline", "analysis_window": "Y8"},
    ),
    Case(
        "T-08",
        "Events from day 0 to the horizon, seen or not",
        "The patient was last seen on day 500. An event on day 0 and one on day 2921 count, those"
        " before day 0 and from the horizon end (day 2922) on do not.",
        {
            "patients": "| patient | seen |\n| P1 | 500 |",
            "ae": """
            | patient | day  | aedecod  |
            | P1      | -1   | Headache |
            | P1      | 0    | Nausea   |
            | P1      | 2921 | Rash     |
            | P1      | 2922 | Cough    |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term | onset_day |
        | P1      | Nausea         | 0         |
        | P1      | Rash           | 2921      |
        """,
    ),
    Case(
        "T-08",
        "Of a late entrant events count to the cut-off",
        "Day 0 is day 1500 of the drawing, the cut-off its day 3564: 2064 days later.",
        {
            "patients": "| patient | courses | seen |\n| P1 | 1500 | 3000 |",
            "ae": """
            | patient | day  | aedecod |
            | P1      | 3564 | Nausea  |
            | P1      | 3565 | Rash    |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term | onset_day |
        | P1      | Nausea         | 2064      |
        """,
    ),
    Case(
        "T-08",
        "Person-time ends after the last contact, death or counted event",
        "Safety time ends the day after the latest of the three; an event that does not count"
        " (P4: on the horizon end) prolongs nothing.",
        {
            "patients": """
            | patient  | seen | died |
            | P1 P2 P4 | 500  | .    |
            | P3       | 500  | 1500 |
            | P5       | 3000 | .    |
            """,
            "ae": """
            | patient | day  | aedecod |
            | P2      | 900  | Rash    |
            | P4      | 2922 | Rash    |
            """,
        },
        "core.follow_up",
        """
        | patient | safety_end_day |
        | P1      | 501            |
        | P2      | 901            |
        | P3      | 1501           |
        | P4      | 501            |
        | P5      | 2922           |
        """,
    ),
)
