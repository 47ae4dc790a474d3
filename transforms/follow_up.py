"""core.follow_up: from when to when each person was observed, and whether retained.

Does not belong here: windows inside that time (`transforms.patient_course_window`).
"""

from datetime import timedelta

import polars as pl

from transforms.contact import select_contacts
from transforms.dates import elapsed_days
from transforms.person_rows import join_persons, runs_of
from transforms.protocol import PROTOCOL
from transforms.retention import is_on_study_through_horizon, select_departures
from transforms.rules import Rules
from warehouse.contracts import CORE
from warehouse.contracts.core import CONTACT_RULE, EARLIEST_RULE


def derive_follow_up(
    sv: pl.LazyFrame,
    qs: pl.LazyFrame,
    nv: pl.LazyFrame,
    ex: pl.LazyFrame,
    ds: pl.LazyFrame,
    patient: pl.LazyFrame,
    course: pl.LazyFrame,
    adverse_event: pl.LazyFrame,
    *,
    rules: Rules,
) -> pl.LazyFrame:
    """One row per person with a day 0 (T-06, T-08, W-05, E-16).

    Ends are exclusive: the first day that is no longer observed. A death with a partial
    date stands at its earliest possible day, but not before the last contact. A death within
    `rules.death_contact_days` of the last contact is a contact itself. Efficacy ends at
    the first of last contact + 1, death + 1, cut-off + 1, horizon end and the day of Course
    6; safety person-time ends the day after the latest of last contact, death and last
    adverse-event onset, all before the bound (horizon end or cut-off + 1).

    Args:
        sv: raw visits.
        qs: raw questionnaires.
        nv: raw nervous system findings.
        ex: raw exposure.
        ds: raw disposition.
        patient: `core.patient`.
        course: `core.course`.
        adverse_event: `core.adverse_event`.
        rules: the cut and the codes.

    Returns:
        `core.follow_up`.
    """
    day0 = pl.col("day0_date")
    persons = patient.filter(day0.is_not_null()).with_columns(
        horizon_end_day=pl.lit(rules.horizon_end_day),
        after_cutoff_day=elapsed_days(pl.lit(rules.cutoff + timedelta(days=1)), day0),
    )
    bounds = persons.select(
        "person_id", bound_day=pl.min_horizontal("horizon_end_day", "after_cutoff_day")
    )
    # Contacts cost most: they are joined once, into the one row of each person.
    spans = (
        persons.join(
            select_contacts(sv, qs, nv, ex, ds, persons, rules=rules), on="person_id", how="left"
        )
        .join(_course_6(course), on="person_id", how="left")
        .join(bounds, on="person_id", how="left")
        .join(_last_onset(adverse_event, bounds), on="person_id", how="left")
        .join(select_departures(ds, persons, rules=rules), on="person_id", how="left")
        .with_columns(death_date=_placed_death(), death_imputation=_death_imputation())
        .with_columns(
            death_day=elapsed_days(pl.col("death_date"), day0),
            last_contact_date=_with_death(rules),
        )
        .with_columns(last_contact_day=elapsed_days(pl.col("last_contact_date"), day0), **_gaps())
        .with_columns(efficacy_end_day=pl.min_horizontal(*_efficacy_ends().values()))
        .with_columns(
            efficacy_end_reason=_end_reason(),
            safety_end_day=_safety_end(),
            is_on_study_through_horizon=is_on_study_through_horizon(rules),
        )
    )
    return CORE["follow_up"].conform(spans)


def _course_6(course: pl.LazyFrame) -> pl.LazyFrame:
    return course.filter(pl.col("course_number") == PROTOCOL.censoring_course).select(
        "person_id", course_6_day=pl.col("course_day")
    )


def _placed_death() -> pl.Expr:
    """Day of death: its earliest possible day, but not before the last contact (T-06).

    No contact lies after the latest possible day (`select_contacts`), so a complete date stays.
    """
    death = pl.col("death_date")
    return pl.when(death.is_not_null()).then(pl.max_horizontal(death, "last_visit_date"))


def _death_imputation() -> pl.Expr:
    """Which rule of T-06 placed a partial death; null if it had a day, or nobody died."""
    is_after_contact = (pl.col("last_visit_date") > pl.col("death_date")).fill_null(False)
    return pl.when("is_death_date_partial").then(
        pl.when(is_after_contact).then(pl.lit(CONTACT_RULE)).otherwise(pl.lit(EARLIEST_RULE))
    )


def _with_death(rules: Rules) -> pl.Expr:
    """Last contact; the death itself if close enough to it (T-06)."""
    contact, death = pl.col("last_visit_date"), pl.col("death_date")
    is_contact = elapsed_days(death, contact) <= rules.death_contact_days
    return pl.when(is_contact).then(pl.max_horizontal(contact, death)).otherwise(contact)


def _gaps() -> dict[str, pl.Expr]:
    """Days between two studies without a contact, half-open, and their number (W-05).

    A gap runs from the day after the last contact in the earlier studies to the entry into
    the next one; before TOPAZ not from earlier than the entry into the extension, so that no
    day is in both gaps.
    """
    one_day = timedelta(days=1)
    starts = {
        "extension": pl.col("last_visit_before_extension_date") + one_day,
        "topaz": pl.max_horizontal(
            pl.col("last_visit_before_topaz_date") + one_day, "extension_entry_date"
        ),
    }
    gaps = {}
    for study, start in starts.items():
        entry = pl.col(f"{study}_entry_date")
        is_gap = start < entry
        gaps[f"{study}_gap_start_day"] = pl.when(is_gap).then(
            elapsed_days(start, pl.col("day0_date"))
        )
        gaps[f"{study}_gap_end_day"] = pl.when(is_gap).then(
            elapsed_days(entry, pl.col("day0_date"))
        )
    lengths = [
        (gaps[f"{study}_gap_end_day"] - gaps[f"{study}_gap_start_day"]).fill_null(0)
        for study in ("extension", "topaz")
    ]
    return {**gaps, "gap_days": pl.sum_horizontal(lengths)}


def _efficacy_ends() -> dict[str, pl.Expr]:
    """Candidates for the end of efficacy follow-up; of equal ones the first named stands."""
    return {
        "death": pl.col("death_day") + 1,
        "course 6": pl.col("course_6_day"),
        "horizon": pl.col("horizon_end_day"),
        "cut-off": pl.col("after_cutoff_day"),
        "last contact": pl.col("last_contact_day") + 1,
    }


def _end_reason() -> pl.Expr:
    return pl.coalesce(
        pl.when(end == pl.col("efficacy_end_day")).then(pl.lit(reason))
        for reason, end in _efficacy_ends().items()
    )


def _last_onset(adverse_event: pl.LazyFrame, bounds: pl.LazyFrame) -> pl.LazyFrame:
    """Last adverse event that counts: on study, with onset before the person's bound (T-08)."""
    onsets = adverse_event.filter("is_on_study").select("person_id", "onset_day")
    return (
        join_persons(onsets, bounds)
        .filter(pl.col("onset_day") < pl.col("bound_day"))
        .with_columns(run=runs_of("person_id"))
        .group_by("run")
        .agg(pl.col("person_id").first(), last_onset_day=pl.col("onset_day").max())
        .group_by("person_id")
        .agg(pl.col("last_onset_day").max())
    )


def _safety_end() -> pl.Expr:
    bound, death = pl.col("bound_day"), pl.col("death_day")
    last_day = pl.max_horizontal(
        "last_contact_day", pl.when(death < bound).then(death), "last_onset_day"
    )
    return pl.min_horizontal(last_day + 1, bound)
