"""The objective of logistic regression: a sum over rows, whoever holds them.

    J(W, b) = sum_n v_n (-log p(y_n | x_n)) + (lambda / 2) ||W||^2,    sum_n v_n = 1,

with gradient ``X' diag(v) (P - T) + lambda W`` (catalogue LR-06, LR-09).  All that is needed of the
rows are a few sums, so that parts of them may lie on different machines.

The Hessian couples the classes, but its blocks on the diagonal say most of what there is to say
about scale and correlation of the features.  Their inverses, from a sample of the rows, are the
coordinates in which a descent is fast.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import issparse

from probml._blocks import row_blocks
from probml.classifiers._hessian_blocks import Blocks, split
from probml.linalg import power_iteration
from probml.losses import binary_cross_entropy, l2_penalty, softmax_cross_entropy
from probml.numerics import FloatArray, softmax

__all__ = ["Curvature", "Objective", "RowsObjective"]

_MOST_ENTRIES = 1 << 25
"""Entries of all blocks of the Hessian; beyond, the classes share one."""

_SAMPLES_PER_FEATURE = 8
_DOUBT = 0.1
"""Of what a sample says of a feature's curvature; it may have missed what is rare."""
_FEWEST_SAMPLES = 2000


class Curvature(NamedTuple):
    """Sums that blocks of the Hessian are made of; one block for each output, or one for all.

    Attributes
    ----------
    weight : ndarray of shape (n_blocks,)
        ``sum h``, with ``h = v p (1 - p)``.
    first : ndarray of shape (n_blocks, n_features)
        ``sum h (x - c)`` about the centre c.
    second : ndarray of shape (n_blocks, n_features, n_features)
        ``sum h (x - c)(x - c)'``.
    total : ndarray of shape (1,)
        ``sum v`` of the rows that were looked at.
    """

    weight: FloatArray
    first: FloatArray
    second: FloatArray
    total: FloatArray


