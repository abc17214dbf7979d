"""Random variables: functions on a space, their distributions and their moments.

One formula serves every average, conditional or not,

    E[X | B] = sum_{s in B} X(s) P(s) / P(B),

and one every second moment, ``Cov(X, Y | .) = E[(X - E[X | .]) (Y - E[Y | .]) | .]``.
"""

import math
import operator
from collections.abc import Callable, Hashable
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from probml.probability._events import Event, EventLike
from probml.probability._space import FiniteSpace
from probml.probability._weights import Number, array_of, levels_of

__all__ = ["RandomVariable", "correlation", "covariance", "covariance_matrix"]


class RandomVariable:
    """A function X of the outcome: ``X(s)`` for every s in the sample space.

    Arithmetic gives random variables; comparisons give events, ``P(X + Y >= 9)`` or
    ``P(X == "red")``.  Values may be any hashables, numbers where a moment is asked for.

    Source: catalogue PR-14.

    Parameters
    ----------
    space : FiniteSpace
        The space P; X is exact where P and its values are.
    f : callable, or ndarray of shape (n,)
        Takes an outcome and gives the value there; or the values in order.

    Raises
    ------
    ValueError
        If an array has another shape.

    Examples
    --------
    >>> from probml.probability import product, uniform
    >>> die = uniform(range(1, 7))
    >>> P = product(die, die)
    >>> X, Y = RandomVariable(P, lambda s: s[0]), RandomVariable(P, lambda s: s[1])
    >>> print((X + Y).mean(), (X + Y).variance(), P(X + Y >= 9), P(X + Y >= 9, given=X == 6))
    7 35/6 5/18 2/3
    """

    __slots__ = ("space", "values")

    def __init__(self, space: FiniteSpace, f: "Callable[[Any], Hashable] | NDArray[Any]") -> None:
        n = len(space)
        values = array_of(map(f, space.outcomes), n) if callable(f) else np.array(f)
        if values.shape != (n,):
            raise ValueError(
                f"a random variable needs one value per outcome: expected shape ({n},) "
                f"(got {values.shape}); pass a function of the outcome"
            )
        values.setflags(write=False)
        self.space, self.values = space, values

    def __call__(self, outcome: Hashable) -> Any:
        """The value at an outcome.

        Raises
        ------
        ValueError
            If `outcome` is not in the space.
        """
        return self.values[self.space.event({outcome}).mask][0]

    def __repr__(self) -> str:
        return f"RandomVariable({self.distribution()!r})"

    def distribution(self) -> FiniteSpace:
        """Distribution of X on its values (push-forward), ``P_X(x) = P(X = x)``.

        Source: catalogue PR-14.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> RandomVariable(uniform(range(1, 7)), lambda s: s % 3).distribution()
        FiniteSpace({0: 1/3, 1: 1/3, 2: 1/3})
        """
        return self.space._image(*levels_of(self.values))

    def partition(self) -> tuple[Event, ...]:
        """The events ``{X = x}``, one for each value x in the order of :meth:`distribution`."""
        levels, codes = levels_of(self.values)
        return tuple(self.space.event(codes == k) for k in range(len(levels)))

    @overload
    def mean(self, given: "RandomVariable") -> "RandomVariable": ...
    @overload
    def mean(self, given: EventLike | None = None) -> Number: ...
    def mean(self, given: Any = None) -> "Number | RandomVariable":
        """Expectation ``E[X] = sum_s X(s) P(s)``, or conditional expectation.

        Source: catalogue PR-14.

        Parameters
        ----------
        given : event or RandomVariable, optional
            For an event B the number ``E[X | B]``.  For a random variable C the random variable
            ``E[X | C]``, whose value where ``C = c`` is ``E[X | C = c]`` (0 where that has
            probability 0); total expectation says ``X.mean(given=C).mean() == X.mean()``.

        Raises
        ------
        ValueError
            If P(B) = 0.
        TypeError
            If a value is not a real number.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> X = RandomVariable(uniform(range(1, 7)), lambda s: s)
        >>> print(X.mean(), X.mean(given=X >= 4), X.mean(given=X == 1))
        7/2 5 1
        >>> X.mean(given=RandomVariable(X.space, lambda s: s % 2)).distribution()
        FiniteSpace({3: 1/2, 4: 1/2})
        """
        if isinstance(given, RandomVariable):
            return self._mean_given(given)
        masses, numbers = self._masses_and_numbers()
        weights = self.space._weights
        if given is None:
            return _divide((masses * numbers).sum(), weights.total)
        B = self.space._condition(given)
        return _divide((masses * numbers)[B.mask].sum(), weights.mass(B.mask))

    @overload
    def variance(self, given: "RandomVariable") -> "RandomVariable": ...
    @overload
    def variance(self, given: EventLike | None = None) -> Number: ...
    def variance(self, given: Any = None) -> "Number | RandomVariable":
        """Variance ``Var(X) = E[(X - E[X])^2] = E[X^2] - E[X]^2``, or conditional variance.

        A probability is not a sample: nothing is divided by n - 1.  Total variance says
        ``Var(X) = E[Var(X | C)] + Var(E[X | C])``.

        Source: catalogue PR-14.

        Parameters
        ----------
        given : event or RandomVariable, optional
            As for :meth:`mean`.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> X = RandomVariable(uniform(range(1, 7)), lambda s: s)
        >>> C = RandomVariable(X.space, lambda s: s <= 2)
        >>> print(X.variance(), X.variance(given=C).mean() + X.mean(given=C).variance())
        35/12 35/12
        """
        moment: Number | RandomVariable = covariance(self, self, given)
        return moment

    def __neg__(self) -> "RandomVariable":
        return RandomVariable(self.space, -self._numbers())

    def __add__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(operator.add, self, other)

    def __radd__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(operator.add, other, self)

    def __sub__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(operator.sub, self, other)

    def __rsub__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(operator.sub, other, self)

    def __mul__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(operator.mul, self, other)

    def __rmul__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(operator.mul, other, self)

    def __truediv__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(_divide_each, self, other)

    def __rtruediv__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(_divide_each, other, self)

    def __pow__(self, other: Any) -> "RandomVariable":
        return self._arithmetic(_power_each, self, other)

    def __eq__(self, other: object) -> Event:  # type: ignore[override]
        return self._compare(operator.eq, other)

    def __ne__(self, other: object) -> Event:  # type: ignore[override]
        return self._compare(operator.ne, other)

    def __lt__(self, other: Any) -> Event:
        return self._compare(operator.lt, other)

    def __le__(self, other: Any) -> Event:
        return self._compare(operator.le, other)

    def __gt__(self, other: Any) -> Event:
        return self._compare(operator.gt, other)

    def __ge__(self, other: Any) -> Event:
        return self._compare(operator.ge, other)

    __hash__ = None  # type: ignore[assignment]

    def _compare(self, op: Callable[[Any, Any], Any], other: Any) -> Event:
        right = _constant(other)
        if isinstance(other, RandomVariable):
            right = other._on(self.space).values
        if "O" not in (self.values.dtype.char, right.dtype.char):
            return self.space.event(op(self.values, right))
        return self.space.event(np.frompyfunc(op, 2, 1)(self.values, right).astype(bool))

    def _arithmetic(self, op: Callable[[Any, Any], Any], left: Any, right: Any) -> "RandomVariable":
        numbers = [
            x._on(self.space)._numbers() if isinstance(x, RandomVariable) else _number(x)
            for x in (left, right)
        ]
        return RandomVariable(self.space, op(*numbers))

    def _on(self, space: FiniteSpace) -> "RandomVariable":
        """Self, if it is a variable on `space`."""
        if self.space is not space and self.space != space:
            raise ValueError(
                "random variables must be on the same space, outcomes and probabilities "
                f"(got {space!r} and {self.space!r}); make both from one, such as their product"
            )
        return self

    def _numbers(self) -> NDArray[Any]:
        """The values as Python numbers in an exact space, as float64 elsewhere."""
        if self.values.dtype.kind not in "biuf":
            return _as_numbers(self.values.tolist(), self.space.exact)
        return self.values.astype(object if self.space.exact else np.float64)

    def _masses_and_numbers(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Masses and values, with values of 0 where the mass is: they are never looked at."""
        masses, numbers = self.space._weights.masses, self._numbers()
        return masses, np.where(masses > 0, numbers, 0)

    def _mean_given(self, C: "RandomVariable") -> "RandomVariable":
        levels, codes = levels_of(C._on(self.space).values)
        masses, numbers = self._masses_and_numbers()
        weights = self.space._weights.grouped(codes, len(levels))
        sums = np.zeros(len(levels), dtype=numbers.dtype)
        np.add.at(sums, codes, masses * numbers)
        happens = weights.masses > 0
        means = np.zeros_like(sums)
        means[happens] = _divide_each(sums[happens], weights.masses[happens])
        return RandomVariable(self.space, means[codes])


@overload
def covariance(X: RandomVariable, Y: RandomVariable, given: RandomVariable) -> RandomVariable: ...
@overload
def covariance(X: RandomVariable, Y: RandomVariable, given: EventLike | None = None) -> Number: ...
def covariance(
    X: RandomVariable, Y: RandomVariable, given: Any = None
) -> "Number | RandomVariable":
    """Covariance ``Cov(X, Y) = E[(X - E[X]) (Y - E[Y])]``, or conditional covariance.

    Source: catalogue PR-14.

    Parameters
    ----------
    X, Y : RandomVariable
        On the same space.
    given : event or RandomVariable, optional
        As for :meth:`RandomVariable.mean`.

    Examples
    --------
    >>> from probml.probability import uniform
    >>> X = RandomVariable(uniform(range(1, 7)), lambda s: s)
    >>> print(covariance(X, X**2), covariance(X, 7 - X))
    245/12 -35/12
    """
    product = (X - X.mean(given)) * (Y - Y.mean(given))
    moment: Number | RandomVariable = product.mean(given)
    return moment


def correlation(X: RandomVariable, Y: RandomVariable) -> float:
    """Correlation ``Cov(X, Y) / sqrt(Var(X) Var(Y))``, between -1 and 1.

    Source: catalogue PR-14.

    Raises
    ------
    ValueError
        If X or Y is constant where P is positive: there is no correlation to speak of.

    Examples
    --------
    >>> from probml.probability import uniform
    >>> X = RandomVariable(uniform(range(1, 7)), lambda s: s)
    >>> correlation(X, 7 - X)
    -1.0
    """
    for Z in (X, Y):
        if len(set(Z.values[Z.space._weights.masses > 0].tolist())) == 1:
            raise ValueError(
                "correlation needs variables that vary (got one that is constant with "
                "probability 1); its covariance with anything is 0"
            )
    rho = float(covariance(X, Y)) / (math.sqrt(X.variance()) * math.sqrt(Y.variance()))
    return max(-1.0, min(1.0, rho))  # rounding may overshoot


def covariance_matrix(*variables: RandomVariable) -> NDArray[Any]:
    """Covariance matrix, ``Sigma_ij = Cov(X_i, X_j)``; ``Cov(A X + b) = A Sigma A'``.

    Source: catalogue PR-14.

    Parameters
    ----------
    *variables : RandomVariable
        The d components of a random vector X, on the same space.

    Returns
    -------
    ndarray of shape (d, d)
        Symmetric and positive semi-definite; Fractions with dtype object in an exact space.

    Examples
    --------
    >>> from probml.probability import uniform
    >>> X = RandomVariable(uniform(range(4)), lambda s: s)
    >>> covariance_matrix(X, 2 * X).astype(float).tolist()
    [[1.25, 2.5], [2.5, 5.0]]
    """
    return np.array([[covariance(X, Y) for Y in variables] for X in variables])


def _constant(value: Any) -> NDArray[Any]:
    """0-d array of one value; labels of any kind, tuples too, stay whole."""
    if isinstance(value, int | float):
        return np.asarray(value)
    cell = np.empty((), dtype=object)
    cell[()] = value
    return cell


def _number(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, Decimal):
        return Fraction(value)
    if not isinstance(value, Real):
        raise TypeError(
            f"arithmetic with random variables needs real numbers (got {value!r}); "
            "map labels to numbers first"
        )
    return value


def _as_numbers(values: list[Any], exact: bool) -> NDArray[Any]:
    numbers = array_of(map(_number, values), len(values))
    return numbers if exact else numbers.astype(np.float64)


def _divide(a: Any, b: Any) -> Number:
    """``a / b``, a Fraction where both are rational."""
    if isinstance(a, Rational) and isinstance(b, Rational):
        return Fraction(a) / Fraction(b)
    return float(a) / float(b)


def _divide_each(a: Any, b: Any) -> NDArray[Any]:
    exact = np.asarray(a).dtype == object or np.asarray(b).dtype == object
    return np.asarray(np.frompyfunc(_divide, 2, 1)(a, b) if exact else np.divide(a, b))


def _power_each(a: Any, b: Any) -> NDArray[Any]:
    exact = np.asarray(a).dtype == object or np.asarray(b).dtype == object
    return np.asarray(np.frompyfunc(_power, 2, 1)(a, b) if exact else np.power(a, b))


def _power(a: Any, b: Any) -> Any:
    # A negative power of an int is a float in Python.
    return Fraction(a) ** b if isinstance(a, Rational) and b < 0 else a**b
