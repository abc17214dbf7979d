"""Laws GE-11 to GE-13: features that are independent given the class."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special, stats

from probml.classifiers import BernoulliNB, GaussianNB, QuadraticDiscriminantAnalysis
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_Change = Callable[[book.Estimates], book.Estimates]


# -- GE-11: a product over features -----------------------------------------------------------


def _joint(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return GaussianNB(var_smoothing=0.0).fit(X, y).joint_log_likelihood(points)


def _terms(found: book.Estimates, points: FloatArray) -> FloatArray:
    """Logarithm of the density of each feature under each class, (n_points, K, d)."""
    deviations = np.sqrt(np.diagonal(found.covariances, axis1=1, axis2=2))
    table: FloatArray = stats.norm.logpdf(points[:, None, :], found.means, deviations)
    return table


def _product_residual(joint: Any, case: book.Normals) -> float:
    X, y, points = case.task
    log_priors = np.log(case.estimates.priors)
    terms = _terms(case.estimates, points)
    whole = joint(X, y, points)
    alone = [joint(X[:, [j]], y, points[:, [j]]) - log_priors for j in range(X.shape[1])]
    # Another value of the last feature changes its own term and no other.
    other = points.copy()
    other[:, -1] += 1.5
    change = (_terms(case.estimates, other) - terms)[:, :, -1]
    return largest(
        relative(whole, terms.sum(axis=2) + log_priors),
        relative(whole, sum(alone) + log_priors),
        relative(joint(X, y, other) - whole, change),
    )


def _marginals(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    """Features independent, but not given the class."""
    marginal = stats.norm.logpdf(points, X.mean(axis=0), X.std(axis=0)).sum(axis=1)
    table: FloatArray = marginal[:, None] + np.log(np.bincount(y) / len(y))
    return table


def _dependent(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return QuadraticDiscriminantAnalysis().fit(X, y).joint_log_likelihood(points)


def _over_features(
    combine: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray
) -> FloatArray:
    """Something else than the sum of the features' terms."""
    found = book.estimates(X, y)
    table: FloatArray = combine(_terms(found, points)) + np.log(found.priors)
    return table


