"""Laws NN-01, NN-02, NN-06: one neuron, its activation, and a layer of them."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.calculus import derivative
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks import _nets as book
from probml.laws.networks._library import dense
from probml.numerics import ACTIVATIONS, FloatArray

__all__ = ["LAWS"]

# -- NN-01: neuron ----------------------------------------------------------------------------


class _Neuron(NamedTuple):
    """Inputs, their weights, a bias, and an activation."""

    x: FloatArray
    w: FloatArray
    b: float
    activation: str


@st.composite
def _neurons(draw: DrawFn) -> _Neuron:
    d = draw(st.integers(1, 4))
    # no bias is zero, and no sum: products are multiples of 1/16
    b = draw(st.integers(-8, 8)) / 4.0 + 1 / 32
    x, w = draw(whole(d)) / 4.0, draw(whole(d)) / 4.0
    return _Neuron(x, w, b, draw(st.sampled_from(book.NAMES)))


def _neuron(x: FloatArray, w: FloatArray, b: float, activation: str) -> float:
    return float(dense(x[None], w[:, None], np.array([b]), activation)[0, 0])


def _neuron_residual(neuron: Callable[..., float], case: _Neuron) -> float:
    x, w, b, activation = case
    z = math.fsum([*(u * v for u, v in zip(x.tolist(), w.tolist(), strict=True)), b])
    return relative(neuron(*case), book.PHI[activation](z))


def _neuron_as(
    x: FloatArray,
    w: FloatArray,
    b: float,
    activation: str,
    *,
    z: Callable[[FloatArray, FloatArray, float], float] = lambda x, w, b: float(x @ w) + b,
    after: Callable[[float], float] = lambda b: 0.0,
) -> float:
    """With another sum, or something added after the activation."""
    return book.PHI[activation](z(x, w, b)) + after(b)


# -- NN-02: activations -----------------------------------------------------------------------


class _Activation(NamedTuple):
    """Values and slopes of an activation, by its name."""

    value: Callable[[str, FloatArray], FloatArray]
    slope: Callable[[str, FloatArray], FloatArray]


def _value(name: str, z: FloatArray) -> FloatArray:
    a = z.copy()
    ACTIVATIONS[name].apply(a)
    return a


def _slope(name: str, z: FloatArray) -> FloatArray:
    factor = np.ones_like(z)
    ACTIVATIONS[name].chain(_value(name, z), factor)
    return factor


_ACTIVATION = _Activation(_value, _slope)


def _activation_residual(activation: _Activation, z: FloatArray) -> float:
    """Distance from difference quotients; 1 for a value that is not the formula's."""
    worst = 0.0
    for name in book.NAMES:
        formula = book.PHI[name]
        # the quotient across the kink of relu is 1/2; 0 is what is agreed on there
        expected = [
            0.0 if name == "relu" and v == 0.0 else derivative(formula, v) for v in z.tolist()
        ]
        value = activation.value(name, z)
        exact = relative(value, [formula(v) for v in z.tolist()])
        worst = largest(worst, float(exact > 1e-14), relative(activation.slope(name, z), expected))
    twice = 2.0 * activation.value("logistic", 2.0 * z) - 1.0
    return largest(worst, float(relative(activation.value("tanh", z), twice) > 1e-12))


def _sloped(name: str, slope: Callable[[FloatArray], FloatArray]) -> _Activation:
    """One activation with another slope."""
    return _ACTIVATION._replace(slope=lambda n, z: slope(z) if n == name else _slope(n, z))


def _valued(name: str, value: Callable[[FloatArray], FloatArray]) -> _Activation:
    return _ACTIVATION._replace(value=lambda n, z: value(z) if n == name else _value(n, z))


# -- NN-06: dense layer -----------------------------------------------------------------------


class _Layer(NamedTuple):
    """Rows, weights with a column for each unit, intercepts, and a factor that is not negative."""

    X: FloatArray
    W: FloatArray
    b: FloatArray
    factor: float
    printed: FloatArray | None = None


@st.composite
def _layers(draw: DrawFn) -> _Layer:
    n, d, h = (draw(st.integers(1, 3)) for _ in range(3))
    factor = draw(st.integers(0, 8)) / 2.0
    return _Layer(draw(whole(n, d)), draw(whole(d, h)), draw(whole(h)), factor)


def _layer_residual(layer: Callable[..., FloatArray], case: _Layer) -> float:
    """Distance from the loops, from the printed values, and of f(c z) from c f(z)."""
    X, W, b, c, printed = case
    parameters = book.layers([W], [b])
    z = book.by_loops(book.Net(parameters, "relu", X, np.zeros(len(X), dtype=np.intp)))[0]
    found = layer(X, W, b)
    return largest(
        relative(found, [[max(v, 0.0) for v in row] for row in z]),
        relative(layer(X, c * W, c * b), c * found),
        0.0 if printed is None else relative(found, printed),
    )


def _clipped(
    z: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    X: FloatArray,
    W: FloatArray,
    b: FloatArray,
) -> FloatArray:
    """Maximum with zero of another sum."""
    values: FloatArray = np.maximum(z(X, W, b), 0.0)
    return values


_TANIMUTOMO = "tanimutomo 2019 (Chollet ch. 2), "

