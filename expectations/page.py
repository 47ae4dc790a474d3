"""The page of all gates, `docs/gates.md`, made from the suites themselves.

Belongs here: the text of that page. Write it anew with
`python -m expectations.page > docs/gates.md`; a test compares it with the suites.
"""

import sys
from collections.abc import Iterable
from datetime import date

from expectations.report import KEYS_KEPT, KEYS_SHOWN
from expectations.suite import Expectation, Suite
from expectations.suites import DEFAULT_LIMITS, all_suites, shared_expectations
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
| content | the data contradict themselves or a rule: results would be wrong | raw: the row goes \
to quarantine; further down: stops |
| plausibility | unusual data, worth a look | warns |

**Quarantine.** A delivered row that breaks a content rule of its raw dataset is not in
`raw.<dataset>` but in `quarantine.<dataset>`, once for each rule: the rule, what is wrong, the
offending values, file and row, and the whole row as JSON. What refers to it goes with it:
qualifiers of the record; of a DM record all records of the patient in that study, which is told by
a warning of its own (`patient_put_aside`), since a patient is lost until the site has answered; an
infusion put aside is told likewise (`infusion_put_aside`), since courses hang on it. Of
rows that repeat one another wholly the first stays. Rows in = rows out + rows put aside is a gate,
file by file, against the records that the transfer's manifest states. If more than
{limits.most_percent:g}% of a table's rows, and more than {limits.tolerated_rows} rows, are put
aside, the cut stops (`[quarantine]` in `settings.toml`); rows of patients whose DM record is put
aside are not counted there. `topaz queries` writes what is put aside, and what else gates found of
patients, as a CSV file per study site.

A content rule of core, windows or results sees a contradiction that shows only where tables are put
together, and no single delivered row is to blame: it stops.

**The last published cut.** Some plausibility rules compare with the tables of the newest release of
an earlier cut, by bands (`expectations/bands.py` has each with its reason): delivered rows of
each study in each dataset, patients of sets and groups, main results. Without such a release they
do not apply.

An expectation that could not be evaluated (a column is missing, a type does not compare) is an
error: it tells nothing about the data, and stops whatever its severity.

A gate's message names the table, the expectation, the rule of the analysis plan, the number of
failing rows, up to {shown} of them by their key, and what to do; up to {kept:,} stand in the gate's
record, `work/<cut>/gates/`. Both hold patient ids: gate reports lie on the patient side and are
never published. What is published is `audit.gate_result`, and the same as a page, `gates.html`: how
each expectation came out and how many rows, none of them named.
"""


def gates_page(rules: Rules = PAGE_RULES) -> str:
    """All suites as one page of Markdown."""
    suites = all_suites(rules)
    shared = {
        contract.sql_name: {item.id: item for item in shared_expectations(contract, rules)}
        for contract in ALL
    }
    parts = [
        _INTRODUCTION.format(
            cut=rules.data_cut, limits=DEFAULT_LIMITS, shown=KEYS_SHOWN, kept=KEYS_KEPT
        ),
        _shared(shared),
    ]
    layer = ""
    for contract in ALL:
        if contract.layer != layer:
            layer = contract.layer
            parts.append(f"## {layer}\n")
        parts.append(_table(suites[contract.sql_name], contract.label, shared[contract.sql_name]))
    return "\n".join(parts)


def _shared(shared: dict[str, dict[str, Expectation]]) -> str:
    """Expectations that many tables share, each in the words of the first table that has it."""
    first: dict[tuple[str, str], tuple[str, Expectation]] = {}
    for table, items in shared.items():
        for item in items.values():
            first.setdefault((item.id, item.severity), (table, item))
    examples = (
        f"| {item.id} | {item.severity} | {item.rule_id} | {item.message} | {table} |"
        for table, item in first.values()
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


def _table(suite: Suite, label: str, shared: dict[str, Expectation]) -> str:
    lines = [f"### {suite.table}\n", f"{label}.\n", f"Shared: {', '.join(shared)}.\n"]
    if suite.referenced_tables:
        lines.append(f"Reads also: {', '.join(suite.referenced_tables)}.\n")
    if suite.referenced_previous:
        earlier = ", ".join(suite.referenced_previous)
        lines.append(f"Compares with the last published cut: {earlier}.\n")
    lines += _rows(item for item in suite.expectations if item.id not in shared)
    return "\n".join(lines)


def _rows(items: Iterable[Expectation]) -> list[str]:
    rows = [f"| {item.id} | {item.severity} | {item.rule_id} | {item.message} |" for item in items]
    if not rows:
        return []
    header = ["| expectation | severity | rule | what is wrong, what to do |", "|---|---|---|---|"]
    return [*header, *rows, ""]


if __name__ == "__main__":
    sys.stdout.write(gates_page())
