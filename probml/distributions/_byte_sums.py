"""Exact sums of rows of bytes: integers, whatever the chunks, the order and the merges.

With z = x - 128 a product of two entries is at most 2^14 in size, so that single precision holds
every partial sum of 1024 rows exactly (2^24), and double precision those of 2^36 rows.  Integers
below 2^53 add up in float64 without rounding, hence in any order to the same bits.  Scatter
comes from them about the integers `a` nearest to the means, where nothing cancels:

    S = sum w (z - a)(z - a)' - r r' / n,    r = sum w (z - a),    |r| <= n / 2.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyr2k, dsyrk, ssyrk

from probml._blocks import row_blocks
from probml.distributions._grouping import groups, indicator, symmetric, weights_of_classes
from probml.numerics import FloatArray

__all__ = ["ByteSums", "is_whole"]

_ROWS = 1024
"""Rows whose products sum up exactly in single precision: 2^24 / 2^14."""

_SHIFT = 128

MOST = 2.0**36
"""Total weight up to which every sum below is an integer that float64 holds."""


def is_whole(weight: FloatArray | None) -> bool:
    """Whether the weights are integers small enough for exact sums."""
    if weight is None:
        return True
    return bool((weight == np.floor(weight)).all() and weight.sum() <= MOST)


@dataclass(eq=False)
class ByteSums:
    """Integer sums of each class, held in float64.

    Attributes
    ----------
    counts : ndarray of shape (n_classes,)
        Weights of the classes.
    sums : ndarray of shape (n_classes, n_features)
        ``sum w z`` with z = x - 128.
    products : ndarray
        ``sum w z z'`` in the shapes of the scatter of `CentredSums`.
    """

    counts: FloatArray
    sums: FloatArray
    products: FloatArray

    @classmethod
    def zeros(cls, n_classes: int, scatter_shape: tuple[int, ...]) -> Self:
        """Statistics of no rows."""
        return cls(
            np.zeros(n_classes),
            np.zeros((n_classes, scatter_shape[-1])),
            np.zeros(scatter_shape),
        )

    def add_rows(
        self, X: NDArray[Any], y: NDArray[np.intp], weight: FloatArray | None, covariance: str
    ) -> Self:
        """Add rows of bytes, in place."""
        n_classes = len(self.counts)
        self.counts += weights_of_classes(y, weight, n_classes)
        chunks: Any = groups(y, X.shape[1], _ROWS)
        if covariance != "full":
            chunks = row_blocks(len(X), 1, entries=_ROWS)
        dtype = np.float32 if weight is None else np.float64
        buffers = np.empty((2, _ROWS, X.shape[1]), dtype)
        for rows in chunks:
            labels, w = y[rows], None if weight is None else weight[rows]
            Z = np.subtract(X[rows], dtype(_SHIFT), out=buffers[0, : len(labels)])
            by_class = indicator(labels, w, n_classes, dtype)
            self.sums += by_class @ Z
            if covariance == "diagonal":
                self.products += by_class @ np.square(Z, out=Z)
            elif covariance == "pooled":
                _add_exact_products(self.products, Z, w, buffers[1])
            else:
                _add_exact_products(self.products[labels[0]], Z, w, buffers[1])
        return self

    def add(self, other: Self) -> Self:
        """Add the rows that `other` stands for, in place."""
        self.counts += other.counts
        self.sums += other.sums
        self.products += other.products
        return self

    def _nearest(self) -> tuple[FloatArray, FloatArray]:
        """Integers a nearest to the means of z, and ``r = sum w (z - a)``."""
        a = np.rint(self.sums / np.where(self.counts > 0, self.counts, 1.0)[:, None])
        return a, self.sums - self.counts[:, None] * a

    def centre(self) -> tuple[FloatArray, FloatArray]:
        """Class means as an integer part and a rest of at most one half."""
        a, r = self._nearest()
        seen = self.counts > 0
        return (
            np.where(seen[:, None], a + _SHIFT, 0.0),
            r / np.where(seen, self.counts, 1.0)[:, None],
        )

    @property
    def means(self) -> FloatArray:
        """Class means, (n_classes, n_features)."""
        whole, rest = self.centre()
        return whole + rest

    def scatter(self, covariance: str) -> FloatArray:
        """Scatter about the class means, of the kind of the products."""
        if covariance == "full":
            return np.stack([self.class_scatter(k) for k in range(len(self.counts))])
        a, r = self._nearest()
        n = np.where(self.counts > 0, self.counts, 1.0)[:, None]
        if covariance == "diagonal":
            diagonal: FloatArray = self.products - a * (self.sums + r) - np.square(r) / n
            return diagonal
        return _scatter(self.products, a, self.sums + r, r / np.sqrt(n))

    def class_scatter(self, k: int) -> FloatArray:
        """Scatter of one class; only where products are kept by class."""
        a, r = self._nearest()
        n = max(self.counts[k], 1.0)
        row = slice(k, k + 1)
        return _scatter(self.products[k], a[row], self.sums[row] + r[row], r[row] / np.sqrt(n))


def _add_exact_products(
    P: FloatArray, Z: FloatArray, weight: FloatArray | None, buffer: FloatArray
) -> None:
    """Add ``Z' diag(w) Z`` to the upper triangle of `P`, in place and without rounding."""
    if weight is None:
        P += ssyrk(1.0, Z.T, lower=1).T
    else:
        P += np.multiply(Z, weight[:, None], out=buffer[: len(Z)]).T @ Z


def _scatter(P: FloatArray, a: FloatArray, t: FloatArray, r: FloatArray) -> FloatArray:
    """Scatter about the means from the upper triangle of the products P about zero.

    About the integers `a` they are ``P - (a' t + t' a) / 2`` with ``t = 2 sum w z - n a``,
    exactly; the rest r / sqrt(n) then costs one rounding.
    """
    # BLAS counts columns first: the upper triangle is the lower one there; and not by NumPy's
    # product, whose threads would still wait for work when SciPy's begin theirs
    S = dsyr2k(-0.5, a.T, t.T, 1.0, P.T, lower=1)
    return symmetric(dsyrk(-1.0, r.T, 1.0, S, lower=1, overwrite_c=1).T)
