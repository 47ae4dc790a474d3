"""E-17: no evidence of disease activity."""

from specification.case import Case

CASES = (
    Case(
        "E-17",
        "Evaluable with MRI of the year and EDSS at its end",
        "P1 is free of all. P2 had a relapse, P3 a lesion, P4 the onset of a confirmed worsening."
        " P5 lacks the scan and is out in spite of the relapse; P6 lacks the EDSS.",
        {
            "patients": """
            | patient           | courses | extension | seen |
            | P1 P2 P3 P4 P5 P6 | 0 365   | 740       | 2922 |
            """,
            "edss": """
            | patient     | 0   | 182 | 365 |
            | P1 P2 P3 P5 | 2.0 | 2.0 | 2.0 |
            | P4          | 2.0 | 3.0 | 3.0 |
            | P6          | 2.0 | 2.0 | .   |
            """,
            "scans": """
            | patient     | day | gd |
            | P1 P2 P4 P6 | 365 | 0  |
            | P3          | 365 | 1  |
            """,
            "relapses": "| patient | onset |\n| P2 P5 | 100 |",
        },
        "results.result_neda",
        """
        | analysis_window | n_patients | n_total | pct |
        | Y1              | 1          | 4       | 25  |
        """,
        where={
            "analysis_id": "neda.free",
            "group_id": "2-courses",
            "anchor": "core-baseline",
            "analysis_window": "Y1",
        },
    ),
    Case(
        "E-17",
        "Per year and cumulative",
        "P2 relapses in Year 1 and is free in Year 2; P3's worsening begins in Year 1 and counts"
        " there alone; P4 lacks the scan of Year 1 and is out of the two years together.",
        {
            "patients": """
            | patient     | courses | extension | seen |
            | P1 P2 P3 P4 | 0 365   | 740       | 2922 |
            """,
            "edss": """
            | patient  | 0   | 182 | 365 | 731 |
            | P1 P2 P4 | 2.0 | 2.0 | 2.0 | 2.0 |
            | P3       | 2.0 | 3.0 | 3.0 | 3.0 |
            """,
            "scans": """
            | patient  | day |
            | P1 P2 P3 | 365 |
            | P1 P2 P3 | 731 |
            | P4       | 731 |
            """,
            "relapses": "| patient | onset |\n| P2 | 100 |",
        },
        "results.result_neda",
        """
        | analysis_window | n_patients | n_total | pct   |
        | Y1              | 1          | 3       | ≈33.3 |
        | Y2              | 4          | 4       | 100   |
        | Y0..Y1          | 1          | 3       | ≈33.3 |
        | Y0..Y2          | 1          | 3       | ≈33.3 |
        """,
        where={
            "analysis_id": "neda.free",
            "group_id": "2-courses",
            "anchor": "core-baseline",
            "analysis_window": ("Y1", "Y2", "Y0..Y1", "Y0..Y2"),
        },
    ),
)
