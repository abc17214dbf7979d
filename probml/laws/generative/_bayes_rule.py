"""Laws GE-01 to GE-03: evidence, posterior and decision."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special

from probml.classifiers import QuadraticDiscriminantAnalysis
from probml.classifiers._base import GenerativeClassifier
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray, logsumexp

__all__ = ["LAWS"]


# -- GE-01: evidence --------------------------------------------------------------------------


def _evidence(X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    model = QuadraticDiscriminantAnalysis().fit(X, y)
    return np.exp(logsumexp(model.joint_log_likelihood(points), axis=1))


def _evidence_by_hand(
    X: FloatArray,
    y: NDArray[np.intp],
    points: FloatArray,
    combine: Any = np.sum,
    change: Any = lambda found: found,
) -> FloatArray:
    densities: FloatArray = combine(np.exp(book.joint(change(book.estimates(X, y)), points)), 1)
    return densities


def _integral(evidence: Any, case: book.Normals) -> float:
    """By the trapezoidal rule, over ten deviations on either side."""
    deviations = np.sqrt(case.covariances[:, 0])
    low, high = (case.means - 10.0 * deviations).min(), (case.means + 10.0 * deviations).max()
    grid = np.linspace(low, high, 400)
    density = evidence(*case.task[:2], grid[:, None])
    return float(np.trapezoid(density, grid))


def _evidence_residual(evidence: Any, case: book.Normals) -> float:
    expected = special.logsumexp(book.joint(case.estimates, case.points), axis=1)
    gap = relative(np.log(evidence(*case.task)), expected)
    if case.points.shape[1] > 1:
        return gap
    return largest(gap, abs(_integral(evidence, case) - 1.0))


def _second_prior(found: book.Estimates) -> book.Estimates:
    return found._replace(priors=np.square(found.priors))


# -- GE-02, GE-03: posterior and decision -----------------------------------------------------


class _Given(GenerativeClassifier):
    """A generative model whose features are the log-densities of the classes themselves.

    What is left of it are Bayes' rule and the decision of the library.
    """

    def __init__(self, priors: FloatArray) -> None:
        self.priors = priors

    def _fit(self, X: Any, y: NDArray[np.intp], weight: FloatArray | None) -> None:
        self._log_priors = np.log(self.priors)

    def _joint_log_likelihood(self, X: Any) -> FloatArray:
        table: FloatArray = X + self._log_priors
        return table


def _given(priors: FloatArray) -> _Given:
    return _Given(priors).fit(np.eye(len(priors)), np.arange(len(priors)))


class _Joint(NamedTuple):
    """How often each class was seen, and logarithms of densities, (n_points, K)."""

    counts: tuple[int, ...]
    log_densities: FloatArray

    @property
    def priors(self) -> FloatArray:
        """Relative frequencies."""
        return np.array(self.counts) / sum(self.counts)


@st.composite
def _joints(draw: DrawFn, n_classes: tuple[int, int] = (2, 4), furthest: int = 10_000) -> _Joint:
    K = draw(st.integers(*n_classes))
    counts = draw(st.lists(st.integers(1, 9), min_size=K, max_size=K))
    if draw(st.booleans()):
        counts = K * [1]
    near, far = st.integers(-4, 4), st.integers(-furthest, furthest)
    table = draw(arrays(float, (3, K), elements=near | far, fill=st.nothing()))
    return _Joint(tuple(counts), table)


def _log_posterior(priors: FloatArray, log_densities: FloatArray) -> FloatArray:
    return _given(priors).predict_log_proba(log_densities)


def _posterior_residual(log_posterior: Any, case: _Joint) -> float:
    expected = special.log_softmax(np.log(case.priors) + case.log_densities, axis=1)
    found = log_posterior(case.priors, case.log_densities)
    return largest(
        relative(found, expected),
        relative(np.exp(found).sum(axis=1), np.ones(len(expected))),
        relative(log_posterior(case.priors, case.log_densities + 700.0), expected),
    )


def _exponentials_first(priors: FloatArray, log_densities: FloatArray) -> FloatArray:
    weights = priors * np.exp(log_densities)
    table: FloatArray = np.log(weights / weights.sum(axis=1, keepdims=True))
    return table


def _rounded(priors: FloatArray, log_densities: FloatArray) -> FloatArray:
    return np.log(_given(priors).predict_proba(log_densities))


def _over_points(priors: FloatArray, log_densities: FloatArray) -> FloatArray:
    table: FloatArray = special.log_softmax(np.log(priors) + log_densities, axis=0)
    return table


class _Decided(NamedTuple):
    """Index of the class, posterior, and for two classes the log-odds of the second."""

    classes: NDArray[np.intp]
    posterior: FloatArray
    log_odds: FloatArray


def _decided(priors: FloatArray, log_densities: FloatArray) -> _Decided:
    model = _given(priors)
    return _Decided(
        model.predict(log_densities),
        model.predict_proba(log_densities),
        model.decision_function(log_densities),
    )


def _decision_residual(decided: Any, case: _Joint) -> float:
    """Number of the statements that are false; the first of equal classes is the right one."""
    found = decided(case.priors, case.log_densities)
    scores = np.log(case.counts) + case.log_densities
    best = np.argmax(scores, axis=1)
    wrong = identical(found.classes, best)
    wrong += identical(np.take_along_axis(found.posterior, best[:, None], 1)[:, 0],
                       found.posterior.max(axis=1))  # fmt: skip
    if len(case.counts) == 2:
        wrong += identical(found.log_odds > 0, best == 1)
        # An exponential may round one half up; other posteriors differ from it by 0.01 and more.
        wrong += identical(found.posterior[:, 1] > 0.5 + 1e-12, best == 1)
    return wrong


def _by(rule: Any, priors: FloatArray, log_densities: FloatArray) -> _Decided:
    """The library's posterior with another decision."""
    found = _decided(priors, log_densities)
    return found._replace(classes=rule(found.posterior, log_densities))


