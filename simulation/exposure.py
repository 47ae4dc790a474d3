"""EX and SUPPEX: infusions with times, interferon intervals, reasons for additional courses."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation.codes import ALEM24, EPOCHS, IFNB1A, NO_REASON, RETREATMENT_REASONS
from simulation.cohort import BoolArray, Cohort, FloatArray, IntArray
from simulation.follow_up import CORE_PHASE, FollowUp
from simulation.history import History
from simulation.parameters import Conduct
from simulation.sdtm import assemble, coded, date_text, datetime_text, sequence_numbers

FIRST_COURSE_INFUSIONS = 5
LATER_COURSE_INFUSIONS = 3
#: Interferon is titrated: first day, last day (None = end of the core study), dose in ug.
TITRATION = ((0, 13, 8.8), (14, 27, 22.0), (28, None, 44.0))


@dataclass(frozen=True)
class Infusions:
    """One entry per infusion, ordered by person, course and day of the course.

    Attributes:
        course: index into the courses of the history. number: infusion of the course, from 1.
        start_minute, end_minute: minutes since midnight of `day`.
        dose: mg; 0 = not given.
        is_interrupted: filed as a second qualifier beside the reason.
    """

    course: IntArray
    person: IntArray
    phase: IntArray
    day: IntArray
    number: IntArray
    start_minute: IntArray
    end_minute: IntArray
    dose: FloatArray
    is_interrupted: BoolArray


def draw_infusions(
    cohort: Cohort,
    follow_up: FollowUp,
    history: History,
    conduct: Conduct,
    rng: np.random.Generator,
) -> Infusions:
    """Daily infusions of every course: five in the first, three later; some not given.

    A course that runs over the end of its phase is cut there.
    """
    courses = len(history.course_day)
    planned = np.where(
        history.course_number == 1, FIRST_COURSE_INFUSIONS, LATER_COURSE_INFUSIONS
    ).astype(np.int32)
    is_stopped = rng.random(courses) < conduct.infusion_stopped
    given = np.where(is_stopped, planned - 1 - (rng.random(courses) < 0.4), planned)
    course = np.repeat(np.arange(courses, dtype=np.int32), given)
    number = np.arange(len(course)) - np.repeat(np.cumsum(given) - given, given) + 1
    phase = follow_up.phase_of(history.course_person, history.course_day)[course]
    person = history.course_person[course]
    day = history.course_day[course] + number - 1
    keep = day <= follow_up.end[person, phase]
    course, number, phase, person, day = (
        array[keep] for array in (course, number, phase, person, day)
    )
    n = len(course)
    start = 8 * 60 + rng.integers(0, 180, n)
    dose = np.where((cohort.actual[person] == ALEM24) & (phase == CORE_PHASE), 24.0, 12.0)
    # Never the first infusion: its day is the day of the course.
    dose[(number > 1) & (rng.random(n) < conduct.infusion_skipped)] = 0.0
    return Infusions(
        course=course,
        person=person,
        phase=phase.astype(np.int32),
        day=day.astype(np.int32),
        number=number.astype(np.int32),
        start_minute=start.astype(np.int32),
        end_minute=(start + 240 + rng.integers(-20, 150, n)).astype(np.int32),
        dose=dose,
        is_interrupted=(dose > 0) & (rng.random(n) < conduct.infusion_interrupted),
    )


def study_code(cohort: Cohort, person: IntArray, phase: IntArray) -> IntArray:
    """Index into `codes.STUDIES` of a person's phase."""
    return np.where(phase == CORE_PHASE, cohort.study[person], phase + 1).astype(np.int32)


def _course_labels(number: IntArray, day: IntArray) -> pl.Series:
    frame = pl.DataFrame({"course": number, "day": day})
    return frame.select(pl.format("COURSE {} DAY {}", "course", "day")).to_series()


def course_visits(history: History, infusions: Infusions) -> tuple[IntArray, pl.Series]:
    """Visit number and name of every infusion."""
    number = history.course_number[infusions.course]
    return 500 + 10 * number + infusions.number, _course_labels(number, infusions.number)


