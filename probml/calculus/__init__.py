"""Derivatives by differences, checks of gradients, stationary points, and layers of networks."""

from probml.calculus._check import GradientCheck, check_gradient
from probml.calculus._differences import derivative, gradient, hessian, jacobian, partial
from probml.calculus._interpolant import ReluInterpolant, relu_interpolant
from probml.calculus._layers import LayerGradients, gradient_magnitude_by_layer
from probml.calculus._stationary import classify_hessian, classify_stationary_point

__all__ = [
    "GradientCheck",
    "LayerGradients",
    "ReluInterpolant",
    "check_gradient",
    "classify_hessian",
    "classify_stationary_point",
    "derivative",
    "gradient",
    "gradient_magnitude_by_layer",
    "hessian",
    "jacobian",
    "partial",
    "relu_interpolant",
]
