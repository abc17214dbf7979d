"""What every distribution does alike: from one method, `log_prob`, the others follow.

P(x) = exp(log_prob(x)),    log L = sum_n w_n log_prob(x_n),    KL(p, q) >= 0
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_number, check_sample_weight
from probml.numerics import FloatArray

__all__ = [
    "Distribution",
    "Seed",
    "check_no_nan",
    "check_parameter",
    "mean_of_rows",
    "parameter_arrays",
    "read_only",
    "sample_shape",
    "samples",
    "whole_numbers",
]

Seed = np.random.Generator | np.random.SeedSequence | int
"""Source of randomness: a generator, which moves on, or a seed, which repeats itself."""


class Distribution(ABC):
    """A distribution: an immutable value, equal to another of equal parameters.

    A subclass writes `log_prob`, `_kl`, and the names of its parameters.
    """

    _parameters: ClassVar[tuple[str, ...]]

    @abstractmethod
    def log_prob(self, x: ArrayLike) -> FloatArray:
        """Natural logarithm of the mass or density at `x`."""

    @abstractmethod
    def _kl(self, other: Self) -> FloatArray:
        """Divergence from a distribution of the same family, up to rounding."""

    def prob(self, x: ArrayLike) -> FloatArray:
        """Mass or density at `x`; a density may exceed one (catalogue DI-04).

        Parameters
        ----------
        x : array_like
            As for `log_prob`.

        Returns
        -------
        ndarray
            ``exp(log_prob(x))``; it may underflow to zero where `log_prob` is still finite.

        Raises
        ------
        ValueError
            If `x` holds NaN.
        """
        with np.errstate(under="ignore"):
            mass: FloatArray = np.exp(self.log_prob(x))
        return mass

    def log_likelihood(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Log-likelihood of independent samples, ``sum_n w_n log f(x_n)`` (catalogue DI-05).

        Parameters
        ----------
        X : array_like of shape (n_samples, ...)
            Samples.  Elements of an array of distributions are independent of each other.
        sample_weight : array_like of shape (n_samples,) or None
            ``w_n``; one each if None.

        Returns
        -------
        float
            A sum, not a mean, in nats.  A sample of weight zero counts for nothing, even
            where it is impossible.

        Raises
        ------
        ValueError
            If `X` holds NaN, or a weight is negative or not finite, or all are zero.
        """
        terms = np.atleast_1d(self.log_prob(X))
        weight = check_sample_weight(sample_weight, len(terms))
        if weight is None:
            return float(terms.sum())
        counted = weight > 0
        rows = terms[counted].reshape(np.count_nonzero(counted), -1).sum(axis=1)
        return float((weight[counted] * rows).sum())

    def kl(self, other: Self) -> FloatArray:
        """Kullback-Leibler divergence of this distribution from `other` (catalogue DI-10).

        ``KL(p, q) = E_p[log p(x) - log q(x)]``, at least zero, and zero for p = q alone.
        It is not symmetric: p, this distribution, is the one that the mean is taken over.

        Parameters
        ----------
        other : Distribution
            q, of the same family.

        Returns
        -------
        ndarray
            In nats; ``inf`` where p has mass that q has not.

        Raises
        ------
        TypeError
            If `other` is of another family.
        ValueError
            If the two are of shapes or sizes that do not go together.
        """
        if type(other) is not type(self):
            raise TypeError(
                f"kl expects another {type(self).__name__} (got {type(other).__name__}); "
                "across families, average p.log_prob(x) - q.log_prob(x) over samples of p"
            )
        # The exact value is never negative; rounding may be, by a few units of the last place.
        divergence: FloatArray = np.maximum(self._kl(other), 0.0)
        return divergence

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute for the first and last time."""
        if name in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__} is immutable, so {name} cannot change; make a new one"
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        values = (
            f"{name}={np.array2string(np.asarray(getattr(self, name)), separator=', ')}"
            for name in self._parameters
        )
        return f"{type(self).__name__}({', '.join(values)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in self._parameters
        )

    def __hash__(self) -> int:
        values = (np.asarray(getattr(self, name)) for name in self._parameters)
        return hash((type(self), *((v.shape, *v.ravel().tolist()) for v in values)))


def read_only(values: ArrayLike) -> FloatArray:
    """Float64 copy that nobody can write to.

    Examples
    --------
    >>> read_only([1, 2]).flags.writeable
    False
    """
    copy: FloatArray = np.array(values, dtype=np.float64)
    copy.flags.writeable = False
    return copy


def parameter_arrays(**parameters: ArrayLike) -> tuple[FloatArray, ...]:
    """Read-only float64 copies of parameters, of the one shape that they broadcast to.

    Raises
    ------
    ValueError
        If the shapes do not go together.

    Examples
    --------
    >>> [v.shape for v in parameter_arrays(mean=[0.0, 1.0], variance=1.0)]
    [(2,), (2,)]
    """
    arrays = [np.asarray(value, dtype=np.float64) for value in parameters.values()]
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError:
        raise ValueError(
            f"{' and '.join(parameters)} must be of shapes that broadcast "
            f"(got {' and '.join(str(a.shape) for a in arrays)}); pass one value per element"
        ) from None
    return tuple(read_only(np.broadcast_to(a, shape)) for a in arrays)


def check_parameter(
    name: str, values: FloatArray, valid: NDArray[np.bool_], expected: str, remedy: str
) -> None:
    """Raise unless all of `values` are `valid`, showing the first that is not.

    Raises
    ------
    ValueError
        ``<name> must be <expected> (got <value>); <remedy>``.

    Examples
    --------
    >>> rate = np.array([1.0, -2.0])
    >>> check_parameter("rate", rate, rate > 0, "positive", "pass counts per unit")
    Traceback (most recent call last):
    ...
    ValueError: rate must be positive (got -2.0); pass counts per unit
    """
    if not np.all(valid):
        value = float(np.ravel(values)[np.flatnonzero(~np.asarray(valid))[0]])
        raise ValueError(f"{name} must be {expected} (got {value}); {remedy}")


def check_no_nan(x: ArrayLike) -> None:
    """Refuse unknown values, which have no probability.

    Raises
    ------
    ValueError
        If `x` holds NaN.
    """
    unknown = int(np.count_nonzero(np.isnan(x)))
    if unknown:
        raise ValueError(
            f"x must hold numbers (got NaN in {unknown} places); drop or impute unknown values"
        )


def whole_numbers(x: ArrayLike) -> tuple[FloatArray, NDArray[np.bool_]]:
    """`x` as float64 with zero for what is no count, and a mask of the counts 0, 1, 2, ...

    Raises
    ------
    ValueError
        If `x` holds NaN.

    Examples
    --------
    >>> whole_numbers([2, -1, 0.5])[0].tolist()
    [2.0, 0.0, 0.0]
    """
    numbers = np.asarray(x, dtype=np.float64)
    check_no_nan(numbers)
    counts = (numbers >= 0) & (numbers == np.floor(numbers)) & np.isfinite(numbers)
    return np.where(counts, numbers, 0.0), counts


def samples(X: ArrayLike) -> FloatArray:
    """Samples to estimate from, as float64: at least one row, all finite.

    Raises
    ------
    ValueError
        If there is no row, or an entry is NaN or infinite.
    """
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim == 0 or rows.size == 0:
        raise ValueError(
            f"X must hold at least one sample, one per row (got shape {rows.shape}); "
            "pass an array of shape (n_samples,) or (n_samples, n_variables)"
        )
    if not np.isfinite(rows).all():
        raise ValueError("X must be finite (got NaN or infinity); drop or impute such samples")
    return rows


def mean_of_rows(rows: FloatArray, sample_weight: ArrayLike | None) -> FloatArray:
    """Weighted mean over the first axis.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are zero.
    """
    weight = check_sample_weight(sample_weight, len(rows))
    mean = np.average(rows, axis=0, weights=weight)
    # Rounding could carry the mean of ones past one, which would be no probability.
    bounded: FloatArray = np.clip(mean, rows.min(axis=0), rows.max(axis=0))
    return bounded


def sample_shape(n: int, parameter: NDArray[Any]) -> tuple[int, ...]:
    """Shape of `n` samples of each element.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer, or is negative.
    """
    check_number("n", n, 0, integer=True)
    return (n, *parameter.shape)
