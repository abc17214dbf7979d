"""Mini-batches: every row once per epoch, ``ceil(N / B)`` updates, the last batch may be short.

Batch b of N rows is ``X[b B : (b + 1) B]``; a size above N is N (catalogue DT-07, DT-08, OP-08).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from probml._validation import check_number

__all__ = ["iterate_minibatches", "minibatch_slices", "n_updates"]


def n_updates(n_samples: int, batch_size: int, epochs: int = 1, *, drop_last: bool = False) -> int:
    """Number of batches in `epochs` passes, ``epochs * ceil(N / B)``.

    Source: catalogue DT-08.

    Parameters
    ----------
    n_samples, batch_size : int
        Rows N and rows per batch B, at least 1; B above N is N.
    epochs : int
        Passes over the data, at least 0.
    drop_last : bool
        Whether a short last batch is left out: ``floor`` instead of ``ceil``.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If a number is too small.
    TypeError
        If one is not an integer.

    Examples
    --------
    MNIST in batches of 128: 469 updates per epoch, the last on 96 rows.

    >>> n_updates(60000, 128), n_updates(60000, 128, epochs=5)
    (469, 2345)
    >>> n_updates(60000, 128, epochs=5, drop_last=True)
    2340
    """
    check_number("n_samples", n_samples, 1, integer=True)
    check_number("batch_size", batch_size, 1, integer=True)
    check_number("epochs", epochs, 0, integer=True)
    size = min(batch_size, n_samples)
    return epochs * (n_samples // size if drop_last else -(-n_samples // size))


def minibatch_slices(
    n_samples: int, batch_size: int, *, drop_last: bool = False
) -> Iterator[slice]:
    """The batches of one epoch as slices; parameters are those of :func:`n_updates`.

    Examples
    --------
    >>> [(rows.start, rows.stop) for rows in minibatch_slices(5, 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    for b in range(n_updates(n_samples, batch_size, drop_last=drop_last)):
        yield slice(b * batch_size, min((b + 1) * batch_size, n_samples))


def iterate_minibatches(
    X: Any,
    y: ArrayLike,
    batch_size: int,
    *,
    rng: Generator | int | None = None,
    drop_last: bool = False,
) -> Iterator[tuple[Any, NDArray[Any]]]:
    """Rows and their labels, batch by batch: one epoch.

    Every row comes exactly once (but see `drop_last`), beside its own label.
    Source: catalogue DT-07.

    Parameters
    ----------
    X : array_like or sparse matrix of shape (n_samples, ...)
        Samples along the first axis; a memory-mapped file is read a batch at a time.
    y : array_like of shape (n_samples, ...)
        Labels or targets.
    batch_size : int
        Rows per batch; above n_samples it is n_samples.
    rng : Generator or int, optional
        Draws the order of the rows, or seeds what draws it; pass one generator to every epoch
        for a new order each time.  Their own order if not given.
    drop_last : bool
        Whether a short last batch is left out.

    Returns
    -------
    iterator of (X_batch, y_batch)
        Views into the data where the rows keep their own order, copies otherwise.

    Raises
    ------
    ValueError
        If there is no row, `X` and `y` differ in length, or `batch_size` is not positive.

    Examples
    --------
    >>> X, y = np.array([[1.0], [2.0], [3.0]]), np.array([1, 2, 3])
    >>> for X_batch, y_batch in iterate_minibatches(X, y, 2):
    ...     print(X_batch.ravel(), y_batch)
    [1. 2.] [1 2]
    [3.] [3]
    """
    rows, targets = X if issparse(X) else np.asarray(X), np.asarray(y)
    if rows.ndim == 0 or targets.ndim == 0 or rows.shape[0] != len(targets):
        raise ValueError(
            "X and y must have one entry per sample each along their first axis "
            f"(got shapes {rows.shape} and {targets.shape}); pass labels of the same samples"
        )
    n = len(targets)
    check_number("batch_size", batch_size, 1, integer=True)
    check_number("n_samples", n, 1, integer=True)
    order = None if rng is None else np.random.default_rng(rng).permutation(n)
    batches = minibatch_slices(n, batch_size, drop_last=drop_last)
    if order is None:
        return ((rows[batch], targets[batch]) for batch in batches)
    return ((rows[order[batch]], targets[order[batch]]) for batch in batches)
