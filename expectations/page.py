"""The page of all gates, `docs/gates.md`, made from the suites themselves.

Belongs here: the text of that page. Write it anew with
`python -m expectations.page > docs/gates.md`; a test compares it with the suites.
"""

import sys
from collections.abc import Iterable
from datetime import date

from expectations.generic import contract_expectations
from expectations.raw_datasets import dataset_expectations
from expectations.suite import Expectation, Suite
from expectations.suites import all_suites
from transforms.rules import Rules
from warehouse.contracts import ALL

#: The page shows the bounds of the cut that the paper reports.
PAGE_RULES = Rules(date(2017, 10, 4), 8)

_INTRODUCTION = """\
# Gates

What must be true of each table before anything downstream is computed from it. After a table is
written, its suite runs with Great Expectations on DuckDB, over the Parquet file and over those
upstream files that its rules name. This page is made from the suites:
`python -m expectations.page > docs/gates.md`. Dates and bounds are those of the cut {cut}.

| severity | what a failure means | what happens |
|---|---|---|
| structural | the table is not what its contract says: a defect of delivery or of code | stops |
| content | the data contradict themselves or a rule: results would be wrong | stops |
| plausibility | unusual data, worth a look | warns |

An expectation that could not be evaluated (a column is missing, a type does not compare) is an
error: it tells nothing about the data, and stops whatever its severity.

A gate's message names the table, the expectation, the rule of the analysis plan, the number of
failing rows, up to 20 of them by their key, and what to do. It holds patient ids: gate reports lie
on the patient side and are never published.
"""


def gates_page(rules: Rules = PAGE_RULES) -> str:
    """All suites as one page of Markdown."""
    suites = all_suites(rules)
    generic = {
        contract.sql_name: {
            item.id: item
            for item in (
                *contract_expectations(contract),
                *(dataset_expectations(contract, rules) if contract.layer == "raw" else ()),
            )
        }
        for contract in ALL
    }
    parts = [_INTRODUCTION.format(cut=rules.data_cut), _shared(generic)]
    layer = ""
    for contract in ALL:
        if contract.layer != layer:
            layer = contract.layer
            parts.append(f"## {layer}\n")
        parts.append(_table(suites[contract.sql_name], contract.label, generic[contract.sql_name]))
    return "\n".join(parts)


def _shared(generic: dict[str, dict[str, Expectation]]) -> str:
    """Expectations that many tables share, each in the words of the first table that has it."""
    first: dict[str, tuple[str, Expectation]] = {}
    for table, items in generic.items():
        for name, item in items.items():
            first.setdefault(name, (table, item))
    examples = (
        f"| {name} | {item.severity} | {item.rule_id} | {item.message} | {table} |"
        for name, (table, item) in first.items()
    )
    return "\n".join(
        (
            "## Shared by many tables\n",
            "They follow from a table's contract or, in raw, from its being an SDTM dataset.\n",
            "| expectation | severity | rule | what is wrong, what to do | as told for |",
            "|---|---|---|---|---|",
            *examples,
            "",
        )
    )


def _table(suite: Suite, label: str, generic: dict[str, Expectation]) -> str:
    lines = [f"### {suite.table}\n", f"{label}.\n", f"Shared: {', '.join(generic)}.\n"]
    if suite.referenced_tables:
        lines.append(f"Reads also: {', '.join(suite.referenced_tables)}.\n")
    lines += _rows(item for item in suite.expectations if item.id not in generic)
    return "\n".join(lines)


def _rows(items: Iterable[Expectation]) -> list[str]:
    rows = [f"| {item.id} | {item.severity} | {item.rule_id} | {item.message} |" for item in items]
    if not rows:
        return []
    header = ["| expectation | severity | rule | what is wrong, what to do |", "|---|---|---|---|"]
    return [*header, *rows, ""]


if __name__ == "__main__":
    sys.stdout.write(gates_page())
