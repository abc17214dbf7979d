"""Rows are worked on in blocks, so that casts and temporaries stay small."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["narrow_product", "row_blocks"]

_BLOCK_ENTRIES = 1 << 21
"""Entries of a block: 16 MiB of float64."""

_SMALL_PRODUCT = 900_000
"""Multiplications up to which OpenBLAS copies no matrix into another layout first (10**6)."""

_FEWEST_ROWS = 16
"""Rows below which a product is not worth its call."""


def row_blocks(n_rows: int, n_columns: int, entries: int = _BLOCK_ENTRIES) -> Iterator[slice]:
    """Slices that cut `n_rows` rows of `n_columns` into blocks of at most `entries` entries.

    Examples
    --------
    >>> [(rows.start, rows.stop) for rows in row_blocks(5, 1 << 20)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, entries // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def narrow_product(X: Any, W: NDArray[Any]) -> NDArray[Any]:
    """``X @ W`` for many rows and few columns, in products that need no copy of the rows.

    Examples
    --------
    >>> narrow_product(np.ones((40000, 3)), np.ones((3, 2)))[-1].tolist()
    [3.0, 3.0]
    """
    n, step = X.shape[0], _SMALL_PRODUCT // max(1, W.size)
    dense = isinstance(X, np.ndarray) and X.flags.c_contiguous and X.dtype == W.dtype
    if not dense or not _FEWEST_ROWS <= step < n:
        product: NDArray[Any] = X @ W
        return product
    (d, n_columns), whole = W.shape, n // step * step
    out = np.empty((n, n_columns), X.dtype)
    np.matmul(X[:whole].reshape(-1, step, d), W, out=out[:whole].reshape(-1, step, n_columns))
    np.matmul(X[whole:], W, out=out[whole:])
    return out
