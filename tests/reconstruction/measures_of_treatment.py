"""Numbers that tell whether courses look like those of a trial: doses, intervals, reasons."""

import math

import polars as pl
from history_facts import Facts
from measures_of_disease import TWELVE_MONTHS


def measures(_datasets, facts: Facts) -> dict[str, float]:
    return {**_infusions(facts), **_reasons(facts)}


def early_days(facts: Facts) -> dict[int, list[int]]:
    """Days since the previous course of those given within twelve months, by course."""
    early = facts.courses.filter(pl.col("interval") < TWELVE_MONTHS)
    return {
        course: sorted(days)
        for course, days in early.group_by("course", maintain_order=True)
        .agg("interval")
        .sort("course")
        .iter_rows()
    }


def _infusions(facts: Facts) -> dict[str, float]:
    courses = facts.courses
    first, later = courses.filter(pl.col("course") == 1), courses.filter(pl.col("course") > 1)
    second = courses.filter(pl.col("course") == 2)
    on_study = facts.people.filter(pl.col("exit_day") >= 430)
    phases = facts.phases.drop("death")
    given = facts.infusions.drop_nulls("course")
    outside = given.join(phases, on=["person", "phase"], how="left").filter(
        ~pl.col("day").is_between("first", "last").fill_null(False)
    )
    dead = given.join(facts.people, on="person").filter(pl.col("day") > pl.col("death_day"))
    gaps = given.with_columns(gap=pl.col("day").diff().over("person", "course")).drop_nulls("gap")
    early = early_days(facts)
    return {
        "courses: early Courses 2": len(early.get(2, [])),
        "courses: early Courses 6 and later": sum(len(early.get(k, [])) for k in range(6, 12)),
        "courses: shortest interval": float(courses["interval"].min()),
        "courses: most of one person": float(courses["course"].max()),
        "courses: median day of Course 2": float(second["day"].median()),
        "courses: share with Course 2 of those on study": on_study.join(
            second, on="person", how="semi"
        ).height
        / on_study.height,
        "Course 1: share with five infusions": float((first["infusions"] == 5).mean()),
        "Course 1: most infusions": float(first["infusions"].max()),
        "later courses: share with three infusions": float((later["infusions"] == 3).mean()),
        "later courses: most infusions": float(later["infusions"].max()),
        "infusions: share with a day between": float((gaps["gap"] > 1).mean()),
        "infusions: two on a day": int((gaps["gap"] < 1).sum()),
        "infusions: dose other than 12 mg": int((given["dose"] != 12).sum()),
        "infusions: share not given": (facts.infusions["dose"] == 0).mean(),
        "infusions: outside participation": outside.height,
        "infusions: after death": dead.height,
    }


def _reasons(facts: Facts) -> dict[str, float]:
    """Additional courses and the disease activity since the course before."""
    additional = facts.courses.filter(pl.col("course") >= 3)
    since = additional.select("person", "course", "previous", at="day")
    relapsed = since.join(facts.relapses, on="person").filter(
        pl.col("day") >= pl.col("previous"), pl.col("day") <= pl.col("at")
    )
    seen = facts.scans.filter((pl.col("gd") >= 2) | (pl.col("t2") >= 2))
    lesioned = since.join(seen, on="person").filter(
        pl.col("day") >= pl.col("previous"), pl.col("day") <= pl.col("at")
    )
    key = ["person", "course"]
    told = additional.with_columns(
        pl.struct(key).is_in(relapsed.select(pl.struct(key)).to_series().implode()).alias("r"),
        pl.struct(key).is_in(lesioned.select(pl.struct(key)).to_series().implode()).alias("l"),
    )

    def share(reason: str, *conditions: str) -> float:
        own = told.filter(pl.col("reason") == reason)
        found = own.select(pl.all_horizontal(*conditions)).to_series().mean()
        return math.nan if found is None else float(found)

    activity = pl.concat([relapsed.select(*key, "day", "at"), lesioned.select(*key, "day", "at")])
    wait = activity.group_by(key).agg(wait=(pl.col("at") - pl.col("day")).min())["wait"]
    return {
        "courses for a relapse: share with one since the last course": share("RELAPSE", "r"),
        "courses for MRI activity: share with lesions since the last course": share(
            "MRI ACTIVITY", "l"
        ),
        "courses for both: share with both since the last course": share(
            "RELAPSE AND MRI ACTIVITY", "r", "l"
        ),
        "additional courses: share without relapse, lesions or other reason": float(
            told.select(
                (
                    ~pl.col("r")
                    & ~pl.col("l")
                    & pl.col("reason").is_not_null()
                    & (pl.col("reason") != "OTHER")
                ).mean()
            ).item()
        ),
        "additional courses: share for other or no stated reason": float(
            told.select((pl.col("reason").is_null() | (pl.col("reason") == "OTHER")).mean()).item()
        ),
        "additional courses: median days since the last activity": float(wait.median()),
    }
