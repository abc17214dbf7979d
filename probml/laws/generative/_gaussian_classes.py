"""Laws GE-06 to GE-10: a normal distribution per class, and where the boundary is a plane."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special

from probml.classifiers import (
    LinearDiscriminantAnalysis,
    LogisticRegression,
    QuadraticDiscriminantAnalysis,
)
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]

# -- GE-06: one normal distribution per class -------------------------------------------------


class _Labelled(NamedTuple):
    """Rows, their classes, and other names for the classes, 0 to K - 1."""

    X: FloatArray
    y: NDArray[np.intp]
    names: tuple[int, ...]


@st.composite
def _labelled(draw: DrawFn) -> _Labelled:
    K, d = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    sizes = draw(st.lists(st.integers(1, 5), min_size=K, max_size=K))
    # A simplex in every class makes its covariance positive definite.
    corners = np.concatenate([np.zeros((1, d)), 3.0 * np.eye(d)])
    parts = [np.concatenate([corners, draw(whole(n, d))]) for n in sizes]
    y = np.repeat(np.arange(K), [len(part) for part in parts])
    order = draw(st.permutations(range(len(y))))
    names = draw(st.permutations(range(K)))
    return _Labelled(np.concatenate(parts)[order], y[order], tuple(names))


def _fitted(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    model = QuadraticDiscriminantAnalysis(store_covariance=True).fit(X, y)
    return model.means_, np.stack(model.covariance_)


def _fitted_residual(fitted: Any, case: _Labelled) -> float:
    expected = book.estimates(case.X, case.y)
    means, covariances = fitted(case.X, case.y)
    names = np.array(case.names)
    renamed_means, renamed = fitted(case.X, names[case.y])
    return largest(
        relative(means, expected.means),
        relative(covariances, expected.covariances),
        relative(renamed_means[names], means),
        relative(renamed[names], covariances),
    )


def _of_all_rows(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    K, d = int(y.max()) + 1, X.shape[1]
    covariance = np.cov(X.T, ddof=0).reshape(d, d)
    return np.tile(X.mean(axis=0), (K, 1)), np.tile(covariance, (K, 1, 1))


def _about_all_rows(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    means, covariances = _fitted(X, y)
    shift = means - X.mean(axis=0)
    return means, covariances + shift[:, :, None] * shift[:, None, :]


def _over_n_minus_one(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    found = book.estimates(X, y, ddof=1)
    return found.means, found.covariances


def _in_order_of_appearance(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    _, first = np.unique(y, return_index=True)
    order = np.argsort(first)
    means, covariances = _fitted(X, y)
    return means[order], covariances[order]


def _superscripts_as_powers(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    means, covariances = _fitted(X, y)
    return means, np.stack([np.linalg.matrix_power(S, k + 1) for k, S in enumerate(covariances)])


# -- GE-07: log-odds with separate covariances ------------------------------------------------


def _quadratic(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return QuadraticDiscriminantAnalysis().fit(X, y).decision_function(points)


def _expanded(
    X: FloatArray,
    y: NDArray[np.intp],
    points: FloatArray,
    *,
    determinants: float = 0.5,
    power: int = -1,
    square: float = 0.5,
    cross: float = 1.0,
    product: bool = False,
) -> FloatArray:
    """The formula of the lecture notes, term by term, with one of its parts wrong."""
    found = book.estimates(X, y)
    z: FloatArray = np.zeros(len(points))
    for k, sign in ((0, -1.0), (1, 1.0)):
        mean = found.means[k]
        P = np.linalg.matrix_power(found.covariances[k], -1 if k else power)
        z = z - sign * square * np.einsum("ij,jk,ik->i", points, P, points)
        z = z + sign * (cross * points @ P @ mean - 0.5 * mean @ P @ mean)
    log_dets = np.linalg.slogdet(found.covariances)[1]
    ratio = determinants * (log_dets[0] - log_dets[1])
    z = ratio * np.exp(z) if product else ratio + z
    odds: FloatArray = z + np.log(found.priors[1] / found.priors[0])
    return odds


def _quadratic_residual(odds: Any, case: book.Normals) -> float:
    X, y, points = case.task
    start, step = points[0], np.ones(points.shape[1])
    line = start + np.arange(4.0)[:, None] * step
    along = odds(X, y, line)
    third = along[3] - 3.0 * along[2] + 3.0 * along[1] - along[0]
    return largest(
        relative(odds(X, y, points), book.log_odds(case.estimates, points)),
        relative(odds(X, y, points), _expanded(X, y, points)),
        abs(float(third)) / (1.0 + float(np.abs(along).max())),
    )


# -- GE-08, GE-09: log-odds with one covariance -----------------------------------------------


def _linear_odds(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return LinearDiscriminantAnalysis().fit(X, y).decision_function(points)


def _linear_residual(odds: Any, case: book.Normals) -> float:
    X, y, points = case.task
    expected = book.log_odds(book.pooled(case.estimates), points)
    bend = book.affine_residual(lambda x: odds(X, y, x), points[:2], points[2:])
    return largest(relative(odds(X, y, points), expected), bend)


def _odds_of(change: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return book.log_odds(change(book.estimates(X, y)), points)


def _first_covariance(found: book.Estimates) -> book.Estimates:
    return found._replace(covariances=found.covariances[[0] * len(found.priors)])


def _plain_mean(found: book.Estimates) -> book.Estimates:
    return found._replace(covariances=book.pooled(book.prior_left_out(found)).covariances)


class _Linear(NamedTuple):
    """Weights and intercept of the log-odds of class 1, (d,) and ()."""

    w: FloatArray
    b: float


class _Pinned(NamedTuple):
    """A task, and where they are known to so many digits w, b and the posteriors."""

    task: book.Task
    printed: tuple[FloatArray, float, FloatArray] | None = None


def _closed_form(X: FloatArray, y: NDArray[np.intp]) -> _Linear:
    model = LinearDiscriminantAnalysis().fit(X, y)
    return _Linear(model.coef_[0], float(model.intercept_[0]))


def _closed_form_as(
    X: FloatArray,
    y: NDArray[np.intp],
    *,
    change: Any = book.pooled,
    power: int = -1,
    half: float = 0.5,
    prior: float = 1.0,
) -> _Linear:
    """``w = Sigma^-1 (mu_1 - mu_0)`` and b by the formula, with one of its parts wrong."""
    found = change(book.estimates(X, y))
    P = np.linalg.matrix_power(found.covariances[0], power)
    squares = np.einsum("ki,ij,kj->k", found.means, P, found.means)
    constants = prior * np.log(found.priors) - half * squares
    return _Linear(P @ (found.means[1] - found.means[0]), float(constants[1] - constants[0]))


def _closed_form_residual(linear: Any, case: _Pinned) -> float:
    X, y, points = case.task
    found, expected = linear(X, y), _closed_form_as(X, y)
    table = book.posterior(book.pooled(book.estimates(X, y)), points)
    sigmoid = special.expit(points @ found.w + found.b)
    worst = largest(
        relative(found.w, expected.w),
        relative(found.b, expected.b),
        relative(sigmoid, table[:, 1]),
    )
    if case.printed is None:
        return worst
    got = (*found, sigmoid)
    return largest(worst, *(book.golden(a, b, 9) for a, b in zip(got, case.printed, strict=True)))


def _logistic(X: FloatArray, y: NDArray[np.intp]) -> _Linear:
    model = LogisticRegression().fit(X, y)
    return _Linear(model.coef_[0], float(model.intercept_[0]))


_PRINTED = _Pinned(
    # the second point is the boundary
    book.Task(
        np.array([[0.0], [2.0], [5.0], [9.0], [10.0]]),
        np.array([1, 1, 0, 0, 0]),
        np.array([[4.0], [4.314644522]]),
    ),
    (np.array([-2.1875]), 9.438284892, np.array([0.6655852837, 0.5])),
)


# -- GE-10: K classes -------------------------------------------------------------------------


def _softmax_form(X: FloatArray, y: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Weights (K, d) and intercepts (K,), up to what all classes have in common."""
    model = LinearDiscriminantAnalysis().fit(X, y)
    return model.coef_, model.intercept_


