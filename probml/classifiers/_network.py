"""A fully connected network: forward pass, backward pass, and the penalised loss.

Layer l maps its input ``a`` to ``phi(a W + b)``; the last one has no activation, its outputs
are logits.  With targets t, batch weights w that sum to one, and W0 the sum of the raw weights,

    J(theta) = sum_n w_n C_n + alpha / (2 W0) * sum_l ||W_l||^2        (catalogue NN-21),

where C is the softmax cross-entropy, or for a single output the cross-entropy of a sigmoid.
Derivatives are written out layer by layer.  With delta = dC/dz (catalogue NN-10 to NN-13):

    delta_L = w (p - t),   dW_l = a_{l-1}' delta_l,   db_l = sum_n delta_l,
    delta_{l-1} = (delta_l W_l') * phi'(z_{l-1}).

All parameters lie in *one* flat vector: weight matrices first, layer by layer, then intercepts.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import DTypeLike, NDArray

from probml.classifiers._base import linear_scores
from probml.losses import binary_cross_entropy, l2_penalty, softmax_cross_entropy
from probml.numerics import ACTIVATIONS, FloatArray

__all__ = [
    "Backpropagation",
    "Parameters",
    "backward",
    "forward",
    "initial_parameters",
    "join",
    "loss_and_gradient",
    "network_scores",
    "split",
]


class Parameters(NamedTuple):
    """Weight matrices of shape (fan_in, fan_out), and intercepts of shape (fan_out,), by layer."""

    coefs: list[FloatArray]
    intercepts: list[FloatArray]


def split(theta: FloatArray, units: Sequence[int]) -> Parameters:
    """Views of one flat vector as the parameters of a network.

    Parameters
    ----------
    theta : ndarray of shape (n_parameters,)
        All weights, layer by layer, then all intercepts.
    units : sequence of int
        Widths ``(n_features, h_1, ..., n_outputs)``.

    Raises
    ------
    ValueError
        If `theta` has not the length that `units` ask for.

    Examples
    --------
    >>> split(np.arange(9.0), (2, 2, 1)).intercepts
    [array([6., 7.]), array([8.])]
    """
    sizes = [m * n for m, n in pairwise(units)] + list(units[1:])
    ends = np.cumsum(sizes)
    if len(theta) != ends[-1]:
        raise ValueError(
            f"theta must hold {ends[-1]} parameters for layers of {tuple(units)} units "
            f"(got {len(theta)}); use join(parameters)"
        )
    parts = np.split(theta, ends[:-1])
    n = len(units) - 1
    coefs = [part.reshape(shape) for part, shape in zip(parts, pairwise(units), strict=False)]
    return Parameters(coefs, parts[n:])


def join(parameters: Parameters) -> FloatArray:
    """Copy of all parameters as one flat vector, the inverse of :func:`split`."""
    vector: FloatArray = np.concatenate([p.ravel() for p in chain(*parameters)])
    return vector


def initial_parameters(
    units: Sequence[int], activation: str, random: RandomState, dtype: DTypeLike
) -> FloatArray:
    """Random start: weights and intercepts uniform on ``[-r, r]`` with ``r**2 = 6 / (in + out)``.

    For the logistic activation ``r**2 = 2 / (in + out)``.  Law and order of the draws (layer by
    layer, weights before intercepts) are scikit-learn's, hence equal seeds start equal.
    Source: catalogue NN-18; Glorot and Bengio, "Understanding the difficulty of training deep
    feedforward neural networks".

    Returns
    -------
    ndarray of shape (n_parameters,)
        The flat vector, of type `dtype`.
    """
    factor = 2.0 if activation == "logistic" else 6.0
    start = Parameters([], [])
    for fan_in, fan_out in pairwise(units):
        r = np.sqrt(factor / (fan_in + fan_out))
        start.coefs.append(random.uniform(-r, r, (fan_in, fan_out)))
        start.intercepts.append(random.uniform(-r, r, fan_out))
    return join(start).astype(dtype)


def forward(layers: Sequence[FloatArray], parameters: Parameters, activation: str) -> None:
    """Fill the layers from the input on; the last one with logits (catalogue NN-04, NN-10).

    Parameters
    ----------
    layers : sequence of ndarray, layer l of shape (n_samples, units[l])
        ``layers[0]`` is the input X; the others are **overwritten**.
    parameters : Parameters
        Weights and intercepts.
    activation : str
        Name of the hidden activation.
    """
    last = len(layers) - 1
    for i, (W, b) in enumerate(zip(*parameters, strict=True), start=1):
        np.matmul(layers[i - 1], W, out=layers[i])
        layers[i] += b
        if i < last:
            ACTIVATIONS[activation].apply(layers[i])


def network_scores(X: FloatArray, parameters: Parameters, activation: str) -> FloatArray:
    """Scores of the classes, without buffers: two columns for a single output, its log-odds.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows; wider than the parameters' type, it decides in which type is worked.
    parameters : Parameters
        Weights and intercepts.
    activation : str
        Name of the hidden activation.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Log-probabilities up to a constant per row.
    """
    a = X
    for W, b in zip(parameters.coefs[:-1], parameters.intercepts[:-1], strict=True):
        a = a @ W
        a += b
        ACTIVATIONS[activation].apply(a)
    return linear_scores(a, parameters.coefs[-1].T, parameters.intercepts[-1])


def backward(
    delta: FloatArray,
    layers: Sequence[FloatArray],
    deltas: Sequence[FloatArray],
    parameters: Parameters,
    gradient: Parameters,
    activation: str,
) -> None:
    """Propagate ``dC/dz`` of the output back to every parameter (catalogue NN-11 to NN-13).

    The derivative with respect to the input X is not computed: nobody asks for it, and on images
    it would be a third of the work.

    Parameters
    ----------
    delta : ndarray of shape (n_samples, n_outputs)
        ``dC/dz`` of the output layer, already weighted.
    layers : sequence of ndarray
        Values from :func:`forward`; the hidden ones are **used up**.
    deltas : sequence of ndarray, one per hidden layer
        **Overwritten** with ``dC/dz`` of the hidden layers.
    parameters : Parameters
        Weights and intercepts.
    gradient : Parameters
        **Overwritten** with the derivatives, summed over the rows.
    activation : str
        Name of the hidden activation.
    """
    for i in range(len(layers) - 1, 0, -1):
        np.matmul(layers[i - 1].T, delta, out=gradient.coefs[i - 1])
        np.sum(delta, axis=0, out=gradient.intercepts[i - 1])
        if i > 1:
            delta = np.matmul(delta, parameters.coefs[i - 1].T, out=deltas[i - 2])
            ACTIVATIONS[activation].chain(layers[i - 1], delta)


def _output_loss(
    Z: FloatArray, y: NDArray[np.intp], weight: FloatArray
) -> tuple[float, FloatArray]:
    """Loss of logits and its derivative: softmax, or the sigmoid of one column (NN-12)."""
    if Z.shape[1] > 1:
        return softmax_cross_entropy(Z, y, weight)
    value, delta = binary_cross_entropy(Z[:, 0], y.astype(Z.dtype), weight)
    return value, delta[:, None]


class Backpropagation:
    """Loss and gradient on batches, in memory that is allocated once.

    Parameters
    ----------
    theta : ndarray of shape (n_parameters,)
        Looked at, not copied: what is written to it later is what the next call sees.
    units : sequence of int
        Widths ``(n_features, h_1, ..., n_outputs)``; one output means two classes.
    activation : str
        Name of the hidden activation.
    batch_size : int
        Largest number of rows of a batch.

    Attributes
    ----------
    gradient : ndarray of shape (n_parameters,)
        Of the batch of the last call; overwritten by the next.
    """

    def __init__(
        self, theta: FloatArray, units: Sequence[int], activation: str, batch_size: int
    ) -> None:
        self.gradient = np.empty_like(theta)
        self._parameters = split(theta, units)
        self._derivatives = split(self.gradient, units)
        self._activation = activation
        self._layers = [np.empty((batch_size, n), theta.dtype) for n in units[1:]]
        self._deltas = [np.empty((batch_size, n), theta.dtype) for n in units[1:-1]]
        n_weights = sum(W.size for W in self._parameters.coefs)
        self._weights, self._slope = theta[:n_weights], self.gradient[:n_weights]

    def __call__(
        self, X: FloatArray, y: NDArray[np.intp], weight: FloatArray, strength: float
    ) -> float:
        """Value of J on a batch; the derivative is left in `gradient`.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            The batch, of the type of theta.
        y : ndarray of int, shape (n_rows,)
            Index of the true class.
        weight : ndarray of float64, shape (n_rows,)
            Weights that sum to one.
        strength : float
            Factor of the penalty ``strength / 2 * sum ||W||^2``.
        """
        rows = slice(len(X))
        layers = [X, *(a[rows] for a in self._layers)]
        deltas = [d[rows] for d in self._deltas]
        forward(layers, self._parameters, self._activation)
        value, delta = _output_loss(layers[-1], y, weight)
        backward(delta, layers, deltas, self._parameters, self._derivatives, self._activation)
        penalty, slope = l2_penalty(self._weights, strength)
        self._slope += slope
        return value + penalty


def loss_and_gradient(
    theta: FloatArray,
    units: Sequence[int],
    X: FloatArray,
    y: NDArray[np.intp],
    weight: FloatArray,
    alpha: float,
    activation: str,
) -> tuple[float, FloatArray]:
    """Penalised loss of a network and its gradient, the formulas at the top of this module.

    Source: catalogue NN-10 to NN-14, NN-21.

    Parameters
    ----------
    theta : ndarray of shape (n_parameters,)
        All weights, layer by layer, then all intercepts; see :func:`join`.
    units : sequence of int
        Widths ``(n_features, h_1, ..., n_outputs)``; one output means two classes.
    X : ndarray of shape (n_samples, n_features)
        Inputs, of the type of `theta`.
    y : ndarray of int, shape (n_samples,)
        Index of the true class.
    weight : ndarray of shape (n_samples,)
        Raw weights; the loss is their weighted mean, the penalty is divided by their sum.
    alpha : float
        Strength of the penalty; intercepts are free.
    activation : str
        Name of the hidden activation.

    Returns
    -------
    value : float
        ``J(theta)``.
    gradient : ndarray of shape (n_parameters,)
        ``dJ/dtheta``.

    Examples
    --------
    With all parameters zero both classes get one half, at a loss of log 2:

    >>> X, y = np.array([[1.0, -1.0]]), np.array([1])
    >>> value, slope = loss_and_gradient(np.zeros(9), (2, 2, 1), X, y, np.ones(1), 0.0, "tanh")
    >>> round(value, 6), slope[-1].item()
    (0.693147, -0.5)
    """
    total = float(weight.sum())
    loss = Backpropagation(theta, units, activation, len(X))
    value = loss(X, y, weight / total, alpha / total)
    return value, loss.gradient
