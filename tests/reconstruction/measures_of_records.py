"""Numbers that tell whether records fit together, and nobody stands for two persons."""

import numpy as np
import polars as pl
from history_facts import DAYS_PER_MONTH, Facts, day_of, phase_of, pooled

#: Dates of each dataset that a study itself sees: within participation.
SEEN = {"SV": "SVSTDTC", "QS": "QSDTC", "NV": "NVDTC", "EX": "EXSTDTC", "DS": "DSSTDTC"}
#: Dates of what a patient tells, which may lie between two studies.
TOLD = {"AE": "AESTDTC", "CE": "CESTDTC"}
#: Records with two dates.
SPANS = {
    "AE": ("AESTDTC", "AEENDTC"),
    "CE": ("CESTDTC", "CEENDTC"),
    "EX": ("EXSTDTC", "EXENDTC"),
    "SV": ("SVSTDTC", "SVENDTC"),
    "SE": ("SESTDTC", "SEENDTC"),
    "CM": ("CMSTDTC", "CMENDTC"),
}
#: Two histories are compared by the visits that both have; with fewer, chance makes twins.
SHARED_VISITS = 15
CUTOFF = "2017-10-04"


def measures(datasets, facts: Facts) -> dict[str, float]:
    return {
        **_identity(datasets),
        **_keys(datasets),
        **_dates(datasets, facts),
        **_deaths(datasets, facts),
        **_twins(facts),
    }


def _identity(datasets) -> dict[str, float]:
    everybody = pooled(datasets, "DM").with_columns(phase=phase_of())
    core = everybody.filter(pl.col("phase") == "core")
    named = pl.concat_str("STUDYID", "SITEID", "SUBJID", separator="-")
    later = everybody.filter(pl.col("phase") != "core")
    topaz = everybody.filter(pl.col("phase") == "TOPAZ")
    extension = everybody.filter(pl.col("phase") == "extension")
    sites = core.group_by("STUDYID", "SITEID").agg(n=pl.len(), c=pl.col("COUNTRY").n_unique())
    constant = everybody.group_by("USUBJID").agg(
        pl.col("SEX", "RACE", "COUNTRY", "SITEID", "SUBJID").n_unique(),
        aged=pl.col("AGE").sort_by("RFICDTC").diff().min(),
    )
    several = ("SEX", "RACE", "COUNTRY", "SITEID", "SUBJID")
    pattern = r"^CAMMS(323|32400507)-\d{3}-\d{4}$"
    return {
        "identity: ill-formed USUBJIDs": core.filter(
            ~pl.col("USUBJID").str.contains(pattern) | (pl.col("USUBJID") != named)
        ).height,
        "identity: subject numbers used twice": core.height - core["SUBJID"].n_unique(),
        "identity: persons twice in a study": everybody.height
        - everybody.unique(["STUDYID", "USUBJID"]).height,
        "identity: strangers in a later study": later.join(core, on="USUBJID", how="anti").height,
        "identity: in TOPAZ without extension": topaz.join(
            extension, on="USUBJID", how="anti"
        ).height,
        "identity: sex, race or site not the same everywhere": constant.filter(
            pl.any_horizontal(pl.col(name) > 1 for name in several)
        ).height,
        "identity: persons who grow younger": int((constant["aged"] < 0).sum()),
        "sites: number": sites.height,
        "sites: most patients": float(sites["n"].max()),
        "sites: mean patients": float(sites["n"].mean()),
        "sites: in two countries": int((sites["c"] > 1).sum()),
        "persons: of all arms": core.height,
    }


def _keys(datasets) -> dict[str, float]:
    wrong_study = gaps = orphans = strangers = 0
    for study, tables in datasets.items():
        known = tables["DM"].select("USUBJID")
        for name, table in tables.items():
            domain = "RDOMAIN" if name.startswith("SUPP") else "DOMAIN"
            is_own = (pl.col("STUDYID") == study) & (pl.col(domain) == name.removeprefix("SUPP"))
            wrong_study += table.filter(~is_own).height
            strangers += table.join(known, on="USUBJID", how="anti").height
            sequence = f"{name}SEQ"
            if sequence in table.columns:
                numbers = table.group_by("USUBJID").agg(
                    n=pl.len(),
                    distinct=pl.col(sequence).n_unique(),
                    least=pl.col(sequence).min(),
                    most=pl.col(sequence).max(),
                )
                is_counted = (
                    (pl.col("distinct") == pl.col("n"))
                    & (pl.col("least") == 1)
                    & (pl.col("most") == pl.col("n"))
                )
                gaps += numbers.filter(~is_counted).height
            if name.startswith("SUPP"):
                parent = tables[name[4:]].select(
                    "USUBJID", IDVARVAL=pl.col(f"{name[4:]}SEQ").cast(pl.Int64).cast(pl.String)
                )
                orphans += table.join(parent, on=["USUBJID", "IDVARVAL"], how="anti").height
                orphans += table.height - table.unique(["USUBJID", "IDVARVAL", "QNAM"]).height
    return {
        "records: of another study or domain": wrong_study,
        "records: of persons not in DM": strangers,
        "records: sequences that do not count from 1": gaps,
        "records: qualifiers without their row, or twice": orphans,
    }


