"""What a gate found: one outcome per expectation, and what a person is told.

Belongs here: the report, its JSON and its text. Does not belong here: how it came about.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from expectations.suite import Severity

#: Failing rows listed in a report's text, and kept in the report (GX fetches no more);
#: `n_unexpected` counts all.
KEYS_SHOWN, KEYS_KEPT = 20, 200

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Outcome:
    """How one expectation came out.

    Attributes:
        id: the expectation's name inside its suite.
        severity: what a failure means.
        rule_id: rule of the analysis plan, or empty.
        passed: whether the table is as expected. False if the expectation could not be evaluated.
        n_unexpected: rows that break it; None if it could not be evaluated.
        failing_keys: at most `KEYS_KEPT` of these rows: key columns and offending values.
        message: what is wrong if it fails, and what to do.
        error: why it could not be evaluated; None if it was. Not the same as a failure: it tells
            nothing about the data.
        n_quarantined: delivered rows that were put aside because they break it.
        not_applicable: why it holds without having been asked; None if it was asked.
    """

    id: str
    severity: Severity
    rule_id: str
    passed: bool
    n_unexpected: int | None
    failing_keys: tuple[Mapping[str, Scalar], ...]
    message: str
    error: str | None = None
    n_quarantined: int = 0
    not_applicable: str | None = None

    def describe(self) -> str:
        """Severity, name, rule, count, message and keys, over a few lines."""
        rule = f" ({self.rule_id})" if self.rule_id else ""
        head = f"[{self.severity}] {self.id}{rule}: "
        if self.error is not None:
            return f"{head}could not be evaluated: {self.error}\n    It asks: {self.message}"
        counted = [f"{self.n_unexpected} failing"] if not self.passed else []
        if self.n_quarantined:
            counted.append(f"{self.n_quarantined} in quarantine")
        lines = [f"{head}{', '.join(counted) or 'passed'}. {self.message}"]
        lines += [
            "    " + ", ".join(f"{name}={value}" for name, value in key.items())
            for key in self.failing_keys[:KEYS_SHOWN]
        ]
        hidden = (self.n_unexpected or 0) - KEYS_SHOWN
        if self.failing_keys and hidden > 0:
            lines.append(f"    … and {hidden} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class GateReport:
    """How a suite came out on one table of `n_rows` rows."""

    table: str
    n_rows: int
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Outcomes that stop: structural or content failures, and whatever was not evaluated."""
        return tuple(
            outcome
            for outcome in self.outcomes
            if outcome.error is not None
            or (not outcome.passed and outcome.severity != "plausibility")
        )

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        """Plausibility expectations that were evaluated and failed."""
        return tuple(
            outcome
            for outcome in self.outcomes
            if outcome.error is None and not outcome.passed and outcome.severity == "plausibility"
        )

    @property
    def quarantined(self) -> tuple[Outcome, ...]:
        """Outcomes that hold because rows which break them were put aside."""
        return tuple(
            outcome for outcome in self.outcomes if outcome.passed and outcome.n_quarantined
        )

    @property
    def passed(self) -> bool:
        """Whether what lies downstream may go on."""
        return not self.failures

    def describe(self) -> str:
        """The report as text: the verdict, every failure, every warning, what is in quarantine."""
        verdict = "passed" if self.passed else "FAILED"
        head = (
            f"Gate of {self.table} {verdict}: {len(self.outcomes)} expectations on "
            f"{self.n_rows} rows, {len(self.failures)} stopping, {len(self.warnings)} warning"
            + (f", {len(self.quarantined)} with rows in quarantine." if self.quarantined else ".")
        )
        told = (*self.failures, *self.warnings, *self.quarantined)
        return "\n".join([head, *("  " + outcome.describe() for outcome in told)])

    def to_json(self) -> str:
        """The report as JSON; the same report gives the same text."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)
