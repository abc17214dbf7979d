"""Laws LR-07, LR-09: the descent to the best fit, and penalties."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from scipy import optimize, special

from probml import autodiff
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.losses import binary_cross_entropy
from probml.numerics import FloatArray
from probml.optimize import SGD, descend

__all__ = ["LAWS"]

# -- LR-07: fit by descent --------------------------------------------------------------------


class _Course(NamedTuple):
    """Rows, a learning rate, a number of steps; printed parameters and losses after each step."""

    X: FloatArray
    t: FloatArray
    rate: float
    n_steps: int
    printed: tuple[FloatArray, FloatArray] | None = None


class _Fitting(NamedTuple):
    """Points (w, b) of plain descent from zero, and what the estimator finds without penalty."""

    path: Callable[[FloatArray, FloatArray, float, int], FloatArray]
    fit: Callable[[FloatArray, FloatArray], book.Linear]


@st.composite
def _courses(draw: DrawFn) -> _Course:
    X, y = draw(book.overlapping())
    A = book.with_ones(X)
    longest = 4.0 / float(np.linalg.eigvalsh(A.T @ A)[-1])
    share = draw(st.integers(1, 10)) / 10.0
    return _Course(X, y.astype(float), share * longest, draw(st.integers(1, 8)))


def _path(
    X: FloatArray, t: FloatArray, rate: float, n_steps: int, constant: float = 1.0
) -> FloatArray:
    A = np.hstack([X, np.full((len(X), 1), constant)])

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        value, slope = binary_cross_entropy(A @ theta, t, np.ones(len(t)))
        return value, A.T @ slope

    start = np.zeros(A.shape[1])
    return descend(SGD(rate), objective, start, tol=0.0, max_iter=n_steps).path


def _fit(X: FloatArray, t: FloatArray, **parameters: Any) -> book.Linear:
    model = book.exact(**parameters).fit(X, t)
    return book.Linear(model.coef_[0], float(model.intercept_[0]))


_FITTING = _Fitting(_path, _fit)


def _by_hand(case: _Course) -> FloatArray:
    """The update rule, one coordinate at a time from the same old point."""
    theta = [0.0] * (case.X.shape[1] + 1)
    path, rows = [theta], [[*x, 1.0] for x in case.X.tolist()]
    for _ in range(case.n_steps):
        missed = [
            t - float(special.expit(math.fsum(v * x for v, x in zip(theta, row, strict=True))))
            for row, t in zip(rows, case.t, strict=True)
        ]
        slopes = [
            -math.fsum(m * row[i] for m, row in zip(missed, rows, strict=True))
            for i in range(len(theta))
        ]
        theta = [v - case.rate * slope for v, slope in zip(theta, slopes, strict=True)]
        path.append(theta)
    return np.array(path)


def _fitting_residual(fitting: _Fitting, case: _Course) -> float:
    """Distance from the rule, rise of the loss on the way, and distance from Newton's optimum."""
    X, t = case.X, case.t
    path = fitting.path(X, t, case.rate, case.n_steps)
    losses = np.array([book.loss(X, t, v[:-1], v[-1]) for v in path])
    worst = largest(relative(path, _by_hand(case)), float(np.max(np.diff(losses))))
    if case.printed is not None:
        points, values = case.printed
        close = np.allclose(path[1:], points, rtol=0.0, atol=1e-10)
        return largest(worst, float(not close or np.max(np.abs(losses[1:] - values)) > 1e-10))
    found, expected = fitting.fit(X, t), book.optimum(X, t)
    return largest(worst, relative(found.w, expected.w), relative(found.b, expected.b))


def _one_after_another(X: FloatArray, t: FloatArray, rate: float, n_steps: int) -> FloatArray:
    A, theta = book.with_ones(X), np.zeros(X.shape[1] + 1)
    path = [theta.copy()]
    for _ in range(n_steps):
        for i in range(len(theta)):
            theta[i] -= rate * float(A[:, i] @ (special.expit(A @ theta) - t))
        path.append(theta.copy())
    return np.array(path)


def _least_squares(X: FloatArray, t: FloatArray) -> book.Linear:
    """Squared error of the probabilities, called logistic regression."""
    A = book.with_ones(X)
    found = optimize.least_squares(lambda v: special.expit(A @ v) - t, np.zeros(A.shape[1])).x
    return book.Linear(found[:-1], float(found[-1]))


_PRINTED = _Course(
    np.array([[-1.0], [0.0], [1.0], [2.0]]),
    np.array([0.0, 0.0, 1.0, 1.0]),
    0.1,
    3,
    (
        np.array([[0.2, 0.0], [0.3702956685, -0.0098687660], [0.5169972520, -0.0266415314]]),
        np.array([2.4024401717, 2.1314290346, 1.9267581617]),
    ),
)

# -- LR-09: penalty ---------------------------------------------------------------------------


class _Penalised(NamedTuple):
    """Overlapping rows, the strength of a penalty, and which of three objectives it is in."""

    rows: book.Rows
    l2: float
    objective: str


_STRENGTH: dict[str, Callable[[float, int], float]] = {
    "mean + l2 / 2": lambda l2, n: 1.0 / (l2 * n),
    "sum + l2 / 2": lambda l2, n: 1.0 / l2,
    "sum + l2": lambda l2, n: 1.0 / (2.0 * l2),
}
"""C of scikit-learn for each objective: of the losses a mean or a sum, of squares all or half."""

