"""E-01 .. E-05: relapses, their rates, and who had none."""

from specification.case import Case, Contrast

CASES = (
    Case(
        "E-01",
        "Confirmed relapses only",
        "Without a record of confirmation a relapse is not confirmed; events of another category,"
        " and such as did not occur, are no relapses.",
        {
            "relapses": """
            | patient | onset | confirmed | cecat       | ceoccur |
            | P1      | 100   | Y         | MS RELAPSE  | Y       |
            | P1      | 200   | N         | MS RELAPSE  | Y       |
            | P1      | 300   | .         | MS RELAPSE  | Y       |
            | P1      | 400   | Y         | MS RELAPSE  | N       |
            | P1      | 500   | Y         | OTHER EVENT | Y       |
            | P1      | 600   | Y         | MS RELAPSE  | .       |
            """
        },
        "core.relapse",
        """
        | patient | relapse_number | onset_day |
        | P1      | 1              | 100       |
        | P1      | 2              | 600       |
        """,
    ),
    Case(
        "E-01",
        "An onset up to 30 days after a kept one is the same relapse",
        "Counted from the last onset that was kept: day 130 goes into day 100, and 131 is 31 days"
        " after 100. P2's day 120 is absorbed and absorbs nothing, so that 140 is kept.",
        {
            "patients": "| patient |\n| P1 P2 |",
            "relapses": """
            | patient | onset       |
            | P1      | 100 130 131 |
            | P2      | 100 120 140 |
            """,
        },
        "core.relapse",
        """
        | patient | onset_day | n_records |
        | P1      | 100       | 2         |
        | P1      | 131       | 1         |
        | P2      | 100       | 2         |
        | P2      | 140       | 1         |
        """,
        contrasts=(
            Contrast(
                {"relapse_merge_days": 29},
                """
                | patient | onset_day | n_records |
                | P1      | 100       | 1         |
                | P1      | 130       | 2         |
                | P2      | 100       | 2         |
                | P2      | 140       | 1         |
                """,
            ),
            Contrast(
                {"relapse_merge_days": 0},
                """
                | patient | onset_day | n_records |
                | P1      | 100       | 1         |
                | P1      | 130       | 1         |
                | P1      | 131       | 1         |
                | P2      | 100       | 1         |
                | P2      | 120       | 1         |
                | P2      | 140       | 1         |
                """,
            ),
        ),
    ),
    Case(
        "E-01",
        "Only confirmed onsets absorb",
        "The filter comes first: the unconfirmed relapse of day 490 does not swallow that of 500.",
        {
            "relapses": """
            | patient | onset | confirmed |
            | P1      | 490   | N         |
            | P1      | 500   | Y         |
            """
        },
        "core.relapse",
        """
        | patient | onset_day | n_records |
        | P1      | 500       | 1         |
        """,
    ),
    Case(
        "E-01",
        "Across studies, but not across day 0",
        "A relapse told by two studies is one. A relapse before day 0 absorbs none after it.",
        {
            "patients": "| patient | extension |\n| P1 P2 | 740 |",
            "relapses": """
            | patient | study | onset |
            | P1      | C1    | 735   |
            | P1      | E     | 741   |
            | P2      | C1    | -10   |
            | P2      | C1    | 15    |
            """,
        },
        "core.relapse",
        """
        | patient | study_id | onset_day | n_records |
        | P1      | CAMMS323 | 735       | 2         |
        | P2      | CAMMS323 | -10       | 1         |
        | P2      | CAMMS323 | 15        | 1         |
        """,
    ),
    Case(
        "E-01",
        "Partial dates of onset",
        "Year and month count on the 15th, a year alone on 1 July, both flagged. Without a year a"
        " relapse has no place.",
        {
            "patients": "| patient |\n| P1 P2 P3 |",
            "relapses": """
            | patient | told    |
            | P1      | 2010-03 |
            | P2      | 2010    |
            | P3      | .       |
            """,
        },
        "core.relapse",
        """
        | patient | onset_date | onset_day | is_onset_imputed |
        | P1      | 2010-03-15 | 804       | yes              |
        | P2      | 2010-07-01 | 912       | yes              |
        """,
    ),
    Case(
        "E-02",
        "Counts no more varied than Poisson: the boundary",
        "1, 0, 2 and 1 relapses in a year each: the dispersion k is 0, the model is Poisson.",
        {
            "patients": """
            | patient     | courses    | extension | seen |
            | P1 P2 P3 P4 | 0 365 1000 | 740       | 2922 |
            """,
            "relapses": """
            | patient | onset     |
            | P1      | 1100      |
            | P3      | 1100 1200 |
            | P4      | 1300      |
            """,
        },
        "results.result_arr",
        """
        | n_patients | n_events | person_years | rate | ci_low | ci_high | k |
        | 4          | 4        | 4            | 1    | ≈0.375 | ≈2.664  | 0 |
        """,
        where={
            "group_id": "3-courses",
            "anchor": "course-3",
            "analysis_window": "M0..M12",
        },
        how="The standard error of the log rate is 1/√4 = 0.5; the limits are exp(±1.96·0.5).",
    ),
    Case(
        "E-02",
        "Counts more varied than Poisson: negative binomial",
        "3, 1, 0 and 0 relapses in a year each. The rate is that of Poisson, since all were at"
        " risk for the same time; the limits are wider.",
        {
            "patients": """
            | patient     | courses    | extension | seen |
            | P1 P2 P3 P4 | 0 365 1000 | 740       | 2922 |
            """,
            "relapses": """
            | patient | onset          |
            | P1      | 1100 1200 1300 |
            | P2      | 1100           |
            """,
        },
        "results.result_arr",
        """
        | n_patients | n_events | person_years | rate | ci_low | ci_high | k      |
        | 4          | 4        | 4            | 1    | ≈0.269 | ≈3.718  | ≈0.796 |
        """,
        where={
            "group_id": "3-courses",
            "anchor": "course-3",
            "analysis_window": "M0..M12",
        },
        how="The likelihood of the counts is greatest at k = 0.796; the standard error of the log"
        " rate is √((1 + k)/4) = 0.670.",
    ),
    Case(
        "E-02",
        "No relapse at all",
        "The rate is 0 and has an exact upper limit, no lower one to speak of.",
        {
            "patients": """
            | patient     | courses    | extension | seen |
            | P1 P2 P3 P4 | 0 365 1000 | 740       | 2922 |
            """
        },
        "results.result_arr",
        """
        | n_events | person_years | rate | ci_low | ci_high | k  |
        | 0        | 4            | 0    | 0      | ≈0.922  | NE |
        """,
        where={
            "group_id": "3-courses",
            "anchor": "course-3",
            "analysis_window": "M0..M12",
        },
        how="exp(-4·rate) = 0.025 at the upper limit: 3.689/4.",
    ),
    Case(
        "E-03",
        "After against before, in the same patients",
        "Ten patients with a relapse each before Course 3, two with one after it: rate ratio 0.2.",
        {
            "patients": """
            | patient                     | courses    | extension | seen |
            | P1 P2 P3 P4 P5 P6 P7 P8     | 0 365 1000 | 740       | 2922 |
            | P9 P10                      | 0 365 1000 | 740       | 2922 |
            """,
            "relapses": """
            | patient                 | onset    |
            | P1 P2 P3 P4 P5 P6 P7 P8 | 900      |
            | P9 P10                  | 900 1100 |
            """,
        },
        "results.result_arr_before_after",
        """
        | n_patients | rate_ratio | se     | ci_low | ci_high | p       |
        | 10         | ≈0.200     | ≈0.632 | ≈0.058 | ≈0.691  | ≈0.0109 |
        """,
        where={"group_id": "3-courses", "comparator": "M-12..M0"},
        how="With equal times at risk the robust variance of the log ratio is the sum over patients"
        " of (after/2 - before/10)²: 8·0.01 + 2·0.16 = 0.4, SE 0.632. ln 0.2 = -1.609,"
        " z = -2.545.",
    ),
    Case(
        "E-03",
        "A patient is in one comparison only",
        "P2, with four courses, stands at Course 4 and not at Course 3, P3 at Course 5 alone.",
        {
            "patients": """
            | patient | courses             | extension | seen |
            | P1      | 0 365 900           | 740       | 2922 |
            | P2      | 0 365 900 1400      | 740       | 2922 |
            | P3      | 0 365 900 1400 1900 | 740       | 2922 |
            """
        },
        "results.result_arr_before_after",
        """
        | group_id      | anchor   | n_patients |
        | 3-courses     | course-3 | 1          |
        | 4-courses     | course-4 | 1          |
        | 5plus-courses | course-5 | 1          |
        """,
        where={"comparator": "M-12..M0"},
    ),
    Case(
        "E-04",
        "Relapse-free: three readings",
        "Course 3 is on day 1000. P1 and P3 relapse; P2 leaves after 200 days, P4 after 400."
        " Cumulative counts all five; per year, those who were there at its start and relapsed in"
        " it or completed it; Kaplan-Meier censors.",
        {
            "patients": """
            | patient  | courses    | extension | seen |
            | P1 P3 P5 | 0 365 1000 | 740       | 2922 |
            | P2       | 0 365 1000 | 740       | 1200 |
            | P4       | 0 365 1000 | 740       | 1400 |
            """,
            "relapses": """
            | patient | onset     |
            | P1      | 1100      |
            | P3      | 1300 1500 |
            """,
        },
        "results.result_relapse_free",
        """
        | analysis_id             | analysis_window | n_total | pct   |
        | relapse_free.cumulative | M0..M12         | 5       | 60    |
        | relapse_free.cumulative | M0..M24         | 5       | 60    |
        | relapse_free.cumulative | M0..M36         | 5       | 60    |
        | relapse_free.per_year   | M0..M12         | 4       | 50    |
        | relapse_free.per_year   | M12..M24        | 3       | ≈66.7 |
        | relapse_free.per_year   | M24..M36        | 3       | 100   |
        | relapse_free.km         | M0..M12         | 5       | ≈53.3 |
        | relapse_free.km         | M0..M24         | 5       | ≈53.3 |
        | relapse_free.km         | M0..M36         | 5       | ≈53.3 |
        """,
        where={
            "group_id": "3-courses",
            "anchor": "course-3",
            "analysis_window": ("M0..M12", "M12..M24", "M24..M36", "M0..M24", "M0..M36"),
        },
        how="Year 1: P2 left and counts only in the cumulative share. Year 2: P3 relapses again,"
        " P4 leaves. Kaplan-Meier: 4/5 after the first relapse, times 2/3 after the second, when"
        " three are still there.",
    ),
    Case(
        "E-05",
        "The rate at month 36 is that of the third year",
        "Six relapses in three years, one of them in the third; the cumulative rate stands beside.",
        {
            "patients": """
            | patient     | courses    | extension | seen |
            | P1 P2 P3 P4 | 0 365 1000 | 740       | 2922 |
            """,
            "relapses": """
            | patient | onset          |
            | P1      | 1100 1500      |
            | P2      | 1100 1500 1800 |
            | P3      | 1100           |
            """,
        },
        "results.result_arr",
        """
        | analysis_window | n_events | person_years | rate |
        | M24..M36        | 1        | 4            | 0.25 |
        | M0..M36         | 6        | 12           | 0.5  |
        """,
        where={
            "group_id": "3-courses",
            "anchor": "course-3",
            "analysis_window": ("M24..M36", "M0..M36"),
        },
    ),
)
