"""What the terminal shows of a release: a short table of results, or where it comes from.

Belongs here: text for people, read from the published database and the manifest.
"""

import sys
from collections import Counter
from pathlib import Path

import polars as pl

from models.result_row import NOT_ESTIMABLE, round_half_away
from orchestration.reproduce import matches_by_kind
from orchestration.rollback import pin_notice
from orchestration.settings import settings_faults
from orchestration.transfers import findings_of_transfers, stopped_cuts
from warehouse.database import query
from warehouse.lake import Lake
from warehouse.release import GATE_PAGE, Release

_RATES = """
SELECT b.group_id, b.anchor, b.rate_ratio, b.ci_low, b.ci_high, b.p_text,
       before.rate AS rate_before, before.ci_low AS before_low, before.ci_high AS before_high,
       after.rate AS rate_after, after.ci_low AS after_low, after.ci_high AS after_high
FROM results.arr_before_after AS b
JOIN results.arr AS before USING (population, group_id, anchor)
JOIN results.arr AS after USING (population, group_id, anchor)
WHERE before.analysis_window = 'M-12..M0' AND after.analysis_window = 'M0..M12'
  AND b.anchor IN ('course-3', 'course-4')
ORDER BY b.anchor
"""
_RELAPSE_FREE = """
SELECT group_id, anchor, analysis_window, pct
FROM results.relapse_free
WHERE analysis_id = 'relapse_free.cumulative' AND anchor IN ('course-3', 'course-4')
ORDER BY anchor, analysis_window
"""
_DISABILITY = """
SELECT group_id, anchor, timepoint,
       max(pct) FILTER (analysis_id = 'cdw.km') AS cdw_free,
       max(pct) FILTER (analysis_id = 'cdi.km') AS cdi
FROM results.disability
WHERE (anchor, timepoint) IN (('core-baseline', '{last}'), ('course-3', 'M36'), ('course-4', 'M36'))
  AND (anchor <> 'core-baseline' OR group_id = '2-courses')
GROUP BY ALL ORDER BY anchor
"""
_MRI = """
SELECT group_id, anchor, pct_before, pct_after, p_text
FROM results.mri_before_after
WHERE category = 'MRI activity' AND anchor IN ('course-3', 'course-4') ORDER BY anchor
"""
_FUNNEL = "SELECT kind, label, n_patients FROM results.disposition ORDER BY step"


_LAYERS = ("raw", "quarantine", "core", "windows", "results")


def summary(release: Release, lake: Lake) -> str:
    """Annualised relapse rates, relapse-free shares, the funnel, and where to look further."""
    lines = [
        "",
        f"Results of cut {release.data_cut} (release {release.release_id})",
        "",
        "Annualised relapse rate (95% CI), 12 months before and after a course",
    ]
    for row in query(release.database, _RATES).to_dicts():
        lines.append(
            f"  {row['group_id']:<14}{row['anchor']:<10}"
            f"{_estimate(row['rate_before'], row['before_low'], row['before_high'])}  →  "
            f"{_estimate(row['rate_after'], row['after_low'], row['after_high'])}   "
            f"ratio {_estimate(row['rate_ratio'], row['ci_low'], row['ci_high'])}, "
            f"p {row['p_text']}"
        )
    lines += [
        "",
        "Relapse-free: in the 12 months before a course, then from the course on, cumulative",
    ]
    free = query(release.database, _RELAPSE_FREE)
    for (group, anchor), rows in free.group_by("group_id", "anchor", maintain_order=True):
        shares = {row["analysis_window"]: _rounded(row["pct"], 0) for row in rows.to_dicts()}
        since = ", ".join(f"{shares[f'M0..M{month}']}% to month {month}" for month in (12, 24, 36))
        lines.append(f"  {group:<14}{anchor:<10}{shares['M-12..M0']}% before; {since}")
    lines += ["", "Free of 6-month confirmed worsening, and with improvement (Kaplan-Meier)"]
    last = f"Y{release.manifest['parameters']['horizon_years']}"
    for row in query(release.database, _DISABILITY.format(last=last)).to_dicts():
        lines.append(
            f"  {row['group_id']:<14}{row['anchor']:<15}{row['timepoint']:<5}"
            f"{_rounded(row['cdw_free'], 0)}% free, {_rounded(row['cdi'], 0)}% improved"
        )
    lines += ["", "Free of MRI activity in the 12 months before and after a course"]
    for row in query(release.database, _MRI).to_dicts():
        lines.append(
            f"  {row['group_id']:<14}{row['anchor']:<10}{_rounded(row['pct_before'], 0)}%  →  "
            f"{_rounded(row['pct_after'], 0)}%   p {row['p_text']}"
        )
    lines += ["", "Patients"]
    for row in query(release.database, _FUNNEL).to_dicts():
        is_group = row["label"].endswith("-courses")
        mark = "    " if is_group else "  " if row["kind"] == "set" else "      left out: "
        lines.append(f"{mark}{row['label']}: {row['n_patients']}")
    matches = matches_by_kind(release)
    if matches:
        lines += ["", f"Reproduction of the paper's printed values: {matches} (topaz reproduce)"]
    lines += [
        "",
        "Where to look",
        f"  database   {_database(release, lake)}",
        f'  SQL        {_command("sql", lake)} "SELECT * FROM results.arr LIMIT 5"',
        f"  web UI     {_command('ui', lake)}   (runs, assets, checks, lineage; or: make ui)",
        f"  status     {_command('status', lake)}",
    ]
    warned = warnings_of(release)
    return "\n".join([*lines, "", *warned] if warned else lines)


