"""Gates' outcomes as a table and as a page: everything told, no patient named."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from warehouse.contracts.audit import GATE_RESULT
from warehouse.files import atomic_write, to_json
from warehouse.gate_page import gate_page
from warehouse.gate_result import gate_results
from warehouse.lake import Lake, WorkArea

SECRET = "SECRET-PERSON"


def outcome(name: str, **values: Any) -> dict[str, Any]:
    return {
        "id": name,
        "severity": "content",
        "rule_id": "E-06",
        "passed": True,
        "n_unexpected": 0,
        "failing_keys": [],
        "message": "Query the site.",
        "error": None,
        "n_quarantined": 0,
        "not_applicable": None,
        **values,
    }


FOUND = {"passed": False, "n_unexpected": 3, "failing_keys": [{"usubjid": SECRET}]}
OUTCOMES = {
    "raw.qs": [
        outcome("edss_scores", n_quarantined=2),
        outcome("edss_has_day", severity="plausibility", **FOUND),
        outcome("known_study", severity="structural", rule_id=""),
    ],
    "core.patient": [
        outcome("dates_in_order", **FOUND),
        outcome(
            "death_range",
            severity="structural",
            passed=False,
            n_unexpected=None,
            error=f"Conversion Error: '{SECRET}' is no number",
        ),
    ],
    "results.result": [
        outcome(
            "results_in_band",
            severity="plausibility",
            not_applicable="Not applicable: no earlier release.",
        )
    ],
}


@pytest.fixture
def work(tmp_path: Path) -> WorkArea:
    area = Lake(tmp_path).work("2017-10-04")
    for number, (table, outcomes) in enumerate(OUTCOMES.items()):
        write_gate(area, table, outcomes, n_rows=1000 + number)
    return area


def write_gate(
    area: WorkArea, table: str, outcomes: list[Mapping[str, Any]], n_rows: int = 9
) -> None:
    record = {
        "data_version": f"version of {table}",
        "sha256": "0",
        "gate_version": "1",
        "references": {},
        "has_passed": True,
        "report": {"table": table, "n_rows": n_rows, "outcomes": outcomes, "text": SECRET},
    }
    atomic_write(area.root / "gates" / f"{table}.json", to_json(record))


def test_each_expectation_is_a_row(work) -> None:
    rows = gate_results(work, ("results.result", "raw.qs", "core.patient", "raw.not_run"))
    assert rows.schema == GATE_RESULT.schema
    told = rows.select("table_name", "expectation", "outcome", "n_rows", "n_unexpected")
    assert told.rows() == [
        ("core.patient", "dates_in_order", "failed", 1001, 3),
        ("core.patient", "death_range", "error", 1001, None),
        ("raw.qs", "edss_has_day", "warned", 1000, 3),
        ("raw.qs", "edss_scores", "quarantined", 1000, 0),
        ("raw.qs", "known_study", "passed", 1000, 0),
        ("results.result", "results_in_band", "passed", 1002, 0),
    ]
    assert rows["n_quarantined"].to_list() == [0, 0, 0, 2, 0, 0]
    assert rows["data_version"][2] == "version of raw.qs"
    assert rows["message"][5] == "Not applicable: no earlier release."


def test_no_gate_no_row(tmp_path) -> None:
    rows = gate_results(Lake(tmp_path).work("2017-10-04"), ("raw.qs",))
    assert rows.is_empty()
    assert rows.schema == GATE_RESULT.schema


def test_no_patient_is_in_the_table_or_on_the_page(work) -> None:
    rows = gate_results(work, OUTCOMES)
    assert SECRET not in rows.write_csv()
    assert SECRET not in gate_page(rows, data_cut="2017-10-04", release_id="r")


def test_the_page_tells_findings_first_the_worst_first(work) -> None:
    page = gate_page(gate_results(work, OUTCOMES), data_cut="2017-10-04", release_id="2017-r1")
    findings, tables = page.split("<h2>Findings</h2>")[1].split("<h2>All tables</h2>")
    order = [findings.index(name) for name in
             ("dates_in_order", "death_range", "edss_scores", "edss_has_day")]  # fmt: skip
    assert order == sorted(order)
    assert "known_study" not in findings
    assert [name for name in OUTCOMES if f'<span class="name">{name}</span>' in tables] == [
        *OUTCOMES
    ]
    assert "<title>Gates of cut 2017-10-04</title>" in page
    assert "release 2017-r1. 6 expectations on 3 tables" in page
    row = re.search(r"<tr>(?:(?!</tr>).)*edss_scores.*?</tr>", findings).group()
    assert '<td class="number">2</td>' in row
    assert "Query the site." in row


def test_nothing_found_is_said(work) -> None:
    rows = gate_results(work, ("results.result",))
    page = gate_page(rows, data_cut="2017-10-04", release_id=None)
    assert '<h2>Findings</h2>\n<p class="passed">None.</p>' in page
    assert "not published." in page


def test_the_page_needs_nothing_else(work) -> None:
    page = gate_page(gate_results(work, OUTCOMES), data_cut="2017-10-04", release_id="r")
    for outside in ("http:", "https:", "src=", "href=", "@import", "url(", "<script"):
        assert outside not in page
    assert page == gate_page(
        gate_results(work, reversed(OUTCOMES)), data_cut="2017-10-04", release_id="r"
    )


def test_what_a_message_holds_is_text(tmp_path) -> None:
    area = Lake(tmp_path).work("2017-10-04")
    write_gate(area, "raw.qs", [outcome("a", message="Codes <b>&'\"", **FOUND)])
    page = gate_page(gate_results(area, ("raw.qs",)), data_cut="<cut>", release_id="<r>")
    assert "Codes &lt;b&gt;&amp;" in page
    assert "<b>" not in page
    assert "&lt;cut&gt;" in page
    assert "<r>" not in page


def test_the_page_of_no_gate_at_all() -> None:
    page = gate_page(
        pl.DataFrame(schema=GATE_RESULT.schema), data_cut="2017-10-04", release_id=None
    )
    assert "0 expectations on 0 tables" in page
