"""The mirror of an object store, against a real S3 server on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from moto.server import ThreadedMotoServer

from warehouse import mirror as module
from warehouse.lake import LakeBusy, lock
from warehouse.mirror import MirrorError, MirrorUnavailable, mirror

URL = "s3://topaz/landing"
FOLDER = "LPS13649/2017-10-20"


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(server, monkeypatch):
    """The environment that a daemon has; a test's own bucket is made and emptied."""
    settings = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


class Bucket:
    """The sender's side."""

    def __init__(self, endpoint: str) -> None:
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")

    def put(self, name: str, body: bytes = b"rows") -> None:
        self.client.put_object(Bucket="topaz", Key=f"landing/{name}", Body=body)

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket="topaz", Key=f"landing/{name}")


@pytest.fixture
def bucket(server, aws):
    bucket = Bucket(server)
    bucket.client.create_bucket(Bucket="topaz")
    yield bucket
    for item in bucket.client.list_objects_v2(Bucket="topaz").get("Contents", []):
        bucket.client.delete_object(Bucket="topaz", Key=item["Key"])
    bucket.client.delete_bucket(Bucket="topaz")


def files(folder: Path) -> dict[str, bytes]:
    """Everything that intake would see."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    return {name: body for name, body in names.items() if not name.startswith(".mirror/")}


def test_objects_become_files_under_their_names(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt", b"dm")
    bucket.put(f"{FOLDER}/odd name %é.csv", b"odd")
    bucket.put("crosswalk.csv", b"")
    report = mirror(URL, tmp_path)
    assert files(tmp_path) == {
        f"{FOLDER}/dm.xpt": b"dm",
        f"{FOLDER}/odd name %é.csv": b"odd",
        "crosswalk.csv": b"",
    }
    assert report.is_complete
    assert report.describe() == "3 objects copied, 0 removed, 0 as before"


def test_a_manifest_comes_after_the_files_that_it_names(bucket, tmp_path):
    for name in ("manifest.json", "dm.xpt", "zz.xpt"):
        bucket.put(f"{FOLDER}/{name}")
        bucket.put(f"CAMMS323/2010-01-01/{name}")
    report = mirror(URL, tmp_path)
    assert [key.split("/")[-1] for key in report.fetched] == [
        *("dm.xpt", "zz.xpt", "manifest.json"),
        *("dm.xpt", "zz.xpt", "manifest.json"),
    ]


def test_only_what_is_new_or_changed_is_copied(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt", b"old")
    bucket.put(f"{FOLDER}/ex.xpt", b"same")
    mirror(URL, tmp_path)
    untouched = (tmp_path / FOLDER / "ex.xpt").stat().st_mtime_ns
    bucket.put(f"{FOLDER}/dm.xpt", b"new")  # as many bytes as before
    bucket.put(f"{FOLDER}/ae.xpt", b"more")
    report = mirror(URL, tmp_path)
    assert set(report.fetched) == {f"{FOLDER}/dm.xpt", f"{FOLDER}/ae.xpt"}
    assert report.n_unchanged == 1
    assert (tmp_path / FOLDER / "dm.xpt").read_bytes() == b"new"
    assert (tmp_path / FOLDER / "ex.xpt").stat().st_mtime_ns == untouched


def test_a_file_that_was_changed_here_is_copied_again(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt", b"right")
    mirror(URL, tmp_path)
    (tmp_path / FOLDER / "dm.xpt").write_bytes(b"wrong")
    assert mirror(URL, tmp_path).fetched == (f"{FOLDER}/dm.xpt",)
    assert files(tmp_path) == {f"{FOLDER}/dm.xpt": b"right"}


def test_what_is_gone_there_goes_here_and_nothing_else(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt")
    bucket.put("CAMMS323/2010-01-01/dm.xpt")
    mirror(URL, tmp_path)
    (tmp_path / "CAMMS323" / "notes.txt").write_text("the operator's own")
    bucket.remove(f"{FOLDER}/dm.xpt")
    bucket.put("CAMMS323/2010-01-01/ex.xpt")
    report = mirror(URL, tmp_path)
    assert report.removed == (f"{FOLDER}/dm.xpt",)
    assert set(files(tmp_path)) == {
        "CAMMS323/2010-01-01/dm.xpt",
        "CAMMS323/2010-01-01/ex.xpt",
        "CAMMS323/notes.txt",
    }
    # A folder left empty would look like a transfer without a manifest.
    assert not (tmp_path / "LPS13649").exists()


def test_an_emptied_store_does_not_empty_landing(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt")
    mirror(URL, tmp_path)
    bucket.remove(f"{FOLDER}/dm.xpt")
    with pytest.raises(MirrorError) as error:
        mirror(URL, tmp_path)
    assert str(error.value).startswith(
        "s3://topaz/landing holds no object, but 1 were copied from it before; landing is left as "
        "it is. Correct the address under [landing] in settings.toml"
    )
    assert set(files(tmp_path)) == {f"{FOLDER}/dm.xpt"}


def test_markers_of_folders_and_hidden_names_are_no_files(bucket, tmp_path):
    bucket.put("LPS13649/")
    bucket.put("LPS13649/2017-11-20/")
    bucket.put(f"{FOLDER}/dm.xpt")
    bucket.put("LPS13649/.2017-12-20/dm.xpt")
    bucket.put(".mirror/index.json", b"not ours")
    assert mirror(URL, tmp_path).is_complete
    assert set(files(tmp_path)) == {f"{FOLDER}/dm.xpt"}
    assert json.loads((tmp_path / ".mirror" / "index.json").read_text())["objects"]


def test_an_object_becomes_a_folder(bucket, tmp_path):
    bucket.put("LPS13649", b"a mistake")
    mirror(URL, tmp_path)
    bucket.remove("LPS13649")
    bucket.put(f"{FOLDER}/dm.xpt")
    mirror(URL, tmp_path)
    assert set(files(tmp_path)) == {f"{FOLDER}/dm.xpt"}


def test_calls_without_time_come_to_an_end_and_go_on_within_an_object(
    bucket, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "_PIECE", 4)
    bucket.put(f"{FOLDER}/dm.xpt", b"0123456789")
    bucket.put(f"{FOLDER}/manifest.json", b"{}")
    reports = []
    while not (reports and reports[-1].is_complete):
        reports.append(mirror(URL, tmp_path, seconds=0))
        assert (FOLDER + "/dm.xpt" in files(tmp_path)) == (len(reports) >= 3)
    assert [report.n_remaining for report in reports] == [2, 2, 1, 0]
    assert [report.bytes_remaining for report in reports] == [8, 4, 2, 0]
    assert reports[0].describe() == ("0 objects copied, 0 removed, 0 as before; 2 remain (8 bytes)")
    assert files(tmp_path) == {f"{FOLDER}/dm.xpt": b"0123456789", f"{FOLDER}/manifest.json": b"{}"}


def test_a_half_copied_object_that_changed_is_begun_again(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", 4)
    bucket.put(f"{FOLDER}/dm.xpt", b"0123456789")
    mirror(URL, tmp_path, seconds=0)
    bucket.put(f"{FOLDER}/dm.xpt", b"abcdefghij")
    mirror(URL, tmp_path)
    assert files(tmp_path) == {f"{FOLDER}/dm.xpt": b"abcdefghij"}


def test_an_object_that_changes_or_goes_while_it_is_copied_is_left_for_the_next_time(
    bucket, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "_PIECE", 4)
    for name in ("dm.xpt", "ex.xpt", "ae.xpt"):
        bucket.put(f"{FOLDER}/{name}", b"0123456789")
    piece = module._piece

    def meanwhile(store, key, version, start):
        if start == 4 and key.endswith("dm.xpt"):
            bucket.put(key, b"abcdefghij")
        if start == 4 and key.endswith("ex.xpt"):
            bucket.remove(key)
        return piece(store, key, version, start)

    monkeypatch.setattr(module, "_piece", meanwhile)
    report = mirror(URL, tmp_path)
    assert (report.fetched, report.n_remaining) == ((f"{FOLDER}/ae.xpt",), 1)
    assert files(tmp_path) == {f"{FOLDER}/ae.xpt": b"0123456789"}
    monkeypatch.setattr(module, "_piece", piece)
    assert mirror(URL, tmp_path).is_complete
    assert files(tmp_path)[f"{FOLDER}/dm.xpt"] == b"abcdefghij"


_KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse import mirror
mirror._PIECE = 4
piece = mirror._piece
def killing(store, key, version, start):
    if key.endswith("ex.xpt") and start == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return piece(store, key, version, start)
mirror._piece = killing
mirror.mirror(sys.argv[1], Path(sys.argv[2]))
"""


