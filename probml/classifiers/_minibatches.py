"""Mini-batches gathered into buffers that are allocated once (catalogue OP-08, OP-09)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import issparse

from probml.datasets import minibatch_slices, n_updates
from probml.numerics import FloatArray

__all__ = ["Batch", "MiniBatches", "Rows", "dense"]


def dense(X: Any) -> NDArray[Any]:
    """Sparse rows as an array; an array as it is."""
    array: NDArray[Any] = X.toarray() if issparse(X) else X
    return array


class Rows(NamedTuple):
    """A table (dense or CSR), the class index of each row, and positive weights (None for one)."""

    X: Any
    y: NDArray[np.intp]
    weight: FloatArray | None

    def take(self, index: NDArray[np.intp]) -> "Rows":
        """Copy of the rows with the given indices."""
        weight = None if self.weight is None else self.weight[index]
        return Rows(self.X[index], self.y[index], weight)


class Batch(NamedTuple):
    """Rows, their classes, their shares of the batch (which sum to one), and its total weight.

    The arrays are buffers: the next batch overwrites them.
    """

    X: FloatArray
    y: NDArray[np.intp]
    share: FloatArray
    total: float


class MiniBatches:
    """The rows of a table, cut into batches; the last one may be short.

    A mean over an epoch weights every batch by its `total` (catalogue OP-09).

    Parameters
    ----------
    rows : Rows
        Looked at; copied only if X is not C-contiguous.
    order : ndarray of int
        Indices of the rows to take, in this order.
    size : int
        Rows per batch; capped at ``len(order)``.
    dtype : dtype
        Type in which batches are handed out: a table of uint8 is converted batch by batch.

    Examples
    --------
    >>> rows = Rows(np.arange(6, dtype=np.uint8)[:, None], np.zeros(6, dtype=np.intp), None)
    >>> batches = MiniBatches(rows, np.arange(5), 3, np.float32)
    >>> [(batch.X.ravel().tolist(), batch.total) for batch in batches]
    [([0.0, 1.0, 2.0], 3), ([3.0, 4.0], 2)]
    """

    def __init__(self, rows: Rows, order: NDArray[np.intp], size: int, dtype: DTypeLike) -> None:
        # np.take copies the whole of a table in any other layout, once per batch
        self._rows = rows if issparse(rows.X) else rows._replace(X=np.ascontiguousarray(rows.X))
        self.order = order
        self.size = min(size, len(order))
        self.total = len(order) if rows.weight is None else float(rows.weight[order].sum())
        self._length = n_updates(len(order), self.size)
        self._stored = np.empty((self.size, rows.X.shape[1]), rows.X.dtype)
        same = self._stored.dtype == dtype
        self._converted = self._stored if same else np.empty(self._stored.shape, dtype)

    def shuffle(self, random: RandomState) -> None:
        """Permute the current order of the rows, by one permutation drawn as scikit-learn does."""
        permutation = np.arange(len(self.order))
        random.shuffle(permutation)
        self.order = self.order[permutation]

    def __len__(self) -> int:
        """Batches per epoch."""
        return self._length

    def __iter__(self) -> Iterator[Batch]:
        """One epoch."""
        for batch in minibatch_slices(len(self.order), self.size):
            yield self._gather(self.order[batch])

    def _gather(self, index: NDArray[np.intp]) -> Batch:
        n = len(index)
        stored, X, y = self._stored[:n], self._converted[:n], self._rows.y[index]
        if issparse(self._rows.X):
            self._rows.X[index].toarray(out=stored)
        else:
            # with the default mode="raise" take would fill a second buffer before this one
            np.take(self._rows.X, index, axis=0, out=stored, mode="clip")
        if X.dtype != stored.dtype:
            np.copyto(X, stored)
        if self._rows.weight is None:
            return Batch(X, y, np.full(n, 1.0 / n), n)
        weight = self._rows.weight[index]
        total = float(weight.sum())
        return Batch(X, y, weight / total, total)
