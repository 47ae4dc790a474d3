"""From the chosen candidates to the datasets of one trial.

Belongs here: drawing their batches again with all datasets, telling the narratives, adding the
arms that enter no printed number, and new subject numbers, as if all had been enrolled in one
trial. Does not belong here: who is chosen, and how datasets are kept (`simulation.histories`).
"""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from reconstruction.pool import SEED, Batch, Datasets, tell
from simulation import simulate_trial
from simulation.codes import STUDIES

#: Batch of which the other arms are taken; no batch of the pool has this number.
_OTHER_ARMS = 9_999
_TREATED = "ALEM12"

Tables = dict[str, dict[str, pl.DataFrame]]


def assemble_trial(chosen: pl.DataFrame) -> Tables:
    """Datasets of the chosen and of all other arms, by study and name.

    Args:
        chosen: `model`, `batch`, `person_id` and `narrative` (null for most) of each.
    """
    parts: list[Tables] = []
    for (model, number), people in chosen.sort("model", "batch").group_by(
        "model", "batch", maintain_order=True
    ):
        told = people.filter(pl.col("narrative").is_not_null())
        bearers = dict(zip(told["person_id"], told["narrative"], strict=True))
        datasets = tell(Batch(str(model), int(number)).datasets(whole=True), bearers)
        parts.append(_only(datasets, people["person_id"], prefix=f"{number}/"))
    parts.append(_other_arms(chosen.height))
    return _with_new_subjects(
        {
            study: {
                name: pl.concat([part[study][name] for part in parts]) for name in parts[0][study]
            }
            for study in STUDIES
        }
    )


def _only(datasets: Datasets, persons: pl.Series, *, prefix: str) -> Tables:
    """Rows of some persons; the prefix keeps apart who bears the same USUBJID in two batches."""
    return {
        study: {
            name: table.filter(pl.col("USUBJID").is_in(persons.implode())).with_columns(
                USUBJID=prefix + pl.col("USUBJID")
            )
            for name, table in tables.items()
        }
        for study, tables in datasets.items()
    }


def _other_arms(n_patients: int) -> Tables:
    """Everybody who comes along with `n_patients` treated ones, drawn as natural."""
    datasets = simulate_trial(n_patients, SEED, batch=_OTHER_ARMS).datasets
    others = pl.concat([*_core_demographics(datasets)])
    others = others.filter(pl.col("ACTARMCD") != _TREATED)
    return _only(datasets, others["USUBJID"], prefix=f"{_OTHER_ARMS}/")


def _core_demographics(
    datasets: Mapping[str, Mapping[str, pl.DataFrame]],
) -> Iterator[pl.DataFrame]:
    for study in STUDIES[:2]:
        yield datasets[study]["DM"]


def _with_new_subjects(datasets: Tables) -> Tables:
    """Subject numbers of one trial; tables sorted by USUBJID, records as they were."""
    persons = pl.concat([*_core_demographics(datasets)]).select("STUDYID", "SITEID", "USUBJID")
    persons = persons.sort("STUDYID", "SITEID", "USUBJID")
    numbers = np.random.default_rng(SEED).permutation(persons.height) + 1
    subject = pl.Series(numbers).cast(pl.String).str.zfill(4)
    names = persons.with_columns(subject=subject).select(
        old="USUBJID",
        subject="subject",
        new=pl.concat_str("STUDYID", "SITEID", "subject", separator="-"),
    )
    new, subjects = (
        dict(zip(names["old"], names[name], strict=True)) for name in ("new", "subject")
    )
    renamed: Tables = {}
    for study, tables in datasets.items():
        renamed[study] = {}
        for name, table in tables.items():
            changes = {"USUBJID": pl.col("USUBJID").replace_strict(new)}
            if name == "DM":
                changes["SUBJID"] = pl.col("USUBJID").replace_strict(subjects)
            renamed[study][name] = table.with_columns(**changes).sort(
                "USUBJID", maintain_order=True
            )
    return renamed
