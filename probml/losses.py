"""Objectives as (value, gradient): cross-entropies of logits, errors, and penalties.

A loss takes *logits* Z and returns its value with dC/dZ; a model adds the chain rule for its
own parameters.  With softmax or sigmoid outputs the gradient is the same short formula,

    dC/dZ = weight * (p - t)        (catalogue LR-06, NN-12),

the reason why the two are paired.  Values and gradients are *sums over rows weighted by
`weight`*: with weights that sum to one they are means.  Logarithms are natural.
"""

import numpy as np
from numpy.typing import NDArray

from probml.numerics import FloatArray, sigmoid

__all__ = [
    "absolute_error",
    "binary_cross_entropy",
    "l1_penalty",
    "l2_penalty",
    "softmax_cross_entropy",
    "squared_error",
]


def softmax_cross_entropy(
    Z: FloatArray, y: NDArray[np.intp], weight: FloatArray
) -> tuple[float, FloatArray]:
    """Cross-entropy of softmax outputs with one-hot targets: ``sum_n w_n (lse(z_n) - z_{n,y_n})``.

    Source: catalogue LR-11, NN-08, NN-12.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_classes)
        Logits; **overwritten** with the gradient.
    y : ndarray of int, shape (n_samples,)
        Index of the true class of each row.
    weight : ndarray of shape (n_samples,)
        Weight of each row; ``1 / n_samples`` for the mean.

    Returns
    -------
    value : float
        The weighted sum of the losses, accumulated in float64.
    gradient : ndarray of shape (n_samples, n_classes)
        ``w_n (p_nk - t_nk)``, in the memory of `Z`.

    Examples
    --------
    >>> value, gradient = softmax_cross_entropy(np.zeros((1, 2)), np.array([0]), np.ones(1))
    >>> round(value, 6), gradient.tolist()
    (0.693147, [[-0.5, 0.5]])
    """
    rows = np.arange(len(Z))
    Z -= Z.max(axis=1, keepdims=True)
    z_true = Z[rows, y]
    np.exp(Z, out=Z)
    total = Z[rows, y]
    # p - 1 is what the others have, which keeps its digits where p is nearly 1
    Z[rows, y] = 0.0
    others = Z.sum(axis=1)
    total += others
    loss = np.log(total) - z_true
    value = float(np.dot(loss.astype(np.float64), weight))
    share = (weight / total).astype(Z.dtype)
    Z *= share[:, None]
    Z[rows, y] = -share * others
    return value, Z


def binary_cross_entropy(
    z: FloatArray, t: FloatArray, weight: FloatArray
) -> tuple[float, FloatArray]:
    """Cross-entropy of sigmoid outputs: ``sum_n w_n (softplus(z_n) - t_n z_n)``.

    Source: catalogue LR-04, LR-06.

    Parameters
    ----------
    z : ndarray of shape (n_samples,)
        Logits, the log-odds of class 1.
    t : ndarray of shape (n_samples,)
        Targets in {0, 1}.
    weight : ndarray of shape (n_samples,)
        Weight of each row; ``1 / n_samples`` for the mean.

    Returns
    -------
    value : float
        The weighted sum of the losses, accumulated in float64.
    gradient : ndarray of shape (n_samples,)
        ``w_n (sigmoid(z_n) - t_n)``.

    Examples
    --------
    >>> t = np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(binary_cross_entropy(np.zeros(4), t, np.ones(4))[0], 10)
    2.7725887222
    """
    # sigmoid(z) - 1 is -sigmoid(-z), which keeps its digits where both are nearly right
    sign = (1.0 - 2.0 * t).astype(z.dtype)
    loss = np.logaddexp(sign * z, 0.0)
    gradient: FloatArray = sign * sigmoid(sign * z) * weight.astype(z.dtype)
    return float(np.dot(loss.astype(np.float64), weight)), gradient


def squared_error(z: FloatArray, t: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """``sum_n w_n (z_n - t_n)^2`` and its gradient ``2 w_n (z_n - t_n)``; there is no half.

    Source: catalogue OP-13, OP-15.  It is zero for a perfect prediction and nowhere else; as a
    loss of class labels it would depend on their numbering.

    Examples
    --------
    >>> value, gradient = squared_error(np.array([6.0]), np.array([8.0]), np.ones(1))
    >>> value, gradient.tolist()
    (4.0, [-4.0])
    """
    missed = z - t
    gradient: FloatArray = 2.0 * weight * missed
    return float(np.dot(missed * missed, weight)), gradient


def absolute_error(z: FloatArray, t: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """``sum_n w_n |z_n - t_n|`` and the gradient ``w_n sign(z_n - t_n)``, zero at the kink.

    Source: catalogue OP-15.

    Examples
    --------
    >>> value, gradient = absolute_error(np.array([6.0]), np.array([8.0]), np.ones(1))
    >>> value, gradient.tolist()
    (2.0, [-1.0])
    """
    missed = z - t
    gradient: FloatArray = weight * np.sign(missed)
    return float(np.dot(np.abs(missed), weight)), gradient


def l1_penalty(W: FloatArray, strength: float) -> tuple[float, FloatArray]:
    """``strength * sum |W|`` and the gradient ``strength * sign(W)``, zero at the kink.

    Descending that gradient never arrives at zero: :class:`probml.optimize.ProximalGradient`
    does.  Source: catalogue OP-14.

    Examples
    --------
    >>> value, gradient = l1_penalty(np.array([3.0, 0.0, -4.0]), 2.0)
    >>> value, gradient.tolist()
    (14.0, [2.0, 0.0, -2.0])
    """
    gradient: FloatArray = strength * np.sign(W)
    return strength * float(np.abs(W).sum()), gradient


def l2_penalty(W: FloatArray, strength: float) -> tuple[float, FloatArray]:
    """``strength / 2 * sum W**2`` and its gradient ``strength * W`` (catalogue LR-09, NN-17).

    Intercepts are never penalised: do not pass them.

    Examples
    --------
    >>> value, gradient = l2_penalty(np.array([3.0, 4.0]), 2.0)
    >>> value, gradient.tolist()
    (25.0, [6.0, 8.0])
    """
    flat = W.ravel()
    return 0.5 * strength * float(np.dot(flat, flat)), strength * W
