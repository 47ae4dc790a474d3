"""The gates' outcomes of a release as a page for people: `gates.html`.

Belongs here: the text and the look of the page. It is made of `audit.gate_result` alone, so that
no patient can be on it, and is one file that needs neither network nor script.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import polars as pl

_WORDS = {
    "failed": "stops the cut",
    "error": "could not be evaluated, stops the cut",
    "quarantined": "rows put aside, the others pass",
    "warned": "unusual, worth a look",
    "passed": "as expected",
}

_STYLE = """
:root { color-scheme: light dark; --line: #d5d9e0; --soft: #f4f6f9; --ink: #1c2430; --dim: #5a6575;
  --failed: #b3261e; --warned: #8a5a00; --quarantined: #5b3fa8; --passed: #1d6f42; }
@media (prefers-color-scheme: dark) { :root { --line: #3a4250; --soft: #232a35; --ink: #e6e9ee;
  --dim: #a4adbb; --failed: #ff8a80; --warned: #ffc46b; --quarantined: #c3b1ff;
  --passed: #7bd8a4; } body { background: #171c24; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 76rem;
  margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; font-family: ui-monospace, monospace; }
p { margin: .3rem 0; } .dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; background: var(--soft); white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.name { font-family: ui-monospace, monospace; font-size: .87rem; white-space: nowrap; }
td.outcome { font-weight: 600; } td.outcome, td.rule { white-space: nowrap; }
.failed, .error { color: var(--failed); } .warned { color: var(--warned); }
.quarantined { color: var(--quarantined); } .passed { color: var(--passed); }
summary { cursor: pointer; padding: .3rem 0; } details { border-bottom: 1px solid var(--line); }
summary .name { font-family: ui-monospace, monospace; }
"""

_HEADERS = ("outcome", "expectation", "severity", "rule", "rows concerned", "what is asked")


def gate_page(rows: pl.DataFrame, *, data_cut: str, release_id: str | None) -> str:
    """One self-contained HTML page: what was found first, then every table.

    Args:
        rows: `audit.gate_result`.
        data_cut: cut-off date, ISO 8601.
        release_id: of the release that passed; None for a cut that is not published.
    """
    told = rows.sort("table_name", "expectation").to_dicts()
    found = [
        row for outcome in _WORDS if outcome != "passed" for row in told
        if row["outcome"] == outcome
    ]  # fmt: skip
    title = f"Gates of cut {data_cut}"
    of_release = f"release {release_id}" if release_id else "not published"
    tables = list(dict.fromkeys(row["table_name"] for row in told))
    sections = [_details(name, [r for r in told if r["table_name"] == name]) for name in tables]
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="dim">{escape(of_release)}. {len(told)} expectations on {len(tables)} '
            "tables. Rows that were found, by patient: <code>topaz queries</code>, for those who "
            "may see them.</p>",
            _counts(told),
            "<h2>Findings</h2>",
            _findings(found) if found else '<p class="passed">None.</p>',
            "<h2>All tables</h2>",
            *sections,
            "</body></html>\n",
        )
    )


def _counts(told: Sequence[dict[str, Any]]) -> str:
    counts = {outcome: sum(row["outcome"] == outcome for row in told) for outcome in _WORDS}
    cells = (
        f'<tr><td class="outcome {outcome}">{outcome}</td>'
        f'<td class="number">{count}</td><td>{_WORDS[outcome]}</td></tr>'
        for outcome, count in counts.items()
        if count or outcome == "passed"
    )
    return (
        '<table><tr><th>outcome</th><th class="number">expectations</th><th>meaning</th></tr>'
        f"{''.join(cells)}</table>"
    )


def _findings(found: Sequence[dict[str, Any]]) -> str:
    return _table(
        ("table", *_HEADERS),
        ((f'<td class="name">{escape(row["table_name"])}</td>', _cells(row)) for row in found),
    )


def _details(name: str, rows: Sequence[dict[str, Any]]) -> str:
    worst = next(o for o in _WORDS if any(row["outcome"] == o for row in rows))
    count = f"{rows[0]['n_rows']:,} rows, {len(rows)} expectations"
    body = _table(_HEADERS, (("", _cells(row)) for row in rows))
    return (
        f'<details><summary><span class="name">{escape(name)}</span> '
        f'<span class="{worst}">{worst}</span> <span class="dim">{count}</span></summary>'
        f"{body}</details>"
    )


def _cells(row: dict[str, Any]) -> str:
    concerned = row["n_quarantined"] if row["outcome"] == "quarantined" else row["n_unexpected"]
    return (
        f'<td class="outcome {row["outcome"]}">{row["outcome"]}</td>'
        f'<td class="name">{escape(row["expectation"])}</td><td>{row["severity"]}</td>'
        f'<td class="rule">{escape(row["rule_id"])}</td>'
        f'<td class="number">{"" if concerned is None else f"{concerned:,}"}</td>'
        f"<td>{escape(row['message'])}</td>"
    )


def _table(headers: Sequence[str], rows: Iterable[tuple[str, str]]) -> str:
    head = "".join(f"<th>{header}</th>" for header in headers)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{a}{b}</tr>' for a, b in rows)}</table>"
