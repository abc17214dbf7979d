"""Sample spaces and their events: the set algebra of probability, on boolean masks.

An event is a subset of the sample space S, and

    A | B,    A & B,    ~A,    A - B,    A <= B

are union, intersection, complement, difference and inclusion (Lai 2020, slides 54-56).
"""

import operator
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from probml.probability._weights import array_of

__all__ = ["Event", "EventLike", "SampleSpace", "check_partition"]

Mask = NDArray[np.bool_]


class SampleSpace:
    """Distinct hashable outcomes in a fixed order; a ``range`` is kept as it is.

    Raises
    ------
    TypeError
        If an outcome is not hashable.
    ValueError
        If there is no outcome, or one appears twice.
    """

    __slots__ = ("_positions", "outcomes")

    def __init__(self, outcomes: Iterable[Hashable]) -> None:
        self.outcomes = outcomes if isinstance(outcomes, range) else tuple(outcomes)
        if not self.outcomes:
            raise ValueError("a sample space needs at least one outcome (got none); list them all")
        self._positions = {} if isinstance(self.outcomes, range) else _positions(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)

    def same_as(self, other: "SampleSpace") -> bool:
        """Whether both have the same outcomes in the same order."""
        if self is other or self.outcomes == other.outcomes:
            return True
        return len(self) == len(other) and tuple(self.outcomes) == tuple(other.outcomes)

    def position(self, outcome: Hashable) -> int | None:
        """Place of `outcome` in the order, None if it is not in the space."""
        if not isinstance(self.outcomes, range):
            return self._positions.get(outcome)
        # A range looks for anything but an int one element at a time.
        key: Any = int(outcome) if isinstance(outcome, np.integer) else outcome
        return self.outcomes.index(key) if key in self.outcomes else None

    def at(self, mask: Mask) -> Iterator[Hashable]:
        """The outcomes under `mask`, in order."""
        return (self.outcomes[i] for i in np.flatnonzero(mask).tolist())

    def sure(self) -> "Event":
        """The event S of all outcomes."""
        return Event(self, np.ones(len(self), dtype=bool))

    def event(self, what: "EventLike") -> "Event":
        """The event that `what` describes; see :meth:`FiniteSpace.event`."""
        if isinstance(what, Event):
            return what & self.sure()
        if isinstance(what, AbstractSet | range):
            return Event(self, self._mask_of_outcomes(what))
        if isinstance(what, np.ndarray | list):
            return Event(self, self._checked_mask(np.array(what)))
        if callable(what):
            return Event(self, self._mask_of_predicate(what))
        raise TypeError(
            "an event is a set of outcomes, a predicate or a boolean mask "
            f"(got {what!r}); write {{outcome}} for a single outcome"
        )

    def _mask_of_outcomes(self, outcomes: AbstractSet[Any] | range) -> NDArray[np.bool_]:
        mask = np.zeros(len(self), dtype=bool)
        for outcome in outcomes:
            position = self.position(outcome)
            if position is None:
                raise ValueError(
                    "an event must be a subset of the sample space "
                    f"(got {outcome!r}, which is no outcome); "
                    "make the space with it, at weight 0 if it cannot happen"
                )
            mask[position] = True
        return mask

    def _checked_mask(self, mask: NDArray[Any]) -> NDArray[np.bool_]:
        if mask.dtype != bool or mask.shape != (len(self),):
            raise ValueError(
                f"a mask must be boolean with one entry per outcome: expected shape ({len(self)},) "
                f"(got {mask.dtype} of shape {mask.shape}); pass outcomes as a set"
            )
        return mask

    def _mask_of_predicate(self, predicate: Callable[[Any], Any]) -> NDArray[np.bool_]:
        answers = array_of(map(predicate, self.outcomes), len(self))
        for outcome, answer in zip(self.outcomes, answers, strict=True):
            if not isinstance(answer, bool | np.bool_):
                raise ValueError(
                    f"a predicate must return True or False (got {answer!r} for {outcome!r}); "
                    "compare, as in lambda s: s % 2 == 0"
                )
        return answers.astype(bool)


