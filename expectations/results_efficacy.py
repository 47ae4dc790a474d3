"""Laws of rates, EDSS, MRI and NEDA as a statistician checks them.

Belongs here: what must hold between the cells of these endpoints. Does not belong here: single
rows and cells (`results_suites`), patients.
"""

from expectations.results_laws import contrast, curves_go_one_way, nested
from expectations.results_suites import CELL, PRIMARY, is_of
from expectations.sql import any_problem, problem_text, sql_text
from expectations.suite import Expectation, failing_query, failing_rows
from warehouse.contracts import TableContract

#: MRI activity is gadolinium or T2 activity: who is free of it is free of each (E-10).
_FREE_OF_MRI = (
    ("MRI activity", "Gd-enhancing T1"),
    ("MRI activity", "new or enlarging T2"),
)


def arr_laws(contract: TableContract) -> tuple[Expectation, ...]:
    """Rates of windows."""
    return (
        failing_rows(
            contract,
            "likely_rate",
            "plausibility",
            "E-02",
            "An annualised relapse rate of 3 or more, in a disease with about 1 a year untreated.",
            where="t.statistic = 'rate' AND t.value >= 3 AND t.n_total >= 10",
            show=("t.value", "t.n_total"),
        ),
    )


def arr_before_after_laws() -> tuple[Expectation, ...]:
    """A rate ratio and the rates on its two sides."""
    return (
        contrast(
            "ratio_of_its_rates",
            "E-03",
            "The rate ratio is below 1 exactly if the rate after the course is lower than the one "
            "before, in the same patients.",
            {"ratio": "rate_ratio", "n": "n_patients"},
            {"rate": "rate", "n": "n_patients"},
            {
                "direction": "(c.ratio - 1) * (a.rate - b.rate) < -1e-9",
                "patients": "c.n <> a.n OR c.n <> b.n",
            },
        ),
    )


def mri_laws() -> tuple[Expectation, ...]:
    """Shares free of activity: by component, over years, before and after a course."""
    return (
        curves_go_one_way("mri.free"),
        nested(
            "free_of_each_component",
            "E-10",
            "Who is free of MRI activity is free of each of its components.",
            _FREE_OF_MRI,
            ("n_patients",),
        ),
        contrast(
            "pairs_within_sides",
            "E-11",
            "The complete pairs are at most the patients evaluable on either side, and McNemar's "
            "test exists exactly if a pair is discordant.",
            {"n": "n_patients", "b": "b", "c": "c", "p": "p"},
            {"pct": "pct"},
            {
                "patients": "c.n > a.n_total OR c.n > b.n_total",
                "p": "(c.p IS NULL) <> (c.b + c.c = 0)",
            },
        ),
    )


def edss_laws() -> tuple[Expectation, ...]:
    """Scores on their scale, changes from a baseline that all have."""
    cell = ", ".join(name for name in CELL if name != "analysis_id")
    statistics = ", ".join(
        f"max(value) FILTER (analysis_id = 'edss.{kind}' AND statistic = '{name}') AS {kind}_{name}"
        for kind in ("mean", "change")
        for name in ("mean", "median", "min", "max", "n_patients")
    )
    problems = {
        "score off the scale": "mean_min < 0 OR mean_max > 10 OR mean_mean NOT BETWEEN 0 AND 10 "
        "OR mean_median NOT BETWEEN 0 AND 10",
        "change off the scale": "change_mean NOT BETWEEN -10 AND 10",
        "change at baseline": "timepoint = 'BL' AND (change_mean <> 0 OR change_min <> 0 "
        "OR change_max <> 0)",
        "more changes than scores": "change_n_patients > mean_n_patients",
    }
    return (
        failing_query(
            "scores_and_changes",
            "content",
            "E-06",
            "Scores lie in 0 to 10; the change is 0 at the baseline, and of at most the patients "
            "who have a score.",
            query=f"""
                SELECT {cell}, {problem_text(problems)} AS problem, * EXCLUDE ({cell})
                FROM (SELECT {cell}, {statistics} FROM batch GROUP BY {cell}) AS c
                WHERE {any_problem(problems)} ORDER BY {cell}""",
        ),
    )


def endpoints_agree() -> Expectation:
    """Expect no more patients with NEDA than are free of each of its parts (E-17)."""
    place = "population, group_id, anchor, analysis_window, scenario"
    return failing_query(
        "endpoints_agree",
        "content",
        "E-17",
        "Who has no evidence of disease activity in a window is free of MRI activity in it, and "
        "free of relapses: at most as many patients.",
        query=f"""
            SELECT {place}, n_neda, n_free_of_mri, n_free_of_relapses FROM (
                SELECT {place}, max(value) FILTER (analysis_id = 'neda.free') AS n_neda,
                    max(value) FILTER (analysis_id = 'mri.free' AND category = 'MRI activity')
                        AS n_free_of_mri,
                    max(value) FILTER (analysis_id = 'relapse_free.cumulative')
                        AS n_free_of_relapses
                FROM batch WHERE statistic = 'n_patients' AND scenario = {sql_text(PRIMARY)}
                    AND {is_of(("neda.free", "mri.free", "relapse_free.cumulative"))}
                GROUP BY {place}) AS s
            WHERE n_neda > n_free_of_mri OR n_neda > n_free_of_relapses ORDER BY {place}""",
    )
