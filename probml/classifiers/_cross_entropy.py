"""The objective of logistic regression: a sum over rows, whoever holds them.

    J(W, b) = sum_n v_n (-log p(y_n | x_n)) + (lambda / 2) ||W||^2,    sum_n v_n = 1,

with gradient ``X' diag(v) (P - T) + lambda W`` (catalogue LR-06, LR-09).  All that is needed of the
rows are four sums, so that parts of them may lie on different machines.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from probml._blocks import row_blocks
from probml.linalg import factor_spd, power_iteration
from probml.losses import binary_cross_entropy, l2_penalty, softmax_cross_entropy
from probml.numerics import FloatArray

__all__ = ["LARGEST_GRAM", "Objective", "RowsObjective"]

LARGEST_GRAM = 4096
"""With more features than this a scalar step size replaces the Gram matrix."""


class Objective(ABC):
    """J and its gradient as functions of one vector: W (n_features, n_outputs), then b.

    A subclass writes the four sums over rows; weights of rows sum to one.
    """

    _dtype: DTypeLike = np.float64

    def __init__(
        self, n_features: int, n_classes: int, *, strength: float, fit_intercept: bool
    ) -> None:
        self._n_features = n_features
        self._n_outputs = 1 if n_classes == 2 else n_classes
        self._strength, self._fit_intercept = strength, fit_intercept
        self.size = (n_features + 1) * self._n_outputs

    @abstractmethod
    def cross_entropy(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Weighted sum of the cross-entropies, and its gradient."""

    @abstractmethod
    def _mean(self) -> FloatArray:
        """Weighted mean of the rows, (n_features,)."""

    @abstractmethod
    def _covariance(self, mean: FloatArray) -> FloatArray:
        """Weighted sum of ``(x - mean)(x - mean)'``."""

    @abstractmethod
    def _covariance_times(self, v: FloatArray, mean: FloatArray) -> FloatArray:
        """Its product with a vector, without the matrix."""

    def split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Views of W and b in the parameter vector."""
        return theta[: -self._n_outputs].reshape(-1, self._n_outputs), theta[-self._n_outputs :]

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = self.cross_entropy(theta)
        penalty, slope = l2_penalty(self.split(theta)[0], self._strength)
        dW, db = self.split(gradient)
        dW += slope
        db *= self._fit_intercept
        return value + penalty, gradient

    def preconditioner(self) -> Callable[[FloatArray], FloatArray]:
        """Product with the inverse of Boehning's bound on the Hessian.

        In the coordinates W and ``b + mean' W`` the bound is block diagonal; the closure maps a
        gradient there, solves, and maps the step back.
        """
        curvature = 0.25 if self._n_outputs == 1 else 0.5
        mean = self._mean() if self._fit_intercept else np.zeros(self._n_features)
        solve = self._solver(mean.astype(self._dtype), curvature)

        def precondition(gradient: FloatArray) -> FloatArray:
            dW, db = self.split(gradient)
            step_W = solve(dW - np.outer(mean, db))
            step_b = db / curvature - mean @ step_W if self._fit_intercept else db
            return np.concatenate([step_W.ravel(), step_b])

        return precondition

    def _solver(self, mean: FloatArray, curvature: float) -> Callable[[FloatArray], FloatArray]:
        n_features = self._n_features
        if n_features > LARGEST_GRAM:
            largest = power_iteration(
                lambda v: self._covariance_times(v.astype(self._dtype), mean), n_features
            ).value
            # The iteration stops within 0.1 % of the largest eigenvalue; 1 % keeps clear of it.
            bound = 1.01 * curvature * largest + self._strength
            return lambda G: G / (bound if bound > 0 else 1.0)
        M = curvature * self._covariance(mean)
        trace = float(M.trace())
        if not np.isfinite(trace):
            raise FloatingPointError("squares of the features overflow")
        # The small share of the trace covers rounding, and stands in for an absent penalty.
        M.flat[:: n_features + 1] += self._strength + 1e-6 * trace / n_features + 1e-300
        # Products with W, not triangular solves: NumPy and SciPy may each bring threads of their
        # own, and a loop that goes back and forth between them waits for both.
        W = factor_spd(M, tol=0.0).whitener
        return lambda G: W @ (W.T @ G)


class RowsObjective(Objective):
    """The objective of rows in memory, read block by block in their precision.

    Bytes are worked on in float32.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
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
        X: NDArray[Any],
        y: NDArray[np.intp],
        weight: FloatArray,
        n_classes: int,
        *,
        strength: float,
        fit_intercept: bool,
    ) -> None:
        super().__init__(X.shape[1], n_classes, strength=strength, fit_intercept=fit_intercept)
        self._dtype = np.float64 if X.dtype == np.float64 else np.float32
        self._X, self._y = X, y
        self._weight: FloatArray = weight.astype(self._dtype)

    def _blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        for rows in row_blocks(*self._X.shape):
            yield rows, self._X[rows].astype(self._dtype, copy=False)

    def cross_entropy(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Weighted sum of the cross-entropies, and its gradient."""
        value, gradient = 0.0, np.zeros_like(theta)
        dW, db = self.split(gradient)
        W, b = (part.astype(self._dtype) for part in self.split(theta))
        for rows, X in self._blocks():
            loss, dZ = self._of_scores(X @ W + b, rows)
            value += loss
            dW += X.T @ dZ
            db += dZ.sum(axis=0)
        return value, gradient

    def _of_scores(self, Z: FloatArray, rows: slice) -> tuple[float, FloatArray]:
        y, weight = self._y[rows], self._weight[rows]
        if self._n_outputs > 1:
            return softmax_cross_entropy(Z, y, weight)
        loss, dz = binary_cross_entropy(Z[:, 0], y.astype(self._dtype), weight)
        return loss, dz[:, None]

    def _mean(self) -> FloatArray:
        mean = np.zeros(self._n_features)
        for rows, X in self._blocks():
            mean += self._weight[rows] @ X
        return mean

    def _covariance(self, mean: FloatArray) -> FloatArray:
        total = np.zeros((self._n_features, self._n_features))
        for rows, X in self._blocks():
            Z = (X - mean) * np.sqrt(self._weight[rows])[:, None]
            total += Z.T @ Z
        return total

    def _covariance_times(self, v: FloatArray, mean: FloatArray) -> FloatArray:
        total = np.zeros(len(v))
        for rows, X in self._blocks():
            projected = X @ v - mean @ v
            projected *= self._weight[rows]
            total += X.T @ projected
        return total
