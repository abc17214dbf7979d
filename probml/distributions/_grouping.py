"""Rows by class: checks, sums, and symmetric products that fill one triangle only."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.linalg import lapack
from scipy.linalg.blas import dsyr, dsyrk
from scipy.sparse import csc_array

from probml._blocks import row_blocks
from probml._validation import check_sample_weight
from probml.numerics import FloatArray

__all__ = [
    "add_products",
    "checked_rows",
    "from_triangle",
    "groups",
    "indicator",
    "symmetric",
    "triangle",
    "weights_of_classes",
]

_NEAR_ENTRIES = 1 << 26
"""Entries of the rows among which those of one class are sought."""


def checked_rows(
    X: Any, y: ArrayLike, sample_weight: ArrayLike | None, n_classes: int, n_features: int
) -> tuple[NDArray[np.intp], FloatArray | None]:
    """Labels and weights of rows that fit statistics of that layout."""
    if X.ndim != 2 or X.shape[1] != n_features:
        raise ValueError(
            f"X must have {n_features} features in its second axis (got shape {X.shape}); "
            "rows are samples"
        )
    if X.dtype.kind not in "biuf":
        raise ValueError(f"X must hold real numbers (got dtype {X.dtype}); encode other features")
    labels = np.asarray(y)
    if labels.shape != (X.shape[0],) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"y must hold the class index of each of {X.shape[0]} rows "
            f"(got shape {labels.shape}, dtype {labels.dtype}); use numpy.searchsorted"
        )
    if labels.size and (labels.min() < 0 or labels.max() >= n_classes):
        raise ValueError(
            f"y must hold class indices from 0 to {n_classes - 1} "
            f"(got {labels.min()} to {labels.max()}); raise n_classes"
        )
    return labels.astype(np.intp, copy=False), check_sample_weight(sample_weight, X.shape[0])


def indicator(
    y: NDArray[np.intp],
    weight: FloatArray | None,
    n_classes: int,
    dtype: DTypeLike = np.float64,
) -> Any:
    """(n_classes, n_samples) matrix whose product with X sums the rows of each class."""
    n = len(y)
    entries = np.ones(n, dtype) if weight is None else weight.astype(dtype, copy=False)
    # one entry in each column: this form needs no sorting
    return csc_array((entries, y, np.arange(n + 1)), shape=(n_classes, n))


def weights_of_classes(
    y: NDArray[np.intp], weight: FloatArray | None, n_classes: int
) -> FloatArray:
    """Sum of the weights of each class, (n_classes,)."""
    counts: FloatArray = np.bincount(y, weight, n_classes).astype(np.float64)
    return counts


def groups(y: NDArray[np.intp], n_columns: int, most: int) -> Iterator[NDArray[np.intp]]:
    """Indices of rows of one class each, at most `most` at a time.

    They are sought among rows that fit into memory together, so that a file larger than that is
    read once, not once for every class.
    """
    for near in row_blocks(len(y), n_columns, _NEAR_ENTRIES):
        some = y[near]
        # NumPy sorts short integers by their digits, in a tenth of the time
        short = some.astype(np.min_scalar_type(some.max(initial=0)))
        order = near.start + np.argsort(short, kind="stable")
        ends = np.flatnonzero(np.diff(y[order], append=-1)) + 1
        for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
            for first in range(start, end, most):
                yield order[first : min(first + most, end)]


def add_products(S: FloatArray, Z: FloatArray) -> None:
    """Add ``Z' Z`` to the upper triangle of `S`, in place."""
    # BLAS counts columns first: the transpose of a C-ordered array needs no copy.
    if len(Z) == 1:  # no work for two threads
        dsyr(1.0, Z[0], a=S.T, lower=1, overwrite_a=1)
    else:
        dsyrk(1.0, Z.T, beta=1.0, c=S.T, lower=1, overwrite_c=1)


def triangle(S: FloatArray) -> FloatArray:
    """Entries of the upper triangle of `S`, row by row."""
    packed: FloatArray = lapack.dtrttp(S.T, uplo="L")[0]
    return packed


def from_triangle(packed: FloatArray) -> FloatArray:
    """The matrix of which only the upper triangle counts, from :func:`triangle`."""
    n = (math.isqrt(8 * len(packed) + 1) - 1) // 2
    S: FloatArray = lapack.dtpttr(n, packed, uplo="L")[0].T
    return S


def symmetric(S: FloatArray) -> FloatArray:
    """The whole matrix from its upper triangle."""
    return np.where(np.tri(len(S), k=-1, dtype=bool), S.T, S)