def _dates(datasets, facts: Facts) -> dict[str, float]:
    seen = told = late = backwards = 0
    exits = (
        pooled(datasets, "DM")
        .group_by("USUBJID")
        .agg(
            consent=day_of("RFICDTC").min(),
            leave=pl.max_horizontal(day_of("RFENDTC").max(), day_of("DTHDTC").max()),
            death=day_of("DTHDTC").min(),
        )
    )
    after_death = 0
    for tables in datasets.values():
        participation = tables["DM"].select(
            "USUBJID", first=day_of("RFICDTC"), last=day_of("RFENDTC")
        )
        for name, column in SEEN.items():
            rows = tables[name].with_columns(day=day_of(column)).drop_nulls("day")
            rows = rows.join(participation, on="USUBJID").drop_nulls("last")
            seen += rows.filter(~pl.col("day").is_between("first", "last")).height
        for name, column in TOLD.items():
            rows = tables[name].with_columns(day=day_of(column)).drop_nulls("day")
            rows = rows.join(exits, on="USUBJID").drop_nulls("leave")
            told += rows.filter(~pl.col("day").is_between("consent", "leave")).height
        for name, column in {**SEEN, **TOLD}.items():
            rows = tables[name].with_columns(day=day_of(column)).join(exits, on="USUBJID")
            after_death += rows.filter(pl.col("day") > pl.col("death")).height
            late += rows.filter(pl.col(column).str.slice(0, 10) > CUTOFF).height
        for name, (begin, end) in SPANS.items():
            # Texts of different precision: compared as far as both go.
            length = pl.min_horizontal(pl.col(begin).str.len_chars(), pl.col(end).str.len_chars())
            is_wrong = pl.col(begin).str.slice(0, length) > pl.col(end).str.slice(0, length)
            backwards += tables[name].filter(is_wrong).height
    phases = facts.phases
    core = phases.filter(pl.col("phase") == "core")
    gap = phases.with_columns(
        gap=pl.col("first") - pl.col("last").shift().over("person")
    ).drop_nulls("gap")["gap"]
    return {
        "dates: seen outside participation": seen,
        "dates: told from before consent or after leaving": told,
        "dates: after the last cut-off": late,
        "dates: after death": after_death,
        "dates: ends before the beginning": backwards,
        "phases: longest core study": float(core["last"].max()),
        "phases: share with a core study of 23 to 25 months": float(
            core["last"].is_between(23 * DAYS_PER_MONTH, 25 * DAYS_PER_MONTH).mean()
        ),
        "phases: entered before the one before ended": int((gap < 1).sum()),
        "phases: longest gap": float(gap.max()),
        "phases: share who entered the extension": phases.filter(phase="extension").height
        / facts.people.height,
        "phases: share who entered TOPAZ": phases.filter(phase="TOPAZ").height
        / facts.people.height,
    }


def _deaths(datasets, facts: Facts) -> dict[str, float]:
    everybody = pooled(datasets, "DM")
    flagged = everybody["DTHFL"].eq_missing("Y") != everybody["DTHDTC"].is_not_null()
    dead = everybody.drop_nulls("DTHDTC").select("USUBJID", died=day_of("DTHDTC"))
    fatal = pooled(datasets, "AE").filter(pl.col("AESDTH") == "Y")
    fatal_persons = fatal.select("USUBJID").unique()
    ended = fatal.join(dead, on="USUBJID").filter(day_of("AEENDTC") != pl.col("died"))
    years = (facts.people["exit_day"] + 1).sum() / 365.25
    events = pooled(datasets, "AE").join(
        facts.people, left_on="USUBJID", right_on="person", how="semi"
    )
    return {
        "deaths: flag without date, or date without flag": int(flagged.sum()),
        "deaths: without a fatal event, or the reverse": dead.join(
            fatal_persons, on="USUBJID", how="anti"
        ).height
        + fatal_persons.join(dead, on="USUBJID", how="anti").height,
        "deaths: fatal events that end on another day": ended.height,
        "deaths: of those treated with 12 mg": facts.people["death"].count(),
        "adverse events: for each year of follow-up": events.height / years,
    }


def _twins(facts: Facts) -> dict[str, float]:
    """Persons with the same history, since day 0: a copy moved in time keeps its elapsed days."""
    scores = (
        facts.scores.filter(pl.col("day") > 0)
        .group_by("person")
        .agg(n=pl.len(), days=pl.col("day"), scores=pl.col("score"))
    )
    long = scores.filter(pl.col("n") >= SHARED_VISITS)
    infusions = facts.infusions.group_by("person").agg(infused=pl.col("day"))
    whole = long.join(infusions, on="person").select(
        pl.concat_str(
            pl.col(name).cast(pl.List(pl.String)).list.join(" ")
            for name in ("days", "scores", "infused")
        )
    )
    return {
        "twins: same days and scores": whole.height - whole.n_unique(),
        "twins: largest share of visits on the same elapsed day": _likest(facts),
        "twins: same courses and relapses": _same_disease(facts),
    }


def _likest(facts: Facts) -> float:
    """Of all pairs of persons, the largest share of shared visits on the same elapsed day."""
    table = facts.visits.unique(["person", "phase", "month"]).pivot(
        on=["phase", "month"], index="person", values="day"
    )
    days = table.drop("person").to_numpy().astype(float)
    n = len(days)
    same, shared = np.zeros((n, n), np.int16), np.zeros((n, n), np.int16)
    for column in days.T:
        is_there = np.isfinite(column)
        shared += is_there[:, None] & is_there[None, :]
        same += column[:, None] == column[None, :]
    enough = shared >= SHARED_VISITS
    np.fill_diagonal(enough, val=False)
    return float((same[enough] / shared[enough]).max())


def _same_disease(facts: Facts) -> int:
    """Persons with a third course whose course days and relapse days are those of another."""
    courses = facts.courses.group_by("person").agg(n=pl.len(), days=pl.col("day"))
    relapses = facts.relapses.group_by("person").agg(onsets=pl.col("day"))
    told = (
        courses.filter(pl.col("n") >= 3)
        .join(relapses, on="person")
        .select(
            pl.concat_str(
                pl.col(name).cast(pl.List(pl.String)).list.join(" ") for name in ("days", "onsets")
            )
        )
    )
    return told.height - told.n_unique()
