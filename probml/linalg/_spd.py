"""The whitener of a positive semi-definite matrix, by Cholesky or by its eigenvectors.

:func:`factor_spd` turns a symmetric positive semi-definite matrix S into a *whitener* W with

    W' S W = I    and    W W' = S^+,

by Cholesky where S is well conditioned, by Cholesky with pivots where its rank is plain, and by
its eigenvectors where it is not: quadratic forms, solves and log-determinants of a Gaussian all
follow from W.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, eigh, lapack
from scipy.linalg.blas import dgemm, dtrsm

from probml.numerics import FloatArray

__all__ = ["SPDFactor", "factor_spd"]

_PANEL = 192  # variables; from 128 to 256 it is as fast
_FIRM = 0.01  # what a variable must have of its own, as a share of its variance, not to wait
_ROUNDING = 10 * np.finfo(float).eps  # times n, what rounding may leave of a variable


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
    filled, live = S != 0, variances > 0
    linked = live & ((filled | filled.T).sum(axis=1) > 1)  # the others are their own factors
    some, alone = np.flatnonzero(linked), np.flatnonzero(live & ~linked)
    scale = np.sqrt(variances)
    R = S[np.ix_(some, some)]
    R /= scale[some, None]
    R /= scale[some]
    columns, log_eigenvalues = _whiten_correlation(R, tol)
    rank = columns.shape[1] + len(alone)
    # of full rank, each variable has its own column, and W stays triangular
    own = np.flatnonzero(linked[live]) if rank == live.sum() else np.arange(columns.shape[1])
    whitener = np.zeros((len(S), rank))
    whitener[np.ix_(some, own)] = columns / scale[some, None]
    whitener[alone, np.setdiff1d(np.arange(rank), own)] = 1.0 / scale[alone]
    return SPDFactor(whitener, float(log_eigenvalues + 2.0 * np.log(scale[live]).sum()))


def _whiten_correlation(R: FloatArray, tol: float) -> tuple[FloatArray, float]:
    """W and log-determinant of a matrix with unit diagonal."""
    if not R.size:
        return R, 0.0
    try:
        L = cholesky(R, lower=True, check_finite=False)
    except LinAlgError:
        pass
    else:
        # the trace of the inverse of R, the sum of the reciprocals of its eigenvalues, is the sum
        # of the squares of this inverse: at least that of its diagonal
        if tol * np.square(1.0 / L.diagonal()).sum() < 1.0:
            inverse, _ = lapack.dtrtri(L, lower=1)
            if tol * np.einsum("ij,ij->", inverse, inverse) < 1.0:
                return inverse.T, 2.0 * float(np.log(L.diagonal()).sum())
    found = _whiten_range(R, tol)
    if found is not None:
        return found
    eigenvalues, V = eigh(R, check_finite=False)
    kept = eigenvalues > tol
    return V[:, kept] / np.sqrt(eigenvalues[kept]), float(np.log(eigenvalues[kept]).sum())


def _whiten_range(R: FloatArray, tol: float) -> tuple[FloatArray, float] | None:
    """The same from ``R = L L'`` with L of few columns, where the rank is certain.

    Some variables have rows ``L1`` in L, square and regular, and the others are combinations of
    them: ``L2 = K L1``.  The eigenvalues of ``L'L`` are those of R, hence

        W = L (L'L)^-1 = [1; K] (1 + K'K)^-1 L1^-T,   det(L'L) = det(L1)^2 det(1 + K K').

    It takes a quarter of the time of an eigendecomposition.
    """
    n = len(R)
    L, chosen, others = _eliminate(R)
    rank = len(chosen)
    if rank == n:  # for which the whole Cholesky was not certain, either
        return None
    left_out = (n - rank) * n * _ROUNDING  # no eigenvalue that is left out is larger
    if left_out > tol:
        return None
    inverse, _ = lapack.dtrtri(L[chosen], lower=1)
    K = dgemm(1.0, L[others], inverse)
    C = cholesky(np.eye(len(others)) + dgemm(1.0, K, K, trans_b=1), lower=True)
    # (1 + K'K)^-1 = 1 - K' (1 + K K')^-1 K, of a small matrix where few variables are left
    K_whitened = dtrsm(1.0, C, K, lower=1)
    excess = dgemm(1.0, K_whitened, inverse, trans_b=1)
    W = np.empty((n, rank))
    W[chosen] = inverse.T - dgemm(1.0, K_whitened, excess, trans_a=1)
    W[others] = dgemm(1.0, K, W[chosen])
    if tol * np.einsum("ij,ij->", W, W) >= 1.0:  # the trace of (L'L)^-1, as above
        return None
    return W, 2.0 * float(np.log(C.diagonal()).sum() - np.log(inverse.diagonal()).sum())


def _eliminate(R: FloatArray) -> tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]:
    """Cholesky of a matrix with unit diagonal and any rank, a panel of variables at a time.

    A variable of which the earlier ones of its panel, and the panels before, leave little waits
    until all the others have had their turn.  LAPACK, which looks for the largest pivot in the
    whole matrix each time, takes three times as long.

    Returns
    -------
    L : ndarray of shape (n, rank)
        ``R = L L'`` to within ``n`` roundings.
    chosen, others : ndarray of int
        ``L[chosen]`` is lower triangular, the others are combinations of these.
    """
    n = len(R)
    L = np.zeros((n, n), order="F")
    rest, names, chosen = np.tril(R) + np.tril(R, -1).T, np.arange(n), np.arange(0)
    n_waiting, last = 0, False
    while len(rest) and not last:
        last = n_waiting == len(rest)
        size = len(rest) if last else min(_PANEL, len(rest) - n_waiting)
        top, pivots = _factor_panel(rest[:size, :size], n * _ROUNDING if last else _FIRM)
        taken, columns = pivots[: len(top)], slice(len(chosen), len(chosen) + len(top))
        left = np.concatenate([np.arange(size, len(rest)), pivots[len(top) :]])
        L[names[taken], columns] = top
        # BLAS counts columns first, so it is handed the transposes, of what is symmetric
        above, rest = rest[np.ix_(taken, left)], rest[np.ix_(left, left)]
        if above.size:
            below = dtrsm(1.0, top, above.T, side=1, lower=1, trans_a=1, overwrite_b=1)
            L[names[left], columns] = below
            rest = dgemm(-1.0, below, below, 1.0, rest.T, trans_b=1, overwrite_c=1).T
        chosen, names = np.concatenate([chosen, names[taken]]), names[left]
        n_waiting += size - len(top)
    return L[:, : len(chosen)], chosen, names


def _factor_panel(A: FloatArray, smallest: float) -> tuple[FloatArray, NDArray[np.intp]]:
    """Cholesky with pivots above `smallest`, and the order of all variables."""
    factor, pivots, rank, _ = lapack.dpstrf(A, smallest, lower=1)
    if A.diagonal().max() <= smallest:  # LAPACK takes the first without asking
        rank = 0
    return np.tril(factor[:rank, :rank]), pivots - 1
