"""Functions of nodes, in the forms of :mod:`probml.numerics`: log domain, safe in both tails.

Conventions: the derivative of relu at 0 is 0.  Axis -1 is that of the classes.
"""

import numpy as np

from probml import numerics
from probml.autodiff._variable import Var, node

__all__ = ["exp", "log", "log_softmax", "logsumexp", "relu", "sigmoid", "softplus", "tanh"]


def exp(x: Var) -> Var:
    """``e^x``, its own derivative."""
    with np.errstate(all="ignore"):
        value = np.exp(x.value)
    return node("exp", value, (x, lambda g: g * value))


def log(x: Var) -> Var:
    """Natural logarithm; NaN, and therefore refused, below zero."""
    entries = x.value
    with np.errstate(all="ignore"):
        value = np.log(entries)
    return node("log", value, (x, lambda g: g / entries))


def tanh(x: Var) -> Var:
    """``tanh x``, with derivative ``1 - tanh^2 x``."""
    value = np.tanh(x.value)
    return node("tanh", value, (x, lambda g: g * (1.0 - value**2)))


def sigmoid(x: Var) -> Var:
    """``1 / (1 + e^-x)``, with derivative ``s (1 - s)`` (catalogue CA-15)."""
    value = numerics.sigmoid(x.value)
    return node("sigmoid", value, (x, lambda g: g * value * (1.0 - value)))


def softplus(x: Var) -> Var:
    """``log(1 + e^x)``, with the sigmoid for its derivative."""
    entries = x.value
    return node(
        "softplus", numerics.softplus(entries), (x, lambda g: g * numerics.sigmoid(entries))
    )


def relu(x: Var) -> Var:
    """``max(x, 0)``."""
    value = numerics.relu(x.value)
    return node("relu", value, (x, lambda g: g * (value > 0)))


def logsumexp(x: Var) -> Var:
    """``log sum_k e^(x_k)`` along the last axis, with softmax for its derivative."""
    entries = x.value
    value = numerics.logsumexp(entries)
    return node(
        "logsumexp", value, (x, lambda g: np.asarray(g)[..., None] * numerics.softmax(entries))
    )


def log_softmax(x: Var) -> Var:
    """``x - logsumexp(x)`` along the last axis (catalogue NN-07)."""
    value = numerics.log_softmax(x.value)
    return node(
        "log_softmax", value, (x, lambda g: g - np.exp(value) * g.sum(axis=-1, keepdims=True))
    )
