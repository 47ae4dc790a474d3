"""results.result_sensitivity: every endpoint under the other readings of the plan.

Belongs here: replaying transforms and models under each scenario, and naming the rows. Does not
belong here: what a scenario changes (`scenarios`), how a table is computed.
"""

from collections.abc import Mapping

import polars as pl

from models.cells import COURSE_OF_GROUP, RULE_OF_GROUP
from orchestration.compute import replay
from orchestration.scenarios import SCENARIOS
from orchestration.tables import INPUTS
from transforms.rules import Rules
from warehouse.contracts.results import KEY, RESULTS

#: Families of result rows that a reading may move.
EFFICACY = (
    "results.result_arr",
    "results.result_arr_before_after",
    "results.result_relapse_free",
    "results.result_edss",
    "results.result_disability",
    "results.result_mri",
    "results.result_neda",
)
FAMILIES = (
    *EFFICACY,
    "results.result_baseline",
    "results.result_retention",
    "results.result_safety",
    "results.result_funnel",
)
ALL_RECIPIENTS = "all-recipients"
RECIPIENTS_READING = (
    "all patients without other therapy who received the course before the landmark, followed "
    "to their next course"
)


def estimate_sensitivity(rules: Rules, **tables: pl.LazyFrame) -> pl.LazyFrame:
    """Result rows of every scenario, whole families each.

    Args:
        rules: the rules of the cut.
        tables: by name, what is replayed and what it is made from. The primary result rows
            are among them, so that a change of their code is one of this table, too.

    Returns:
        `results.result_sensitivity`; `scenario` names the reading, `method` begins with it.
    """
    contract = RESULTS["result_sensitivity"]
    base = {name: tables[name.split(".")[1]] for name in INPUTS[contract.sql_name]}
    frames = [
        _named(frame, scenario.name, scenario.reading)
        for scenario in SCENARIOS
        for frame in replay(
            base, scenario.rules(rules), again=scenario.tables, targets=FAMILIES
        ).values()
    ]
    frames += [
        _named(frame, ALL_RECIPIENTS, RECIPIENTS_READING)
        for group_id, course in COURSE_OF_GROUP.items()
        for frame in _all_recipients(base, rules, group_id, course)
    ]
    return contract.conform(pl.concat(frames))


def _all_recipients(
    base: Mapping[str, pl.LazyFrame], rules: Rules, group_id: str, course: str
) -> list[pl.LazyFrame]:
    """Efficacy around a course in all who received it, censored at the next one (section 3).

    They take the place of the group that the course defines, with a follow-up that ends at
    the next course as it does at Course 6.
    """
    number = int(course.removeprefix("course-"))
    day = pl.col("course_day")
    courses = base["core.course"].filter(day >= 0)
    recipients = courses.filter(pl.col("course_number") == number, day < rules.landmark_day).select(
        "person_id", is_recipient=pl.lit(True)
    )
    next_course = courses.filter(pl.col("course_number") == number + 1).select(
        "person_id", next_course_day=day
    )
    is_recipient = pl.col("is_recipient") & pl.col("is_no_other_dmt")
    population = (
        base["core.population"]
        .join(recipients, on="person_id", how="left")
        .with_columns(group_id=pl.when(is_recipient).then(pl.lit(group_id)))
        .drop("is_recipient")
    )
    follow_up = (
        base["core.follow_up"]
        .join(next_course, on="person_id", how="left")
        .with_columns(
            pl.min_horizontal("course_6_day", "next_course_day").alias("course_6_day"),
            pl.min_horizontal("efficacy_end_day", "next_course_day").alias("efficacy_end_day"),
        )
        .drop("next_course_day")
    )
    families = replay(
        base,
        rules,
        again=(),
        targets=EFFICACY,
        replaced={"core.population": population, "core.follow_up": follow_up},
    )
    return [
        rows.filter(pl.col("group_id") == group_id, pl.col("anchor") == course).with_columns(
            population=pl.lit("no-other-dmt"),
            group_id=pl.lit(ALL_RECIPIENTS),
            rule_ids=pl.col("rule_ids").str.replace(RULE_OF_GROUP[group_id], "S-03", literal=True),
        )
        for rows in families.values()
    ]


def _named(rows: pl.LazyFrame, scenario: str, reading: str) -> pl.LazyFrame:
    return rows.with_columns(
        scenario=pl.lit(scenario), method=pl.lit(f"{reading}: ") + pl.col("method")
    ).with_columns(result_id=pl.concat_str(KEY, separator="|"))
