"""What the disease did and how it was treated, as long arrays."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulation.cohort import IntArray


@dataclass(frozen=True)
class History:
    """What the disease did and how it was treated; long arrays ordered by person and day.

    Attributes:
        relapse_*: confirmed relapses. course_*: alemtuzumab courses (`course_reason` indexes
        `codes.RETREATMENT_REASONS`). dmt_*: other therapies after day 0. state_*: the hidden
        state from that day on. t2, gd, t1: lesions per appointment of the scan schedule.
    """

    relapse_person: IntArray
    relapse_day: IntArray
    course_person: IntArray
    course_day: IntArray
    course_number: IntArray
    course_reason: IntArray
    dmt_person: IntArray
    dmt_start: IntArray
    dmt_end: IntArray
    state_person: IntArray
    state_day: IntArray
    state: IntArray
    t2: IntArray
    gd: IntArray
    t1: IntArray


@dataclass
class EventLog:
    """Events collected step by step while time runs: columns person, day and others."""

    columns: int
    parts: list[list[npt.NDArray]] = field(default_factory=list)

    def add(self, person: npt.NDArray, *values: npt.NDArray | int) -> None:
        """Add one event for each of `person`; values come by person or once for all."""
        if len(person):
            self.parts.append(
                [
                    np.broadcast_to(value, len(person)).astype(np.int32)
                    for value in (person, *values)
                ]
            )

    def sorted(self) -> list[IntArray]:
        """All events as columns, ordered by person and day."""
        if not self.parts:
            return [np.zeros(0, dtype=np.int32) for _ in range(self.columns)]
        columns = [np.concatenate(column) for column in zip(*self.parts, strict=True)]
        order = np.lexsort((columns[1], columns[0]))
        return [column[order] for column in columns]
