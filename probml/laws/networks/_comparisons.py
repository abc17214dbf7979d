"""Laws NN-21, NN-22: beside scikit-learn's network, and which families of networks there are."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

import probml.classifiers
from probml.classifiers import MLPClassifier
from probml.classifiers._network import Parameters, join, loss_and_gradient
from probml.datasets.digits import load_digits_dataset
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.metrics import accuracy
from probml.numerics import FloatArray, softmax

__all__ = ["LAWS"]

_Classes = NDArray[np.intp]

# -- NN-21: scikit-learn ----------------------------------------------------------------------


class _Twin(NamedTuple):
    """Rows from a seed, and what the other library is told."""

    seed: int
    activation: str
    alpha: float

    @property
    def rows(self) -> tuple[FloatArray, _Classes]:
        """Thirty rows of two or three classes whose clouds overlap."""
        y = np.arange(30) % (2 + self.seed % 2)
        centres = np.column_stack([np.cos(2.0 * y), np.sin(2.0 * y)])
        return np.random.default_rng(self.seed).standard_normal((30, 2)) + centres, y


class _Digits(NamedTuple):
    """So many digits to learn from, and as many to be judged by."""

    n: int


class _Beside(NamedTuple):
    """From a twin: probabilities with its parameters, slopes there. Classes that a fit predicts."""

    table: Callable[[Any, FloatArray, _Classes], FloatArray]
    slope: Callable[[Any, FloatArray, _Classes], FloatArray]
    classes: Callable[[FloatArray, _Classes, FloatArray, int], _Classes]


def _other(*arguments: Any, **settings: Any) -> Any:
    from sklearn.neural_network import MLPClassifier as Twin

    return Twin(*arguments, random_state=0, **settings)


@cache
def _fitted(case: _Twin) -> Any:
    """Scikit-learn's network, its slopes as near to zero as its solver brings them."""
    settled = {"solver": "lbfgs", "alpha": case.alpha, "tol": 1e-8, "max_iter": 2000}
    return _other((4,), case.activation, **settled).fit(*case.rows)


def _table(twin: Any, X: FloatArray, y: _Classes) -> FloatArray:
    """Of the library's network, with parameters that are given, not fitted."""
    model = MLPClassifier(twin.hidden_layer_sizes, twin.activation, solver="lbfgs", max_iter=1)
    model.fit(X, y)
    model.coefs_, model.intercepts_ = twin.coefs_, twin.intercepts_
    return model.predict_proba(X)


def _slope(
    twin: Any, X: FloatArray, y: _Classes, l2: Callable[[float, int], float] = lambda a, n: a / n
) -> FloatArray:
    """Of the mean loss plus ``l2 / 2 sum ||W||^2``."""
    n, theta = len(y), join(Parameters(twin.coefs_, twin.intercepts_))
    units = (X.shape[1], *(len(b) for b in twin.intercepts_))
    strength = l2(twin.alpha, n) * n
    return loss_and_gradient(theta, units, X, y, np.ones(n), strength, twin.activation)[1]


_SEEDS = range(3)

_SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (16,),
    "batch_size": 50,
    "learning_rate_init": 0.02,
    "max_iter": 8,
}


def _classes(
    X: FloatArray, y: _Classes, points: FloatArray, seed: int, **settings: Any
) -> _Classes:
    model = MLPClassifier(random_state=seed, **(_SETTINGS | settings))
    found: _Classes = model.fit(X, y).predict(points)
    return found


_BESIDE = _Beside(_table, _slope, _classes)


def _beside_residual(beside: _Beside, case: _Twin | _Digits) -> float:
    if isinstance(case, _Digits):
        return _accuracy_residual(beside, case.n)
    X, y = case.rows
    twin = _fitted(case)
    apart = float(relative(beside.table(twin, X, y), twin.predict_proba(X)) > 1e-10)
    # with rectifiers a minimum may lie at a kink, where slopes jump past zero
    smooth = case.activation != "relu"
    return largest(apart, float(np.max(np.abs(beside.slope(twin, X, y)))) if smooth else 0.0)


def _accuracy_residual(beside: _Beside, n: int) -> float:
    """1 if a mean of accuracies over three seeds is more than a hundredth from the other's."""
    (X, y), (points, truth) = _digits(0, n), _digits(n, 2 * n)
    found = [accuracy(truth, beside.classes(X, y, points, seed)) for seed in _SEEDS]
    return float(abs(np.mean(found) - _others_accuracy(n)) > 0.01)


def _digits(start: int, stop: int) -> tuple[FloatArray, _Classes]:
    """Pixels from 0 to 1, and classes."""
    data, rows = load_digits_dataset(), slice(start, stop)
    return data.X_train[rows] / data.scale, data.y_train[rows]


@cache
def _others_accuracy(n: int) -> float:
    """Of scikit-learn's network, a mean over the seeds."""
    (X, y), (points, truth) = _digits(0, n), _digits(n, 2 * n)
    twins = [_other(**_SETTINGS).set_params(random_state=seed).fit(X, y) for seed in _SEEDS]
    return float(np.mean([accuracy(truth, twin.predict(points)) for twin in twins]))


