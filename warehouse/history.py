"""Result rows of earlier releases, kept in each release, so that none is lost with its folder.

Belongs here: putting the history of a release together. Does not belong here: removing releases
(`warehouse.retention`), which asks here what a release knows.

A release's history has the releases of its own cut-off date and of older ones that were there
when it was made, and what their histories had: `results/history/result.parquet` and
`release.parquet`. Never mixed into `results.result`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from warehouse.contracts.release import HISTORY_RELEASE, HISTORY_RESULT
from warehouse.releases import Release


@dataclass(frozen=True)
class History:
    """What is known of earlier releases: `history.release` and `history.result`."""

    releases: pl.DataFrame
    results: pl.DataFrame


def history_of(earlier: Sequence[Release]) -> History:
    """The history of a release that comes after these.

    Args:
        earlier: the releases that lie there, of the same cut or older ones, in any order.
    """
    # Of a damaged one the rows stand in other histories, if anywhere.
    whole = [release for release in earlier if release.is_whole("results.result")]
    own = [_release_row(release) for release in whole]
    releases = [pl.DataFrame(own, schema=HISTORY_RELEASE.schema, orient="row")]
    results = [_own_results(release) for release in whole]
    # A release stands in several histories; each time it is the same rows.
    seen = {release.release_id for release in whole}
    for release in earlier:
        if not _is_history_whole(release):
            continue
        kept = _kept(release, "release", HISTORY_RELEASE.schema)
        unseen = [name for name in kept["release_id"] if name not in seen]
        if not unseen:
            continue
        is_unseen = pl.col("release_id").is_in(unseen)
        releases.append(kept.filter(is_unseen))
        results.append(_kept(release, "result", HISTORY_RESULT.schema).filter(is_unseen))
        seen.update(unseen)
    empty = pl.DataFrame(schema=HISTORY_RESULT.schema)
    # A release of an older version may lack a column of today, or have one more.
    rows = pl.concat([empty, *results], how="diagonal_relaxed").select(empty.columns)
    return History(
        releases=HISTORY_RELEASE.conform(pl.concat(releases).lazy()).collect(),
        results=HISTORY_RESULT.conform(rows.lazy()).collect(),
    )


def known_to(release: Release) -> set[str]:
    """Names of the releases whose result rows stand in a release's history."""
    if not _is_history_whole(release):
        return set()
    return set(_kept(release, "release", HISTORY_RELEASE.schema)["release_id"])


def _is_history_whole(release: Release) -> bool:
    return all(release.is_whole(table.sql_name) for table in (HISTORY_RELEASE, HISTORY_RESULT))


def _kept(release: Release, name: str, schema: pl.Schema) -> pl.DataFrame:
    frame = release.scan(f"history.{name}")
    if frame is None:
        return pl.DataFrame(schema=schema)
    empty = pl.LazyFrame(schema=schema)
    return pl.concat([empty, frame], how="diagonal_relaxed").select(schema.names()).collect()


def _own_results(release: Release) -> pl.DataFrame:
    frame = release.scan("results.result")
    if frame is None:
        return pl.DataFrame(schema=HISTORY_RESULT.schema)
    return frame.with_columns(release_id=pl.lit(release.release_id)).collect()


def _release_row(release: Release) -> dict[str, object]:
    manifest = release.manifest
    return {
        "release_id": release.release_id,
        "data_cut": release.data_cut,
        "base_release_id": manifest.get("base_release_id"),
        "n_rows": manifest["tables"]["results.result"]["rows"],
        "code": manifest.get("code", {}).get("fingerprint"),
        "parameters": json.dumps(manifest["parameters"], sort_keys=True),
    }
