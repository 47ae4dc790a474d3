"""Faults of rows and cells of the results layer, and of the wide tables."""

from gate_faults import Fault, change, copy, everything_removed, fault, remove
from gate_results import FAMILIES
from gate_world import CONTRACTS, good_world

LONG = tuple(f"results.result_{name}" for name in FAMILIES)
ARR, SENSITIVITY = "results.result_arr", "results.result_sensitivity"
WIDE = tuple(
    name
    for name, contract in CONTRACTS.items()
    if contract.layer == "results"
    and not contract.name.startswith("result")
    and contract.name != "reproduction"
)


def long_faults(table: str) -> tuple[Fault, ...]:
    """Faults of rows and cells, in each of the long tables."""
    scenario = "primary" if table == SENSITIVITY else "another"
    return (
        everything_removed(table),
        fault(
            table,
            "row_is_whole",
            change(table, data_cut="2016-10-04"),
            keys=({"problem": "another cut"},),
        ),
        fault(
            table,
            "row_is_whole",
            change(table, scenario=scenario, result_id="1"),
            keys=({"problem": "result_id is not the key, another scenario"},),
        ),
        *(
            fault(
                table,
                "row_is_whole",
                change(table, analysis_id=name, result_id="1"),
                keys=({"problem": "result_id is not the key, another endpoint"},),
            )
            for name in ("cdw.km.x", "edsx.mean")
            if table != SENSITIVITY
        ),
        fault(table, "value_in_range", change(table, statistic="p", value=1.5), keys=({},)),
        fault(
            table,
            "cell_is_consistent",
            copy(table, statistic="rate", category="new", value=1.0),
            copy(table, statistic="ci_low", category="new", value=1.1),
            keys=({"category": "new", "ci_low": 1.1, "rate": 1.0},),
        ),
    )


ROW_FAULTS = (
    *(
        fault(ARR, "row_is_whole", change(ARR, **changed), keys=({"problem": problem},))
        for changed, problem in (
            ({"rule_ids": ""}, "no rules, method or diagnostics"),
            ({"rule_ids": "E-02, E-05"}, "no rules, method or diagnostics"),
            ({"method": ""}, "no rules, method or diagnostics"),
            ({"diagnostics": "{"}, "no rules, method or diagnostics"),
            ({"value": None}, "value against NE"),
            ({"is_estimable": False}, "value against NE"),
            ({"value_text": "NE"}, "value against NE"),
        )
    ),
    *(
        fault(
            ARR,
            "value_in_range",
            change(ARR, statistic=statistic, value=value),
            keys=({"value": value, "problem": problem},),
        )
        for statistic, value, problem in (
            ("n_patients", -1.0, "count"),
            ("n_events", 1.5, "count"),
            ("at_risk", 2.0, "more than all"),
            ("b", 2.0, "more than all"),
            ("pct", 101.0, "percentage"),
            ("p_exact", -0.1, "p"),
            ("rate", -0.1, "negative"),
            ("sd", -0.1, "negative"),
        )
    ),
    fault(ARR, "value_in_range", change(ARR, n_total=-1), keys=({"n_total": -1},)),
    *(
        fault(
            ARR,
            "cell_is_consistent",
            *(
                copy(ARR, category="new", analysis_id=analysis_id, statistic=name, value=value)
                for name, value in values.items()
            ),
            keys=({"category": "new", "problem": problem},),
        )
        for analysis_id, values, problem in (
            ("arr", {"ci_low": 2.0, "ci_high": 1.0}, "limits"),
            ("arr", {"mean": 1.0, "ci_high": 0.9}, "estimate outside its limits"),
            ("arr", {"pct": 99.0, "ci_high": 101.0}, "limits of a share"),
            ("arr", {"pct": 99.0, "n_patients": 1.0}, "pct"),
            ("arr", {"mean": 3.0, "min": 1.0, "max": 2.0}, "mean or median"),
            ("arr", {"median": 0.5, "min": 1.0, "max": 2.0}, "mean or median"),
            ("arr", {"sd": 3.0, "se": 1.0, "n_patients": 4.0}, "se"),
            ("arr", {"b": 1.0, "c": 1.0, "n_patients": 1.0}, "more discordant than all pairs"),
            ("arr", {"rate": 1.0, "person_years": 0.0}, "rate"),
            ("arr", {"rate": 1.0, "n_events": 0.0}, "rate"),
            ("arr", {"rate": 0.0, "n_events": 1.0}, "rate"),
            (
                "safety.rate",
                {"rate": 9.0, "n_events": 1.0, "person_years": 10.0},
                "rate of events over time",
            ),
            ("safety.rate", {"n_events": 1.0, "n_patients": 2.0}, "rate of events over time"),
        )
    ),
)


