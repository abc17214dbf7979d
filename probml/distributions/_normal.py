"""The normal distribution of one variable, element by element."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import kl_div, ndtr

from probml._validation import check_sample_weight
from probml.distributions._base import (
    Distribution,
    Seed,
    check_no_nan,
    check_parameter,
    parameter_arrays,
    sample_shape,
    samples,
)
from probml.distributions._statistics import GaussianStatistics
from probml.numerics import FloatArray

__all__ = ["Normal"]

_LOG_2PI = float(np.log(2.0 * np.pi))


class Normal(Distribution):
    """Normal distributions of single variables, one per element of `mean` and `variance`.

    ``log f(x) = -(log(2 pi v) + (x - mu)**2 / v) / 2`` (catalogue DI-02).

    Parameters
    ----------
    mean : array_like
        Mean mu.
    variance : array_like
        Variance v (not the standard deviation), of a shape that goes with `mean`.

    Raises
    ------
    ValueError
        If a mean is not finite, or a variance is not positive and finite.

    Examples
    --------
    >>> Normal(0.0, 1.0).prob([0.0, 1.0]).round(10).tolist()
    [0.3989422804, 0.2419707245]
    >>> Normal.fit([1.0, 2.0, 3.0, 4.0])
    Normal(mean=2.5, variance=1.25)
    """

    _parameters = ("mean", "variance")

    def __init__(self, mean: ArrayLike, variance: ArrayLike) -> None:
        self.mean, self.variance = parameter_arrays(mean=mean, variance=variance)
        check_parameter(
            "mean", self.mean, np.isfinite(self.mean), "finite", "check the data it came from"
        )
        positive = np.isfinite(self.variance) & (self.variance > 0)
        remedy = "a constant variable has no density"
        check_parameter("variance", self.variance, positive, "positive and finite", remedy)

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the density at `x`, element by element; ``-inf`` at infinity.

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        with np.errstate(over="ignore", under="ignore"):
            out: FloatArray = np.asarray(np.subtract(x, self.mean))
            out /= np.sqrt(self.variance) * np.sqrt(2.0)
            out *= out
        out = np.subtract(-0.5 * (_LOG_2PI + np.log(self.variance)), out, out=out)
        if np.isnan(np.min(out, initial=0.0)):
            check_no_nan(x)
        return out

    def cdf(self, x: ArrayLike) -> FloatArray:
        """``P(X <= x)``, element by element; exact in the lower tail, where it is tiny."""
        check_no_nan(x)
        with np.errstate(over="ignore"):
            z = (np.asarray(x, dtype=np.float64) - self.mean) / np.sqrt(self.variance)
        out: FloatArray = ndtr(z)
        return out

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent samples, (n, ...), by a generator or a seed."""
        z = np.random.default_rng(rng).standard_normal(sample_shape(n, self.mean))
        return self.mean + np.sqrt(self.variance) * z

    @classmethod
    def fit(cls, X: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Maximum likelihood: mean, and variance with 1/N (catalogue DI-06).

        Parameters
        ----------
        X : array_like of shape (n_samples, ...)
            Samples; one distribution is fitted per column.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights; N is their sum.

        Raises
        ------
        ValueError
            If a column is constant, or a weight is negative.
        """
        rows = samples(X)
        weight = check_sample_weight(sample_weight, len(rows))
        one_class = np.zeros(len(rows), dtype=np.intp)
        columns = rows.reshape(len(rows), -1)
        statistics = GaussianStatistics.of(columns, one_class, 1, "diagonal", weight)
        variance = statistics.scatter[0] / statistics.counts[0]
        return cls(statistics.means[0].reshape(rows.shape[1:]), variance.reshape(rows.shape[1:]))

    def entropy(self) -> FloatArray:
        """Differential entropy ``(1 + log(2 pi v)) / 2``, in nats."""
        out: FloatArray = 0.5 * (1.0 + _LOG_2PI + np.log(self.variance))
        return out

    def _kl(self, other: Self) -> FloatArray:
        # kl_div(1, r) = r - 1 - log r
        ratio = self.variance / other.variance
        shift = np.square(self.mean - other.mean) / other.variance
        out: FloatArray = 0.5 * (kl_div(1.0, ratio) + shift)
        return out
