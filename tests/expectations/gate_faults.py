"""Faults as data: what is changed in the tiny world, and which expectation must find it."""

from dataclasses import dataclass
from typing import Any

from gate_world import World, good_world

NAN = float("nan")


#: A row by its place, or the first one that has these values.
Place = int | dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """A change of one row of a table: its values changed, itself copied, or itself removed."""

    table: str
    row: Place
    values: dict[str, Any]
    action: str = "change"

    def apply(self, world: World) -> None:
        rows = world[self.table]
        place = self._place(world)
        if self.action == "remove":
            del rows[place]
        elif self.action == "copy":
            rows.append({**rows[place], **self.values})
        else:
            rows[place].update(self.values)

    def _place(self, world: World) -> int:
        if isinstance(self.row, int):
            return self.row
        wanted = self.row.items()
        return next(
            place
            for place, row in enumerate(world[self.table])
            if all(row.get(name) == value for name, value in wanted)
        )


def change(table: str, row: Place = 0, **values: Any) -> Edit:
    return Edit(table, row, values)


def copy(table: str, row: Place = 0, **values: Any) -> Edit:
    return Edit(table, row, values, "copy")


def remove(table: str, row: Place = 0) -> Edit:
    return Edit(table, row, {}, "remove")


@dataclass(frozen=True)
class Fault:
    """A fault, and the expectation of a table that must find it, in the rows named."""

    table: str
    id: str
    edits: tuple[Edit, ...]
    keys: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        return f"{self.table}-{self.id}"


P1, P2, P3 = {"usubjid": "P1"}, {"usubjid": "P2"}, {"usubjid": "P3"}
I1, I2, I3 = {"person_id": "P1"}, {"person_id": "P2"}, {"person_id": "P3"}
DM, EX, CE, QS, NV = "raw.dm", "raw.ex", "raw.ce", "raw.qs", "raw.nv"
PATIENT, COURSE, RELAPSE = "core.patient", "core.course", "core.relapse"
FOLLOW_UP, POPULATION = "core.follow_up", "core.population"
PCW = "windows.patient_course_window"


def fault(table: str, name: str, *edits: Edit, keys: tuple[dict[str, Any], ...] = ()) -> Fault:
    return Fault(table, name, edits, keys)


def everything_removed(table: str) -> Fault:
    return fault(table, "has_rows", *(remove(table) for _ in good_world()[table]))
