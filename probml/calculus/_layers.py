"""How a gradient shrinks or grows on its way back through the layers of a network.

For layers ``a_l = phi(a_{l-1} W_l + b_l)`` the chain rule gives a product,

    d a_L / d a_l = product over k > l of  diag(phi'(z_k)) W_k',
    || d a_L / d a_l || <= product over k > l of  max |phi'| ||W_k||        (catalogue CA-16),

and for the sigmoid ``max |phi'| = 1/4``: with weights up to 1 it decays at least like 4^-L.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_choice, real_numbers
from probml.numerics import ACTIVATIONS, FloatArray

__all__ = ["LayerGradients", "gradient_magnitude_by_layer"]


class LayerGradients(NamedTuple):
    """Size of the gradient by layer, from the input (0) to the last layer (L).

    Attributes
    ----------
    magnitudes : ndarray of shape (L + 1,)
        Spectral norm of ``d a_L / d a_l``: by how much a change of layer l can change the last.
    bounds : ndarray of shape (L + 1,)
        The product of the layers' own bounds, which no input can exceed.
    """

    magnitudes: FloatArray
    bounds: FloatArray


def gradient_magnitude_by_layer(
    coefs: Sequence[ArrayLike],
    intercepts: Sequence[ArrayLike],
    x: ArrayLike,
    activation: str = "logistic",
) -> LayerGradients:
    """Size of the derivative of the last layer with respect to each one before it.

    Source: catalogue CA-16; Zaidi, SIT744 lecture 2, Vanishing Gradients Problem.

    Parameters
    ----------
    coefs : sequence of array_like, one of shape (fan_in, fan_out) per layer
        Weights, such as ``coefs_[:-1]`` of a multi-layer perceptron: its hidden layers.
    intercepts : sequence of array_like, one of shape (fan_out,) per layer
        Intercepts, such as ``intercepts_[:-1]``.
    x : array_like of shape (fan_in of the first layer,)
        One input.
    activation : {"identity", "logistic", "relu", "tanh"}
        Of every layer.

    Returns
    -------
    LayerGradients

    Raises
    ------
    ValueError
        If the shapes do not conform, an entry is not finite, or there is no such activation.

    Examples
    --------
    Three nested sigmoids at 0:

    >>> found = gradient_magnitude_by_layer([[[1.0]]] * 3, [[0.0]] * 3, [0.0])
    >>> found.magnitudes.round(7).tolist(), found.bounds.tolist()
    ([0.0133521, 0.0534084, 0.2272661, 1.0], [0.015625, 0.0625, 0.25, 1.0])
    """
    check_choice("activation", activation, ACTIVATIONS)
    if len(coefs) != len(intercepts):
        raise ValueError(
            f"coefs and intercepts must have one entry per layer (got {len(coefs)} and "
            f"{len(intercepts)})"
        )
    phi = ACTIVATIONS[activation]
    a = real_numbers("x", x)
    factors, steepest = [], []
    for i, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        weights, offset = real_numbers(f"coefs[{i}]", W), real_numbers(f"intercepts[{i}]", b)
        if weights.shape != (*a.shape, *offset.shape) or weights.ndim != 2:
            raise ValueError(
                f"layer {i} must have weights of shape (fan_in, fan_out) and intercepts of shape "
                f"(fan_out,) with a fan_in of {a.size} (got {weights.shape} and {offset.shape})"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            a = a @ weights + offset
        if not np.isfinite(a).all():
            raise ValueError(f"layer {i} must have finite sums (got {a.tolist()})")
        phi.apply(a)
        slope = np.ones_like(a)
        phi.chain(a.copy(), slope)
        factors.append(slope[:, None] * weights.T)
        steepest.append(phi.steepest * np.linalg.norm(weights, 2))
    product, magnitudes, bounds = np.eye(a.size), [1.0], [1.0]
    for factor, bound in zip(reversed(factors), reversed(steepest), strict=True):
        product = product @ factor
        magnitudes.append(float(np.linalg.norm(product, 2)))
        bounds.append(bounds[-1] * float(bound))
    return LayerGradients(np.array(magnitudes[::-1]), np.array(bounds[::-1]))