def _last_of_equals(posterior: FloatArray, _: FloatArray) -> NDArray[np.intp]:
    last: NDArray[np.intp] = posterior.shape[1] - 1 - np.argmax(posterior[:, ::-1], axis=1)
    return last


def _above_half(posterior: FloatArray, _: FloatArray) -> NDArray[np.intp]:
    above: NDArray[np.intp] = np.argmax(posterior > 0.5, axis=1)
    return above


def _negated(priors: FloatArray, log_densities: FloatArray) -> _Decided:
    found = _decided(priors, log_densities)
    return found._replace(log_odds=-found.log_odds)


_SOURCE = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="GE-01",
        title="evidence",
        text="The density of a point is the sum over the classes of density times prior, and "
        "integrates to 1.",
        latex=r"f(x) = \sum_k f_k(x) P(C_k),\quad \int f = 1",
        source=_SOURCE + "Bayes' theorem",
        cases=(book.normals(n_features=1), book.normals()),
        residual=_evidence_residual,
        tolerance=1e-11,
        reason="logarithms, in the hundreds at most, of densities with covariances whose condition "
        "is below 9; the trapezoidal rule, with steps of less than a fifth of a deviation, "
        "misses less than 1e-12",
        subject=_evidence,
        mutants=(
            Mutant("sum without priors", lambda X, y, x: _evidence(X, y, x) * len(np.unique(y))),
            Mutant("equal priors", partial(_evidence_by_hand, change=book.prior_left_out)),
            Mutant("the largest term", partial(_evidence_by_hand, combine=np.max)),
            Mutant("priors counted twice", partial(_evidence_by_hand, change=_second_prior)),
            Mutant("logarithm for density", lambda X, y, x: np.log(_evidence(X, y, x))),
        ),
    ),
    Law(
        id="GE-02",
        title="posterior",
        text="The posterior is the softmax of the joint log-likelihoods: rows sum to 1, a constant "
        "added to them changes nothing, and nothing is NaN far away.",
        latex=r"\log P(C_k \mid x) = j_k - \operatorname{lse}(j),\quad "
        r"j_k = \log f_k(x) + \log \pi_k",
        source=_SOURCE + "Bayes' theorem",
        cases=_joints(),
        residual=_posterior_residual,
        tolerance=1e-11,
        reason="a few roundings of logarithms up to 1e4",
        subject=_log_posterior,
        mutants=(
            Mutant("exponentials first", _exponentials_first),
            Mutant("prior missing", lambda p, f: _log_posterior(np.full(len(p), 1 / len(p)), f)),
            Mutant("prior counted twice", lambda p, f: _log_posterior(p, f + np.log(p))),
            Mutant("not normalised", lambda p, f: np.log(p) + f),
            Mutant("normalised over points", _over_points),
            Mutant("logarithm of a rounded probability", _rounded),
        ),
        examples=(_Joint((1, 1), np.array([[-1e4, -1e4], [0.0, -800.0]])),),
    ),
    Law(
        id="GE-03",
        title="decision",
        text="The class of the largest posterior, the first where several are equal; of two "
        "classes the second if and only if its posterior is above 1/2, its log-odds positive.",
        latex=r"\hat k = \arg\max_k P(C_k \mid x);\quad \hat k = 2 \iff z > 0",
        source=_SOURCE + "classification, > 0.5",
        cases=(_joints((2, 2), 6), _joints((2, 4), 6)),
        residual=_decision_residual,
        tolerance=0.0,
        reason="classes are compared; different posteriors of these cases differ by far more than "
        "rounding",
        subject=_decided,
        mutants=(
            Mutant("the largest density", partial(_by, lambda p, f: np.argmax(f, axis=1))),
            Mutant("density above 1/2", partial(_by, lambda p, f: np.argmax(f > np.log(0.5), 1))),
            Mutant("the last of equals", partial(_by, _last_of_equals)),
            Mutant("above 1/2 among many", partial(_by, _above_half)),
            Mutant("the smallest", partial(_by, lambda p, f: np.argmin(p, axis=1))),
            Mutant("log-odds of the first class", _negated),
        ),
        examples=(_Joint((1, 1), np.zeros((1, 2))), _Joint((1, 2, 2), np.zeros((1, 3)))),
    ),
)