def warnings_of(release: Release) -> list[str]:
    """One line for each plausibility expectation that found something, each quarantine in use."""
    lines = []
    for table, gate in sorted(release.manifest["gates"].items()):
        aside = gate["counts"].get("quarantined", 0)
        if aside:
            what = "for a content rule (topaz queries names them)"
            lines.append(f"  aside    {table}: {aside} delivered rows put into quarantine {what}")
        lines += [
            f"  warning  {table}: {expectation} ({count} unusual; see docs/gates.md)"
            for expectation, count in sorted(gate["warned"].items())
        ]
    return lines


def _database(release: Release, lake: Lake) -> Path:
    """The database by the link that readers follow, if it leads to this release."""
    link = lake.published / "current"
    is_shown = link.resolve() == release.database.parent.resolve()
    return link / release.database.name if is_shown else release.database


def _command(name: str, lake: Lake) -> str:
    """A command as it must be typed here: `topaz` is on the path of its environment only."""
    script = Path(sys.executable).with_name("topaz")
    if script.is_relative_to(Path.cwd()):
        script = script.relative_to(Path.cwd())
    root = "" if lake.root.resolve() == Path("var").resolve() else f" --root {lake.root}"
    return f"{script} {name}{root}"


def status(release: Release, lake: Lake) -> str:
    """What is published, from which extracts, past which gates, and what wants a person's look."""
    manifest = release.manifest
    gates = manifest["gates"]
    expectations = sum(gate["counts"]["expectations"] for gate in gates.values())
    transfers = (
        pl.DataFrame(manifest["inputs"])
        .group_by("study_id", "transfer_date", "cutoff")
        .agg(files=pl.len(), records=pl.col("records").sum())
        .sort("study_id")
    )
    lines = [
        f"published  {release.release_id}",
        f"cut-off    {release.data_cut}, horizon {manifest['parameters']['horizon_years']} years",
        f"made       {manifest['created_at']}",
        f"database   {_database(release, lake)}",
        "",
        "from the transfers",
    ]
    lines += [
        f"  {row['study_id']:<15}of {row['transfer_date']}, cut-off {row['cutoff']}: "
        f"{row['files']} files, {row['records']:,} records"
        for row in transfers.to_dicts()
    ]
    passed = sum(gate["has_passed"] for gate in gates.values())
    layers = Counter(name.split(".")[0] for name, gate in gates.items() if gate["has_passed"])
    by_layer = ", ".join(f"{layer} {layers[layer]}" for layer in sorted(layers, key=_LAYERS.index))
    lines += [
        "",
        f"gates      {passed} of {len(gates)} passed ({by_layer}), {expectations} expectations; "
        "each one: SELECT * FROM audit.gate_result",
    ]
    page = release.folder / "results" / GATE_PAGE
    if page.is_file():
        lines.append(f"           as a page: {page}")
    found = findings(lake, release)
    return "\n".join([*lines, "", "findings", *(found or ["  none"])])


def findings(lake: Lake, release: Release | None) -> list[str]:
    """Runs at work, and what wants a look: settings, the release, landing, last tries, the pin."""
    notice = pin_notice(lake)
    faults = settings_faults(lake.root)
    return [
        *_at_work(lake),
        *(f"  settings {fault}" for fault in faults),
        *(warnings_of(release) if release else ()),
        *findings_of_transfers(lake),
        *(stopped_cuts(lake) if not faults else ()),
        *([f"  pinned   {notice}"] if notice else ()),
    ]


def _at_work(lake: Lake) -> list[str]:
    held = ((work.data_cut, work.holder) for work in lake.work_areas())
    return [f"  at work  cut {cut}: {holder} computes it" for cut, holder in held if holder]


def _estimate(value: float | None, low: float | None, high: float | None) -> str:
    return f"{_rounded(value, 2)} ({_rounded(low, 2)} to {_rounded(high, 2)})"


def _rounded(value: float | None, decimals: int) -> str:
    return NOT_ESTIMABLE if value is None else round_half_away(value, decimals)
