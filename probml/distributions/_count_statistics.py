"""Counts of labelled data: a commutative monoid under `merge`, exact for whole numbers."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._blocks import row_blocks
from probml._crew import shared, shares
from probml._validation import check_number
from probml.distributions._grouping import checked_rows, indicator, weights_of_classes
from probml.numerics import FloatArray

__all__ = ["CountStatistics"]

_BYTES_IN_SINGLE = 1 << 16
"""Bytes whose sum single precision holds: 2^24 / 2^8."""

_COUNTING_ENTRIES = 1 << 19


class CountStatistics:
    """Weight of each class and weighted sums of its features.

    Parameters
    ----------
    n_classes, n_features : int
        Layout; statistics of one layout can be merged.

    Attributes
    ----------
    class_count : ndarray of shape (n_classes,)
    feature_count : ndarray of shape (n_classes, n_features)

    Examples
    --------
    >>> X, y = np.array([[1, 0], [1, 1]]), np.array([0, 1])
    >>> CountStatistics.of(X, y, 2).feature_count.tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """

    def __init__(self, n_classes: int, n_features: int) -> None:
        check_number("n_classes", n_classes, 1, integer=True)
        check_number("n_features", n_features, 1, integer=True)
        self.class_count = np.zeros(n_classes)
        self.feature_count = np.zeros((n_classes, n_features))

    @classmethod
    def of(
        cls, X: Any, y: ArrayLike, n_classes: int, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Statistics of rows `X` (dense or CSR) whose class indices are `y`."""
        return cls(n_classes, X.shape[1]).update(X, y, sample_weight)

    def update(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Add rows, in place; after an error nothing has changed.

        Parameters
        ----------
        X : ndarray or CSR array of shape (n_samples, n_features)
            Rows are samples.
        y : array_like of int of shape (n_samples,)
            Class indices from 0.
        sample_weight : array_like of shape (n_samples,), optional
            A weight of k stands for k copies.

        Raises
        ------
        ValueError
            If the shapes do not fit, or a sum overflows.
        """
        labels, weight = checked_rows(X, y, sample_weight, *self.feature_count.shape)
        return self.read(X, labels, weight, lambda rows: rows)

    def read(
        self,
        X: Any,
        y: NDArray[np.intp],
        weight: FloatArray | None,
        counted: Callable[[Any], Any],
    ) -> Self:
        """Add what `counted` makes of checked rows, in place; after an error nothing has changed.

        It may make them wider.  Dense rows are counted in blocks, which all cores share.
        """
        sums = _class_sums(X, y, weight, self.feature_count.shape, counted)
        with np.errstate(over="ignore", invalid="ignore"):
            self._add(weights_of_classes(y, weight, len(self.class_count)), sums)
        return self

    def add(self, other: Self) -> Self:
        """Add the rows that `other` stands for, in place; after an error nothing has changed.

        Raises
        ------
        ValueError
            If `other` has another layout, or a sum overflows.
        """
        if not isinstance(other, type(self)) or (
            other.feature_count.shape != self.feature_count.shape
        ):
            raise ValueError(
                f"other must be of the same layout: expected {self!r} (got {other!r}); "
                "merge statistics of the same classes and features"
            )
        with np.errstate(over="ignore"):
            self._add(other.class_count, other.feature_count)
        return self

    def merge(self, other: Self) -> Self:
        """Statistics of both sets of rows together, as a new object; raises as `add` does."""
        return type(self)(*self.feature_count.shape).add(self).add(other)

    def reindexed(self, positions: NDArray[np.intp], n_classes: int) -> Self:
        """The same statistics among more classes: class k becomes class ``positions[k]``."""
        out = type(self)(n_classes, self.feature_count.shape[1])
        out.class_count[positions] = self.class_count
        out.feature_count[positions] = self.feature_count
        return out

    def finalize(self) -> tuple[FloatArray, FloatArray]:
        """Copies of `class_count` and `feature_count`."""
        return self.class_count.copy(), self.feature_count.copy()

    def _add(self, class_count: FloatArray, feature_count: FloatArray) -> None:
        classes, features = self.class_count + class_count, self.feature_count + feature_count
        if not (np.isfinite(classes).all() and np.isfinite(features.sum(axis=1)).all()):
            raise ValueError(
                "in X, counts must have finite sums (got inf or NaN); "
                "divide X or sample_weight by a constant"
            )
        self.class_count, self.feature_count = classes, features

    def __repr__(self) -> str:
        n_classes, n_features = self.feature_count.shape
        return f"CountStatistics(n_classes={n_classes}, n_features={n_features})"


def _class_sums(
    X: Any,
    y: NDArray[np.intp],
    weight: FloatArray | None,
    shape: tuple[int, ...],
    counted: Callable[[Any], Any],
) -> FloatArray:
    """Weighted sum of what is counted in the rows of each class, exact for bytes."""

    def part(rows: slice) -> FloatArray:
        total = np.zeros(shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for i in row_blocks(rows.stop - rows.start, X.shape[1], _COUNTING_ENTRIES):
                near = slice(rows.start + i.start, rows.start + i.stop)
                w = None if weight is None else weight[near]
                _add_block(total, counted(X[near]), y[near], w)
        return total

    if hasattr(X, "tocsr"):  # its shape says nothing about the work
        with np.errstate(over="ignore", invalid="ignore"):
            sums = indicator(y, weight, shape[0]) @ counted(X).astype(np.float64)
        dense: FloatArray = sums.toarray()
        return dense
    parts = shared(part, shares(*X.shape))
    with np.errstate(over="ignore", invalid="ignore"):
        return sum(parts[1:], parts[0])


def _add_block(
    total: FloatArray, X: NDArray[Any], y: NDArray[np.intp], weight: FloatArray | None
) -> None:
    """Add rows that fit into the processor's memory."""
    small = weight is None and X.dtype in (np.uint8, np.bool_)
    dtype: Any = np.float32 if small else np.float64
    for i in row_blocks(len(y), 1, entries=_BYTES_IN_SINGLE):
        of_classes = indicator(y[i], None if weight is None else weight[i], len(total), dtype)
        total += of_classes @ X[i].astype(dtype, copy=False)