LAWS = (
    Law(
        id="NN-01",
        title="neuron",
        text="A neuron adds up its inputs, each times a weight, and a bias, and applies its "
        "activation to the sum.",
        latex=r"z = x_1 w_1 + x_2 w_2 + b,\quad a = \varphi(z)",
        source="roychuang, winter camp, Neuron; notes on Hung-yi Lee's lectures, Forward pass",
        cases=_neurons(),
        residual=_neuron_residual,
        tolerance=1e-12,
        reason="a sum of up to four products that floats hold exactly, and one activation",
        subject=_neuron,
        mutants=(
            Mutant(
                "activation before the bias",
                partial(_neuron_as, z=lambda x, w, b: float(x @ w), after=lambda b: b),
            ),
            Mutant("bias forgotten", partial(_neuron_as, z=lambda x, w, b: float(x @ w))),
            Mutant("bias subtracted", partial(_neuron_as, z=lambda x, w, b: float(x @ w) - b)),
            Mutant(
                "bias for every input",
                partial(_neuron_as, z=lambda x, w, b: float(np.sum(x * w + b))),
            ),
            Mutant("no activation", lambda x, w, b, activation: float(x @ w) + b),
            Mutant(
                "activation of every product",
                lambda x, w, b, activation: float(book.phi(activation, x * w + b).sum()),
            ),
        ),
        # 4 and -2: the first layer of the reference network
        examples=(
            _Neuron(np.array([1.0, -1.0]), np.array([1.0, -2.0]), 1.0, "logistic"),
            _Neuron(np.array([1.0, -1.0]), np.array([-1.0, 1.0]), 0.0, "logistic"),
        ),
    ),
    Law(
        id="NN-02",
        title="activations",
        text="Sigmoid, tanh, the rectifier and the identity, and their slopes; that of the "
        "rectifier is 0 at its kink; tanh is a sigmoid, stretched and shifted.",
        latex=r"\sigma' = \sigma(1 - \sigma),\quad \tanh' = 1 - \tanh^2,\quad "
        r"\mathrm{relu}'(z) = [z > 0],\quad \tanh z = 2 \sigma(2z) - 1",
        source="roychuang, winter camp, Activation Function; " + _TANIMUTOMO + "item 19, item 20",
        cases=whole(4, largest=24).map(lambda z: z / 4.0),
        residual=_activation_residual,
        tolerance=1e-8,
        reason="central differences of functions whose third derivatives are below 2",
        subject=_ACTIVATION,
        mutants=(
            Mutant("1 at the kink", _sloped("relu", lambda z: (z >= 0).astype(float))),
            Mutant("1/2 at the kink", _sloped("relu", lambda z: np.heaviside(z, 0.5))),
            Mutant("z for a, sigmoid", _sloped("logistic", lambda z: z * (1.0 - z))),
            Mutant("z for a, tanh", _sloped("tanh", lambda z: 1.0 - z * z)),
            Mutant(
                "a for z, sigmoid",
                _sloped("logistic", lambda z: _slope("logistic", _value("logistic", z))),
            ),
            Mutant("a for z, tanh", _sloped("tanh", lambda z: _slope("tanh", np.tanh(z)))),
            Mutant("slope of a constant", _sloped("identity", np.zeros_like)),
            Mutant("a leak below zero", _valued("relu", lambda z: np.maximum(z, 0.01 * z))),
            Mutant("sigmoid for tanh", _valued("tanh", lambda z: _value("logistic", z))),
            Mutant("sigmoid cut off", _valued("logistic", lambda z: np.clip(z / 4 + 0.5, 0, 1))),
        ),
        examples=(np.zeros(4),),
    ),
    Law(
        id="NN-06",
        title="dense layer of rectifiers",
        text="A matrix product, not one entry by entry, plus the intercepts, and of every entry "
        "the maximum with 0; a positive factor of all weights is one of the outputs.",
        latex=r"\mathrm{relu}(XW + b),\quad \mathrm{relu}(cz) = c\,\mathrm{relu}(z),\ c \ge 0",
        source=_TANIMUTOMO + "item 8, item 18, item 19",
        cases=_layers(),
        residual=_layer_residual,
        tolerance=1e-12,
        reason="whole numbers; decimals of the source are rounded once",
        subject=partial(dense, activation="relu"),
        mutants=(
            Mutant("entry by entry", partial(_clipped, lambda X, W, b: X * W + b)),
            Mutant(
                "entry by entry, added up",
                partial(_clipped, lambda X, W, b: X.sum(axis=1, keepdims=True) * W.sum(0) + b),
            ),
            Mutant("bias after the maximum", lambda X, W, b: np.maximum(X @ W, 0.0) + b),
            Mutant(
                "maximum over the batch",
                lambda X, W, b: np.max(X @ W + b, axis=0, keepdims=True).repeat(len(X), axis=0),
            ),
            Mutant(
                "maximum over the layer",
                lambda X, W, b: np.full((len(X), len(b)), np.max(X @ W + b, initial=0.0)),
            ),
            Mutant("size for rectifier", lambda X, W, b: np.abs(X @ W + b)),
            Mutant(
                "a leak below zero", lambda X, W, b: np.where(X @ W + b > 0, 1, 0.01) * (X @ W + b)
            ),
            Mutant("no rectifier", lambda X, W, b: X @ W + b),
        ),
        # .01 * 3 + 2 and .2 * .01 + .2
        examples=(
            _Layer(np.array([[0.01]]), np.array([[3.0]]), np.array([2.0]), 2.0, np.array([[2.03]])),
            _Layer(
                np.array([[0.01]]), np.array([[0.2]]), np.array([0.2]), 2.0, np.array([[0.202]])
            ),
        ),
    ),
)
