"""A limit on the time that a stranger's code may take: an alarm that ends what never returns."""

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import Any

__all__ = ["TooLongError", "at_most"]

_AGAIN = 0.1
"""Seconds after which the alarm rings again: for code that swallows every exception, and for
processes that are given longer."""


class TooLongError(KeyboardInterrupt):
    """What was running did not return in time.

    A ``KeyboardInterrupt``, since code that catches ``Exception`` must not hold it up, and
    Hypothesis takes any other exception for a counterexample.
    """


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise :class:`TooLongError` in the block if it takes longer.

    A process that for half of the time did not run, since others did or it waits, is given three
    times as long.

    The alarm is the system's timer, which ends loops and sleeps.  Only the main thread of a
    POSIX process has one; elsewhere, or if `seconds` is infinite, there is no limit.  An alarm
    that the host had set rings later by what the block took, never lost.

    Examples
    --------
    >>> from time import sleep
    >>> try:
    ...     with at_most(0.01):
    ...         sleep(60)
    ... except TooLongError as error:
    ...     print(error)
    did not return within 0.01 s
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or not hasattr(signal, "setitimer") or math.isinf(seconds):
        yield
        return

    began, used = perf_counter(), process_time()

    def ring(number: int, frame: Any) -> None:
        idle = process_time() - used < seconds / 2.0
        if idle and perf_counter() - began < 3.0 * seconds:
            return
        if frame is not None and frame.f_code.co_name == "gc_callback":
            return  # where an exception would be lost; it rings again
        raise TooLongError(f"did not return within {seconds:.3g} s")

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, left, interval)
