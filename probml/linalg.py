"""Factorisations and iterations that NumPy and SciPy do not offer in one call.

:func:`factor_spd` turns a symmetric positive semi-definite matrix S into a *whitener* W with

    W' S W = I    and    W W' = S^+,

by Cholesky where S is well conditioned and by a rank-revealing eigendecomposition where it is
not: quadratic forms, solves and log-determinants of a Gaussian all follow from W.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, eigh, lapack, solve_triangular

__all__ = ["SPDFactor", "factor_spd", "power_iteration"]

FloatArray = NDArray[np.floating]


class SPDFactor(NamedTuple):
    """What :func:`factor_spd` returns.

    Attributes
    ----------
    whitener : ndarray of shape (n, rank)
        W, with ``W' S W = I`` and ``W W'`` the pseudo-inverse of S on its range.
    log_det : float
        Logarithm of the determinant; of the pseudo-determinant in units of the standard
        deviations where S is rank-deficient.
    """

    whitener: FloatArray
    log_det: float

    @property
    def rank(self) -> int:
        """Number of directions that were kept."""
        return int(self.whitener.shape[1])


def factor_spd(S: FloatArray, tol: float = 1e-8) -> SPDFactor:
    """Whitener and log-determinant of a symmetric positive semi-definite matrix.

    S is first brought to the scale of a correlation matrix, ``R = S / (s s')`` with
    ``s_i = sqrt(S_ii)``, so that the decision on rank does not depend on units.
    Eigenvalues of R up to `tol` count as zero.

    Parameters
    ----------
    S : ndarray of shape (n, n)
        Symmetric; only the lower triangle is trusted.
    tol : float
        Smallest eigenvalue of R that counts.

    Returns
    -------
    SPDFactor

    Raises
    ------
    LinAlgError
        If an entry is not finite or a diagonal entry is negative.

    Examples
    --------
    >>> S = np.array([[4.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    >>> factor = factor_spd(S)
    >>> factor.rank, bool(np.isclose(np.exp(factor.log_det), 36.0))
    (2, True)
    >>> (factor.whitener @ factor.whitener.T).round(3).diagonal().tolist()
    [0.25, 0.111, 0.0]
    """
    variances = S.diagonal()
    if not np.isfinite(S).all() or (variances < 0).any():
        raise LinAlgError(
            "a covariance must be finite with a non-negative diagonal "
            f"(smallest entry on the diagonal: {variances.min()}); check the data it came from"
        )
    live = variances > 0
    scale = np.sqrt(variances[live])
    R = S[np.ix_(live, live)] / scale[:, None] / scale
    columns, log_eigenvalues = _whiten_correlation(R, tol)
    whitener = np.zeros((len(S), columns.shape[1]))
    whitener[live] = columns / scale[:, None]
    return SPDFactor(whitener, float(log_eigenvalues + 2.0 * np.log(scale).sum()))


def _whiten_correlation(R: FloatArray, tol: float) -> tuple[FloatArray, float]:
    """W and log-determinant of a matrix with unit diagonal."""
    if not R.size:
        return R, 0.0
    try:
        L = cholesky(R, lower=True, check_finite=False)
    except LinAlgError:
        pass
    else:
        # The reciprocal condition number bounds the smallest eigenvalue from below.
        reciprocal, _ = lapack.dpocon(L, np.abs(R).sum(axis=0).max(), uplo="L")
        if reciprocal > tol:
            W = solve_triangular(L, np.eye(len(L)), lower=True, check_finite=False).T
            return W, 2.0 * float(np.log(L.diagonal()).sum())
    eigenvalues, V = eigh(R, check_finite=False)
    kept = eigenvalues > tol
    return V[:, kept] / np.sqrt(eigenvalues[kept]), float(np.log(eigenvalues[kept]).sum())


def power_iteration(
    multiply: Callable[[FloatArray], FloatArray],
    n: int,
    *,
    tol: float = 1e-3,
    max_iter: int = 1000,
    seed: int = 0,
) -> float:
    """Eigenvalue of largest modulus of a symmetric matrix given by its products.

    ``v <- A v / ||A v||``, value ``v' A v``, until ``||A v - value v|| <= tol |value|``
    (catalogue LA-30; Lai 2020, slide 26).  The matrix itself is never formed.

    Parameters
    ----------
    multiply : callable
        Maps a vector v of length `n` to A v.
    n : int
        Size of the matrix.
    tol : float
        Relative residual to stop at; the value is then within ``tol |value|`` of an eigenvalue.
    max_iter : int
        Number of products to try.
    seed : int
        Seed of the random start.

    Raises
    ------
    LinAlgError
        If the residual is still above `tol` after `max_iter` products.

    Examples
    --------
    >>> A = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> round(power_iteration(lambda v: A @ v, 2, tol=1e-6), 6)
    3.0
    """
    v = np.random.default_rng(seed).standard_normal(n)
    v /= np.linalg.norm(v)
    for _ in range(max_iter):
        product = multiply(v)
        value = float(v @ product)
        if np.linalg.norm(product - value * v) <= tol * abs(value):
            return value
        v = product / np.linalg.norm(product)
    raise LinAlgError(
        f"power iteration did not reach a relative residual of {tol} in {max_iter} products; "
        "the two largest eigenvalues may be of nearly equal modulus: raise tol or max_iter"
    )
