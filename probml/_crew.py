"""Work that is cut into pieces, which the cores share.

How it is cut depends on shapes alone, and each piece is worked on by one thread, so that the bits
do not depend on the number of threads.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from itertools import islice, pairwise
from threading import Lock, local
from typing import Any, Protocol, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

__all__ = ["Crew", "Together", "alone", "shared", "shares", "streamed", "stretches"]

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_SHARE = 1 << 24
"""Entries of a table above which its rows are summed in two shares, and so on."""

_PIECE = 1 << 26
"""Multiplications for which a product is cut into two pieces, and so on."""

_WORTH_A_THREAD = 1 << 21
"""Multiplications below which a product is not cut: about 50 microseconds."""


class Together(Protocol):
    """What applies a function to some pieces, in any order, and returns what it returned."""

    def __call__(self, work: Callable[[Piece], Result], pieces: Sequence[Piece], /) -> list[Result]:
        """Apply `work` to all of the `pieces`."""
        ...


def alone(work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
    """One piece after the other."""
    return [work(piece) for piece in pieces]


def stretches(length: int, cost: int) -> list[slice]:
    """Even cuts of an axis; one where `cost`, in multiplications, is not worth the trouble.

    Examples
    --------
    >>> stretches(600, 10**7), stretches(600, 1000)
    ([slice(0, 300, None), slice(300, 600, None)], [slice(0, 600, None)])
    """
    if cost < _WORTH_A_THREAD:
        return [slice(0, length)]
    return _even(length, min(2 * max(1, cost // _PIECE), length))


def shares(n_rows: int, n_columns: int, entries: int = _SHARE) -> list[slice]:
    """Even cuts of the rows of a table of more than `entries`, an even number of them; else one.

    Examples
    --------
    >>> shares(10, 2), shares(100_000, 200)
    ([slice(0, 10, None)], [slice(0, 50000, None), slice(50000, 100000, None)])
    >>> shares(10, 2, 16)
    [slice(0, 5, None), slice(5, 10, None)]
    """
    return _even(n_rows, max(1, 2 * (n_rows * n_columns // entries)))


def _even(length: int, n: int) -> list[slice]:
    ends = [length * i // n for i in range(n + 1)]
    return [slice(start, stop) for start, stop in pairwise(ends)]


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


_here = local()


@cache
def _helpers(n: int) -> ThreadPoolExecutor:
    """Threads that wait for work; to begin new ones takes a tenth of a short prediction."""
    return ThreadPoolExecutor(n, "probml", initializer=lambda: setattr(_here, "helps", True))


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads
    os.register_at_fork(after_in_child=_helpers.cache_clear)


class _OneThread:
    """Linear algebra by one thread for as long as anybody asks for it, in the whole process."""

    def __init__(self) -> None:
        self._lock, self._asked = Lock(), 0
        self._limit: Any = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._asked:
                self._limit = _linear_algebra().limit(limits=1)
            self._asked += 1
        try:
            yield
        finally:
            with self._lock:
                self._asked -= 1
                if not self._asked:
                    self._limit.restore_original_limits()


_one_thread = _OneThread()


class Crew:
    """As many threads as the linear algebra may use, which is to use one while they work.

    Examples
    --------
    >>> crew = Crew()
    >>> with crew.at_work():
    ...     crew(sum, [[1, 2], [3, 4], [5, 6]])
    [3, 7, 11]
    """

    def __init__(self) -> None:
        counts = [found["num_threads"] for found in _linear_algebra().info()]
        # a helper with helpers would wait for itself
        self.n_threads = 1 if hasattr(_here, "helps") else max(counts, default=1)

    def __call__(self, work: Callable[[Piece], Result], pieces: Sequence[Piece], /) -> list[Result]:
        """Apply `work` to all pieces, NumPy's treatment of errors being that of the caller."""
        n = min(self.n_threads, len(pieces))
        if n < 2:
            return alone(work, pieces)
        treatment: Any = np.geterr()

        def share(first: int) -> list[Result]:
            with np.errstate(**treatment):
                return alone(work, pieces[first::n])

        helpers = _helpers(self.n_threads - 1)
        others = [helpers.submit(share, first) for first in range(1, n)]
        try:
            own = share(0)
        finally:
            wait(others)  # nobody is at work any more when an error is passed on
        shares = [own, *(other.result() for other in others)]
        return [shares[i % n][i // n] for i in range(len(pieces))]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One thread per piece: linear algebra uses no further ones meanwhile."""
        if self.n_threads == 1:
            yield
            return
        with _one_thread():
            yield


def shared(work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
    """What `work` makes of each of the pieces, by a crew if there are several.

    Examples
    --------
    >>> shared(abs, [-1, 2, -3])
    [1, 2, 3]
    """
    if len(pieces) < 2:
        return alone(work, pieces)
    crew = Crew()
    with crew.at_work():
        return crew(work, pieces)


def streamed(
    work: Callable[[Piece], Result], pieces: Iterator[Piece], at_once: int
) -> Generator[Result, None, None]:
    """The same, in order, of pieces whose results are not all to be in memory at a time.

    A crew has `at_once` of them there, a single thread one, whose memory serves the next.  To be
    closed, since the crew is at work in between.

    Examples
    --------
    >>> list(streamed(abs, iter([-1, 2, -3]), at_once=2))
    [1, 2, 3]
    """
    crew = Crew()
    if crew.n_threads == 1:
        yield from map(work, pieces)
        return
    with crew.at_work():
        while some := list(islice(pieces, at_once)):
            yield from crew(work, some)
