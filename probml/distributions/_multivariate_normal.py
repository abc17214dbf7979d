"""The normal distribution of a vector, by a triangular factor of its covariance."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError

from probml._blas import times_upper
from probml._crew import shared, shares
from probml._validation import check_sample_weight
from probml.distributions._base import (
    Distribution,
    Seed,
    check_no_nan,
    check_parameter,
    read_only,
    sample_shape,
    samples,
)
from probml.distributions._statistics import GaussianStatistics
from probml.linalg import factor_spd
from probml.numerics import FloatArray

__all__ = ["MultivariateNormal"]

_LOG_2PI = float(np.log(2.0 * np.pi))

_BLOCK_ENTRIES = 1 << 20
"""Entries of vectors below which they are one piece of work."""

_ASYMMETRY = 1e-8
"""What two entries that should be equal may differ by, in units of ``sqrt(S_ii S_jj)``."""


class MultivariateNormal(Distribution):
    """Normal distribution of a vector, by a triangular factor of its covariance.

    ``log f(x) = -(d log 2 pi + log|Sigma| + ||W'(x - mu)||**2) / 2`` with ``W W' = Sigma^-1``
    (catalogue DI-03).  No determinant is formed, so nothing underflows in 784 dimensions.

    Parameters
    ----------
    mean : array_like of shape (d,)
        Mean mu.
    covariance : array_like of shape (d, d)
        Covariance Sigma, symmetric and positive definite.
    tol : float
        Eigenvalues of the correlation matrix up to `tol` count as zero.

    Raises
    ------
    ValueError
        If the shapes do not conform, an entry is not finite, or Sigma is not symmetric.
    LinAlgError
        If Sigma is not positive definite to within `tol`.

    Examples
    --------
    >>> normal = MultivariateNormal(np.zeros(784), 0.01 * np.eye(784))
    >>> round(float(normal.log_prob(np.zeros(784))), 10)
    1084.7789028749
    >>> MultivariateNormal.fit([[0, 0], [2, 0], [0, 2], [2, 2]]).covariance.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    _parameters = ("mean", "covariance")

    def __init__(self, mean: ArrayLike, covariance: ArrayLike, *, tol: float = 1e-12) -> None:
        self.mean, self.covariance, self.tol = read_only(mean), read_only(covariance), tol
        d = self.mean.size
        if self.mean.ndim != 1 or not d:
            raise ValueError(
                f"mean must be a vector (got shape {self.mean.shape}); "
                "for single variables use Normal"
            )
        if self.covariance.shape != (d, d):
            raise ValueError(
                f"covariance must have shape ({d}, {d}) for a mean of length {d} "
                f"(got {self.covariance.shape}); pass the whole matrix"
            )
        check_parameter(
            "mean", self.mean, np.isfinite(self.mean), "finite", "check the data it came from"
        )
        _check_symmetric(self.covariance)
        factor = factor_spd(self.covariance, tol)
        if factor.rank < d:
            raise LinAlgError(
                f"the covariance must be positive definite, but has rank {factor.rank} of {d}; "
                "drop redundant variables, or add to the diagonal"
            )
        self._whitener, self._log_det = factor
        W = factor.whitener
        filled = W != 0
        self._triangular = not np.tril(filled, -1).any()
        linked = np.full(d, True)
        if self._triangular:
            linked = (filled.sum(axis=0) > 1) | (filled.sum(axis=1) > 1)
        self._alone, self._linked = np.flatnonzero(~linked), np.flatnonzero(linked)
        self._joint = W if linked.all() else W[np.ix_(linked, linked)]

    @property
    def variance(self) -> FloatArray:
        """Variances of the variables, the diagonal of `covariance`, (d,)."""
        return self.covariance.diagonal()

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the density at each vector of `x`, (..., d) -> (...).

        Raises
        ------
        ValueError
            If the last axis of `x` is not of length d, or `x` holds NaN.
        """
        vectors = np.asarray(x)
        d = self.mean.size
        if vectors.shape[-1:] != (d,):
            raise ValueError(
                f"x must hold vectors of length {d} along its last axis "
                f"(got shape {vectors.shape}); samples are rows"
            )
        X = vectors.reshape(-1, d)
        # Squares may overflow, and infinities meet zeros: the density there is zero.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            pieces = shared(lambda rows: self._squares(X[rows]), shares(*X.shape, _BLOCK_ENTRIES))
        out = np.concatenate(pieces)
        lost = np.isnan(out)
        if lost.any():
            check_no_nan(X[lost])
            out[lost] = np.inf
        out += d * _LOG_2PI + self._log_det
        out *= -0.5
        return out.reshape(vectors.shape[:-1])

    def _squares(self, X: FloatArray) -> FloatArray:
        """``||W'(x - mu)||**2`` of each row.

        A Cholesky factor takes half the work of the whole product that an eigenbasis takes.
        Variables without a covariance with others need no product.
        """
        Z = self._centred(X, self._alone)
        Z *= self._whitener[self._alone, self._alone, None]
        squares: FloatArray = np.einsum("ji,ji->i", Z, Z)
        Z = self._centred(X, self._linked).T
        P = times_upper(Z, self._joint) if self._triangular else Z @ self._joint
        squares += np.einsum("ij,ij->i", P, P)
        return squares

    def _centred(self, X: FloatArray, variables: NDArray[np.intp]) -> FloatArray:
        """Some of the variables less their means, a row for each."""
        Z = X.T.take(variables, axis=0).astype(np.float64, copy=False)
        Z -= self.mean[variables, None]
        return Z

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent samples, (n, d), by a generator or a seed (catalogue DI-12)."""
        z = np.random.default_rng(rng).standard_normal(sample_shape(n, self.mean))
        # A = Sigma W has A A' = Sigma W W' Sigma = Sigma.
        return self.mean + (z @ self._whitener.T) @ self.covariance

    @classmethod
    def fit(
        cls, X: ArrayLike, sample_weight: ArrayLike | None = None, *, tol: float = 1e-12
    ) -> Self:
        """Maximum likelihood: mean, and covariance with 1/N (catalogue DI-06).

        Parameters
        ----------
        X : array_like of shape (n_samples, d)
            Samples.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights; N is their sum.
        tol : float
            As of the class.

        Raises
        ------
        ValueError
            If `X` is not a table, or a weight is negative.
        LinAlgError
            If the covariance is singular: too few samples, or redundant variables.
        """
        rows = samples(X)
        if rows.ndim != 2:
            raise ValueError(f"X must be (n_samples, d) (got shape {rows.shape}); samples are rows")
        weight = check_sample_weight(sample_weight, len(rows))
        one_class = np.zeros(len(rows), dtype=np.intp)
        statistics = GaussianStatistics.of(rows, one_class, 1, "full", weight)
        return cls(statistics.means[0], statistics.scatter[0] / statistics.counts[0], tol=tol)

    def marginal(self, indices: ArrayLike) -> Self:
        """Distribution of some of the variables, in the order given.

        Parameters
        ----------
        indices : array_like of int
            Distinct, from 0 to d - 1.

        Raises
        ------
        ValueError
            If there is no index, or one is repeated, out of range or not an integer.

        Examples
        --------
        >>> MultivariateNormal([1.0, 2.0], [[4.0, 1.0], [1.0, 9.0]]).marginal([1])
        MultivariateNormal(mean=[2.], covariance=[[9.]])
        """
        i = self._positions(indices)
        return type(self)(self.mean[i], self.covariance[np.ix_(i, i)], tol=self.tol)

    def conditional(self, indices: ArrayLike, values: ArrayLike) -> Self:
        """Distribution of the other variables, in their order, given the values of some.

        With a the others and b the given ones, the mean is ``mu_a + S_ab S_bb^-1 (x_b - mu_b)``
        and the covariance is the Schur complement ``S_aa - S_ab S_bb^-1 S_ba``.

        Parameters
        ----------
        indices : array_like of int
            Variables b: distinct, from 0 to d - 1, not all of them.
        values : array_like of the shape of `indices`
            Their values ``x_b``.

        Raises
        ------
        ValueError
            If the indices are not of that kind, or the values are not finite or as many.
        LinAlgError
            If the given variables determine another one to within `tol`.

        Examples
        --------
        >>> MultivariateNormal([1.0, 2.0], [[4.0, 1.0], [1.0, 1.0]]).conditional([1], [3.0])
        MultivariateNormal(mean=[2.], covariance=[[3.]])
        """
        b = self._positions(indices)
        x = np.asarray(values, dtype=np.float64)
        a = np.setdiff1d(np.arange(self.mean.size), b)
        if x.shape != b.shape or not np.isfinite(x).all() or not a.size:
            raise ValueError(
                f"conditional expects one finite value for each of fewer than {self.mean.size} "
                f"indices (got values {x.tolist()} for indices {b.tolist()})"
            )
        whitener = factor_spd(self.covariance[np.ix_(b, b)], self.tol).whitener
        gain = self.covariance[np.ix_(a, b)] @ whitener
        mean = self.mean[a] + gain @ (whitener.T @ (x - self.mean[b]))
        return type(self)(mean, self.covariance[np.ix_(a, a)] - gain @ gain.T, tol=self.tol)

    def affine(self, A: ArrayLike, b: ArrayLike) -> Self:
        """Distribution of ``A x + b``, which is ``N(A mu + b, A Sigma A')``.

        Parameters
        ----------
        A : array_like of shape (k, d)
            Of rank k.
        b : array_like of shape (k,) or ()
            Shift.

        Raises
        ------
        ValueError
            If the shapes do not conform.
        LinAlgError
            If A is not of rank k: the image has no density.

        Examples
        --------
        >>> MultivariateNormal([1.0, 2.0], np.eye(2)).affine([[1.0, 1.0]], 10.0)
        MultivariateNormal(mean=[13.], covariance=[[2.]])
        """
        M, shift = np.asarray(A, dtype=np.float64), np.asarray(b, dtype=np.float64)
        d = self.mean.size
        if M.ndim != 2 or M.shape[1] != d or shift.shape not in ((), M.shape[:1]):
            raise ValueError(
                f"affine expects A of shape (k, {d}) and b of shape (k,) or a number "
                f"(got {M.shape} and {shift.shape}); A has one row per new variable"
            )
        S = M @ self.covariance @ M.T
        return type(self)(M @ self.mean + shift, 0.5 * (S + S.T), tol=self.tol)

    def entropy(self) -> FloatArray:
        """Differential entropy ``(d (1 + log 2 pi) + log|Sigma|) / 2``, in nats."""
        return np.asarray(0.5 * (self.mean.size * (1.0 + _LOG_2PI) + self._log_det))

    def _kl(self, other: Self) -> FloatArray:
        d = self.mean.size
        if other.mean.size != d:
            raise ValueError(
                f"kl expects as many variables in both (got {d} and {other.mean.size}); "
                "take the marginal of the larger"
            )
        W = other._whitener
        trace = np.einsum("ij,ij->", W, self.covariance @ W)
        shift = np.square((self.mean - other.mean) @ W).sum()
        return np.asarray(0.5 * (trace + shift - d + other._log_det - self._log_det))

    def _positions(self, indices: ArrayLike) -> NDArray[np.intp]:
        i = np.asarray(indices)
        d = self.mean.size
        valid = i.ndim == 1 and i.size > 0 and i.dtype.kind in "iu"
        if not valid or i.min() < 0 or i.max() >= d or np.unique(i).size < i.size:
            raise ValueError(
                f"indices must be distinct integers from 0 to {d - 1}, at least one "
                f"(got {i.tolist()}); count variables from 0"
            )
        return i.astype(np.intp)


def _check_symmetric(S: FloatArray) -> None:
    """Raise :class:`ValueError` unless S is finite and symmetric, whatever its units."""
    remedy = "check the data it came from"
    check_parameter("covariance", S, np.isfinite(S), "finite", remedy)
    if np.array_equal(S, S.T):
        return
    difference = np.abs(S - S.T)
    scale = np.sqrt(np.abs(S.diagonal()))
    if (difference > _ASYMMETRY * np.outer(scale, scale)).any():
        raise ValueError(
            f"covariance must be symmetric (got max |A - A'| = {difference.max():.3g}); "
            "pass (A + A.T) / 2"
        )
