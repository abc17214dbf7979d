"""A tiny MNIST, its mirrors on loopback, and no other place to read from."""

import gzip
import hashlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback_mirrors import MirrorServer

from probml.datasets import _fetch, mnist


def to_idx(array: np.ndarray) -> bytes:
    """A uint8 array in IDX format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the caller's environment, nor their cache, nor any public address."""
    for name in ("PROBML_DATA", "PROBML_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(_fetch, "_BACKOFF", 0.0)
    resolve = socket.getaddrinfo

    def loopback_only(host: Any, *args: Any, **kwargs: Any) -> Any:
        assert host == "127.0.0.1", f"a test asked for {host}"
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", loopback_only)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four small files that stand in for the official ones: name to bytes as served."""
    rng = np.random.default_rng(0)
    served, table = {}, []
    for split, n in (("train", 20), ("t10k", 10)):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        labels = rng.permutation(np.arange(n, dtype=np.uint8) % 10)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            raw = to_idx(array)
            packed = gzip.compress(raw, mtime=0)
            name = f"{split}-{kind}-ubyte.gz"
            sums = (hashlib.sha256(data).hexdigest() for data in (packed, raw))
            table.append(_fetch.PinnedFile(name, *sums))
            served[name] = packed
    monkeypatch.setattr(mnist, "MNIST_FILES", tuple(table))
    return served


@pytest.fixture
def home(tiny: dict[str, bytes], tmp_path: Path) -> Path:
    """A data home that holds the tiny files."""
    folder = tmp_path / "home" / "mnist"
    folder.mkdir(parents=True)
    for name, data in tiny.items():
        (folder / name).write_bytes(data)
    return folder.parent


@pytest.fixture
def server(tiny: dict[str, bytes]) -> Iterator[MirrorServer]:
    """The misbehaving mirrors, with the tiny files."""
    with MirrorServer(tiny) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()
