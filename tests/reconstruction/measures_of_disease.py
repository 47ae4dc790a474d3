"""Numbers that tell whether relapses look like those of a trial: how many, when, how far apart."""

import polars as pl
from history_facts import DAYS_PER_MONTH, Facts

DAYS_PER_YEAR = 365.25
TWELVE_MONTHS = 12 * DAYS_PER_MONTH
#: Relapses nearer to another one are the same (E-01).
SAME_RELAPSE_DAYS = 30


def measures(_datasets, facts: Facts) -> dict[str, float]:
    return {**_relapses(facts), **_calendar(facts), **_around_courses(facts)}


def distinct(relapses: pl.DataFrame) -> pl.DataFrame:
    """Relapses with those left out that were told again within 30 days of the one before."""
    gap = pl.col("day").diff().over("person")
    return relapses.filter((gap > SAME_RELAPSE_DAYS).fill_null(True))


def rate_of(relapses: pl.DataFrame, people: pl.DataFrame, first: pl.Expr, last: pl.Expr) -> float:
    """Relapses over years of follow-up in [first, last), columns of `people`."""
    end = pl.min_horizontal(last, pl.col("exit_day") + 1)
    seen = people.with_columns(first=first, end=end).filter(pl.col("end") > pl.col("first"))
    years = (seen["end"] - seen["first"]).sum() / DAYS_PER_YEAR
    joined = relapses.join(seen, on="person").filter(
        pl.col("day") >= pl.col("first"), pl.col("day") < pl.col("end")
    )
    return joined.height / years


def _relapses(facts: Facts) -> dict[str, float]:
    on_study = facts.relapses.filter(pl.col("day") >= 0)
    gap = on_study.with_columns(gap=pl.col("day").diff().over("person")).drop_nulls("gap")["gap"]
    relapses = distinct(on_study)
    apart = relapses.with_columns(gap=pl.col("day").diff().over("person")).drop_nulls("gap")["gap"]
    counts = facts.people.join(relapses.group_by("person").len(), on="person", how="left")
    per_person = counts["len"].fill_null(0)
    found = {
        "relapses: share told again within 30 days": (gap <= SAME_RELAPSE_DAYS).sum()
        / on_study.height,
        "relapses: told three times within 30 days": _thrice(on_study),
        "relapses: share 31 to 60 days after the one before": float((apart <= 60).mean()),
        "relapses: variance over mean of the number per person": per_person.var()
        / per_person.mean(),
        "relapses: most of one person": float(per_person.max()),
        "relapses: on the commonest day of the month": _commonest(relapses, 31, "%d"),
    }
    for year in range(1, 9):
        first, last = (year - 1) * DAYS_PER_YEAR, year * DAYS_PER_YEAR
        found[f"ARR in Year {year}"] = rate_of(relapses, facts.people, pl.lit(first), pl.lit(last))
    return found


def _thrice(relapses: pl.DataFrame) -> int:
    gaps = relapses.with_columns(
        gap=pl.col("day") - pl.col("day").shift(2).over("person"),
    )
    return gaps.filter(pl.col("gap") <= SAME_RELAPSE_DAYS).height


def _calendar(facts: Facts) -> dict[str, float]:
    """Neither seasons nor weekdays."""
    relapses = distinct(facts.relapses.filter(pl.col("day") >= 0))
    visits = facts.visits.join(facts.people.select("person", "day0"), on="person").with_columns(
        onset=pl.col("day0") + pl.duration(days="day")
    )
    return {
        "relapses: in the commonest month of the year": _commonest(relapses, 12, "%m"),
        "relapses: in the rarest month of the year": _commonest(relapses, 12, "%m", rarest=True),
        "relapses: on the commonest weekday": _commonest(relapses, 7, "%u"),
        "visits: on the commonest weekday": _commonest(visits, 7, "%u"),
        "visits: in the commonest month of the year": _commonest(visits, 12, "%m"),
    }


def _commonest(table: pl.DataFrame, kinds: int, part: str, *, rarest: bool = False) -> float:
    """Number on the commonest (rarest) of `kinds` parts of the date, over its even share."""
    counts = table.group_by(pl.col("onset").dt.strftime(part)).len()["len"]
    most = (counts.min() if counts.len() == kinds else 0) if rarest else counts.max()
    return float(most) * kinds / table.height


def _around_courses(facts: Facts) -> dict[str, float]:
    relapses = distinct(facts.relapses)
    totals = facts.courses.group_by("person").agg(total=pl.col("course").max())
    found = {}
    for k in (3, 4):
        at = facts.courses.filter(pl.col("course") == k).select("person", at="day")
        people = facts.people.join(at, on="person").join(totals, on="person")
        retreated = people.filter(pl.col("total") > k)
        day = pl.col("at")
        found |= {
            f"ARR in the year before Course {k}": rate_of(
                relapses, people, day - TWELVE_MONTHS, day
            ),
            f"ARR in the year after Course {k}": rate_of(
                relapses, people, day, day + TWELVE_MONTHS
            ),
            f"ARR in the year after Course {k}, given a Course {k + 1}": rate_of(
                relapses, retreated, day, day + TWELVE_MONTHS
            ),
        }
    return found