def _positions(outcomes: tuple[Hashable, ...]) -> dict[Hashable, int]:
    try:
        positions = {outcome: i for i, outcome in enumerate(outcomes)}
    except TypeError as error:
        raise TypeError(f"outcomes must be hashable ({error}); pass tuples for lists") from None
    if len(positions) < len(outcomes):
        twice = next(s for i, s in enumerate(outcomes) if positions[s] != i)
        raise ValueError(
            f"outcomes must be distinct (got {twice!r} twice); add up the weights of equal ones"
        )
    return positions


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Event:
    """A subset of a sample space; made by :meth:`FiniteSpace.event` or by comparing variables.

    ``|``, ``&``, ``~`` and ``-`` are union, intersection, complement and difference; ``<=`` is
    inclusion; an event iterates over its outcomes and has a length.  Events never change.

    Source: catalogue PR-01; Lai 2020, slides 54-55.

    Attributes
    ----------
    sample_space : SampleSpace
        The outcomes that the event chooses from.
    mask : ndarray of bool, shape (n_outcomes,)
        True where the outcome belongs to the event.

    Raises
    ------
    ValueError
        If events of different sample spaces are combined or compared by ``<=``.
    TypeError
        If an event is used as a truth value, as ``and``, ``or``, ``not`` and ``2 <= X <= 4`` do.

    Examples
    --------
    >>> from probml.probability import uniform
    >>> die = uniform(range(1, 7))
    >>> even, low = die.event(lambda s: s % 2 == 0), die.event({1, 2, 3})
    >>> even & low, even | low, ~even, low - even
    (Event({2}), Event({1, 2, 3, 4, 6}), Event({1, 3, 5}), Event({1, 3}))
    >>> even & low <= even, len(even), 4 in even
    (True, 3, True)
    """

    sample_space: SampleSpace
    mask: Mask

    def __post_init__(self) -> None:
        self.mask.setflags(write=False)

    def __or__(self, other: "Event") -> "Event":
        return self._combine(other, operator.or_)

    def __and__(self, other: "Event") -> "Event":
        return self._combine(other, operator.and_)

    def __sub__(self, other: "Event") -> "Event":
        return self._combine(other, lambda a, b: a & ~b)

    def __invert__(self) -> "Event":
        return Event(self.sample_space, ~self.mask)

    def __le__(self, other: "Event") -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return not (self - other).mask.any()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        same_space = self.sample_space.same_as(other.sample_space)
        return same_space and bool(np.array_equal(self.mask, other.mask))

    def __hash__(self) -> int:
        return hash(self.mask.tobytes())

    def __len__(self) -> int:
        return int(np.count_nonzero(self.mask))

    def __iter__(self) -> Iterator[Hashable]:
        return self.sample_space.at(self.mask)

    def __contains__(self, outcome: Hashable) -> bool:
        position = self.sample_space.position(outcome)
        return position is not None and bool(self.mask[position])

    def __bool__(self) -> bool:
        raise TypeError(
            "an event is a set of outcomes, not a truth value (got it where a bool is needed); "
            "write A & B, A | B, ~A, or (2 <= X) & (X <= 4), and len(A) == 0 for an empty event"
        )

    def __repr__(self) -> str:
        shown = [repr(s) for _, s in zip(range(8), self, strict=False)]
        more = ["..."] if len(self) > len(shown) else []
        return f"Event({{{', '.join(shown + more)}}})"

    def _combine(self, other: "Event", op: Callable[[Mask, Mask], Mask]) -> "Event":
        if not isinstance(other, Event):
            return NotImplemented
        if not self.sample_space.same_as(other.sample_space):
            raise ValueError(
                "events must belong to the same sample space (got spaces of "
                f"{len(self.sample_space)} and {len(other.sample_space)} outcomes); "
                "make both with event(...) of one space"
            )
        return Event(self.sample_space, op(self.mask, other.mask))


EventLike: TypeAlias = (
    Event | AbstractSet[Any] | range | Mask | list[bool] | Callable[[Any], bool | np.bool_]
)
"""What names an event: a set of outcomes, a predicate, a boolean mask, or an :class:`Event`."""


def check_partition(sample: SampleSpace, cells: Sequence[Event]) -> None:
    """Raise :class:`ValueError` unless every outcome is in exactly one of the `cells`."""
    covered = np.zeros(len(sample), dtype=np.intp)
    for cell in cells:
        covered += cell.mask
    if (covered != 1).any():
        i = int(np.flatnonzero(covered != 1)[0])
        raise ValueError(
            "a partition must hold every outcome in exactly one cell "
            f"(got {sample.outcomes[i]!r} in {covered[i]}); subtract it or add it"
        )
