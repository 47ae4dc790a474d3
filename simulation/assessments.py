"""QS and NV: EDSS with its functional systems, and brain MRI."""

from collections.abc import Callable

import numpy as np
import polars as pl

from simulation.codes import KFSS_TESTS, NV_TESTS
from simulation.cohort import Cohort, FloatArray, IntArray
from simulation.disability import DisabilityPath, edss_at, functional_systems
from simulation.exposure import study_code
from simulation.follow_up import CORE_PHASE, FollowUp
from simulation.history import History
from simulation.parameters import DAYS_PER_YEAR, Parameters
from simulation.schedule import Planned
from simulation.sdtm import assemble, date_text

#: NV numbers its visits as QS does; the baseline scan belongs to the visit "BASELINE".
BASELINE_VISIT = 2
MONTH_VISIT = 10


def questionnaire_datasets(
    cohort: Cohort,
    visits: pl.DataFrame,
    history: History,
    disability: DisabilityPath,
    parameters: Parameters,
    rng: np.random.Generator,
    *,
    with_systems: bool = True,
) -> dict[str, pl.DataFrame]:
    """QS by study: one EDSS record per assessment, and seven functional systems.

    Args:
        cohort: persons.
        visits: as `visits.draw_visits` gives them.
        history: relapses, which the scores follow.
        disability: latent course of disability.
        parameters: the model.
        rng: random stream of the scores.
        with_systems: whether the functional systems are written; they are seven eighths of QS.
    """
    rows = visits.filter("has_edss").select(
        "person", "study", "day", "VISITNUM", "VISIT", "is_done", test=pl.lit(0, dtype=pl.Int8)
    )
    person, day = rows["person"].to_numpy(), rows["day"].to_numpy()
    score = edss_at(person, day, cohort, history, disability, parameters, rng)
    is_baseline = rows["is_done"] & (rows["VISITNUM"] == BASELINE_VISIT)
    rows = rows.with_columns(value=pl.Series(score), is_baseline=is_baseline)
    done = rows.filter("is_done")
    tables = [rows, _second_entries(done, parameters.conduct.duplicate, rng)]
    if with_systems:
        grades = functional_systems(done["person"].to_numpy(), done["value"].to_numpy(), disability)
        tables += [
            done.with_columns(
                value=pl.Series(grades[:, number].astype(np.float64)),
                test=pl.lit(number + 1, dtype=pl.Int8),
            )
            for number in range(len(KFSS_TESTS))
        ]
    table = pl.concat(tables, how="vertical_relaxed")
    edss = ("EDSS0101", "EDSS01-Expanded Disability Score", "EDSS")
    tests = (edss, *((code, name, "KFSS") for code, name in KFSS_TESTS))
    return _findings("QS", table, tests, cohort, _score_text)


