"""What follows from conditional probability alone: chain, total probability, Bayes, independence.

Every rule here is written in terms of one primitive,

    P(A | B) = P(AB) / P(B),

and so holds for each space that provides it, conditioned ones included.
"""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_

from probml.probability._events import Event, EventLike, check_partition
from probml.probability._weights import Number

__all__ = ["ProbabilityRules"]

INDEPENDENCE_TOLERANCE = 1e-9
"""Largest relative gap between P(AB) and P(A) P(B) that floats may show when independent.

Relative, since two exclusive events of probability 1e-8 are dependent all the same; sums of
non-negative weights lose no digits by cancellation."""


class ProbabilityRules(ABC):
    """Rules of probability, derived from ``P(A, given=B)``."""

    __slots__ = ()

    @property
    @abstractmethod
    def exact(self) -> bool:
        """Whether probabilities are Fractions."""

    @property
    @abstractmethod
    def sure(self) -> Event:
        """The sure event S."""

    @abstractmethod
    def event(self, what: EventLike) -> Event:
        """The event that `what` describes."""

    @abstractmethod
    def __call__(self, A: EventLike, given: EventLike | None = None) -> Number:
        """Probability P(A), or ``P(A | B)``; raises if P(B) = 0."""

    @abstractmethod
    def given(self, B: EventLike) -> "ProbabilityRules":
        """The conditional probability P(. | B)."""

    def chain(self, *events: EventLike) -> Number:
        """Probability of an intersection by the chain rule.

        ``P(A_1 A_2 ... A_n) = P(A_1) P(A_2 | A_1) ... P(A_n | A_1 ... A_{n-1})``,
        in the order of the arguments; every order gives the same value.

        Source: catalogue PR-07, PR-08; Lai 2020, slides 56-57.

        Raises
        ------
        ValueError
            If ``P(A_1 ... A_{n-1}) = 0``, or there is no event.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> P = uniform(range(1, 7))
        >>> A, B = P.event({2, 4, 6}), P.event({4, 5, 6})
        >>> P.chain(A, B) == P(A) * P(B, given=A) == P.chain(B, A) == P(A & B)
        True
        """
        first, *rest = self._events(events, at_least=1)
        probability, before = self(first), first
        for A in rest:
            probability *= self(A, given=before)
            before &= A
        return probability

    def total_probability(self, A: EventLike, partition: Iterable[EventLike]) -> Number:
        """Law of total probability, ``P(A) = sum_k P(A | B_k) P(B_k)``.

        Source: catalogue PR-10; notes on Hung-yi Lee's lectures.

        Parameters
        ----------
        A : event
        partition : iterable of events
            Pairwise disjoint cells B_k whose union is S.  Cells of probability 0 add nothing.

        Raises
        ------
        ValueError
            If the cells overlap or leave out an outcome.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> P = uniform(range(1, 7))
        >>> print(P.total_probability({2, 3, 5}, [{1, 2}, {3, 4, 5, 6}]))
        1/2
        """
        return sum(self._joint_with_cells(A, partition), start=self(set()))

    def bayes(self, partition: Iterable[EventLike], given: EventLike) -> tuple[Number, ...]:
        """Bayes' rule, ``P(B_k | A) = P(A | B_k) P(B_k) / sum_j P(A | B_j) P(B_j)``.

        Source: catalogue PR-11; notes on Hung-yi Lee's lectures.

        Parameters
        ----------
        partition : iterable of events
            Pairwise disjoint cells B_k whose union is S.
        given : event
            The evidence A.

        Returns
        -------
        tuple of numbers
            Posterior probability of each cell, in the order of `partition`; they sum to 1.

        Raises
        ------
        ValueError
            If ``P(A) = 0``, or the cells overlap or leave out an outcome.

        Examples
        --------
        >>> from probml.probability import from_counts
        >>> P = from_counts({("ill", "+"): 19, ("ill", "-"): 1,
        ...                  ("well", "+"): 99, ("well", "-"): 1881})
        >>> ill, positive = P.event(lambda s: s[0] == "ill"), P.event(lambda s: s[1] == "+")
        >>> print(*P.bayes([ill, ~ill], given=positive))
        19/118 99/118
        """
        joint = self._joint_with_cells(given, partition)
        total = sum(joint, start=self(set()))
        if total == 0:
            raise ValueError(
                "evidence must have positive probability (got P(A) = 0); "
                "condition on an event that can happen"
            )
        return tuple(p / total for p in joint)

    def mutually_exclusive(self, *events: EventLike) -> bool:
        """Whether no two of the events share an outcome: ``A_i A_j`` is empty for ``i != j``.

        A statement about sets; ``P(AB) = 0`` alone does not make events exclusive, and
        exclusive events of positive probability are dependent.

        Source: catalogue PR-09; Lai 2020, slide 58.
        """
        pairs = itertools.combinations(self._events(events, at_least=2), 2)
        return all(len(A & B) == 0 for A, B in pairs)

    def independent(self, A: EventLike, B: EventLike) -> bool:
        """Whether ``P(AB) = P(A) P(B)``.

        Exactly for exact spaces; for floats within a relative 1e-9.

        Source: catalogue PR-12.

        Examples
        --------
        >>> from probml.probability import uniform
        >>> P = uniform(range(1, 7))
        >>> P.independent({2, 4, 6}, {1, 2, 3, 4}), P.independent({2, 4, 6}, {1, 2, 3})
        (True, False)
        """
        return self._factorises(self._events((A, B), at_least=2))

    def pairwise_independent(self, *events: EventLike) -> bool:
        """Whether every two of the events are independent; weaker than mutual independence.

        Source: catalogue PR-12.
        """
        pairs = itertools.combinations(self._events(events, at_least=2), 2)
        return all(map(self._factorises, pairs))

    def mutually_independent(self, *events: EventLike) -> bool:
        """Whether ``P(A_i A_j ...) = P(A_i) P(A_j) ...`` for every choice of the events.

        All ``2^n`` choices are tried, with the tolerance of :meth:`independent`.

        Source: catalogue PR-12.

        Examples
        --------
        Two fair coins and whether they agree are independent in pairs, but not together.

        >>> from probml.probability import product, uniform
        >>> P = product(uniform("HT"), uniform("HT"))
        >>> A, B = P.event(lambda s: s[0] == "H"), P.event(lambda s: s[1] == "H")
        >>> C = P.event(lambda s: s[0] == s[1])
        >>> P.pairwise_independent(A, B, C), P.mutually_independent(A, B, C)
        (True, False)
        """
        checked = self._events(events, at_least=2)
        sizes = range(2, len(checked) + 1)
        return all(self._factorises(c) for k in sizes for c in itertools.combinations(checked, k))

    def conditionally_independent(self, A: EventLike, B: EventLike, given: EventLike) -> bool:
        """Whether ``P(AB | C) = P(A | C) P(B | C)``; see :meth:`independent`.

        It neither implies independence nor follows from it.

        Source: catalogue PR-13.

        Raises
        ------
        ValueError
            If P(C) = 0.
        """
        return self.given(given).independent(A, B)

    def _events(self, events: Sequence[EventLike], at_least: int) -> list[Event]:
        if len(events) < at_least:
            raise ValueError(
                f"expected {at_least} or more events as separate arguments (got {len(events)}); "
                "write *events for a list"
            )
        return [self.event(A) for A in events]

    def _joint_with_cells(self, A: EventLike, partition: Iterable[EventLike]) -> list[Number]:
        """``P(A | B_k) P(B_k)`` for each cell; 0 for cells that cannot happen."""
        A, cells, zero = self.event(A), [self.event(B) for B in partition], self(set())
        check_partition(self.sure.sample_space, cells)
        return [self(A, given=B) * self(B) if self(B) else zero for B in cells]

    def _factorises(self, events: Sequence[Event]) -> bool:
        """Whether the probability of the intersection is the product of the probabilities."""
        # Given S, which is P itself: floats may sum to 1 only within SUM_TOLERANCE.
        S = self.sure
        joint = self(reduce(and_, events), given=S)
        product = math.prod(self(A, given=S) for A in events)
        return (
            joint == product
            if self.exact
            else math.isclose(joint, product, rel_tol=INDEPENDENCE_TOLERANCE)
        )