def _interferon(cohort: Cohort, follow_up: FollowUp) -> pl.DataFrame:
    who = np.flatnonzero(cohort.actual == IFNB1A)
    end = follow_up.end[who, CORE_PHASE]
    parts = []
    for first, last, dose in TITRATION:
        took = end >= first
        stop = end if last is None else np.minimum(end, last)
        person = who[took]
        parts.append(
            pl.DataFrame(
                {
                    "person": person,
                    "study": cohort.study[person],
                    "day": np.full(len(person), first),
                    "EXDOSE": np.full(len(person), dose),
                    "EXSTDTC": date_text(cohort.day0[person] + first),
                    "EXENDTC": date_text(cohort.day0[person] + stop[took]),
                }
            )
        )
    return pl.concat(parts).with_columns(
        EXTRT=pl.lit("INTERFERON BETA-1A"),
        EXDOSU=pl.lit("ug"),
        EXROUTE=pl.lit("SUBCUTANEOUS"),
        EPOCH=pl.lit(EPOCHS[0]),
        VISITNUM=pl.lit(None, dtype=pl.Float64),
        VISIT=pl.lit(None, dtype=pl.String),
        reason=pl.lit(NO_REASON, dtype=pl.Int32),
        is_interrupted=pl.lit(False),
    )


def exposure_datasets(
    cohort: Cohort, follow_up: FollowUp, history: History, infusions: Infusions
) -> dict[str, dict[str, pl.DataFrame]]:
    """EX and SUPPEX by study."""
    visit_number, visit = course_visits(history, infusions)
    is_first: BoolArray = infusions.number == 1
    reason = np.where(is_first, history.course_reason[infusions.course], NO_REASON)
    date = cohort.day0[infusions.person] + infusions.day
    infused = pl.DataFrame(
        {
            "person": infusions.person,
            "study": study_code(cohort, infusions.person, infusions.phase),
            "day": infusions.day,
            "EXDOSE": infusions.dose,
            "EXSTDTC": datetime_text(date, infusions.start_minute),
            "EXENDTC": datetime_text(date, infusions.end_minute),
            "EPOCH": coded(EPOCHS, infusions.phase),
            "VISITNUM": visit_number.astype(np.float64),
            "VISIT": visit,
            "reason": reason,
            "is_interrupted": infusions.is_interrupted,
        }
    ).with_columns(EXTRT=pl.lit("ALEMTUZUMAB"), EXDOSU=pl.lit("mg"), EXROUTE=pl.lit("INTRAVENOUS"))
    rows = pl.concat([infused, _interferon(cohort, follow_up)], how="diagonal_relaxed")
    rows = rows.sort("study", "person", "day")
    rows = rows.with_columns(EXSEQ=pl.Series(sequence_numbers(rows)))
    reasons = rows.filter(pl.col("reason") != NO_REASON)
    reason_text = coded(RETREATMENT_REASONS, reasons["reason"].to_numpy())
    interrupted = rows.filter("is_interrupted")
    supplement = pl.concat(
        [
            supplement_rows(interrupted, "EXSEQ", "INFINT", "Infusion Interrupted").with_columns(
                QVAL=pl.lit("Y")
            ),
            supplement_rows(reasons, "EXSEQ", "RETRSN", "Reason for Retreatment").with_columns(
                QVAL=reason_text
            ),
        ]
    )
    return {
        "EX": assemble("EX", rows, cohort, ["EXSEQ"]),
        "SUPPEX": assemble("SUPPEX", supplement, cohort, ["sequence", "QNAM"]),
    }


def supplement_rows(rows: pl.DataFrame, idvar: str, name: str, label: str) -> pl.DataFrame:
    """Supplemental qualifiers that point to `rows` by their sequence number, without QVAL."""
    return rows.select(
        "person",
        "study",
        sequence=pl.col(idvar),
        IDVAR=pl.lit(idvar),
        IDVARVAL=pl.col(idvar).cast(pl.Int64).cast(pl.String),
        QNAM=pl.lit(name),
        QLABEL=pl.lit(label),
    )
