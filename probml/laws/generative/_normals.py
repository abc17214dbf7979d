"""Normal classes as cases, and their posterior by the book.

Training rows are made to *have* the means and covariances of a case,

    X_k = 1 mu_k' + C L_k',   C'1 = 0,  C'C = n_k I,  L_k L_k' = Sigma_k,

so that a model of maximum likelihood must find the case's own parameters.  Densities are SciPy's.
"""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray
from scipy import special, stats

from probml.laws._drawn import orthogonal, whole
from probml.numerics import FloatArray

__all__ = [
    "Estimates",
    "Normals",
    "Task",
    "affine_residual",
    "diagonal",
    "estimates",
    "golden",
    "joint",
    "log_odds",
    "normals",
    "pooled",
    "posterior",
    "prior_inverted",
    "prior_left_out",
    "total",
]


class Task(NamedTuple):
    """Training rows, their classes 0 to K - 1, and points to be classified."""

    X: FloatArray
    y: NDArray[np.intp]
    points: FloatArray


class Estimates(NamedTuple):
    """What a normal model knows of its classes: (K,), (K, d) and (K, d, d)."""

    priors: FloatArray
    means: FloatArray
    covariances: FloatArray


def _contrasts(n: int, d: int) -> FloatArray:
    """n rows with mean zero and covariance I, if n > d: the first d cosines."""
    angles = np.pi * np.outer(np.arange(n) + 0.5, np.arange(1, d + 1)) / n
    rows: FloatArray = np.sqrt(2.0) * np.cos(angles)
    return rows


class Normals(NamedTuple):
    """Numbers of rows, means and covariances of normal classes, and points to be classified.

    Examples
    --------
    >>> means, covariances = np.array([[0.0], [5.0]]), np.array([[[1.0]], [[4.0]]])
    >>> case = Normals((2, 4), means, covariances, np.ones((1, 1)))
    >>> found = estimates(*case.task[:2])
    >>> found.means.round(9).ravel().tolist(), found.covariances.round(9).ravel().tolist()
    ([0.0, 5.0], [1.0, 4.0])
    """

    counts: tuple[int, ...]
    means: FloatArray
    covariances: FloatArray
    points: FloatArray

    @property
    def task(self) -> Task:
        """Rows that have these statistics; those of the last class come first."""
        factors = np.linalg.cholesky(self.covariances)
        parts = [
            mean + _contrasts(n, len(mean)) @ L.T
            for n, mean, L in zip(self.counts, self.means, factors, strict=True)
        ]
        y = np.repeat(np.arange(len(self.counts)), self.counts)
        return Task(np.concatenate(parts)[::-1].copy(), y[::-1].copy(), self.points)

    @property
    def estimates(self) -> Estimates:
        """The parameters themselves, which maximum likelihood finds."""
        priors = np.array(self.counts) / sum(self.counts)
        return Estimates(priors, self.means, self.covariances)


@st.composite
def _covariance(draw: DrawFn, d: int) -> FloatArray:
    """A rotation times variances from 0.5 to 4 that are never all equal."""
    Q = draw(orthogonal(d))
    variances = np.array(draw(st.lists(st.integers(2, 16), min_size=d, max_size=d))) / 4.0
    variances[0] += 0.125
    product: FloatArray = Q * variances @ Q.T
    return 0.5 * (product + product.T)


@st.composite
def _normals(draw: DrawFn, n_classes: tuple[int, int], n_features: int, shared: bool) -> Normals:
    K, d = draw(st.integers(*n_classes)), draw(st.integers(1, n_features))
    size = st.integers(d + 1, d + 8)
    counts = draw(st.lists(size, min_size=K, max_size=K))
    if len(set(counts)) == 1:
        counts[0] += 1
    first = draw(_covariance(d))
    covariances = [first, *(first if shared else draw(_covariance(d)) for _ in range(K - 1))]
    means = draw(whole(K, d, largest=6)) / 2.0
    return Normals(tuple(counts), means, np.stack(covariances), draw(whole(4, d, largest=8)) / 2.0)


