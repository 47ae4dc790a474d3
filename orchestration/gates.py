"""One blocking asset check per table: its gate.

Belongs here: running a suite on the table as it lies, keeping the outcome, and showing it.
Does not belong here: what is expected (`expectations`).

Dagster's blocking stops only the run in which a check failed; the gate record that is kept
here stops every later one (see `ParquetIOManager.load_input`).
"""

import json
from datetime import date

import dagster as dg

from expectations.suites import suite_for
from orchestration import fingerprint
from orchestration.assets import first_of_its_layer, key_of
from orchestration.failure import failure
from orchestration.resources import LakeResource
from orchestration.settings import as_parameters
from orchestration.tables import INPUTS
from orchestration.tables import contract as contract_of
from transforms.rules import Rules
from warehouse.lake import TableNotReady

#: Bounds inside a suite hang on the cut; which expectations it has, and what other tables they
#: look at, does not.
_ANY_CUT = Rules(cutoff=date(2017, 10, 4), horizon_years=8)


def _gate(sql_name: str) -> dg.AssetChecksDefinition:
    suite = suite_for(contract_of(sql_name), _ANY_CUT)
    severities = [expectation.severity for expectation in suite.expectations]
    counts = ", ".join(f"{severities.count(kind)} {kind}" for kind in sorted(set(severities)))

    @dg.asset_check(
        asset=key_of(sql_name),
        name="gate",
        blocking=True,
        op_tags=first_of_its_layer(sql_name.split(".")[0]),
        additional_deps=[key_of(name) for name in suite.referenced_tables],
        description=f"What must be true of {sql_name}: {counts} expectations.",
    )
    def gate(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
        from expectations.runner import run_suite

        if not context.has_partition_key:
            # A check that is started alone in the web UI knows no cut.
            message = f"A gate belongs to a cut: materialise {sql_name}, its gate runs with it."
            raise failure("stopped", message)
        work = lake.work(context.partition_key)
        rules = lake.rules(context.partition_key)
        names = (sql_name, *suite.referenced_tables)
        try:
            records = {name: work.record(name) for name in names}
        except TableNotReady as error:
            raise failure("stopped", error) from None
        suite_of_cut = suite_for(contract_of(sql_name), rules)
        report = run_suite(suite_of_cut, {name: work.table_path(name) for name in names})
        work.write_gate(
            sql_name,
            records[sql_name],
            gate_version=fingerprint.gate_version(as_parameters(rules)),
            references={name: records[name].data_version for name in suite.referenced_tables},
            has_passed=report.passed,
            report={
                **json.loads(report.to_json()),
                "text": report.describe(),
                "counts": {
                    "expectations": len(report.outcomes),
                    "failures": len(report.failures),
                    "warnings": len(report.warnings),
                },
                "warned": {item.id: item.n_unexpected for item in report.warnings},
            },
        )
        return dg.AssetCheckResult(
            passed=report.passed and not report.warnings,
            severity=(dg.AssetCheckSeverity.WARN if report.passed else dg.AssetCheckSeverity.ERROR),
            description=report.describe(),
            metadata={
                "report": dg.MetadataValue.md(f"```\n{report.describe()}\n```"),
                "rows": report.n_rows,
                "expectations": dg.MetadataValue.table(
                    [
                        dg.TableRecord(
                            {
                                "expectation": outcome.id,
                                "severity": outcome.severity,
                                "rule": outcome.rule_id,
                                "passed": outcome.passed,
                                "failing": outcome.n_unexpected if outcome.error is None else -1,
                            }
                        )
                        for outcome in report.outcomes
                    ]
                ),
            },
        )

    return gate


GATES: list[dg.AssetChecksDefinition] = [_gate(name) for name in INPUTS]
