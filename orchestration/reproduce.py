"""What `topaz reproduce` prints: how far a release gives the numbers that the paper prints.

Belongs here: text for people, read from `results.reproduction` of a published release. Does not
belong here: the comparison (`models.reproduction`).
"""

from typing import Any

from models.result_row import round_half_away
from warehouse.contracts.results import REPRODUCTION_KINDS
from warehouse.database import query
from warehouse.release import Release

TABLE = "results.reproduction"
PAPER = "Comi et al., Mult Scler J 2020;26:1866"
NO_VALUES = "It holds no printed values: nothing to compare."

_COUNTS = f"""
SELECT kind, count(*) FILTER (outcome = 'match') AS n_match, count(*) AS n_printed
FROM {TABLE} GROUP BY kind
"""
#: Worst first: values that differ, by how far; absent ones; at last those that match.
_ROWS = f"""
SELECT * FROM {TABLE}
ORDER BY list_position(['difference', 'absent', 'match'], outcome),
    CASE WHEN reading = 'below' AND outcome = 'match' THEN 0 ELSE abs(units_off) END
    DESC NULLS LAST,
    published_id
"""
#: Constants that the configuration states and nothing works with; their note begins so.
_IDLE = f"SELECT count(*) AS n FROM {TABLE} WHERE note LIKE 'no step works with it%'"
_CUTOFF = f"SELECT printed_text, computed_text FROM {TABLE} WHERE unit = 'date'"


class NotCompared(Exception):
    """The release was made before there was a comparison."""


def matches_by_kind(release: Release) -> str:
    """`estimated 314 of 314, narrated …`: how many match, kind by kind; empty without rows."""
    return ", ".join(f"{kind} {counted}" for kind, counted in _counts(release).items())


def reproduction(release: Release, *, is_all_told: bool) -> str:
    """Printed beside computed values, worst first, and how many match of each kind.

    Args:
        release: the release.
        is_all_told: whether values that match are listed, too.

    Raises:
        NotCompared: the release has no such table.
    """
    if TABLE not in release.manifest["tables"]:
        message = f"release {release.release_id} compares nothing yet: run `topaz refresh`."
        raise NotCompared(message)
    lines = [
        f"Printed values of {PAPER}, beside release {release.release_id} (cut-off "
        f"{release.data_cut})"
    ]
    counts = _counts(release)
    if not counts:
        return "\n".join([*lines, NO_VALUES])
    for cutoff in query(release.database, _CUTOFF).to_dicts():
        if cutoff["printed_text"] != cutoff["computed_text"]:
            lines.append(
                f"Note: the paper's cut-off is {cutoff['printed_text']}. At another one values "
                "differ, and those of other years are absent."
            )
    rows = [
        row
        for row in query(release.database, _ROWS).to_dicts()
        if is_all_told or row["outcome"] != "match"
    ]
    if rows:
        lines += ["", "id        printed    computed   off by   what (off by: last printed digits)"]
        lines += map(_line, rows)
    idle = query(release.database, _IDLE)["n"].item()
    if idle:
        lines += [
            "",
            f"Of the design constants {idle} only restate the protocol: no step works with them "
            "(see their note).",
        ]
    lines += ["", "Values that match"]
    lines += [f"  {kind:<11}{counted}" for kind, counted in counts.items()]
    return "\n".join(lines)


def _counts(release: Release) -> dict[str, str]:
    counted = {row["kind"]: row for row in query(release.database, _COUNTS).to_dicts()}
    return {
        kind: f"{counted[kind]['n_match']} of {counted[kind]['n_printed']}"
        for kind in REPRODUCTION_KINDS
        if kind in counted
    }


def _line(row: dict[str, Any]) -> str:
    off = "" if row["units_off"] is None else round_half_away(row["units_off"], 1)
    what = ", ".join(text for text in (row["endpoint"], row["timepoint"]) if text)
    note = f"; {row['note']}" if row["outcome"] == "absent" else ""
    return (
        f"{row['published_id']:<10}{row['qualifier'] + row['printed_text']:<11}"
        f"{row['computed_text'] or 'absent':<11}{off:>6}   "
        f"{row['group_name']}: {what} ({row['statistic']}; {row['location']}){note}"
    )
