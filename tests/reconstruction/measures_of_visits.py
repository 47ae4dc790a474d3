"""Numbers that tell whether EDSS scores, visits and scans look like those of a trial."""

import polars as pl
from history_facts import DAYS_PER_MONTH, PHASES, SCHEDULE, Facts, pooled

#: Scores of the scale: 0, 1, 1.5 ... 10.
SCALE = [0.0, *(number / 2 for number in range(2, 21))]


def measures(datasets, facts: Facts) -> dict[str, float]:
    return {
        **_edss(datasets, facts),
        **_functional_systems(datasets, facts),
        **_visits(datasets, facts),
        **_scans(datasets, facts),
    }


def steps_of(scores: pl.DataFrame) -> pl.DataFrame:
    """Difference of every score to the person's one before."""
    return scores.sort("person", "day").with_columns(
        step=pl.col("score").diff().over("person"),
        before=pl.col("score").shift().over("person"),
        gap=pl.col("day").diff().over("person"),
    )


def _edss(datasets, facts: Facts) -> dict[str, float]:
    scores = facts.scores
    steps = steps_of(scores).drop_nulls("step")
    size = steps["step"].abs()
    within = scores.group_by("person").agg(sd=pl.col("score").std(), n=pl.len())
    within = within.filter(pl.col("n") >= 8)
    changed = steps.filter(pl.col("step") != 0)
    after = scores.join(facts.people, on="person").filter(pl.col("day") > pl.col("death_day"))
    return {
        "EDSS off the scale": scores.filter(~pl.col("score").is_in(SCALE)).height,
        "EDSS after death": after.height,
        "EDSS steps: share unchanged": float((size == 0).mean()),
        "EDSS steps: share above 1 point": float((size > 1).mean()),
        "EDSS steps: share of 2 points or more": float((size >= 2).mean()),
        "EDSS steps: share of 3 points or more": float((size >= 3).mean()),
        "EDSS steps: largest": float(size.max()),
        "EDSS steps: share upwards of all changes": float((changed["step"] > 0).mean()),
        "EDSS: correlation with the score before": _correlation(steps, "before", "score"),
        "EDSS: mean of the SD within a person": float(within["sd"].mean()),
        "EDSS: persons who never change": float((within["sd"] == 0).mean()),
        "EDSS: largest score": float(scores["score"].max()),
    }


def _functional_systems(datasets, facts: Facts) -> dict[str, float]:
    done = pooled(datasets, "QS").filter(pl.col("QSSTRESN").is_not_null())
    done = done.join(facts.people, left_on="USUBJID", right_on="person", how="semi")
    is_edss = pl.col("QSTESTCD") == "EDSS0101"
    seen = done.group_by("STUDYID", "USUBJID", "VISITNUM").agg(
        edss=pl.col("QSSTRESN").filter(is_edss).first(),
        systems=(~is_edss).sum(),
        grades=pl.col("QSSTRESN").filter(~is_edss).sum(),
        worst=pl.col("QSSTRESN").filter(~is_edss).max(),
    )
    return {
        "functional systems: share of assessments with seven": float((seen["systems"] == 7).mean()),
        "functional systems: rank correlation with EDSS": rank_correlation(seen, "edss", "grades"),
        "functional systems: largest grade": float(seen["worst"].max()),
    }


def _visits(datasets, facts: Facts) -> dict[str, float]:
    begin = facts.phases.select("person", "phase", "first", "last")
    visits = facts.visits.join(begin, on=["person", "phase"]).with_columns(
        off=pl.col("day") - pl.col("first") - (pl.col("month") * DAYS_PER_MONTH).round()
    )
    # A visit that closes a phase is brought forward to its last day.
    within = visits.filter(pl.col("day") < pl.col("last"))
    spacing = visits.with_columns(gap=pl.col("day").diff().over("person", "phase"))
    found = {
        "visits: months off the schedule": sum(
            visits.filter(
                pl.col("phase") == phase, ~pl.col("month").is_in(months).fill_null(False)
            ).height
            for phase, months in SCHEDULE.items()
        ),
        "visits: the same month twice": visits.height
        - visits.unique(["person", "phase", "month"]).height,
        "visits: missed of those planned": _missed(visits, begin),
        "visits: most days off": float(within["off"].abs().max()),
        "EDSS: share not done of scheduled visits": _not_done(datasets, facts),
    }
    for phase in PHASES:
        own = within.filter(pl.col("phase") == phase)
        found |= {
            f"visits, {phase}: share off their day": float((own["off"] != 0).mean()),
            f"visits, {phase}: SD of days off": float(own["off"].std()),
            f"visits, {phase}: median spacing": float(
                spacing.filter(pl.col("phase") == phase)["gap"].median()
            ),
        }
    return found


def _missed(visits: pl.DataFrame, begin: pl.DataFrame) -> float:
    """Share of the visits planned within participation that did not take place."""
    schedule = pl.DataFrame(
        [(phase, month) for phase, months in SCHEDULE.items() for month in months],
        {"phase": pl.String, "month": pl.Int64},
        orient="row",
    )
    planned = begin.join(schedule, on="phase").filter(
        # Planned before the last weeks, so that nobody left before the visit came late.
        pl.col("first") + pl.col("month") * DAYS_PER_MONTH < pl.col("last") - 45
    )
    persons = visits.select("person").unique()
    planned = planned.join(persons, on="person", how="semi")
    return planned.join(visits, on=["person", "phase", "month"], how="anti").height / planned.height


def _not_done(datasets, facts: Facts) -> float:
    rows = pooled(datasets, "QS").join(
        facts.people, left_on="USUBJID", right_on="person", how="semi"
    )
    rows = rows.filter(pl.col("QSTESTCD") == "EDSS0101", pl.col("VISIT").str.starts_with("MONTH "))
    return float((rows["QSSTAT"] == "NOT DONE").fill_null(False).mean())


def _scans(datasets, facts: Facts) -> dict[str, float]:
    scans = facts.scans
    later = scans.filter(pl.col("visit") != "BASELINE")
    spacing = scans.with_columns(gap=pl.col("day").diff().over("person")).drop_nulls("gap")["gap"]
    tests = pooled(datasets, "NV").filter(
        pl.col("NVSTRESN").is_not_null(), pl.col("VISIT") != "BASELINE"
    )
    per_scan = tests.group_by("STUDYID", "USUBJID", "NVDTC").len()["len"]
    years = facts.people.filter(pl.col("exit_day") > 400)["exit_day"].sum() / 365.25
    return {
        "scans: median spacing": float(spacing.median()),
        "scans: share 11 to 13 months apart": float(
            spacing.is_between(11 * DAYS_PER_MONTH, 13 * DAYS_PER_MONTH).mean()
        ),
        "scans: share exactly 365 or 366 days apart": float(spacing.is_in([365, 366]).mean()),
        "scans: for each year of follow-up": later.height / years,
        "scans: share with all four values": float((per_scan == 4).mean()),
        "scans: share with new T2 lesions": float((later["t2"] > 0).mean()),
        "scans: share with Gd-enhancing lesions": float((later["gd"] > 0).mean()),
        "scans: most new T2 lesions": float(later["t2"].max()),
    }


def _correlation(table: pl.DataFrame, one: str, other: str) -> float:
    return float(table.select(pl.corr(one, other)).item())


def rank_correlation(table: pl.DataFrame, one: str, other: str) -> float:
    """Spearman's rank correlation of two columns, rows without a value left out."""
    whole = table.drop_nulls([one, other])
    return float(whole.select(pl.corr(one, other, method="spearman")).item())
