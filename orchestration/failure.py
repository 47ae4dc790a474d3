"""How a step says why it stopped: in words for a person, and as a kind for the exit code.

Belongs here: the kinds. A retry never helps with any of them, only a change does.
"""

from typing import Literal

import dagster as dg

#: refused: a transfer in landing. stopped: a gate, or a table that may not be used. busy: another
#: run. settings: the user's rules. The others are not ours to raise: interrupted, defect.
Kind = Literal["refused", "stopped", "busy", "settings", "interrupted", "defect"]


def failure(kind: Kind, reason: Exception | str) -> dg.Failure:
    """A failure to raise from a step, `from None`: its text is all that the user needs."""
    return dg.Failure(description=str(reason), metadata={"kind": kind}, allow_retries=False)
