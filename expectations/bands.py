"""How far a table may lie from the same table of the last published cut before a person looks.

Belongs here: bands as data, each with its reason, and the expectations made of them; all warn.
Does not belong here: what changed, row by row (the diff of two cuts).

In the SQL `previous.raw_ae` is the table of the last published cut, empty if there is none.
"""

from dataclasses import dataclass

from expectations.quarantine_suites import delivered_files
from expectations.sql import sql_list, sql_text
from expectations.suite import Expectation, failing_query, previous_name
from warehouse.contracts import TableContract


@dataclass(frozen=True)
class RowBand:
    """Delivered rows of a study in a dataset, whether they passed or were put aside.

    Transfers are cumulative: a dataset loses only what a correction takes out. In a year of TOPAZ
    its scans, the fastest to grow, became two thirds more; twice as many between two cuts is a
    file stacked twice, or another study's.
    """

    most_factor: float = 2.0
    #: Growth by fewer rows than this is never unusual: a small table doubles by a few records.
    least_growth_rows: int = 100


@dataclass(frozen=True)
class PatientBand:
    """Patients of an analysis set or a group.

    The core studies are closed, so that nobody is treated for the first time, or no longer. Groups
    move by one course: in a year the largest change was 12 patients.
    """

    most_percent: float = 20.0
    least_change: int = 15


@dataclass(frozen=True)
class ResultBand:
    """Main results of groups that are large enough to be steady.

    Over a year, of groups of 100 patients or more, no rate of relapses changed by a factor above
    1.4, no percentage by more than 6 points.
    """

    least_patients: int = 100
    most_rate_factor: float = 1.5
    most_points: float = 10.0
    rates: tuple[str, ...] = ("arr.window",)
    percentages: tuple[str, ...] = (
        "relapse_free.cumulative",
        "relapse_free.per_year",
        "relapse_free.km",
        "cdw.km",
        "cdi.km",
        "mri.free",
        "neda.free",
    )


ROWS = RowBand()
PATIENTS = PatientBand()
RESULTS = ResultBand()


def rows_per_study(contract: TableContract) -> Expectation:
    """Expect each study's delivered rows not to shrink, and not to grow out of the band.

    Args:
        contract: the quarantine of a dataset; with the raw table it holds all that was delivered.
    """
    raw = previous_name(f"raw.{contract.name}")
    # By the study's folder, as in `landing.transfer`: a row may leave STUDYID blank.
    delivered_before = f"""
        SELECT source_file FROM {raw}
        UNION ALL
        SELECT ANY_VALUE(source_file) FROM {previous_name(contract.sql_name)}
        GROUP BY source_file, source_row"""
    return failing_query(
        "rows_in_band",
        "plausibility",
        "",
        "A study delivered fewer rows than for the last published cut, or more than "
        f"{ROWS.most_factor:g} times as many: look whether the transfer is whole, cumulative and "
        "of this study.",
        query=f"""
            SELECT study_id, coalesce(now.n, 0) AS n_rows, before.n AS n_rows_before
            FROM (SELECT split_part(source_file, '/', 1) AS study_id, count(*) AS n
                FROM ({delivered_before}) AS b GROUP BY ALL) AS before
            LEFT JOIN (SELECT study_id, sum(records) AS n FROM {delivered_files(contract)} AS d
                GROUP BY study_id) AS now USING (study_id)
            WHERE coalesce(now.n, 0) < before.n
                OR now.n - before.n >= {ROWS.least_growth_rows}
                    AND now.n > {ROWS.most_factor!r} * before.n
            ORDER BY study_id""",
    )


def patients_per_set(contract: TableContract) -> Expectation:
    """Expect the analysis sets and groups of `core.population` to stay within the band."""
    sets = ("is_treated", "is_extension", "is_no_other_dmt", "is_safety", "is_efficacy")

    def counted(table: str) -> str:
        parts = [
            f"SELECT {sql_text(name.removeprefix('is_'))} AS patients, count(*) FILTER ({name}) "
            f"AS n FROM {table}"
            for name in sets
        ]
        parts.append(
            f"SELECT group_id, count(*) FROM {table} WHERE group_id IS NOT NULL GROUP BY group_id"
        )
        return f"({' UNION ALL '.join(parts)})"

    return failing_query(
        "patients_in_band",
        "plausibility",
        "S-01",
        "A set or group of patients differs from that of the last published cut by "
        f"{PATIENTS.least_change} patients or more and by more than {PATIENTS.most_percent:g}%, "
        "nobody of it is left, or fewer patients are treated than before: look at the codes, at "
        "DM, EX and CM.",
        query=f"""
            SELECT patients, n_patients, n_patients_before
            FROM (SELECT patients, coalesce(now.n, 0) AS n_patients,
                    coalesce(before.n, 0) AS n_patients_before
                FROM {counted(previous_name(contract.sql_name))} AS before
                FULL JOIN {counted("batch")} AS now USING (patients)) AS both_cuts
            WHERE EXISTS (FROM {previous_name(contract.sql_name)}) AND (
                patients = 'treated' AND n_patients < n_patients_before
                OR n_patients = 0 AND n_patients_before > 0
                OR abs(n_patients - n_patients_before) >= {PATIENTS.least_change}
                    AND 100 * abs(n_patients - n_patients_before)
                        > {PATIENTS.most_percent!r} * n_patients_before)
            ORDER BY patients""",
    )


def main_results(contract: TableContract) -> Expectation:
    """Expect the main results of `results.result` to stay within the band."""
    return failing_query(
        "results_in_band",
        "plausibility",
        "",
        f"A main result of {RESULTS.least_patients} patients or more changed much since the last "
        f"published cut (a rate by a factor above {RESULTS.most_rate_factor:g}, a percentage by "
        f"more than {RESULTS.most_points:g} points) or has no value any more: look at what changed "
        "(topaz diff).",
        query=f"""
            SELECT p.result_id, t.value, p.value AS value_before, t.n_total,
                p.n_total AS n_total_before
            FROM {previous_name(contract.sql_name)} AS p LEFT JOIN batch AS t USING (result_id)
            WHERE p.scenario = 'primary'
                AND least(coalesce(t.n_total, p.n_total), p.n_total) >= {RESULTS.least_patients}
                AND (p.statistic = 'rate' AND p.analysis_id IN {sql_list(RESULTS.rates)}
                        AND (p.value IS NOT NULL AND t.value IS NULL
                            OR greatest(t.value, p.value)
                                > {RESULTS.most_rate_factor!r} * least(t.value, p.value))
                    OR p.statistic = 'pct' AND p.analysis_id IN {sql_list(RESULTS.percentages)}
                        AND (p.value IS NOT NULL AND t.value IS NULL
                            OR abs(t.value - p.value) > {RESULTS.most_points!r}))
            ORDER BY p.result_id""",
    )
