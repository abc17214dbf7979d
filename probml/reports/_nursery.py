"""The other side of isolation: a process that loads the libraries once and bears one per fit.

It is told of a task over a connection on its standard input, forks, and waits until the child
ends, its time is over, or nobody listens any more.  A fork of a process that has done nothing but
import is as fresh as a new interpreter, and a hundred times sooner there.  Where a fork without
an exec is not safe, as on macOS, each task gets an interpreter of its own.
"""

import contextlib
import importlib
import json
import math
import os
import pickle
import platform
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn, Protocol

import numpy as np

from probml.reports._calibrated import Calibrated
from probml.reports.evaluate import Split, evaluate, memory
from probml.reports.records import Record, encode_one

__all__ = [
    "BOOT",
    "CANNOT_WRITE",
    "TIMED_OUT",
    "Task",
    "answer_of",
    "carry_out",
    "main",
    "write_split",
]

TIMED_OUT = "timed out"
CANNOT_WRITE = 207
"""Exit code of a process that has a result and no room for it."""

BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
"""First words of the program of a new interpreter, which finds modules where its parent did."""

_PRELOADED = (
    *("scipy.linalg", "scipy.special", "scipy.optimize", "scipy.sparse", "scipy.stats"),
    *("sklearn.calibration", "sklearn.dummy", "sklearn.pipeline", "threadpoolctl"),
    *("probml.classifiers", "probml.laws"),
)

_TICK = 0.01
"""Seconds between two looks at a child."""


@dataclass(frozen=True)
class Task:
    """One fit: what is known of it, where its data lie, and what is asked.

    `estimator` is pickled and not fitted; `memory` is in bytes, None for no limit.
    """

    record: Record
    estimator: bytes
    data: str
    timed: bool
    memory: int | None
    calibrate: str | None


class _Child(Protocol):
    """What :class:`subprocess.Popen` offers."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


class _Forked:
    """A child made by fork, with the interface of :class:`subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main() -> None:
    """Serve tasks until the other end hangs up."""
    connection = Connection(os.dup(0))
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    for name in _PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    while True:
        try:
            path, seconds = connection.recv()
        except (EOFError, OSError):
            return
        with contextlib.suppress(BrokenPipeError):
            connection.send(_watch(connection, _start(connection, path), seconds))


def answer_of(path: str | Path) -> Path:
    """Where the record of a task lies once it is whole."""
    return Path(path).with_suffix(".npz")


def _start(connection: Connection, path: str) -> _Child:
    if platform.system() == "Linux":
        pid = os.fork()
        return _Forked(pid) if pid else _live(connection, path)
    program = f"{BOOT}from probml.reports._nursery import carry_out; carry_out(sys.argv[2])"
    words = [sys.executable, "-c", program, json.dumps(sys.path), path]
    return subprocess.Popen(words, start_new_session=True)


def _live(connection: Connection, path: str) -> NoReturn:
    """The whole life of a forked child; nothing of the parent's may run after it."""
    code = 1
    try:
        # A group of its own, so that whatever it starts can be ended with it.
        os.setsid()
        connection.close()
        carry_out(path)
        code = 0
    finally:
        os._exit(code)


def _watch(connection: Connection, child: _Child, seconds: float | None) -> int | str:
    """Wait for a child; its exit code, or that it was out of time."""
    deadline = math.inf if seconds is None else monotonic() + seconds
    while (code := child.poll()) is None:
        gone = connection.poll(_TICK)  # nothing is ever sent meanwhile: nobody is there
        if gone or monotonic() > deadline:
            _kill(child.pid)
            child.wait()
            if gone:
                sys.exit()
            return TIMED_OUT
    _kill(child.pid)
    return code


def _kill(group: int) -> None:
    """End a child and every process that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def carry_out(path: str) -> None:
    """Fit as the task in a file says, and leave the record beside it.

    Parameters
    ----------
    path : str
        Of a file that holds, pickled, where to work, a search path for modules, and a pickled
        :class:`Task`.
    """
    where, sys.path[:], content = pickle.loads(Path(path).read_bytes())
    os.chdir(where)
    task: Task = pickle.loads(content)
    record = _limited(task)
    unfinished = answer_of(path).with_suffix(".part")
    try:
        unfinished.write_bytes(encode_one(record))
        os.replace(unfinished, answer_of(path))
    except OSError:
        os._exit(CANNOT_WRITE)  # which is no fault of the model


def _limited(task: Task) -> Record:
    from threadpoolctl import threadpool_limits

    def build() -> Any:
        # Estimators without a random_state draw from these; a run that goes on must repeat them.
        random.seed(task.record.seed)
        np.random.seed(task.record.seed % 2**32)  # noqa: NPY002
        estimator = pickle.loads(task.estimator)
        return estimator if task.calibrate is None else Calibrated(estimator, task.calibrate)

    with threadpool_limits(task.record.threads), _memory_limit(task.memory):
        return evaluate(task.record, _read_split(task.data), build, timed=task.timed)


def write_split(directory: Path, split: Split) -> None:
    """Lay the arrays of a split on disk, for children to map."""
    for name in ("X_train", "X_test"):
        np.save(directory / f"{name}.npy", getattr(split, name))
    rest = (split.y_train, split.y_test, split.classes, split.weight, split.rows)
    (directory / "labels.pickle").write_bytes(pickle.dumps(rest))


def _read_split(directory: str) -> Split:
    X_train, X_test = (
        np.load(Path(directory) / f"{name}.npy", mmap_mode="r").view(np.ndarray)
        for name in ("X_train", "X_test")
    )
    y_train, y_test, *rest = pickle.loads((Path(directory) / "labels.pickle").read_bytes())
    for labels in (y_train, y_test):
        labels.flags.writeable = False
    return Split(X_train, y_train, X_test, y_test, *rest)


@contextlib.contextmanager
def _memory_limit(n_bytes: int | None) -> Iterator[None]:
    """Let the process allocate so much beyond what it has, and then raise MemoryError."""
    if n_bytes is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (memory("VmData") + n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