_PENALISED = st.builds(
    _Penalised,
    book.overlapping(),
    st.sampled_from([0.05, 0.25, 1.0, 4.0]),
    st.sampled_from(sorted(_STRENGTH)),
)


def _penalised_fit(X: FloatArray, t: FloatArray, l2: float, objective: str) -> book.Linear:
    return _fit(X, t, C=_STRENGTH[objective](l2, len(t)))


def _penalty_residual(fit: Any, case: _Penalised) -> float:
    """Slope of the objective where the fit ended, and what a stronger penalty adds to weights."""
    X, t = case.rows.X, case.rows.y.astype(float)
    found = fit(X, t, case.l2, case.objective)
    share = 1.0 / len(t) if case.objective.startswith("mean") else 1.0
    factor = 0.5 * case.l2 if case.objective.endswith("/ 2") else case.l2

    def objective(w: Any, b: Any) -> Any:
        z = X @ w + b
        return (autodiff.softplus(z) - z * t).sum() * share + (w**2).sum() * factor

    slopes = autodiff.value_and_gradient(objective)(found.w, found.b)[1]
    stronger = fit(X, t, 2.0 * case.l2, case.objective)
    return largest(
        *(float(np.max(np.abs(slope))) for slope in slopes),
        float(np.linalg.norm(stronger.w) - np.linalg.norm(found.w)),
    )


def _penalty_as(
    strength: Callable[[float, int, float], float],
    X: FloatArray,
    t: FloatArray,
    l2: float,
    objective: str,
) -> book.Linear:
    """With another C, a function of the penalty, the number of rows and the right C."""
    return _fit(X, t, C=strength(l2, len(t), _STRENGTH[objective](l2, len(t))))


def _penalised_intercept(X: FloatArray, t: FloatArray, l2: float, objective: str) -> book.Linear:
    C = _STRENGTH[objective](l2, len(t))
    w = book.exact(C=C, fit_intercept=False).fit(book.with_ones(X), t).coef_[0]
    return book.Linear(w[:-1], float(w[-1]))


_LECTURES = "notes on Hung-yi Lee's lectures, "
_SETTLED = "mean derivatives of 1e-10 where the descent stops, up to 20 rows"

LAWS = (
    Law(
        id="LR-07",
        title="fit by gradient descent",
        text="All parameters, the intercept among them, move at once against the gradient; with "
        "steps of at most four over the largest eigenvalue of A'A the loss never rises, and the "
        "estimator ends where Newton's method does.",
        latex=r"w_i \leftarrow w_i - \eta \sum_n -(t_n - f(x_n)) x_{n,i},\quad "
        r"\eta \le 4 / \lambda_{\max}(A^\top A)",
        source=_LECTURES + "Logistic Regression, step 3; roychuang, winter camp, Gradient Descent",
        cases=_courses(),
        residual=_fitting_residual,
        tolerance=1e-6,
        reason=_SETTLED + ", and mean Hessians whose smallest eigenvalue is above 0.01",
        subject=_FITTING,
        mutants=(
            Mutant("one after another", _FITTING._replace(path=_one_after_another)),
            Mutant("uphill", _FITTING._replace(path=lambda *a: -_path(*a))),
            Mutant("no intercept", _FITTING._replace(path=partial(_path, constant=0.0))),
            Mutant(
                "mean for sum",
                _FITTING._replace(path=lambda X, t, rate, n: _path(X, t, rate / len(t), n)),
            ),
            Mutant(
                "a fit without intercept",
                _FITTING._replace(fit=partial(_fit, fit_intercept=False)),
            ),
            Mutant("stopped early", _FITTING._replace(fit=partial(_fit, max_iter=3))),
            Mutant("a penalty that nobody asked for", _FITTING._replace(fit=partial(_fit, C=1.0))),
            Mutant("least squares", _FITTING._replace(fit=_least_squares)),
        ),
        examples=(_PRINTED,),
    ),
    Law(
        id="LR-09",
        title="L2 penalty",
        text="A penalty on the squares of the weights, and none on the intercept; its strength "
        "depends on whether losses are summed or averaged, and a stronger one makes smaller "
        "weights.",
        latex=r"J = \tfrac1N \mathrm{NLL} + \tfrac\lambda2 \|w\|^2,\quad C = 1 / (\lambda N)",
        source=_LECTURES + "Regularization",
        cases=_PENALISED,
        residual=_penalty_residual,
        tolerance=1e-7,
        reason=_SETTLED,
        subject=_penalised_fit,
        mutants=(
            Mutant("intercept penalised", _penalised_intercept),
            Mutant("half the penalty", partial(_penalty_as, lambda l2, n, C: 2.0 * C)),
            Mutant("twice the penalty", partial(_penalty_as, lambda l2, n, C: C / 2.0)),
            Mutant("mean for sum", partial(_penalty_as, lambda l2, n, C: C / n)),
            Mutant("number of rows forgotten", partial(_penalty_as, lambda l2, n, C: 1.0 / l2)),
            Mutant("penalty for its inverse", partial(_penalty_as, lambda l2, n, C: l2)),
            Mutant("no penalty", partial(_penalty_as, lambda l2, n, C: np.inf)),
        ),
    ),
)
