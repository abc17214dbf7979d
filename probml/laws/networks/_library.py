"""The passes of the library's network, with memory of their own.

Nothing else of these laws calls the two passes by name.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from probml.classifiers._network import Parameters, backward, forward, split
from probml.laws.networks._nets import Net
from probml.numerics import FloatArray

__all__ = ["Slopes", "dense", "layer_values", "slopes"]


class Slopes(NamedTuple):
    """Inputs of every layer, ``dC/dz`` of every layer, and slopes of all parameters."""

    inputs: list[FloatArray]
    deltas: list[FloatArray]
    gradient: Parameters


def layer_values(X: FloatArray, parameters: Parameters, activation: str) -> list[FloatArray]:
    """Values of every layer after the input; the last one's are scores."""
    layers = [X, *(np.empty((len(X), len(b))) for b in parameters.intercepts)]
    forward(layers, parameters, activation)
    return layers[1:]


def dense(X: FloatArray, W: FloatArray, b: FloatArray, activation: str) -> FloatArray:
    """One layer with its activation: the hidden one of a network whose output nobody reads."""
    ignored = np.zeros((len(b), 1))
    return layer_values(X, Parameters([W, ignored], [b, np.zeros(1)]), activation)[0]


def slopes(net: Net, output: Callable[[FloatArray], FloatArray]) -> Slopes:
    """One pass forward and one backward; `output` gives ``dC/dz`` of the scores."""
    values = layer_values(net.X, net.parameters, net.activation)
    inputs = [net.X, *values[:-1]]
    delta = output(values[-1])
    deltas = [np.empty_like(a) for a in values[:-1]]
    size = sum(p.size for part in net.parameters for p in part)
    gradient = split(np.empty(size), net.units)
    # the pass backward uses the hidden values up
    layers = [net.X, *(a.copy() for a in values)]
    backward(delta, layers, deltas, net.parameters, gradient, net.activation)
    return Slopes(inputs, [*deltas, delta], gradient)
