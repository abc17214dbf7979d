"""Statistics of Gaussian features of which some entries are missing: each entry on its own."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._blocks import row_blocks
from probml.distributions._grouping import checked_rows, weights_of_classes
from probml.distributions._statistics import GaussianMoments, GaussianStatistics
from probml.numerics import FloatArray

__all__ = ["ObservedStatistics"]

_BLOCK_ENTRIES = 1 << 20


class ObservedStatistics:
    """Weight, mean and scatter of each feature in each class, over the rows that show it.

    Features that are independent given the class are estimated one by one, each from the
    entries that are there (NaN marks those that are not).  Every pair of a class and a feature
    is a class of :class:`GaussianStatistics` with a single feature, so bytes stay exact.

    Parameters
    ----------
    n_classes, n_features : int
        Layout; statistics of one layout can be merged.

    Attributes
    ----------
    class_count : ndarray of shape (n_classes,)
        Weights of the classes, rows with gaps included.

    Examples
    --------
    >>> X, y = np.array([[1.0, np.nan], [3.0, 5.0]]), np.array([0, 0])
    >>> moments = ObservedStatistics(1, 2).update(X, y).finalize()
    >>> moments.counts.tolist(), moments.means.tolist()
    ([[2.0, 1.0]], [[2.0, 5.0]])
    """

    def __init__(self, n_classes: int, n_features: int) -> None:
        self.class_count = np.zeros(n_classes)
        self._entries = GaussianStatistics(n_classes * n_features, 1, "diagonal")

    @property
    def _layout(self) -> tuple[int, int]:
        n_classes = len(self.class_count)
        return n_classes, self._entries.n_classes // n_classes

    def update(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Add rows, in place; after an error nothing has changed.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows are samples; NaN stands for a missing entry.
        y : array_like of int of shape (n_samples,)
            Class indices from 0.
        sample_weight : array_like of shape (n_samples,), optional
            A weight of k stands for k copies.

        Raises
        ------
        ValueError
            If the shapes do not fit, squares overflow, or bytes and other numbers are mixed.
        """
        X = np.asarray(X)
        labels, weight = checked_rows(X, y, sample_weight, *self._layout)
        entries = self._entries.merge(GaussianStatistics(self._entries.n_classes, 1, "diagonal"))
        for rows in row_blocks(X.shape[0], X.shape[1], _BLOCK_ENTRIES):
            self._add(entries, X[rows], labels[rows], None if weight is None else weight[rows])
        self._entries = entries
        self.class_count = self.class_count + weights_of_classes(
            labels, weight, len(self.class_count)
        )
        return self

    def _add(
        self,
        entries: GaussianStatistics,
        X: NDArray[Any],
        y: NDArray[np.intp],
        weight: FloatArray | None,
    ) -> None:
        columns = np.ascontiguousarray(X.T)  # entries of one feature lie together, nearly sorted
        j, i = np.nonzero(~np.isnan(columns))
        if len(i):
            pair = y[i] * X.shape[1] + j
            entries.update(columns[j, i][:, None], pair, None if weight is None else weight[i])

    def merge(self, other: Self) -> Self:
        """Statistics of both sets of rows together.

        Raises
        ------
        ValueError
            If `other` is of another layout or another type of number.
        """
        if not isinstance(other, type(self)) or other._layout != self._layout:
            raise ValueError(
                f"other must be of the same layout: expected {self!r} (got {other!r}); "
                "merge statistics of the same classes and features"
            )
        both = type(self)(*self._layout)
        both._entries = self._entries.merge(other._entries)
        both.class_count = self.class_count + other.class_count
        return both

    def reindexed(self, positions: NDArray[np.intp], n_classes: int) -> Self:
        """The same statistics among more classes: class k becomes class ``positions[k]``."""
        d = self._layout[1]
        new = type(self)(n_classes, d)
        pairs = (np.asarray(positions)[:, None] * d + np.arange(d)).ravel()
        new._entries = self._entries.reindexed(pairs, n_classes * d)
        new.class_count[positions] = self.class_count
        return new

    def finalize(self) -> GaussianMoments:
        """Counts, means and scatter, each (n_classes, n_features)."""
        moments = self._entries.finalize()
        return GaussianMoments(*(part.reshape(self._layout) for part in moments))

    def __repr__(self) -> str:
        n_classes, n_features = self._layout
        return f"ObservedStatistics(n_classes={n_classes}, n_features={n_features})"
