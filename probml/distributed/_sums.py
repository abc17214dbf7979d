"""One sum of every part, and a tree that adds them up."""

from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

from probml.distributed._collections import import_dask

__all__ = ["named", "total"]

_FAN_IN = 8
"""Parts that one task adds up."""


def total(
    parts: list[Any], of_part: Callable[..., Any], added: Callable[[Any, Any], Any], *args: Any
) -> Any:
    """Sum over the parts of ``of_part(chunks, number, *args)``; None stands for no rows."""
    delayed = import_dask().delayed
    part, fold = delayed(of_part), delayed(_folded)
    shared = [delayed(arg, traverse=False) for arg in args]
    level = [part(chunks, number, *shared) for number, chunks in enumerate(parts)]
    while len(level) > 1:
        level = [fold(added, level[i : i + _FAN_IN]) for i in range(0, len(level), _FAN_IN)]
    total = _computed(level[0]) if level else None
    if total is None:
        raise ValueError("X must hold at least one row of positive weight (got none)")
    return total


def _folded(added: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    whole = None
    for part in parts:
        if part is not None:
            whole = part if whole is None else added(whole, part)
    return whole


def _computed(graph: Any) -> Any:
    """The value of a lazy object, by the cluster that this process is a client of."""
    gone: tuple[type[BaseException], ...] = (CancelledError,)
    try:
        from distributed import Client
        from distributed.comm import CommClosedError
    except ImportError:
        return graph.compute()
    gone += (CommClosedError,)
    try:
        status = Client.current().status
    except ValueError:  # no cluster
        status = "running"
    if status != "running":
        raise _lost(f"it is {status}")
    try:
        return graph.compute()
    except gone as error:
        raise _lost(type(error).__name__) from error


def _lost(how: str) -> RuntimeError:
    return RuntimeError(
        f"the scheduler of the Dask cluster must stay while a model is fitted ({how}); "
        "the model is as it was: start a cluster, and fit again"
    )


def named(of_part: Callable[..., Any], chunks: list[Any], number: int, *args: Any) -> Any:
    """What a function finds of a part; its errors name the part."""
    try:
        return of_part(chunks, *args)
    except ValueError as error:
        raise ValueError(f"in partition {number} of X: {error}") from error
