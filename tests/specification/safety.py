"""E-12 .. E-14: adverse events, infusion-associated reactions, autoimmunity."""

from specification.case import Case, Contrast

CASES = (
    Case(
        "E-12",
        "The same event in two studies is one, serious if either says so",
        "Same term and same start day in two studies are one event; twice in one study (P2) are"
        " two.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 P2 | 0 365 | 740 | 2922 |",
            "ae": """
            | patient | study | day | aedecod   | aeser |
            | P1      | C1    | 735 | Pneumonia | N     |
            | P1      | E     | 735 | Pneumonia | Y     |
            | P1      | E     | 736 | Pneumonia | N     |
            | P2      | C1    | 735 | Pneumonia | N     |
            | P2      | C1    | 735 | Pneumonia | Y     |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term | onset_day | is_serious |
        | P1      | Pneumonia      | 735       | yes        |
        | P1      | Pneumonia      | 736       | no         |
        | P2      | Pneumonia      | 735       | no         |
        | P2      | Pneumonia      | 735       | yes        |
        """,
    ),
    Case(
        "E-12",
        "Categories by term, infections by body system",
        "Lists of terms are configuration; a term may be in none.",
        {
            "patients": "| patient | courses | seen |\n| P1 | 0 365 | 730 |",
            "ae": """
            | patient | day | aedecod                 | aebodsys                    |
            | P1      | 101 | Nasopharyngitis         | Infections and infestations |
            | P1      | 102 | Basedow's disease       | Endocrine disorders         |
            | P1      | 103 | Immune thrombocytopenia | Blood disorders             |
            | P1      | 104 | Goodpasture's syndrome  | Renal disorders             |
            | P1      | 105 | Basal cell carcinoma    | Neoplasms                   |
            | P1      | 106 | Headache                | Nervous system disorders    |
            """,
        },
        "windows.safety_event",
        """
        | onset_day | is_infection | is_thyroid | is_itp | is_nephropathy | is_malignancy |
        | 101       | yes          | no         | no     | no             | no            |
        | 102       | no           | yes        | no     | no             | no            |
        | 103       | no           | no         | yes    | no             | no            |
        | 104       | no           | no         | no     | yes            | no            |
        | 105       | no           | no         | no     | no             | yes           |
        | 106       | no           | no         | no     | no             | no            |
        """,
    ),
    Case(
        "E-12",
        "A partial onset counts at its earliest possible day, not before day 0",
        "Day 0 is 10 February 2008. `2008` and `2008-02` may lie after it and count on day 0;"
        " `2008-01` and `2007` certainly lie before it. `2010-03` counts on 1 March.",
        {
            "patients": "| patient | courses | seen |\n| P1 | 40 405 | 1500 |",
            "ae": """
            | patient | aestdtc | aedecod  |
            | P1      | 2008    | Nausea   |
            | P1      | 2008-02 | Rash     |
            | P1      | 2008-01 | Cough    |
            | P1      | 2007    | Headache |
            | P1      | 2010-03 | Fatigue  |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term | onset_day |
        | P1      | Nausea         | 0         |
        | P1      | Rash           | 0         |
        | P1      | Fatigue        | 750       |
        """,
        how="1 March 2010 is 790 days after 1 January 2008, 750 after day 0.",
    ),
    Case(
        "E-12",
        "Patients with at least one event",
        "P1's two infections make one patient; P2's death is told in the extension. P4 was not"
        " treated with 12 mg.",
        {
            "patients": """
            | patient | arm    | courses | extension | seen | died |
            | P1 P3   | ALEM12 | 0 365   | 740       | 2922 | .    |
            | P2      | ALEM12 | 0 365   | 740       | 1000 | 1010 |
            | P4      | ALEM24 | 0 365   | 740       | 2922 | .    |
            """,
            "ae": """
            | patient | day  | aedecod         | aebodsys                    | aeser |
            | P1      | 100  | Nasopharyngitis | Infections and infestations | N     |
            | P1      | 200  | Influenza       | Infections and infestations | N     |
            | P2      | 1005 | Pneumonia       | Infections and infestations | Y     |
            | P4      | 100  | Nasopharyngitis | Infections and infestations | N     |
            """,
        },
        "results.result_safety",
        """
        | category           | n_patients | n_total | pct   |
        | any AE             | 2          | 3       | ≈66.7 |
        | serious AE         | 1          | 3       | ≈33.3 |
        | infections         | 2          | 3       | ≈66.7 |
        | serious infections | 1          | 3       | ≈33.3 |
        | thyroid AE         | 0          | 3       | 0     |
        | death              | 1          | 3       | ≈33.3 |
        """,
        where={
            "analysis_id": "safety.incidence",
            "population": "treated",
            "category": (
                "any AE",
                "serious AE",
                "infections",
                "serious infections",
                "thyroid AE",
                "death",
            ),
        },
    ),
    Case(
        "E-12",
        "Over the whole horizon, also before Course 3",
        "P1's event, on day 100, counts for the additional-courses set.",
        {
            "patients": """
            | patient | courses | extension | seen |
            | P1 P2 | 0 365 1000 | 740 | 2922 |
            """,
            "ae": "| patient | day | aedecod |\n| P1 | 100 | Rash |",
        },
        "results.result_safety",
        """
        | group_id           | category | n_patients | n_total | pct |
        | additional-courses | any AE   | 1          | 2       | 50  |
        """,
        where={
            "analysis_id": "safety.incidence",
            "group_id": "additional-courses",
            "category": "any AE",
        },
    ),
    Case(
        "E-12",
        "Per 100 patient-years: all events",
        "P1 and P2 were both followed to the end of day 1460: four years each. Two events.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 P2 | 0 365 | 740 | 1460 |",
            "ae": """
            | patient | day  | aedecod |
            | P1      | 731  | Rash    |
            | P1      | 1000 | Nausea  |
            """,
        },
        "results.result_safety",
        """
        | n_events | person_years | rate | ci_low | ci_high |
        | 2        | 8            | 25   | ≈3.03  | ≈90.31  |
        """,
        where={"analysis_id": "safety.rate", "population": "treated", "category": "any AE"},
        how="100·2/8; the exact Poisson limits of 2 events are 0.242 and 7.225.",
    ),
    Case(
        "E-12",
        "Per 100 patient-years: first events over the time to them",
        "P1 counts to the first event, two years after day 0, P2 to the end of four years.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 P2 | 0 365 | 740 | 1460 |",
            "ae": """
            | patient | day  | aedecod |
            | P1      | 731  | Rash    |
            | P1      | 1000 | Nausea  |
            """,
        },
        "results.result_safety",
        """
        | n_patients | person_years | rate  |
        | 1          | ≈6.0         | ≈16.7 |
        """,
        where={
            "analysis_id": "safety.first_event_rate",
            "population": "treated",
            "category": "any AE",
        },
    ),
    Case(
        "E-12",
        "By the last course before onset",
        "An event on the day of Course 2 (day 365) comes after it.",
        {
            "patients": "| patient | courses | extension | seen |\n| P1 P2 | 0 365 | 740 | 2922 |",
            "ae": "| patient | day         | aedecod |\n| P1 | 364 365 366 | Rash |",
        },
        "windows.safety_event",
        """
        | patient | onset_day | last_course_number | days_since_last_course |
        | P1      | 364       | 1                  | 364                    |
        | P1      | 365       | 2                  | 0                      |
        | P1      | 366       | 2                  | 1                      |
        """,
    ),
    Case(
        "E-12",
        "Rates by interval between courses",
        "P1 and P2 were given both courses, P3 the first one only; time of Course 1 ends with"
        " Course 2. The horizon is four years here.",
        {
            "patients": """
            | patient | courses | extension | seen |
            | P1 P2   | 0 730   | 760       | 2000 |
            | P3      | 0       | 760       | 2000 |
            """,
            "ae": "| patient | day          | aedecod |\n| P1 | 100 730 1000 | Rash |",
        },
        "results.result_safety",
        """
        | anchor   | n_total | n_patients | n_events | person_years |
        | course-1 | 3       | 1          | 1        | ≈8.0         |
        | course-2 | 2       | 1          | 2        | ≈4.0         |
        """,
        rules={"horizon_years": 4},
        where={
            "analysis_id": "safety.by_course",
            "population": "treated",
            "category": "any AE",
            "anchor": ("course-1", "course-2"),
        },
        how="Course 1: 2 + 2 + 4 years, Course 2: 2 + 2.",
    ),
    Case(
        "E-12",
        "Listed with the last course and the months since it",
        "Malignancies, autoimmune events and deaths are told one by one. P1's lymphoma comes 487"
        " days, 16 months of 30.4375 days, after Course 2, P2's death twice as many.",
        {
            "patients": """
            | patient | courses | extension | seen | died |
            | P1      | 0 366   | 740       | 2922 | .    |
            | P2      | 0 366   | 740       | 1340 | 1340 |
            """,
            "ae": """
            | patient | day  | aedecod        | aeser | aesdth |
            | P1      | 853  | Lymphoma       | Y     | N      |
            | P2      | 1340 | Cardiac arrest | Y     | Y      |
            """,
        },
        "windows.line_listing",
        """
        | patient | listing    | description    | last_course_number | months_since_last_course |
        | P1      | malignancy | Lymphoma       | 2                  | 16                       |
        | P2      | death      | Cardiac arrest | 2                  | 32                       |
        """,
        how="853 - 366 = 487 = 16·30.4375 and 1340 - 366 = 974 = 32·30.4375.",
    ),
    Case(
        "E-13",
        "During an infusion or up to 24 hours after its end",
        "The infusion runs from 9:00 to 13:00. An event at 8:59 came before it; one at 13:00 of"
        " the next day is still a reaction, one at 13:01 is not.",
        {
            "patients": "| patient | courses | seen |\n| P1 | . | 500 |",
            "ex": """
            | patient | exstdtc          | exendtc          |
            | P1      | 2008-01-01T09:00 | 2008-01-01T13:00 |
            """,
            "ae": """
            | patient | aestdtc          | aedecod  |
            | P1      | 2008-01-01T08:59 | Headache |
            | P1      | 2008-01-01T09:00 | Rash     |
            | P1      | 2008-01-02T13:00 | Pyrexia  |
            | P1      | 2008-01-02T13:01 | Nausea   |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term | is_iar | is_iar_by_date |
        | P1      | Headache       | no     | no             |
        | P1      | Rash           | yes    | no             |
        | P1      | Pyrexia        | yes    | no             |
        | P1      | Nausea         | no     | no             |
        """,
        contrasts=(
            Contrast(
                {"iar_hours": 48},
                """
                | patient | preferred_term | is_iar | is_iar_by_date |
                | P1      | Headache       | no     | no             |
                | P1      | Rash           | yes    | no             |
                | P1      | Pyrexia        | yes    | no             |
                | P1      | Nausea         | yes    | no             |
                """,
            ),
        ),
    ),
    Case(
        "E-13",
        "Without times: from the day of the infusion to the next day, flagged",
        "P1's events have no time; P2's infusion has no time of its end.",
        {
            "patients": "| patient | courses | seen |\n| P1 P2 | . | 500 |",
            "ex": """
            | patient | exstdtc          | exendtc          |
            | P1      | 2008-01-01T09:00 | 2008-01-01T13:00 |
            | P2      | 2008-01-01       | .                |
            """,
            "ae": """
            | patient | aestdtc          | aedecod |
            | P1      | 2008-01-01       | Rash    |
            | P1      | 2008-01-02       | Pyrexia |
            | P1      | 2008-01-03       | Nausea  |
            | P2      | 2008-01-02T22:00 | Rash    |
            | P2      | 2008-01-03T01:00 | Nausea  |
            """,
        },
        "windows.safety_event",
        """
        | patient | preferred_term | is_iar | is_iar_by_date |
        | P1      | Rash           | yes    | yes            |
        | P1      | Pyrexia        | yes    | yes            |
        | P1      | Nausea         | no     | no             |
        | P2      | Rash           | yes    | yes            |
        | P2      | Nausea         | no     | no             |
        """,
    ),
    Case(
        "E-14",
        "Thyroid, ITP or nephropathy is autoimmune",
        "Other events are not, whatever the body system.",
        {
            "patients": "| patient | courses | seen |\n| P1 | 0 365 | 1500 |",
            "ae": """
            | patient | day  | aedecod                     |
            | P1      | 731  | Hyperthyroidism             |
            | P1      | 1000 | Immune thrombocytopenia     |
            | P1      | 1100 | Glomerulonephritis          |
            | P1      | 1200 | Thrombocytopenia            |
            """,
        },
        "windows.safety_event",
        """
        | patient | onset_day | is_autoimmune |
        | P1      | 731       | yes           |
        | P1      | 1000      | yes           |
        | P1      | 1100      | yes           |
        | P1      | 1200      | no            |
        """,
    ),
    Case(
        "E-14",
        "Time from the first course to the first of them",
        "P1's first comes after two years (the second does not count), P2's after four; P3 has"
        " none.",
        {
            "patients": """
            | patient | courses | extension | seen |
            | P1 P2 P3 | 0 365 | 740 | 2922 |
            """,
            "ae": """
            | patient | day  | aedecod                 |
            | P1      | 731  | Hyperthyroidism         |
            | P1      | 1000 | Immune thrombocytopenia |
            | P2      | 1461 | Glomerulonephritis      |
            """,
        },
        "results.result_safety",
        """
        | n_patients | mean  | sd    |
        | 2          | ≈3.00 | ≈1.41 |
        """,
        where={"analysis_id": "autoimmune.onset", "population": "treated"},
        how="731/365.25 = 2.00 and 1461/365.25 = 4 years.",
    ),
)
