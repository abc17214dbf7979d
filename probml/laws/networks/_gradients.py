"""Laws NN-09, NN-10, NN-14: slopes of weights, of one row and of all, and how they are checked."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from scipy import special

from probml import calculus
from probml.classifiers._network import Parameters, join, loss_and_gradient, split
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks import _nets as book
from probml.laws.networks._formulas import RIGHT, Rules, by_formulas
from probml.laws.networks._library import Slopes, layer_values, slopes
from probml.laws.networks._outputs import output_delta
from probml.laws.networks._reference import REFERENCE_NET
from probml.losses import l2_penalty
from probml.numerics import FloatArray

__all__ = ["LAWS"]

# -- NN-09: gradient of a sum -----------------------------------------------------------------


def _gradient(net: book.Net) -> Parameters:
    """Of the mean cross-entropy."""
    found = loss_and_gradient(
        join(net.parameters), net.units, net.X, net.y, np.ones(len(net.y)), 0.0, net.activation
    )
    return split(found[1], net.units)


def _rows(net: book.Net) -> list[book.Net]:
    """The network with each of its rows alone."""
    return [net._replace(X=net.X[[n]], y=net.y[[n]]) for n in range(len(net.y))]


def _mean_of(parts: list[Parameters]) -> Parameters:
    return Parameters(
        *(
            [np.mean(layer, axis=0) for layer in zip(*part, strict=True)]
            for part in zip(*parts, strict=True)
        )
    )


def _mean_residual(gradient: Callable[[book.Net], Parameters], case: book.Net) -> float:
    """Distance from the mean of the rows' own, and of the graph's."""
    found, rows = gradient(case), _rows(case)
    return largest(
        book.apart(found, _mean_of([gradient(row) for row in rows])),
        book.apart(found, _mean_of([book.graph_gradient(row) for row in rows])),
    )


def _scaled(factor: Callable[[book.Net], float], net: book.Net) -> Parameters:
    parts = ([factor(net) * p for p in part] for part in _gradient(net))
    return Parameters(*parts)


def _of_mean_row(net: book.Net) -> Parameters:
    # all rows of one class share a target, so that a mean row has one too
    return _gradient(net._replace(X=net.X.mean(axis=0, keepdims=True), y=net.y[:1]))


# -- NN-10: forward pass of backpropagation ---------------------------------------------------


def _traced(net: book.Net) -> Slopes:
    return slopes(net, lambda Z: output_delta("softmax", Z, net.targets)[1] / len(net.y))


def _traced_residual(trace: Callable[[book.Net], Slopes], case: book.Net) -> float:
    """Distance of inputs from the loops, and of slopes from outer products of these and deltas."""
    inputs = [np.array(a) for a in (case.X, *book.by_loops(case)[:-1])]
    # of one row the slope of an intercept is that of its sum
    deltas = book.graph_gradient(case).intercepts
    found = trace(case)
    coefs, intercepts = found.gradient
    pairs = [
        *zip(found.inputs, inputs, strict=True),
        *zip(found.deltas, [d[None] for d in deltas], strict=True),
        *zip(coefs, [np.outer(a, d) for a, d in zip(inputs, deltas, strict=True)], strict=True),
        *zip(intercepts, deltas, strict=True),
    ]
    return largest(*(relative(a, b) for a, b in pairs))


def _by(**rules: Any) -> Callable[[book.Net], Slopes]:
    """By the formulas, one of them wrong."""
    return partial(by_formulas, rules=Rules(**rules))


def _sums_for_values(net: book.Net) -> Slopes:
    found = by_formulas(net, Rules(fed=lambda x, z, a, i: z))
    scores = [a @ W + b for a, W, b in zip(found.inputs, *net.parameters, strict=True)]
    kept = [net.X, *scores[:-1]]
    coefs = [a.T @ d for a, d in zip(kept, found.deltas, strict=True)]
    return Slopes(kept, found.deltas, book.layers(coefs, found.gradient.intercepts))


def _weights_for_inputs(net: book.Net) -> Slopes:
    found = by_formulas(net)
    coefs = [W * d for W, d in zip(net.parameters.coefs, found.deltas, strict=True)]
    return found._replace(gradient=book.layers(coefs, found.gradient.intercepts))


def _turned(net: book.Net) -> Slopes:
    found = by_formulas(net)
    square = [g.T if g.shape[0] == g.shape[1] else g for g in found.gradient.coefs]
    return found._replace(gradient=Parameters(square, found.gradient.intercepts))


# -- NN-14: gradient check --------------------------------------------------------------------


class _Printed(NamedTuple):
    """A loss, and slopes that a source works out, by layer: of intercepts and of weights."""

    loss: float
    intercepts: tuple[tuple[float, float], ...]
    coefs: tuple[tuple[tuple[float, float], ...], ...] = ()


class _Checked(NamedTuple):
    """A network, a loss of its scores, and the factor of a penalty."""

    net: book.Net
    loss: str
    l2: float
    printed: _Printed | None = None


_Gradient = Callable[[book.Net, str, float], tuple[float, Parameters]]


def _off_the_kinks(net: book.Net) -> book.Net:
    """With intercepts moved until no sum of a hidden layer is within 0.01 of zero."""
    intercepts, a = [b.copy() for b in net.parameters.intercepts], net.X
    for W, b in zip(net.parameters.coefs[:-1], intercepts[:-1], strict=True):
        for j in range(len(b)):
            # each of up to four rows forbids one of five places at most
            while np.abs(a @ W[:, j] + b[j]).min() < 0.01:
                b[j] += 0.021
        a = book.phi(net.activation, a @ W + b)
    return net._replace(parameters=net.parameters._replace(intercepts=intercepts))


@st.composite
def _checked(draw: DrawFn) -> _Checked:
    loss = draw(st.sampled_from(["softmax", "sigmoid", "squared"]))
    outputs = (2, 3) if loss == "softmax" else (1, 2)
    activations = ("logistic", "logistic", "tanh", "relu")
    net = _off_the_kinks(draw(book.nets(activations, outputs=outputs)))
    return _Checked(net, loss, draw(st.sampled_from([0.0, 0.25, 1.0])))


def _objective(case: _Checked, theta: FloatArray) -> float:
    """Mean loss plus ``l2 / 2 sum ||W||^2``, written down once more."""
    net, T = case.net, case.net.targets
    coefs, intercepts = split(theta, net.units)
    a = net.X
    for W, b in zip(coefs[:-1], intercepts[:-1], strict=True):
        z = a @ W + b
        a = {"logistic": special.expit, "tanh": np.tanh}.get(net.activation, _rectified)(z)
    z = a @ coefs[-1] + intercepts[-1]
    if case.loss == "softmax":
        losses = special.logsumexp(z, axis=1) - np.sum(T * z, axis=1)
    elif case.loss == "sigmoid":
        losses = -T * special.log_expit(z) - (1.0 - T) * special.log_expit(-z)
    else:
        losses = 0.5 * (special.expit(z) - T) ** 2
    squares = sum(float(np.sum(W * W)) for W in coefs)
    return float(losses.sum()) / len(z) + 0.5 * case.l2 * squares


def _rectified(z: FloatArray) -> FloatArray:
    return z * (z > 0)


def _library(net: book.Net, loss: str, l2: float) -> tuple[float, Parameters]:
    """The classifier's own gradient where it has that output, its parts elsewhere."""
    n = len(net.y)
    if loss == "softmax" or (loss == "sigmoid" and net.units[-1] == 1):
        theta, weight = join(net.parameters), np.ones(n)
        value, g = loss_and_gradient(theta, net.units, net.X, net.y, weight, l2 * n, net.activation)
        return value, split(g, net.units)
    scores = layer_values(net.X, net.parameters, net.activation)[-1]
    total, delta = output_delta(loss, scores, net.targets)
    gradient = slopes(net, lambda Z: delta / n).gradient
    penalties = [l2_penalty(W, l2) for W in net.parameters.coefs]
    coefs = (g + p for g, (_, p) in zip(gradient.coefs, penalties, strict=True))
    value = total / n + sum(v for v, _ in penalties)
    return value, book.layers(coefs, gradient.intercepts)