def normals(
    n_classes: tuple[int, int] = (2, 3), n_features: int = 3, *, shared: bool = False
) -> SearchStrategy[Normals]:
    """Classes of unequal sizes with four points; *shared* gives them one covariance.

    Eigenvalues lie between 0.5 and 4.2, so that no covariance is near a singular one.
    """
    return _normals(n_classes, n_features, shared)


def estimates(X: FloatArray, y: NDArray[np.intp], ddof: int = 0) -> Estimates:
    """Frequencies, means and covariances of the classes, by NumPy; divisor ``n_k - ddof``."""
    members = [X[y == k] for k in range(int(y.max()) + 1)]
    d = X.shape[1]
    return Estimates(
        np.bincount(y) / len(y),
        np.stack([rows.mean(axis=0) for rows in members]),
        np.stack([np.cov(rows.T, ddof=ddof).reshape(d, d) for rows in members]),
    )


def pooled(found: Estimates, ddof: float = 0.0) -> Estimates:
    """The same covariance for all classes, the mean of theirs under the priors."""
    mean = np.tensordot(found.priors, found.covariances, axes=1) / (1.0 - ddof)
    return found._replace(covariances=np.broadcast_to(mean, found.covariances.shape))


def total(found: Estimates) -> Estimates:
    """The covariance about the mean of all rows for every class, which is a mistake."""
    centred = found.means - found.priors @ found.means
    between = np.einsum("k,ki,kj->ij", found.priors, centred, centred)
    within = pooled(found).covariances
    return found._replace(covariances=within + between)


def diagonal(found: Estimates) -> Estimates:
    """Covariances without what is off their diagonals."""
    return found._replace(covariances=found.covariances * np.eye(found.means.shape[1]))


def prior_left_out(found: Estimates) -> Estimates:
    """Equal priors whatever the frequencies, which is a mistake."""
    return found._replace(priors=np.full(len(found.priors), 1.0 / len(found.priors)))


def prior_inverted(found: Estimates) -> Estimates:
    """Odds of the priors upside down, which is a mistake."""
    inverse = 1.0 / found.priors
    return found._replace(priors=inverse / inverse.sum())


def joint(found: Estimates, points: FloatArray) -> FloatArray:
    """``log f_k(x) + log pi_k``, (n_points, K), with SciPy's densities."""
    columns = [
        stats.multivariate_normal(mean, S).logpdf(points).reshape(len(points))
        for mean, S in zip(found.means, found.covariances, strict=True)
    ]
    table: FloatArray = np.log(found.priors) + np.stack(columns, axis=1)
    return table


def posterior(found: Estimates, points: FloatArray) -> FloatArray:
    """Bayes' rule, (n_points, K)."""
    table: FloatArray = special.softmax(joint(found, points), axis=1)
    return table


def log_odds(found: Estimates, points: FloatArray) -> FloatArray:
    """Of class 1 against class 0, (n_points,)."""
    table = joint(found, points)
    odds: FloatArray = table[:, 1] - table[:, 0]
    return odds


def affine_residual(function: Any, a: FloatArray, b: FloatArray) -> float:
    """By how much ``f((a + b) / 2)`` and ``f(2b - a)`` miss the line through f(a) and f(b)."""
    start, end = function(a), function(b)
    middle = function(0.5 * (a + b)) - 0.5 * (start + end)
    beyond = function(2.0 * b - a) - (2.0 * end - start)
    return float(np.max(np.abs([middle, beyond]) / (1.0 + np.abs(start) + np.abs(end))))


def golden(got: Any, expected: Any, digits: int) -> float:
    """0 where a printed value is met to its last decimal, 1 otherwise."""
    close = np.shape(got) == np.shape(expected) and np.all(
        np.abs(np.asarray(got) - expected) <= 0.51 * 10.0**-digits
    )
    return float(not close)
