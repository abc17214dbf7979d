"""Sufficient statistics of Gaussian classes: a commutative monoid under `merge`.

What a generative model needs to know of its data are a few sums per class.  Sums of parts add
up to the sums of the whole, so a fit in memory, in chunks, or on many machines gives the same
model: exactly so for rows of bytes, whose sums are integers, and to a few units in the last place
for others.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._crew import shared, shares
from probml._validation import check_choice, check_number
from probml.distributions._byte_sums import MOST, ByteSums, is_whole
from probml.distributions._centred_sums import CentredSums
from probml.distributions._grouping import checked_rows, from_triangle, symmetric, triangle
from probml.numerics import FloatArray

__all__ = ["GaussianMoments", "GaussianStatistics"]

Covariance = Literal["pooled", "full", "diagonal"]


class GaussianMoments(NamedTuple):
    """What statistics of Gaussian classes amount to.

    Attributes
    ----------
    counts : ndarray of shape (n_classes,)
        Sum of the weights of each class.
    means : ndarray of shape (n_classes, n_features)
        Class means; zero for a class without rows.
    scatter : ndarray
        ``sum w (x - m)(x - m)'`` about the class means: (n_features, n_features) summed over
        classes when *pooled*, (n_classes, n_features, n_features) when *full*, and the diagonals
        (n_classes, n_features) when *diagonal*.
    """

    counts: FloatArray
    means: FloatArray
    scatter: FloatArray


class GaussianStatistics:
    """Weight, mean and scatter about the mean of each class.

    Sums of bytes (uint8 rows, whole or no weights) are kept as integers: chunks, orders and trees
    of merges give the same bits.  Other rows are summed in float64, about pilots.  A pickle holds
    the triangles of symmetric matrices, half of their entries.

    Parameters
    ----------
    n_classes, n_features : int
        Layout.
    covariance : {"pooled", "full", "diagonal"}
        What is kept of the scatter.

    Examples
    --------
    >>> X, y = np.array([[0.0], [2.0], [5.0], [9.0], [10.0]]), np.array([0, 0, 1, 1, 1])
    >>> moments = GaussianStatistics(2, 1, "pooled").update(X, y).finalize()
    >>> (moments.scatter / moments.counts.sum()).round(10).tolist()
    [[3.2]]
    >>> parts = [GaussianStatistics.of(X[i], y[i], 2, "pooled") for i in ([0, 3], [1, 2, 4])]
    >>> parts[0].merge(parts[1]).finalize().means.round(10).tolist()
    [[1.0], [8.0]]
    """

    def __init__(self, n_classes: int, n_features: int, covariance: Covariance = "full") -> None:
        check_number("n_classes", n_classes, 1, integer=True)
        check_number("n_features", n_features, 1, integer=True)
        check_choice("covariance", covariance, {"pooled", "full", "diagonal"})
        self.n_classes, self.n_features = int(n_classes), int(n_features)
        self.covariance: Covariance = covariance
        self._of_bytes: bool | None = None  # unknown without rows
        self._sums: Any = CentredSums.zeros(self.n_classes, self._scatter_shape)

    @classmethod
    def of(
        cls,
        X: Any,
        y: ArrayLike,
        n_classes: int,
        covariance: Covariance,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Statistics of rows `X` whose class indices are `y`."""
        X = np.atleast_2d(np.asarray(X))
        return cls(n_classes, X.shape[1], covariance).update(X, y, sample_weight)

    @classmethod
    def from_moments(cls, moments: GaussianMoments, covariance: Covariance) -> Self:
        """Statistics of rows of which only the moments are left."""
        n_classes, d = moments.means.shape
        new = cls(n_classes, d, covariance)
        new._sums = CentredSums(
            moments.counts.astype(np.float64),
            moments.means.astype(np.float64),
            np.zeros(moments.means.shape),
            moments.scatter.astype(np.float64),
            np.zeros(d, bool),
        )
        return new

    @property
    def _scatter_shape(self) -> tuple[int, ...]:
        d = self.n_features
        shapes = {"pooled": (d, d), "full": (self.n_classes, d, d), "diagonal": (self.n_classes, d)}
        return shapes[self.covariance]

    def _like(self, sums: Any, of_bytes: bool | None) -> Self:
        new = type(self)(1, 1, self.covariance)
        new.n_classes, new.n_features = self.n_classes, self.n_features
        new._sums, new._of_bytes = sums, of_bytes
        return new

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_sums": self._with_products(triangle)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._sums = self._with_products(from_triangle)

    def _with_products(self, form: Callable[[FloatArray], FloatArray]) -> Any:
        """The sums with their matrices of products in another form."""
        if self.covariance == "diagonal":
            return self._sums
        matrices = vars(self._sums)[self._products]
        pooled = self.covariance == "pooled"
        changed = form(matrices) if pooled else np.stack([form(S) for S in matrices])
        return replace(self._sums, **{self._products: changed})

    @property
    def _products(self) -> str:
        """Name of the sums of products."""
        return "products" if isinstance(self._sums, ByteSums) else "scatter"

    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def update(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Add rows, in place; after an error nothing has changed.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Rows are samples; uint8 rows are summed exactly.
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
        labels, weight = checked_rows(X, y, sample_weight, self.n_classes, self.n_features)
        of_bytes = X.dtype == np.uint8
        self._check_kind("X", of_bytes)
        kind = ByteSums if of_bytes and is_whole(weight) else CentredSums
        if not of_bytes and X.dtype not in (np.float64, np.float32):
            X = X.astype(np.float64)
        part = self._sums_of(kind, X, labels, weight)
        if isinstance(part, CentredSums):
            _check_rows(X, part, self.covariance)
        first = not self._sums.counts.any()
        self._sums = part if first else self._joined(part, in_place=True)
        self._of_bytes = of_bytes
        return self

    def _sums_of(
        self, kind: Any, X: NDArray[Any], y: NDArray[np.intp], weight: FloatArray | None
    ) -> Any:
        """Sums of rows; where no product of matrices keeps all cores busy, of shares of them."""

        def part(rows: slice) -> Any:
            sums = kind.zeros(self.n_classes, self._scatter_shape)
            w = None if weight is None else weight[rows]
            return sums.add_rows(X[rows], y[rows], w, self.covariance)

        whole, *others = shared(
            part, shares(*X.shape) if self.covariance == "diagonal" else [slice(None)]
        )
        for other in others:
            whole = whole.add(other, self.covariance) if kind is CentredSums else whole.add(other)
        return whole

    def _check_kind(self, name: str, of_bytes: bool | None) -> None:
        if None not in (self._of_bytes, of_bytes) and self._of_bytes != of_bytes:
            kinds = {True: "bytes (uint8)", False: "floating-point numbers"}
            raise ValueError(
                f"{name} must hold {kinds[bool(self._of_bytes)]} like the rows before it "
                f"(got {kinds[bool(of_bytes)]}); convert all rows to one type and one scale"
            )

    def _joined(self, part: Any, *, in_place: bool = False) -> Any:
        """Sums of both, in the exact form if both have it and integers stay small enough."""
        mine = self._sums
        exact = isinstance(mine, ByteSums) and isinstance(part, ByteSums)
        if exact and mine.counts.sum() + part.counts.sum() <= MOST:
            return (mine if in_place else _copy(mine)).add(part)
        mine, part = self._in_floats(mine), self._in_floats(part)
        _check_distance(mine, part, self.covariance)
        return (mine if in_place and mine is self._sums else _copy(mine)).add(part, self.covariance)

    def _in_floats(self, sums: Any) -> CentredSums:
        if isinstance(sums, CentredSums):
            return sums
        pilot, offset = sums.centre()
        tiny = np.zeros(self.n_features, bool)
        return CentredSums(sums.counts.copy(), pilot, offset, sums.scatter(self.covariance), tiny)

    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def merge(self, other: Self) -> Self:
        """Statistics of both sets of rows together.

        Raises
        ------
        ValueError
            If `other` has another layout or is of another type of number, or the means are so
            far apart that the square of the distance overflows.
        """
        if not isinstance(other, type(self)) or repr(other) != repr(self):
            raise ValueError(
                f"other must be of the same layout: expected {self!r} (got {other!r}); "
                "merge statistics of the same classes, features and covariance"
            )
        self._check_kind("other", other._of_bytes)
        if not other._sums.counts.any():
            return self._like(_copy(self._sums), self._of_bytes)
        if not self._sums.counts.any():
            return self._like(_copy(other._sums), other._of_bytes)
        return self._like(self._joined(other._sums), self._of_bytes)

    def reindexed(self, positions: NDArray[np.intp], n_classes: int) -> Self:
        """The same statistics among more classes: class k becomes class ``positions[k]``.

        Itself where no class moves.
        """
        if np.array_equal(positions, np.arange(n_classes)):
            return self
        new = type(self)(n_classes, self.n_features, self.covariance)
        new._of_bytes = self._of_bytes
        new._sums = type(self._sums).zeros(n_classes, new._scatter_shape)
        for name, value in vars(self._sums).items():
            if name in self._unlabelled:
                setattr(new._sums, name, value.copy())
            else:
                getattr(new._sums, name)[positions] = value
        return new

    @property
    def _unlabelled(self) -> set[str]:
        """Names of the sums that have no axis of classes."""
        return {"tiny"} | ({"scatter", "products"} if self.covariance == "pooled" else set())

    def coarsened(self, covariance: Covariance) -> Self:
        """Statistics of the same rows that keep less: of *full*, the pooled or the diagonals."""
        if covariance == self.covariance:
            return self
        if self.covariance != "full":
            raise ValueError(
                f"covariance must be {self.covariance!r} (got {covariance!r}), which is all that "
                "is kept; gather full statistics to have every kind"
            )
        kept = vars(self._sums)[self._products]
        less = kept.sum(axis=0) if covariance == "pooled" else np.einsum("kjj->kj", kept).copy()
        new = type(self)(self.n_classes, self.n_features, covariance)
        new._of_bytes = self._of_bytes
        new._sums = replace(self._sums, **{self._products: less})
        return new

    def finalize(self) -> GaussianMoments:
        """Counts, means and scatter.

        Raises
        ------
        ValueError
            If a feature varies so little that its squares vanish.
        """
        return GaussianMoments(self.counts, self.means, self.scatter)

    def check_squares(self) -> None:
        """Raise :class:`ValueError` if squares vanished where a feature does vary."""
        if not isinstance(self._sums, CentredSums):
            return
        vanished = self._sums.vanished(self.covariance)
        if vanished.size:
            raise ValueError(
                "X holds a feature that varies so little that squares vanish "
                f"(feature {vanished[0]}); rescale the features"
            )

    @property
    def counts(self) -> FloatArray:
        """Sum of the weights of each class, (n_classes,)."""
        counts: FloatArray = self._sums.counts.copy()
        return counts

    @property
    def means(self) -> FloatArray:
        """Class means, (n_classes, n_features); zero for a class without rows."""
        means: FloatArray = self._sums.means
        return means

    @property
    def scatter(self) -> FloatArray:
        """Scatter about the class means, in the shape of its kind."""
        self.check_squares()
        if self.covariance == "full":
            return np.stack([self.class_scatter(k) for k in range(self.n_classes)])
        if isinstance(self._sums, ByteSums):
            return self._sums.scatter(self.covariance)
        scatter: FloatArray = self._sums.scatter
        return symmetric(scatter) if self.covariance == "pooled" else scatter.copy()

    def class_scatter(self, k: int) -> FloatArray:
        """Scatter of class k, (n_features, n_features); only where it is kept by class."""
        scatter: FloatArray = self._sums.class_scatter(k)
        return scatter

    def __repr__(self) -> str:
        return (
            f"GaussianStatistics(n_classes={self.n_classes}, n_features={self.n_features}, "
            f"covariance={self.covariance!r})"
        )


def _copy(sums: Any) -> Any:
    return type(sums)(**{name: value.copy() for name, value in vars(sums).items()})


def _check_rows(X: NDArray[Any], part: CentredSums, covariance: str) -> None:
    """Raise if squares of these rows overflowed."""
    if np.isfinite(part.squares(covariance)).all() and np.isfinite(part.means).all():
        return
    if not np.isfinite(X).all():
        raise ValueError("X must be finite (got NaN or inf); drop or impute such rows")
    raise ValueError(
        "X holds values so large that their squares overflow "
        f"(largest: {np.abs(X).max():.3g}); rescale the features"
    )


def _check_distance(mine: CentredSums, part: CentredSums, covariance: str) -> None:
    """Raise if the weights or the squares of both together would overflow."""
    if not np.isfinite(mine.counts.sum() + part.counts.sum()):
        raise ValueError("sample_weight must have a finite sum over all parts; divide the weights")
    both = (mine.counts > 0) & (part.counts > 0)
    shift = (mine.means - part.means)[both]
    weight = np.minimum(mine.counts, part.counts)[both, None]
    ours = sum(np.atleast_2d(some.squares(covariance)).max(axis=0) for some in (mine, part))
    if not np.isfinite(ours + (weight * np.square(shift)).sum(axis=0)).all():
        raise ValueError(
            "the rows to be merged are so far apart that squares overflow "
            f"(largest distance of means: {np.abs(shift).max(initial=0.0):.3g}); "
            "rescale the features"
        )
