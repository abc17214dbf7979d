"""Reverse-mode automatic differentiation: the oracle of every gradient written by hand."""

from probml.autodiff._functions import (
    exp,
    log,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softplus,
    tanh,
)
from probml.autodiff._reverse import describe, gradients, value_and_gradient
from probml.autodiff._variable import Var

__all__ = [
    "Var",
    "describe",
    "exp",
    "gradients",
    "log",
    "log_softmax",
    "logsumexp",
    "relu",
    "sigmoid",
    "softplus",
    "tanh",
    "value_and_gradient",
]
