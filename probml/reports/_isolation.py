"""Fits in processes of their own: a model that hangs, crashes or eats memory harms only its row."""

import atexit
import contextlib
import errno
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from probml.reports._nursery import BOOT, CANNOT_WRITE, TIMED_OUT, Task, answer_of
from probml.reports.records import Record, decode_one

__all__ = ["Nursery", "nurseries"]

_idle: list["Nursery"] = []
"""For the next run of this process: to start one takes seconds."""


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().close()


@contextlib.contextmanager
def nurseries(n: int) -> Iterator[list["Nursery"]]:
    """So many of them, which are ended if an error or an interrupt comes."""
    taken = [_idle.pop() if _idle else Nursery() for _ in range(n)]
    try:
        yield taken
    except BaseException:
        for nursery in taken:
            nursery.close()
        raise
    _idle.extend(taken)


class Nursery:
    """Carries out tasks one at a time, each in a fresh process.

    Everything ends with this process, however that ends, and with :meth:`close`.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        program = f"{BOOT}from probml.reports._nursery import main; main()"
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program, json.dumps(sys.path)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for this process, which then closes the other
            )
        self._connection = Connection(ours.detach())

    def carry_out(self, task: Task, folder: Path, seconds: float | None) -> Record:
        """Fit in a fresh process that is killed after so many seconds.

        Parameters
        ----------
        task : Task
            What to fit.
        folder : Path
            For what is exchanged with the process.
        seconds : float or None
            Time limit.

        Returns
        -------
        Record
            Of what came out, be it that nothing came.

        Raises
        ------
        OSError
            If the process that bears the others is gone, or the disk is full.
        """
        path = folder / f"{task.record.key}.task"
        answer = answer_of(path)
        path.write_bytes(pickle.dumps((os.getcwd(), sys.path, pickle.dumps(task))))
        try:
            code = self._ask(path, seconds)
            if answer.exists():
                return decode_one(answer.read_bytes())
            if code == CANNOT_WRITE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
            return replace(task.record, status="failed", reason=_reason(code, seconds))
        finally:
            for file in (path, answer, answer.with_suffix(".part")):
                file.unlink(missing_ok=True)

    def _ask(self, path: Path, seconds: float | None) -> int | str:
        try:
            self._connection.send((str(path), seconds))
            code: int | str = self._connection.recv()
        except EOFError as error:
            raise ChildProcessError("the process that starts fits has ended") from error
        return code

    def close(self) -> None:
        """End the process, and whatever it is carrying out."""
        with contextlib.suppress(OSError):
            self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._process.kill()
        self._process.wait()


def _reason(code: int | str, seconds: float | None) -> str:
    """Why there is no record."""
    if code == TIMED_OUT:
        return f"{TIMED_OUT}: not done after {seconds:g} s, and killed"
    if isinstance(code, int) and code < 0:
        hint = ", perhaps by the system for want of memory" if -code == signal.SIGKILL else ""
        return f"crashed: the process was ended by {signal.Signals(-code).name}{hint}"
    return f"crashed: the process ended with code {code} and left no result"
