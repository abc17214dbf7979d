"""Small networks that are drawn, and what they compute without the library's network.

    a_0 = x,    z_l = a_{l-1} W_l + b_l,    a_l = phi(z_l),    scores = z_L

Rows are samples, and a column of ``W_l`` holds the weights of one unit.  Weights and inputs are
multiples of 1/4: scores of networks without exponentials are exact.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray
from scipy import special

from probml import autodiff
from probml.classifiers._network import Parameters
from probml.laws._drawn import whole
from probml.laws._residuals import largest, relative
from probml.numerics import FloatArray

__all__ = [
    "NAMES",
    "PHI",
    "Net",
    "apart",
    "by_loops",
    "drawn_layers",
    "graph_cross_entropy",
    "graph_gradient",
    "layers",
    "nets",
    "on_graph",
    "phi",
    "slope",
]

NAMES = ("identity", "logistic", "relu", "tanh")
"""Activations, by scikit-learn's names."""

PHI: dict[str, Callable[[float], float]] = {
    "identity": lambda z: z,
    "logistic": lambda z: float(special.expit(z)),
    "relu": lambda z: max(z, 0.0),
    "tanh": math.tanh,
}
"""Activations of one number."""

_GRAPH: dict[str, Callable[[autodiff.Var], autodiff.Var]] = {
    "identity": lambda z: z,
    "logistic": autodiff.sigmoid,
    "relu": autodiff.relu,
    "tanh": autodiff.tanh,
}


class Net(NamedTuple):
    """A network, the activation of its hidden layers, rows, and the class of each."""

    parameters: Parameters
    activation: str
    X: FloatArray
    y: NDArray[np.intp]

    @property
    def units(self) -> tuple[int, ...]:
        """Widths of the layers, the input's first."""
        return (self.X.shape[1], *(len(b) for b in self.parameters.intercepts))

    @property
    def targets(self) -> FloatArray:
        """One column per output: the class of one output, otherwise one-hot."""
        K = self.units[-1]
        return self.y[:, None].astype(float) if K == 1 else np.eye(K)[self.y]


def layers(coefs: Iterable[FloatArray], intercepts: Iterable[FloatArray]) -> Parameters:
    """Weights and intercepts, one of each for a layer."""
    return Parameters(list(coefs), list(intercepts))


def phi(name: str, Z: FloatArray) -> FloatArray:
    """Activation of every entry."""
    values: FloatArray = np.vectorize(PHI[name], otypes=[float])(Z)
    return values


def slope(name: str, Z: FloatArray) -> FloatArray:
    """Derivative of the activation, 0 at the kink of relu."""
    if name == "relu":
        return (Z > 0).astype(float)
    a = phi(name, Z)
    return {"identity": np.ones_like(a), "logistic": a * (1.0 - a), "tanh": 1.0 - a * a}[name]


def on_graph(name: str, z: autodiff.Var) -> autodiff.Var:
    """Activation of a node."""
    return _GRAPH[name](z)


def by_loops(net: Net) -> list[list[list[float]]]:
    """Values of every layer after the input, the last one's scores: row by row, unit by unit."""
    values, last = [], len(net.parameters.coefs) - 1
    a: list[list[float]] = net.X.tolist()
    for i, (W, b) in enumerate(zip(*net.parameters, strict=True)):
        z = [
            [
                math.fsum([*(v * w for v, w in zip(row, column, strict=True)), start])
                for column, start in zip(W.T.tolist(), b.tolist(), strict=True)
            ]
            for row in a
        ]
        a = z if i == last else [[PHI[net.activation](v) for v in row] for row in z]
        values.append(a)
    return values


def graph_cross_entropy(net: Net, coefs: Sequence[Any], intercepts: Sequence[Any]) -> Any:
    """Mean cross-entropy as a graph over other parameters than the network's own."""
    a: Any = net.X
    for W, b in zip(coefs[:-1], intercepts[:-1], strict=True):
        a = _GRAPH[net.activation](a @ W + b)
    z = a @ coefs[-1] + intercepts[-1]
    if net.units[-1] == 1:
        return (autodiff.softplus(z) - z * net.targets).sum() * (1.0 / len(net.y))
    return -autodiff.log_softmax(z)[np.arange(len(net.y)), net.y].mean()


def graph_gradient(net: Net, l2: float = 0.0) -> Parameters:
    """Slopes of the mean cross-entropy plus ``l2 / 2 sum ||W||^2``, by the graph."""
    n = len(net.parameters.coefs)

    def objective(*parts: Any) -> Any:
        value = graph_cross_entropy(net, parts[:n], parts[n:])
        for W in parts[:n]:
            value = value + (W**2).sum() * (0.5 * l2)
        return value

    flat = [*net.parameters.coefs, *net.parameters.intercepts]
    found = autodiff.value_and_gradient(objective)(*flat)[1]
    return layers(found[:n], found[n:])


def apart(found: Parameters, expected: Parameters) -> float:
    """How far weights and intercepts, or their slopes, are from others; infinite if in number."""
    worst = 0.0
    for part, other in zip(found, expected, strict=True):
        if len(part) != len(other):
            return math.inf
        worst = largest(worst, *(relative(a, b) for a, b in zip(part, other, strict=True)))
    return worst


@st.composite
def _layers(draw: DrawFn, units: Sequence[int], most: int) -> Parameters:
    shapes = list(pairwise(units))
    coefs = [draw(whole(*shape, largest=most)) / 4.0 for shape in shapes]
    # 1/8 off the grid of the products: no unit is at its kink, and no intercept is zero
    intercepts = [draw(whole(n, largest=most)) / 4.0 + 0.125 for _, n in shapes]
    return layers(coefs, intercepts)


def drawn_layers(units: Sequence[int], most: int = 6) -> SearchStrategy[Parameters]:
    """Layers of these widths, weights at most ``most / 4``."""
    return _layers(units, most)


@st.composite
def _nets(
    draw: DrawFn,
    activations: Sequence[str],
    depth: tuple[int, int],
    outputs: Sequence[int],
    width: int,
) -> Net:
    hidden = draw(st.integers(*depth)) - 1
    # square layers, and as many rows as units, are where swapped axes go unnoticed
    widths = [draw(st.integers(1, width)) for _ in range(hidden + 1)]
    units = (*widths, draw(st.sampled_from(outputs)))
    n = draw(st.integers(1, 4))
    classes = st.integers(0, max(units[-1] - 1, 1))
    y = np.array(draw(st.lists(classes, min_size=n, max_size=n)), dtype=np.intp)
    X = draw(whole(n, units[0])) / 4.0
    return Net(draw(drawn_layers(units)), draw(st.sampled_from(activations)), X, y)


def nets(
    activations: Sequence[str] = NAMES,
    *,
    depth: tuple[int, int] = (1, 4),
    outputs: Sequence[int] = (2, 3),
    width: int = 3,
) -> SearchStrategy[Net]:
    """Networks of so many layers of weights, layers of up to `width` units, one to four rows."""
    return _nets(activations, depth, outputs, width)
