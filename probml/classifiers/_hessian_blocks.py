"""Blocks of the Hessian of logistic regression, one for each output, and their inverses.

    H_k = sum_n v_n p_nk (1 - p_nk) x_n x_n' + lambda I

In the coordinates W and ``b + m' W`` about a weighted mean m of the features the part of the
weights, M, and that of the intercept do not touch each other.  Parameters are one vector, W
(n_features, n_outputs) flattened, then b.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from probml.numerics import FloatArray

__all__ = ["Blocks", "FreeInverse", "Step", "inverse_product", "split"]

Step = Callable[[FloatArray], FloatArray]
"""From a gradient to a step."""


class Blocks(NamedTuple):
    """Blocks of a Hessian, one for each output or one for all.

    Attributes
    ----------
    matrices : ndarray of shape (n_blocks, n_features, n_features)
        Of the weights, positive definite.
    means : ndarray of shape (n_blocks, n_features)
        About which features are to be taken; zero without intercepts.
    weights : ndarray of shape (n_blocks,)
        Of the intercepts.
    """

    matrices: FloatArray
    means: FloatArray
    weights: FloatArray


def split(theta: NDArray[Any], n_outputs: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Views of W and b in the parameter vector."""
    return theta[:-n_outputs].reshape(-1, n_outputs), theta[-n_outputs:]


def inverse_product(blocks: Blocks, n_outputs: int, fit_intercept: bool) -> Step:
    """Product with the inverses of the blocks."""
    matrices, means, weights = blocks
    inverses = np.empty_like(matrices)
    for M, inverse in zip(matrices, inverses, strict=True):
        inverse[...] = _inverse(M)

    def precondition(gradient: FloatArray) -> FloatArray:
        dW, db = split(gradient, n_outputs)
        step_W = _each(inverses, dW - means.T * db)
        step_b = db / weights - (means.T * step_W).sum(axis=0)
        if n_outputs > 1:
            # no gradient moves what all classes share, so that no step should
            step_W -= step_W.mean(axis=1, keepdims=True)
            step_b -= step_b.mean()
        return np.concatenate([step_W.ravel(), step_b * fit_intercept])

    return precondition


class FreeInverse:
    """From a mask of free weights to the product with the inverses of their parts of the blocks.

    An inverse is kept for the next mask, which is often the same.
    """

    def __init__(self, blocks: Blocks, n_outputs: int, fit_intercept: bool) -> None:
        self._blocks, self._n_outputs, self._fit_intercept = blocks, n_outputs, fit_intercept
        self._known: dict[tuple[int, bytes], FloatArray] = {}

    def __call__(self, free: NDArray[np.bool_]) -> Step:
        """Product for that mask; the free part of a gradient is all that it looks at."""
        columns = split(free, self._n_outputs)[0].T
        parts = [(np.flatnonzero(column), column.tobytes()) for column in columns]
        shared = len(self._blocks.matrices) == 1
        known, self._known = self._known, {}
        for k, (kept, key) in enumerate(parts):
            label = (k * (not shared), key)
            if label not in self._known:
                M = self._blocks.matrices[label[0]]
                found = known.get(label)
                self._known[label] = _inverse(M[np.ix_(kept, kept)]) if found is None else found
        inverses = [self._known[k * (not shared), key] for k, (_, key) in enumerate(parts)]

        def precondition(gradient: FloatArray) -> FloatArray:
            step = np.zeros_like(gradient)
            (dW, db), (step_W, step_b) = (split(v, self._n_outputs) for v in (gradient, step))
            means = np.broadcast_to(self._blocks.means, dW.T.shape)
            for k, (kept, _) in enumerate(parts):
                step_W[kept, k] = inverses[k] @ (dW[kept, k] - means[k, kept] * db[k])
            step_b[...] = db / self._blocks.weights - (means.T * step_W).sum(axis=0)
            step_b *= self._fit_intercept
            return step

        return precondition


def _inverse(M: FloatArray) -> FloatArray:
    """Inverse of a positive definite matrix, in units in which its diagonal is one."""
    if not len(M):  # LAPACK knows no such matrix
        return M
    units = np.sqrt(M.diagonal())
    L, info = lapack.dpotrf(M / units[:, None] / units, lower=1)
    if info:
        # rounding made it indefinite: units are all that is known for sure
        return np.diag(1.0 / units**2)
    lower = np.tril(lapack.dpotri(L, lower=1)[0])
    inverse: FloatArray = (lower + np.tril(lower, -1).T) / units[:, None] / units
    return inverse


def _each(matrices: FloatArray, G: FloatArray) -> FloatArray:
    """Products of the matrices with the columns of G, or of the only one with all of them."""
    if len(matrices) == 1:
        shared: FloatArray = matrices[0] @ G
        return shared
    products: FloatArray = np.matmul(matrices, G.T[:, :, None])[:, :, 0].T
    return products