def _prior_per_feature(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    extra = (X.shape[1] - 1) * np.log(np.bincount(y) / len(y))
    table: FloatArray = _joint(X, y, points) + extra
    return table


# -- GE-12: normal features -------------------------------------------------------------------


def _log_posterior(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return GaussianNB(var_smoothing=0.0).fit(X, y).predict_log_proba(points)


def _log_posterior_of(
    change: _Change, X: FloatArray, y: NDArray[np.intp], points: FloatArray
) -> FloatArray:
    table = book.joint(change(book.estimates(X, y)), points)
    logarithms: FloatArray = special.log_softmax(table, axis=1)
    return logarithms


def _diagonal_residual(log_posterior: Any, case: book.Normals) -> float:
    X, y, points = case.task
    straight = case._replace(covariances=book.diagonal(case.estimates).covariances)
    full = QuadraticDiscriminantAnalysis().fit(*straight.task[:2])
    found = log_posterior(X, y, points)
    gap = largest(
        relative(found, _log_posterior_of(book.diagonal, X, y, points)),
        relative(found, full.predict_log_proba(points)),
    )
    if not (case.covariances == case.covariances[0]).all():
        return gap

    def odds(at: FloatArray) -> FloatArray:
        table = log_posterior(X, y, at)
        difference: FloatArray = table[:, 1] - table[:, 0]
        return difference

    return largest(gap, book.affine_residual(odds, points[:2], points[2:]))


def _deviations(found: book.Estimates) -> book.Estimates:
    return found._replace(covariances=np.sqrt(book.diagonal(found).covariances))


def _n_minus_one(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    found = book.diagonal(book.estimates(X, y, ddof=1))
    logarithms: FloatArray = special.log_softmax(book.joint(found, points), axis=1)
    return logarithms


# -- GE-13: binary features -------------------------------------------------------------------


class _Binary(NamedTuple):
    """Rows of zeros and ones, their classes, a point, pseudo-counts, and a known posterior."""

    X: tuple[tuple[int, ...], ...]
    y: tuple[int, ...]
    point: tuple[int, ...]
    alpha: Fraction
    printed: float | None = None


@st.composite
def _binaries(draw: DrawFn) -> _Binary:
    K, d = draw(st.integers(2, 3)), draw(st.integers(1, 4))
    y = [*range(K), *draw(st.lists(st.integers(0, K - 1), min_size=1, max_size=8))]
    X = draw(arrays(int, (len(y), d), elements=st.integers(0, 1), fill=st.nothing()))
    point = draw(st.lists(st.integers(0, 1), min_size=d, max_size=d))
    rows = tuple(tuple(map(int, row)) for row in X)
    return _Binary(
        rows, tuple(y), tuple(point), draw(st.integers(1, 12).map(lambda a: Fraction(a, 4)))
    )


def _bernoulli(X: Any, y: Any, point: Any, alpha: float) -> FloatArray:
    """Posterior of one point, (K,)."""
    row: FloatArray = BernoulliNB(alpha=alpha, binarize=None).fit(X, y).predict_proba([point])[0]
    return row


def _by_fractions(
    X: Any,
    y: Any,
    point: Any,
    alpha: Any,
    *,
    absent: bool = True,
    outcomes: int = 2,
    prior: bool = True,
    smooth_prior: bool = False,
) -> FloatArray:
    """Counted without rounding, with one of the parts of the formula wrong."""
    a = Fraction(alpha)
    weights = []
    for k in range(max(y) + 1):
        rows = [row for row, label in zip(X, y, strict=True) if label == k]
        p = [(sum(column) + a) / (len(rows) + outcomes * a) for column in zip(*rows, strict=True)]
        factors = [q if x else 1 - q for q, x in zip(p, point, strict=True) if x or absent]
        weight = len(rows) + a * smooth_prior if prior else Fraction(1)
        weights.append(weight * prod(factors, start=Fraction(1)))
    return np.array([float(w / sum(weights)) for w in weights])


def _bernoulli_residual(posterior: Any, case: _Binary) -> float:
    found = posterior(*case[:3], float(case.alpha))
    worst = relative(found, _by_fractions(*case[:4]))
    if case.printed is None:
        return worst
    return largest(worst, book.golden(found[1], case.printed, 10))


def _joint_table(X: Any, y: Any, point: Any, alpha: float) -> FloatArray:
    """Counts of whole rows, in which features may depend on each other."""
    cells = 2 ** len(point)
    hits = np.zeros(max(y) + 1)
    for row, label in zip(X, y, strict=True):
        hits[label] += tuple(row) == tuple(point)
    counts = np.bincount(y)
    weights = counts * (hits + alpha) / (counts + cells * alpha)
    table: FloatArray = weights / weights.sum()
    return table


_TOY = (((1, 1),) + 4 * ((1, 0), (0, 1), (0, 0)), (1,) + 12 * (0,), (1, 1))
"""The one row of class 1 is a row that class 0 never has."""

_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="GE-11",
        title="naive Bayes is a product",
        text="Given the class features are independent: the joint log-likelihood is the log prior "
        "plus one term per feature, which depends on that feature alone.",
        latex=r"\log f(x, C_k) = \log \pi_k + \sum_j \log f(x_j \mid C_k)",
        source=_LECTURES + "naive Bayes, if all dims independent",
        cases=book.normals(),
        residual=_product_residual,
        tolerance=1e-11,
        reason="squares in the hundreds over variances of at least 0.5",
        subject=_joint,
        mutants=(
            Mutant("independent, but not given the class", _marginals),
            Mutant("dependent features", _dependent),
            Mutant("a prior for every feature", _prior_per_feature),
            Mutant("mean for sum", partial(_over_features, lambda t: t.mean(axis=2))),
            Mutant("the largest term", partial(_over_features, lambda t: t.max(axis=2))),
            Mutant("a mixture", partial(_over_features, lambda t: special.logsumexp(t, axis=2))),
        ),
    ),
    Law(
        id="GE-12",
        title="Gaussian naive Bayes",
        text="It is the normal model with diagonal covariances of maximum likelihood: quadratic, "
        "and affine where all classes have the same variances.",
        latex=r"\Sigma_k = \operatorname{diag}(v_{k1}, \dots, v_{kd}),\quad "
        r"v_{kj} = \tfrac1{N_k} \sum_{n \in C_k} (x_{nj} - \mu_{kj})^2",
        source=_LECTURES + "naive Bayes",
        cases=(book.normals(), book.normals(shared=True)),
        residual=_diagonal_residual,
        tolerance=1e-11,
        reason="squares in the hundreds over variances of at least 0.5",
        subject=_log_posterior,
        mutants=(
            Mutant("deviation for variance", partial(_log_posterior_of, _deviations)),
            Mutant("whole covariances", partial(_log_posterior_of, lambda found: found)),
            Mutant("divided by N - 1", _n_minus_one),
            Mutant(
                "variances shared",
                partial(_log_posterior_of, lambda found: book.diagonal(book.pooled(found))),
            ),
            Mutant(
                "priors left out",
                partial(_log_posterior_of, lambda found: book.prior_left_out(book.diagonal(found))),
            ),
        ),
    ),
    Law(
        id="GE-13",
        title="Bernoulli naive Bayes",
        text="A feature that is absent counts, too, by 1 - p; and a row that only class 1 ever had "
        "may still be more probable under the other.",
        latex=r"P(x \mid C_k) = \prod_j p_{kj}^{x_j} (1 - p_{kj})^{1 - x_j},\quad "
        r"p_{kj} = \frac{N_{kj} + \alpha}{N_k + 2 \alpha}",
        source=_LECTURES + "naive Bayes",
        cases=_binaries(),
        residual=_bernoulli_residual,
        tolerance=1e-12,
        reason="a sum of at most five logarithms of counts below 20, against fractions",
        subject=_bernoulli,
        mutants=(
            Mutant("absent features left out", partial(_by_fractions, absent=False)),
            Mutant("one pseudo-count for two outcomes", partial(_by_fractions, outcomes=1)),
            Mutant("prior left out", partial(_by_fractions, prior=False)),
            Mutant("smoothed prior", partial(_by_fractions, smooth_prior=True)),
            Mutant("not smoothed", lambda X, y, x, alpha: _by_fractions(X, y, x, 0)),
            Mutant("the table of whole rows", _joint_table),
        ),
        examples=(
            _Binary(*_TOY, Fraction(0), 3 / 7),
            _Binary(*_TOY, Fraction(1), 0.2250287026),
        ),
    ),
)
