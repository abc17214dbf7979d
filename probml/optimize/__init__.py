"""Gradient descent and its family."""

from probml.optimize._descent import DescentResult, accelerated_gradient_descent
from probml.optimize._stochastic import SGD, Adam, AdamState, SGDState

__all__ = [
    "SGD",
    "Adam",
    "AdamState",
    "DescentResult",
    "SGDState",
    "accelerated_gradient_descent",
]