def shown_faults(table: str) -> tuple[Fault, ...]:
    """A wide table shows another value, lacks a row, has one too many."""
    contract = CONTRACTS[table]
    key = "label" if table == "results.disposition" else contract.key[0]
    row = good_world()[table][0]
    column, shown = next(
        (name, row[name])
        for name, dtype in contract.schema.items()
        if name not in contract.key and dtype.is_numeric() and row[name] is not None
    )
    value = shown if column == "n_total" else float(shown)
    return (
        fault(
            table,
            "shows_result",
            change(table, **{column: shown + 1}),
            keys=({"problem": f"{column} {shown + 1}, not {value}"},),
        ),
        fault(table, "shows_result", remove(table), keys=({"problem": "missing"},)),
        fault(
            table,
            "shows_result",
            copy(table, **{key: "new"}),
            keys=({key: "new", "problem": "foreign"},),
        ),
        fault(table, "shows_result", change(table, data_cut=""), keys=({},)),
    )


REPRODUCTION = "results.reproduction"
RESULT = "results.result"
LISTING = "windows.line_listing"


def _wrong(name: str, number: int, problem: str, **changed: object) -> Fault:
    """A changed row of the comparison, and the problem that must be named."""
    row = {"published_id": f"P{number:04d}"}
    edit = change(REPRODUCTION, row, **changed)
    return fault(REPRODUCTION, name, edit, keys=({**row, "problem": problem},))


_OF_P = {"statistic": "p", "analysis_id": "arr.before_after"}
REPRODUCTION_FAULTS = (
    _wrong("row_is_whole", 1, "printed, units off", printed_value=99.0),
    _wrong("row_is_whole", 3, "printed", printed_text="0.050"),
    _wrong("row_is_whole", 18, "printed", printed_value=1.0),
    _wrong("row_is_whole", 1, "source", kind="design"),
    _wrong("row_is_whole", 1, "source", kind="narrated"),
    _wrong("row_is_whole", 1, "source", source_table="configuration"),
    _wrong("row_is_whole", 13, "source", reading="value"),
    _wrong("row_is_whole", 17, "source", source_key=""),
    _wrong("row_is_whole", 2, "units off", units_off=5.0),
    _wrong("row_is_whole", 2, "units off", units_off=None),
    _wrong("row_is_whole", 2, "another cut", data_cut="2016-10-04"),
    _wrong(
        "outcome_follows_values", 1, "absent, difference", outcome="difference", computed_text=None
    ),
    _wrong("outcome_follows_values", 9, "absent", computed_value=1.0),
    _wrong("outcome_follows_values", 10, "absent", outcome="match"),
    _wrong("outcome_follows_values", 1, "text, difference", outcome="difference"),
    _wrong("outcome_follows_values", 2, "text, match", outcome="match"),
    _wrong("outcome_follows_values", 2, "match", outcome="match", computed_text="94"),
    _wrong("outcome_follows_values", 6, "match", outcome="match", computed_text="0.4"),
    _wrong("outcome_follows_values", 3, "bound", outcome="difference"),
    _wrong("outcome_follows_values", 4, "bound", outcome="match"),
    _wrong("outcome_follows_values", 18, "text", outcome="difference"),
    *(
        _wrong("result_rows_read_again", number, "another value", computed_value=7.0)
        for number in (1, 3, 5, 6, 7, 8)
    ),
    _wrong("result_rows_read_again", 1, "absent", source_key="no|such|row"),
    _wrong("result_rows_read_again", 1, "absent", outcome="absent", computed_value=None),
    _wrong("result_rows_read_again", 9, "absent", outcome="match"),
    _wrong("result_rows_read_again", 7, "several rows for one", reading="value"),
    fault(
        REPRODUCTION,
        "result_rows_read_again",
        change(RESULT, _OF_P, scenario="another"),
        keys=({"published_id": "P0003"}, {"published_id": "P0004"}),
    ),
    *(
        _wrong("listing_read_again", number, "no such record", computed_value=7.0)
        for number in (11, 12, 13, 14)
    ),
    _wrong("listing_read_again", 15, "no such record", outcome="match", computed_value=4.0),
    _wrong("listing_read_again", 14, "absent", outcome="absent", computed_value=None),
    _wrong("listing_read_again", 16, "another number", computed_value=0.0),
    fault(
        REPRODUCTION,
        "listing_read_again",
        copy(LISTING, {"listing": "malignancy"}, description="Breast cancer"),
        keys=({"published_id": "P0016", "problem": "another number"},),
    ),
    fault(
        REPRODUCTION,
        "listing_read_again",
        change(LISTING, {"listing": "malignancy"}, is_additional=False),
        keys=tuple({"published_id": f"P00{number}"} for number in (11, 12, 13, 14)),
    ),
)


RESULT_FAULTS = (
    *(item for table in LONG for item in long_faults(table)),
    *ROW_FAULTS,
    *(item for table in WIDE for item in shown_faults(table)),
    *REPRODUCTION_FAULTS,
)