def _check_residual(gradient: _Gradient, case: _Checked) -> float:
    """Distance from difference quotients by every parameter, and from what is printed."""
    value, found = gradient(case.net, case.loss, case.l2)
    theta = join(case.net.parameters)
    expected = calculus.gradient(partial(_objective, case), theta)
    worst = largest(
        relative(value, _objective(case, theta)),
        book.apart(found, split(expected, case.net.units)),
    )
    if case.printed is None:
        return worst
    loss, intercepts, coefs = case.printed
    digits = largest(
        relative(value, loss),
        relative(found.intercepts, intercepts),
        *(relative(W.T, p) for W, p in zip(found.coefs, coefs, strict=bool(coefs))),
    )
    return largest(worst, float(digits > 1e-9))


def _checked_as(
    net: book.Net,
    loss: str,
    l2: float,
    *,
    rules: Rules = RIGHT,
    penalty: Callable[[float, int], float] = lambda l2, n: l2,
    of_intercepts: float = 0.0,
) -> tuple[float, Parameters]:
    """By the formulas, one of them or the penalty wrong."""
    coefs, intercepts = by_formulas(net, rules, loss).gradient
    factor = penalty(l2, len(net.y))
    W, b = net.parameters
    slopes_of_w = [g + factor * w for g, w in zip(coefs, W, strict=True)]
    slopes_of_b = [g + of_intercepts * l2 * v for g, v in zip(intercepts, b, strict=True)]
    return _library(net, loss, l2)[0], Parameters(slopes_of_w, slopes_of_b)


_EXAMPLE = book.Net(REFERENCE_NET, "logistic", np.array([[1.0, -1.0]]), np.zeros(1, dtype=np.intp))