def test_a_kill_leaves_no_torn_file_and_the_next_call_goes_on(bucket, tmp_path):
    for name in ("dm.xpt", "ex.xpt", "manifest.json"):
        bucket.put(f"{FOLDER}/{name}", b"0123456789")
    bucket.put(f"{FOLDER}/ex.xpt", b"0123456789")
    done = subprocess.run([sys.executable, "-c", _KILLED, URL, str(tmp_path)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert files(tmp_path) == {f"{FOLDER}/dm.xpt": b"0123456789"}
    report = mirror(URL, tmp_path)
    assert report.fetched == (f"{FOLDER}/ex.xpt", f"{FOLDER}/manifest.json")
    assert set(files(tmp_path).values()) == {b"0123456789"}
    assert sorted(path.name for path in (tmp_path / ".mirror").iterdir()) == ["index.json", "lock"]


@pytest.mark.parametrize("index", ["", "[]", '{"objects": {"a": 1}}'])
def test_a_damaged_index_costs_a_copy(bucket, tmp_path, index):
    bucket.put(f"{FOLDER}/dm.xpt", b"dm")
    mirror(URL, tmp_path)
    (tmp_path / ".mirror" / "index.json").write_text(index)
    assert mirror(URL, tmp_path).fetched == (f"{FOLDER}/dm.xpt",)
    assert mirror(URL, tmp_path).n_unchanged == 1


def test_nothing_new_in_seventy_files_is_quick(bucket, tmp_path):
    for at in range(70):
        bucket.put(f"{FOLDER}/d{at}.xpt", b"rows")
    mirror(URL, tmp_path)
    start = time.monotonic()
    assert mirror(URL, tmp_path).n_unchanged == 70
    assert time.monotonic() - start < 1


def test_two_mirrors_do_not_write_at_once(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt")
    with (
        lock(tmp_path / ".mirror" / "lock", "test"),
        pytest.raises(LakeBusy, match="The mirror of landing is busy"),
    ):
        mirror(URL, tmp_path)


def test_a_folder_can_stand_for_a_store(tmp_path):
    (tmp_path / "sender" / FOLDER).mkdir(parents=True)
    (tmp_path / "sender" / FOLDER / "dm.xpt").write_bytes(b"dm")
    mirror((tmp_path / "sender").as_uri(), tmp_path / "landing")
    assert files(tmp_path / "landing") == {f"{FOLDER}/dm.xpt": b"dm"}
    assert mirror((tmp_path / "sender").as_uri(), tmp_path / "landing").n_unchanged == 1


@pytest.mark.parametrize("url", ["ftp://host/landing", "/mnt/landing", "memory:///", ""])
def test_an_unknown_address_is_refused(tmp_path, url):
    with pytest.raises(MirrorError) as error:
        mirror(url, tmp_path)
    assert str(error.value) == (
        f"{url!r} is no address of an object store that can be mirrored; it must begin with one of "
        "s3://, gs://, az://, file://, e.g. s3://bucket/landing"
    )


def test_an_address_without_a_bucket_is_refused(tmp_path):
    with pytest.raises(MirrorError, match=r"'s3://' cannot be opened: .*Write it as s3://bucket"):
        mirror("s3://", tmp_path)


def test_a_bucket_that_is_not_there(aws, tmp_path):
    with pytest.raises(MirrorError) as error:
        mirror("s3://no-such-bucket/landing", tmp_path)
    assert "there is no such bucket or folder" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(MirrorError, match="there is no such bucket or folder"):
        mirror((tmp_path / "nothing").as_uri(), tmp_path / "landing")


def test_names_that_are_no_paths(bucket, tmp_path):
    bucket.put("LPS13649//dm.xpt")
    with pytest.raises(MirrorError, match=r"has an object whose name is no path .*Rename it"):
        mirror(URL, tmp_path)


def test_plain_http_must_be_meant(bucket, tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(MirrorError, match="AWS_ALLOW_HTTP=true"):
        mirror(URL, tmp_path)


def test_a_store_that_does_not_answer_is_tried_again(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(MirrorUnavailable) as error:
        mirror(URL, tmp_path)
    assert str(error.value).endswith("What was copied stays; it is tried again")
    assert "does not answer" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.fixture
def answering(aws, monkeypatch):
    """A store that answers every request with one status."""
    servers = []

    def start(status: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, MirrorError, "access denied"),
        (403, MirrorError, "access denied .*AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (400, MirrorError, "refuses the request .*AWS_REGION"),
        (503, MirrorUnavailable, "does not answer"),
    ],
)
def test_what_the_store_answers_is_said_in_words(answering, tmp_path, status, kind, words):
    answering(status)
    with pytest.raises(kind, match=words):
        mirror(URL, tmp_path)


def test_no_secret_is_kept(bucket, tmp_path):
    bucket.put(f"{FOLDER}/dm.xpt")
    mirror(URL, tmp_path)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "secret"
    assert "secret" not in (tmp_path / ".mirror" / "index.json").read_text()
