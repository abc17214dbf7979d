"""Bayes' rule and the Bayes decision rule for arrays of probabilities.

    P(C_k | x) = P(x | C_k) P(C_k) / sum_j P(x | C_j) P(C_j)

is computed relative to the largest likelihood, which cancels: only ratios of likelihoods count,
and densities far below the smallest float need nothing but their logarithms.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml.numerics import log_softmax, logsumexp
from probml.probability._weights import SUM_TOLERANCE, Number, check_probs

__all__ = ["BayesDecision", "bayes", "bayes_decision"]

FloatArray = NDArray[np.floating]


def bayes(prior: ArrayLike, likelihood: ArrayLike, log: bool = False) -> FloatArray:
    """Posterior ``P(C_k | x) = P(x | C_k) P(C_k) / sum_j P(x | C_j) P(C_j)``.

    Multiplying the likelihoods of an x by a constant changes nothing.  Evidence that is
    conditionally independent given the class may come in turn, the posterior being the next
    prior.

    Source: catalogue PR-11; notes on Hung-yi Lee's lectures.

    Parameters
    ----------
    prior : array_like of shape (K,) or (..., K)
        Probabilities of the K classes, which sum to 1 along the last axis.
    likelihood : array_like of shape (..., K)
        ``P(x | C_k)`` or density, the classes along the last axis; no sum is prescribed.
    log : bool
        Whether prior, likelihood and posterior are natural logarithms.

    Returns
    -------
    ndarray of shape (..., K)
        Posterior, or its logarithm; sums to 1 along the last axis.

    Raises
    ------
    ValueError
        If the shapes do not conform, the prior is not a distribution, a likelihood is negative,
        NaN or infinite, or an x is impossible under every class that the prior allows.

    Examples
    --------
    A disease of one in a hundred, a test of sensitivity 0.95 and false positive rate 0.05:

    >>> bayes([0.01, 0.99], [0.95, 0.05]).round(10).tolist()
    [0.1610169492, 0.8389830508]
    >>> np.exp(bayes(np.log([0.5, 0.5]), [-1000.0, -1001.0], log=True)).round(4).tolist()
    [0.7311, 0.2689]
    """
    prior, likelihood = np.asarray(prior, np.float64), np.asarray(likelihood, np.float64)
    _check_shapes(prior, likelihood)
    _check_bayes(prior, likelihood, log)
    impossible = -np.inf if log else 0.0
    possible = np.where(prior > impossible, likelihood, impossible)
    largest = possible.max(axis=-1, keepdims=True)
    if (largest == impossible).any():
        raise ValueError(
            "evidence must be possible under a class of positive prior (got likelihoods that are "
            "zero under all of them); pass log-likelihoods with log=True if they underflowed"
        )
    if log:
        return log_softmax(prior + (possible - largest))
    joint = prior * (possible / largest)
    posterior: FloatArray = joint / joint.sum(axis=-1, keepdims=True)
    return posterior


def _check_shapes(prior: FloatArray, likelihood: FloatArray) -> None:
    shapes = prior.shape, likelihood.shape
    try:
        conform = prior.shape[-1] == likelihood.shape[-1] > 0 and np.broadcast_shapes(*shapes)
    except (IndexError, ValueError):
        conform = False
    if not conform:
        raise ValueError(
            "bayes expects a prior of shape (K,) and likelihoods of shape (..., K) "
            f"(got {shapes[0]} and {shapes[1]}); put the classes on the last axis"
        )


def _check_bayes(prior: FloatArray, likelihood: FloatArray, log: bool) -> None:
    for name, values in (("prior", prior), ("likelihood", likelihood)):
        valid = values < np.inf if log else np.isfinite(values) & (values >= 0)
        if not valid.all():
            expected = "below +inf and not NaN" if log else "non-negative and finite"
            raise ValueError(
                f"{name} must be {expected} (got {values[~valid][0]}); "
                "pass logarithms with log=True, and only then"
            )
    total = np.exp(logsumexp(prior)) if log else prior.sum(axis=-1)
    if (np.abs(total - 1.0) > SUM_TOLERANCE).any():
        off = total.flat[np.argmax(np.abs(total - 1.0))]
        raise ValueError(f"prior must sum to 1 (got {off:.12g}); divide it by its sum")


class BayesDecision(NamedTuple):
    """What :func:`bayes_decision` returns.

    Attributes
    ----------
    rule : ndarray of int, shape (V,)
        The class to choose for each value of x.
    error : Fraction or float
        Probability of choosing another class than the true one.
    """

    rule: NDArray[np.intp]
    error: Number


def bayes_decision(joint: ArrayLike) -> BayesDecision:
    """The rule of smallest error, ``k(x) = argmax_k P(C_k | x) = argmax_k P(C_k, x)``.

    ``P(error) = 1 - sum_x max_k P(C_k, x)``; with two classes the rule is the threshold
    ``P(C_1 | x) > 1/2``.  Ties go to the first class.

    Source: catalogue PR-15; notes on Hung-yi Lee's lectures.

    Parameters
    ----------
    joint : array_like of shape (K, V)
        ``P(C_k, x)``: a row per class, a column per value of x; exact for Fractions.

    Raises
    ------
    ValueError
        If the table is not two-dimensional, or its entries are no probabilities.

    Examples
    --------
    >>> rule, error = bayes_decision([[0.30, 0.05, 0.10], [0.10, 0.20, 0.25]])
    >>> rule.tolist(), round(error, 10)
    ([0, 1, 1], 0.25)
    """
    table = np.asarray(joint)
    if table.ndim != 2:
        raise ValueError(
            "bayes_decision expects a table with a row per class and a column per value of x "
            f"(got shape {table.shape}); multiply likelihoods by priors to get it"
        )
    weights = check_probs(table.ravel())
    masses = weights.masses.reshape(table.shape)
    rule = np.argmax(masses, axis=0)
    lost = np.arange(len(masses))[:, None] != rule
    # The sum of what is lost, where 1 minus what is won would cancel.
    return BayesDecision(rule, weights.ratio(weights.mass(lost.ravel()), weights.total))
