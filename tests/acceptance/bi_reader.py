"""A user's BI tool: asks for the published results over and over, and writes down the answers.

`python reader.py <published/current> <answers.jsonl>` until it is ended. Each answer is one
connection to the database that the pointer shows at that moment: the releases and cuts that
stand in `results.result`, its number of rows, a digest of all values, and the same of the Parquet
file beside it. Whatever goes wrong is an answer too (`error`).
"""

import json
import sys
import time
from pathlib import Path

import duckdb

#: The digest hangs on every key, value and text, not on the order of rows.
_DIGEST = (
    "SELECT list(DISTINCT release_id), list(DISTINCT data_cut::VARCHAR), count(*), "
    "bit_xor(hash(result_id, value, value_text, n_total))::VARCHAR FROM {table}"
)
_PAUSE_SECONDS = 0.5


def ask(results: Path) -> dict[str, object]:
    """One answer of a release's results folder.

    Raises:
        duckdb.Error: the database or the Parquet file cannot be read.
    """
    with duckdb.connect(results / "topaz.duckdb", read_only=True) as connection:
        releases, cuts, rows, digest = connection.execute(
            _DIGEST.format(table="results.result")
        ).fetchone()
        file = results / "results" / "result.parquet"
        beside = connection.execute(
            f"SELECT count(*), bit_xor(hash(result_id, value, value_text, n_total))::VARCHAR "
            f"FROM read_parquet('{file}')"
        ).fetchone()
    return {
        "releases": releases,
        "cuts": cuts,
        "rows": rows,
        "digest": digest,
        "is_same_in_parquet": beside == (rows, digest),
    }


def main(current: Path, answers: Path) -> None:
    """Ask until ended."""
    with answers.open("a", encoding="utf-8") as file:
        while True:
            if current.is_symlink():
                try:
                    # Resolved once, as the page on results says: an answer is of one release.
                    answer = ask(current.resolve())
                except (duckdb.Error, OSError) as error:
                    answer = {"error": f"{type(error).__name__}: {error}"}
                file.write(json.dumps({"at": time.time(), **answer}) + "\n")
                file.flush()
            time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
