"""E-07 .. E-09: confirmed disability worsening and improvement, and their curves."""

from specification.case import Case, Contrast

#: Two courses, seen to the horizon, the extension entered on day 740.
FOLLOWED = "| patient | courses | extension | seen |\n| {} | 0 365 | 740 | 2922 |"
CORE_CDW = {"anchor": "core-baseline", "endpoint": "CDW"}
CORE_CDI = {"anchor": "core-baseline", "endpoint": "CDI"}
COURSE_3_CDI = {"anchor": "course-3", "endpoint": "CDI"}

CASES = (
    Case(
        "E-07",
        "A rise of 1.0, of 1.5 from 0, the same at every level",
        "P1 rises by 1.0 from 2.0 and holds it for six months. From 0 a rise to 1.0 is not enough"
        " (P2), one to 1.5 is (P3). P4 rises by 0.5, P5 by 0.5 at a high level: no event.",
        {
            "patients": FOLLOWED.format("P1 P2 P3 P4 P5"),
            "edss": """
            | patient | 0   | 91  | 182 | 273 |
            | P1      | 2.0 | 3.0 | 3.0 | 3.0 |
            | P2      | 0   | 1.0 | 1.0 | 1.0 |
            | P3      | 0   | 1.5 | 1.5 | 1.5 |
            | P4      | 2.0 | 2.5 | 2.5 | 2.5 |
            | P5      | 6.0 | 6.5 | 6.5 | 6.5 |
            """,
        },
        "windows.disability_event",
        """
        | patient | reference_points | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 2.0              | 0    | 91        | 273              | 91            |
        | P2      | 0                | 1    | .         | .                | 273           |
        | P3      | 0                | 0    | 91        | 273              | 91            |
        | P4      | 2.0              | 1    | .         | .                | 273           |
        | P5      | 6.0              | 1    | .         | .                | 273           |
        """,
        where=CORE_CDW,
        how="The event is dated at its onset. Day 182 comes 91 days after day 91, day 273 comes"
        " 182 days after it: the first visit at least 168 days later confirms.",
        contrasts=(
            Contrast(
                {"cdw_rise_from_zero_points": 1.0},
                """
                | patient | reference_points | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 2.0              | 0    | 91        | 273              | 91            |
                | P2      | 0                | 0    | 91        | 273              | 91            |
                | P3      | 0                | 0    | 91        | 273              | 91            |
                | P4      | 2.0              | 1    | .         | .                | 273           |
                | P5      | 6.0              | 1    | .         | .                | 273           |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "Confirmed after six months less the tolerance of a visit",
        "168 days from onset to the confirming visit are enough, 167 are not: P2 is censored at"
        " the last EDSS.",
        {
            "patients": FOLLOWED.format("P1 P2"),
            "edss": """
            | patient | 0   | 91  | 258 | 259 |
            | P1      | 2.0 | 3.0 | .   | 3.0 |
            | P2      | 2.0 | 3.0 | 3.0 | .   |
            """,
        },
        "windows.disability_event",
        """
        | patient | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 0    | 91        | 259              | 91            |
        | P2      | 1    | .         | .                | 258           |
        """,
        where=CORE_CDW,
        contrasts=(
            Contrast(
                {"confirmation_days": 183},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 1    | .         | .                | 259           |
                | P2      | 1    | .         | .                | 258           |
                """,
            ),
            Contrast(
                {"confirmation_days": 183, "confirmation_early_days": 16},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 0    | 91        | 259              | 91            |
                | P2      | 0    | 91        | 258              | 91            |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "Every visit up to the confirming one must hold the rise",
        "P1 falls back on day 182: a new onset on day 273 counts. P2 falls back at the very visit"
        " that would confirm. P3's later fall, after the confirmation, changes nothing.",
        {
            "patients": FOLLOWED.format("P1 P2 P3"),
            "edss": """
            | patient | 0   | 91  | 182 | 273 | 364 | 455 |
            | P1      | 2.0 | 3.0 | 2.5 | 3.0 | 3.5 | 3.0 |
            | P2      | 2.0 | 3.0 | 3.5 | 2.5 | 3.0 | 3.0 |
            | P3      | 2.0 | 3.0 | 3.0 | 3.0 | 2.0 | 2.0 |
            """,
        },
        "windows.disability_event",
        """
        | patient | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 0    | 273       | 455              | 273           |
        | P2      | 1    | .         | .                | 455           |
        | P3      | 0    | 91        | 273              | 91            |
        """,
        where=CORE_CDW,
        contrasts=(
            Contrast(
                {"is_confirmed_at_every_visit": False},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 0    | 91        | 273              | 91            |
                | P2      | 0    | 182       | 364              | 182           |
                | P3      | 0    | 91        | 273              | 91            |
                """,
            ),
            Contrast(
                {"is_sustained_to_end": True},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 0    | 273       | 455              | 273           |
                | P2      | 1    | .         | .                | 455           |
                | P3      | 1    | .         | .                | 455           |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "Unscheduled and relapse visits do nothing",
        "They neither start a run (P1, `u`) nor break it (P2, `r`) nor confirm it (P3, whose next"
        " scheduled visit is back at the baseline).",
        {
            "patients": FOLLOWED.format("P1 P2 P3"),
            "edss": """
            | patient | 0   | 91   | 140  | 182 | 273  | 300 | 364 |
            | P1      | 2.0 | 3.0u | .    | 3.0 | .    | .   | 3.0 |
            | P2      | 2.0 | 3.0  | 2.0r | .   | 3.0  | .   | .   |
            | P3      | 2.0 | 3.0  | .    | .   | 3.0u | 2.0 | .   |
            """,
        },
        "windows.disability_event",
        """
        | patient | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 0    | 182       | 364              | 182           |
        | P2      | 0    | 91        | 273              | 91            |
        | P3      | 1    | .         | .                | 300           |
        """,
        where=CORE_CDW,
        contrasts=(
            Contrast(
                {"is_unscheduled_counted": True},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 0    | 91        | 364              | 91            |
                | P2      | 1    | .         | .                | 273           |
                | P3      | 0    | 91        | 273              | 91            |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "Not confirmed by the end: censored at the last EDSS",
        "P1 rises at the last visit, P2 never, P3 has no EDSS after the baseline: censored on day"
        " 0. P4 has no baseline and no row.",
        {
            "patients": FOLLOWED.format("P1 P2 P3 P4"),
            "edss": """
            | patient | 0   | 182 | 365 |
            | P1      | 2.0 | 2.0 | 3.0 |
            | P2      | 2.0 | 2.0 | .   |
            | P3      | 2.0 | .   | .   |
            | P4      | .   | 2.0 | 2.0 |
            """,
        },
        "windows.disability_event",
        """
        | patient | cnsr | event_day | last_edss_day | days_to_event |
        | P1      | 1    | .         | 365           | 365           |
        | P2      | 1    | .         | 182           | 182           |
        | P3      | 1    | .         | 0             | 0             |
        """,
        where=CORE_CDW,
        contrasts=(
            Contrast(
                {"is_last_visit_confirmed": True},
                """
                | patient | cnsr | event_day | last_edss_day | days_to_event |
                | P1      | 0    | 365       | 365           | 365           |
                | P2      | 1    | .         | 182           | 182           |
                | P3      | 1    | .         | 0             | 0             |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "No confirmation after follow-up or after Course 6",
        "P1's confirming visit lies after the horizon (day 2922). P2's is on the day of Course 6"
        " and so before it, P3's a day later.",
        {
            "patients": """
            | patient | courses                  | extension | seen |
            | P1      | 0 365                    | 740       | 3000 |
            | P2 P3   | 0 365 800 1200 1600 2000 | 740       | 2922 |
            """,
            "edss": """
            | patient | 0   | 1800 | 2000 | 2001 | 2790 | 2960 |
            | P1      | 2.0 | .    | .    | .    | 3.0  | 3.0  |
            | P2      | 2.0 | 3.0  | 3.0  | .    | .    | .    |
            | P3      | 2.0 | 3.0  | .    | 3.0  | .    | .    |
            """,
        },
        "windows.disability_event",
        """
        | patient | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 0    | 2790      | 2960             | 2790          |
        | P2      | 0    | 1800      | 2000             | 1800          |
        | P3      | 1    | .         | .                | 1800          |
        """,
        where=CORE_CDW,
        contrasts=(
            Contrast(
                {"is_visit_after_horizon_counted": False},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 1    | .         | .                | 2790          |
                | P2      | 0    | 1800      | 2000             | 1800          |
                | P3      | 1    | .         | .                | 1800          |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "Other conventions: a latest confirming visit, none shortly after a relapse",
        "As an alternative the confirming visit must not come too late (P3: 309 days after onset),"
        " or not less than 30 days after a relapse (P1: 29 days; P2: 30).",
        {
            "patients": FOLLOWED.format("P1 P2 P3"),
            "edss": """
            | patient | 0   | 91  | 273 | 364 | 400 |
            | P1 P2   | 2.0 | 3.0 | 3.0 | 3.0 | .   |
            | P3      | 2.0 | 3.0 | .   | .   | 3.0 |
            """,
            "relapses": "| patient | onset |\n| P1 | 244 |\n| P2 | 243 |",
        },
        "windows.disability_event",
        """
        | patient | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 0    | 91        | 273              | 91            |
        | P2      | 0    | 91        | 273              | 91            |
        | P3      | 0    | 91        | 400              | 91            |
        """,
        where=CORE_CDW,
        contrasts=(
            Contrast(
                {"relapse_shadow_days": 30},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 0    | 91        | 364              | 91            |
                | P2      | 0    | 91        | 273              | 91            |
                | P3      | 0    | 91        | 400              | 91            |
                """,
            ),
            Contrast(
                {"confirmation_late_days": 140},
                """
                | patient | cnsr | event_day | confirmation_day | days_to_event |
                | P1      | 0    | 91        | 273              | 91            |
                | P2      | 0    | 91        | 273              | 91            |
                | P3      | 1    | .         | .                | 400           |
                """,
            ),
        ),
    ),
    Case(
        "E-07",
        "After a course: from the last scheduled EDSS on or before it",
        "From core baseline (2.0) the worsening begins on day 1000. From Course 3, on day 1000,"
        " the reference is the 3.0 of that day, and the worsening begins on day 1182.",
        {
            "patients": """
            | patient | courses    | extension | seen |
            | P1      | 0 365 1000 | 740       | 2922 |
            """,
            "edss": """
            | patient | 0   | 817 | 1000 | 1182 | 1365 |
            | P1      | 2.0 | 2.0 | 3.0  | 4.0  | 4.0  |
            """,
        },
        "windows.disability_event",
        """
        | patient | anchor        | reference_points | cnsr | event_day | days_to_event |
        | P1      | core-baseline | 2.0              | 0    | 1000      | 1000          |
        | P1      | course-3      | 3.0              | 0    | 1182      | 182           |
        """,
        where={"endpoint": "CDW"},
    ),
    Case(
        "E-08",
        "A fall of 1.0 from a core baseline of 2.0 or more",
        "P1 falls by 1.0 and holds it. P2 falls by 0.5 only. P3 starts at 2.0 and may improve, P4"
        " at 1.5 may not and has no row. P5's fall is not held.",
        {
            "patients": FOLLOWED.format("P1 P2 P3 P4 P5"),
            "edss": """
            | patient | 0   | 182 | 364 | 546 |
            | P1      | 3.0 | 2.0 | 1.5 | 2.0 |
            | P2      | 3.0 | 2.5 | 2.5 | 2.5 |
            | P3      | 2.0 | 1.0 | 1.0 | 1.0 |
            | P4      | 1.5 | 0   | 0   | 0   |
            | P5      | 4.0 | 3.0 | 3.5 | 3.0 |
            """,
        },
        "windows.disability_event",
        """
        | patient | reference_points | cnsr | event_day | confirmation_day | days_to_event |
        | P1      | 3.0              | 0    | 182       | 364              | 182           |
        | P2      | 3.0              | 1    | .         | .                | 546           |
        | P3      | 2.0              | 0    | 182       | 364              | 182           |
        | P5      | 4.0              | 1    | .         | .                | 546           |
        """,
        where=CORE_CDI,
    ),
    Case(
        "E-08",
        "After a course: a new improvement against core baseline",
        "All start from 4.0. P1 is improved at Course 3 (day 1000) and stays so: no new onset. P2"
        " loses the improvement and gains it again on day 1365. P3 improves on day 1182.",
        {
            "patients": """
            | patient  | courses    | extension | seen |
            | P1 P2 P3 | 0 365 1000 | 740       | 2922 |
            """,
            "edss": """
            | patient | 0   | 1000 | 1182 | 1365 | 1547 |
            | P1      | 4.0 | 3.0  | 3.0  | 3.0  | 3.0  |
            | P2      | 4.0 | 3.0  | 4.0  | 3.0  | 3.0  |
            | P3      | 4.0 | 4.0  | 3.0  | 3.0  | 3.0  |
            """,
        },
        "windows.disability_event",
        """
        | patient | reference_points | cnsr | event_day | days_to_event |
        | P1      | 4.0              | 1    | .         | 547           |
        | P2      | 4.0              | 0    | 1365      | 365           |
        | P3      | 4.0              | 0    | 1182      | 182           |
        """,
        where=COURSE_3_CDI,
        contrasts=(
            Contrast(
                {"cdi_after_course": "at once"},
                """
                | patient | reference_points | cnsr | event_day | days_to_event |
                | P1      | 4.0              | 0    | 1182      | 182           |
                | P2      | 4.0              | 0    | 1365      | 365           |
                | P3      | 4.0              | 0    | 1182      | 182           |
                """,
            ),
            Contrast(
                {"cdi_after_course": "course baseline"},
                """
                | patient | reference_points | cnsr | event_day | days_to_event |
                | P1      | 3.0              | 1    | .         | 547           |
                | P2      | 3.0              | 1    | .         | 547           |
                | P3      | 4.0              | 0    | 1182      | 182           |
                """,
            ),
        ),
    ),
    Case(
        "E-08",
        "An improvement gained, lost and not regained in time",
        "P1's first improved visit after the course does not hold and the second is never"
        " confirmed; a fall of 1.0 from the course alone does not count while the score is above"
        " the core baseline less 1.0 (P2).",
        {
            "patients": """
            | patient | courses    | extension | seen |
            | P1 P2   | 0 365 1000 | 740       | 2922 |
            """,
            "edss": """
            | patient | 0   | 1000 | 1182 | 1365 | 1547 |
            | P1      | 4.0 | 4.0  | 3.0  | 3.5  | 3.0  |
            | P2      | 4.0 | 5.0  | 4.0  | 4.0  | 4.0  |
            """,
        },
        "windows.disability_event",
        """
        | patient | reference_points | cnsr | event_day | days_to_event |
        | P1      | 4.0              | 1    | .         | 547           |
        | P2      | 4.0              | 1    | .         | 547           |
        """,
        where=COURSE_3_CDI,
    ),
    Case(
        "E-09",
        "Free of worsening at yearly marks",
        "P1 worsens on day 182; P2 is observed to day 740, P3 to day 400, P4 to day 200. Nobody is"
        " seen in or after the visit window of Year 3: no estimate, rather than the last one.",
        {
            "patients": FOLLOWED.format("P1 P2 P3 P4"),
            "edss": """
            | patient | 0   | 182 | 200 | 365 | 400 | 740 |
            | P1      | 2.0 | 3.0 | .   | 3.0 | .   | .   |
            | P2      | 2.0 | .   | .   | .   | .   | 2.0 |
            | P3      | 2.0 | .   | .   | .   | 2.0 | .   |
            | P4      | 2.0 | .   | 2.0 | .   | .   | .   |
            """,
        },
        "results.result_disability",
        """
        | timepoint | analysis_window | n_total | at_risk | n_events | pct | ci_low | ci_high |
        | Y1        | Y0..Y1          | 4       | 2       | 1        | 75  | ≈12.8  | ≈96.1   |
        | Y2        | Y0..Y2          | 4       | 1       | 1        | 75  | ≈12.8  | ≈96.1   |
        | Y3        | Y0..Y3          | 4       | 0       | 1        | NE  | NE     | NE      |
        """,
        where={
            "analysis_id": "cdw.km",
            "group_id": "2-courses",
            "anchor": "core-baseline",
            "timepoint": ("Y1", "Y2", "Y3"),
        },
        how="Four at risk on day 182: 3/4. Log-log limits: SE √(1/(4·3))/|ln 0.75| = 1.0035,"
        " 0.75 to the power exp(±1.96·1.0035) = 7.148 and 1/7.148.",
    ),
    Case(
        "E-09",
        "Observed within the visit window is observed",
        "P2's last EDSS is on day 690, 40.5 days before the mark of Year 2 and so in its visit"
        " window of 45 days; with one of 35 days it is not.",
        {
            "patients": FOLLOWED.format("P1 P2"),
            "edss": """
            | patient | 0   | 182 | 365 | 690 |
            | P1      | 2.0 | 3.0 | 3.0 | .   |
            | P2      | 2.0 | 2.0 | 2.0 | 2.0 |
            """,
        },
        "results.result_disability",
        """
        | timepoint | n_events | pct |
        | Y1        | 1        | 50  |
        | Y2        | 1        | 50  |
        """,
        where={
            "analysis_id": "cdw.km",
            "group_id": "2-courses",
            "anchor": "core-baseline",
            "timepoint": ("Y1", "Y2"),
        },
        contrasts=(
            Contrast(
                {"edss_tolerance_days": 35},
                """
                | timepoint | n_events | pct |
                | Y1        | 1        | 50  |
                | Y2        | 1        | NE  |
                """,
            ),
        ),
    ),
    Case(
        "E-09",
        "With improvement: one minus the curve, after a course",
        "One of four improves on day 1182, 182 days after Course 3; of the four one may not"
        " improve (core baseline 1.5) and is not counted.",
        {
            "patients": """
            | patient        | courses    | extension | seen |
            | P1 P2 P3 P4 P5 | 0 365 1000 | 740       | 2922 |
            """,
            "edss": """
            | patient     | 0   | 1000 | 1182 | 1365 | 1400 |
            | P1          | 3.0 | 3.0  | 2.0  | 2.0  | 2.0  |
            | P2 P3 P4    | 3.0 | 3.0  | 3.0  | 3.0  | 3.0  |
            | P5          | 1.5 | 1.5  | 1.5  | 1.5  | 1.5  |
            """,
        },
        "results.result_disability",
        """
        | timepoint | analysis_window | n_total | at_risk | n_events | pct | ci_low | ci_high |
        | M12       | M0..M12         | 4       | 3       | 1        | 25  | ≈3.9   | ≈87.2   |
        """,
        where={
            "analysis_id": "cdi.km",
            "group_id": "3-courses",
            "anchor": "course-3",
            "timepoint": "M12",
        },
    ),
)
