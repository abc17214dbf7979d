"""Gradient descent and its family."""

from probml.optimize._adaptive import AdaGrad, AdaptiveState, RMSProp
from probml.optimize._descent import DescentResult, accelerated_gradient_descent
from probml.optimize._loop import Descent, DescentStep, descend
from probml.optimize._stochastic import SGD, Adam, AdamState, SGDState

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamState",
    "AdaptiveState",
    "Descent",
    "DescentResult",
    "DescentStep",
    "RMSProp",
    "SGDState",
    "accelerated_gradient_descent",
    "descend",
]