class Objective(ABC):
    """J and its gradient as functions of one vector: W (n_features, n_outputs), then b.

    A subclass writes the sums over rows; weights of rows sum to one.
    """

    def __init__(
        self,
        n_rows: int,
        n_features: int,
        n_classes: int,
        *,
        strength: float,
        fit_intercept: bool,
    ) -> None:
        self.n_rows, self.n_features = n_rows, n_features
        self.n_outputs = 1 if n_classes == 2 else n_classes
        self.strength, self.fit_intercept = strength, fit_intercept
        self.size = (n_features + 1) * self.n_outputs
        wanted = max(_FEWEST_SAMPLES, _SAMPLES_PER_FEATURE * n_features)
        self._share = min(1.0, wanted / n_rows)

    @abstractmethod
    def cross_entropy(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Weighted sum of the cross-entropies, and its gradient."""

    @abstractmethod
    def mean(self) -> FloatArray:
        """Weighted mean of the rows, (n_features,)."""

    @abstractmethod
    def squares(self) -> FloatArray:
        """Weighted mean of the squares of the features, (n_features,)."""

    @abstractmethod
    def gram_times(self, u: FloatArray) -> FloatArray:
        """Weighted sum of ``x x' u`` for rows with a one at their end, (n_features + 1,)."""

    @abstractmethod
    def curvature(
        self, theta: FloatArray, centre: FloatArray, n_blocks: int, share: float
    ) -> Curvature:
        """Sums of a share of the rows, spread evenly over them."""

    @abstractmethod
    def intercept_sums(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian of J by the intercepts."""

    @abstractmethod
    def least_margin(self, theta: FloatArray) -> float:
        """Least lead of the score of a row's own class over the others."""

    def split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Views of W and b in the parameter vector."""
        return split(theta, self.n_outputs)

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = self.cross_entropy(theta)
        penalty, slope = l2_penalty(self.split(theta)[0], self.strength)
        dW, db = self.split(gradient)
        dW += slope
        db *= self.fit_intercept
        return value + penalty, gradient

    @property
    def bound(self) -> float:
        """Boehning's factor c: the Hessian is nowhere above ``c I (x) X'X + lambda I``."""
        return 0.25 if self.n_outputs == 1 else 0.5

    def largest_curvature(
        self, gram_times: Callable[[FloatArray], FloatArray] | None = None
    ) -> Any:
        """Upper bound on the eigenvalues of the Hessian without lambda.

        Of parameters in other coordinates, if it is told how to multiply by their Gram matrix.
        """
        try:
            found = power_iteration(gram_times or self.gram_times, self.n_features + 1)
        except ValueError as error:
            raise FloatingPointError("squares of the features overflow or vanish") from error
        # The iteration stops within 0.1 % of the largest eigenvalue; 1 % keeps clear of it.
        return 1.01 * self.bound * found.value

    @cached_property
    def _centre(self) -> FloatArray:
        """What features are taken about: without intercepts, zero."""
        centre = self.mean() if self.fit_intercept else np.zeros(self.n_features)
        if not np.isfinite(centre).all():
            raise FloatingPointError("sums of the features overflow")
        return centre

    def blocks(self, theta: FloatArray) -> Blocks:
        """Blocks of the Hessian near `theta`, lambda included, from a sample of the rows."""
        fits = self.n_outputs * self.n_features**2 <= _MOST_ENTRIES
        centre = self._centre
        started = bool(self.split(theta)[0].any())
        n_blocks = self.n_outputs if fits and started else 1
        sums = self.curvature(theta, centre, n_blocks, self._share)
        # an output that is sure of every row has no curvature left, and is given a little
        weights = np.maximum(sums.weight / sums.total, 1e-10)
        first, second = sums.first / sums.total, sums.second / sums.total
        shifts = first / weights[:, None] * self.fit_intercept
        for M, shift, weight in zip(second, shifts, weights, strict=True):
            M -= weight * np.outer(shift, shift)
            trace = float(M.trace())
            if not np.isfinite(trace):
                raise FloatingPointError("squares of the features overflow")
            # The share of the trace covers rounding, and stands in for an absent penalty.
            diagonal = M.diagonal().clip(min=0.0)
            rest = self.strength + 1e-12 * trace / len(M) + 1e-300
            M.flat[:: len(M) + 1] = (1.0 + _DOUBT * (self._share < 1.0)) * diagonal + rest
        return Blocks(second, centre + shifts, weights)


class RowsObjective(Objective):
    """The objective of rows in memory or in a file, read block by block in their precision.

    Bytes are worked on in float32.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_samples, n_features)
    y : ndarray of int of shape (n_samples,)
        Class indices.
    weight : ndarray of shape (n_samples,)
    n_classes : int
    strength : float
        lambda.
    fit_intercept : bool
    """

    def __init__(
        self,
        X: Any,
        y: NDArray[np.intp],
        weight: FloatArray,
        n_classes: int,
        *,
        strength: float,
        fit_intercept: bool,
    ) -> None:
        n, d = X.shape
        super().__init__(n, d, n_classes, strength=strength, fit_intercept=fit_intercept)
        self._dtype: DTypeLike = np.float64 if X.dtype == np.float64 else np.float32
        self._X, self._y = X, y
        self._weight: FloatArray = weight.astype(self._dtype)

    def _blocks_of_rows(self, share: float = 1.0) -> Iterator[tuple[Any, Any]]:
        """Blocks of rows with their indices; of a share, every so many-th row."""
        n, d = self._X.shape
        if share == 1.0:
            for rows in row_blocks(n, d):
                yield rows, self._X[rows].astype(self._dtype, copy=False)
            return
        kept = np.unique((np.arange(max(1, round(share * n))) / share).astype(np.intp))
        kept = kept[kept < n]
        for block in row_blocks(len(kept), d):
            yield kept[block], self._X[kept[block]].astype(self._dtype, copy=False)

    def cross_entropy(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Weighted sum of the cross-entropies, and its gradient."""
        value, gradient = 0.0, np.zeros_like(theta)
        dW, db = self.split(gradient)
        W, b = (part.astype(self._dtype) for part in self.split(theta))
        for rows, X in self._blocks_of_rows():
            loss, dZ = self._of_scores(X @ W + b, rows)
            value += loss
            dW += X.T @ dZ
            db += dZ.sum(axis=0)
        return value, gradient

    def _of_scores(self, Z: FloatArray, rows: Any) -> tuple[float, FloatArray]:
        y, weight = self._y[rows], self._weight[rows]
        if self.n_outputs > 1:
            return softmax_cross_entropy(Z, y, weight)
        loss, dz = binary_cross_entropy(Z[:, 0], y.astype(self._dtype), weight)
        return loss, dz[:, None]

    def of_batch(self, theta: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
        """Gradient of J as a few rows tell it."""
        gradient = np.empty_like(theta)
        dW, db = self.split(gradient)
        W, b = self.split(theta)
        X = self._X[rows].astype(self._dtype, copy=False)
        dZ = self._of_scores(X @ W.astype(self._dtype) + b.astype(self._dtype), rows)[1]
        total = max(float(self._weight[rows].sum()), 1e-300)
        dW[...] = (X.T @ dZ) / total + self.strength * W
        db[...] = dZ.sum(axis=0) / total * self.fit_intercept
        return gradient

    def intercept_sums(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian of J by the intercepts."""
        K = self.n_outputs
        slope, curvature = np.zeros(K), np.zeros((K, K))
        W, b = self.split(theta)
        W = W.astype(self._dtype)
        for rows, X in self._blocks_of_rows():
            Z = (X @ W).astype(np.float64) + b
            P, weight = _probabilities(Z), self._weight[rows].astype(np.float64)
            weighted = P * weight[:, None]
            curvature += np.diag(weighted.sum(axis=0)) - weighted.T @ P
            slope += self._of_scores(Z, rows)[1].sum(axis=0)
        return slope, curvature

    def mean(self) -> FloatArray:
        """Weighted mean of the rows, (n_features,)."""
        mean = np.zeros(self.n_features)
        for rows, X in self._blocks_of_rows():
            mean += self._weight[rows] @ X
        return mean

    def squares(self) -> FloatArray:
        """Weighted mean of the squares of the features, (n_features,)."""
        squares = np.zeros(self.n_features)
        for rows, X in self._blocks_of_rows():
            squares += self._weight[rows] @ (X.multiply(X) if issparse(X) else np.square(X))
        return squares

    def gram_times(self, u: FloatArray) -> FloatArray:
        """Weighted sum of ``x x' u`` for rows with a one at their end, (n_features + 1,)."""
        total, u = np.zeros(len(u)), u.astype(self._dtype)
        for rows, X in self._blocks_of_rows():
            projected = (X @ u[:-1] + self.fit_intercept * u[-1]) * self._weight[rows]
            total[:-1] += X.T @ projected
            total[-1] += self.fit_intercept * projected.sum()
        return total

    def curvature(
        self, theta: FloatArray, centre: FloatArray, n_blocks: int, share: float
    ) -> Curvature:
        """Sums of a share of the rows, spread evenly over them."""
        d = self.n_features
        sums = Curvature(
            np.zeros(n_blocks), np.zeros((n_blocks, d)), np.zeros((n_blocks, d, d)), np.zeros(1)
        )
        W, b = (part.astype(self._dtype) for part in self.split(theta))
        c = centre.astype(self._dtype)
        for rows, X in self._blocks_of_rows(share):
            weight = self._weight[rows]
            sums.total[0] += weight.sum()
            P = _probabilities(X @ W + b)
            H = (P * (1.0 - P)) * weight[:, None]
            if n_blocks == 1:
                H = H.mean(axis=1, keepdims=True)
            for k, h in enumerate(H.T):
                _add_curvature(sums, k, X, h, c)
        return sums

    def least_margin(self, theta: FloatArray) -> float:
        """Least lead of the score of a row's own class over the others."""
        least = np.inf
        W, b = (part.astype(self._dtype) for part in self.split(theta))
        for rows, X in self._blocks_of_rows():
            Z = X @ W + b
            if self.n_outputs == 1:
                Z = np.hstack([-0.5 * Z, 0.5 * Z])
            own = np.take_along_axis(Z, self._y[rows][:, None], axis=1)
            np.put_along_axis(Z, self._y[rows][:, None], -np.inf, axis=1)
            least = min(least, float((own[:, 0] - Z.max(axis=1)).min()))
        return least


def _probabilities(Z: FloatArray) -> FloatArray:
    if Z.shape[1] > 1:
        return softmax(Z)
    return softmax(np.hstack([np.zeros_like(Z), Z]))[:, 1:]


def _add_curvature(sums: Curvature, k: int, X: Any, h: FloatArray, centre: FloatArray) -> None:
    """Add rows of weights h to the k-th block; sparse rows are not centred, but their sums are."""
    sums.weight[k] += h.sum()
    if issparse(X):
        first = h @ X
        sums.first[k] += first - h.sum() * centre
        product = (X.multiply(h[:, None]).T @ X).toarray()
        product -= np.outer(first, centre) + np.outer(centre, first)
        sums.second[k] += product + h.sum() * np.outer(centre, centre)
        return
    Z = X - centre
    sums.first[k] += h @ Z
    Z *= np.sqrt(h)[:, None]
    sums.second[k] += Z.T @ Z
