"""The worked network of the lectures, and law NN-05: what it computes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from probml.classifiers._network import Parameters
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks import _nets as book
from probml.laws.networks._library import layer_values
from probml.numerics import ACTIVATIONS, FloatArray

__all__ = ["LAWS", "REFERENCE_NET"]


def _constant(*entries: Any) -> FloatArray:
    array = np.array(entries, dtype=np.float64)
    array.setflags(write=False)
    return array


REFERENCE_NET = Parameters(
    [
        _constant([1, -1], [-2, 1]),
        _constant([2, -2], [-1, -1]),
        _constant([3, -1], [-1, 4]),
    ],
    [_constant(1, 0), _constant(0, 0), _constant(-2, 2)],
)
"""Weights and intercepts of the worked example: three layers of two sigmoids (catalogue NN-05).

A column holds the weights of one unit; the source writes them as rows, and one of them,
``coefs[1][1, 1]``, without its minus sign.
"""

# -- NN-05: reference network -----------------------------------------------------------------

_Values = list[FloatArray]
"""Values of the three layers, (2,) each."""


class _Worked(NamedTuple):
    """An input, values of its last layers to ten digits, and of all layers to two, as printed."""

    x: tuple[float, float]
    digits: tuple[tuple[float, float], ...]
    printed: tuple[tuple[float, float], ...] = ()


_WORKED = (
    _Worked(
        (1.0, -1.0),
        (
            (0.9820137900, 0.1192029220),
            (0.8635183127, 0.1107374438),
            (0.6177047778, 0.8291239842),
        ),
        ((0.98, 0.12), (0.86, 0.11), (0.62, 0.83)),
    ),
    _Worked(
        (0.0, 0.0),
        ((0.7310585786, 0.5), (0.7235454950, 0.1232381052), (0.511847377, 0.854383901)),
        ((0.73, 0.50), (0.72, 0.12), (0.51, 0.85)),
    ),
    _Worked((1.0, 1.0), ((0.4218831746, 0.8916051466),)),
    _Worked((-1.0, 1.0), ((0.2293401948, 0.9333876406),)),
)


def _values(x: Sequence[float], parameters: Parameters = REFERENCE_NET) -> _Values:
    values = layer_values(np.array([x]), parameters, "logistic")
    ACTIVATIONS["logistic"].apply(values[-1])
    return [a[0] for a in values]


def _worked_residual(values: Callable[[Sequence[float]], _Values], case: _Worked) -> float:
    """Distance from the digits; 1 for values that round to others than the printed ones."""
    found = values(case.x)
    rounded = [np.round(a, 2) for a in found[-len(case.printed) :]] if case.printed else []
    return largest(
        float(len(found) != 3),
        relative(found[-len(case.digits) :], case.digits),
        *(relative(a, p) > 1e-12 for a, p in zip(rounded, case.printed, strict=True)),
    )


def _with(
    layer: int, W: Callable[[FloatArray], FloatArray], b: float = 1.0
) -> Callable[[Sequence[float]], _Values]:
    """The network with other weights in one layer, or intercepts times a factor."""
    coefs, intercepts = (list(part) for part in REFERENCE_NET)
    coefs[layer], intercepts[layer] = W(coefs[layer]), b * intercepts[layer]
    return partial(_values, parameters=Parameters(coefs, intercepts))


def _without_sign(W: FloatArray) -> FloatArray:
    return np.where(np.eye(2) * W < 0, -W, W)


def _tanh(x: Sequence[float]) -> _Values:
    values = layer_values(np.array([x]), REFERENCE_NET, "tanh")
    return [a[0] for a in (*values[:-1], np.tanh(values[-1]))]


def _scores(x: Sequence[float]) -> _Values:
    return [a[0] for a in layer_values(np.array([x]), REFERENCE_NET, "logistic")]


def _biased_late(x: Sequence[float]) -> _Values:
    a: FloatArray = np.array(x)
    values: _Values = []
    for W, b in zip(*REFERENCE_NET, strict=True):
        a = book.phi("logistic", a @ W) + b
        values.append(a)
    return values


LAWS = (
    Law(
        id="NN-05",
        title="the worked network",
        text="Three layers of two sigmoids turn (1, -1) into 0.98 and 0.12, these into 0.86 and "
        "0.11, and these into 0.62 and 0.83; the last weight of the second layer is -1, which "
        "the source prints without its sign.",
        latex=r"\sigma\left(W^3 \sigma(W^2 \sigma(W^1 x + b^1) + b^2) + b^3\right)",
        source="roychuang, winter camp, Neural Network Example",
        cases=st.sampled_from(_WORKED),
        residual=_worked_residual,
        tolerance=1e-9,
        reason="values are given to ten digits, some to nine",
        subject=_values,
        mutants=(
            Mutant("weight of the second layer as printed", _with(1, _without_sign)),
            *(Mutant(f"layer {i + 1} transposed", _with(i, np.transpose)) for i in (0, 1)),
            Mutant("intercepts of the last layer forgotten", _with(2, lambda W: W, 0.0)),
            Mutant("intercepts subtracted", _with(0, lambda W: W, -1.0)),
            Mutant("bias after the activation", _biased_late),
            Mutant("tanh for sigmoid", _tanh),
            Mutant("scores for the last values", _scores),
        ),
        examples=_WORKED,
    ),
)