_PRINTED = (
    _Checked(
        _EXAMPLE,
        "sigmoid",
        0.0,
        _Printed(
            2.2485616806,
            (
                (-0.0210934648, -0.0137915066),
                (-0.2328815036, 0.3642372105),
                (-0.3822952222, 0.8291239842),
            ),
            (
                ((-0.0210934648, 0.0210934648), (-0.0137915066, 0.0137915066)),
                ((-0.2286928480, -0.0277601557), (0.3576859636, 0.0434181398)),
                ((-0.3301189253, -0.0423343957), (0.7159637438, 0.0918150706)),
            ),
        ),
    ),
    _Checked(
        _EXAMPLE,
        "softmax",
        0.0,
        _Printed(
            1.3870457150,
            (
                (-0.0255411302, -0.0016505632),
                (-0.3536518262, 0.3693724358),
                (-0.7501877679, 0.7501877679),
            ),
        ),
    ),
    _Checked(
        _EXAMPLE,
        "squared",
        0.0,
        _Printed(
            0.4167981090,
            (
                (-0.0035651629, -0.0009866958),
                (-0.0457628918, 0.0551605684),
                (-0.0902773290, 0.1174681329),
            ),
        ),
    ),
)

_LECTURES = "notes on Hung-yi Lee's lectures, "

LAWS = (
    Law(
        id="NN-09",
        title="gradient of a sum",
        text="The gradient of the mean loss is the mean of the rows' own gradients, however many "
        "rows a batch has.",
        latex=r"\frac{\partial L}{\partial w} = \tfrac1N \sum_n \frac{\partial C^n}{\partial w}",
        source=_LECTURES + "Backpropagation",
        cases=book.nets(depth=(1, 3), outputs=(1, 2, 3)),
        residual=_mean_residual,
        tolerance=1e-12,
        reason="the same few products, added up in another order; slopes below some ten",
        subject=_gradient,
        mutants=(
            Mutant("sum for mean", partial(_scaled, lambda net: len(net.y))),
            Mutant("mean over the outputs too", partial(_scaled, lambda net: 1 / net.units[-1])),
            Mutant(
                "one row fewer in the mean",
                partial(_scaled, lambda net: len(net.y) / max(len(net.y) - 1, 1)),
            ),
            Mutant("first row alone", lambda net: _gradient(_rows(net)[0])),
            Mutant("of the mean row", _of_mean_row),
        ),
    ),
    Law(
        id="NN-10",
        title="forward pass of backpropagation",
        text="The slope of a sum in a weight is that weight's input, and 1 in the intercept: the "
        "slopes of a layer's weights are its inputs times its deltas.",
        latex=r"\frac{\partial z}{\partial w_i} = x_i,\quad \frac{\partial z}{\partial b} = 1,"
        r"\quad \frac{\partial C}{\partial W^l} = a^{l-1} \delta^{l\top}",
        source="roychuang, winter camp, Backpropagation, forward pass; "
        + _LECTURES
        + "Forward pass",
        cases=book.nets(depth=(1, 3)).map(lambda net: _rows(net)[0]),
        residual=_traced_residual,
        tolerance=1e-12,
        reason="products of the values of one row; slopes below some ten",
        subject=_traced,
        mutants=(
            Mutant("output for input", _by(fed=lambda x, z, a, i: a)),
            Mutant("sum for value", _sums_for_values),
            Mutant("first input for all", _by(fed=lambda x, z, a, i: x[0])),
            Mutant("weight for input", _weights_for_inputs),
            Mutant("rows and columns swapped", _turned),
            Mutant("intercepts do not count", _by(intercept=0.0)),
            Mutant("slope at the input", _by(slope=lambda name, z, a, x: book.slope(name, x))),
        ),
    ),
    Law(
        id="NN-14",
        title="gradient check",
        text="Every slope that backpropagation gives equals the central difference of the "
        "penalised loss in that parameter.",
        latex=r"\frac{\partial J}{\partial \theta_i} \approx "
        r"\frac{J(\theta + h e_i) - J(\theta - h e_i)}{2h},\quad "
        r"J = \tfrac1N \sum_n C^n + \tfrac\lambda2 \sum_l \|W^l\|^2",
        source="where the lectures stop; checking a gradient",
        cases=_checked(),
        residual=_check_residual,
        tolerance=1e-6,
        reason="central differences of losses up to a hundred, no rectifier nearer to its kink "
        "than a thousand steps",
        subject=_library,
        mutants=(
            Mutant(
                "no slope of the activation",
                partial(_checked_as, rules=Rules(slope=lambda name, z, a, x: np.ones_like(z))),
            ),
            Mutant(
                "slope at the value",
                partial(_checked_as, rules=Rules(slope=lambda name, z, a, x: book.slope(name, a))),
            ),
            Mutant("intercepts penalised", partial(_checked_as, of_intercepts=1.0)),
            Mutant("twice the penalty", partial(_checked_as, penalty=lambda l2, n: 2.0 * l2)),
            Mutant("penalty forgotten", partial(_checked_as, penalty=lambda l2, n: 0.0)),
            Mutant("penalty over the rows", partial(_checked_as, penalty=lambda l2, n: l2 / n)),
            Mutant("sum for mean", partial(_checked_as, rules=Rules(scale=lambda n: 1.0))),
        ),
        examples=_PRINTED,
    ),
)
