"""In which encoding a text is, where the format does not say.

Belongs here: the order in which encodings are tried, and the line in the log. Does not belong
here: how a format lays its text out.
"""

import logging
from pathlib import Path

_log = logging.getLogger(__name__)

UTF_8 = "UTF-8"
#: Tried in this order; names that Python and iconv both know. Every byte is a character of the
#: last (latin-1), which serves where windows-1252 has a gap.
ENCODINGS = (UTF_8, "windows-1252", "ISO-8859-1")


def encoding_of(text: bytes) -> str:
    """The first of `ENCODINGS` in which the bytes are text."""
    for encoding in ENCODINGS[:-1]:
        try:
            text.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return ENCODINGS[-1]


def log_if_other(path: Path, encoding: str) -> None:
    """Say so in the log if a file is read in another encoding than UTF-8."""
    if encoding != UTF_8:
        _log.warning("%s is not UTF-8; it is read as %s", path.name, encoding)
