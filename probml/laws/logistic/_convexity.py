"""Law LR-08: the negative log-likelihood is convex.

Its Hessian is ``A' diag(p (1 - p)) A`` for rows A = [X 1] with the constant of the intercept.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from scipy import special

from probml.calculus import jacobian
from probml.classifiers._cross_entropy import RowsObjective
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.losses import squared_error
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_Objective = Callable[[FloatArray], tuple[float, FloatArray]]


class _Chord(NamedTuple):
    """Rows with parameters, other parameters, a share of the way there, and a penalty."""

    task: book.Parametrised
    end: FloatArray
    share: float
    l2: float


@st.composite
def _chords(draw: DrawFn) -> _Chord:
    task = draw(book.parametrised())
    end = draw(whole(len(task.w) + 1, largest=12)) / 4.0
    share = draw(st.integers(1, 7)) / 8.0
    return _Chord(task, end, share, draw(st.sampled_from([0.0, 0.25, 2.0])))


def _penalised_mean(X: FloatArray, t: FloatArray, l2: float) -> _Objective:
    weight = np.full(len(t), 1.0 / len(t))
    return RowsObjective(X, t.astype(np.intp), weight, 2, strength=l2, fit_intercept=True)


def _convexity_residual(objective_of: Callable[..., _Objective], case: _Chord) -> float:
    """How far values lie above their chord; the Hessian's distance from its formula and cone."""
    X, t = case.task.X, case.task.t
    objective = objective_of(X, t, case.l2)
    start, end = np.append(case.task.w, case.task.b), case.end
    between = (1.0 - case.share) * start + case.share * end
    chord = (1.0 - case.share) * objective(start)[0] + case.share * objective(end)[0]
    A, p = book.with_ones(X), special.expit(book.with_ones(X) @ start)
    penalty = np.diag(np.append(np.full(X.shape[1], case.l2), 0.0))
    found = jacobian(lambda theta: objective(theta)[1], start)
    return largest(
        objective(between)[0] - chord,
        relative(found, (A.T * (p * (1.0 - p))) @ A / len(t) + penalty),
        -float(np.linalg.eigvalsh(0.5 * (found + found.T)).min()),
    )


def _squared(X: FloatArray, t: FloatArray, l2: float) -> _Objective:
    """Squared error of the probabilities, with the same penalty."""
    A = book.with_ones(X)

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        p = special.expit(A @ theta)
        value, slope = squared_error(p, t, np.full(len(t), 1.0 / len(t)))
        size = l2 * np.append(theta[:-1], 0.0)
        return value + 0.5 * float(size @ theta), A.T @ (slope * p * (1.0 - p)) + size

    return objective


def _likelihood_itself(X: FloatArray, t: FloatArray, l2: float) -> _Objective:
    """``-L`` in the place of ``-log L``."""
    A = book.with_ones(X)

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        L = np.exp(-book.loss(X, t, theta[:-1], theta[-1]))
        return -float(L), L * (A.T @ (special.expit(A @ theta) - t))

    return objective


def _times(factor: float, objective: _Objective) -> _Objective:
    def scaled(theta: FloatArray) -> tuple[float, FloatArray]:
        value, slope = objective(theta)
        return factor * value, factor * slope

    return scaled


def _without_rest(X: FloatArray, t: FloatArray, l2: float) -> _Objective:
    """The perceptron's loss, ``max(0, -z)`` of the true class: as convex, but with kinks."""
    A, signs = book.with_ones(X), 2.0 * t - 1.0

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        z = signs * (A @ theta)
        return float(np.mean(np.maximum(-z, 0.0))), -A.T @ (signs * (z < 0)) / len(t)

    return objective


LAWS = (
    Law(
        id="LR-08",
        title="convexity",
        text="The negative log-likelihood lies below its chords, with or without a penalty: its "
        "Hessian is a sum of squares of the rows, the intercept's column among them.",
        latex=r"\nabla^2 J = \tfrac1N A^\top \operatorname{diag}(p_n (1 - p_n)) A + \lambda I_w"
        r" \succeq 0",
        source="where the lectures stop; why the descent ends at the best fit",
        cases=_chords(),
        residual=_convexity_residual,
        tolerance=1e-7,
        reason="central differences of a gradient, with errors of 1e-9 for rows up to 2",
        subject=_penalised_mean,
        mutants=(
            Mutant("squared error", _squared),
            Mutant("uphill", lambda X, t, l2: _times(-1.0, _penalised_mean(X, t, l2))),
            Mutant("likelihood without logarithm", _likelihood_itself),
            Mutant("only what is misclassified", _without_rest),
            Mutant("penalty subtracted", lambda X, t, l2: _penalised_mean(X, t, -l2)),
            Mutant("penalty doubled", lambda X, t, l2: _penalised_mean(X, t, 2.0 * l2)),
            Mutant(
                "sum with the penalty of a mean",
                lambda X, t, l2: _times(len(t), _penalised_mean(X, t, l2 / len(t))),
            ),
        ),
    ),
)
