"""A fully connected network: forward pass, backward pass, and the penalised loss.

Layer l maps its input ``a`` to ``phi(a W + b)``; the last one has no activation, its outputs
are logits.  With targets t, batch weights w that sum to one, and W0 the sum of the raw weights,

    J(theta) = sum_n w_n C_n + alpha / (2 W0) * sum_l ||W_l||^2        (catalogue NN-21),

where C is the softmax cross-entropy; the cross-entropy of a sigmoid for a single output, and
the sum of theirs where a row has several labels.
Derivatives are written out layer by layer.  With delta = dC/dz (catalogue NN-10 to NN-13):

    delta_L = w (p - t),   dW_l = a_{l-1}' delta_l,   db_l = sum_n delta_l,
    delta_{l-1} = (delta_l W_l') * phi'(z_{l-1}).

All parameters lie in *one* flat vector: weight matrices first, layer by layer, then intercepts.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import DTypeLike, NDArray

from probml._crew import Together, alone, stretches
from probml.classifiers._base import linear_scores
from probml.losses import binary_cross_entropy, l2_penalty, softmax_cross_entropy
from probml.numerics import ACTIVATIONS, Activation, FloatArray

__all__ = [
    "Backpropagation",
    "Parameters",
    "backward",
    "forward",
    "hidden_values",
    "hits",
    "initial_parameters",
    "join",
    "loss_and_gradient",
    "network_scores",
    "output_loss",
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
    shapes = [*pairwise(units), *((n,) for n in units[1:])]
    ends = list(accumulate(map(math.prod, shapes), initial=0))
    if len(theta) != ends[-1]:
        raise ValueError(
            f"theta must hold {ends[-1]} parameters for layers of {tuple(units)} units "
            f"(got {len(theta)}); use join(parameters)"
        )
    parts = [
        theta[start:end].reshape(shape)
        for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
    ]
    return Parameters(parts[: len(units) - 1], parts[len(units) - 1 :])


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


def forward(
    layers: Sequence[FloatArray],
    parameters: Parameters,
    activation: str,
    together: Together = alone,
) -> None:
    """Fill the layers from the input on; the last one with logits (catalogue NN-04, NN-10).

    Parameters
    ----------
    layers : sequence of ndarray, layer l of shape (n_samples, units[l])
        ``layers[0]`` is the input X; the others are **overwritten**.
    parameters : Parameters
        Weights and intercepts.
    activation : str
        Name of the hidden activation.
    together : callable
        What fills the columns of a layer, a stretch at a time.
    """
    last = len(layers) - 1
    for i, (W, b) in enumerate(zip(*parameters, strict=True), start=1):
        phi = ACTIVATIONS["identity" if i == last else activation]
        fill = partial(_fill, layers[i - 1], W, b, phi, layers[i])
        together(fill, stretches(W.shape[1], len(layers[0]) * W.size))


def _fill(
    a: FloatArray, W: FloatArray, b: FloatArray, phi: Activation, out: FloatArray, columns: slice
) -> None:
    """``phi(a W + b)`` in some of the columns."""
    z = out[:, columns]
    np.matmul(a, W[:, columns], out=z)
    z += b[columns]
    phi.apply(z)


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
    a = hidden_values(X, parameters, activation)
    return linear_scores(a, parameters.coefs[-1].T, parameters.intercepts[-1])


def hidden_values(X: FloatArray, parameters: Parameters, activation: str) -> FloatArray:
    """Values of the last hidden layer, without buffers; X where there is none."""
    a = X
    for W, b in zip(parameters.coefs[:-1], parameters.intercepts[:-1], strict=True):
        a = a @ W
        a += b
        ACTIVATIONS[activation].apply(a)
    return a


def backward(
    delta: FloatArray,
    layers: Sequence[FloatArray],
    deltas: Sequence[FloatArray],
    parameters: Parameters,
    gradient: Parameters,
    activation: str,
    together: Together = alone,
    after: Callable[[int, slice], None] = lambda layer, rows: None,
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
    together : callable
        What works on the units of a layer, a stretch at a time.
    after : callable
        Told of a layer, from 0, and some rows of its weights as soon as their derivatives are
        there and the weights are not needed any more; by the thread that made them.
    """
    phi = ACTIVATIONS[activation]
    for i in range(len(layers) - 2, -1, -1):
        W = parameters.coefs[i]
        np.sum(delta, axis=0, out=gradient.intercepts[i])
        before = deltas[i - 1] if i else None
        differentiate = partial(
            _differentiate, layers[i], delta, W, phi, gradient.coefs[i], before, partial(after, i)
        )
        together(differentiate, stretches(len(W), len(delta) * W.size))
        if before is not None:
            delta = before


