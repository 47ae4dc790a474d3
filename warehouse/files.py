"""Files as bytes: written whole or not at all, hashed, and JSON that is equal for equal values."""

import hashlib
import json
import os
import shutil
from pathlib import Path


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    What a killed process leaves has one name, and the next writer replaces it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def link(source: Path, target: Path) -> None:
    """Hard link where the file system can, else a copy: files of the lake are only replaced."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def to_json(value: object) -> bytes:
    """JSON with sorted keys, so that equal values are equal bytes."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