def _hidden(twin: Any, X: FloatArray, activation: Callable[[FloatArray], FloatArray]) -> FloatArray:
    return activation(X @ twin.coefs_[0] + twin.intercepts_[0])


def _each_its_own(twin: Any, X: FloatArray, y: _Classes) -> FloatArray:
    """A sigmoid for every output, and the rows divided by their sums."""
    a = {"tanh": np.tanh, "logistic": special.expit}.get(twin.activation, _rectified)
    p = special.expit(_hidden(twin, X, a) @ twin.coefs_[1] + twin.intercepts_[1])
    p = np.hstack([1.0 - p, p]) if p.shape[1] == 1 else p
    table: FloatArray = p / p.sum(axis=1, keepdims=True)
    return table


def _rectified(z: FloatArray) -> FloatArray:
    return z * (z > 0)


def _with_tanh(twin: Any, X: FloatArray, y: _Classes) -> FloatArray:
    z = _hidden(twin, X, np.tanh) @ twin.coefs_[1] + twin.intercepts_[1]
    return softmax(np.hstack([0.0 * z, z]) if z.shape[1] == 1 else z)


def _other_class_first(twin: Any, X: FloatArray, y: _Classes) -> FloatArray:
    table: FloatArray = _table(twin, X, y)[:, ::-1]
    return table


def _penalised_intercepts(twin: Any, X: FloatArray, y: _Classes) -> FloatArray:
    n_weights = sum(W.size for W in twin.coefs_)
    theta = join(Parameters(twin.coefs_, twin.intercepts_))
    extra = np.append(np.zeros(n_weights), theta[n_weights:])
    slopes: FloatArray = _slope(twin, X, y) + twin.alpha / len(y) * extra
    return slopes


# -- NN-22: families --------------------------------------------------------------------------

_FAMILIES = ("recurrent", "convolutional", "RNN", "CNN", "LSTM")


def _offered() -> list[str]:
    """Names of all classifiers of this library."""
    return list(probml.classifiers.__all__)


def _families_residual(offered: Callable[[], list[str]], family: str) -> float:
    names = offered()
    return float(any(family.lower() in name.lower() for name in names)) + float(
        "MLPClassifier" not in names
    )


LAWS = (
    Law(
        id="NN-21",
        title="agreement with scikit-learn",
        text="With the same parameters the probabilities are scikit-learn's, and its optimum is "
        "ours: its alpha is the number of rows times the factor of a penalty on the mean loss. "
        "Networks that learn from the same digits are equally good.",
        latex=r"J = \tfrac1n \sum_i C^i + \tfrac{\alpha}{2n} \sum_l \|W^l\|^2,\quad "
        r"\lambda = \alpha / n",
        source="where the lectures stop; comparison with scikit-learn",
        cases=(
            st.builds(
                _Twin,
                st.integers(0, 3),
                st.sampled_from(["logistic", "relu", "tanh"]),
                st.sampled_from([0.5, 2.0]),
            ),
            st.just(_Digits(500)),
        ),
        residual=_beside_residual,
        tolerance=1e-3,
        reason="L-BFGS ends where a step gains less than 2e-9 of the loss: slopes of some 1e-5",
        subject=_BESIDE,
        mutants=(
            Mutant("alpha for lambda", _BESIDE._replace(slope=partial(_slope, l2=lambda a, n: a))),
            Mutant(
                "half of the penalty",
                _BESIDE._replace(slope=partial(_slope, l2=lambda a, n: 0.5 * a / n)),
            ),
            Mutant("no penalty", _BESIDE._replace(slope=partial(_slope, l2=lambda a, n: 0.0))),
            Mutant("intercepts penalised", _BESIDE._replace(slope=_penalised_intercepts)),
            Mutant("a sigmoid for each class", _BESIDE._replace(table=_each_its_own)),
            Mutant("tanh whatever the activation", _BESIDE._replace(table=_with_tanh)),
            Mutant("columns of the other classes", _BESIDE._replace(table=_other_class_first)),
            Mutant("one epoch", _BESIDE._replace(classes=partial(_classes, max_iter=1))),
            Mutant(
                "a rate of its own",
                _BESIDE._replace(classes=partial(_classes, learning_rate_init=0.001)),
            ),
        ),
    ),
    Law(
        id="NN-22",
        title="families of networks",
        text="Multi-layer perceptrons are what these laws and this library are about; recurrent "
        "and convolutional networks are named in the lectures, and not offered.",
        latex=r"\{\mathrm{RNN}, \mathrm{CNN}\} \cap \mathrm{classifiers} = \emptyset",
        source="roychuang, winter camp, Background",
        cases=st.sampled_from(_FAMILIES),
        residual=_families_residual,
        tolerance=0.0,
        reason="names are compared",
        subject=_offered,
        mutants=(
            Mutant("a recurrent network", lambda: [*_offered(), "RecurrentClassifier"]),
            Mutant("a convolutional network", lambda: [*_offered(), "ConvolutionalClassifier"]),
            Mutant("no network", lambda: [n for n in _offered() if n != "MLPClassifier"]),
            Mutant("nothing offered", list),
        ),
    ),
)
