"""Laws GE-04, GE-05: log-odds, the sigmoid of them, and the priors in them."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from probml.classifiers import QuadraticDiscriminantAnalysis
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray, sigmoid

__all__ = ["LAWS"]


# -- GE-04: posterior as a sigmoid ------------------------------------------------------------


def _by_sigmoid(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    """Posterior of class 1."""
    model = QuadraticDiscriminantAnalysis().fit(X, y)
    probabilities: FloatArray = sigmoid(model.decision_function(points))
    return probabilities


def _sigmoid_residual(posterior: Any, case: book.Normals) -> float:
    X, y, points = case.task
    expected = book.posterior(case.estimates, points)
    model = QuadraticDiscriminantAnalysis().fit(X, y)
    return largest(
        relative(posterior(X, y, points), expected[:, 1]),
        relative(posterior(X, 1 - y, points), expected[:, 0]),
        relative(posterior(X, y, points), model.predict_proba(points)[:, 1]),
    )


def _sigmoid_as(
    X: FloatArray,
    y: NDArray[np.intp],
    points: FloatArray,
    sign: float = 1.0,
    change: Any = lambda found: found,
) -> FloatArray:
    z = sign * book.log_odds(change(book.estimates(X, y)), points)
    probabilities: FloatArray = sigmoid(z)
    return probabilities


def _density(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    """What the lecture notes print: the density of the class in the posterior's place."""
    found = book.estimates(X, y)
    density: FloatArray = np.exp(book.joint(found, points)[:, 1]) / found.priors[1]
    return density


# -- GE-05: priors ----------------------------------------------------------------------------


class _Repeated(NamedTuple):
    """Two normal classes, how often the rows of class 1 are repeated, and other priors."""

    normals: book.Normals
    times: int
    shares: tuple[int, int]


_REPEATED = st.builds(
    _Repeated,
    book.normals((2, 2)),
    st.integers(2, 9),
    st.tuples(st.integers(1, 9), st.integers(10, 19)),
)


def _odds(
    X: FloatArray, y: NDArray[np.intp], points: FloatArray, priors: FloatArray | None = None
) -> FloatArray:
    return QuadraticDiscriminantAnalysis(priors=priors).fit(X, y).decision_function(points)


def _prior_residual(odds: Any, case: _Repeated) -> float:
    X, y, points = case.normals.task
    chosen = np.array(case.shares) / sum(case.shares)
    plain = odds(X, y, points)
    rows = np.concatenate([np.arange(len(y)), np.repeat(np.flatnonzero(y), case.times - 1)])
    n0, n1 = case.normals.counts
    moved = np.log(case.shares[1] / case.shares[0]) - np.log(n1 / n0)
    return largest(
        relative(plain, book.log_odds(case.normals.estimates, points)),
        relative(odds(X[rows], y[rows], points), plain + np.log(case.times)),
        relative(odds(X, y, points, chosen), plain + moved),
    )


def _odds_with(
    prior: Any,
    X: FloatArray,
    y: NDArray[np.intp],
    points: FloatArray,
    priors: FloatArray | None = None,
) -> FloatArray:
    """Log-odds with another term for the prior, a function of the two counts."""
    shares = np.bincount(y) if priors is None else priors
    term = np.log(shares[1] / shares[0])
    found: FloatArray = _odds(X, y, points, priors) - term + prior(*shares)
    return found


_SOURCE = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="GE-04",
        title="posterior as a sigmoid",
        text="Of two classes the posterior, not the density, is the sigmoid of the log-odds; with "
        "the classes exchanged it is the complement.",
        latex=r"P(C_1 \mid x) = \sigma(z),\quad z = \ln\frac{f_1(x)\,P(C_1)}{f_2(x)\,P(C_2)}",
        source=_SOURCE + "Posterior Probability",
        cases=book.normals((2, 2)),
        residual=_sigmoid_residual,
        tolerance=1e-12,
        reason="errors of the log-odds, up to 1e-12 where they are in the hundreds, and there the "
        "sigmoid is flat",
        subject=_by_sigmoid,
        mutants=(
            Mutant("log-odds negated", partial(_sigmoid_as, sign=-1.0)),
            Mutant("prior ratio inverted", partial(_sigmoid_as, change=book.prior_inverted)),
            Mutant("prior left out", partial(_sigmoid_as, change=book.prior_left_out)),
            Mutant("half the log-odds", partial(_sigmoid_as, sign=0.5)),
            Mutant("density for posterior", _density),
        ),
    ),
    Law(
        id="GE-05",
        title="priors in log-odds",
        text="Repeating the rows of a class c times adds ln c to its log-odds; priors that are "
        "asked for replace the frequencies, and nothing else.",
        latex=r"z = \ln\frac{f_1(x)}{f_2(x)} + \ln\frac{N_1}{N_2}",
        source=_SOURCE + "priors from counts",
        cases=_REPEATED,
        residual=_prior_residual,
        tolerance=1e-11,
        reason="log-odds by a Cholesky factor of covariances whose condition is below 9",
        subject=_odds,
        mutants=(
            Mutant("omitted", partial(_odds_with, lambda a, b: 0.0)),
            Mutant("ratio inverted", partial(_odds_with, lambda a, b: np.log(a / b))),
            Mutant("no logarithm", partial(_odds_with, lambda a, b: b / a)),
            Mutant("decimal logarithm", partial(_odds_with, lambda a, b: np.log10(b / a))),
            Mutant(
                "a row more in each class",
                partial(_odds_with, lambda a, b: np.log((b + 1) / (a + 1))),
            ),
            Mutant("what was asked for ignored", lambda X, y, x, priors=None: _odds(X, y, x)),
        ),
    ),
)
