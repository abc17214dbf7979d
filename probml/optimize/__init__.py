"""Gradient descent and its family."""

from probml.optimize._adaptive import AdaGrad, AdaptiveState, RMSProp
from probml.optimize._descent import (
    DescentResult,
    Iteration,
    proximal_descent,
    quasi_newton_descent,
)
from probml.optimize._loop import Descent, DescentStep, descend
from probml.optimize._orthant import orthant_descent, shortest_subgradient
from probml.optimize._proximal import ProximalGradient, ProximalState, soft_threshold
from probml.optimize._ridge import Ridge, ridge
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
    "Iteration",
    "ProximalGradient",
    "ProximalState",
    "RMSProp",
    "Ridge",
    "SGDState",
    "descend",
    "orthant_descent",
    "proximal_descent",
    "quasi_newton_descent",
    "ridge",
    "shortest_subgradient",
    "soft_threshold",
]
