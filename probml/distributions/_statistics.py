"""Sufficient statistics of labelled data: a commutative monoid under `merge`.

What a generative model needs to know of its data are a few sums per class.  Sums of parts add
up to the sums of the whole, so a fit in memory, in chunks, or on many machines gives the same
model.  Scatter is kept *about the class means*, and merged by

    S = S_a + S_b + (n_a n_b / (n_a + n_b)) (m_a - m_b)(m_a - m_b)'

(Chan, Golub, LeVeque 1979), which does not cancel when means are large.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from probml._blocks import row_blocks
from probml.numerics import FloatArray

__all__ = ["CountStatistics", "GaussianStatistics"]

_SMALLEST_SQUARE = 1e-280
"""Squares below this begin to lose digits on their way to zero."""

_EPS = float(np.finfo(np.float64).eps)

Covariance = Literal["pooled", "full", "diagonal"]


def _indicator(y: NDArray[np.intp], weight: FloatArray | None, n_classes: int) -> Any:
    """(n_classes, n_samples) matrix whose product with X sums the rows of each class."""
    n = len(y)
    entries = np.ones(n) if weight is None else weight
    return csr_array((entries, (y, np.arange(n))), shape=(n_classes, n))


def _class_sums(
    X: Any,
    y: NDArray[np.intp],
    weight: FloatArray | None,
    n_classes: int,
    origin: FloatArray | None = None,
) -> FloatArray:
    """Weighted sum of the rows of each class about `origin`, in float64."""
    total = np.zeros((n_classes, X.shape[1]))
    for rows in row_blocks(*X.shape):
        block_weight = None if weight is None else weight[rows]
        block = X[rows].astype(np.float64, copy=False) if origin is None else X[rows] - origin
        part = _indicator(y[rows], block_weight, n_classes) @ block
        total += part.toarray() if hasattr(part, "toarray") else part
    return total


def _class_weights(y: NDArray[np.intp], weight: FloatArray | None, n_classes: int) -> FloatArray:
    counts: FloatArray = np.bincount(y, weight, n_classes).astype(np.float64)
    return counts


@dataclass(frozen=True, eq=False)
class CountStatistics:
    """Weight of each class and weighted sums of its features.

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

    class_count: FloatArray
    feature_count: FloatArray

    @classmethod
    def of(
        cls, X: Any, y: NDArray[np.intp], n_classes: int, weight: FloatArray | None = None
    ) -> Self:
        """Statistics of rows `X` (dense or CSR) whose classes are `y`."""
        with np.errstate(over="ignore"):
            return cls._checked(
                _class_weights(y, weight, n_classes), _class_sums(X, y, weight, n_classes)
            )

    def merge(self, other: Self) -> Self:
        """Statistics of both sets of rows together."""
        with np.errstate(over="ignore"):
            return self._checked(
                self.class_count + other.class_count, self.feature_count + other.feature_count
            )

    @classmethod
    def _checked(cls, class_count: FloatArray, feature_count: FloatArray) -> Self:
        if not (np.isfinite(class_count).all() and np.isfinite(feature_count.sum(axis=1)).all()):
            raise ValueError(
                "counts must have finite sums (got inf); divide X or sample_weight by a constant"
            )
        return cls(class_count, feature_count)


