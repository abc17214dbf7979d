"""Laws GE-16, GE-20: two classes known to ten digits, and the models of scikit-learn."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml.classifiers import (
    BernoulliNB,
    GaussianNB,
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- GE-16: two classes known to ten digits ---------------------------------------------------


class _Reading(NamedTuple):
    """What both models say of three points; the class in question is class 1.

    Logarithms of the densities of class 1 and 0 (n_points, 2), posteriors with separate
    covariances and with one (n_points,), that covariance, and its weights and intercept.
    """

    log_densities: FloatArray
    quadratic: FloatArray
    linear: FloatArray
    covariance: FloatArray
    w: FloatArray
    b: float


class _View(NamedTuple):
    """An order of the three points, and how many new units an old one has."""

    order: tuple[int, ...]
    units: float


_TWO = book.Normals(
    (61, 79),
    np.array([[55.6, 59.8], [75.0, 71.3]]),
    np.array([[[847.0, 422.0], [422.0, 685.0]], [[874.0, 327.0], [327.0, 929.0]]]),
    np.array([[103.0, 45.0], [75.0, 71.3], [55.6, 59.8]]),
)

_PRINTED = _Reading(
    np.array([[-9.857698932, -11.170716884]]),
    np.array([0.8280104336, 0.5507108758, 0.4381598048]),
    np.array([0.7170485983, 0.6188266395, 0.5081435535]),
    np.array([[862.23571429, 368.39285714], [368.39285714, 822.68571429]]),
    np.array([0.02043733, 0.00482691]),
    -1.392388079,
)


def _read(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> _Reading:
    full = QuadraticDiscriminantAnalysis().fit(X, y)
    shared = LinearDiscriminantAnalysis(store_covariance=True).fit(X, y)
    densities = full.joint_log_likelihood(points) - np.log(full.priors_)
    return _Reading(
        densities[:, ::-1],
        full.predict_proba(points)[:, 1],
        shared.predict_proba(points)[:, 1],
        shared.covariance_,
        shared.coef_[0],
        float(shared.intercept_[0]),
    )


def _reading_residual(read: Any, case: _View) -> float:
    X, y, points = _TWO.task
    u, order = case.units, list(case.order)
    found = read(u * X, y, u * points[order])
    first = found.log_densities[order.index(0)] + 2.0 * np.log(u)
    got = (
        first[None],
        found.quadratic[np.argsort(order)],
        found.linear[np.argsort(order)],
        found.covariance / u**2,
        found.w * u,
        found.b,
    )
    return largest(
        *(float(np.max(np.abs(a - np.asarray(b)))) for a, b in zip(got, _PRINTED, strict=True))
    )


def _read_as(
    change: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray, ddof: int = 0
) -> _Reading:
    """By the book, with the estimates changed: a mistake, except for no change."""
    full = change(book.estimates(X, y, ddof))
    covariance = book.pooled(full).covariances[0]
    shared = full._replace(covariances=np.stack([covariance, covariance]))
    squares = np.sum(full.means * np.linalg.solve(covariance, full.means.T).T, axis=1)
    constants = np.log(full.priors) - 0.5 * squares
    return _Reading(
        (book.joint(full, points) - np.log(full.priors))[:, ::-1],
        book.posterior(full, points)[:, 1],
        book.posterior(shared, points)[:, 1],
        covariance,
        np.linalg.solve(covariance, full.means[1] - full.means[0]),
        float(constants[1] - constants[0]),
    )


def _weighing_the_same(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> _Reading:
    """Covariance 860.5, 374.5, 807: the plain mean of the two."""
    plain = _read_as(book.prior_left_out, X, y, points)
    return _read(X, y, points)._replace(covariance=plain.covariance)


# -- GE-20: scikit-learn ----------------------------------------------------------------------


class _Shared(NamedTuple):
    """Posteriors, weights and intercepts."""

    posterior: FloatArray
    coef: FloatArray
    intercept: FloatArray


class _Models(NamedTuple):
    """``(X, y, points)`` to posteriors: four models; *bernoulli* takes alpha, too."""

    shared: Callable[..., _Shared]
    full: Callable[..., FloatArray]
    diagonal: Callable[..., FloatArray]
    bernoulli: Callable[..., FloatArray]


def _linear_parts(model: Any, X: Any, y: Any, points: Any) -> _Shared:
    model.fit(X, y)
    return _Shared(model.predict_proba(points), model.coef_, model.intercept_)


def _proba(model: Any, X: Any, y: Any, points: Any) -> FloatArray:
    table: FloatArray = model.fit(X, y).predict_proba(points)
    return table


_OURS = _Models(
    lambda *task: _linear_parts(LinearDiscriminantAnalysis(), *task),
    lambda *task: _proba(QuadraticDiscriminantAnalysis(), *task),
    lambda *task: _proba(GaussianNB(var_smoothing=0.0), *task),
    lambda *task, alpha: _proba(BernoulliNB(alpha=alpha), *task),
)


def _scattered(X: FloatArray, y: NDArray[np.intp], factor: FloatArray) -> FloatArray:
    """Rows with the same class means, and the variances multiplied by a factor per row."""
    means = book.estimates(X, y).means[y]
    rows: FloatArray = means + np.sqrt(factor)[:, None] * (X - means)
    return rows


def _their_quadratic(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    """By maximum likelihood in every version: some versions divide by ``N_k - 1``."""
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis as Theirs

    model = Theirs(store_covariance=True).fit(X, y)
    pairs = zip(book.estimates(X, y).covariances, model.covariance_, strict=True)
    ratio = np.array([np.trace(S) / np.trace(T) for S, T in pairs])
    return _proba(model, _scattered(X, y, ratio[y]), y, points)


def _theirs() -> _Models:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis as TheirLDA
    from sklearn.naive_bayes import BernoulliNB as TheirBernoulli
    from sklearn.naive_bayes import GaussianNB as TheirGaussian

    return _Models(
        lambda *task: _linear_parts(TheirLDA(solver="lsqr"), *task),
        _their_quadratic,
        lambda *task: _proba(TheirGaussian(var_smoothing=0.0), *task),
        lambda *task, alpha: _proba(TheirBernoulli(alpha=alpha), *task),
    )


class _Rows(NamedTuple):
    """Normal classes, and pseudo-counts."""

    normals: book.Normals
    alpha: float


@st.composite
def _rows(draw: DrawFn) -> _Rows:
    return _Rows(draw(book.normals()), draw(st.integers(1, 12)) / 4.0)


def _up_to_a_constant(found: _Shared) -> tuple[FloatArray, FloatArray]:
    """Weights and intercepts of K > 2 classes matter up to what they have in common."""
    if len(found.coef) == 1:
        return found.coef, found.intercept
    return found.coef - found.coef[0], found.intercept - found.intercept[0]


def _parity_residual(models: Any, case: _Rows) -> float:
    task, theirs = case.normals.task, _theirs()
    ours, reference = models.shared(*task), theirs.shared(*task)
    pairs = zip(_up_to_a_constant(ours), _up_to_a_constant(reference), strict=True)
    return largest(
        relative(ours.posterior, reference.posterior),
        *(relative(a, b) for a, b in pairs),
        relative(models.full(*task), theirs.full(*task)),
        relative(models.diagonal(*task), theirs.diagonal(*task)),
        relative(
            models.bernoulli(*task, alpha=case.alpha), theirs.bernoulli(*task, alpha=case.alpha)
        ),
    )


def _over_n_minus_k(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> _Shared:
    factor = len(X) / (len(X) - len(np.unique(y)))
    return _OURS.shared(_scattered(X, y, np.full(len(X), factor)), y, points)


def _over_n_minus_one(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return book.posterior(book.estimates(X, y, ddof=1), points)


_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="GE-16",
        title="two classes known to ten digits",
        text="Of two classes of 79 and 61 rows with two features, densities, posteriors and "
        "boundary are the known ones, in any units.",
        latex=r"z(103, 45) = 1.5716\ \text{with}\ \Sigma_1, \Sigma_2;\quad 0.9299\ "
        r"\text{with}\ \Sigma",
        source=_LECTURES + "classification, two features of two types",
        cases=st.builds(
            _View,
            st.permutations(range(3)).map(tuple),
            st.sampled_from([0.01, 0.5, 1.0, 3.0, 100.0]),
        ),
        residual=_reading_residual,
        tolerance=1e-7,
        reason="weights and covariance are known to eight decimals",
        subject=_read,
        mutants=(
            Mutant("prior ratio forgotten", partial(_read_as, book.prior_left_out)),
            Mutant("classes weigh the same", _weighing_the_same),
            Mutant("divided by N - 1", partial(_read_as, lambda found: found, ddof=1)),
            Mutant("prior ratio inverted", partial(_read_as, book.prior_inverted)),
            Mutant("covariance of all rows", partial(_read_as, book.total)),
            Mutant("features taken for independent", partial(_read_as, book.diagonal)),
        ),
        examples=(_View((0, 1, 2), 1.0),),
    ),
    Law(
        id="GE-20",
        title="the models of scikit-learn",
        text="One covariance is its LDA, separate ones its QDA by maximum likelihood, diagonal "
        "ones its GaussianNB without smoothing, binary features its BernoulliNB.",
        latex=r"\max_{n, k} |p_{nk} - q_{nk}| \approx 0",
        source="where the lectures stop; what everybody compares with",
        cases=_rows(),
        residual=_parity_residual,
        tolerance=1e-10,
        reason="covariances whose condition is below 20, solved by other factorisations",
        subject=_OURS,
        mutants=(
            Mutant("divided by N - K", _OURS._replace(shared=_over_n_minus_k)),
            Mutant("divided by N - 1", _OURS._replace(full=_over_n_minus_one)),
            Mutant(
                "smoothed variances",
                _OURS._replace(
                    diagonal=lambda *task: _proba(GaussianNB(var_smoothing=1e-3), *task)
                ),
            ),
            Mutant(
                "always one pseudo-count",
                _OURS._replace(bernoulli=lambda *task, alpha: _proba(BernoulliNB(), *task)),
            ),
            Mutant(
                "another threshold",
                _OURS._replace(
                    bernoulli=lambda *task, alpha: _proba(
                        BernoulliNB(alpha=alpha, binarize=1.0), *task
                    )
                ),
            ),
        ),
    ),
)