def _second_entries(done: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """The same assessment entered again, half a point off; the later --SEQ counts."""
    chosen = done.filter(pl.Series(rng.random(len(done)) < share) & ~pl.col("is_baseline"))
    shifted = pl.when(pl.col("value") >= 1.5).then(pl.col("value") - 0.5).otherwise(pl.lit(1.5))
    return chosen.with_columns(value=shifted)


def _score_text(value: pl.Expr) -> pl.Expr:
    """`2.5`, `3`: a score as it is written on the form."""
    whole = value.cast(pl.Int32).cast(pl.String)
    return pl.when(value == value.floor()).then(whole).otherwise(value.cast(pl.String))


def _findings(
    domain: str,
    table: pl.DataFrame,
    tests: tuple[tuple[str, str, str], ...],
    cohort: Cohort,
    as_text: Callable[[pl.Expr], pl.Expr],
) -> dict[str, pl.DataFrame]:
    codes, names, categories = (
        pl.Series([test[part] for test in tests], dtype=pl.String) for part in range(3)
    )
    test = pl.col("test").cast(pl.UInt32)
    value = pl.when("is_done").then(pl.col("value"))
    text = as_text(value)
    date = date_text(cohort.day0[table["person"].to_numpy()] + table["day"].to_numpy())
    variables: dict[str, pl.Expr | pl.Series] = {
        "TESTCD": pl.lit(codes).gather(test),
        "TEST": pl.lit(names).gather(test),
        "CAT": pl.lit(categories).gather(test),
        "ORRES": text,
        "STRESC": text,
        "STRESN": value,
        "STAT": pl.when(~pl.col("is_done")).then(pl.lit("NOT DONE")),
        "BLFL": pl.when("is_baseline").then(pl.lit("Y")),
        "DTC": date,
    }
    rows = table.with_columns(**{f"{domain}{name}": column for name, column in variables.items()})
    return assemble(domain, rows, cohort, ["day", "VISITNUM", "test"])


def imaging_datasets(
    cohort: Cohort,
    follow_up: FollowUp,
    scans: Planned,
    history: History,
    parameters: Parameters,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    """NV by study: lesion counts and brain parenchymal fraction of every scan.

    Baseline scans have no counts of new lesions: there is no earlier scan. A scan that did not
    take place leaves rows NOT DONE now and then (its lesions show on the next one).
    """
    conduct = parameters.conduct
    treated = np.flatnonzero(cohort.is_treated).astype(np.int32)
    before = np.maximum(
        -rng.integers(0, 14, len(treated), dtype=np.int32), cohort.consent_day[treated]
    )
    is_done = rng.random(len(treated)) >= conduct.not_done
    fraction = cohort.bpf + rng.normal(0, 0.001, len(cohort))
    baseline = [
        _scan_rows(treated, before, CORE_PHASE, BASELINE_VISIT, is_done, True, value, test, cohort)
        for test, value in ((0, cohort.gd[treated].astype(float)), (3, fraction[treated]))
    ]
    person, column = scans.cells()
    day, phase, month = scans.day[person, column], scans.phase[column], scans.month[column]
    is_done = np.ones(len(person), dtype=np.bool_)
    loss = 0.0016 * day / DAYS_PER_YEAR
    values: tuple[tuple[int, FloatArray], ...] = (
        (0, history.gd[person, column].astype(float)),
        (1, history.t2[person, column].astype(float)),
        (2, history.t1[person, column].astype(float)),
        (3, fraction[person] - loss + rng.normal(0, 0.002, len(person))),
    )
    later = [
        _scan_rows(person, day, phase, MONTH_VISIT + month, is_done, False, value, test, cohort)
        for test, value in values
    ]
    missed = _missed_scans(scans, follow_up, rng, cohort)
    table = pl.concat([*baseline, *later, *missed], how="vertical_relaxed")
    tests = tuple((code, name, "MRI BRAIN") for code, name in NV_TESTS)
    return _findings("NV", table, tests, cohort, _lesion_text)


def _lesion_text(value: pl.Expr) -> pl.Expr:
    """Whole numbers for counts, four decimals for the fraction."""
    whole = value.round(0).cast(pl.Int32).cast(pl.String)
    return pl.when(pl.col("test") == 3).then(value.round(4).cast(pl.String)).otherwise(whole)


def _scan_rows(
    person: IntArray,
    day: IntArray,
    phase: IntArray | int,
    number: IntArray | int,
    is_done: np.ndarray,
    is_baseline: bool,
    value: FloatArray,
    test: int,
    cohort: Cohort,
) -> pl.DataFrame:
    n = len(person)
    phases = np.broadcast_to(phase, n)
    month = pl.Series(np.broadcast_to(number, n) - MONTH_VISIT).cast(pl.String)
    name = "BASELINE" if is_baseline else pl.select(pl.lit("MONTH ") + month).to_series()
    return pl.DataFrame(
        {
            "person": person,
            "study": study_code(cohort, person, phases),
            "day": day.astype(np.int32),
            "VISITNUM": np.broadcast_to(number, n).astype(np.float64),
            "is_done": is_done,
            "value": np.round(value, 4),
        }
    ).with_columns(
        VISIT=pl.lit(name) if isinstance(name, str) else name,
        is_baseline=pl.col("is_done") if is_baseline else pl.lit(False),
        test=pl.lit(test, dtype=pl.Int8),
    )


def _missed_scans(
    scans: Planned, follow_up: FollowUp, rng: np.random.Generator, cohort: Cohort
) -> list[pl.DataFrame]:
    """Rows NOT DONE for a third of the scans that were planned but did not take place."""
    person, column = np.nonzero(scans.missed_day <= follow_up.exit_day[:, None])
    leaves_record = rng.random(len(person)) < 0.33
    person, column = person[leaves_record].astype(np.int32), column[leaves_record]
    day, phase = scans.missed_day[person, column], scans.phase[column]
    number = MONTH_VISIT + scans.month[column]
    nothing, value = np.zeros(len(person), dtype=np.bool_), np.zeros(len(person))
    return [
        _scan_rows(person, day, phase, number, nothing, False, value, test, cohort)
        for test in range(len(NV_TESTS))
    ]
