"""Counts: binomial, of successes in n trials; Poisson, its limit for many rare ones.

C(n, k) p**k (1 - p)**(n - k)  ->  lambda**k exp(-lambda) / k!    as n -> inf, n p = lambda
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincc, betaln, entr, gammaln, kl_div, pdtr, xlog1py, xlogy

from probml.distributions._base import (
    Distribution,
    Seed,
    check_no_nan,
    check_parameter,
    mean_of_rows,
    parameter_arrays,
    sample_shape,
    samples,
    whole_numbers,
)
from probml.distributions._categorical import bernoulli_kl, check_probability
from probml.numerics import FloatArray

__all__ = ["Binomial", "Poisson"]

_MOST_TRIALS = 2.0**53  # beyond, float64 skips integers
_LARGE_RATE = 1e3  # from here on the series for the entropy is exact to rounding


class Binomial(Distribution):
    """Number of successes in n independent trials, one distribution per element.

    ``P(k) = C(n, k) p**k (1 - p)**(n - k)`` for k in {0, ..., n} (catalogue DI-13).

    Parameters
    ----------
    n : array_like of int
        Number of trials, at least 1.
    p : array_like
        Probability of success, in [0, 1], of a shape that goes with `n`.

    Raises
    ------
    ValueError
        If `n` is not a positive integer or `p` is outside [0, 1].

    Examples
    --------
    >>> Binomial(2, 0.5).prob([0, 1, 2, 3]).round(12).tolist()
    [0.25, 0.5, 0.25, 0.0]
    >>> Binomial.fit([1, 2, 3], n=4)
    Binomial(n=4., p=0.5)
    """

    _parameters = ("n", "p")

    def __init__(self, n: ArrayLike, p: ArrayLike) -> None:
        self.n, self.p = parameter_arrays(n=n, p=p)
        whole = (self.n >= 1) & (self.n <= _MOST_TRIALS) & (self.n == np.floor(self.n))
        expected = "an integer from 1 to 2**53"
        check_parameter("n", self.n, whole, expected, "pass the number of trials")
        check_probability(self.p)

    @property
    def mean(self) -> FloatArray:
        """``n p``."""
        return self.n * self.p

    @property
    def variance(self) -> FloatArray:
        """``n p (1 - p)``."""
        return self.n * self.p * (1.0 - self.p)

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the mass at `x`, element by element; ``-inf`` outside 0, ..., n.

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        k, inside = whole_numbers(x)
        inside = inside & (k <= self.n)
        k = np.where(inside, k, 0.0)
        failures = self.n - k
        # C(n, k) = 1 / ((n + 1) B(k + 1, n - k + 1)) cancels less than three factorials do.
        coefficient = -np.log1p(self.n) - betaln(k + 1.0, failures + 1.0)
        mass = coefficient + xlogy(k, self.p) + xlog1py(failures, -self.p)
        return np.where(inside, mass, -np.inf)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """``P(X <= x)``, element by element."""
        check_no_nan(x)
        k = np.floor(np.asarray(x, dtype=np.float64))
        successes = np.clip(k, 0, self.n - 1)
        inside = betaincc(successes + 1.0, self.n - successes, self.p)
        return np.where(k < 0, 0.0, np.where(k < self.n, inside, 1.0))

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent samples, (n, ...), by a generator or a seed."""
        shape = sample_shape(n, self.p)
        trials = self.n.astype(np.int64)
        return np.random.default_rng(rng).binomial(trials, self.p, shape).astype(np.float64)

    @classmethod
    def fit(cls, X: ArrayLike, sample_weight: ArrayLike | None = None, *, n: ArrayLike) -> Self:
        """Maximum-likelihood p for a known number of trials: the mean of X, over n.

        Parameters
        ----------
        X : array_like of shape (n_samples, ...)
            Numbers of successes; one distribution is fitted per column.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights.
        n : array_like of int
            Number of trials, one for all or one per column.

        Raises
        ------
        ValueError
            If `X` holds anything but integers from 0 to n, or a weight is negative.
        """
        rows, trials = samples(X), np.asarray(n, dtype=np.float64)
        valid = (rows >= 0) & (rows <= trials) & (rows == np.floor(rows))
        check_parameter("X", rows, valid, "an integer from 0 to n", "pass successes per n trials")
        return cls(trials, mean_of_rows(rows / np.maximum(trials, 1.0), sample_weight))

    def entropy(self) -> FloatArray:
        """``-sum_k P(k) log P(k)`` in nats, summed far into the tails: there is no closed form."""
        return _entropy_of(self)

    def _kl(self, other: Self) -> FloatArray:
        if not np.array_equal(self.n, other.n):
            raise ValueError(
                f"kl expects the same number of trials in both (got {self.n} and {other.n}); "
                "it has no closed form otherwise"
            )
        return self.n * bernoulli_kl(self.p, other.p)


