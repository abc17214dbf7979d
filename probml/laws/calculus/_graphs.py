"""Laws CA-17 and CA-18: the computation graph, and every gradient written by hand against it."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from probml import autodiff
from probml.autodiff import Var
from probml.classifiers._network import Parameters, join, loss_and_gradient, split
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- CA-17: computation graphs ------------------------------------------------------------------


class _Step(NamedTuple):
    """A node made of two earlier ones."""

    operation: str
    left: int
    right: int


class _Program(NamedTuple):
    """Numbers to begin with, and steps that each make one more; the last is the output."""

    inputs: tuple[int, ...]
    steps: tuple[_Step, ...]


_RULES: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


@st.composite
def _programs(draw: DrawFn) -> _Program:
    inputs = draw(st.lists(st.integers(-3, 3), min_size=1, max_size=3))
    steps: list[_Step] = []
    for _ in range(draw(st.integers(1, 5))):
        earlier = st.integers(0, len(inputs) + len(steps) - 1)
        steps.append(_Step(draw(st.sampled_from(sorted(_RULES))), draw(earlier), draw(earlier)))
    return _Program(tuple(inputs), tuple(steps))


def _run(values: Sequence[Any], steps: Sequence[_Step]) -> list[Any]:
    nodes = list(values)
    for operation, left, right in steps:
        nodes.append(_RULES[operation](nodes[left], nodes[right]))
    return nodes


def _by_graph(program: _Program) -> tuple[float, list[float]]:
    inputs = [Var(value) for value in program.inputs]
    output = _run(inputs, program.steps)[-1]
    return output.value.item(), [g.item() for g in autodiff.gradients(output, inputs)]


def _by_sweep(
    program: _Program, *, overwritten: bool = False, first_use: bool = False, product: str = "rule"
) -> tuple[float, list[float]]:
    """A sweep by hand over plain numbers, with one of its parts wrong."""
    nodes, n = _run(program.inputs, program.steps), len(program.inputs)
    reached = [0.0] * len(nodes)
    reached[-1] = 1.0
    for i in reversed(range(n, len(nodes))):
        operation, left, right = program.steps[i - n]
        a, b = nodes[left], nodes[right]
        own = {"rule": (b, a), "swapped": (a, b), "one side": (b, 0)}[product]
        slopes = {"+": (1, 1), "-": (1, -1), "*": own}[operation]
        for k, slope in zip((left, right), slopes, strict=True):
            share = reached[i] * slope
            if overwritten or (first_use and reached[k]):
                share -= reached[k] if overwritten else share
            reached[k] += share
    return float(nodes[-1]), reached[:n]


def _signs_lost(program: _Program) -> tuple[float, list[float]]:
    value, slopes = _by_graph(program)
    return value, [abs(slope) for slope in slopes]


def _program_residual(differentiate: Callable[[_Program], Any], case: _Program) -> float:
    """Distance from dual numbers in fractions: the same rules forwards, one input at a time."""
    value, slopes = differentiate(case)
    for k, slope in enumerate(slopes):
        duals = [(Fraction(v), Fraction(i == k)) for i, v in enumerate(case.inputs)]
        for operation, left, right in case.steps:
            (a, da), (b, db) = duals[left], duals[right]
            derivative = {"+": da + db, "-": da - db, "*": da * b + a * db}[operation]
            duals.append((_RULES[operation](a, b), derivative))
        exact, exact_slope = (float(x) for x in duals[-1])
        if relative(value, exact) > _ROUNDING or relative(slope, exact_slope) > _ROUNDING:
            return largest(relative(value, exact), relative(slope, exact_slope))
    return 0.0 if len(slopes) == len(case.inputs) else 1.0


_ROUNDING = 1e-12


# -- CA-18: gradients by hand -------------------------------------------------------------------


class _Net(NamedTuple):
    """A network, weighted samples, and the strength of the penalty."""

    units: tuple[int, ...]
    activation: str
    theta: FloatArray
    X: FloatArray
    y: NDArray[np.intp]
    weight: FloatArray
    alpha: float


_ACTIVATIONS: dict[str, Callable[[Var], Var]] = {
    "identity": lambda z: z,
    "logistic": autodiff.sigmoid,
    "tanh": autodiff.tanh,
    "relu": autodiff.relu,
}


@st.composite
def _nets(draw: DrawFn) -> _Net:
    hidden = draw(st.lists(st.integers(1, 3), max_size=2))
    units = (draw(st.integers(1, 3)), *hidden, draw(st.sampled_from([1, 3])))
    size = sum((a + 1) * b for a, b in pairwise(units))
    n = draw(st.integers(1, 4))
    # No multiple of 1/64 and of 1/81 but zero are equal: a relu is never at its kink by chance.
    entries = st.integers(-128, 128).map(lambda v: v / 64 + 1 / 81)
    return _Net(
        units,
        draw(st.sampled_from(sorted(_ACTIVATIONS))),
        draw(arrays(float, size, elements=entries)),
        draw(arrays(float, (n, units[0]), elements=entries)),
        draw(arrays(np.intp, n, elements=st.integers(0, max(units[-1] - 1, 1)))),
        draw(arrays(float, n, elements=st.integers(1, 4).map(float))),
        draw(st.sampled_from([0.0, 0.5, 2.0])),
    )


def _by_hand(net: _Net) -> tuple[float, FloatArray]:
    return loss_and_gradient(
        net.theta, net.units, net.X, net.y, net.weight, net.alpha, net.activation
    )


def _loss(net: _Net, coefs: Sequence[Var], intercepts: Sequence[Var]) -> Var:
    """The same objective, written as a graph."""
    a: Any = net.X
    for W, b in zip(coefs[:-1], intercepts[:-1], strict=True):
        a = _ACTIVATIONS[net.activation](a @ W + b)
    z = a @ coefs[-1] + intercepts[-1]
    share = net.weight / net.weight.sum()
    if net.units[-1] == 1:
        scores = z[:, 0]
        data = ((autodiff.softplus(scores) - scores * net.y) * share).sum()
    else:
        data = -(autodiff.log_softmax(z)[np.arange(len(net.y)), net.y] * share).sum()
    squares = sum(((W**2).sum() for W in coefs[1:]), (coefs[0] ** 2).sum())
    penalised: Var = data + squares * (net.alpha / (2.0 * float(net.weight.sum())))
    return penalised


def _net_residual(gradient: Callable[[_Net], tuple[float, FloatArray]], case: _Net) -> float:
    parts = split(case.theta, case.units)
    coefs, intercepts = [Var(W) for W in parts.coefs], [Var(b) for b in parts.intercepts]
    loss = _loss(case, coefs, intercepts)
    found = autodiff.gradients(loss, [*coefs, *intercepts])
    expected = join(Parameters(found[: len(coefs)], found[len(coefs) :]))
    value, slope = gradient(case)
    return largest(relative(value, loss.value), relative(slope, expected))


def _altered(change: Callable[[_Net, FloatArray], FloatArray]) -> Callable[[_Net], Any]:
    """The gradient by hand with one term changed; `change` is told the network."""

    def gradient(net: _Net) -> tuple[float, FloatArray]:
        value, slope = _by_hand(net)
        return value, change(net, slope)

    return gradient


def _n_weights(net: _Net) -> int:
    return sum(a * b for a, b in pairwise(net.units))


def _penalty(net: _Net, first: int, last: int | None) -> FloatArray:
    """Slope of the penalty on the parameters from `first` to `last`, zero elsewhere."""
    slope = np.zeros_like(net.theta)
    slope[first:last] = net.alpha / net.weight.sum() * net.theta[first:last]
    return slope


def _first_layer_lost(net: _Net, slope: FloatArray) -> FloatArray:
    changed = slope.copy()
    changed[: net.units[0] * net.units[1]] = 0.0
    return changed


LAWS = (
    Law(
        id="CA-17",
        title="reverse mode on a computation graph",
        text="One sweep from the output to the inputs gives every partial derivative; a node that "
        "is used several times receives the sum.",
        latex=r"\frac{\partial e}{\partial x} = \sum_{y \leftarrow x} "
        r"\frac{\partial y}{\partial x} \frac{\partial e}{\partial y}",
        source="Lai 2020, slide 50; Zaidi, SIT744 lecture 2, computational graph",
        cases=_programs(),
        residual=_program_residual,
        tolerance=_ROUNDING,
        reason="whole numbers, exact up to 2^53 and rounded a few times beyond",
        subject=_by_graph,
        mutants=(
            Mutant("overwritten, not added", lambda program: _by_sweep(program, overwritten=True)),
            Mutant("only the last use counts", lambda program: _by_sweep(program, first_use=True)),
            Mutant("own factor for the other", lambda p: _by_sweep(p, product="swapped")),
            Mutant("one factor of a product", lambda p: _by_sweep(p, product="one side")),
            Mutant("signs lost", _signs_lost),
        ),
        # e = (a + b)(b + 1) at a = 2, b = 1 is 6, with slopes 2 and 5; the one is a constant input.
        examples=(_Program((2, 1, 1), (_Step("+", 0, 1), _Step("+", 1, 2), _Step("*", 3, 4))),),
    ),
    Law(
        id="CA-18",
        title="gradients written by hand",
        text="The formulas of backpropagation, of both cross-entropies and of the penalty give "
        "what automatic differentiation of the loss gives.",
        latex=r"\nabla_\theta J = \mathrm{AD}(J)(\theta)",
        source="where the lectures stop; checking a gradient",
        cases=_nets(),
        residual=_net_residual,
        tolerance=1e-9,
        reason="two ways of adding up the same few hundred products",
        subject=_by_hand,
        mutants=(
            Mutant("sign", _altered(lambda net, slope: -slope)),
            Mutant("sum for the mean", _altered(lambda net, slope: slope * net.weight.sum())),
            Mutant(
                "penalty forgotten",
                _altered(lambda net, slope: slope - _penalty(net, 0, _n_weights(net))),
            ),
            Mutant(
                "penalty without its half",
                _altered(lambda net, slope: slope + _penalty(net, 0, _n_weights(net))),
            ),
            Mutant(
                "intercepts penalised",
                _altered(lambda net, slope: slope + _penalty(net, _n_weights(net), None)),
            ),
            Mutant("first layer does not learn", _altered(_first_layer_lost)),
            Mutant(
                "another activation's derivative",
                lambda net: (
                    _by_hand(net)[0],
                    _by_hand(net._replace(activation="identity"))[1],
                ),
            ),
        ),
    ),
)
