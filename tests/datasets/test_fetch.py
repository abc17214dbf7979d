"""Downloads: whatever mirrors, disks and other processes do, no unverified byte is used."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback_mirrors import MirrorServer

import probml.datasets.mnist as module
from probml.datasets import DatasetError, _fetch, fetch_mnist, load_mnist, verify_mnist

FIRST = "train-images-idx3-ubyte.gz"
STATUSES_OK = ["ok"] * 4


def statuses(home: Path) -> list[str]:
    return [file.status for file in verify_mnist(home)]


def names(home: Path) -> set[str]:
    return {path.name for path in (home / "mnist").iterdir()}


def fetch(home: Path, server: MirrorServer, *behaviours: str, **options: Any) -> Path:
    mirrors = [server.mirror(behaviour) for behaviour in behaviours]
    return fetch_mnist(home, mirrors=mirrors, **{"timeout": 60.0, "retries": 0} | options)


def test_an_empty_home_is_filled(
    tmp_path: Path, server: MirrorServer, tiny: dict[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    import pooch

    heard = pooch.get_logger().filters[:]
    home = tmp_path / "new" / "home"
    data = load_mnist(home, mirrors=[server.mirror("good")])
    assert data.X_train.shape == (20, 784)
    assert statuses(home) == STATUSES_OK
    assert names(home) == set(tiny), "nothing temporary is left"
    assert (home / "mnist" / FIRST).stat().st_mode & 0o777 == 0o644
    assert server.asked == [("good", name) for name in tiny]
    load_mnist(home, mirrors=[server.mirror("good")])
    assert len(server.asked) == 4, "what is there is not downloaded again"
    assert capfd.readouterr() == ("", "")
    assert pooch.get_logger().filters == heard, "pooch may speak to others again"


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("absent", "HTTPError: 404"),
        ("wrong", "ValueError: SHA256 hash of downloaded file"),
        ("short", "ValueError: SHA256 hash of downloaded file"),
        ("truncated", "ChunkedEncodingError|ConnectionError"),
        ("stalled", "ConnectionError: .*Read timed out"),
        ("silent", "ReadTimeout"),
    ],
)
def test_a_bad_mirror(
    tmp_path: Path, server: MirrorServer, tiny: dict[str, bytes], behaviour: str, told: str
) -> None:
    # A short wait is for mirrors that never answer; a busy machine may be slow to answer, too.
    waits = behaviour in ("stalled", "silent")
    with pytest.raises(DatasetError, match=f"{behaviour}/: ({told})"):
        fetch(tmp_path, server, behaviour, timeout=0.2 if waits else 60.0)
    assert names(tmp_path) == set(), "a failed download leaves nothing"
    fetch(tmp_path, server, behaviour, "good", timeout=2.0 if waits else 60.0)
    assert statuses(tmp_path) == STATUSES_OK
    assert names(tmp_path) == set(tiny)


def test_all_mirrors_failing_is_one_error(tmp_path: Path, server: MirrorServer) -> None:
    with pytest.raises(DatasetError) as caught:
        fetch(tmp_path, server, "absent", "wrong", "truncated")
    message = str(caught.value)
    for told in (
        f"{tmp_path / 'mnist' / FIRST} is missing",
        f"{server.mirror('absent')}: HTTPError",
        f"{server.mirror('wrong')}: ValueError",
        f"{server.mirror('truncated')}: ",
        f"place the original files in {tmp_path / 'mnist'}",
        "PROBML_DATA",
    ):
        assert told in message


def test_a_refused_connection_and_an_unknown_kind_of_address(tmp_path: Path) -> None:
    mirrors = ["http://127.0.0.1:9/", "gopher://127.0.0.1/"]
    with pytest.raises(DatasetError, match=r"9/: ConnectionError.*\n.*gopher.*: InvalidSchema"):
        fetch_mnist(tmp_path, mirrors=mirrors, retries=0, timeout=2.0)


def test_without_a_network_nobody_waits_for_retries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(_fetch.time, "sleep", pauses.append)
    with pytest.raises(DatasetError, match="ConnectionError"):
        fetch_mnist(tmp_path, mirrors=["http://127.0.0.1:9/", "http://127.0.0.1:1/"], retries=5)
    assert pauses == []


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_rounds_over_all_mirrors(
    tmp_path: Path, server: MirrorServer, retries: int
) -> None:
    with pytest.raises(DatasetError):
        fetch(tmp_path, server, "absent", "wrong", retries=retries)
    assert server.asked == [("absent", FIRST), ("wrong", FIRST)] * (1 + retries)


def test_retries_outlast_a_passing_fault(
    tmp_path: Path, server: MirrorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(_fetch, "_BACKOFF", 0.5)
    monkeypatch.setattr(_fetch.time, "sleep", pauses.append)
    fetch(tmp_path, server, "flaky", retries=2)
    assert statuses(tmp_path) == STATUSES_OK
    assert len(server.asked) == 3 * 4
    assert pauses == [0.5, 1.0] * 4


@pytest.mark.parametrize("switch", ["argument", "environment"])
@pytest.mark.parametrize("content", [None, b"not the original"], ids=["missing", "corrupt"])
def test_offline_uses_no_network_and_changes_nothing(
    home: Path,
    server: MirrorServer,
    monkeypatch: pytest.MonkeyPatch,
    switch: str,
    content: bytes | None,
) -> None:
    path = home / "mnist" / FIRST
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    before = names(home)
    if switch == "environment":
        monkeypatch.setenv("PROBML_OFFLINE", "1")
    state = "missing" if content is None else "corrupt: expected sha256"
    for function in (load_mnist, fetch_mnist):
        with pytest.raises(DatasetError, match=f"{FIRST} is {state}.*nothing was downloaded"):
            function(home, mirrors=[server.mirror("good")], download=switch == "environment")
    assert server.asked == []
    assert names(home) == before
    assert content is None or path.read_bytes() == content


def test_offline_is_off_when_zero(
    tmp_path: Path, server: MirrorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBML_OFFLINE", "0")
    fetch(tmp_path, server, "good")
    assert statuses(tmp_path) == STATUSES_OK


def test_a_corrupt_file_is_replaced_and_kept_aside(home: Path, server: MirrorServer) -> None:
    path = home / "mnist" / FIRST
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    fetch(home, server, "good")
    assert path.read_bytes() == whole
    assert server.asked == [("good", FIRST)], "the other three were good"
    (aside,) = path.parent.glob("*.corrupt-*")
    assert aside.name.startswith(f"{FIRST}.corrupt-")
    assert aside.read_bytes() == whole[:-1]


def test_a_corrupt_unpacked_file_is_replaced_by_the_packed_one(
    home: Path, server: MirrorServer, tiny: dict[str, bytes]
) -> None:
    packed = home / "mnist" / FIRST
    packed.unlink()
    unpacked = packed.with_suffix("")
    unpacked.write_bytes(gzip.decompress(tiny[FIRST])[:-1] + b"?")
    fetch(home, server, "good")
    assert statuses(home) == STATUSES_OK
    assert not unpacked.exists()
    assert len(list(packed.parent.glob(f"{unpacked.name}.corrupt-*"))) == 1


def test_a_failed_replacement_leaves_the_old_state(home: Path, server: MirrorServer) -> None:
    path = home / "mnist" / FIRST
    path.write_bytes(b"not the original")
    before = names(home)
    with pytest.raises(DatasetError, match=rf"(?s){FIRST} is corrupt: expected.*absent/: HTTPErr"):
        fetch(home, server, "absent")
    assert names(home) == before
    assert path.read_bytes() == b"not the original"


def test_the_bytes_that_were_verified_are_the_bytes_that_are_parsed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    read_bytes = Path.read_bytes

    def read_then_spoil(path: Path) -> bytes:
        data = read_bytes(path)
        reads.append(path.name)
        path.write_bytes(b"replaced by another process")
        return data

    expected = load_mnist(home, download=False)
    monkeypatch.setattr(Path, "read_bytes", read_then_spoil)
    data = load_mnist(home, download=False)
    np.testing.assert_array_equal(data.X_train, expected.X_train)
    assert reads == [file.name for file in module.MNIST_FILES]


def test_a_home_that_cannot_be_written(tmp_path: Path, server: MirrorServer) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    with pytest.raises(DatasetError, match=r"is missing: .*cannot be stored in .*data_home"):
        fetch(blocked, server, "good")
    assert server.asked == [], "that is found out before anything is downloaded"


def test_a_corrupt_file_in_a_folder_that_cannot_be_written(
    home: Path, server: MirrorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "mnist" / FIRST
    path.write_bytes(b"not the original")

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_fetch.tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(DatasetError, match=f"{FIRST} is corrupt.*Permission denied.*PROBML_DATA"):
        fetch(home, server, "good")
    assert path.read_bytes() == b"not the original"


def test_a_file_that_cannot_be_read_is_not_replaced(home: Path, server: MirrorServer) -> None:
    path = home / "mnist" / FIRST
    path.unlink()
    path.mkdir()
    with pytest.raises(DatasetError, match=f"{FIRST} is corrupt: not a regular file.*data_home"):
        fetch(home, server, "good")
    assert path.is_dir()


def test_progress(tmp_path: Path, server: MirrorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "_CHUNK", 1000)
    heard: list[tuple[str, int, int | None]] = []
    fetch(tmp_path, server, "good", progress=lambda *report: heard.append(report))
    for name, data in server.files.items():
        counts = [received for file, received, _ in heard if file == name]
        assert counts == [*range(1000, len(data), 1000), len(data)]
    assert {(name, total) for name, _, total in heard} == {
        (name, len(data)) for name, data in server.files.items()
    }


def test_progress_when_the_server_announces_no_length(
    tmp_path: Path, server: MirrorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_fetch, "_CHUNK", 1000)
    heard: list[tuple[str, int, int | None]] = []
    fetch(tmp_path, server, "unannounced", progress=lambda *report: heard.append(report))
    assert {total for _, _, total in heard} == {None}
    counts = [received for file, received, _ in heard if file == FIRST]
    assert counts == sorted(set(counts))


def test_pooch_is_named_when_it_is_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert statuses(home) == STATUSES_OK, "not needed for files that are there"
    with pytest.raises(DatasetError, match=r'pip install "probml\[report\]"'):
        fetch_mnist(tmp_path / "empty")
    assert not (tmp_path / "empty").exists()
    with pytest.raises(DatasetError, match="PROBML_DATA"):
        fetch_mnist()
    monkeypatch.setenv("PROBML_DATA", str(tmp_path / "empty"))
    with pytest.raises(DatasetError, match="missing"):
        fetch_mnist(download=False)


CLIENT = """
import json, sys
import probml.datasets.mnist as mnist
from probml.datasets._fetch import PinnedFile
home, mirror, table = json.loads(sys.argv[1])
mnist.MNIST_FILES = tuple(PinnedFile(*row) for row in table)
data = mnist.load_mnist(home, mirrors=[mirror], retries=0, timeout=60.0)
print(data.X_train.sum())
"""


def start(home: Path, mirror: str) -> "subprocess.Popen[str]":
    task = json.dumps([str(home), mirror, module.MNIST_FILES])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", CLIENT, task],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


@pytest.mark.parametrize("state", ["empty", "corrupt"])
def test_four_processes_that_start_together(
    home: Path, tiny: dict[str, bytes], server: MirrorServer, state: str
) -> None:
    for name in tiny:
        (home / "mnist" / name).unlink()
    if state == "corrupt":
        (home / "mnist" / FIRST).write_bytes(b"not the original")
    clients = [start(home, server.mirror("together")) for _ in range(4)]
    answers = [client.communicate(timeout=120) for client in clients]
    assert [error for _, error in answers] == [""] * 4
    assert server.asked.count(("together", FIRST)) == 4, "all four wanted the first file"
    assert len({output for output, _ in answers}) == 1
    assert statuses(home) == STATUSES_OK
    aside = names(home) - set(tiny)
    assert len(aside) == (state == "corrupt"), "one copy of the corrupt file, and no good one"


def test_a_killed_download_is_never_used(
    tmp_path: Path, tiny: dict[str, bytes], server: MirrorServer
) -> None:
    with start(tmp_path, server.mirror("stalled")) as client:
        assert server.stalling.wait(60)
        client.kill()
    (torso,) = names(tmp_path)
    assert torso.startswith(".download-"), "beside the destination, so that moving is atomic"
    assert statuses(tmp_path) == ["missing"] * 4
    with pytest.raises(DatasetError, match="missing"):
        load_mnist(tmp_path, download=False)
    load_mnist(tmp_path, mirrors=[server.mirror("good")])
    assert statuses(tmp_path) == STATUSES_OK


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_not_a_file_at_the_unpacked_name_does_not_matter(
    tmp_path: Path, server: MirrorServer, make: Any
) -> None:
    odd = tmp_path / "mnist" / FIRST.removesuffix(".gz")
    odd.parent.mkdir()
    make(odd)
    assert statuses(tmp_path)[0] == "corrupt"
    fetch(tmp_path, server, "good")
    assert statuses(tmp_path) == STATUSES_OK
    assert odd.exists()
    assert not odd.is_file(), "it is left alone"


def test_a_pipe_in_place_of_a_file_is_neither_read_nor_kept(
    tmp_path: Path, server: MirrorServer
) -> None:
    (tmp_path / "mnist").mkdir()
    os.mkfifo(tmp_path / "mnist" / FIRST)
    assert statuses(tmp_path)[0] == "corrupt"
    fetch(tmp_path, server, "good")
    assert statuses(tmp_path) == STATUSES_OK


@pytest.mark.parametrize("name", ["~no-such-user/x", "a\0b", "a\udfffb"])
@pytest.mark.parametrize("function", [load_mnist, fetch_mnist, verify_mnist])
def test_a_name_that_no_folder_can_have(name: str, function: Any) -> None:
    with pytest.raises(DatasetError, match=r"expected the name of a folder \(got .*data_home"):
        function(name)


def test_a_name_that_is_too_long(monkeypatch: pytest.MonkeyPatch, server: MirrorServer) -> None:
    monkeypatch.setenv("PROBML_DATA", "a" * 5000)
    with pytest.raises(DatasetError, match="File name too long"):
        fetch_mnist(mirrors=[server.mirror("good")])