def _differentiate(
    a: FloatArray,
    delta: FloatArray,
    W: FloatArray,
    phi: Activation,
    dW: FloatArray,
    before: FloatArray | None,
    after: Callable[[slice], None],
    units: slice,
) -> None:
    """``a' delta`` and ``(delta W') * phi'(z)`` for some of the units whose values are `a`."""
    np.matmul(a.T[units], delta, out=dW[units])
    if before is not None:
        np.matmul(delta, W[units].T, out=before[:, units])
        phi.chain(a[:, units], before[:, units])
    after(units)


def hits(Z: FloatArray, y: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows the logits get right: the class, by one column if there are two; or all labels."""
    if y.ndim == 2:
        right: NDArray[np.bool_] = ((Z > 0) == y).all(axis=1)
        return right
    best = Z.argmax(axis=1) if Z.shape[1] > 1 else Z[:, 0] > 0
    return np.equal(best, y)


def output_loss(Z: FloatArray, y: NDArray[np.intp], weight: FloatArray) -> tuple[float, FloatArray]:
    """Loss of logits and its derivative (catalogue NN-12).

    Softmax where `y` has one label per row, or the sigmoid of one column; where it has a column
    of zeros and ones per label, sigmoids, whose losses add up along a row.  The softmax's logits
    are **overwritten** with the derivative.
    """
    if y.ndim == 1 and Z.shape[1] > 1:
        return softmax_cross_entropy(Z, y, weight)
    value, delta = binary_cross_entropy(
        Z.ravel(), y.ravel().astype(Z.dtype), np.repeat(weight, Z.shape[1])
    )
    return value, delta.reshape(Z.shape)


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
    together : callable
        What shares out the pieces of a product.

    Attributes
    ----------
    gradient : ndarray of shape (n_parameters,)
        Of the batch of the last call; overwritten by the next.
    n_weights : int
        How many parameters, the first ones, are weights and not intercepts.
    n_layers : int
        Number of weight matrices.
    accuracy : float
        Weighted share of the rows of the last call that the parameters got right.
    """

    def __init__(
        self,
        theta: FloatArray,
        units: Sequence[int],
        activation: str,
        batch_size: int,
        together: Together = alone,
    ) -> None:
        self.gradient = np.empty_like(theta)
        self._starts = list(accumulate((m * n for m, n in pairwise(units)), initial=0))
        self.n_weights = self._starts[-1]
        self.n_layers = len(units) - 1
        self.accuracy = 0.0
        self._parameters = split(theta, units)
        self._derivatives = split(self.gradient, units)
        self._activation, self._together = activation, together
        self._layers = [np.empty((batch_size, n), theta.dtype) for n in units[1:]]
        self._deltas = [np.empty((batch_size, n), theta.dtype) for n in units[1:-1]]
        self._batch: Any = None

    def __call__(self, X: FloatArray, y: NDArray[np.intp], weight: FloatArray) -> float:
        """Loss of a batch as of :meth:`value`; its derivative is left in `gradient`."""
        value = self.value(X, y, weight)
        self.differentiate()
        return value

    def value(self, X: FloatArray, y: NDArray[np.intp], weight: FloatArray) -> float:
        """Weighted loss of a batch, without a penalty.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            The batch, of the type of theta.
        y : ndarray of int, shape (n_rows,) or (n_rows, n_outputs)
            Index of the true class; or zeros and ones, one column per label.
        weight : ndarray of float64, shape (n_rows,)
            Weights that sum to one.
        """
        layers = [X, *(a[: len(X)] for a in self._layers)]
        forward(layers, self._parameters, self._activation, self._together)
        self.accuracy = float(np.dot(hits(layers[-1], y), weight))
        value, delta = output_loss(layers[-1], y, weight)
        self._batch = delta, layers
        return value

    def differentiate(self, after: Callable[[slice], None] = lambda stretch: None) -> None:
        """Leave the derivative of the last value in `gradient`; once for each value.

        Parameters
        ----------
        after : callable
            Told of each stretch of theta, of weights or of intercepts, as soon as it may be
            changed and its derivatives are there; by the thread that made them.
        """
        delta, layers = self._batch

        def after_rows(layer: int, rows: slice) -> None:
            start, fan_out = self._starts[layer], self._parameters.coefs[layer].shape[1]
            after(slice(start + rows.start * fan_out, start + rows.stop * fan_out))

        backward(
            delta,
            layers,
            [d[: len(delta)] for d in self._deltas],
            self._parameters,
            self._derivatives,
            self._activation,
            self._together,
            after_rows,
        )
        after(slice(self.n_weights, len(self.gradient)))


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
    y : ndarray of int, shape (n_samples,) or (n_samples, n_outputs)
        Index of the true class; or zeros and ones, one column per label.
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
    value = loss(X, y, weight / total)
    penalty, slope = l2_penalty(theta[: loss.n_weights], alpha / total)
    loss.gradient[: loss.n_weights] += slope
    return value + penalty, loss.gradient