class Poisson(Distribution):
    """Number of rare, independent events, one distribution per element of `rate`.

    ``P(k) = lambda**k exp(-lambda) / k!`` for k in {0, 1, ...} (catalogue DI-13).

    Parameters
    ----------
    rate : array_like
        Mean number lambda of events, positive and finite.

    Raises
    ------
    ValueError
        If a rate is not positive and finite.

    Examples
    --------
    >>> Poisson(2.0).prob([0, 1, 2]).round(6).tolist()
    [0.135335, 0.270671, 0.270671]
    >>> Poisson.fit([[1, 0], [2, 3]])
    Poisson(rate=[1.5, 1.5])
    """

    _parameters = ("rate",)

    def __init__(self, rate: ArrayLike) -> None:
        (self.rate,) = parameter_arrays(rate=rate)
        valid = np.isfinite(self.rate) & (self.rate > 0)
        remedy = "pass the mean number of events; of no event at all there is no estimate"
        check_parameter("rate", self.rate, valid, "positive and finite", remedy)

    @property
    def mean(self) -> FloatArray:
        """``lambda``."""
        return self.rate

    @property
    def variance(self) -> FloatArray:
        """``lambda``, as the mean."""
        return self.rate

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the mass at `x`, element by element; ``-inf`` except at 0, 1, 2, ...

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        k, inside = whole_numbers(x)
        # Both terms overflow together beyond 1e305, where the mass is zero all the same.
        with np.errstate(over="ignore", invalid="ignore"):
            mass = xlogy(k, self.rate) - gammaln(k + 1.0) - self.rate
        return np.where(inside & ~np.isnan(mass), mass, -np.inf)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """``P(X <= x)``, element by element."""
        check_no_nan(x)
        k = np.floor(np.asarray(x, dtype=np.float64))
        return np.where(k < 0, 0.0, pdtr(np.maximum(k, 0), self.rate))

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent samples, (n, ...), by a generator or a seed."""
        shape = sample_shape(n, self.rate)
        return np.random.default_rng(rng).poisson(self.rate, shape).astype(np.float64)

    @classmethod
    def fit(cls, X: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Maximum-likelihood rate: the mean of X.

        Parameters
        ----------
        X : array_like of shape (n_samples, ...)
            Counts; one distribution is fitted per column.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights.

        Raises
        ------
        ValueError
            If `X` holds anything but counts, nothing but zeros, or a weight is negative.
        """
        rows = samples(X)
        valid = (rows >= 0) & (rows == np.floor(rows))
        check_parameter("X", rows, valid, "a count 0, 1, 2, ...", "pass numbers of events")
        return cls(mean_of_rows(rows, sample_weight))

    def entropy(self) -> FloatArray:
        """``-sum_k P(k) log P(k)`` in nats: there is no closed form.

        Summed to far in the tail for rates up to 1000, and by the series
        ``log(2 pi e lambda) / 2 - 1 / (12 lambda) - 1 / (24 lambda**2) - ...`` from there.
        """
        rate = self.rate
        small = Poisson(np.minimum(rate, _LARGE_RATE))
        inverse = 1.0 / np.maximum(rate, _LARGE_RATE)
        series = 0.5 * np.log(2.0 * np.pi * np.e / inverse)
        series -= inverse * (1.0 / 12.0 + inverse * (1.0 / 24.0 + inverse * 19.0 / 360.0))
        return np.where(rate > _LARGE_RATE, series, _entropy_of(small))

    def _kl(self, other: Self) -> FloatArray:
        divergence: FloatArray = kl_div(self.rate, other.rate)
        return divergence


def _entropy_of(counts: Binomial | Poisson) -> FloatArray:
    """Entropy by its definition, over all k that carry mass within rounding."""
    reach = 12.0 * np.sqrt(counts.variance) + 50.0
    first = np.maximum(np.floor(counts.mean - reach), 0.0)
    steps = np.arange(2.0 * np.max(reach, initial=0.0) + 1.0)
    mass = counts.prob(first + steps.reshape(-1, *(1,) * first.ndim))
    out: FloatArray = np.sum(entr(mass), axis=0)
    return out
