"""One trial: Bernoulli with two outcomes, categorical with K.

Their maximum-likelihood estimate is the frequency, and with `alpha` pseudo-counts per outcome

    p_k = (N_k + alpha) / (N + alpha K)    (catalogue DI-09).
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, kl_div, xlog1py, xlogy

from probml._validation import check_number, check_sample_weight
from probml.distributions._base import (
    Distribution,
    Seed,
    check_no_nan,
    check_parameter,
    mean_of_rows,
    parameter_arrays,
    read_only,
    sample_shape,
    samples,
    whole_numbers,
)
from probml.numerics import FloatArray

__all__ = ["Bernoulli", "Categorical"]

_SUM_TOLERANCE = 1e-6  # catalogue DT-11


class Bernoulli(Distribution):
    """Outcome 1 with probability p and 0 otherwise, one distribution per element of `p`.

    ``P(x) = p**x (1 - p)**(1 - x)`` for x in {0, 1} (catalogue DI-09).

    Parameters
    ----------
    p : array_like
        Probability of the outcome 1, in [0, 1].

    Raises
    ------
    ValueError
        If a probability is outside [0, 1] or NaN.

    Examples
    --------
    >>> Bernoulli(0.25).prob([0, 1, 2]).tolist()
    [0.75, 0.25, 0.0]
    >>> Bernoulli.fit([0, 1, 1, 1], alpha=1)
    Bernoulli(p=0.66666667)
    """

    _parameters = ("p",)

    def __init__(self, p: ArrayLike) -> None:
        (self.p,) = parameter_arrays(p=p)
        check_probability(self.p)

    @property
    def mean(self) -> FloatArray:
        """``p``."""
        return self.p

    @property
    def variance(self) -> FloatArray:
        """``p (1 - p)``."""
        return self.p * (1.0 - self.p)

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the mass at `x`, element by element; ``-inf`` except at 0 and 1.

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        k, inside = whole_numbers(x)
        inside = inside & (k <= 1)
        k = np.minimum(k, 1.0)
        mass = xlogy(k, self.p) + xlog1py(1.0 - k, -self.p)
        return np.where(inside, mass, -np.inf)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """``P(X <= x)``, element by element."""
        check_no_nan(x)
        return np.where(np.less(x, 0), 0.0, np.where(np.less(x, 1), 1.0 - self.p, 1.0))

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent samples, (n, ...), by a generator or a seed."""
        uniform = np.random.default_rng(rng).random(sample_shape(n, self.p))
        return np.less(uniform, self.p).astype(np.float64)

    @classmethod
    def fit(
        cls, X: ArrayLike, sample_weight: ArrayLike | None = None, *, alpha: float = 0.0
    ) -> Self:
        """Frequency of 1, with `alpha` pseudo-counts of either outcome.

        Parameters
        ----------
        X : array_like of shape (n_samples, ...)
            Zeros and ones; one distribution is fitted per column.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights.
        alpha : float
            Pseudo-count; 0 is maximum likelihood, 1 is Laplace's rule.

        Raises
        ------
        ValueError
            If `X` holds anything but 0 and 1, or a weight or `alpha` is negative.
        """
        check_number("alpha", alpha, 0, open_high=True)
        rows = samples(X)
        check_parameter("X", rows, (rows == 0) | (rows == 1), "0 or 1", "binarise it first")
        weight = check_sample_weight(sample_weight, len(rows))
        total = float(len(rows) if weight is None else weight.sum())
        return cls((total * mean_of_rows(rows, weight) + alpha) / (total + 2.0 * alpha))

    def entropy(self) -> FloatArray:
        """``-p log p - (1 - p) log(1 - p)``, in nats."""
        out: FloatArray = entr(self.p) - xlog1py(1.0 - self.p, -self.p)
        return out

    def _kl(self, other: Self) -> FloatArray:
        return bernoulli_kl(self.p, other.p)


