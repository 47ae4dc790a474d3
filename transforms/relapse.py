"""core.relapse: protocol-defined, confirmed relapses, each once (E-01)."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from transforms.dates import (
    complete_date,
    earliest_date,
    elapsed_days,
    latest_date,
    middle_date,
    middle_rule,
)
from transforms.identity import study_rank, with_person_id
from transforms.person_rows import (
    index_persons,
    join_persons,
    runs_of,
    sort_by_person_and_day,
)
from transforms.qualifier import select_qualifier
from transforms.rules import Rules
from warehouse.contracts import CORE


def derive_relapse(
    ce: pl.LazyFrame, suppce: pl.LazyFrame, patient: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """One row per confirmed relapse with onset on or before the cut-off, after merging (E-01).

    An onset at most `rules.relapse_merge_days` after the previous KEPT onset is the same
    relapse, in whichever study it was told; a relapse before day 0 absorbs none on or after
    it. A partial onset stands on the 15th or on 1 July, flagged; without a year it cannot be
    placed and is left out. The kept record tells study, severity, and the onset as reported, with
    the days that it may mean.

    Args:
        ce: raw clinical events.
        suppce: raw supplemental qualifiers of CE (confirmation).
        patient: `core.patient`.
        rules: the cut.

    Returns:
        `core.relapse`.
    """
    told = (
        select_confirmed_relapses(ce, suppce, rules=rules)
        .filter(pl.col("onset_date") <= rules.cutoff)
        .select(
            "person_id",
            "studyid",
            "onset_date",
            "onset_imputation",
            "is_onset_imputed",
            "cestdtc",
            "cesev",
            "ceseq",
            study_rank=study_rank(pl.col("studyid"), rules.codes),
        )
    )
    persons_told = join_persons(told, index_persons(patient, "day0_date"))
    is_after_day0 = (pl.col("onset_date") >= pl.col("day0_date")).fill_null(False)
    relapses = (
        sort_by_person_and_day(
            persons_told, "onset_date", "is_onset_imputed", "study_rank", "studyid", "ceseq"
        )
        .with_columns(is_after_day0=is_after_day0)
        .with_columns(
            run=flag_chain_heads(
                runs_of("person_index", "is_after_day0"),
                pl.col("onset_date"),
                rules.relapse_merge_days,
            ).cum_sum()
        )
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("person_id", "person_index", "day0_date").first(),
            pl.col("onset_date", "onset_imputation", "is_onset_imputed").first(),
            study_id=pl.col("studyid").first(),
            onset_text=pl.col("cestdtc").first(),
            severity=pl.col("cesev").first(),
            n_records=pl.len(),
        )
        .with_columns(
            relapse_number=pl.int_range(1, pl.len() + 1).over("person_index"),
            onset_day=elapsed_days(pl.col("onset_date"), pl.col("day0_date")),
            onset_earliest_date=earliest_date(pl.col("onset_text")),
            onset_latest_date=latest_date(pl.col("onset_text")),
        )
    )
    return CORE["relapse"].conform(relapses, is_sorted=True)


def select_confirmed_relapses(
    ce: pl.LazyFrame, suppce: pl.LazyFrame, *, rules: Rules
) -> pl.LazyFrame:
    """Rows of CE that are confirmed relapses, with `person_id` and where their onset is placed.

    Added are `onset_date`, `onset_imputation` (`middle_rule`) and `is_onset_imputed`; without a
    year the first two are null. No CONFFL record = not confirmed (landing contract).
    """
    confirmed = select_qualifier(
        suppce, sequence="ceseq", qualifier=rules.codes.confirmed_relapse_qualifier
    ).filter(pl.col("qval") == "Y")
    onset = pl.col("cestdtc")
    return with_person_id(
        ce.filter(
            pl.col("cecat") == rules.codes.relapse_category,
            pl.col("ceoccur").ne_missing("N"),
        ).join(confirmed, on=["studyid", "usubjid", "ceseq"], how="semi")
    ).with_columns(
        onset_date=middle_date(onset),
        onset_imputation=middle_rule(onset),
        is_onset_imputed=complete_date(onset).is_null(),
    )


def flag_chain_heads(chain: pl.Expr, day: pl.Expr, merge_days: int) -> pl.Expr:
    """Whether a day is kept when each kept day absorbs the `merge_days` after it.

    A greedy chain: days 0, 20, 40 keep 0 and 40, since 20 is absorbed by 0 and absorbs none.
    Run lengths of gaps would keep only 0.

    Args:
        chain: number of the chain, ascending, over the whole column.
        day: Date, ascending inside a chain.
        merge_days: days after a kept day that it absorbs, inclusive.

    Returns:
        Boolean expression; the first day of every chain is kept.
    """

    def heads(columns: Sequence[pl.Series]) -> pl.Series:
        # One ascending axis for all chains, each further from the next than any merge reaches.
        chains = columns[0].to_numpy().astype(np.int64)
        days = columns[1].to_physical().to_numpy().astype(np.int64)
        if not days.size:
            return pl.Series([], dtype=pl.Boolean)
        spacing = np.ptp(days) + merge_days + 1
        axis = chains * spacing + (days - np.min(days))
        next_kept = np.searchsorted(axis, axis + merge_days, side="right")
        kept = np.diff(chains, prepend=chains[0] - 1) != 0
        # All chains advance by one kept day a round: as many rounds as the longest has kept days.
        front = np.flatnonzero(kept)
        while front.size:
            front = next_kept[front]
            front = front[front < axis.size]
            front = front[~kept[front]]
            kept[front] = True
        return pl.Series(kept)

    return pl.map_batches([chain, day], heads, return_dtype=pl.Boolean)
