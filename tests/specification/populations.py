"""S-01 .. S-10: analysis sets, and the one reason why a patient is not in them."""

from specification.case import Case, Contrast

CASES = (
    Case(
        "S-01",
        "Treated",
        "Of everybody who signed a consent, those given 12 mg alemtuzumab in a core study (C-03).",
        {
            "patients": """
            | patient | arm      | courses |
            | P1 P2   | ALEM12   | 0 365   |
            | P3      | ALEM24   | 0 365   |
            | P4      | IFNB1A   | .       |
            | P5      | SCRNFAIL | .       |
            """
        },
        "results.result_funnel",
        """
        | population | n_patients |
        | consented  | 5          |
        | treated    | 2          |
        """,
        where={"population": ("consented", "treated"), "category": ""},
    ),
    Case(
        "S-02",
        "Entered the extension",
        "Treated, with a consent in the extension on or before the cut-off.",
        {
            "patients": """
            | patient | arm    | courses | extension |
            | P1      | ALEM12 | 0 365   | 740       |
            | P2      | ALEM12 | 0 365   | .         |
            | P3      | ALEM24 | 0 365   | 740       |
            | P4      | ALEM12 | 0 365   | 3565      |
            """
        },
        "core.population",
        """
        | patient | is_treated | is_extension |
        | P1      | yes        | yes          |
        | P2      | yes        | no           |
        | P3      | no         | no           |
        | P4      | yes        | no           |
        """,
    ),
    Case(
        "S-02",
        "Entrants by their courses through the horizon",
        "P6's third course, on the first day after the horizon, does not count. P7 is no entrant.",
        {
            "patients": """
            | patient | courses             | extension |
            | P1      | 0                   | 740       |
            | P2      | 0 365               | 740       |
            | P3      | 0 365 900           | 740       |
            | P4      | 0 365 900 1300      | 740       |
            | P5      | 0 365 900 1300 1700 | 740       |
            | P6      | 0 365 2922          | 740       |
            | P7      | 0 365 900           | .         |
            """
        },
        "results.result_course",
        """
        | category    | n_patients | n_total |
        | <=2 courses | 3          | 6       |
        | 3 courses   | 1          | 6       |
        | 4 courses   | 1          | 6       |
        | >=5 courses | 1          | 6       |
        """,
        where={
            "analysis_id": "course.total",
            "population": "extension",
            "category": ("<=2 courses", "3 courses", "4 courses", ">=5 courses"),
        },
    ),
    Case(
        "S-03",
        "Prior therapies are allowed",
        "A therapy that ended before day 0 (1 January 2008) is prior; so is one that began before"
        " it and has neither an end nor a mark as ongoing, flagged. An end on day 0, an ongoing"
        " therapy and a start after day 0 count.",
        {
            "patients": "| patient |\n| P1 P2 P3 P4 P5 P6 |",
            "cm": """
            | patient | cmstdtc    | cmendtc    | cmenrtpt |
            | P1      | 2005-05-01 | 2007-12-31 | .        |
            | P2      | .          | 2007-12    | .        |
            | P3      | 2006       | .          | .        |
            | P4      | 2005-05-01 | 2008-01-01 | .        |
            | P5      | 2006       | .          | ONGOING  |
            | P6      | 2010-01-01 | .          | .        |
            """,
        },
        "core.other_dmt",
        """
        | patient | is_prior | is_counted | is_decision_uncertain |
        | P1      | yes      | no         | no                    |
        | P2      | yes      | no         | no                    |
        | P3      | yes      | no         | yes                   |
        | P4      | no       | yes        | no                    |
        | P5      | no       | yes        | no                    |
        | P6      | no       | yes        | no                    |
        """,
    ),
    Case(
        "S-03",
        "A partial date that leaves it open counts against the patient",
        "Day 0 is 10 February 2008. What may have been taken after it counts, flagged (P1, P3);"
        " an end that is certainly later settles it without a flag (P5). What certainly began"
        " before day 0 with no end (P2), or ended before it (P4), is prior.",
        {
            "patients": "| patient | courses |\n| P1 P2 P3 P4 P5 | 40 |",
            "cm": """
            | patient | cmstdtc | cmendtc |
            | P1      | 2008    | .       |
            | P2      | 2008-01 | .       |
            | P3      | 2005    | 2008    |
            | P4      | 2005    | 2008-01 |
            | P5      | 2008    | 2009-02 |
            """,
        },
        "core.other_dmt",
        """
        | patient | is_prior | is_counted | is_decision_uncertain |
        | P1      | no       | yes        | yes                   |
        | P2      | yes      | no         | yes                   |
        | P3      | no       | yes        | yes                   |
        | P4      | yes      | no         | no                    |
        | P5      | no       | yes        | no                    |
        """,
    ),
    Case(
        "S-03",
        "Who is left: entrants without a therapy that counts",
        "Steroids for a relapse are no disease-modifying therapy, nor is alemtuzumab itself.",
        {
            "patients": """
            | patient        | courses | extension |
            | P1 P2 P3 P4 P5 | 0 365   | 740       |
            | P6             | 0 365   | .         |
            """,
            "cm": """
            | patient | cmcat                     | cmtrt              | cmstdtc    | cmendtc |
            | P2      | RELAPSE TREATMENT         | METHYLPREDNISOLONE | 2010-01-01 | .       |
            | P3      | DISEASE MODIFYING THERAPY | INTERFERON BETA-1A | 2010-01-01 | .       |
            | P4      | DISEASE MODIFYING THERAPY | INTERFERON BETA-1A | 2004       | 2006    |
            | P5      | DISEASE MODIFYING THERAPY | ALEMTUZUMAB        | 2010-01-01 | .       |
            """,
        },
        "core.population",
        """
        | patient | is_extension | is_no_other_dmt |
        | P1      | yes          | yes             |
        | P2      | yes          | yes             |
        | P3      | yes          | no              |
        | P4      | yes          | yes             |
        | P5      | yes          | yes             |
        | P6      | no           | no              |
        """,
    ),
    Case(
        "S-04",
        "Exactly two courses through the cut-off",
        "A third course after Year 8 but by the cut-off (P3) is a third course; one after the"
        " cut-off (P4) has not been given.",
        {
            "patients": """
            | patient | courses    | extension |
            | P1      | 0 365      | 740       |
            | P2      | 0          | 740       |
            | P3      | 0 365 3000 | 740       |
            | P4      | 0 365 3600 | 740       |
            """
        },
        "core.population",
        """
        | patient | group_id  | exclusion_reason            |
        | P1      | 2-courses | .                           |
        | P2      | .         | one course                  |
        | P3      | .         | Course 3 after the landmark |
        | P4      | 2-courses | .                           |
        """,
    ),
    Case(
        "S-05",
        "Exactly three courses, the third before Month 85",
        "Before Month 85 is before day 84·30.4375 = 2556.75: twelve months of follow-up can still"
        " come before Month 96.",
        {
            "patients": """
            | patient | courses    | extension |
            | P1      | 0 365 2556 | 740       |
            | P2      | 0 365 2557 | 740       |
            """
        },
        "core.population",
        """
        | patient | group_id  | exclusion_reason            |
        | P1      | 3-courses | .                           |
        | P2      | .         | Course 3 after the landmark |
        """,
        contrasts=(
            Contrast(
                {"landmark_month": 86},
                """
                | patient | group_id  | exclusion_reason |
                | P1      | 3-courses | .                |
                | P2      | 3-courses | .                |
                """,
            ),
            Contrast(
                {"horizon_years": 7},
                """
                | patient | group_id | exclusion_reason            |
                | P1      | .        | Course 3 after the landmark |
                | P2      | .        | Course 3 after the landmark |
                """,
            ),
        ),
    ),
    Case(
        "S-06",
        "Exactly four courses, the fourth before Month 85",
        "A fourth course at or after the landmark leaves the patient in no group, not in the"
        " 3-courses group.",
        {
            "patients": """
            | patient | courses         | extension |
            | P1      | 0 365 1000 2556 | 740       |
            | P2      | 0 365 1000 2557 | 740       |
            | P3      | 0 365 1000 3000 | 740       |
            """
        },
        "core.population",
        """
        | patient | group_id  | exclusion_reason                         |
        | P1      | 4-courses | .                                        |
        | P2      | .         | group-defining course after the landmark |
        | P3      | .         | group-defining course after the landmark |
        """,
    ),
    Case(
        "S-07",
        "Five courses or more, the fifth before Month 85",
        "Only the fifth course need lie before the landmark.",
        {
            "patients": """
            | patient | courses                  | extension |
            | P1      | 0 365 800 1200 2556      | 740       |
            | P2      | 0 365 800 1200 2557      | 740       |
            | P3      | 0 365 800 1200 1600 2700 | 740       |
            """
        },
        "core.population",
        """
        | patient | group_id      | exclusion_reason                         |
        | P1      | 5plus-courses | .                                        |
        | P2      | .             | group-defining course after the landmark |
        | P3      | 5plus-courses | .                                        |
        """,
    ),
    Case(
        "S-07",
        "Efficacy is censored at Course 6",
        "After Course 6 nothing counts for efficacy; safety goes on.",
        {
            "patients": """
            | patient | courses                  | extension | seen |
            | P1      | 0 365 800 1200 1600 2000 | 740       | 2922 |
            """
        },
        "core.follow_up",
        """
        | patient | efficacy_end_day | efficacy_end_reason | safety_end_day |
        | P1      | 2000             | course 6            | 2922           |
        """,
    ),
    Case(
        "S-08",
        "One reason each, the first that applies",
        "Reasons are tried in this order: arm, extension, other therapy, one course, Course 3 too"
        " late, the group's course too late. P1 to P3 have further reasons, which are not told.",
        {
            "patients": """
            | patient | arm    | courses         | extension |
            | P1      | IFNB1A | .               | .         |
            | P2      | ALEM12 | 0               | .         |
            | P3      | ALEM12 | 0               | 740       |
            | P4      | ALEM12 | 0               | 740       |
            | P5      | ALEM12 | 0 365 2600 2900 | 740       |
            | P6      | ALEM12 | 0 365 1000 2600 | 740       |
            | P7      | ALEM12 | 0 365           | 740       |
            """,
            "cm": "| patient | cmstdtc |\n| P1 P2 P3 | 2010 |",
        },
        "core.population",
        """
        | patient | is_efficacy | exclusion_reason                         |
        | P1      | no          | not 12 mg alemtuzumab as actual arm      |
        | P2      | no          | never entered the extension              |
        | P3      | no          | other DMT                                |
        | P4      | no          | one course                               |
        | P5      | no          | Course 3 after the landmark              |
        | P6      | no          | group-defining course after the landmark |
        | P7      | yes         | .                                        |
        """,
    ),
    Case(
        "S-08",
        "The efficacy set is the four groups together",
        "Nobody is in two groups, and no other patient is in the set.",
        {
            "patients": """
            | patient | courses             | extension |
            | P1 P2   | 0 365               | 740       |
            | P3      | 0 365 900           | 740       |
            | P4      | 0 365 900 1300      | 740       |
            | P5      | 0 365 900 1300 1700 | 740       |
            | P6      | 0                   | 740       |
            """
        },
        "results.result_funnel",
        """
        | group_id      | n_patients |
        | overall       | 5          |
        | 2-courses     | 2          |
        | 3-courses     | 1          |
        | 4-courses     | 1          |
        | 5plus-courses | 1          |
        """,
        where={"population": "efficacy", "category": ""},
    ),
    Case(
        "S-09",
        "Additional courses: Course 3 before Month 85",
        "Later courses do not matter: P2 is in no efficacy group, and here.",
        {
            "patients": """
            | patient | courses         | extension |
            | P1      | 0 365 1000      | 740       |
            | P2      | 0 365 1000 3000 | 740       |
            | P3      | 0 365 2557      | 740       |
            | P4      | 0 365           | 740       |
            | P5      | 0 365 1000      | 740       |
            """,
            "cm": "| patient | cmstdtc |\n| P5 | 2012 |",
        },
        "core.population",
        """
        | patient | is_additional | group_id  |
        | P1      | yes           | 3-courses |
        | P2      | yes           | .         |
        | P3      | no            | .         |
        | P4      | no            | 2-courses |
        | P5      | no            | .         |
        """,
    ),
    Case(
        "S-10",
        "Safety: two courses, or additional courses",
        "The 2-courses group and the additional-courses set together.",
        {
            "patients": """
            | patient | courses         | extension |
            | P1      | 0 365           | 740       |
            | P2      | 0 365 1000      | 740       |
            | P3      | 0 365 1000 3000 | 740       |
            | P4      | 0 365 2557      | 740       |
            | P5      | 0               | 740       |
            """
        },
        "core.population",
        """
        | patient | is_safety | is_efficacy |
        | P1      | yes       | yes         |
        | P2      | yes       | yes         |
        | P3      | yes       | no          |
        | P4      | no        | no          |
        | P5      | no        | no          |
        """,
    ),
)