class Categorical(Distribution):
    """Outcome k of 0, ..., K - 1 with probability ``p_k`` (catalogue DI-09).

    All methods speak of the outcome as a number: `mean` is ``sum_k k p_k``, which says something
    where the outcomes are quantities, as of a die.  The mean of the one-hot vector is `p`.

    Parameters
    ----------
    p : array_like of shape (K,)
        Probabilities, which sum to 1 (to within 1e-6) and are kept as they are.

    Raises
    ------
    ValueError
        If `p` is not a vector, an entry is outside [0, 1], or they do not sum to 1.

    Examples
    --------
    >>> coin = Categorical([0.5, 0.5])
    >>> round(float(coin.entropy()), 10), coin.prob([0, 2]).tolist()
    (0.6931471806, [0.5, 0.0])
    >>> Categorical.fit([0, 0, 2], alpha=1)
    Categorical(p=[0.5       , 0.16666667, 0.33333333])
    """

    _parameters = ("p",)

    def __init__(self, p: ArrayLike) -> None:
        self.p = read_only(p)
        if self.p.ndim != 1 or not self.p.size:
            raise ValueError(
                f"p must be a vector of one probability per outcome (got shape {self.p.shape}); "
                "make one Categorical per row of a table"
            )
        check_probability(self.p)
        total = float(self.p.sum())
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise ValueError(f"p must sum to 1 (got {total:.6g}); pass counts / counts.sum()")

    @property
    def mean(self) -> FloatArray:
        """``sum_k k p_k``."""
        return np.asarray(self.p @ np.arange(self.p.size))

    @property
    def variance(self) -> FloatArray:
        """``sum_k (k - mean)**2 p_k``."""
        return np.asarray(self.p @ np.square(np.arange(self.p.size) - self.mean))

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the mass of the outcomes `x`, integers of any shape; ``-inf`` elsewhere.

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        k, inside = whole_numbers(x)
        inside = inside & (k < self.p.size)
        with np.errstate(divide="ignore"):
            log_p = np.log(self.p)
        return np.where(inside, log_p[np.where(inside, k, 0).astype(np.intp)], -np.inf)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """``P(X <= x)``, element by element."""
        check_no_nan(x)
        # The last step is exactly one, whatever the rounding of the sum.
        steps = np.concatenate([[0.0], np.minimum(np.cumsum(self.p)[:-1], 1.0), [1.0]])
        k = np.clip(np.floor(np.asarray(x, dtype=np.float64)), -1, self.p.size - 1)
        out: FloatArray = steps[k.astype(np.intp) + 1]
        return out

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent outcomes, (n,), by a generator or a seed."""
        shape = sample_shape(n, np.empty(()))
        steps = np.cumsum(self.p)
        uniform = np.random.default_rng(rng).random(shape) * steps[-1]
        outcomes: FloatArray = np.searchsorted(steps, uniform, side="right").astype(np.float64)
        return outcomes

    @classmethod
    def fit(
        cls,
        X: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        alpha: float = 0.0,
        n_outcomes: int | None = None,
    ) -> Self:
        """Frequencies ``N_k / N`` (catalogue DI-08), with `alpha` pseudo-counts per outcome.

        Parameters
        ----------
        X : array_like of shape (n_samples,)
            Outcomes, integers from 0 to K - 1.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights.
        alpha : float
            Pseudo-count; 0 is maximum likelihood, 1 is Laplace's rule.
        n_outcomes : int or None
            K; one more than the largest outcome if None.

        Raises
        ------
        ValueError
            If `X` is not a vector of such integers, or a weight or `alpha` is negative.
        """
        check_number("alpha", alpha, 0, open_high=True)
        rows = samples(X)
        if rows.ndim != 1:
            raise ValueError(f"X must be a vector of outcomes (got shape {rows.shape}); ravel it")
        K = max(int(rows.max()) + 1, 1) if n_outcomes is None else n_outcomes
        check_number("n_outcomes", K, 1, integer=True)
        valid = (rows >= 0) & (rows == np.floor(rows)) & (rows < K)
        check_parameter("X", rows, valid, f"an integer from 0 to {K - 1}", "encode the labels")
        weight = check_sample_weight(sample_weight, len(rows))
        counts = np.bincount(rows.astype(np.intp), weight, K)
        return cls((counts + alpha) / (counts.sum() + alpha * K))

    def entropy(self) -> FloatArray:
        """``-sum_k p_k log p_k``, in nats, with ``0 log 0 = 0`` (catalogue DI-10)."""
        return np.asarray(entr(self.p).sum())

    def _kl(self, other: Self) -> FloatArray:
        if self.p.size != other.p.size:
            raise ValueError(
                f"kl expects as many outcomes in both (got {self.p.size} and {other.p.size}); "
                "give the missing outcomes probability zero"
            )
        return np.asarray(kl_div(self.p, other.p).sum())


def check_probability(p: FloatArray) -> None:
    """Raise :class:`ValueError` unless all of `p` are in [0, 1]."""
    check_parameter(
        "p", p, (p >= 0) & (p <= 1), "a probability in [0, 1]", "pass counts / counts.sum()"
    )


def bernoulli_kl(p: FloatArray, q: FloatArray) -> FloatArray:
    """``p log(p / q) + (1 - p) log((1 - p) / (1 - q))``, as a sum of non-negative terms."""
    out: FloatArray = kl_div(p, q) + kl_div(1.0 - p, 1.0 - q)
    return out
