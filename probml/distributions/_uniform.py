"""The continuous uniform distribution on an interval."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

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
from probml.numerics import FloatArray

__all__ = ["Uniform"]


class Uniform(Distribution):
    """Uniform on the closed interval from `low` to `high`, one distribution per element.

    ``f(x) = 1 / (high - low)`` for low <= x <= high (catalogue DI-13).

    Parameters
    ----------
    low, high : array_like
        Ends, finite, ``low < high``, of shapes that go together.

    Raises
    ------
    ValueError
        If an end is not finite, or an interval is empty or wider than the largest float.

    Examples
    --------
    >>> Uniform(0.0, 4.0).prob([-1.0, 0.0, 4.0]).tolist()
    [0.0, 0.25, 0.25]
    >>> Uniform.fit([3.0, 1.0, 2.0])
    Uniform(low=1., high=3.)
    """

    _parameters = ("low", "high")

    def __init__(self, low: ArrayLike, high: ArrayLike) -> None:
        self.low, self.high = parameter_arrays(low=low, high=high)
        for name in self._parameters:
            end = getattr(self, name)
            check_parameter(
                name, end, np.isfinite(end), "finite", "no other interval has a density"
            )
        with np.errstate(over="ignore"):
            width = self.high - self.low
        remedy = "order the ends; a single point has no density"
        valid = np.isfinite(width) & (width > 0)
        check_parameter("high - low", width, valid, "positive and finite", remedy)

    @property
    def mean(self) -> FloatArray:
        """Centre of the interval."""
        return self.low + 0.5 * self._width

    @property
    def variance(self) -> FloatArray:
        """``(high - low)**2 / 12``."""
        return self._width**2 / 12.0

    @property
    def _width(self) -> FloatArray:
        return self.high - self.low

    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Logarithm of the density at `x`, element by element; ``-inf`` outside the interval.

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        check_no_nan(x)
        inside = np.greater_equal(x, self.low) & np.less_equal(x, self.high)
        return np.where(inside, -np.log(self._width), -np.inf)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """``P(X <= x)``, element by element."""
        check_no_nan(x)
        inside = np.clip(np.asarray(x, dtype=np.float64), self.low, self.high)
        share: FloatArray = (inside - self.low) / self._width
        return share

    def sample(self, n: int, rng: Seed) -> FloatArray:
        """`n` independent samples, (n, ...), by a generator or a seed."""
        uniform = np.random.default_rng(rng).random(sample_shape(n, self.low))
        return np.minimum(self.low + uniform * self._width, self.high)

    @classmethod
    def fit(cls, X: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Maximum likelihood: the smallest interval that holds every sample.

        Parameters
        ----------
        X : array_like of shape (n_samples, ...)
            Samples; one distribution is fitted per column.
        sample_weight : array_like of shape (n_samples,) or None
            Non-negative weights; only whether they are zero matters.

        Raises
        ------
        ValueError
            If all samples are equal, or a weight is negative.
        """
        rows = samples(X)
        weight = check_sample_weight(sample_weight, len(rows))
        if weight is not None:
            rows = rows[weight > 0]
        return cls(rows.min(axis=0), rows.max(axis=0))

    def entropy(self) -> FloatArray:
        """Differential entropy ``log(high - low)``, in nats; negative for a width below one."""
        out: FloatArray = np.log(self._width)
        return out

    def _kl(self, other: Self) -> FloatArray:
        contained = (other.low <= self.low) & (self.high <= other.high)
        return np.where(contained, np.log(other._width) - np.log(self._width), np.inf)
