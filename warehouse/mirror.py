"""Landing on an object store: a local folder that follows it.

Belongs here: copying what is new or changed, whole or not at all, and saying in words why a
store cannot be read. Does not belong here: what a transfer is, or whether it is whole
(`warehouse.intake`); the mirror knows objects and files only.

The store is read by `obstore`. It takes credentials, endpoint and region from the environment
(`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`,
`AWS_ALLOW_HTTP`, and their like for other stores); none of them is a setting of the lake.

    <folder>/.mirror/index.json   what was copied, and of which version of the object
    <folder>/.mirror/partial      the object that is being copied
    <folder>/.mirror/lock         held while a mirror is at work
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    PreconditionError,
)
from obstore.store import ObjectStore, from_url

from warehouse.files import atomic_write, to_json
from warehouse.lake import lock
from warehouse.manifest import MANIFEST_NAME

SCHEMES = ("s3", "gs", "az", "file")
#: Bytes of one request: small enough to end within the store's time limit of 30 seconds.
_PIECE = 8 * 1024 * 1024
#: A sensor waits for a tick at most a minute; the library's own patience is three.
_RETRIES = {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}

_CREDENTIALS = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or those of your store) in the environment "
    "of the daemon, or have the store's owner allow this key to list and read"
)


class MirrorError(RuntimeError):
    """The store cannot be mirrored until somebody changes a setting, a right or an object."""


class MirrorUnavailable(RuntimeError):
    """The store does not answer just now; what was copied stays, a later try goes on."""


@dataclass(frozen=True)
class MirrorReport:
    """What one mirroring did.

    Attributes:
        fetched: keys of the objects that were copied, in the order of copying.
        removed: keys of the files that went because their object is gone.
        n_unchanged: objects that were here already.
        n_remaining: new or changed objects that are still to be copied.
        bytes_remaining: their bytes, less what is here of a half-copied one.
    """

    fetched: tuple[str, ...]
    removed: tuple[str, ...]
    n_unchanged: int
    n_remaining: int
    bytes_remaining: int

    @property
    def is_complete(self) -> bool:
        """Whether the folder holds all that the store held when it was listed."""
        return self.n_remaining == 0

    def describe(self) -> str:
        """The report in one sentence."""
        text = (
            f"{len(self.fetched):,} objects copied, {len(self.removed):,} removed, "
            f"{self.n_unchanged:,} as before"
        )
        if self.is_complete:
            return text
        return f"{text}; {self.n_remaining:,} remain ({self.bytes_remaining:,} bytes)"


#: What came of copying an object: it was gone or another by then, or the time was over.
_Outcome = Literal["copied", "gone", "changed", "late"]


@dataclass(frozen=True)
class _Object:
    """One version of an object, `tag` being its ETag: equal ones have equal bytes."""

    size: int
    tag: str


@dataclass
class _Index:
    """What is here: of each key the object's version, and the file as it was left.

    `partial` is the object of which `partial_bytes` lie in the partial file.
    """

    objects: dict[str, _Object] = field(default_factory=dict)
    mtime_ns: dict[str, int] = field(default_factory=dict)
    partial_key: str | None = None
    partial: _Object | None = None
    partial_bytes: int = 0


def mirror(url: str, folder: Path, *, seconds: float | None = None) -> MirrorReport:
    """Make a folder follow an object store.

    New and changed objects are copied, each under its name only when it is whole; a transfer's
    `manifest.json` comes after its other files. A file whose object is gone is removed. Files
    that are no object are left alone, and so are hidden names on both sides.

    Args:
        url: `s3://bucket/prefix`, or another of `SCHEMES`; the objects below it are named as
            the files in the folder (`<STUDYID>/<transfer date>/<file>`).
        folder: the landing folder.
        seconds: time after which to stop and say what remains; None = copy all. A little is
            copied at every call, so that repeated calls come to an end.

    Returns:
        What was done, and what remains.

    Raises:
        MirrorError: the address, the rights, or the store's content do not allow it.
        MirrorUnavailable: the store does not answer; try again later.
        LakeBusy: another process mirrors into this folder.
    """
    end = None if seconds is None else time.monotonic() + seconds
    store = _open(url)
    with lock(folder / ".mirror" / "lock", "The mirror of landing"), _in_words(url):
        listed = _list(store)
        here = _read_index(folder)
        if here.objects and not listed:
            message = (
                f"{url} holds no object, but {len(here.objects):,} were copied from it before; "
                "landing is left as it is. Correct the address under [landing] in settings.toml "
                f"or the rights of the key; if the store was emptied on purpose, empty {folder} too"
            )
            raise MirrorError(message)
        removed = _remove_gone(folder, here, listed)
        wanted = [key for key in _in_order(listed) if not _is_here(folder, here, key, listed[key])]
        outcomes: dict[str, _Outcome] = {}
        for key in wanted:
            outcomes[key] = _copy(store, folder, here, key, listed[key], end)
            if _is_over(end):
                break
    remaining = [key for key in wanted if outcomes.get(key) not in ("copied", "gone")]
    return MirrorReport(
        fetched=tuple(key for key in wanted if outcomes.get(key) == "copied"),
        removed=removed,
        n_unchanged=len(listed) - len(wanted),
        n_remaining=len(remaining),
        bytes_remaining=sum(listed[key].size for key in remaining)
        - (here.partial_bytes if here.partial_key in remaining else 0),
    )


def _open(url: str) -> ObjectStore:
    if urlsplit(url).scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        message = (
            f"{url!r} is no address of an object store that can be mirrored; it must begin with "
            f"one of {known}, e.g. s3://bucket/landing"
        )
        raise MirrorError(message)
    try:
        return from_url(url, retry_config=_RETRIES)  # type: ignore[call-overload]
    except (BaseError, ValueError) as error:
        if "canonicalize" in str(error):
            raise _explained(url, error) from None
        message = f"{url!r} cannot be opened: {_first_line(error)}. Write it as s3://bucket/prefix"
        raise MirrorError(message) from None


def _list(store: ObjectStore) -> dict[str, _Object]:
    """Objects by key; without hidden ones, and without the markers that consoles make of folders.

    A marker is empty and has no suffix, or other objects lie below its name.
    """
    listed = {}
    folders: set[str] = set()
    for meta in store.list().collect():
        path = PurePosixPath(meta["path"])
        folders.update(map(str, path.parents))
        is_marker = meta["size"] == 0 and not path.suffix
        if not is_marker and not any(part.startswith(".") for part in path.parts):
            listed[str(path)] = _Object(meta["size"], str(meta["e_tag"]))
    return {key: version for key, version in listed.items() if key not in folders}


def _in_order(keys: Mapping[str, _Object]) -> list[str]:
    """Folder by folder, each manifest last: where it is, the files that it names are too."""

    def rank(key: str) -> tuple[str, bool, str]:
        path = PurePosixPath(key)
        return str(path.parent), path.name == MANIFEST_NAME, path.name

    return sorted(keys, key=rank)


def _is_here(folder: Path, here: _Index, key: str, version: _Object) -> bool:
    if here.objects.get(key) != version:
        return False
    try:
        facts = (folder / key).stat()
    except OSError:
        return False
    # A file that was changed by hand is not what the object is.
    return (facts.st_size, facts.st_mtime_ns) == (version.size, here.mtime_ns[key])


def _remove_gone(folder: Path, here: _Index, listed: Mapping[str, _Object]) -> tuple[str, ...]:
    gone = tuple(sorted(set(here.objects) - set(listed)))
    for key in gone:
        path = folder / key
        path.unlink(missing_ok=True)
        for parent in PurePosixPath(key).parents[:-1]:
            if (folder / parent).is_dir() and not any((folder / parent).iterdir()):
                (folder / parent).rmdir()
        del here.objects[key], here.mtime_ns[key]
    if gone:
        _write_index(folder, here)
    return gone


def _copy(
    store: ObjectStore, folder: Path, here: _Index, key: str, version: _Object, end: float | None
) -> _Outcome:
    """Copy one object, from where an earlier call stopped; note it in the index."""
    partial = folder / ".mirror" / "partial"
    is_begun = (here.partial_key, here.partial) == (key, version) and partial.is_file()
    done = here.partial_bytes if is_begun else 0
    with partial.open("r+b" if is_begun else "wb") as file:
        # Bytes that a killed call wrote after its last note may not have reached the disk.
        file.truncate(done)
        file.seek(done)
        while done < version.size:
            try:
                piece = _piece(store, key, version, done)
            except FileNotFoundError:
                return "gone"
            except PreconditionError:
                return "changed"
            done += file.write(piece)
            if done < version.size and _is_over(end):
                file.flush()
                os.fsync(file.fileno())
                here.partial_key, here.partial, here.partial_bytes = key, version, done
                _write_index(folder, here)
                return "late"
        file.flush()
        os.fsync(file.fileno())
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(path)
    here.objects[key] = version
    here.mtime_ns[key] = path.stat().st_mtime_ns
    here.partial_key, here.partial, here.partial_bytes = None, None, 0
    _write_index(folder, here)
    return "copied"


def _piece(store: ObjectStore, key: str, version: _Object, start: int) -> bytes:
    end = min(start + _PIECE, version.size)
    result = store.get(key, options={"range": (start, end), "if_match": version.tag})
    piece = bytes(result.bytes())
    if len(piece) != end - start:
        message = f"{key}: {end - start:,} bytes were asked for, {len(piece):,} came"
        raise MirrorUnavailable(message)
    return piece


def _is_over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


def _read_index(folder: Path) -> _Index:
    """What was noted; nothing if the index is missing or damaged: all is then copied again."""
    try:
        noted = json.loads((folder / ".mirror" / "index.json").read_text(encoding="utf-8"))
        partial = noted["partial"]
        return _Index(
            objects={key: _Object(**version) for key, version in noted["objects"].items()},
            mtime_ns=noted["mtime_ns"],
            partial_key=noted["partial_key"],
            partial=None if partial is None else _Object(**partial),
            partial_bytes=noted["partial_bytes"],
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return _Index()


def _write_index(folder: Path, here: _Index) -> None:
    atomic_write(folder / ".mirror" / "index.json", to_json(asdict(here)))


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    """Say what the store answered, and what to do; tell what may pass by itself from the rest."""
    try:
        yield
    except InvalidPathError as error:
        message = (
            f"{url} has an object whose name is no path ({_first_line(error)}), and cannot be "
            "listed with it. Rename it in the store, or remove it"
        )
        raise MirrorError(message) from None
    except (BaseError, FileNotFoundError) as error:
        raise _explained(url, error) from None


def _explained(url: str, error: Exception) -> MirrorError | MirrorUnavailable:
    # The library has errors of its own for objects, but one for all that goes wrong in a listing.
    text = str(error)
    said = _first_line(error)
    if "NoSuchBucket" in text or "NoSuchContainer" in text or "canonicalize" in text:
        return MirrorError(
            f"{url}: there is no such bucket or folder ({said}). Correct the address under "
            "[landing] in settings.toml, or have the store's owner make it"
        )
    if "169.254.169.254" in text or "metadata.google" in text:
        return MirrorError(f"{url}: no credentials were found ({said}). {_CREDENTIALS}")
    if "status code: 401" in text or "status code: 403" in text:
        return MirrorError(f"{url}: access denied ({said}). {_CREDENTIALS}")
    if "builder error" in text:
        return MirrorError(
            f"{url}: the endpoint speaks plain http ({said}). If that is meant, set "
            "AWS_ALLOW_HTTP=true in the environment; else correct AWS_ENDPOINT_URL"
        )
    if "status code: 4" in text or "redirect" in text:
        return MirrorError(
            f"{url}: the store refuses the request ({said}). Check the address, AWS_REGION and "
            "AWS_ENDPOINT_URL"
        )
    return MirrorUnavailable(
        f"{url}: the store does not answer ({said}). What was copied stays; it is tried again"
    )


def _first_line(error: Exception) -> str:
    """What the library says, without its debug text and the store's XML."""
    return str(error).partition("\n")[0].partition(": <?xml")[0].strip()
