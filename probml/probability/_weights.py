"""Masses of the outcomes, exact or floating, and the little arithmetic that a space needs.

Exact weights are whole numbers over one common denominator, so that every probability is

    P(E) = sum_{s in E} m_s / m,

a single :class:`~fractions.Fraction`; floating weights are the probabilities themselves with
``m = 1``.  Nothing here ever divides a caller's weights by their sum.
"""

import contextlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SUM_TOLERANCE",
    "Number",
    "Weights",
    "array_of",
    "check_counts",
    "check_probs",
    "levels_of",
]

Number: TypeAlias = Fraction | float
"""A probability or an expectation: a Fraction where everything is exact, else a float."""

SUM_TOLERANCE = 1e-9
"""How far floating probabilities may sum from 1 (catalogue PR-01); Fractions must hit it."""

_LARGEST_INT64 = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Weights:
    """Non-negative masses and the total that they are fractions of.

    Attributes
    ----------
    masses : ndarray of shape (n,)
        Whole numbers (int64, or Python integers where those overflow) or float64 probabilities.
    total : int or float
        The common denominator of whole masses; 1.0 for floats.
    """

    masses: NDArray[Any]
    total: int | float

    def __post_init__(self) -> None:
        self.masses.setflags(write=False)

    @property
    def exact(self) -> bool:
        """Whether every probability is a Fraction."""
        return isinstance(self.total, int)

    @property
    def probs(self) -> NDArray[Any]:
        """Probability of each outcome, shape (n,): float64, or Fractions with dtype object."""
        if not self.exact:
            return self.masses
        fractions = (Fraction(m, int(self.total)) for m in self.masses.tolist())
        return array_of(fractions, len(self.masses))

    def mass(self, mask: NDArray[np.bool_]) -> int | float:
        """Sum of the masses under `mask`."""
        total = self.masses[mask].sum()
        return int(total) if self.exact else float(total)

    def ratio(self, mass: int | float, total: int | float) -> Number:
        """``mass / total``, a Fraction where the weights are exact."""
        return Fraction(int(mass), int(total)) if self.exact else mass / total

    def within(self, mask: NDArray[np.bool_]) -> "Weights":
        """Weights of the conditional distribution: none outside `mask`, total its mass."""
        total = self.mass(mask)
        inside = np.where(mask, self.masses, 0)
        return Weights(inside, total) if self.exact else Weights(inside / total, 1.0)

    def grouped(self, codes: NDArray[np.intp], n_groups: int) -> "Weights":
        """Weights of ``n_groups`` groups of outcomes, `codes` naming the group of each."""
        masses = np.zeros(n_groups, dtype=self.masses.dtype)
        np.add.at(masses, codes, self.masses)
        return Weights(masses, self.total)

    def times(self, other: "Weights") -> "Weights":
        """Weights of all pairs of outcomes, the last one varying fastest."""
        if self.exact and other.exact:
            total = int(self.total) * int(other.total)
            left, right = _whole(self.masses, total), _whole(other.masses, total)
            return Weights(np.multiply.outer(left, right).ravel(), total)
        return Weights(np.multiply.outer(self._floats(), other._floats()).ravel(), 1.0)

    def _floats(self) -> NDArray[np.float64]:
        return np.asarray(self.masses / self.total, dtype=np.float64)