@dataclass(frozen=True, eq=False)
class GaussianStatistics:
    """Weight, mean and scatter about the mean of each class.

    Attributes
    ----------
    covariance : {"pooled", "full", "diagonal"}
        What is kept of the scatter.
    counts : ndarray of shape (n_classes,)
        Sum of the weights of each class.
    means : ndarray of shape (n_classes, n_features)
        Class means; zero for a class without rows.
    scatter : ndarray
        ``sum w (x - m)(x - m)'`` about the class means: (n_features, n_features) summed over
        classes when *pooled*, (n_classes, n_features, n_features) when *full*, and the diagonals
        (n_classes, n_features) when *diagonal*.

    Examples
    --------
    >>> X, y = np.array([[0.0], [2.0], [5.0], [9.0], [10.0]]), np.array([0, 0, 1, 1, 1])
    >>> statistics = GaussianStatistics.of(X, y, 2, "pooled")
    >>> (statistics.scatter / statistics.counts.sum()).round(10).tolist()
    [[3.2]]
    """

    covariance: Covariance
    counts: FloatArray
    means: FloatArray
    scatter: FloatArray

    @classmethod
    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def of(
        cls,
        X: Any,
        y: NDArray[np.intp],
        n_classes: int,
        covariance: Covariance,
        weight: FloatArray | None = None,
    ) -> Self:
        """Statistics of rows `X` whose classes are `y`.

        Raises
        ------
        ValueError
            If squares of the centred features overflow or vanish.
        """
        scatter_of = {"pooled": _pooled_scatter, "full": _full_scatter, "diagonal": _variances}
        counts = _class_weights(y, weight, n_classes)
        # About the first row, a constant feature has mean and scatter without rounding.
        origin = X[0].astype(np.float64)
        means = _class_sums(X, y, weight, n_classes, origin)
        means /= np.where(counts > 0, counts, 1.0)[:, None]
        means[counts > 0] += origin
        scatter = scatter_of[covariance](X, y, weight, means)
        _check_squares(X, scatter, covariance)
        rounding = _rounding_of_means(means, means - origin, np.bincount(y, minlength=n_classes))
        floor = counts[:, None] * np.square(rounding)
        if covariance == "diagonal":
            scatter[scatter <= floor] = 0.0
        elif covariance == "pooled":
            _drop_rounding(scatter, floor.sum(axis=0))
        else:
            for class_scatter, class_floor in zip(scatter, floor, strict=True):
                _drop_rounding(class_scatter, class_floor)
        return cls(covariance, counts, means, scatter)

    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def merge(self, other: Self) -> Self:
        """Statistics of both sets of rows together; both must be of the same kind.

        Raises
        ------
        ValueError
            If their means are so far apart that the square of the distance overflows.
        """
        counts = self.counts + other.counts
        share = other.counts / np.where(counts > 0, counts, 1.0)
        shift = other.means - self.means
        between = self.counts * share
        if self.covariance == "diagonal":
            correction = between[:, None] * shift**2
        elif self.covariance == "pooled":
            correction = (shift * between[:, None]).T @ shift
        else:
            correction = between[:, None, None] * shift[:, :, None] * shift[:, None, :]
        scatter = self.scatter + other.scatter + correction
        if not np.isfinite(scatter).all():
            raise ValueError(
                "the rows to be merged are so far apart that squares overflow "
                f"(largest distance of means: {np.abs(shift).max():.3g}); rescale the features"
            )
        return type(self)(self.covariance, counts, self.means + share[:, None] * shift, scatter)


def _check_squares(X: NDArray[Any], scatter: FloatArray, covariance: Covariance) -> None:
    """Raise if squares overflowed, or vanished where a feature does vary."""
    if not np.isfinite(scatter).all():
        raise ValueError(
            "X holds values so large that their squares overflow "
            f"(largest: {np.abs(X).max():.3g}); rescale the features"
        )
    if X.dtype != np.float64:
        return  # squares of single precision do not vanish in double
    squares = scatter if covariance == "diagonal" else np.diagonal(scatter, axis1=-2, axis2=-1)
    vanished = np.atleast_2d(squares).max(axis=0) < len(X) * _SMALLEST_SQUARE
    spread = np.ptp(X[:, vanished], axis=0)
    tiny = spread[(spread > 0) & (spread < np.sqrt(_SMALLEST_SQUARE))]
    if tiny.size:
        raise ValueError(
            "X holds a feature that varies so little that squares vanish "
            f"(its range: {tiny[0]:.3g}); rescale the features"
        )


def _rounding_of_means(
    means: FloatArray, about_origin: FloatArray, n_rows: NDArray[np.intp]
) -> FloatArray:
    """Bound on the error of the means: of a sum of n terms about the origin, and of storing it."""
    return _EPS * (n_rows[:, None] * np.abs(about_origin) + 4.0 * np.abs(means))


def _drop_rounding(scatter: FloatArray, floor: FloatArray) -> None:
    """Set to zero what floating point cannot tell from a constant feature of that mean."""
    constant = scatter.diagonal() <= floor
    scatter[constant] = scatter[:, constant] = 0.0


def _centred(
    X: Any, y: NDArray[np.intp], weight: FloatArray | None, means: FloatArray
) -> FloatArray:
    """Rows about the means of their classes, times the square root of their weights."""
    Z: FloatArray = X - means[y]
    if weight is not None:
        Z *= np.sqrt(weight)[:, None]
    return Z


def _pooled_scatter(
    X: Any, y: NDArray[np.intp], weight: FloatArray | None, means: FloatArray
) -> FloatArray:
    scatter = np.zeros((X.shape[1], X.shape[1]))
    for rows in row_blocks(*X.shape):
        Z = _centred(X[rows], y[rows], None if weight is None else weight[rows], means)
        scatter += Z.T @ Z
    return scatter


def _full_scatter(
    X: Any, y: NDArray[np.intp], weight: FloatArray | None, means: FloatArray
) -> FloatArray:
    members = [np.flatnonzero(y == k) for k in range(len(means))]
    return np.stack(
        [_pooled_scatter(X[i], y[i], None if weight is None else weight[i], means) for i in members]
    )


def _variances(
    X: Any, y: NDArray[np.intp], weight: FloatArray | None, means: FloatArray
) -> FloatArray:
    scatter = np.zeros_like(means)
    for rows in row_blocks(*X.shape):
        Z = _centred(X[rows], y[rows], None, means)
        block_weight = None if weight is None else weight[rows]
        scatter += _indicator(y[rows], block_weight, len(means)) @ np.square(Z, out=Z)
    return scatter
