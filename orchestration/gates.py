"""Two asset checks per table, made at once: its gate, which blocks, and its findings.

Belongs here: running a suite on the table as it lies, keeping the outcome, and showing it.
Does not belong here: what is expected (`expectations`).

Dagster's blocking stops only the run in which a check failed; the gate record that is kept
here stops every later one (see `ParquetIOManager.load_input`).
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from expectations.suite import Suite
from expectations.suites import suite_for
from orchestration import fingerprint
from orchestration.assets import first_of_its_layer, key_of
from orchestration.bookkeeping import note_stop
from orchestration.failure import failure, retry_on_storage_error
from orchestration.partitions import ANEW_TAG
from orchestration.resources import LakeResource
from orchestration.tables import INPUTS
from orchestration.tables import contract as contract_of
from transforms.rules import Rules
from warehouse.files import file_sha256
from warehouse.lake import GateRecord, TableNotReady, WorkArea

GATE, FINDINGS = "gate", "findings"
#: Bounds inside a suite hang on the cut; which expectations it has, and what other tables they
#: look at, does not.
_ANY_CUT = Rules(cutoff=date(2017, 10, 4), horizon_years=8)


def _gate(sql_name: str) -> dg.AssetChecksDefinition:
    any_suite = suite_for(contract_of(sql_name), _ANY_CUT)
    severities = [expectation.severity for expectation in any_suite.expectations]
    counts = ", ".join(f"{severities.count(kind)} {kind}" for kind in sorted(set(severities)))

    # Not the quarantine: it is made with its raw table, and its gate waits for this one.
    looked_at = [key_of(name) for name in any_suite.referenced_tables]

    @dg.multi_asset_check(
        name=sql_name.replace(".", "__") + "_gate",
        specs=[
            dg.AssetCheckSpec(
                GATE,
                asset=key_of(sql_name),
                blocking=True,
                additional_deps=looked_at,
                description=f"What must be true of {sql_name}: {counts} expectations.",
            ),
            # Of its own: for Dagster a gate that warns has not passed, and holds back what follows.
            dg.AssetCheckSpec(
                FINDINGS,
                asset=key_of(sql_name),
                additional_deps=looked_at,
                description="What a person should look at: warnings, and rows that were put aside.",
            ),
        ],
        op_tags=first_of_its_layer(sql_name.split(".")[0]),
    )
    def gate(
        context: dg.AssetCheckExecutionContext, lake: LakeResource
    ) -> Iterator[dg.AssetCheckResult]:
        if not context.has_partition_key:
            # A check that is started alone in the web UI knows no cut.
            message = f"A gate belongs to a cut: materialise {sql_name}, its gate runs with it."
            raise failure("stopped", message)
        data_cut = context.partition_key
        suite = lake.suite(sql_name, data_cut)
        previous = lake.previous_tables(data_cut, suite.referenced_previous)
        try:
            is_anew = ANEW_TAG in context.run.tags
            with retry_on_storage_error():
                record = _outcome(lake.work(data_cut), suite, previous, is_anew=is_anew)
        except TableNotReady as error:
            raise failure("stopped", error) from None
        if not _was_asked(record):
            # A defect, or no memory or disk for it: tried again, and no transfer is blamed.
            raise failure("defect", str(record.report["text"]))
        if not record.has_passed:
            note_stop(lake.lake, data_cut, sql_name, record)
        yield from _check_results(key_of(sql_name), record)

    return gate


def _neighbours(suite: Suite) -> tuple[str, ...]:
    """Tables that a gate looks at, beside its own."""
    own = (suite.quarantine,) if suite.quarantine else ()
    return (*suite.referenced_tables, *own)


def _outcome(
    work: WorkArea, suite: Suite, previous: dict[str, Path], *, is_anew: bool
) -> GateRecord:
    """The gate's outcome for what lies there: of an earlier run, if it looked at the same."""
    from expectations.runner import run_suite

    tables = (suite.table, *_neighbours(suite))
    records = {name: work.record(name) for name in tables}
    version = fingerprint.gate_version(suite)
    references = {
        **{name: records[name].data_version for name in _neighbours(suite)},
        **{f"previous {name}": file_sha256(path) for name, path in previous.items()},
    }
    own = records[suite.table]
    found = None if is_anew else work.gate(suite.table)
    is_current = (
        found is not None
        and _was_asked(found)
        and (found.data_version, found.sha256, found.gate_version, found.references)
        == (own.data_version, own.sha256, version, references)
    )
    if found is None or not is_current:
        report = run_suite(suite, {name: work.table_path(name) for name in tables}, previous)
        found = work.write_gate(
            suite.table,
            own,
            gate_version=version,
            references=references,
            has_passed=report.passed,
            report={
                **json.loads(report.to_json()),
                "text": report.describe(),
                "counts": {
                    "expectations": len(report.outcomes),
                    "failures": len(report.failures),
                    "warnings": len(report.warnings),
                    "quarantined": sum(item.n_quarantined for item in report.outcomes),
                },
                "warned": {item.id: item.n_unexpected for item in report.warnings},
            },
        )
    return found


def _was_asked(record: GateRecord) -> bool:
    """Whether every expectation could be evaluated; an error tells nothing about the data."""
    return all(outcome["error"] is None for outcome in record.report["outcomes"])


def _check_results(asset: dg.AssetKey, record: GateRecord) -> Iterator[dg.AssetCheckResult]:
    report: dict[str, Any] = record.report
    n_aside = report["counts"]["quarantined"]
    expectations = [
        dg.TableRecord(
            {
                "expectation": outcome["id"],
                "severity": outcome["severity"],
                "rule": outcome["rule_id"],
                "passed": outcome["passed"],
                "failing": outcome["n_unexpected"] if outcome["error"] is None else -1,
                "quarantined": outcome["n_quarantined"],
            }
        )
        for outcome in report["outcomes"]
    ]
    metadata: dict[str, Any] = {
        "report": dg.MetadataValue.md(f"```\n{report['text']}\n```"),
        "rows": report["n_rows"],
        "quarantined": n_aside,
        "expectations": dg.MetadataValue.table(expectations),
    }
    yield dg.AssetCheckResult(
        asset_key=asset,
        check_name=GATE,
        passed=record.has_passed,
        description=report["text"],
        metadata=metadata,
    )
    yield dg.AssetCheckResult(
        asset_key=asset,
        check_name=FINDINGS,
        passed=not (report["warned"] or n_aside),
        severity=dg.AssetCheckSeverity.WARN,
        description=report["text"],
        metadata={"warnings": len(report["warned"]), "quarantined": n_aside},
    )


GATES: list[dg.AssetChecksDefinition] = [_gate(name) for name in INPUTS]
