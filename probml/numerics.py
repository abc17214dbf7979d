"""Log-domain primitives and activations.

Everything that turns scores into probabilities passes through one formula,

    log softmax(z)_k = (z_k - m) - log sum_j exp(z_j - m),    m = max_j z_j,

which neither overflows nor loses the small probabilities.  Nor does it lose those next to one:
the sum's excess over one is summed, not the sum.  Logarithms are natural.
The sigmoid family comes from :mod:`scipy.special`, which is exact in both tails.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit as sigmoid
from scipy.special import log_expit as log_sigmoid

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "exponential",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
]

FloatArray = NDArray[np.floating]

_SMALL, _ZERO = -707.0, -746.0
"""Logarithms below which results are next to the smallest number, and zero."""


def _floating(a: ArrayLike) -> FloatArray:
    array = np.asarray(a)
    if not np.issubdtype(array.dtype, np.floating):
        array = array.astype(np.float64)
    return array


def exponential(logs: FloatArray) -> FloatArray:
    """``exp(logs)``, as `np.exp` has it, in half the time where many results are zero.

    NumPy leaves its fast way for every stretch that holds a result next to the smallest number.

    Examples
    --------
    >>> exponential(np.array([0.0, -1e9])).tolist()
    [1.0, 0.0]
    """
    small = logs < _SMALL
    if not small.any():
        whole: FloatArray = np.exp(logs)
        return whole
    out = np.maximum(logs, _SMALL)
    np.exp(out, out=out)
    out *= ~small
    small &= logs > _ZERO
    out[small] = np.exp(logs[small])
    return out


def _log_of_sum(shifted: FloatArray, axis: int) -> FloatArray:
    """``log sum_j exp(z_j)`` where ``max z = 0``, right to its own last digits; `axis` is kept."""
    largest = shifted == 0
    excess = exponential(shifted)
    excess -= largest
    total = np.sum(excess, axis=axis, keepdims=True)
    total += np.count_nonzero(largest, axis=axis, keepdims=True) - 1
    out: FloatArray = np.log1p(total)
    return out


def logsumexp(a: ArrayLike, axis: int = -1) -> FloatArray:
    """Logarithm of a sum of exponentials, ``m + log sum exp(a - m)`` with ``m = max a``.

    Source: catalogue DI-11.

    Parameters
    ----------
    a : array_like
        Logarithms of the summands; ``-inf`` stands for a summand of zero.
    axis : int
        The axis that is summed away.

    Returns
    -------
    ndarray
        ``a`` without ``axis``; ``-inf`` where every summand is zero.

    Examples
    --------
    >>> float(logsumexp([-1000.0, -1000.0]))
    -999.3068528194401
    """
    a = _floating(a)
    m = np.max(a, axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0.0).astype(a.dtype)
    with np.errstate(divide="ignore"):
        out: FloatArray = np.squeeze(m + _log_of_sum(a - m, axis), axis)
    return out


def log_softmax(z: ArrayLike, axis: int = -1) -> FloatArray:
    """Logarithm of the softmax, ``z - logsumexp(z)``, without cancellation.

    The maximum is subtracted before the sum is, so that a row of huge scores keeps
    the digits of their differences (catalogue LR-11, GE-02).  The logarithm of a probability
    next to one keeps its digits, too: -1e-20 is not zero.

    Parameters
    ----------
    z : array_like
        Scores: log-probabilities up to one constant along ``axis``.  ``-inf`` marks an
        impossible outcome.
    axis : int
        The axis of the outcomes.

    Returns
    -------
    ndarray
        Log-probabilities, of the shape of `z`; their exponentials sum to one along `axis`.

    Raises
    ------
    ValueError
        If a score is NaN or ``+inf``, or every score along `axis` is ``-inf``: there is no
        distribution to return.

    Examples
    --------
    >>> np.exp(log_softmax([3.0, 1.0, -3.0])).round(4).tolist()
    [0.8789, 0.1189, 0.0022]
    >>> log_softmax([1e300, 0.0]).tolist()
    [0.0, -1e+300]
    >>> float(log_softmax([50.0, 0.0])[0])
    -1.9287498479639178e-22
    """
    z = _floating(z)
    m = np.max(z, axis=axis, keepdims=True)
    if not np.isfinite(m).all():
        raise ValueError(
            "log_softmax expects scores below +inf with at least one finite score per row "
            f"(got a row whose largest score is {m[~np.isfinite(m)][0]}); "
            "rescale the inputs that produced the scores"
        )
    with np.errstate(over="ignore"):  # a difference beyond the largest float is -inf
        shifted = z - m
    out: FloatArray = shifted - _log_of_sum(shifted, axis)
    return out


def softmax(z: ArrayLike, axis: int = -1) -> FloatArray:
    """Probabilities proportional to ``exp(z)``; see :func:`log_softmax`.

    Examples
    --------
    >>> softmax([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """
    out: FloatArray = np.exp(log_softmax(z, axis=axis))
    return out


def softplus(z: ArrayLike) -> FloatArray:
    """``log(1 + exp(z))``, which is ``-log sigmoid(-z)`` (catalogue LR-02).

    Examples
    --------
    >>> softplus([-1000.0, 0.0, 1000.0]).tolist()
    [0.0, 0.6931471805599453, 1000.0]
    """
    out: FloatArray = np.logaddexp(_floating(z), 0.0)
    return out


def relu(z: ArrayLike) -> FloatArray:
    """Rectifier ``max(z, 0)``, element by element (catalogue LA-13, NN-02).

    Examples
    --------
    >>> relu([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """
    out: FloatArray = np.maximum(_floating(z), 0.0)
    return out


class Activation(NamedTuple):
    """An activation in place, the product with its derivative, and the derivative's bound.

    ``chain(a, delta)`` multiplies `delta` by ``phi'(z)``, read off the value ``a = phi(z)`` whose
    memory it may use up.  ``steepest`` is the maximum of ``|phi'|``.
    """

    apply: Callable[[FloatArray], Any]
    chain: Callable[[FloatArray, FloatArray], Any]
    steepest: float


def _relu_chain(a: FloatArray, delta: FloatArray) -> None:
    # zero at the kink; fifteen times as fast as an assignment to delta[a == 0]
    delta *= a > 0


def _tanh_chain(a: FloatArray, delta: FloatArray) -> None:
    a *= a
    np.subtract(1.0, a, out=a)
    delta *= a


def _sigmoid_chain(a: FloatArray, delta: FloatArray) -> None:
    delta *= a
    np.subtract(1.0, a, out=a)
    delta *= a


ACTIVATIONS = {
    "identity": Activation(lambda z: None, lambda a, delta: None, 1.0),
    "logistic": Activation(lambda z: sigmoid(z, out=z), _sigmoid_chain, 0.25),
    "tanh": Activation(lambda z: np.tanh(z, out=z), _tanh_chain, 1.0),
    "relu": Activation(lambda z: np.maximum(z, 0.0, out=z), _relu_chain, 1.0),
}
"""Hidden activations by scikit-learn's names (catalogue NN-02)."""
