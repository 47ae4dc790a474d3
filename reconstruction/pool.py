"""A pool of candidates: simulated, taken through the transforms, kept as features.

Belongs here: batches, and the models of the patients that they are drawn from. A batch is told
by its number and model, so that the chosen can be drawn again with all their datasets. Where the
natural model lacks a combination that the paper prints, the model is steered, not a record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from orchestration.compute import replay
from reconstruction.features import SOURCES, candidate_features
from reconstruction.narratives import BY_NAME, NARRATIVES, can_bear, narrate
from reconstruction.strata import with_stratum
from simulation import Parameters, simulate_trial
from simulation.raw_tables import as_raw_tables
from simulation.trial import FUNCTIONAL_SYSTEMS
from transforms.rules import Rules, default_horizon_years

CUTOFF = date(2017, 10, 4)
RULES = Rules(CUTOFF, default_horizon_years(CUTOFF))
SEED = 1866
#: Treated patients of a batch.
BATCH_SIZE = 5_000
#: Candidates for one narrative, of one batch.
_BEARERS = 15

Datasets = Mapping[str, Mapping[str, pl.DataFrame]]

NATURAL = Parameters()
#: More diverse courses of disability, later and fewer autoimmune events, more leavers: what the
#: printed spread of EDSS changes, and the onset of autoimmunity after additional courses, ask for.
VARIED = replace(
    NATURAL,
    disability=replace(
        NATURAL.disability,
        gain_mean_sd=(-0.6, 1.1),
        slope_mean_sd=(0.01, 0.28),
        residual_share=0.4,
        residual_mean=0.8,
        noise_sd=0.33,
    ),
    disease=replace(
        NATURAL.disease,
        relapse_failed=1.5,
        failure_later=0.18,
        relapse_quiet=0.09,
        lesion_active=0.9,
        lesion_quiet=0.12,
    ),
    retention=replace(NATURAL.retention, later_dropout=0.034),
    safety=replace(
        NATURAL.safety,
        thyroid_peak_days=1400.0,
        reaction=(0.70, 0.48, 0.42),
        reaction_serious=0.009,
    ),
)
#: Twenty times as many deaths, and more courses: bearers of the narrated deaths.
MORTAL = replace(
    VARIED,
    disease=replace(VARIED.disease, failure_later=0.35, wake=0.3),
    retreatment=replace(VARIED.retreatment, treat_extension=0.75, treat_topaz=0.7),
    retention=replace(VARIED.retention, later_dropout=0.02, death=0.06),
)
MODELS = {"natural": NATURAL, "varied": VARIED, "mortal": MORTAL}


@dataclass(frozen=True)
class Batch:
    """Candidates drawn together.

    Attributes:
        model: key of `MODELS`.
        number: its random streams; no two batches share one.
    """

    model: str
    number: int

    def datasets(self, *, whole: bool = False) -> Datasets:
        """The batch's datasets; without the functional systems, which enter no result, or whole."""
        trial = simulate_trial(
            BATCH_SIZE,
            SEED,
            MODELS[self.model],
            leave_out=() if whole else (FUNCTIONAL_SYSTEMS,),
            batch=self.number,
        )
        return trial.datasets


def batches(sizes: Mapping[str, int]) -> list[Batch]:
    """As many batches of each model as asked for; the first numbers of each stay the same."""
    return [
        Batch(model, 1000 * place + number)
        for place, model in enumerate(MODELS)
        for number in range(sizes[model])
    ]


def candidates_of(batch: Batch) -> pl.DataFrame:
    """Features of a batch's candidates, with `stratum`, `model`, `batch` and `narrative`.

    Of a mortal batch only those who bear a narrated death are candidates; bearers of other
    narratives are looked for in the first varied batches.
    """
    datasets = batch.datasets()
    treated = [
        person
        for tables in datasets.values()
        for person in tables["DM"].filter(pl.col("ACTARMCD") == "ALEM12")["USUBJID"]
    ]
    plain = with_stratum(features_of(datasets, treated))
    is_mortal = batch.model == "mortal"
    parts = []
    if is_mortal or batch in batches({**dict.fromkeys(MODELS, 0), "varied": 4}):
        parts = _bearers(datasets, plain, is_death=is_mortal)
    taken = [person for part in parts for person in part["person_id"]]
    others = plain.filter(~pl.col("person_id").is_in(taken), not is_mortal)
    return pl.concat([*parts, others.with_columns(narrative=pl.lit(None, pl.String))]).with_columns(
        model=pl.lit(batch.model), batch=pl.lit(batch.number, pl.Int32)
    )


def _bearers(datasets: Datasets, plain: pl.DataFrame, *, is_death: bool) -> list[pl.DataFrame]:
    """Features of those who can bear a narrative, with it told; nobody bears two."""
    taken: list[str] = []
    parts = []
    for narrative in NARRATIVES:
        if (narrative.death is not None) != is_death:
            continue
        able = plain.filter(can_bear(narrative), ~pl.col("person_id").is_in(taken))
        # Spread over the batch: it is sorted by study and site.
        step = max(1, able.height // _BEARERS)
        persons = able["person_id"].gather_every(step).head(_BEARERS).to_list()
        taken += persons
        if persons:
            told = tell(datasets, dict.fromkeys(persons, narrative.name))
            parts.append(
                with_stratum(features_of(told, persons))
                .filter(pl.col("stratum") == narrative.group_id)
                .with_columns(stratum=pl.lit(narrative.name), narrative=pl.lit(narrative.name))
            )
    return parts


def tell(datasets: Datasets, bearers: Mapping[str, str]) -> Datasets:
    """Datasets in which each bearer (USUBJID) has the narrative of that name."""
    told = {study: dict(tables) for study, tables in datasets.items()}
    for person, name in bearers.items():
        for study, table in narrate(told, person, BY_NAME[name]).items():
            told[study]["AE"] = table
    return told


def features_of(datasets: Datasets, persons: Sequence[str]) -> pl.DataFrame:
    """Features of some treated persons, by the pipeline's own transforms."""
    raw = {name: table.collect().lazy() for name, table in as_raw_tables(datasets, persons).items()}
    return candidate_features(replay(raw, RULES, again=(), targets=SOURCES, replaced=raw))
