"""Numbers that tell whether the people look like those of CARE-MS I and II: who goes with what."""

import polars as pl
from history_facts import CORE_STUDIES, Facts, pooled
from measures_of_disease import DAYS_PER_YEAR, distinct, rate_of
from measures_of_visits import rank_correlation
from scipy import stats


def measures(datasets, facts: Facts) -> dict[str, float]:
    return {**_joint(facts), **_sites(facts), **_studies(datasets, facts)}


def _first_scores(facts: Facts) -> pl.DataFrame:
    """Last score on or before day 0 of each person."""
    before = facts.scores.filter(pl.col("day") <= 0)
    return before.group_by("person").agg(edss=pl.col("score").sort_by("day").last())


def _joint(facts: Facts) -> dict[str, float]:
    baseline = _first_scores(facts)
    relapses = (
        distinct(facts.relapses.filter(pl.col("day") >= 0)).group_by("person").len("relapses")
    )
    lesions = (
        facts.scans.filter(pl.col("day") > 0)
        .group_by("person")
        .agg(t2=pl.col("t2").sum(), scans=pl.len())
    )
    gd = facts.scans.filter(pl.col("visit") == "BASELINE").select("person", "gd")
    courses = facts.courses.group_by("person").agg(courses=pl.col("course").max())
    last = facts.scores.group_by("person").agg(last=pl.col("score").sort_by("day").last())
    table = facts.people
    for part in (baseline, relapses, lesions, gd, courses, last):
        table = table.join(part, on="person", how="left")
    table = table.with_columns(pl.col("relapses").fill_null(0))
    table = table.with_columns(
        rate=pl.col("relapses") / (pl.col("exit_day") + 1),
        lesion_rate=pl.col("t2") / pl.col("scans"),
        change=pl.col("last") - pl.col("edss"),
    )
    long = table.filter(pl.col("exit_day") > 3 * DAYS_PER_YEAR)
    cells = table.group_by(
        ages=(pl.col("age") >= 30).cast(int) + (pl.col("age") >= 40),
        scores=(pl.col("edss") >= 2).cast(int) + (pl.col("edss") >= 3.5),
    ).len()
    return {
        "joint: rank correlation of EDSS with age": rank_correlation(table, "edss", "age"),
        "joint: fewest of a cell of age by EDSS": float(cells["len"].min())
        if cells.height == 9
        else 0.0,
        "joint: rank correlation of relapses with new lesions": rank_correlation(
            long, "rate", "lesion_rate"
        ),
        "joint: rank correlation of relapses with courses": rank_correlation(
            long, "rate", "courses"
        ),
        "joint: rank correlation of lesions with courses": rank_correlation(
            long, "lesion_rate", "courses"
        ),
        "joint: rank correlation of relapses with EDSS change": rank_correlation(
            long, "rate", "change"
        ),
        "joint: rank correlation of baseline Gd with relapses": rank_correlation(
            long, "gd", "rate"
        ),
    }


def _sites(facts: Facts) -> dict[str, float]:
    """Patients of a site are no clones of each other: F tests between the larger sites."""
    baseline = _first_scores(facts)
    table = facts.people.join(baseline, on="person", how="left")
    found = {}
    for name in ("age", "is_female", "edss"):
        # EDSS differs between the two core studies by design: within one study.
        own = table.filter(pl.col("study") == CORE_STUDIES[1]).drop_nulls(name)
        groups = [
            group[name].cast(pl.Float64).to_numpy()
            for _, group in own.group_by("site", maintain_order=True)
            if group.height >= 3
        ]
        found[f"sites: p of a difference in {name.removeprefix('is_')}"] = float(
            stats.f_oneway(*groups).pvalue
        )
    return found


def _studies(datasets, facts: Facts) -> dict[str, float]:
    history = pooled(datasets, "MH").filter(pl.col("MHTERM") == "INITIAL RELAPSE")
    onset = history.select(person="USUBJID", onset=_middle("MHSTDTC"))
    prior = pooled(datasets, "SC").filter(pl.col("SCTESTCD") == "RELPY1")
    prior = prior.select(person="USUBJID", prior="SCSTRESN")
    scores = _first_scores(facts)
    gd = facts.scans.filter(pl.col("visit") == "BASELINE").select("person", "gd")
    year2 = (
        facts.scores.filter((pl.col("day") - 730).abs() <= 45)
        .group_by("person")
        .agg(year2=pl.col("score").sort_by((pl.col("day") - 730).abs()).first())
    )
    table = facts.people
    for part in (onset, prior, scores, gd, year2):
        table = table.join(part, on="person", how="left")
    table = table.with_columns(
        years=(pl.col("day0") - pl.col("onset")).dt.total_days() / DAYS_PER_YEAR,
        change=pl.col("year2") - pl.col("edss"),
    )
    relapses = distinct(facts.relapses.filter(pl.col("day") >= 0))
    found: dict[str, float] = {
        "arms: CARE-MS I": table.filter(study=CORE_STUDIES[0]).height,
        "arms: CARE-MS II, planned 12 mg": table.filter(
            study=CORE_STUDIES[1], planned="ALEM12"
        ).height,
        "arms: CARE-MS II, planned 24 mg": table.filter(
            study=CORE_STUDIES[1], planned="ALEM24"
        ).height,
    }
    for label, study in zip(("CARE-MS I", "CARE-MS II"), CORE_STUDIES, strict=True):
        own = table.filter(study=study)
        two_years = pl.lit(2 * DAYS_PER_YEAR)
        for name, column in (
            ("age", "age"),
            ("baseline EDSS", "edss"),
            ("years since the first relapse", "years"),
            ("relapses in the year before", "prior"),
            ("baseline Gd lesions", "gd"),
        ):
            found[f"{label}: mean {name}"] = float(own[column].mean())
            found[f"{label}: SD of {name}"] = float(own[column].std())
        relapsed = relapses.filter(pl.col("day") < 2 * DAYS_PER_YEAR)
        found |= {
            f"{label}: share female": float(own["is_female"].mean()),
            f"{label}: youngest": float(own["age"].min()),
            f"{label}: oldest": float(own["age"].max()),
            f"{label}: ARR in two years": rate_of(relapses, own, pl.lit(0.0), two_years),
            f"{label}: share without relapse in two years": 1
            - own.join(relapsed, on="person", how="semi").height / own.height,
            f"{label}: mean EDSS change at Year 2": float(own["change"].mean()),
        }
    return found


def _middle(column: str) -> pl.Expr:
    """A date that may be partial; the middle of its year or month."""
    text = pl.col(column)
    length = text.str.len_chars()
    whole = pl.when(length == 4).then(text + "-07-01").when(length == 7).then(text + "-15")
    return whole.otherwise(text).str.slice(0, 10).str.to_date(strict=False)
