"""Backpropagation by its formulas, any one of which can be replaced by a wrong one.

    delta_L = dC/dz_L,    dW_l = a_{l-1}' delta_l,    db_l = sum_n delta_l,
    delta_{l-1} = (delta_l W_l') * phi'(z_{l-1})

Rows are samples; layers are counted from 0 in the code.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from scipy import special

from probml.classifiers._network import Parameters
from probml.laws.networks import _nets as book
from probml.laws.networks._library import Slopes
from probml.laws.networks._outputs import SLOPES
from probml.numerics import FloatArray

__all__ = ["RIGHT", "Rules", "by_formulas"]


def _fed(inputs: Sequence[FloatArray], z: FloatArray, a: FloatArray, i: int) -> FloatArray:
    return inputs[i]


def _carried(coefs: Sequence[FloatArray], i: int) -> FloatArray:
    return coefs[i].T


def _slope(activation: str, z: FloatArray, a: FloatArray, x: FloatArray) -> FloatArray:
    return book.slope(activation, z)


class Rules(NamedTuple):
    """What each formula takes; the defaults are right.

    Attributes
    ----------
    fed : callable
        What layer i multiplies its deltas with, of all inputs, and its own z and a.
    carried : callable
        What the deltas of layer i are multiplied with on the way to the layer below.
    slope : callable
        Derivative of a hidden layer's activation, of its z, its a and its input.
    intercept : float
        Factor of the intercepts' slopes.
    scale : callable
        Factor of the loss of one row, of the number of rows.
    """

    fed: Callable[[Sequence[FloatArray], FloatArray, FloatArray, int], FloatArray] = _fed
    carried: Callable[[Sequence[FloatArray], int], FloatArray] = _carried
    slope: Callable[[str, FloatArray, FloatArray, FloatArray], FloatArray] = _slope
    intercept: float = 1.0
    scale: Callable[[int], float] = lambda n: 1.0 / n


RIGHT = Rules()


def by_formulas(net: book.Net, rules: Rules = RIGHT, loss: str = "softmax") -> Slopes:
    """One pass forward, one backward, for the mean loss of the rows."""
    inputs, scores = [net.X], []
    for W, b in zip(*net.parameters, strict=True):
        scores.append(inputs[-1] @ W + b)
        inputs.append(book.phi(net.activation, scores[-1]))
    p = special.softmax(scores[-1], axis=1) if loss == "softmax" else special.expit(scores[-1])
    delta = SLOPES[loss](p, net.targets) * rules.scale(len(net.y))
    deltas, coefs, intercepts = [delta], [], []
    for i in reversed(range(len(scores))):
        coefs.append(rules.fed(inputs, scores[i], inputs[i + 1], i).T @ delta)
        intercepts.append(rules.intercept * delta.sum(axis=0))
        if i:
            back = delta @ rules.carried(net.parameters.coefs, i)
            delta = back * rules.slope(net.activation, scores[i - 1], inputs[i], inputs[i - 1])
            deltas.append(delta)
    return Slopes(inputs[:-1], deltas[::-1], Parameters(coefs[::-1], intercepts[::-1]))
