"""Finite probability spaces: P(E) = sum of p(s) over s in E, and P(A | B) = P(AB) / P(B).

A space reads like the textbook: ``P(A)``, ``P(A | B)`` for the union, ``P(A & B)`` for the
intersection, and ``P(A, given=B)`` or ``P.given(B)(A)`` for the conditional probability.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probml.probability._events import Event, EventLike, SampleSpace
from probml.probability._rules import ProbabilityRules
from probml.probability._weights import Number, Weights, array_of, check_probs, levels_of

__all__ = ["FiniteSpace"]


class FiniteSpace(ProbabilityRules):
    """A finite sample space S with a probability P that obeys Kolmogorov's axioms.

    ``P(E) >= 0``, ``P(S) = 1`` and ``P(E_1 | E_2 | ...) = sum P(E_i)`` for pairwise disjoint
    events.  The axioms are checked and never repaired: weights are not renormalised.

    Source: catalogue PR-01, PR-02; Lai 2020, slides 54-55.

    Parameters
    ----------
    outcomes : ordered iterable of n distinct hashables, or mapping
        The sample space.  ``range(n)`` is not expanded, so that a million outcomes cost nothing.
        A mapping gives each outcome its probability, without `probs`.
    probs : array_like of shape (n,)
        Their probabilities.  Fractions, integers and Decimals make an exact space, whose
        probabilities are all :class:`~fractions.Fraction`; with a float among them all are
        float64.

    Raises
    ------
    ValueError
        If outcomes repeat or come in no order, or the lengths differ; if a probability is
        negative, NaN or infinite; if they do not sum to 1 (exactly, or within 1e-9 for floats).
    TypeError
        If an outcome is not hashable.

    Examples
    --------
    >>> from fractions import Fraction
    >>> P = FiniteSpace(["sun", "rain", "snow"], [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)])
    >>> wet = P.event({"rain", "snow"})
    >>> print(P(wet), P(~wet), P({"snow"}, given=wet))
    1/2 1/2 1/3
    >>> FiniteSpace({"heads": 0.7, "tails": 0.4})
    Traceback (most recent call last):
    ...
    ValueError: probabilities must sum to 1 (got 1.1); divide them by their sum, or pass whole
    counts to from_counts
    """

    __slots__ = ("_sample", "_weights")

    _sample: SampleSpace
    _weights: Weights

    def __init__(
        self, outcomes: Iterable[Hashable] | Mapping[Hashable, Any], probs: Any = None
    ) -> None:
        if isinstance(outcomes, Mapping) and probs is None:
            probs, outcomes = list(outcomes.values()), list(outcomes)
        elif isinstance(outcomes, AbstractSet | Mapping) or probs is None:
            raise ValueError(
                "FiniteSpace expects outcomes in order with one probability each, or a mapping "
                f"(got {type(outcomes).__name__} and {type(probs).__name__}); "
                "pass lists, {outcome: probability}, or outcomes alone to uniform"
            )
        self._sample = SampleSpace(outcomes)
        probs = probs if hasattr(probs, "__len__") else list(probs)
        if len(probs) != len(self._sample):
            raise ValueError(
                f"expected one probability per outcome: {len(self._sample)} outcomes "
                f"(got {len(probs)} probabilities); list impossible outcomes with probability 0"
            )
        self._weights = check_probs(probs)

    @classmethod
    def _of(cls, sample: SampleSpace, weights: Weights) -> "FiniteSpace":
        """A space from parts that are known to obey the axioms."""
        space = cls.__new__(cls)
        space._sample, space._weights = sample, weights
        return space

    @property
    def outcomes(self) -> Sequence[Hashable]:
        """The sample space S in order: a tuple, or the ``range`` that was given."""
        return self._sample.outcomes

    @property
    def probs(self) -> NDArray[Any]:
        """Probability of each outcome, shape (n,): float64, or Fractions with dtype object."""
        return self._weights.probs

    @property
    def exact(self) -> bool:
        """Whether probabilities are Fractions."""
        return self._weights.exact

    @property
    def sure(self) -> Event:
        """The sure event S, which contains every outcome; ``~P.sure`` is the empty event."""
        return self._sample.sure()

    def __len__(self) -> int:
        return len(self._sample)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FiniteSpace):
            return NotImplemented
        same = self._sample.same_as(other._sample)
        return same and bool(np.array_equal(self.probs, other.probs))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        pairs = zip(self.outcomes[:8], self._weights.probs[:8], strict=True)
        shown = [f"{s if isinstance(s, Fraction) else repr(s)}: {p}" for s, p in pairs]
        shown += ["..."] * (len(self) > len(shown))
        return f"FiniteSpace({{{', '.join(shown)}}})"

    # -- events and probabilities ------------------------------------------------------------

    def event(self, what: EventLike) -> Event:
        """The event that `what` describes.

        Parameters
        ----------
        what : set or range of outcomes, predicate, boolean mask of shape (n,), or Event
            A predicate takes an outcome and returns a bool.

        Raises
        ------
        ValueError
            If an outcome is not in the space, a mask has another length, an event belongs to
            another sample space, or a predicate returns anything but a bool.
        TypeError
            If `what` is none of these.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> die = uniform(range(1, 7))
        >>> die.event(lambda s: s > 4) == die.event({5, 6})
        True
        >>> die.event({6, 7})
        Traceback (most recent call last):
        ...
        ValueError: an event must be a subset of the sample space (got 7, which is no outcome);
        make the space with it, at weight 0 if it cannot happen
        """
        return self._sample.event(what)

    def __call__(self, A: EventLike, given: EventLike | None = None) -> Number:
        """Probability P(A), or conditional probability ``P(A | B) = P(AB) / P(B)``.

        Source: catalogue PR-01, PR-06; Lai 2020, slides 55-56.

        Parameters
        ----------
        A : event, see :meth:`event`
        given : event, optional
            The condition B; ``|`` between events is their union, never a condition.

        Raises
        ------
        ValueError
            If P(B) = 0.

        Examples
        --------
        >>> from probml.probability import product, uniform
        >>> die = uniform(range(1, 7))
        >>> P = product(die, die)
        >>> A, B = P.event(lambda s: sum(s) >= 9), P.event(lambda s: s[0] == 6)
        >>> print(P(A), P(B), P(A & B), P(A | B))
        5/18 1/6 1/9 1/3
        >>> print(P(A, given=B), P(B, given=A))
        2/3 2/5
        """
        A = self.event(A)
        if given is None:
            return self._weights.ratio(self._weights.mass(A.mask), self._weights.total)
        B = self._condition(given)
        return self._weights.ratio(self._weights.mass(A.mask & B.mask), self._weights.mass(B.mask))

    def given(self, B: EventLike) -> "FiniteSpace":
        """The conditional probability P(. | B): another probability on the same outcomes.

        Conditioning again updates sequentially, ``P.given(B).given(C) == P.given(B & C)``.

        Source: catalogue PR-06, PR-11; Lai 2020, slide 56.

        Raises
        ------
        ValueError
            If P(B) = 0.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> uniform(range(1, 7)).given(lambda s: s % 2 == 0)
        FiniteSpace({1: 0, 2: 1/3, 3: 0, 4: 1/3, 5: 0, 6: 1/3})
        """
        return FiniteSpace._of(self._sample, self._weights.within(self._condition(B).mask))

    # -- images --------------------------------------------------------------------------------

    def marginal(self, *axes: int) -> "FiniteSpace":
        """Distribution of some coordinates of outcomes that are tuples.

        ``P(x) = sum_y P(x, y)``; one axis gives the coordinates themselves, several give tuples.

        Raises
        ------
        ValueError
            If no axis is given, or an outcome is no tuple with such a coordinate.

        Examples
        --------
        >>> from probml.probability import from_joint
        >>> from_joint([[0.25, 0.25], [0.5, 0.0]]).marginal(1)
        FiniteSpace({0: 0.75, 1: 0.25})
        """
        widths = {len(s) if isinstance(s, tuple) else 0 for s in self.outcomes}
        if not axes or not all(-min(widths) <= axis < min(widths) for axis in axes):
            raise ValueError(
                f"marginal expects axes of outcomes that are tuples (got axes {axes} for "
                f"outcomes like {self.outcomes[0]!r}); make the space with product or from_joint"
            )
        tuples: Iterable[Any] = self.outcomes
        image = [s[axes[0]] if len(axes) == 1 else tuple(s[a] for a in axes) for s in tuples]
        return self._image(*levels_of(array_of(image, len(self))))

    def _image(self, levels: Sequence[Hashable], codes: NDArray[np.intp]) -> "FiniteSpace":
        """Distribution of a function of the outcome: outcome i is sent to ``levels[codes[i]]``."""
        return FiniteSpace._of(SampleSpace(levels), self._weights.grouped(codes, len(levels)))

    def _condition(self, B: EventLike) -> Event:
        event = self.event(B)
        if self._weights.mass(event.mask) == 0:
            raise ValueError(
                f"a condition must have positive probability (got P(B) = 0 for {event!r}); "
                "condition on an event that can happen"
            )
        return event