def _softmax_form_as(
    X: FloatArray,
    y: NDArray[np.intp],
    *,
    change: Any = book.pooled,
    power: int = -1,
    half: float = -0.5,
    prior: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    found = change(book.estimates(X, y))
    W = found.means @ np.linalg.matrix_power(found.covariances[0], power)
    return W, half * np.sum(W * found.means, axis=1) + prior * np.log(found.priors)


def _softmax_residual(form: Any, case: book.Normals) -> float:
    X, y, points = case.task
    W, b = form(X, y)
    expected_W, expected_b = _softmax_form_as(X, y)
    table = book.posterior(book.pooled(case.estimates), points)
    return largest(
        relative(W - W[0], expected_W - expected_W[0]),
        relative(b - b[0], expected_b - expected_b[0]),
        relative(special.softmax(points @ W.T + b, axis=1), table),
    )


_SOURCE = "notes on Hung-yi Lee's lectures, "
_FACTOR = "a Cholesky factor of covariances whose condition is below 9"

LAWS = (
    Law(
        id="GE-06",
        title="a normal distribution per class",
        text="Mean and covariance of a class are those of its own rows, over their number; with "
        "other names the classes keep their estimates.",
        latex=r"\mu_k = \tfrac1{N_k} \sum_{n \in C_k} x_n,\quad "
        r"\Sigma_k = \tfrac1{N_k} \sum_{n \in C_k} (x_n - \mu_k)(x_n - \mu_k)^\top",
        source=_SOURCE + "the Gaussian distribution",
        cases=_labelled(),
        residual=_fitted_residual,
        tolerance=1e-12,
        reason="sums of at most nine products of whole numbers up to 6, about their mean",
        subject=_fitted,
        mutants=(
            Mutant("statistics of all rows", _of_all_rows),
            Mutant("scatter about the mean of all rows", _about_all_rows),
            Mutant("divided by N - 1", _over_n_minus_one),
            Mutant("classes in order of appearance", _in_order_of_appearance),
            Mutant("superscripts as powers", _superscripts_as_powers),
        ),
    ),
    Law(
        id="GE-07",
        title="log-odds with separate covariances",
        text="Log-odds are a difference of normal log-densities plus that of the log priors: "
        "quadratic along every line.",
        latex=r"z = \tfrac12 \ln\frac{|\Sigma_2|}{|\Sigma_1|}"
        r" - \tfrac12 (x - \mu_1)^\top \Sigma_1^{-1} (x - \mu_1)"
        r" + \tfrac12 (x - \mu_2)^\top \Sigma_2^{-1} (x - \mu_2) + \ln\frac{N_1}{N_2}",
        source=_SOURCE + "By Gaussian distribution",
        cases=book.normals((2, 2)),
        residual=_quadratic_residual,
        tolerance=1e-11,
        reason=_FACTOR + ", and squares in the hundreds that cancel",
        subject=_quadratic,
        mutants=(
            Mutant("determinants swapped", partial(_expanded, determinants=-0.5)),
            Mutant("determinants dropped", partial(_expanded, determinants=0.0)),
            Mutant("determinants without root", partial(_expanded, determinants=1.0)),
            Mutant("Sigma to the power -2", partial(_expanded, power=-2)),
            Mutant("quadratic terms dropped", partial(_expanded, square=0.0)),
            Mutant("half a cross term", partial(_expanded, cross=0.5)),
            Mutant("logarithm times exponential", partial(_expanded, product=True)),
            Mutant("density ratio without priors", partial(_odds_of, book.prior_left_out)),
            Mutant("one covariance", partial(_odds_of, book.pooled)),
        ),
    ),
    Law(
        id="GE-08",
        title="one covariance, a plane for a boundary",
        text="With one covariance quadratic terms and determinants cancel, and log-odds are affine "
        "in x; the covariance is the mean of those of the classes under the priors.",
        latex=r"z = (\mu_1 - \mu_2)^\top \Sigma^{-1} x - \tfrac12 \mu_1^\top \Sigma^{-1} \mu_1"
        r" + \tfrac12 \mu_2^\top \Sigma^{-1} \mu_2 + \ln\frac{N_1}{N_2}",
        source=_SOURCE + "Modifying Model, one covariance for both classes",
        cases=book.normals((2, 2)),
        residual=_linear_residual,
        tolerance=1e-11,
        reason=_FACTOR,
        subject=_linear_odds,
        mutants=(
            Mutant("not shared", _quadratic),
            Mutant("quadratic terms dropped, not cancelled", partial(_expanded, square=0.0)),
            Mutant("covariance of the first class", partial(_odds_of, _first_covariance)),
            Mutant("classes weigh the same", partial(_odds_of, _plain_mean)),
            Mutant("covariance of all rows", partial(_odds_of, book.total)),
            Mutant(
                "priors left out", partial(_odds_of, lambda e: book.prior_left_out(book.pooled(e)))
            ),
        ),
    ),
    Law(
        id="GE-09",
        title="weights and intercept in closed form",
        text="The posterior is the sigmoid of w'x + b, and w and b follow from means, covariance "
        "and counts; they are not those of logistic regression.",
        latex=r"w = \Sigma^{-1} (\mu_1 - \mu_2),\quad b = -\tfrac12 \mu_1^\top \Sigma^{-1} \mu_1"
        r" + \tfrac12 \mu_2^\top \Sigma^{-1} \mu_2 + \ln\frac{N_1}{N_2}",
        source=_SOURCE + "Modifying Model, linear form",
        cases=book.normals((2, 2)).map(lambda case: _Pinned(case.task)),
        residual=_closed_form_residual,
        tolerance=1e-11,
        reason=_FACTOR,
        subject=_closed_form,
        mutants=(
            Mutant("Sigma for its inverse", partial(_closed_form_as, power=1)),
            Mutant("signs of the squares swapped", partial(_closed_form_as, half=-0.5)),
            Mutant("one half missing", partial(_closed_form_as, half=1.0)),
            Mutant("prior ratio inverted", partial(_closed_form_as, prior=-1.0)),
            Mutant("prior left out", partial(_closed_form_as, prior=0.0)),
            Mutant("covariance of all rows", partial(_closed_form_as, change=book.total)),
            Mutant(
                "divided by N - 2",
                lambda X, y: _closed_form_as(X, y, change=partial(book.pooled, ddof=2 / len(y))),
            ),
            Mutant("logistic regression", _logistic),
        ),
        examples=(_PRINTED,),
    ),
    Law(
        id="GE-10",
        title="K classes, a softmax",
        text="With one covariance the posterior of K classes is the softmax of affine scores.",
        latex=r"P(C_k \mid x) = \operatorname{softmax}_k(w_k^\top x + b_k),\quad "
        r"w_k = \Sigma^{-1} \mu_k,\quad b_k = -\tfrac12 \mu_k^\top \Sigma^{-1} \mu_k + \ln \pi_k",
        source="where the lectures stop; more than two classes",
        cases=book.normals((3, 4)),
        residual=_softmax_residual,
        tolerance=1e-11,
        reason=_FACTOR,
        subject=_softmax_form,
        mutants=(
            Mutant("prior left out", partial(_softmax_form_as, prior=0.0)),
            Mutant("plus one half", partial(_softmax_form_as, half=0.5)),
            Mutant("one half missing", partial(_softmax_form_as, half=-1.0)),
            Mutant("Sigma for its inverse", partial(_softmax_form_as, power=1)),
            Mutant("covariance of all rows", partial(_softmax_form_as, change=book.total)),
            Mutant("classes weigh the same", partial(_softmax_form_as, change=_plain_mean)),
        ),
    ),
)
