"""Weight, mean and scatter of each class in double precision, without cancellation.

Blocks of rows are summed about means of their own and merged by

    S = S_a + S_b + (n_a n_b / (n_a + n_b)) (m_a - m_b)(m_a - m_b)'

(Chan, Golub, LeVeque 1979).  A mean is kept as *pilot + offset*, where the pilot is a row of the
class: differences from it are exact or nearly so, which means about a large origin are not.
The last term of the formula is one more row ``sqrt(n_a n_b / n) (m_a - m_b)`` beneath the centred
rows, so that one product adds both.

A feature that is constant over a block, as most pixels of an image are over images of one class,
adds nothing but its share of that last row: the product is of the others only.  Products of some
blocks are worked out side by side, and added up in the order of the blocks.

Diagonals of one class without weights, of no more rows than came before, need one pass: with
z = x - p about the mean p of those n_a before,

    S = sum z z - n o o,    o = sum z / n,

and n o o is at most twice what the merger adds, so that the difference costs next to nothing.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from probml._blocks import row_blocks
from probml._crew import streamed
from probml.distributions._grouping import (
    add_products,
    groups,
    indicator,
    symmetric,
    weights_of_classes,
)
from probml.numerics import FloatArray

__all__ = ["CentredSums"]

_BLOCK_ENTRIES = 3 << 19
"""Entries of a block: 12 MiB, so that a product of it is worth its call."""

_SIDE_BY_SIDE = 1 << 23
"""Entries of the products of blocks that are worked out together; of wider tables, none are."""

_ALONE = 1 << 24
"""Multiplications up to which a second thread would not come to work: half a millisecond."""

_MOSTLY = 0.9
"""Share of features that vary above which leaving out the others would gain nothing."""

_SMALL_BLOCK_ENTRIES = 1 << 18
"""The same where there is no product: 2 MiB."""

_FEW = 8
"""Rows per class below which blocks of mixed classes are cheaper than rows class by class."""

_SMALLEST_SQUARE = 1e-280
"""Squares below this begin to lose digits on their way to zero."""


@dataclass(eq=False)
class CentredSums:
    """Sums of each class about a pilot.

    Attributes
    ----------
    counts : ndarray of shape (n_classes,)
        Weights of the classes.
    pilot, offset : ndarray of shape (n_classes, n_features)
        Their sum is the class mean.
    scatter : ndarray
        About the class means: (n_features, n_features) pooled over classes or
        (n_classes, n_features, n_features), of which the upper triangles count, or the diagonals
        (n_classes, n_features).
    tiny : ndarray of bool of shape (n_features,)
        Whether a deviation from a mean was so small that its square lost digits.
    """

    counts: FloatArray
    pilot: FloatArray
    offset: FloatArray
    scatter: FloatArray
    tiny: NDArray[np.bool_]

    @classmethod
    def zeros(cls, n_classes: int, scatter_shape: tuple[int, ...]) -> Self:
        """Statistics of no rows."""
        d = scatter_shape[-1]
        means = np.zeros((2, n_classes, d))
        return cls(
            np.zeros(n_classes), means[0], means[1], np.zeros(scatter_shape), np.zeros(d, bool)
        )

    @property
    def means(self) -> FloatArray:
        """Class means, (n_classes, n_features)."""
        return self.pilot + self.offset

    def class_scatter(self, k: int) -> FloatArray:
        """Scatter of one class as a whole matrix; only where it is kept by class."""
        return symmetric(self.scatter[k])

    def add_rows(
        self, X: NDArray[Any], y: NDArray[np.intp], weight: FloatArray | None, covariance: str
    ) -> Self:
        """Add rows, in place; sums may come out infinite or NaN where squares overflow."""
        n_classes, (n, d) = len(self.counts), X.shape
        entries = _SMALL_BLOCK_ENTRIES if covariance == "diagonal" else _BLOCK_ENTRIES
        by_class = covariance == "full" or n >= _FEW * n_classes
        blocks: Any = groups(y, d, max(1, entries // d)) if by_class else row_blocks(n, d, entries)
        if by_class and covariance != "diagonal" and 2 * d * d <= _SIDE_BY_SIDE:
            self._add_products_of(X, y, weight, blocks)
            return self
        for rows in blocks:
            labels = y[rows]
            w = None if weight is None else weight[rows]
            if by_class and covariance == "diagonal":
                self._add_squares_of(labels[0], X[rows], w)
                continue
            Z = self._centred(X[rows], labels, w)
            if covariance == "pooled":
                add_products(self.scatter, Z)
            elif covariance == "full":
                add_products(self.scatter[labels[0]], Z)
            else:
                owners = np.concatenate([labels, np.unique(labels)])
                self.scatter += indicator(owners, None, n_classes) @ np.square(Z, out=Z)
        return self

    def _add_products_of(
        self,
        X: NDArray[Any],
        y: NDArray[np.intp],
        weight: FloatArray | None,
        blocks: Iterator[NDArray[np.intp]],
    ) -> None:
        """Add blocks of rows, each of one class."""

        def summed(rows: NDArray[np.intp]) -> tuple[int, _Block]:
            return y[rows[0]], _summed(X[rows], None if weight is None else weight[rows])

        n, d = X.shape
        at_once = _SIDE_BY_SIDE // (d * d)
        few = n * d * d <= _ALONE
        done = (summed(b) for b in blocks) if few else streamed(summed, blocks, at_once)
        missing: dict[int, list[FloatArray]] = {}
        with closing(done):
            for k, block in done:
                S = self.scatter if self.scatter.ndim == 2 else self.scatter[k]
                S[block.features] += block.products
                self.tiny |= block.tiny
                row = self._move_means(np.array([k]), block.total, block.pilot, block.offset)
                missing.setdefault(k, []).append(row)
        for k, rows_of_class in missing.items():
            Z = np.concatenate(rows_of_class)
            add_products(self.scatter if self.scatter.ndim == 2 else self.scatter[k], Z)
            if X.dtype == np.float64:
                self._note_tiny(Z)

    def _add_squares_of(self, k: int, X: NDArray[Any], weight: FloatArray | None) -> None:
        """Add rows of one class, in one pass about its mean so far if it can be."""
        n, before = float(len(X) if weight is None else weight.sum()), self.counts[k]
        if not n:
            return
        in_one_pass = n <= before
        Z = X.astype(np.float64)
        pilot = self.pilot[k] + self.offset[k] if in_one_pass else Z[0].copy()
        Z -= pilot
        # in one order of summation: weights of one change no bit
        offset = (Z.sum(axis=0) if weight is None else np.einsum("i,ij->j", weight, Z)) / n
        if not before:
            self.pilot[k] = pilot
        share = n / (before + n)
        # a pilot that is the sum of the two is rounded
        shift = (pilot - self.pilot[k] - self.offset[k]) + offset
        missing = np.sqrt(before * share) * shift
        self.counts[k] += n
        self.offset[k] += share * shift
        if not in_one_pass:
            Z -= offset
        if weight is not None:
            Z *= np.sqrt(weight)[:, None]
        if X.dtype == np.float64:  # squares of single precision do not vanish in double
            self._note_tiny(Z)
            self._note_tiny(missing[None])
        self.scatter[k] += np.einsum("ij,ij->j", Z, Z)
        self.scatter[k] += np.square(missing)
        if in_one_pass:
            self.scatter[k] -= n * np.square(offset)

    def _centred(
        self, X: NDArray[Any], y: NDArray[np.intp], weight: FloatArray | None
    ) -> FloatArray:
        """Rows about the means of their classes, and beneath them one row for each class
        that leads from its mean here to its mean so far; all times the root of their weights.
        """
        present, first, local = np.unique(y, return_index=True, return_inverse=True)
        n, d = X.shape
        out = np.empty((n + len(present), d))
        Z = out[:n]
        Z[...] = X
        pilot = Z[first]
        Z -= pilot[local]
        counts = weights_of_classes(local, weight, len(present))
        offset = indicator(local, weight, len(present)) @ Z
        offset /= np.where(counts > 0, counts, 1.0)[:, None]
        Z -= offset[local]
        if weight is not None:
            Z *= np.sqrt(weight)[:, None]
        out[n:] = self._move_means(present, counts, pilot, offset)
        if X.dtype == np.float64:  # squares of single precision do not vanish in double
            self._note_tiny(out)
        return out

    def _note_tiny(self, Z: FloatArray) -> None:
        self.tiny |= _is_tiny(Z)

    def _move_means(
        self, k: NDArray[np.intp], counts: FloatArray, pilot: FloatArray, offset: FloatArray
    ) -> FloatArray:
        """Take further rows of classes `k` into the means; rows that the scatter lacks then."""
        fresh = (self.counts[k] == 0) & (counts > 0)
        self.pilot[k[fresh]], self.offset[k[fresh]] = pilot[fresh], offset[fresh]
        shift = (pilot - self.pilot[k]) + (offset - self.offset[k])
        total = self.counts[k] + counts
        share = counts / np.where(total > 0, total, 1.0)
        self.offset[k] += share[:, None] * shift
        between = self.counts[k] * share
        self.counts[k] = total
        missing: FloatArray = np.sqrt(between)[:, None] * shift
        return missing

    def add(self, other: Self, covariance: str) -> Self:
        """Add the rows that `other` stands for, in place."""
        k = np.flatnonzero(other.counts > 0)
        missing = self._move_means(k, other.counts[k], other.pilot[k], other.offset[k])
        self._note_tiny(missing)
        self.scatter += other.scatter
        if covariance == "diagonal":
            self.scatter[k] += np.square(missing)
        elif covariance == "pooled":
            add_products(self.scatter, missing)
        else:
            for i, row in zip(k, missing, strict=True):
                add_products(self.scatter[i], row[None, :])
        self.tiny |= other.tiny
        return self

    def squares(self, covariance: str) -> FloatArray:
        """Diagonals of the scatter, (n_features,) or (n_classes, n_features)."""
        if covariance == "diagonal":
            return self.scatter
        return np.diagonal(self.scatter, axis1=-2, axis2=-1)

    def vanished(self, covariance: str) -> NDArray[np.intp]:
        """Features that vary, but whose squares are too small to tell."""
        largest = np.atleast_2d(self.squares(covariance)).max(axis=0)
        lost = largest < max(1.0, self.counts.sum()) * _SMALLEST_SQUARE
        return np.flatnonzero(self.tiny & lost)


class _Block(NamedTuple):
    """Rows of one class: their total weight (1,), and what they add.

    The mean is the sum of `pilot` and `offset`, (1, n_features); `products` belong in the rows
    `features` of the scatter.
    """

    total: FloatArray
    pilot: FloatArray
    offset: FloatArray
    features: Any
    products: FloatArray
    tiny: NDArray[np.bool_]


def _summed(X: NDArray[Any], weight: FloatArray | None) -> _Block:
    """Sums of rows about their mean."""
    n, d = X.shape
    pilot, offset = X[:1].astype(np.float64), np.zeros((1, d))
    tiny = np.zeros(d, bool)
    share = np.ones(n) if weight is None else weight
    total = share.sum(keepdims=True)
    features: Any = np.flatnonzero(X.min(axis=0) != X.max(axis=0))  # NaN is not equal to itself
    if len(features) > _MOSTLY * d:
        features = slice(None)
    else:
        X = X.take(features, axis=1)
    Z = X.astype(np.float64)
    Z -= Z[0].copy()
    mean = share @ Z / (total if total > 0 else 1.0)
    Z -= mean
    offset[0, features] = mean
    if weight is not None:
        Z *= np.sqrt(weight)[:, None]
    if X.dtype == np.float64:  # squares of single precision do not vanish in double
        tiny[features] = _is_tiny(Z)
    products = np.zeros((Z.shape[1], d))
    products[:, features] = Z.T @ Z
    return _Block(total, pilot, offset, features, products, tiny)


def _is_tiny(Z: FloatArray) -> NDArray[np.bool_]:
    """Columns that differ from zero by so little that their squares lose digits."""
    largest = np.maximum(Z.max(axis=0, initial=0.0), -Z.min(axis=0, initial=0.0))
    tiny: NDArray[np.bool_] = (largest > 0) & (largest < np.sqrt(_SMALLEST_SQUARE))
    return tiny
