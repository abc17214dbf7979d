"""Law NN-19: what a hidden layer is for."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from probml.classifiers import LogisticRegression, MLPClassifier
from probml.classifiers._network import Parameters, network_scores
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks._library import layer_values
from probml.numerics import FloatArray, softmax

__all__ = ["LAWS"]

_Classes = NDArray[np.intp]

# -- NN-19: XOR -------------------------------------------------------------------------------


class _Gate(NamedTuple):
    """Activation, and the class of the corners (0, 0) and (1, 1)."""

    activation: str
    same: int

    @property
    def y(self) -> _Classes:
        """Classes of the four corners."""
        return np.array([self.same, 1 - self.same, 1 - self.same, self.same])


class _Learner(NamedTuple):
    """Values of the last hidden layer; probability of class 1; fits: classes of their own rows."""

    hidden: Callable[[Parameters, FloatArray], FloatArray]
    output: Callable[[Parameters, FloatArray], FloatArray]
    fit: Callable[[FloatArray, _Classes, str, int], _Classes]
    linear: Callable[[FloatArray, _Classes], _Classes]


_CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
_XOR = Parameters(
    [np.full((2, 2), 20.0), np.array([[20.0], [-20.0]])],
    [np.array([-10.0, -30.0]), np.full(1, -10.0)],
)
"""Either, both, and either but not both: sigmoids for OR and AND, and one for their difference."""


def _hidden(parameters: Parameters, X: FloatArray) -> FloatArray:
    return layer_values(X, parameters, "logistic")[-2]


def _output(parameters: Parameters, X: FloatArray) -> FloatArray:
    table: FloatArray = softmax(network_scores(X, parameters, "logistic"))[:, 1]
    return table


def _fit(X: FloatArray, y: _Classes, activation: Any, seed: int, **settings: Any) -> _Classes:
    usual: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 200}
    model = MLPClassifier(
        activation=activation, solver="lbfgs", random_state=seed, **(usual | settings)
    )
    classes: _Classes = model.fit(X, y).predict(X)
    return classes


def _linear(X: FloatArray, y: _Classes) -> _Classes:
    classes: _Classes = LogisticRegression().fit(X, y).predict(X)
    return classes


_LEARNER = _Learner(_hidden, _output, _fit, _linear)


def _xor_residual(learner: _Learner, case: _Gate) -> float:
    """Distance from what the worked network computes; 1 if fits learn too little, or a line all."""
    X, y = _CORNERS, case.y
    # the features that make the classes separable
    either = special.expit(20.0 * X.sum(axis=1) - np.array([[10.0], [30.0]])).T
    found = learner.output(_XOR, X)
    failures = (s for s in range(10) if np.any(learner.fit(X, y, case.activation, s) != y))
    return largest(
        relative(learner.hidden(_XOR, X), either),
        relative(found, special.expit(20.0 * (either[:, 0] - either[:, 1]) - 10.0)),
        float(relative(found[[0, 3]], [4.544e-5] * 2) > 1e-8),
        float(relative(found[[1, 2]], [0.99995452] * 2) > 1e-8),
        float(len(list(islice(failures, 2))) > 1),
        float(np.sum(learner.linear(X, y) == y) > 3),
    )


_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="NN-19",
        title="a hidden layer makes features",
        text="Two sigmoids and one more compute XOR, which no line can; a network with eight "
        "hidden units learns it, whatever the seed.",
        latex=r"h = \sigma(20 x_1 + 20 x_2 - (10, 30)),\quad y = \sigma(20 h_1 - 20 h_2 - 10)",
        source=_LECTURES + "feature extractor; tanimutomo 2019 (Chollet ch. 2), item 24",
        cases=st.builds(_Gate, st.sampled_from(["logistic", "tanh"]), st.integers(0, 1)),
        residual=_xor_residual,
        tolerance=1e-12,
        reason="sigmoids of sums up to 30; fits are counted",
        subject=_LEARNER,
        mutants=(
            Mutant(
                "no activation",
                _LEARNER._replace(fit=lambda X, y, name, seed: _fit(X, y, "identity", seed)),
            ),
            Mutant("one unit", _LEARNER._replace(fit=partial(_fit, hidden_layer_sizes=(1,)))),
            Mutant("no hidden layer", _LEARNER._replace(fit=partial(_fit, hidden_layer_sizes=()))),
            Mutant("stopped early", _LEARNER._replace(fit=partial(_fit, max_iter=2))),
            Mutant("claims that a line fits", _LEARNER._replace(linear=lambda X, y: y)),
            Mutant("inputs for features", _LEARNER._replace(hidden=lambda parameters, X: X)),
            Mutant(
                "sums for features",
                _LEARNER._replace(hidden=lambda p, X: X @ p.coefs[0] + p.intercepts[0]),
            ),
            Mutant(
                "score for probability",
                _LEARNER._replace(output=lambda p, X: layer_values(X, p, "logistic")[-1][:, 0]),
            ),
        ),
    ),
)
