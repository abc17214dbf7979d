"""Laws LA-30 and LA-34: power iteration, and what eigenvectors are for."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._drawn import Symmetric, symmetric, whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.linalg import power_iteration
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- LA-30: power iteration -----------------------------------------------------------------------


class _Dominant(NamedTuple):
    """An eigenvalue and its eigenvector."""

    value: float
    vector: FloatArray


def _iterate(A: FloatArray) -> _Dominant:
    found = power_iteration(lambda v: A @ v, len(A), tol=1e-9)
    return _Dominant(found.value, found.vector)


def _dominant_residual(iterate: Callable[[FloatArray], _Dominant], case: Symmetric) -> float:
    A, value, first = case.matrix, case.spectrum[0], case.Q[:, 0]
    found = iterate(A)
    aligned = abs(float(first @ found.vector))
    return largest(
        abs(found.value - value),
        abs(aligned - 1.0),
        abs(float(np.linalg.norm(found.vector)) - 1.0),
        float(np.linalg.norm(A @ found.vector - value * found.vector)),
        float(np.max(-found.vector) - np.max(found.vector)),
    )


def _without_normalising(A: FloatArray) -> _Dominant:
    v = np.random.default_rng(0).standard_normal(len(A))
    for _ in range(2000):
        v = A @ v
    return _Dominant(float(v @ A @ v / (v @ v)), v / np.linalg.norm(v))


def _by_length(A: FloatArray) -> _Dominant:
    found = _iterate(A)
    return _Dominant(float(np.linalg.norm(A @ found.vector)), found.vector)


def _upright(v: FloatArray) -> FloatArray:
    upright: FloatArray = v * np.sign(v[np.abs(v).argmax()])
    return upright


def _largest_algebraic(A: FloatArray) -> _Dominant:
    values, V = np.linalg.eigh(A)
    return _Dominant(float(values[-1]), _upright(V[:, -1]))


def _until_unchanged(A: FloatArray) -> _Dominant:
    v = np.random.default_rng(0).standard_normal(len(A))
    for _ in range(1000):
        product = A @ v / np.linalg.norm(A @ v)
        if np.linalg.norm(product - v) <= 1e-9:
            return _Dominant(float(v @ A @ v), _upright(v))
        v = product
    raise np.linalg.LinAlgError("it still changes")


def _two_products(A: FloatArray) -> _Dominant:
    v = A @ (A @ np.ones(len(A)))
    v /= np.linalg.norm(v)
    return _Dominant(float(v @ A @ v), _upright(v))


# -- LA-34: what eigenvectors are for -------------------------------------------------------------


class _Principal(NamedTuple):
    """Scores of the rows, components as columns, and the variance along each."""

    scores: FloatArray
    components: FloatArray
    variances: FloatArray


class _Uses(NamedTuple):
    """Principal components of rows, and the ranks of pages by who links to whom."""

    components: Callable[[FloatArray, int], _Principal]
    pagerank: Callable[[FloatArray, float], FloatArray]


class _Used(NamedTuple):
    """Rows, how many components, and links with a damping factor."""

    X: FloatArray
    k: int
    links: FloatArray
    damping: float

    @property
    def transitions(self) -> FloatArray:
        """Column j holds the probabilities of going on from page j."""
        P: FloatArray = self.links / self.links.sum(axis=0)
        return P


@st.composite
def _used(draw: DrawFn) -> _Used:
    d = draw(st.integers(1, 3))
    X = draw(whole(draw(st.integers(d + 2, 7)), d)) * np.arange(1, d + 1) + 1.0
    n = draw(st.integers(2, 4))
    links = np.abs(draw(whole(n, n))) + np.eye(n)[::-1]
    return _Used(X, draw(st.integers(1, d)), links, draw(st.sampled_from([0.5, 0.85])))


def _components(X: FloatArray, k: int, *, centred: bool = True, last: bool = False) -> _Principal:
    Z = X - X.mean(axis=0) if centred else X
    values, V = np.linalg.eigh(Z.T @ Z / (len(X) - 1))
    order = np.argsort(values)[:k] if last else np.argsort(values)[::-1][:k]
    return _Principal(Z @ V[:, order], V[:, order], values[order])


def _pagerank(P: FloatArray, damping: float) -> FloatArray:
    n = len(P)
    found = power_iteration(
        lambda r: damping * (P @ r) + (1.0 - damping) / n * r.sum(), n, tol=1e-12
    )
    ranks: FloatArray = found.vector / found.vector.sum()
    return ranks


def _uses_residual(uses: _Uses, case: _Used) -> float:
    X, k = case.X, case.k
    n = len(X)
    found = uses.components(X, k)
    Z = X - X.mean(axis=0)
    kept = Z - found.scores @ found.components.T
    spectrum = np.sort(np.linalg.eigvalsh(Z.T @ Z / (n - 1)))[::-1]
    ranks = uses.pagerank(case.transitions, case.damping)
    onward = case.damping * (case.transitions @ ranks) + (1.0 - case.damping) / len(ranks)
    return largest(
        relative(found.scores.mean(axis=0), np.zeros(k)),
        relative(found.scores.T @ found.scores / (n - 1), np.diag(found.variances)),
        relative(found.variances, spectrum[:k]),
        relative(np.sum(kept**2) / (n - 1), spectrum[k:].sum()),
        relative(onward, ranks),
        relative(ranks.sum(), 1.0),
        -float(ranks.min()),
    )


_USES = _Uses(_components, _pagerank)


def _correlated(X: FloatArray, k: int) -> _Principal:
    return _components(X / np.maximum(X.std(axis=0), 1e-9), k)


LAWS = (
    Law(
        id="LA-30",
        title="power iteration",
        text="Products with the matrix, normalised each time, lead to the eigenvector whose "
        "eigenvalue is largest in modulus, and its Rayleigh quotient to the eigenvalue, sign "
        "included.",
        latex=r"v \leftarrow A v / \|A v\|,\quad v^\top A v \to \lambda_1,\ |\lambda_1| > "
        r"|\lambda_2| \ge \dots",
        source="Lai 2020, slide 26",
        cases=symmetric(),
        residual=_dominant_residual,
        tolerance=1e-7,
        reason="a residual of 1e-9 over gaps of at least 1/2",
        subject=_iterate,
        mutants=(
            Mutant("never normalised", _without_normalising),
            Mutant("length of A v", _by_length),
            Mutant("largest, not largest in modulus", _largest_algebraic),
            Mutant("until v no longer changes", _until_unchanged),
            Mutant("two products are enough", _two_products),
        ),
    ),
    Law(
        id="LA-34",
        title="principal components and page rank",
        text="The eigenvectors of the covariance give uncorrelated scores whose variances are the "
        "eigenvalues, and what is dropped is lost; the dominant one of a surfer's transitions "
        "is where he is in the long run.",
        latex=r"\mathrm{Cov}(Z V) = \mathrm{diag}(\lambda),\quad G r = r,\ r \ge 0,\ "
        r"\textstyle\sum_i r_i = 1",
        source="Lai 2020, slide 24",
        cases=_used(),
        residual=_uses_residual,
        tolerance=1e-9,
        reason="power iteration to 1e-12; up to seven rows of whole numbers",
        subject=_USES,
        mutants=(
            Mutant(
                "not centred",
                _USES._replace(components=lambda X, k: _components(X, k, centred=False)),
            ),
            Mutant(
                "smallest first",
                _USES._replace(components=lambda X, k: _components(X, k, last=True)),
            ),
            Mutant("of the correlations", _USES._replace(components=_correlated)),
            Mutant(
                "links backwards",
                _USES._replace(pagerank=lambda P, damping: _pagerank(P.T / P.sum(axis=1), damping)),
            ),
            Mutant(
                "of length one",
                _USES._replace(
                    pagerank=lambda P, d: _pagerank(P, d) / np.linalg.norm(_pagerank(P, d))
                ),
            ),
            Mutant("never bored", _USES._replace(pagerank=lambda P, d: _pagerank(P, 0.999))),
        ),
    ),
)
