"""Laws NN-17, NN-18: a penalty, and a start."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import optimize

from probml.classifiers import MLPClassifier
from probml.classifiers._network import (
    Parameters,
    initial_parameters,
    join,
    loss_and_gradient,
    network_scores,
    split,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, relative
from probml.laws.networks import _nets as book
from probml.numerics import FloatArray, softmax
from probml.optimize import SGD, descend

__all__ = ["LAWS"]

_Classes = NDArray[np.intp]

# -- NN-17: penalty ---------------------------------------------------------------------------


class _Task(NamedTuple):
    """Twenty rows of two or three classes whose clouds overlap, all of it from a seed."""

    seed: int

    @property
    def rows(self) -> tuple[FloatArray, _Classes]:
        """Rows and their classes, none of which is as frequent as another."""
        sizes = [(13, 7), (10, 6, 4)][self.seed % 2]
        y = np.repeat(np.arange(len(sizes)), sizes)
        centres = 1.5 * np.column_stack([np.cos(2.0 * y), np.sin(2.0 * y)])
        return np.random.default_rng(self.seed).standard_normal((20, 2)) + centres, y


class _Fitted(NamedTuple):
    """Parameters that were found, and probabilities of the training rows."""

    parameters: Parameters
    table: FloatArray


_Fit = Callable[[FloatArray, _Classes, float, int], _Fitted]


def _estimator(X: FloatArray, y: _Classes, seed: int, **settings: Any) -> MLPClassifier:
    """Three hidden units, fitted by quasi-Newton steps."""
    exact: dict[str, Any] = {"solver": "lbfgs", "tol": 1e-8, "max_iter": 1000}
    return MLPClassifier((3,), "tanh", random_state=seed, **(exact | settings)).fit(X, y)


def _penalised(
    X: FloatArray,
    y: _Classes,
    l2: float,
    seed: int,
    alpha: Callable[[float, int], float] = lambda l2, n: l2 * n,
) -> _Fitted:
    model = _estimator(X, y, seed, alpha=alpha(l2, len(y)))
    return _Fitted(Parameters(model.coefs_, model.intercepts_), model.predict_proba(X))


def _length(parameters: Parameters) -> float:
    return float(np.sqrt(sum(np.sum(W * W) for W in parameters.coefs)))


def _penalty_residual(fit: _Fit, case: _Task) -> float:
    """Slopes of the objective where fits end; 1 for longer weights under a stronger penalty."""
    X, y = case.rows
    worst, lengths = 0.0, []
    for l2 in (0.01, 0.05, 0.25):
        found = [fit(X, y, l2, seed) for seed in range(3)]
        lengths.append(np.mean([_length(parameters) for parameters, _ in found]))
        for parameters, _ in found:
            net = book.Net(parameters, "tanh", X, y)
            slopes = join(book.graph_gradient(net, l2))
            worst = largest(worst, float(np.max(np.abs(slopes))))
    strong = fit(X, y, 100.0, 0)
    shares = np.tile(np.bincount(y) / len(y), (len(y), 1))
    return largest(
        worst,
        float(np.max(np.diff(lengths)) >= 0.0),
        float(np.max(np.abs(join(strong.parameters._replace(intercepts=[]))))),
        relative(strong.table, shares),
    )


def _intercepts_penalised(X: FloatArray, y: _Classes, l2: float, seed: int) -> _Fitted:
    units = (X.shape[1], 3, 1 if y.max() == 1 else int(y.max()) + 1)
    weight = np.ones(len(y))
    n_weights = sum(a * b for a, b in pairwise(units))

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        value, g = loss_and_gradient(theta, units, X, y, weight, l2 * len(y), "tanh")
        extra = np.append(np.zeros(n_weights), theta[n_weights:])
        return value + 0.5 * l2 * float(extra @ extra), g + l2 * extra

    start = initial_parameters(units, "tanh", RandomState(seed), np.float64)
    theta = optimize.minimize(objective, start, jac=True, method="L-BFGS-B").x
    parameters = split(theta, units)
    return _Fitted(parameters, softmax(network_scores(X, parameters, "tanh")))


def _shrunk(X: FloatArray, y: _Classes, l2: float, seed: int) -> _Fitted:
    """Fitted without penalty, and made smaller afterwards."""
    model = _estimator(X, y, seed, alpha=0.0, max_iter=50)
    coefs = [W / (1.0 + l2 * len(y)) for W in model.coefs_]
    return _Fitted(Parameters(coefs, model.intercepts_), model.predict_proba(X))


# -- NN-18: initialization --------------------------------------------------------------------


class _Beginning(NamedTuple):
    """Parameters of layers from a seed; and parameters after so many steps of plain descent."""

    start: Callable[[Sequence[int], int], Parameters]
    descend: Callable[[book.Net, int], Parameters]


_WIDE = (20, 30, 10)


def _start(units: Sequence[int], seed: int) -> Parameters:
    return split(initial_parameters(units, "tanh", RandomState(seed), np.float64), units)


def _descend(net: book.Net, n_steps: int) -> Parameters:
    weight = np.ones(len(net.y))

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        return loss_and_gradient(theta, net.units, net.X, net.y, weight, 0.0, net.activation)

    steps = descend(SGD(0.3), objective, join(net.parameters), tol=0.0, max_iter=n_steps)
    return split(steps.path[-1], net.units)


_BEGINNING = _Beginning(_start, _descend)


def _hits(start: Callable[[Sequence[int], int], Parameters], seed: int) -> float:
    """Accuracy on ten clouds of equal size, a mean over the starts from forty seeds."""
    y = np.repeat(np.arange(10), 20)
    draws = np.random.default_rng(seed)
    X = draws.standard_normal((200, 20)) + 2.0 * draws.standard_normal((10, 20))[y]
    starts = (start(_WIDE, 1000 * seed + i) for i in range(40))
    right = [network_scores(X, parameters, "tanh").argmax(axis=1) == y for parameters in starts]
    return float(np.mean(right))


def _farthest(columns: FloatArray) -> float:
    return float(np.max(np.ptp(columns, axis=1)))


def _nearest(columns: FloatArray) -> float:
    """Distance of the two columns that are nearest to each other."""
    gaps = np.linalg.norm(columns[:, :, None] - columns[:, None, :], axis=0)
    return float(np.min(gaps + np.diag(np.full(len(gaps), np.inf))))


def _beginning_residual(beginning: _Beginning, case: _Task) -> float:
    """How far equal units part; 1 for units that cannot, for a start too large, or no start."""
    X, y = case.rows
    K = int(y.max()) + 1
    units, start = (2, 4, K), beginning.start
    W1, W2 = start(units, case.seed).coefs
    alike = Parameters([W1[:, [0] * 4] + 0.1, W2[[0] * 4]], [np.full(4, 0.5), np.zeros(K)])
    net = book.Net(start(units, case.seed), "tanh", X, y)
    twins = beginning.descend(net._replace(parameters=alike), 5)
    learnt = beginning.descend(net, 5)
    wide = start(_WIDE, case.seed)
    spread = max(len(W) * float(np.mean(W * W)) for W in wide.coefs)
    again, other = (join(start(_WIDE, case.seed + i)) for i in (0, 1))
    return largest(
        _farthest(np.vstack([twins.coefs[0], twins.intercepts[0], twins.coefs[1].T])),
        float(_nearest(np.vstack([learnt.coefs[0], learnt.coefs[1].T])) < 1e-6),
        float(spread > 3.0 or np.mean(join(wide._replace(coefs=[])) ** 2) > 1.0),
        identical(again, join(wide)),
        1.0 - identical(other, join(wide)),
        float(abs(_hits(start, case.seed) - 0.1) > 0.08),
    )


def _filled(draw: Callable[[int, int], FloatArray]) -> _Beginning:
    """Weights by another rule, intercepts zero."""

    def start(units: Sequence[int], seed: int) -> Parameters:
        shapes = list(pairwise(units))
        return book.layers((draw(*shape) for shape in shapes), (np.zeros(n) for n in units[1:]))

    return _BEGINNING._replace(start=start)


def _same_unit(units: Sequence[int], seed: int) -> Parameters:
    """Hidden units that are all the first: the same weights on both sides."""
    (W1, W2), intercepts = _start(units, seed)
    coefs = [W1[:, :1] + np.zeros_like(W1), W2[:1] + np.zeros_like(W2)]
    return book.layers(coefs, (np.zeros_like(b) for b in intercepts))


def _standard_normal(units: Sequence[int], seed: int) -> Parameters:
    draws = RandomState(seed)
    coefs, intercepts = _start(units, seed)
    return book.layers((draws.standard_normal(W.shape) for W in coefs), intercepts)


def _noisy(net: book.Net, n_steps: int) -> Parameters:
    theta = join(_descend(net, n_steps))
    return split(theta + 1e-3 * RandomState(0).standard_normal(theta.shape), net.units)


_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="NN-17",
        title="penalty of a network",
        text="A fit is a stationary point of the mean loss plus half of the squares of all "
        "weights, none of the intercepts; a stronger penalty makes smaller weights, and without "
        "end it leaves only the class frequencies.",
        latex=r"J = \tfrac1N \sum_n C^n + \tfrac\lambda2 \sum_l \|W^l\|_F^2,\quad "
        r"\lambda \to \infty:\ W \to 0,\ y_k \to N_k / N",
        source=_LECTURES + "Regularization",
        cases=st.integers(0, 3).map(_Task),
        residual=_penalty_residual,
        tolerance=1e-3,
        reason="L-BFGS ends where a step gains less than 2e-9 of the loss: slopes of some 1e-5",
        subject=_penalised,
        mutants=(
            Mutant("intercepts penalised", _intercepts_penalised),
            Mutant("penalty over the rows", partial(_penalised, alpha=lambda l2, n: l2)),
            Mutant("twice the penalty", partial(_penalised, alpha=lambda l2, n: 2.0 * l2 * n)),
            Mutant("half the penalty", partial(_penalised, alpha=lambda l2, n: 0.5 * l2 * n)),
            Mutant("penalty for its inverse", partial(_penalised, alpha=lambda l2, n: n / l2)),
            Mutant("made smaller afterwards", _shrunk),
        ),
    ),
    Law(
        id="NN-18",
        title="initialization",
        text="Weights begin small and random, different for every seed and the same for the same "
        "one: units that begin equal stay equal for ever, and before it has learnt anything a "
        "network guesses.",
        latex=r"W^1_{\cdot i} = W^1_{\cdot j},\ W^2_{i \cdot} = W^2_{j \cdot} \Rightarrow "
        r"\text{always},\quad \overline{\mathrm{accuracy}} \approx 1 / K",
        source="tanimutomo 2019 (Chollet ch. 2), item 27; roychuang, winter camp, Training Process",
        cases=st.integers(0, 9).map(_Task),
        residual=_beginning_residual,
        tolerance=1e-12,
        reason="columns of a product that may be rounded otherwise, five steps long",
        subject=_BEGINNING,
        mutants=(
            Mutant("zeros", _filled(lambda m, n: np.zeros((m, n)))),
            Mutant("all weights equal", _filled(lambda m, n: np.full((m, n), 0.1))),
            Mutant("one unit, copied", _BEGINNING._replace(start=_same_unit)),
            Mutant(
                "seed ignored",
                _filled(lambda m, n: np.random.default_rng().uniform(-0.3, 0.3, (m, n))),
            ),
            Mutant(
                "always the same seed",
                _BEGINNING._replace(start=lambda units, seed: _start(units, 0)),
            ),
            Mutant(
                "standard normal, however many inputs", _BEGINNING._replace(start=_standard_normal)
            ),
            Mutant("steps with noise", _BEGINNING._replace(descend=_noisy)),
        ),
    ),
)
