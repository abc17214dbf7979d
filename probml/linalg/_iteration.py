"""Power iteration: the dominant eigenvector by nothing but products with the matrix."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError

from probml.linalg._norms import normalize
from probml.numerics import FloatArray

__all__ = ["PowerIteration", "power_iteration"]


class PowerIteration(NamedTuple):
    """What :func:`power_iteration` returns.

    Attributes
    ----------
    value : float
        Eigenvalue of largest modulus, with its sign.
    vector : ndarray of shape (n,)
        Its eigenvector, of length one; the entry of largest modulus is positive.
    residual : float
        ``||A v - value v||``: an eigenvalue of a symmetric matrix lies within it of `value`.
    history : ndarray of shape (n_iter,)
        The estimate ``v' A v`` after each product with the matrix, `value` last.
    """

    value: float
    vector: FloatArray
    residual: float
    history: FloatArray

    @property
    def n_iter(self) -> int:
        """Number of products with the matrix."""
        return len(self.history)


def power_iteration(
    multiply: Callable[[FloatArray], FloatArray],
    n: int,
    *,
    tol: float = 1e-3,
    max_iter: int = 1000,
    start: ArrayLike | None = None,
    seed: int = 0,
) -> PowerIteration:
    """Dominant eigenvalue and eigenvector of a matrix given by its products with vectors.

    ``v <- A v / ||A v||``, value ``v' A v``, until ``||A v - value v|| <= tol |value|``
    (catalogue LA-30; Lai 2020, slide 26).  The matrix itself is never formed.  The residual
    decides, not the change of v, which swings between two signs if the eigenvalue is negative.
    The error of v shrinks by ``|lambda_2 / lambda_1|`` a product, that of the value for a
    symmetric matrix by its square.

    Parameters
    ----------
    multiply : callable
        Maps a vector v of length `n` to A v.
    n : int
        Size of the matrix.
    tol : float
        Relative residual to stop at; for a symmetric matrix the value is then within
        ``tol |value|`` of an eigenvalue.
    max_iter : int
        Number of products to try.
    start : array_like of shape (n,), optional
        Where to begin; by default a random direction, which is never orthogonal to the
        eigenvector that is sought.
    seed : int
        Seed of the random direction.

    Returns
    -------
    PowerIteration

    Raises
    ------
    LinAlgError
        If the residual is still above `tol` after `max_iter` products.
    ValueError
        If a product is not finite, or not of shape (n,), or the start is not, or is zero.

    Examples
    --------
    >>> A = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> found = power_iteration(lambda v: A @ v, 2, tol=1e-6)
    >>> round(found.value, 6), found.vector.round(4).tolist()
    (3.0, [0.7071, 0.7071])
    >>> power_iteration(lambda v: A @ v, 2, start=[1.0, 0.0]).history.round(6).tolist()
    [2.0, 2.8, 2.97561, 2.99726, 2.999695, 2.999966, 2.999996]
    """
    v = normalize(np.random.default_rng(seed).standard_normal(n) if start is None else start)
    if v.shape != (n,):
        raise ValueError(f"start must have shape ({n},) (got {v.shape})")
    history: list[float] = []
    for _ in range(max_iter):
        product = np.asarray(multiply(v))
        if product.shape != v.shape or not np.isfinite(product).all():
            raise ValueError(
                f"multiply must return a finite vector of shape {v.shape} (got shape "
                f"{product.shape}, {np.isfinite(product).sum()} finite entries); pass v -> A @ v"
            )
        value = float(v @ product)
        history.append(value)
        residual = float(np.linalg.norm(product - value * v))
        if residual <= tol * abs(value):
            upright = np.copysign(1.0, v[np.argmax(np.abs(v))])
            return PowerIteration(value, upright * v, residual, np.array(history))
        v = product / np.linalg.norm(product)
    raise LinAlgError(
        f"power iteration did not reach a relative residual of {tol} in {max_iter} products; "
        "the two largest eigenvalues may be of nearly equal modulus: raise tol or max_iter"
    )
