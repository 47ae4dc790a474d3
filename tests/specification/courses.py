"""C-01 .. C-05: infusions made into courses, who was treated, why and when again."""

from specification.case import Case, Contrast

CASES = (
    Case(
        "C-01",
        "A course starts more than 30 days after the previous infusion",
        "Day 34 is 30 days after day 4 and belongs to Course 1, day 65 is 31 days after day 34 and"
        " starts Course 2. What was not given (dose 0) and interferon are no infusions. A course"
        " of one infusion is a course.",
        {
            "patients": "| patient | courses |\n| P1 | . |",
            "ex": """
            | patient | day | exdose | extrt              |
            | P1      | 0   | 12     | ALEMTUZUMAB        |
            | P1      | 4   | 12     | ALEMTUZUMAB        |
            | P1      | 34  | 12     | ALEMTUZUMAB        |
            | P1      | 65  | 12     | ALEMTUZUMAB        |
            | P1      | 150 | 0      | ALEMTUZUMAB        |
            | P1      | 200 | 44     | INTERFERON BETA-1A |
            """,
        },
        "core.course",
        """
        | patient | course_number | course_day | n_infusions |
        | P1      | 1             | 0          | 3           |
        | P1      | 2             | 65         | 1           |
        """,
        contrasts=(
            Contrast(
                {"course_gap_days": 31},
                """
                | patient | course_number | course_day | n_infusions |
                | P1      | 1             | 0          | 4           |
                """,
            ),
        ),
    ),
    Case(
        "C-01",
        "Dates decide; the visit label is a cross-check",
        "A label that names another course than the dates is kept and flagged.",
        {
            "patients": "| patient | courses |\n| P1 | . |",
            "ex": """
            | patient | day | visit          |
            | P1      | 0   | COURSE 1 DAY 1 |
            | P1      | 365 | COURSE 3 DAY 1 |
            """,
        },
        "core.course",
        """
        | patient | course_number | label_course_number | is_label_disagreeing |
        | P1      | 1             | 1                   | no                   |
        | P1      | 2             | 3                   | yes                  |
        """,
    ),
    Case(
        "C-02",
        "Five infusions, later three; early courses stay, flagged",
        "A course less than 12 months (365.25 days) after the previous one is kept and flagged:"
        " 336 and 365 days are less, 366 are not.",
        {
            "patients": "| patient | courses |\n| P1 | . |\n| P2 | 0 365 731 |",
            "ex": """
            | patient | day         |
            | P1      | 0 1 2 3 4   |
            | P1      | 336 337 338 |
            """,
        },
        "core.course",
        """
        | patient | course_number | total_dose_mg | days_since_previous_course | is_early |
        | P1      | 1             | 60            | .                          | no       |
        | P1      | 2             | 36            | 336                        | yes      |
        | P2      | 1             | 12            | .                          | no       |
        | P2      | 2             | 12            | 365                        | yes      |
        | P2      | 3             | 12            | 366                        | no       |
        """,
    ),
    Case(
        "C-02",
        "Early courses are listed",
        "With the course before and the months since: 336 days are 11.04 months of 30.4375 days.",
        {"patients": "| patient | courses |\n| P1 | 0 336 |\n| P2 | 0 366 |"},
        "windows.line_listing",
        """
        | patient | listing      | event_day | last_course_number | months_since_last_course |
        | P1      | early course | 336       | 1                  | ≈11.04                   |
        """,
    ),
    Case(
        "C-03",
        "Treated is who was given 12 mg in a core study, whatever the plan was",
        "P2 was randomised to 24 mg and given 12 mg: in. P3 had 24 mg, P4 interferon and"
        " alemtuzumab only in the extension, P5 never an infusion: out.",
        {
            "patients": "| patient | arm | courses |\n| P1 | ALEM12 | 0 365 |",
            "dm": """
            | patient | study | armcd  | actarmcd |
            | P2      | C2    | ALEM24 | ALEM12   |
            | P3      | C2    | ALEM24 | ALEM24   |
            | P4      | C1    | IFNB1A | IFNB1A   |
            | P5      | C1    | ALEM12 | ALEM12   |
            """,
            "ex": """
            | patient | study | day | exdose |
            | P2      | C2    | 0   | 12     |
            | P3      | C2    | 0   | 24     |
            | P4      | E     | 760 | 12     |
            | P5      | C1    | 0   | 0      |
            """,
        },
        "core.patient",
        """
        | patient | actual_arm_code | is_treated |
        | P1      | ALEM12          | yes        |
        | P2      | ALEM12          | yes        |
        | P3      | ALEM24          | no         |
        | P4      | IFNB1A          | no         |
        | P5      | ALEM12          | no         |
        """,
    ),
    Case(
        "C-04",
        "The reason of a course stands at its first infusion",
        "No record means that none was given.",
        {
            "patients": "| patient | courses |\n| P1 | 0 365 1000 1400 |",
            "reasons": """
            | patient | day  | reason                   |
            | P1      | 1000 | RELAPSE AND MRI ACTIVITY |
            """,
        },
        "core.course",
        """
        | patient | course_number | retreatment_reason       |
        | P1      | 1             | .                        |
        | P1      | 2             | .                        |
        | P1      | 3             | RELAPSE AND MRI ACTIVITY |
        | P1      | 4             | .                        |
        """,
    ),
    Case(
        "C-04",
        "Reasons are counted over all extension entrants with that course",
        "P5 took another therapy later and still counts; P6 never entered the extension.",
        {
            "patients": """
            | patient        | courses    | extension |
            | P1 P2 P3 P4 P5 | 0 365 1000 | 740       |
            | P6             | 0 365 1000 | .         |
            """,
            "reasons": """
            | patient | day  | reason                   |
            | P1      | 1000 | RELAPSE                  |
            | P2      | 1000 | MRI ACTIVITY             |
            | P3      | 1000 | RELAPSE AND MRI ACTIVITY |
            | P5      | 1000 | RELAPSE                  |
            | P6      | 1000 | RELAPSE                  |
            """,
            "cm": "| patient | cmstdtc |\n| P5 | 2012 |",
        },
        "results.result_course",
        """
        | category                 | n_patients | n_total | pct |
        | relapse                  | 2          | 5       | 40  |
        | MRI activity             | 1          | 5       | 20  |
        | relapse and MRI activity | 1          | 5       | 20  |
        | other                    | 0          | 5       | 0   |
        | none given               | 1          | 5       | 20  |
        """,
        where={"analysis_id": "course.reason", "anchor": "course-3"},
    ),
    Case(
        "C-05",
        "Intervals in years, over all entrants with exactly that total",
        "P1 to P3 have exactly three courses through the horizon, P3 with another therapy. P4 has"
        " four, P5 never entered the extension. P6's fourth course lies after the horizon.",
        {
            "patients": """
            | patient | courses         | extension |
            | P1      | 0 365 1096      | 740       |
            | P2      | 0 365 1461      | 740       |
            | P3      | 0 365 1826      | 740       |
            | P4      | 0 365 800 1300  | 740       |
            | P5      | 0 365 2500      | .         |
            | P6      | 0 365 1461 2930 | 740       |
            """,
            "cm": "| patient | cmstdtc |\n| P3 | 2014 |",
        },
        "results.result_course",
        """
        | category      | n_patients | mean  | median | min   | max |
        | Course 2 to 3 | 4          | ≈3.00 | ≈3.00  | ≈2.00 | 4   |
        """,
        where={
            "analysis_id": "course.interval",
            "group_id": "3-courses",
            "category": "Course 2 to 3",
        },
        how="731, 1096, 1461 and 1096 days are 2.00, 3.00, 4 and 3.00 years of 365.25 days.",
    ),
)
