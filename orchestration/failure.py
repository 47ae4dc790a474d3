"""How a step says why it stopped, and the one thing that is tried again by itself.

Belongs here: the kinds of failure, in words for a person and for the exit code. A retry never helps
with any of them, only a change does. It helps where storage did not answer for the moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import dagster as dg

#: refused: a transfer in landing. stopped: a gate, or a table that may not be used. busy: another
#: run. settings: the user's rules. defect: of this program, or of what it runs on.
#: The others are not ours to raise: storage, interrupted.
Kind = Literal["refused", "stopped", "busy", "settings", "storage", "interrupted", "defect"]


def failure(kind: Kind, reason: Exception | str) -> dg.Failure:
    """A failure to raise from a step, `from None`: its text is all that the user needs."""
    return dg.Failure(description=str(reason), metadata={"kind": kind}, allow_retries=False)


@contextmanager
def retry_on_storage_error(tries: int = 2, seconds_to_wait: float = 10) -> Iterator[None]:
    """Ask for another try of the step if a file cannot be read or written just now.

    A share that is away comes back; a full disk may be emptied.

    Raises:
        dagster.RetryRequested: on an `OSError`; anything else goes through as it is.
    """
    try:
        yield
    except OSError as error:
        raise dg.RetryRequested(max_retries=tries, seconds_to_wait=seconds_to_wait) from error