def array_of(items: Iterable[Any], n: int) -> NDArray[Any]:
    """Object array of shape (n,), one item per entry even where the items are sequences."""
    array = np.empty(n, dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def levels_of(values: NDArray[Any]) -> tuple[list[Any], NDArray[np.intp]]:
    """Distinct values, sorted where they can be, and the place of each entry among them.

    Examples
    --------
    >>> levels, codes = levels_of(np.array([3, 1, 3]))
    >>> levels, codes.tolist()
    ([1, 3], [1, 0, 1])
    """
    if values.dtype != object:
        unique, codes = np.unique(values, return_inverse=True)
        return unique.tolist(), codes
    levels = list(dict.fromkeys(values))
    with contextlib.suppress(TypeError):  # values of mixed types keep the order of appearance
        levels.sort()
    place = {level: k for k, level in enumerate(levels)}
    return levels, np.array([place[value] for value in values], dtype=np.intp)


def check_probs(probs: Any) -> Weights:
    """Weights from probabilities: exact for Fractions, integers and Decimals, else floats.

    Raises
    ------
    ValueError
        If an entry is no number, negative, NaN or infinite, or the sum is not 1: exactly for
        exact weights, within ``SUM_TOLERANCE`` for floats.

    Examples
    --------
    >>> check_probs([Fraction(1, 3), Fraction(1, 6), Fraction(1, 2)]).masses.tolist()
    [2, 1, 3]
    >>> check_probs([0.5, 0.8])
    Traceback (most recent call last):
    ...
    ValueError: probabilities must sum to 1 (got 1.3); divide them by their sum, or pass whole
    counts to from_counts
    """
    array = _vector("probabilities", probs)
    if array.dtype == object and all(isinstance(p, Rational | Decimal) for p in array):
        weights = _over_common_denominator([_fraction(p) for p in array])
    elif array.dtype.kind in "iu":
        weights = Weights(_whole(array, 1), 1)
    else:
        weights = Weights(array.astype(np.float64), 1.0)
    _check_masses("probabilities", weights)
    _check_sum(weights)
    return weights


def check_counts(counts: Any) -> Weights:
    """Exact weights from whole counts.

    Raises
    ------
    ValueError
        If a count is negative or not an integer, or all are zero.

    Examples
    --------
    >>> check_counts([3, 1]).probs.tolist()
    [Fraction(3, 4), Fraction(1, 4)]
    """
    array = _vector("counts", counts)
    if array.dtype.kind not in "iu" and not all(isinstance(c, Integral) for c in array):
        raise ValueError(
            f"counts must be integers (got {_first_other(array)!r}); "
            "pass probabilities to FiniteSpace"
        )
    total = sum(array.tolist())
    weights = Weights(_whole(array, total), total)
    _check_masses("counts", weights)
    if total == 0:
        raise ValueError("counts must not all be zero (got a sum of 0); count at least one outcome")
    return weights


def _vector(name: str, values: Any) -> NDArray[Any]:
    """One-dimensional array of real numbers; Fractions and large integers keep dtype object."""
    array = np.asarray(values if hasattr(values, "__array__") else list(values))
    if array.ndim != 1:
        raise ValueError(
            f"{name} must be one-dimensional, one per outcome (got shape {array.shape}); "
            "pass tables to from_joint"
        )
    numeric = array.dtype.kind in "iuf"
    if not numeric and not (array.dtype == object and all(map(_is_number, array))):
        bad = next((v for v in array.tolist() if not _is_number(v)), array.dtype)
        raise ValueError(f"{name} must be numbers (got {bad!r}); pass floats, Fractions or ints")
    return array


def _is_number(value: Any) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def _first_other(array: NDArray[Any]) -> Any:
    return next(c for c in array.tolist() if not isinstance(c, Integral))


def _fraction(value: Any) -> Fraction:
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"probabilities must be finite (got {value}); drop what is unknown")
    # NumPy's integers are rationals too, but their arithmetic overflows.
    return Fraction(int(value) if isinstance(value, Integral) else value)


def _whole(masses: NDArray[Any], total: int) -> NDArray[Any]:
    """Masses as int64 where no partial sum can overflow, as Python integers elsewhere."""
    largest = max([abs(total), *(abs(int(m)) for m in (masses.min(), masses.max()))])
    dtype = np.int64 if largest <= _LARGEST_INT64 else object
    # A copy: freezing the masses must not freeze the caller's array.
    return array_of(masses.tolist(), len(masses)) if dtype is object else masses.astype(dtype)


def _over_common_denominator(fractions: list[Fraction]) -> Weights:
    total = math.lcm(*(f.denominator for f in fractions))
    numerators = (f.numerator * (total // f.denominator) for f in fractions)
    return Weights(_whole(array_of(numerators, len(fractions)), total), total)


def _check_masses(name: str, weights: Weights) -> None:
    masses = weights.masses
    bad = masses < 0 if weights.exact else ~(np.isfinite(masses) & (masses >= 0))
    if np.any(bad):
        i = int(np.flatnonzero(bad)[0])
        got = weights.probs[i] if name == "probabilities" else masses[i]
        raise ValueError(
            f"{name} must be non-negative and finite (got {got} at position {i}); "
            "the first axiom allows nothing else"
        )


def _check_sum(weights: Weights) -> None:
    mass = weights.mass(np.ones(len(weights.masses), dtype=bool))
    off = mass != weights.total if weights.exact else abs(mass - 1.0) > SUM_TOLERANCE
    if off:
        got = str(Fraction(int(mass), int(weights.total))) if weights.exact else f"{mass:.12g}"
        raise ValueError(
            f"probabilities must sum to 1 (got {got}); divide them by their sum, "
            "or pass whole counts to from_counts"
        )
